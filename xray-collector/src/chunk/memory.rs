//! One allocation cut into chunks, and the only way to reach a chunk's header and bytes.
#![allow(unsafe_code)]

use std::alloc::Layout;
use std::ptr::NonNull;

use super::header::Header;

/// The header's size: a cache line, so that records begin on one.
pub(super) const HEADER_BYTES: usize = 64;
const _: () = assert!(size_of::<Header>() <= HEADER_BYTES);

pub(super) struct Memory {
    start: NonNull<u8>,
    chunk_bytes: usize,
    chunks: u32,
}

// SAFETY: the memory is plain bytes and atomics; who may touch which of them is what `super`'s invariants say.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Zeroed memory, not yet touched.
    pub(super) fn new(chunk_bytes: usize, chunks: u32) -> Self {
        let layout = Self::layout(chunk_bytes, chunks);
        // SAFETY: the layout is not empty, since `PoolSettings` keeps both numbers above zero.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { std::alloc::handle_alloc_error(layout) };
        Self { start, chunk_bytes, chunks }
    }

    fn layout(chunk_bytes: usize, chunks: u32) -> Layout {
        Layout::from_size_align(chunk_bytes * chunks as usize, 4096).expect("the pool's size is checked when it is set")
    }

    #[inline]
    pub(super) fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    #[inline]
    pub(super) fn chunks(&self) -> u32 {
        self.chunks
    }

    /// The first byte of a chunk.
    #[inline]
    pub(super) fn chunk(&self, index: u32) -> *mut u8 {
        assert!(index < self.chunks, "chunk {index} of {}", self.chunks);
        // SAFETY: the chunk lies within the allocation, as was just checked.
        unsafe { self.start.as_ptr().add(index as usize * self.chunk_bytes) }
    }

    #[inline]
    pub(super) fn header(&self, index: u32) -> &Header {
        // SAFETY: the chunk begins with 64 zeroed bytes, aligned to at least 64, that are only ever used as a header;
        // all its fields are atomics, so that shared references are sound.
        unsafe { &*self.chunk(index).cast::<Header>() }
    }

    /// A part of a chunk.
    ///
    /// # Safety
    /// `to` must not be beyond what the chunk's header says is published, and the chunk must not
    /// be sent to the free channel while the slice lives (invariant 1).
    pub(super) unsafe fn published(&self, index: u32, from: usize, to: usize) -> &[u8] {
        assert!(from <= to && to <= self.chunk_bytes);
        // SAFETY: within the chunk, initialised (the allocation was zeroed), and by the caller's promise not written
        // to while the slice lives.
        unsafe { std::slice::from_raw_parts(self.chunk(index).add(from), to - from) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout. Writers and readers hold the pool, so that none is left.
        unsafe { std::alloc::dealloc(self.start.as_ptr(), Self::layout(self.chunk_bytes, self.chunks)) }
    }
}
