//! What is lost, when, and how one sees it: `produced == stored + dropped + in flight` at every moment, whatever
//! happens, and what a test counts by itself is what the books, the API and the store say.
//!
//! A full disk is in `disk_full.rs`, a process that forks in `fork.rs`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use xray::id::RunId;
use xray::model::{Run, RunStatus};
use xray::store::{RunQuery, Store, StoreError};
use xray::{Builder, Guard, Overflow, Stats};
use xray_tests::{Call, Hooked, get, turn};

#[xray::run]
fn counted(calls: u64) -> u64 {
    (0..calls).map(call).sum()
}

#[xray::step]
fn call(number: u64) -> u64 {
    number
}

fn record(calls: u64) {
    counted(calls);
}

/// What a run of `counted` produces: two events for itself and two for each call.
const fn events(calls: u64) -> u64 {
    2 * calls + 2
}

/// A disk of which one can say how it is.
#[derive(Debug)]
struct Disk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Works,
    /// Each write takes this much longer.
    Slow(Duration),
    /// A write does not come back until the disk works again; the collector's thread waits in it.
    Hangs,
    /// A write is in there.
    Hung,
    Fails,
}

impl Disk {
    fn set(&self, state: State) {
        *self.state.lock().expect("not poisoned") = state;
        self.changed.notify_all();
    }

    /// Waits until the collector's thread hangs.
    fn wait_until_hung(&self) {
        let state = self.state.lock().expect("not poisoned");
        drop(self.changed.wait_while(state, |state| *state != State::Hung).expect("not poisoned"));
    }
}

impl Disk {
    /// Before each write.
    fn before_write(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().expect("not poisoned");
        match *state {
            State::Works => {}
            State::Slow(time) => {
                drop(state);
                std::thread::sleep(time);
            }
            State::Hangs | State::Hung => {
                *state = State::Hung;
                self.changed.notify_all();
                drop(self.changed.wait_while(state, |state| *state == State::Hung).expect("not poisoned"));
            }
            State::Fails => return Err(StoreError::Write { path: "disk".into(), cause: "it fails".into() }),
        }
        Ok(())
    }
}

/// A collector on such a disk, with the API.
struct Recording {
    xray: Guard,
    disk: Arc<Disk>,
    store: Arc<Hooked>,
    _directory: tempfile::TempDir,
    _turn: std::sync::MutexGuard<'static, ()>,
}

impl Recording {
    fn start(set: impl FnOnce(Builder) -> Builder) -> Self {
        let turn = turn();
        let directory = tempfile::tempdir().expect("a directory");
        let disk = Arc::new(Disk { state: Mutex::new(State::Works), changed: Condvar::new() });
        let asked = Arc::clone(&disk);
        let store = Hooked::new(&directory.path().join("loss.redb"), false, move |call| match call {
            Call::Write => asked.before_write(),
            _ => Ok(()),
        });
        let builder = xray::builder().store_with(Arc::clone(&store) as Arc<dyn Store>).serve("127.0.0.1:0");
        let xray = set(builder.flush_interval(Duration::from_millis(1))).start().expect("a collector");
        Self { xray, disk, store, _directory: directory, _turn: turn }
    }

    fn api(&self, path: &str) -> serde_json::Value {
        let answer = get(self.xray.address().expect("it serves"), path);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Everything is over: nothing is in flight, and the books, the API and the rows of the store say the same.
    fn settle(&self, produced: u64) -> Stats {
        self.xray.flush().expect("the disk works");
        let stats = books();
        assert_eq!((stats.produced, stats.in_flight), (produced, 0), "{stats:?}");
        let said = self.api("/api/v1/stats");
        assert_eq!(said["events"], serde_json::to_value(&stats).expect("it is JSON"));
        let runs = self.runs();
        let lost: u64 = runs.values().map(|run| run.lost_events).sum();
        assert_eq!(lost + stats.unattributed, stats.dropped.total(), "each loss is shown by its run: {stats:?}");
        for run in runs.values().filter(|run| run.lost_events > 0).take(3) {
            let said = self.api(&format!("/api/v1/runs/{}", run.id));
            assert_eq!(said["run"]["lost_events"], run.lost_events);
        }
        stats
    }

    fn runs(&self) -> HashMap<RunId, Run> {
        let (mut runs, mut after) = (HashMap::new(), None);
        loop {
            let query = RunQuery { limit: xray::store::MAX_PAGE, after, ..RunQuery::default() };
            let page = self.store.runs(&query).expect("readable");
            runs.extend(page.rows.into_iter().map(|run| (run.id, run)));
            after = page.next;
            if after.is_none() {
                return runs;
            }
        }
    }
}

/// The books, which add up.
fn books() -> Stats {
    let stats = xray::stats();
    assert_eq!(stats.produced, stats.stored + stats.dropped.total() + stats.in_flight, "{stats:?}");
    stats
}

/// Looks at the books all the time while `act` runs: they add up, and nothing that was counted is taken back.
fn watched<R>(act: impl FnOnce() -> R) -> R {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut before = books();
            while !stop.load(Ordering::Relaxed) {
                let now = books();
                assert!(now.produced >= before.produced && now.stored >= before.stored, "{before:?} {now:?}");
                assert!(now.dropped.total() >= before.dropped.total(), "{before:?} {now:?}");
                before = now;
                std::thread::yield_now();
            }
        });
        let result = act();
        stop.store(true, Ordering::Relaxed);
        watching.join().expect("the books add up");
        result
    })
}

