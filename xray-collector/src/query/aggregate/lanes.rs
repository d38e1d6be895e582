//! Steps column by column: each block by itself, several at a time, their groups put together at the end.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::groups::{Group, Groups, MOST_GROUPS};
use super::tally::{Measure, Tally};
use super::{Aggregation, Passed};
use crate::id::RunId;
use crate::map::FastMap;
use crate::query::candidates::ROWS_A_READ;
use crate::query::columns::{Bitmap, Mask, Number, Unit, rejection_rate};
use crate::query::evaluate::Evaluation;
use crate::query::explain::Scanned;
use crate::query::expression::Row;
use crate::query::plan::{Deriver, Plan, Range};
use crate::query::value::Value;
use crate::query::view::{RunView, Source, Stop, View};
use crate::query::vocabulary::Entity;
use crate::store::{Block, BlockInfo, Column, ColumnSet, StepColumns, StoreError};

/// Threads that read blocks for one answer.
const MOST_THREADS: usize = 4;
/// Fewer blocks than this are not worth a thread.
const FEW_BLOCKS: usize = 4;

/// An aggregation that can be calculated from columns.
pub(super) struct Lanes<'l> {
    aggregation: &'l Aggregation,
    plan: &'l Plan,
    columns: &'l dyn StepColumns,
    mask: &'l Mask,
    keys: Vec<KeyLane>,
    feeds: Vec<Feed>,
    needed: ColumnSet,
}

/// Where a key is taken from. Each row has a number for each key.
enum KeyLane {
    /// For each number of the column the number of the key, and the keys.
    Table { column: Column, numbers: Vec<u64>, keys: Vec<Value> },
    /// The time's bucket.
    Bucket { column: Column, bucket_ns: u64 },
}

/// Where a measure's values are taken from.
enum Feed {
    Rows,
    Number(Number),
    Condition(Mask),
}

impl<'l> Lanes<'l> {
    /// `None` if the columns do not have all that is asked for.
    pub(super) fn of(
        aggregation: &'l Aggregation,
        plan: &'l Plan,
        source: &'l Source<'l>,
    ) -> Result<Option<Self>, StoreError> {
        let (Entity::Step, true, Some(columns), [mask]) =
            (aggregation.entity, plan.is_exact, source.columns, &*plan.of_steps)
        else {
            return Ok(None);
        };
        let callsites = source.store.callsites()?;
        let deriver = Deriver { source, callsites: &callsites, steps: vec![Row::Bound(0)], decision: None };
        let key = |key: &super::Key| -> Option<KeyLane> {
            if let Some(bucket_ns) = key.bucket_ns {
                return match Number::of(&key.value, &|part| deriver.constant(part))? {
                    Number::Column(numeric) if numeric.unit == Unit::Time && numeric.flag == 0 => {
                        Some(KeyLane::Bucket { column: numeric.column, bucket_ns })
                    }
                    _ => None,
                };
            }
            let (column, values) = deriver.values(&key.value)?;
            Some(KeyLane::table(column, &values))
        };
        let feed = |(value, measure): &(Option<_>, Measure)| -> Option<Feed> {
            let Some(value) = value else { return Some(Feed::Rows) };
            match measure {
                Measure::Share => {
                    let derived = deriver.possible(value, true);
                    derived.is_exact.then_some(Feed::Condition(derived.mask))
                }
                Measure::Values => None,
                _ => Number::of(value, &|part| deriver.constant(part)).map(Feed::Number),
            }
        };
        let keys: Option<Vec<_>> = aggregation.keys.iter().map(key).collect();
        let feeds: Option<Vec<_>> = aggregation.measures.iter().map(feed).collect();
        let (Some(keys), Some(feeds)) = (keys, feeds) else { return Ok(None) };
        let needed = keys.iter().map(KeyLane::columns).chain(feeds.iter().map(Feed::columns));
        let needed = needed.fold(mask.columns(), ColumnSet::and);
        Ok(Some(Self { aggregation, plan, columns, mask, keys, feeds, needed }))
    }

    /// The one column that all keys depend on, if it has few numbers.
    fn single_table(&self) -> Option<Column> {
        let mut columns = self.keys.iter().map(|key| match key {
            KeyLane::Table { column, .. } => Some(*column),
            KeyLane::Bucket { .. } => None,
        });
        let first = columns.next()??;
        columns.all(|column| column == Some(first)).then_some(first)
    }

