//! The caller's side: the chunk that a thread writes, and the record it is writing.
//!
//! A thread has one [`Writer`]. It encodes in place, behind what is committed, and commits with one release store. On
//! the way it takes no lock, allocates nothing and does no read-modify-write; only a new chunk, every few hundred
//! events, goes through a channel. A record may span chunks: the pieces before the last are handed over when the
//! record is committed, and given back when it is not.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::header::{self, Header, Published};
use super::memory::HEADER_BYTES;
use super::pool::Pool;
use super::shape::Shapes;
use super::slot::Slot;
use super::terms::{Sites, Terms};
use super::whereabouts::{Current, Whereabouts};
use crate::clock;
use crate::event::{CALLSITE, LONGEST_FIXED_PART, OuterRun, RECORD_HEADER, Site};
use crate::model::{Level, Outcome};
use crate::value::NAME_ANONYMOUS;

/// Kept back at the end of each chunk for closing what is open when there is no room left: two bytes for each level.
pub(super) const RESERVE: usize = 256;
/// No event begins where there is less room than this; its fixed part always fits.
pub(super) const SMALLEST_ROOM: usize = 128;
const _: () = assert!(LONGEST_FIXED_PART <= SMALLEST_ROOM);
/// How many chunks one record may span.
pub(super) const LONGEST_CHAIN: usize = 32;
/// Entries of the table of names that are defined in the chunk.
const NAMES: usize = 256;
/// A name is in one of so many places behind each other: two that took turns in one would be defined at each use.
const PLACES_OF_NAME: usize = 8;
/// Names from this length on, and those at addresses of more than 48 bits, are defined at each use.
const LONGEST_NAME: usize = 1 << 15;
/// How far from its end the counter of steps begins anew: more than one chunk can have.
const STEPS_OF_A_CHUNK: u64 = 1 << 24;
const LARGEST_STEP: u64 = (1 << 40) - 1;
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

/// A name that is defined in the chunk.
#[derive(Clone, Copy)]
pub(super) struct Name {
    /// Where its text is, and in the upper 16 bits how long, with [`SECRET`] if what has this name is withheld; 0 for
    /// none.
    key: u64,
    number: u16,
}

const NO_NAME: Name = Name { key: 0, number: 0 };
const SECRET: u64 = 1 << 63;

/// What the record that is being written needs to be looked at for: almost always nothing.
pub(super) mod care {
    /// It spans chunks.
    pub(in super::super) const CHAINED: u8 = 1;
    /// Something did not fit.
    pub(in super::super) const FULL: u8 = 2;
    /// Some of its arguments must not be captured.
    pub(in super::super) const LEFT_OUT: u8 = 4;
    /// The keys of its result are checked.
    pub(in super::super) const CHECKED: u8 = 8;
}

/// The chunk that a thread writes, and the record that it is writing there.
#[repr(C)]
pub struct Writer {
    /// The next byte to write, behind everything published.
    pub(super) cursor: *mut u8,
    /// No value goes beyond this: the chunk's end less the reserve, or nearer where a value's budget ends.
    pub(super) end: *mut u8,
    /// The chunk's end less the reserve; null without a chunk.
    pub(super) chunk_end: *mut u8,
    /// Of the chunk. Valid where `chunk_end` is not null.
    pub(super) header: *const Header,
    /// Where the record's piece in this chunk begins.
    pub(super) piece: *mut u8,
    /// Kept alive by this thread's [`Attachment`].
    pub(super) slot: *const Slot,
    pub(super) pool: *const Pool,
    /// The step that begins next, with the slot in its upper bits.
    pub(super) next_step: u64,
    /// The collector that it writes for; 0 for none.
    pub(super) session: u32,
    /// What a place says of who records it where this thread records without further ado.
    pub(super) here: u64,
    /// Of [`care`], what applies to the record.
    pub(super) care: u8,
    pub(super) next_number: u16,
    /// Texts from this length on are looked at for secrets.
    pub(crate) looked_at_from: usize,
    /// What is looked for in texts are secrets of known form alone.
    pub(crate) looks_as_usual: bool,
    /// Where the value being written, or its part in the current chunk, begins; and how long it may still get.
    pub(super) value: *mut u8,
    pub(super) budget: usize,
    /// Functions that are defined in the chunk.
    pub(super) sites: Sites,
    pub(super) names: [Name; NAMES],
    pub(super) shapes: Shapes,
    /// The chunk being written, or none.
    pub(super) chunk: Option<u32>,
    /// How many chunks this slot wrote.
    pub(super) order: u32,
    /// Where the record begins, if it is chained.
    pub(super) start: *mut u8,
    /// Chunks of the record being written, with the bytes used in those before the last.
    pub(super) chain: [(u32, u32); LONGEST_CHAIN],
    /// At least 1 while a record is being written.
    pub(super) chain_length: usize,
    /// Arguments that must not be captured, from the next one on: see `super::fitting`.
    pub(super) left_out: i32,
    /// Of the arguments still to come, those that are redacted for their names.
    pub(super) withheld: i32,
    /// By what the result is checked; 0 for nothing.
    pub(super) checked_output: u32,
}

