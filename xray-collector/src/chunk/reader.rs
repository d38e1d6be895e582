//! The collector's side: what is committed in the chunks, decoded in the order in which each thread wrote it.
//!
//! Full chunks come through the channel; of the others the committed part is read where it is, so that what an idle
//! thread recorded is seen, too. A chunk is decoded on its own: its names and callsites are defined in it.
//!
//! A chunk that was read is kept until what was read of it is safe: [`Reader::release`]. Until then it can be read again,
//! from its beginning and without handing on what is safe: by [`Reader::read_again`] after the collector's thread
//! panicked, and by another process from the file that this one left.
#![allow(unsafe_code)]

use std::cmp::Ordering::{Equal, Greater, Less};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::file::{ChunkFile, LeftChunks};
use super::header::{Published, Writer};
use super::memory::{HEADER_BYTES, Memory};
use super::pool::{Pool, PoolSettings};
use super::preamble::{Origin, Shape};
use crate::event::{About, CALLSITE, Event, FACT, FLAG_CONTINUES, PART, RECORD_HEADER, Site};
use crate::map::FastMap;
use crate::model::Callsite;
use crate::schema::Schema;
use crate::value::{Cursor, DecodeError, Learner, NameTable, Scope, SegmentNames, transcode};

/// Takes the events that a [`Reader`] finds.
pub trait Sink {
    /// One event. `values` are its arguments or its result.
    fn event(&mut self, event: Event, values: &mut Values<'_>);
    /// One fact. `values` is it alone.
    fn fact(&mut self, about: About, values: &mut Values<'_>);
    /// A function that was not seen before, with the number that events refer to it by.
    fn callsite(&mut self, number: u32, callsite: &Arc<Callsite>);
}

/// The values of an event, where the recorder wrote them.
#[derive(Debug)]
pub struct Values<'a> {
    bytes: &'a [u8],
    table: &'a mut NameTable,
    scope: &'a mut Scope,
    error: Option<DecodeError>,
}

impl Values<'_> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Copies the next value to the end of `out`, with the segment's numbers for names. `None` after the last.
    ///
    /// # Errors
    /// When it does not decode; `out` is as it was, and no more values follow.
    pub(crate) fn copy_next(&mut self, names: &mut SegmentNames, out: &mut Vec<u8>) -> Option<Result<(), DecodeError>> {
        if self.bytes.is_empty() {
            return None;
        }
        let before = out.len();
        match transcode(self.bytes, self.table, self.scope, names, out) {
            Ok(length) => {
                self.bytes = &self.bytes[length..];
                Some(Ok(()))
            }
            Err(error) => {
                out.truncate(before);
                self.error = Some(error.clone());
                self.bytes = &[];
                Some(Err(error))
            }
        }
    }

    /// Reads past the values that nobody took: later ones refer to the names that are defined in them.
    fn finish(mut self) -> Result<(), DecodeError> {
        let mut cursor = Cursor::new(self.bytes);
        while self.error.is_none() && !cursor.is_at_end() {
            self.error = cursor.pass(&mut Learner { table: self.table, scope: self.scope }).err();
        }
        self.error.map_or(Ok(()), Err)
    }
}

/// A place in what a thread wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Of its chunks, how many are before.
    pub order: u32,
    /// Bytes of the next one that are before, header included.
    pub position: u32,
}

/// What is known of a chunk that is being read, or was.
#[derive(Default)]
pub(super) struct Reading {
    /// Bytes read, header included.
    pub(super) position: usize,
    /// Where the record begins that is being read, or was the last.
    pub(super) record: usize,
    /// Events read.
    pub(super) events: u32,
    /// Events that did not decode.
    pub(super) corrupt: u64,
    pub(super) scope: Scope,
    /// Of each number of a callsite in this chunk, the number in the reader's table.
    pub(super) callsites: Vec<Option<u32>>,
    /// The rest of the chunk does not decode.
    pub(super) is_corrupt: bool,
    /// All of it was read, while this batch was being put together.
    pub(super) read_in: Option<u64>,
}

