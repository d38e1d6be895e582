//! From a chunk to a segment: the same value, with the chunk's numbers of names replaced by the segment's.

use std::ops::Range;
use std::sync::Arc;

use super::read::{Cursor, DecodeError, Element, Names, Table};
use super::{NAME_ANONYMOUS, NAME_LIMIT, UNKNOWN_LENGTH, tag};
use crate::map::FastMap;

/// Every name that a collector has met, once.
#[derive(Debug, Default)]
pub struct NameTable {
    texts: Vec<Arc<str>>,
    numbers: FastMap<Arc<str>, u32>,
}

impl NameTable {
    fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).expect("a program has fewer than 2^32 names");
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    /// The one copy of this text.
    pub fn shared(&mut self, text: &str) -> Arc<str> {
        let number = self.intern(text);
        Arc::clone(&self.texts[number as usize])
    }
}

/// What the numbers of names mean in one chunk.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Of each number, the place in the [`NameTable`].
    interned: Vec<Option<u32>>,
}

impl Scope {
    fn learn(&mut self, number: u16, interned: u32) {
        let number = usize::from(number);
        if self.interned.len() <= number {
            self.interned.resize(number + 1, None);
        }
        self.interned[number] = Some(interned);
    }
}

/// Learns names from values that are not copied.
pub(crate) struct Learner<'a> {
    pub(crate) table: &'a mut NameTable,
    pub(crate) scope: &'a mut Scope,
}

impl Names for Learner<'_> {
    type Name = ();

    fn get(&mut self, _: u16, _: Range<usize>) -> Option<()> {
        Some(())
    }

    fn define(&mut self, number: u16, text: &str, _: Range<usize>) -> Option<()> {
        let interned = self.table.intern(text);
        self.scope.learn(number, interned);
        Some(())
    }

    fn may_repeat(&self, _: usize) -> bool {
        true
    }
}

/// A name keeps the number that it has in the chunk where it is first met, if it is below this and free: what has the
/// same number in chunk and segment is copied as it is.
const KEPT_NUMBERS: u16 = 256;

/// The names of one segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentNames {
    texts: Vec<Arc<str>>,
    /// Of each number, whether it is that of a name: others have an empty text.
    is_taken: Vec<bool>,
    /// Of each name in the [`NameTable`], its number in the segment.
    numbers: Vec<Option<u16>>,
    /// Of names that came with values from elsewhere.
    by_text: FastMap<Arc<str>, u16>,
    /// Of the value that is being copied, where names stand that get another number, and which.
    renumbered: Vec<(usize, u16)>,
}

impl SegmentNames {
    /// Those of values that are complete.
    pub(crate) fn of_texts(texts: Vec<Arc<str>>) -> Self {
        Self { texts, ..Self::default() }
    }

    /// The text of each number.
    pub(crate) fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }

    pub(crate) fn into_texts(self) -> Vec<Arc<str>> {
        self.texts
    }

    /// Whether there is no room for the names that one more value may bring.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.texts.len() > usize::from(NAME_LIMIT) / 2
    }

    fn number_of_text(&mut self, text: &Arc<str>) -> Option<u16> {
        if let Some(number) = self.by_text.get(text) {
            return Some(*number);
        }
        let number = self.add(Arc::clone(text), None)?;
        self.by_text.insert(Arc::clone(text), number);
        Some(number)
    }

    /// Gives a name this number, if nothing has it and it is small, else the next one.
    fn add(&mut self, text: Arc<str>, wanted: Option<u16>) -> Option<u16> {
        let is_taken = |number: &u16| self.is_taken.get(usize::from(*number)).copied().unwrap_or(false);
        let wanted = wanted.filter(|wanted| *wanted < KEPT_NUMBERS && !is_taken(wanted));
        let next = u16::try_from(self.texts.len()).ok().filter(|number| *number < NAME_ANONYMOUS);
        let number = wanted.or(next)?;
        let place = usize::from(number);
        if place >= self.texts.len() {
            self.texts.resize_with(place + 1, Arc::default);
            self.is_taken.resize(place + 1, false);
        }
        (self.texts[place], self.is_taken[place]) = (text, true);
        Some(number)
    }

    #[inline]
    fn known(&self, interned: u32) -> Option<u16> {
        self.numbers.get(interned as usize).copied().flatten()
    }

    /// The number of a name that a chunk knows as `wanted`.
    fn number(&mut self, interned: u32, wanted: u16, table: &NameTable) -> Option<u16> {
        let place = interned as usize;
        if self.numbers.len() <= place {
            self.numbers.resize(place + 1, None);
        }
        if self.numbers[place].is_none() {
            self.numbers[place] = Some(self.add(Arc::clone(&table.texts[place]), Some(wanted))?);
        }
        self.numbers[place]
    }
}

/// Appends values whose names are numbers in a table of their own, with the segment's numbers in their place.
pub(crate) struct Appender<'a> {
    texts: &'a [Arc<str>],
    segment: &'a mut SegmentNames,
    out: &'a mut Vec<u8>,
}

