//! Damaged files: what can be read is read, the rest is an error that names the place, and nothing panics.

use std::fs;
use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition};
use xray_collector::id::StepId;
use xray_collector::model::RunStatus;
use xray_collector::store::{Batch, EmbeddedStore, MAX_PAGE, RunQuery, Segment, Store, StoreError};

use crate::fixture::{
    PROCESS, batch, directory, everything, file_with_batch, open, run, run_id, runs, store_with_batch,
};
use crate::process::{Process, say};

const RUNS: TableDefinition<(u64, u128), &[u8]> = TableDefinition::new("runs");
const RUN_AT: TableDefinition<u128, (u64, u8, u64)> = TableDefinition::new("run_at");
const STEPS: TableDefinition<(u128, u64), &[u8]> = TableDefinition::new("steps");
const SEGMENTS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("segments");
const CALLSITES: TableDefinition<u32, &[u8]> = TableDefinition::new("callsites");

/// Changes a table of a store that is closed.
fn change<K: redb::Key, V: redb::Value>(
    path: &Path,
    table: TableDefinition<K, V>,
    change: impl FnOnce(&mut Table<K, V>),
) {
    let database = Database::open(path).unwrap();
    let write = database.begin_write().unwrap();
    change(&mut write.open_table(table).unwrap());
    write.commit().unwrap();
}

fn error<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    let error = result.expect_err("it is damaged");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn a_damaged_segment_is_named_and_the_rest_is_read() {
    let directory = directory();
    let path = file_with_batch(&directory);
    change(&path, SEGMENTS, |segments| {
        let mut bytes = segments.get((1, 0)).unwrap().unwrap().value().to_vec();
        bytes[30] ^= 1;
        segments.insert((1, 0), &*bytes).unwrap();
    });
    let store = open(&path);
    let message = "the store is damaged at segment 1: its checksum does not match";
    assert_eq!(error(store.step(run_id(1), StepId(1))), message);
    assert_eq!(error(store.step(run_id(1), StepId(1))), message);
    assert_eq!(store.steps(run_id(1), None, 9).unwrap().len(), 3);
    assert!(store.step(run_id(2), StepId(2)).unwrap().is_some());
    assert_eq!(store.run(run_id(1)).unwrap().as_ref(), Some(&batch().runs[0]));
}

/// Not by redb, which would give the page a new checksum, but in the file.
#[test]
fn a_byte_of_a_segment_that_has_changed_on_disk_is_noticed() {
    let directory = directory();
    let path = file_with_batch(&directory);
    let stored = {
        let database = Database::open(&path).unwrap();
        let segments = database.begin_read().unwrap().open_table(SEGMENTS).unwrap();
        segments.get((1, 0)).unwrap().unwrap().value().to_vec()
    };
    let mut file = fs::read(&path).unwrap();
    let places: Vec<_> = (0..file.len()).filter(|at| file[*at..].starts_with(&stored)).collect();
    assert!(!places.is_empty());
    for place in places {
        file[place + stored.len() - 1] ^= 0x80;
    }
    fs::write(&path, file).unwrap();
    let message = "the store is damaged at segment 1: its checksum does not match";
    assert_eq!(error(open(&path).step(run_id(1), StepId(1))), message);
}

#[test]
fn a_missing_segment_is_named() {
    let directory = directory();
    let path = file_with_batch(&directory);
    change(&path, SEGMENTS, |segments| drop(segments.remove((1, 0)).unwrap()));
    let of = format!("step 0000000000000001 of run {}", run_id(1));
    assert_eq!(
        error(open(&path).step(run_id(1), StepId(1))),
        format!("the store is damaged at segment 1: it is not there, and should hold the arguments of {of}"),
    );
}

