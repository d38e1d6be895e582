//! Blocks of which it is known what their steps come to: that is added up, and they are not read. Of some of them it is known
//! what they come to together.
//!
//! A block is answered so if all of its runs count, its cells say of which steps the conditions hold and to which groups
//! they belong, and its totals have what is to be measured. A quantile of few numbers is exact, which one of a summary
//! need not be: blocks with steps of groups that have no more than [`EXACT`] are read after all.

use std::borrow::Cow;
use std::ops::Range;

use super::lanes::{Feed, KeyLane, Lanes};
use super::sketch::EXACT;
use super::tally::Measure;
use super::worker::{NO_GROUP, Worker};
use crate::abreast::abreast;
use crate::id::RunId;
use crate::map::FastMap;
use crate::query::candidates::ROWS_A_READ;
use crate::query::columns::{Bitmap, Mask, Number};
use crate::query::plan;
use crate::query::view::Source;
use crate::spread::Spread;
use crate::store::{Block, BlockInfo, Cell, Column, StoreError, Summary, TOTALLED};

/// What becomes of blocks.
pub(super) struct Split {
    pub(super) summed: Vec<Summed>,
    /// How many blocks these are.
    pub(super) blocks_summed: u64,
    /// Those that are read.
    pub(super) read: Vec<usize>,
    pub(super) cost: u64,
    /// If others are not looked at: every run that began later is.
    pub(super) stopped_at_ns: Option<u64>,
}

/// Blocks that are answered from one summary.
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

/// A block, or several that have one summary.
struct Unit<'b> {
    /// In the order in which they are looked at.
    blocks: &'b [usize],
    /// The same by their places.
    span: Range<usize>,
    info: Cow<'b, BlockInfo>,
    /// `None` if they are read.
    asked: Option<Asked>,
    /// `None` if they are read, or their summary was not yet.
    summed: Option<Summed>,
}

/// Blocks, and what becomes of them.
struct Units<'b, 'l> {
    lanes: &'b Lanes<'l>,
    range: plan::Range,
    units: Vec<Unit<'b>>,
}

impl Split {
    /// Splits these blocks, as many of them as may be looked at: one at least.
    pub(super) fn of(
        lanes: &Lanes<'_>,
        worker: &mut Worker,
        source: &Source<'_>,
        (range, blocks): (plan::Range, &[usize]),
    ) -> Result<Self, StoreError> {
        let budget = source.left.get();
        let mut units = Units::of(lanes, range, blocks, budget);
        let cost = loop {
            let cost = units.truncate(budget);
            if units.sum_up(worker)? && !units.read_what_must_be_exact() {
                break cost;
            }
        };
        let (summed, read): (Vec<_>, Vec<_>) = units.units.into_iter().partition(|unit| unit.summed.is_some());
        let count = |units: &[Unit<'_>]| units.iter().map(|unit| unit.blocks.len()).sum::<usize>();
        let next = blocks.get(count(&summed) + count(&read));
        Ok(Self {
            blocks_summed: count(&summed) as u64,
            summed: summed.into_iter().filter_map(|unit| unit.summed).collect(),
            read: read.iter().flat_map(|unit| unit.blocks).copied().collect(),
            cost,
            stopped_at_ns: next.map(|block| lanes.columns.blocks()[*block].runs_started_ns.1),
        })
    }
}

impl Unit<'_> {
    /// Whether its summary is to be read.
    fn is_wanted(&self) -> bool {
        self.asked.is_some() && self.summed.is_none()
    }

    /// What looking at it costs: a summary one read for each block that need not be.
    fn cost(&self) -> u64 {
        match self.asked {
            Some(_) => self.blocks.len() as u64,
            None => (self.info.steps as u64).div_ceil(ROWS_A_READ),
        }
    }
}

/// Looks at how the numbers of a measure are spread in a group, and at how many there are.
type Look<'l> = &'l mut dyn FnMut((usize, u32), &Spread, u64);

impl<'b, 'l> Units<'b, 'l> {
    /// These blocks, those together that may be answered from one summary, and may all be looked at.
    fn of(lanes: &'b Lanes<'l>, range: plan::Range, mut blocks: &'b [usize], mut budget: u64) -> Self {
        let mut all = Self { lanes, range, units: Vec::new() };
        let spans = lanes.columns.spans();
        while let Some(first) = blocks.first() {
            let span = spans.iter().find(|span| span.contains(first));
            let several = span.and_then(|span| all.several(span, blocks)).filter(|unit| unit.cost() <= budget);
            let unit = several.unwrap_or_else(|| all.one(&blocks[..1]));
            blocks = &blocks[unit.blocks.len()..];
            budget = budget.saturating_sub(unit.cost());
            all.units.push(unit);
        }
        all
    }

