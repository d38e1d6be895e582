//! On which terms a function's calls are recorded: what a call has to know, in one word.

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
/// The upper half says whether a call is an ordinary one, by one comparison; the lower half is a record's, but for its
/// kind.
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
    /// What no upper half is.
    pub(super) const NEVER: u32 = u32::MAX;
    /// Sessions' numbers stay below this.
    pub const SESSIONS: u32 = (1 << 30) - 1;

    /// `number` is the function's, the same for the whole process; [`NUMBERLESS`] for none.
    #[must_use]
    pub fn new(session: u32, how: How, number: u16, level: Level) -> Self {
        let lower = u32::from(number) << 16 | u32::from(flags_of_level(level)) << 8;
        Self(u64::from(Self::ordinary(session) | how as u32) << 32 | u64::from(lower))
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

    /// The upper half of the terms of functions that the session records, with their values, as steps like any other.
    /// That of those without values is larger by one.
    pub(super) const fn ordinary(session: u32) -> u32 {
        session << 2 | How::Values as u32
    }

    #[inline(always)]
    pub(super) fn upper_half(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The second word of a record of this kind.
    #[inline(always)]
    pub(super) fn of_record(self, kind: u8) -> u32 {
        self.0 as u32 | u32::from(kind)
    }
}
