//! The workload as rows of tables: what a store gets that is told everything, captured values as JSON.

use anyhow::Context as _;
use serde::Serialize;
use xray_collector::decision::Verdict;

use crate::workload::{Decided, End, Function, Key, Recorder, Said, Value};

/// A run that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunRow<'a> {
    pub(crate) id: u64,
    pub(crate) pipeline: &'static str,
    pub(crate) status: &'static str,
    pub(crate) started_ns: u64,
    pub(crate) ended_ns: u64,
    pub(crate) steps: u64,
    pub(crate) failures: u64,
    pub(crate) error: Option<&'a str>,
}

/// A step that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepRow<'a> {
    pub(crate) run: u64,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) function: Function,
    pub(crate) outcome: &'static str,
    pub(crate) started_ns: u64,
    pub(crate) duration_ns: u64,
    pub(crate) items: Option<(usize, usize)>,
    pub(crate) kept: u64,
    pub(crate) eliminated: u64,
    /// `{"input": …, "output": …, "llm": …}`
    pub(crate) payload: &'a str,
}

/// What a step did to an item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecisionRow<'a> {
    pub(crate) run: u64,
    pub(crate) step: u64,
    pub(crate) item: &'a str,
    pub(crate) verdict: &'static str,
    pub(crate) basis: &'static str,
    pub(crate) reason: Option<&'a str>,
}

/// Who takes the rows.
pub(crate) trait Table {
    fn run(&mut self, row: &RunRow<'_>) -> anyhow::Result<()>;
    fn step(&mut self, row: &StepRow<'_>) -> anyhow::Result<()>;
    fn decision(&mut self, row: &DecisionRow<'_>) -> anyhow::Result<()>;
}

/// A step that has not ended.
#[derive(Debug)]
struct Open {
    id: u64,
    function: Function,
    started_ns: u64,
    payload: Vec<u8>,
}

/// Puts rows together.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    pub(crate) table: T,
    open: Vec<Open>,
    /// Those of steps that have ended, to be used again.
    payloads: Vec<Vec<u8>>,
    run: u64,
    steps: u64,
    failures: u64,
}

impl<T: Table> Rows<T> {
    pub(crate) fn new(table: T) -> Self {
        Self { table, open: Vec::new(), payloads: Vec::new(), run: 0, steps: 0, failures: 0 }
    }

    fn decisions(&mut self, step: u64, decided: &[Decided<'_>]) -> anyhow::Result<()> {
        for Decided { item, verdict, reason } in decided {
            self.table.decision(&DecisionRow {
                run: self.run,
                step,
                item: Key::of(*item).as_str(),
                verdict: verdict.as_str(),
                basis: if reason.is_some() { "observed" } else { "inferred" },
                reason: *reason,
            })?;
        }
        Ok(())
    }
}

fn put(payload: &mut Vec<u8>, text: &str, value: &(impl Serialize + ?Sized)) -> anyhow::Result<()> {
    payload.extend_from_slice(text.as_bytes());
    Ok(serde_json::to_writer(payload, value)?)
}

impl<T: Table> Recorder for Rows<T> {
    fn enter(&mut self, function: Function, at_ns: u64, arguments: &[Value<'_>]) -> anyhow::Result<()> {
        if self.open.is_empty() {
            (self.run, self.steps, self.failures) = (self.run + 1, 0, 0);
        }
        self.steps += 1;
        let mut payload = self.payloads.pop().unwrap_or_default();
        payload.clear();
        for (place, (name, value)) in function.site().arguments.iter().zip(arguments).enumerate() {
            put(&mut payload, if place == 0 { "{\"input\":{" } else { "," }, name)?;
            put(&mut payload, ":", value)?;
        }
        payload.push(b'}');
        self.open.push(Open { id: self.steps, function, started_ns: at_ns, payload });
        Ok(())
    }

    fn say(&mut self, said: &Said<'_>) -> anyhow::Result<()> {
        let payload = &mut self.open.last_mut().context("no step is open")?.payload;
        match said {
            // In a row of its own, when the step ends.
            Said::Decided(_) => Ok(()),
            Said::Llm { model, tokens } => {
                put(payload, ",\"llm\":{\"operation\":\"chat\",\"model\":", model)?;
                put(payload, ",\"input_tokens\":", &tokens.0)?;
                put(payload, ",\"output_tokens\":", &tokens.1)?;
                payload.push(b'}');
                Ok(())
            }
            Said::Meta(key, value) => {
                put(payload, ",\"meta\":{", key)?;
                put(payload, ":", value)?;
                payload.push(b'}');
                Ok(())
            }
            Said::Reason(text) => put(payload, ",\"reasons\":", &[text]),
        }
    }

    fn leave(&mut self, end: &End<'_>) -> anyhow::Result<()> {
        let Open { id, function, started_ns, mut payload } = self.open.pop().context("no step is open")?;
        match end.result {
            Ok(value) => put(&mut payload, ",\"output\":", &value)?,
            Err(message) => put(&mut payload, ",\"error\":", message)?,
        }
        payload.push(b'}');
        let count = |verdict| end.decided.iter().filter(|decided| decided.verdict == verdict).count() as u64;
        self.failures += u64::from(end.result.is_err());
        self.table.step(&StepRow {
            run: self.run,
            id,
            parent: self.open.last().map(|open| open.id),
            function,
            outcome: if end.result.is_err() { "err" } else { "ok" },
            started_ns,
            duration_ns: end.at_ns - started_ns,
            items: end.items,
            kept: count(Verdict::Kept) + count(Verdict::Scored),
            eliminated: count(Verdict::Eliminated),
            payload: std::str::from_utf8(&payload)?,
        })?;
        self.payloads.push(payload);
        self.decisions(id, end.decided)?;
        if self.open.is_empty() {
            self.table.run(&RunRow {
                id: self.run,
                pipeline: function.site().name,
                status: if end.result.is_err() { "failed" } else { "completed" },
                started_ns,
                ended_ns: end.at_ns,
                steps: self.steps,
                failures: self.failures,
                error: end.result.err(),
            })?;
        }
        Ok(())
    }
}

/// How large steps are as JSON: what they captured and said, reasons of decisions included.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) steps: u64,
    pub(crate) decisions: u64,
    pub(crate) failures: u64,
    pub(crate) bytes: u64,
}

impl Table for Sizes {
    fn run(&mut self, _: &RunRow<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    fn step(&mut self, row: &StepRow<'_>) -> anyhow::Result<()> {
        self.steps += 1;
        self.failures += u64::from(row.outcome == "err");
        self.bytes += row.payload.len() as u64;
        Ok(())
    }

    fn decision(&mut self, row: &DecisionRow<'_>) -> anyhow::Result<()> {
        self.decisions += 1;
        self.bytes += row.reason.map_or(0, |reason| (row.item.len() + reason.len()) as u64);
        Ok(())
    }
}
