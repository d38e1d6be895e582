//! The caller's side: the chunk that a thread writes, and the record it is writing.
//!
//! A thread has one [`Writer`]. It encodes in place, behind what is committed, and commits with one release store. On
//! the way it takes no lock, allocates nothing and does no read-modify-write; only a new chunk, every few hundred
//! events, goes through a channel. A record may span chunks: the pieces before the last are handed over when the
//! record is committed, and given back when it is not.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::memory::HEADER_BYTES;
use super::pool::{Pool, Slot};
use crate::clock;
use crate::event::{
    CALLSITE, ENTERED, FLAG_CONTINUES, LEFT, LONGEST_FIXED_PART, OuterRun, PART, RECORD_HEADER, Site, clipped,
    code_of_outcome,
};
use crate::model::Outcome;
use crate::value::{NAME_ANONYMOUS, NAME_DEFINED};

/// Kept back at the end of each chunk for closing what is open when there is no room left: two bytes for each level.
const RESERVE: usize = 256;
/// No event begins where there is less room than this; its fixed part always fits.
const SMALLEST_ROOM: usize = 128;
const _: () = assert!(LONGEST_FIXED_PART <= SMALLEST_ROOM);
/// How many chunks one record may span.
const LONGEST_CHAIN: usize = 32;
/// Entries of the table of names that are defined in the chunk.
const NAMES: usize = 256;
/// A thread that must not record.
const MUTED: u32 = u32::MAX;

/// There is no room left for this value: what is open must be closed, with the rest left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Why nothing can be recorded on this thread now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is in the middle of recording: a `Serialize` or `Debug` called an instrumented function.
    Busy,
    /// There is no collector, the thread is ending, or it is the collector's own.
    Detached,
}

/// The place of a step that begins.
#[derive(Debug, Clone, Copy)]
pub struct Entered {
    /// The step: from [`Writer::next_step`].
    pub step: u64,
    /// The step that called it; 0 for none.
    pub parent: u64,
    /// The run: its first step.
    pub run: u64,
    /// The run that `parent` belongs to, if this step opens a run inside another.
    pub outer_run: OuterRun,
}

/// What is known of a step when it ends, beside its result.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// Its place.
    pub place: Entered,
    /// When its body began, in ticks.
    pub started: u64,
    /// When it ended, in ticks.
    pub ended: u64,
    /// How.
    pub outcome: Outcome,
}

#[derive(Clone, Copy)]
struct Name {
    address: usize,
    length: u32,
    generation: u32,
    number: u16,
}

/// The chunk that a thread writes. One for each thread, reached through [`with_writer`].
pub struct Writer {
    /// The collector that it writes for; 0 for none.
    session: u32,
    /// The chunk being written, or none.
    chunk: Option<u32>,
    /// The next byte to write, behind everything committed.
    cursor: *mut u8,
    /// No value goes beyond this: the chunk's end less the reserve, or nearer where a value's budget ends.
    end: *mut u8,
    /// The chunk's end less the reserve.
    chunk_end: *mut u8,
    /// Events committed to the chunk.
    events: u32,
    /// How many chunks this slot wrote.
    order: u32,
    /// Events of this slot, dropped ones included.
    produced: u64,
    next_step: u64,
    /// Of the chunk: names with another one are not defined in it.
    generation: u32,
    next_number: u16,
    names: [Name; NAMES],
    /// Chunks of the record being written, with the bytes used in those before the last.
    chain: [(u32, u32); LONGEST_CHAIN],
    chain_length: usize,
    /// Kept alive by this thread's [`Attachment`].
    pool: *const Pool,
    slot: *const Slot,
}

/// Keeps a thread's pool alive and, when the thread ends, hands over its chunk and gives back its slot.
struct Attachment {
    pool: Arc<Pool>,
    slot: Arc<Slot>,
}

thread_local! {
    // Without a destructor, so that reaching it needs no check; `ATTACHMENT` has one.
    static WRITER: RefCell<Writer> = const { RefCell::new(Writer::detached()) };
    static ATTACHMENT: RefCell<Option<Attachment>> = const { RefCell::new(None) };
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // Not borrowed when a thread ends. When a thread changes over to another pool it is, and has detached already.
        let _ = WRITER.try_with(|writer| writer.try_borrow_mut().map(|mut writer| writer.detach()));
        self.pool.return_slot(Arc::clone(&self.slot));
    }
}

/// Runs `act` with the calling thread's writer, attached to the pool of that session: `pool` is asked for it when the
/// thread records for the session for the first time.
///
/// # Errors
/// When the thread cannot record now.
#[inline]
pub fn with_writer<R>(
    session: u32,
    pool: impl FnOnce() -> Option<Arc<Pool>>,
    act: impl FnOnce(&mut Writer) -> R,
) -> Result<R, Refused> {
    WRITER.with(|writer| {
        let mut writer = writer.try_borrow_mut().map_err(|_| Refused::Busy)?;
        if writer.session != session {
            writer.attach(session, pool())?;
        }
        Ok(act(&mut writer))
    })
}

