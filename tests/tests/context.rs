//! Context that survives: threads, thread pools, tasks, streams, other processes; and what happens where it does not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use rayon::prelude::*;
use xray::id::{RunId, StepId};
use xray::model::{Run, RunStatus};
use xray::{Context, FutureExt as _, StreamExt as _, in_current_step, in_current_step_fn};
use xray_tests::Recording;

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[xray::step]
fn square(number: u64) -> u64 {
    number * number
}

#[xray::step]
fn whoami() -> Context {
    Context::current()
}

/// Calls a function on a thread that knows nothing.
fn elsewhere<R: Send>(act: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| scope.spawn(act).join().expect("it does not panic"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime")
}

fn the_run(recording: &Recording, pipeline: &str) -> Run {
    let mut runs: Vec<Run> = recording.runs().into_iter().filter(|run| &*run.pipeline == pipeline).collect();
    assert_eq!(runs.len(), 1, "runs of {pipeline} in\n{}", recording.tree());
    runs.remove(0)
}

/// The pipelines of all runs, those of orphans with a mark.
fn marks(recording: &Recording) -> Vec<String> {
    let mark = |run: Run| format!("{}{}", run.pipeline, if run.orphan { " orphan" } else { "" });
    let mut marks: Vec<String> = recording.runs().into_iter().map(mark).collect();
    marks.sort_unstable();
    marks
}

/// Asserts that each of these squares is a child of the only run's first step.
fn assert_squares_of_the_root(recording: &Recording, numbers: &[u64]) {
    let tree = recording.tree();
    let mut lines: Vec<&str> = tree.lines().skip(2).collect();
    lines.sort_unstable();
    let mut expected: Vec<String> =
        numbers.iter().map(|number| format!("    square(number={number}) returned {}", number * number)).collect();
    expected.sort_unstable();
    assert_eq!(lines, expected, "{tree}");
}

#[test]
fn ids_are_those_of_the_store() {
    #[xray::run]
    fn outer() -> [Context; 2] {
        [Context::current(), whoami()]
    }
    let mut recording = Recording::start();
    assert_eq!((Context::current().run_id(), Context::current().step_id()), (None, None));
    let [outer, inner] = outer();
    let run = the_run(&recording, "outer");
    assert_eq!((outer.run_id(), inner.run_id()), (Some(run.id), Some(run.id)));
    let steps: Vec<Option<StepId>> = recording.steps(run.id).iter().map(|step| Some(step.id)).collect();
    assert_eq!(steps, [outer.step_id(), inner.step_id()]);
    recording.stop();
    assert_eq!((outer.run_id(), outer.step_id(), outer.traceparent()), (None, None, None));
}

#[test]
fn closures_take_the_step_to_threads() {
    #[xray::run]
    fn threads() -> u64 {
        let owned = std::thread::spawn(in_current_step(|| square(1)));
        let numbers = [2, 3];
        let scoped: u64 = std::thread::scope(|scope| {
            let spawned: Vec<_> =
                numbers.iter().map(|number| scope.spawn(in_current_step(|| square(*number)))).collect();
            spawned.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
        });
        owned.join().expect("it does not panic") + scoped
    }
    let recording = Recording::start();
    assert_eq!(threads(), 14);
    assert_squares_of_the_root(&recording, &[1, 2, 3]);
    assert_eq!(marks(&recording), ["threads"]);
}

#[test]
fn closures_take_the_step_to_rayon() {
    #[xray::run]
    fn parallel(numbers: Vec<u64>) -> u64 {
        let here = Context::current();
        let mapped: u64 = numbers.par_iter().copied().map(in_current_step_fn(square)).sum();
        let odd = numbers.par_iter().filter(|number| here.in_scope(|| square(**number + 100)) % 2 == 1).count();
        let (left, right) = rayon::join(in_current_step(|| square(200)), in_current_step(|| square(201)));
        let (send, receive) = mpsc::channel();
        rayon::spawn(in_current_step(move || send.send(square(300)).expect("it is waited for")));
        mapped + odd as u64 + left + right + receive.recv().expect("it is sent")
    }
    let numbers: Vec<u64> = (0..64).collect();
    // A pool of its own: what another test does to a worker's context must not matter.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("a pool");
    let recording = Recording::start();
    let expected: u64 = numbers.iter().map(|number| number * number).sum::<u64>() + 32 + 40_000 + 40_401 + 90_000;
    assert_eq!(pool.install(|| parallel(numbers.clone())), expected);
    let squares: Vec<u64> = (0..64).chain(100..164).chain([200, 201, 300]).collect();
    assert_squares_of_the_root(&recording, &squares);
    assert_eq!(marks(&recording), ["parallel"]);
    let left_behind = pool.broadcast(|_| Context::current());
    assert!(left_behind.iter().all(|context| *context == Context::NONE), "{left_behind:?}");
}

#[test]
fn futures_and_blocking_closures_take_the_step_to_tasks() {
    #[xray::run]
    async fn tasks() -> u64 {
        let task = tokio::spawn(
            async {
                tokio::task::yield_now().await;
                square(1)
            }
            .in_current_step(),
        );
        let blocking = tokio::task::spawn_blocking(in_current_step(|| square(2)));
        task.await.expect("it does not panic") + blocking.await.expect("it does not panic")
    }
    let recording = Recording::start();
    assert_eq!(runtime().block_on(tasks()), 5);
    assert_squares_of_the_root(&recording, &[1, 2]);
    assert_eq!(marks(&recording), ["tasks"]);
}

#[test]
fn streams_keep_the_step_that_made_them() {
    #[xray::step(ret = false)]
    fn squares(count: u64) -> impl Stream<Item = u64> {
        stream::iter(0..count).map(square).in_current_step()
    }
    #[xray::run]
    async fn streams() -> u64 {
        let stream = squares(3);
        assert_eq!(stream.size_hint(), (3, Some(3)));
        let task = tokio::spawn(stream.fold(0, async |sum, square| sum + square));
        task.await.expect("it does not panic")
    }
    let recording = Recording::start();
    assert_eq!(runtime().block_on(streams()), 5);
    let tree: Vec<String> =
        recording.tree().lines().map(|line| line.split('(').next().unwrap_or(line).to_owned()).collect();
    let squares = "      square";
    assert_eq!(tree, ["streams completed", "  streams", "    squares", squares, squares, squares]);
}

#[test]
fn a_future_is_dropped_in_its_context() {
    struct SquareOnDrop(u64);
    impl Drop for SquareOnDrop {
        fn drop(&mut self) {
            square(self.0);
        }
    }
    #[xray::run]
    fn drops() {
        let guard = SquareOnDrop(1);
        let future = async move {
            std::future::pending::<()>().await;
            drop(guard);
        }
        .in_current_step();
        elsewhere(|| drop(future));
    }
    let recording = Recording::start();
    drops();
    assert_squares_of_the_root(&recording, &[1]);
    assert_eq!(marks(&recording), ["drops"]);
}

#[test]
fn attached_contexts_nest() {
    #[xray::step]
    fn inner(outer: bool) {
        let _ = outer;
        let here = Context::current();
        elsewhere(|| {
            assert_eq!(Context::current(), Context::NONE);
            let first = here.attach();
            assert_eq!(whoami().run_id(), here.run_id());
            {
                let _nothing = Context::NONE.attach();
                assert_eq!(Context::current(), Context::NONE);
                assert_eq!(here.in_scope(Context::current), here);
                assert_eq!(Context::current(), Context::NONE);
            }
            assert_eq!(Context::current(), here);
            drop(first);
            assert_eq!(Context::current(), Context::NONE);
        });
        assert_eq!(Context::current(), here);
    }
    #[xray::run]
    fn outer() {
        let here = Context::current();
        inner(true);
        assert_eq!(Context::current(), here);
    }
    let recording = Recording::start();
    outer();
    let run = the_run(&recording, "outer");
    let steps = recording.steps(run.id);
    let names: Vec<&str> = steps.iter().map(|step| &*step.callsite.name).collect();
    assert_eq!(names, ["outer", "inner", "whoami"]);
    assert_eq!(steps[2].parent, Some(steps[1].id));
}

#[test]
fn a_panic_takes_the_context_along() {
    #[xray::step]
    fn fails() {
        panic!("on purpose");
    }
    #[xray::run]
    fn survives() {
        let here = Context::current();
        elsewhere(|| {
            let attached = catch_unwind(|| {
                let _inside = here.attach();
                fails();
            });
            assert_eq!((attached.is_err(), Context::current()), (true, Context::NONE));
            let scoped = catch_unwind(|| here.in_scope(fails));
            assert_eq!((scoped.is_err(), Context::current()), (true, Context::NONE));
            let carried = here.in_scope(|| in_current_step(fails));
            assert_eq!((catch_unwind(AssertUnwindSafe(carried)).is_err(), Context::current()), (true, Context::NONE));
            let carried = here.in_scope(|| in_current_step_fn(|_: u8| fails()));
            let carried = AssertUnwindSafe(|| carried(0));
            assert_eq!((catch_unwind(carried).is_err(), Context::current()), (true, Context::NONE));
            let mut future = Box::pin(async { fails() }.in_context(here));
            let mut task = std::task::Context::from_waker(std::task::Waker::noop());
            let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut task).is_ready()));
            assert_eq!((polled.is_err(), Context::current()), (true, Context::NONE));
        });
        square(2);
    }
    let recording = Recording::start();
    survives();
    let run = the_run(&recording, "survives");
    assert_eq!((recording.runs().len(), run.status, run.steps, run.failures), (1, RunStatus::Completed, 7, 5));
    let steps = recording.steps(run.id);
    assert!(steps[1..].iter().all(|step| step.parent == Some(run.id.root())), "{steps:#?}");
}

