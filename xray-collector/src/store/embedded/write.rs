//! Writing: each function is one transaction, all of it or nothing.
//!
//! A batch may come a second time, since a commit can fail after it has reached the disk: its number tells. Rows are put,
//! not inserted. Counts move by what a row was before. This must never leave a count, an index or the list of open runs behind.

use std::collections::BTreeMap;

use redb::{Database, Durability, ReadableTable, Table, WriteTransaction};

use super::fault::Fault;
use super::layout::{
    CALLSITES, FACTS, META, META_NEXT_SEGMENT, META_STEPS, OPEN_RUNS, PART_BYTES, RUN_PLACES, RUNS, SCHEMAS, SEGMENTS,
    STEPS, StoredCallsite, StoredRun, encode, meta_runs, status, status_code,
};
use super::{progress, steps};
use crate::id::{ProcessId, RunId};
use crate::model::{Run, RunStatus};
use crate::store::{Batch, PayloadRef, SchemaRow, Segment, segment};

/// Writes all of a batch.
pub(super) fn batch(database: &Database, batch: &Batch) -> Result<(), Fault> {
    let transaction = begin(database)?;
    if !progress::advance(&transaction, &batch.progress)? {
        return Ok(transaction.abort()?);
    }
    {
        let mut counts = Counts::default();
        let mut callsites = transaction.open_table(CALLSITES)?;
        for (number, callsite) in &batch.callsites {
            callsites.insert(number, &*encode(&StoredCallsite::new(callsite))?)?;
        }
        let mut runs = Runs::open(&transaction)?;
        for run in &batch.runs {
            runs.put(run, &mut counts)?;
        }
        let mut steps = transaction.open_table(STEPS)?;
        counts.add(META_STEPS, steps::put(&mut steps, &batch.steps)?.cast_signed());
        for late in &batch.late {
            // A step of which neither beginning nor end came is none.
            steps::change(&mut steps, late.run, late.step, |row| row.add(late))?;
        }
        let mut facts = transaction.open_table(FACTS)?;
        for row in &batch.facts {
            let PayloadRef { segment, offset, length } = row.place;
            facts.insert((row.run.0, row.step.0, segment, offset), length)?;
        }
        for segment in &batch.segments {
            put_segment(&transaction, segment)?;
        }
        schemas(&transaction, &batch.schemas)?;
        counts.write(&transaction)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Marks the running runs of other processes as crashed, and says how many there were.
pub(super) fn mark_crashed(database: &Database, current: ProcessId) -> Result<u64, Fault> {
    let transaction = begin(database)?;
    let mut crashed = 0;
    {
        let mut counts = Counts::default();
        let mut runs = Runs::open(&transaction)?;
        let steps = transaction.open_table(STEPS)?;
        for id in runs.open_runs()?.into_iter().filter(|id| id.process() != current) {
            let mut run = runs.get(id)?;
            run.status = RunStatus::Crashed;
            run.ended_ns = Some(last_heard_ns(&run, &steps)?);
            runs.put(&run, &mut counts)?;
            crashed += 1;
        }
        counts.write(&transaction)?;
    }
    transaction.commit()?;
    Ok(crashed)
}

pub(super) fn begin(database: &Database) -> Result<WriteTransaction, Fault> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    Ok(transaction)
}

/// When anything last happened in a run, as far as is known.
fn last_heard_ns(run: &Run, steps: &impl ReadableTable<(u128, u64), &'static [u8]>) -> Result<u64, Fault> {
    let mut last = run.started_ns.max(run.ended_ns.unwrap_or(0));
    for row in steps::rows(steps, run.id, None)? {
        last = last.max(row?.1.last_ns());
    }
    Ok(last)
}

/// The tables that a run is in.
struct Runs<'transaction> {
    rows: Table<'transaction, (u64, u128), &'static [u8]>,
    places: Table<'transaction, u128, (u64, u8)>,
    open: Table<'transaction, u128, ()>,
}

impl<'transaction> Runs<'transaction> {
    fn open(transaction: &'transaction WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            rows: transaction.open_table(RUNS)?,
            places: transaction.open_table(RUN_PLACES)?,
            open: transaction.open_table(OPEN_RUNS)?,
        })
    }

    fn put(&mut self, run: &Run, counts: &mut Counts) -> Result<(), Fault> {
        let place = (run.started_ns, status_code(run.status));
        let previous = self.places.insert(run.id.0, place)?.map(|place| place.value());
        if let Some((started_ns, code)) = previous {
            let was = status(code, || format!("the place of run {}", run.id))?;
            counts.add(meta_runs(was), -1);
            if started_ns != run.started_ns {
                self.rows.remove((started_ns, run.id.0))?;
            }
        }
        counts.add(meta_runs(run.status), 1);
        self.rows.insert((run.started_ns, run.id.0), &*encode(&StoredRun::new(run))?)?;
        if run.status == RunStatus::Running {
            self.open.insert(run.id.0, ())?;
        } else {
            self.open.remove(run.id.0)?;
        }
        Ok(())
    }

    fn open_runs(&self) -> Result<Vec<RunId>, Fault> {
        self.open.iter()?.map(|entry| Ok(RunId(entry?.0.value()))).collect()
    }

    /// A run that another table names.
    fn get(&self, id: RunId) -> Result<Run, Fault> {
        let missing = || Fault::damage(format!("run {id}"), "it is listed as open and is not there");
        let (started_ns, _) = self.places.get(id.0)?.ok_or_else(missing)?.value();
        let row = self.rows.get((started_ns, id.0))?.ok_or_else(missing)?;
        StoredRun::read(row.value(), started_ns, id)
    }
}

fn put_segment(transaction: &WriteTransaction, segment: &Segment) -> Result<(), Fault> {
    let number = segment.number;
    let bytes = segment::encode(segment).map_err(|error| Fault::Unfit(format!("segment {number}: {error}")))?;
    let mut table = transaction.open_table(SEGMENTS)?;
    let mut parts = 0;
    for part in bytes.chunks(PART_BYTES) {
        table.insert((number, parts), part)?;
        parts += 1;
    }
    // What is left of an earlier attempt that had more of them.
    while table.remove((number, parts))?.is_some() {
        parts += 1;
    }
    let mut meta = transaction.open_table(META)?;
    let next = meta.get(META_NEXT_SEGMENT)?.map_or(0, |next| next.value());
    meta.insert(META_NEXT_SEGMENT, next.max(number.saturating_add(1)))?;
    Ok(())
}

fn schemas(transaction: &WriteTransaction, schemas: &[SchemaRow]) -> Result<(), Fault> {
    let mut table = transaction.open_table(SCHEMAS)?;
    for row in schemas {
        // When it was first seen stays.
        if table.get(row.version.0)?.is_none() {
            table.insert(row.version.0, (row.first_seen_ns, &*row.schema.to_bytes()))?;
        }
    }
    Ok(())
}

/// By how much each count in `meta` changes.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, i64>);

impl Counts {
    fn add(&mut self, name: &'static str, change: i64) {
        *self.0.entry(name).or_default() += change;
    }

    fn write(self, transaction: &WriteTransaction) -> Result<(), Fault> {
        let mut meta = transaction.open_table(META)?;
        for (name, change) in self.0.into_iter().filter(|(_, change)| *change != 0) {
            let count = meta.get(name)?.map_or(0, |count| count.value());
            meta.insert(name, count.saturating_add_signed(change))?;
        }
        Ok(())
    }
}
