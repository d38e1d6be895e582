//! What is in the store after a process has ended, in whatever way, and what a user sees when it cannot begin.
//!
//! Each test starts this binary again as the process that it is about.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use xray::model::{Outcome, Run, RunStatus};
use xray::store::{EmbeddedStore, RunQuery, Store as _, StoreError};
use xray_tests::{Recording, child, line, role, turn};

#[xray::step]
fn double(number: u32) -> u32 {
    if number == 13 {
        panic!("thirteen");
    }
    number * 2
}

#[xray::run]
fn pipeline(number: u32) -> u32 {
    double(number) + 1
}

fn runs(path: &Path) -> Vec<Run> {
    runs_of(&EmbeddedStore::open(path).expect("a store that opens"))
}

fn runs_of(store: &EmbeddedStore) -> Vec<Run> {
    store.runs(&RunQuery { limit: 100, ..RunQuery::default() }).expect("readable").rows
}

fn errors_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_environment_alone_starts_a_collector_that_writes_at_exit() {
    if let Some(how) = role() {
        // Another thread takes the first step, and the main thread ends the process at once.
        std::thread::spawn(|| pipeline(1)).join().expect("it does not panic");
        pipeline(2);
        if how == "exit" {
            std::process::exit(3);
        }
        return;
    }
    for (how, code) in [("return", 0), ("exit", 3)] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("from-environment.redb");
        let output = child("the_environment_alone_starts_a_collector_that_writes_at_exit", how)
            .env("XRAY_STORE", &path)
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(code), "{}", errors_of(&output));
        let runs = runs(&path);
        assert_eq!(runs.len(), 2, "{how}: {runs:#?}");
        assert!(runs.iter().all(|run| run.status == RunStatus::Completed && run.steps == 2), "{runs:#?}");
    }
}

#[test]
fn without_a_collector_nothing_happens() {
    assert!(role().is_none());
    let directory = tempfile::tempdir().expect("a directory");
    let output = child("without_a_collector_child", "child").current_dir(&directory).output().expect("it runs");
    assert!(output.status.success(), "{}", errors_of(&output));
    assert_eq!(std::fs::read_dir(&directory).expect("readable").count(), 0, "no file appears");
}

#[test]
fn without_a_collector_child() {
    if role().is_some() {
        assert_eq!(pipeline(4), 9);
        assert_eq!(xray::stats(), xray::Stats::default());
    }
}

#[test]
fn a_store_that_the_environment_names_and_that_does_not_open_is_said_once() {
    if role().is_some() {
        assert_eq!(pipeline(1) + pipeline(2), 8, "the program goes on");
        return;
    }
    let output = child("a_store_that_the_environment_names_and_that_does_not_open_is_said_once", "child")
        .env("XRAY_STORE", "/no/such/directory/x.redb")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", errors_of(&output));
    let errors = errors_of(&output);
    assert_eq!(errors.matches("xray: nothing is recorded: cannot create").count(), 1, "{errors}");
    assert!(errors.contains("the directory \"/no/such/directory\" does not exist; create it"), "{errors}");
}

