//! What was handed over before, of what is needed again: in the store, or on the way there.

use std::sync::Arc;

use super::Pending;
use crate::id::{RunId, StepId};
use crate::inference::Encoded;
use crate::model::{Run, StepDetail};
use crate::store::{PayloadRef, Store};

pub(super) struct Written {
    store: Arc<dyn Store>,
    /// What is being written: it is not in the store yet.
    pub(super) in_flight: Option<Arc<Pending>>,
}

impl Written {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, in_flight: None }
    }

    /// The row of a run.
    pub(super) fn run(&self, id: RunId) -> Option<Run> {
        let mut in_flight = self.in_flight.iter().flat_map(|pending| &pending.batch.runs);
        in_flight.find(|run| run.id == id).cloned().or_else(|| self.store.run(id).ok().flatten())
    }

    /// The values at this place, if they are on the way.
    pub(super) fn values(&self, place: PayloadRef) -> Option<Encoded<'_>> {
        let segments = &self.in_flight.as_ref()?.batch.segments;
        let segment = segments.iter().find(|segment| segment.number == place.segment)?;
        let bytes = segment.payload.get(place.offset as usize..)?.get(..place.length as usize)?;
        Some(Encoded { bytes, names: &segment.names })
    }

    /// A step with its values.
    pub(super) fn step(&self, run: RunId, step: StepId) -> Option<StepDetail> {
        self.store.step(run, step).ok().flatten()
    }
}
