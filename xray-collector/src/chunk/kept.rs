//! Chunks that were read and not given back: how far they were, when they go, and reading them again.

use std::collections::HashMap;
use std::sync::Arc;

use super::header::Writer;
use super::reader::{Position, Reader, Reading, Suspect, Thread, believable_events};
use crate::map::FastMap;
use crate::model::Callsite;

impl Reader {
    /// Says which batch is being put together from now on.
    pub(crate) fn set_batch(&mut self, number: u64) {
        self.batch = number;
    }

    /// How far each thread was read that was read further since the last call.
    pub(crate) fn progress(&mut self) -> Vec<(u32, Position)> {
        let moved = |(number, thread): (&u32, &mut Thread)| {
            std::mem::take(&mut thread.has_moved).then_some((*number, thread.read_to))
        };
        self.threads.iter_mut().filter_map(moved).collect()
    }

    /// How many chunks were read and not given back.
    pub(crate) fn kept(&self) -> usize {
        self.received.len()
    }

    /// Gives back the chunks that nobody will want to read again: those that were read to their end, all before what is
    /// `safe` of their thread, and before this batch.
    pub(crate) fn release(&mut self, safe: &HashMap<u32, Position>, before_batch: u64) {
        let Self { pool, received, readings, corrupt, .. } = self;
        received.retain(|chunk| {
            let Writer { thread, order } = pool.memory.header(*chunk).writer();
            let is_safe = safe.get(&thread).is_some_and(|safe| safe.order > order);
            let reading = &mut readings[*chunk as usize];
            let goes = is_safe && reading.read_in.is_some_and(|batch| batch < before_batch);
            if goes {
                *corrupt += std::mem::take(reading).corrupt;
                pool.memory.touch(*chunk);
                pool.release(*chunk);
            }
            !goes
        });
    }

    /// Begins again with all the chunks that were not given back. What is before `known` is not handed on, but for what
    /// is of one of the runs in `replayed`, which is counted.
    pub(crate) fn read_again(
        &mut self,
        known: &HashMap<u32, Position>,
        replayed: impl Iterator<Item = u64>,
        callsites: &FastMap<u32, Arc<Callsite>>,
    ) {
        self.readings.fill_with(Reading::default);
        self.last = None;
        // Those of the last batch are told; the others are passed over once more.
        self.passed_over.clear();
        self.callsites = callsites.iter().map(|(number, callsite)| (Arc::clone(callsite), *number)).collect();
        self.replayed = replayed.map(|run| (run, 0)).collect();
        let thread = |(thread, place): (&u32, &Position)| {
            (*thread, Thread { next: place.order, read_to: *place, known_to: *place, ..Thread::default() })
        };
        self.threads = known.iter().map(thread).collect();
        for chunk in &self.received {
            let Writer { thread, order } = self.pool.memory.header(*chunk).writer();
            let thread = self.threads.entry(thread).or_insert_with(|| Thread { next: order, ..Thread::default() });
            thread.next = thread.next.min(order);
        }
    }

    /// Goes on behind a chunk that is missing. `false` if none that was received was not read.
    pub(crate) fn skip_missing(&mut self) -> bool {
        let left = self.received.iter().filter(|chunk| self.readings[**chunk as usize].read_in.is_none());
        let writers = left.map(|chunk| self.pool.memory.header(*chunk).writer());
        let Some(first) = writers.min_by_key(|writer| (writer.thread, writer.order)) else { return false };
        let thread = self.threads.entry(first.thread).or_default();
        if thread.next <= first.order {
            (thread.next, thread.begun) = (first.order, None);
            return true;
        }
        // Of two chunks that say they are the same, one was read; the other says nothing that can be believed.
        let Self { pool, received, readings, corrupt, .. } = self;
        received.retain(|chunk| {
            let header = pool.memory.header(*chunk);
            let is_double = readings[*chunk as usize].read_in.is_none() && header.writer() == first;
            *corrupt += if is_double { believable_events(header.published()) } else { 0 };
            !is_double
        });
        true
    }

    /// Of the runs that were to be handed on again, how many known events were.
    pub(crate) fn replayed(&self) -> &HashMap<u64, u64> {
        &self.replayed
    }

    /// Where the reader was when somebody panicked: the record that it read last.
    pub(crate) fn suspect(&self) -> Option<Suspect> {
        let chunk = self.last?;
        let Writer { thread, order } = self.pool.memory.header(chunk).writer();
        Some(Suspect { thread, order, position: self.readings[chunk as usize].record })
    }

    /// Reads the chunk of this record a record at a time; `None` for no chunk.
    pub(crate) fn set_suspected(&mut self, suspect: Option<Suspect>) {
        self.suspected = suspect;
    }

    /// Passes over this record; and the second time, reads nothing more of its chunk.
    pub(crate) fn set_aside(&mut self, suspect: Suspect) {
        self.set_aside.push(suspect);
    }

    /// The runs of events that were passed over since the last call.
    pub(crate) fn take_passed_over(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.passed_over)
    }
}