#[test]
fn a_step_under_a_run_that_has_ended_belongs_to_it() {
    #[xray::run]
    fn short() -> Context {
        Context::current()
    }
    let mut recording = Recording::start_with(|builder| builder.flush_interval(Duration::from_millis(1)));
    let context = short();
    assert_eq!(the_run(&recording, "short").status, RunStatus::Completed);
    elsewhere(|| context.in_scope(|| square(2)));
    let run = the_run(&recording, "short");
    assert_eq!((recording.runs().len(), run.status, run.steps), (1, RunStatus::Completed, 2));
    assert_squares_of_the_root(&recording, &[2]);
    recording.stop();
    drop(recording);

    // Of another collector it knows nothing.
    let recording = Recording::start();
    elsewhere(|| context.in_scope(|| square(3)));
    assert_eq!(marks(&recording), ["square"]);
}

#[test]
fn a_traceparent_names_the_run_and_the_step() {
    #[xray::run]
    fn calls() -> (Option<String>, Context) {
        (Context::current().traceparent(), whoami())
    }
    let recording = Recording::start();
    assert_eq!(Context::NONE.traceparent(), None);
    let (header, inner) = calls();
    let run = the_run(&recording, "calls");
    assert_eq!(header, Some(format!("00-{}-{}-01", run.id, run.id.root())));
    let inner_header = inner.traceparent().expect("a run");
    assert_eq!(inner_header, format!("00-{}-{}-01", run.id, inner.step_id().expect("a step")));
    // Read back, even by the process that wrote it, it is a place elsewhere.
    let caller = Context::from_traceparent(&inner_header).expect("it is one");
    assert_ne!(caller, inner);
    assert_eq!((caller.run_id(), caller.step_id()), (inner.run_id(), inner.step_id()));
}

