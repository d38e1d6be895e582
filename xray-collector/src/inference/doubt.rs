//! What an inference cannot be sure of.

use serde::{Deserialize, Serialize};

/// Why what was inferred of a step may not be what happened, or why less was inferred than one may expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Several arguments are lists that the result may come from; the first with the most items in common was taken.
    AmbiguousArgument,
    /// The argument that the attribute declares as the list is not captured as one.
    NoSuchArgument,
    /// The key that the attribute declares names no field of the items.
    NoSuchKey,
    /// Several items of one list have the same key. Of n that went in and m that came out the first m are kept.
    KeyNotUnique,
    /// Not all of a list was captured: nothing is claimed of items that may be among those that are missing.
    Cut,
    /// Items went in and came out, and nothing relates the ones to the others: the step makes new values. Counts
    /// alone are inferred.
    Unrelated,
    /// As many came out as went in, and those that were not found again stand in the same places: they may be the
    /// same items, changed.
    Replaced,
    /// One of the lists holds the keys of the other one's items, not items.
    KeysAlone,
    /// The items came out as another type, related by a field of the same name.
    TypeChanged,
    /// Nothing came out, so that whether the result is a list of such items is not known.
    EmptyOutput,
    /// The result has more than one list, and this one was taken.
    SeveralLists,
}

impl Doubt {
    /// The word used in JSON, queries and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AmbiguousArgument => "ambiguous_argument",
            Self::NoSuchArgument => "no_such_argument",
            Self::NoSuchKey => "no_such_key",
            Self::KeyNotUnique => "key_not_unique",
            Self::Cut => "cut",
            Self::Unrelated => "unrelated",
            Self::Replaced => "replaced",
            Self::KeysAlone => "keys_alone",
            Self::TypeChanged => "type_changed",
            Self::EmptyOutput => "empty_output",
            Self::SeveralLists => "several_lists",
        }
    }
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
