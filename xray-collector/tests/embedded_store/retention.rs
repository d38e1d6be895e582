//! Runs beyond the limits go, all of each, and the others stay as they were.

use std::fs;
use std::time::Duration;

use xray_collector::id::RunId;
use xray_collector::model::{Run, RunStatus};
use xray_collector::store::{Batch, EmbeddedStore, Limit, Limits, Removal, Removed, Retention, Store};

use crate::fixture::{
    all_runs, assert_sound, callsite, count, directory, open, run, run_id, runs, step, store_with_batch,
};
use crate::sealing::Model;

const NOW: u64 = 1_000_000;

fn most_runs(runs: u64) -> Retention {
    Retention { all: Limits { runs: Some(runs), ..Limits::NONE }, ..Retention::unlimited() }
}

/// Until nothing is beyond the limits.
fn retain(store: &EmbeddedStore, retention: &Retention) -> Removed {
    let mut removed = Removed::default();
    loop {
        let retained = store.retain(retention, NOW).unwrap_or_else(|error| panic!("{error}"));
        removed.add(retained.removed);
        if retained.is_done {
            return removed;
        }
    }
}

/// Has the store keep so many of the model's runs, and the model, too.
fn keep(model: &mut Model, most: usize) {
    let gone: Vec<RunId> = model.runs.keys().copied().take(model.runs.len().saturating_sub(most)).collect();
    let steps = model.steps.len();
    model.runs.retain(|run, _| !gone.contains(run));
    model.steps.retain(|(run, _), _| !gone.contains(run));
    let removed = retain(&model.store, &most_runs(most as u64));
    assert_eq!((removed.runs, removed.steps), (gone.len() as u64, (steps - model.steps.len()) as u64));
    for run in gone {
        assert_eq!(model.store.run(run).unwrap(), None);
        assert!(model.store.steps(run, None, 9).unwrap().is_empty());
        assert_eq!(model.store.removal(run).unwrap(), Some(Removal { removed_ns: NOW, limit: Limit::Runs }));
    }
    assert_eq!(all_runs(&model.store).len(), model.runs.len());
    model.check();
    model.check_items();
}

#[test]
fn runs_beyond_a_limit_are_gone_wherever_their_steps_are_and_the_others_are_as_they_were() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut model = Model::new(open(&path));
    // In blocks with others and in blocks alone, in several blocks, in rows, in both.
    model.write((1..=60).flat_map(|root| (10..400).map(move |n| (root, root + 1_000 * n))), |id| id % 1_000 != 5);
    model.write((61..=62).flat_map(|root| (0..18_000).map(move |n| (root, root + 1_000 * n))), |_| true);
    model.write((62..=80).flat_map(|root| (20_000..20_500).map(move |n| (root, root + 1_000 * n))), |_| true);
    model.write((79..=90).flat_map(|root| (30_000..30_010).map(move |n| (root, root + 1_000 * n))), |id| id % 2 == 0);
    model.check();
    keep(&mut model, 90);
    keep(&mut model, 87);
    keep(&mut model, 30);
    keep(&mut model, 29);
    // What comes later goes on with what is left.
    model.write((85..=99).flat_map(|root| (40_000..41_300).map(move |n| (root, root + 1_000 * n))), |_| true);
    model.check();
    keep(&mut model, 12);
    let Model { store, steps, runs, segment } = model;
    drop(store);
    let mut model = Model { store: open(&path), steps, runs, segment };
    model.check();
    keep(&mut model, 0);
    let report = model.store.check(&mut |_, _| {}).unwrap();
    assert_eq!((report.blocks, report.items, report.unreferenced_segments), (0, 0, 0), "nothing is left: {report:?}");
}

fn of_pipeline(pipeline: &str, root: u64) -> Run {
    Run { pipeline: pipeline.into(), ..run(root, 1_000 * root, RunStatus::Completed) }
}

fn roots(store: &impl Store) -> Vec<u64> {
    let mut roots: Vec<u64> = all_runs(store).iter().map(|run| run.root().0).collect();
    roots.reverse();
    roots
}