#[test]
fn a_run_under_a_traceparent_is_one_of_its_own_with_a_parent() {
    #[xray::run]
    fn answers(number: u64) -> u64 {
        square(number)
    }
    #[xray::run]
    async fn answers_later(number: u64) -> u64 {
        tokio::task::yield_now().await;
        square(number)
    }
    #[xray::run(skip(caller))]
    fn gateway(caller: Context) {
        // A context from elsewhere inside a run: what is opened there hangs there.
        caller.in_scope(|| answers(3));
        square(4);
    }
    let recording = Recording::start();
    let caller = Context::from_traceparent(TRACEPARENT).expect("it is one");
    assert_eq!(caller.in_scope(|| answers(1)), 1);
    let later = answers_later(2).in_context(caller);
    runtime().block_on(async { tokio::spawn(later).await }).expect("it does not panic");
    gateway(caller);
    caller.in_scope(|| square(5));
    assert_eq!(
        recording.tree(),
        "answers completed\n  answers(number=1) returned 1\n    square(number=1) returned 1\n\
         answers_later completed\n  answers_later(number=2) returned 4\n    square(number=2) returned 4\n\
         gateway completed\n  gateway() returned null\n    square(number=4) returned 16\n\
         answers completed\n  answers(number=3) returned 9\n    square(number=3) returned 9\n\
         square completed\n  square(number=5) returned 25\n"
    );
    let parent = "4bf92f3577b34da6a3ce929d0e0e4736".parse::<RunId>().expect("an id");
    let step = "00f067aa0ba902b7".parse::<StepId>().expect("an id");
    let parents: Vec<_> = recording.runs().iter().map(|run| run.parent).collect();
    assert!(recording.runs().iter().all(|run| !run.orphan && run.id.process() != parent.process()));
    let parent = Some((parent, step));
    assert_eq!(parents, [parent, parent, None, parent, parent]);
}

