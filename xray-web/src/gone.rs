//! Why a run is not there: it was removed, or never was.

use xray_collector::id::RunId;
use xray_collector::store::Limit;

use crate::problem::Problem;
use crate::source::Source;

/// The problem of a run that the store does not have.
pub(crate) fn no_run(source: &Source, run: RunId) -> Problem {
    match source.store.removal(run) {
        Ok(Some(removal)) => {
            let why = match removal.limit {
                Limit::Age => "it began longer ago than runs are kept",
                Limit::Runs => "there were more runs than are kept",
                Limit::Bytes => "the runs took more bytes than are kept",
            };
            let detail = format!("run {run} is not stored any more, it was removed: {why}");
            Problem::run_is_gone(detail, removal)
        }
        Ok(None) => Problem::no_such_run(run),
        Err(error) => error.into(),
    }
}
