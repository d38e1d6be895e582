//! The record that a thread is writing: its bytes, the chunks it spans, and the way back.
//!
//! Nothing of a record is seen before it is committed: until then it can be taken back, in part or as a whole. A value
//! has a budget; where that or the memory ends, what is open is closed out of a reserve at the chunk's end.
#![allow(unsafe_code)]

use super::header::Published;
use super::memory::HEADER_BYTES;
use super::slot::Slot;
use super::terms::Terms;
use super::whereabouts::Whereabouts;
use super::writer::{Borrowed, Ended, Entered, LONGEST_CHAIN, RESERVE, Writer, care};
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
    writer: Borrowed,
}

/// Where the second word of a record's header is, and the time at which a step began.
const SECOND_WORD: usize = 4;
const STARTED: usize = RECORD_HEADER + 24;

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
    #[inline(always)]
    pub(super) fn new(writer: Borrowed) -> Self {
        Self { writer }
    }

    /// The record that a step begins; its arguments come next. `Err` with the time, if the event has to be dropped.
    #[inline]
    pub fn entered(writer: Borrowed, site: &'static Site, terms: Terms, place: Entered) -> Result<Self, u64> {
        let Some(mut record) = Self::begin(writer, ENTERED, site, terms, place, false) else {
            return Err(clock::ticks());
        };
        record.put_place(place, 0);
        Ok(record)
    }

    /// The record that a step has ended; its result comes next. `None` if the event has to be dropped.
    #[inline]
    pub fn left(writer: Borrowed, site: &'static Site, terms: Terms, end: Ended) -> Option<Self> {
        let mut record = Self::begin(writer, LEFT, site, terms, end.place, end.place.step == end.place.run)?;
        record.put_place(end.place, end.started);
        record.put_fixed(end.ended.to_le_bytes());
        record.put_fixed([code_of_outcome(end.outcome)]);
        Some(record)
    }

    /// The record of a fact about a step, which comes next. `None` if it has to be dropped.
    pub fn fact(mut writer: Borrowed, about: About) -> Option<Self> {
        writer.begin(about.run, false)?;
        writer.begin_record(u32::from(FACT));
        writer.put_fixed(about.step.to_le_bytes());
        writer.put_fixed(about.run.to_le_bytes());
        Some(Self { writer })
    }

    #[inline]
    fn begin(
        mut writer: Borrowed,
        kind: u8,
        site: &'static Site,
        terms: Terms,
        place: Entered,
        is_end_of_run: bool,
    ) -> Option<Self> {
        writer.begin_at(site, terms, place.run, is_end_of_run)?;
        let flags = place.outer_run.flags() | flags_of_level(place.level);
        writer.begin_record(u32::from(kind) | u32::from(flags) << 8 | u32::from(terms.number()) << 16);
        Some(Self { writer })
    }

    /// Publishes the record.
    pub fn commit(self) {
        let mut writer = self.into_writer();
        if writer.care == 0 { writer.publish() } else { publish_with_care(writer) }
    }

    /// Publishes the beginning of a step, and returns the time that it begins: the clock is read last.
    #[inline]
    pub fn commit_now(self) -> u64 {
        let mut writer = self.into_writer();
        if writer.care != 0 || writer.here == Whereabouts::NEVER {
            return publish_now_with_care(writer);
        }
        let started = clock::counter();
        let record = writer.piece;
        writer.set_started(record, started);
        writer.publish();
        started
    }

    /// Publishes the beginning of a step that began at this time.
    pub(super) fn commit_at(self, started: u64) {
        let mut writer = self.into_writer();
        publish_at_with_care(&mut writer, started);
    }

    /// The writer without the destructor, which would take the record back.
    #[inline(always)]
    fn into_writer(self) -> Borrowed {
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
        let start = if writer.care & care::CHAINED == 0 { writer.piece } else { writer.start };
        writer.rollback(Mark { chain_length: 1, cursor: start, piece: start, value: start, budget: usize::MAX });
        writer.end_record();
        Slot::count(&writer.slot().too_large);
        writer.pool().note_loss(0, false);
    }
}

