//! Schemas: which kinds of steps a program has, and which keys each of them may carry.
//!
//! A schema is data. The program declares it at the start; whoever reads the store later finds it there by its
//! [version](SchemaVersion), which is its content. What does not fit is let through, rejected or sanitized on the
//! thread that records it, before anybody else can see it, and counted by the collector. Only what is declared is
//! checked: a step without a kind, and a part of which a kind says nothing, may carry anything.

mod compare;
mod function;
mod validate;
mod version;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

pub use self::compare::Difference;
pub use self::function::{FunctionFit, UNKNOWN_KIND};
pub use self::validate::SchemaError;
pub use self::version::DecodeSchemaError;
pub use crate::id::SchemaVersion;

/// What the steps of a program may carry, by their kind.
///
/// ```
/// use xray_collector::schema::{Part, Schema, Verdict};
///
/// let schema = Schema::new("shop").kind("filter", |kind| kind.input(["candidates", "limits"])).reject();
/// assert_eq!(schema.validate(), Ok(()));
/// assert_eq!(schema.check("filter", Part::Input, ["limits"]), Verdict::Fits);
/// assert_eq!(schema.check("filter", Part::Input, ["limits", "card"]), Verdict::UnknownKeys(vec!["card"]));
/// assert_eq!(schema.check("rank", Part::Input, ["limits"]), Verdict::UnknownKind);
/// assert_eq!(schema.check("", Part::Input, ["anything"]), Verdict::Fits, "a step without a kind is exempt");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a schema does something once a collector is started with it"]
pub struct Schema {
    name: Arc<str>,
    on_mismatch: OnMismatch,
    /// By name, so that the order of their declaration makes no difference. One that is declared twice is there twice.
    #[serde(deserialize_with = "by_name")]
    kinds: Vec<KindSchema>,
}

/// The keys that steps of one kind may carry; of a part that is not declared, any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a kind is part of a schema"]
pub struct KindSchema {
    kind: Arc<str>,
    input: Option<BTreeSet<Arc<str>>>,
    output: Option<BTreeSet<Arc<str>>>,
    reasoning: Option<BTreeSet<Arc<str>>>,
    meta: Option<BTreeSet<Arc<str>>>,
}

/// What becomes of a payload that does not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMismatch {
    /// It is captured as it is.
    #[default]
    Warn,
    /// None of its values is captured.
    Reject,
    /// It is captured without the values that were not declared.
    Sanitize,
}

/// A part of what a step carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Its arguments; the keys are their names.
    Input,
    /// What it returned, of a `Result` what is inside `Ok`; the keys are the fields of a struct or the keys of a map.
    Output,
    /// Why it decided.
    Reasoning,
    /// What else the code said about it.
    Meta,
}

/// Whether keys fit, and which do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'k> {
    /// They do, or nothing is said about them.
    Fits,
    /// The kind is not declared.
    UnknownKind,
    /// These keys are not declared.
    UnknownKeys(Vec<&'k str>),
}

/// What is to be done with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is captured.
    Fits,
    /// It, or its kind, is not declared; the schema says what follows.
    Misfit(OnMismatch),
}

impl Schema {
    /// A schema that declares nothing yet. What does not fit is captured all the same, and counted, unless
    /// [`Schema::reject`] or [`Schema::sanitize`] says otherwise.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), on_mismatch: OnMismatch::Warn, kinds: Vec::new() }
    }

    /// Declares a kind of steps; `declare` says which keys they may carry.
    pub fn kind(mut self, kind: impl Into<Arc<str>>, declare: impl FnOnce(KindSchema) -> KindSchema) -> Self {
        let declared = declare(KindSchema { kind: kind.into(), ..KindSchema::default() });
        let place = self.kinds.partition_point(|before| before.kind <= declared.kind);
        self.kinds.insert(place, declared);
        self
    }

    /// What does not fit is captured and counted; so it is unless set.
    pub fn warn(self) -> Self {
        Self { on_mismatch: OnMismatch::Warn, ..self }
    }

    /// Of what does not fit no value is captured. The step keeps its place in the run, its times and its outcome.
    pub fn reject(self) -> Self {
        Self { on_mismatch: OnMismatch::Reject, ..self }
    }

    /// What was not declared is left out of what does not fit; its name stays, its value reads as redacted.
    pub fn sanitize(self) -> Self {
        Self { on_mismatch: OnMismatch::Sanitize, ..self }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What becomes of a payload that does not fit.
    #[must_use]
    pub fn on_mismatch(&self) -> OnMismatch {
        self.on_mismatch
    }

    /// The kinds that are declared, by name.
    pub fn kinds(&self) -> &[KindSchema] {
        &self.kinds
    }

    /// What is declared of a kind, and its place among the kinds.
    fn find(&self, kind: &str) -> Option<(usize, &KindSchema)> {
        let place = self.kinds.binary_search_by(|declared| (*declared.kind).cmp(kind)).ok()?;
        Some((place, &self.kinds[place]))
    }

    /// Whether steps of this kind may carry these keys. Steps without a kind, `""`, may carry anything.
    #[must_use]
    pub fn check<'k>(&self, kind: &str, part: Part, keys: impl IntoIterator<Item = &'k str>) -> Verdict<'k> {
        if kind.is_empty() {
            return Verdict::Fits;
        }
        let Some((_, declared)) = self.find(kind) else { return Verdict::UnknownKind };
        let unknown: Vec<_> = keys.into_iter().filter(|key| !declared.allows(part, key)).collect();
        if unknown.is_empty() { Verdict::Fits } else { Verdict::UnknownKeys(unknown) }
    }
}

