//! Runs with steps that a condition on columns lets through, newest first.
//!
//! Blocks are filtered lazily, each at most once, those with the newest runs first. A run's place in time is in its row
//! and not in the columns. Where a block has few runs that come into question, or runs of any time, their rows are looked up;
//! where it has many, the rows of all runs of its time are walked through. No run is handed out before every block that may
//! have steps of a newer one was filtered.
//!
//! Whoever wants more than the first block gets more and more of them at once: what is not in memory is waited for together.

use std::cell::OnceCell;
use std::collections::{BinaryHeap, HashSet};
use std::sync::Arc;

use super::columns::{Bitmap, Mask};
use super::explain::Scanned;
use super::opened::At;
use super::plan::Range;
use super::view::{Source, Stop};
use crate::abreast::abreast;
use crate::id::{RunId, StepId};
use crate::map::FastMap;
use crate::model::{Callsite, Run, Step};
use crate::store::{Block, Column, ColumnSet, Cursor, MAX_PAGE, RunQuery, StepColumns, StoreError};

/// Up to so many runs of a block are looked up one by one.
const FEW_RUNS: usize = 64;
/// So many blocks are filtered at once, at most: each is up to a megabyte of memory.
const MOST_AT_ONCE: usize = 4;
/// Of a block that is filtered ahead, up to so many steps are read with all columns.
const MOST_AHEAD: u64 = 1_024;
/// How many steps that are looked at column by column cost as much as one that is read.
pub(super) const ROWS_A_READ: u64 = 64;

/// Runs with steps that conditions on columns let through.
pub(super) struct Candidates<'c> {
    source: &'c Source<'c>,
    columns: &'c dyn StepColumns,
    /// A run needs a step for each of them.
    masks: &'c [Mask],
    needed: ColumnSet,
    range: Range,
    after: Option<Cursor>,
    /// Blocks that were not read yet, those with the newest runs at the end.
    unread: Vec<usize>,
    /// Some of these that were filtered with one before them, the next one at the end.
    ahead: Vec<Result<Filtered, StoreError>>,
    /// How many are filtered at once the next time.
    at_once: usize,
    filtered: Vec<Filtered>,
    /// Runs to be handed out.
    known: BinaryHeap<Known>,
    seen: HashSet<RunId>,
    /// The runs' rows were walked through up to this one.
    walked: Option<Cursor>,
    has_progressed: bool,
    callsites: OnceCell<FastMap<u32, Arc<Callsite>>>,
    pub(super) scanned: Scanned,
}

/// A block of which it is known which rows come into question.
struct Filtered {
    block: usize,
    /// When its runs began: the first and the last.
    span: (u64, u64),
    rows: Block,
    /// For each condition the rows that it lets through.
    bitmaps: Vec<Bitmap>,
    /// Runs of it that are to be found by walking through all runs.
    unfound: usize,
    /// Those rows with all columns.
    survivors: OnceCell<(Vec<usize>, Block)>,
}

/// A run, by its place in time.
struct Known(Run);

