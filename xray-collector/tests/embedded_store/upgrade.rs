//! A store of an earlier format is read as if it were of the present one.
//!
//! `format-1.redb.zst` holds [`few`] batches, `format-2.redb.zst` [`many`] behind them, so that it has blocks: written by the
//! last version of xray whose stores had that format, with this file's code, and compressed by `zstd -19`.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use xray_collector::id::StepId;
use xray_collector::model::{Outcome, RunStatus};
use xray_collector::query::{Aggregation, AggregationText, Entity, Scope};
use xray_collector::store::{Batch, EmbeddedStore, FactsRow, Limits, Retention, Segment, Store};

use crate::fixture::{
    Payload, assert_sound, batch, directory, everything, film, number, open, run, run_id, runs, step, text,
};

const FORMAT_1: &[u8] = include_bytes!("format-1.redb.zst");
const FORMAT_2: &[u8] = include_bytes!("format-2.redb.zst");

/// Two runs of 300 steps after those of the [fixture](batch), of the last of which some are open.
fn few() -> [Batch; 2] {
    let mut payload = Payload { segment: 2, ..Payload::default() };
    let mut later = runs([run(100, 5_000, RunStatus::Completed), run(200, 6_000, RunStatus::Running)]);
    for root in [100, 200] {
        for n in 0..300_u64 {
            let mut row = step(run_id(root), root + 1_000 * n);
            row.parent = Some(StepId(root)).filter(|_| n > 0);
            row.started_ns = 5_000 + n;
            row.arguments = payload.put(&[&film(&format!("Film {n}"))]);
            row.result = payload.put(&[&number(n as u8)]);
            row.counts.kept = n % 3;
            if n % 5 == 0 {
                row.counts.reasons = vec![("dear".into(), n)];
            }
            if root == 200 && n > 290 {
                (row.outcome, row.is_final, row.result, row.duration_ns) = (Outcome::Open, false, None, None);
            }
            later.steps.push(row);
        }
    }
    let note = [&[0x40, 3, 0, 0, 0][..], &number(7), &text("round"), &text("late"), &[0x0f]].concat();
    let fact = |(root, step)| FactsRow { run: run_id(root), step: StepId(step), place: payload.put(&[&note]).unwrap() };
    later.facts = [(100, 100), (200, 5_200)].map(fact).to_vec();
    later.runs.iter_mut().for_each(|run| run.steps = 300);
    let names = ["Film", "title"].map(std::sync::Arc::from).to_vec();
    later.segments = vec![Segment { number: 2, names, payload: payload.bytes }];
    [batch(), later]
}

/// A run of 16,400 steps in two batches, so that rows are sealed, those of before among them; and one more.
fn many() -> [Batch; 3] {
    let mut first = runs([run(900, 9_000, RunStatus::Completed)]);
    first.runs[0].steps = 16_400;
    first.steps = (0..16_400).map(|n| step(run_id(900), 900 + 1_000 * n)).collect();
    let steps = first.steps.split_off(8_000);
    [first, Batch { steps, ..Batch::default() }, runs([run(901, 9_001, RunStatus::Completed)])]
}

fn write(store: &EmbeddedStore, batches: &[Batch]) {
    batches.iter().for_each(|batch| store.write(batch).unwrap());
}

/// A file of an earlier format.
fn file(directory: &TempDir, format: &[u8]) -> PathBuf {
    let path = directory.path().join("movies.redb");
    fs::write(&path, zstd::bulk::decompress(format, 4 << 20).unwrap()).unwrap();
    path
}

/// What a store of the present format says of the same.
fn expected(directory: &TempDir, more: &[Batch]) -> String {
    let path = directory.path().join("expected.redb");
    let store = open(&path);
    write(&store, &few());
    write(&store, more);
    let everything = everything(&store);
    drop(store);
    fs::remove_file(path).unwrap();
    everything
}

/// Opens it twice, so that it is of the present format the second time.
fn reads(directory: &TempDir, format: &[u8], expected: &str) -> EmbeddedStore {
    let path = file(directory, format);
    let store = open(&path);
    assert_sound(&store);
    assert_eq!(everything(&store), expected);
    drop(store);
    let store = open(&path);
    assert_eq!(everything(&store), expected, "once more");
    store
}

/// A store with few and many goes on.
fn goes_on(store: &EmbeddedStore, directory: &TempDir) {
    let steps_of = |root| store.steps(run_id(root), None, 1_000).unwrap().len();
    assert_eq!([1, 100, 200, 900].map(steps_of), [3, 300, 300, 1_000]);
    let report = store.check(&mut |_, _| {}).unwrap();
    assert!(report.is_sound() && report.blocks > 0, "{:#?}", report.problems);
    assert_eq!(everything(store), expected(directory, &many()));
    // What blocks come to is known without reading them.
    let text = AggregationText { group_by: "level", select: "count(), sum(kept)", ..AggregationText::of(Entity::Step) };
    let table = Aggregation::parse(&text).unwrap().run(store, &Scope::default()).unwrap();
    assert!(table.scanned.blocks_summed > 0, "{table:?}");

    let retention = Retention { all: Limits { runs: Some(2), ..Limits::NONE }, ..Retention::unlimited() };
    while !store.retain(&retention, 9).unwrap().is_done {}
    assert_sound(store);
    assert_eq!(store.removal(run_id(100)).unwrap().map(|removal| removal.removed_ns), Some(9));
}

#[test]
fn a_store_of_format_1_is_read_as_it_was_written_and_goes_on() {
    let directory = directory();
    let store = reads(&directory, FORMAT_1, &expected(&directory, &[]));
    write(&store, &many());
    goes_on(&store, &directory);
}

#[test]
fn a_store_of_format_2_is_read_as_it_was_written_and_goes_on() {
    let directory = directory();
    let store = reads(&directory, FORMAT_2, &expected(&directory, &many()));
    goes_on(&store, &directory);
}
