//! The chunks of one collector, who has them, and what was counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::loss::{Loss, Losses};
use super::memory::Memory;
use crate::redaction::Redaction;
use crate::schema::Schema;

/// What a thread does when no chunk is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// The event is dropped and counted; the thread goes on.
    #[default]
    Drop,
    /// The thread waits for a chunk. For tests that must not lose anything.
    Block,
}

/// The size of a pool, and what never gets into it.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Bytes of one chunk; rounded up to a power of two within [`PoolSettings::CHUNK_BYTES`].
    pub chunk_bytes: usize,
    /// Number of chunks; at least 2.
    pub chunks: u32,
    /// What happens when none is free.
    pub overflow: Overflow,
    /// What is withheld of the values that are written into the chunks.
    pub redaction: Arc<Redaction>,
}

impl PoolSettings {
    /// The sizes that a chunk may have.
    pub const CHUNK_BYTES: std::ops::RangeInclusive<usize> = 4096..=16 * 1024 * 1024;
}

impl Default for PoolSettings {
    /// 128 chunks of 128 KiB: 16 MiB.
    fn default() -> Self {
        let redaction = Arc::new(Redaction::default());
        Self { chunk_bytes: 128 * 1024, chunks: 128, overflow: Overflow::Drop, redaction }
    }
}

/// The counters of one thread at a time, written by that thread alone: plain stores, no read-modify-write.
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

impl Slot {
    /// Adds one to a counter of the calling thread's own slot.
    pub(super) fn count(counter: &AtomicU64) {
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Slots {
    all: Vec<Arc<Slot>>,
    unused: Vec<Arc<Slot>>,
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
    /// Events that are, or soon will be, in a committed part of a chunk.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.produced - self.no_chunk - self.too_large - self.stopped
    }
}

/// The chunks of one collector.
pub struct Pool {
    pub(super) memory: Memory,
    pub(super) session: u32,
    pub(super) overflow: Overflow,
    pub(super) redaction: Arc<Redaction>,
    pub(super) free: Receiver<u32>,
    free_again: Sender<u32>,
    full: Sender<u32>,
    /// Says that the collector should not wait any longer. One word is enough.
    urgent: (Sender<()>, Receiver<()>),
    slots: Mutex<Slots>,
    losses: Losses,
    closed: AtomicBool,
    schema: Option<Arc<Schema>>,
}

impl Pool {
    /// A pool and the end of its full channel. `session` tells collectors of one process apart; it is not 0.
    pub(super) fn new(settings: PoolSettings, session: u32, schema: Option<Arc<Schema>>) -> (Arc<Self>, Receiver<u32>) {
        let (smallest, largest) = PoolSettings::CHUNK_BYTES.into_inner();
        let chunk_bytes = settings.chunk_bytes.clamp(smallest, largest).next_power_of_two();
        let chunks = settings.chunks.max(2);
        let (free_again, free) = crossbeam_channel::bounded(chunks as usize);
        let (full, of_full) = crossbeam_channel::bounded(chunks as usize);
        for index in 0..chunks {
            free_again.try_send(index).expect("the channel holds all chunks");
        }
        let pool = Self {
            memory: Memory::new(chunk_bytes, chunks),
            session,
            overflow: settings.overflow,
            redaction: settings.redaction,
            free,
            free_again,
            full,
            urgent: crossbeam_channel::bounded(1),
            slots: Mutex::default(),
            losses: Losses::new(),
            closed: AtomicBool::new(false),
            schema,
        };
        (Arc::new(pool), of_full)
    }

    /// Which collector of the process it belongs to.
    #[must_use]
    pub fn session(&self) -> u32 {
        self.session
    }

    /// What is recorded has to fit this: here, where every thread that records reaches it without a lock.
    #[must_use]
    pub fn schema(&self) -> Option<&Arc<Schema>> {
        self.schema.as_ref()
    }