#[test]
fn a_panic_in_main_still_writes_everything() {
    if let Some(path) = role() {
        let _xray = xray::builder().store(path).start().expect("a collector");
        pipeline(1);
        pipeline(13);
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("panic.redb");
    let output =
        child("a_panic_in_main_still_writes_everything", path.to_str().expect("UTF-8")).output().expect("it runs");
    assert!(!output.status.success() && errors_of(&output).contains("thirteen"));
    let runs = runs(&path);
    assert_eq!(runs.iter().map(|run| run.status).collect::<Vec<_>>(), [RunStatus::Failed, RunStatus::Completed]);
    assert_eq!(runs[0].error.as_deref(), Some("thirteen"));
}

#[test]
fn runs_of_a_process_that_died_are_crashed() {
    #[xray::run]
    fn dies(number: u32, xray: &xray::Guard) {
        double(number);
        // Written while it runs; then the process is gone without a word.
        xray.flush().expect("a store that works");
        std::process::abort();
    }
    if let Some(path) = role() {
        let xray = xray::builder().store(path).start().expect("a collector");
        pipeline(1);
        dies(7, &xray);
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("crash.redb");
    let output =
        child("runs_of_a_process_that_died_are_crashed", path.to_str().expect("UTF-8")).output().expect("it runs");
    assert!(!output.status.success());
    {
        let _turn = turn();
        let xray = xray::builder().store(&path).start().expect("the store opens again");
        pipeline(2);
        xray.flush().expect("a store that works");
        let query = RunQuery { status: Some(RunStatus::Crashed), limit: 10, ..RunQuery::default() };
        let crashed = xray.store().runs(&query).expect("readable").rows;
        assert_eq!(crashed.len(), 1, "{crashed:#?}");
        assert_eq!((&*crashed[0].pipeline, crashed[0].steps, crashed[0].outcome), ("dies", 2, Outcome::Open));
        let steps = xray.store().steps(crashed[0].id, None, 10).expect("readable");
        assert_eq!(steps.iter().map(|step| step.outcome).collect::<Vec<_>>(), [Outcome::Open, Outcome::Returned]);
        let open = xray.store().step(crashed[0].id, steps[0].id).expect("readable").expect("there");
        assert_eq!(open.arguments[0].captured.to_json(), 7, "its arguments are there");
    }
    let statuses: Vec<_> = runs(&path).iter().map(|run| run.status).collect();
    assert_eq!(statuses, [RunStatus::Completed, RunStatus::Crashed, RunStatus::Completed]);
}

/// What a user's code does in the middle of a step.
fn end(how: &str) -> u32 {
    match how {
        "abort" => std::process::abort(),
        "overflow" => std::hint::black_box(endless(1)),
        "kill" => {
            let pid = std::process::id().to_string();
            std::process::Command::new("kill").args(["-9", &pid]).status().expect("it runs");
            unreachable!("nobody lives on")
        }
        _ => std::process::exit(3),
    }
}

#[allow(unconditional_recursion)]
fn endless(depth: u32) -> u32 {
    let frame = std::hint::black_box([depth; 256]);
    endless(depth + 1) + frame[depth as usize % 256]
}

#[xray::step]
fn ends(number: u32, how: &str) -> u32 {
    number + end(how)
}

#[xray::run]
fn ending(number: u32, how: &str) -> u32 {
    double(number) + ends(number, how)
}

/// The runs that a process left, oldest first, each step with its arguments.
fn left(path: &Path) -> String {
    let store = EmbeddedStore::open(path).expect("a store that opens");
    let mut text = String::new();
    for run in runs_of(&store).iter().rev() {
        text += &format!("{} {}\n", run.pipeline, run.status.as_str());
        let mut steps = store.steps(run.id, None, 100).expect("readable");
        steps.sort_by_key(|step| (step.started_ns, step.id));
        for step in steps {
            let detail = store.step(run.id, step.id).expect("readable").expect("there");
            text += &format!("  {}\n", line(&detail));
        }
    }
    text
}

#[test]
fn a_step_that_exits_is_open_in_the_store() {
    let test = "a_step_that_exits_is_open_in_the_store";
    if let Some(how) = role() {
        let on_this_thread = || {
            pipeline(1);
            ending(2, "exit");
        };
        if how == "other thread" {
            // The process ends while the main thread waits in a step of its own.
            #[xray::step]
            fn waits(act: impl FnOnce() + Send + 'static) {
                std::thread::spawn(act).join().expect("it never returns");
            }
            waits(on_this_thread);
        }
        on_this_thread();
    }
    let ended = "pipeline completed\n  pipeline(number=1) returned 3\n  double(number=1) returned 2\n\
                 ending incomplete\n  ending(number=2, how=\"exit\") open\n  double(number=2) returned 4\n  \
                 ends(number=2, how=\"exit\") open\n";
    for how in ["this thread", "other thread"] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("exit.redb");
        let output = child(test, how).env("XRAY_STORE", &path).output().expect("it runs");
        assert_eq!(output.status.code(), Some(3), "{}", errors_of(&output));
        let left = left(&path);
        let left = left.strip_prefix("waits incomplete\n  waits(act=").map_or(&*left, |rest| {
            assert_eq!(how, "other thread");
            rest.split_once(" open\n").expect("it never ended").1
        });
        assert_eq!(left, ended, "{how}");
    }
}

#[test]
fn a_value_that_exits_while_it_is_captured_ends_the_process() {
    struct Exits;
    impl serde::Serialize for Exits {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            std::process::exit(3)
        }
    }
    #[xray::step]
    fn takes(_exits: &Exits) {}
    let test = "a_value_that_exits_while_it_is_captured_ends_the_process";
    if role().is_some() {
        pipeline(1);
        takes(&Exits);
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("exit.redb");
    let output = child(test, "child").env("XRAY_STORE", &path).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3), "{}", errors_of(&output));
    assert_eq!(
        left(&path),
        "pipeline completed\n  pipeline(number=1) returned 3\n  double(number=1) returned 2\n",
        "what was not captured to its end is not there"
    );
}

