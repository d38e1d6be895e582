//! Blocks of which it is known what their steps come to: that is added up, and they are not read.
//!
//! A block is answered so if all of its runs count, its cells say of which steps the conditions hold and to which groups
//! they belong, and its totals have what is to be measured. A quantile of few numbers is exact, which one of a summary
//! need not be: blocks with steps of groups that have no more than [`EXACT`] are read after all.

use super::lanes::{Feed, KeyLane, Lanes};
use super::sketch::EXACT;
use super::tally::Measure;
use super::worker::{NO_GROUP, Worker};
use crate::abreast::abreast;
use crate::id::RunId;
use crate::map::FastMap;
use crate::query::candidates::ROWS_A_READ;
use crate::query::columns::{Bitmap, Mask, Number};
use crate::query::plan::Range;
use crate::query::view::Source;
use crate::spread::Spread;
use crate::store::{Block, BlockInfo, Cell, Column, StoreError, Summary, TOTALLED};

/// What becomes of blocks.
pub(super) struct Split {
    pub(super) summed: Vec<Summed>,
    /// Those that are read.
    pub(super) read: Vec<usize>,
    pub(super) cost: u64,
    /// If others are not looked at: every run that began later is.
    pub(super) stopped_at_ns: Option<u64>,
}

/// A block that is answered from its summary.
pub(super) struct Summed {
    summary: Summary,
    /// The cells that count, with the numbers of their groups.
    groups: Vec<(u32, u32)>,
    /// For each measure that is a share the cells that are counted.
    shares: Vec<Option<Bitmap>>,
}

/// What is asked of the cells of a block.
struct Asked {
    condition: Mask,
    /// For each measure that is a share its condition.
    shares: Vec<Option<Mask>>,
}

impl Split {
    /// Splits these blocks, as many of them as may be looked at: one at least.
    pub(super) fn of(
        lanes: &Lanes<'_>,
        worker: &mut Worker,
        source: &Source<'_>,
        (range, blocks): (Range, &[usize]),
    ) -> Result<Self, StoreError> {
        let (infos, budget) = (lanes.columns.blocks(), source.left.get());
        let mut wanted = Vec::new();
        let mut cost = 0;
        for block in blocks {
            let asked = lanes.asked(&infos[*block], range);
            cost += cost_of(&infos[*block], asked.is_some());
            wanted.push((*block, asked));
            if cost > budget {
                break;
            }
        }
        let read = |(block, asked): &(usize, Option<Asked>)| asked.as_ref().map(|_| lanes.columns.summary(*block));
        let summaries = abreast(&wanted, 16, read);
        let mut taken = Vec::with_capacity(wanted.len());
        for ((block, asked), summary) in wanted.iter().zip(summaries) {
            let summed = match asked.as_ref().zip(summary) {
                // Where the summary is damaged, the block need not be.
                None | Some((_, Err(StoreError::Corrupt { .. }))) => None,
                Some((asked, summary)) => Some(Summed::of(lanes, worker, &infos[*block], asked, summary?)),
            };
            taken.push((*block, summed));
        }
        let cost = loop {
            let cost = truncate(&mut taken, infos, budget);
            if !read_what_must_be_exact(lanes, &mut taken) {
                break cost;
            }
        };
        let stopped_at_ns = blocks.get(taken.len()).map(|block| infos[*block].runs_started_ns.1);
        let read = taken.iter().filter(|(_, summed)| summed.is_none()).map(|(block, _)| *block).collect();
        Ok(Self { summed: taken.into_iter().filter_map(|(_, summed)| summed).collect(), read, cost, stopped_at_ns })
    }
}

/// What a block costs: a summary one read.
fn cost_of(info: &BlockInfo, is_summed: bool) -> u64 {
    if is_summed { 1 } else { (info.steps as u64).div_ceil(ROWS_A_READ) }
}

/// Leaves the first blocks that cost no more than this together, one at least. Says what they cost.
fn truncate(taken: &mut Vec<(usize, Option<Summed>)>, infos: &[BlockInfo], budget: u64) -> u64 {
    let mut cost = 0;
    for (at, (block, summed)) in taken.iter().enumerate() {
        let more = cost_of(&infos[*block], summed.is_some());
        if at > 0 && cost + more > budget {
            taken.truncate(at);
            break;
        }
        cost += more;
    }
    cost
}

/// Looks at how the numbers of a measure are spread in a group, and at how many there are.
type Look<'l> = &'l mut dyn FnMut((usize, u32), &Spread, u64);

/// Has blocks be read that count numbers of groups that have few. Says whether there are any.
fn read_what_must_be_exact(lanes: &Lanes<'_>, taken: &mut [(usize, Option<Summed>)]) -> bool {
    let measures = &lanes.aggregation.measures;
    let spreads: Vec<usize> = (0..measures.len()).filter(|at| measures[*at].1 == Measure::Spread).collect();
    let each = |summed: &Summed, act: Look<'_>| {
        for (cell, group) in &summed.groups {
            for measure in &spreads {
                if let Some((spread, count)) = spread(&lanes.feeds[*measure], &summed.summary.cells[*cell as usize]) {
                    act((*measure, *group), spread, count);
                }
            }
        }
    };
    let mut counts: FastMap<(usize, u32), u64> = FastMap::default();
    for summed in taken.iter().filter_map(|(_, summed)| summed.as_ref()) {
        each(summed, &mut |of, _, count| *counts.entry(of).or_default() += count);
    }
    if counts.values().all(|count| *count > EXACT as u64) {
        return false;
    }
    let mut are_any = false;
    for (_, summed) in taken {
        let mut is_short = false;
        if let Some(summed) = &summed {
            each(summed, &mut |of, spread, _| is_short |= !spread.is_exact() && counts[&of] <= EXACT as u64);
        }
        if is_short {
            (*summed, are_any) = (None, true);
        }
    }
    are_any
}

