//! What is in mind beside the rows that were handed over, and going on from what was written down of it.

use std::hash::Hash;

use crate::id::{ProcessId, RunId, StepId};
use crate::ledger::Ledger;
use crate::map::FastMap;
use crate::model::Run;
use crate::store::{Progress, RunInMind, Stands, StepInMind};

use super::building::Building;
use super::{Assembly, OpenRun};

/// What was written down, so that no more is said of it than what has changed.
#[derive(Debug, Default)]
pub(super) struct Minds {
    steps: Written<(u64, u64), Glance>,
    runs: Written<u64, RunInMind>,
}

/// What tells one state of a step from the next: its facts only become more.
#[derive(Debug, PartialEq)]
struct Glance {
    stands: Stands,
    facts: u64,
    is_held: bool,
}

/// What is true of each, and in which turn it was last found to be.
#[derive(Debug)]
struct Written<K, T> {
    all: FastMap<K, (T, u64)>,
    turn: u64,
}

impl<K, T> Default for Written<K, T> {
    fn default() -> Self {
        Self { all: FastMap::default(), turn: 0 }
    }
}

impl<K: Hash + Eq + Copy, T: PartialEq> Written<K, T> {
    /// Whether it is news.
    fn is_news(&mut self, key: K, what: T) -> bool {
        let turn = self.turn;
        match self.all.get_mut(&key) {
            Some(written) => {
                let is_news = written.0 != what;
                *written = (what, turn);
                is_news
            }
            None => self.all.insert(key, (what, turn)).is_none(),
        }
    }

    /// Those that were not found to be true in this turn; then the next begins.
    fn end_turn(&mut self) -> Vec<K> {
        let turn = self.turn;
        self.turn += 1;
        self.all.extract_if(|_, (_, found)| *found != turn).map(|(key, _)| key).collect()
    }
}

impl Assembly {
    /// Writes down what is in mind, as far as it is news. When everything else was taken.
    pub(super) fn write_down(&mut self, progress: &mut Progress) {
        let Self { process, runs, building, held, minds, .. } = self;
        let key = |run: u64, step: u64| (RunId::new(*process, StepId(run)), StepId(step));
        let items = &building.items;
        let mut note = |run: u64, step: u64, stands: Stands| {
            let facts = items.observed(&(run, step)).map_or(0, |observed| observed.facts);
            let glance = Glance { stands, facts, is_held: items.held_values(&(run, step)).is_some() };
            if minds.steps.is_news((run, step), glance) {
                let (said, held) = (items.observed(&(run, step)), items.held_values(&(run, step)));
                let mind = StepInMind { stands, said: said.map(Into::into), held: held.map(Into::into) };
                let (run, step) = key(run, step);
                progress.steps.push((run, step, Some(mind)));
            }
        };
        for (run, open) in &*runs {
            let held_events = held.get(run).map(|building| building.events);
            if held_events.is_none() {
                open.open.keys().for_each(|step| note(*run, *step, Stands::Open));
                open.headless.keys().for_each(|step| note(*run, *step, Stands::Headless));
            }
            let mind = RunInMind { held_events, told_losses: open.told_losses };
            if mind != RunInMind::default() && minds.runs.is_news(*run, mind) {
                progress.runs.push((open.run.id, Some(mind)));
            }
        }
        for (run, step) in items.observed_steps() {
            let is_known = runs.get(&run).is_some_and(|open| open.open.contains_key(&step));
            if !is_known {
                note(run, step, Stands::Unknown);
            }
        }
        progress.steps.extend(minds.steps.end_turn().into_iter().map(|(run, step)| {
            let (run, step) = key(run, step);
            (run, step, None)
        }));
        progress.runs.extend(minds.runs.end_turn().into_iter().map(|run| (key(run, 0).0, None)));
    }

    /// Forgets everything and goes on from what the ledger says, and from these rows, which are newer than those in the
    /// store. Runs that are held back begin anew: their events are read again.
    pub(crate) fn restore<'r>(&mut self, ledger: &Ledger, waiting: impl Iterator<Item = &'r Run>) {
        self.runs.clear();
        self.held.clear();
        self.metrics.restart();
        self.minds = Minds::default();
        self.building = Building::new(self.next_segment);
        self.next_segment += 1;
        self.new_callsites.clear();
        self.callsites.clone_from(&ledger.callsites);
        self.misfits.set_count(ledger.misfits);
        self.batch = ledger.batch + 1;
        waiting.for_each(|run| self.restore_run(run, RunInMind::default()));
        for (run, mind) in ledger.runs.values() {
            self.restore_run(run, *mind);
        }
        for ((run, step), (row, mind)) in &ledger.steps {
            let place = (run.root().0, step.0);
            let glance = Glance { stands: mind.stands, facts: 0, is_held: mind.held.is_some() };
            self.minds.steps.is_news(place, glance);
            if let (Some(row), Stands::Open | Stands::Headless) = (row, mind.stands) {
                let open = self.open_run(place.0, row.started_ns, false);
                let steps = if mind.stands == Stands::Open { &mut open.open } else { &mut open.headless };
                steps.insert(place.1, row.clone());
            }
            self.building.items.restore(place, mind);
        }
        self.minds.steps.turn += 1;
        self.minds.runs.turn += 1;
    }

    fn restore_run(&mut self, run: &Run, mind: RunInMind) {
        let id = run.id.root().0;
        if mind != RunInMind::default() {
            self.minds.runs.is_news(id, mind);
        }
        let mut run = run.clone();
        if mind.held_events.is_some() {
            (run.steps, run.failures, run.misfits) = (0, 0, 0);
        }
        let heard_ns = run.ended_ns.unwrap_or(run.started_ns);
        let open = OpenRun { told_losses: mind.told_losses, ..OpenRun::new(run, heard_ns, false) };
        self.runs.insert(id, open);
    }

    /// Events of a run are nowhere any more, which its row says if it is one that has not ended.
    pub(crate) fn lost_events(&mut self, run: u64, events: u64) {
        if let Some(open) = self.runs.get_mut(&run) {
            open.run.lost_events += events;
            open.has_changed = true;
        }
    }

    /// Nothing comes any more: what is held back is handed over, and what is open stays so.
    pub(crate) fn conclude(&mut self) {
        self.is_stopping = true;
    }

    /// The process whose runs they are.
    pub(crate) fn process(&self) -> ProcessId {
        self.process
    }

    /// The number of the batch that is being put together.
    pub(crate) fn batch(&self) -> u64 {
        self.batch
    }

    /// Events that are held back are of batches from this one on.
    pub(crate) fn held_since(&self) -> u64 {
        self.held.values().map(|building| building.since).min().unwrap_or(u64::MAX)
    }
}
