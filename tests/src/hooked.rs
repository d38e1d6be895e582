//! A store that fails, panics or is watched, as a test wants it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use xray::id::{ProcessId, RunId, SchemaVersion, StepId};
use xray::model::{Callsite, Run, Step, StepDetail};
use xray::store::{Batch, EmbeddedStore, Left, Page, RunQuery, SchemaRow, Store, StoreError, StoreSummary};

/// What the store is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Write a batch.
    Write,
    /// Nothing: it has written a batch.
    Written,
    /// Read a run.
    Run,
    /// Read a step.
    Step,
}

type Hook = dyn Fn(Call) -> Result<(), StoreError> + Send + Sync;

/// A store that calls a function before it does something.
pub struct Hooked {
    store: EmbeddedStore,
    hook: Box<Hook>,
    has_chunk_file: bool,
}

impl std::fmt::Debug for Hooked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.store.fmt(f)
    }
}

impl Hooked {
    /// A store in this file. Without a file for chunks they are in memory.
    ///
    /// # Panics
    /// When the file cannot be opened.
    pub fn new(
        path: &Path,
        has_chunk_file: bool,
        hook: impl Fn(Call) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let store = EmbeddedStore::open(path).expect("a store that opens");
        Arc::new(Self { store, hook: Box::new(hook), has_chunk_file })
    }
}

impl Store for Hooked {
    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        (self.hook)(Call::Write)?;
        self.store.write(batch)?;
        (self.hook)(Call::Written)
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        self.store.callsites()
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        self.store.next_segment()
    }

    fn mark_crashed(&self, current: ProcessId) -> Result<u64, StoreError> {
        self.store.mark_crashed(current)
    }

    fn chunk_file(&self) -> Option<PathBuf> {
        self.store.chunk_file().filter(|_| self.has_chunk_file)
    }

    fn left_by(&self, process: ProcessId) -> Result<Left, StoreError> {
        self.store.left_by(process)
    }

    fn settle(&self, current: ProcessId) -> Result<(), StoreError> {
        self.store.settle(current)
    }

    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        self.store.runs(query)
    }

    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        (self.hook)(Call::Run)?;
        self.store.run(run)
    }

    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError> {
        self.store.steps(run, after, limit)
    }

    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError> {
        (self.hook)(Call::Step)?;
        self.store.step(run, step)
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        self.store.schemas()
    }

    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        self.store.schema(version)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        self.store.summary()
    }
}
