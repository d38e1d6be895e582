//! On which terms a function's calls are recorded: what a call has to know, in one word, and which of them a chunk knows.

use crate::event::{flags_of_level, level_of_flags};
use crate::model::Level;

/// Of a function beyond the first 65,535: it is defined anew for each event.
pub const NUMBERLESS: u16 = u16::MAX;

/// On which terms a function's calls are recorded by a session.
///
/// ```text
/// session (30 bits) | how (2) | the function's number (16) | the records' flags (8) | 0 (8)
/// ```
///
/// The lower half is the second word of a record's header, but for its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms(u64);

/// What a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is a step like any other, whose values are captured.
    Values,
    /// It is a step like any other, without its values.
    NoValues,
    /// It opens a run, or there is something to be seen to.
    WithCare,
}

impl Terms {
    /// Sessions' numbers stay below this.
    pub const SESSIONS: u32 = (1 << 30) - 1;

    /// `number` is the function's, the same for the whole process; [`NUMBERLESS`] for none.
    #[must_use]
    pub fn new(session: u32, how: How, number: u16, level: Level) -> Self {
        let lower = u32::from(number) << 16 | u32::from(flags_of_level(level)) << 8;
        Self(u64::from(session << 2 | how as u32) << 32 | u64::from(lower))
    }

    /// What [`Terms::to_bits`] gave.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// As a number, in which the lowest byte is 0 and the session is not.
    #[inline(always)]
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The session that records.
    #[inline]
    #[must_use]
    pub fn session(self) -> u32 {
        (self.0 >> 34) as u32
    }

    /// Whether values are captured, of a call that is an ordinary one.
    #[inline(always)]
    #[must_use]
    pub fn has_values(self) -> bool {
        self.0 >> 32 & 1 == How::Values as u64
    }

    /// How much of its values is captured, of a call that is an ordinary one.
    #[must_use]
    pub fn level(self) -> Level {
        level_of_flags((self.0 >> 8) as u8)
    }

    /// The function's number.
    #[inline(always)]
    #[must_use]
    pub fn number(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The second word of a record of this kind.
    #[inline(always)]
    pub(super) fn of_record(self, kind: u8) -> u32 {
        self.0 as u32 | u32::from(kind)
    }
}

/// Entries of the table of functions that are defined in a chunk.
const SITES: usize = 1024;
/// Stamps stay below this: the bit says that the call is no ordinary one.
const WITH_CARE: u64 = 1 << 7;

/// Which functions are defined in the chunk that a thread writes: for each the terms, with the chunk's stamp in their
/// lowest byte. One comparison says that a call is an ordinary one of this session, and that its function is defined.
pub(super) struct Sites {
    /// Of the chunk; never 0.
    stamp: u64,
    known: [u64; SITES],
}

impl Sites {
    pub(super) const fn new() -> Self {
        Self { stamp: 1, known: [0; SITES] }
    }

    /// The next chunk knows none.
    pub(super) fn forget(&mut self) {
        self.stamp += 1;
        if self.stamp == WITH_CARE {
            // Stamps begin anew: old ones must not be taken for new ones.
            *self = Self::new();
        }
    }

    #[inline(always)]
    fn place(terms: Terms) -> usize {
        usize::from(terms.number()) % SITES
    }

    /// Whether the function is defined, and its calls are ordinary ones.
    #[inline(always)]
    pub(super) fn know_as_ordinary(&self, terms: Terms) -> bool {
        self.known[Self::place(terms)] == terms.0 | self.stamp
    }

    #[inline]
    fn entry(&self, terms: Terms) -> u64 {
        let is_ordinary = terms.0 >> 32 & 3 != How::WithCare as u64;
        terms.0 | self.stamp | if is_ordinary { 0 } else { WITH_CARE }
    }

    /// Whether the function is defined.
    #[inline]
    pub(super) fn know(&self, terms: Terms) -> bool {
        self.known[Self::place(terms)] == self.entry(terms)
    }

    /// The function is defined from here on.
    pub(super) fn learn(&mut self, terms: Terms) {
        if terms.number() != NUMBERLESS {
            self.known[Self::place(terms)] = self.entry(terms);
        }
    }
}