fn on_threads(threads: u64, act: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&act)).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
    });
}

#[test]
fn overload_from_many_threads() {
    let recording = Recording::start(|builder| builder.chunks(4096, 6));
    watched(|| on_threads(8, || (0..200).for_each(|_| record(20))));
    let stats = recording.settle(8 * 200 * events(20));
    assert!(stats.dropped.no_chunk > 0, "six small chunks for eight threads: {stats:?}");
    assert_eq!(stats.dropped.total(), stats.dropped.no_chunk, "{stats:?}");
}

/// Threads record without end, faster than they are read; somebody who waits for what was recorded so far does not wait
/// for what comes after it.
#[test]
fn a_flush_under_overload() {
    let recording = Recording::start(|builder| builder.chunks(4096, 8));
    let stop = AtomicBool::new(false);
    let until_stopped = || {
        let mut runs = 0;
        while !stop.load(Ordering::Relaxed) {
            record(3);
            runs += 1;
        }
        runs
    };
    let runs: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(until_stopped)).collect();
        for _ in 0..5 {
            let recorded = books().produced;
            recording.xray.flush().expect("the disk works");
            let stats = books();
            assert!(stats.stored + stats.dropped.total() >= recorded, "{recorded} before {stats:?}");
        }
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
    });
    recording.settle(runs * events(3));
}

#[test]
fn a_slow_disk() {
    let recording = Recording::start(|builder| builder.chunks(4096, 16));
    recording.disk.set(State::Slow(Duration::from_millis(3)));
    watched(|| on_threads(4, || (0..100).for_each(|_| record(20))));
    recording.settle(4 * 100 * events(20));
}

/// A slow disk costs time and nothing else, where threads wait for chunks.
#[test]
fn a_slow_disk_with_threads_that_wait() {
    let recording = Recording::start(|builder| builder.chunks(4096, 6).overflow(Overflow::Block));
    recording.disk.set(State::Slow(Duration::from_millis(1)));
    watched(|| on_threads(4, || (0..30).for_each(|_| record(20))));
    let stats = recording.settle(4 * 30 * events(20));
    assert_eq!(stats.dropped.total(), 0, "{stats:?}");
    assert!(recording.runs().values().all(|run| run.status == RunStatus::Completed && run.steps == 21));
}

/// The collector's thread stands still, in a write that does not come back.
#[test]
fn a_collector_that_stands_still() {
    let recording = Recording::start(|builder| builder.chunks(4096, 4));
    counted(1);
    let before = recording.settle(events(1));
    recording.disk.set(State::Hangs);
    counted(1);
    recording.disk.wait_until_hung();
    let mut produced = events(1) * 2;
    while books().dropped.no_chunk == 0 {
        counted(10);
        produced += events(10);
    }
    watched(|| on_threads(3, || (0..50).for_each(|_| record(10))));
    produced += 3 * 50 * events(10);
    let during = books();
    assert_eq!((during.produced, during.stored), (produced, before.stored), "{during:?}");
    assert!(during.in_flight > 0, "{during:?}");
    let said = recording.api("/api/v1/stats");
    assert_eq!(said["events"], serde_json::to_value(&during).expect("it is JSON"), "the API shows it while it lasts");
    recording.disk.set(State::Works);
    let after = recording.settle(produced);
    assert_eq!(after.dropped.no_chunk, during.dropped.no_chunk, "what was in flight has arrived");
    assert_eq!(after.stored, before.stored + (produced - events(1)) - after.dropped.total());
}

