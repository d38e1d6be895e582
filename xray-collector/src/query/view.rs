//! Rows as a query sees them: what a store lists is there, what it holds of values is read when it is asked for.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::captured;
use super::expression::Segment;
use super::opened::{At, Opened};
use super::search::Selected;
use super::value::Value;
use super::vocabulary::Field;
use crate::decision::{Decision, DecisionCounts, Verdict};
use crate::id::{RunId, StepId};
use crate::model::{Callsite, Level, Outcome, Run, RunStatus, Step};
use crate::store::{MAX_DAMAGED, MAX_PAGE, StepColumns, Store, StoreError};
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
    /// All steps at the moment at which the query is asked, if the store has columns.
    pub(super) columns: Option<&'s dyn StepColumns>,
    /// When the query is asked.
    pub(super) now_ns: u64,
    /// Rows and values that may still be read.
    pub(super) left: Cell<u64>,
    /// Runs that were read.
    pub(super) runs: Cell<u64>,
    /// Parts of steps' payload that were decoded.
    pub(super) decoded: Cell<u64>,
    /// What was left out because it is damaged.
    pub(super) damaged: RefCell<Vec<String>>,
}

impl<'s> Source<'s> {
    pub(super) fn new(store: &'s dyn Store, columns: Option<&'s dyn StepColumns>, now_ns: u64, budget: u64) -> Self {
        Self {
            store,
            columns,
            now_ns,
            left: Cell::new(budget),
            runs: Cell::new(0),
            decoded: Cell::new(0),
            damaged: RefCell::default(),
        }
    }

    /// Notes what is left out.
    pub(super) fn note(&self, damaged: &[String]) {
        let mut noted = self.damaged.borrow_mut();
        for damage in damaged {
            if noted.len() < MAX_DAMAGED && !noted.contains(damage) {
                noted.push(damage.clone());
            }
        }
    }

    /// What was read; `None` if it is damaged, which is noted.
    pub(super) fn go_on<T>(&self, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(StoreError::Corrupt { place, detail }) => {
                self.note(&[format!("{place}: {detail}")]);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the cost of what is about to be done, if there is so much left.
    pub(super) fn spend(&self, cost: u64) -> Result<(), Stop> {
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(0);
                Err(Stop::Budget)
            }
        }
    }

    /// Takes the cost of what was done, as far as there is any left.
    pub(super) fn charge(&self, cost: u64) {
        self.left.set(self.left.get().saturating_sub(cost));
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
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
    opened: Rc<Opened>,
}

pub(super) struct DecisionView<'s> {
    step: Rc<StepView<'s>>,
    pub(super) decision: Decision,
}

impl<'s> RunView<'s> {
    pub(super) fn new(source: &'s Source<'s>, run: Run) -> Rc<Self> {
        Rc::new(Self { source, run, steps: OnceCell::new(), root: OnceCell::new() })
    }

    /// A run of which nothing is known, for what depends on nothing.
    pub(super) fn blank(source: &'s Source<'s>) -> Rc<Self> {
        Self::new(
            source,
            Run {
                id: RunId(0),
                pipeline: "".into(),
                status: RunStatus::Running,
                outcome: Outcome::Open,
                started_ns: 0,
                ended_ns: None,
                steps: 0,
                failures: 0,
                lost_events: 0,
                error: None,
                parent: None,
                orphan: false,
                level: Level::Full,
                schema: None,
                misfits: 0,
                pinned: false,
            },
        )
    }

    /// Its first step, if that is known.
    fn root(&self) -> Result<Option<Rc<Opened>>, Stop> {
        if let Some(root) = self.root.get() {
            return Ok(root.clone());
        }
        let root = Opened::root(self.source, &self.run)?.map(Rc::new);
        Ok(self.root.get_or_init(|| root).clone())
    }

    /// Says where its first step is.
    pub(super) fn with_root(&self, step: &Step, at: At) {
        let _ = self.root.set(Some(Rc::new(Opened::new(self.run.id, step, Some(at)))));
    }

