//! The collector's side: what is committed in the chunks, decoded in the order in which each thread wrote it.
//!
//! Full chunks come through the channel; of the others the committed part is read where it is, so that what an idle
//! thread recorded is seen, too. A chunk is decoded on its own: its names and callsites are defined in it.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::header::Writer;
use super::memory::HEADER_BYTES;
use super::pool::{Pool, PoolSettings};
use crate::event::{About, CALLSITE, Event, FACT, FLAG_CONTINUES, PART, RECORD_HEADER, Site};
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

/// What is known of a chunk that is being read.
#[derive(Default)]
struct Reading {
    /// Bytes read, header included.
    position: usize,
    /// Events read.
    events: u32,
    scope: Scope,
    /// Of each number of a callsite in this chunk, the number in the reader's table.
    callsites: Vec<Option<u32>>,
    /// The rest of the chunk does not decode.
    is_corrupt: bool,
}

/// What is known of a thread's slot.
#[derive(Default)]
struct Thread {
    /// The order of the chunk to read next.
    next: u32,
    /// The pieces of a record that goes on, with what its chunk defined.
    pieces: Vec<u8>,
    begun: Option<Begun>,
}

/// A record that goes on in the next chunk.
struct Begun {
    kind: u8,
    flags: u8,
    callsite: Option<u32>,
    scope: Scope,
}

/// Reads the chunks of one pool. There is one for each pool.
pub struct Reader {
    pool: Arc<Pool>,
    full: Receiver<u32>,
    readings: Vec<Reading>,
    threads: HashMap<u32, Thread>,
    /// Chunks that came before an earlier one of their thread was read.
    early: Vec<u32>,
    table: NameTable,
    callsites: HashMap<Arc<Callsite>, u32>,
    /// Events decoded.
    decoded: u64,
    /// Events that did not decode.
    corrupt: u64,
}

impl Reader {
    /// A new pool and its reader.
    #[must_use]
    pub fn new(settings: PoolSettings, session: u32, schema: Option<Arc<Schema>>) -> Self {
        let (pool, full) = Pool::new(settings, session, schema);
        let readings = (0..pool.memory.chunks()).map(|_| Reading::default()).collect();
        Self {
            pool,
            full,
            readings,
            threads: HashMap::new(),
            early: Vec::new(),
            table: NameTable::default(),
            callsites: HashMap::new(),
            decoded: 0,
            corrupt: 0,
        }
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Full chunks, to wait for.
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
        self.corrupt
    }

    /// Numbers callsites from here on; for those that the store knows already.
    pub fn know(&mut self, number: u32, callsite: &Arc<Callsite>) {
        self.callsites.insert(Arc::clone(callsite), number);
    }

    /// Reads one full chunk that came through the channel, and gives it back.
    pub fn read_full(&mut self, chunk: u32, sink: &mut impl Sink) {
        self.early.push(chunk);
        // A chunk can only be early while another one of its thread, sent before it, is still in the channel.
        while let Some(place) = self.early.iter().position(|chunk| self.is_next(*chunk)) {
            let chunk = self.early.swap_remove(place);
            self.read(chunk, sink);
            self.retire(chunk);
        }
    }

    /// Reads what is committed in chunks that threads still write. All chunks in the channel must have been read.
    pub fn read_open(&mut self, sink: &mut impl Sink) {
        for chunk in 0..self.pool.memory.chunks() {
            let published = self.pool.memory.header(chunk).published().bytes as usize;
            if published > self.readings[chunk as usize].position.max(HEADER_BYTES) && self.is_next(chunk) {
                self.read(chunk, sink);
            }
        }
    }

    fn is_next(&self, chunk: u32) -> bool {
        let Writer { thread, order } = self.pool.memory.header(chunk).writer();
        self.threads.get(&thread).map_or(0, |thread| thread.next) == order
    }

    /// Reads on from where the last reading of the chunk ended.
    fn read(&mut self, chunk: u32, sink: &mut impl Sink) {
        let Self { pool, readings, threads, table, callsites, decoded, corrupt, .. } = self;
        let header = pool.memory.header(chunk);
        let published = header.published().bytes as usize;
        let Writer { thread, .. } = header.writer();
        let reading = &mut readings[chunk as usize];
        let start = reading.position.max(HEADER_BYTES);
        if reading.is_corrupt || published <= start {
            return;
        }
        // SAFETY: up to what is published, and the chunk is given back by this reader alone, after the slice is gone.
        let bytes = unsafe { pool.memory.published(chunk, start, published) };
        let mut decoder =
            Decoder { thread, state: threads.entry(thread).or_default(), reading, table, callsites, decoded, corrupt };
        if decoder.records(bytes, sink).is_err() {
            reading.is_corrupt = true;
        }
        reading.position = published;
    }

    /// Gives back a chunk that was read to its end.
    fn retire(&mut self, chunk: u32) {
        let header = self.pool.memory.header(chunk);
        let reading = std::mem::take(&mut self.readings[chunk as usize]);
        // What was written and not read did not decode.
        self.corrupt += u64::from(header.published().events.saturating_sub(reading.events));
        let Writer { thread, order } = header.writer();
        self.threads.entry(thread).or_default().next = order.wrapping_add(1);
        self.pool.release(chunk);
    }
}

struct Decoder<'a> {
    thread: u32,
    state: &'a mut Thread,
    reading: &'a mut Reading,
    table: &'a mut NameTable,
    callsites: &'a mut HashMap<Arc<Callsite>, u32>,
    decoded: &'a mut u64,
    corrupt: &'a mut u64,
}

impl Decoder<'_> {
    fn records(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<(), DecodeError> {
        let mut cursor = Cursor::new(bytes);
        while !cursor.is_at_end() {
            let length = cursor.u32()? as usize;
            let (kind, flags, callsite) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
            let short = DecodeError { what: "a record shorter than its header", at: cursor.position() };
            let body = cursor.take(length.checked_sub(RECORD_HEADER).ok_or(short)?)?;
            match kind {
                CALLSITE => self.callsite(flags, callsite, body, sink)?,
                PART => self.part(flags, body, sink)?,
                _ => {
                    let callsite = self.reading.callsites.get(usize::from(callsite)).copied().flatten();
                    if flags & FLAG_CONTINUES == 0 {
                        let found = Found::decode(kind, flags, self.thread, callsite, body)?;
                        self.reading.events += 1;
                        *self.decoded += 1;
                        found.hand_on(self.table, &mut self.reading.scope, sink)?;
                    } else {
                        let scope = std::mem::take(&mut self.reading.scope);
                        self.reading.events += 1;
                        self.state.pieces.clear();
                        self.state.pieces.extend_from_slice(body);
                        self.state.begun = Some(Begun { kind, flags, callsite, scope });
                    }
                }
            }
        }
        Ok(())
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
            .inspect_err(|_| *self.corrupt += 1)?;
        *self.decoded += 1;
        found.hand_on(self.table, &mut begun.scope, sink)
    }
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

    fn hand_on(self, table: &mut NameTable, scope: &mut Scope, sink: &mut impl Sink) -> Result<(), DecodeError> {
        let mut values = Values { bytes: self.bytes, table, scope, error: None };
        match self.what {
            What::Event(event) => sink.event(event, &mut values),
            What::Fact(about) => sink.fact(about, &mut values),
        }
        values.finish()
    }
}
