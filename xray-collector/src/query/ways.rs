//! The ways to runs, newest first, and to those of their steps that come into question.

use std::collections::VecDeque;
use std::rc::Rc;

use super::candidates::Candidates;
use super::explain::Scanned;
use super::plan::{Plan, Range};
use super::view::{RunView, Source, StepView, Stop};
use crate::id::StepId;
use crate::model::Run;
use crate::store::{Cursor, ItemRow, MAX_PAGE, RunQuery, StoreError};

/// The most rows of the index of items that are used; an item with more is searched for in other ways.
const MOST_ITEMS: usize = 10_000;

/// A way to runs.
pub(super) enum Ways<'w> {
    /// All of them.
    Every(Every<'w>),
    /// Those with steps that their columns let through.
    Columns(Box<Candidates<'w>>),
    /// Those in which something was decided about an item.
    Items(Items<'w>),
}

pub(super) struct Every<'w> {
    source: &'w Source<'w>,
    range: Range,
    page: VecDeque<Run>,
    after: Option<Cursor>,
    is_last: bool,
}

pub(super) struct Items<'w> {
    source: &'w Source<'w>,
    /// What is left of them, in order.
    rows: VecDeque<ItemRow>,
    steps: Vec<StepId>,
}

impl<'w> Ways<'w> {
    /// The best way to what a plan asks for.
    pub(super) fn of(
        plan: &'w Plan,
        source: &'w Source<'w>,
        range: Range,
        after: Option<Cursor>,
        resumes: bool,
    ) -> Result<Self, StoreError> {
        if let Some(item) = &plan.item
            && let Some(found) = source.go_on(source.store.item(item, MOST_ITEMS + 1))?.flatten()
            && found.damaged.is_empty()
            && found.rows.len() <= MOST_ITEMS
        {
            let rows = found.rows;
            source.charge(rows.len() as u64);
            let is_asked_for = |row: &ItemRow| {
                let place = (row.run_started_ns, row.run);
                let is_behind = after.is_none_or(|after| {
                    let after = (after.started_ns, after.run);
                    place < after || (resumes && place == after)
                });
                is_behind && (range.from_ns..=range.to_ns.unwrap_or(0)).contains(&row.run_started_ns)
            };
            let rows = rows.into_iter().filter(is_asked_for).collect();
            return Ok(Self::Items(Items { source, rows, steps: Vec::new() }));
        }
        Ok(match source.columns {
            Some(columns) if !plan.of_steps.is_empty() => {
                Self::Columns(Box::new(Candidates::new(source, columns, &plan.of_steps, range, after)))
            }
            _ => Self::Every(Every { source, range, page: VecDeque::new(), after, is_last: range.is_empty() }),
        })
    }

    /// The next run.
    pub(super) fn next(&mut self) -> Result<Option<Run>, Stop> {
        match self {
            Self::Every(every) => every.next(),
            Self::Columns(candidates) => candidates.next(),
            Self::Items(items) => items.next(),
        }
    }

    /// Makes ready for the steps of a run that was handed out before.
    pub(super) fn resume(&mut self, run: &Run) -> Result<(), Stop> {
        match self {
            Self::Every(_) => Ok(()),
            Self::Columns(candidates) => candidates.reach(run.started_ns),
            Self::Items(items) => {
                items.take(run);
                Ok(())
            }
        }
    }

    /// No run that is still to come began later than this; `None` where that is not known.
    pub(super) fn newest(&self) -> Option<u64> {
        match self {
            Self::Columns(candidates) => candidates.newest(),
            _ => None,
        }
    }

    /// The steps of the run that was handed out last that come into question.
    pub(super) fn steps(&self, run: &Rc<RunView<'w>>, from: Option<StepId>) -> Result<Vec<Rc<StepView<'w>>>, Stop> {
        let is_wanted = |step: StepId| from.is_none_or(|from| step >= from);
        match self {
            Self::Every(_) => run.step_views(|step| is_wanted(step.id)),
            Self::Columns(candidates) => {
                let steps = candidates.steps(&run.run, 0).into_iter().filter(|(id, _)| is_wanted(*id));
                steps.map(|(_, at)| Ok(StepView::new(run, candidates.step(at)?, Some(at)))).collect()
            }
            Self::Items(items) => run.step_views(|step| items.steps.contains(&step.id) && is_wanted(step.id)),
        }
    }

    /// Whether every step that comes into question is one that is searched for.
    pub(super) fn is_exact(&self, plan: &Plan) -> bool {
        plan.is_exact && matches!(self, Self::Columns(_))
    }

    /// Tells a run where its first step is, if values of that were searched for.
    pub(super) fn show_first(&self, run: &RunView<'_>) -> Result<(), Stop> {
        let Self::Columns(candidates) = self else { return Ok(()) };
        if let Some(at) = candidates.first(&run.run) {
            run.with_root(&candidates.step(at)?, at);
        }
        Ok(())
    }

    pub(super) fn scanned(&self) -> Scanned {
        match self {
            Self::Columns(candidates) => candidates.scanned,
            _ => Scanned::default(),
        }
    }
}

impl Every<'_> {
    fn next(&mut self) -> Result<Option<Run>, Stop> {
        if self.page.is_empty() && !self.is_last {
            let page = self.source.store.runs(&RunQuery {
                started_from_ns: Some(self.range.from_ns),
                started_before_ns: self.range.to_ns.and_then(|to_ns| to_ns.checked_add(1)),
                after: self.after,
                limit: MAX_PAGE,
                ..RunQuery::default()
            })?;
            self.source.note(&page.damaged);
            self.source.runs.set(self.source.runs.get() + page.rows.len() as u64);
            (self.is_last, self.after) = (page.next.is_none(), page.next);
            self.page = page.rows.into();
        }
        Ok(self.page.pop_front())
    }
}

impl Items<'_> {
    fn next(&mut self) -> Result<Option<Run>, Stop> {
        while let Some(row) = self.rows.front() {
            let found = self.source.go_on(self.source.store.run(row.run))?.flatten();
            self.source.runs.set(self.source.runs.get() + 1);
            match found {
                Some(run) => {
                    self.take(&run);
                    return Ok(Some(run));
                }
                None => self.rows.pop_front(),
            };
        }
        Ok(None)
    }

    /// Takes the steps of a run, if it is the next one.
    fn take(&mut self, run: &Run) {
        self.steps.clear();
        while let Some(row) = self.rows.front().filter(|row| row.run == run.id) {
            self.steps.push(row.step);
            self.rows.pop_front();
        }
    }
}
