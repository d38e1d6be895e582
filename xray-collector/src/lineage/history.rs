//! What became of one item, run by run, newest first.

use std::sync::Arc;

use serde::Serialize;

use super::{Stage, deciding_steps, end, order};
use crate::decision::Verdict;
use crate::id::{RunId, StepId};
use crate::model::Run;
use crate::store::{Cursor, ItemRow, MAX_PAGE, RunQuery, Store, StoreError};

/// So many rows of an index are looked at.
const ROWS: usize = 20_000;
/// So many places are told apart at which an item was eliminated.
const PLACES: usize = 100;

/// Which runs, and how far to look.
#[derive(Debug, Clone)]
pub struct Search {
    /// Only runs after this one in the order of the listing: [`History::next`] of the page before.
    pub after: Option<Cursor>,
    /// At most so many runs with the item.
    pub limit: usize,
    /// At most so many runs, steps and decisions are read where the store has no index of items.
    pub budget: u64,
}

impl Default for Search {
    /// 100 runs, 200,000 read.
    fn default() -> Self {
        Self { after: None, limit: 100, budget: 200_000 }
    }
}

/// An item within one run.
#[derive(Debug)]
pub struct InRun {
    /// The run.
    pub run: Run,
    /// What each step did to the item, in the order in which they ended.
    pub stages: Vec<Stage>,
    /// The stage at which it was eliminated for good, if it was.
    pub ended: Option<usize>,
}

/// What became of an item.
#[derive(Debug, Default)]
pub struct History {
    /// The runs that had it, newest first.
    pub runs: Vec<InRun>,
    /// Where to go on; `None` if all runs were looked at.
    pub next: Option<Cursor>,
    /// Over the runs from [`Search::after`] on.
    pub summary: Summary,
    /// Not all runs were looked at for the summary: it cost more than it may.
    pub stopped: bool,
    /// Whether the store has an index of items.
    pub indexed: bool,
    /// What of the index is damaged, so that there may be more runs.
    pub damaged: Vec<String>,
}

/// What became of an item, counted by runs.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Runs that had it.
    pub runs: u64,
    /// Of these, runs that kept it to the end.
    pub kept: u64,
    /// Of these, runs that eliminated it.
    pub eliminated: u64,
    /// Where and why, the most frequent first.
    pub places: Vec<Eliminated>,
    /// Runs that were looked at; `null` where there is an index, which names those with the item.
    pub searched: Option<u64>,
}

/// A place at which an item was eliminated.
#[derive(Debug, Serialize)]
pub struct Eliminated {
    /// The step's function.
    pub name: Arc<str>,
    /// Why, in words.
    pub reason: Option<Arc<str>>,
    /// In how many runs.
    pub runs: u64,
}

/// What became of the item with this key, as [`Decision::item`](crate::decision::Decision::item) has it. With an index
/// of items, it is asked; without, the newest runs are searched, as far as the budget reaches.
///
/// # Errors
/// When the store cannot be read.
pub fn history(store: &dyn Store, key: &str, search: &Search) -> Result<History, StoreError> {
    match store.item(key, ROWS)? {
        Some(found) => {
            let history = by_index(store, key, search, &found.rows)?;
            Ok(History { damaged: found.damaged, ..history })
        }
        None => by_search(store, key, search),
    }
}

/// What became of the item in one run.
///
/// # Errors
/// When the store cannot be read.
pub fn in_run(store: &dyn Store, key: &str, run: Run) -> Result<History, StoreError> {
    let (mut history, mut left) = (History::default(), Search::default().budget);
    let stages = search_run(store, key, run.id, &mut |cost| {
        left = left.saturating_sub(cost);
        left > 0
    })?;
    history.stopped = stages.is_none();
    if let Some(stages) = stages.filter(|stages| !stages.is_empty()) {
        let found = InRun::new(run, stages);
        history.summary.add(found.end());
        history.runs.push(found);
    }
    history.summary.searched = Some(1);
    Ok(history)
}

impl InRun {
    fn new(run: Run, stages: Vec<Stage>) -> Self {
        let ended = end(&stages);
        Self { run, stages, ended }
    }
}

impl Summary {
    fn add(&mut self, end: Option<(&Arc<str>, Option<&Arc<str>>)>) {
        self.runs += 1;
        let Some((name, reason)) = end else {
            self.kept += 1;
            return;
        };
        self.eliminated += 1;
        let is_here = |place: &&mut Eliminated| place.name == *name && place.reason.as_ref() == reason;
        if let Some(place) = self.places.iter_mut().find(is_here) {
            place.runs += 1;
        } else if self.places.len() < PLACES {
            self.places.push(Eliminated { name: Arc::clone(name), reason: reason.cloned(), runs: 1 });
        }
    }

    fn finish(&mut self) {
        self.places.sort_by_key(|place| std::cmp::Reverse(place.runs));
    }
}

/// Whether a run comes after a place in the listing: newest first, of those that began at once by their ids, downwards.
fn is_after(run: Cursor, place: Option<Cursor>) -> bool {
    place.is_none_or(|place| (run.started_ns, run.run) < (place.started_ns, place.run))
}

