//! One piece of memory cut into chunks, and the only way to reach a chunk's header and bytes.
//!
//! It is a file's, mapped, so that it outlives the process, or else the process's own: see [`super::file`].
#![allow(unsafe_code)]

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::file::ChunkFile;
use super::header::{Header, Published};
use super::loss::{LOSS_SLOTS, LossSlot};
use super::preamble::{LOSSES_AT, PREAMBLE_BYTES, Preamble, Shape};

/// The header's size: a cache line, so that records begin on one.
pub(super) const HEADER_BYTES: usize = 64;
const _: () = assert!(size_of::<Header>() <= HEADER_BYTES);
const _: () = assert!(LOSSES_AT + LOSS_SLOTS * size_of::<LossSlot>() <= PREAMBLE_BYTES);
/// The smallest page of any machine.
const PAGE_BYTES: usize = 4096;

pub(super) struct Memory {
    /// The first chunk; the preamble is in front of it.
    start: NonNull<u8>,
    chunk_bytes: usize,
    chunks: u32,
    file: Option<ChunkFile>,
}

// SAFETY: the memory is plain bytes and atomics; who may touch which of them is what `super`'s invariants say.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Zeroed memory of this process, not yet touched.
    pub(super) fn anonymous(shape: Shape) -> Self {
        let layout = Self::layout(shape);
        // SAFETY: the layout is not empty: there is the preamble.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { std::alloc::handle_alloc_error(layout) };
        Self::behind_preamble(start, shape, None)
    }

    /// The memory of a file that is zeroed and has this shape; each page of it has been touched.
    pub(super) fn of_file(file: ChunkFile, shape: Shape) -> Self {
        let start = NonNull::new(file.start()).expect("a mapping is not at address 0");
        assert!(file.bytes() >= shape.bytes(), "the file has room for all chunks");
        let memory = Self::behind_preamble(start, shape, Some(file));
        (0..shape.chunks).for_each(|chunk| memory.touch(chunk));
        memory
    }

    fn behind_preamble(start: NonNull<u8>, shape: Shape, file: Option<ChunkFile>) -> Self {
        // SAFETY: the memory begins with the preamble.
        let start = unsafe { start.add(PREAMBLE_BYTES) };
        Self { start, chunk_bytes: shape.chunk_bytes, chunks: shape.chunks, file }
    }

    fn layout(shape: Shape) -> Layout {
        Layout::from_size_align(shape.bytes(), PAGE_BYTES).expect("the pool's size is checked when it is set")
    }

    /// The file that it outlives the process in, if there is one.
    pub(super) fn file(&self) -> Option<&ChunkFile> {
        self.file.as_ref()
    }

    pub(super) fn shape(&self) -> Shape {
        Shape { chunk_bytes: self.chunk_bytes, chunks: self.chunks }
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
        // SAFETY: the chunk lies within the memory, as was just checked.
        unsafe { self.start.as_ptr().add(index as usize * self.chunk_bytes) }
    }

    #[inline]
    pub(super) fn header(&self, index: u32) -> &Header {
        // SAFETY: the chunk begins with 64 initialised bytes, aligned to at least 64, that are only ever used as a
        // header; all its fields are atomics, so that shared references are sound.
        unsafe { &*self.chunk(index).cast::<Header>() }
    }

    pub(super) fn preamble(&self) -> &Preamble {
        // SAFETY: the preamble stands in front of the first chunk, aligned to a page, initialised, all atomics.
        unsafe { self.start.sub(PREAMBLE_BYTES).cast::<Preamble>().as_ref() }
    }

    pub(super) fn losses(&self) -> &[LossSlot; LOSS_SLOTS] {
        // SAFETY: as the preamble, of which this is a part that nothing else uses.
        unsafe { self.start.sub(PREAMBLE_BYTES - LOSSES_AT).cast::<[LossSlot; LOSS_SLOTS]>().as_ref() }
    }

    /// A part of a chunk.
    ///
    /// # Safety
    /// `to` must not be beyond what the chunk's header says is published, and the chunk must not
    /// be sent to the free channel while the slice lives (invariant 1).
    pub(super) unsafe fn published(&self, index: u32, from: usize, to: usize) -> &[u8] {
        assert!(from <= to && to <= self.chunk_bytes);
        // SAFETY: within the chunk, initialised (the memory was zeroed), and by the caller's promise not written
        // to while the slice lives.
        unsafe { std::slice::from_raw_parts(self.chunk(index).add(from), to - from) }
    }

    /// All of it, preamble included: to be filled from a file before anybody else knows the memory.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        let bytes = self.shape().bytes();
        // SAFETY: the memory is borrowed as mutable, so that no other reference into it exists.
        unsafe { std::slice::from_raw_parts_mut(self.start.sub(PREAMBLE_BYTES).as_ptr(), bytes) }
    }

    /// Nothing is published behind so many bytes of the memory: it was filled from a file that ends there.
    pub(super) fn end_at(&mut self, length: u64) {
        for chunk in 0..self.chunks {
            let begins = (PREAMBLE_BYTES + chunk as usize * self.chunk_bytes) as u64;
            let there = u32::try_from(length.saturating_sub(begins)).unwrap_or(u32::MAX);
            let Published { bytes, events } = self.header(chunk).published();
            self.header(chunk).publish(Published { bytes: bytes.min(there), events });
        }
    }

    /// Has the kernel do now what it does at the first write to each page of a file, and at the first one after it has
    /// written the page to disk: microseconds that no thread that records should spend. For a chunk that nobody has.
    pub(super) fn touch(&self, chunk: u32) {
        if self.file.is_none() {
            return;
        }
        let start = self.chunk(chunk);
        for page in (0..self.chunk_bytes).step_by(PAGE_BYTES) {
            // SAFETY: within the chunk, aligned, and the chunk is nobody's: an atomic, so that what a thread left there
            // and another will write may be seen in any order.
            let word = unsafe { AtomicU64::from_ptr(start.add(page).cast()) };
            // Not an operation that changes nothing by itself: the compiler makes a load of it, which is no write.
            word.swap(word.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.file.is_none() {
            // SAFETY: allocated in `anonymous` with this layout. Writers and readers hold the pool, so that none is left.
            unsafe {
                std::alloc::dealloc(self.start.sub(PREAMBLE_BYTES).as_ptr(), Self::layout(self.shape()));
            }
        }
    }
}
