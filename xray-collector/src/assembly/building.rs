//! What is being built: rows and values that will be written together. There is one for all runs that are written as
//! they go, and one for each run of which it shows at its end how much of it is kept.

use std::sync::Arc;

use crate::id::{ProcessId, RunId, StepId};
use crate::inference::Plans;
use crate::map::FastMap;
use crate::model::{Callsite, Level};
use crate::store::{Batch, Segment, StepRow};

use super::items::Items;
use super::payload::Payload;
use super::relate;
use super::written::Written;

/// A segment holds so much and no more.
const SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// And a batch so many rows, which take about 16 MiB until they are written.
const BATCH_ROWS: usize = 64 * 1024;

/// Rows and values since the last batch.
#[derive(Debug)]
pub(super) struct Building {
    /// The number of the segment that the values will be in.
    pub(super) number: u64,
    pub(super) payload: Payload,
    pub(super) items: Items,
    pub(super) ended: Vec<StepRow>,
    /// Run and step of those that began.
    pub(super) begun: Vec<(u64, u64)>,
    pub(super) events: u64,
    /// The number of the first batch that it could have been a part of.
    pub(super) since: u64,
}

/// What is known outside of a [`Building`] and needed to finish it.
pub(super) struct Known<'a> {
    pub(super) process: ProcessId,
    pub(super) callsites: &'a FastMap<u32, Arc<Callsite>>,
    pub(super) written: &'a Written,
}

impl Building {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            payload: Payload::default(),
            items: Items::default(),
            ended: Vec::new(),
            begun: Vec::new(),
            events: 0,
            since: 0,
        }
    }

    /// Whether it must be written before more comes.
    pub(super) fn is_full(&self) -> bool {
        self.bytes() >= SEGMENT_BYTES
            || self.ended.len().max(self.begun.len()) >= BATCH_ROWS
            || self.payload.names.is_nearly_full()
    }

    /// About how much memory its values take.
    pub(super) fn bytes(&self) -> usize {
        self.payload.bytes.len() + self.items.fact_bytes()
    }

    /// Counts the items of the steps that have ended.
    pub(super) fn count(&mut self, known: &Known<'_>) {
        let encoded = self.payload.encoded();
        let segment = relate::Segment { number: self.number, names: encoded.names, payload: encoded.bytes };
        let mut plans = Plans::new(encoded.names);
        let mut entries = self.items.lend_entries();
        let compare = |row: &StepRow| {
            let callsite = known.callsites.get(&row.callsite).filter(|_| !self.items.is_compared(row))?;
            relate::relate(row, callsite, &segment, known.written, &mut plans, &mut entries)
        };
        let related: Vec<_> = self.ended.iter().map(compare).collect();
        self.items.give_back(entries);
        for (row, related) in self.ended.iter_mut().zip(related) {
            self.items.count(row, related);
        }
    }

    /// Hands over the rows of steps that ended, of those that `find` finds to be open still, and the facts.
    pub(super) fn rows_into<'r>(
        &mut self,
        batch: &mut Batch,
        process: ProcessId,
        find: impl Fn(u64, u64) -> Option<&'r StepRow>,
    ) {
        match batch.steps.is_empty() {
            true => batch.steps = std::mem::take(&mut self.ended),
            false => batch.steps.append(&mut self.ended),
        }
        // One that has ended since is among the others.
        batch.steps.extend(self.begun.drain(..).filter_map(|(run, step)| find(run, step).cloned()));
        batch.pins.extend(self.items.pins.drain(..).map(|run| RunId::new(process, StepId(run))));
        batch.facts.extend(self.items.place_facts(process, self.number, &mut self.payload));
        match batch.items.is_empty() {
            true => batch.items = self.items.take_entries(),
            false => batch.items.append(&mut self.items.take_entries()),
        }
    }

    /// Hands over the values, if there are any; then the segment's number is used up.
    pub(super) fn take_segment(&mut self) -> Option<Segment> {
        let is_empty = self.payload.bytes.is_empty();
        (!is_empty).then(|| std::mem::take(&mut self.payload).into_segment(self.number))
    }

    /// Whether it has no room of its own yet.
    pub(super) fn is_new(&self) -> bool {
        self.ended.capacity() == 0 && self.payload.bytes.capacity() == 0
    }

    /// Takes the room of a batch that is written: memory that is new costs more than what is put into it.
    pub(super) fn recycle(&mut self, batch: Batch) {
        let Batch { mut steps, items, segments, .. } = batch;
        if self.ended.capacity() == 0 {
            steps.clear();
            self.ended = steps;
        }
        self.items.recycle(items);
        let payloads = segments.into_iter().map(|segment| segment.payload);
        if let Some(mut bytes) = payloads.max_by_key(Vec::capacity).filter(|_| self.payload.bytes.capacity() == 0) {
            bytes.clear();
            self.payload.bytes = bytes;
        }
    }

    /// Drops the values and the facts: of the steps, what was counted stays.
    pub(super) fn strip(&mut self) {
        for row in &mut self.ended {
            row.level = row.level.min(Level::Metrics);
            (row.arguments, row.result) = (None, None);
        }
        self.payload = Payload::default();
        self.items.drop_facts();
    }
}
