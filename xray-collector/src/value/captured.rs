//! A captured value as a reader of the store gets it.

use std::ops::Range;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::read::{Cursor, DecodeError, Element, Table};
use super::render::{Notes, Rendered, json_text};
use super::tag;
use crate::inference::Encoded;

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

    /// How much of it was captured.
    #[must_use]
    pub fn level(&self) -> CaptureLevel {
        match self.bytes()[0] {
            tag::TEXT | tag::TEXT_CUT | tag::TEXT_WITHHELD | tag::TEXT_WITHHELD_CUT => CaptureLevel::DebugText,
            tag::TYPE => CaptureLevel::TypeName,
            tag::REDACTED => CaptureLevel::Redacted,
            tag::PANICKED => CaptureLevel::Panicked,
            _ => CaptureLevel::Structured,
        }
    }

    /// The field that tells the items of this list apart, if their type says so.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match Cursor::new(self.bytes()).element(&mut Table(&self.names)) {
            Ok(Element::Keyed(field)) => Some(field),
            _ => None,
        }
    }

    /// The value alone, as JSON text.
    #[must_use]
    pub fn json(&self) -> String {
        json_text(&Rendered::new(self.bytes(), &self.names, &Notes::default()))
    }

    /// The first `most` bytes of that text, or all where these are fewer. It costs what it writes.
    #[must_use]
    pub fn json_beginning(&self, most: usize) -> Vec<u8> {
        let notes = Notes::default();
        let rendered = Rendered::new(self.bytes(), &self.names, &notes);
        crate::json::beginning(&rendered, most).unwrap_or_else(|error| error.to_string().into_bytes())
    }

    /// The value alone, as JSON.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(Rendered::new(self.bytes(), &self.names, &Notes::default())).unwrap_or_default()
    }

    /// The bytes that it is a part of, and where in them it stands.
    pub(crate) fn surroundings(&self) -> (Encoded<'_>, Range<usize>) {
        (Encoded { bytes: &self.bytes, names: &self.names }, self.range.clone())
    }

    /// Another value of the same bytes.
    pub(crate) fn neighbour(&self, range: Range<usize>) -> Self {
        Self { bytes: Arc::clone(&self.bytes), names: Arc::clone(&self.names), range }
    }

    /// The text that it is, or its JSON if it is something else.
    pub(crate) fn text(&self) -> String {
        match Cursor::new(self.bytes()).element(&mut Table(&self.names)) {
            Ok(Element::String { text, .. } | Element::Text { text, .. }) => text.to_owned(),
            _ => self.json(),
        }
    }

    /// The texts that it is a list of.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut cursor = Cursor::new(self.bytes());
        let names = &mut Table(&self.names);
        let mut texts = Vec::new();
        if let Ok(Element::List(_)) = cursor.element(names) {
            loop {
                match cursor.element(names) {
                    Ok(Element::String { text, .. } | Element::Text { text, .. }) => texts.push(text.to_owned()),
                    Ok(Element::Type(name) | Element::Panicked(name)) => texts.push(name.to_owned()),
                    _ => break,
                }
            }
        }
        texts
    }
}

impl std::fmt::Debug for Captured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.json())
    }
}

impl Serialize for Captured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let notes = Notes::taken();
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("level", &self.level())?;
        fields.serialize_entry("value", &Rendered::new(self.bytes(), &self.names, &notes))?;
        let (cut, redacted) = notes.into_parts();
        if !cut.is_empty() {
            fields.serialize_entry("cut", &cut)?;
        }
        if !redacted.is_empty() {
            fields.serialize_entry("redacted", &redacted)?;
        }
        fields.end()
    }
}
