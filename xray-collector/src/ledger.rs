//! What a collector knew when it handed over its last batch: from here it goes on after a panic, and the next process
//! after a crash.
//!
//! It is what [`Progress`](crate::store::Progress) adds up to, with the rows that go with it. That which a batch says is in it before the
//! batch is stored: batches that wait stay where they are, whatever becomes of who put them together.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chunk::Position;
use crate::id::{ProcessId, RunId, StepId};
use crate::map::FastMap;
use crate::model::{Callsite, Run, RunStatus};
use crate::store::{Batch, Left, RunInMind, Stands, StepInMind, StepRow, Store, StoreError};

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The number of the last batch.
    pub(crate) batch: u64,
    /// How far each thread was read.
    pub(crate) read: HashMap<u32, Position>,
    /// Every function that was seen.
    pub(crate) callsites: FastMap<u32, Arc<Callsite>>,
    /// The runs that were running, or of which something is known beside their row.
    pub(crate) runs: FastMap<RunId, (Run, RunInMind)>,
    /// The steps of which something is known beside their row.
    pub(crate) steps: FastMap<(RunId, StepId), (Option<StepRow>, StepInMind)>,
    /// All that did not fit the schema.
    pub(crate) misfits: u64,
}

impl Ledger {
    /// Of a new collector, which knows what functions the store has.
    pub(crate) fn new(store: &dyn Store) -> Result<Self, StoreError> {
        Ok(Self { callsites: store.callsites()?.into_iter().collect(), ..Self::default() })
    }

    /// Of a process that is gone.
    pub(crate) fn left_by(process: ProcessId, store: &dyn Store) -> Result<Self, StoreError> {
        let Left { batch, read, runs, steps } = store.left_by(process)?;
        let runs = runs.into_iter().map(|(run, mind)| (run.id, (run, mind)));
        let steps = steps.into_iter().map(|(run, step, row, mind)| ((run, step), (row, mind)));
        Ok(Self {
            batch,
            read: read.into_iter().map(Into::into).collect(),
            runs: runs.collect(),
            steps: steps.collect(),
            ..Self::new(store)?
        })
    }

    /// Takes down a batch.
    pub(crate) fn add(&mut self, batch: &Batch) {
        self.read.extend(batch.progress.read.iter().copied().map(<(u32, Position)>::from));
        self.callsites.extend(batch.callsites.iter().cloned());
        self.add_runs(batch);
        self.add_steps(batch);
    }

    fn add_runs(&mut self, batch: &Batch) {
        let minds: FastMap<_, _> = batch.progress.runs.iter().copied().collect();
        for run in &batch.runs {
            let mind =
                self.runs.remove(&run.id).map(|(_, mind)| Some(mind).filter(|mind| *mind != RunInMind::default()));
            let mind = minds.get(&run.id).copied().unwrap_or(mind.flatten());
            if run.status == RunStatus::Running || mind.is_some() {
                self.runs.insert(run.id, (run.clone(), mind.unwrap_or_default()));
            }
        }
        for (run, mind) in minds {
            if let Some((row, known)) = self.runs.get_mut(&run) {
                *known = mind.unwrap_or_default();
                if mind.is_none() && row.status != RunStatus::Running {
                    self.runs.remove(&run);
                }
            }
        }
    }

    fn add_steps(&mut self, batch: &Batch) {
        for (run, step, mind) in &batch.progress.steps {
            match mind {
                Some(mind) => self.steps.entry((*run, *step)).or_default().1 = mind.clone(),
                None => drop(self.steps.remove(&(*run, *step))),
            }
        }
        if !self.steps.is_empty() {
            for row in &batch.steps {
                if let Some((known, mind)) = self.steps.get_mut(&(row.run, row.step))
                    && mind.stands != Stands::Unknown
                {
                    *known = Some(row.clone());
                }
            }
        }
    }

    /// The runs whose events are held back, with how many they are.
    pub(crate) fn held(&self) -> impl Iterator<Item = (u64, u64)> {
        let held = |(run, (_, mind)): (&RunId, &(Run, RunInMind))| Some((run.root().0, mind.held_events?));
        self.runs.iter().filter_map(held)
    }

    /// Of the events that the threads of a run dropped, how many are in its row.
    pub(crate) fn told_losses(&self, process: ProcessId, run: u64) -> u64 {
        self.runs.get(&RunId::new(process, StepId(run))).map_or(0, |(_, mind)| mind.told_losses)
    }
}
