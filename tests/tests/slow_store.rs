//! Large batches: while the store takes its time with one, the next is put together; one that it does not take comes again,
//! in its turn.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use xray::store::{MAX_PAGE, RunQuery, Store, StoreError};
use xray::{Guard, Overflow};
use xray_tests::{Call, Hooked, get, turn};

const RUNS: u64 = 24;
/// What a run weighs: a megabyte, of which a batch holds four.
const TEXTS: usize = 16;
const TEXT_BYTES: usize = 64 * 1024;
/// More than are in the first batch.
const BEYOND_THE_FIRST: u64 = 80;

#[xray::step]
fn weigh(text: &str) -> usize {
    text.len()
}

/// Of some, the arguments are in one batch and the result in the next.
#[xray::step(kind = "filter")]
fn even(numbers: Vec<u64>, meanwhile: impl FnOnce()) -> Vec<u64> {
    meanwhile();
    numbers.into_iter().filter(|number| number % 2 == 0).collect()
}

#[xray::run]
fn pipeline(number: u64) -> u64 {
    let text = "x".repeat(TEXT_BYTES);
    let weigh_all = || {
        for _ in 0..TEXTS {
            weigh(&text);
        }
    };
    even((number..number + 4).collect(), weigh_all).len() as u64
}

/// Records more than a few batches: nothing is written but full ones, until somebody flushes.
fn record(store: &Arc<Hooked>) -> Guard {
    let builder = xray::builder().store_with(Arc::clone(store) as Arc<dyn Store>).serve("127.0.0.1:0");
    let builder = builder.chunks(128 * 1024, 256).overflow(Overflow::Block);
    let xray = builder.flush_interval(Duration::from_secs(3_600)).start().expect("a collector");
    (0..RUNS).for_each(|number| assert_eq!(pipeline(number), 2));
    xray
}

/// Everything is there, once. The items of a step are counted by what is stored of its arguments, or on its way: while the
/// store refuses a batch they may not be.
fn assert_whole(store: &dyn Store, is_counted: bool) {
    let runs = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).expect("readable").rows;
    assert_eq!(runs.len() as u64, RUNS);
    for run in runs {
        assert_eq!((run.steps, run.lost_events, run.ended_ns.is_some()), (2 + TEXTS as u64, 0, true), "{run:?}");
        let steps = store.steps(run.id, None, MAX_PAGE).expect("readable");
        assert_eq!(steps.len(), 2 + TEXTS);
        if !is_counted {
            continue;
        }
        let even = steps.iter().find(|step| &*step.callsite.name == "even").expect("a filter");
        assert_eq!((even.counts.kept, even.counts.eliminated, even.counts.inferred), (2, 2, true), "{even:?}");
    }
    let stats = xray::stats();
    assert_eq!((stats.stored, stats.dropped.total()), (stats.produced, 0), "{stats:?}");
}

/// How many steps of this name are in batches that were put together.
fn weighed(xray: &Guard) -> u64 {
    let text = get(xray.address().expect("it serves"), "/metrics").body;
    let line = r#"xray_steps_total{name="weigh",kind="",outcome="returned"}"#;
    let count = text.lines().find_map(|found| found.strip_prefix(line));
    count.map_or(0, |count| count.trim().parse().expect("a number"))
}

#[test]
fn the_next_batch_is_put_together_while_one_is_written() {
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let store = Hooked::new(&directory.path().join("slow.redb"), true, move |call| {
        if call == Call::Write {
            // Once it is open, it stays so.
            let _ = gate.lock().expect("nobody panics with it").recv();
        }
        Ok(())
    });
    let xray = record(&store);
    let patience = Instant::now() + Duration::from_secs(120);
    while weighed(&xray) <= BEYOND_THE_FIRST {
        assert!(Instant::now() < patience, "the collector waits for the store");
        std::thread::yield_now();
    }
    drop(open);
    xray.flush().expect("a store that works");
    assert_whole(&*store, true);
}

#[test]
fn a_large_batch_that_is_not_taken_comes_again() {
    for panics in [false, true] {
        let _turn = turn();
        let directory = tempfile::tempdir().expect("a directory");
        let due = AtomicU32::new(2);
        let store = Hooked::new(&directory.path().join("fails.redb"), true, move |call| {
            let one_less = |due: u32| due.checked_sub(1).filter(|_| call == Call::Write);
            if due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
                return Ok(());
            }
            assert!(!panics, "writing on cue");
            Err(StoreError::Panicked { message: "not now".to_owned() })
        });
        let xray = record(&store);
        while xray.flush().is_err() {}
        assert_whole(&*store, false);
        assert_eq!(xray::stats().panics, if panics { 2 } else { 0 });
    }
}
