//! `GET /api/v1/stats`: what became of every event, and what the store holds.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::stats::Stats;

use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::openapi::words;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

/// The books.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Stats))]
pub(crate) struct Body {
    #[cfg_attr(feature = "openapi", schema(value_type = words::EventStats))]
    events: Stats,
    store: StoreBody,
}

/// What the store holds.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StoreStats))]
struct StoreBody {
    path: Option<String>,
    /// By status.
    runs: BTreeMap<&'static str, u64>,
    steps: u64,
    bytes: u64,
}

/// What became of every event, and what the store holds
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/stats", tag = "service", responses((status = 200, body = Body)),
))]
pub(crate) async fn stats(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    answer(source, |source| {
        let summary = source.store.summary()?;
        Json::of(&Body {
            events: (source.stats)(),
            store: StoreBody {
                // A path need not be text; what is shown of it is.
                path: summary.path.map(|path| path.display().to_string()),
                runs: summary.runs.iter().map(|(status, count)| (status.as_str(), *count)).collect(),
                steps: summary.steps,
                bytes: summary.bytes,
            },
        })
    })
    .await
}
