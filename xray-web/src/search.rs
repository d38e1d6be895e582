//! `GET /api/v1/runs?q=`, `/api/v1/steps` and `/api/v1/decisions`: rows of all runs of which a condition holds.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::id::{RunId, StepId};
use xray_collector::query::{Entity, Explanation, Query, Scanned, Search, Selected};

use crate::answer::{Json, answer};
use crate::body::{DecisionBody, PageBody, RunBody, StepBody};
use crate::cursor::{self, List};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

const PARAMETERS: [&str; 6] = ["q", "from", "before", "limit", "cursor", "explain"];

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    page: PageBody<RowBody<'a>>,
    /// The search cost more than it may, and goes on where `next_cursor` says.
    stopped: bool,
    /// What was left out because it is damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<String>,
    /// What it cost: a run, step or value that was read is one, as are 64 steps whose columns were looked at.
    read: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<ExplainBody>,
}

/// How a query is answered, and what was read for it.
#[derive(Serialize)]
pub(crate) struct ExplainBody {
    pub(crate) plan: Explanation,
    pub(crate) scanned: Scanned,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RowBody<'a> {
    Run(RunBody<'a>),
    Step {
        run: RunId,
        #[serde(flatten)]
        step: StepBody<'a, &'a [std::sync::Arc<str>]>,
    },
    Decision {
        run: RunId,
        step: StepId,
        #[serde(flatten)]
        decision: DecisionBody<'a>,
    },
}

pub(crate) async fn steps(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    search(source, &parameters, Entity::Step).await
}

pub(crate) async fn decisions(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    search(source, &parameters, Entity::Decision).await
}

/// A page of rows; all of them without a condition.
pub(crate) async fn search(source: Source, parameters: &Parameters, entity: Entity) -> Result<Json, Problem> {
    let text = parameters.text("q").unwrap_or("true");
    let query = Query::parse(text, entity).map_err(|error| Problem::invalid_query("q", error))?;
    let (from, before) = parameters.time_range()?;
    let (from_text, before_text) = (from.map(|ns| ns.to_string()), before.map(|ns| ns.to_string()));
    let list =
        List::of(&[Some("search"), Some(entity.as_str()), Some(text), from_text.as_deref(), before_text.as_deref()]);
    let after = parameters.text("cursor").map(|text| cursor::read_after_found(list, "cursor", text)).transpose()?;
    let search = Search {
        started_from_ns: from,
        started_before_ns: before,
        after,
        limit: parameters.limit()?,
        ..Search::default()
    };
    let explains = parameters.flag("explain")?;
    answer(source, move |source| {
        let found = query.search(&*source.store, &search)?;
        if found.stopped && found.next == after {
            return Err(Problem::too_costly("q"));
        }
        let plan = explains.then(|| query.explain(&*source.store, &search)).transpose()?;
        Json::of(&Body {
            page: PageBody {
                data: found.rows.iter().map(RowBody::from).collect(),
                next_cursor: found.next.map(|next| cursor::after_found(list, next)),
            },
            stopped: found.stopped,
            damaged: found.damaged,
            read: found.read,
            explain: plan.map(|plan| ExplainBody { plan, scanned: found.scanned }),
        })
    })
    .await
}

impl<'a> From<&'a Selected> for RowBody<'a> {
    fn from(selected: &'a Selected) -> Self {
        match selected {
            Selected::Run(run) => Self::Run(RunBody::from(run)),
            Selected::Step(run, step) => Self::Step { run: *run, step: StepBody::from(step) },
            Selected::Decision(run, step, decision) => {
                Self::Decision { run: *run, step: *step, decision: DecisionBody::from(decision) }
            }
        }
    }
}
