//! xray: the workload goes through the collector into its store, which is then asked with its own queries.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use xray_collector::chunk::{Overflow, PoolSettings};
use xray_collector::clock::Calibration;
use xray_collector::id::RunId;
use xray_collector::query::{Aggregation, AggregationText, Entity, Query, Scope, Search};
use xray_collector::store::{EmbeddedStore, MAX_PAGE, RunQuery, Store};
use xray_collector::{Collector, Settings};

use crate::ingest::{Ingest, Progress, sizes};
use crate::process;
use crate::questions::{Answer, Answers, PATIENCE, Question};
use crate::record::{Recording, SESSION, Ticks, set_pool};
use crate::replay::Prepared;
use crate::workload::{Key, Workload};

/// Threads that record. More than one, so that runs overlap as they do in a server; they wait most of the time.
const PRODUCERS: u64 = 2;
/// After this the collector's clock is as good as it gets: times of weeks ago would be minutes off before.
const CLOCK_SETTLES: Duration = Duration::from_millis(1_200);
/// How far a time in the store may be from the workload's: the two clocks are measured apart.
const OFF_NS: u64 = 10_000_000_000;

const PAGE: usize = 100;
/// What a search reads before it is asked whether to go on.
const BUDGET: u64 = 100_000;

/// Stores the workload, of which the events are in chunks already: from there to the last commit is what is measured.
pub(crate) fn ingest(workload: Workload, file: &Path) -> anyhow::Result<Ingest> {
    let ticks = settled(Calibration::start());
    let mut prepared = Prepared::record(&file.with_extension("events"), || {
        let bar = Progress::new("xray: events", workload.steps());
        produce(workload, (0, &AtomicU64::new(workload.runs)), ticks, &bar)?;
        bar.finish();
        Ok(())
    })?;
    measured(workload, file, |collector, _| {
        let (bar, before) = (Progress::new("xray: ingest", prepared.events), process::thread_seconds());
        prepared.replay(collector.pool(), |events| bar.advance(events))?;
        bar.finish();
        Ok(Fed { events: prepared.events, threads: 1, seconds: process::thread_seconds() - before })
    })
}

/// Stores the workload while threads record it, on the same processors.
pub(crate) fn ingest_live(workload: Workload, file: &Path) -> anyhow::Result<Ingest> {
    measured(workload, file, |collector, ticks| {
        let bar = Progress::new("xray: live", workload.steps());
        let seconds = produce(workload, (0, &AtomicU64::new(workload.runs)), ticks, &bar)?;
        bar.finish();
        Ok(Fed { events: collector.stats().produced, threads: PRODUCERS, seconds })
    })
}

/// What went into a collector, and the processor's time that took the threads from which it came.
struct Fed {
    events: u64,
    threads: u64,
    seconds: f64,
}

/// Has events go into a collector, and waits until they are stored.
fn measured(
    workload: Workload,
    file: &Path,
    feed: impl FnOnce(&Collector, Ticks) -> anyhow::Result<Fed>,
) -> anyhow::Result<Ingest> {
    let (collector, ticks) = start(Arc::new(EmbeddedStore::open(file)?))?;
    let (memory_before, before, start) = (process::peak_bytes()?, process::seconds(), Instant::now());
    let fed = feed(&collector, ticks)?;
    collector.flush()?;
    let seconds = start.elapsed().as_secs_f64();
    let stats = collector.stats();
    ensure!(stats.dropped.total() == 0 && stats.stored == fed.events, "events were lost: {stats:?}");
    let collector_seconds = process::seconds() - before - fed.seconds;
    let peak_bytes = process::peak_bytes()?;
    stop(collector)?;
    let store = EmbeddedStore::open(file)?;
    check(workload, &store)?;
    let (file_bytes, allocated_bytes) = sizes(file)?;
    Ok(Ingest {
        steps: workload.steps(),
        seconds,
        collector_seconds: Some(collector_seconds),
        producers: Some((fed.seconds, fed.threads)),
        file_bytes,
        allocated_bytes,
        peak_bytes,
        memory_before,
        has_item_index: store.item(Key::of(0).as_str(), 1)?.is_some(),
    })
}

