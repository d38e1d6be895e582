//! Schemas of what comes from other crates: ids, the words of enums, and what was captured.

use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use xray_collector::decision as decisions;
use xray_collector::{diff, model};

use crate::items;

/// A text that is one of a few words.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident: $words:expr;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text().enum_values(Some($words)).description(Some(concat!($($doc),+).trim())).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

/// A text that looks like this.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident: $pattern:literal;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text().pattern(Some($pattern)).description(Some(concat!($($doc),+).trim())).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

words! {
    /// How a run stands.
    RunStatus: model::RunStatus::ALL.map(model::RunStatus::as_str);
    /// How a step ended.
    Outcome: model::Outcome::ALL.map(model::Outcome::as_str);
    /// How much of a call is captured.
    Level: model::Level::ALL.map(model::Level::as_str);
    /// What became of an item.
    Verdict: decisions::Verdict::ALL.map(decisions::Verdict::as_str);
    /// Whether the code said it, or it follows from comparing values.
    Basis: decisions::Basis::ALL.map(decisions::Basis::as_str);
    /// Why what was inferred may not be what happened.
    Doubt: ["ambiguous_argument", "no_such_argument", "no_such_key", "key_not_unique", "cut", "unrelated", "replaced",
        "keys_alone", "type_changed", "empty_output", "several_lists"];
    /// What an event of a stream is about.
    EventWord: ["run", "step", "dropped"];
    /// How two steps stand to each other.
    PairKind: diff::PairKind::ALL.map(diff::PairKind::as_str);
    /// In what two steps differ.
    Way: ["outcome", "error", "input", "output", "notes", "decisions"];
    /// Which side has a value.
    Side: ["changed", "only_a", "only_b"];
    /// How the values of a field are compared: as numbers, by how often there is which, by whether there is one.
    Scale: ["number", "category", "presence"];
    /// What may be wrong with a difference: too few values, or no more than chance does.
    Note: ["few", "may_be_chance"];
    /// How an item left a run.
    Fate: items::Fate::ALL.map(items::Fate::as_str);
    /// The limit for which a run was removed: how old runs get, how many are kept, and how many bytes of them.
    Limit: xray_collector::store::Limit::ALL.map(xray_collector::store::Limit::as_str);
    /// What rows are found by: every run of the time, the columns of steps, or the index of items.
    Index: ["runs", "columns", "items"];
    /// What a column of groups holds: durations are nanoseconds, and what is captured can be anything.
    ColumnKind: ["bool", "number", "text", "duration", "time", "captured"];
    /// What becomes of a payload that does not fit.
    OnMismatch: ["warn", "reject", "sanitize"];
    /// How much of a value was captured.
    CaptureLevel: ["structured", "debug_text", "type_name", "redacted", "panicked"];
    /// What tells problems apart.
    Code: ["no_such_path", "no_such_run", "no_such_step", "no_such_value", "no_such_schema", "no_such_item", "no_such_range",
        "run_is_gone", "method_not_allowed", "host_not_allowed", "cross_site", "no_acceptable_coding", "uri_too_long", "headers_too_large",
        "unknown_parameter", "invalid_parameter", "invalid_query", "query_too_costly", "malformed_cursor", "cursor_of_another_list",
        "too_many_clients", "damaged", "store_error", "internal"];
}

texts! {
    /// The id of a run: 32 hexadecimal digits.
    RunId: "^[0-9a-fA-F]{32}$";
    /// The id of a step: 16 hexadecimal digits.
    StepId: "^[0-9a-fA-F]{16}$";
    /// The version of a schema: 32 hexadecimal digits.
    SchemaVersion: "^[0-9a-fA-F]{32}$";
    /// A time, in RFC 3339 with nanoseconds.
    Time: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$";
}

/// A score: a number, or a text where JSON has none for it.
pub(crate) struct Score;

/// A captured value.
pub(crate) struct Captured;

/// A value of a group: durations are nanoseconds, times RFC 3339, what is missing is `null`, and values with the number of
/// their rows are a list.
pub(crate) struct Datum;