#[test]
fn a_place_outside_its_segment_is_named() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    let mut row = batch().steps[1].clone();
    row.result.as_mut().unwrap().length = 1_000;
    store.write(&Batch { steps: vec![row.clone()], ..Batch::default() }).unwrap();
    let of = format!("step 0000000000000001 of run {}", run_id(1));
    let offset = row.result.unwrap().offset;
    assert_eq!(
        error(store.step(run_id(1), StepId(1))),
        format!("the store is damaged at segment 1: it ends before byte {offset} + 1000, the result of {of}"),
    );

    row.result.as_mut().unwrap().length = 3;
    store.write(&Batch { steps: vec![row], ..Batch::default() }).unwrap();
    assert_eq!(
        error(store.step(run_id(1), StepId(1))),
        format!(
            "the store is damaged at segment 1: the result of {of} do not decode: the bytes end too early at byte 2"
        ),
    );
}

#[test]
fn a_segment_that_is_written_again_is_read_anew() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    assert!(store.step(run_id(1), StepId(1)).is_ok());
    let segments = vec![Segment { number: 1, ..Segment::default() }];
    store.write(&Batch { segments, ..Batch::default() }).unwrap();
    assert!(error(store.step(run_id(1), StepId(1))).contains("segment 1: it ends before"));
}

#[test]
fn damaged_rows_are_named() {
    let directory = directory();
    let path = file_with_batch(&directory);
    let key = run_id(1).0;
    change(&path, RUNS, |runs| drop(runs.insert((1_000, key), &[0xff, 1, 2][..]).unwrap()));
    change(&path, STEPS, |steps| {
        let mut block = steps.get((key, 1)).unwrap().unwrap().value().to_vec();
        block.push(0);
        steps.insert((key, 1), &*block).unwrap();
        steps.insert((key, 12), &[0, 0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]).unwrap();
        steps.insert((key, 13), &[0, 0, 7, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]).unwrap();
        steps.insert((key, 14), &[0xff; 11][..]).unwrap();
    });
    let store = open(&path);
    let run = run_id(1);
    let end = "Hit the end of buffer, expected more data";
    assert_eq!(error(store.run(run)), format!("the store is damaged at run {run}: {end}"));
    let page = store.runs(&RunQuery { limit: 9, ..RunQuery::default() }).unwrap();
    assert_eq!((page.rows.len(), page.damaged), (1, vec![format!("run {run}: {end}")]));
    let step = |step| error(store.step(run, StepId(step)));
    let place = |step| format!("the store is damaged at step {} of run {run}: ", StepId(step));
    let last = batch().steps.iter().filter(|row| row.run == run).map(|row| row.step.0).max().unwrap();
    let undecodable = "its row, or the one after it, does not decode";
    assert_eq!(step(1), place(last) + undecodable);
    assert_eq!(step(12), place(12) + "its callsite 9 is not there");
    assert_eq!(step(13), place(13) + undecodable, "99 is no outcome");
    assert_eq!(step(14), place(14) + undecodable);
    assert_eq!(error(store.steps(run, None, 9)), step(1));
    // The other runs are as they were.
    assert_eq!(store.run(run_id(2)).unwrap().as_ref(), Some(&batch().runs[1]));
    assert_eq!(store.steps(run_id(2), None, 9).unwrap().len(), 1);
}

#[test]
fn tables_that_contradict_each_other_are_damaged() {
    let directory = directory();
    let path = file_with_batch(&directory);
    let [failed, running] = [run_id(1), run_id(2)];
    change(&path, RUN_AT, |places| drop(places.insert(failed.0, (1_001, 2, u64::MAX)).unwrap()));
    change(&path, RUNS, |runs| drop(runs.remove((3_000, running.0)).unwrap()));
    change(&path, CALLSITES, |callsites| drop(callsites.insert(7, &[0xff][..]).unwrap()));
    let store = open(&path);
    assert_eq!(
        error(store.run(failed)),
        format!("the store is damaged at run {failed}: it is not where its place says"),
    );
    assert_eq!(
        error(store.mark_crashed(xray_collector::id::ProcessId(9))),
        format!("the store is damaged at run {running}: it is listed as open and is not there"),
    );
    assert!(error(store.callsites()).starts_with("the store is damaged at callsite 7: "));
    drop(store);

    change(&path, RUN_AT, |places| drop(places.insert(failed.0, (1_000, 77, u64::MAX)).unwrap()));
    let store = open(&path);
    assert_eq!(
        error(store.write(&runs([run(1, 1, RunStatus::Running)]))),
        format!("the store is damaged at the place of run {failed}: 77 is not a status"),
    );
    // That batch was not written, and others are.
    assert_eq!(store.run(failed).unwrap().as_ref(), Some(&batch().runs[0]));
    store.write(&runs([run(5, 5, RunStatus::Running)])).unwrap();
    assert!(store.run(run_id(5)).unwrap().is_some());
}

