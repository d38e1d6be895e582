//! `GET /api/v1/query`: what runs, steps or decisions have in common, group by group.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::query::{Aggregation, AggregationText, ColumnInfo, Datum, Entity, Faulty, Scope, Table};

use crate::answer::{Json, answer};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::search::ExplainBody;
use crate::source::Source;
use crate::time::Time;

const PARAMETERS: [&str; 9] = ["of", "q", "group_by", "select", "order", "from", "before", "limit", "explain"];

#[derive(Serialize)]
struct Body<'a> {
    /// What each value of a row is.
    columns: &'a [ColumnInfo],
    data: &'a [Vec<Datum>],
    /// How many groups there are, of which `data` has no more than `limit`.
    groups: u64,
    /// Rows of groups beyond the most that there can be.
    left_out: u64,
    #[serde(flatten)]
    cost: CostBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<ExplainBody>,
}

/// What an answer over many rows cost, and whether it is whole.
#[derive(Serialize)]
pub(crate) struct CostBody {
    /// It cost more than it may: only runs that began after `stopped_at` are counted.
    stopped: bool,
    stopped_at: Option<Time>,
    /// What was left out because it is damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<String>,
    read: u64,
}

impl From<&Table> for CostBody {
    fn from(table: &Table) -> Self {
        let (stopped_at, damaged) = (table.stopped_at_ns.map(Time), table.damaged.clone());
        Self { stopped: table.stopped, stopped_at, damaged, read: table.read }
    }
}

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

/// `of`: what is aggregated; steps if it is not given.
pub(crate) fn entity<const N: usize>(parameters: &Parameters, entities: [Entity; N]) -> Result<Entity, Problem> {
    let word = |entity| match entity {
        Entity::Run => "runs",
        Entity::Step => "steps",
        Entity::Decision => "decisions",
    };
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
