//! Rows as a query sees them: what a store lists is there, what it holds of values is read when it is asked for.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;

use super::captured;
use super::expression::Segment;
use super::value::Value;
use super::vocabulary::Field;
use crate::decision::{Account, Decision};
use crate::id::StepId;
use crate::model::{Outcome, Run, Step, StepDetail};
use crate::store::{MAX_PAGE, Store, StoreError};
use crate::value::Captured;

/// Why an evaluation ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The store cannot be read.
    Store(StoreError),
    /// It has cost what it may.
    Budget,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Where rows are read from, and what that may cost.
pub(super) struct Source<'s> {
    pub(super) store: &'s dyn Store,
    /// When the query is asked.
    pub(super) now_ns: u64,
    /// Rows and values that may still be read.
    pub(super) left: Cell<u64>,
}

impl Source<'_> {
    pub(super) fn spend(&self, cost: u64) -> Result<(), Stop> {
        let left = self.left.get().checked_sub(cost).ok_or(Stop::Budget)?;
        self.left.set(left);
        Ok(())
    }
}

/// A row of any kind.
#[derive(Clone)]
pub(super) enum View<'s> {
    Run(Rc<RunView<'s>>),
    Step(Rc<StepView<'s>>),
    Decision(Rc<DecisionView<'s>>),
}

pub(super) struct RunView<'s> {
    source: &'s Source<'s>,
    pub(super) run: Run,
    steps: OnceCell<Vec<Step>>,
    root: OnceCell<Option<Rc<Opened>>>,
}

pub(super) struct StepView<'s> {
    run: Rc<RunView<'s>>,
    pub(super) step: Step,
    opened: OnceCell<Option<Rc<Opened>>>,
}

pub(super) struct DecisionView<'s> {
    step: Rc<StepView<'s>>,
    pub(super) decision: Decision,
}

/// A step with its values.
struct Opened {
    detail: StepDetail,
    account: Account,
}

impl Opened {
    fn read(source: &Source<'_>, run: &Run, step: StepId) -> Result<Option<Rc<Self>>, Stop> {
        source.spend(1)?;
        let Some(detail) = source.store.step(run.id, step)? else { return Ok(None) };
        let account = detail.account();
        source.spend(account.decisions.len() as u64 / 16)?;
        Ok(Some(Rc::new(Self { detail, account })))
    }

    fn input(&self, path: &[Segment]) -> Value {
        named(self.detail.arguments.iter().map(|argument| (&*argument.name, &argument.captured)), path)
    }

    fn output(&self, path: &[Segment]) -> Value {
        Value::or_missing(self.detail.result.as_ref(), |result| captured::part(result, path))
    }
}

fn cached<T: Clone>(cell: &OnceCell<T>, read: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    if let Some(known) = cell.get() {
        return Ok(known.clone());
    }
    let value = read()?;
    Ok(cell.get_or_init(|| value).clone())
}

impl<'s> RunView<'s> {
    pub(super) fn new(source: &'s Source<'s>, run: Run) -> Rc<Self> {
        Rc::new(Self { source, run, steps: OnceCell::new(), root: OnceCell::new() })
    }

    fn opened(&self) -> Result<Option<Rc<Opened>>, Stop> {
        cached(&self.root, || Opened::read(self.source, &self.run, self.run.id.root()))
    }

    fn steps(&self) -> Result<&[Step], Stop> {
        if self.steps.get().is_none() {
            let mut steps: Vec<Step> = Vec::new();
            loop {
                let page = self.source.store.steps(self.run.id, steps.last().map(|step| step.id), MAX_PAGE)?;
                self.source.spend(page.len() as u64)?;
                let is_last = page.len() < MAX_PAGE;
                steps.extend(page);
                if is_last {
                    break;
                }
            }
            let _ = self.steps.set(steps);
        }
        Ok(self.steps.get().map(Vec::as_slice).unwrap_or_default())
    }

    /// The steps of which this holds.
    pub(super) fn step_views(self: &Rc<Self>, wanted: impl Fn(&Step) -> bool) -> Result<Vec<Rc<StepView<'s>>>, Stop> {
        let view = |step: &Step| StepView::new(self, step.clone());
        Ok(self.steps()?.iter().filter(|step| wanted(step)).map(view).collect())
    }

    fn field(&self, field: Field) -> Value {
        let run = &self.run;
        match field {
            Field::Id => Value::text(&run.id.to_string()),
            Field::Pipeline => Value::Text(Arc::clone(&run.pipeline)),
            Field::Status => Value::text(run.status.as_str()),
            Field::Outcome => Value::text(run.outcome.as_str()),
            Field::Started => time(run.started_ns),
            Field::Ended => Value::or_missing(run.ended_ns, time),
            Field::Duration => Value::or_missing(run.ended_ns, |ended| length(ended.saturating_sub(run.started_ns))),
            Field::StepCount => count(run.steps),
            Field::Failures => count(run.failures),
            Field::LostEvents => count(run.lost_events),
            Field::Error => Value::or_missing(run.error.as_deref(), Value::text),
            Field::Orphan => Value::Bool(run.orphan),
            Field::Level => Value::text(run.level.as_str()),
            Field::Misfits => count(run.misfits),
            _ => Value::Missing,
        }
    }

    fn captured(&self, field: Field, path: &[Segment]) -> Result<Value, Stop> {
        let Some(opened) = self.opened()? else { return Ok(Value::Missing) };
        let Opened { account, .. } = &*opened;
        Ok(match field {
            Field::Tags => {
                let tags = account.tags.iter().map(|(key, value)| (Value::text(key), Value::text(value)));
                follow(&Value::Map(tags.collect()), path)
            }
            Field::Notes => follow(&texts(&account.notes), path),
            Field::Input => match &account.input {
                Some(said) => captured::part(said, path),
                None => opened.input(path),
            },
            Field::Output => match &account.output {
                Some(said) => captured::part(said, path),
                None => opened.output(path),
            },
            _ => Value::Missing,
        })
    }
}