/// What is known of a thread's slot.
#[derive(Default)]
pub(super) struct Thread {
    /// The order of the chunk to read next.
    pub(super) next: u32,
    /// How far it was read, to the beginning of a record that goes on in a chunk that was not; and whether that is news.
    pub(super) read_to: Position,
    pub(super) has_moved: bool,
    /// What is before this was handed on in an earlier life of the reader.
    pub(super) known_to: Position,
    /// The pieces of a record that goes on, with what its chunk defined.
    pub(super) pieces: Vec<u8>,
    pub(super) begun: Option<Begun>,
}

/// A record that goes on in the next chunk.
pub(super) struct Begun {
    at: Position,
    is_known: bool,
    kind: u8,
    flags: u8,
    callsite: Option<u32>,
    scope: Scope,
}

/// A record on which somebody panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suspect {
    pub(super) thread: u32,
    pub(super) order: u32,
    pub(super) position: usize,
}

impl Suspect {
    /// Whether its thread was read beyond it.
    pub(crate) fn is_before(&self, read: &HashMap<u32, Position>) -> bool {
        let place = (self.order, self.position);
        read.get(&self.thread).is_some_and(|read| place < (read.order, read.position as usize))
    }
}

/// Reads the chunks of one pool. There is one for each pool.
pub struct Reader {
    pub(super) pool: Arc<Pool>,
    pub(super) full: Receiver<u32>,
    pub(super) readings: Vec<Reading>,
    pub(super) threads: FastMap<u32, Thread>,
    /// Chunks that came through the channel and were not given back.
    pub(super) received: Vec<u32>,
    /// The chunk that is being read, or was the last.
    pub(super) last: Option<u32>,
    pub(super) is_reading: bool,
    /// These are passed over; those that are here twice end their chunk.
    pub(super) set_aside: Vec<Suspect>,
    /// The chunk of this one is read a record at a time.
    pub(super) suspected: Option<Suspect>,
    /// The runs of events that were passed over, once for each.
    pub(super) passed_over: Vec<u64>,
    /// Known events of these runs are handed on all the same, and counted.
    pub(super) replayed: HashMap<u64, u64>,
    pub(super) table: NameTable,
    pub(super) callsites: HashMap<Arc<Callsite>, u32>,
    /// Another process wrote the chunks, and died: what is in them need not be what it wrote.
    pub(super) is_left: bool,
    /// The number of the batch that is being put together.
    pub(super) batch: u64,
    /// Events decoded.
    pub(super) decoded: u64,
    /// Events that did not decode, of chunks that were given back.
    pub(super) corrupt: u64,
}

impl Reader {
    /// A new pool and its reader. Its chunks are in a new file at `place`, whose origin is given as well, if one is
    /// given and the file can be made; if it cannot, they are in memory, and the error is returned.
    #[must_use]
    pub fn new(
        settings: PoolSettings,
        session: u32,
        schema: Option<Arc<Schema>>,
        place: Option<(&Path, &Origin)>,
    ) -> (Self, Option<std::io::Error>) {
        let shape = Shape::of(&settings);
        let file = place.map(|(path, origin)| ChunkFile::create(path, shape).map(|file| (file, origin)));
        let (memory, error) = match file {
            Some(Ok((file, origin))) => {
                let memory = Memory::of_file(file, shape);
                memory.preamble().write(shape, origin);
                (memory, None)
            }
            Some(Err(error)) => (Memory::anonymous(shape), Some(error)),
            None => (Memory::anonymous(shape), None),
        };
        let (pool, full) = Pool::new(memory, settings, session, schema);
        (Self::of(pool, full), error)
    }

    /// A reader of what another process left; nobody writes there.
    pub(crate) fn of_left(left: &mut LeftChunks) -> Self {
        let shape = Shape { chunk_bytes: *PoolSettings::CHUNK_BYTES.start(), chunks: 0 };
        let memory = std::mem::replace(&mut left.memory, Memory::anonymous(shape));
        let (pool, full) = Pool::new(memory, PoolSettings::default(), 0, None);
        let mut reader = Self { is_left: true, ..Self::of(pool, full) };
        let memory = &reader.pool.memory;
        reader.received = (0..memory.chunks()).filter(|chunk| memory.header(*chunk).published().bytes > 0).collect();
        reader
    }

