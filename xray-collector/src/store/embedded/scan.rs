//! All steps column by column: the blocks, and the rows that are in none, which are blocks for as long as the question
//! lasts.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::block::{self, ROWS, StoredHead};
use super::blocks::{SPAN, name_of_span};
use super::cache::Cache;
use super::fault::Fault;
use super::layout::{BLOCK_HEADS, BLOCKS, FACTS, RUN_AT, SPANS, STEPS, SUMMARIES, step_place};
use super::{Caches, blobs, read, rows, summary};
use crate::id::{RunId, StepId};
use crate::store::{Block, BlockInfo, Column, ColumnSet, Part, PayloadRef, StepColumns, StoreError, Summary};
use crate::value::Captured;

/// How much is kept of the steps' ids, of blocks whose values are read.
const STEPS_BYTES: usize = 4 << 20;
/// An outline is kept if it takes no more than this.
const OUTLINE_BYTES: usize = 16 << 20;
/// Before the first and the last time at which runs began are known.
const NO_TIME: (u64, u64) = (u64::MAX, 0);

/// What is looked at before any block is: what it says is of one moment of the store.
#[derive(Debug, Default)]
pub(super) struct Outline {
    infos: Vec<BlockInfo>,
    /// The numbers of the first of them.
    numbers: Vec<u64>,
    /// The others.
    rows: Vec<Rows>,
    /// What of heads and rows does not decode.
    damaged: Vec<String>,
    /// The steps of which something was said that is in no block, in order.
    said_of: Vec<(RunId, StepId)>,
}

/// Rows as a block, with the places of their values.
#[derive(Debug)]
struct Rows {
    block: Block,
    places: Vec<[Option<PayloadRef>; 2]>,
}

/// The outline that was read last, for as long as nothing is written.
#[derive(Debug, Default)]
pub(super) struct Outlines(Mutex<Option<(u64, Arc<Outline>)>>);

impl Outlines {
    /// That of a snapshot.
    fn of(&self, snapshot: &ReadTransaction) -> Result<Arc<Outline>, Fault> {
        let writes = read::writes(snapshot)?;
        let known = self.last().as_ref().filter(|(of, _)| *of == writes).map(|(_, outline)| Arc::clone(outline));
        if let Some(outline) = known {
            return Ok(outline);
        }
        let outline = Arc::new(Outline::read(snapshot)?);
        if outline.bytes() <= OUTLINE_BYTES {
            *self.last() = Some((writes, Arc::clone(&outline)));
        }
        Ok(outline)
    }

    /// Forgets it: what is written next may be counted like what was given up.
    pub(super) fn forget(&self) {
        *self.last() = None;
    }

    // Nothing that panics runs under this lock.
    fn last(&self) -> MutexGuard<'_, Option<(u64, Arc<Outline>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outline {
    fn read(snapshot: &ReadTransaction) -> Result<Self, Fault> {
        let mut outline = Self::default();
        for entry in snapshot.open_table(FACTS)?.iter()? {
            let (run, step, ..) = entry?.0.value();
            outline.said_of.push((RunId(run), StepId(step)));
        }
        outline.said_of.dedup();
        for entry in snapshot.open_table(BLOCK_HEADS)?.iter()? {
            let (number, head) = entry?;
            match StoredHead::read(head.value(), number.value()) {
                Err(Fault::Damage { place, detail }) => read::note(&mut outline.damaged, &place, &detail),
                head => {
                    outline.infos.push(head?.into_info());
                    outline.numbers.push(number.value());
                }
            }
        }
        outline.read_rows(snapshot)?;
        Ok(outline)
    }

    fn read_rows(&mut self, snapshot: &ReadTransaction) -> Result<(), Fault> {
        let table = snapshot.open_table(STEPS)?;
        let runs = snapshot.open_table(RUN_AT)?;
        let (mut columns, mut places, mut span) = (Block::default(), Vec::new(), NO_TIME);
        let (damaged, said_of) = (&mut self.damaged, &self.said_of);
        let whole = rows::all(&table)?.filter_map(|row| match row {
            Err(Fault::Damage { place, detail }) => {
                read::note(damaged, &place, &detail);
                None
            }
            row => Some(row),
        });
        let mut rows = whole.peekable();
        while let Some(row) = rows.next().transpose()? {
            let has_facts = said_of.binary_search(&(row.run, row.step)).is_ok();
            if columns.runs.last() != Some(&row.run) {
                // A run that is not there may have begun at any time.
                let started_ns = runs.get(row.run.0)?.map(|place| place.value().0);
                span = (span.0.min(started_ns.unwrap_or(0)), span.1.max(started_ns.unwrap_or(u64::MAX)));
            }
            columns.push(&row, has_facts);
            places.push([row.arguments, row.result]);
            if columns.len() == ROWS || rows.peek().is_none() {
                let (columns, places) = (std::mem::take(&mut columns), std::mem::take(&mut places));
                self.infos.push(columns.info(std::mem::replace(&mut span, NO_TIME)));
                self.rows.push(Rows { block: columns, places });
            }
        }
        Ok(())
    }

    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let of_row = 8 * Column::ALL.len() + size_of::<[Option<PayloadRef>; 2]>();
        let rows: usize = self.rows.iter().map(|rows| rows.places.len()).sum();
        let said_of = self.said_of.len() * size_of::<(RunId, StepId)>();
        self.infos.len() * size_of::<BlockInfo>() + rows * of_row + said_of
    }
}