impl<'s> StepView<'s> {
    pub(super) fn new(run: &Rc<RunView<'s>>, step: Step) -> Rc<Self> {
        Rc::new(Self { run: Rc::clone(run), step, opened: OnceCell::new() })
    }

    fn opened(&self) -> Result<Option<Rc<Opened>>, Stop> {
        if self.step.id == self.run.run.id.root() {
            return self.run.opened();
        }
        cached(&self.opened, || Opened::read(self.run.source, &self.run.run, self.step.id))
    }

    /// Its decisions.
    pub(super) fn decisions(self: &Rc<Self>) -> Result<Vec<Rc<DecisionView<'s>>>, Stop> {
        let Some(opened) = self.opened()? else { return Ok(Vec::new()) };
        let view = |decision: &Decision| Rc::new(DecisionView { step: Rc::clone(self), decision: decision.clone() });
        Ok(opened.account.decisions.iter().map(view).collect())
    }

    fn field(&self, field: Field) -> Result<Value, Stop> {
        let Step { callsite, counts, .. } = &self.step;
        Ok(match field {
            Field::Id => Value::text(&self.step.id.to_string()),
            Field::Name => Value::Text(Arc::clone(&callsite.name)),
            Field::StepKind if callsite.kind.is_empty() => Value::Missing,
            Field::StepKind => Value::Text(Arc::clone(&callsite.kind)),
            Field::Module => Value::Text(Arc::clone(&callsite.module)),
            Field::File => Value::Text(Arc::clone(&callsite.file)),
            Field::Line => count(callsite.line.into()),
            Field::Outcome => Value::text(self.step.outcome.as_str()),
            Field::Failed => Value::Bool(self.step.outcome.is_failure()),
            Field::Started => time(self.step.started_ns),
            Field::Duration => Value::or_missing(self.step.duration_ns, length),
            Field::Thread => count(self.step.thread.into()),
            Field::ItemsIn => Value::or_missing(self.step.items_in, count),
            Field::ItemsOut => Value::or_missing(self.step.items_out, count),
            Field::Kept => count(counts.kept),
            Field::Eliminated => count(counts.eliminated),
            Field::Scored => count(counts.scored),
            Field::Introduced => count(counts.introduced),
            Field::RejectionRate => Value::or_missing(counts.rejection_rate(), Value::Float),
            Field::Important => Value::Bool(self.step.important),
            Field::Level => Value::text(self.step.level.as_str()),
            // Only what failed has one: nothing is read for the others.
            Field::Error if !self.step.outcome.is_failure() => Value::Missing,
            Field::Error => {
                let opened = self.opened()?;
                let error = opened.as_ref().and_then(|opened| opened.detail.error.as_ref());
                Value::or_missing(error, |error| Value::text(&error.message))
            }
            _ => Value::Missing,
        })
    }

    fn captured(&self, field: Field, path: &[Segment]) -> Result<Value, Stop> {
        let Some(opened) = self.opened()? else { return Ok(Value::Missing) };
        let Opened { detail, account } = &*opened;
        Ok(match field {
            Field::Input => opened.input(path),
            Field::Output if !matches!(detail.step.outcome, Outcome::Ok | Outcome::Returned) => Value::Missing,
            Field::Output => opened.output(path),
            Field::Meta => named(account.meta.iter().map(|(key, value)| (&**key, value)), path),
            Field::Reasoning => named(account.reasoning.iter().map(|(key, value)| (&**key, value)), path),
            Field::Reasons => follow(&texts(&account.reasons), path),
            Field::Llm => Value::or_missing(account.llm.last(), |call| model_call(call, path)),
            _ => Value::Missing,
        })
    }
}