/// What is in the store is what was recorded: all steps, and what was inferred of the newest run's.
fn check(workload: Workload, store: &EmbeddedStore) -> anyhow::Result<()> {
    let (stored, recorded) = (store.summary()?.steps, workload.steps());
    ensure!(stored == recorded, "{stored} steps are stored, not {recorded}");
    let newest = store.runs(&RunQuery { limit: 1, ..RunQuery::default() })?;
    let newest = newest.rows.first().context("no run is stored")?.id;
    let steps = store.steps(newest, None, MAX_PAGE)?;
    let stored: u64 = steps.iter().map(|step| step.counts.kept + step.counts.eliminated).sum();
    let recorded = workload.decisions_of(workload.runs - 1);
    ensure!(stored == recorded, "{stored} decisions of the newest run are stored, not {recorded}");
    Ok(())
}

/// As a program gets it, but that threads wait rather than drop.
fn start(store: Arc<EmbeddedStore>) -> anyhow::Result<(Collector, Ticks)> {
    let pool = PoolSettings { overflow: Overflow::Block, ..PoolSettings::default() };
    let collector = Collector::start(Settings { pool, ..Settings::default() }, SESSION, store)?;
    set_pool(Some(Arc::clone(collector.pool())));
    Ok((collector, settled(Calibration::start())))
}

/// The clock, when it is as good as it gets.
fn settled(calibration: Calibration) -> Ticks {
    std::thread::sleep(CLOCK_SETTLES);
    Ticks::measure(calibration)
}

fn stop(collector: Collector) -> anyhow::Result<()> {
    set_pool(None);
    collector.stop()?;
    Ok(())
}

/// Records the runs from one on and below another, which may change meanwhile, on several threads. Returns the
/// processor's time that these took.
fn produce(workload: Workload, (first, end): (u64, &AtomicU64), ticks: Ticks, bar: &Progress) -> anyhow::Result<f64> {
    let next = AtomicU64::new(first);
    let produce = || -> anyhow::Result<f64> {
        let mut recording = Recording::new(ticks);
        loop {
            let run = next.fetch_add(1, Ordering::Relaxed);
            if run >= end.load(Ordering::Relaxed) {
                return Ok(process::thread_seconds());
            }
            workload.record(run, &mut recording)?;
            bar.advance(workload.steps_of(run));
        }
    };
    std::thread::scope(|scope| {
        let producers: Vec<_> = (0..PRODUCERS).map(|_| scope.spawn(produce)).collect();
        producers.into_iter().map(|producer| producer.join().expect("a producer does not panic")).sum()
    })
}

/// Asks while runs are written that began after all that are asked for. Says, too, how many steps a second are written.
pub(crate) fn while_writing<T>(
    workload: Workload,
    (file, large): (&Path, &LargeRuns),
    ask: impl FnOnce(Recorded) -> anyhow::Result<T>,
) -> anyhow::Result<(T, f64)> {
    let recorded = open(file, large)?;
    let before = recorded.store.summary()?.steps;
    let (collector, ticks) = start(Arc::clone(&recorded.store))?;
    let store = Arc::clone(&recorded.store);
    let (end, bar, start) = (AtomicU64::new(u64::MAX), Progress::hidden(), Instant::now());
    let answers = std::thread::scope(|scope| {
        let writing = scope.spawn(|| produce(workload, (workload.runs, &end), ticks, &bar));
        let answers = ask(recorded);
        end.store(0, Ordering::Relaxed);
        writing.join().expect("who writes does not panic")?;
        answers
    })?;
    collector.flush()?;
    let seconds = start.elapsed().as_secs_f64();
    stop(collector)?;
    Ok((answers, (store.summary()?.steps - before) as f64 / seconds))
}

