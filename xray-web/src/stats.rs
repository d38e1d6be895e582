//! `GET /api/v1/stats`: what became of every event, and what the store holds.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::stats::Stats;

use crate::answer::{Json, answer};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

#[derive(Serialize)]
struct Body {
    events: Stats,
    store: StoreBody,
}

#[derive(Serialize)]
struct StoreBody {
    path: Option<String>,
    runs: BTreeMap<&'static str, u64>,
    steps: u64,
    bytes: u64,
}

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
