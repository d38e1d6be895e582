//! `GET /api/v1/runs?q=`, `/api/v1/steps` and `/api/v1/decisions`: rows of all runs of which a condition holds.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::query::{Entity, Explanation, Place, Query, Scanned, Search};

use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::body::ListedBody;
use crate::cursor::{self, List};
use crate::decision::Extras;
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters};
use crate::parameters::Parameters;
use crate::parts::Parts;
use crate::problem::Problem;
#[cfg(feature = "openapi")]
use crate::rows::{FoundDecisionBody, FoundStepBody};
use crate::rows::{Rows, Wanted};
use crate::source::Source;

const PARAMETERS: [&str; 7] = ["q", "from", "before", "limit", "cursor", "fields", "explain"];

/// A part of what a search found.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Found))]
pub(crate) struct Body<T> {
    data: Vec<T>,
    /// Where the next page begins; `null` if this one is the last.
    next_cursor: Option<String>,
    /// The search cost more than it may, and goes on where `next_cursor` says. There only of a search.
    #[cfg_attr(feature = "openapi", schema(required = false))]
    stopped: bool,
    /// What was left out because it is damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    damaged: Vec<String>,
    /// What it cost: a run, step or value that was read is one, as are 64 steps whose columns were looked at. There only
    /// of a search.
    #[cfg_attr(feature = "openapi", schema(required = false))]
    read: u64,
    /// Where `explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<ExplainBody>,
}

/// How a query is answered, and what was read for it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Explained))]
pub(crate) struct ExplainBody {
    #[cfg_attr(feature = "openapi", schema(value_type = findings::Plan))]
    pub(crate) plan: Explanation,
    #[cfg_attr(feature = "openapi", schema(value_type = findings::Scanned))]
    pub(crate) scanned: Scanned,
}

/// What is looked for.
pub(crate) struct Asked {
    pub(crate) query: Query,
    text: String,
    entity: Entity,
    from_ns: Option<u64>,
    before_ns: Option<u64>,
}

/// Steps of all runs of which a condition holds
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/steps", tag = "search",
    params(parameters::Search, parameters::Paging, parameters::PartsOfRow, parameters::Explain),
    responses((status = 200, body = Body<ListedBody<FoundStepBody>>)),
))]
pub(crate) async fn steps(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    search(source, &parameters, Entity::Step).await
}

/// Decisions of all runs of which a condition holds
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/decisions", tag = "search",
    params(parameters::Search, parameters::Paging, parameters::Extras, parameters::Explain),
    responses((status = 200, body = Body<FoundDecisionBody>)),
))]
pub(crate) async fn decisions(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    search(source, &parameters, Entity::Decision).await
}

/// A page of rows; all of them without a condition.
pub(crate) async fn search(source: Source, parameters: &Parameters, entity: Entity) -> Result<Json, Problem> {
    let asked = Asked::read(parameters, entity)?;
    let wanted = wanted(parameters, entity)?;
    let list = asked.list();
    let after = parameters.text("cursor").map(|text| cursor::read_after_found(list, "cursor", text)).transpose()?;
    let limit = limit(parameters, &wanted)?;
    let explains = parameters.flag("explain")?;
    answer(source, move |source| {
        let search = asked.page(after, limit);
        let found = asked.query.search(&*source.store, &search)?;
        if found.stopped && found.next == after {
            return Err(Problem::too_costly("q"));
        }
        let plan = explains.then(|| asked.query.explain(&*source.store, &search)).transpose()?;
        let rows = Rows::read(&*source.store, found.rows, wanted)?;
        Json::of(&Body {
            data: rows.bodies().collect(),
            next_cursor: found.next.map(|next| cursor::after_found(list, next)),
            stopped: found.stopped,
            damaged: found.damaged,
            read: found.read,
            explain: plan.map(|plan| ExplainBody { plan, scanned: found.scanned }),
        })
    })
    .await
}

/// What `fields` asks for of each row.
pub(crate) fn wanted(parameters: &Parameters, entity: Entity) -> Result<Wanted, Problem> {
    match entity {
        Entity::Decision => Ok(Wanted { parts: None, extras: Extras::read(parameters)? }),
        _ => Ok(Wanted { parts: Parts::read(parameters)?, extras: Extras::all() }),
    }
}

/// How many rows: fewer, where more of each is wanted.
pub(crate) fn limit(parameters: &Parameters, wanted: &Wanted) -> Result<usize, Problem> {
    if wanted.parts.is_some() { parameters.limit_with_fields() } else { parameters.limit() }
}

impl Asked {
    pub(crate) fn read(parameters: &Parameters, entity: Entity) -> Result<Self, Problem> {
        let text = parameters.text("q").unwrap_or("true").to_owned();
        let query = Query::parse(&text, entity).map_err(|error| Problem::invalid_query("q", error))?;
        let (from_ns, before_ns) = parameters.time_range()?;
        Ok(Self { query, text, entity, from_ns, before_ns })
    }

    /// The list that cursors of this question belong to.
    fn list(&self) -> List {
        let (from, before) = (self.from_ns.map(|ns| ns.to_string()), self.before_ns.map(|ns| ns.to_string()));
        List::of(&[Some("search"), Some(self.entity.as_str()), Some(&self.text), from.as_deref(), before.as_deref()])
    }

    pub(crate) fn page(&self, after: Option<Place>, limit: usize) -> Search {
        Search { started_from_ns: self.from_ns, started_before_ns: self.before_ns, after, limit, ..Search::default() }
    }
}