    /// Adds every step of which the condition holds to its group.
    pub(super) fn pass(&self, source: &Source<'_>, range: Range, groups: &mut Groups) -> Result<Passed, StoreError> {
        let infos = self.columns.blocks();
        let span = |block: &usize| Range {
            from_ns: infos[*block].runs_started_ns.0,
            to_ns: Some(infos[*block].runs_started_ns.1),
        };
        let may_have = |block: &usize| !range.and(span(block)).is_empty() && self.mask.may_hold(&infos[*block]);
        let mut blocks: Vec<usize> = (0..infos.len()).filter(may_have).collect();
        blocks.sort_by_key(|block| std::cmp::Reverse(infos[*block].runs_started_ns.1));
        let mut scanned = Scanned { blocks: infos.len() as u64, ..Scanned::default() };
        scanned.blocks_pruned = scanned.blocks - blocks.len() as u64;
        let (affordable, cost) = affordable(&blocks, infos, source.left.get());
        let stopped_at_ns = blocks.get(affordable).map(|block| infos[*block].runs_started_ns.1);
        blocks.truncate(affordable);
        source.charge(cost);
        let workers = self.work(&blocks, source, range)?;
        let mut passed = Passed { stopped: stopped_at_ns.is_some(), stopped_at_ns, read: cost, scanned };
        for worker in workers {
            passed.scanned.blocks_read += worker.scanned.blocks_read;
            passed.scanned.rows += worker.scanned.rows;
            passed.scanned.survivors += worker.scanned.survivors;
            passed.scanned.runs += worker.scanned.runs;
            passed.read += worker.scanned.runs;
            source.note(&worker.damaged);
            groups.left_out += worker.left_out;
            worker.into_groups(self).for_each(|group| groups.merge(group));
        }
        Ok(passed)
    }

    /// Reads these blocks, on as many threads as there are processors for it.
    fn work(&self, blocks: &[usize], source: &Source<'_>, range: Range) -> Result<Vec<Worker>, StoreError> {
        let next = AtomicUsize::new(0);
        let (store, now_ns) = (source.store, source.now_ns);
        let act = || {
            let source = Source::new(store, None, now_ns, u64::MAX);
            let mut worker = Worker::new(self);
            while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                worker.block(self, &source, range, *block)?;
            }
            worker.damaged = source.damaged.take();
            Ok(worker)
        };
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
        let threads = if blocks.len() < FEW_BLOCKS { 1 } else { processors };
        std::thread::scope(|scope| {
            // Where there is no thread to be had, this one does it alone.
            let builder = || std::thread::Builder::new().name("xray-query".to_owned());
            let others: Vec<_> = (1..threads).filter_map(|_| builder().spawn_scoped(scope, act).ok()).collect();
            let mut workers = vec![act()?];
            for other in others {
                workers.push(other.join().map_err(|_| panicked())??);
            }
            Ok(workers)
        })
    }
}

fn panicked() -> StoreError {
    StoreError::Panicked { message: "a thread that read blocks of steps ended unexpectedly".to_owned() }
}

/// How many of the blocks may be read for so much, one at least, and what they cost.
fn affordable(blocks: &[usize], infos: &[BlockInfo], budget: u64) -> (usize, u64) {
    let mut cost = 0;
    for (at, block) in blocks.iter().enumerate() {
        let more = (infos[*block].steps as u64).div_ceil(ROWS_A_READ);
        if at > 0 && cost + more > budget {
            return (at, cost);
        }
        cost += more;
    }
    (blocks.len(), cost)
}

impl KeyLane {
    fn table(column: Column, values: &[Value]) -> Self {
        let (mut keys, mut texts) = (Vec::new(), Vec::new());
        let mut number = |value: &Value| {
            let text = value.to_string();
            let known = texts.iter().position(|known| *known == text);
            known.unwrap_or_else(|| {
                keys.push(value.clone());
                texts.push(text);
                texts.len() - 1
            }) as u64
        };
        let numbers = values.iter().map(&mut number).collect();
        Self::Table { column, numbers, keys }
    }

    fn columns(&self) -> ColumnSet {
        let (Self::Table { column, .. } | Self::Bucket { column, .. }) = self;
        ColumnSet::default().with(*column)
    }

    /// The number of a row's key, of which the column has this number.
    #[inline]
    fn number(&self, number: u64) -> u64 {
        match self {
            Self::Table { numbers, .. } => numbers.get(number as usize).copied().unwrap_or(u64::MAX),
            Self::Bucket { bucket_ns, .. } => number / bucket_ns,
        }
    }

