//! What the least is that a recorder with the same bytes could take: two readings of the clock, a header as long as
//! xray's, and the values with a tag before each, written by hand into memory that is used again and again.
//!
//! Nobody reads the memory, no thread is woken, no name is looked up: a bound to compare with, not a recorder.

use xray_collector::clock;

use crate::workload::{self, Item};

/// A record's header with kind, flags, function and length (8), and the step's, its run's, its parent's number and
/// its start (8 each).
pub(crate) const BEGIN_BYTES: usize = 8 + 4 * 8;
/// The same, with its end (8) and outcome (1).
pub(crate) const END_BYTES: usize = BEGIN_BYTES + 8 + 1;
/// What the numbers that stand for names stand for.
pub(crate) const NAMES: [&str; 6] = ["", "Item", "id", "title", "price", "tags"];
/// As long as the chunks that xray writes into.
const CHUNK_BYTES: usize = 128 * 1024;

/// A chunk that begins anew where it ends.
pub(crate) struct Buffer {
    chunk: Box<[u8; CHUNK_BYTES]>,
    cursor: usize,
    step: u64,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { chunk: Box::new([0; CHUNK_BYTES]), cursor: 0, step: 0 }
    }
}

impl Buffer {
    /// What this writes.
    pub(crate) fn written_by(&mut self, call: impl FnOnce(&mut Self)) -> &[u8] {
        self.cursor = 0;
        call(self);
        &self.chunk[..self.cursor]
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.put_slice(&bytes);
    }

    #[inline(always)]
    fn put_slice(&mut self, bytes: &[u8]) {
        if self.cursor + bytes.len() > CHUNK_BYTES {
            self.cursor = 0;
        }
        self.chunk[self.cursor..self.cursor + bytes.len()].copy_from_slice(bytes);
        self.cursor += bytes.len();
    }

    #[inline(always)]
    fn header(&mut self, kind: u8, started: u64) {
        let mut header = [0; BEGIN_BYTES];
        header[0] = kind;
        header[8..16].copy_from_slice(&self.step.to_le_bytes());
        header[32..].copy_from_slice(&started.to_le_bytes());
        self.put(header);
    }

    #[inline(always)]
    fn begin(&mut self, arguments: impl FnOnce(&mut Self)) -> u64 {
        self.step += 1;
        self.header(1, 0);
        arguments(self);
        clock::ticks()
    }

    #[inline(always)]
    fn end(&mut self, started: u64, result: impl FnOnce(&mut Self)) {
        let ended = clock::ticks();
        self.header(2, started);
        self.put(ended.to_le_bytes());
        self.put([1]);
        result(self);
    }

    #[inline(always)]
    fn tagged<const N: usize>(&mut self, tag: u8, bytes: [u8; N]) {
        self.put([tag]);
        self.put(bytes);
    }

    #[inline(always)]
    fn float(&mut self, value: f64) {
        self.tagged(0x21, value.to_le_bytes());
    }

    /// A text of less than 256 bytes.
    #[inline(always)]
    fn text(&mut self, text: &str) {
        self.put([0x30, text.len() as u8]);
        self.put_slice(text.as_bytes());
    }

    #[inline(always)]
    fn name(&mut self, number: u16) {
        self.put(number.to_le_bytes());
    }

    #[inline(always)]
    fn sequence<T>(&mut self, values: &[T], mut put: impl FnMut(&mut Self, &T)) {
        self.tagged(0x40, (values.len() as u32).to_le_bytes());
        for value in values {
            put(self, value);
        }
        self.put([0x0f]);
    }

    fn item(&mut self, item: &Item) {
        self.put([0x42]);
        self.name(1);
        self.name(2);
        self.text(&item.id);
        self.name(3);
        self.text(&item.title);
        self.name(4);
        self.float(item.price);
        self.name(5);
        self.sequence(&item.tags, |buffer, tag| buffer.text(tag));
        self.name(0x7fff);
    }
}

#[inline(never)]
pub(crate) fn scalars(buffer: &mut Buffer, a: u64, b: f64, c: f32) -> f64 {
    let started = buffer.begin(|buffer| {
        buffer.tagged(0x13, a.to_le_bytes());
        buffer.float(b);
        buffer.tagged(0x20, c.to_le_bytes());
    });
    let result = workload::scalars(a, b, c);
    buffer.end(started, |buffer| buffer.float(result));
    result
}

#[inline(never)]
pub(crate) fn result(buffer: &mut Buffer, item: &Item, limit: f64) -> Result<bool, String> {
    let started = buffer.begin(|buffer| {
        buffer.item(item);
        buffer.float(limit);
    });
    let result = workload::result(item, limit);
    buffer.end(started, |buffer| match &result {
        Ok(value) => buffer.put([1 + u8::from(*value)]),
        Err(message) => buffer.text(message),
    });
    result
}

#[inline(never)]
pub(crate) async fn waiting(buffer: &mut Buffer, a: u64, b: f64, c: f32) -> f64 {
    let started = buffer.begin(|buffer| {
        buffer.tagged(0x13, a.to_le_bytes());
        buffer.float(b);
        buffer.tagged(0x20, c.to_le_bytes());
    });
    let result = workload::waiting(a, b, c).await;
    buffer.end(started, |buffer| buffer.float(result));
    result
}

#[inline(never)]
pub(crate) fn list(buffer: &mut Buffer, items: Vec<Item>, limit: f64) -> Vec<Item> {
    let started = buffer.begin(|buffer| {
        buffer.sequence(&items, Buffer::item);
        buffer.float(limit);
    });
    let result = workload::list(items, limit);
    buffer.end(started, |buffer| buffer.sequence(&result, Buffer::item));
    result
}
