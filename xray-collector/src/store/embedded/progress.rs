//! How far collectors have come: written in the transaction of each batch, read by whoever goes on after a crash.
//!
//! The tables are made when they are first written to: a store in which there are none is one that no process left
//! unfinished.

use redb::{
    Database, Key, ReadTransaction, ReadableDatabase, ReadableTableMetadata, Table, TableDefinition, TableError, Value,
    WriteTransaction,
};

use super::fault::Fault;
use super::layout::{BATCHES, OPEN_RUNS, READ_TO, RUNS_IN_MIND, STEPS, STEPS_IN_MIND, decode, encode, step_place};
use super::{read, rows, write};
use crate::id::{ProcessId, RunId, StepId};
use crate::store::{Left, Progress, ReadTo, RunInMind, StepInMind};

/// Writes down how far the collector has come with a batch. `false` if this batch is stored already.
pub(super) fn advance(transaction: &WriteTransaction, progress: &Progress) -> Result<bool, Fault> {
    let Some((process, number)) = progress.batch else { return Ok(true) };
    let mut batches = transaction.open_table(BATCHES)?;
    if batches.insert(process.0, number)?.is_some_and(|stored| stored.value() >= number) {
        return Ok(false);
    }
    if !progress.read.is_empty() {
        let mut table = transaction.open_table(READ_TO)?;
        for ReadTo { thread, order, position } in &progress.read {
            table.insert((process.0, *thread), (*order, *position))?;
        }
    }
    if !progress.steps.is_empty() {
        let mut table = transaction.open_table(STEPS_IN_MIND)?;
        for (run, step, mind) in &progress.steps {
            put(&mut table, (run.0, step.0), mind.as_ref())?;
        }
    }
    if !progress.runs.is_empty() {
        let mut table = transaction.open_table(RUNS_IN_MIND)?;
        for (run, mind) in &progress.runs {
            put(&mut table, run.0, mind.as_ref())?;
        }
    }
    Ok(true)
}

fn put<'k, K: Key + 'static>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: K::SelfType<'k>,
    mind: Option<&impl serde::Serialize>,
) -> Result<(), Fault> {
    match mind {
        Some(mind) => table.insert(key, &*encode(mind)?)?.is_some(),
        None => table.remove(key)?.is_some(),
    };
    Ok(())
}

/// How far the collector of a process had come.
pub(super) fn left_by(read: &ReadTransaction, process: ProcessId) -> Result<Left, Fault> {
    let mut left = Left::default();
    if let Some(batches) = table(read, BATCHES)? {
        left.batch = batches.get(process.0)?.map_or(0, |number| number.value());
    }
    if let Some(table) = table(read, READ_TO)? {
        for entry in table.range((process.0, 0)..=(process.0, u32::MAX))? {
            let (key, place) = entry?;
            let ((_, thread), (order, position)) = (key.value(), place.value());
            left.read.push(ReadTo { thread, order, position });
        }
    }
    steps_in_mind(read, process, &mut left)?;
    runs_in_mind(read, process, &mut left)?;
    Ok(left)
}

/// The runs that a process may have.
fn runs_of(process: ProcessId) -> std::ops::RangeInclusive<u128> {
    let first = RunId::new(process, StepId(0)).0;
    first..=first | u128::from(u64::MAX)
}

fn steps_in_mind(read: &ReadTransaction, process: ProcessId, left: &mut Left) -> Result<(), Fault> {
    let Some(minds) = table(read, STEPS_IN_MIND)? else { return Ok(()) };
    let rows = read.open_table(STEPS)?;
    let (first, last) = runs_of(process).into_inner();
    for entry in minds.range((first, 0)..=(last, u64::MAX))? {
        let (key, mind) = entry?;
        let (run, step) = (RunId(key.value().0), StepId(key.value().1));
        let mind: StepInMind = decode(mind.value(), || format!("what is in mind of {}", step_place(run, step)))?;
        let row = rows::find(&rows, run, step)?;
        left.steps.push((run, step, row, mind));
    }
    Ok(())
}

fn runs_in_mind(read: &ReadTransaction, process: ProcessId, left: &mut Left) -> Result<(), Fault> {
    let mut minds = std::collections::BTreeMap::new();
    for entry in read.open_table(OPEN_RUNS)?.range(runs_of(process))? {
        minds.insert(entry?.0.value(), RunInMind::default());
    }
    if let Some(table) = table(read, RUNS_IN_MIND)? {
        for entry in table.range(runs_of(process))? {
            let (run, mind) = entry?;
            let run = run.value();
            minds.insert(run, decode(mind.value(), || format!("what is in mind of run {}", RunId(run)))?);
        }
    }
    for (run, mind) in minds {
        left.runs.extend(read::run(read, RunId(run))?.map(|run| (run, mind)));
    }
    Ok(())
}

/// A table that need not be there.
fn table<K: Key + 'static, V: Value + 'static>(
    read: &ReadTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<Option<redb::ReadOnlyTable<K, V>>, Fault> {
    match read.open_table(definition) {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        table => Ok(Some(table?)),
    }
}

/// Forgets the progress of all processes but one.
pub(super) fn settle(database: &Database, current: ProcessId) -> Result<(), Fault> {
    let batches = table(&database.begin_read()?, BATCHES)?;
    if batches.is_none_or(|batches| batches.is_empty().unwrap_or(false)) {
        return Ok(());
    }
    let transaction = write::begin(database)?;
    let others = |run: u128| RunId(run).process() != current;
    transaction.open_table(BATCHES)?.retain(|process, _| process == current.0)?;
    transaction.open_table(READ_TO)?.retain(|(process, _), _| process == current.0)?;
    transaction.open_table(STEPS_IN_MIND)?.retain(|(run, _), _| !others(run))?;
    transaction.open_table(RUNS_IN_MIND)?.retain(|run, _| !others(run))?;
    transaction.commit()?;
    Ok(())
}