/// Makes the calling thread one that never records: the collector's own, which would otherwise feed itself.
pub fn mute_this_thread() {
    WRITER.with(|writer| {
        let mut writer = writer.borrow_mut();
        writer.detach();
        writer.session = MUTED;
    });
}

impl Writer {
    const fn detached() -> Self {
        Self {
            session: 0,
            chunk: None,
            cursor: std::ptr::null_mut(),
            end: std::ptr::null_mut(),
            chunk_end: std::ptr::null_mut(),
            events: 0,
            order: 0,
            produced: 0,
            next_step: 0,
            generation: 0,
            next_number: 0,
            names: [Name { address: 0, length: 0, generation: 0, number: 0 }; NAMES],
            chain: [(0, 0); LONGEST_CHAIN],
            chain_length: 0,
            pool: std::ptr::null(),
            slot: std::ptr::null(),
        }
    }

    #[cold]
    fn attach(&mut self, session: u32, pool: Option<Arc<Pool>>) -> Result<(), Refused> {
        if self.session == MUTED {
            return Err(Refused::Detached);
        }
        self.detach();
        let Some(pool) = pool.filter(|pool| pool.session == session) else { return Err(Refused::Detached) };
        let slot = pool.take_slot();
        // Both outlive their use here: the attachment, which owns them, detaches this writer before it lets go.
        let (pool_address, slot_address) = (Arc::as_ptr(&pool), Arc::as_ptr(&slot));
        let (produced, step, order) = (
            slot.produced.load(Ordering::Relaxed),
            slot.next_step.load(Ordering::Relaxed),
            slot.next_chunk.load(Ordering::Relaxed),
        );
        let attachment = Attachment { pool, slot };
        if let Err(attachment) = keep(attachment) {
            // Thread-local storage is being torn down: nobody would hand over what is written now.
            let slot = &attachment.slot;
            Slot::count(&slot.produced);
            Slot::count(&slot.stopped);
            return Err(Refused::Detached);
        }
        (self.pool, self.slot, self.session) = (pool_address, slot_address, session);
        (self.produced, self.next_step, self.order) = (produced, step, order as u32);
        Ok(())
    }

    /// Hands over the chunk and forgets the pool.
    fn detach(&mut self) {
        if self.pool.is_null() {
            return;
        }
        if let Some(chunk) = self.chunk.take() {
            self.pool().hand_over(chunk);
        }
        self.slot().next_step.store(self.next_step, Ordering::Relaxed);
        self.slot().next_chunk.store(self.order.into(), Ordering::Relaxed);
        self.session = 0;
        self.generation = self.generation.wrapping_add(1);
        (self.pool, self.slot) = (std::ptr::null(), std::ptr::null());
        (self.cursor, self.end) = (std::ptr::null_mut(), std::ptr::null_mut());
        self.chunk_end = std::ptr::null_mut();
    }

    fn pool(&self) -> &Pool {
        // SAFETY: attached (callers are reached only then), so that the thread's attachment keeps the pool alive.
        unsafe { &*self.pool }
    }

    fn slot(&self) -> &Slot {
        // SAFETY: as for `pool`.
        unsafe { &*self.slot }
    }

    /// An id for a step that begins on this thread; never 0.
    #[inline]
    pub fn next_step(&mut self) -> u64 {
        let step = (u64::from(self.slot().index) + 1) << 40 | self.next_step & ((1 << 40) - 1);
        self.next_step += 1;
        step
    }

