//! The values of a step, read as far as they are asked for.

use std::cell::OnceCell;

use super::captured;
use super::expression::Segment;
use super::value::Value;
use super::view::{Source, Stop, named};
use crate::decision::{Account, Decision};
use crate::id::RunId;
use crate::model::{Argument, Failure, Run, Step, StepDetail};
use crate::payload;
use crate::store::Part;
use crate::value::Captured;

/// Where the columns of a step are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) block: usize,
    pub(super) row: usize,
}

/// A step whose values are read when they are asked for: each part by itself where the store has columns, else all.
pub(super) struct Opened {
    run: RunId,
    step: Step,
    at: Option<At>,
    arguments: OnceCell<Vec<Argument>>,
    ending: OnceCell<(Option<Captured>, Option<Failure>)>,
    facts: OnceCell<Vec<Captured>>,
    said: OnceCell<Account>,
    decisions: OnceCell<Vec<Decision>>,
}

impl Opened {
    pub(super) fn new(run: RunId, step: &Step, at: Option<At>) -> Self {
        Self {
            run,
            step: step.clone(),
            at,
            arguments: OnceCell::new(),
            ending: OnceCell::new(),
            facts: OnceCell::new(),
            said: OnceCell::new(),
            decisions: OnceCell::new(),
        }
    }

    /// The first step of a run, if it is known.
    pub(super) fn root(source: &Source<'_>, run: &Run) -> Result<Option<Self>, Stop> {
        source.spend(1)?;
        source.decoded.set(source.decoded.get() + 1);
        let Some(detail) = source.store.step(run.id, run.id.root())? else { return Ok(None) };
        let opened = Self::new(run.id, &detail.step, None);
        opened.fill(detail);
        Ok(Some(opened))
    }

    fn fill(&self, detail: StepDetail) {
        let _ = self.arguments.set(detail.arguments);
        let _ = self.ending.set((detail.result, detail.error));
        let _ = self.facts.set(detail.facts);
    }

    /// A part of its values, or all of them at once.
    fn read(&self, source: &Source<'_>, part: Part) -> Result<(), Stop> {
        source.spend(1)?;
        source.decoded.set(source.decoded.get() + 1);
        let (Some(at), Some(columns)) = (self.at, source.columns) else {
            let blank = || payload::detail(self.step.clone(), Vec::new(), Vec::new());
            self.fill(source.store.step(self.run, self.step.id)?.unwrap_or_else(blank));
            return Ok(());
        };
        let values = columns.values(at.block, at.row, part)?;
        match part {
            Part::Arguments => {
                let _ = self.arguments.set(payload::detail(self.step.clone(), values, Vec::new()).arguments);
            }
            Part::Result => {
                let detail = payload::detail(self.step.clone(), Vec::new(), values);
                let _ = self.ending.set((detail.result, detail.error));
            }
            Part::Facts => {
                let _ = self.facts.set(values);
            }
        }
        Ok(())
    }

    fn arguments(&self, source: &Source<'_>) -> Result<&[Argument], Stop> {
        if self.arguments.get().is_none() {
            self.read(source, Part::Arguments)?;
        }
        Ok(self.arguments.get().map(Vec::as_slice).unwrap_or_default())
    }

    fn ending(&self, source: &Source<'_>) -> Result<(Option<&Captured>, Option<&Failure>), Stop> {
        if self.ending.get().is_none() {
            self.read(source, Part::Result)?;
        }
        Ok(self.ending.get().map(|(result, error)| (result.as_ref(), error.as_ref())).unwrap_or_default())
    }

    fn facts(&self, source: &Source<'_>) -> Result<&[Captured], Stop> {
        if self.facts.get().is_none() {
            self.read(source, Part::Facts)?;
        }
        Ok(self.facts.get().map(Vec::as_slice).unwrap_or_default())
    }

    /// A part of its arguments, by their names.
    pub(super) fn input(&self, source: &Source<'_>, path: &[Segment]) -> Result<Value, Stop> {
        let arguments = self.arguments(source)?;
        Ok(named(arguments.iter().map(|argument| (&*argument.name, &argument.captured)), path))
    }

    /// A part of what it returned.
    pub(super) fn output(&self, source: &Source<'_>, path: &[Segment]) -> Result<Value, Stop> {
        Ok(Value::or_missing(self.ending(source)?.0, |result| captured::part(result, path)))
    }

    /// Why it failed.
    pub(super) fn error(&self, source: &Source<'_>) -> Result<Option<&Failure>, Stop> {
        Ok(self.ending(source)?.1)
    }

    /// What its code said, but for its decisions: nothing is compared for that.
    pub(super) fn said(&self, source: &Source<'_>) -> Result<&Account, Stop> {
        if self.said.get().is_none() {
            let _ = self.said.set(Account::said(self.facts(source)?));
        }
        Ok(self.said.get_or_init(Account::default))
    }

    /// What it decided: said, and inferred.
    pub(super) fn decisions(&self, source: &Source<'_>) -> Result<&[Decision], Stop> {
        if self.decisions.get().is_none() {
            let (arguments, facts) = (self.arguments(source)?.to_vec(), self.facts(source)?.to_vec());
            let (result, error) = self.ending(source)?;
            let (result, error) = (result.cloned(), error.cloned());
            let decisions = StepDetail { step: self.step.clone(), arguments, result, error, facts }.account().decisions;
            source.spend(decisions.len() as u64 / 16)?;
            let _ = self.decisions.set(decisions);
        }
        Ok(self.decisions.get().map(Vec::as_slice).unwrap_or_default())
    }
}
