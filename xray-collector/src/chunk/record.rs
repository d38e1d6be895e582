//! The record that a thread is writing: its bytes, the chunks it spans, and the way back.
//!
//! Nothing of a record is seen before it is committed: until then it can be taken back, in part or as a whole. A value
//! has a budget; where that or the memory ends, what is open is closed out of a reserve at the chunk's end.
#![allow(unsafe_code)]

use std::cell::RefMut;

use super::header::Published;
use super::memory::HEADER_BYTES;
use super::slot::Slot;
use super::writer::{Ended, Entered, LONGEST_CHAIN, RESERVE, Writer};
use crate::clock;
use crate::event::{
    About, ENTERED, FACT, FLAG_CONTINUES, LEFT, OuterRun, PART, RECORD_HEADER, Site, clipped, code_of_outcome,
    flags_of_level,
};
use crate::redaction::Redaction;
use crate::value::NAME_DEFINED;

/// There is no room left for this value: what is open must be closed, with the rest left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// An event that is being written: values go through it into the thread's [`Writer`]. Nothing of it is seen unless it is
/// committed; dropped, it is taken back and counted as dropped, which happens when a panic gets past the capture of a value.
pub struct Record {
    writer: RefMut<'static, Writer>,
}

/// What is known of the record that a thread is writing.
pub(super) struct Draft {
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
    /// Arguments that must not be captured, from the next one on: see `super::fitting`.
    pub(super) left_out: i32,
    /// Of the arguments still to come, those that are redacted for their names.
    pub(super) withheld: i32,
    /// By what the result is checked; 0 for nothing.
    pub(super) checked_output: u32,
}

impl Draft {
    pub(super) const NONE: Self = Self {
        kind: 0,
        flags: 0,
        callsite: 0,
        start: std::ptr::null_mut(),
        piece: std::ptr::null_mut(),
        value: std::ptr::null_mut(),
        budget: usize::MAX,
        left_out: 0,
        withheld: 0,
        checked_output: 0,
    };
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

impl Record {
    /// The record that a step begins; its arguments come next. `Err` with the time, if the event has to be dropped.
    #[inline]
    pub fn entered(writer: RefMut<'static, Writer>, site: &'static Site, place: Entered) -> Result<Self, u64> {
        let Some(mut record) = Self::begin(writer, ENTERED, site, place, false) else { return Err(clock::ticks()) };
        record.put_place(place, 0);
        Ok(record)
    }

    /// The record that a step has ended; its result comes next. `None` if the event has to be dropped.
    #[inline]
    pub fn left(writer: RefMut<'static, Writer>, site: &'static Site, end: Ended) -> Option<Self> {
        let mut record = Self::begin(writer, LEFT, site, end.place, end.place.step == end.place.run)?;
        record.put_place(end.place, end.started);
        record.put_fixed(end.ended.to_le_bytes());
        record.put_fixed([code_of_outcome(end.outcome)]);
        Some(record)
    }

    /// The record of a fact about a step, which comes next. `None` if it has to be dropped.
    pub fn fact(mut writer: RefMut<'static, Writer>, about: About) -> Option<Self> {
        writer.begin(about.run, false)?;
        writer.start_draft(FACT, 0, 0);
        writer.put_fixed(about.step.to_le_bytes());
        writer.put_fixed(about.run.to_le_bytes());
        Some(Self { writer })
    }

    #[inline]
    fn begin(
        mut writer: RefMut<'static, Writer>,
        kind: u8,
        site: &'static Site,
        place: Entered,
        is_end_of_run: bool,
    ) -> Option<Self> {
        let callsite = writer.begin_at(site, place.run, is_end_of_run)?;
        let flags = place.outer_run.flags() | flags_of_level(place.level);
        writer.start_draft(kind, callsite, flags);
        Some(Self { writer })
    }

    /// Publishes the record.
    #[inline]
    pub fn commit(mut self) {
        self.writer.finish_draft(false);
        self.into_writer();
    }

    /// Publishes the beginning of a step, and returns the time that it begins: the clock is read last.
    #[inline]
    pub fn commit_now(mut self) -> u64 {
        let started = self.writer.finish_draft(true);
        self.into_writer();
        started
    }

    /// The writer without the destructor, which would take the record back.
    #[inline]
    fn into_writer(self) -> RefMut<'static, Writer> {
        let record = std::mem::ManuallyDrop::new(self);
        // SAFETY: the field is read out once, and the record it is read from is not dropped.
        unsafe { std::ptr::read(&raw const record.writer) }
    }
}

impl std::ops::Deref for Record {
    type Target = Writer;

    #[inline(always)]
    fn deref(&self) -> &Writer {
        &self.writer
    }
}

