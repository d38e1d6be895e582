//! Captured values: the binary form in which they are written, moved, stored, and rendered only when asked for.
//!
//! ```text
//! value     = tag [operands]                                   all integers little-endian, lengths in bytes
//!
//! 00 unit            01 false            02 true
//! 10 u8   11 u16   12 u32   13 u64   14 u128                   at their own width
//! 18 i8   19 i16   1a i32   1b i64   1c i128
//! 20 f32  21 f64   22 char (u32)
//! 30 string   u8 length, bytes                                 UTF-8
//! 31 string   u32 length, bytes
//! 32 string   u64 length in full, u32 length, bytes            cut
//! 33 string   u32 length, bytes                                cut, length in full not known
//! 34 bytes    u64 length in full, u32 length, bytes            cut if the lengths differ
//! 35 string   u32 length, bytes                                a part is withheld: `[redacted]` stands for it
//! 36 string   u32 length, bytes                                the same, cut
//! 40 list     u32 length, value…, close                        length 2^32-1: not known
//! 41 map      u32 length, (value value)…, close
//! 42 struct   name, (name value)…, close-name
//! 43 tuple    name, value…, close                              a tuple struct
//! 44 variant  name name                                        enum and variant, without data
//! 45 variant  name name value                                  with one value
//! 46 variant  name name value…, close
//! 47 variant  name name (name value)…, close-name
//! 48 keyed    name value                                       a list, each item of it told apart by that field
//! 60 text     u32 length, bytes                                what Debug wrote
//! 61 text     u32 length, bytes                                cut
//! 66 text     u32 length, bytes                                a part is withheld: each byte of it is a `*`
//! 67 text     u32 length, bytes                                the same, cut
//! 62 type     name                                             neither Serialize nor Debug
//! 63 redacted
//! 64 panicked name                                             Serialize or Debug of this type panicked
//! 65 omitted                                                   too deep, or no room
//!
//! close      = 0f, or 0e where elements are missing            within a list, map, tuple or variant
//! close-name = 7fff, or 7ffe where fields are missing          u16, where a field's name would be
//! name       = u16 below 7ff0: the name's number
//!            | u16 number + 8000, u16 length, bytes            its first use: defines the number, too
//! ```
//!
//! Of a text that is cut, the last character may be torn; readers leave it out. Values nest at most [`MAX_DEPTH`] deep. A name is written once for each stretch of values that is decoded together:
//! a chunk as the recorder writes it, where the first use carries the text, or a segment of the store, which has the
//! texts in a table and numbers alone in its values.

mod captured;
mod keys;
pub(crate) mod plain;
mod read;
mod render;
mod scalar;
mod straight;
mod transcode;
#[cfg(feature = "query")]
pub(crate) mod tree;
mod write;

pub use self::captured::{CaptureLevel, Captured};
pub(crate) use self::keys::keys;
pub(crate) use self::read::{Count, Element, Field, Table};
pub use self::read::{Cursor, DecodeError, Names};
pub(crate) use self::render::json_of;
pub use self::scalar::Scalar;
pub use self::straight::Straight;
pub use self::transcode::NameTable;
pub(crate) use self::transcode::{Appender, Learner, Scope, SegmentNames, list_length, text_of, transcode};
pub use self::write::TextError;

/// How deep values nest: a bound for every reader's stack.
pub const MAX_DEPTH: usize = 64;

/// The length of a list that is not known before its end.
pub const UNKNOWN_LENGTH: u32 = u32::MAX;

/// Numbers of names stay below this.
pub(crate) const NAME_LIMIT: u16 = 0x7ff0;
/// The number that is defined anew at each use, once the others are used up.
pub(crate) const NAME_ANONYMOUS: u16 = NAME_LIMIT - 1;
/// The bit that says that a name's text follows.
pub(crate) const NAME_DEFINED: u16 = 0x8000;
/// Ends the fields of a struct.
pub(crate) const CLOSE_NAME: u16 = 0x7fff;
/// Ends the fields of a struct of which some are missing.
pub(crate) const CUT_NAME: u16 = 0x7ffe;

/// What a list, a map, and whatever has values in it begin with.
pub(crate) const LIST: u8 = tag::LIST;
pub(crate) const MAP: u8 = tag::MAP;
pub(crate) const STRUCT: u8 = tag::STRUCT;
pub(crate) const COMPOSITE: std::ops::RangeInclusive<u8> = 0x40..=0x5f;
/// A value that is nothing: all of it.
pub(crate) const UNIT: u8 = tag::UNIT;
/// The end of a list of which elements are missing.
pub(crate) const CUT: u8 = tag::CUT;

pub(crate) mod tag {
    pub(crate) const UNIT: u8 = 0x00;
    pub(crate) const FALSE: u8 = 0x01;
    pub(crate) const TRUE: u8 = 0x02;
    pub(crate) const CUT: u8 = 0x0e;
    pub(crate) const CLOSE: u8 = 0x0f;
    pub(crate) const U8: u8 = 0x10;
    pub(crate) const U16: u8 = 0x11;
    pub(crate) const U32: u8 = 0x12;
    pub(crate) const U64: u8 = 0x13;
    pub(crate) const U128: u8 = 0x14;
    pub(crate) const I8: u8 = 0x18;
    pub(crate) const I16: u8 = 0x19;
    pub(crate) const I32: u8 = 0x1a;
    pub(crate) const I64: u8 = 0x1b;
    pub(crate) const I128: u8 = 0x1c;
    pub(crate) const F32: u8 = 0x20;
    pub(crate) const F64: u8 = 0x21;
    pub(crate) const CHAR: u8 = 0x22;
    pub(crate) const STRING_SHORT: u8 = 0x30;
    pub(crate) const STRING: u8 = 0x31;
    pub(crate) const STRING_CUT: u8 = 0x32;
    pub(crate) const STRING_ENDLESS: u8 = 0x33;
    pub(crate) const BYTES: u8 = 0x34;
    pub(crate) const STRING_WITHHELD: u8 = 0x35;
    pub(crate) const STRING_WITHHELD_CUT: u8 = 0x36;
    pub(crate) const LIST: u8 = 0x40;
    pub(crate) const MAP: u8 = 0x41;
    pub(crate) const STRUCT: u8 = 0x42;
    pub(crate) const TUPLE: u8 = 0x43;
    pub(crate) const VARIANT_UNIT: u8 = 0x44;
    pub(crate) const VARIANT_VALUE: u8 = 0x45;
    pub(crate) const VARIANT_TUPLE: u8 = 0x46;
    pub(crate) const VARIANT_STRUCT: u8 = 0x47;
    pub(crate) const KEYED: u8 = 0x48;
    pub(crate) const TEXT: u8 = 0x60;
    pub(crate) const TEXT_CUT: u8 = 0x61;
    pub(crate) const TYPE: u8 = 0x62;
    pub(crate) const REDACTED: u8 = 0x63;
    pub(crate) const PANICKED: u8 = 0x64;
    pub(crate) const OMITTED: u8 = 0x65;
    pub(crate) const TEXT_WITHHELD: u8 = 0x66;
    pub(crate) const TEXT_WITHHELD_CUT: u8 = 0x67;
}
