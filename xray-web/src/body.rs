//! How runs, steps and pages are written as JSON. Every key is always there; what is not known is `null`. What was captured
//! is in `parts.rs`, what became of items in `decision.rs`.

use std::sync::Arc;

use serde::Serialize;
use xray_collector::decision::DecisionCounts;
use xray_collector::id::{RunId, SchemaVersion, StepId};
use xray_collector::model::{Level, Outcome, Run, RunStatus, Step};

#[cfg(feature = "openapi")]
use crate::openapi::words;
use crate::parts::PartsBody;
use crate::time::Time;

/// A part of a list.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Page))]
pub(crate) struct PageBody<T> {
    pub(crate) data: Vec<T>,
    /// Where the next page begins; `null` if this one is the last.
    pub(crate) next_cursor: Option<String>,
}

/// A row of a list, with what was captured of it where that is asked for.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Listed))]
pub(crate) struct ListedBody<'a, T> {
    #[serde(flatten)]
    pub(crate) row: T,
    /// The parts that `fields` names; of a run, those of its first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<PartsBody<'a>>,
}

/// A run.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Run))]
pub(crate) struct RunBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    id: RunId,
    /// The name of its first step.
    pipeline: &'a str,
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunStatus))]
    status: RunStatus,
    /// How its first step ended.
    #[cfg_attr(feature = "openapi", schema(value_type = words::Outcome))]
    outcome: Outcome,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    started_at: Time,
    started_ns: u64,
    /// Of a crashed or incomplete run, when it was last heard of.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<words::Time>))]
    ended_at: Option<Time>,
    ended_ns: Option<u64>,
    duration_ns: Option<u64>,
    steps: u64,
    /// Steps that ended in an error, a panic or a cancellation.
    failures: u64,
    /// Not zero: what is shown of the run is incomplete.
    lost_events: u64,
    /// The message of the error or panic that ended it.
    error: Option<&'a str>,
    parent: Option<ParentBody>,
    /// It is a step that lost its context, rather than a run.
    orphan: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Level))]
    level: Level,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<words::SchemaVersion>))]
    schema: Option<SchemaVersion>,
    /// Calls and results that did not fit the schema.
    misfits: u64,
    /// It stays, however little the store may keep.
    pinned: bool,
}

/// Where a run was started from.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Parent))]
struct ParentBody {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    run: RunId,
    #[cfg_attr(feature = "openapi", schema(value_type = words::StepId))]
    step: StepId,
}

/// A step, without what was captured of it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Step))]
pub(crate) struct StepBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::StepId))]
    id: StepId,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<words::StepId>))]
    parent: Option<StepId>,
    name: &'a str,
    kind: &'a str,
    module: &'a str,
    file: &'a str,
    line: u32,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Outcome))]
    outcome: Outcome,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    started_at: Time,
    started_ns: u64,
    duration_ns: Option<u64>,
    /// The slot of the thread that it began on.
    thread: u32,
    items_in: Option<u64>,
    items_out: Option<u64>,
    counts: CountsBody<'a>,
    important: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Level))]
    level: Level,
}

/// A step of a list.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StepRow))]
pub(crate) struct StepRowBody<'a> {
    #[serde(flatten)]
    step: StepBody<'a>,
    /// The names of its arguments.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    arguments: &'a [Arc<str>],
}

/// What became of a step's items, counted.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Counts))]
pub(crate) struct CountsBody<'a> {
    kept: u64,
    eliminated: u64,
    scored: u64,
    introduced: u64,
    refused: u64,
    inferred: bool,
    /// The share of the items that were eliminated, from 0 to 1.
    rejection_rate: Option<f64>,
    reasons: Vec<ReasonBody<'a>>,
}

/// A reason, and how many items were eliminated for it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Reason))]
struct ReasonBody<'a> {
    reason: &'a str,
    items: u64,
}

impl<'a> From<&'a Run> for RunBody<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            id: run.id,
            pipeline: &run.pipeline,
            status: run.status,
            outcome: run.outcome,
            started_at: Time(run.started_ns),
            started_ns: run.started_ns,
            ended_at: run.ended_ns.map(Time),
            ended_ns: run.ended_ns,
            duration_ns: run.ended_ns.map(|ended_ns| ended_ns.saturating_sub(run.started_ns)),
            steps: run.steps,
            failures: run.failures,
            lost_events: run.lost_events,
            error: run.error.as_deref(),
            parent: run.parent.map(|(run, step)| ParentBody { run, step }),
            orphan: run.orphan,
            level: run.level,
            schema: run.schema,
            misfits: run.misfits,
            pinned: run.pinned,
        }
    }
}

impl<'a> From<&'a Step> for StepRowBody<'a> {
    fn from(step: &'a Step) -> Self {
        Self { step: StepBody::from(step), arguments: &step.callsite.arguments }
    }
}

impl<'a> From<&'a Step> for StepBody<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            id: step.id,
            parent: step.parent,
            name: &step.callsite.name,
            kind: &step.callsite.kind,
            module: &step.callsite.module,
            file: &step.callsite.file,
            line: step.callsite.line,
            outcome: step.outcome,
            started_at: Time(step.started_ns),
            started_ns: step.started_ns,
            duration_ns: step.duration_ns,
            thread: step.thread,
            items_in: step.items_in,
            items_out: step.items_out,
            counts: CountsBody::from(&step.counts),
            important: step.important,
            level: step.level,
        }
    }
}

impl<'a> From<&'a DecisionCounts> for CountsBody<'a> {
    fn from(counts: &'a DecisionCounts) -> Self {
        Self {
            kept: counts.kept,
            eliminated: counts.eliminated,
            scored: counts.scored,
            introduced: counts.introduced,
            refused: counts.refused,
            inferred: counts.inferred,
            rejection_rate: counts.rejection_rate(),
            reasons: counts.reasons.iter().map(|(reason, items)| ReasonBody { reason, items: *items }).collect(),
        }
    }
}
