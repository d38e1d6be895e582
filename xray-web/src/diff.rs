//! `GET /api/v1/diff?a=&b=`: how two runs differ, and where they part first.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::diff::{self, Difference, Flip, Pair, PairKind, Recorded, Show, Summary, Way};
use xray_collector::id::RunId;
use xray_collector::model::Run;

use crate::answer::{Json, answer};
use crate::body::{PageBody, RunBody, StepRowBody};
use crate::cursor::{self, List};
use crate::gone;
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters, words};
use crate::parameters::Parameters;
use crate::path;
use crate::problem::Problem;
use crate::source::Source;

const PARAMETERS: [&str; 5] = ["a", "b", "kind", "limit", "cursor"];

/// Two runs, and a page of what differs.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Diff))]
pub(crate) struct Body<'a> {
    a: RunBody<'a>,
    b: RunBody<'a>,
    #[cfg_attr(feature = "openapi", schema(value_type = findings::DiffSummary))]
    summary: &'a Summary,
    first_divergence: Option<DivergenceBody<'a>>,
    #[serde(flatten)]
    page: PageBody<PairBody<'a>>,
}

/// Where two runs part first.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Divergence))]
struct DivergenceBody<'a> {
    /// What that means, in words.
    explanation: &'a str,
    #[serde(flatten)]
    pair: PairBody<'a>,
}

/// Two steps that are each other's, or one that has no other.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Pair))]
struct PairBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::PairKind))]
    kind: PairKind,
    /// How many steps called each other down to these.
    depth: u32,
    /// They stand at different places among those that their caller called.
    moved: bool,
    a: Option<StepRowBody<'a>>,
    b: Option<StepRowBody<'a>>,
    /// In what they differ.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<words::Way>))]
    ways: &'a [Way],
    /// Whether the same went in, if all of it is known.
    inputs_equal: Option<bool>,
    /// How long the second one took, in times of the first.
    duration_ratio: Option<f64>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<findings::ValueDifference>))]
    differences: &'a [Difference],
    more_differences: u64,
    /// Items that one kept and the other eliminated.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<findings::Flip>))]
    flipped: &'a [Flip],
    more_flipped: u64,
}

/// How two runs differ
///
/// Step by step, in pages, and where they part first.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/diff", tag = "comparison", params(parameters::TwoRuns, parameters::Paging),
    responses((status = 200, body = Body), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn diff(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let (a, b) = (run_id(&parameters, "a")?, run_id(&parameters, "b")?);
    let kinds = match parameters.text("kind") {
        Some(_) => parameters.words("kind", PairKind::ALL, PairKind::as_str)?,
        None => vec![PairKind::Changed, PairKind::OnlyA, PairKind::OnlyB],
    };
    let words: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    let list = List::of(&[Some("diff"), Some(&a.to_string()), Some(&b.to_string()), Some(&words.join(","))]);
    let cursor = parameters.text("cursor");
    let from = cursor.map(|text| cursor::read_at_decision(list, "cursor", text)).transpose()?.unwrap_or(0);
    let show = Show { kinds, from, limit: parameters.limit()? };
    answer(source, move |source| {
        let (a, b) = (run(source, "a", a)?, run(source, "b", b)?);
        let (a, b) = (Recorded::read(&*source.store, a)?, Recorded::read(&*source.store, b)?);
        let diff = diff::diff(&a, &b, &show)?;
        let next = diff.has_more.then(|| cursor::at_decision(list, show.from + diff.pairs.len()));
        let body = Body {
            a: RunBody::from(&a.run),
            b: RunBody::from(&b.run),
            summary: &diff.summary,
            first_divergence: diff.first_divergence.as_ref().map(|divergence| DivergenceBody {
                explanation: divergence.explanation,
                pair: PairBody::from(&divergence.pair),
            }),
            page: PageBody { data: diff.pairs.iter().map(PairBody::from).collect(), next_cursor: next },
        };
        Ok(Json::of(&body)?.about([&a.run, &b.run]))
    })
    .await
}

fn run_id(parameters: &Parameters, name: &str) -> Result<RunId, Problem> {
    let missing = || Problem::invalid_parameter(name, format!("{name} is missing: the id of a run"));
    path::id(name, parameters.text(name).ok_or_else(missing)?)
}

fn run(source: &Source, name: &str, run: RunId) -> Result<Run, Problem> {
    source.store.run(run)?.ok_or_else(|| gone::no_run(source, run).with_parameter(name))
}

impl<'a> From<&'a Pair> for PairBody<'a> {
    fn from(pair: &'a Pair) -> Self {
        Self {
            kind: pair.kind,
            depth: pair.depth,
            moved: pair.moved,
            a: pair.a.as_ref().map(StepRowBody::from),
            b: pair.b.as_ref().map(StepRowBody::from),
            ways: &pair.ways,
            inputs_equal: pair.inputs_equal,
            duration_ratio: pair.duration_ratio,
            differences: &pair.differences.shown,
            more_differences: pair.differences.more,
            flipped: &pair.flipped,
            more_flipped: pair.more_flipped,
        }
    }
}
