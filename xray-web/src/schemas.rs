//! `GET /api/v1/schemas`: the schemas that runs were recorded under, newest first; each of them by its version, and what
//! changed between two.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::id::SchemaVersion;
use xray_collector::schema::{Difference, KindSchema, OnMismatch};
use xray_collector::store::SchemaRow;

use crate::answer::{Json, answer};
use crate::body::PageBody;
use crate::cursor::{self, List};
#[cfg(feature = "openapi")]
use crate::openapi::{parameters, words};
use crate::parameters::Parameters;
use crate::path::{self, SchemaPath};
use crate::problem::Problem;
use crate::source::Source;
use crate::time::Time;

const LIST_PARAMETERS: [&str; 2] = ["limit", "cursor"];
const COMPARE_PARAMETERS: [&str; 2] = ["a", "b"];

/// A schema in a list.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Schema))]
pub(crate) struct SchemaBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::SchemaVersion))]
    version: SchemaVersion,
    name: &'a str,
    /// What becomes of what does not fit.
    #[cfg_attr(feature = "openapi", schema(value_type = words::OnMismatch))]
    on_mismatch: OnMismatch,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    first_seen_at: Time,
    first_seen_ns: u64,
}

/// A schema with what it declares: of a part that is `null`, anything goes.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SchemaDetail))]
pub(crate) struct SchemaDetailBody<'a> {
    #[serde(flatten)]
    schema: SchemaBody<'a>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<words::KindSchema>))]
    kinds: &'a [KindSchema],
}

/// Two schemas and what changed.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SchemaComparison))]
pub(crate) struct ComparisonBody<'a> {
    a: SchemaBody<'a>,
    b: SchemaBody<'a>,
    /// What `b` says that `a` does not, and the other way round.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<words::Difference>))]
    differences: Vec<Difference>,
}

impl<'a> From<&'a SchemaRow> for SchemaBody<'a> {
    fn from(row: &'a SchemaRow) -> Self {
        Self {
            version: row.version,
            name: row.schema.name(),
            on_mismatch: row.schema.on_mismatch(),
            first_seen_at: Time(row.first_seen_ns),
            first_seen_ns: row.first_seen_ns,
        }
    }
}

/// Schemas that something was recorded under, newest first
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/schemas", tag = "schemas", params(parameters::Paging),
    responses((status = 200, body = PageBody<SchemaBody>)),
))]
pub(crate) async fn list(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &LIST_PARAMETERS)?;
    let limit = parameters.limit()?;
    let list = List::of(&[Some("schemas")]);
    let after = parameters.text("cursor").map(|text| cursor::read_after_schema(list, "cursor", text)).transpose()?;
    answer(source, move |source| {
        let place = |row: &SchemaRow| (row.first_seen_ns, row.version);
        let mut rows = source.store.schemas()?;
        rows.retain(|row| after.is_none_or(|after| place(row) < after));
        let page: Vec<_> = rows.iter().rev().take(limit).collect();
        let next = page.last().filter(|_| page.len() < rows.len()).map(|last| place(last));
        Json::of(&PageBody {
            data: page.into_iter().map(SchemaBody::from).collect(),
            next_cursor: next.map(|(first_seen_ns, version)| cursor::after_schema(list, first_seen_ns, version)),
        })
    })
    .await
}

/// A schema with what it declares
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/schemas/{version}", tag = "schemas", params(parameters::SchemaPath),
    responses((status = 200, body = SchemaDetailBody), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn open(
    State(source): State<Source>,
    SchemaPath(version): SchemaPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    answer(source, move |source| {
        let row = find(source, "version", version)?;
        Json::of(&SchemaDetailBody { schema: SchemaBody::from(&row), kinds: row.schema.kinds() })
    })
    .await
}

/// What changed between two schemas
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/schemas/compare", tag = "schemas", params(parameters::Versions),
    responses((status = 200, body = ComparisonBody), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn compare(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &COMPARE_PARAMETERS)?;
    let [a, b] = [version(&parameters, "a")?, version(&parameters, "b")?];
    answer(source, move |source| {
        let (a, b) = (find(source, "a", a)?, find(source, "b", b)?);
        let differences = a.schema.compare(&b.schema);
        Json::of(&ComparisonBody { a: SchemaBody::from(&a), b: SchemaBody::from(&b), differences })
    })
    .await
}

fn version(parameters: &Parameters, name: &str) -> Result<SchemaVersion, Problem> {
    let missing =
        || Problem::invalid_parameter(name, format!("{name} is missing: the versions to compare are a and b"));
    path::id(name, parameters.text(name).ok_or_else(missing)?)
}

fn find(source: &Source, parameter: &str, version: SchemaVersion) -> Result<SchemaRow, Problem> {
    source.store.schema(version)?.ok_or_else(|| Problem::no_such_schema(parameter, version))
}