#[test]
fn traceparents_are_read_as_the_recommendation_says() {
    const IDS: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    for (text, passed_on) in [
        (format!("00-{IDS}-01"), format!("00-{IDS}-01")),
        (format!("00-{IDS}-00"), format!("00-{IDS}-00")),
        // Flags that nobody has given a meaning yet are not passed on.
        (format!("00-{IDS}-ff"), format!("00-{IDS}-03")),
        (format!("00-{IDS}-08"), format!("00-{IDS}-00")),
        // Later versions: as much of them as is known, in the version that is spoken here.
        (format!("01-{IDS}-01"), format!("00-{IDS}-01")),
        (format!("cc-{IDS}-01-what-the-future-will-be-like"), format!("00-{IDS}-01")),
        (format!("fe-{IDS}-09-"), format!("00-{IDS}-01")),
        // One zero half is no zero id: systems with ids of 64 bits fill up with zeros.
        (
            "00-00000000000000010000000000000000-0000000000000001-01".to_owned(),
            "00-00000000000000010000000000000000-0000000000000001-01".to_owned(),
        ),
        (
            "00-0000000000000000a3ce929d0e0e4736-f067aa0ba902b700-01".to_owned(),
            "00-0000000000000000a3ce929d0e0e4736-f067aa0ba902b700-01".to_owned(),
        ),
    ] {
        let context = Context::from_traceparent(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(context.traceparent(), Some(passed_on), "{text}");
        assert_eq!(context.run_id().map(|run| run.to_string()).as_deref(), Some(&text[3..35]));
        assert_eq!(context.step_id().map(|step| step.to_string()).as_deref(), Some(&text[36..52]));
    }
}

#[test]
fn what_is_no_traceparent_is_refused_with_a_reason() {
    const IDS: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    let stray = "a character that does not belong there";
    for (text, problem) in [
        (String::new(), "too few characters"),
        ("00".to_owned(), "too few characters"),
        (format!("00-{IDS}"), "too few characters"),
        (format!("00-{IDS}-0"), "too few characters"),
        (format!("00-{IDS}-01-"), "too many characters for version 00"),
        (format!("00-{IDS}-01-more"), "too many characters for version 00"),
        (format!("00-{IDS}-011"), "too many characters for version 00"),
        (format!("01-{IDS}-01.more"), stray),
        (format!("01-{IDS}-011"), stray),
        (format!("ff-{IDS}-01"), "the forbidden version ff"),
        (format!("FF-{IDS}-01"), stray),
        (format!("0x-{IDS}-01"), stray),
        (format!(" 00-{IDS}-01"), stray),
        (format!("00-{IDS}-0 "), stray),
        (format!("00-{}-01", IDS.to_uppercase()), stray),
        (format!("00-{}-01", IDS.replace('-', "_")), stray),
        (format!("00_{IDS}-01"), stray),
        (format!("00-{IDS}_01"), stray),
        (format!("00-{IDS}-+1"), stray),
        (format!("00-{IDS}-0g"), stray),
        (format!("00-{}-01", IDS.replace("4bf9", "+bf9")), stray),
        (format!("00-{}-01", IDS.replace("4bf9", "é4b")), stray),
        (format!("00-{IDS}-é"), stray),
        (format!("01-{IDS}-01é"), stray),
        (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), "a trace id of zeros"),
        (format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)), "a parent id of zeros"),
    ] {
        let error = Context::from_traceparent(&text).expect_err(&text).to_string();
        assert!(error.starts_with(&format!("{problem} in the traceparent {text:?}: ")), "{error}");
    }
    let error = Context::from_traceparent(&"\n".repeat(100_000)).expect_err("it is none").to_string();
    assert!(error.len() < 400 && !error.contains('\n'), "{error}");
}

#[xray::run]
fn marked(act: impl FnOnce()) {
    act();
}

#[xray::step]
fn unmarked(act: impl FnOnce()) {
    act();
}