/// The ids of the large runs, by their place among all runs.
pub(crate) type LargeRuns = Arc<HashMap<u64, RunId>>;

/// Looks for the large runs: who asks for one knows its id.
pub(crate) fn large_runs(workload: Workload, file: &Path) -> anyhow::Result<LargeRuns> {
    let store = EmbeddedStore::open(file)?;
    let large = workload.large_runs().map(|place| Ok((place, large_run(workload, &store, place)?)));
    large.collect::<anyhow::Result<_>>().map(Arc::new)
}

fn large_run(workload: Workload, store: &EmbeddedStore, place: u64) -> anyhow::Result<RunId> {
    let (started_ns, steps) = (workload.started_ns(place), workload.steps_of(place));
    let query = RunQuery {
        started_from_ns: Some(started_ns - OFF_NS),
        started_before_ns: Some(started_ns + OFF_NS),
        limit: MAX_PAGE,
        ..RunQuery::default()
    };
    let page = store.runs(&query)?;
    let run = page.rows.iter().find(|run| run.steps == steps).context("a large run is not there")?;
    Ok(run.id)
}

/// An open store, and where its large runs are.
pub(crate) struct Recorded {
    store: Arc<EmbeddedStore>,
    large: LargeRuns,
}

pub(crate) fn open(file: &Path, large: &LargeRuns) -> anyhow::Result<Recorded> {
    Ok(Recorded { store: Arc::new(EmbeddedStore::open(file)?), large: Arc::clone(large) })
}

impl Recorded {
    /// All rows of a query, or a page of them.
    fn search(&self, text: &str, search: Search, first_page: bool) -> anyhow::Result<Answer> {
        let start = Instant::now();
        let query = Query::parse(text, Entity::Step)?;
        let mut search = Search { budget: BUDGET, ..search };
        let mut rows = 0;
        loop {
            search.limit = if first_page { PAGE - rows } else { MAX_PAGE };
            let found = query.search(&*self.store, &search)?;
            rows += found.rows.len();
            let is_whole = found.next.is_none() || first_page && rows == PAGE;
            if is_whole || start.elapsed() > PATIENCE {
                return Ok(Answer { rows: rows as u64, is_whole });
            }
            search.after = found.next;
        }
    }
}

impl Answers for Recorded {
    fn ask(&self, question: &Question) -> anyhow::Result<Option<Answer>> {
        let whole = |rows: usize| Ok(Some(Answer { rows: rows as u64, is_whole: true }));
        match *question {
            Question::NewestRuns => whole(self.store.runs(&RunQuery { limit: 100, ..RunQuery::default() })?.rows.len()),
            Question::LargeRun(place) => whole(self.store.steps(self.large[&place], None, MAX_PAGE)?.len()),
            Question::Rejecting => {
                let text = r#"kind == "filter" && rejection_rate > 0.9"#;
                self.search(text, Search::default(), true).map(Some)
            }
            Question::ByName => {
                let select = "count(), error_rate(), quantile(duration, 0.5), quantile(duration, 0.95), \
                              quantile(duration, 0.99), avg(rejection_rate)";
                let text = AggregationText { group_by: "name", select, ..AggregationText::of(Entity::Step) };
                let table = Aggregation::parse(&text)?.run(&*self.store, &Scope::default())?;
                Ok(Some(Answer { rows: table.rows.len() as u64, is_whole: !table.stopped }))
            }
            Question::Item(number) => match self.store.item(Key::of(number).as_str(), usize::MAX)? {
                Some(found) => whole(found.rows.len()),
                None => Ok(None),
            },
            Question::Model { day: (from, before), first_page } => {
                let search =
                    Search { started_from_ns: Some(from), started_before_ns: Some(before), ..Search::default() };
                self.search(r#"llm.model == "gpt-4""#, search, first_page).map(Some)
            }
        }
    }
}
