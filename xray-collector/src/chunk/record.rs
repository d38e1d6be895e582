//! The record that a thread is writing: its bytes, the chunks it spans, and the way back.
//!
//! Nothing of a record is seen before it is committed: until then it can be taken back, in part or as a whole. A value
//! has a budget; where that or the memory ends, what is open is closed out of a reserve at the chunk's end.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering;

use super::memory::HEADER_BYTES;
use super::pool::Slot;
use super::writer::{Entered, LONGEST_CHAIN, RESERVE, Writer};
use crate::clock;
use crate::event::{FLAG_CONTINUES, OuterRun, PART, RECORD_HEADER, clipped};
use crate::value::NAME_DEFINED;

/// There is no room left for this value: what is open must be closed, with the rest left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// An event that is being written. Committed by the writer; whatever else happens to it, it never was.
pub struct Record<'w> {
    writer: &'w mut Writer,
    kind: u8,
    flags: u8,
    callsite: u16,
    /// Where the record begins, in the first chunk of the chain.
    start: *mut u8,
    /// Where its piece in the current chunk begins.
    piece: *mut u8,
    /// Where the value being written, or its part in the current chunk, begins; and how long it may still get.
    value: *mut u8,
    budget: usize,
}

/// A place in a record, to go back to.
#[derive(Clone, Copy)]
pub struct Mark {
    chain_length: usize,
    cursor: *mut u8,
    piece: *mut u8,
    value: *mut u8,
    budget: usize,
}

/// Where a head stands of which tag and length are filled in later.
pub(crate) struct HeadPlace {
    tag: *mut u8,
    length: *mut u8,
}

impl<'w> Record<'w> {
    #[inline]
    pub(super) fn new(writer: &'w mut Writer, kind: u8, callsite: u16, outer_run: OuterRun) -> Self {
        let start = writer.cursor;
        writer.end = writer.chunk_end;
        writer.chain[0] = (writer.chunk.unwrap_or_default(), 0);
        writer.chain_length = 1;
        // SAFETY: `begin` has made room for the fixed part.
        writer.cursor = unsafe { start.add(RECORD_HEADER) };
        Self { writer, kind, flags: outer_run.flags(), callsite, start, piece: start, value: start, budget: usize::MAX }
    }

    /// Part of the fixed part, for which `begin` made room.
    #[inline(always)]
    pub(super) fn put_fixed<const N: usize>(&mut self, bytes: [u8; N]) {
        // SAFETY: the fixed part is at most `LONGEST_FIXED_PART` long, which is within `SMALLEST_ROOM`, and so much is
        // before the chunk's end.
        unsafe { self.put_unchecked(bytes) }
    }

    #[inline(always)]
    pub(super) fn place(&mut self, place: Entered, started: u64) {
        self.put_fixed(place.step.to_le_bytes());
        self.put_fixed(place.parent.to_le_bytes());
        self.put_fixed(place.run.to_le_bytes());
        self.put_fixed(started.to_le_bytes());
        match place.outer_run {
            OuterRun::None => {}
            OuterRun::Here(root) => self.put_fixed(root.to_le_bytes()),
            OuterRun::Elsewhere(process, root) => {
                self.put_fixed(root.0.to_le_bytes());
                self.put_fixed(process.0.to_le_bytes());
            }
        }
    }

    /// # Safety
    /// `N` bytes from the cursor must be within the chunk.
    #[inline(always)]
    unsafe fn put_unchecked<const N: usize>(&mut self, bytes: [u8; N]) {
        // SAFETY: within the chunk by the caller's promise; the thread owns the chunk behind what is committed.
        unsafe {
            self.writer.cursor.cast::<[u8; N]>().write_unaligned(bytes);
            self.writer.cursor = self.writer.cursor.add(N);
        }
    }

    /// Begins a value that may take up to `budget` bytes; everything after that is [`Full`].
    #[inline]
    pub fn begin_value(&mut self, budget: usize) {
        (self.value, self.budget) = (self.writer.cursor, budget);
        self.set_end();
    }

    #[inline]
    fn set_end(&mut self) {
        let room = (self.writer.chunk_end as usize).saturating_sub(self.value as usize);
        self.writer.end = self.value.wrapping_add(room.min(self.budget));
    }

