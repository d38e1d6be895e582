//! Rows as CSV: RFC 4180, in UTF-8, with the names of the columns in front.
//!
//! A spreadsheet takes a cell that begins with `=` for a formula, wherever the text comes from. Texts that begin like one
//! get an apostrophe in front, as OWASP advises; numbers, times and ids are written as they are.

use xray_collector::decision::Decision;
use xray_collector::id::{RunId, StepId};
use xray_collector::model::{Run, Step};
use xray_collector::query::{Entity, Selected};
use xray_collector::value::Captured;

use crate::time::Time;

const RUN: &[&str] = &[
    "id",
    "pipeline",
    "status",
    "outcome",
    "started_at",
    "ended_at",
    "duration_ns",
    "steps",
    "failures",
    "lost_events",
    "error",
    "parent_run",
    "parent_step",
    "orphan",
    "level",
    "schema",
    "misfits",
];
const STEP: &[&str] = &[
    "run",
    "id",
    "parent",
    "name",
    "kind",
    "module",
    "file",
    "line",
    "outcome",
    "started_at",
    "duration_ns",
    "thread",
    "items_in",
    "items_out",
    "kept",
    "eliminated",
    "scored",
    "introduced",
    "refused",
    "inferred",
    "rejection_rate",
    "important",
    "level",
];
const DECISION: &[&str] = &[
    "run",
    "step",
    "item",
    "outcome",
    "basis",
    "reason",
    "score",
    "before",
    "after",
    "changed",
    "ambiguous",
    "contradicted",
    "checks",
    "detail",
];

/// The names of the columns.
pub(crate) fn columns(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Run => RUN,
        Entity::Step => STEP,
        Entity::Decision => DECISION,
    }
}

/// Writes a line for the columns, if they are given, and one for each row.
pub(crate) fn write(columns: Option<&[&str]>, rows: &[Selected]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if let Some(columns) = columns {
        writer.write_record(columns)?;
    }
    for row in rows {
        writer.write_record(match row {
            Selected::Run(run) => run_cells(run),
            Selected::Step(run, step) => step_cells(*run, step),
            Selected::Decision(run, step, decision) => decision_cells(*run, *step, decision),
        })?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn run_cells(run: &Run) -> Vec<String> {
    vec![
        run.id.to_string(),
        text(&run.pipeline),
        run.status.as_str().to_owned(),
        run.outcome.as_str().to_owned(),
        Time(run.started_ns).to_string(),
        some(run.ended_ns.map(Time)),
        some(run.ended_ns.map(|ended_ns| ended_ns.saturating_sub(run.started_ns))),
        run.steps.to_string(),
        run.failures.to_string(),
        run.lost_events.to_string(),
        text(run.error.as_deref().unwrap_or_default()),
        some(run.parent.map(|(run, _)| run)),
        some(run.parent.map(|(_, step)| step)),
        run.orphan.to_string(),
        run.level.as_str().to_owned(),
        some(run.schema),
        run.misfits.to_string(),
    ]
}

fn step_cells(run: RunId, step: &Step) -> Vec<String> {
    let (callsite, counts) = (&step.callsite, &step.counts);
    vec![
        run.to_string(),
        step.id.to_string(),
        some(step.parent),
        text(&callsite.name),
        text(&callsite.kind),
        text(&callsite.module),
        text(&callsite.file),
        callsite.line.to_string(),
        step.outcome.as_str().to_owned(),
        Time(step.started_ns).to_string(),
        some(step.duration_ns),
        step.thread.to_string(),
        some(step.items_in),
        some(step.items_out),
        counts.kept.to_string(),
        counts.eliminated.to_string(),
        counts.scored.to_string(),
        counts.introduced.to_string(),
        counts.refused.to_string(),
        counts.inferred.to_string(),
        some(counts.rejection_rate()),
        step.important.to_string(),
        step.level.as_str().to_owned(),
    ]
}

fn decision_cells(run: RunId, step: StepId, decision: &Decision) -> Vec<String> {
    let checks: Vec<String> = decision.checks.iter().map(ToString::to_string).collect();
    vec![
        run.to_string(),
        step.to_string(),
        text(&decision.item),
        decision.verdict.as_str().to_owned(),
        decision.basis.as_str().to_owned(),
        text(decision.reason.as_deref().unwrap_or_default()),
        some(decision.score),
        some(decision.before),
        some(decision.after),
        decision.changed.to_string(),
        decision.ambiguous.to_string(),
        decision.contradicted.to_string(),
        text(&checks.join("; ")),
        text(&decision.detail.as_ref().map(Captured::json).unwrap_or_default()),
    ]
}

/// What is not known is an empty cell.
fn some(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A text that no spreadsheet takes for a formula.
fn text(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}
