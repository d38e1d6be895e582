//! All steps column by column: the blocks, and the rows that are in none, which are blocks for as long as the question
//! lasts.

use std::path::Path;
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::block::{self, ROWS, StoredHead};
use super::cache::Cache;
use super::fault::Fault;
use super::layout::{BLOCK_HEADS, BLOCKS, FACTS, RUN_AT, STEPS, facts_of, step_place};
use super::{Caches, blobs, read, rows, summary};
use crate::id::{RunId, StepId};
use crate::store::{Block, BlockInfo, Column, ColumnSet, Part, PayloadRef, StepColumns, StoreError, Summary};
use crate::value::Captured;

/// How much is kept of the blocks whose values are read.
const STEPS_BYTES: usize = 1 << 20;
/// Before the first and the last time at which runs began are known.
const NO_TIME: (u64, u64) = (u64::MAX, 0);

/// One moment of the store.
pub(super) struct Columns<'s> {
    path: &'s Path,
    caches: &'s Caches,
    snapshot: ReadTransaction,
    blobs: ReadOnlyTable<blobs::Key, &'static [u8]>,
    infos: Vec<BlockInfo>,
    /// The numbers of the first of them.
    numbers: Vec<u64>,
    /// The others.
    rows: Vec<Rows>,
    /// What of heads and rows does not decode.
    damaged: Vec<String>,
    /// Something was said of steps that is in no block.
    has_late_facts: bool,
    /// The ids of the steps of blocks, to look for that.
    steps: Cache<usize, Block>,
}

/// Rows as a block, with the places of their values.
struct Rows {
    block: Block,
    places: Vec<[Option<PayloadRef>; 2]>,
}

impl<'s> Columns<'s> {
    pub(super) fn new(path: &'s Path, caches: &'s Caches, snapshot: ReadTransaction) -> Result<Self, Fault> {
        let (mut infos, mut numbers, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        for entry in snapshot.open_table(BLOCK_HEADS)?.iter()? {
            let (number, head) = entry?;
            match StoredHead::read(head.value(), number.value()) {
                Err(Fault::Damage { place, detail }) => read::note(&mut damaged, &place, &detail),
                head => {
                    infos.push(head?.into_info());
                    numbers.push(number.value());
                }
            }
        }
        let has_late_facts = !snapshot.open_table(FACTS)?.is_empty()?;
        let blobs = snapshot.open_table(BLOCKS)?;
        let mut columns = Self {
            path,
            caches,
            snapshot,
            blobs,
            infos,
            numbers,
            rows: Vec::new(),
            damaged,
            has_late_facts,
            steps: Cache::new(STEPS_BYTES),
        };
        columns.read_rows()?;
        Ok(columns)
    }

    fn read_rows(&mut self) -> Result<(), Fault> {
        let table = self.snapshot.open_table(STEPS)?;
        let runs = self.snapshot.open_table(RUN_AT)?;
        let facts = self.snapshot.open_table(FACTS)?;
        let (mut columns, mut places, mut span) = (Block::default(), Vec::new(), NO_TIME);
        let damaged = &mut self.damaged;
        let whole = rows::all(&table)?.filter_map(|row| match row {
            Err(Fault::Damage { place, detail }) => {
                read::note(damaged, &place, &detail);
                None
            }
            row => Some(row),
        });
        let mut rows = whole.peekable();
        while let Some(row) = rows.next().transpose()? {
            let has_facts =
                self.has_late_facts && facts.range(facts_of(row.run, row.step..=row.step))?.next().is_some();
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

    /// The rows that the block at this place is made of, if it is.
    fn rows_at(&self, at: usize) -> Option<&Rows> {
        self.rows.get(at.checked_sub(self.numbers.len())?)
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
        let (number, steps) = (self.numbers[at], self.infos[at].steps);
        let mut values = read::values_in_block(&self.snapshot, self.caches, number, (row, steps), part)?;
        if self.has_late_facts && part == Part::Facts {
            let (run, step) = self.step_at(at, row)?;
            values.extend(read::facts(&self.snapshot, self.caches, run, step)?);
        }
        Ok(values)
    }

    fn step_at(&self, at: usize, row: usize) -> Result<(RunId, StepId), Fault> {
        let (number, steps) = (self.numbers[at], self.infos[at].steps);
        let read = || block::read(&self.blobs, number, steps, ColumnSet::EMPTY.with(Column::Step)).map(Arc::new);
        let block = self.steps.get_or(at, |block| 8 * block.len(), read)?;
        Ok((block.run_of(row), StepId(block.column(Column::Step)[row])))
    }
}

impl StepColumns for Columns<'_> {
    fn damaged(&self) -> &[String] {
        &self.damaged
    }

    fn blocks(&self) -> &[BlockInfo] {
        &self.infos
    }

    fn read(&self, block: usize, columns: ColumnSet) -> Result<Block, StoreError> {
        if let Some(rows) = self.rows_at(block) {
            return Ok(rows.block.clone());
        }
        let read = || block::read(&self.blobs, self.numbers[block], self.infos[block].steps, columns);
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }

    fn summary(&self, block: usize) -> Result<Summary, StoreError> {
        let read = || match self.rows_at(block) {
            Some(rows) => Ok(Summary::of(&rows.block)),
            None => summary::read(&self.blobs, self.numbers[block], self.infos[block].steps),
        };
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
