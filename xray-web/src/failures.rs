//! `GET /api/v1/failures`: of runs that failed or crashed, the functions that they failed of, and with which errors.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::id::{RunId, StepId};
use xray_collector::query::{Failing, Failures};

use crate::aggregate;
use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::openapi::{parameters, words};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;
use crate::time::Time;

const PARAMETERS: [&str; 3] = ["from", "before", "limit"];
/// Errors that are listed of a function.
const MOST_ERRORS: usize = 5;

/// Functions that runs failed of.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Failures))]
pub(crate) struct Body<'a> {
    /// The function that most runs failed of first.
    data: Vec<FailingBody<'a>>,
    /// Runs that failed or crashed, as far as a step says why.
    runs: u64,
    /// Functions that runs failed of, of which `data` has no more than `limit`.
    functions: usize,
    /// It cost more than it may: older runs were not looked at.
    stopped: bool,
    /// What was left out because it is damaged.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    damaged: &'a [String],
}

/// A function that runs failed of.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Failing))]
struct FailingBody<'a> {
    name: &'a str,
    /// Empty if it has none.
    kind: &'a str,
    module: &'a str,
    file: &'a str,
    line: u32,
    /// Runs that failed of it.
    runs: u64,
    /// The share of them among all that failed.
    share: f64,
    /// The most frequent, no more than 5.
    errors: Vec<ErrorBody<'a>>,
    latest: LatestBody,
}

/// An error, and how many runs failed with it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FailingError))]
struct ErrorBody<'a> {
    message: &'a str,
    runs: u64,
}

/// The newest run that failed of it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LatestFailure))]
struct LatestBody {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    run: RunId,
    #[cfg_attr(feature = "openapi", schema(value_type = words::StepId))]
    step: StepId,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    started_at: Time,
}

/// Why runs failed
///
/// Of runs that failed or crashed, the functions that they failed of: that of a step that failed while no step that it called
/// did, or, in a crash, was open.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/failures", tag = "aggregates", params(parameters::Failed),
    responses((status = 200, body = Body)),
))]
pub(crate) async fn failures(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let (scope, limit) = (aggregate::scope(&parameters)?, parameters.limit()?);
    answer(source, move |source| {
        let failures = Failures::of(&*source.store, &scope)?;
        let body = |failing| FailingBody::of(failing, failures.runs);
        Json::of(&Body {
            data: failures.failing.iter().take(limit).map(body).collect(),
            runs: failures.runs,
            functions: failures.failing.len(),
            stopped: failures.stopped,
            damaged: &failures.damaged,
        })
    })
    .await
}

impl<'a> FailingBody<'a> {
    fn of(failing: &'a Failing, all: u64) -> Self {
        let (run, started_ns, step) = failing.latest;
        let errors = failing.errors.iter().take(MOST_ERRORS);
        Self {
            name: &failing.callsite.name,
            kind: &failing.callsite.kind,
            module: &failing.callsite.module,
            file: &failing.callsite.file,
            line: failing.callsite.line,
            runs: failing.runs,
            share: failing.runs as f64 / all as f64,
            errors: errors.map(|(message, runs)| ErrorBody { message, runs: *runs }).collect(),
            latest: LatestBody { run, step, started_at: Time(started_ns) },
        }
    }
}