    /// The first of these blocks, if they are all of a span, and may be asked together.
    fn several(&self, span: &Range<usize>, blocks: &'b [usize]) -> Option<Unit<'b>> {
        let blocks = blocks.get(..span.len()).filter(|blocks| blocks.iter().all(|block| span.contains(block)))?;
        let info = BlockInfo::of_all(&self.lanes.columns.blocks()[span.clone()]);
        let asked = Some(self.lanes.asked(&info, self.range)?);
        Some(Unit { blocks, span: span.clone(), info: Cow::Owned(info), asked, summed: None })
    }

    fn one(&self, block: &'b [usize]) -> Unit<'b> {
        let span = block[0]..block[0] + 1;
        let info = &self.lanes.columns.blocks()[span.start];
        let asked = self.lanes.asked(info, self.range);
        Unit { blocks: block, span, info: Cow::Borrowed(info), asked, summed: None }
    }

    /// Leaves the first ones that cost no more than this together, one at least. Says what they cost.
    fn truncate(&mut self, budget: u64) -> u64 {
        let mut cost = 0;
        for (at, unit) in self.units.iter().enumerate() {
            let more = unit.cost();
            if at > 0 && cost + more > budget {
                self.units.truncate(at);
                break;
            }
            cost += more;
        }
        cost
    }

    /// Reads the summaries that are wanted. Says whether all of them are there: without its summary, a unit is another.
    fn sum_up(&mut self, worker: &mut Worker) -> Result<bool, StoreError> {
        let lanes = self.lanes;
        let wanted: Vec<_> = self.units.iter().filter(|unit| unit.is_wanted()).map(|unit| unit.span.clone()).collect();
        let read = |span: &Range<usize>| match span.len() {
            1 => lanes.columns.summary(span.start).map(Some),
            _ => lanes.columns.summary_of(span.clone()),
        };
        let summaries = abreast(&wanted, 4, read);
        for (unit, summary) in self.units.iter_mut().filter(|unit| unit.is_wanted()).zip(summaries) {
            unit.summed = match (summary, &unit.asked) {
                // Where the summary is damaged, the blocks need not be.
                (Err(StoreError::Corrupt { .. }), _) | (_, None) => None,
                (summary, Some(asked)) => summary?.map(|summary| Summed::of(lanes, worker, &unit.info, asked, summary)),
            };
        }
        Ok(!self.refuse(Unit::is_wanted))
    }

    /// Has blocks be read that count numbers of groups that have few. Says whether there are any.
    fn read_what_must_be_exact(&mut self) -> bool {
        let (measures, feeds) = (&self.lanes.aggregation.measures, &self.lanes.feeds);
        let spreads: Vec<usize> = (0..measures.len()).filter(|at| measures[*at].1 == Measure::Spread).collect();
        let each = |summed: &Summed, act: Look<'_>| {
            for (cell, group) in &summed.groups {
                for measure in &spreads {
                    if let Some((spread, count)) = spread(&feeds[*measure], &summed.summary.cells[*cell as usize]) {
                        act((*measure, *group), spread, count);
                    }
                }
            }
        };
        let mut counts: FastMap<(usize, u32), u64> = FastMap::default();
        for summed in self.units.iter().filter_map(|unit| unit.summed.as_ref()) {
            each(summed, &mut |of, _, count| *counts.entry(of).or_default() += count);
        }
        if counts.values().all(|count| *count > EXACT as u64) {
            return false;
        }
        self.refuse(|unit| {
            let mut is_short = false;
            if let Some(summed) = &unit.summed {
                each(summed, &mut |of, spread, _| is_short |= !spread.is_exact() && counts[&of] <= EXACT as u64);
            }
            is_short
        })
    }

    /// Does without the summaries of some of them: of several blocks each has its own, and a single one is read. Says whether
    /// there are any.
    fn refuse(&mut self, is_refused: impl Fn(&Unit<'b>) -> bool) -> bool {
        let before = std::mem::take(&mut self.units);
        let mut are_any = false;
        for unit in before {
            if !is_refused(&unit) {
                self.units.push(unit);
                continue;
            }
            are_any = true;
            if unit.blocks.len() == 1 {
                self.units.push(Unit { asked: None, summed: None, ..unit });
            } else {
                let blocks: Vec<_> = unit.blocks.chunks(1).map(|block| self.one(block)).collect();
                self.units.extend(blocks);
            }
        }
        are_any
    }
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
    pub(super) fn summed(&self, range: plan::Range) -> u64 {
        let infos = self.columns.blocks();
        let blocks = self.blocks(range).into_iter();
        blocks.filter(|block| self.asked(&infos[*block], range).is_some()).count() as u64
    }

    /// What is asked of the cells of a block; `None` if they cannot answer.
    fn asked(&self, info: &BlockInfo, range: plan::Range) -> Option<Asked> {
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
