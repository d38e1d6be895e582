//! The store of a program in which nothing is recorded.

use std::sync::Arc;

use super::{Batch, Page, RunQuery, SchemaRow, Store, StoreError, StoreSummary};
use crate::id::{ProcessId, RunId, SchemaVersion, StepId};
use crate::model::{Callsite, Run, Step, StepDetail};

/// Keeps nothing and has nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyStore;

impl Store for EmptyStore {
    fn write(&self, _: &Batch) -> Result<(), StoreError> {
        Ok(())
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        Ok(Vec::new())
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn mark_crashed(&self, _: ProcessId) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn runs(&self, _: &RunQuery) -> Result<Page<Run>, StoreError> {
        Ok(Page { rows: Vec::new(), next: None, damaged: Vec::new() })
    }

    fn run(&self, _: RunId) -> Result<Option<Run>, StoreError> {
        Ok(None)
    }

    fn steps(&self, _: RunId, _: Option<StepId>, _: usize) -> Result<Vec<Step>, StoreError> {
        Ok(Vec::new())
    }

    fn step(&self, _: RunId, _: StepId) -> Result<Option<StepDetail>, StoreError> {
        Ok(None)
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        Ok(Vec::new())
    }

    fn schema(&self, _: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        Ok(None)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        Ok(StoreSummary::default())
    }
}
