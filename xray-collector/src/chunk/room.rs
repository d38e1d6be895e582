//! Room in the chunk that is asked for once, for several pieces.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::writer::Writer;

/// Texts up to this length are copied in a few pieces.
pub(crate) const SHORT: usize = 64;

/// So many bytes behind a cursor, which nobody else writes. What was put there is written once [`Room::done`] says so.
pub struct Room<'w> {
    cursor: &'w mut *mut u8,
    left: usize,
    at: *mut u8,
}

/// The cursor of a [`Writer`], carried along: in registers, as long as whoever has it hands it on by value. What it has
/// written is a part of the record once [`Writer::straight`] is through; a copy of it goes back to where it was.
#[derive(Clone, Copy)]
pub struct Pen<'w> {
    at: *mut u8,
    end: NonNull<u8>,
    writer: PhantomData<&'w mut Writer>,
}

impl Writer {
    /// Room for so many bytes, if they fit without another chunk and within the value's budget.
    #[inline(always)]
    #[must_use]
    pub fn room(&mut self, bytes: usize) -> Option<Room<'_>> {
        let at = self.cursor;
        self.has_room(bytes).then_some(Room { cursor: &mut self.cursor, left: bytes, at })
    }

    /// Writes a value by a pen, within that budget, if `write` comes to its end. Otherwise nothing is written.
    #[inline(always)]
    #[must_use]
    pub fn straight(
        &mut self,
        budget: usize,
        write: impl for<'w> FnOnce(Pen<'w>, &'w Self) -> Option<Pen<'w>>,
    ) -> bool {
        let is_beyond = (self.cursor as usize).saturating_add(budget) >= self.end as usize;
        let end = if is_beyond { self.end } else { self.cursor.wrapping_add(budget) };
        let Some(end) = NonNull::new(end) else { return false };
        let Some(pen) = write(Pen { at: self.cursor, end, writer: PhantomData }, self) else { return false };
        self.cursor = pen.at;
        true
    }
}

impl Pen<'_> {
    /// Room for so many bytes, if they fit.
    #[inline(always)]
    #[must_use]
    pub fn room(&mut self, bytes: usize) -> Option<Room<'_>> {
        let at = self.at;
        let has_room = at as usize + bytes <= self.end.as_ptr() as usize;
        has_room.then_some(Room { cursor: &mut self.at, left: bytes, at })
    }
}

impl Room<'_> {
    /// The next bytes. Where how many fit is known when this is compiled, it is not looked at again.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        assert!(N <= self.left, "more than there is room for");
        // SAFETY: so much is left of the room, which is in the chunk, before its end, behind what is committed; the
        // thread owns the chunk there, and its writer is borrowed for as long as the room or the pen lives.
        unsafe {
            self.at.cast::<[u8; N]>().write_unaligned(bytes);
            self.at = self.at.add(N);
        }
        self.left -= N;
    }

    /// The next bytes, as many as are left.
    #[inline(always)]
    pub fn fill(self, text: &[u8]) {
        let (to, length) = (self.at, self.filled_by(text));
        // SAFETY: as in `put`, for all of the text; nobody has a reference to the chunk there, so that it does not
        // overlap with the text.
        unsafe { to.copy_from_nonoverlapping(text.as_ptr(), length) };
    }

    /// The next bytes, as many as are left, and up to 64 bytes: in pieces of fixed size, of which the last may lie over
    /// the one before.
    #[inline(always)]
    pub fn fill_short(self, text: &[u8]) {
        let (from, to, length) = (text.as_ptr(), self.at, self.filled_by(text));
        // SAFETY: as in `fill`. Each piece lies within the text.
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
                33..=SHORT => {
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
                _ => unreachable!("it is not short"),
            }
        }
    }

    /// The cursor is behind the text, which is copied next: nothing has to be done after that.
    #[inline(always)]
    fn filled_by(self, text: &[u8]) -> usize {
        assert!(text.len() == self.left, "as much as there is room for");
        *self.cursor = self.at.wrapping_add(text.len());
        text.len()
    }

    /// What was put is written.
    #[inline(always)]
    pub fn done(self) {
        *self.cursor = self.at;
    }
}
