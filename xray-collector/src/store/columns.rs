//! Steps column by column, for questions about many of them.
//!
//! A store that keeps steps this way hands out a [`StepColumns`]: a view of all its steps at one moment, in blocks of
//! some thousands. What a block holds is known from its [`BlockInfo`] without reading it, so that most blocks need not
//! be read; of those that are, only the columns that are asked for. A step is in one block, once.

use std::ops::Range;
use std::sync::Arc;

use super::{StoreError, Summary};
use crate::decision::DecisionCounts;
use crate::id::{RunId, StepId};
use crate::model::{Callsite, Level, Outcome, Step};
use crate::value::Captured;

/// One number of each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Column {
    /// The step's id.
    Step = 0,
    /// Its parent's id; 0 without [`flag::PARENT`].
    Parent,
    /// Which of its properties it has: the sum of numbers of [`flag`].
    Flags,
    /// The number of its function.
    Callsite,
    /// Its outcome, as its place in [`Outcome::ALL`].
    Outcome,
    /// Its level, as its place in [`Level::ALL`].
    Level,
    /// The slot of its thread.
    Thread,
    /// When it began, in nanoseconds since 1970.
    Started,
    /// How many nanoseconds it took; 0 without [`flag::DURATION`].
    Duration,
    /// Items that went in; 0 without [`flag::ITEMS_IN`].
    ItemsIn,
    /// Items that came out; 0 without [`flag::ITEMS_OUT`].
    ItemsOut,
    /// Of [`DecisionCounts`].
    Kept,
    /// Of [`DecisionCounts`].
    Eliminated,
    /// Of [`DecisionCounts`].
    Scored,
    /// Of [`DecisionCounts`].
    Introduced,
    /// Of [`DecisionCounts`].
    Refused,
}

/// What [`Column::Flags`] is the sum of.
#[allow(missing_docs)]
pub mod flag {
    pub const PARENT: u64 = 1;
    pub const DURATION: u64 = 2;
    pub const ITEMS_IN: u64 = 4;
    pub const ITEMS_OUT: u64 = 8;
    /// The code called it important.
    pub const IMPORTANT: u64 = 16;
    /// Its counts are those of a comparison.
    pub const INFERRED: u64 = 32;
    /// Values of it are kept.
    pub const ARGUMENTS: u64 = 64;
    pub const RESULT: u64 = 128;
    /// The code said something of it.
    pub const FACTS: u64 = 256;
    /// Eliminations of it were counted by reason.
    pub const REASONS: u64 = 512;
}

impl Column {
    /// All of them, in order.
    pub const ALL: [Self; 16] = [
        Self::Step,
        Self::Parent,
        Self::Flags,
        Self::Callsite,
        Self::Outcome,
        Self::Level,
        Self::Thread,
        Self::Started,
        Self::Duration,
        Self::ItemsIn,
        Self::ItemsOut,
        Self::Kept,
        Self::Eliminated,
        Self::Scored,
        Self::Introduced,
        Self::Refused,
    ];
}

/// The columns that are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColumnSet(u32);

impl ColumnSet {
    /// No column.
    pub const EMPTY: Self = Self(0);

    /// Every column.
    pub const ALL: Self = Self((1 << Column::ALL.len()) - 1);

    /// These and one more.
    #[must_use]
    pub const fn with(self, column: Column) -> Self {
        Self(self.0 | 1 << column as u32)
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether this one is asked for.
    #[must_use]
    pub const fn has(self, column: Column) -> bool {
        self.0 & 1 << column as u32 != 0
    }
}

impl FromIterator<Column> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = Column>>(columns: I) -> Self {
        columns.into_iter().fold(Self::default(), Self::with)
    }
}

/// What is known of a block that was not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockInfo {
    /// How many steps it has.
    pub steps: usize,
    /// The lowest and the highest number of each column, in the order of [`Column::ALL`].
    pub ranges: [(u64, u64); Column::ALL.len()],
    /// The functions that its steps are of, each once, in order.
    pub callsites: Vec<u32>,
    /// The time at which the first of its runs began, and the last: of a run that began earlier than was known when the
    /// block was written, that time counts too.
    pub runs_started_ns: (u64, u64),
    /// It has a [`Summary`].
    pub is_summarised: bool,
}