#[test]
fn a_step_that_lost_its_context_is_an_orphan() {
    let recording = Recording::start_with(|builder| builder.serve("127.0.0.1:0"));
    marked(|| {
        elsewhere(|| square(1));
        elsewhere(in_current_step(|| square(2)));
    });
    assert_eq!(marks(&recording), ["marked", "square orphan"]);
    let address = recording.guard().address().expect("it is served");
    let answer = xray_tests::get(address, "/api/v1/runs").json();
    let shown = |run: &serde_json::Value| (run["pipeline"].to_string(), run["orphan"].to_string());
    let mut shown: Vec<_> = answer["data"].as_array().expect("a list").iter().map(shown).collect();
    shown.sort_unstable();
    let text = |texts: (&str, &str)| (format!("{:?}", texts.0), texts.1.to_owned());
    assert_eq!(shown, [("marked", "false"), ("square", "true")].map(text));
}

#[test]
fn only_an_open_run_of_the_attribute_makes_orphans() {
    let recording = Recording::start();
    // No run is open, only runs of steps are, or the run is over.
    square(1);
    elsewhere(|| square(2));
    unmarked(|| {
        elsewhere(|| square(3));
    });
    marked(|| {});
    elsewhere(|| square(4));
    square(5);
    // A run of its own, and one that came from elsewhere.
    let caller = Context::from_traceparent(TRACEPARENT).expect("it is one");
    marked(|| {
        elsewhere(|| marked(|| {}));
        caller.in_scope(|| square(6));
    });
    let runs = recording.runs();
    assert!(runs.len() == 10 && runs.iter().all(|run| !run.orphan), "{:?}", marks(&recording));
}

#[test]
fn a_step_of_a_task_without_context_is_an_orphan_while_its_run_waits() {
    #[xray::step]
    async fn later(number: u64) -> u64 {
        tokio::task::yield_now().await;
        square(number)
    }
    #[xray::run]
    async fn waits() -> u64 {
        tokio::spawn(later(2)).await.expect("it does not panic")
    }
    let recording = Recording::start();
    assert_eq!(runtime().block_on(waits()), 4);
    assert_eq!(marks(&recording), ["later orphan", "waits"]);
}

/// Fills chunks of 4 KiB, so that what the thread recorded before is handed over and read before what open chunks hold.
fn hand_over() {
    for number in 0..200 {
        square(number);
    }
}

fn by_hand(builder: xray::Builder) -> xray::Builder {
    builder.flush_interval(Duration::from_secs(3600)).chunks(4096, 256).overflow(xray::Overflow::Block)
}

#[test]
fn an_orphan_that_is_read_before_its_run_began_is_one() {
    let recording = Recording::start_with(by_hand);
    // The run's beginning is in this thread's open chunk, which is read last.
    marked(|| elsewhere(|| unmarked(hand_over)));
    assert_eq!(marks(&recording), ["marked", "unmarked orphan"]);
}

#[test]
fn a_step_that_is_read_before_the_run_ended_that_was_over_is_no_orphan() {
    let recording = Recording::start_with(by_hand);
    // The run's beginning is handed over, its end is in this thread's open chunk, which is read last.
    marked(hand_over);
    elsewhere(|| unmarked(hand_over));
    assert_eq!(marks(&recording), ["marked", "unmarked"]);
}

#[test]
fn an_orphan_that_was_stored_before_its_run_was_heard_of_is_marked_later() {
    #[xray::step]
    fn length(text: &str) -> usize {
        text.len()
    }
    let recording = Recording::start_with(|builder| by_hand(builder).chunks(65_536, 256));
    let text = "some text that takes room ".repeat(32);
    marked(|| {
        elsewhere(|| {
            // As much as makes the collector write, though nobody asks it to.
            unmarked(|| (0..10_000).for_each(|_| assert!(length(&text) > 0)));
            let query = xray::store::RunQuery { limit: 1, ..xray::store::RunQuery::default() };
            let run = loop {
                if let Some(run) = recording.guard().store().runs(&query).expect("readable").rows.pop() {
                    break run;
                }
                std::thread::yield_now();
            };
            assert_eq!((&*run.pipeline, run.orphan), ("unmarked", false), "nothing is known of the other yet");
        });
        assert_eq!(marks(&recording), ["marked", "unmarked orphan"]);
    });
    assert_eq!(marks(&recording), ["marked", "unmarked orphan"]);
}