    fn key(&self, number: u64) -> Value {
        match self {
            Self::Table { keys, .. } => keys.get(number as usize).cloned().unwrap_or_default(),
            Self::Bucket { bucket_ns, .. } => Value::Time(i128::from(number) * i128::from(*bucket_ns)),
        }
    }

    fn column<'b>(&self, block: &'b Block) -> &'b [u64] {
        let (Self::Table { column, .. } | Self::Bucket { column, .. }) = self;
        block.column(*column)
    }
}

impl Feed {
    fn columns(&self) -> ColumnSet {
        match self {
            Self::Rows => ColumnSet::default(),
            Self::Number(number) => number.columns(),
            Self::Condition(mask) => mask.columns(),
        }
    }
}

/// What one thread found.
struct Worker {
    /// Numbers of groups by the numbers of their keys.
    numbers: FastMap<Box<[u64]>, u32>,
    keys: Vec<Box<[u64]>>,
    rows: Vec<u64>,
    /// For each measure, of each group.
    tallies: Vec<Vec<Tally>>,
    measures: Vec<Measure>,
    left_out: u64,
    /// Runs that were looked up, and whether their steps count.
    runs: FastMap<RunId, bool>,
    scanned: Scanned,
    /// What was left out.
    damaged: Vec<String>,
}

/// A row of no group.
const NO_GROUP: u32 = u32::MAX;

impl Worker {
    fn new(lanes: &Lanes<'_>) -> Self {
        let measures: Vec<_> = lanes.aggregation.measures.iter().map(|(_, measure)| *measure).collect();
        Self {
            numbers: FastMap::default(),
            keys: Vec::new(),
            rows: Vec::new(),
            tallies: vec![Vec::new(); measures.len()],
            measures,
            left_out: 0,
            runs: FastMap::default(),
            scanned: Scanned::default(),
            damaged: Vec::new(),
        }
    }

    fn block(&mut self, lanes: &Lanes<'_>, source: &Source<'_>, range: Range, number: usize) -> Result<(), StoreError> {
        let Some(block) = source.go_on(lanes.columns.read(number, lanes.needed))? else { return Ok(()) };
        let mut chosen = lanes.mask.rows(&block);
        self.leave_runs(&mut chosen, lanes, source, range, (&lanes.columns.blocks()[number], &block))?;
        self.scanned.blocks_read += 1;
        self.scanned.rows += block.len() as u64;
        self.scanned.survivors += chosen.count();
        let groups = self.groups(lanes, &block, &chosen);
        for (tallies, feed) in self.tallies.iter_mut().zip(&lanes.feeds) {
            feed_block(tallies, feed, &block, &groups);
        }
        Ok(())
    }

    /// Takes steps away whose runs do not count: they began at another time, or something else has to hold of them.
    fn leave_runs(
        &mut self,
        chosen: &mut Bitmap,
        lanes: &Lanes<'_>,
        source: &Source<'_>,
        range: Range,
        (info, block): (&BlockInfo, &Block),
    ) -> Result<(), StoreError> {
        let (first, last) = info.runs_started_ns;
        let is_within = range.from_ns <= first && range.to_ns.is_some_and(|to_ns| last <= to_ns);
        if is_within && lanes.plan.of_run.is_empty() {
            return Ok(());
        }
        for (run, rows) in block.runs.iter().zip(block.starts.windows(2)) {
            let rows = rows[0] as usize..rows[1] as usize;
            if chosen.has_any(rows.clone()) && !self.counts(lanes, source, range, *run)? {
                chosen.remove(rows);
            }
        }
        Ok(())
    }

    /// Whether steps of this run count.
    fn counts(&mut self, lanes: &Lanes<'_>, source: &Source<'_>, range: Range, id: RunId) -> Result<bool, StoreError> {
        if let Some(known) = self.runs.get(&id) {
            return Ok(*known);
        }
        self.scanned.runs += 1;
        let counts = match source.go_on(source.store.run(id))?.flatten() {
            Some(run) => {
                let started = Range { from_ns: run.started_ns, to_ns: Some(run.started_ns) };
                let view = RunView::new(source, run);
                let mut holds = |condition| Evaluation::new(source, View::Run(view.clone())).holds(condition);
                !range.and(started).is_empty()
                    && lanes.plan.of_run.iter().map(&mut holds).collect::<Result<Vec<_>, Stop>>().map_or_else(
                        |stop| match stop {
                            Stop::Store(error) => Err(error),
                            Stop::Budget => Ok(false),
                        },
                        |held| Ok(held.into_iter().all(|held| held)),
                    )?
            }
            None => false,
        };
        self.runs.insert(id, counts);
        Ok(counts)
    }

