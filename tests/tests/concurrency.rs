//! Threads, tasks and futures under one run; cancellation; loss.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use xray::FutureExt as _;
use xray::model::{Outcome, RunStatus};
use xray_tests::Recording;

#[xray::step]
fn square(number: u64) -> u64 {
    number * number
}

#[xray::step]
async fn later(number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    square(number)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime")
}

#[test]
fn threads_and_tasks_belong_to_the_run_that_started_them() {
    #[xray::run]
    async fn fan_out() -> u64 {
        let task = tokio::spawn(later(2).in_current_step());
        let context = xray::Context::current();
        let blocking = tokio::task::spawn_blocking(move || {
            let _inside = context.attach();
            square(3)
        });
        let scoped: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (4..6)
                .map(|number| {
                    scope.spawn(move || {
                        let _inside = context.attach();
                        square(number)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
        });
        let here = later(6).await;
        task.await.expect("it does not panic") + blocking.await.expect("it does not panic") + scoped + here
    }
    let recording = Recording::start();
    assert_eq!(runtime().block_on(fan_out()), 4 + 9 + 16 + 25 + 36);
    let runs = recording.runs();
    assert_eq!(runs.len(), 1, "{}", recording.tree());
    assert_eq!((runs[0].status, runs[0].steps), (RunStatus::Completed, 8));
    let steps = recording.steps(runs[0].id);
    let root = steps[0].id;
    let parent_of = |number: u64| {
        let step = steps.iter().find(|step| {
            let detail = recording.guard().store().step(runs[0].id, step.id).expect("readable").expect("there");
            &*step.callsite.name == "square" && detail.arguments[0].captured.to_json() == number
        });
        let parent = step.expect("it was called").parent.expect("it has a parent");
        steps.iter().find(|step| step.id == parent).map(|step| step.callsite.name.to_string())
    };
    for (number, parent) in [(2, "later"), (3, "fan_out"), (4, "fan_out"), (5, "fan_out"), (6, "later")] {
        assert_eq!(parent_of(number).as_deref(), Some(parent), "the parent of square({number})");
    }
    assert!(steps.iter().all(|step| step.outcome == Outcome::Returned));
    let laters = steps.iter().filter(|step| &*step.callsite.name == "later");
    assert!(laters.clone().count() == 2 && laters.into_iter().all(|step| step.parent == Some(root)));
}

#[test]
fn a_run_inside_a_run_is_one_of_its_own_that_knows_where_it_came_from() {
    #[xray::run]
    fn inner() -> u64 {
        square(2)
    }
    #[xray::run]
    fn outer() -> u64 {
        inner() + square(1)
    }
    let recording = Recording::start();
    assert_eq!(outer(), 5);
    assert_eq!(
        recording.tree(),
        "outer completed\n  outer() returned 5\n    square(number=1) returned 1\n\
         inner completed\n  inner() returned 4\n    square(number=2) returned 4\n"
    );
    let runs = recording.runs();
    assert_eq!(runs[1].parent, Some((runs[0].id, runs[0].id.root())));
    assert_eq!(runs[0].parent, None);
}

#[test]
fn a_future_that_is_dropped_was_cancelled_and_one_that_unwinds_has_panicked() {
    struct OnDrop(Arc<AtomicBool>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    #[xray::step]
    async fn never(on_drop: OnDrop) {
        let _on_drop = on_drop;
        std::future::pending::<()>().await;
    }
    #[xray::step]
    async fn panics() {
        tokio::task::yield_now().await;
        panic!("in the future");
    }
    #[xray::step]
    async fn not_polled() {}

    fn poll_once(future: &mut std::pin::Pin<Box<impl Future>>) -> bool {
        matches!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending)
    }

    let recording = Recording::start();
    drop(not_polled());
    let dropped = Arc::new(AtomicBool::new(false));
    let mut future = Box::pin(never(OnDrop(Arc::clone(&dropped))));
    assert!(poll_once(&mut future));
    // Dropped while something else unwinds: that is not its panic.
    let unwinding = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _future = future;
        panic!("elsewhere");
    }));
    assert!(unwinding.is_err() && dropped.load(Ordering::Relaxed));
    let task = runtime().block_on(async { tokio::spawn(panics()).await });
    assert!(task.expect_err("it panics").is_panic());
    let steps = |name: &str| {
        let step = recording.step(name);
        (step.step.outcome, step.error.map(|error| error.message))
    };
    assert_eq!(steps("never"), (Outcome::Cancelled, None));
    assert_eq!(steps("panics"), (Outcome::Panicked, Some("in the future".to_owned())));
    assert!(!recording.tree().contains("not_polled"), "what was never polled never ran");
    assert!(recording.runs().iter().all(|run| run.status == RunStatus::Failed));
}

