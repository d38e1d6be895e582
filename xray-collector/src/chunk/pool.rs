//! The chunks of one collector, who has them, and what was counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::file::ChunkFile;
use super::loss::{Loss, Losses};
use super::memory::Memory;
use super::slot::{Produced, Slot};
use crate::clock::Reference;
use crate::fork;
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

#[derive(Default)]
struct Slots {
    all: Vec<Arc<Slot>>,
    unused: Vec<Arc<Slot>>,
}

/// The chunks of one collector.
pub struct Pool {
    pub(super) memory: Memory,
    pub(super) session: u32,
    /// The process whose chunks these are: a forked child leaves them alone.
    generation: u32,
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
    pub(super) fn new(
        memory: Memory,
        settings: PoolSettings,
        session: u32,
        schema: Option<Arc<Schema>>,
    ) -> (Arc<Self>, Receiver<u32>) {
        let chunks = memory.chunks() as usize;
        let (free_again, free) = crossbeam_channel::bounded(chunks);
        let (full, of_full) = crossbeam_channel::bounded(chunks);
        for index in (0..memory.chunks()).filter(|index| memory.header(*index).published().bytes == 0) {
            free_again.try_send(index).expect("the channel holds all chunks");
        }
        let pool = Self {
            memory,
            session,
            generation: fork::generation(),
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

    /// Whether it belongs to this process, rather than to one that this was forked from.
    #[must_use]
    pub fn is_of_this_process(&self) -> bool {
        self.generation == fork::generation()
    }

    /// What is recorded has to fit this: here, where every thread that records reaches it without a lock.
    #[must_use]
    pub fn schema(&self) -> Option<&Arc<Schema>> {
        self.schema.as_ref()
    }

    /// Whether what is recorded outlives the process.
    #[must_use]
    pub fn is_in_file(&self) -> bool {
        self.memory.file().is_some()
    }

    /// Everything is stored: the file goes, if there is one.
    pub(crate) fn discard_file(&self) -> std::io::Result<()> {
        self.memory.file().map_or(Ok(()), ChunkFile::discard)
    }

    /// Says what another process needs to read the times.
    pub(crate) fn set_clock(&self, clock: Reference) {
        self.memory.preamble().set_clock(clock);
    }

    /// Says how many events were read, are not stored, and are in no chunk any more.
    pub(crate) fn set_unsafe_events(&self, events: u64) {
        self.memory.preamble().set_unsafe_events(events);
    }

    /// What the last call of [`Pool::set_unsafe_events`] said, be it by another process.
    pub(crate) fn unsafe_events(&self) -> u64 {
        self.memory.preamble().unsafe_events()
    }

    /// How many chunks nobody has.
    pub(crate) fn free_chunks(&self) -> usize {
        self.free.len()
    }

    /// What the threads counted, with every thread that ever recorded included.
    #[must_use]
    pub fn produced(&self) -> Produced {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = Produced::default();
        for slot in &slots.all {
            slot.add_to(&mut sum);
        }
        sum
    }

    /// What runs lost since the last call.
    pub fn take_losses(&self, each: impl FnMut(Loss)) {
        self.losses.take(self.memory.losses(), each);
    }

    /// Has those losses told again that were told since this many of each run were.
    pub(crate) fn tell_losses_again(&self, told_of: impl Fn(u64) -> u64) {
        self.losses.tell_again(self.memory.losses(), told_of);
    }

    /// Says that a run has ended and its losses were taken.
    pub fn forget_losses(&self, run: u64) {
        self.losses.forget(self.memory.losses(), run);
    }

    /// Dropped events of runs that nobody can name any more.
    #[must_use]
    pub fn unattributed_losses(&self) -> u64 {
        self.losses.unattributed()
    }

    pub(super) fn note_loss(&self, run: u64, is_end_of_run: bool) {
        if self.is_of_this_process() {
            self.losses.note(self.memory.losses(), run, is_end_of_run);
        }
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
        if !self.is_of_this_process() {
            return None;
        }
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
        if !self.is_of_this_process() {
            return;
        }
        self.memory.header(chunk).clear();
        self.free_again.try_send(chunk).expect("the channel holds all chunks");
    }

    /// Gives a chunk that is not written to any more to the collector.
    pub(super) fn hand_over(&self, chunk: u32) {
        if self.is_of_this_process() {
            // An error means that the collector is gone, and with it all interest in the chunk.
            let _ = self.full.try_send(chunk);
        }
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
        if self.is_of_this_process() {
            self.slots.lock().unwrap_or_else(PoisonError::into_inner).unused.push(slot);
        }
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