#[test]
fn a_disk_that_fails_until_the_memory_for_waiting_is_used_up() {
    let recording = Recording::start(|builder| builder.waiting_bytes(16 * 1024));
    recording.disk.set(State::Fails);
    let mut produced = 0;
    watched(|| {
        while books().dropped.store == 0 {
            counted(20);
            produced += events(20);
            assert!(recording.xray.flush().is_err());
        }
    });
    let during = books();
    assert!(during.stored == 0 && during.store_error.is_some(), "{during:?}");
    recording.disk.set(State::Works);
    let stats = recording.settle(produced);
    assert_eq!(stats.dropped.total(), stats.dropped.store);
    assert_eq!(stats.unattributed, 0, "{stats:?}");
}

/// More runs lose something at once than are told apart.
#[test]
fn losses_of_more_runs_than_can_be_named_are_counted_all_the_same() {
    let recording = Recording::start(|builder| builder.chunks(4096, 2));
    recording.disk.set(State::Hangs);
    counted(0);
    recording.disk.wait_until_hung();
    let runs = 5_000;
    (0..runs).for_each(|_| record(0));
    recording.disk.set(State::Works);
    let stats = recording.settle((runs + 1) * events(0));
    assert!(stats.unattributed > 0 && stats.unattributed < stats.dropped.no_chunk, "{stats:?}");
}

#[test]
fn threads_that_end_in_the_middle_of_a_chunk() {
    let recording = Recording::start(|builder| builder.chunks(4096, 8));
    watched(|| {
        for _ in 0..100 {
            on_threads(2, || record(1));
            recording.xray.flush().expect("the disk works");
        }
    });
    let stats = recording.settle(200 * events(1));
    assert_eq!(stats.dropped.total(), 0, "each thread hands its chunk over: {stats:?}");
    assert!(recording.runs().values().all(|run| run.status == RunStatus::Completed && run.steps == 2));
}

/// A destructor of a thread-local that calls an instrumented function: before the thread's chunk is handed over it is
/// recorded, after that it is counted.
#[test]
fn steps_in_the_destructors_of_a_thread() {
    struct Calls;
    impl Drop for Calls {
        fn drop(&mut self) {
            counted(1);
        }
    }
    thread_local! {
        static BEFORE: RefCell<Option<Calls>> = const { RefCell::new(None) };
        static AFTER: RefCell<Option<Calls>> = const { RefCell::new(None) };
    }
    let recording = Recording::start(|builder| builder);
    const THREADS: u64 = 20;
    for _ in 0..THREADS {
        on_threads(1, || {
            BEFORE.set(Some(Calls));
            counted(1);
            AFTER.set(Some(Calls));
        });
    }
    // And a thread of which the first step is in a destructor.
    on_threads(1, || BEFORE.set(Some(Calls)));
    recording.xray.flush().expect("the disk works");
    let stats = books();
    // Of a step that cannot be recorded one event is counted: the call is known not to be recorded when it ends.
    let recorded = stats.stored / events(1);
    assert_eq!(stats.stored % events(1), 0, "{stats:?}");
    assert_eq!(stats.dropped.stopped, 2 * (3 * THREADS + 1 - recorded), "{stats:?}");
    assert!(stats.dropped.stopped >= 2 * THREADS && recorded > THREADS, "each happens: {stats:?}");
    let produced = stats.produced;
    recording.settle(produced);
    assert_eq!(recording.runs().len() as u64, recorded);
}

/// Threads record while the collector ends: what it does not read any more is dropped, not in flight for ever.
#[test]
fn a_collector_that_stops_while_threads_record() {
    for _ in 0..10 {
        let Recording { xray, store, _directory, _turn, .. } = Recording::start(|builder| builder.chunks(4096, 16));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        counted(3);
                    }
                });
            }
            while books().stored == 0 {
                std::thread::yield_now();
            }
            drop(xray);
            let stats = books();
            assert_eq!(stats.in_flight, 0, "{stats:?}");
            stop.store(true, Ordering::Relaxed);
        });
        let stats = books();
        let query = RunQuery { limit: 1_000, status: Some(RunStatus::Running), ..RunQuery::default() };
        assert_eq!(store.runs(&query).expect("readable").rows, [], "{stats:?}");
    }
}