fn by_index(store: &dyn Store, key: &str, search: &Search, rows: &[ItemRow]) -> Result<History, StoreError> {
    let mut history = History { indexed: true, stopped: rows.len() == ROWS, ..History::default() };
    let cursor = |row: &ItemRow| Cursor { started_ns: row.run_started_ns, run: row.run };
    let names: std::collections::HashMap<u32, Arc<str>> =
        store.callsites()?.into_iter().map(|(number, callsite)| (number, Arc::clone(&callsite.name))).collect();
    let mut last = None;
    for rows in rows.chunk_by(|one, other| one.run == other.run).filter(|rows| is_after(cursor(&rows[0]), search.after))
    {
        let is_on_page = history.runs.len() < search.limit;
        if !is_on_page {
            history.next = history.next.or(last);
            let end = end_of(store, rows)?;
            history.summary.add(end.and_then(|row| Some((names.get(&row.callsite)?, row.reason.as_ref()))));
            continue;
        }
        last = Some(cursor(&rows[0]));
        let Some(run) = store.run(rows[0].run)? else { continue };
        let found = with_steps(store, key, run, rows)?;
        history.summary.add(found.end());
        history.runs.push(found);
    }
    history.summary.finish();
    Ok(history)
}

impl InRun {
    fn end(&self) -> Option<(&Arc<str>, Option<&Arc<str>>)> {
        let stage = &self.stages[self.ended?];
        Some((&stage.name, stage.reason.as_ref()))
    }
}

/// The steps that an index names, read.
fn with_steps(store: &dyn Store, key: &str, run: Run, rows: &[ItemRow]) -> Result<InRun, StoreError> {
    let mut found = Vec::new();
    for row in rows {
        let Some(detail) = store.step(run.id, row.step)? else { continue };
        let decisions = detail.account().decisions;
        let stages = decisions.iter().filter(|decision| *decision.item == *key);
        found.extend(stages.map(|decision| (order(&detail.step), Stage::new(&detail.step, decision))));
    }
    found.sort_by_key(|(order, _)| *order);
    Ok(InRun::new(run, found.into_iter().map(|(_, stage)| stage).collect()))
}

/// The row at which the item ended, of the rows of one run. Where all rows say the same no step is read.
fn end_of<'r>(store: &dyn Store, rows: &'r [ItemRow]) -> Result<Option<&'r ItemRow>, StoreError> {
    let is_out = |row: &&ItemRow| row.verdict == Verdict::Eliminated;
    match rows.iter().filter(is_out).count() {
        0 => return Ok(None),
        count if count == rows.len() && count == 1 => return Ok(rows.first()),
        _ => {}
    }
    let mut ordered = Vec::new();
    for row in rows {
        let before = row.step.0.checked_sub(1).map(StepId);
        let step = store.steps(row.run, before, 1)?.into_iter().find(|step| step.id == row.step);
        ordered.extend(step.map(|step| (order(&step), row)));
    }
    ordered.sort_by_key(|(order, _)| *order);
    Ok(ordered.into_iter().rev().map(|(_, row)| row).take_while(is_out).last())
}

fn by_search(store: &dyn Store, key: &str, search: &Search) -> Result<History, StoreError> {
    let mut history = History::default();
    let (mut left, mut after, mut searched) = (search.budget, search.after, 0);
    let mut spend = |cost: u64| {
        left = left.saturating_sub(cost);
        left > 0
    };
    // The last run of the page, or the last that was looked at.
    let mut last = search.after;
    'search: loop {
        let page = store.runs(&RunQuery { after, limit: MAX_PAGE, ..RunQuery::default() })?;
        for run in page.rows {
            let place = Cursor { started_ns: run.started_ns, run: run.id };
            let stages = if spend(1) { search_run(store, key, run.id, &mut spend)? } else { None };
            let Some(stages) = stages else {
                history.stopped = true;
                if searched == 0 {
                    // It costs more than all that may be spent, and would so again.
                    last = Some(place);
                }
                break 'search;
            };
            searched += 1;
            if !stages.is_empty() {
                let found = InRun::new(run, stages);
                history.summary.add(found.end());
                if history.runs.len() == search.limit {
                    history.next = history.next.or(last);
                    continue;
                }
                history.runs.push(found);
            }
            if history.next.is_none() {
                last = Some(place);
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if history.stopped {
        history.next = history.next.or(last);
    }
    history.summary.searched = Some(searched);
    history.summary.finish();
    Ok(history)
}

/// What the steps of a run did to the item; `None` if that costs more than it may.
fn search_run(
    store: &dyn Store,
    key: &str,
    run: RunId,
    spend: &mut impl FnMut(u64) -> bool,
) -> Result<Option<Vec<Stage>>, StoreError> {
    let mut stages = Vec::new();
    for step in &deciding_steps(store, run, spend)? {
        let Some(detail) = store.step(run, step.id)? else { continue };
        let decisions = detail.account().decisions;
        stages.extend(decisions.iter().filter(|decision| *decision.item == *key).map(|it| Stage::new(step, it)));
        if !spend(decisions.len() as u64 / 16 + 1) {
            return Ok(None);
        }
    }
    Ok(Some(stages))
}
