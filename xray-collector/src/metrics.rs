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
        let has_room = pipelines.contains_key(&run.pipeline) || metrics.runs.len() < MOST_SERIES;
        let pipeline = if has_room { Arc::clone(&run.pipeline) } else { OTHERS.into() };
        let index = *pipelines.entry(pipeline).or_insert_with_key(|pipeline| {
            let (ended, durations) = Default::default();
            metrics.runs.push(RunSeries { pipeline: Arc::clone(pipeline), ended, durations });
            metrics.runs.len() - 1
        });
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
        let key = callsites.get(&number).map(|callsite| (Arc::clone(&callsite.name), Arc::clone(&callsite.kind)));
        let has_room = |key: &_| names.contains_key(key) || metrics.steps.len() < MOST_SERIES;
        let key = key.filter(has_room).unwrap_or_else(|| (OTHERS.into(), "".into()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ProcessId, RunId, StepId};
    use crate::model::Level;
    use crate::store::LateRow;

    fn callsites(names: &[&str]) -> FastMap<u32, Arc<Callsite>> {
        let callsite = |name: &&str| Callsite {
            name: (*name).into(),
            kind: "filter".into(),
            module: "".into(),
            file: "".into(),
            line: 1,
            arguments: Vec::new(),
            opens_run: false,
            items: "".into(),
            key: "".into(),
        };
        (0..).zip(names.iter().map(|name| Arc::new(callsite(name)))).collect()
    }

    fn row(callsite: u32, step: u64, outcome: Outcome) -> StepRow {
        StepRow {
            run: RunId::new(ProcessId(7), StepId(1)),
            step: StepId(step),
            parent: None,
            callsite,
            outcome,
            is_final: outcome != Outcome::Open,
            started_ns: 5,
            duration_ns: Some(2_000),
            thread: 0,
            items_in: None,
            items_out: None,
            counts: DecisionCounts { kept: 1, ..DecisionCounts::default() },
            important: false,
            level: Level::Full,
            arguments: None,
            result: None,
        }
    }

    fn batch(steps: Vec<StepRow>) -> Batch {
        Batch { steps, ..Batch::default() }
    }

    /// How many steps are counted, and how many items were kept.
    fn counted(writer: &MetricsWriter) -> (u64, u64) {
        let metrics = writer.reader().read();
        (metrics.steps.iter().flat_map(|series| series.ended).sum(), metrics.decisions.kept)
    }

    #[test]
    fn open_steps_do_not_count() {
        let (mut writer, callsites) = (MetricsWriter::default(), callsites(&["load"]));
        writer
            .steps(&batch(vec![row(0, 1, Outcome::Open), row(0, 2, Outcome::Ok), row(0, 3, Outcome::Err)]), &callsites);
        assert_eq!(counted(&writer), (2, 2));
        let series = &writer.reader().read().steps[0];
        assert_eq!((&*series.name, &*series.kind, series.ended), ("load", "filter", [1, 1, 0, 0, 0, 0, 0]));
        assert_eq!((series.durations.buckets[1], series.durations.sum_ns), (2, 4_000));
    }

    #[test]
    fn a_row_that_comes_again_counts_once_when_it_is_complete() {
        let (mut writer, callsites) = (MetricsWriter::default(), callsites(&["load"]));
        // In one batch.
        writer.headless(1, 1);
        writer.completed(1, 1);
        writer.steps(&batch(vec![row(0, 1, Outcome::Ok), row(0, 2, Outcome::Ok), row(0, 1, Outcome::Ok)]), &callsites);
        assert_eq!(counted(&writer), (2, 2));
        // In two.
        writer.headless(1, 3);
        writer.steps(&batch(vec![row(0, 3, Outcome::Ok)]), &callsites);
        assert_eq!(counted(&writer), (2, 2), "its beginning may come");
        writer.completed(1, 3);
        writer.steps(&batch(vec![row(0, 3, Outcome::Ok)]), &callsites);
        assert_eq!(counted(&writer), (3, 3));
        // Never.
        writer.headless(1, 4);
        writer.steps(&batch(vec![row(0, 4, Outcome::Ok)]), &callsites);
        writer.lost_beginnings([row(0, 4, Outcome::Ok)].iter(), &callsites);
        writer.lost_beginnings([row(0, 4, Outcome::Ok)].iter(), &callsites);
        assert_eq!(counted(&writer), (4, 4));
    }

    #[test]
    fn what_is_held_back_counts_once_when_it_is_released() {
        let (mut writer, callsites) = (MetricsWriter::default(), callsites(&["load"]));
        writer.headless(1, 1);
        writer.completed(1, 1);
        writer.steps(&Batch::default(), &callsites);
        writer.steps(&batch(vec![row(0, 1, Outcome::Ok), row(0, 1, Outcome::Ok)]), &callsites);
        assert_eq!(counted(&writer), (1, 1));
    }

    #[test]
    fn what_is_said_late_is_added() {
        let mut writer = MetricsWriter::default();
        let counts = DecisionCounts { eliminated: 3, ..DecisionCounts::default() };
        let row = row(0, 1, Outcome::Ok);
        let late = LateRow { run: row.run, step: row.step, counts, important: false, items_in: None, items_out: None };
        writer.steps(&Batch { late: vec![late], ..Batch::default() }, &callsites(&["load"]));
        assert_eq!(writer.reader().read().decisions.eliminated, 3);
    }

    #[test]
    fn there_are_no_more_series_than_that() {
        let names: Vec<String> = (0..2 * MOST_SERIES).map(|number| format!("step{number}")).collect();
        let callsites = callsites(&names.iter().map(|name| &**name).collect::<Vec<_>>());
        let mut writer = MetricsWriter::default();
        let rows = |from: u32| (from..2 * MOST_SERIES as u32).map(|number| row(number, number.into(), Outcome::Ok));
        writer.steps(&batch(rows(0).collect()), &callsites);
        writer.steps(&batch(rows(0).collect()), &callsites);
        let mut run = Run {
            id: RunId::new(ProcessId(7), StepId(1)),
            pipeline: "".into(),
            status: RunStatus::Completed,
            outcome: Outcome::Ok,
            started_ns: 5,
            ended_ns: Some(7),
            steps: 1,
            failures: 0,
            lost_events: 0,
            error: None,
            parent: None,
            orphan: false,
            level: Level::Full,
            schema: None,
            misfits: 0,
            pinned: false,
        };
        for name in &names {
            run.pipeline = (&**name).into();
            writer.run(&run);
            writer.run(&run);
        }
        let metrics = writer.reader().read();
        assert_eq!((metrics.steps.len(), metrics.runs.len()), (MOST_SERIES + 1, MOST_SERIES + 1));
        let others = metrics.steps.iter().find(|series| &*series.name == OTHERS).expect("the others");
        assert_eq!(others.ended[0], 2 * MOST_SERIES as u64);
        let others = metrics.runs.iter().find(|series| &*series.pipeline == OTHERS).expect("the others");
        assert_eq!(others.ended[1], 2 * MOST_SERIES as u64);
        let all: u64 = metrics.runs.iter().map(|series| series.durations.count()).sum();
        assert_eq!(all, 4 * MOST_SERIES as u64);
    }
}
