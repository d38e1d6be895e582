//! The hand-over between threads and the collector, in all interleavings that the memory model allows.
//!
//! The atomics are those of the collector: `header.rs` and `slot.rs` are compiled here with loom's in place
//! of the standard library's. The bytes are cells that loom watches: a byte that is read while it may be written is a
//! failure. The channels, which are crossbeam's, are stood in for by the least that they promise: what was done before
//! sending is seen after receiving.
#![allow(unsafe_code)]

mod sync {
    pub(super) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
}
#[allow(dead_code, unreachable_pub)]
#[path = "../src/chunk/header.rs"]
mod header;
#[allow(dead_code, unreachable_pub)]
#[path = "../src/chunk/slot.rs"]
mod slot;

use std::sync::atomic::Ordering;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, AtomicU64};
use loom::thread;

use self::header::{Header, Published, Writer};
use self::slot::{Produced, Slot};

const CHUNKS: usize = 2;
/// Records that fit into a chunk, each one byte long.
const RECORDS: usize = 2;
/// Stands for the header's 64 bytes.
const HEADER_BYTES: u32 = 1;

/// One sender at a time, one receiver at a time, and never more entries than it has places.
struct Channel {
    places: [AtomicU32; 2 * CHUNKS],
    sent: AtomicU32,
    received: AtomicU32,
}

impl Channel {
    fn new() -> Self {
        Self {
            places: std::array::from_fn(|_| AtomicU32::new(u32::MAX)),
            sent: AtomicU32::new(0),
            received: AtomicU32::new(0),
        }
    }

    fn send(&self, chunk: u32) {
        let place = self.sent.load(Ordering::Relaxed);
        self.sent.store(place + 1, Ordering::Relaxed);
        self.places[place as usize % self.places.len()].store(chunk, Ordering::Release);
    }

    fn try_recv(&self) -> Option<u32> {
        let number = self.received.load(Ordering::Relaxed);
        let place = &self.places[number as usize % self.places.len()];
        let chunk = Some(place.load(Ordering::Acquire)).filter(|chunk| *chunk != u32::MAX)?;
        place.store(u32::MAX, Ordering::Relaxed);
        self.received.store(number + 1, Ordering::Relaxed);
        Some(chunk)
    }
}

#[derive(Default)]
struct Chunk {
    header: Header,
    bytes: [UnsafeCell<u8>; RECORDS],
}

struct Pool {
    chunks: [Chunk; CHUNKS],
    free: Channel,
    full: Channel,
    slot: Slot,
}

impl Pool {
    fn new() -> Arc<Self> {
        let pool = Self {
            chunks: std::array::from_fn(|_| Chunk::default()),
            free: Channel::new(),
            full: Channel::new(),
            slot: Slot::default(),
        };
        (0..CHUNKS as u32).for_each(|chunk| pool.free.send(chunk));
        Arc::new(pool)
    }
}

/// A thread's side, as `writer.rs` has it.
struct Recorder {
    pool: Arc<Pool>,
    chunk: Option<u32>,
    written: usize,
    order: u32,
    produced: u64,
}

impl Recorder {
    fn attach(pool: &Arc<Pool>) -> Self {
        let order = pool.slot.next_chunk.load(Ordering::Relaxed) as u32;
        let produced = pool.slot.produced.load(Ordering::Relaxed);
        Self { pool: Arc::clone(pool), chunk: None, written: 0, order, produced }
    }

    /// Whether it was recorded; if not it was counted.
    fn record(&mut self, byte: u8) -> bool {
        self.produced += 1;
        self.pool.slot.produced.store(self.produced, Ordering::Release);
        if (self.chunk.is_none() || self.written == RECORDS) && !self.next_chunk() {
            Slot::count(&self.pool.slot.no_chunk);
            return false;
        }
        let chunk = &self.pool.chunks[self.chunk.expect("there is one") as usize];
        // SAFETY: not published yet; loom fails if somebody reads it.
        chunk.bytes[self.written].with_mut(|place| unsafe { *place = byte });
        self.written += 1;
        chunk.header.publish(Published { bytes: HEADER_BYTES + self.written as u32, events: self.written as u32 });
        true
    }

    fn next_chunk(&mut self) -> bool {
        if let Some(chunk) = self.chunk.take() {
            self.pool.full.send(chunk);
        }
        let Some(chunk) = self.pool.free.try_recv() else { return false };
        self.pool.chunks[chunk as usize].header.begin(Writer { thread: 0, order: self.order });
        self.order += 1;
        (self.chunk, self.written) = (Some(chunk), 0);
        true
    }

    /// The thread ends, or changes over to another collector.
    fn detach(mut self) {
        if let Some(chunk) = self.chunk.take() {
            self.pool.full.send(chunk);
        }
        self.pool.slot.next_chunk.store(self.order.into(), Ordering::Relaxed);
    }
}

/// The collector's side, as `reader.rs` has it.
struct Collector {
    pool: Arc<Pool>,
    positions: [u32; CHUNKS],
    next: u32,
    early: Vec<u32>,
    read: Vec<u8>,
}

impl Collector {
    fn new(pool: &Arc<Pool>) -> Self {
        let positions = [HEADER_BYTES; CHUNKS];
        Self { pool: Arc::clone(pool), positions, next: 0, early: Vec::new(), read: Vec::new() }
    }

