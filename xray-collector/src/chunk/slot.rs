//! What one thread at a time counts, for the books.
//!
//! A thread counts with plain stores, no read-modify-write, and gives its slot to the next thread through a lock.
//! `tests/loom.rs` runs this file under loom.

use super::sync::{AtomicU64, Ordering};

/// The counters of one thread at a time, written by that thread alone.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Slot {
    pub(super) index: u32,
    pub(super) produced: AtomicU64,
    pub(super) no_chunk: AtomicU64,
    pub(super) too_large: AtomicU64,
    pub(super) stopped: AtomicU64,
    pub(super) unsampled_runs: AtomicU64,
    /// What the next thread in this slot begins with; both only move up.
    pub(super) next_step: AtomicU64,
    pub(super) next_chunk: AtomicU64,
}

/// Events counted on the producers' side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Produced {
    /// Events begun.
    pub produced: u64,
    /// Dropped since no chunk was free.
    pub no_chunk: u64,
    /// Dropped since their fixed part did not fit into a chunk.
    pub too_large: u64,
    /// Dropped since their thread was ending.
    pub stopped: u64,
    /// Runs, not events, that are not among the sample.
    pub unsampled_runs: u64,
}

impl Produced {
    /// Events that are, or soon will be, in a published part of a chunk.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.produced - self.no_chunk - self.too_large - self.stopped
    }
}

impl Slot {
    /// Adds one to a counter of the calling thread's own slot. Who sees it counted sees what was counted before.
    #[inline(always)]
    pub(super) fn count(counter: &AtomicU64) {
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Adds what this slot's threads counted so far.
    pub(super) fn add_to(&self, sum: &mut Produced) {
        // Drops first: an event is counted as produced before it is dropped, so that a sum never goes below zero.
        sum.no_chunk += self.no_chunk.load(Ordering::Acquire);
        sum.too_large += self.too_large.load(Ordering::Acquire);
        sum.stopped += self.stopped.load(Ordering::Acquire);
        sum.unsampled_runs += self.unsampled_runs.load(Ordering::Acquire);
        sum.produced += self.produced.load(Ordering::Acquire);
    }
}