    fn of(pool: Arc<Pool>, full: Receiver<u32>) -> Self {
        let readings = (0..pool.memory.chunks()).map(|_| Reading::default()).collect();
        Self {
            pool,
            full,
            readings,
            threads: FastMap::default(),
            received: Vec::new(),
            last: None,
            is_reading: false,
            set_aside: Vec::new(),
            suspected: None,
            passed_over: Vec::new(),
            replayed: HashMap::new(),
            table: NameTable::default(),
            callsites: HashMap::new(),
            is_left: false,
            batch: 0,
            decoded: 0,
            corrupt: 0,
        }
    }

    /// The chunks.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Where full chunks come from.
    #[must_use]
    pub fn full(&self) -> &Receiver<u32> {
        &self.full
    }

    /// Events decoded so far.
    #[must_use]
    pub fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Events that did not decode so far.
    #[must_use]
    pub fn corrupt(&self) -> u64 {
        self.corrupt + self.readings.iter().map(|reading| reading.corrupt).sum::<u64>()
    }

    /// Numbers callsites from here on; for those that the store knows already.
    pub fn know(&mut self, number: u32, callsite: &Arc<Callsite>) {
        self.callsites.insert(Arc::clone(callsite), number);
    }

    /// Takes a full chunk that came through the channel.
    pub fn receive(&mut self, chunk: u32) {
        self.received.push(chunk);
    }

    /// Reads one of the chunks that were received. `false` if there is none that can be read: a chunk can
    /// be early while another one of its thread, sent before it, is still in the channel.
    pub fn read_received(&mut self, sink: &mut impl Sink) -> bool {
        let is_due = |chunk: &u32| self.readings[*chunk as usize].read_in.is_none() && self.is_next(*chunk);
        let Some(chunk) = self.received.iter().copied().find(is_due) else { return false };
        self.read(chunk, sink);
        if self.readings[chunk as usize].position.max(HEADER_BYTES) >= self.published(chunk) {
            self.finish(chunk);
        }
        true
    }

    /// Reads on in one of the chunks that threads still write, from this one on. All chunks in the channel must have been
    /// read. Returns which one comes next; `None` if there is nothing new in any.
    pub fn read_open(&mut self, from: u32, sink: &mut impl Sink) -> Option<u32> {
        let is_due = |chunk: &u32| {
            let reading = &self.readings[*chunk as usize];
            let is_new = self.published(*chunk) > reading.position.max(HEADER_BYTES);
            reading.read_in.is_none() && is_new && self.is_next(*chunk)
        };
        let chunk = (from..self.pool.memory.chunks()).find(is_due)?;
        self.read(chunk, sink);
        Some(if self.is_suspected(chunk) { chunk } else { chunk + 1 })
    }

    /// How far a chunk may be read. What another process left may say anything.
    fn published(&self, chunk: u32) -> usize {
        let memory = &self.pool.memory;
        (memory.header(chunk).published().bytes as usize).min(memory.chunk_bytes())
    }

    fn is_suspected(&self, chunk: u32) -> bool {
        let Writer { thread, order } = self.pool.memory.header(chunk).writer();
        self.suspected.is_some_and(|suspect| (suspect.thread, suspect.order) == (thread, order))
    }

    fn is_next(&self, chunk: u32) -> bool {
        let Writer { thread, order } = self.pool.memory.header(chunk).writer();
        self.threads.get(&thread).map_or(0, |thread| thread.next) == order
    }

    /// Reads on from where the last reading of the chunk ended.
    fn read(&mut self, chunk: u32, sink: &mut impl Sink) {
        (self.last, self.is_reading) = (Some(chunk), true);
        let (published, at_most) = (self.published(chunk), if self.is_suspected(chunk) { 1 } else { usize::MAX });
        let Self {
            pool, readings, threads, table, callsites, decoded, set_aside, passed_over, replayed, is_left, ..
        } = self;
        let Writer { thread, order } = pool.memory.header(chunk).writer();
        let reading = &mut readings[chunk as usize];
        let start = reading.position.max(HEADER_BYTES);
        if published > start {
            let state = threads.entry(thread).or_default();
            if !reading.is_corrupt {
                // SAFETY: up to what is published, and the chunk is given back by this reader alone, after the slice is
                // gone.
                let bytes = unsafe { pool.memory.published(chunk, start, published) };
                let mut decoder = Decoder {
                    thread,
                    order,
                    start,
                    set_aside,
                    passed_over,
                    state: &mut *state,
                    reading: &mut *reading,
                    table,
                    callsites,
                    decoded,
                    replayed,
                    is_left: *is_left,
                };
                reading.is_corrupt = decoder.records(bytes, at_most, sink).is_err();
            }
            if reading.is_corrupt {
                reading.position = published;
            }
            state.move_to(Position { order, position: reading.position as u32 });
        }
        self.is_reading = false;
    }

