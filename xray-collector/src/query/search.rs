//! Walking through a store, newest run first, for the rows of which a condition holds.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use super::evaluate::Evaluation;
use super::view::{RunView, Source, StepView, Stop, View};
use super::{Entity, Query};
use crate::decision::Decision;
use crate::id::{RunId, StepId};
use crate::model::{Run, Step};
use crate::store::{Cursor, MAX_PAGE, RunQuery, Store, StoreError};

/// Where to look, and how far.
#[derive(Debug, Clone)]
pub struct Search {
    /// Only runs that began at this time or later.
    pub started_from_ns: Option<u64>,
    /// Only runs that began before this time.
    pub started_before_ns: Option<u64>,
    /// Only rows after this one: [`Found::next`] of the page before.
    pub after: Option<Place>,
    /// At most so many rows; no more than [`MAX_PAGE`].
    pub limit: usize,
    /// At most so many runs, steps and values are read for them.
    pub budget: u64,
}

impl Default for Search {
    /// 100 rows, a million read.
    fn default() -> Self {
        Self { started_from_ns: None, started_before_ns: None, after: None, limit: 100, budget: 1_000_000 }
    }
}

/// A row's place in the order in which rows are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The run.
    pub run: Cursor,
    /// The step and the number of its decision, where one of a run's rows is meant rather than all of them.
    pub within: Option<(StepId, u64)>,
}

/// A row.
#[derive(Debug, Clone)]
pub enum Selected {
    /// A run.
    Run(Run),
    /// A step of a run.
    Step(RunId, Step),
    /// A decision of a step of a run.
    Decision(RunId, StepId, Decision),
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The rows.
    pub rows: Vec<Selected>,
    /// Where to go on; `None` if all was looked at.
    pub next: Option<Place>,
    /// The budget ran out: there may be rows before [`Found::next`] that would have filled the page.
    pub stopped: bool,
    /// Runs, steps and values that were read.
    pub read: u64,
}

impl Query {
    /// A page of the rows of which this holds: newest runs first, a run's steps by their ids, a step's decisions in
    /// their order. Reads every run of the time range up to the last row that it finds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn search(&self, store: &dyn Store, search: &Search) -> Result<Found, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let source = Source { store, now_ns, left: Cell::new(search.budget) };
        let mut walk =
            Walk { query: self, source: &source, limit: search.limit.clamp(1, MAX_PAGE), found: Found::default() };
        let ended = walk.runs(search);
        let mut found = walk.found;
        found.read = search.budget - source.left.get();
        match ended {
            Ok(()) => Ok(found),
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Budget) => {
                (found.stopped, found.read) = (true, search.budget);
                Ok(found)
            }
        }
    }
}

struct Walk<'q, 's> {
    query: &'q Query,
    source: &'s Source<'s>,
    limit: usize,
    found: Found,
}

impl<'s> Walk<'_, 's> {
    fn runs(&mut self, search: &Search) -> Result<(), Stop> {
        let mut within = search.after.and_then(|place| place.within);
        // The rest of a run that was left in the middle comes first.
        if let (Some(place), true) = (search.after, within.is_some())
            && let Some(run) = self.source.store.run(place.run.run)?
        {
            self.found.next = Some(place);
            self.run(run, within.take())?;
        }
        let mut after = search.after.map(|place| place.run);
        while !self.is_full() {
            let page = self.source.store.runs(&RunQuery {
                started_from_ns: search.started_from_ns,
                started_before_ns: search.started_before_ns,
                after,
                limit: MAX_PAGE,
                ..RunQuery::default()
            })?;
            for run in page.rows {
                self.run(run, None)?;
                if self.is_full() {
                    return Ok(());
                }
            }
            after = page.next;
            if after.is_none() {
                self.found.next = None;
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.found.rows.len() >= self.limit
    }

    /// Looks at a run, and at what is in it behind `within`.
    fn run(&mut self, run: Run, within: Option<(StepId, u64)>) -> Result<(), Stop> {
        self.source.spend(1)?;
        let place = Cursor { started_ns: run.started_ns, run: run.id };
        let view = RunView::new(self.source, run);
        if self.query.entity == Entity::Run {
            if self.holds(View::Run(view.clone()))? {
                self.found.rows.push(Selected::Run(view.run.clone()));
            }
        } else {
            for step in view.step_views(|step| within.is_none_or(|(last, _)| step.id >= last))? {
                let after = within.filter(|(last, _)| *last == step.step.id).map(|(_, number)| number);
                self.step(place, &step, after)?;
                if self.is_full() {
                    return Ok(());
                }
            }
        }
        self.found.next = Some(Place { run: place, within: None });
        Ok(())
    }

    /// Looks at a step, unless it was the last row, and at its decisions behind `after`.
    fn step(&mut self, run: Cursor, step: &std::rc::Rc<StepView<'s>>, after: Option<u64>) -> Result<(), Stop> {
        let id = step.step.id;
        if self.query.entity == Entity::Step {
            if after.is_none() && self.holds(View::Step(step.clone()))? {
                self.found.rows.push(Selected::Step(run.run, step.step.clone()));
            }
            self.found.next = Some(Place { run, within: Some((id, 0)) });
            return Ok(());
        }
        for (number, row) in (0..).zip(step.decisions()?).filter(|(number, _)| after.is_none_or(|last| *number > last))
        {
            self.source.spend(1)?;
            if self.holds(View::Decision(row.clone()))? {
                self.found.rows.push(Selected::Decision(run.run, id, row.decision.clone()));
            }
            self.found.next = Some(Place { run, within: Some((id, number)) });
            if self.is_full() {
                return Ok(());
            }
        }
        self.found.next = Some(Place { run, within: Some((id, u64::MAX)) });
        Ok(())
    }

    fn holds(&self, row: View<'s>) -> Result<bool, Stop> {
        Evaluation::new(self.source, row).holds(&self.query.condition)
    }
}
