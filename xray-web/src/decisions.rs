//! `GET /api/v1/runs/{id}/steps/{step}/decisions`: what a step did to each of its items, and why.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::decision::{Basis, Decision, Verdict};
use xray_collector::id::{RunId, StepId};
use xray_collector::inference::Doubt;
use xray_collector::model::StepDetail;

use crate::answer::{Json, answer};
use crate::body::{CountsBody, PageBody};
use crate::cursor::{self, List};
use crate::decision::{DecisionBody, Extras};
#[cfg(feature = "openapi")]
use crate::openapi::{parameters, words};
use crate::parameters::Parameters;
use crate::parts::Opened;
use crate::path::StepPath;
use crate::problem::Problem;
use crate::source::Source;
use crate::step;

const PARAMETERS: [&str; 7] = ["outcome", "basis", "reason", "item", "limit", "cursor", "fields"];

/// A reason of this length or more may be the beginning of one: counts keep no more than 128 bytes of each.
const COUNTED_BYTES: usize = 125;

/// A page of a step's decisions.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Decisions))]
pub(crate) struct Body<'a> {
    #[serde(flatten)]
    page: PageBody<DecisionBody<'a>>,
    /// The argument that the items were compared with.
    argument: Option<&'a str>,
    /// What the items are named by, if they were compared.
    key: Option<&'a str>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<words::Doubt>))]
    doubts: &'a [Doubt],
    /// How many inferred decisions there were, if only a handful of them was kept.
    sampled_of: Option<u64>,
    /// Of the whole step, whatever the filters.
    counts: CountsBody<'a>,
}

/// Which decisions.
struct Filter {
    outcomes: Vec<Verdict>,
    basis: Option<Basis>,
    reason: Option<String>,
    item: Option<String>,
}

/// What a step did to its items
///
/// In the order of its input; then those that came in addition.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/runs/{id}/steps/{step}/decisions", tag = "steps",
    params(parameters::StepPath, parameters::DecisionFilter, parameters::DecisionsPaging, parameters::Extras),
    responses((status = 200, body = Body), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn list(
    State(source): State<Source>,
    StepPath(run, step): StepPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let (filter, extras) = (Filter::read(&parameters)?, Extras::read(&parameters)?);
    let list = filter.list(run, step);
    let (limit, cursor) = (parameters.limit_of_decisions()?, parameters.text("cursor"));
    let from = cursor.map(|text| cursor::read_at_decision(list, "cursor", text)).transpose()?.unwrap_or(0);
    answer(source, move |source| {
        let (row, Opened { detail, account }) = step::find(source, run, step, StepDetail::account)?;
        let mut wanted = account.decisions.iter().filter(|decision| filter.admits(decision)).skip(from);
        let data: Vec<_> = wanted.by_ref().take(limit).map(|decision| DecisionBody::new(decision, &extras)).collect();
        let next_cursor = wanted.next().map(|_| cursor::at_decision(list, from + data.len()));
        let body = Body {
            page: PageBody { data, next_cursor },
            argument: account.argument.as_deref(),
            key: account.key.as_deref(),
            doubts: &account.doubts,
            sampled_of: account.sampled_of,
            counts: CountsBody::from(&detail.step.counts),
        };
        Ok(Json::of(&body)?.about([&row]))
    })
    .await
}

impl Filter {
    fn read(parameters: &Parameters) -> Result<Self, Problem> {
        Ok(Self {
            outcomes: parameters.words("outcome", Verdict::ALL, Verdict::as_str)?,
            basis: parameters.word("basis", Basis::ALL, Basis::as_str)?,
            reason: parameters.text("reason").map(str::to_owned),
            item: parameters.text("item").map(str::to_owned),
        })
    }

    /// The list that cursors of this filter belong to.
    fn list(&self, run: RunId, step: StepId) -> List {
        let outcomes: Vec<_> = self.outcomes.iter().map(|outcome| outcome.as_str()).collect();
        List::of(&[
            Some("decisions"),
            Some(&run.to_string()),
            Some(&step.to_string()),
            Some(&outcomes.join(",")),
            self.basis.map(Basis::as_str),
            self.reason.as_deref(),
            self.item.as_deref(),
        ])
    }

    fn admits(&self, decision: &Decision) -> bool {
        self.outcomes.contains(&decision.verdict)
            && self.basis.is_none_or(|basis| decision.basis == basis)
            && self
                .reason
                .as_deref()
                .is_none_or(|wanted| decision.reason.as_deref().is_some_and(|reason| is(reason, wanted)))
            && self.item.as_deref().is_none_or(|item| *decision.item == *item)
    }
}

/// Whether the reason is the one that is asked for: as the decision has it, or as the step's counts do.
fn is(reason: &str, wanted: &str) -> bool {
    reason == wanted || (wanted.len() >= COUNTED_BYTES && reason.starts_with(wanted))
}
