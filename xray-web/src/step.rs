//! `GET /api/v1/runs/{id}/steps/{step}`: one step with its captured values.

use axum::extract::{RawQuery, State};

use crate::answer::{Json, answer};
use crate::body::StepDetailBody;
use crate::gone;
use crate::parameters::Parameters;
use crate::path::StepPath;
use crate::problem::Problem;
use crate::source::Source;

pub(crate) async fn open(
    State(source): State<Source>,
    StepPath(run, step): StepPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    answer(source, move |source| match source.store.step(run, step)? {
        Some(detail) => Json::of(&StepDetailBody::new(run, &detail, &detail.account())),
        None if source.store.run(run)?.is_none() => Err(gone::no_run(source, run)),
        None => Err(Problem::no_such_step(run, step)),
    })
    .await
}