impl<'a> Appender<'a> {
    pub(crate) fn new(texts: &'a [Arc<str>], segment: &'a mut SegmentNames, out: &'a mut Vec<u8>) -> Self {
        Self { texts, segment, out }
    }

    /// Appends a value that is all of these bytes.
    ///
    /// # Errors
    /// When they are not a value, or there are too many names. What was appended of it is taken back.
    pub(crate) fn value(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let start = self.out.len();
        let mut renumbering = Renumbering { bytes, copied: 0, to: self };
        let read = Cursor::new(bytes).pass(&mut renumbering);
        let copied = renumbering.copied;
        match read {
            Ok(()) => self.out.extend_from_slice(&bytes[copied..]),
            Err(_) => self.out.truncate(start),
        }
        read
    }

    /// Appends bytes in which there are no names.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}

struct Renumbering<'b, 'a> {
    bytes: &'b [u8],
    copied: usize,
    to: &'b mut Appender<'a>,
}

impl Names for Renumbering<'_, '_> {
    type Name = ();

    fn get(&mut self, number: u16, place: Range<usize>) -> Option<()> {
        let text = self.to.texts.get(usize::from(number))?;
        let renumbered = self.to.segment.number_of_text(text)?;
        if renumbered != number {
            self.to.out.extend_from_slice(&self.bytes[self.copied..place.start]);
            self.to.out.extend_from_slice(&renumbered.to_le_bytes());
            self.copied = place.end;
        }
        Some(())
    }

    fn define(&mut self, _: u16, _: &str, _: Range<usize>) -> Option<()> {
        None
    }
}

/// Copies stretches of bytes as they are, and then writes the segment's numbers over the chunk's. Only where a name is
/// defined is anything left out: its text.
struct Transcoder<'a> {
    bytes: &'a [u8],
    copied: usize,
    table: &'a mut NameTable,
    scope: &'a mut Scope,
    segment: &'a mut SegmentNames,
    out: &'a mut Vec<u8>,
}

impl Transcoder<'_> {
    /// Copies what stands before this place, with the new numbers.
    fn copy_to(&mut self, end: usize) {
        let start = self.out.len();
        self.out.extend_from_slice(&self.bytes[self.copied..end]);
        let copy = &mut self.out[start..];
        for (place, number) in self.segment.renumbered.drain(..) {
            let place = place - self.copied;
            copy[place..place + 2].copy_from_slice(&number.to_le_bytes());
        }
        self.copied = end;
    }
}

impl Names for Transcoder<'_> {
    type Name = ();

    #[inline]
    fn get(&mut self, number: u16, place: Range<usize>) -> Option<()> {
        let interned = self.scope.interned.get(usize::from(number)).copied().flatten()?;
        let renumbered = match self.segment.known(interned) {
            Some(known) => known,
            None => self.segment.number(interned, number, self.table)?,
        };
        if renumbered != number {
            self.segment.renumbered.push((place.start, renumbered));
        }
        Some(())
    }

    fn define(&mut self, number: u16, text: &str, place: Range<usize>) -> Option<()> {
        let interned = self.table.intern(text);
        self.scope.learn(number, interned);
        let number = self.segment.number(interned, number, self.table)?;
        self.copy_to(place.start);
        self.out.extend_from_slice(&number.to_le_bytes());
        self.copied = place.end;
        Some(())
    }

    #[inline]
    fn may_repeat(&self, from: usize) -> bool {
        self.copied <= from && self.segment.renumbered.last().is_none_or(|(place, _)| *place < from)
    }
}

/// Copies the value at the front of `bytes` to the end of `out`, and says how many bytes of `bytes` it took.
///
/// # Errors
/// When the bytes are not a value. `out` then ends with a part of it, which the caller takes back.
pub(crate) fn transcode(
    bytes: &[u8],
    table: &mut NameTable,
    scope: &mut Scope,
    segment: &mut SegmentNames,
    out: &mut Vec<u8>,
) -> Result<usize, DecodeError> {
    let mut cursor = Cursor::new(bytes);
    segment.renumbered.clear();
    let mut transcoder = Transcoder { bytes, copied: 0, table, scope, segment, out };
    cursor.pass(&mut transcoder)?;
    transcoder.copy_to(cursor.position());
    Ok(cursor.position())
}

/// The length of the list that a value is, if it is one whose length was known before its elements were.
pub(crate) fn list_length(value: &[u8]) -> Option<u64> {
    // In a segment a name is its number alone.
    let value = if let [tag::KEYED, _, _, list @ ..] = value { list } else { value };
    let [tag::LIST, a, b, c, d, ..] = *value else { return None };
    Some(u32::from_le_bytes([a, b, c, d])).filter(|length| *length != UNKNOWN_LENGTH).map(u64::from)
}

/// The text that a value is, if it is one.
pub(crate) fn text_of(value: &[u8]) -> Option<String> {
    match Cursor::new(value).element(&mut Table(&[])).ok()? {
        Element::String { text, .. } | Element::Text { text, .. } => Some(text.to_owned()),
        _ => None,
    }
}
