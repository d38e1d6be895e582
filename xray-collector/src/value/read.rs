//! Reading the binary form: a cursor that never goes past its end, and the elements of a value, one after the other.

use std::ops::Range;
use std::sync::Arc;

use super::{CLOSE_NAME, CUT_NAME, MAX_DEPTH, NAME_DEFINED, NAME_LIMIT, tag};

/// Bytes that are not what the format says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct DecodeError {
    /// What is wrong.
    pub what: &'static str,
    /// Where, counted from the beginning of what was read.
    pub at: usize,
}

/// Resolves names to whatever the reader works with, and learns the definitions that it meets.
pub trait Names {
    /// What a name is to this reader.
    type Name;
    /// The name with this number, or `None` if there is none; `place` is where it stands.
    fn get(&mut self, number: u16, place: Range<usize>) -> Option<Self::Name>;
    /// A number's first use, with its text; `place` is where both stand. `None` if it cannot be learnt.
    fn define(&mut self, number: u16, text: &str, place: Range<usize>) -> Option<Self::Name>;
    /// Whether names that were met from this place on need not be told again where they come again.
    fn may_repeat(&self, from: usize) -> bool {
        let _ = from;
        false
    }
}

/// The names of a segment: all known before the first value.
pub(crate) struct Table<'a>(pub(crate) &'a [Arc<str>]);

impl<'a> Names for Table<'a> {
    type Name = &'a str;

    fn get(&mut self, number: u16, _: Range<usize>) -> Option<&'a str> {
        self.0.get(usize::from(number)).map(|text| &**text)
    }

    fn define(&mut self, _: u16, _: &str, _: Range<usize>) -> Option<&'a str> {
        None
    }
}

/// Names of which only their number is known, to whoever passes over them.
pub(crate) struct Count(pub(crate) usize);

impl Names for Count {
    type Name = ();

    #[inline]
    fn get(&mut self, number: u16, _: Range<usize>) -> Option<()> {
        (usize::from(number) < self.0).then_some(())
    }

    fn define(&mut self, _: u16, _: &str, _: Range<usize>) -> Option<()> {
        None
    }

    fn may_repeat(&self, _: usize) -> bool {
        true
    }
}

/// A place in a stretch of bytes.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    length: usize,
}

/// One element of the walk over a value.
#[derive(Debug, PartialEq)]
pub(crate) enum Element<'a, N> {
    Unit,
    Bool(bool),
    Unsigned(u128, u8),
    Signed(i128, u8),
    F32(f32),
    F64(f64),
    Char(char),
    /// `full` is the length that it had, where that is not the length of `text`; `u64::MAX` if not known.
    String {
        text: &'a str,
        full: Option<u64>,
        /// A part of it is withheld.
        withheld: bool,
    },
    Bytes {
        bytes: &'a [u8],
        full: Option<u64>,
    },
    List(u32),
    Map(u32),
    Struct(N),
    Tuple(N),
    UnitVariant(N, N),
    ValueVariant(N, N),
    TupleVariant(N, N),
    StructVariant(N, N),
    /// The value that follows is a list of items with this field as their key.
    Keyed(N),
    Text {
        text: &'a str,
        cut: bool,
        /// A part of it is withheld.
        withheld: bool,
    },
    Type(N),
    Redacted,
    Panicked(N),
    Omitted,
    /// The end of a list, map, tuple or tuple variant.
    Close {
        cut: bool,
    },
}

/// What stands where a field's name may be.
#[derive(Debug, PartialEq)]
pub(crate) enum Field<N> {
    Name(N),
    Close { cut: bool },
}

