//! `GET /api/v1/runs`: runs, newest first. With `q`, those of which a condition holds: see `search`.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::model::RunStatus;
use xray_collector::query::{Entity, Selected};
use xray_collector::store::RunQuery;

use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::body::{ListedBody, RunBody};
use crate::cursor::{self, List};
#[cfg(feature = "openapi")]
use crate::openapi::parameters;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::rows::{Rows, Wanted};
use crate::search;
use crate::source::Source;

const PARAMETERS: [&str; 9] = ["q", "pipeline", "status", "from", "before", "limit", "cursor", "fields", "explain"];

/// A page of runs that no query selects.
#[derive(Serialize)]
struct Body<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
    /// What would perhaps be among them, and does not decode.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<String>,
}

/// Runs, newest first
///
/// Filtered by pipeline, status and time, or with `q` those of which a condition holds.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/runs", tag = "runs",
    params(parameters::Search, parameters::RunFilter, parameters::Paging, parameters::PartsOfRow, parameters::Explain),
    responses((status = 200, body = search::Body<ListedBody<RunBody>>)),
))]
pub(crate) async fn list(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    if parameters.text("q").is_some() {
        if let Some(name) = ["pipeline", "status"].into_iter().find(|name| parameters.text(name).is_some()) {
            let detail = format!("{name} and q do not go together: write `{name} == \"…\"` into q");
            return Err(Problem::invalid_parameter(name, detail));
        }
        return search::search(source, &parameters, Entity::Run).await;
    }
    if parameters.flag("explain")? {
        return Err(Problem::invalid_parameter("explain", "only a query is explained: add q"));
    }
    let wanted = search::wanted(&parameters, Entity::Run)?;
    let (query, list) = read(&parameters, &wanted)?;
    answer(source, move |source| {
        let page = source.store.runs(&query)?;
        let rows = page.rows.into_iter().map(Selected::Run).collect();
        let rows = Rows::read(&*source.store, rows, wanted)?;
        Json::of(&Body {
            data: rows.bodies().collect::<Vec<_>>(),
            next_cursor: page.next.map(|next| cursor::after_run(list, next)),
            damaged: page.damaged,
        })
    })
    .await
}

/// What to ask the store, and the list that cursors of this query belong to: its filters, not the size of its pages.
fn read(parameters: &Parameters, wanted: &Wanted) -> Result<(RunQuery, List), Problem> {
    let pipeline = parameters.text("pipeline");
    let status = parameters.status()?;
    let (from, before) = parameters.time_range()?;
    let (from_text, before_text) = (from.map(|ns| ns.to_string()), before.map(|ns| ns.to_string()));
    let list = List::of(&[
        Some("runs"),
        pipeline,
        status.map(RunStatus::as_str),
        from_text.as_deref(),
        before_text.as_deref(),
    ]);
    let after = parameters.text("cursor").map(|text| cursor::read_after_run(list, "cursor", text)).transpose()?;
    let query = RunQuery {
        pipeline: pipeline.map(str::to_owned),
        status,
        started_from_ns: from,
        started_before_ns: before,
        after,
        limit: search::limit(parameters, wanted)?,
    };
    Ok((query, list))
}
