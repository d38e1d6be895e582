//! How runs, steps and pages are written as JSON. Every key is always there; what is not known is `null`.

use std::sync::Arc;

use serde::Serialize;
use xray_collector::id::{RunId, SchemaVersion, StepId};
use xray_collector::model::{Argument, Failure, Outcome, Run, RunStatus, Step, StepDetail};
use xray_collector::value::Captured;

use crate::time::Time;

/// A part of a list.
#[derive(Serialize)]
pub(crate) struct PageBody<T> {
    pub(crate) data: Vec<T>,
    pub(crate) next_cursor: Option<String>,
}

/// A run.
#[derive(Serialize)]
pub(crate) struct RunBody<'a> {
    id: RunId,
    pipeline: &'a str,
    status: RunStatus,
    outcome: Outcome,
    started_at: Time,
    started_ns: u64,
    ended_at: Option<Time>,
    ended_ns: Option<u64>,
    duration_ns: Option<u64>,
    steps: u64,
    failures: u64,
    lost_events: u64,
    error: Option<&'a str>,
    parent: Option<ParentBody>,
    orphan: bool,
    schema: Option<SchemaVersion>,
    misfits: u64,
}

/// Where a run was started from.
#[derive(Serialize)]
struct ParentBody {
    run: RunId,
    step: StepId,
}

/// A step: with its arguments' names in a list of steps, with their values when it is opened.
#[derive(Serialize)]
pub(crate) struct StepBody<'a, Arguments> {
    id: StepId,
    parent: Option<StepId>,
    name: &'a str,
    kind: &'a str,
    module: &'a str,
    file: &'a str,
    line: u32,
    arguments: Arguments,
    outcome: Outcome,
    started_at: Time,
    started_ns: u64,
    duration_ns: Option<u64>,
    thread: u32,
    items_in: Option<u64>,
    items_out: Option<u64>,
}

/// A step with everything that was captured of it.
#[derive(Serialize)]
pub(crate) struct StepDetailBody<'a> {
    run: RunId,
    #[serde(flatten)]
    step: StepBody<'a, &'a [Argument]>,
    result: Option<&'a Captured>,
    error: Option<&'a Failure>,
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
            schema: run.schema,
            misfits: run.misfits,
        }
    }
}

impl<'a, Arguments> StepBody<'a, Arguments> {
    fn new(step: &'a Step, arguments: Arguments) -> Self {
        Self {
            id: step.id,
            parent: step.parent,
            name: &step.callsite.name,
            kind: &step.callsite.kind,
            module: &step.callsite.module,
            file: &step.callsite.file,
            line: step.callsite.line,
            arguments,
            outcome: step.outcome,
            started_at: Time(step.started_ns),
            started_ns: step.started_ns,
            duration_ns: step.duration_ns,
            thread: step.thread,
            items_in: step.items_in,
            items_out: step.items_out,
        }
    }
}

impl<'a> From<&'a Step> for StepBody<'a, &'a [Arc<str>]> {
    fn from(step: &'a Step) -> Self {
        Self::new(step, &step.callsite.arguments)
    }
}

impl<'a> StepDetailBody<'a> {
    pub(crate) fn new(run: RunId, detail: &'a StepDetail) -> Self {
        let step = StepBody::new(&detail.step, &*detail.arguments);
        Self { run, step, result: detail.result.as_ref(), error: detail.error.as_ref() }
    }
}
