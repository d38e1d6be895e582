//! A process that forks while it records: the parent's store has what the parent did, once and in order, and the child
//! is sane, whatever the parent's other threads were in the middle of.
#![allow(unsafe_code)]

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use xray::model::RunStatus;
use xray::store::{EmbeddedStore, RunQuery, Store};
use xray_tests::{Recording, child, role};

/// Runs `act` in a forked child, which must come to an end by itself, and returns what it exits with.
fn forked(act: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child does what is under test here, and never returns into the test.
    match unsafe { libc::fork() } {
        -1 => panic!("{}", std::io::Error::last_os_error()),
        0 => {
            // SAFETY: a system call. What hangs is ended by a signal, which the parent sees.
            unsafe { libc::alarm(60) };
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).unwrap_or(101);
            // SAFETY: a system call.
            unsafe { libc::_exit(code) }
        }
        pid => exit_code_of(pid),
    }
}

fn exit_code_of(pid: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: the status is a place to write to.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid, "{}", std::io::Error::last_os_error());
    assert!(libc::WIFEXITED(status), "the child was ended by signal {}", libc::WTERMSIG(status));
    libc::WEXITSTATUS(status)
}

#[xray::run]
fn numbered(thread: u64, number: u64) -> u64 {
    inner(thread, number)
}

#[xray::step]
fn inner(thread: u64, number: u64) -> u64 {
    thread << 32 | number
}

#[xray::run]
fn of_the_child(number: u64) -> u64 {
    in_the_child(number)
}

#[xray::step]
fn in_the_child(number: u64) -> u64 {
    number
}

/// The results of the runs of a pipeline in a store, oldest first.
fn results(store: &dyn Store, pipeline: &str) -> Vec<u64> {
    let (mut results, mut cursor) = (Vec::new(), None);
    loop {
        let query =
            RunQuery { pipeline: Some(pipeline.to_owned()), limit: 1_000, after: cursor, ..RunQuery::default() };
        let page = store.runs(&query).expect("readable");
        for run in &page.rows {
            assert_eq!((run.status, run.steps, run.lost_events), (RunStatus::Completed, 2, 0), "{run:#?}");
            let root = store.step(run.id, run.id.root()).expect("readable").expect("it is there");
            results.push(root.result.expect("it returned").to_json().as_u64().expect("a number"));
        }
        cursor = page.next;
        if cursor.is_none() {
            results.reverse();
            return results;
        }
    }
}

/// Three threads record all the time; the test's own records between the forks.
#[test]
fn a_child_leaves_its_parents_recording_alone() {
    const THREADS: u64 = 3;
    let recording = Recording::start_with(|builder| {
        // Small chunks: they change hands while the process forks.
        builder.chunks(4096, 32).overflow(xray::Overflow::Block).flush_interval(Duration::from_millis(1))
    });
    let stop = AtomicBool::new(false);
    let record = |thread| {
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) {
            numbered(thread, number);
            number += 1;
        }
        number
    };
    let (stop, record) = (&stop, &record);
    let counts: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..THREADS).map(|thread| scope.spawn(move || record(thread))).collect();
        let forks = 40;
        for number in 0..forks {
            numbered(0, number);
            let code = forked(|| {
                for number in 0..2_000 {
                    of_the_child(number);
                }
                assert_eq!(recording.guard().flush(), Err(xray::FlushError::Forked));
                recording.guard().set_filter("off").expect("a filter");
                i32::from(xray::stats() != xray::Stats::default())
            });
            assert_eq!(code, 0, "the child records nothing");
        }
        stop.store(true, Ordering::Relaxed);
        let others = threads.into_iter().map(|thread| thread.join().expect("it does not panic"));
        std::iter::once(forks).chain(others).collect()
    });
    recording.guard().flush().expect("a store that works");
    let store = recording.guard().store();
    assert_eq!(results(&*store, "of_the_child"), [0; 0]);
    let results = results(&*store, "numbered");
    for (thread, count) in counts.iter().enumerate() {
        let of_thread = results.iter().filter(|result| **result >> 32 == thread as u64).map(|result| *result as u32);
        assert!(of_thread.eq(0..*count as u32), "all runs of thread {thread}, once and in order");
    }
    let stats = xray::stats();
    assert_eq!((stats.produced, stats.dropped.total(), stats.in_flight), (stats.stored, 0, 0), "{stats:?}");
    assert_eq!(stats.stored, counts.iter().sum::<u64>() * 4);
}