impl<'a> Cursor<'a> {
    /// At the first of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, length: bytes.len() }
    }

    /// How many bytes were read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Whether all was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline(always)]
    pub(super) fn error(&self, what: &'static str) -> DecodeError {
        DecodeError { what, at: self.position() }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// When there are not so many.
    #[inline(always)]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error("the bytes end too early"));
        };
        self.rest = rest;
        Ok(taken)
    }

    #[inline(always)]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            return Err(self.error("the bytes end too early"));
        };
        self.rest = rest;
        Ok(*taken)
    }

    /// The next byte.
    ///
    /// # Errors
    /// When there is none.
    #[inline(always)]
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    /// The next two bytes.
    ///
    /// # Errors
    /// When there are not so many.
    #[inline(always)]
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next four bytes.
    ///
    /// # Errors
    /// When there are not so many.
    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next eight bytes.
    ///
    /// # Errors
    /// When there are not so many.
    #[inline]
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A text of which the length stands in the next four bytes.
    ///
    /// # Errors
    /// When there are not so many bytes, or they are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.u32()? as usize;
        self.utf8(length)
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str, DecodeError> {
        let at = self.position();
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError { what: "a text that is not UTF-8", at })
    }

    /// A text of which the last character may be torn.
    fn cut_text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.u32()? as usize;
        let at = self.position();
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text),
            // No length of the error: the bytes end within a character.
            Err(error) if error.error_len().is_none() => {
                let whole = &bytes[..error.valid_up_to()];
                std::str::from_utf8(whole).map_err(|_| DecodeError { what: "a text that is not UTF-8", at })
            }
            Err(_) => Err(DecodeError { what: "a text that is not UTF-8", at }),
        }
    }

    #[inline(always)]
    pub(super) fn name<T: Names>(&mut self, names: &mut T) -> Result<T::Name, DecodeError> {
        let number = self.u16()?;
        self.name_numbered(number, names)
    }

    #[inline(always)]
    fn name_numbered<T: Names>(&mut self, number: u16, names: &mut T) -> Result<T::Name, DecodeError> {
        let start = self.position() - 2;
        let name = match number & NAME_DEFINED {
            0 => names.get(number, start..self.position()),
            _ => {
                let name;
                (*self, name) = self.clone().definition(number & !NAME_DEFINED, names)?;
                name
            }
        };
        name.ok_or_else(|| self.error("a name that was not defined"))
    }

    /// A name's first use: its text follows. By value, so that the cursor of a caller can stay in registers.
    #[cold]
    fn definition<T: Names>(mut self, number: u16, names: &mut T) -> Result<(Self, Option<T::Name>), DecodeError> {
        let start = self.position() - 2;
        if number >= NAME_LIMIT {
            return Err(self.error("a name with a number out of range"));
        }
        let length = usize::from(self.u16()?);
        let text = self.utf8(length)?;
        let name = names.define(number, text, start..self.position());
        Ok((self, name))
    }

    #[inline(always)]
    pub(crate) fn field<T: Names>(&mut self, names: &mut T) -> Result<Field<T::Name>, DecodeError> {
        match self.u16()? {
            CLOSE_NAME => Ok(Field::Close { cut: false }),
            CUT_NAME => Ok(Field::Close { cut: true }),
            number => self.name_numbered(number, names).map(Field::Name),
        }
    }

    pub(crate) fn element<T: Names>(&mut self, names: &mut T) -> Result<Element<'a, T::Name>, DecodeError> {
        Ok(match self.u8()? {
            tag::UNIT => Element::Unit,
            tag::FALSE => Element::Bool(false),
            tag::TRUE => Element::Bool(true),
            tag::U8 => Element::Unsigned(self.u8()?.into(), 1),
            tag::U16 => Element::Unsigned(self.u16()?.into(), 2),
            tag::U32 => Element::Unsigned(self.u32()?.into(), 4),
            tag::U64 => Element::Unsigned(self.u64()?.into(), 8),
            tag::U128 => Element::Unsigned(u128::from_le_bytes(self.array()?), 16),
            tag::I8 => Element::Signed(i8::from_le_bytes(self.array()?).into(), 1),
            tag::I16 => Element::Signed(i16::from_le_bytes(self.array()?).into(), 2),
            tag::I32 => Element::Signed(i32::from_le_bytes(self.array()?).into(), 4),
            tag::I64 => Element::Signed(i64::from_le_bytes(self.array()?).into(), 8),
            tag::I128 => Element::Signed(i128::from_le_bytes(self.array()?), 16),
            tag::F32 => Element::F32(f32::from_le_bytes(self.array()?)),
            tag::F64 => Element::F64(f64::from_le_bytes(self.array()?)),
            tag::CHAR => Element::Char(char::from_u32(self.u32()?).ok_or_else(|| self.error("not a character"))?),
            tag::STRING_SHORT => {
                let length = self.u8()?.into();
                Element::String { text: self.utf8(length)?, full: None, withheld: false }
            }
            tag::STRING => Element::String { text: self.text()?, full: None, withheld: false },
            tag::STRING_CUT => {
                let full = self.u64()?;
                Element::String { text: self.cut_text()?, full: Some(full), withheld: false }
            }
            tag::STRING_ENDLESS => Element::String { text: self.cut_text()?, full: Some(u64::MAX), withheld: false },
            tag::STRING_WITHHELD => Element::String { text: self.text()?, full: None, withheld: true },
            tag::STRING_WITHHELD_CUT => {
                Element::String { text: self.cut_text()?, full: Some(u64::MAX), withheld: true }
            }
            tag::BYTES => {
                let full = self.u64()?;
                let length = self.u32()? as usize;
                Element::Bytes { bytes: self.take(length)?, full: Some(full).filter(|full| *full != length as u64) }
            }
            tag::LIST => Element::List(self.u32()?),
            tag::MAP => Element::Map(self.u32()?),
            tag::STRUCT => Element::Struct(self.name(names)?),
            tag::TUPLE => Element::Tuple(self.name(names)?),
            tag::VARIANT_UNIT => Element::UnitVariant(self.name(names)?, self.name(names)?),
            tag::VARIANT_VALUE => Element::ValueVariant(self.name(names)?, self.name(names)?),
            tag::VARIANT_TUPLE => Element::TupleVariant(self.name(names)?, self.name(names)?),
            tag::VARIANT_STRUCT => Element::StructVariant(self.name(names)?, self.name(names)?),
            tag::KEYED => Element::Keyed(self.name(names)?),
            tag::TEXT => Element::Text { text: self.text()?, cut: false, withheld: false },
            tag::TEXT_CUT => Element::Text { text: self.cut_text()?, cut: true, withheld: false },
            tag::TEXT_WITHHELD => Element::Text { text: self.text()?, cut: false, withheld: true },
            tag::TEXT_WITHHELD_CUT => Element::Text { text: self.cut_text()?, cut: true, withheld: true },
            tag::TYPE => Element::Type(self.name(names)?),
            tag::REDACTED => Element::Redacted,
            tag::PANICKED => Element::Panicked(self.name(names)?),
            tag::OMITTED => Element::Omitted,
            tag::CLOSE => Element::Close { cut: false },
            tag::CUT => Element::Close { cut: true },
            _ => return Err(DecodeError { what: "an unknown tag", at: self.position() - 1 }),
        })
    }

    /// Reads past one value, and learns the names that it defines.
    ///
    /// # Errors
    /// When the bytes are not a value.
    pub fn skip<T: Names>(&mut self, names: &mut T) -> Result<(), DecodeError> {
        match self.skip_one(names, MAX_DEPTH)? {
            true => Ok(()),
            false => Err(self.error("a close without an open")),
        }
    }

    /// Whether it was a value; `false` for a close.
    fn skip_one<T: Names>(&mut self, names: &mut T, depth: usize) -> Result<bool, DecodeError> {
        let Some(inner) = depth.checked_sub(1) else { return Err(self.error("values nested too deeply")) };
        match self.element(names)? {
            Element::Close { .. } => return Ok(false),
            Element::List(_) | Element::Tuple(_) | Element::TupleVariant(..) => while self.skip_one(names, inner)? {},
            Element::Map(_) => {
                while self.skip_one(names, inner)? {
                    if !self.skip_one(names, inner)? {
                        return Err(self.error("a key without a value"));
                    }
                }
            }
            Element::Struct(_) | Element::StructVariant(..) => {
                while let Field::Name(_) = self.field(names)? {
                    self.skip_nested(names, inner)?;
                }
            }
            Element::ValueVariant(..) | Element::Keyed(_) => self.skip_nested(names, inner)?,
            _ => {}
        }
        Ok(true)
    }

    fn skip_nested<T: Names>(&mut self, names: &mut T, depth: usize) -> Result<(), DecodeError> {
        match self.skip_one(names, depth)? {
            true => Ok(()),
            false => Err(self.error("a name without a value")),
        }
    }

    /// As [`Cursor::skip`], without a look at what texts and numbers are: only at where they end, and at names. For whoever
    /// copies values, which somebody else reads.
    ///
    /// # Errors
    /// When the bytes are not put together as a value is.
    #[inline]
    pub fn pass<T: Names>(&mut self, names: &mut T) -> Result<(), DecodeError> {
        match self.rest.first().map(|tag| width(*tag)) {
            Some(Some(width)) => self.advance(1 + width),
            _ => self.pass_nested(names),
        }
    }

    /// Reads past a struct that is put together as `earlier` is, one that was read past: of the same name, with the same
    /// fields one after the other, each a short text or of a fixed size, and no name that is defined there. `false`, and
    /// nothing is read, if it is anything else.
    #[inline]
    pub(crate) fn pass_alike(&mut self, earlier: &[u8]) -> bool {
        let (Some((&head, mut earlier)), Some((&this, mut rest))) =
            (earlier.split_first_chunk::<3>(), self.rest.split_first_chunk::<3>())
        else {
            return false;
        };
        let is_defined = |name: [u8; 2]| u16::from_le_bytes(name) & NAME_DEFINED != 0;
        if head != this || head[0] != tag::STRUCT || is_defined([head[1], head[2]]) {
            return false;
        }
        loop {
            let (Some(name), Some(this)) = (earlier.first_chunk::<2>(), rest.first_chunk::<2>()) else { return false };
            if name != this || is_defined(*name) {
                return false;
            }
            if u16::from_le_bytes(*name) == CLOSE_NAME {
                self.rest = &rest[2..];
                return true;
            }
            let (Some(tag), Some(this)) = (earlier.get(2), rest.get(2)) else { return false };
            let width = if *tag == tag::STRING_SHORT { Some(1) } else { width(*tag) };
            let Some(width) = width.filter(|_| tag == this) else { return false };
            let text =
                |bytes: &[u8]| if *tag == tag::STRING_SHORT { bytes.get(3).copied().map_or(0, usize::from) } else { 0 };
            let places = (3 + width + text(earlier), 3 + width + text(rest));
            let (Some(next), Some(this)) = (earlier.get(places.0..), rest.get(places.1..)) else { return false };
            (earlier, rest) = (next, this);
        }
    }

    fn pass_nested<T: Names>(&mut self, names: &mut T) -> Result<(), DecodeError> {
        // One of its own, which stays in registers.
        let mut cursor = self.clone();
        // What the values around the next one go on with, and the innermost of them.
        let mut around = [Within::One; MAX_DEPTH];
        let (mut depth, mut within) = (0, Within::One);
        // Where the last struct began that is an element: those that follow often look like it.
        let mut alike = cursor.rest;
        loop {
            let tag = cursor.u8()?;
            let opened = match tag {
                tag::STRING_SHORT => {
                    let length = cursor.u8()?;
                    cursor.advance(length.into())?;
                    None
                }
                tag::STRUCT => {
                    cursor.name(names)?;
                    Some(Within::Fields)
                }
                tag::LIST => {
                    cursor.advance(4)?;
                    Some(Within::Elements)
                }
                tag::CLOSE | tag::CUT => {
                    match within {
                        Within::Elements | Within::Keys => (depth, within) = (depth - 1, around[depth - 1]),
                        Within::Values => return Err(cursor.error("a key without a value")),
                        Within::One if depth == 0 => return Err(cursor.error("a close without an open")),
                        Within::Fields | Within::One => return Err(cursor.error("a name without a value")),
                    }
                    None
                }
                _ => match width(tag) {
                    Some(width) => {
                        cursor.advance(width)?;
                        None
                    }
                    None => {
                        let opened;
                        (cursor, opened) = cursor.pass_rare(tag, names)?;
                        opened
                    }
                },
            };
            if let Some(opened) = opened {
                (around[depth], within) = (within, opened);
                depth += 1;
                // On with what is in it. Of fields the first one's name comes first.
                if opened != Within::Fields {
                    cursor.check_depth(depth)?;
                    continue;
                }
            }
            // A value has ended, or fields have begun: on to where the next value begins.
            loop {
                match within {
                    Within::Elements => {
                        let from = self.length - alike.len();
                        while names.may_repeat(from) && cursor.pass_alike(alike) {}
                        if cursor.rest.first() == Some(&tag::STRUCT) {
                            alike = cursor.rest;
                        }
                        break;
                    }
                    Within::Fields => {
                        if let Field::Name(_) = cursor.field(names)? {
                            cursor.check_depth(depth)?;
                            break;
                        }
                    }
                    Within::Keys => {
                        within = Within::Values;
                        break;
                    }
                    Within::Values => {
                        within = Within::Keys;
                        break;
                    }
                    Within::One if depth == 0 => {
                        *self = cursor;
                        return Ok(());
                    }
                    Within::One => {}
                }
                (depth, within) = (depth - 1, around[depth - 1]);
            }
        }
    }

    /// Whether a value may follow within so many others.
    #[inline(always)]
    fn check_depth(&self, depth: usize) -> Result<(), DecodeError> {
        if depth < MAX_DEPTH { Ok(()) } else { Err(self.error("values nested too deeply")) }
    }

    /// What the value with this tag, which was read, opens; `None` if it is read to its end.
    fn pass_rare<T: Names>(mut self, tag: u8, names: &mut T) -> Result<(Self, Option<Within>), DecodeError> {
        let opened = match tag {
            tag::STRING
            | tag::STRING_ENDLESS
            | tag::STRING_WITHHELD
            | tag::STRING_WITHHELD_CUT
            | tag::TEXT
            | tag::TEXT_CUT
            | tag::TEXT_WITHHELD
            | tag::TEXT_WITHHELD_CUT => {
                let length = self.u32()?;
                self.advance(length as usize)?;
                None
            }
            tag::STRING_CUT | tag::BYTES => {
                self.advance(8)?;
                let length = self.u32()?;
                self.advance(length as usize)?;
                None
            }
            tag::MAP => {
                self.advance(4)?;
                Some(Within::Keys)
            }
            tag::TUPLE => {
                self.name(names)?;
                Some(Within::Elements)
            }
            tag::VARIANT_UNIT | tag::VARIANT_VALUE | tag::VARIANT_TUPLE | tag::VARIANT_STRUCT => {
                self.name(names)?;
                self.name(names)?;
                match tag {
                    tag::VARIANT_UNIT => None,
                    tag::VARIANT_VALUE => Some(Within::One),
                    tag::VARIANT_TUPLE => Some(Within::Elements),
                    _ => Some(Within::Fields),
                }
            }
            tag::KEYED => {
                self.name(names)?;
                Some(Within::One)
            }
            tag::TYPE | tag::PANICKED => {
                self.name(names)?;
                None
            }
            _ => return Err(DecodeError { what: "an unknown tag", at: self.position() - 1 }),
        };
        Ok((self, opened))
    }

    #[inline(always)]
    fn advance(&mut self, count: usize) -> Result<(), DecodeError> {
        self.take(count).map(drop)
    }
}