impl BlockInfo {
    /// What is known of all of these blocks, as if they were one.
    #[must_use]
    pub fn of_all(infos: &[Self]) -> Self {
        let Some((first, others)) = infos.split_first() else { return Self::default() };
        let mut all = first.clone();
        for info in others {
            all.steps += info.steps;
            for (range, other) in all.ranges.iter_mut().zip(&info.ranges) {
                *range = (range.0.min(other.0), range.1.max(other.1));
            }
            all.callsites.extend(&info.callsites);
            let ((first, last), other) = (all.runs_started_ns, info.runs_started_ns);
            all.runs_started_ns = (first.min(other.0), last.max(other.1));
            all.is_summarised &= info.is_summarised;
        }
        all.callsites.sort_unstable();
        all.callsites.dedup();
        all
    }

    /// The lowest and the highest number of a column.
    #[must_use]
    pub fn range(&self, column: Column) -> (u64, u64) {
        self.ranges[column as usize]
    }
}

/// The steps of a block, as far as they were asked for.
///
/// They are in order: by run, the steps of a run by their ids.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The runs that it has steps of, each once, in the order of their ids.
    pub runs: Vec<RunId>,
    /// Of each of these, the row of its first step. One more at the end: how many rows there are.
    pub starts: Vec<u32>,
    pub(crate) columns: [Vec<u64>; Column::ALL.len()],
    /// Eliminations by reason, of those rows that have [`flag::REASONS`], in order.
    pub(crate) reasons: Vec<(u32, Reasons)>,
}

/// How many items were eliminated for which reason.
pub type Reasons = Vec<(Arc<str>, u64)>;

impl Block {
    /// A block of these columns; those that are empty were not asked for.
    #[must_use]
    pub fn new(
        runs: Vec<RunId>,
        starts: Vec<u32>,
        columns: [Vec<u64>; Column::ALL.len()],
        reasons: Vec<(u32, Reasons)>,
    ) -> Self {
        Self { runs, starts, columns, reasons }
    }

    /// How many steps it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.last().map_or(0, |end| *end as usize)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of its rows, in order, as a block of their own.
    ///
    /// # Panics
    /// If it has no such row.
    #[must_use]
    pub fn pick(&self, rows: &[usize]) -> Self {
        let (mut runs, mut starts, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
        let mut end = 0;
        for (at, row) in (0..).zip(rows) {
            if *row >= end {
                let run = self.starts.partition_point(|start| *start as usize <= *row) - 1;
                runs.push(self.runs[run]);
                starts.push(at);
                end = self.starts[run + 1] as usize;
            }
            if let Ok(found) = self.reasons.binary_search_by_key(&(*row as u32), |(row, _)| *row) {
                reasons.push((at, self.reasons[found].1.clone()));
            }
        }
        starts.push(rows.len() as u32);
        let picked = |column: &Vec<u64>| match column.is_empty() {
            true => Vec::new(),
            false => rows.iter().map(|row| column[*row]).collect(),
        };
        Self { runs, starts, columns: self.columns.each_ref().map(picked), reasons }
    }

    /// A column: a number for each row, or none at all if it was not asked for.
    #[must_use]
    pub fn column(&self, column: Column) -> &[u64] {
        &self.columns[column as usize]
    }

    /// The rows of a run.
    #[must_use]
    pub fn rows_of(&self, run: RunId) -> Range<usize> {
        match self.runs.binary_search(&run) {
            Ok(at) => self.starts[at] as usize..self.starts[at + 1] as usize,
            Err(_) => 0..0,
        }
    }

    /// The row of a step, if it is here; of a block of which [`Column::Step`] was asked for.
    #[must_use]
    pub fn row_of(&self, run: RunId, step: StepId) -> Option<usize> {
        let rows = self.rows_of(run);
        let steps = self.column(Column::Step).get(rows.clone())?;
        steps.binary_search(&step.0).ok().map(|place| rows.start + place)
    }

    /// The run that a row is of.
    #[must_use]
    pub fn run_of(&self, row: usize) -> RunId {
        self.runs[self.starts.partition_point(|start| *start as usize <= row) - 1]
    }

    /// The step of a row of a block of which every column was asked for.
    #[must_use]
    pub fn step(&self, row: usize, callsite: Arc<Callsite>) -> Step {
        let flags = self.column(Column::Flags)[row];
        let number = |column: Column| self.column(column)[row];
        let optional = |flag: u64, column: Column| (flags & flag != 0).then(|| number(column));
        Step {
            id: StepId(number(Column::Step)),
            parent: optional(flag::PARENT, Column::Parent).map(StepId),
            callsite,
            outcome: Outcome::ALL[number(Column::Outcome) as usize],
            started_ns: number(Column::Started),
            duration_ns: optional(flag::DURATION, Column::Duration),
            thread: number(Column::Thread) as u32,
            items_in: optional(flag::ITEMS_IN, Column::ItemsIn),
            items_out: optional(flag::ITEMS_OUT, Column::ItemsOut),
            counts: self.counts(row),
            important: flags & flag::IMPORTANT != 0,
            level: Level::ALL[number(Column::Level) as usize],
        }
    }

    /// The counts of a row of such a block.
    pub(crate) fn counts(&self, row: usize) -> DecisionCounts {
        let number = |column: Column| self.column(column)[row];
        let reasons = self.reasons.binary_search_by_key(&(row as u32), |(row, _)| *row);
        DecisionCounts {
            kept: number(Column::Kept),
            eliminated: number(Column::Eliminated),
            scored: number(Column::Scored),
            introduced: number(Column::Introduced),
            refused: number(Column::Refused),
            inferred: number(Column::Flags) & flag::INFERRED != 0,
            reasons: reasons.map(|at| self.reasons[at].1.clone()).unwrap_or_default(),
        }
    }
}

/// Which of a step's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// One value for each argument.
    Arguments,
    /// What [`crate::payload`] says.
    Result,
    /// What the code said: values of [`crate::fact`].
    Facts,
}

