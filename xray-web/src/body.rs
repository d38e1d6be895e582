//! How runs, steps and pages are written as JSON. Every key is always there; what is not known is `null`.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use xray_collector::decision::{Account, Basis, Check, Decision, DecisionCounts, Verdict};
use xray_collector::id::{RunId, SchemaVersion, StepId};
use xray_collector::model::{Argument, Failure, Level, Outcome, Run, RunStatus, Step, StepDetail};
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
    level: Level,
    schema: Option<SchemaVersion>,
    misfits: u64,
    pinned: bool,
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
    counts: CountsBody<'a>,
    important: bool,
    level: Level,
}

/// What became of a step's items, counted.
#[derive(Serialize)]
pub(crate) struct CountsBody<'a> {
    kept: u64,
    eliminated: u64,
    scored: u64,
    introduced: u64,
    refused: u64,
    inferred: bool,
    rejection_rate: Option<f64>,
    reasons: Vec<ReasonBody<'a>>,
}

/// A reason, and how many items were eliminated for it.
#[derive(Serialize)]
struct ReasonBody<'a> {
    reason: &'a str,
    items: u64,
}

/// A step with everything that was captured of it.
#[derive(Serialize)]
pub(crate) struct StepDetailBody<'a> {
    run: RunId,
    #[serde(flatten)]
    step: StepBody<'a, &'a [Argument]>,
    result: Option<&'a Captured>,
    error: Option<&'a Failure>,
    reasons: &'a [Arc<str>],
    reasoning: Vec<MetaBody<'a>>,
    meta: Vec<MetaBody<'a>>,
    llm: &'a [Captured],
    /// What follows is said of a run, and `null` of any step but its first.
    tags: Option<Vec<TagBody<'a>>>,
    notes: Option<&'a [Arc<str>]>,
    input: Option<&'a Captured>,
    output: Option<&'a Captured>,
}

/// A value that the code noted.
#[derive(Serialize)]
struct MetaBody<'a> {
    key: &'a str,
    #[serde(flatten)]
    captured: &'a Captured,
}

/// What a run can be found by.
#[derive(Serialize)]
struct TagBody<'a> {
    key: &'a str,
    value: &'a str,
}

/// What a step did to one item.
#[derive(Serialize)]
pub(crate) struct DecisionBody<'a> {
    item: &'a str,
    outcome: Verdict,
    basis: Basis,
    reason: Option<&'a str>,
    score: Option<Score>,
    before: Option<u32>,
    after: Option<u32>,
    changed: bool,
    ambiguous: bool,
    contradicted: bool,
    checks: Vec<CheckBody<'a>>,
    detail: Option<&'a Captured>,
}

/// A score; JSON has no number for those that are infinite, which are texts.
struct Score(f64);

/// A condition, as it was evaluated for an item.
#[derive(Serialize)]
struct CheckBody<'a> {
    text: String,
    condition: &'a str,
    holds: bool,
    operands: Vec<OperandBody<'a>>,
}

/// A part of a condition; its name is its source text, and empty for what was looked at as a whole.
#[derive(Serialize)]
struct OperandBody<'a> {
    name: &'a str,
    #[serde(flatten)]
    captured: &'a Captured,
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
            counts: CountsBody::from(&step.counts),
            important: step.important,
            level: step.level,
        }
    }
}

impl<'a> From<&'a Step> for StepBody<'a, &'a [Arc<str>]> {
    fn from(step: &'a Step) -> Self {
        Self::new(step, &step.callsite.arguments)
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

impl<'a> StepDetailBody<'a> {
    pub(crate) fn new(run: RunId, detail: &'a StepDetail, account: &'a Account) -> Self {
        let is_first = detail.step.id == run.root();
        let tags = account.tags.iter().map(|(key, value)| TagBody { key, value });
        Self {
            run,
            step: StepBody::new(&detail.step, &*detail.arguments),
            result: detail.result.as_ref(),
            error: detail.error.as_ref(),
            reasons: &account.reasons,
            reasoning: account.reasoning.iter().map(|(key, captured)| MetaBody { key, captured }).collect(),
            meta: account.meta.iter().map(|(key, captured)| MetaBody { key, captured }).collect(),
            llm: &account.llm,
            tags: is_first.then(|| tags.collect()),
            notes: is_first.then_some(&*account.notes),
            input: account.input.as_ref(),
            output: account.output.as_ref(),
        }
    }
}

impl<'a> From<&'a Decision> for DecisionBody<'a> {
    fn from(decision: &'a Decision) -> Self {
        Self {
            item: &decision.item,
            outcome: decision.verdict,
            basis: decision.basis,
            reason: decision.reason.as_deref(),
            score: decision.score.map(Score),
            before: decision.before,
            after: decision.after,
            changed: decision.changed,
            ambiguous: decision.ambiguous,
            contradicted: decision.contradicted,
            checks: decision.checks.iter().map(CheckBody::from).collect(),
            detail: decision.detail.as_ref(),
        }
    }
}

impl<'a> From<&'a Check> for CheckBody<'a> {
    fn from(check: &'a Check) -> Self {
        let operands = check.operands.iter().map(|(name, captured)| OperandBody { name, captured });
        Self { text: check.to_string(), condition: &check.condition, holds: check.holds, operands: operands.collect() }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.is_finite() {
            true => serializer.serialize_f64(self.0),
            false => serializer.collect_str(&self.0),
        }
    }
}