/// A file that was not closed is verified when it is opened: whatever byte of it is wrong, the store is as it was at
/// the last or the last but one commit, or refused.
#[test]
fn a_damaged_file_that_was_not_closed_is_as_it_was_or_refused() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = store_with_batch(&path);
    let mut states = vec![everything(&store)];
    store.write(&runs([run(3, 4_000, RunStatus::Running)])).unwrap();
    states.push(everything(&store));
    let whole = fs::read(&path).unwrap();
    drop(store);
    for place in sample(&whole, |_| true) {
        damage(&path, &whole, place);
        match EmbeddedStore::open(&path) {
            Ok(store) => {
                assert!(states.contains(&everything(&store)), "byte {place}");
                store.write(&batch()).unwrap();
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.starts_with("the store is damaged at ") || message.contains("is not"), "{message}");
            }
        }
    }
}

/// In a process of its own, which does not print the panics of redb that the store catches.
#[test]
fn a_damaged_file_that_was_closed_is_answered_from_or_refused() {
    let directory = directory();
    let path = file_with_batch(&directory);
    let mut process = Process::start("read damaged files", &path);
    assert_eq!(process.listen().as_deref(), Some("done"));
}

pub(crate) fn read_damaged_files(path: &Path) {
    std::panic::set_hook(Box::new(|_| {}));
    let whole = fs::read(path).unwrap();
    // Pages that hold rows. In those that redb keeps for itself there are a few bytes that make it panic twice when it
    // is closed, which nobody can catch.
    let rows: [&[u8]; 3] = [&PROCESS.0.to_le_bytes(), b"movies::pick", b"runs failed"];
    let has_rows = |place: usize| {
        let page = &whole[place / 4_096 * 4_096..][..4_096];
        rows.iter().any(|row| page.windows(row.len()).any(|bytes| bytes == *row))
    };
    for place in sample(&whole, has_rows) {
        damage(path, &whole, place);
        if std::panic::catch_unwind(|| ask_for_everything(path)).is_err() {
            say(format!("it panics if byte {place} is wrong"));
        }
    }
}

/// The bytes to damage, one after the other: a sample of those that are not zero, as padding and free pages are.
fn sample(file: &[u8], wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = usize> {
    const SAMPLE: usize = 40;
    let places: Vec<_> = (0..file.len()).filter(|place| file[*place] != 0 && wanted(*place)).collect();
    let step = places.len() / SAMPLE;
    places.into_iter().step_by(step.max(1))
}

fn damage(path: &Path, whole: &[u8], place: usize) {
    let mut file = whole.to_vec();
    file[place] ^= 1 << (place % 8);
    fs::write(path, file).unwrap();
}

fn ask_for_everything(path: &Path) {
    let Ok(store) = EmbeddedStore::open(path) else { return };
    let _ = store.callsites();
    let _ = store.next_segment();
    let _ = store.summary();
    let _ = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() });
    for run in [run_id(1), run_id(2), run_id(3)] {
        let _ = store.run(run);
        let _ = store.steps(run, None, MAX_PAGE);
        for step in [1, 2, u64::MAX] {
            let _ = store.step(run, StepId(step));
        }
    }
    let _ = store.mark_crashed(PROCESS);
    let _ = store.write(&batch());
}