impl Known {
    fn place(&self) -> (u64, RunId) {
        (self.0.started_ns, self.0.id)
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Known {}

impl PartialOrd for Known {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Known {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

impl<'c> Candidates<'c> {
    pub(super) fn new(
        source: &'c Source<'c>,
        columns: &'c dyn StepColumns,
        masks: &'c [Mask],
        range: Range,
        after: Option<Cursor>,
    ) -> Self {
        let newest = after.map_or(range, |after| range.and(Range { from_ns: 0, to_ns: Some(after.started_ns) }));
        let blocks = columns.blocks();
        let may_have = |block: &usize| {
            let info = &blocks[*block];
            let (first, last) = info.runs_started_ns;
            !newest.and(Range { from_ns: first, to_ns: Some(last) }).is_empty()
                && masks.iter().any(|mask| mask.may_hold(info))
        };
        let mut unread: Vec<usize> = (0..blocks.len()).filter(may_have).collect();
        unread.sort_by_key(|block| blocks[*block].runs_started_ns.1);
        let mask_columns = masks.iter().fold(ColumnSet::default(), |columns, mask| columns.and(mask.columns()));
        let all = blocks.len() as u64;
        let scanned = Scanned { blocks: all, blocks_pruned: all - unread.len() as u64, ..Scanned::default() };
        Self {
            source,
            columns,
            masks,
            needed: mask_columns.with(Column::Step),
            range,
            after,
            unread,
            ahead: Vec::new(),
            at_once: 1,
            filtered: Vec::new(),
            known: BinaryHeap::new(),
            seen: HashSet::new(),
            walked: after,
            has_progressed: false,
            callsites: OnceCell::new(),
            scanned,
        }
    }

    /// The next run. Filters at least one block before it stops for what that costs.
    pub(super) fn next(&mut self) -> Result<Option<Run>, Stop> {
        loop {
            let Some(top) = self.newest() else { return Ok(None) };
            if self.unread_top() == Some(top) {
                self.may_go_on()?;
                self.filter()?;
            } else if self.walked_top() == Some(top) {
                self.may_go_on()?;
                self.walk(top)?;
            } else if let Some(Known(run)) = self.known.pop() {
                self.filtered.retain(|filtered| filtered.span.0 <= run.started_ns);
                self.has_progressed = true;
                if (1..self.masks.len()).all(|mask| self.has(&run, mask)) {
                    return Ok(Some(run));
                }
            }
        }
    }

    /// No run that is still to come began later than this; `None` if there is none.
    pub(super) fn newest(&self) -> Option<u64> {
        let known = self.known.peek().map(|known| known.0.started_ns);
        known.max(self.unread_top()).max(self.walked_top())
    }

    /// Filters every block that may have steps of a run that began then.
    pub(super) fn reach(&mut self, started_ns: u64) -> Result<(), Stop> {
        while self.unread_top().is_some_and(|top| top >= started_ns) {
            self.filter()?;
        }
        Ok(())
    }

    /// The steps of a run that a condition lets through, in the order of their ids.
    pub(super) fn steps(&self, run: &Run, mask: usize) -> Vec<(StepId, At)> {
        let mut steps = Vec::new();
        for filtered in self.filtered.iter().filter(|filtered| filtered.is_of(run)) {
            let rows = filtered.rows.rows_of(run.id).filter(|row| filtered.bitmaps[mask].has(*row));
            let ids = filtered.rows.column(Column::Step);
            steps.extend(rows.map(|row| (StepId(ids[row]), At { block: filtered.block, row })));
        }
        steps.sort_by_key(|(id, _)| *id);
        steps
    }

    /// A step of a block that was filtered, with all of its columns.
    pub(super) fn step(&self, at: At) -> Result<Step, Stop> {
        let filtered = self.filtered.iter().find(|filtered| filtered.block == at.block);
        let filtered = filtered.ok_or_else(|| damaged(at.block, "it was not filtered"))?;
        if filtered.survivors.get().is_none() {
            filtered.read_survivors(self.columns)?;
        }
        if self.callsites.get().is_none() {
            let _ = self.callsites.set(self.source.store.callsites()?.into_iter().collect());
        }
        let (Some((rows, block)), Some(callsites)) = (filtered.survivors.get(), self.callsites.get()) else {
            return Err(damaged(at.block, "it is not there").into());
        };
        let row = rows.binary_search(&at.row).map_err(|_| damaged(at.block, "a step was not let through"))?;
        let number = block.column(Column::Callsite)[row];
        let callsite = u32::try_from(number).ok().and_then(|number| callsites.get(&number));
        let callsite = callsite.ok_or_else(|| damaged(at.block, "a step is of a function that is not known"))?;
        Ok(block.step(row, Arc::clone(callsite)))
    }

    /// The first step of a run, if a condition is on that.
    pub(super) fn first(&self, run: &Run) -> Option<At> {
        let of_first = (0..self.masks.len()).filter(|mask| self.masks[*mask].is_of_first());
        let mut steps = of_first.flat_map(|mask| self.steps(run, mask));
        steps.find(|(id, _)| *id == run.id.root()).map(|(_, at)| at)
    }

    fn has(&self, run: &Run, mask: usize) -> bool {
        let mut filtered = self.filtered.iter().filter(|filtered| filtered.is_of(run));
        filtered.any(|filtered| filtered.bitmaps[mask].has_any(filtered.rows.rows_of(run.id)))
    }

    fn may_go_on(&self) -> Result<(), Stop> {
        if self.has_progressed && self.source.is_spent() { Err(Stop::Budget) } else { Ok(()) }
    }

    fn unread_top(&self) -> Option<u64> {
        let block = self.unread.last()?;
        Some(self.columns.blocks()[*block].runs_started_ns.1.min(self.latest()))
    }

    /// The latest time at which a run began that is asked for.
    fn latest(&self) -> u64 {
        let to_ns = self.range.to_ns.unwrap_or(0);
        self.after.map_or(to_ns, |after| to_ns.min(after.started_ns))
    }

    /// The latest time of runs that have to be found by walking.
    fn walked_top(&self) -> Option<u64> {
        let walked = self.walked.map_or(u64::MAX, |walked| walked.started_ns).min(self.latest());
        let open = self.filtered.iter().filter(|filtered| filtered.unfound > 0 && filtered.span.0 <= walked);
        open.map(|filtered| filtered.span.1.min(walked)).max()
    }

    /// Filters the block with the newest runs.
    fn filter(&mut self) -> Result<(), Stop> {
        if self.ahead.is_empty() {
            self.filter_ahead();
        }
        let (Some(_), Some(filtered)) = (self.unread.pop(), self.ahead.pop()) else { return Ok(()) };
        let Some(mut filtered) = self.source.go_on(filtered)? else { return Ok(()) };
        self.source.charge((filtered.rows.len() as u64).div_ceil(ROWS_A_READ));
        self.scanned.blocks_read += 1;
        self.scanned.rows += filtered.rows.len() as u64;
        self.scanned.survivors += filtered.bitmaps[0].count();
        let runs = filtered.runs();
        if runs.len() > FEW_RUNS && filtered.span.1 < u64::MAX {
            filtered.unfound = runs.len();
        } else {
            for run in runs {
                self.look_up(run)?;
            }
        }
        self.filtered.push(filtered);
        self.has_progressed |= self.newest().is_none_or(|newest| newest < self.latest());
        Ok(())
    }

    /// Filters the next blocks, twice as many as the last time.
    fn filter_ahead(&mut self) {
        let next = &self.unread[self.unread.len().saturating_sub(self.at_once)..];
        let (columns, masks, needed) = (self.columns, self.masks, self.needed);
        // Steps were asked for before, and not only runs.
        let wants_steps = self.callsites.get().is_some();
        self.ahead = abreast(next, 1, |block| {
            let filtered = Filtered::of(columns, *block, masks, needed)?;
            if wants_steps && filtered.bitmaps.iter().map(Bitmap::count).sum::<u64>() <= MOST_AHEAD {
                // What cannot be read is said where it is asked for.
                let _ = filtered.read_survivors(columns);
            }
            Ok(filtered)
        });
        self.at_once = (2 * self.at_once).min(MOST_AT_ONCE);
    }

    fn look_up(&mut self, run: RunId) -> Result<(), Stop> {
        if !self.seen.insert(run) {
            return Ok(());
        }
        self.source.charge(1);
        self.source.runs.set(self.source.runs.get() + 1);
        let Some(run) = self.source.go_on(self.source.store.run(run))?.flatten() else { return Ok(()) };
        let is_before = self.after.is_none_or(|after| (run.started_ns, run.id) < (after.started_ns, after.run));
        let started = Range { from_ns: run.started_ns, to_ns: Some(run.started_ns) };
        if is_before && !self.range.and(started).is_empty() {
            self.known.push(Known(run));
        }
        Ok(())
    }

    /// Walks through a page of runs that began at this time or earlier.
    fn walk(&mut self, top: u64) -> Result<(), Stop> {
        let page = self.source.store.runs(&RunQuery {
            started_from_ns: Some(self.range.from_ns),
            started_before_ns: top.checked_add(1),
            after: self.walked,
            limit: MAX_PAGE,
            ..RunQuery::default()
        })?;
        self.source.note(&page.damaged);
        self.source.charge((page.rows.len() as u64).div_ceil(ROWS_A_READ));
        self.source.runs.set(self.source.runs.get() + page.rows.len() as u64);
        if let Some(last) = page.rows.last() {
            self.walked = Some(Cursor { started_ns: last.started_ns, run: last.id });
            self.reach(last.started_ns)?;
        }
        let is_last = page.next.is_none();
        for run in page.rows {
            let mut is_found = false;
            for filtered in self.filtered.iter_mut().filter(|filtered| filtered.unfound > 0 && filtered.is_of(&run)) {
                if filtered.bitmaps[0].has_any(filtered.rows.rows_of(run.id)) {
                    (is_found, filtered.unfound) = (true, filtered.unfound - 1);
                }
            }
            if is_found && self.seen.insert(run.id) {
                self.known.push(Known(run));
            }
        }
        if is_last {
            self.filtered.iter_mut().for_each(|filtered| filtered.unfound = 0);
        }
        Ok(())
    }
}

impl Filtered {
    fn of(columns: &dyn StepColumns, block: usize, masks: &[Mask], needed: ColumnSet) -> Result<Self, StoreError> {
        let info = &columns.blocks()[block];
        let rows = columns.read(block, needed)?;
        let none = || Bitmap::filled(rows.len(), false);
        let bitmap = |mask: &Mask| if mask.may_hold(info) { mask.rows(&rows) } else { none() };
        let bitmaps = masks.iter().map(bitmap).collect();
        Ok(Self { block, span: info.runs_started_ns, rows, bitmaps, unfound: 0, survivors: OnceCell::new() })
    }

    fn read_survivors(&self, columns: &dyn StepColumns) -> Result<(), StoreError> {
        let rows = self.surviving_rows();
        let block = columns.read_rows(self.block, &rows)?;
        let _ = self.survivors.set((rows, block));
        Ok(())
    }

    /// Whether steps of this run may be in it.
    fn is_of(&self, run: &Run) -> bool {
        (self.span.0..=self.span.1).contains(&run.started_ns)
    }

    /// The rows that a condition lets through.
    fn surviving_rows(&self) -> Vec<usize> {
        let mut all = self.bitmaps[0].clone();
        self.bitmaps[1..].iter().for_each(|bitmap| all.or(bitmap));
        all.rows().collect()
    }

    /// The runs with a step that the first condition lets through.
    fn runs(&self) -> Vec<RunId> {
        let rows = |range: &[u32]| range[0] as usize..range[1] as usize;
        let runs = self.rows.runs.iter().zip(self.rows.starts.windows(2));
        runs.filter(|(_, range)| self.bitmaps[0].has_any(rows(range))).map(|(run, _)| *run).collect()
    }
}

fn damaged(block: usize, detail: &str) -> StoreError {
    StoreError::Corrupt { place: format!("block {block} of steps"), detail: detail.to_owned() }
}