#[test]
fn the_context_is_put_back_whatever_happens() {
    #[xray::step]
    fn fails() {
        panic!("on purpose");
    }
    #[xray::run]
    fn survives() -> u64 {
        let _ = std::panic::catch_unwind(fails);
        square(1)
    }
    let recording = Recording::start();
    survives();
    assert_eq!(xray::Context::current(), xray::Context::NONE);
    let runs = recording.runs();
    assert_eq!((runs.len(), runs[0].status, runs[0].steps, runs[0].failures), (1, RunStatus::Completed, 3, 1));
    let steps = recording.steps(runs[0].id);
    assert!(steps[1..].iter().all(|step| step.parent == Some(steps[0].id)));
}

#[test]
fn what_does_not_fit_is_counted_and_shown() {
    #[xray::step]
    fn work(text: &str) -> usize {
        text.len()
    }
    #[xray::run]
    fn many(text: &str) -> usize {
        (0..20_000).map(|_| work(text)).sum()
    }
    // Two chunks of 4 KiB for four threads: nearly everything is dropped.
    let mut recording = Recording::start_with(|builder| builder.chunks(4096, 2));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| many("some text that takes room"));
        }
        // While they run, the books must add up as well.
        for _ in 0..1000 {
            let stats = xray::stats();
            assert_eq!(stats.produced, stats.stored + stats.dropped.total() + stats.in_flight, "{stats:?}");
        }
    });
    let runs = recording.runs();
    let stats = xray::stats();
    assert_eq!(stats.produced, 4 * 2 * 20_001, "{stats:?}");
    assert_eq!(stats.produced, stats.stored + stats.dropped.total(), "nothing is in flight after a flush: {stats:?}");
    assert!(stats.dropped.no_chunk > 0 && stats.stored > 0, "{stats:?}");
    let lost: u64 = runs.iter().map(|run| run.lost_events).sum();
    assert_eq!(lost, stats.dropped.total(), "each loss is shown by its run: {runs:#?}");
    // What is stored is there: an event is a step's beginning or its end.
    let stored: u64 = runs.iter().map(|run| recording.steps(run.id).len() as u64).sum();
    assert_eq!(stored, runs.iter().map(|run| run.steps).sum::<u64>());
    assert!(stored <= stats.stored && stored * 2 >= stats.stored, "{stored} steps, {stats:?}");
    recording.stop();
    assert_eq!(xray::stats().produced, stats.produced, "the books stay readable");
}

#[test]
fn a_thread_that_waits_for_room_loses_nothing() {
    #[xray::run]
    fn many() -> u64 {
        (0..5_000).map(square).sum()
    }
    let recording = Recording::start_with(|builder| builder.chunks(4096, 4).overflow(xray::Overflow::Block));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(many);
        }
    });
    let runs = recording.runs();
    let stats = xray::stats();
    assert_eq!((stats.produced, stats.stored), (3 * 2 * 5_001, 3 * 2 * 5_001), "{stats:?}");
    assert_eq!(runs.iter().map(|run| (run.steps, run.lost_events)).collect::<Vec<_>>(), [(5_001, 0); 3]);
}

#[test]
fn an_idle_thread_is_seen_within_the_flush_interval() {
    #[xray::run]
    fn waits(until: &AtomicBool) {
        while !until.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
    }
    let recording = Recording::start_with(|builder| builder.flush_interval(Duration::from_millis(10)));
    let until = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| waits(&until));
        // Nothing asks for a flush here: the collector has to come by itself.
        let store = recording.guard().store();
        let query = xray::store::RunQuery { limit: 1, ..xray::store::RunQuery::default() };
        let run = loop {
            if let Some(run) = store.runs(&query).expect("readable").rows.pop() {
                break run;
            }
            std::thread::yield_now();
        };
        assert_eq!((run.status, run.outcome, &*run.pipeline), (RunStatus::Running, Outcome::Open, "waits"));
        let steps = recording.steps(run.id);
        assert_eq!((steps[0].outcome, steps[0].duration_ns), (Outcome::Open, None));
        until.store(true, Ordering::Relaxed);
        thread.join().expect("it does not panic");
    });
    assert_eq!(recording.runs()[0].status, RunStatus::Completed);
}