    /// The rows that are chosen, with the numbers of their groups.
    fn groups(&mut self, lanes: &Lanes<'_>, block: &Block, chosen: &Bitmap) -> Vec<(u32, u32)> {
        let mut groups = Vec::with_capacity(block.len());
        let mut put = |worker: &mut Self, row: usize, group: u32| match group {
            NO_GROUP => worker.left_out += 1,
            group => {
                worker.rows[group as usize] += 1;
                groups.push((row as u32, group));
            }
        };
        if let Some(column) = lanes.single_table() {
            // A number of that column is a group's: nothing is looked up but once.
            let numbers = block.column(column);
            let mut known: Vec<Option<u32>> = Vec::new();
            for row in chosen.rows() {
                let number = numbers[row] as usize;
                if number >= known.len() {
                    known.resize(number + 1, None);
                }
                let group = match known[number] {
                    Some(group) => group,
                    None => {
                        let keys: Box<[u64]> = lanes.keys.iter().map(|key| key.number(number as u64)).collect();
                        *known[number].insert(self.group(&keys))
                    }
                };
                put(self, row, group);
            }
            return groups;
        }
        let columns: Vec<_> = lanes.keys.iter().map(|key| key.column(block)).collect();
        let mut last: Option<(Box<[u64]>, u32)> = None;
        for row in chosen.rows() {
            let numbers = || lanes.keys.iter().zip(&columns).map(|(key, column)| key.number(column[row]));
            // Rows that follow each other are often of one group.
            let group = match &last {
                Some((keys, group)) if numbers().eq(keys.iter().copied()) => *group,
                _ => {
                    let keys: Box<[u64]> = numbers().collect();
                    let group = self.group(&keys);
                    last = Some((keys, group));
                    group
                }
            };
            put(self, row, group);
        }
        groups
    }

    /// The group whose keys have these numbers.
    fn group(&mut self, numbers: &[u64]) -> u32 {
        if let Some(group) = self.numbers.get(numbers) {
            return *group;
        }
        if self.keys.len() >= MOST_GROUPS {
            return NO_GROUP;
        }
        let group = self.keys.len() as u32;
        self.numbers.insert(numbers.into(), group);
        self.keys.push(numbers.into());
        self.rows.push(0);
        self.tallies.iter_mut().zip(&self.measures).for_each(|(tallies, measure)| tallies.push(Tally::new(*measure)));
        group
    }

    fn into_groups(self, lanes: &Lanes<'_>) -> impl Iterator<Item = Group> {
        let mut tallies: Vec<_> = self.tallies.into_iter().map(Vec::into_iter).collect();
        self.keys.into_iter().zip(self.rows).map(move |(numbers, rows)| Group {
            keys: lanes.keys.iter().zip(&*numbers).map(|(key, number)| key.key(*number)).collect(),
            rows,
            tallies: tallies.iter_mut().filter_map(Iterator::next).collect(),
        })
    }
}

/// Adds what a measure is about of rows to their groups.
fn feed_block(tallies: &mut [Tally], feed: &Feed, block: &Block, groups: &[(u32, u32)]) {
    let each = groups.iter().map(|(row, group)| (*row as usize, *group as usize));
    match feed {
        Feed::Rows => each.for_each(|(_, group)| tallies[group].add_row()),
        Feed::Condition(mask) => {
            let holds = mask.rows(block);
            each.filter(|(row, _)| holds.has(*row)).for_each(|(_, group)| tallies[group].add_row());
        }
        Feed::Number(Number::Column(numeric)) => {
            let numbers = block.column(numeric.column);
            let value = |number| numeric.value(number);
            if numeric.flag == 0 {
                each.for_each(|(row, group)| tallies[group].add_whole(numbers[row], value));
            } else {
                let flags = block.column(Column::Flags);
                each.filter(|(row, _)| flags[*row] & numeric.flag != 0)
                    .for_each(|(row, group)| tallies[group].add_whole(numbers[row], value));
            }
        }
        Feed::Number(Number::RejectionRate) => {
            let (kept, eliminated) = (block.column(Column::Kept), block.column(Column::Eliminated));
            for (row, group) in each {
                if let Some(rate) = rejection_rate(kept[row], eliminated[row]) {
                    tallies[group].add_fraction(rate);
                }
            }
        }
        Feed::Number(number) => each.for_each(|(row, group)| tallies[group].add(&number.value(block, row))),
    }
}
