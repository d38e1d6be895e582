//! Chunks for tests, fuzzing and measurements: what a chunk holds, a chunk that holds anything, and other times than now.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::file::LeftChunks;
use super::header::{Published, Writer};
use super::memory::HEADER_BYTES;
use super::pool::Pool;
use super::reader::{Reader, Sink, Values};
use super::record::Record;
use crate::event::{About, Event};
use crate::model::Callsite;
use crate::value::{Captured, DecodeError, SegmentNames};

/// The records of a chunk that came through the full channel, as bytes.
#[must_use]
pub fn records(pool: &Pool, chunk: u32) -> Vec<u8> {
    let Published { bytes, .. } = pool.memory.header(chunk).published();
    // SAFETY: so much is published, and the caller has the chunk.
    unsafe { pool.memory.published(chunk, HEADER_BYTES, bytes as usize) }.to_vec()
}

/// Whose a full chunk is, and how much is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The slot of the thread that wrote it.
    pub thread: u32,
    /// How many chunks that slot wrote before.
    pub order: u32,
    /// Events that begin in it.
    pub events: u32,
}

/// The records of a chunk that came through the full channel, which is given back.
#[must_use]
pub fn take(pool: &Pool, chunk: u32) -> (Written, Vec<u8>) {
    let header = pool.memory.header(chunk);
    let Writer { thread, order } = header.writer();
    let written = Written { thread, order, events: header.published().events };
    let records = records(pool, chunk);
    pool.release(chunk);
    (written, records)
}

/// Hands these bytes to the reader as the records of a thread's next chunk, cut to the size of one. `false` if there is
/// no chunk.
pub fn hand_over(pool: &Pool, Written { thread, order, events }: Written, records: &[u8]) -> bool {
    let Some(chunk) = pool.acquire() else { return false };
    let length = records.len().min(pool.memory.chunk_bytes() - HEADER_BYTES);
    // SAFETY: the chunk is nobody else's, and has so much room behind its header.
    unsafe { pool.memory.chunk(chunk).add(HEADER_BYTES).copy_from_nonoverlapping(records.as_ptr(), length) };
    let header = pool.memory.header(chunk);
    header.begin(Writer { thread, order });
    header.publish(Published { bytes: (HEADER_BYTES + length) as u32, events });
    pool.hand_over(chunk);
    true
}

/// As [`Record::commit_now`], of a step that began at this time, in ticks: for measurements over weeks of runs.
pub fn commit_at(record: Record, started: u64) {
    record.commit_at(started);
}

/// Reads everything that is there, and gives back the chunks that were read to their end.
pub fn read_all(reader: &mut Reader, sink: &mut impl Sink) {
    let full = reader.full().clone();
    full.try_iter().for_each(|chunk| reader.receive(chunk));
    while reader.read_received(sink) {}
    let mut chunk = 0;
    while let Some(next) = reader.read_open(chunk, sink) {
        chunk = next;
    }
    let read = reader.progress().into_iter().collect();
    reader.release(&read, u64::MAX);
}

/// Reads everything that another process has left, and says how many events did not decode.
pub fn read_left(left: &mut LeftChunks, sink: &mut impl Sink) -> u64 {
    let mut reader = Reader::of_left(left);
    read_all(&mut reader, sink);
    reader.corrupt()
}

/// All values that were read, as a segment would have them.
#[derive(Debug, Default)]
pub struct AllValues {
    names: SegmentNames,
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<usize>,
    /// Events and facts.
    pub records: u64,
}

impl AllValues {
    fn take(&mut self, values: &mut Values<'_>) {
        self.records += 1;
        let mut start = self.bytes.len();
        while let Some(Ok(())) = values.copy_next(&mut self.names, &mut self.bytes) {
            self.starts.push(start);
            start = self.bytes.len();
        }
    }

    /// The values, each to be rendered or refused. Texts and characters are copied without being
    /// looked at: only here it shows that they are none.
    pub fn values(self) -> impl Iterator<Item = Result<Captured, DecodeError>> {
        let (bytes, names): (Arc<[u8]>, Arc<[Arc<str>]>) = (self.bytes.into(), self.names.into_texts().into());
        self.starts.into_iter().map(move |start| Ok(Captured::read(&bytes, start, &names)?.0))
    }
}

impl Sink for AllValues {
    fn event(&mut self, _: Event, values: &mut Values<'_>) {
        self.take(values);
    }

    fn fact(&mut self, _: About, values: &mut Values<'_>) {
        self.take(values);
    }

    fn callsite(&mut self, _: u32, _: &Arc<Callsite>) {}
}
