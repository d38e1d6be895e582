//! `GET /api/v1/query`: what runs, steps or decisions have in common, group by group.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::query::{Aggregation, AggregationText, ColumnInfo, Datum, Entity, Faulty, Scope, Table};

use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters, words};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::search::ExplainBody;
use crate::source::Source;
use crate::time::Time;

const PARAMETERS: [&str; 9] = ["of", "q", "group_by", "select", "order", "from", "before", "limit", "explain"];

/// Groups of rows, and what was calculated of them.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Groups))]
pub(crate) struct Body<'a> {
    /// What each value of a row is.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<findings::Column>))]
    columns: &'a [ColumnInfo],
    /// A row for each group, with a value for each column.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<words::Datum>>))]
    data: &'a [Vec<Datum>],
    /// How many groups there are, of which `data` has no more than `limit`.
    groups: u64,
    /// Rows of groups beyond the most that there can be.
    left_out: u64,
    #[serde(flatten)]
    cost: CostBody,
    /// Where `explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<ExplainBody>,
}

/// What an answer over many rows cost, and whether it is whole.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Cost))]
pub(crate) struct CostBody {
    /// It cost more than it may: only runs that began after `stopped_at` are counted.
    stopped: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<words::Time>))]
    stopped_at: Option<Time>,
    /// What was left out because it is damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    damaged: Vec<String>,
    /// What it cost: a run, step or value that was read is one, as are 64 steps whose columns were looked at.
    read: u64,
}

impl From<&Table> for CostBody {
    fn from(table: &Table) -> Self {
        let (stopped_at, damaged) = (table.stopped_at_ns.map(Time), table.damaged.clone());
        Self { stopped: table.stopped, stopped_at, damaged, read: table.read }
    }
}

/// What runs, steps or decisions have in common
///
/// Group by group: how many there are, and what else `select` asks for.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/query", tag = "aggregates",
    params(parameters::Aggregated, parameters::Search, parameters::Explain),
    responses((status = 200, body = Body)),
))]
pub(crate) async fn query(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let of = entity(&parameters, Entity::ALL)?;
    let aggregation = parse(&AggregationText {
        of,
        condition: parameters.text("q").unwrap_or("true"),
        group_by: parameters.text("group_by").unwrap_or_default(),
        select: parameters.text("select").unwrap_or("count()"),
        order: parameters.text("order").unwrap_or_default(),
        limit: parameters.limit()?,
    })?;
    let (scope, explains) = (scope(&parameters)?, parameters.flag("explain")?);
    answer(source, move |source| {
        let table = aggregation.run(&*source.store, &scope)?;
        let plan = explains.then(|| aggregation.explain(&*source.store, &scope)).transpose()?;
        Json::of(&Body {
            columns: &table.columns,
            data: &table.rows,
            groups: table.groups,
            left_out: table.left_out,
            cost: CostBody::from(&table),
            explain: plan.map(|plan| ExplainBody { plan, scanned: table.scanned }),
        })
    })
    .await
}

/// The word for all rows of a kind.
pub(crate) const fn word(entity: Entity) -> &'static str {
    match entity {
        Entity::Run => "runs",
        Entity::Step => "steps",
        Entity::Decision => "decisions",
    }
}

/// `of`: what is aggregated; steps if it is not given.
pub(crate) fn entity<const N: usize>(parameters: &Parameters, entities: [Entity; N]) -> Result<Entity, Problem> {
    Ok(parameters.word("of", entities, word)?.unwrap_or(Entity::Step))
}

/// `from` and `before`.
pub(crate) fn scope(parameters: &Parameters) -> Result<Scope, Problem> {
    let (started_from_ns, started_before_ns) = parameters.time_range()?;
    Ok(Scope { started_from_ns, started_before_ns, ..Scope::default() })
}

/// An aggregation of a request; the error names the parameter.
pub(crate) fn parse(text: &AggregationText<'_>) -> Result<Aggregation, Problem> {
    Aggregation::parse(text).map_err(|error| {
        let parameter = match error.faulty {
            Faulty::Condition => "q",
            Faulty::GroupBy => "group_by",
            Faulty::Select => "select",
            Faulty::Order => "order",
        };
        Problem::invalid_query(parameter, error.error)
    })
}