    fn steps(&self) -> Result<&[Step], Stop> {
        if self.steps.get().is_none() {
            let mut steps: Vec<Step> = Vec::new();
            loop {
                let page = self.source.store.steps(self.run.id, steps.last().map(|step| step.id), MAX_PAGE)?;
                self.source.charge(page.len() as u64);
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
        let view = |step: &Step| StepView::new(self, step.clone(), None);
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
        let Some(root) = self.root()? else { return Ok(Value::Missing) };
        let said = root.said(self.source)?;
        Ok(match field {
            Field::Tags => {
                let tags = said.tags.iter().map(|(key, value)| (Value::text(key), Value::text(value)));
                follow(&Value::Map(tags.collect()), path)
            }
            Field::Notes => follow(&texts(&said.notes), path),
            Field::Input => match &said.input {
                Some(said) => captured::part(said, path),
                None => root.input(self.source, path)?,
            },
            Field::Output => match &said.output {
                Some(said) => captured::part(said, path),
                None => root.output(self.source, path)?,
            },
            _ => Value::Missing,
        })
    }
}

impl<'s> StepView<'s> {
    /// `at` is where its columns are, if they are known to be anywhere.
    pub(super) fn new(run: &Rc<RunView<'s>>, step: Step, at: Option<At>) -> Rc<Self> {
        let opened = || Rc::new(Opened::new(run.run.id, &step, at));
        let opened = match step.id == run.run.id.root() {
            true => run.root.get_or_init(|| Some(opened())).clone().unwrap_or_else(opened),
            false => opened(),
        };
        Rc::new(Self { run: Rc::clone(run), step, opened })
    }

    /// A step of which only this is known, for what depends on nothing else.
    pub(super) fn blank(run: &Rc<RunView<'s>>, callsite: &Arc<Callsite>, outcome: Outcome, level: Level) -> Rc<Self> {
        let step = Step {
            id: StepId(0),
            parent: None,
            callsite: Arc::clone(callsite),
            outcome,
            started_ns: 0,
            duration_ns: None,
            thread: 0,
            items_in: None,
            items_out: None,
            counts: DecisionCounts::default(),
            important: false,
            level,
        };
        Self::new(run, step, None)
    }

    /// Its decisions.
    pub(super) fn decisions(self: &Rc<Self>) -> Result<Vec<Rc<DecisionView<'s>>>, Stop> {
        let view = |decision: &Decision| Rc::new(DecisionView { step: Rc::clone(self), decision: decision.clone() });
        Ok(self.opened.decisions(self.run.source)?.iter().map(view).collect())
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
                let error = self.opened.error(self.run.source)?;
                Value::or_missing(error, |error| Value::text(&error.message))
            }
            _ => Value::Missing,
        })
    }

    fn captured(&self, field: Field, path: &[Segment]) -> Result<Value, Stop> {
        let (opened, source) = (&self.opened, self.run.source);
        Ok(match field {
            Field::Input => opened.input(source, path)?,
            Field::Output if !matches!(self.step.outcome, Outcome::Ok | Outcome::Returned) => Value::Missing,
            Field::Output => opened.output(source, path)?,
            Field::Meta => named(opened.said(source)?.meta.iter().map(|(key, value)| (&**key, value)), path),
            Field::Reasoning => named(opened.said(source)?.reasoning.iter().map(|(key, value)| (&**key, value)), path),
            Field::Reasons => follow(&texts(&opened.said(source)?.reasons), path),
            Field::Llm => Value::or_missing(opened.said(source)?.llm.last(), |call| model_call(call, path)),
            _ => Value::Missing,
        })
    }
}

impl<'s> DecisionView<'s> {
    /// A decision of which only this is known, for what depends on nothing else.
    pub(super) fn blank(step: &Rc<StepView<'s>>, verdict: Verdict) -> Rc<Self> {
        Rc::new(Self { step: Rc::clone(step), decision: Decision::observed("".into(), verdict) })
    }
}

/// A function of which nothing is known.
pub(super) fn blank_callsite() -> Arc<Callsite> {
    Arc::new(Callsite {
        name: "".into(),
        kind: "".into(),
        module: "".into(),
        file: "".into(),
        line: 0,
        arguments: Vec::new(),
        opens_run: false,
        items: "".into(),
        key: "".into(),
    })
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
    /// Where it was read from.
    pub(super) fn source(&self) -> &'s Source<'s> {
        match self {
            Self::Run(run) => run.source,
            Self::Step(step) => step.run.source,
            Self::Decision(decision) => decision.step.run.source,
        }
    }

    /// The row, for those who asked for it.
    pub(super) fn selected(&self) -> Selected {
        match self {
            Self::Run(run) => Selected::Run(run.run.clone()),
            Self::Step(step) => Selected::Step(step.run.run.id, step.step.clone()),
            Self::Decision(decision) => {
                let step = &decision.step;
                Selected::Decision(step.run.run.id, step.step.id, decision.decision.clone())
            }
        }
    }

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
pub(super) fn named<'v>(values: impl DoubleEndedIterator<Item = (&'v str, &'v Captured)>, path: &[Segment]) -> Value {
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
