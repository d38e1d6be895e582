//! `PUT` and `DELETE /api/v1/runs/{id}/pin`: a run that is pinned stays, however much the store may keep.
//!
//! These are the only requests that change anything, and a browser sends requests for whatever page is open in it. So they
//! have to carry a header that no page can have sent to another origin unless that allows it, which nothing here does; and
//! where the browser says for which page it asks, it has to be one of this server's.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, header};

use crate::answer::{Json, answer};
use crate::body::RunBody;
use crate::gone;
#[cfg(feature = "openapi")]
use crate::openapi::parameters;
use crate::parameters::Parameters;
use crate::path::RunPath;
use crate::problem::Problem;
use crate::source::Source;

/// The header that has to be there, with whatever value.
pub(crate) const HEADER: &str = "x-xray-request";

/// Pin a run
///
/// It stays, however little the store may keep.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/v1/runs/{id}/pin", tag = "runs",
    params(parameters::RunPath, parameters::OwnRequest),
    responses(
        (status = 200, description = "The run", body = RunBody),
        (status = 403, description = "Another site may have sent this, or Host names no loopback address",
            body = crate::problem::Body),
        (status = 404, body = crate::problem::Body),
    ),
))]
pub(crate) async fn pin(
    source: State<Source>,
    run: RunPath,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Json, Problem> {
    set(source, run, query, headers, true).await
}

/// Let go of a run
///
/// It may be removed again like any other.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/v1/runs/{id}/pin", tag = "runs",
    params(parameters::RunPath, parameters::OwnRequest),
    responses(
        (status = 200, description = "The run", body = RunBody),
        (status = 403, description = "Another site may have sent this, or Host names no loopback address",
            body = crate::problem::Body),
        (status = 404, body = crate::problem::Body),
    ),
))]
pub(crate) async fn unpin(
    source: State<Source>,
    run: RunPath,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Json, Problem> {
    set(source, run, query, headers, false).await
}

pub(crate) async fn wrong_method(method: Method) -> Problem {
    Problem::method_not_allowed_on_pin(&method)
}

async fn set(
    State(source): State<Source>,
    RunPath(id): RunPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    pinned: bool,
) -> Result<Json, Problem> {
    if !is_of_this_site(&headers) {
        return Err(Problem::cross_site());
    }
    Parameters::parse(query.as_deref(), &[])?;
    answer(source, move |source| {
        if !source.store.pin(id, pinned)? {
            return Err(gone::no_run(source, id));
        }
        match source.store.run(id)? {
            Some(run) => Json::of(&RunBody::from(&run)),
            None => Err(gone::no_run(source, id)),
        }
    })
    .await
}

fn is_of_this_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_of_this_origin = match (text("origin"), headers.get(header::HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.strip_prefix("http://").is_some_and(|origin| origin.as_bytes() == host.as_bytes())
        }
        (Some(_), None) => false,
    };
    let is_asked_for_here = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    headers.contains_key(HEADER) && is_of_this_origin && is_asked_for_here
}