/// A step is open at the fork, and another is in the middle of writing its arguments.
#[test]
fn a_step_that_is_open_at_the_fork_ends_in_the_parent_alone() {
    struct Forks;
    impl serde::Serialize for Forks {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            // What is written behind this, in the child, is longer than a chunk.
            let text = match forked_here() {
                true => "child ".repeat(4_000),
                false => "parent".to_owned(),
            };
            serializer.serialize_str(&text)
        }
    }
    /// Whether this is the child.
    fn forked_here() -> bool {
        // SAFETY: the child ends below, in `within`.
        let pid = unsafe { libc::fork() };
        if pid != 0 {
            assert_eq!(exit_code_of(pid), 0);
            return false;
        }
        // SAFETY: a system call.
        unsafe { libc::alarm(60) };
        true
    }
    #[xray::step]
    fn takes(_forks: &Forks) {}
    #[xray::run]
    fn outer(parent: u32) -> u32 {
        let within = |forks: &Forks| {
            takes(forks);
            xray::reason("said after the fork");
            if std::process::id() != parent {
                of_the_child(1);
                let books = xray::stats() == xray::Stats::default();
                // SAFETY: a system call.
                unsafe { libc::_exit(i32::from(!books)) };
            }
        };
        within(&Forks);
        within(&Forks);
        7
    }
    let recording = Recording::start_with(|builder| builder.chunks(4096, 8));
    outer(std::process::id());
    assert_eq!(
        recording.tree().lines().map(|line| line.split("parent=").next().unwrap_or(line)).collect::<Vec<_>>(),
        [
            "outer completed",
            "  outer(",
            "    takes(_forks=\"parent\") returned null",
            "    takes(_forks=\"parent\") returned null"
        ],
    );
    let stats = xray::stats();
    assert_eq!((stats.produced, stats.dropped.total()), (8, 0), "{stats:?}");
}

/// The child has a collector of its own, and its child again, while other threads of the parent hold every lock there is,
/// again and again.
#[test]
fn a_child_that_starts_a_collector_records_for_itself() {
    let recording = Recording::start_with(|builder| builder.flush_interval(Duration::from_millis(1)));
    let directory = tempfile::tempdir().expect("a directory");
    let stop = AtomicBool::new(false);
    let child_of_child = |path: &Path| {
        of_the_child(1);
        let xray = xray::builder().store(path.with_extension("second")).start().expect("a collector");
        of_the_child(3);
        drop(xray);
        0
    };
    let child = |path: &Path| {
        of_the_child(0);
        let xray = xray::builder().store(path).start().expect("a collector of the child");
        of_the_child(1);
        std::thread::scope(|scope| scope.spawn(|| of_the_child(2)).join()).expect("it does not panic");
        xray.flush().expect("a store that works");
        let stats = xray::stats();
        assert_eq!((stats.produced, stats.stored), (8, 8), "{stats:?}");
        let code = forked(|| child_of_child(path));
        of_the_child(4);
        xray.flush().expect("the grandchild changes nothing here");
        drop(xray);
        assert_eq!(xray::stats().stored, 12);
        code
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = xray::stats();
                recording.guard().set_filter("full").expect("a filter");
                numbered(1, 1);
                std::thread::scope(|scope| scope.spawn(|| numbered(1, 2)).join()).expect("it does not panic");
            }
        });
        for number in 0..12 {
            let path = directory.path().join(format!("{number}.redb"));
            let code = forked(|| child(&path));
            assert_eq!(code, 0);
            let of = |path: &Path| {
                let store = EmbeddedStore::open(path).expect("the child's store");
                assert_eq!(results(&store, "numbered"), [0; 0]);
                let mut results = results(&store, "of_the_child");
                results.sort_unstable();
                results
            };
            assert_eq!(of(&path), [1, 2, 4]);
            assert_eq!(of(&path.with_extension("second")), [3]);
        }
        stop.store(true, Ordering::Relaxed);
    });
    recording.guard().flush().expect("a store that works");
    let stats = xray::stats();
    assert_eq!(stats.produced, stats.stored + stats.dropped.total(), "{stats:?}");
}

/// However the child ends, it ends at once, and neither writes nor removes anything of its parent's.
#[test]
fn a_child_may_end_in_any_way() {
    let test = "a_child_may_end_in_any_way";
    if let Some(role) = role() {
        let (how, path) = role.split_once(' ').expect("a way and a path");
        let xray = xray::builder().store(path).flush_interval(Duration::from_secs(3600)).start().expect("a collector");
        numbered(0, 1);
        // SAFETY: the child does what is under test here.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: a system call.
            unsafe { libc::alarm(60) };
            of_the_child(1);
            match how {
                "exit" => std::process::exit(0),
                // SAFETY: a system call.
                "_exit" => unsafe { libc::_exit(0) },
                "exec" => panic!("{}", Command::new("true").exec()),
                "drop" => drop(xray),
                "return" => std::mem::forget(xray),
                "panic" => {
                    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        let _xray = xray;
                        panic!("unwinds");
                    }));
                    assert!(unwound.is_err());
                }
                other => panic!("{other}"),
            }
            return;
        }
        assert_eq!(exit_code_of(pid), 0, "{how}");
        numbered(0, 2);
        drop(xray);
        println!("said: parent done");
        return;
    }
    for how in ["exit", "_exit", "exec", "drop", "return", "panic"] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("parent.redb");
        let output = child(test, &format!("{how} {}", path.display())).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("said: parent done"), "{how}: {output:?}");
        let store = EmbeddedStore::open(&path).expect("the parent's store");
        assert_eq!(results(&store, "numbered"), [1, 2], "{how}");
        assert_eq!(results(&store, "of_the_child"), [0; 0], "{how}");
        let files = std::fs::read_dir(directory.path()).expect("readable").count();
        assert_eq!(files, 1, "{how}: nothing is left beside the store");
    }
}
