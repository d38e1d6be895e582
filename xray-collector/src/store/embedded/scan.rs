//! All steps column by column: the blocks, and the rows that are in none, which are blocks for as long as the question
//! lasts.

use std::path::Path;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::block::{self, ROWS, StoredHead};
use super::fault::Fault;
use super::layout::{BLOCK_HEADS, BLOCKS, FACTS, STEPS, step_place};
use super::{Caches, blobs, read, rows};
use crate::id::{RunId, StepId};
use crate::store::{Block, BlockInfo, Column, ColumnSet, MAX_DAMAGED, Part, PayloadRef, StepColumns, StoreError};
use crate::value::Captured;

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
    /// Something was said of steps after they were put into blocks.
    has_late_facts: bool,
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
                Err(Fault::Damage { place, detail }) => note(&mut damaged, &place, &detail),
                head => {
                    infos.push(head?.into_info());
                    numbers.push(number.value());
                }
            }
        }
        let has_late_facts = !snapshot.open_table(FACTS)?.is_empty()?;
        let blobs = snapshot.open_table(BLOCKS)?;
        let mut columns =
            Self { path, caches, snapshot, blobs, infos, numbers, rows: Vec::new(), damaged, has_late_facts };
        columns.read_rows()?;
        Ok(columns)
    }

    fn read_rows(&mut self) -> Result<(), Fault> {
        let table = self.snapshot.open_table(STEPS)?;
        let facts = self.snapshot.open_table(FACTS)?;
        let (mut columns, mut places) = (block::Columns::default(), Vec::new());
        let damaged = &mut self.damaged;
        let whole = rows::all(&table)?.filter_map(|row| match row {
            Err(Fault::Damage { place, detail }) => {
                note(damaged, &place, &detail);
                None
            }
            row => Some(row),
        });
        let mut rows = whole.peekable();
        while let Some(row) = rows.next().transpose()? {
            let has_facts = self.has_late_facts && {
                let (run, step) = (row.run.0, row.step.0);
                facts.range((run, step, 0, 0)..=(run, step, u64::MAX, u32::MAX))?.next().is_some()
            };
            columns.push(&row, has_facts);
            places.push([row.arguments, row.result]);
            if columns.len() == ROWS || rows.peek().is_none() {
                let (columns, places) = (std::mem::take(&mut columns), std::mem::take(&mut places));
                // When their runs began is not looked up: it may be any time.
                self.infos.push(columns.info((0, u64::MAX)));
                self.rows.push(Rows { block: columns.into_block(), places });
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
        let block = read::block(&self.snapshot, self.caches, self.numbers[at])?;
        Ok((block.run_of(row), StepId(block.column(Column::Step)[row])))
    }
}

fn note(damaged: &mut Vec<String>, place: &str, detail: &str) {
    if damaged.len() < MAX_DAMAGED {
        damaged.push(format!("{place}: {detail}"));
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

    fn values(&self, block: usize, row: usize, part: Part) -> Result<Vec<Captured>, StoreError> {
        let read = || match self.rows_at(block) {
            Some(rows) => self.values_in_rows(rows, row, part),
            None => self.values_in_block(block, row, part),
        };
        Fault::catch(self.path, read).map_err(|fault| fault.reading(self.path))
    }
}
