//! How many bytes xray takes for a call beside its values, seen from outside: so many calls fit into chunks that nobody
//! empties, because the collector waits for its store.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use xray::id::{RunId, SchemaVersion, StepId};
use xray::model::{Callsite, Run, Step, StepDetail};
use xray::store::{EmptyStore, Page, RunQuery, Store, StoreError};
use xray_collector::id::ProcessId;
use xray_collector::store::{Batch, SchemaRow, StoreSummary};

use crate::recorded;

const CHUNK_BYTES: usize = 16 << 20;
const CHUNKS: u32 = 2;
/// Arguments and result of `A`: each of them a tag and the number.
const VALUE_BYTES: f64 = 9.0 + 9.0 + 5.0 + 9.0;
/// How many calls are made between two looks at what was dropped.
const CALLS: usize = 1_000;

/// The mean over as many calls as fit; what each chunk begins and ends with adds a thousandth of a byte.
pub(crate) fn bytes_per_call() -> anyhow::Result<f64> {
    let gate = Arc::new(Gate::default());
    let builder = xray::builder().chunks(CHUNK_BYTES, CHUNKS).flush_interval(Duration::from_millis(1));
    let guard = builder.store_with(Arc::clone(&gate) as Arc<dyn Store>).start()?;
    recorded::run(|| _ = recorded::full::scalars(1, 2.0, 3.0));
    gate.wait_until_reached();
    let before = xray::stats();
    recorded::run(|| {
        while xray::stats().dropped.total() == 0 {
            (0..CALLS).for_each(|_| _ = std::hint::black_box(recorded::full::scalars(1, 2.0, 3.0)));
        }
    });
    let stats = xray::stats();
    gate.open();
    drop(guard);
    let events = stats.produced - stats.dropped.total() - before.produced;
    let calls = events as f64 / recorded::EVENTS as f64;
    Ok(CHUNK_BYTES as f64 * f64::from(CHUNKS) / calls - VALUE_BYTES)
}

/// Keeps who writes first until it is opened.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_reached: bool,
    is_open: bool,
}

impl Gate {
    fn open(&self) {
        self.change(|state| state.is_open = true);
    }

    fn wait_until_reached(&self) {
        self.wait_until(|state| state.is_reached);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn wait_until(&self, condition: impl Fn(&State) -> bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(state, |state| !condition(state)));
    }
}

impl Store for Gate {
    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        self.change(|state| state.is_reached = true);
        self.wait_until(|state| state.is_open);
        EmptyStore.write(batch)
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        EmptyStore.callsites()
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        EmptyStore.next_segment()
    }

    fn mark_crashed(&self, current: ProcessId) -> Result<u64, StoreError> {
        EmptyStore.mark_crashed(current)
    }

    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        EmptyStore.runs(query)
    }

    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        EmptyStore.run(run)
    }

    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError> {
        EmptyStore.steps(run, after, limit)
    }

    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError> {
        EmptyStore.step(run, step)
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        EmptyStore.schemas()
    }

    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        EmptyStore.schema(version)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        EmptyStore.summary()
    }
}
