//! Parameters that several routes have.

#![expect(dead_code, reason = "read by the derive alone")]

use utoipa::IntoParams;

use super::words;

/// The run of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RunPath {
    /// The run
    #[param(inline, value_type = words::RunId)]
    id: String,
}

/// The run and the step of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct StepPath {
    /// The run
    #[param(inline, value_type = words::RunId)]
    id: String,
    /// The step
    #[param(inline, value_type = words::StepId)]
    step: String,
}

/// The value of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ValuePath {
    /// Which value: `result`, `error`, `input` or `output`, or one of several by its place, such as `arguments.0`
    #[param(pattern = r"^(result|error|input|output|(arguments|reasoning|meta|llm)\.[0-9]{1,9})$")]
    part: String,
}

/// The schema of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct SchemaPath {
    /// The schema's version
    #[param(inline, value_type = words::SchemaVersion)]
    version: String,
}

/// Two schemas.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Versions {
    /// The schema's version before
    #[param(inline, value_type = words::SchemaVersion)]
    a: String,
    /// The schema's version after
    #[param(inline, value_type = words::SchemaVersion)]
    b: String,
}

/// A page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// How many rows; no more than 100 where `fields` asks for what was captured
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filters
    #[param(pattern = "^[0-9a-f]+$")]
    cursor: Option<String>,
}

/// A page of a run's steps.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepsPaging {
    /// How many steps; no more than 100 where `fields` asks for what was captured
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: `steps.next_cursor` of the one before
    #[param(pattern = "^[0-9a-f]+$")]
    steps_after: Option<String>,
}

/// What is looked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// A condition in the Common Expression Language, such as `kind == "filter" && rejection_rate > 0.9`: see
    /// `/api/v1/vocabulary`
    q: Option<String>,
    /// Runs that began at this time or later: RFC 3339, or nanoseconds since 1970
    #[param(pattern = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9:]+)|[0-9]{1,19})$")]
    from: Option<String>,
    /// Runs that began before this time
    #[param(pattern = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9:]+)|[0-9]{1,19})$")]
    before: Option<String>,
}

/// Which runs. Neither goes together with `q`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunFilter {
    /// The name of the pipeline
    pipeline: Option<String>,
    /// How the run stands
    #[param(inline)]
    status: Option<words::RunStatus>,
}

/// Which decisions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionFilter {
    /// What became of the item: one or more words, with commas between
    #[param(inline, explode = false)]
    outcome: Option<Vec<words::Verdict>>,
    /// Whether the code said so
    #[param(inline)]
    basis: Option<words::Basis>,
    /// The reason, as the decision or the step's counts have it
    reason: Option<String>,
    /// The item's key
    item: Option<String>,
}

/// Parts of a step.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartsOfStep {
    /// The parts that are wanted, with commas between; all but `decisions` unless it is given
    #[param(inline, explode = false)]
    fields: Option<Vec<PartName>>,
}

/// Parts of the steps of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartsOfRow {
    /// Parts that are wanted of each row, with commas between; of a run, those of its first step. None unless it is given
    #[param(inline, explode = false)]
    fields: Option<Vec<PartName>>,
}

/// Parts of decisions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Extras {
    /// What is wanted of each decision beyond its row, with commas between; both unless it is given
    #[param(inline, explode = false)]
    fields: Option<Vec<ExtraName>>,
}

/// How an export is written.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Format {
    /// A JSON value on each line, or a table
    #[param(inline)]
    format: Option<FormatName>,
}

/// A part of a value.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Range {
    /// One range of bytes, such as `bytes=0-65535`; anything else is passed over, and the answer is the whole
    #[param(rename = "Range")]
    range: Option<String>,
}

macro_rules! names {
    ($($name:ident: $words:expr;)+) => {$(
        pub(crate) struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let text = utoipa::openapi::schema::SchemaType::new(utoipa::openapi::schema::Type::String);
                utoipa::openapi::ObjectBuilder::new().schema_type(text).enum_values(Some($words)).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

names! {
    PartName: crate::parts::Part::ALL.map(crate::parts::Part::as_str);
    ExtraName: crate::decision::Extras::NAMES;
    FormatName: crate::export::Format::ALL.map(crate::export::Format::as_str);
}