    /// What the threads counted, with every thread that ever recorded included.
    #[must_use]
    pub fn produced(&self) -> Produced {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = Produced::default();
        for slot in &slots.all {
            // Drops first: an event is counted as produced before it is dropped, so that a sum never goes below zero.
            sum.no_chunk += slot.no_chunk.load(Ordering::Acquire);
            sum.too_large += slot.too_large.load(Ordering::Acquire);
            sum.stopped += slot.stopped.load(Ordering::Acquire);
            sum.unsampled_runs += slot.unsampled_runs.load(Ordering::Acquire);
            sum.produced += slot.produced.load(Ordering::Acquire);
        }
        sum
    }

    /// What runs lost since the last call.
    pub fn take_losses(&self, each: impl FnMut(Loss)) {
        self.losses.take(each);
    }

    /// Says that a run has ended and its losses were taken.
    pub fn forget_losses(&self, run: u64) {
        self.losses.forget(run);
    }

    /// Dropped events of runs that nobody can name any more.
    #[must_use]
    pub fn unattributed_losses(&self) -> u64 {
        self.losses.unattributed()
    }

    pub(super) fn note_loss(&self, run: u64, is_end_of_run: bool) {
        self.losses.note(run, is_end_of_run);
    }

    /// No thread waits for a chunk any more.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Where the collector hears that a quarter of the chunks wait for it, or that no more than a quarter is free.
    pub(crate) fn urgent(&self) -> &Receiver<()> {
        &self.urgent.1
    }

    /// A chunk that nobody has. `None` when there is none and nothing says to wait.
    pub(super) fn acquire(&self) -> Option<u32> {
        let quarter = (self.memory.chunks() as usize / 4).max(1);
        if self.full.len() >= quarter || self.free.len() <= quarter {
            // An error means that it was said already.
            let _ = self.urgent.0.try_send(());
        }
        match (self.free.try_recv(), self.overflow) {
            (Ok(chunk), _) => Some(chunk),
            (Err(_), Overflow::Drop) => None,
            (Err(_), Overflow::Block) => self.wait_for_chunk(),
        }
    }

    #[cold]
    fn wait_for_chunk(&self) -> Option<u32> {
        while !self.closed.load(Ordering::Acquire) {
            if let Ok(chunk) = self.free.recv_timeout(Duration::from_millis(10)) {
                return Some(chunk);
            }
        }
        None
    }

    /// Gives back a chunk that was read, or taken and not committed to.
    pub(super) fn release(&self, chunk: u32) {
        self.memory.header(chunk).events.store(0, Ordering::Relaxed);
        self.memory.header(chunk).committed.store(0, Ordering::Release);
        self.free_again.try_send(chunk).expect("the channel holds all chunks");
    }

    /// Gives a chunk that is not written to any more to the collector.
    pub(super) fn hand_over(&self, chunk: u32) {
        // An error means that the collector is gone, and with it all interest in the chunk.
        let _ = self.full.try_send(chunk);
    }

    /// A slot for a thread that begins to record.
    pub(super) fn take_slot(&self) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.unused.pop().unwrap_or_else(|| {
            let index = u32::try_from(slots.all.len()).expect("a process has fewer than 2^32 threads");
            let slot = Arc::new(Slot { index, next_step: AtomicU64::new(1), ..Slot::default() });
            slots.all.push(Arc::clone(&slot));
            // Room for every slot: giving one back must not allocate, since the allocator may be an instrumented
            // function that wants a slot.
            let missing = slots.all.len() - slots.unused.len();
            slots.unused.reserve(missing);
            slot
        })
    }

    /// The slot of a thread that has ended.
    pub(super) fn return_slot(&self, slot: Arc<Slot>) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).unused.push(slot);
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("session", &self.session)
            .field("chunks", &self.memory.chunks())
            .field("chunk_bytes", &self.memory.chunk_bytes())
            .field("free", &self.free.len())
            .finish_non_exhaustive()
    }
}
