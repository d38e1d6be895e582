//! The collector's thread panics, in a store or on what it reads: it begins again, nothing is lost and nothing is there
//! twice; and what it panics on each time is left out and counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use xray::model::{Run, Step, StepDetail};
use xray::store::{MAX_PAGE, RunQuery, Store};
use xray::{Context, Stats};
use xray_tests::{Call, Hooked, turn};

/// How often a store still panics when it is called so.
#[derive(Debug, Default)]
struct Panics {
    in_write: AtomicU32,
    in_run: AtomicU32,
    in_step: AtomicU32,
}

fn panicky(path: &Path, has_file: bool) -> (Arc<Hooked>, Arc<Panics>) {
    let panics = Arc::new(Panics::default());
    let due = Arc::clone(&panics);
    let store = Hooked::new(path, has_file, move |call| {
        match call {
            Call::Write => panic_while_due(&due.in_write, "writing"),
            Call::Written => {}
            Call::Run => panic_while_due(&due.in_run, "reading a run"),
            Call::Step => panic_while_due(&due.in_step, "reading a step"),
        }
        Ok(())
    });
    (store, panics)
}

fn panic_while_due(due: &AtomicU32, what: &str) {
    // The tests read as well.
    let is_collector = std::thread::current().name() == Some("xray-collector");
    let one_less = |due: u32| due.checked_sub(1).filter(|_| is_collector);
    let is_due = due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
    assert!(!is_due, "{what} on cue");
}

/// Its arguments are written before it ends: the collector asks the store for them, to compare the result with them.
#[xray::step(kind = "filter")]
fn even(numbers: Vec<u64>, written: impl FnOnce()) -> Vec<u64> {
    xray::reason("odd ones are dropped");
    written();
    numbers.into_iter().filter(|number| xray::keep!(*number; number % 2 == 0)).collect()
}

#[xray::step]
fn sum(numbers: &[u64]) -> Result<u64, String> {
    numbers.iter().copied().reduce(u64::wrapping_add).ok_or_else(|| "nothing to add up".to_owned())
}

#[xray::run]
fn pipeline(numbers: Vec<u64>, written: impl FnOnce()) -> Result<u64, String> {
    sum(&even(numbers, written))
}

/// Some runs of which everything is known: each one has its number in what goes in.
fn work(from: u64, runs: u64, written: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for thread in 0..2 {
            scope.spawn(move || {
                for number in (from..from + runs).filter(|number| number % 2 == thread) {
                    // Of one in five, nothing is left to add up.
                    let length = if number % 5 == 0 { 0 } else { 4 };
                    let numbers = (number * 10..).take(length).collect();
                    let _ = pipeline(numbers, || {
                        if number % 8 == 0 {
                            written();
                        }
                    });
                }
            });
        }
    });
}

/// What is in the store, by the number of each run: how it stands, what is counted of it and its steps.
fn found(store: &dyn Store) -> BTreeMap<u64, String> {
    let query = RunQuery { limit: MAX_PAGE, ..RunQuery::default() };
    let mut found = BTreeMap::new();
    for run in store.runs(&query).expect("readable").rows {
        let steps = store.steps(run.id, None, MAX_PAGE).expect("readable");
        let numbers = detail(store, &run, &steps[0]).arguments[0].captured.to_json();
        let mut text = format!("{:?} {} {} {}", run.status, run.steps, run.failures, run.lost_events);
        for step in &steps {
            let facts = detail(store, &run, step).facts.len();
            let result = detail(store, &run, step).result.map(|result| result.to_json().to_string());
            let (kept, eliminated) = (step.counts.kept, step.counts.eliminated);
            text += &format!("; {} {:?} {kept}/{eliminated} {facts} {result:?}", step.callsite.name, step.outcome);
        }
        let number = numbers[0].as_u64().map_or(u64::MAX, |first| first / 10);
        if number != u64::MAX {
            assert_eq!(found.insert(number, text), None, "run {number} is there once");
        }
    }
    found
}

fn detail(store: &dyn Store, run: &Run, step: &Step) -> StepDetail {
    store.step(run.id, step.id).expect("readable").expect("there")
}

fn expected(from: u64, runs: u64) -> BTreeMap<u64, String> {
    let of = |number: u64| {
        let kept: Vec<_> = (number * 10..).take(4).filter(|number| number % 2 == 0).collect();
        let (list, sum) = (format!("{kept:?}").replace(' ', ""), kept.iter().sum::<u64>());
        let text = format!(
            "Completed 3 0 0; pipeline Ok 0/0 0 Some(\"{sum}\"); even Returned 2/2 5 Some(\"{list}\"); \
             sum Ok 0/0 0 Some(\"{sum}\")"
        );
        (number, text)
    };
    (from..from + runs).filter(|number| number % 5 != 0).map(of).collect()
}

