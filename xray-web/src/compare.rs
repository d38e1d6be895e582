//! `GET /api/v1/compare`: what differs between two sets of runs, or between the items that steps eliminated and kept.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::compare::{self, Field, MAX_SAMPLE, Runs, Set, Steps};
use xray_collector::id::{RunId, StepId};
use xray_collector::query::{Entity, Query};

use crate::answer::{Json, answer};
use crate::gone;
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters};
use crate::parameters::Parameters;
use crate::path;
use crate::problem::Problem;
use crate::source::Source;

const PARAMETERS: [&str; 12] =
    ["of", "a", "b", "pipeline", "run", "step", "name", "q", "from", "before", "sample", "limit"];

/// The sets of runs that are compared, unless the request says otherwise.
const FAILED: &str = "status == \"failed\"";
const COMPLETED: &str = "status == \"completed\"";
/// How many of each set are looked at, unless the request says otherwise.
const SAMPLE: usize = 1_000;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Runs,
    Items,
}

impl Of {
    pub(crate) const ALL: [Self; 2] = [Self::Runs, Self::Items];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Items => "items",
        }
    }

    /// The parameters that make no sense with it.
    fn foreign(self) -> &'static [&'static str] {
        match self {
            Self::Runs => &["run", "step", "name", "q"],
            Self::Items => &["a", "b", "pipeline"],
        }
    }
}

/// Two sets, and the fields in which they differ, those that differ most first.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Comparison))]
pub(crate) struct Body<'a> {
    a: SetBody<'a>,
    b: SetBody<'a>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<findings::ComparedField>))]
    data: &'a [Field],
    /// Fields that differ less than these.
    more: usize,
}

/// A set that is compared.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ComparedSet))]
struct SetBody<'a> {
    /// The condition, or what became of the items.
    what: &'a str,
    size: usize,
    /// There are more than `sample`.
    capped: bool,
    /// Finding them cost more than it may.
    stopped: bool,
}

/// What differs between two sets
///
/// Of runs, or of the items that steps eliminated and those that they kept.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/compare", tag = "comparison", params(parameters::TwoSets),
    responses((status = 200, body = Body), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn compare(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let of = parameters.word("of", Of::ALL, Of::as_str)?.unwrap_or(Of::Runs);
    if let Some(name) = of.foreign().iter().find(|name| parameters.text(name).is_some()) {
        let detail = format!("{name} does not go together with of={}", of.as_str());
        return Err(Problem::invalid_parameter(*name, detail));
    }
    match of {
        Of::Runs => runs(source, &parameters).await,
        Of::Items => items(source, &parameters).await,
    }
}

async fn runs(source: Source, parameters: &Parameters) -> Result<Json, Problem> {
    let [a, b] = [("a", FAILED), ("b", COMPLETED)]
        .map(|(name, usual)| (name, parameters.text(name).unwrap_or(usual).to_owned()));
    let [a_query, b_query] = [&a, &b].map(|(name, text)| parse(name, text, Entity::Run));
    let (a_query, b_query) = (a_query?, b_query?);
    let pipeline = parameters.text("pipeline").map(str::to_owned);
    let (from, before) = parameters.time_range()?;
    let (limit, sample) = (parameters.limit()?, sample(parameters)?);
    answer(source, move |source| {
        let set = |query| {
            let runs = Runs {
                query,
                pipeline: pipeline.as_deref(),
                started_from_ns: from,
                started_before_ns: before,
                limit: sample,
            };
            compare::of_runs(&*source.store, &runs)
        };
        render([(&*a.1, &set(&a_query)?), (&*b.1, &set(&b_query)?)], limit)
    })
    .await
}

async fn items(source: Source, parameters: &Parameters) -> Result<Json, Problem> {
    let (limit, sample) = (parameters.limit()?, sample(parameters)?);
    let sets = move |[a, b]: &[Set; 2]| render([("eliminated", a), ("kept", b)], limit);
    if let Some((run, step)) = one_step(parameters)? {
        return answer(source, move |source| {
            if source.store.step(run, step)?.is_none() {
                return Err(match source.store.run(run)? {
                    Some(_) => Problem::no_such_step(run, step),
                    None => gone::no_run(source, run).with_parameter("run"),
                });
            }
            sets(&compare::of_items(&*source.store, &Steps::One(run, step), sample)?)
        })
        .await;
    }
    let missing = || Problem::invalid_parameter("name", "of=items needs the name of a step, or run and step");
    let name = parameters.text("name").ok_or_else(missing)?.to_owned();
    let query = parse("q", parameters.text("q").unwrap_or("true"), Entity::Step)?;
    let (started_from_ns, started_before_ns) = parameters.time_range()?;
    answer(source, move |source| {
        let steps = Steps::Named { name: &name, query: &query, started_from_ns, started_before_ns };
        sets(&compare::of_items(&*source.store, &steps, sample)?)
    })
    .await
}

/// The step that is meant, if it is one.
fn one_step(parameters: &Parameters) -> Result<Option<(RunId, StepId)>, Problem> {
    let (Some(run), step) = (parameters.text("run"), parameters.text("step")) else {
        return match parameters.text("step") {
            Some(_) => Err(Problem::invalid_parameter("run", "run is missing: the run that the step belongs to")),
            None => Ok(None),
        };
    };
    if let Some(name) = ["name", "q", "from", "before"].into_iter().find(|name| parameters.text(name).is_some()) {
        return Err(Problem::invalid_parameter(
            name,
            format!("{name} does not go together with run: that is one step"),
        ));
    }
    let missing = || Problem::invalid_parameter("step", "step is missing: the step of the run");
    Ok(Some((path::id("run", run)?, path::id("step", step.ok_or_else(missing)?)?)))
}

fn parse(name: &str, text: &str, entity: Entity) -> Result<Query, Problem> {
    Query::parse(text, entity).map_err(|error| Problem::invalid_query(name, error))
}

/// `sample`: how many of each set.
fn sample(parameters: &Parameters) -> Result<usize, Problem> {
    let Some(text) = parameters.text("sample") else { return Ok(SAMPLE) };
    text.parse().ok().filter(|sample| (1..=MAX_SAMPLE).contains(sample)).ok_or_else(|| {
        let detail = format!("sample is a whole number from 1 to {MAX_SAMPLE}, not {text:?}");
        Problem::invalid_parameter("sample", detail)
    })
}

fn render([(what_a, a), (what_b, b)]: [(&str, &Set); 2], limit: usize) -> Result<Json, Problem> {
    let fields = compare::compare(a, b);
    let set = |what, set: &Set| SetBody { what, size: set.size(), capped: set.capped, stopped: set.stopped };
    let shown = fields.len().min(limit);
    Json::of(&Body { a: set(what_a, a), b: set(what_b, b), data: &fields[..shown], more: fields.len() - shown })
}
