//! A captured value as a reader of the store gets it.

use std::ops::Range;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::read::{Cursor, DecodeError, Names};
use super::render::{Notes, Rendered};
use super::tag;

/// How much of a value was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureLevel {
    /// Its structure, through its `Serialize`.
    Structured,
    /// The text that its `Debug` writes.
    DebugText,
    /// The name of its type, since it has neither `Serialize` nor `Debug` where the function is defined.
    TypeName,
    /// That it was there: the attribute says that it must not be captured.
    Redacted,
    /// The name of its type: its `Serialize` and its `Debug` panicked.
    Panicked,
}

/// A value and the level that it was captured at, in binary until it is rendered.
///
/// Serialises as `{"level", "value", "cut"?, "redacted"?}`: `value` has the shape that serde_json would give the
/// original, and `cut` and `redacted` list, as JSON pointers into it, where elements are missing (with the length it
/// had, where that is known) and what was withheld. Integers beyond 64 bits and floats that JSON has no number for
/// are strings.
#[derive(Clone, PartialEq, Eq)]
pub struct Captured {
    bytes: Arc<[u8]>,
    range: Range<usize>,
    names: Arc<[Arc<str>]>,
}

/// The names of a segment: all known before the first value.
pub(super) struct Table<'a>(pub(super) &'a [Arc<str>]);

impl<'a> Names for Table<'a> {
    type Name = &'a str;

    fn get(&mut self, number: u16, _: Range<usize>) -> Option<&'a str> {
        self.0.get(usize::from(number)).map(|text| &**text)
    }

    fn define(&mut self, _: u16, _: &str, _: Range<usize>) -> Option<&'a str> {
        None
    }
}

impl Captured {
    /// The value that begins at `start`, and where it ends.
    ///
    /// # Errors
    /// When there is no value, so that what is kept can always be rendered.
    pub fn read(bytes: &Arc<[u8]>, start: usize, names: &Arc<[Arc<str>]>) -> Result<(Self, usize), DecodeError> {
        let rest = bytes.get(start..).ok_or(DecodeError { what: "a value beyond the end", at: start })?;
        let mut cursor = Cursor::new(rest);
        cursor.skip(&mut Table(names))?;
        let range = start..start + cursor.position();
        Ok((Self { bytes: Arc::clone(bytes), names: Arc::clone(names), range: range.clone() }, range.end))
    }

    /// The encoded value.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }

    pub(super) fn table(&self) -> Table<'_> {
        Table(&self.names)
    }

    /// How much of it was captured.
    #[must_use]
    pub fn level(&self) -> CaptureLevel {
        match self.bytes()[0] {
            tag::TEXT | tag::TEXT_CUT => CaptureLevel::DebugText,
            tag::TYPE => CaptureLevel::TypeName,
            tag::REDACTED => CaptureLevel::Redacted,
            tag::PANICKED => CaptureLevel::Panicked,
            _ => CaptureLevel::Structured,
        }
    }

    /// The value alone, as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(Rendered::new(self, &Notes::default())).unwrap_or_default()
    }
}

impl std::fmt::Debug for Captured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.to_json())
    }
}

impl Serialize for Captured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let notes = Notes::default();
        let mut fields = serializer.serialize_struct("Captured", 4)?;
        fields.serialize_field("level", &self.level())?;
        fields.serialize_field("value", &Rendered::new(self, &notes))?;
        let (cut, redacted) = notes.into_parts();
        if !cut.is_empty() {
            fields.serialize_field("cut", &cut)?;
        }
        if !redacted.is_empty() {
            fields.serialize_field("redacted", &redacted)?;
        }
        fields.end()
    }
}
