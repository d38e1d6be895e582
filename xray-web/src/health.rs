//! `GET /health`: whether events reach the store.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::Serialize;

use crate::answer::{Json, answer};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

/// Whether events reach the store.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Health))]
pub(crate) struct Body<'a> {
    /// `ok` or `degraded`.
    status: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether events reach the store
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/health", tag = "service",
    responses((status = 200, body = Body), (status = 503, description = "They do not, at present", body = Body)),
))]
pub(crate) async fn health(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    // The books may be behind a lock of the collector's.
    answer(source, |source| match (source.stats)().store_error {
        None => Json::of(&Body { status: "ok", version: VERSION, reason: None }),
        Some(reason) => {
            let body = Body { status: "degraded", version: VERSION, reason: Some(&reason) };
            Ok(Json::of(&body)?.with_status(StatusCode::SERVICE_UNAVAILABLE))
        }
    })
    .await
}
