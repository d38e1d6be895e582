//! The functions as xray records them, at each level, into a store that is a file like a user's.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use xray::store::RunQuery;
use xray_collector::value::Captured;

use crate::measure::BATCH;

/// The functions, with no call recorded.
pub(crate) mod off {
    use crate::workload::Item;

    crate::workload::functions!(#[xray::step(capture = "off")]);
}

/// The functions, with times, outcomes and counts of items recorded. Of `C` the lists are written, too, for the collector
/// to count, and not stored: the store cannot tell how many bytes a call made.
pub(crate) mod metrics {
    use crate::workload::Item;

    crate::workload::functions!(#[xray::step(capture = "metrics")]);
}

/// The functions, with everything written, and the collector choosing what is stored of their items.
pub(crate) mod sampled {
    use crate::workload::Item;

    crate::workload::functions!(#[xray::step(capture = "sampled")]);
}

/// The functions, with everything recorded.
pub(crate) mod full {
    use crate::workload::Item;

    crate::workload::functions!(#[xray::step(capture = "full")]);
}

/// The same, of a type that derives `xray::Capture`.
pub(crate) mod derived {
    use crate::workload::Derived as Item;

    crate::workload::functions_of_items!(#[xray::step(capture = "full")]);
}

/// Events of one step: that it began, that it ended.
pub(crate) const EVENTS: u64 = 2;

/// Runs that were begun: their own steps are no calls.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// So many calls, in runs of [`BATCH`].
pub(crate) fn batches(calls: usize, mut call: impl FnMut()) {
    for _ in 0..calls / BATCH {
        run(|| {
            for _ in 0..BATCH {
                call();
            }
        });
    }
}

/// Does this as a run.
#[inline(never)]
#[xray::run(capture = "metrics", skip(act))]
pub(crate) fn run(act: impl FnOnce()) {
    RUNS.fetch_add(1, Ordering::Relaxed);
    act();
}

/// The collector.
pub(crate) struct Recorded {
    guard: xray::Guard,
}

impl Recorded {
    /// Records into a store in this directory.
    pub(crate) fn start(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self { guard: xray::builder().store(directory.join("overhead.redb")).start()? })
    }

    /// How many calls are in the store, once all are written that were made. The steps of their runs are not among them.
    pub(crate) fn delivered(&self) -> u64 {
        self.guard.flush().expect("a store in a temporary directory can be written");
        (xray::stats().stored / EVENTS).saturating_sub(RUNS.load(Ordering::Relaxed))
    }

    /// What is in the store of one such call: its arguments and, last, its result.
    pub(crate) fn values_of(&self, call: impl FnOnce()) -> anyhow::Result<Vec<Captured>> {
        run(call);
        self.guard.flush()?;
        let store = self.guard.store();
        let query = RunQuery { limit: 1, ..RunQuery::default() };
        let run = store.runs(&query)?.rows.first().context("the run is not stored")?.id;
        let step = store.steps(run, None, 2)?.last().context("the step is not stored")?.id;
        let step = store.step(run, step)?.context("the step has no values")?;
        Ok(step.arguments.into_iter().map(|argument| argument.captured).chain(step.result).collect())
    }

    /// What the collector itself says of all events.
    pub(crate) fn books(&self) -> String {
        let stats = xray::stats();
        format!("xray: {} events produced, {} stored, {} dropped", stats.produced, stats.stored, stats.dropped.total())
    }
}