impl std::ops::DerefMut for Record {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

impl Drop for Record {
    #[cold]
    fn drop(&mut self) {
        let writer = &mut *self.writer;
        let start = writer.draft.start;
        writer.rollback(Mark { chain_length: 1, cursor: start, piece: start, value: start, budget: usize::MAX });
        Slot::count(&writer.slot().too_large);
        writer.pool().note_loss(0, false);
    }
}

impl Writer {
    #[inline]
    fn start_draft(&mut self, kind: u8, callsite: u16, flags: u8) {
        let start = self.cursor;
        self.end = self.chunk_end;
        self.chain[0] = (self.chunk.unwrap_or_default(), 0);
        self.chain_length = 1;
        let (left_out, withheld, checked_output) = (0, 0, 0);
        let budget = usize::MAX;
        self.draft = Draft {
            kind,
            flags,
            callsite,
            start,
            piece: start,
            value: start,
            budget,
            left_out,
            withheld,
            checked_output,
        };
        // SAFETY: `begin` has made room for the fixed part.
        self.cursor = unsafe { start.add(RECORD_HEADER) };
    }

    /// Part of the fixed part, for which `begin` made room.
    #[inline(always)]
    pub(super) fn put_fixed<const N: usize>(&mut self, bytes: [u8; N]) {
        // SAFETY: the fixed part is at most `LONGEST_FIXED_PART` long, which is within `SMALLEST_ROOM`, and so much is
        // before the chunk's end.
        unsafe { self.put_unchecked(bytes) }
    }

    #[inline(always)]
    pub(super) fn put_place(&mut self, place: Entered, started: u64) {
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
            self.cursor.cast::<[u8; N]>().write_unaligned(bytes);
            self.cursor = self.cursor.add(N);
        }
    }

    /// Begins a value that may take up to `budget` bytes; everything after that is [`Full`].
    #[inline]
    pub fn begin_value(&mut self, budget: usize) {
        (self.draft.value, self.draft.budget) = (self.cursor, budget);
        self.set_end();
    }

    /// Ends a value that had a budget: what comes next has none.
    #[inline]
    pub fn end_value(&mut self) {
        (self.draft.value, self.draft.budget) = (self.cursor, usize::MAX);
        self.end = self.chunk_end;
    }

    #[inline]
    fn set_end(&mut self) {
        let room = (self.chunk_end as usize).saturating_sub(self.draft.value as usize);
        self.end = self.draft.value.wrapping_add(room.min(self.draft.budget));
    }

