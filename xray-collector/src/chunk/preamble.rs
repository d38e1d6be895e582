//! What stands in front of the chunks, in a file of chunks and in plain memory alike: whose they are, and what is needed
//! to understand them when that process is gone.
//!
//! ```text
//! memory   = preamble (32 KiB) | chunk…
//! preamble = word u64… | zeros to 4096 | losses: see `loss` | zeros to 32768
//! word     = 0 magic "xraychnk" | 1 byte order 0x0102030405060708 | 2 format | 3 chunk bytes | 4 chunks | 5 process
//!            | 6, 7 schema, high half first, 0 for none | 8, 9, 10 clock: ticks, ns, bits of the f64 ns per tick
//!            | 11 unsafe events
//! ```
//!
//! Integers are in the byte order of the machine. The magic is written last: without it nothing was recorded. The words
//! are atomics, since the collector changes some of them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Reference;
use crate::id::{ProcessId, SchemaVersion};

use super::pool::PoolSettings;

/// The preamble's size: whole pages.
pub(super) const PREAMBLE_BYTES: usize = 32 * 1024;
/// Where the losses begin.
pub(super) const LOSSES_AT: usize = 4096;

const WORDS: usize = 12;
const MAGIC: u64 = u64::from_ne_bytes(*b"xraychnk");
const BYTE_ORDER: u64 = 0x0102_0304_0506_0708;
/// The format of the preamble, the chunks and the events in them: whoever changes one of them raises it.
const FORMAT: u64 = 1;

/// Whose chunks they are.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The process that their runs belong to.
    pub process: ProcessId,
    /// What was recorded had to fit this.
    pub schema: Option<SchemaVersion>,
    /// What turns its ticks into time.
    pub clock: Reference,
}

/// How many chunks, of how many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) chunk_bytes: usize,
    pub(super) chunks: u32,
}

impl Shape {
    /// What these settings come to.
    pub(super) fn of(settings: &PoolSettings) -> Self {
        let (smallest, largest) = PoolSettings::CHUNK_BYTES.into_inner();
        let chunk_bytes = settings.chunk_bytes.clamp(smallest, largest).next_power_of_two();
        Self { chunk_bytes, chunks: settings.chunks.max(2) }
    }

    /// Bytes of the preamble and all chunks.
    pub(super) fn bytes(self) -> usize {
        PREAMBLE_BYTES + self.chunk_bytes * self.chunks as usize
    }
}

/// The first bytes. All zero is a file that was never finished.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct Preamble([AtomicU64; WORDS]);

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is not a file of xray's")]
    Foreign,
    #[error("it ends within its first words")]
    Short,
    #[error("it was written on a machine with another byte order")]
    ByteOrder,
    #[error("it has format {0}, and this version of xray reads {FORMAT}")]
    Format(u64),
    #[error("it is said to have {chunks} chunks of {chunk_bytes} bytes")]
    Shape { chunk_bytes: u64, chunks: u64 },
}

impl Preamble {
    /// How many chunks of how many bytes follow in a file that begins so, and whose they are.
    pub(super) fn read_from(bytes: &[u8]) -> Result<(Shape, Origin), Unreadable> {
        let preamble = Self::default();
        let words = bytes.chunks_exact(8).take(WORDS);
        let is_whole = words.len() == WORDS;
        for (place, word) in preamble.0.iter().zip(words) {
            place.store(word.try_into().map_or(0, u64::from_ne_bytes), Ordering::Relaxed);
        }
        match preamble.word(0) {
            MAGIC if is_whole => preamble.read(),
            MAGIC => Err(Unreadable::Short),
            _ => Err(Unreadable::Foreign),
        }
    }

    fn word(&self, number: usize) -> u64 {
        self.0[number].load(Ordering::Relaxed)
    }

    fn set(&self, number: usize, value: u64) {
        self.0[number].store(value, Ordering::Relaxed);
    }

    /// Says whose memory it is. From now on what is recorded in it can be recovered.
    pub(super) fn write(&self, shape: Shape, origin: &Origin) {
        self.set(1, BYTE_ORDER);
        self.set(2, FORMAT);
        self.set(3, shape.chunk_bytes as u64);
        self.set(4, shape.chunks.into());
        self.set(5, origin.process.0);
        let schema = origin.schema.map_or(0, |version| version.0);
        self.set(6, (schema >> 64) as u64);
        self.set(7, schema as u64);
        self.set_clock(origin.clock);
        self.0[0].store(MAGIC, Ordering::Release);
    }

    fn read(&self) -> Result<(Shape, Origin), Unreadable> {
        if self.word(1) != BYTE_ORDER {
            return Err(Unreadable::ByteOrder);
        }
        if self.word(2) != FORMAT {
            return Err(Unreadable::Format(self.word(2)));
        }
        let (chunk_bytes, chunks) = (self.word(3), self.word(4));
        let is_size = |bytes: &usize| bytes.is_power_of_two() && PoolSettings::CHUNK_BYTES.contains(bytes);
        let size = usize::try_from(chunk_bytes).ok().filter(is_size);
        let (Some(size), Ok(number)) = (size, u32::try_from(chunks)) else {
            return Err(Unreadable::Shape { chunk_bytes, chunks });
        };
        let schema = u128::from(self.word(6)) << 64 | u128::from(self.word(7));
        let origin = Origin {
            process: ProcessId(self.word(5)),
            schema: Some(SchemaVersion(schema)).filter(|version| version.0 != 0),
            clock: Reference { ticks: self.word(8), ns: self.word(9), ns_per_tick: f64::from_bits(self.word(10)) },
        };
        Ok((Shape { chunk_bytes: size, chunks: number }, origin))
    }

    pub(super) fn set_clock(&self, clock: Reference) {
        self.set(8, clock.ticks);
        self.set(9, clock.ns);
        self.set(10, clock.ns_per_tick.to_bits());
    }

    /// How many events were read, are not stored, and are in no chunk any more: a crash loses them.
    pub(super) fn set_unsafe_events(&self, events: u64) {
        self.set(11, events);
    }

    pub(super) fn unsafe_events(&self) -> u64 {
        self.word(11)
    }
}
