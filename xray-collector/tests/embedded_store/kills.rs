//! A process that is killed, at whatever moment, loses nothing that it was told is stored, and leaves a file in which
//! everything fits together.

use std::path::Path;
use std::time::Duration;

use xray_collector::decision::{Basis, Verdict};
use xray_collector::id::StepId;
use xray_collector::inference::item_hash;
use xray_collector::model::RunStatus;
use xray_collector::store::{Batch, EmbeddedStore, ItemEntry, Limits, Retention, Segment, Store};

use crate::fixture::{Payload, all_runs, assert_sound, callsite, directory, open, run, run_id, step, text};
use crate::process::{Process, say};

/// How many processes are killed, two at a time, each half with a file of its own.
const KILLS: u64 = 200;
/// So many runs are kept: the file stays as small as the test is short.
const KEPT: u64 = 8;

/// The root of the number-th run; its steps follow.
fn root(number: u64) -> u64 {
    number * 100_000
}

/// So many that they are put into blocks at once; so few that they are rows, until there are enough of them.
fn steps_of(number: u64) -> u64 {
    if number.is_multiple_of(9) { 8_300 } else { 600 + number % 7 }
}

fn title(number: u64, step: u64) -> String {
    format!("Film {number} {step}")
}

fn batch(number: u64) -> Batch {
    let id = run_id(root(number));
    let mut payload = Payload { segment: number, ..Payload::default() };
    let mut of_run = run(root(number), number, RunStatus::Completed);
    of_run.steps = steps_of(number);
    let mut batch =
        Batch { callsites: vec![(0, callsite("suitable", &["film"]))], runs: vec![of_run], ..Batch::default() };
    for at in 0..steps_of(number) {
        let mut row = step(id, root(number) + at);
        row.arguments = payload.put(&[&text(&title(number, at))]);
        batch.steps.push(row);
    }
    batch.items = (0..9)
        .map(|at| ItemEntry {
            key_hash: item_hash(&format!("Film {at}")),
            run: id,
            step: StepId(root(number) + at),
            callsite: Some(0),
            verdict: Verdict::Kept,
            basis: Basis::Observed,
            reason: None,
        })
        .collect();
    batch.segments = vec![Segment { number, names: Vec::new(), payload: payload.bytes }];
    batch
}

fn last_run(store: &EmbeddedStore) -> u64 {
    all_runs(store).first().map_or(0, |run| run.root().0 / 100_000)
}

/// Writes runs for ever and says so, and removes those before them.
pub(crate) fn write_and_remove(path: &Path) {
    let store = open(path);
    let retention = Retention { all: Limits { runs: Some(KEPT), ..Limits::NONE }, ..Retention::unlimited() };
    for number in last_run(&store) + 1.. {
        store.write(&batch(number)).unwrap();
        say(number);
        for _ in 0..number % 4 {
            store.retain(&retention, number).unwrap();
        }
        if number.is_multiple_of(13) {
            store.compact().unwrap();
        }
    }
}

/// Kills a process after it has said some things. Returns the last run that it said is stored.
fn kill_one(path: &Path, kill: u64) -> u64 {
    let mut process = Process::start("write and remove", path);
    let said = (0..kill % 5).filter_map(|_| process.listen()).last();
    std::thread::sleep(Duration::from_micros(kill * 7_919 % 40_000));
    let said = process.kill().pop().or(said);
    said.map_or(0, |said| said.parse().expect("a number"))
}

fn check(path: &Path, said: u64) {
    let store = open(path);
    assert_sound(&store);
    let last = last_run(&store);
    assert!(last >= said, "run {said} was stored, and {last} is the last one that is there");
    for number in 1..=last {
        let id = run_id(root(number));
        let Some(found) = store.run(id).unwrap() else {
            assert!(store.removal(id).unwrap().is_some(), "run {number} of {last} is missing");
            assert!(number + KEPT <= last, "run {number} of {last} was removed too early");
            continue;
        };
        assert_eq!(found.steps, steps_of(number));
        for at in [0, steps_of(number) / 2, steps_of(number) - 1] {
            let detail = store.step(id, StepId(root(number) + at)).unwrap().expect("all of a run is there");
            assert_eq!(detail.arguments[0].captured.json(), format!("{:?}", title(number, at)));
        }
    }
    let rows = store.item("Film 3", usize::MAX).unwrap().expect("an index").rows;
    assert_eq!(rows.len(), all_runs(&store).len());
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_everything_fits_together() {
    let directory = directory();
    let kill_half = |half: u64| {
        let path = directory.path().join(format!("{half}.redb"));
        let mut said = 0;
        for kill in 0..KILLS / 2 {
            said = kill_one(&path, kill * 2 + half).max(said);
            check(&path, said);
        }
        said
    };
    let last = std::thread::scope(|scope| {
        let other = scope.spawn(|| kill_half(1));
        [kill_half(0), other.join().expect("no panic")]
    });
    assert!(last.iter().all(|last| *last > KILLS / 2), "they had something to do: {last:?}");
}
