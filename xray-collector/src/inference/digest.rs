//! Values and key texts as numbers that are equal when they are.
//!
//! 64 bits of rapidhash in its third version, which is fixed: the same on every machine and in every release. Among
//! the 65,536 items that a list is captured with by default, two different ones fall on the same number once in ten
//! billion lists; then one item is taken for the other.

use rapidhash::v3::rapidhash_v3;

use super::Encoded;
use crate::value::{Cursor, DecodeError, Element, Field, MAX_DEPTH, Table};

/// The number of a key, from the whole of its text.
#[must_use]
pub fn key_hash(text: &str) -> u64 {
    rapidhash_v3(text.as_bytes())
}

/// The number of a value, and whether it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) hash: u64,
    /// Parts of it are missing, so that another value may have the same number.
    pub(super) is_torn: bool,
}

/// Takes numbers of values of one table of names.
///
/// A value is written out so that what is equal is written the same and nothing else is: names by their texts,
/// numbers by what they count, not by their width, maps without regard to the order of their entries.
pub(super) struct Digester<'a> {
    names: Table<'a>,
    scratch: Vec<u8>,
    is_torn: bool,
}

impl<'a> Digester<'a> {
    pub(super) fn new(side: Encoded<'a>) -> Self {
        Self { names: Table(side.names), scratch: Vec::new(), is_torn: false }
    }

    /// The number of the value at the cursor.
    pub(super) fn digest(&mut self, mut cursor: Cursor<'a>) -> Result<Digest, DecodeError> {
        self.scratch.clear();
        self.is_torn = false;
        // No text begins with this byte: values that are no text keep clear of the numbers of key texts.
        self.scratch.push(0xff);
        self.value(&mut cursor, MAX_DEPTH)?;
        Ok(Digest { hash: rapidhash_v3(&self.scratch), is_torn: self.is_torn })
    }

    fn sized(&mut self, kind: u8, bytes: &[u8]) {
        self.scratch.push(kind);
        self.scratch.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.scratch.extend_from_slice(bytes);
    }

    /// `false` for a close.
    fn value(&mut self, cursor: &mut Cursor<'a>, depth: usize) -> Result<bool, DecodeError> {
        let too_deep = DecodeError { what: "values nested too deeply", at: cursor.position() };
        let inner = depth.checked_sub(1).ok_or(too_deep)?;
        match cursor.element(&mut self.names)? {
            Element::Close { cut } => {
                self.is_torn |= cut;
                return Ok(false);
            }
            Element::Unit => self.scratch.push(b'n'),
            Element::Bool(value) => self.scratch.push(if value { b't' } else { b'f' }),
            Element::Unsigned(value, _) => self.sized(b'+', &value.to_le_bytes()),
            Element::Signed(value, _) => match u128::try_from(value) {
                Ok(value) => self.sized(b'+', &value.to_le_bytes()),
                Err(_) => self.sized(b'-', &value.to_le_bytes()),
            },
            Element::F32(value) => self.sized(b'.', &f64::from(value).to_bits().to_le_bytes()),
            Element::F64(value) => self.sized(b'.', &value.to_bits().to_le_bytes()),
            Element::Char(value) => self.sized(b'c', &u32::from(value).to_le_bytes()),
            Element::String { text, full, .. } => {
                self.is_torn |= full.is_some();
                self.sized(b'"', text.as_bytes());
            }
            Element::Bytes { bytes, full } => {
                self.is_torn |= full.is_some();
                self.sized(b'b', bytes);
            }
            Element::Text { text, cut, .. } => {
                self.is_torn |= cut;
                self.sized(b'd', text.as_bytes());
            }
            Element::List(_) => {
                self.scratch.push(b'[');
                self.elements(cursor, inner)?;
            }
            Element::Map(_) => self.entries(cursor, inner)?,
            Element::Struct(name) => {
                self.sized(b'{', name.as_bytes());
                self.fields(cursor, inner)?;
            }
            Element::Tuple(name) => {
                self.sized(b'(', name.as_bytes());
                self.elements(cursor, inner)?;
            }
            Element::UnitVariant(_, name) => self.sized(b'u', name.as_bytes()),
            Element::Keyed(_) => return self.value(cursor, inner),
            Element::ValueVariant(_, name) => {
                self.sized(b'v', name.as_bytes());
                self.value(cursor, inner)?;
            }
            Element::TupleVariant(_, name) => {
                self.sized(b'w', name.as_bytes());
                self.elements(cursor, inner)?;
            }
            Element::StructVariant(_, name) => {
                self.sized(b'x', name.as_bytes());
                self.fields(cursor, inner)?;
            }
            Element::Type(name) | Element::Panicked(name) => {
                self.is_torn = true;
                self.sized(b'?', name.as_bytes());
            }
            Element::Redacted => self.scratch.push(b'*'),
            Element::Omitted => {
                self.is_torn = true;
                self.scratch.push(b'~');
            }
        }
        Ok(true)
    }

    fn elements(&mut self, cursor: &mut Cursor<'a>, depth: usize) -> Result<(), DecodeError> {
        while self.value(cursor, depth)? {}
        self.scratch.push(b']');
        Ok(())
    }

    fn fields(&mut self, cursor: &mut Cursor<'a>, depth: usize) -> Result<(), DecodeError> {
        loop {
            match cursor.field(&mut self.names)? {
                Field::Name(name) => {
                    self.sized(b':', name.as_bytes());
                    self.value(cursor, depth)?;
                }
                Field::Close { cut } => {
                    self.is_torn |= cut;
                    self.scratch.push(b'}');
                    return Ok(());
                }
            }
        }
    }

    /// The sum of the entries' numbers: a map has no order.
    fn entries(&mut self, cursor: &mut Cursor<'a>, depth: usize) -> Result<(), DecodeError> {
        let start = self.scratch.len();
        let (mut sum, mut count) = (0_u64, 0_u64);
        while self.value(cursor, depth)? {
            self.value(cursor, depth)?;
            sum = sum.wrapping_add(rapidhash_v3(&self.scratch[start..]));
            count += 1;
            self.scratch.truncate(start);
        }
        self.scratch.push(b'm');
        self.scratch.extend_from_slice(&sum.to_le_bytes());
        self.scratch.extend_from_slice(&count.to_le_bytes());
        Ok(())
    }
}