#[test]
fn a_guard_that_exit_leaves_undropped_loses_nothing() {
    let test = "a_guard_that_exit_leaves_undropped_loses_nothing";
    if let Some(path) = role() {
        // Nothing is written before the end.
        let builder = xray::builder().flush_interval(Duration::from_secs(3600));
        let _xray = builder.store(path).start().expect("a collector");
        pipeline(1);
        ending(2, "exit");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("exit.redb");
    let output = child(test, path.to_str().expect("UTF-8")).arg("--include-ignored").output().expect("it runs");
    assert_eq!(output.status.code(), Some(3), "{}", errors_of(&output));
    let left = left(&path);
    assert!(left.contains("pipeline completed") && left.contains("ends(number=2, how=\"exit\") open"), "{left}");
}

/// Whether redb reads the whole file before it opens it, as it does when nobody closed it.
fn is_read_through(path: &Path) -> bool {
    let is_repaired = Arc::new(AtomicBool::new(false));
    let repairs = Arc::clone(&is_repaired);
    let mut builder = redb::Database::builder();
    builder.set_repair_callback(move |_| repairs.store(true, Ordering::Relaxed)).open(path).expect("a file of redb");
    is_repaired.load(Ordering::Relaxed)
}

#[test]
fn a_process_that_exits_leaves_a_file_that_opens_at_once() {
    let test = "a_process_that_exits_leaves_a_file_that_opens_at_once";
    if let Some(how) = role() {
        let path = std::env::var("A_STORE").expect("UTF-8");
        let guard = (how != "environment").then(|| xray::builder().store(path).start().expect("a collector"));
        pipeline(1);
        match (how.as_str(), &guard) {
            ("abort", Some(guard)) => {
                guard.flush().expect("a store that works");
                end("abort")
            }
            _ => end("exit"),
        };
    }
    for (how, is_closed) in [("environment", true), ("guard", true), ("abort", false)] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("closed.redb");
        let mut child = child(test, how);
        let variable = if how == "environment" { "XRAY_STORE" } else { "A_STORE" };
        let output = child.env("A_STORE", "").env(variable, &path).output().expect("it runs");
        assert_eq!(output.status.code(), is_closed.then_some(3), "{how}: {}", errors_of(&output));
        assert_eq!(is_read_through(&path), !is_closed, "{how}");
        assert_eq!(runs(&path).len(), 1, "{how}");
    }
}

#[test]
fn however_a_process_ends_what_it_recorded_is_there() {
    let test = "however_a_process_ends_what_it_recorded_is_there";
    if let Some(role) = role() {
        let (how, path) = role.split_once(' ').expect("how and where");
        let builder = xray::builder().flush_interval(Duration::from_secs(3600));
        let xray = builder.store(path).start().expect("a collector");
        #[xray::run]
        fn outer(how: &str, flush: impl FnOnce()) -> u32 {
            pipeline(1);
            flush();
            ending(2, how)
        }
        // Of the run that is open, a part is written, the rest is not.
        outer(how, || xray.flush().expect("a store that works"));
    }
    for how in ["abort", "overflow", "kill"] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("end.redb");
        let role = format!("{how} {}", path.to_str().expect("UTF-8"));
        let output = child(test, &role).output().expect("it runs");
        assert!(output.status.code().is_none(), "it is ended by a signal: {}", errors_of(&output));
        // Opening alone changes nothing: the run is open still.
        let before = left(&path);
        assert!(before.contains("pipeline completed\n  pipeline(number=1) returned 3\n"), "{before}");
        assert!(before.starts_with("outer running\n") && !before.contains("ending"), "{before}");
        let recovered = {
            let _turn = turn();
            let xray = xray::builder().store(&path).start().expect("the store is intact");
            pipeline(5);
            xray.flush().expect("a store that works");
            xray::stats().recovered
        };
        let expected = format!(
            "outer crashed\n  outer(how={how:?}, flush=\"<closure>\") open\n\
             pipeline completed\n  pipeline(number=1) returned 3\n  double(number=1) returned 2\n\
             ending crashed\n  ending(number=2, how={how:?}) open\n  double(number=2) returned 4\n  \
             ends(number=2, how={how:?}) open\n\
             pipeline completed\n  pipeline(number=5) returned 11\n  double(number=5) returned 10\n"
        );
        let after = left(&path);
        let flush = after.split_once("flush=").and_then(|(_, rest)| rest.split_once(") open")).expect("it is open").0;
        assert_eq!(after.replacen(flush, "\"<closure>\"", 1), expected);
        assert_eq!((recovered.stored, recovered.corrupt, recovered.lost), (4, 0, 0), "{how}");
    }
}

