//! The rows of lists that go over many runs: what a search found, with the parts that were asked for.

use serde::Serialize;
use xray_collector::id::{RunId, StepId};
use xray_collector::model::Step;
use xray_collector::query::Selected;
use xray_collector::store::{Store, StoreError};

use crate::body::{ListedBody, RunBody, StepRowBody};
use crate::decision::{DecisionBody, Extras};
#[cfg(feature = "openapi")]
use crate::openapi::words;
use crate::parts::{Opened, Parts, PartsBody};
use crate::value::Limit;

/// What of each row is wanted beyond itself.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) parts: Option<Parts>,
    pub(crate) extras: Extras,
}

/// Rows with what their parts are made of, if any are wanted.
pub(crate) struct Rows {
    rows: Vec<(Selected, Option<Opened>)>,
    wanted: Wanted,
}

/// A row as it is written.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum RowBody<'a> {
    Run(ListedBody<'a, RunBody<'a>>),
    Step(ListedBody<'a, FoundStepBody<'a>>),
    Decision(FoundDecisionBody<'a>),
}

/// A step of some run.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FoundStep))]
pub(crate) struct FoundStepBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    run: RunId,
    #[serde(flatten)]
    step: StepRowBody<'a>,
}

/// A decision of some step.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FoundDecision))]
pub(crate) struct FoundDecisionBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    run: RunId,
    #[cfg_attr(feature = "openapi", schema(value_type = words::StepId))]
    step: StepId,
    #[serde(flatten)]
    decision: DecisionBody<'a>,
}

impl<'a> FoundStepBody<'a> {
    pub(crate) fn new(run: RunId, step: &'a Step) -> Self {
        Self { run, step: StepRowBody::from(step) }
    }
}

impl Rows {
    /// Reads what is wanted of them beyond their rows.
    pub(crate) fn read(store: &dyn Store, rows: Vec<Selected>, wanted: Wanted) -> Result<Self, StoreError> {
        let open = |row: Selected| {
            let place = match &row {
                Selected::Run(run) => Some((run.id, run.id.root())),
                Selected::Step(run, step) => Some((*run, step.id)),
                Selected::Decision(..) => None,
            };
            let read = |((run, step), parts): (_, &Parts)| Opened::read(store, run, step, parts.account());
            let opened = place.zip(wanted.parts.as_ref()).map(read).transpose()?.flatten();
            Ok((row, opened))
        };
        let rows = rows.into_iter().map(open).collect::<Result<_, StoreError>>()?;
        Ok(Self { rows, wanted })
    }

    pub(crate) fn bodies(&self) -> impl Iterator<Item = RowBody<'_>> {
        self.rows.iter().map(|(row, opened)| self.body(row, opened.as_ref()))
    }

    fn body<'a>(&'a self, row: &'a Selected, opened: Option<&'a Opened>) -> RowBody<'a> {
        match row {
            Selected::Run(run) => {
                RowBody::Run(ListedBody { row: RunBody::from(run), fields: self.wanted.of(run.id, opened) })
            }
            Selected::Step(run, step) => {
                RowBody::Step(ListedBody { row: FoundStepBody::new(*run, step), fields: self.wanted.of(*run, opened) })
            }
            Selected::Decision(run, step, decision) => RowBody::Decision(FoundDecisionBody {
                run: *run,
                step: *step,
                decision: DecisionBody::new(decision, &self.wanted.extras),
            }),
        }
    }
}

impl Wanted {
    fn of<'a>(&self, run: RunId, opened: Option<&'a Opened>) -> Option<PartsBody<'a>> {
        let parts = self.parts.as_ref()?;
        opened.map(|opened| PartsBody::new(run, opened, parts, Limit::OF_ROW))
    }
}