    fn read_all(&mut self) {
        while let Some(chunk) = self.pool.full.try_recv() {
            self.early.push(chunk);
            while let Some(place) = self.early.iter().position(|chunk| self.is_next(*chunk)) {
                let chunk = self.early.swap_remove(place);
                self.read(chunk);
                self.retire(chunk);
            }
        }
        for chunk in 0..CHUNKS as u32 {
            let published = self.pool.chunks[chunk as usize].header.published().bytes;
            if published > self.positions[chunk as usize] && self.is_next(chunk) {
                self.read(chunk);
            }
        }
    }

    fn is_next(&self, chunk: u32) -> bool {
        self.pool.chunks[chunk as usize].header.writer() == Writer { thread: 0, order: self.next }
    }

    fn read(&mut self, chunk: u32) {
        let Chunk { header, bytes } = &self.pool.chunks[chunk as usize];
        let published = header.published().bytes;
        let from = self.positions[chunk as usize];
        for place in from..published.max(from) {
            // SAFETY: published; loom fails if somebody writes it.
            self.read.push(bytes[(place - HEADER_BYTES) as usize].with(|place| unsafe { *place }));
            self.positions[chunk as usize] = place + 1;
        }
    }

    fn retire(&mut self, chunk: u32) {
        let header = &self.pool.chunks[chunk as usize].header;
        assert_eq!(header.published().events, self.positions[chunk as usize] - HEADER_BYTES, "read to the end");
        self.positions[chunk as usize] = HEADER_BYTES;
        self.next = header.writer().order + 1;
        header.clear();
        self.pool.free.send(chunk);
    }
}

/// A model that is explored until so many switches between threads against their will: enough for every failure that
/// two or three threads of this size are known to have, and few enough to end.
fn explore(switches: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

/// Both chunks are written, read where they are, handed over, recycled and written again.
#[test]
fn what_is_published_is_read_once_in_order_and_never_while_it_is_written() {
    const WRITTEN: u8 = 3 * RECORDS as u8;
    explore(3, || {
        let pool = Pool::new();
        let mut recorder = Recorder::attach(&pool);
        let thread = thread::spawn(move || {
            let recorded = (0..WRITTEN).filter(|byte| recorder.record(*byte)).collect::<Vec<_>>();
            recorder.detach();
            recorded
        });
        let mut collector = Collector::new(&pool);
        collector.read_all();
        collector.read_all();
        let recorded = thread.join().expect("it does not panic");
        collector.read_all();
        assert_eq!(collector.read, recorded);
        let mut sum = Produced::default();
        pool.slot.add_to(&mut sum);
        assert_eq!(sum.produced, u64::from(WRITTEN));
        assert_eq!(sum.published(), recorded.len() as u64);
        assert!((0..CHUNKS).all(|_| pool.free.try_recv().is_some()), "all chunks are free again");
    });
}

/// A thread ends in the middle of a chunk, and another takes its slot.
#[test]
fn a_slot_goes_from_thread_to_thread() {
    explore(3, || {
        let pool = Pool::new();
        let first = Recorder::attach(&pool);
        let thread = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                let one_of = |mut recorder: Recorder, byte| {
                    let recorded = recorder.record(byte);
                    recorder.detach();
                    recorded
                };
                let first = one_of(first, 1);
                // The lock around the slots orders the two as the end and the start of a thread do.
                let second = thread::spawn(move || one_of(Recorder::attach(&pool), 2)).join();
                [first, second.expect("it does not panic")]
            })
        };
        let mut collector = Collector::new(&pool);
        collector.read_all();
        assert_eq!(thread.join().expect("it does not panic"), [true, true]);
        collector.read_all();
        assert_eq!(collector.read, [1, 2]);
        assert_eq!(pool.slot.produced.load(Ordering::Relaxed), 2);
    });
}

/// Who asks for the books at any moment finds that they add up: nothing is stored or dropped that was not produced.
#[test]
fn the_books_never_go_below_zero() {
    explore(3, || {
        let pool = Pool::new();
        let stored = Arc::new(AtomicU64::new(0));
        let mut recorder = Recorder::attach(&pool);
        let thread = thread::spawn(move || {
            for byte in 0..2 {
                recorder.record(byte);
                // One more, which finds no chunk.
                recorder.produced += 1;
                recorder.pool.slot.produced.store(recorder.produced, Ordering::Release);
                Slot::count(&recorder.pool.slot.no_chunk);
            }
            recorder.detach();
        });
        let collecting = {
            let (pool, stored) = (Arc::clone(&pool), Arc::clone(&stored));
            thread::spawn(move || {
                let mut collector = Collector::new(&pool);
                collector.read_all();
                stored.fetch_add(collector.read.len() as u64, Ordering::Release);
            })
        };
        let stored = stored.load(Ordering::Acquire);
        let mut sum = Produced::default();
        pool.slot.add_to(&mut sum);
        assert!(sum.no_chunk + stored <= sum.produced, "{sum:?}, {stored} stored");
        thread.join().expect("it does not panic");
        collecting.join().expect("it does not panic");
    });
}