    /// Says that a chunk was read to its end.
    fn finish(&mut self, chunk: u32) {
        let header = self.pool.memory.header(chunk);
        let (published, Writer { thread, order }) = (header.published(), header.writer());
        let reading = &mut self.readings[chunk as usize];
        // What was written and not read did not decode.
        reading.corrupt += believable_events(published).saturating_sub(reading.events.into());
        reading.read_in = Some(self.batch);
        let thread = self.threads.entry(thread).or_default();
        thread.next = order.wrapping_add(1);
        thread.move_to(Position { order: thread.next, position: 0 });
    }
}

/// What another process left may say anything.
pub(super) fn believable_events(published: Published) -> u64 {
    u64::from(published.events.min(published.bytes / RECORD_HEADER as u32))
}

impl Thread {
    fn move_to(&mut self, place: Position) {
        self.read_to = self.begun.as_ref().map_or(place, |begun| begun.at).max(self.known_to);
        self.has_moved = true;
    }
}

struct Decoder<'a> {
    thread: u32,
    order: u32,
    /// Where the bytes begin in the chunk.
    start: usize,
    set_aside: &'a [Suspect],
    passed_over: &'a mut Vec<u64>,
    state: &'a mut Thread,
    reading: &'a mut Reading,
    table: &'a mut NameTable,
    callsites: &'a mut HashMap<Arc<Callsite>, u32>,
    decoded: &'a mut u64,
    replayed: &'a mut HashMap<u64, u64>,
    is_left: bool,
}

impl Decoder<'_> {
    fn records(&mut self, bytes: &[u8], at_most: usize, sink: &mut impl Sink) -> Result<(), DecodeError> {
        let known_to = self.state.known_to;
        let known_to = match known_to.order.cmp(&self.order) {
            Less => 0,
            Equal => known_to.position as usize,
            Greater => usize::MAX,
        };
        let mut cursor = Cursor::new(bytes);
        let mut records = 0;
        while !cursor.is_at_end() && records < at_most {
            let position = self.start + cursor.position();
            (self.reading.record, self.reading.position) = (position, position);
            if self.is_set_aside() == SetAside::WithTheRest {
                return Err(DecodeError { what: "a record that was set aside", at: cursor.position() });
            }
            let length = cursor.u32()? as usize;
            let (kind, flags, callsite) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
            let short = DecodeError { what: "a record shorter than its header", at: cursor.position() };
            let body = cursor.take(length.checked_sub(RECORD_HEADER).ok_or(short)?)?;
            let is_known = position < known_to;
            match kind {
                CALLSITE => self.callsite(flags, callsite, body, sink)?,
                PART => self.part(flags, body, sink)?,
                _ => {
                    let callsite = self.reading.callsites.get(usize::from(callsite)).copied().flatten();
                    if flags & FLAG_CONTINUES == 0 {
                        let found = Found::decode(kind, flags, self.thread, callsite, body)?;
                        self.reading.events += 1;
                        let mut scope = std::mem::take(&mut self.reading.scope);
                        let result = self.hand_on(found, is_known, &mut scope, sink);
                        self.reading.scope = scope;
                        result?;
                    } else {
                        let scope = std::mem::take(&mut self.reading.scope);
                        self.reading.events += 1;
                        self.state.pieces.clear();
                        self.state.pieces.extend_from_slice(body);
                        let at = Position { order: self.order, position: position as u32 };
                        self.state.begun = Some(Begun { at, is_known, kind, flags, callsite, scope });
                    }
                }
            }
            records += 1;
            self.reading.position = self.start + cursor.position();
        }
        Ok(())
    }

    fn is_set_aside(&self) -> SetAside {
        if self.set_aside.is_empty() {
            return SetAside::No;
        }
        let this = Suspect { thread: self.thread, order: self.order, position: self.reading.record };
        match self.set_aside.iter().filter(|suspect| **suspect == this).count() {
            0 => SetAside::No,
            1 => SetAside::Alone,
            _ => SetAside::WithTheRest,
        }
    }

    /// To the sink, or past it if it is known.
    fn hand_on(
        &mut self,
        found: Found<'_>,
        is_known: bool,
        scope: &mut Scope,
        sink: &mut impl Sink,
    ) -> Result<(), DecodeError> {
        if self.is_set_aside() == SetAside::Alone {
            self.reading.corrupt += 1;
            self.passed_over.extend((!is_known).then(|| found.run()));
            return found.pass(self.table, scope);
        }
        if is_known {
            let Some(count) = self.replayed.get_mut(&found.run()) else { return found.pass(self.table, scope) };
            *count += 1;
        }
        if self.is_left {
            found.check(self.table, scope)?;
        }
        *self.decoded += 1;
        found.hand_on(self.table, scope, sink)
    }

    fn callsite(&mut self, flags: u8, number: u16, body: &[u8], sink: &mut impl Sink) -> Result<(), DecodeError> {
        let callsite = Arc::new(Site::decode(flags, body, self.table)?);
        let next = u32::try_from(self.callsites.len()).unwrap_or(u32::MAX);
        let known = *self.callsites.entry(Arc::clone(&callsite)).or_insert_with(|| {
            sink.callsite(next, &callsite);
            next
        });
        let number = usize::from(number);
        if self.reading.callsites.len() <= number {
            self.reading.callsites.resize(number + 1, None);
        }
        self.reading.callsites[number] = Some(known);
        Ok(())
    }

    fn part(&mut self, flags: u8, body: &[u8], sink: &mut impl Sink) -> Result<(), DecodeError> {
        // Without its beginning, which did not decode then, a part says nothing.
        let Some(mut begun) = self.state.begun.take() else { return Ok(()) };
        self.state.pieces.extend_from_slice(body);
        if flags & FLAG_CONTINUES != 0 {
            self.state.begun = Some(begun);
            return Ok(());
        }
        let pieces = std::mem::take(&mut self.state.pieces);
        let found = Found::decode(begun.kind, begun.flags, self.thread, begun.callsite, &pieces)
            .inspect_err(|_| self.reading.corrupt += 1)?;
        self.hand_on(found, begun.is_known, &mut begun.scope, sink)
    }
}

