//! Walking through a store, newest run first, for the rows of which a condition holds.

use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::evaluate::Evaluation;
use super::explain::Scanned;
use super::expression::Expression;
use super::plan::{Plan, Range};
use super::view::{RunView, Source, StepView, Stop, View};
use super::ways::Ways;
use super::{Entity, Query};
use crate::decision::Decision;
use crate::id::{RunId, StepId};
use crate::model::{Run, Step};
use crate::store::{Cursor, MAX_PAGE, StepColumns, Store, StoreError};

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
    /// What it may cost: one for each run, step or value that is read, for each 64 steps whose columns are looked at, and for
    /// each block of steps that is answered from its summary.
    pub budget: u64,
}

impl Default for Search {
    /// 100 rows, for no more than a million reads.
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
    /// The budget ran out: there may be more rows behind [`Found::next`]. If that is where the search began, a single
    /// row costs more than the budget.
    pub stopped: bool,
    /// What was left out because it is damaged: [`MAX_DAMAGED`](crate::store::MAX_DAMAGED) of it are named. Of a run of which a
    /// step is, the rows before it are there.
    pub damaged: Vec<String>,
    /// What it cost, as [`Search::budget`] counts.
    pub read: u64,
    /// What was read for it.
    pub scanned: Scanned,
}

impl Query {
    /// A page of the rows of which this holds: newest runs first, a run's steps by their ids, a step's decisions in
    /// their order. What can be told from columns and indexes is not read: [`Query::explain`] says what is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn search(&self, store: &dyn Store, search: &Search) -> Result<Found, StoreError> {
        let asked = Instant::now();
        with_source(store, now_ns(), search.budget, |source| {
            let plan = Plan::of(&self.condition, self.entity, source)?;
            let range = plan.range.and(Range::of(search.started_from_ns, search.started_before_ns));
            let after = search.after.map(|place| place.run);
            let resumes = search.after.is_some_and(|place| place.within.is_some());
            let mut rows = Vec::new();
            let mut keep = |row: &View<'_>| {
                rows.push(row.selected());
                Ok(())
            };
            let ways = Ways::of(&plan, source, range, after, resumes)?;
            let limit = search.limit.clamp(1, MAX_PAGE);
            let mut walk = Walk::new(self.entity, &self.condition, &plan, source, ways, limit, &mut keep);
            let stopped = walk.all(search.after)?;
            let (next, scanned) = (walk.next, walk.scanned(asked));
            let (damaged, read) = (source.damaged.take(), search.budget - source.left.get());
            Ok(Found { rows, next, stopped, damaged, read, scanned })
        })
    }
}