#[test]
fn limits_are_of_age_and_number_of_all_runs_and_of_a_pipeline() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let pipelines = ["pick", "check"];
    store.write(&runs((1..=20).map(|root| of_pipeline(pipelines[root as usize % 2], root)))).unwrap();
    let age = |from: u64| Limits { age: Some(Duration::from_nanos(NOW - 1_000 * from)), ..Limits::NONE };
    let number = |runs: u64| Limits { runs: Some(runs), ..Limits::NONE };

    assert_eq!(retain(&store, &Retention::unlimited()), Removed::default());
    assert_eq!(retain(&store, &Retention::default()), Removed::default());
    assert_eq!(retain(&store, &Retention { all: age(3), ..Retention::unlimited() }).runs, 2);
    assert_eq!(roots(&store), (3..=20).collect::<Vec<_>>());
    retain(&store, &Retention::unlimited().of_pipeline("check", number(6)).of_pipeline("none", number(0)));
    assert_eq!(roots(&store), [4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    retain(&store, &most_runs(12).of_pipeline("pick", age(11)));
    assert_eq!(
        roots(&store),
        [9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
        "four are too old, and the others few enough"
    );
    retain(&store, &most_runs(9));
    assert_eq!(roots(&store), [12, 13, 14, 15, 16, 17, 18, 19, 20]);
    let limit = |root| store.removal(run_id(root)).unwrap().map(|removal| removal.limit);
    assert_eq!(
        [1, 3, 4, 11, 12].map(limit),
        [Some(Limit::Age), Some(Limit::Runs), Some(Limit::Age), Some(Limit::Runs), None]
    );
    assert_eq!(count(&store, RunStatus::Completed), 9);
    assert_sound(&store);
}

#[test]
fn what_is_pinned_and_what_runs_stays() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = open(&path);
    let mut batch = runs((1..=9).map(|root| run(root, root, RunStatus::Completed)));
    batch.runs.push(run(10, 0, RunStatus::Running));
    batch.pins = vec![run_id(2), run_id(77)];
    store.write(&batch).unwrap();
    assert!(store.pin(run_id(4), true).unwrap() && store.pin(run_id(5), true).unwrap());
    assert!(store.pin(run_id(5), false).unwrap() && !store.pin(run_id(77), true).unwrap());
    let is_pinned = |store: &EmbeddedStore, root| store.run(run_id(root)).unwrap().unwrap().pinned;
    assert_eq!([2, 4, 5].map(|root| is_pinned(&store, root)), [true, true, false]);
    // The collector's row says nothing of pins.
    store.write(&runs([run(4, 4, RunStatus::Failed)])).unwrap();
    assert_eq!(retain(&store, &most_runs(2)).runs, 6);
    assert_eq!(roots(&store), [10, 2, 4, 9], "those that are pinned come on top");
    assert_eq!(retain(&store, &most_runs(0)).runs, 1);
    assert_eq!(roots(&store), [10, 2, 4]);
    drop(store);
    let store = open(&path);
    assert!(is_pinned(&store, 4));
    assert!(store.pin(run_id(4), false).unwrap());
    assert_eq!(retain(&store, &most_runs(0)).runs, 1);
    assert_sound(&store);
}

#[test]
fn what_comes_after_a_run_was_removed_does_not_bring_it_back() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    assert_eq!(retain(&store, &most_runs(0)), Removed { runs: 1, steps: 3 });
    let mut late = runs([run(1, 1_000, RunStatus::Failed), run(3, 9_000, RunStatus::Completed)]);
    late.steps = vec![step(run_id(1), 7), step(run_id(3), 3)];
    store.write(&late).unwrap();
    assert_eq!(all_runs(&store), [run_id(3), run_id(2)]);
    assert!(store.steps(run_id(1), None, 9).unwrap().is_empty());
    assert_sound(&store);
}

/// Who reads has what was there when they began.
#[test]
fn readers_go_on_while_runs_are_removed() {
    let directory = directory();
    let mut model = Model::new(open(&directory.path().join("movies.redb")));
    model.write((1..=40).flat_map(|root| (0..500).map(move |n| (root, root + 1_000 * n))), |_| true);
    let before = model.store.columns().unwrap().unwrap();
    let steps = |columns: &dyn xray_collector::store::StepColumns| -> usize {
        let all = xray_collector::store::ColumnSet::ALL;
        (0..columns.blocks().len()).map(|block| columns.read(block, all).unwrap().len()).sum()
    };
    assert_eq!(retain(&model.store, &most_runs(3)).runs, 37);
    assert_eq!(steps(&*before), 20_000);
    assert!(!before.values(0, 77, xray_collector::store::Part::Arguments).unwrap().is_empty());
    assert_eq!(steps(&*model.store.columns().unwrap().unwrap()), 1_500);
}

/// Values that no codec makes smaller, of as many runs as are said, in blocks.
fn write_megabytes(store: &EmbeddedStore, from: u64, count: u64) {
    let mut state = from;
    for root in from..from + count {
        let mut payload = crate::fixture::Payload { segment: root, ..Default::default() };
        let mut batch =
            Batch { callsites: vec![(0, callsite("suitable", &["films"]))], ..runs([of_pipeline("pick", root)]) };
        batch.runs[0].steps = 9_000;
        for n in 0..9_000 {
            let mut row = step(run_id(root), root + 1_000 * n);
            let digits = std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'!' + (state >> 33) as u8 % 90)
            });
            row.arguments = payload.put(&[&crate::fixture::text(&digits.take(110).collect::<String>())]);
            batch.steps.push(row);
        }
        batch.segments =
            vec![xray_collector::store::Segment { number: root, names: Vec::new(), payload: payload.bytes }];
        store.write(&batch).unwrap();
    }
}

#[test]
fn a_limit_of_bytes_holds_and_the_room_comes_back() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let length = || fs::metadata(&path).unwrap().len();
    let store = open(&path);
    let limit = |bytes: u64| Retention { all: Limits { bytes: Some(bytes), ..Limits::NONE }, ..Retention::unlimited() };
    write_megabytes(&store, 1, 20);
    let full = length();
    assert_eq!(retain(&store, &limit(1 << 30)), Removed::default());
    let removed = retain(&store, &limit(5 << 20));
    let left = roots(&store);
    assert!((2..=6).contains(&left.len()) && left.ends_with(&[20]), "{removed:?}: {left:?}");
    assert_eq!(store.removal(run_id(1)).unwrap().unwrap().limit, Limit::Bytes);
    // What is free is used again.
    write_megabytes(&store, 100, 12);
    assert!(length() <= full, "{} bytes, and {full} before", length());
    retain(&store, &limit(5 << 20));
    drop(store);
    assert!(length() < 12 << 20, "{} bytes of {full}", length());
    let store = open(&path);
    assert_sound(&store);
    assert!(store.step(run_id(111), xray_collector::id::StepId(111)).unwrap().is_some());
}

#[test]
fn a_pass_ends_when_all_that_is_beyond_the_limits_is_gone_however_much_it_is() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    store.write(&runs((1..=10_100).map(|root| run(root, root, RunStatus::Completed)))).unwrap();
    assert_eq!(retain(&store, &most_runs(7)).runs, 10_093);
    assert_eq!(all_runs(&store).len(), 7);
    assert_sound(&store);
}