    /// Writes bytes that must not be torn apart.
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, bytes: [u8; N]) -> Result<(), Full> {
        if self.cursor as usize + N > self.end as usize {
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
            let room = (self.end as usize).saturating_sub(self.cursor as usize);
            let now = bytes.len().min(room);
            // SAFETY: `end` is at or before the chunk's end; source and chunk cannot overlap, since nobody else has a
            // reference to the chunk behind what is committed.
            unsafe {
                self.cursor.copy_from_nonoverlapping(bytes.as_ptr(), now);
                self.cursor = self.cursor.add(now);
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
        if (self.cursor as usize) + N <= self.chunk_end as usize + RESERVE {
            // SAFETY: the reserve ends where the chunk ends.
            unsafe { self.put_unchecked(bytes) };
        }
    }

    /// Whether so many bytes fit without another chunk.
    #[inline(always)]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.cursor as usize + bytes <= self.end as usize
    }

    /// What is withheld of the values.
    pub(crate) fn redaction(&self) -> &Redaction {
        &self.pool().redaction
    }

    /// How many bytes more the value being written may get at most, and some beyond that.
    pub(crate) fn more_than_room(&self) -> usize {
        const BEYOND: usize = 4096;
        self.draft.budget.saturating_add(BEYOND)
    }

    /// Writes a name: its number, and at its first use in this chunk its text. Returns whether it names a secret.
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub(crate) fn put_name(&mut self, name: &'static str) -> Result<bool, Full> {
        match self.number_of(name.as_ptr() as usize, name.len() as u32) {
            Some((number, is_secret)) => self.put(number.to_le_bytes()).map(|()| is_secret),
            None => self.define_name(name),
        }
    }

    #[cold]
    fn define_name(&mut self, name: &'static str) -> Result<bool, Full> {
        let is_secret = self.redaction().is_secret_name(name);
        let text = clipped(name);
        if self.cursor as usize + 4 + text.len() > self.end as usize {
            self.make_room(4 + text.len())?;
        }
        let number = self.define(name.as_ptr() as usize, name.len() as u32, is_secret);
        self.put((number | NAME_DEFINED).to_le_bytes())?;
        self.put((text.len() as u16).to_le_bytes())?;
        match self.put_slice(text.as_bytes()) == text.len() {
            true => Ok(is_secret),
            false => Err(Full),
        }
    }

    /// Goes on in another chunk, unless the value has used up its budget. Once it has failed, nothing more fits into
    /// the value, however small: what is left out is always the end.
    #[cold]
    fn make_room(&mut self, needed: usize) -> Result<(), Full> {
        let has_room = self.chain_on(needed);
        if !has_room {
            self.end = std::ptr::null_mut();
            return Err(Full);
        }
        Ok(())
    }

    fn chain_on(&mut self, needed: usize) -> bool {
        let used = self.cursor as usize - self.draft.value as usize;
        // Nearer than the chunk's end: the budget is used up, or a chunk was asked for in vain.
        let is_at_budget = self.end < self.chunk_end || used >= self.draft.budget;
        let largest = self.pool().memory.chunk_bytes() - HEADER_BYTES - RESERVE - RECORD_HEADER;
        if is_at_budget || needed > largest || self.chain_length == LONGEST_CHAIN {
            return false;
        }
        let Some(chunk) = self.pool().acquire() else { return false };
        self.seal_piece(true);
        let before = self.chunk.unwrap_or_default();
        let filled = self.cursor as usize - self.pool().memory.chunk(before) as usize;
        self.chain[self.chain_length - 1] = (before, filled as u32);
        let events = self.events;
        self.open(chunk);
        // The count belongs to the first chunk until the record is committed.
        self.events = events;
        self.chain[self.chain_length] = (chunk, 0);
        self.chain_length += 1;
        self.draft.piece = self.cursor;
        // SAFETY: a chunk has room for more than a header.
        self.cursor = unsafe { self.cursor.add(RECORD_HEADER) };
        self.draft.budget = self.draft.budget.saturating_sub(used);
        self.draft.value = self.cursor;
        self.set_end();
        self.has_room(needed)
    }

    /// Writes the header of the piece in the current chunk.
    #[inline]
    fn seal_piece(&mut self, continues: bool) {
        let length = self.cursor as usize - self.draft.piece as usize;
        let kind = if self.draft.piece == self.draft.start { self.draft.kind } else { PART };
        let flags = if continues { self.draft.flags | FLAG_CONTINUES } else { self.draft.flags };
        let sequence = self.produced as u32;
        // SAFETY: the header's bytes were left free at the piece's beginning.
        unsafe {
            self.draft.piece.cast::<[u8; 4]>().write_unaligned((length as u32).to_le_bytes());
            self.draft.piece.add(4).cast::<[u8; 2]>().write_unaligned([kind, flags]);
            self.draft.piece.add(6).cast::<[u8; 2]>().write_unaligned(self.draft.callsite.to_le_bytes());
            self.draft.piece.add(8).cast::<[u8; 4]>().write_unaligned(sequence.to_le_bytes());
        }
    }

    /// A place to go back to.
    #[inline]
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            chain_length: self.chain_length,
            cursor: self.cursor,
            piece: self.draft.piece,
            value: self.draft.value,
            budget: self.draft.budget,
        }
    }

    /// Takes back everything since the mark.
    #[cold]
    pub fn rollback(&mut self, mark: Mark) {
        while self.chain_length > mark.chain_length {
            self.chain_length -= 1;
            let (chunk, _) = self.chain[self.chain_length];
            self.order = self.order.wrapping_sub(1);
            self.pool().release(chunk);
        }
        let (chunk, _) = self.chain[self.chain_length - 1];
        self.chunk = Some(chunk);
        let memory = &self.pool().memory;
        self.chunk_end = memory.chunk(chunk).wrapping_add(memory.chunk_bytes() - RESERVE);
        self.cursor = mark.cursor;
        // Names that were defined since are not; the table cannot tell which, so that all are defined anew.
        self.generation = self.generation.wrapping_add(1);
        (self.draft.piece, self.draft.value, self.draft.budget) = (mark.piece, mark.value, mark.budget);
        self.set_end();
    }

    /// Publishes what was written. With `starts_now` the clock is read last and written into it; the time is returned.
    #[inline]
    fn finish_draft(&mut self, starts_now: bool) -> u64 {
        self.seal_piece(false);
        let mut started = 0;
        if starts_now {
            started = clock::ticks();
            let place = self.draft.start.wrapping_add(RECORD_HEADER + 24);
            // SAFETY: the fixed part, which is in the first chunk, has the time behind three other numbers.
            unsafe { place.cast::<[u8; 8]>().write_unaligned(started.to_le_bytes()) };
        }
        if self.chain_length > 1 {
            self.commit_chain();
        } else {
            self.publish(1);
        }
        started
    }

    #[cold]
    fn commit_chain(&mut self) {
        let last = self.chain_length - 1;
        for place in 0..last {
            let (chunk, filled) = self.chain[place];
            let events = if place == 0 { self.events + 1 } else { 0 };
            self.pool().memory.header(chunk).publish(Published { bytes: filled, events });
            self.pool().hand_over(chunk);
        }
        self.events = 0;
        self.publish(0);
        // What was defined in this record belongs to the chunk that it began in.
        self.generation = self.generation.wrapping_add(1);
        self.next_number = 0;
    }
}