/// The present, in nanoseconds since 1970.
pub(super) fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads from a store as it is at this moment.
pub(super) fn with_source<T>(
    store: &dyn Store,
    now_ns: u64,
    budget: u64,
    read: impl FnOnce(&Source<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let columns = store.columns()?;
    let source = Source::new(store, columns.as_deref(), now_ns, budget);
    source.note(columns.as_deref().map_or(&[], StepColumns::damaged));
    read(&source)
}

/// What is done with a row that is found.
type Act<'a> = &'a mut dyn FnMut(&View<'_>) -> Result<(), Stop>;

/// Looks at rows in order, and does something with those of which a condition holds.
pub(super) struct Walk<'q, 's> {
    entity: Entity,
    condition: &'q Expression,
    plan: &'q Plan,
    source: &'s Source<'s>,
    ways: Ways<'s>,
    /// The run that is being looked at.
    current: Option<Cursor>,
    /// How many rows may still be found.
    left: usize,
    act: Act<'q>,
    /// All rows up to there were looked at; `None` if all were, or none.
    pub(super) next: Option<Place>,
}

impl<'q, 's> Walk<'q, 's> {
    pub(super) fn new(
        entity: Entity,
        condition: &'q Expression,
        plan: &'q Plan,
        source: &'s Source<'s>,
        ways: Ways<'s>,
        limit: usize,
        act: Act<'q>,
    ) -> Self {
        Self { entity, condition, plan, source, ways, current: None, left: limit, act, next: None }
    }

    /// Looks at the rows behind a place, and says whether it stopped for what that costs.
    pub(super) fn all(&mut self, after: Option<Place>) -> Result<bool, StoreError> {
        match self.walk(after) {
            Ok(()) => Ok(false),
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Budget) => {
                self.next = self.stopped_at(after);
                Ok(true)
            }
        }
    }

    /// What was read since then.
    pub(super) fn scanned(&self, asked: Instant) -> Scanned {
        Scanned {
            values: self.source.decoded.get(),
            runs: self.source.runs.get(),
            elapsed_ns: u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX),
            ..self.ways.scanned()
        }
    }

    fn walk(&mut self, after: Option<Place>) -> Result<(), Stop> {
        self.next = after;
        // The rest of a run that was left in the middle comes first.
        if let Some(Place { run, within: within @ Some(_) }) = after
            && let Some(run) = self.source.store.run(run.run)?
        {
            self.ways.resume(&run)?;
            self.run(run, within)?;
        }
        while self.left > 0 {
            match self.ways.next()? {
                Some(run) => self.whole_run(run)?,
                None => {
                    self.next = None;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How far it came.
    fn stopped_at(&self, after: Option<Place>) -> Option<Place> {
        let before = |started_ns: u64, run: RunId| match run.0.checked_add(1) {
            Some(next) => Cursor { started_ns, run: RunId(next) },
            None => Cursor { started_ns: started_ns.saturating_add(1), run: RunId(0) },
        };
        let unseen = match self.current {
            Some(run) => Some(before(run.started_ns, run.run)),
            None => self.ways.newest().map(|newest| before(newest, RunId(u128::MAX))),
        };
        let place = |place: &Place| (place.run.started_ns, place.run.run);
        let unseen = unseen.map(|run| Place { run, within: None });
        match (self.next, unseen) {
            // Within the run, or behind the last one: not further back than it began.
            (Some(next), Some(unseen)) if place(&unseen) >= place(&next) => Some(next),
            (next, None) => next.or(after),
            (_, unseen) => unseen,
        }
    }

    /// Looks at a run, and goes on behind it if something of it is damaged.
    fn whole_run(&mut self, run: Run) -> Result<(), Stop> {
        let place = Cursor { started_ns: run.started_ns, run: run.id };
        match self.run(run, None) {
            Err(Stop::Store(error)) => {
                self.source.go_on::<()>(Err(error))?;
                (self.next, self.current) = (Some(Place { run: place, within: None }), None);
                self.may_go_on()
            }
            looked_at => looked_at,
        }
    }

    /// Looks at a run, and at what is in it behind `within`.
    fn run(&mut self, run: Run, within: Option<(StepId, u64)>) -> Result<(), Stop> {
        let place = Cursor { started_ns: run.started_ns, run: run.id };
        self.current = Some(place);
        self.source.charge(1);
        let view = RunView::new(self.source, run);
        if self.entity == Entity::Run {
            self.ways.show_first(&view)?;
            self.look_at(&View::Run(view), false)?;
        } else if self.is_of_interest(&view)? {
            for step in self.ways.steps(&view, within.map(|(last, _)| last))? {
                let after = within.filter(|(last, _)| *last == step.step.id).map(|(_, number)| number);
                self.step(place, &step, after)?;
                if self.left == 0 {
                    return Ok(());
                }
            }
        }
        self.next = Some(Place { run: place, within: None });
        self.current = None;
        self.may_go_on()
    }

    /// Whether the run is one in which there can be anything.
    fn is_of_interest(&self, run: &Rc<RunView<'s>>) -> Result<bool, Stop> {
        for condition in &self.plan.of_run {
            if !Evaluation::new(self.source, View::Run(Rc::clone(run))).holds(condition)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at a step, unless it was the last row, and at its decisions behind `after`.
    fn step(&mut self, run: Cursor, step: &Rc<StepView<'s>>, after: Option<u64>) -> Result<(), Stop> {
        let id = step.step.id;
        if self.entity == Entity::Step {
            if after.is_none() {
                self.source.charge(1);
                self.look_at(&View::Step(Rc::clone(step)), self.ways.is_exact(self.plan))?;
            }
            self.next = Some(Place { run, within: Some((id, 0)) });
            return self.may_go_on();
        }
        for (number, row) in (0..).zip(step.decisions()?).filter(|(number, _)| after.is_none_or(|last| *number > last))
        {
            self.source.charge(1);
            self.look_at(&View::Decision(row), false)?;
            self.next = Some(Place { run, within: Some((id, number)) });
            if self.left == 0 {
                return Ok(());
            }
            self.may_go_on()?;
        }
        self.next = Some(Place { run, within: Some((id, u64::MAX)) });
        Ok(())
    }

    /// Looks at a row, of which it may be known already that it is one that is searched for.
    fn look_at(&mut self, row: &View<'s>, is_known: bool) -> Result<(), Stop> {
        if is_known || Evaluation::new(self.source, row.clone()).holds(self.condition)? {
            (self.act)(row)?;
            self.left -= 1;
        }
        Ok(())
    }

    fn may_go_on(&self) -> Result<(), Stop> {
        if self.source.is_spent() && self.left > 0 { Err(Stop::Budget) } else { Ok(()) }
    }
}
