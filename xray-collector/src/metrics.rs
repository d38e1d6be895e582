//! What a collector has seen end: runs, steps and decisions, counted for whoever watches the program from outside.
//!
//! Counted where a batch is taken, on the collector's thread: a look into a map and an addition or three for each step, no
//! allocation but for a name that was not seen before. A row that comes again, because its step was seen to end before it
//! was seen to begin, is counted when it is complete. What was taken before the collector's thread panicked is counted, and
//! what was not is counted when it is read again. What an earlier process left is not counted: it is not this one's.
//!
//! There are at most [`MOST_SERIES`] pipelines, and as many steps by name and kind; those beyond are counted together, as
//! [`OTHERS`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::decision::DecisionCounts;
use crate::map::FastMap;
use crate::model::{Callsite, Outcome, Run, RunStatus};
use crate::store::{Batch, StepRow};

/// So many pipelines are told apart, and so many steps by their name and kind.
pub const MOST_SERIES: usize = 500;
/// The name under which those beyond are counted.
pub const OTHERS: &str = "(others)";

/// The upper bounds of a histogram's buckets, in nanoseconds; one more bucket holds what took longer.
pub const BOUNDS_NS: [u64; 14] = [
    1_000,
    5_000,
    25_000,
    100_000,
    500_000,
    2_500_000,
    10_000_000,
    50_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
    25_000_000_000,
    100_000_000_000,
    500_000_000_000,
];

/// Durations by how long they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many fell between the bound before and the one of [`BOUNDS_NS`] at the same place.
    pub buckets: [u64; BOUNDS_NS.len() + 1],
    /// All of them together.
    pub sum_ns: u128,
}

impl Histogram {
    /// Adds one.
    pub fn add(&mut self, duration_ns: u64) {
        self.buckets[BOUNDS_NS.partition_point(|bound| *bound < duration_ns)] += 1;
        self.sum_ns += u128::from(duration_ns);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// The runs of a pipeline that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSeries {
    /// The pipeline.
    pub pipeline: Arc<str>,
    /// How many stand how, in the order of [`RunStatus::ALL`]. As they stood when they were first seen to be over.
    pub ended: [u64; RunStatus::ALL.len()],
    /// How long they took.
    pub durations: Histogram,
}

/// The steps of one name and kind that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSeries {
    /// The name.
    pub name: Arc<str>,
    /// The kind; empty if not said.
    pub kind: Arc<str>,
    /// How many ended how, in the order of [`Outcome::ALL`].
    pub ended: [u64; Outcome::ALL.len()],
    /// How long they took, where that is known.
    pub durations: Histogram,
}

/// What a collector has seen end since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Runs by pipeline, in the order in which these were seen.
    pub runs: Vec<RunSeries>,
    /// Steps by name and kind, in the order in which these were seen.
    pub steps: Vec<StepSeries>,
    /// What became of items; without the reasons.
    pub decisions: DecisionCounts,
}

/// The counts, and how to find the one to add to.
#[derive(Debug, Default)]
struct Books {
    metrics: Metrics,
    pipelines: FastMap<Arc<str>, usize>,
    /// By the number of the function.
    callsites: FastMap<u32, usize>,
    names: FastMap<(Arc<str>, Arc<str>), usize>,
}

/// Reads the counts, on any thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct MetricsReader(Arc<Mutex<Books>>);

