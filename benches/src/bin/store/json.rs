//! What is captured as JSON: what the stores that know nothing of values are given.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::workload::{Item, Key, Value};

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Whole(value) => serializer.serialize_u64(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Items(items) => list(items, "price", serializer),
            Self::Ranked(items) => list(items, "score", serializer),
            Self::Struct(_, fields) => serializer.collect_map(fields.iter().copied()),
        }
    }
}

fn list<S: Serializer>(items: &[Item], value: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(items.len()))?;
    for item in items {
        list.serialize_element(&Element { item: *item, value })?;
    }
    list.end()
}

struct Element {
    item: Item,
    /// What the item's number is called.
    value: &'static str,
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", Key::of(self.item.number).as_str())?;
        map.serialize_entry(self.value, &self.item.value)?;
        map.end()
    }
}
