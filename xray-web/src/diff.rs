//! `GET /api/v1/diff?a=&b=`: how two runs differ, and where they part first.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::diff::{self, Difference, Flip, Pair, PairKind, Recorded, Show, Summary, Way};
use xray_collector::id::RunId;
use xray_collector::model::Run;

use crate::answer::{Json, answer};
use crate::body::{PageBody, RunBody, StepBody};
use crate::cursor::{self, List};
use crate::parameters::Parameters;
use crate::path;
use crate::problem::Problem;
use crate::source::Source;

const PARAMETERS: [&str; 5] = ["a", "b", "kind", "limit", "cursor"];

#[derive(Serialize)]
struct Body<'a> {
    a: RunBody<'a>,
    b: RunBody<'a>,
    summary: &'a Summary,
    first_divergence: Option<DivergenceBody<'a>>,
    #[serde(flatten)]
    page: PageBody<PairBody<'a>>,
}

#[derive(Serialize)]
struct DivergenceBody<'a> {
    explanation: &'a str,
    #[serde(flatten)]
    pair: PairBody<'a>,
}

#[derive(Serialize)]
struct PairBody<'a> {
    kind: PairKind,
    depth: u32,
    moved: bool,
    a: Option<StepBody<'a, &'a [Arc<str>]>>,
    b: Option<StepBody<'a, &'a [Arc<str>]>>,
    ways: &'a [Way],
    inputs_equal: Option<bool>,
    duration_ratio: Option<f64>,
    differences: &'a [Difference],
    more_differences: u64,
    flipped: &'a [Flip],
    more_flipped: u64,
}

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
        Json::of(&Body {
            a: RunBody::from(&a.run),
            b: RunBody::from(&b.run),
            summary: &diff.summary,
            first_divergence: diff.first_divergence.as_ref().map(|divergence| DivergenceBody {
                explanation: divergence.explanation,
                pair: PairBody::from(&divergence.pair),
            }),
            page: PageBody { data: diff.pairs.iter().map(PairBody::from).collect(), next_cursor: next },
        })
    })
    .await
}

fn run_id(parameters: &Parameters, name: &str) -> Result<RunId, Problem> {
    let missing = || Problem::invalid_parameter(name, format!("{name} is missing: the id of a run"));
    path::id(name, parameters.text(name).ok_or_else(missing)?)
}

fn run(source: &Source, name: &str, run: RunId) -> Result<Run, Problem> {
    source.store.run(run)?.ok_or_else(|| Problem::no_such_run(run).with_parameter(name))
}

impl<'a> From<&'a Pair> for PairBody<'a> {
    fn from(pair: &'a Pair) -> Self {
        Self {
            kind: pair.kind,
            depth: pair.depth,
            moved: pair.moved,
            a: pair.a.as_ref().map(StepBody::from),
            b: pair.b.as_ref().map(StepBody::from),
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