impl MetricsReader {
    pub(crate) fn read(&self) -> Metrics {
        self.lock().metrics.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The collector's side. Steps are named by the first step of their run and their own number.
#[derive(Debug, Default)]
pub(crate) struct MetricsWriter {
    books: MetricsReader,
    /// Steps that were seen to end and not to begin: their rows are counted when they are complete.
    headless: FastMap<(u64, u64), ()>,
    /// Steps that were headless and are not any more, and whether they are counted. Their rows may come twice.
    completed: FastMap<(u64, u64), bool>,
}

impl MetricsWriter {
    pub(crate) fn reader(&self) -> MetricsReader {
        self.books.clone()
    }

    /// A step was seen to end before it was seen to begin.
    pub(crate) fn headless(&mut self, run: u64, step: u64) {
        self.headless.insert((run, step), ());
    }

    /// And then it was seen to begin.
    pub(crate) fn completed(&mut self, run: u64, step: u64) {
        self.headless.remove(&(run, step));
        self.completed.insert((run, step), false);
    }

    /// The beginnings of these will not come.
    pub(crate) fn lost_beginnings<'r>(
        &mut self,
        rows: impl Iterator<Item = &'r StepRow>,
        callsites: &FastMap<u32, Arc<Callsite>>,
    ) {
        for row in rows {
            if self.headless.remove(&(row.run.root().0, row.step.0)).is_some() {
                self.books.lock().step(row, callsites);
            }
        }
    }

    /// What was not taken is read again.
    pub(crate) fn restart(&mut self) {
        self.headless.clear();
        self.completed.clear();
    }

    /// A run is over.
    pub(crate) fn run(&mut self, run: &Run) {
        self.books.lock().run(run);
    }

    /// Counts the steps of a batch that have ended, and what was said of them later.
    pub(crate) fn steps(&mut self, batch: &Batch, callsites: &FastMap<u32, Arc<Callsite>>) {
        let Self { books, headless, completed } = self;
        let mut books = books.lock();
        // From the end: of two rows of a step the later one is complete.
        for row in batch.steps.iter().rev().filter(|row| row.outcome != Outcome::Open) {
            let key = (row.run.root().0, row.step.0);
            if !headless.is_empty() && headless.contains_key(&key) {
                continue;
            }
            let was_counted = match completed.is_empty() {
                true => false,
                false => completed.get_mut(&key).is_some_and(|is_counted| std::mem::replace(is_counted, true)),
            };
            if !was_counted {
                books.step(row, callsites);
            }
        }
        completed.retain(|_, is_counted| !*is_counted);
        for late in &batch.late {
            books.decisions(&late.counts);
        }
    }
}

impl Books {
    fn run(&mut self, run: &Run) {
        let Self { metrics, pipelines, .. } = self;
        let index = match pipelines.get(&run.pipeline) {
            Some(index) => *index,
            None => {
                let pipeline = if metrics.runs.len() < MOST_SERIES { Arc::clone(&run.pipeline) } else { OTHERS.into() };
                let found = metrics.runs.iter().position(|series| series.pipeline == pipeline);
                let index = found.unwrap_or_else(|| {
                    let (ended, durations) = Default::default();
                    metrics.runs.push(RunSeries { pipeline, ended, durations });
                    metrics.runs.len() - 1
                });
                // What is beyond is looked for each time, so that this map is bounded, too.
                if metrics.runs[index].pipeline == run.pipeline {
                    pipelines.insert(Arc::clone(&run.pipeline), index);
                }
                index
            }
        };
        let series = &mut metrics.runs[index];
        series.ended[run.status as usize] += 1;
        if let Some(ended_ns) = run.ended_ns {
            series.durations.add(ended_ns.saturating_sub(run.started_ns));
        }
    }

    fn step(&mut self, row: &StepRow, callsites: &FastMap<u32, Arc<Callsite>>) {
        let index = match self.callsites.get(&row.callsite) {
            Some(index) => *index,
            None => self.series_of(row.callsite, callsites),
        };
        let series = &mut self.metrics.steps[index];
        series.ended[row.outcome as usize] += 1;
        if let Some(duration_ns) = row.duration_ns {
            series.durations.add(duration_ns);
        }
        self.decisions(&row.counts);
    }

    /// The series of a function that was not seen before.
    fn series_of(&mut self, number: u32, callsites: &FastMap<u32, Arc<Callsite>>) -> usize {
        let Self { metrics, callsites: indexes, names, .. } = self;
        let key = match callsites.get(&number) {
            Some(callsite) if metrics.steps.len() < MOST_SERIES => {
                (Arc::clone(&callsite.name), Arc::clone(&callsite.kind))
            }
            Some(callsite) if names.contains_key(&(Arc::clone(&callsite.name), Arc::clone(&callsite.kind))) => {
                (Arc::clone(&callsite.name), Arc::clone(&callsite.kind))
            }
            _ => (OTHERS.into(), "".into()),
        };
        let index = *names.entry(key).or_insert_with_key(|(name, kind)| {
            let (ended, durations) = Default::default();
            metrics.steps.push(StepSeries { name: Arc::clone(name), kind: Arc::clone(kind), ended, durations });
            metrics.steps.len() - 1
        });
        indexes.insert(number, index);
        index
    }

    fn decisions(&mut self, counts: &DecisionCounts) {
        let all = &mut self.metrics.decisions;
        all.kept += counts.kept;
        all.eliminated += counts.eliminated;
        all.scored += counts.scored;
        all.introduced += counts.introduced;
        all.refused += counts.refused;
    }
}
