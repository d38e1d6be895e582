//! The functions as xray records them, at each level, into a store that is a file like a user's.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use xray::store::RunQuery;
use xray_collector::value::Captured;

use crate::measure::BATCH;
use crate::same;

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
    /// [`RUNS`] when it began.
    runs_before: u64,
}

impl Recorded {
    /// Records into a store in this directory.
    pub(crate) fn start(directory: &Path) -> anyhow::Result<Self> {
        let guard = xray::builder().store(directory.join("overhead.redb")).start()?;
        Ok(Self { guard, runs_before: RUNS.load(Ordering::Relaxed) })
    }

    /// How many calls are in the store, once all are written that were made. The steps of their runs are not among them.
    pub(crate) fn delivered(&self) -> u64 {
        self.guard.flush().expect("a store in a temporary directory can be written");
        let runs = RUNS.load(Ordering::Relaxed) - self.runs_before;
        (xray::stats().stored / EVENTS).saturating_sub(runs)
    }

    /// What is in the store of one such call: its arguments and, last, its result. Of two calls it is the shorter: where
    /// a chunk ends in the middle of one, the next takes a few bytes more for the text that is torn apart.
    pub(crate) fn values_of(&self, mut call: impl FnMut()) -> anyhow::Result<Vec<Captured>> {
        run(|| (0..2).for_each(|_| call()));
        self.guard.flush()?;
        let store = self.guard.store();
        let query = RunQuery { limit: 1, ..RunQuery::default() };
        let run = store.runs(&query)?.rows.first().context("the run is not stored")?.id;
        let mut calls: Vec<Vec<Captured>> = Vec::new();
        for step in store.steps(run, None, 3)?.iter().filter(|step| step.id != run.root()) {
            let step = store.step(run, step.id)?.context("the step has no values")?;
            let arguments = step.arguments.into_iter().map(|argument| argument.captured);
            calls.push(arguments.chain(step.result).collect());
        }
        calls.into_iter().min_by_key(|values| same::value_bytes(values)).context("the calls are not stored")
    }

    /// What the collector itself says of all events.
    pub(crate) fn books(&self) -> String {
        let stats = xray::stats();
        format!("xray: {} events produced, {} stored, {} dropped", stats.produced, stats.stored, stats.dropped.total())
    }
}
