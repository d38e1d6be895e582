//! What a chunk says about itself: the atomics through which its bytes pass from the thread that writes them to the
//! collector, and back.
//!
//! Everything that orders the two is here and in the channels: publishing is one release store, reading begins with an
//! acquire load of the same number. `tests/loom.rs` runs this file under loom, in all interleavings.

use super::sync::{AtomicU32, AtomicU64, Ordering};

/// The first bytes of a chunk. All zero is a chunk that is free.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Bytes in the lower half, events in the upper one: one store publishes both.
    published: AtomicU64,
    /// The slot of the thread that writes it.
    thread: AtomicU32,
    /// How many chunks that slot wrote before it.
    order: AtomicU32,
}

/// How much of a chunk may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Published {
    /// Bytes from the chunk's beginning, header included; 0 for a chunk that was not written to.
    pub(super) bytes: u32,
    /// Events that begin in them.
    pub(super) events: u32,
}

/// Whose chunk it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writer {
    /// The slot of the thread.
    pub(super) thread: u32,
    /// How many chunks that slot wrote before.
    pub(super) order: u32,
}

impl Header {
    /// A chunk from the free channel is this thread's from now on. Before anything is published in it.
    #[inline]
    pub(super) fn begin(&self, writer: Writer) {
        self.thread.store(writer.thread, Ordering::Relaxed);
        self.order.store(writer.order, Ordering::Relaxed);
    }

    /// Lets the collector read so far. All bytes before it are written, by this thread.
    #[inline]
    pub(super) fn publish(&self, Published { bytes, events }: Published) {
        self.published.store(u64::from(events) << 32 | u64::from(bytes), Ordering::Release);
    }

    /// Lets the collector read so many bytes and events more. By the thread that publishes here, alone: no
    /// read-modify-write.
    #[inline(always)]
    pub(super) fn publish_more(&self, Published { bytes, events }: Published) {
        let more = (u64::from(events) << 32) + u64::from(bytes);
        self.published.store(self.published.load(Ordering::Relaxed).wrapping_add(more), Ordering::Release);
    }

    /// How far the chunk may be read; what it says of its writer is true if that is not 0.
    #[inline]
    pub(super) fn published(&self) -> Published {
        let both = self.published.load(Ordering::Acquire);
        Published { bytes: both as u32, events: (both >> 32) as u32 }
    }

    /// Whose chunk it is. After [`Header::published`] has seen something, or the chunk has come through the channel.
    #[inline]
    pub(super) fn writer(&self) -> Writer {
        Writer { thread: self.thread.load(Ordering::Relaxed), order: self.order.load(Ordering::Relaxed) }
    }

    /// Nothing in the chunk is to be read any more. Before it is sent to the free channel.
    #[inline]
    pub(super) fn clear(&self) {
        self.published.store(0, Ordering::Release);
    }
}
