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

/// The item of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ItemPath {
    /// The item's key, as decisions have it
    key: String,
}

/// The run whose items are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemsOf {
    /// The run
    #[param(inline, value_type = words::RunId)]
    run: String,
    /// How the item left the run: one or both words, with a comma between
    #[param(inline, explode = false)]
    fate: Option<Vec<words::Fate>>,
}

/// The run in which an item is looked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemIn {
    /// The one run to look at, without `cursor`; all of them unless it is given
    #[param(inline, value_type = Option<words::RunId>)]
    run: Option<String>,
}

/// Two runs.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TwoRuns {
    /// The first run
    #[param(inline, value_type = words::RunId)]
    a: String,
    /// The second run
    #[param(inline, value_type = words::RunId)]
    b: String,
    /// Which pairs of steps: one or more words, with commas between; all but `same` unless it is given
    #[param(inline, explode = false)]
    kind: Option<Vec<words::PairKind>>,
}

/// Two sets: of runs by `a`, `b` and `pipeline`; of items by `run` and `step`, or by `name` and `q`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TwoSets {
    /// What is compared: runs unless it is given
    #[param(inline)]
    of: Option<OfName>,
    /// A condition on the runs of the first set: those that failed unless it is given
    a: Option<String>,
    /// A condition on the runs of the second set: those that completed unless it is given
    b: Option<String>,
    /// The name of the pipeline that all the runs are of
    pipeline: Option<String>,
    /// The run of the one step whose items are compared
    #[param(inline, value_type = Option<words::RunId>)]
    run: Option<String>,
    /// The one step whose items are compared
    #[param(inline, value_type = Option<words::StepId>)]
    step: Option<String>,
    /// The function of the steps whose items are compared
    name: Option<String>,
    /// A condition on these steps
    q: Option<String>,
    /// Runs that began at this time or later: RFC 3339, or nanoseconds since 1970
    #[param(pattern = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9:]+)|[0-9]{1,19})$")]
    from: Option<String>,
    /// Runs that began before this time
    #[param(pattern = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9:]+)|[0-9]{1,19})$")]
    before: Option<String>,
    /// How many of each set are looked at
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    sample: Option<u32>,
    /// How many fields, those that differ most first
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// What somebody who watches wants to hear of.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Watched {
    /// One or both words, with a comma between; both unless it is given
    #[param(inline, explode = false)]
    events: Option<Vec<EventName>>,
    /// The name of the pipeline
    pipeline: Option<String>,
    /// The id of an event, to go on behind it; the header is heard first
    #[param(pattern = "^[0-9a-fA-F]{16}-[0-9]{1,19}$")]
    last_event_id: Option<String>,
}

/// Where a stream goes on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct LastEvent {
    /// The id of an event, to go on behind it: browsers send it when they lost the connection
    #[param(rename = "Last-Event-ID", nullable = false, pattern = "^[0-9a-fA-F]{16}-[0-9]{1,19}$")]
    last_event_id: Option<String>,
}

/// A page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// How many rows
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filters
    #[param(pattern = "^[0-9a-f]+$")]
    cursor: Option<String>,
}

/// A page of a step's decisions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionsPaging {
    /// How many decisions
    #[param(minimum = 1, maximum = 10000, default = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filters
    #[param(pattern = "^[0-9a-f]+$")]
    cursor: Option<String>,
}

/// A page of a run's steps.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepsPaging {
    /// How many steps
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

/// Whether it is said how the answer came about.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Explain {
    /// Adds the plan of the query and what was read for it; of runs only with `q`
    #[param(default = false)]
    explain: Option<bool>,
}

/// What is calculated of which rows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Aggregated {
    /// Rows of what: steps unless it is given
    #[param(inline)]
    of: Option<RowsName>,
    /// Expressions that rows of a group have in common, with commas between, such as `name, bucket(started, duration("1h"))`;
    /// all rows are one group unless it is given
    group_by: Option<String>,
    /// What is calculated of each group, with commas between, such as `count(), quantile(duration, 0.95)`: see `aggregates` in
    /// `/api/v1/vocabulary`
    #[param(default = "count()")]
    select: Option<String>,
    /// Some of what `group_by` and `select` name, with commas between; with a `-` in front, the highest first
    order: Option<String>,
    /// How many groups
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// What is counted over time.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OverTime {
    /// What is counted: steps unless it is given
    #[param(inline)]
    of: Option<SeriesOfName>,
    /// How long a bucket is, such as `1h30m` or `200ms`: there may be no more than 1,000 of them. The shortest round length of
    /// which there are fewer than 100 unless it is given
    #[param(pattern = "^([0-9.]+(h|m|s|ms|us|ns))+$")]
    bucket: Option<String>,
}

/// Which failures.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Failed {
    /// Runs that began at this time or later: RFC 3339, or nanoseconds since 1970
    #[param(pattern = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9:]+)|[0-9]{1,19})$")]
    from: Option<String>,
    /// Runs that began before this time
    #[param(pattern = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9:]+)|[0-9]{1,19})$")]
    before: Option<String>,
    /// How many functions
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// What a page of another site cannot send.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct OwnRequest {
    /// Any value: browsers do not let a page of another site send this header
    #[param(rename = "X-Xray-Request")]
    x_xray_request: String,
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
    /// Parts that are wanted of each row, with commas between; of a run, those of its first step. None unless it is given; a
    /// page has no more than 100 rows with it
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
    OfName: crate::compare::Of::ALL.map(crate::compare::Of::as_str);
    RowsName: xray_collector::query::Entity::ALL.map(crate::aggregate::word);
    SeriesOfName: crate::series::OF.map(crate::aggregate::word);
    EventName: crate::live::Kind::ALL.map(crate::live::Kind::as_str);
    FormatName: crate::export::Format::ALL.map(crate::export::Format::as_str);
}