impl DecisionView<'_> {
    fn field(&self, field: Field) -> Value {
        let decision = &self.decision;
        match field {
            Field::Item => Value::Text(Arc::clone(&decision.item)),
            Field::Outcome => Value::text(decision.verdict.as_str()),
            Field::Basis => Value::text(decision.basis.as_str()),
            Field::Reason => Value::or_missing(decision.reason.as_ref(), |reason| Value::Text(Arc::clone(reason))),
            Field::Score => Value::or_missing(decision.score, Value::Float),
            Field::Before => Value::or_missing(decision.before, |place| count(place.into())),
            Field::After => Value::or_missing(decision.after, |place| count(place.into())),
            Field::Changed => Value::Bool(decision.changed),
            Field::Ambiguous => Value::Bool(decision.ambiguous),
            Field::Contradicted => Value::Bool(decision.contradicted),
            _ => Value::Missing,
        }
    }

    fn captured(&self, field: Field, path: &[Segment]) -> Result<Value, Stop> {
        Ok(match field {
            Field::Detail => Value::or_missing(self.decision.detail.as_ref(), |detail| captured::part(detail, path)),
            Field::Checks => {
                let check = |check: &crate::decision::Check| {
                    let operands =
                        check.operands.iter().map(|(name, value)| (Value::text(name), captured::part(value, &[])));
                    Value::Map(Arc::new([
                        (Value::text("condition"), Value::text(&check.condition)),
                        (Value::text("holds"), Value::Bool(check.holds)),
                        (Value::text("operands"), Value::Map(operands.collect())),
                    ]))
                };
                follow(&Value::List(self.decision.checks.iter().map(check).collect()), path)
            }
            _ => return self.step.captured(field, path),
        })
    }
}

impl<'s> View<'s> {
    /// A field that the row has in any case.
    pub(super) fn field(&self, field: Field) -> Result<Value, Stop> {
        match self {
            Self::Run(run) => Ok(run.field(field)),
            Self::Step(step) => step.field(field),
            Self::Decision(decision) => Ok(decision.field(field)),
        }
    }

    /// A part of captured data.
    pub(super) fn captured(&self, field: Field, path: &[Segment]) -> Result<Value, Stop> {
        match self {
            Self::Run(run) => run.captured(field, path),
            Self::Step(step) => step.captured(field, path),
            Self::Decision(decision) => decision.captured(field, path),
        }
    }

    /// The row that it belongs to.
    pub(super) fn lead(&self, field: Field) -> Result<Option<Self>, Stop> {
        let step = match (self, field) {
            (Self::Run(_), _) => return Ok(None),
            (Self::Step(step), _) => step,
            (Self::Decision(decision), Field::Step) => return Ok(Some(Self::Step(Rc::clone(&decision.step)))),
            (Self::Decision(decision), _) => &decision.step,
        };
        match field {
            Field::Run => Ok(Some(Self::Run(Rc::clone(&step.run)))),
            Field::Parent => {
                let Some(parent) = step.step.parent else { return Ok(None) };
                Ok(step.run.step_views(|other| other.id == parent)?.pop().map(Self::Step))
            }
            _ => Ok(None),
        }
    }

    /// The rows that belong to it.
    pub(super) fn rows(&self, field: Field) -> Result<Vec<Self>, Stop> {
        let steps = |views: Vec<_>| views.into_iter().map(Self::Step).collect();
        match (self, field) {
            (Self::Run(run), Field::Steps) => run.step_views(|_| true).map(steps),
            (Self::Step(step), Field::Children) => {
                step.run.step_views(|other| other.parent == Some(step.step.id)).map(steps)
            }
            (Self::Step(step), Field::Decisions) => Ok(step.decisions()?.into_iter().map(Self::Decision).collect()),
            _ => Ok(Vec::new()),
        }
    }
}

fn count(count: u64) -> Value {
    Value::Int(count.into())
}

fn time(nanoseconds: u64) -> Value {
    Value::Time(nanoseconds.into())
}

fn length(nanoseconds: u64) -> Value {
    Value::Duration(nanoseconds.into())
}

fn texts(texts: &[Arc<str>]) -> Value {
    Value::List(texts.iter().map(|text| Value::Text(Arc::clone(text))).collect())
}

/// The part of a value that a path leads to.
pub(super) fn follow(value: &Value, path: &[Segment]) -> Value {
    path.iter().fold(value.clone(), |value, segment| match segment {
        Segment::Name(name) => value.member(name),
        Segment::Place(place) => value.element(*place),
    })
}

/// A part of values that have names; of several with the same one the last.
fn named<'v>(values: impl DoubleEndedIterator<Item = (&'v str, &'v Captured)>, path: &[Segment]) -> Value {
    match path.split_first() {
        None => Value::Map(values.map(|(name, value)| (Value::text(name), captured::part(value, &[]))).collect()),
        Some((Segment::Name(wanted), rest)) => {
            let found = values.rev().find(|(name, _)| **name == **wanted);
            Value::or_missing(found, |(_, value)| captured::part(value, rest))
        }
        Some((Segment::Place(_), _)) => Value::Missing,
    }
}

/// What is recorded of a call of a language model, by its whole name or what the name ends with.
fn model_call(call: &Captured, path: &[Segment]) -> Value {
    let whole = captured::part(call, &[]);
    let (Value::Map(entries), Some((Segment::Name(wanted), rest))) = (&whole, path.split_first()) else {
        return follow(&whole, path);
    };
    let ends_so = |(name, _): &&(Value, Value)| matches!(name, Value::Text(name) if name.strip_suffix(&**wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    Value::or_missing(entries.iter().find(ends_so), |(_, value)| follow(value, rest))
}