/// Records under a store that `faults` makes panic, and returns the books, which must add up.
fn record(has_file: bool, faults: impl Fn(&Panics), check: impl Fn(&dyn Store, &Stats)) {
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let (store, panics) = panicky(&directory.path().join("panics.redb"), has_file);
    let builder = xray::builder().store_with(Arc::clone(&store) as Arc<dyn Store>);
    let xray = builder.flush_interval(Duration::from_millis(1)).start().expect("a collector");
    let written = || drop(xray.flush());
    work(0, 40, &written);
    faults(&panics);
    work(40, 40, &written);
    let _ = xray.flush();
    work(80, 40, &written);
    xray.flush().expect("it works again");
    let stats = xray::stats();
    assert_eq!(stats.crash_proof, has_file);
    assert_eq!(stats.produced, stats.stored + stats.dropped.total(), "{stats:?}");
    check(&*store, &stats);
}

#[test]
fn a_store_that_panics_when_it_is_written_is_tried_again() {
    for has_file in [false, true] {
        let faults = |panics: &Panics| panics.in_write.store(3, Ordering::SeqCst);
        record(has_file, faults, |store, stats| {
            assert_eq!((stats.panics, stats.dropped.total()), (3, 0), "{stats:?}");
            assert_eq!(stats.last_panic.as_deref(), Some("writing on cue"));
            assert_eq!(found(store), expected(0, 120));
        });
    }
}

#[test]
fn a_panic_on_what_was_read_loses_nothing_and_stores_nothing_twice() {
    for (has_file, times) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
        let faults = |panics: &Panics| panics.in_step.store(times, Ordering::SeqCst);
        record(has_file, faults, |store, stats| {
            assert_eq!((stats.panics, stats.dropped.total()), (times.into(), 0), "{stats:?}");
            assert_eq!(stats.last_panic.as_deref(), Some("reading a step on cue"));
            assert_eq!(found(store), expected(0, 120));
        });
    }
}

#[test]
fn what_makes_it_panic_each_time_is_left_out_and_counted() {
    for has_file in [false, true] {
        let faults = |panics: &Panics| panics.in_step.store(11, Ordering::SeqCst);
        record(has_file, faults, |store, stats| {
            assert_eq!((stats.panics, stats.last_panic.as_deref()), (11, Some("reading a step on cue")), "{stats:?}");
            let corrupt = stats.dropped.corrupt;
            assert!((1..=3).contains(&corrupt) && corrupt == stats.dropped.total(), "{stats:?}");
            let (mut found, expected) = (found(store), expected(0, 120));
            found.retain(|number, text| expected.get(number) != Some(text));
            // All that came before, between and after is whole; the others say how much they lost. Not all of them have a
            // number to be found by.
            let lost =
                |text: &str| -> u64 { text.split([' ', ';']).nth(3).and_then(|lost| lost.parse().ok()).unwrap_or(0) };
            assert!(found.values().all(|text| lost(text) > 0), "{found:#?}");
            let query = RunQuery { limit: MAX_PAGE, ..RunQuery::default() };
            let told = store.runs(&query).expect("readable").rows.iter().map(|run| run.lost_events).sum::<u64>();
            assert_eq!(told, corrupt, "{stats:?} {found:#?}");
        });
    }
}

/// Runs that are held back until they end are read again from their first event on.
#[test]
fn runs_that_are_held_back_survive_a_panic() {
    #[xray::run]
    fn held(number: u64, act: impl FnOnce()) -> u64 {
        let before = sum(&[number]).unwrap_or(0);
        act();
        before + sum(&[1]).unwrap_or(0)
    }
    #[xray::run]
    fn over() -> Context {
        Context::current()
    }
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let (store, panics) = panicky(&directory.path().join("held.redb"), true);
    let keep = xray::KeepRuns { share: 1.0, ..xray::KeepRuns::default() };
    let builder = xray::builder().store_with(Arc::clone(&store) as Arc<dyn Store>).keep_runs(keep);
    let xray = builder.flush_interval(Duration::from_millis(1)).start().expect("a collector");
    let flush = || xray.flush().expect("it works");
    let earlier = over();
    // It is written and no longer in memory.
    (0..2).for_each(|_| flush());
    held(7, || {
        // Seen and held back, before the panic.
        flush();
        panics.in_run.store(1, Ordering::SeqCst);
        // The collector asks the store for a run that it does not remember.
        assert_eq!(earlier.in_scope(|| sum(&[5])), Ok(5));
        flush();
    });
    flush();
    let stats = xray::stats();
    assert_eq!((stats.panics, stats.dropped.total(), stats.in_flight), (1, 0, 0), "{stats:?}");
    let query = RunQuery { limit: 10, ..RunQuery::default() };
    let text = |run: &Run| {
        let steps = store.steps(run.id, None, 10).expect("readable");
        let result = |step: &Step| detail(&*store, run, step).result.map(|result| result.to_json().to_string());
        let results: Vec<_> = steps.iter().map(|step| result(step).unwrap_or_default()).collect();
        format!("{} {:?} {} {}", run.pipeline, run.status, run.steps, results.join(" "))
    };
    let runs: Vec<_> = store.runs(&query).expect("readable").rows.iter().map(text).collect();
    assert_eq!(runs[0], "held Completed 3 8 7 1");
    assert!(runs[1].starts_with("over Completed 2 ") && runs.len() == 2, "{runs:#?}");
}