/// One moment of the store.
pub(super) struct Columns<'s> {
    path: &'s Path,
    caches: &'s Caches,
    snapshot: ReadTransaction,
    blobs: ReadOnlyTable<blobs::Key, &'static [u8]>,
    summaries: ReadOnlyTable<u64, &'static [u8]>,
    sums_of_spans: ReadOnlyTable<u64, &'static [u8]>,
    outline: Arc<Outline>,
    /// The ids of the steps of blocks, to look for what was said of them later.
    steps: Cache<usize, Block>,
}

impl<'s> Columns<'s> {
    pub(super) fn new(path: &'s Path, caches: &'s Caches, snapshot: ReadTransaction) -> Result<Self, Fault> {
        let outline = caches.outlines.of(&snapshot)?;
        let (blobs, summaries) = (snapshot.open_table(BLOCKS)?, snapshot.open_table(SUMMARIES)?);
        let (sums_of_spans, steps) = (snapshot.open_table(SPANS)?, Cache::new(STEPS_BYTES));
        Ok(Self { path, caches, snapshot, blobs, summaries, sums_of_spans, outline, steps })
    }

    /// The rows that the block at this place is made of, if it is.
    fn rows_at(&self, at: usize) -> Option<&Rows> {
        self.outline.rows.get(at.checked_sub(self.outline.numbers.len())?)
    }

    fn values_in_rows(&self, rows: &Rows, row: usize, part: Part) -> Result<Vec<Captured>, Fault> {
        let (run, step) = (rows.block.run_of(row), StepId(rows.block.column(Column::Step)[row]));
        let place = match part {
            Part::Arguments => rows.places[row][0],
            Part::Result => rows.places[row][1],
            Part::Facts => return read::facts(&self.snapshot, self.caches, run, step),
        };
        read::values(&self.snapshot, self.caches, place, || format!("the values of {}", step_place(run, step)))
    }

    fn values_in_block(&self, at: usize, row: usize, part: Part) -> Result<Vec<Captured>, Fault> {
        let (number, steps) = (self.outline.numbers[at], self.outline.infos[at].steps);
        let mut values = read::values_in_block(&self.blobs, self.caches, number, (row, steps), part)?;
        if part == Part::Facts && !self.outline.said_of.is_empty() {
            let (run, step) = self.step_at(at, row)?;
            if self.outline.said_of.binary_search(&(run, step)).is_ok() {
                values.extend(read::facts(&self.snapshot, self.caches, run, step)?);
            }
        }
        Ok(values)
    }

    fn step_at(&self, at: usize, row: usize) -> Result<(RunId, StepId), Fault> {
        let (number, steps) = (self.outline.numbers[at], self.outline.infos[at].steps);
        let read = || block::read(&self.blobs, number, steps, ColumnSet::EMPTY.with(Column::Step)).map(Arc::new);
        let block = self.steps.get_or(at, |block| 8 * block.len(), read)?;
        Ok((block.run_of(row), StepId(block.column(Column::Step)[row])))
    }
}

impl StepColumns for Columns<'_> {
    fn damaged(&self) -> &[String] {
        &self.outline.damaged
    }

    fn blocks(&self) -> &[BlockInfo] {
        &self.outline.infos
    }

    fn read(&self, block: usize, columns: ColumnSet) -> Result<Block, StoreError> {
        if let Some(rows) = self.rows_at(block) {
            return Ok(rows.block.clone());
        }
        let read = || block::read(&self.blobs, self.outline.numbers[block], self.outline.infos[block].steps, columns);
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }

    fn read_rows(&self, block: usize, rows: &[usize]) -> Result<Block, StoreError> {
        if let Some(of_rows) = self.rows_at(block) {
            return Ok(of_rows.block.pick(rows));
        }
        let (number, steps) = (self.outline.numbers[block], self.outline.infos[block].steps);
        let read = || block::read_rows(&self.blobs, number, steps, rows);
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }

    fn summary(&self, block: usize) -> Result<Summary, StoreError> {
        let read = || match self.rows_at(block) {
            Some(rows) => Ok(Summary::of(&rows.block)),
            None => summary::read(&self.summaries, self.outline.numbers[block], self.outline.infos[block].steps),
        };
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }

    fn spans(&self) -> Vec<Range<usize>> {
        let (mut spans, mut place) = (Vec::new(), 0);
        for numbers in self.outline.numbers.chunk_by(|one, other| one / SPAN == other / SPAN) {
            let span = place..place + numbers.len();
            place = span.end;
            spans.extend(Some(span).filter(|span| span.len() as u64 == SPAN));
        }
        spans
    }

    fn summary_of(&self, span: Range<usize>) -> Result<Option<Summary>, StoreError> {
        let number = self.outline.numbers[span.start] / SPAN;
        let steps = self.outline.infos[span].iter().map(|info| info.steps).sum();
        let read = || summary::find(&self.sums_of_spans, number, steps, || name_of_span(number));
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }

    fn values(&self, block: usize, row: usize, part: Part) -> Result<Vec<Captured>, StoreError> {
        let read = || match self.rows_at(block) {
            Some(rows) => self.values_in_rows(rows, row, part),
            None => self.values_in_block(block, row, part),
        };
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }
}
