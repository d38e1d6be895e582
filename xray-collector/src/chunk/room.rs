//! Room in the chunk that is asked for once, for several pieces.
#![allow(unsafe_code)]

use super::writer::Writer;

/// So many bytes behind the cursor, which nobody else writes. What was put there is a part of the record once
/// [`Room::done`] says so.
pub struct Room<'w> {
    writer: &'w mut Writer,
    left: usize,
    at: *mut u8,
}

impl Writer {
    /// Room for so many bytes, if they fit without another chunk and within the value's budget.
    #[inline(always)]
    #[must_use]
    pub fn room(&mut self, bytes: usize) -> Option<Room<'_>> {
        let at = self.cursor;
        self.has_room(bytes).then_some(Room { writer: self, left: bytes, at })
    }
}

impl Room<'_> {
    /// The next bytes. Where how many fit is known when this is compiled, it is not looked at again.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        assert!(N <= self.left, "more than there is room for");
        // SAFETY: so much is left of the room, which `has_room` says is in the chunk, before its end; the thread owns
        // the chunk behind what is committed, and the writer is borrowed for as long as the room lives.
        unsafe {
            self.at.cast::<[u8; N]>().write_unaligned(bytes);
            self.at = self.at.add(N);
        }
        self.left -= N;
    }

    /// The next bytes, as many as are left: of up to 64, pieces of fixed size, of which the last may lie over the one
    /// before.
    #[inline(always)]
    pub fn fill(self, text: &[u8]) {
        let (from, to, length) = (text.as_ptr(), self.at, text.len());
        assert!(length == self.left, "as much as there is room for");
        // First, so that there is nothing to do behind a copy that is a call.
        self.writer.cursor = to.wrapping_add(length);
        // SAFETY: as in `put`, for all of the text; nobody has a reference to the chunk there, so that it does not
        // overlap with the text. Each piece lies within the text.
        unsafe {
            let copy = |at: usize, bytes: usize| to.add(at).copy_from_nonoverlapping(from.add(at), bytes);
            match length {
                4..=7 => {
                    copy(0, 4);
                    copy(length - 4, 4);
                }
                8..=16 => {
                    copy(0, 8);
                    copy(length - 8, 8);
                }
                17..=32 => {
                    copy(0, 16);
                    copy(length - 16, 16);
                }
                33..=64 => {
                    copy(0, 16);
                    copy(16, 16);
                    copy(length - 32, 16);
                    copy(length - 16, 16);
                }
                0 => {}
                1..=3 => {
                    copy(0, 1);
                    copy(length / 2, 1);
                    copy(length - 1, 1);
                }
                _ => copy(0, length),
            }
        }
    }

    /// What was put is a part of the record.
    #[inline(always)]
    pub fn done(self) {
        self.writer.cursor = self.at;
    }
}
