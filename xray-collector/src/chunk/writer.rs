//! The caller's side: the chunk that a thread writes, and the record it is writing.
//!
//! A thread has one [`Writer`]. It encodes in place, behind what is committed, and commits with one release store. On
//! the way it takes no lock, allocates nothing and does no read-modify-write; only a new chunk, every few hundred
//! events, goes through a channel. A record may span chunks: the pieces before the last are handed over when the
//! record is committed, and given back when it is not.
#![allow(unsafe_code)]

use std::cell::{RefCell, RefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::header::{self, Published};
use super::memory::HEADER_BYTES;
use super::pool::Pool;
use super::record::Draft;
use super::slot::Slot;
use crate::event::{CALLSITE, LONGEST_FIXED_PART, OuterRun, RECORD_HEADER, Site};
use crate::model::{Level, Outcome};
use crate::value::NAME_ANONYMOUS;

/// Kept back at the end of each chunk for closing what is open when there is no room left: two bytes for each level.
pub(super) const RESERVE: usize = 256;
/// No event begins where there is less room than this; its fixed part always fits.
const SMALLEST_ROOM: usize = 128;
const _: () = assert!(LONGEST_FIXED_PART <= SMALLEST_ROOM);
/// How many chunks one record may span.
pub(super) const LONGEST_CHAIN: usize = 32;
/// Entries of the table of names that are defined in the chunk.
const NAMES: usize = 256;
/// A thread that must not record.
const MUTED: u32 = u32::MAX;

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
    /// How much of its values is to be kept.
    pub level: Level,
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
pub(super) struct Name {
    address: usize,
    length: u32,
    generation: u32,
    number: u16,
    /// What has this name is withheld.
    is_secret: bool,
}

/// The chunk that a thread writes. One for each thread, borrowed through [`writer`].
pub struct Writer {
    /// The collector that it writes for; 0 for none.
    pub(super) session: u32,
    /// The chunk being written, or none.
    pub(super) chunk: Option<u32>,
    /// The next byte to write, behind everything committed.
    pub(super) cursor: *mut u8,
    /// No value goes beyond this: the chunk's end less the reserve, or nearer where a value's budget ends.
    pub(super) end: *mut u8,
    /// The chunk's end less the reserve.
    pub(super) chunk_end: *mut u8,
    /// Events committed to the chunk.
    pub(super) events: u32,
    /// How many chunks this slot wrote.
    pub(super) order: u32,
    /// Events of this slot, dropped ones included.
    pub(super) produced: u64,
    pub(super) next_step: u64,
    /// Of the chunk: names with another one are not defined in it.
    pub(super) generation: u32,
    pub(super) next_number: u16,
    pub(super) names: [Name; NAMES],
    /// Texts from this length on are looked at for secrets.
    pub(crate) looked_at_from: usize,
    /// Chunks of the record being written, with the bytes used in those before the last.
    pub(super) chain: [(u32, u32); LONGEST_CHAIN],
    pub(super) chain_length: usize,
    /// The record being written.
    pub(super) draft: Draft,
    /// Kept alive by this thread's [`Attachment`].
    pub(super) pool: *const Pool,
    pub(super) slot: *const Slot,
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

/// The calling thread's writer, attached to the pool of that session: `pool` is asked for it when the thread records
/// for the session for the first time. The thread records nothing else for as long as it is borrowed.
///
/// # Errors
/// When the thread cannot record now.
#[inline]
pub fn writer(session: u32, pool: fn() -> Option<Arc<Pool>>) -> Result<RefMut<'static, Writer>, Refused> {
    // SAFETY: the thread-local has no destructor, so that it is there for as long as its thread runs; and neither the
    // reference nor what is made of it can leave the thread: a `RefMut` is not `Send`, and its `Writer` is not `Sync`.
    let local: &'static RefCell<Writer> = WRITER.with(|writer| unsafe { &*std::ptr::from_ref(writer) });
    let mut writer = local.try_borrow_mut().map_err(|_| Refused::Busy)?;
    if writer.session != session {
        writer.attach(session, pool)?;
    }
    Ok(writer)
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
            names: [Name { address: 0, length: 0, generation: 0, number: 0, is_secret: false }; NAMES],
            looked_at_from: usize::MAX,
            chain: [(0, 0); LONGEST_CHAIN],
            chain_length: 0,
            draft: Draft::NONE,
            pool: std::ptr::null(),
            slot: std::ptr::null(),
        }
    }

    #[cold]
    fn attach(&mut self, session: u32, pool: fn() -> Option<Arc<Pool>>) -> Result<(), Refused> {
        if self.session == MUTED {
            return Err(Refused::Detached);
        }
        self.detach();
        let Some(pool) = pool().filter(|pool| pool.session == session) else { return Err(Refused::Detached) };
        let slot = pool.take_slot();
        // Both outlive their use here: the attachment, which owns them, detaches this writer before it lets go.
        self.looked_at_from = pool.redaction.shortest();
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

    /// Counts a run of which nothing is recorded, because it is not among the sample.
    pub fn count_unsampled_run(&self) {
        Slot::count(&self.slot().unsampled_runs);
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

    #[inline]
    pub(super) fn pool(&self) -> &Pool {
        // SAFETY: attached (callers are reached only then), so that the thread's attachment keeps the pool alive.
        unsafe { &*self.pool }
    }

    #[inline]
    pub(super) fn slot(&self) -> &Slot {
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

    /// Counts an event and makes room for its fixed part. `None` if it has to be dropped.
    #[inline]
    pub(super) fn begin(&mut self, run: u64, is_end_of_run: bool) -> Option<()> {
        self.produced += 1;
        self.slot().produced.store(self.produced, Ordering::Release);
        if self.chunk_end as usize <= self.cursor as usize + SMALLEST_ROOM && !self.next_chunk() {
            self.drop_event(&self.slot().no_chunk, run, is_end_of_run);
            return None;
        }
        Some(())
    }

    /// As [`Writer::begin`], for an event of a function: its number in this chunk.
    #[inline]
    pub(super) fn begin_at(&mut self, site: &'static Site, run: u64, is_end_of_run: bool) -> Option<u16> {
        self.begin(run, is_end_of_run)?;
        let address = std::ptr::from_ref(site) as usize;
        match self.number_of(address, u32::MAX) {
            Some((number, _)) => Some(number),
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
        let number = self.define(address, u32::MAX, false);
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
    pub(super) fn open(&mut self, chunk: u32) {
        let memory = &self.pool().memory;
        let (start, bytes) = (memory.chunk(chunk), memory.chunk_bytes());
        memory.header(chunk).begin(header::Writer { thread: self.slot().index, order: self.order });
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

    /// The number under which this chunk knows a name or callsite, and whether it names a secret.
    #[inline]
    pub(super) fn number_of(&self, address: usize, length: u32) -> Option<(u16, bool)> {
        let name = &self.names[Self::slot_of_name(address)];
        let is_known = name.address == address && name.length == length && name.generation == self.generation;
        is_known.then_some((name.number, name.is_secret))
    }

    pub(super) fn define(&mut self, address: usize, length: u32, is_secret: bool) -> u16 {
        let number = self.next_number;
        if number < NAME_ANONYMOUS {
            self.next_number += 1;
            let name = Name { address, length, generation: self.generation, number, is_secret };
            self.names[Self::slot_of_name(address)] = name;
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

impl Writer {
    /// Publishes everything up to the cursor, in which so many more events begin.
    #[inline]
    pub(super) fn publish(&mut self, events: u32) {
        let Some(chunk) = self.chunk else { return };
        let memory = &self.pool().memory;
        let bytes = self.cursor as usize - memory.chunk(chunk) as usize;
        let published = Published { bytes: bytes as u32, events: self.events + events };
        memory.header(chunk).publish(published);
        self.events = published.events;
    }
}
