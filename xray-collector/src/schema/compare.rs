//! What changed between two schemas, one difference at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{OnMismatch, Part, Schema};

/// Something that one schema says and another does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// It is called something else.
    Name {
        /// Before.
        from: Arc<str>,
        /// Now.
        to: Arc<str>,
    },
    /// Something else becomes of what does not fit.
    OnMismatch {
        /// Before.
        from: OnMismatch,
        /// Now.
        to: OnMismatch,
    },
    /// A kind is declared that was not.
    KindAdded {
        /// The kind.
        kind: Arc<str>,
    },
    /// A kind was declared that is not any more.
    KindRemoved {
        /// The kind.
        kind: Arc<str>,
    },
    /// A part may have keys that it could not have.
    KeysAdded {
        /// The kind.
        kind: Arc<str>,
        /// The part.
        part: Part,
        /// The keys.
        keys: BTreeSet<Arc<str>>,
    },
    /// A part may not have keys any more that it could have.
    KeysRemoved {
        /// The kind.
        kind: Arc<str>,
        /// The part.
        part: Part,
        /// The keys.
        keys: BTreeSet<Arc<str>>,
    },
    /// A part could have certain keys, and may have any now.
    Opened {
        /// The kind.
        kind: Arc<str>,
        /// The part.
        part: Part,
        /// The keys that it could have.
        keys: BTreeSet<Arc<str>>,
    },
    /// A part could have any keys, and may have certain ones now.
    Restricted {
        /// The kind.
        kind: Arc<str>,
        /// The part.
        part: Part,
        /// The keys that it may have.
        keys: BTreeSet<Arc<str>>,
    },
}

impl Schema {
    /// What is different in `later`. Nothing, if they have the same version.
    #[must_use]
    pub fn compare(&self, later: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        if self.name != later.name {
            differences.push(Difference::Name { from: Arc::clone(&self.name), to: Arc::clone(&later.name) });
        }
        if self.on_mismatch != later.on_mismatch {
            differences.push(Difference::OnMismatch { from: self.on_mismatch, to: later.on_mismatch });
        }
        let kinds: BTreeSet<&Arc<str>> = self.kinds.iter().chain(&later.kinds).map(|declared| &declared.kind).collect();
        for kind in kinds {
            let (before, now) = match (self.find(kind), later.find(kind)) {
                (Some((_, before)), Some((_, now))) => (before, now),
                (None, _) => {
                    differences.push(Difference::KindAdded { kind: Arc::clone(kind) });
                    continue;
                }
                (_, None) => {
                    differences.push(Difference::KindRemoved { kind: Arc::clone(kind) });
                    continue;
                }
            };
            for part in Part::ALL {
                compare_keys(kind, part, before.keys(part), now.keys(part), &mut differences);
            }
        }
        differences
    }
}

fn compare_keys(
    kind: &Arc<str>,
    part: Part,
    before: Option<&BTreeSet<Arc<str>>>,
    now: Option<&BTreeSet<Arc<str>>>,
    differences: &mut Vec<Difference>,
) {
    let kind = Arc::clone(kind);
    match (before, now) {
        (None, None) => {}
        (None, Some(keys)) => differences.push(Difference::Restricted { kind, part, keys: keys.clone() }),
        (Some(keys), None) => differences.push(Difference::Opened { kind, part, keys: keys.clone() }),
        (Some(before), Some(now)) => {
            let [added, removed] = [now - before, before - now];
            if !added.is_empty() {
                differences.push(Difference::KeysAdded { kind: Arc::clone(&kind), part, keys: added });
            }
            if !removed.is_empty() {
                differences.push(Difference::KeysRemoved { kind, part, keys: removed });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named_and_nothing_else() {
        let before = Schema::new("shop")
            .kind("filter", |kind| kind.input(["candidates", "limits"]).meta(["region"]))
            .kind("rank", |kind| kind.output(["score"]));
        let later = Schema::new("store")
            .kind("select", |kind| kind)
            .kind("filter", |kind| kind.input(["candidates", "budget"]).output(["title"]))
            .reject();
        let differences = serde_json::to_value(before.compare(&later)).unwrap();
        let expected = serde_json::json!([
            {"difference": "name", "from": "shop", "to": "store"},
            {"difference": "on_mismatch", "from": "warn", "to": "reject"},
            {"difference": "keys_added", "kind": "filter", "part": "input", "keys": ["budget"]},
            {"difference": "keys_removed", "kind": "filter", "part": "input", "keys": ["limits"]},
            {"difference": "restricted", "kind": "filter", "part": "output", "keys": ["title"]},
            {"difference": "opened", "kind": "filter", "part": "meta", "keys": ["region"]},
            {"difference": "kind_removed", "kind": "rank"},
            {"difference": "kind_added", "kind": "select"},
        ]);
        assert_eq!(differences, expected);
        assert_eq!(before.compare(&before.clone()), []);
    }
}
