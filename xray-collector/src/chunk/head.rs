//! Texts of which the length is known only when they are written: a head that is filled in later, and what stands
//! behind it, which can be changed until the record is committed.
#![allow(unsafe_code)]

use super::memory::HEADER_BYTES;
use super::record::Full;
use super::writer::{LONGEST_CHAIN, Writer};
use crate::event::RECORD_HEADER;
use crate::redaction::Redaction;

/// Where a head stands of which tag and length are filled in later.
pub(crate) struct HeadPlace {
    tag: *mut u8,
    length: *mut u8,
    /// Of the chunk that it is in, the place in the chain.
    chunk: usize,
}

impl Writer {
    /// Writes a head that begins with a tag and ends with the number of bytes that follow, which is filled in later.
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    pub(crate) fn put_with_length<const N: usize>(&mut self, head: [u8; N]) -> Result<HeadPlace, Full> {
        self.put(head)?;
        let (tag, length) = (self.cursor.wrapping_sub(N), self.cursor.wrapping_sub(4));
        Ok(HeadPlace { tag, length, chunk: self.chain_length - 1 })
    }

    pub(crate) fn set_length(&mut self, place: &HeadPlace, length: u32) {
        // SAFETY: the place is in this record, which is not committed: nobody keeps a place across a rollback.
        unsafe { place.length.cast::<[u8; 4]>().write_unaligned(length.to_le_bytes()) };
    }

    pub(crate) fn set_tag(&mut self, place: &HeadPlace, tag: u8) {
        // SAFETY: as in `set_length`.
        unsafe { place.tag.write(tag) };
    }

    /// What was written behind a head, to the cursor: to be read, and changed where it stands. A text that goes on in
    /// other chunks is put together for that, which allocates.
    pub(crate) fn change_text<R>(&mut self, place: &HeadPlace, change: impl FnOnce(&Redaction, &mut [u8]) -> R) -> R {
        let start = place.length.wrapping_add(4);
        if place.chunk == self.chain_length - 1 {
            let length = self.cursor as usize - start as usize;
            // SAFETY: from the head to the cursor all is written, within the chunk, and behind what is committed, so
            // that this thread alone has it; the writer is borrowed for as long as the slice lives.
            return change(self.redaction(), unsafe { std::slice::from_raw_parts_mut(start, length) });
        }
        let mut pieces = [(start, 0); LONGEST_CHAIN];
        for (at, piece) in pieces[place.chunk..self.chain_length].iter_mut().enumerate() {
            let (chunk, filled) = self.chain[place.chunk + at];
            let memory = self.pool().memory.chunk(chunk);
            let first = if at == 0 { start } else { memory.wrapping_add(HEADER_BYTES + RECORD_HEADER) };
            let is_last = place.chunk + at == self.chain_length - 1;
            let end = if is_last { self.cursor } else { memory.wrapping_add(filled as usize) };
            *piece = (first, end as usize - first as usize);
        }
        let pieces = &pieces[place.chunk..self.chain_length];
        let mut text = Vec::with_capacity(pieces.iter().map(|(_, length)| length).sum());
        for (first, length) in pieces {
            // SAFETY: as above, of each chunk in the chain: none of them is committed or handed over.
            text.extend_from_slice(unsafe { std::slice::from_raw_parts(*first, *length) });
        }
        let changed = change(self.redaction(), &mut text);
        let mut rest = &text[..];
        for (first, length) in pieces {
            let (piece, behind) = rest.split_at(*length);
            // SAFETY: as above; the source is a copy.
            unsafe { first.copy_from_nonoverlapping(piece.as_ptr(), *length) };
            rest = behind;
        }
        changed
    }
}
