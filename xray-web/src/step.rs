//! `GET /api/v1/runs/{id}/steps/{step}`: one step with its captured values, or those parts of it that `fields` names.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::decision::Account;
use xray_collector::id::{RunId, StepId};
use xray_collector::model::{Run, StepDetail};

use crate::answer::{Json, answer};
use crate::body::StepBody;
use crate::gone;
#[cfg(feature = "openapi")]
use crate::openapi::{parameters, words};
use crate::parameters::Parameters;
use crate::parts::{Opened, Parts, PartsBody};
use crate::path::StepPath;
use crate::problem::Problem;
use crate::source::Source;
use crate::value::Limit;

/// A step with what was captured of it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StepDetail))]
pub(crate) struct Body<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    run: RunId,
    #[serde(flatten)]
    step: StepBody<'a>,
    #[serde(flatten)]
    parts: PartsBody<'a>,
}

/// A step with its values
///
/// With `fields`, only those parts of it. A value that takes more than 256 KiB is not written: `omitted` says how large
/// it is, how it begins, and where it can be read.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/runs/{id}/steps/{step}", tag = "steps",
    params(parameters::StepPath, parameters::PartsOfStep),
    responses((status = 200, body = Body), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn open(
    State(source): State<Source>,
    StepPath(run, step): StepPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &["fields"])?;
    let parts = Parts::read(&parameters)?.unwrap_or_else(Parts::of_step);
    answer(source, move |source| {
        let (row, opened) = find(source, run, step, parts.account())?;
        let body = Body {
            run,
            step: StepBody::from(&opened.detail.step),
            parts: PartsBody::new(run, &opened, &parts, Limit::OF_STEP),
        };
        Ok(Json::of(&body)?.about([&row]))
    })
    .await
}

/// A step and its run; `account` as for [`Opened::read`].
pub(crate) fn find(
    source: &Source,
    run: RunId,
    step: StepId,
    account: fn(&StepDetail) -> Account,
) -> Result<(Run, Opened), Problem> {
    let opened = Opened::read(&*source.store, run, step, account)?;
    let row = source.store.run(run)?;
    match (row, opened) {
        (Some(row), Some(opened)) => Ok((row, opened)),
        (None, _) => Err(gone::no_run(source, run)),
        (Some(_), None) => Err(Problem::no_such_step(run, step)),
    }
}