/// How the numbers of a cell are spread, and how many there are, if that is known of them.
fn spread<'c>(feed: &Feed, cell: &'c Cell) -> Option<(&'c Spread, u64)> {
    match feed {
        Feed::Number(Number::Column(numeric)) if numeric.column == Column::Duration => {
            Some((&cell.durations, cell.totals[place(Column::Duration)?].count))
        }
        Feed::Number(Number::RejectionRate) => Some((&cell.rejection_rates, cell.rejection_rate.count)),
        _ => None,
    }
}

/// The place of a column among those that are added up.
fn place(column: Column) -> Option<usize> {
    TOTALLED.iter().position(|(totalled, _)| *totalled == column)
}

impl Lanes<'_> {
    /// How many blocks can be answered from their summaries.
    pub(super) fn summed(&self, range: Range) -> u64 {
        let infos = self.columns.blocks();
        let blocks = self.blocks(range).into_iter();
        blocks.filter(|block| self.asked(&infos[*block], range).is_some()).count() as u64
    }

    /// What is asked of the cells of a block; `None` if they cannot answer.
    fn asked(&self, info: &BlockInfo, range: Range) -> Option<Asked> {
        if !info.is_summarised || !self.has_all_runs(info, range) || !self.keys.iter().all(|key| key.is_of_cells(info))
        {
            return None;
        }
        let feeds = self.feeds.iter().zip(&self.aggregation.measures);
        let shares = feeds.map(|(feed, (_, measure))| feed.of_cells(*measure, info));
        Some(Asked { condition: self.mask.of_cells(info)?, shares: shares.collect::<Option<Vec<_>>>()? })
    }
}

impl KeyLane {
    /// Whether all steps of a cell of this block have one key.
    fn is_of_cells(&self, info: &BlockInfo) -> bool {
        match self {
            Self::Table { column, .. } => matches!(column, Column::Callsite | Column::Outcome | Column::Level),
            Self::Bucket { column, .. } => {
                let (least, most) = info.range(*column);
                self.number(least) == self.number(most)
            }
        }
    }
}

impl Feed {
    /// The condition on cells, if there is one; `None` if cells do not have what is measured.
    fn of_cells(&self, measure: Measure, info: &BlockInfo) -> Option<Option<Mask>> {
        match self {
            Self::Rows => Some(None),
            Self::Condition(mask) => mask.of_cells(info).map(Some),
            Self::Number(Number::RejectionRate) => Some(None),
            Self::Number(Number::Column(numeric)) => {
                let is_known = measure != Measure::Spread || numeric.column == Column::Duration;
                (is_known && place(numeric.column).is_some()).then_some(None)
            }
            Self::Number(_) => None,
        }
    }
}

impl Summed {
    fn of(lanes: &Lanes<'_>, worker: &mut Worker, info: &BlockInfo, asked: &Asked, summary: Summary) -> Self {
        let cells = as_rows(&summary, info);
        let groups = worker.groups(lanes, &cells, &asked.condition.rows(&cells));
        let shares = asked.shares.iter().map(|share| share.as_ref().map(|mask| mask.rows(&cells))).collect();
        Self { summary, groups, shares }
    }
}

/// Cells as rows of a block, for conditions and keys to look at: what is not of a cell is that of any of its steps.
fn as_rows(summary: &Summary, info: &BlockInfo) -> Block {
    let column = |column: Column| match column {
        Column::Callsite => summary.cells.iter().map(|cell| cell.callsite).collect(),
        Column::Outcome => summary.cells.iter().map(|cell| cell.outcome).collect(),
        Column::Level => summary.cells.iter().map(|cell| cell.level).collect(),
        Column::Started => vec![info.range(Column::Started).0; summary.cells.len()],
        _ => Vec::new(),
    };
    Block::new(vec![RunId(0)], vec![0, summary.cells.len() as u32], Column::ALL.map(column), Vec::new())
}

impl Worker {
    /// Adds what the steps of a block come to.
    pub(super) fn summed(&mut self, lanes: &Lanes<'_>, summed: &Summed) {
        for (at, group) in &summed.groups {
            let cell = &summed.summary.cells[*at as usize];
            if *group == NO_GROUP {
                self.left_out += cell.steps;
                continue;
            }
            let group = *group as usize;
            self.rows[group] += cell.steps;
            for ((tallies, feed), share) in self.tallies.iter_mut().zip(&lanes.feeds).zip(&summed.shares) {
                let tally = &mut tallies[group];
                match feed {
                    Feed::Rows => tally.add_rows(cell.steps),
                    Feed::Condition(_) if share.as_ref().is_some_and(|share| share.has(*at as usize)) => {
                        tally.add_rows(cell.steps);
                    }
                    Feed::Number(Number::RejectionRate) => {
                        tally.add_fractions(&cell.rejection_rate, &cell.rejection_rates);
                    }
                    Feed::Number(Number::Column(numeric)) => {
                        if let Some(place) = place(numeric.column) {
                            tally.add_wholes(&cell.totals[place], |number| numeric.value(number), &cell.durations);
                        }
                    }
                    Feed::Condition(_) | Feed::Number(_) => {}
                }
            }
        }
    }
}
