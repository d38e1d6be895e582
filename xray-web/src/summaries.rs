//! `GET /api/v1/pipelines`, `/api/v1/kinds` and `/api/v1/callsites`: how often, how slow, how many errors.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde::ser::SerializeMap;
use xray_collector::query::{AggregationText, Datum, Entity, MOST_GROUPS, Table};

use crate::aggregate::{self, CostBody};
use crate::answer::{Json, answer};
use crate::body::PageBody;
use crate::cursor::{self, List};
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

const PARAMETERS: [&str; 5] = ["q", "from", "before", "limit", "cursor"];

/// What is summed up, and by what.
struct Summary {
    name: &'static str,
    of: Entity,
    keys: &'static [&'static str],
    /// The names of what is calculated, and how.
    values: &'static [(&'static str, &'static str)],
}

const PIPELINES: Summary = Summary {
    name: "pipelines",
    of: Entity::Run,
    keys: &["pipeline"],
    values: &[
        ("runs", "count()"),
        ("error_rate", "error_rate()"),
        ("p50_ns", "quantile(duration, 0.5)"),
        ("p95_ns", "quantile(duration, 0.95)"),
        ("p99_ns", "quantile(duration, 0.99)"),
        ("last_started_at", "max(started)"),
    ],
};

const STEPS: &[(&str, &str)] = &[
    ("steps", "count()"),
    ("error_rate", "error_rate()"),
    ("p50_ns", "quantile(duration, 0.5)"),
    ("p95_ns", "quantile(duration, 0.95)"),
    ("p99_ns", "quantile(duration, 0.99)"),
    ("rejection_rate", "avg(rejection_rate)"),
    ("last_started_at", "max(started)"),
];

const KINDS: Summary = Summary { name: "kinds", of: Entity::Step, keys: &["kind"], values: STEPS };

const CALLSITES: Summary =
    Summary { name: "callsites", of: Entity::Step, keys: &["name", "kind", "module", "file", "line"], values: STEPS };

/// A page of groups.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Summaries))]
pub(crate) struct Body<T> {
    #[serde(flatten)]
    page: PageBody<T>,
    #[serde(flatten)]
    cost: CostBody,
}

/// A group, with its values by name.
struct Row<'a> {
    summary: &'a Summary,
    values: &'a [Datum],
}

impl Serialize for Row<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(Some(self.values.len()))?;
        let names = self.summary.keys.iter().chain(self.summary.values.iter().map(|(name, _)| name));
        for (name, value) in names.zip(self.values) {
            fields.serialize_entry(name, value)?;
        }
        fields.end()
    }
}

/// Pipelines
///
/// How many runs there are of each, how many of them failed or crashed, and how long they took; in the order of their names.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/pipelines", tag = "aggregates",
    params(parameters::Search, parameters::Paging),
    responses((status = 200, body = Body<findings::PipelineSummary>)),
))]
pub(crate) async fn pipelines(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    list(source, query.as_deref(), &PIPELINES).await
}

/// Kinds of steps
///
/// How many steps there are of each, how many of them failed, how long they took, and how much they eliminated.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/kinds", tag = "aggregates",
    params(parameters::Search, parameters::Paging),
    responses((status = 200, body = Body<findings::KindSummary>)),
))]
pub(crate) async fn kinds(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    list(source, query.as_deref(), &KINDS).await
}

/// Functions
///
/// How many steps there are of each, how many of them failed, how long they took, and how much they eliminated; in the order of
/// their names.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/callsites", tag = "aggregates",
    params(parameters::Search, parameters::Paging),
    responses((status = 200, body = Body<findings::CallsiteSummary>)),
))]
pub(crate) async fn callsites(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    list(source, query.as_deref(), &CALLSITES).await
}

/// A page of them, in the order of their names, which stays the same while more is recorded.
async fn list(source: Source, query: Option<&str>, summary: &'static Summary) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query, &PARAMETERS)?;
    let condition = parameters.text("q").unwrap_or("true");
    let keys = summary.keys.join(", ");
    let select: Vec<_> = summary.values.iter().map(|(_, aggregate)| *aggregate).collect();
    let aggregation = aggregate::parse(&AggregationText {
        of: summary.of,
        condition,
        group_by: &keys,
        select: &select.join(", "),
        order: &keys,
        limit: MOST_GROUPS,
    })?;
    let scope = aggregate::scope(&parameters)?;
    let bound = |bound: Option<u64>| bound.map(|ns| ns.to_string());
    let (from, before) = (bound(scope.started_from_ns), bound(scope.started_before_ns));
    let list = List::of(&[Some(summary.name), Some(condition), from.as_deref(), before.as_deref()]);
    let after = parameters.text("cursor").map(|text| cursor::read_at_row(list, "cursor", text)).transpose()?;
    let (after, limit) = (after.unwrap_or(0), parameters.limit()?);
    answer(source, move |source| {
        let table: Table = aggregation.run(&*source.store, &scope)?;
        let page: Vec<_> = table.rows.iter().skip(after).take(limit).collect();
        let next = after + page.len();
        Json::of(&Body {
            page: PageBody {
                next_cursor: (next < table.rows.len()).then(|| cursor::at_row(list, next)),
                data: page.into_iter().map(|values| Row { summary, values }).collect(),
            },
            cost: CostBody::from(&table),
        })
    })
    .await
}
