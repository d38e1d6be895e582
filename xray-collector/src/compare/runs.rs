//! The newest runs of which a condition holds, as samples.

use super::sample::{Sample, member};
use super::{MAX_SAMPLE, Set};
use crate::model::Run;
use crate::query::{Query, Search, Selected};
use crate::store::{MAX_PAGE, Store, StoreError};
use crate::value::tree::Tree;

/// Which runs.
#[derive(Debug)]
pub struct Runs<'q> {
    /// A condition on runs.
    pub query: &'q Query,
    /// Only runs of this pipeline.
    pub pipeline: Option<&'q str>,
    /// Only runs that began at this time or later.
    pub started_from_ns: Option<u64>,
    /// Only runs that began before this time.
    pub started_before_ns: Option<u64>,
    /// At most so many, up to [`MAX_SAMPLE`].
    pub limit: usize,
}

/// The newest of these runs: their rows, tags, and what went in. How they ended, which is what they are chosen by, is not
/// among the fields, nor is what came out.
///
/// # Errors
/// When the store cannot be read.
pub fn of_runs(store: &dyn Store, runs: &Runs<'_>) -> Result<Set, StoreError> {
    let mut set = Set::default();
    let limit = runs.limit.min(MAX_SAMPLE);
    let mut search = Search {
        started_from_ns: runs.started_from_ns,
        started_before_ns: runs.started_before_ns,
        limit: MAX_PAGE,
        ..Search::default()
    };
    loop {
        let found = runs.query.search(store, &search)?;
        for row in found.rows {
            let Selected::Run(run) = row else { continue };
            if runs.pipeline.is_some_and(|pipeline| *run.pipeline != *pipeline) {
                continue;
            }
            if set.samples.len() == limit {
                set.capped = true;
                return Ok(set);
            }
            set.samples.push(sample(store, &run)?);
        }
        search.budget = search.budget.saturating_sub(found.read);
        set.stopped = found.stopped || (found.next.is_some() && search.budget == 0);
        search.after = found.next;
        if set.stopped || search.after.is_none() {
            return Ok(set);
        }
    }
}

fn sample(store: &dyn Store, run: &Run) -> Result<Sample, StoreError> {
    let mut sample = Sample::default();
    sample.text("pipeline", &run.pipeline);
    sample.text("level", run.level.as_str());
    sample.add("orphan", &Tree::Bool(run.orphan));
    sample.number("step_count", run.steps as f64);
    sample.number("lost_events", run.lost_events as f64);
    sample.number("misfits", run.misfits as f64);
    if let Some(ended_ns) = run.ended_ns {
        sample.number("duration_ns", ended_ns.saturating_sub(run.started_ns) as f64);
    }
    let Some(detail) = store.step(run.id, run.id.root())? else { return Ok(sample) };
    let account = detail.account();
    for (key, value) in &account.tags {
        sample.text(&member("tags", key), value);
    }
    match &account.input {
        Some(said) => sample.add("input", &said.tree()),
        None => {
            for argument in &detail.arguments {
                sample.add(&member("input", &argument.name), &argument.captured.tree());
            }
        }
    }
    Ok(sample)
}