/// The books of a collector.
pub(crate) struct EventStats;

/// What steps of a kind may carry.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands in for a type of another crate")]
pub(crate) struct KindSchema {
    kind: String,
    /// Of a part that is `null`, anything goes.
    input: Option<Vec<String>>,
    output: Option<Vec<String>>,
    reasoning: Option<Vec<String>>,
    meta: Option<Vec<String>>,
}

/// Something that one schema says and another does not; what else there is depends on what it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands in for a type of another crate")]
pub(crate) struct Difference {
    difference: String,
    kind: Option<String>,
    part: Option<String>,
}

/// A field of a run, a step or a decision.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands in for a type of another crate")]
pub(crate) struct FieldInfo {
    /// What it is called in a query.
    name: String,
    /// What it holds: a word, or an object that names the rows.
    kind: serde_json::Value,
    /// All values that it can have, where these are few.
    #[schema(required = false)]
    values: Vec<String>,
    doc: String,
}

/// A function of the language.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands in for a type of another crate")]
pub(crate) struct FunctionInfo {
    usage: String,
    doc: String,
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).minimum(Some(0))
}

impl PartialSchema for Score {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Number, Type::String])).into()
    }
}

impl ToSchema for Score {}

impl PartialSchema for Datum {
    fn schema() -> RefOr<Schema> {
        let scalar = SchemaType::from_iter([Type::Null, Type::Boolean, Type::Number, Type::String]);
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let counted = ObjectBuilder::new().property("value", any).required("value").property("count", number());
        OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(scalar))
            .item(ArrayBuilder::new().items(counted.required("count")))
            .description(Some(
                "Durations are nanoseconds, times RFC 3339; of `topk` a list of values with the number of their rows",
            ))
            .into()
    }
}

impl ToSchema for Datum {}

impl PartialSchema for Captured {
    fn schema() -> RefOr<Schema> {
        let cut = ObjectBuilder::new().property("pointer", text()).property("length", number()).required("pointer");
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let omitted = Ref::from_schema_name("Omitted");
        ObjectBuilder::new()
            .description(Some("A value: as much of it as was captured, in the shape that it had"))
            .property("level", Ref::from_schema_name("CaptureLevel"))
            .required("level")
            .property("value", any)
            .required("value")
            .property("cut", ArrayBuilder::new().items(cut).description(Some("JSON pointers to what is not whole")))
            .property(
                "redacted",
                ArrayBuilder::new().items(text()).description(Some("JSON pointers to what is withheld")),
            )
            .property("omitted", omitted)
            .into()
    }
}

impl ToSchema for Captured {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("CaptureLevel".to_owned(), CaptureLevel::schema()));
        schemas.push(("Omitted".to_owned(), crate::value::Omitted::schema()));
    }
}

/// A value that may be omitted is a value.
impl PartialSchema for crate::value::ValueBody<'_> {
    fn schema() -> RefOr<Schema> {
        Captured::schema()
    }
}

impl ToSchema for crate::value::ValueBody<'_> {
    fn name() -> std::borrow::Cow<'static, str> {
        Captured::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Captured::schemas(schemas);
    }
}

/// Out of one that says nothing: what is a number there is one always, and what is `null` a text at times.
impl PartialSchema for EventStats {
    fn schema() -> RefOr<Schema> {
        let example = serde_json::to_value(xray_collector::Stats::default()).unwrap_or_default();
        like(&example)
    }
}

impl ToSchema for EventStats {}

fn like(example: &serde_json::Value) -> RefOr<Schema> {
    match example {
        serde_json::Value::Object(fields) => {
            let object = fields
                .iter()
                .fold(ObjectBuilder::new(), |object, (name, value)| object.property(name, like(value)).required(name));
            object.into()
        }
        serde_json::Value::Number(_) => number().into(),
        serde_json::Value::Bool(_) => ObjectBuilder::new().schema_type(SchemaType::new(Type::Boolean)).into(),
        serde_json::Value::Array(_) => ArrayBuilder::new().items(text()).into(),
        _ => ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).into(),
    }
}
