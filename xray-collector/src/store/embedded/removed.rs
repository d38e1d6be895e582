//! Runs that are gone: when they were removed, and for which limit. Of so many the last ones are known; of those removed
//! before them, as of a run that never was, nothing is.

use std::borrow::Cow;
use std::collections::HashSet;

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::fault::Fault;
use super::layout::{REMOVED, REMOVED_AT, known, limit, limit_code};
use crate::id::RunId;
use crate::store::{Batch, Limit, Removal};

/// So many are known: a few megabytes.
const MOST: u64 = 65_536;

/// What is known of a run that was removed.
pub(super) fn find(read: &ReadTransaction, run: RunId) -> Result<Option<Removal>, Fault> {
    let table = read.open_table(REMOVED)?;
    let Some(entry) = table.get(run.0)? else { return Ok(None) };
    let (removed_ns, code) = entry.value();
    let limit = known(limit(code), code, "a limit", || format!("the removal of run {run}"))?;
    Ok(Some(Removal { removed_ns, limit }))
}

/// Writes down that runs are gone.
pub(super) fn note(transaction: &WriteTransaction, runs: &[(RunId, Limit)], now_ns: u64) -> Result<(), Fault> {
    let mut table = transaction.open_table(REMOVED)?;
    let mut by_time = transaction.open_table(REMOVED_AT)?;
    for (run, limit) in runs {
        table.insert(run.0, (now_ns, limit_code(*limit)))?;
        by_time.insert((now_ns, run.0), ())?;
    }
    while by_time.len()? > MOST {
        let Some((first, ())) = by_time.pop_first()?.map(|(key, _)| (key.value(), ())) else { break };
        table.remove(first.1)?;
    }
    Ok(())
}

/// The batch without what came after its run was removed: the run would be there again, and nothing of it but that.
pub(super) fn without<'b>(transaction: &WriteTransaction, batch: &'b Batch) -> Result<Cow<'b, Batch>, Fault> {
    let table = transaction.open_table(REMOVED)?;
    if table.is_empty()? {
        return Ok(Cow::Borrowed(batch));
    }
    let mut runs: Vec<RunId> = batch.runs.iter().map(|run| run.id).collect();
    runs.extend(batch.steps.iter().map(|step| step.run));
    runs.extend(batch.facts.iter().map(|facts| facts.run));
    runs.extend(batch.late.iter().map(|late| late.run));
    runs.sort_unstable();
    runs.dedup();
    let mut gone = HashSet::new();
    for run in runs {
        if table.get(run.0)?.is_some() {
            gone.insert(run);
        }
    }
    if gone.is_empty() {
        return Ok(Cow::Borrowed(batch));
    }
    let mut batch = batch.clone();
    batch.runs.retain(|run| !gone.contains(&run.id));
    batch.steps.retain(|step| !gone.contains(&step.run));
    batch.facts.retain(|facts| !gone.contains(&facts.run));
    batch.late.retain(|late| !gone.contains(&late.run));
    batch.items.retain(|item| !gone.contains(&item.run));
    Ok(Cow::Owned(batch))
}