    /// Records that a step begins, with the arguments that `fill` writes, and returns the time that its body begins:
    /// the clock is read last. Returns the time all the same when the event had to be dropped.
    #[inline]
    pub fn entered(&mut self, site: &'static Site, place: Entered, fill: impl FnOnce(&mut Record<'_>)) -> u64 {
        let Some(callsite) = self.begin(site, place.run, false) else { return clock::ticks() };
        let mut record = Record::new(self, ENTERED, callsite, place.outer_run);
        record.place(place, 0);
        fill(&mut record);
        record.commit(true)
    }

    /// Records that a step has ended, with the result that `fill` writes.
    #[inline]
    pub fn left(&mut self, site: &'static Site, end: Ended, fill: impl FnOnce(&mut Record<'_>)) {
        let Some(callsite) = self.begin(site, end.place.run, end.place.step == end.place.run) else { return };
        let mut record = Record::new(self, LEFT, callsite, end.place.outer_run);
        record.place(end.place, end.started);
        record.put_fixed(end.ended.to_le_bytes());
        record.put_fixed([code_of_outcome(end.outcome)]);
        fill(&mut record);
        record.commit(false);
    }

    /// Counts an event and makes room for its fixed part. `None` if it has to be dropped.
    #[inline]
    fn begin(&mut self, site: &'static Site, run: u64, is_end_of_run: bool) -> Option<u16> {
        self.produced += 1;
        self.slot().produced.store(self.produced, Ordering::Release);
        if self.chunk_end as usize <= self.cursor as usize + SMALLEST_ROOM && !self.next_chunk() {
            return self.drop_event(&self.slot().no_chunk, run, is_end_of_run);
        }
        let address = std::ptr::from_ref(site) as usize;
        match self.number_of(address, u32::MAX) {
            Some(number) => Some(number),
            None => self.define_callsite(site, address, run, is_end_of_run),
        }
    }

    #[cold]
    fn drop_event(&self, counter: &std::sync::atomic::AtomicU64, run: u64, is_end_of_run: bool) -> Option<u16> {
        Slot::count(counter);
        self.pool().note_loss(run, is_end_of_run);
        None
    }

    /// Writes what the function is, for the events of it that follow in this chunk.
    #[cold]
    fn define_callsite(&mut self, site: &'static Site, address: usize, run: u64, is_end: bool) -> Option<u16> {
        let length = RECORD_HEADER + site.encoded_length();
        let fits = |writer: &Self| writer.cursor as usize + length + SMALLEST_ROOM < writer.chunk_end as usize;
        if !fits(self) && !self.next_chunk() {
            return self.drop_event(&self.slot().no_chunk, run, is_end);
        }
        if !fits(self) {
            return self.drop_event(&self.slot().too_large, run, is_end);
        }
        let number = self.define(address, u32::MAX);
        let mut header = [0; RECORD_HEADER];
        header[..4].copy_from_slice(&(length as u32).to_le_bytes());
        (header[4], header[5]) = (CALLSITE, site.flags());
        header[6..8].copy_from_slice(&number.to_le_bytes());
        let mut put = |bytes: &[u8]| {
            // SAFETY: `fits` says that the whole record is before the end of the chunk, which this thread owns, and
            // the cursor is behind what is committed.
            unsafe {
                self.cursor.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                self.cursor = self.cursor.add(bytes.len());
            }
        };
        put(&header);
        site.encode(put);
        Some(number)
    }

    /// Hands over the chunk and takes another. `false` if there is none.
    #[cold]
    fn next_chunk(&mut self) -> bool {
        if let Some(chunk) = self.chunk.take() {
            self.pool().hand_over(chunk);
        }
        self.generation = self.generation.wrapping_add(1);
        self.next_number = 0;
        let Some(chunk) = self.pool().acquire() else {
            (self.cursor, self.chunk_end) = (std::ptr::null_mut(), std::ptr::null_mut());
            return false;
        };
        self.open(chunk);
        true
    }

    /// Makes a chunk from the free channel the one being written.
    fn open(&mut self, chunk: u32) {
        let memory = &self.pool().memory;
        let (start, bytes) = (memory.chunk(chunk), memory.chunk_bytes());
        let header = memory.header(chunk);
        header.thread.store(self.slot().index, Ordering::Relaxed);
        header.order.store(self.order, Ordering::Relaxed);
        header.events.store(0, Ordering::Relaxed);
        self.order = self.order.wrapping_add(1);
        self.chunk = Some(chunk);
        self.events = 0;
        // SAFETY: both offsets are within the chunk, which is at least 4096 bytes long.
        unsafe {
            self.cursor = start.add(HEADER_BYTES);
            self.chunk_end = start.add(bytes - RESERVE);
        }
    }

    #[inline]
    fn slot_of_name(address: usize) -> usize {
        (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 56
    }

    /// The number under which this chunk knows a name or callsite.
    #[inline]
    fn number_of(&self, address: usize, length: u32) -> Option<u16> {
        let name = &self.names[Self::slot_of_name(address)];
        (name.address == address && name.length == length && name.generation == self.generation).then_some(name.number)
    }

    fn define(&mut self, address: usize, length: u32) -> u16 {
        let number = self.next_number;
        if number < NAME_ANONYMOUS {
            self.next_number += 1;
            self.names[Self::slot_of_name(address)] = Name { address, length, generation: self.generation, number };
        }
        number
    }
}

/// Keeps the attachment for as long as the thread lives. Gives it back if the thread is ending.
fn keep(attachment: Attachment) -> Result<(), Attachment> {
    let mut attachment = Some(attachment);
    // A thread that changes over drops its earlier attachment here, outside of the borrow.
    let earlier = ATTACHMENT.try_with(|place| place.replace(attachment.take()));
    drop(earlier);
    attachment.map_or(Ok(()), Err)
}

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
    fn new(writer: &'w mut Writer, kind: u8, callsite: u16, outer_run: OuterRun) -> Self {
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
    fn put_fixed<const N: usize>(&mut self, bytes: [u8; N]) {
        // SAFETY: the fixed part is at most `LONGEST_FIXED_PART` long, which is within `SMALLEST_ROOM`, and so much is
        // before the chunk's end.
        unsafe { self.put_unchecked(bytes) }
    }

    #[inline(always)]
    fn place(&mut self, place: Entered, started: u64) {
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
    fn commit(mut self, starts_now: bool) -> u64 {
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

impl Writer {
    /// Moves `committed` up to the cursor.
    #[inline]
    fn publish(&mut self, events: u32) {
        let Some(chunk) = self.chunk else { return };
        let memory = &self.pool().memory;
        let header = memory.header(chunk);
        let committed = self.cursor as usize - memory.chunk(chunk) as usize;
        header.events.store(self.events + events, Ordering::Relaxed);
        header.committed.store(committed as u32, Ordering::Release);
        self.events += events;
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