#[test]
fn a_silent_run_is_incomplete_until_it_speaks_again() {
    #[xray::run]
    fn slow(wait: &dyn Fn()) -> u32 {
        wait();
        double(1)
    }
    let recording = Recording::start_with(|builder| {
        builder.run_timeout(Duration::from_millis(20)).flush_interval(Duration::from_millis(5))
    });
    let store = recording.guard().store();
    let status = || store.runs(&RunQuery { limit: 1, ..RunQuery::default() }).expect("readable").rows.pop();
    slow(&|| {
        while status().is_none_or(|run| run.status != RunStatus::Incomplete) {
            std::thread::yield_now();
        }
    });
    let run = recording.runs().remove(0);
    assert_eq!((run.status, run.steps), (RunStatus::Completed, 2));
}

#[test]
fn a_run_that_is_open_when_the_collector_stops_is_incomplete() {
    #[xray::run]
    fn outlives(recording: &mut Recording) -> u32 {
        recording.stop();
        // Not recorded any more, and no harm.
        double(1)
    }
    let mut recording = Recording::start();
    assert_eq!(outlives(&mut recording), 2);
    let runs = runs(&recording.path());
    assert_eq!((runs[0].status, runs[0].outcome, runs[0].steps), (RunStatus::Incomplete, Outcome::Open, 1));
    let stats = xray::stats();
    assert_eq!((stats.produced, stats.stored, stats.in_flight), (1, 1, 0));
}

#[test]
fn one_collector_at_a_time_and_again_after_it() {
    let mut recording = Recording::start();
    let error = xray::builder().store(recording.path()).start().expect_err("one runs already");
    assert_eq!(error.to_string(), "xray records already: one collector at a time, until its guard is dropped");
    pipeline(1);
    recording.stop();
    // The same threads and functions, another collector, the same file.
    let again = xray::builder().store(recording.path()).start().expect("the first has ended");
    pipeline(2);
    again.flush().expect("a store that works");
    drop(again);
    assert_eq!(runs(&recording.path()).len(), 2);
}

#[test]
fn what_cannot_be_started_is_said_clearly() {
    let _turn = Recording::start();
    let directory = tempfile::tempdir().expect("a directory");
    // Opening comes before the check for a second collector only in a process of its own.
    let open = |path: &Path| EmbeddedStore::open(path).map(drop);

    let missing = directory.path().join("missing").join("x.redb");
    let error = open(&missing).expect_err("there is no directory");
    assert!(matches!(error, StoreError::NoDirectory { .. }), "{error}");

    let text = directory.path().join("notes.txt");
    std::fs::write(&text, "not a store, but somebody's notes\n".repeat(500)).expect("writable");
    let error = open(&text).expect_err("it is not a store");
    assert!(error.to_string().contains("is not an xray store; it was left as it is"), "{error}");
    assert!(std::fs::read_to_string(&text).expect("readable").starts_with("not a store"));

    let error = open(directory.path()).expect_err("it is a directory");
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
}

#[test]
fn a_file_that_another_process_holds_is_named() {
    if let Some(path) = role() {
        let error = xray::builder().store(&path).start().expect_err("the other process has it");
        println!("said: {error}");
        return;
    }
    let recording = Recording::start();
    let path = recording.path();
    let output =
        child("a_file_that_another_process_holds_is_named", path.to_str().expect("UTF-8")).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("said: {path:?} is in use by another process; stop that program")), "{said}");
    assert!(output.status.success(), "{}", errors_of(&output));
}

#[test]
fn no_store_and_a_taken_port_are_errors_at_the_start() {
    if let Some(path) = role() {
        let error = xray::builder().start().expect_err("no store is named");
        println!("said: {error}");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let error = xray::builder().store(&path).serve(&address).start().expect_err("the port is taken");
        println!("said: {error}");
        // Nothing is left behind: the store can be opened again at once.
        let xray = xray::builder().store(&path).serve("127.0.0.1:0").start().expect("a free port");
        assert!(xray.address().is_some_and(|address| address.port() != 0));
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("port.redb");
    let output = child("no_store_and_a_taken_port_are_errors_at_the_start", path.to_str().expect("UTF-8"))
        .env_remove("XRAY_STORE")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", errors_of(&output));
    assert!(said.contains("said: no store: call `.store(path)` or set XRAY_STORE"), "{said}");
    assert!(said.contains("said: cannot serve on 127.0.0.1:"), "{said}");
    assert!(said.contains("another program listens there"), "{said}");
}