/// All steps of a store at one moment; several threads may read it.
pub trait StepColumns: Sync {
    /// The blocks, the one written last at the end.
    fn blocks(&self) -> &[BlockInfo];

    /// What is damaged so that it is in no block, the first [`MAX_DAMAGED`](super::MAX_DAMAGED) of it. What is read goes on
    /// without it; so it may without a block that [`StepColumns::read`] finds to be damaged.
    fn damaged(&self) -> &[String] {
        &[]
    }

    /// Reads columns of a block, named by its place among [`StepColumns::blocks`].
    ///
    /// # Errors
    /// When the store cannot be read, or the block is damaged.
    fn read(&self, block: usize, columns: ColumnSet) -> Result<Block, StoreError>;

    /// Reads all columns of some rows of a block, in order, as a block of their own.
    ///
    /// # Errors
    /// When the store cannot be read, or the block is damaged.
    ///
    /// # Panics
    /// If the block has no such row.
    fn read_rows(&self, block: usize, rows: &[usize]) -> Result<Block, StoreError> {
        self.read(block, ColumnSet::ALL).map(|block| block.pick(rows))
    }

    /// What the steps of a block come to, so that questions about all of them need not read it.
    ///
    /// # Errors
    /// When the store cannot be read, or the summary is damaged, which the block need not be.
    fn summary(&self, block: usize) -> Result<Summary, StoreError> {
        self.read(block, Summary::COLUMNS).map(|block| Summary::of(&block))
    }

    /// Blocks of which it may be known what all of their steps together come to, so that they need not be looked at one by
    /// one: the place of the first one among [`StepColumns::blocks`], and that behind the last.
    fn spans(&self) -> Vec<Range<usize>> {
        Vec::new()
    }

    /// What the steps of such blocks come to; `None` if that is not known after all.
    ///
    /// # Errors
    /// When the store cannot be read, or what is written of it is damaged, which the blocks need not be.
    fn summary_of(&self, _span: Range<usize>) -> Result<Option<Summary>, StoreError> {
        Ok(None)
    }

    /// Values of the step in this row of a block. Cheap where rows follow each other.
    ///
    /// # Errors
    /// When the store cannot be read, or the values are damaged.
    fn values(&self, block: usize, row: usize, part: Part) -> Result<Vec<Captured>, StoreError>;
}
