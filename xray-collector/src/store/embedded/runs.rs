//! Runs as they are written: their rows, where these are, in which blocks their steps are, and which of them are open.

use redb::{ReadableTable, Table, WriteTransaction};

use super::block::{self, StoredHead};
use super::counts::Counts;
use super::fault::Fault;
use super::layout::{
    BLOCK_HEADS, BLOCKS, NO_BLOCK, OPEN_RUNS, RUN_AT, RUN_BLOCKS, RUNS, STEPS, StoredRun, encode, known, meta_runs,
    status, status_code,
};
use super::seal::Sealed;
use super::{read, rows};
use crate::id::RunId;
use crate::map::FastMap;
use crate::model::{Run, RunStatus};
use crate::store::Column;

/// The tables that a run is in.
pub(super) struct Runs<'transaction> {
    rows: Table<'transaction, (u64, u128), &'static [u8]>,
    places: Table<'transaction, u128, (u64, u8, u64)>,
    blocks: Table<'transaction, (u128, u64), (u64, u64)>,
    heads: Table<'transaction, u64, &'static [u8]>,
    open: Table<'transaction, u128, ()>,
}

impl<'transaction> Runs<'transaction> {
    pub(super) fn open(transaction: &'transaction WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            rows: transaction.open_table(RUNS)?,
            places: transaction.open_table(RUN_AT)?,
            blocks: transaction.open_table(RUN_BLOCKS)?,
            heads: transaction.open_table(BLOCK_HEADS)?,
            open: transaction.open_table(OPEN_RUNS)?,
        })
    }

    /// Puts runs, and says of them and of others in which further blocks their steps are.
    pub(super) fn put_all(&mut self, runs: &[Run], sealed: &[Sealed], counts: &mut Counts) -> Result<(), Fault> {
        let mut by_run: FastMap<RunId, Vec<&Sealed>> = FastMap::default();
        for sealed in sealed {
            by_run.entry(sealed.run).or_default().push(sealed);
        }
        for run in runs {
            let sealed = by_run.remove(&run.id).unwrap_or_default();
            self.put(run, &sealed, counts)?;
        }
        for (run, sealed) in by_run {
            let place = self.places.get(run.0)?.map(|place| place.value());
            // Of a run without a row, all of them are further ones.
            let first = self.put_blocks(run, place.map_or(0, |(.., first)| first), &sealed)?;
            if let Some((started_ns, status, _)) = place {
                self.places.insert(run.0, (started_ns, status, first))?;
            }
        }
        Ok(())
    }

    pub(super) fn put(&mut self, run: &Run, sealed: &[&Sealed], counts: &mut Counts) -> Result<(), Fault> {
        let previous = self.places.get(run.id.0)?.map(|place| place.value());
        let mut first = NO_BLOCK;
        if let Some((started_ns, code, block)) = previous {
            let was = known(status(code), code, "a status", || format!("the place of run {}", run.id))?;
            counts.add(meta_runs(was), -1);
            if started_ns != run.started_ns {
                self.rows.remove((started_ns, run.id.0))?;
                self.widen(run, block)?;
            }
            first = block;
        }
        let first = self.put_blocks(run.id, first, sealed)?;
        self.places.insert(run.id.0, (run.started_ns, status_code(run.status), first))?;
        counts.add(meta_runs(run.status), 1);
        self.rows.insert((run.started_ns, run.id.0), &*encode(&StoredRun::new(run))?)?;
        if run.status == RunStatus::Running {
            self.open.insert(run.id.0, ())?;
        } else {
            self.open.remove(run.id.0)?;
        }
        Ok(())
    }

    /// Says in which blocks steps of a run are, beside those that are known. Returns the first of all.
    fn put_blocks(&mut self, run: RunId, first: u64, sealed: &[&Sealed]) -> Result<u64, Fault> {
        let mut first = first;
        for sealed in sealed {
            if first == NO_BLOCK {
                first = sealed.block;
            } else {
                self.blocks.insert((run.0, sealed.block), (sealed.steps.0.0, sealed.steps.1.0))?;
            }
        }
        Ok(first)
    }

    /// A run began at another time than the heads of its blocks say.
    fn widen(&mut self, run: &Run, first: u64) -> Result<(), Fault> {
        for number in read::blocks_from(first, &self.blocks, run.id, None)? {
            if let Some(mut head) = StoredHead::find(&self.heads, number)? {
                let (from, to) = head.runs_started_ns;
                head.runs_started_ns = (from.min(run.started_ns), to.max(run.started_ns));
                self.heads.insert(number, &*encode(&head)?)?;
            }
        }
        Ok(())
    }

    /// When anything last happened in a run, as far as is known.
    pub(super) fn last_heard_ns(&self, run: &Run, transaction: &WriteTransaction) -> Result<u64, Fault> {
        let mut last = run.started_ns.max(run.ended_ns.unwrap_or(0));
        let mut heard = |started_ns: u64, duration_ns: u64| last = last.max(started_ns.saturating_add(duration_ns));
        for row in rows::rows(&transaction.open_table(STEPS)?, run.id, None)? {
            let row = row?;
            heard(row.started_ns, row.duration_ns.unwrap_or(0));
        }
        let blobs = transaction.open_table(BLOCKS)?;
        for number in read::blocks_of(&self.places, &self.blocks, run.id, None)? {
            let Some(head) = StoredHead::find(&self.heads, number)? else { continue };
            let times = [Column::Started, Column::Duration].into_iter().collect();
            let block = block::read(&blobs, number, head.steps as usize, times)?;
            for row in block.rows_of(run.id) {
                heard(block.column(Column::Started)[row], block.column(Column::Duration)[row]);
            }
        }
        Ok(last)
    }

    pub(super) fn open_runs(&self) -> Result<Vec<RunId>, Fault> {
        self.open.iter()?.map(|entry| Ok(RunId(entry?.0.value()))).collect()
    }

    /// A run that another table names.
    pub(super) fn get(&self, id: RunId) -> Result<Run, Fault> {
        let missing = || Fault::damage(format!("run {id}"), "it is listed as open and is not there");
        let (started_ns, ..) = self.places.get(id.0)?.ok_or_else(missing)?.value();
        let row = self.rows.get((started_ns, id.0))?.ok_or_else(missing)?;
        StoredRun::read(row.value(), started_ns, id)
    }
}