/// Keeps a thread's pool alive and, when the thread ends, hands over its chunk and gives back its slot.
struct Attachment {
    pool: Arc<Pool>,
    slot: Arc<Slot>,
}

/// A thread's place, its writer, and whether that is in use.
struct Thread {
    is_busy: Cell<bool>,
    current: Current,
    writer: UnsafeCell<Writer>,
}

thread_local! {
    // Without a destructor, so that reaching it needs no check; `ATTACHMENT` has one.
    static THREAD: Thread =
        const {
            Thread {
                is_busy: Cell::new(false),
                current: Current::new(),
                writer: UnsafeCell::new(Writer::detached()),
            }
        };
    static ATTACHMENT: RefCell<Option<Attachment>> = const { RefCell::new(None) };
}

/// The calling thread's writer, borrowed: the thread records nothing else for as long.
pub struct Borrowed {
    thread: &'static Thread,
}

impl Borrowed {
    #[inline(always)]
    pub(super) fn new() -> Option<Self> {
        // SAFETY: the thread-local has no destructor, so that it is there for as long as its thread runs, and the
        // reference cannot leave the thread: a `Thread` is not `Sync`, nor is what holds a reference to it `Send`.
        let thread: &'static Thread = THREAD.with(|thread| unsafe { &*std::ptr::from_ref(thread) });
        if thread.is_busy.get() {
            return None;
        }
        thread.is_busy.set(true);
        Some(Self { thread })
    }

    /// The thread's place.
    #[inline(always)]
    pub(super) fn current(&self) -> &'static Current {
        &self.thread.current
    }
}

impl std::ops::Deref for Borrowed {
    type Target = Writer;

    #[inline(always)]
    fn deref(&self) -> &Writer {
        // SAFETY: there is one `Borrowed` at a time on this thread, which `is_busy` says, and nothing else refers to
        // the writer.
        unsafe { &*self.thread.writer.get() }
    }
}

impl std::ops::DerefMut for Borrowed {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Writer {
        // SAFETY: as above; this one is borrowed mutably.
        unsafe { &mut *self.thread.writer.get() }
    }
}

impl Drop for Borrowed {
    #[inline(always)]
    fn drop(&mut self) {
        self.thread.is_busy.set(false);
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // Not borrowed when a thread ends. When a thread changes over to another pool it is, and has detached already.
        if let Some(mut writer) = Borrowed::new() {
            writer.detach();
        }
        self.pool.return_slot(Arc::clone(&self.slot));
    }
}

/// The calling thread's writer, attached to the pool of that session: `pool` is asked for it when the thread records
/// for the session for the first time.
///
/// # Errors
/// When the thread cannot record now.
#[inline]
pub fn writer(session: u32, pool: fn() -> Option<Arc<Pool>>) -> Result<Borrowed, Refused> {
    let mut writer = Borrowed::new().ok_or(Refused::Busy)?;
    if writer.session != session {
        writer.attach(session, pool)?;
    }
    Ok(writer)
}

/// Reaches the calling thread's place.
#[inline(always)]
pub(super) fn with_current<R>(act: impl FnOnce(&Current) -> R) -> R {
    THREAD.with(|thread| act(&thread.current))
}

/// Makes the calling thread one that never records: the collector's own, which would otherwise feed itself.
pub fn mute_this_thread() {
    if let Some(mut writer) = Borrowed::new() {
        writer.detach();
        writer.session = MUTED;
    }
}