impl KindSchema {
    /// The arguments that steps of this kind may have, by name. Called again, it adds to them.
    pub fn input<K: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        add(&mut self.input, keys);
        self
    }

    /// The fields that their results may have. A result without fields, such as a list, a number or what only its `Debug`
    /// text is known of, fits.
    pub fn output<K: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        add(&mut self.output, keys);
        self
    }

    /// The keys that their reasoning may have.
    pub fn reasoning<K: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        add(&mut self.reasoning, keys);
        self
    }

    /// The keys that their metadata may have.
    pub fn meta<K: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        add(&mut self.meta, keys);
        self
    }

    /// The kind.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.kind
    }

    /// The keys that are declared of a part; `None` if it may have any.
    #[must_use]
    pub fn keys(&self, part: Part) -> Option<&BTreeSet<Arc<str>>> {
        match part {
            Part::Input => self.input.as_ref(),
            Part::Output => self.output.as_ref(),
            Part::Reasoning => self.reasoning.as_ref(),
            Part::Meta => self.meta.as_ref(),
        }
    }

    /// Whether a part may have this key.
    #[must_use]
    pub fn allows(&self, part: Part, key: &str) -> bool {
        self.keys(part).is_none_or(|keys| keys.contains(key))
    }
}

fn add<K: Into<Arc<str>>>(declared: &mut Option<BTreeSet<Arc<str>>>, keys: impl IntoIterator<Item = K>) {
    declared.get_or_insert_default().extend(keys.into_iter().map(Into::into));
}

fn by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KindSchema>, D::Error> {
    let mut kinds = Vec::<KindSchema>::deserialize(deserializer)?;
    kinds.sort_by(|a, b| a.kind.cmp(&b.kind));
    Ok(kinds)
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Input, Self::Output, Self::Reasoning, Self::Meta];

    /// The word used in JSON and messages, which is that of the method that declares its keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::Meta => "meta",
        }
    }
}

impl OnMismatch {
    /// The word used in JSON and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Reject => "reject",
            Self::Sanitize => "sanitize",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_checked_by_itself_and_a_part_without_a_declaration_is_open() {
        let schema = Schema::new("shop").kind("filter", |kind| kind.input(["a"]).input(["b"]).meta([""; 0])).sanitize();
        let misfit = Fit::Misfit(OnMismatch::Sanitize);
        for (kind, part, key, fit) in [
            ("filter", Part::Input, "a", Fit::Fits),
            ("filter", Part::Input, "b", Fit::Fits),
            ("filter", Part::Input, "c", misfit),
            ("filter", Part::Output, "c", Fit::Fits),
            ("filter", Part::Reasoning, "c", Fit::Fits),
            ("filter", Part::Meta, "a", misfit),
            ("rank", Part::Output, "c", misfit),
            ("", Part::Meta, "c", Fit::Fits),
        ] {
            assert_eq!(schema.fit(schema.function(kind, []).kind, part, key), fit, "{kind} {part:?} {key}");
            assert_eq!(schema.check(kind, part, [key]) == Verdict::Fits, fit == Fit::Fits, "{kind} {part:?} {key}");
        }
    }

    #[test]
    fn a_schema_goes_through_json_whatever_the_order_of_its_kinds() {
        let schema = Schema::new("shop").kind("rank", |kind| kind).kind("filter", |kind| kind.input(["b", "a"]));
        let json = serde_json::to_value(&schema).unwrap();
        let expected = serde_json::json!({
            "name": "shop",
            "on_mismatch": "warn",
            "kinds": [
                {"kind": "filter", "input": ["a", "b"], "output": null, "reasoning": null, "meta": null},
                {"kind": "rank", "input": null, "output": null, "reasoning": null, "meta": null},
            ],
        });
        assert_eq!(json, expected);
        let mut turned = json;
        turned["kinds"].as_array_mut().unwrap().reverse();
        assert_eq!(serde_json::from_value::<Schema>(turned).unwrap(), schema);
    }
}