/// Whether a record is left out.
#[derive(PartialEq)]
enum SetAside {
    No,
    Alone,
    WithTheRest,
}

/// A record without its values, and their bytes.
struct Found<'a> {
    what: What,
    bytes: &'a [u8],
}

enum What {
    Event(Event),
    Fact(About),
}

impl<'a> Found<'a> {
    fn decode(kind: u8, flags: u8, thread: u32, callsite: Option<u32>, body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(body);
        let what = if kind == FACT {
            What::Fact(About::decode(&mut cursor)?)
        } else {
            let callsite = callsite.ok_or(DecodeError { what: "an unknown callsite", at: 0 })?;
            What::Event(Event::decode(kind, flags, thread, callsite, &mut cursor)?)
        };
        Ok(Self { what, bytes: &body[cursor.position()..] })
    }

    /// The run that it is of.
    fn run(&self) -> u64 {
        match &self.what {
            What::Event(event) => event.run,
            What::Fact(about) => about.run,
        }
    }

    /// Makes sure that what is stored can be read: while a process lives, what it writes is taken to be right.
    fn check(&self, table: &mut NameTable, scope: &mut Scope) -> Result<(), DecodeError> {
        if self.run() == 0 {
            return Err(DecodeError { what: "an event of no run", at: 0 });
        }
        let mut cursor = Cursor::new(self.bytes);
        while !cursor.is_at_end() {
            cursor.skip(&mut Learner { table, scope })?;
        }
        Ok(())
    }

    /// Reads past its values.
    fn pass(self, table: &mut NameTable, scope: &mut Scope) -> Result<(), DecodeError> {
        Values { bytes: self.bytes, table, scope, error: None }.finish()
    }

    fn hand_on(self, table: &mut NameTable, scope: &mut Scope, sink: &mut impl Sink) -> Result<(), DecodeError> {
        let mut values = Values { bytes: self.bytes, table, scope, error: None };
        match self.what {
            What::Event(event) => sink.event(event, &mut values),
            What::Fact(about) => sink.fact(about, &mut values),
        }
        values.finish()
    }
}