impl Writer {
    const fn detached() -> Self {
        Self {
            cursor: std::ptr::null_mut(),
            end: std::ptr::null_mut(),
            chunk_end: std::ptr::null_mut(),
            header: std::ptr::null(),
            piece: std::ptr::null_mut(),
            slot: std::ptr::null(),
            pool: std::ptr::null(),
            next_step: 0,
            session: 0,
            here: Whereabouts::NEVER,
            care: 0,
            next_number: 0,
            looked_at_from: usize::MAX,
            looks_as_usual: false,
            value: std::ptr::null_mut(),
            budget: usize::MAX,
            sites: Sites::new(),
            names: [NO_NAME; NAMES],
            shapes: Shapes::NONE,
            chunk: None,
            order: 0,
            start: std::ptr::null_mut(),
            chain: [(0, 0); LONGEST_CHAIN],
            chain_length: 1,
            left_out: 0,
            withheld: 0,
            checked_output: 0,
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
        self.looks_as_usual = pool.redaction.is_usual();
        let (pool_address, slot_address) = (Arc::as_ptr(&pool), Arc::as_ptr(&slot));
        let next_step = (u64::from(slot.index) + 1) << 40 | slot.next_step.load(Ordering::Relaxed) & LARGEST_STEP;
        let order = slot.next_chunk.load(Ordering::Relaxed) as u32;
        let attachment = Attachment { pool, slot };
        if let Err(attachment) = keep(attachment) {
            // Thread-local storage is being torn down: nobody would hand over what is written now.
            let slot = &attachment.slot;
            Slot::count(&slot.produced);
            Slot::count(&slot.stopped);
            return Err(Refused::Detached);
        }
        (self.pool, self.slot, self.session) = (pool_address, slot_address, session);
        (self.next_step, self.order) = (next_step, order);
        self.here = if clock::is_counter() { Whereabouts::recorded_by(session) } else { Whereabouts::NEVER };
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
        self.leave_chunk();
        self.slot().next_step.store(self.next_step & LARGEST_STEP, Ordering::Relaxed);
        self.slot().next_chunk.store(self.order.into(), Ordering::Relaxed);
        (self.session, self.here) = (0, Whereabouts::NEVER);
        (self.pool, self.slot) = (std::ptr::null(), std::ptr::null());
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
        let step = self.next_step;
        // The counter wraps around; the slot above it stays.
        self.next_step = step & !LARGEST_STEP | (step + 1) & LARGEST_STEP;
        step
    }

    /// Counts an event that begins.
    #[inline(always)]
    pub(super) fn count_event(&self) {
        Slot::count(&self.slot().produced);
    }

    /// Counts an event and makes room for its fixed part. `None` if it has to be dropped.
    #[inline]
    pub(super) fn begin(&mut self, run: u64, is_end_of_run: bool) -> Option<()> {
        self.count_event();
        if self.chunk_end as usize <= self.cursor as usize + SMALLEST_ROOM && !self.next_chunk() {
            return self.drop_event(&self.slot().no_chunk, run, is_end_of_run);
        }
        Some(())
    }

    /// As [`Writer::begin`], for an event of a function: defines it if the chunk does not know it.
    #[inline]
    pub(super) fn begin_at(&mut self, site: &'static Site, terms: Terms, run: u64, is_end_of_run: bool) -> Option<()> {
        self.begin(run, is_end_of_run)?;
        if self.sites.know(terms) { Some(()) } else { self.define_callsite(site, terms, run, is_end_of_run) }
    }

    #[cold]
    fn drop_event(&self, counter: &std::sync::atomic::AtomicU64, run: u64, is_end_of_run: bool) -> Option<()> {
        Slot::count(counter);
        self.pool().note_loss(run, is_end_of_run);
        None
    }

    /// Writes what the function is, for the events of it that follow in this chunk.
    #[cold]
    fn define_callsite(&mut self, site: &'static Site, terms: Terms, run: u64, is_end: bool) -> Option<()> {
        let length = RECORD_HEADER + site.encoded_length();
        let fits = |writer: &Self| writer.cursor as usize + length + SMALLEST_ROOM < writer.chunk_end as usize;
        if !fits(self) && !self.next_chunk() {
            return self.drop_event(&self.slot().no_chunk, run, is_end);
        }
        if !fits(self) {
            return self.drop_event(&self.slot().too_large, run, is_end);
        }
        self.sites.learn(terms);
        let mut header = [0; RECORD_HEADER];
        header[..4].copy_from_slice(&(length as u32).to_le_bytes());
        (header[4], header[5]) = (CALLSITE, site.flags());
        header[6..8].copy_from_slice(&terms.number().to_le_bytes());
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
        self.published_more(length, 0);
        Some(())
    }

    /// Hands over the chunk and takes another. `false` if there is none.
    #[cold]
    fn next_chunk(&mut self) -> bool {
        self.leave_chunk();
        if self.next_step & LARGEST_STEP > LARGEST_STEP - STEPS_OF_A_CHUNK {
            self.next_step &= !LARGEST_STEP;
            self.next_step += 1;
        }
        let Some(chunk) = self.pool().acquire() else { return false };
        self.open(chunk);
        true
    }

    /// Hands over the chunk, if there is one.
    fn leave_chunk(&mut self) {
        if let Some(chunk) = self.chunk.take() {
            self.pool().hand_over(chunk);
        }
        self.forget_definitions();
        (self.cursor, self.end, self.chunk_end) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
    }

    pub(super) fn forget_names(&mut self) {
        self.names = [NO_NAME; NAMES];
        self.shapes = Shapes::NONE;
    }

    /// What comes next is in a chunk in which nothing is defined.
    pub(super) fn forget_definitions(&mut self) {
        self.forget_names();
        self.next_number = 0;
        self.sites.forget();
    }

    /// Makes a chunk from the free channel the one being written.
    pub(super) fn open(&mut self, chunk: u32) {
        let memory = &self.pool().memory;
        let (start, bytes) = (memory.chunk(chunk), memory.chunk_bytes());
        let header = memory.header(chunk);
        header.begin(header::Writer { thread: self.slot().index, order: self.order });
        header.publish(Published { bytes: HEADER_BYTES as u32, events: 0 });
        self.header = header;
        self.order = self.order.wrapping_add(1);
        self.chunk = Some(chunk);
        // SAFETY: both offsets are within the chunk, which is at least 4096 bytes long.
        unsafe {
            self.cursor = start.add(HEADER_BYTES);
            self.chunk_end = start.add(bytes - RESERVE);
        }
        self.end = self.chunk_end;
    }

    /// Lets the collector read so many bytes more, which stand where the published part ends.
    #[inline(always)]
    pub(super) fn published_more(&self, bytes: usize, events: u32) {
        // SAFETY: there is a chunk, whose bytes these are, and the pool that it is in is kept by the attachment.
        unsafe { &*self.header }.publish_more(Published { bytes: bytes as u32, events });
    }

    #[inline(always)]
    fn key_of_name(name: &'static str) -> u64 {
        (name.as_ptr() as u64) | (name.len() as u64) << 48
    }

    #[inline(always)]
    fn place_of_name(name: &'static str) -> usize {
        name.as_ptr() as usize % NAMES
    }

    /// The number under which this chunk knows a name that is no secret's, if that is in its first place.
    #[inline(always)]
    pub(crate) fn number_of(&self, name: &'static str) -> Option<u16> {
        let known = &self.names[Self::place_of_name(name)];
        (known.key == Self::key_of_name(name) && name.len() < LONGEST_NAME).then_some(known.number)
    }

    /// The number under which this chunk knows a name, and whether that is a secret's.
    pub(super) fn find_name(&self, name: &'static str) -> Option<(u16, bool)> {
        let key = Self::key_of_name(name);
        let mut places = Self::places_of_name(name).map(|place| &self.names[place]);
        let known = places.find(|known| known.key & !SECRET == key).filter(|_| name.len() < LONGEST_NAME)?;
        Some((known.number, known.key & SECRET != 0))
    }

    /// Where a name can be, the first place first.
    fn places_of_name(name: &'static str) -> impl Iterator<Item = usize> {
        let first = Self::place_of_name(name);
        (first..first + PLACES_OF_NAME).map(|place| place % NAMES)
    }

    pub(super) fn define(&mut self, name: &'static str, is_secret: bool) -> u16 {
        let number = self.next_number;
        if number < NAME_ANONYMOUS {
            self.next_number += 1;
            if name.len() < LONGEST_NAME && (name.as_ptr() as u64) < 1 << 48 {
                let key = Self::key_of_name(name) | if is_secret { SECRET } else { 0 };
                let free = Self::places_of_name(name).find(|place| self.names[*place].key == NO_NAME.key);
                self.names[free.unwrap_or(Self::place_of_name(name))] = Name { key, number };
            }
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