/// What a value that has begun and not ended goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Values, up to a close.
    Elements,
    /// Names with values, up to their close.
    Fields,
    /// A map's next key, or its close.
    Keys,
    /// The value of the key before.
    Values,
    /// One value.
    One,
}

/// How many bytes follow a tag whose values are all of one size.
#[inline]
fn width(tag: u8) -> Option<usize> {
    /// Where it is something else.
    const OTHER: u8 = u8::MAX;
    const WIDTHS: [u8; 256] = {
        let mut widths = [OTHER; 256];
        let known = [
            (tag::UNIT, 0),
            (tag::FALSE, 0),
            (tag::TRUE, 0),
            (tag::U8, 1),
            (tag::U16, 2),
            (tag::U32, 4),
            (tag::U64, 8),
            (tag::U128, 16),
            (tag::I8, 1),
            (tag::I16, 2),
            (tag::I32, 4),
            (tag::I64, 8),
            (tag::I128, 16),
            (tag::F32, 4),
            (tag::F64, 8),
            (tag::CHAR, 4),
            (tag::REDACTED, 0),
            (tag::OMITTED, 0),
        ];
        let mut at = 0;
        while at < known.len() {
            widths[known[at].0 as usize] = known[at].1;
            at += 1;
        }
        widths
    };
    let width = WIDTHS[usize::from(tag)];
    (width != OTHER).then_some(width.into())
}
