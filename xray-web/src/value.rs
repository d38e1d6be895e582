//! How a captured value is written: whole, or if it is large its beginning, its size and where all of it is.

use serde::ser::{Serialize, SerializeMap, Serializer};
use xray_collector::id::{RunId, StepId};
use xray_collector::value::Captured;

/// Bytes of a large value's JSON that stand in for it.
const BEGINNING: usize = 1_000;

/// How large a value may be to be written whole, in bytes as it was captured: its JSON is about twice as long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(usize);

impl Limit {
    /// In the answer that a step has to itself.
    pub(crate) const OF_STEP: Self = Self(256 * 1024);
    /// In a list.
    pub(crate) const OF_ROW: Self = Self(16 * 1024);

    pub(crate) fn allows(self, captured: &Captured) -> bool {
        captured.bytes().len() <= self.0
    }
}

/// A value and the level that it was captured at; `name` is that of `/values/{part}`.
pub(crate) struct ValueBody<'a> {
    pub(crate) captured: &'a Captured,
    pub(crate) limit: Limit,
    pub(crate) run: RunId,
    pub(crate) step: StepId,
    pub(crate) name: String,
}

/// What is said of a value that is not written.
#[derive(serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Omitted<'a> {
    /// Its size as it was captured; its JSON is up to about twice as long.
    bytes: usize,
    /// How its JSON begins.
    beginning: &'a str,
    /// Where it is, as a whole and in ranges.
    path: String,
}

impl Serialize for ValueBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.limit.allows(self.captured) {
            return self.captured.serialize(serializer);
        }
        let beginning = self.captured.json_beginning(BEGINNING);
        let whole_characters = beginning.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let path = format!("/api/v1/runs/{}/steps/{}/values/{}", self.run, self.step, self.name);
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("level", &self.captured.level())?;
        fields.serialize_entry("value", &())?;
        fields.serialize_entry(
            "omitted",
            &Omitted { bytes: self.captured.bytes().len(), beginning: whole_characters, path },
        )?;
        fields.end()
    }
}
