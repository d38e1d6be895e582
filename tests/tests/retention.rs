//! A program keeps as many runs as it says, and those that it pins.

use std::process::Stdio;
use std::time::Duration;

use xray::model::Run;
use xray::store::{EmbeddedStore, Limits, MAX_PAGE, Retention, RunQuery, Store as _};
use xray_tests::{child, role, turn};

#[xray::run]
fn work(number: u64) -> u64 {
    if number == 2 {
        xray::pin_run();
    }
    number
}

fn runs(path: &std::path::Path) -> Vec<Run> {
    let store = EmbeddedStore::open(path).expect("a store that opens");
    store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).expect("readable").rows
}

fn record(path: &std::path::Path, set: impl FnOnce(xray::Builder) -> xray::Builder) -> xray::Stats {
    let guard = set(xray::builder().store(path)).start().expect("a collector");
    (0..10).for_each(|number| {
        work(number);
        // So that they began at different times, in this order.
        guard.flush().expect("a store that works");
    });
    drop(guard);
    xray::stats()
}

#[test]
fn at_the_end_as_many_runs_are_left_as_are_kept() {
    if let Some(path) = role() {
        record(path.as_ref(), |builder| builder);
        return;
    }
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("kept.redb");
    let three = Limits { runs: Some(3), ..Limits::NONE };
    let stats = record(&path, |builder| builder.retain(Retention { all: three, ..Retention::default() }));
    assert_eq!((stats.removed.runs, stats.removed.steps, stats.retention_error), (6, 6, None));
    let left: Vec<_> = runs(&path).iter().map(|run| run.pinned).collect();
    assert_eq!(left, [false, false, false, true], "the last three, and the one that is pinned");
    assert!(xray_collector::check(&path, |_, _| {}).expect("readable").is_sound());

    let every = record(&path, |builder| builder.retain(Retention::unlimited()));
    assert_eq!((every.removed.runs, runs(&path).len()), (0, 14));
    let of_pipeline = Retention::unlimited().of_pipeline("work", Limits { age: Some(Duration::ZERO), ..Limits::NONE });
    record(&path, |builder| builder.retain(of_pipeline));
    assert_eq!(runs(&path).len(), 3, "the pinned one of each");
}

#[test]
fn whoever_runs_the_program_decides_how_much_is_kept() {
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("kept.redb");
    let start = |days: &str, runs: &str| {
        child("at_the_end_as_many_runs_are_left_as_are_kept", path.to_str().expect("UTF-8"))
            .env("XRAY_KEEP_DAYS", days)
            .env("XRAY_KEEP_RUNS", runs)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .expect("it runs")
    };
    assert!(start("unlimited", "4").status.success());
    assert_eq!(runs(&path).len(), 5, "and the pinned one");
    let refused = start("7", "few");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("XRAY_KEEP_RUNS"), "{said}");
}
