//! `GET /health`: whether events reach the store.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::Serialize;

use crate::answer::{Json, answer};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

#[derive(Serialize)]
struct Body<'a> {
    status: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

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
