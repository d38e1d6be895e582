//! `GET /api/v1/runs/{id}`: one run and its steps.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::id::{RunId, StepId};
use xray_collector::model::Step;
use xray_collector::store::{Store, StoreError};

use crate::answer::{Json, answer};
use crate::body::{PageBody, RunBody, StepBody};
use crate::cursor::{self, List};
use crate::gone;
use crate::parameters::Parameters;
use crate::path::RunPath;
use crate::problem::Problem;
use crate::source::Source;

const PARAMETERS: [&str; 2] = ["steps_after", "limit"];

#[derive(Serialize)]
struct Body<'a> {
    run: RunBody<'a>,
    steps: PageBody<StepBody<'a, &'a [Arc<str>]>>,
}

pub(crate) async fn open(
    State(source): State<Source>,
    RunPath(id): RunPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let limit = parameters.limit()?;
    let list = List::of(&[Some("steps"), Some(&id.to_string())]);
    let after = parameters.text("steps_after");
    let after = after.map(|text| cursor::read_after_step(list, "steps_after", text)).transpose()?;
    answer(source, move |source| {
        let run = source.store.run(id)?.ok_or_else(|| gone::no_run(source, id))?;
        let (steps, next) = page(&*source.store, id, after, limit)?;
        Json::of(&Body {
            run: RunBody::from(&run),
            steps: PageBody {
                data: steps.iter().map(StepBody::from).collect(),
                next_cursor: next.map(|step| cursor::after_step(list, step)),
            },
        })
    })
    .await
}

/// The steps after one, and the last of them if there are more.
fn page(
    store: &dyn Store,
    run: RunId,
    after: Option<StepId>,
    limit: usize,
) -> Result<(Vec<Step>, Option<StepId>), StoreError> {
    let steps = store.steps(run, after, limit)?;
    // A full page says nothing about the next one, and a page may not be asked for with one row more.
    let next = match steps.last() {
        Some(last) if steps.len() == limit && !store.steps(run, Some(last.id), 1)?.is_empty() => Some(last.id),
        _ => None,
    };
    Ok((steps, next))
}