    /// Writes bytes that must not be torn apart.
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, bytes: [u8; N]) -> Result<(), Full> {
        if self.writer.cursor as usize + N > self.writer.end as usize {
            self.make_room(N)?;
        }
        // SAFETY: `end` is at or before the chunk's end.
        unsafe { self.put_unchecked(bytes) };
        Ok(())
    }

    /// Writes as many of the bytes as there is room for, and says how many. May tear a character.
    #[inline]
    pub(crate) fn put_slice(&mut self, mut bytes: &[u8]) -> usize {
        let mut written = 0;
        loop {
            let room = (self.writer.end as usize).saturating_sub(self.writer.cursor as usize);
            let now = bytes.len().min(room);
            // SAFETY: `end` is at or before the chunk's end; source and chunk cannot overlap, since nobody else has a
            // reference to the chunk behind what is committed.
            unsafe {
                self.writer.cursor.copy_from_nonoverlapping(bytes.as_ptr(), now);
                self.writer.cursor = self.writer.cursor.add(now);
            }
            written += now;
            bytes = &bytes[now..];
            if bytes.is_empty() || self.make_room(1).is_err() {
                return written;
            }
        }
    }

    /// Writes bytes that close something: out of the reserve if there is no other room.
    #[inline]
    pub(crate) fn put_closing<const N: usize>(&mut self, bytes: [u8; N]) {
        if (self.writer.cursor as usize) + N <= self.writer.chunk_end as usize + RESERVE {
            // SAFETY: the reserve ends where the chunk ends.
            unsafe { self.put_unchecked(bytes) };
        }
    }

    /// Whether so many bytes fit without another chunk.
    #[inline(always)]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.writer.cursor as usize + bytes <= self.writer.end as usize
    }

    /// Writes a head that begins with a tag and ends with the number of bytes that follow, which is filled in later.
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    pub(crate) fn put_with_length<const N: usize>(&mut self, head: [u8; N]) -> Result<HeadPlace, Full> {
        self.put(head)?;
        Ok(HeadPlace { tag: self.writer.cursor.wrapping_sub(N), length: self.writer.cursor.wrapping_sub(4) })
    }

    pub(crate) fn set_length(&mut self, place: &HeadPlace, length: u32) {
        // SAFETY: the place is in this record, which is not committed: nobody keeps a place across a rollback.
        unsafe { place.length.cast::<[u8; 4]>().write_unaligned(length.to_le_bytes()) };
    }

    pub(crate) fn set_tag(&mut self, place: &HeadPlace, tag: u8) {
        // SAFETY: as in `set_length`.
        unsafe { place.tag.write(tag) };
    }

    /// Writes a name: its number, and at its first use in this chunk its text.
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub(crate) fn put_name(&mut self, name: &'static str) -> Result<(), Full> {
        match self.writer.number_of(name.as_ptr() as usize, name.len() as u32) {
            Some(number) => self.put(number.to_le_bytes()),
            None => self.define_name(name),
        }
    }

    #[cold]
    fn define_name(&mut self, name: &'static str) -> Result<(), Full> {
        let text = clipped(name);
        if self.writer.cursor as usize + 4 + text.len() > self.writer.end as usize {
            self.make_room(4 + text.len())?;
        }
        let number = self.writer.define(name.as_ptr() as usize, name.len() as u32);
        self.put((number | NAME_DEFINED).to_le_bytes())?;
        self.put((text.len() as u16).to_le_bytes())?;
        match self.put_slice(text.as_bytes()) == text.len() {
            true => Ok(()),
            false => Err(Full),
        }
    }

    /// Goes on in another chunk, unless the value has used up its budget. Once it has failed, nothing more fits into
    /// the value, however small: what is left out is always the end.
    #[cold]
    fn make_room(&mut self, needed: usize) -> Result<(), Full> {
        let has_room = self.chain_on(needed);
        if !has_room {
            self.writer.end = std::ptr::null_mut();
            return Err(Full);
        }
        Ok(())
    }

    fn chain_on(&mut self, needed: usize) -> bool {
        let writer = &mut *self.writer;
        let used = writer.cursor as usize - self.value as usize;
        // Nearer than the chunk's end: the budget is used up, or a chunk was asked for in vain.
        let is_at_budget = writer.end < writer.chunk_end || used >= self.budget;
        let largest = writer.pool().memory.chunk_bytes() - HEADER_BYTES - RESERVE - RECORD_HEADER;
        if is_at_budget || needed > largest || writer.chain_length == LONGEST_CHAIN {
            return false;
        }
        let Some(chunk) = writer.pool().acquire() else { return false };
        self.seal_piece(true);
        let writer = &mut *self.writer;
        let before = writer.chunk.unwrap_or_default();
        let filled = writer.cursor as usize - writer.pool().memory.chunk(before) as usize;
        writer.chain[writer.chain_length - 1] = (before, filled as u32);
        let events = writer.events;
        writer.open(chunk);
        // The count belongs to the first chunk until the record is committed.
        writer.events = events;
        writer.chain[writer.chain_length] = (chunk, 0);
        writer.chain_length += 1;
        self.piece = writer.cursor;
        // SAFETY: a chunk has room for more than a header.
        writer.cursor = unsafe { writer.cursor.add(RECORD_HEADER) };
        self.budget = self.budget.saturating_sub(used);
        self.value = writer.cursor;
        self.set_end();
        self.has_room(needed)
    }

    /// Writes the header of the piece in the current chunk.
    #[inline]
    fn seal_piece(&mut self, continues: bool) {
        let length = self.writer.cursor as usize - self.piece as usize;
        let kind = if self.piece == self.start { self.kind } else { PART };
        let flags = if continues { self.flags | FLAG_CONTINUES } else { self.flags };
        let sequence = self.writer.produced as u32;
        // SAFETY: the header's bytes were left free at the piece's beginning.
        unsafe {
            self.piece.cast::<[u8; 4]>().write_unaligned((length as u32).to_le_bytes());
            self.piece.add(4).cast::<[u8; 2]>().write_unaligned([kind, flags]);
            self.piece.add(6).cast::<[u8; 2]>().write_unaligned(self.callsite.to_le_bytes());
            self.piece.add(8).cast::<[u8; 4]>().write_unaligned(sequence.to_le_bytes());
        }
    }

    /// A place to go back to.
    #[inline]
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            chain_length: self.writer.chain_length,
            cursor: self.writer.cursor,
            piece: self.piece,
            value: self.value,
            budget: self.budget,
        }
    }

    /// Takes back everything since the mark.
    #[cold]
    pub fn rollback(&mut self, mark: Mark) {
        let writer = &mut *self.writer;
        while writer.chain_length > mark.chain_length {
            writer.chain_length -= 1;
            let (chunk, _) = writer.chain[writer.chain_length];
            writer.order = writer.order.wrapping_sub(1);
            writer.pool().release(chunk);
        }
        let (chunk, _) = writer.chain[writer.chain_length - 1];
        writer.chunk = Some(chunk);
        let memory = &writer.pool().memory;
        writer.chunk_end = memory.chunk(chunk).wrapping_add(memory.chunk_bytes() - RESERVE);
        writer.cursor = mark.cursor;
        // Names that were defined since are not; the table cannot tell which, so that all are defined anew.
        writer.generation = writer.generation.wrapping_add(1);
        (self.piece, self.value, self.budget) = (mark.piece, mark.value, mark.budget);
        self.set_end();
    }

    /// Publishes the record. With `starts_now` the clock is read last and written into it; the time is returned.
    #[inline]
    pub(super) fn commit(mut self, starts_now: bool) -> u64 {
        self.seal_piece(false);
        let mut started = 0;
        if starts_now {
            started = clock::ticks();
            // SAFETY: the fixed part, which is in the first chunk, has the time behind three other numbers.
            unsafe { self.start.add(RECORD_HEADER + 24).cast::<[u8; 8]>().write_unaligned(started.to_le_bytes()) };
        }
        if self.writer.chain_length > 1 {
            self.commit_chain();
        } else {
            self.writer.publish(1);
        }
        std::mem::forget(self);
        started
    }

    #[cold]
    fn commit_chain(&mut self) {
        let writer = &mut *self.writer;
        let last = writer.chain_length - 1;
        for place in 0..last {
            let (chunk, filled) = writer.chain[place];
            let header = writer.pool().memory.header(chunk);
            header.events.store(if place == 0 { writer.events + 1 } else { 0 }, Ordering::Relaxed);
            header.committed.store(filled, Ordering::Release);
            writer.pool().hand_over(chunk);
        }
        writer.events = 0;
        writer.publish(0);
        // What was defined in this record belongs to the chunk that it began in.
        writer.generation = writer.generation.wrapping_add(1);
        writer.next_number = 0;
    }
}

impl Drop for Record<'_> {
    /// Only reached when a panic gets past the capture of a value: the event is taken back and counted as dropped.
    fn drop(&mut self) {
        let start = Mark { chain_length: 1, cursor: self.start, piece: self.start, value: self.start, budget: 0 };
        self.rollback(start);
        Slot::count(&self.writer.slot().too_large);
    }
}