impl Writer {
    /// Begins a record, whose fixed part there is room for: writes its header but for the length.
    #[inline(always)]
    fn begin_record(&mut self, second_word: u32) {
        self.piece = self.cursor;
        // SAFETY: there is room for the fixed part, which the header is in.
        unsafe {
            self.cursor.add(SECOND_WORD).cast::<[u8; 4]>().write_unaligned(second_word.to_le_bytes());
            self.cursor = self.cursor.add(RECORD_HEADER);
        }
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
        self.put_fixed(place.run.to_le_bytes());
        self.put_fixed(place.parent.to_le_bytes());
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
            let place = self.cursor;
            self.cursor = place.add(N);
            place.cast::<[u8; N]>().write_unaligned(bytes);
        }
    }

    /// Writes a tag and what belongs to it.
    ///
    /// # Errors
    /// As [`Writer::put`].
    #[inline(always)]
    pub(crate) fn put_tagged<const N: usize>(&mut self, tag: u8, bytes: [u8; N]) -> Result<(), Full> {
        if self.cursor as usize + 1 + N > self.end as usize {
            self.make_room(1 + N)?;
        }
        // SAFETY: `end` is at or before the chunk's end.
        unsafe {
            let place = self.cursor;
            self.cursor = place.add(1 + N);
            place.write(tag);
            place.add(1).cast::<[u8; N]>().write_unaligned(bytes);
        }
        Ok(())
    }

    /// Begins a value that may take up to `budget` bytes; everything after that is [`Full`].
    #[inline]
    pub fn begin_value(&mut self, budget: usize) {
        (self.value, self.budget) = (self.cursor, budget);
        self.set_end();
    }

    /// Ends a value that had a budget: what comes next has none.
    #[inline]
    pub fn end_value(&mut self) {
        (self.budget, self.end) = (usize::MAX, self.chunk_end);
    }

    #[inline]
    fn set_end(&mut self) {
        let is_beyond = (self.value as usize).saturating_add(self.budget) >= self.chunk_end as usize;
        self.end = if is_beyond { self.chunk_end } else { self.value.wrapping_add(self.budget) };
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
        self.budget.saturating_add(BEYOND)
    }

    /// Writes a name: its number, and at its first use in this chunk its text. Returns whether it names a secret.
    ///
    /// # Errors
    /// When there is no room.
    pub(crate) fn put_name(&mut self, name: &'static str) -> Result<bool, Full> {
        match self.number_of(name).map(|number| (number, false)).or_else(|| self.find_name(name)) {
            Some((number, is_secret)) => self.put(number.to_le_bytes()).map(|()| is_secret),
            None => self.define_name(name),
        }
    }

    #[cold]
    fn define_name(&mut self, name: &'static str) -> Result<bool, Full> {
        let is_secret = self.redaction().is_secret_name(name);
        let number = self.define(name, is_secret);
        self.put_new_name(number, name).map(|()| is_secret)
    }

    /// Writes a name's number, which it has from here on, and its text.
    #[cold]
    pub(super) fn put_new_name(&mut self, number: u16, name: &'static str) -> Result<(), Full> {
        let text = clipped(name);
        if self.cursor as usize + 4 + text.len() > self.end as usize {
            self.make_room(4 + text.len())?;
        }
        self.put((number | NAME_DEFINED).to_le_bytes())?;
        self.put((text.len() as u16).to_le_bytes())?;
        if self.put_slice(text.as_bytes()) == text.len() { Ok(()) } else { Err(Full) }
    }

    /// Goes on in another chunk, unless the value has used up its budget. Once it has failed, nothing more fits into
    /// the value, however small: what is left out is always the end.
    #[cold]
    pub(crate) fn make_room(&mut self, needed: usize) -> Result<(), Full> {
        let has_room = self.chain_on(needed);
        if !has_room {
            self.care |= care::FULL;
            self.end = std::ptr::null_mut();
            return Err(Full);
        }
        Ok(())
    }

    fn chain_on(&mut self, needed: usize) -> bool {
        let used = if self.budget == usize::MAX { 0 } else { self.cursor as usize - self.value as usize };
        // Nearer than the chunk's end: the budget is used up, or a chunk was asked for in vain.
        let is_at_budget = self.end < self.chunk_end || used >= self.budget;
        let largest = self.pool().memory.chunk_bytes() - HEADER_BYTES - RESERVE - RECORD_HEADER;
        if is_at_budget || needed > largest || self.chain_length == LONGEST_CHAIN {
            return false;
        }
        let Some(chunk) = self.pool().acquire() else { return false };
        let number = self.seal_piece(true);
        if self.care & care::CHAINED == 0 {
            self.care |= care::CHAINED;
            self.start = self.piece;
        }
        let before = self.chunk.unwrap_or_default();
        let filled = self.cursor as usize - self.pool().memory.chunk(before) as usize;
        self.chain[self.chain_length - 1] = (before, filled as u32);
        self.open(chunk);
        self.chain[self.chain_length] = (chunk, 0);
        self.chain_length += 1;
        self.begin_record(u32::from(PART) | u32::from(number) << 16);
        self.budget = self.budget.saturating_sub(used);
        self.value = self.cursor;
        self.set_end();
        self.has_room(needed)
    }

    /// Writes how long the piece in the current chunk is, and whether another follows. Returns the function's number.
    fn seal_piece(&mut self, continues: bool) -> u16 {
        let length = self.cursor as usize - self.piece as usize;
        // SAFETY: the piece begins with a header, which is in this chunk and not published.
        unsafe {
            self.piece.cast::<[u8; 4]>().write_unaligned((length as u32).to_le_bytes());
            let second_word = self.piece.add(SECOND_WORD).cast::<[u8; 4]>();
            let [kind, flags, low, high] = second_word.read_unaligned();
            let continued = if continues { FLAG_CONTINUES } else { 0 };
            second_word.write_unaligned([kind, flags & !FLAG_CONTINUES | continued, low, high]);
            u16::from_le_bytes([low, high])
        }
    }

    /// A place to go back to.
    #[inline]
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            chain_length: self.chain_length,
            cursor: self.cursor,
            piece: self.piece,
            value: self.value,
            budget: self.budget,
        }
    }

    /// Takes back everything since the mark.
    #[cold]
    pub fn rollback(&mut self, mark: Mark) {
        if self.chain_length > mark.chain_length {
            while self.chain_length > mark.chain_length {
                self.chain_length -= 1;
                let (chunk, _) = self.chain[self.chain_length];
                self.order = self.order.wrapping_sub(1);
                self.pool().release(chunk);
            }
            let (chunk, _) = self.chain[self.chain_length - 1];
            self.chunk = Some(chunk);
            let memory = &self.pool().memory;
            let (header, start) = (std::ptr::from_ref(memory.header(chunk)), memory.chunk(chunk));
            self.chunk_end = start.wrapping_add(memory.chunk_bytes() - RESERVE);
            self.header = header;
            (self.cursor, self.piece) = (mark.cursor, mark.piece);
            self.seal_piece(false);
            if self.chain_length == 1 {
                self.care &= !care::CHAINED;
            }
        }
        (self.cursor, self.piece) = (mark.cursor, mark.piece);
        // Names that were defined since are not; the table cannot tell which, so that all are defined anew.
        self.forget_names();
        (self.value, self.budget) = (mark.value, mark.budget);
        self.set_end();
    }

    /// Writes when the step begins whose record begins there.
    #[inline(always)]
    fn set_started(&mut self, record: *mut u8, started: u64) {
        // SAFETY: the record is this one, which is not published, and its fixed part, which is in its first chunk, has
        // the time behind three other numbers.
        unsafe { record.add(STARTED).cast::<[u8; 8]>().write_unaligned(started.to_le_bytes()) };
    }

    /// Publishes what was written, where there is nothing to take care of.
    #[inline(always)]
    fn publish(&mut self) {
        let length = self.cursor as usize - self.piece as usize;
        // SAFETY: the piece begins with room for its length, and is not published.
        unsafe { self.piece.cast::<[u8; 4]>().write_unaligned((length as u32).to_le_bytes()) };
        self.published_more(length, 1);
    }

    fn publish_with_care(&mut self) {
        self.seal_piece(false);
        if self.care & care::CHAINED != 0 {
            let last = self.chain_length - 1;
            for place in 0..last {
                let (chunk, filled) = self.chain[place];
                let header = self.pool().memory.header(chunk);
                let more = filled - header.published().bytes;
                header.publish_more(Published { bytes: more, events: u32::from(place == 0) });
                self.pool().hand_over(chunk);
            }
            // What was defined in this record belongs to the chunk that it began in.
            self.forget_definitions();
        }
        let is_first = u32::from(self.care & care::CHAINED == 0);
        self.published_more(self.cursor as usize - self.piece as usize, is_first);
        self.end_record();
    }

    /// Nothing applies any more that applied to the record.
    fn end_record(&mut self) {
        (self.care, self.chain_length, self.end) = (0, 1, self.chunk_end);
        (self.left_out, self.withheld, self.checked_output) = (0, 0, 0);
        (self.value, self.budget) = (self.cursor, usize::MAX);
    }
}

// These take the writer as it is, so that who calls them has nothing to do afterwards.

#[cold]
#[inline(never)]
fn publish_with_care(mut writer: Borrowed) {
    writer.publish_with_care();
}

#[cold]
#[inline(never)]
fn publish_now_with_care(mut writer: Borrowed) -> u64 {
    let started = clock::ticks();
    publish_at_with_care(&mut writer, started);
    started
}

fn publish_at_with_care(writer: &mut Writer, started: u64) {
    let record = if writer.care & care::CHAINED == 0 { writer.piece } else { writer.start };
    writer.set_started(record, started);
    writer.publish_with_care();
}
