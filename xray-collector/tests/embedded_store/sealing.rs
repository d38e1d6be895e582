//! Steps that will not change any more go into blocks: nobody who reads notices.

use std::collections::BTreeMap;

use xray_collector::decision::{Basis, DecisionCounts, Verdict};
use xray_collector::id::{RunId, StepId};
use xray_collector::inference::item_hash;
use xray_collector::model::{Outcome, Run, RunStatus, StepDetail};
use xray_collector::store::{
    Batch, Column, ColumnSet, EmbeddedStore, FactsRow, ItemEntry, ItemRows, LateRow, MAX_PAGE, Part, Segment, StepRow,
    Store, flag,
};
use xray_collector::value::Captured;

use crate::fixture::{Payload, assert_sound, callsite, directory, film, list, number, open, run, run_id, step, text};

/// Everything about a step that one reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    row: StepRow,
    arguments: Option<String>,
    result: Option<String>,
    facts: Vec<String>,
}

/// A store, and what should be in it.
pub(crate) struct Model {
    pub(crate) store: EmbeddedStore,
    pub(crate) steps: BTreeMap<(RunId, StepId), Seen>,
    pub(crate) runs: BTreeMap<RunId, Run>,
    pub(crate) segment: u64,
}

impl Model {
    pub(crate) fn new(store: EmbeddedStore) -> Self {
        Self { store, steps: BTreeMap::new(), runs: BTreeMap::new(), segment: 0 }
    }

    /// Writes steps of these runs in one batch: each begins in it, and those of which `ends` says so end in it. Of those
    /// that began before, all end.
    pub(crate) fn write(&mut self, steps: impl Iterator<Item = (u64, u64)>, ends: impl Fn(u64) -> bool) {
        self.segment += 1;
        let mut payload = Payload { segment: self.segment, ..Payload::default() };
        let mut batch = Batch { callsites: vec![(0, callsite("suitable", &["films"]))], ..Batch::default() };
        let open: Vec<_> = self.steps.values().filter(|seen| !seen.row.is_final).map(|seen| seen.row.clone()).collect();
        let begun = steps.map(|(root, id)| {
            let mut row = step(run_id(root), id);
            row.parent = Some(StepId(root)).filter(|parent| parent.0 != id);
            (row.started_ns, row.duration_ns, row.outcome, row.is_final) = (1_000 * id, None, Outcome::Open, false);
            row
        });
        let began: Vec<_> = begun.collect();
        for (mut row, is_new) in
            open.into_iter().map(|row| (row, false)).chain(began.into_iter().map(|row| (row, true)))
        {
            let id = row.step.0;
            let run_row = self.runs.entry(row.run).or_insert_with(|| run(row.run.root().0, 500, RunStatus::Completed));
            let seen = self.steps.entry((row.run, row.step)).or_insert_with(|| {
                run_row.steps += 1;
                Seen { row: row.clone(), arguments: None, result: None, facts: Vec::new() }
            });
            if is_new {
                let title = format!("Film {id}");
                row.arguments = payload.put(&[&list(&[&film(&title)])]);
                seen.arguments = Some(format!(r#"[{{"title":"{title}"}}]"#));
            }
            if id % 7 == 0 {
                // A note: of a step that stays open in two batches.
                let note =
                    [&[0x40, 3, 0, 0, 0][..], &number(7), &text("round"), &text(&format!("{}", self.segment)), &[0x0f]]
                        .concat();
                let place = payload.put(&[&note]).unwrap();
                batch.facts.push(FactsRow { run: row.run, step: row.step, place });
                seen.facts.push(format!(r#"[7,"round","{}"]"#, self.segment));
            }
            if !is_new || ends(id) {
                (row.outcome, row.duration_ns, row.is_final) = (Outcome::Returned, Some(id % 977), true);
                row.result = payload.put(&[&number((id % 256) as u8)]);
                seen.result = Some(format!("{}", id % 256));
                (row.items_in, row.items_out) = (Some(id % 5), (id % 2 == 0).then_some(id % 3));
                row.counts.kept = id % 3;
                row.counts.eliminated = id % 5 - id % 5 % 3;
                if id % 11 == 0 {
                    row.counts.reasons = vec![("dear".into(), id % 5)];
                }
                batch.items.push(ItemEntry {
                    key_hash: item_hash(&format!("Film {}", id % 100)),
                    run: row.run,
                    step: row.step,
                    callsite: Some(0),
                    verdict: if id % 2 == 0 { Verdict::Kept } else { Verdict::Eliminated },
                    basis: Basis::Observed,
                    reason: (id % 2 == 1).then(|| "dear".into()),
                });
            }
            seen.row = row.clone();
            batch.steps.push(row);
        }
        batch.runs = self.runs.values().cloned().collect();
        let names = ["Film", "title"].map(std::sync::Arc::from).to_vec();
        batch.segments = vec![Segment { number: self.segment, names, payload: payload.bytes }];
        self.store.write(&batch).unwrap();
    }

    /// Compares all ways of reading with what should be there.
    pub(crate) fn check(&self) {
        assert_sound(&self.store);
        assert_eq!(self.store.summary().unwrap().steps, self.steps.len() as u64);
        for run in self.runs.keys() {
            let expected: Vec<_> = self.steps.range((*run, StepId(0))..=(*run, StepId(u64::MAX))).collect();
            let (mut read, mut after) = (Vec::new(), None);
            loop {
                let page = self.store.steps(*run, after, MAX_PAGE).unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                read.extend(page);
            }
            assert_eq!(read.len(), expected.len(), "steps of {run}");
            for ((_, seen), step) in expected.into_iter().zip(read) {
                assert_eq!(seen.row.clone().into_step(step.callsite.clone()), step);
            }
        }
        for ((run, id), seen) in self.steps.iter().step_by(1 + self.steps.len() / 2_000) {
            let detail = self.store.step(*run, *id).unwrap().expect("it is there");
            assert_eq!(&of_detail(seen.row.clone(), &detail), seen);
        }
        self.check_columns();
    }

    fn check_columns(&self) {
        let columns = self.store.columns().unwrap().expect("it has columns");
        let callsite = callsite("suitable", &["films"]);
        let mut rows = 0;
        for (at, info) in columns.blocks().iter().enumerate() {
            let block = columns.read(at, ColumnSet::ALL).unwrap();
            assert_eq!((block.len(), info.callsites.as_slice()), (info.steps, &[0][..]));
            assert!(info.runs_started_ns.0 <= 500 && info.runs_started_ns.1 >= 500);
            rows += block.len();
            for row in 0..block.len() {
                let id = StepId(block.column(Column::Step)[row]);
                let seen = &self.steps[&(block.run_of(row), id)];
                assert_eq!(block.step(row, callsite.clone()), seen.row.clone().into_step(callsite.clone()));
                assert_eq!(block.column(Column::Flags)[row] & flag::FACTS != 0, !seen.facts.is_empty());
                for column in Column::ALL {
                    let (lowest, highest) = info.range(column);
                    assert!((lowest..=highest).contains(&block.column(column)[row]), "{column:?}");
                }
                if row % 97 == 0 {
                    let values = |part| -> Vec<String> {
                        columns.values(at, row, part).unwrap().iter().map(Captured::json).collect()
                    };
                    assert_eq!(values(Part::Arguments).pop(), seen.arguments);
                    assert_eq!(values(Part::Result).pop(), seen.result);
                    assert_eq!(values(Part::Facts), seen.facts);
                }
            }
            let some: Vec<usize> = (at..block.len()).step_by(13).collect();
            let picked = columns.read_rows(at, &some).unwrap();
            assert_eq!(picked.len(), some.len());
            for (place, row) in some.into_iter().enumerate() {
                assert_eq!(picked.run_of(place), block.run_of(row));
                assert_eq!(picked.step(place, callsite.clone()), block.step(row, callsite.clone()));
            }
            if !block.is_empty() {
                let few = [Column::Parent, Column::Duration].into_iter().collect();
                let read = columns.read(at, few).unwrap();
                assert_eq!(read.column(Column::Parent), block.column(Column::Parent));
                assert_eq!(read.column(Column::Duration), block.column(Column::Duration));
            }
        }
        assert_eq!(rows, self.steps.len());
    }

    pub(crate) fn check_items(&self) {
        for key in ["Film 1", "Film 2", "Film 30"] {
            let wanted: u64 = key[5..].parse().unwrap();
            let ended = self.steps.values().filter(|seen| seen.row.is_final && seen.row.step.0 % 100 == wanted);
            let mut expected: Vec<_> = ended.map(|seen| (std::cmp::Reverse(seen.row.run), seen.row.step)).collect();
            expected.sort();
            let found = self.store.item(key, usize::MAX).unwrap().expect("it has an index").rows;
            assert_eq!(found.len(), expected.len(), "{key}");
            for (row, (run, step)) in found.iter().zip(expected) {
                assert_eq!((row.run, row.step, row.callsite, row.run_started_ns), (run.0, step, 0, 500));
                let is_kept = step.0 % 2 == 0;
                assert_eq!(row.verdict, if is_kept { Verdict::Kept } else { Verdict::Eliminated });
                assert_eq!(row.reason.as_deref(), (!is_kept).then_some("dear"));
            }
            assert_eq!(self.store.item(key, 3).unwrap().unwrap().rows, found[..found.len().min(3)]);
        }
        assert_eq!(self.store.item("Film 100", 9).unwrap().unwrap(), ItemRows::default());
    }
}

fn of_detail(row: StepRow, detail: &StepDetail) -> Seen {
    let facts = detail.facts.iter().map(Captured::json).collect();
    Seen {
        row,
        arguments: detail.arguments.first().map(|argument| argument.captured.json()),
        result: detail.result.as_ref().map(Captured::json),
        facts,
    }
}

#[test]
fn steps_of_large_and_of_small_batches_are_read_as_they_were_written() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut model = Model::new(open(&path));
    // So few that they stay rows; so many that they are blocks at once; then few again until they are enough for one.
    model.write((1..=10).flat_map(|root| (0..5).map(move |n| (root, root + 1_000 * n))), |id| id % 3 == 0);
    model.check();
    model.write((1..=60).flat_map(|root| (10..400).map(move |n| (root, root + 1_000 * n))), |id| id % 1_000 != 5);
    model.check();
    model.write((100..=130).flat_map(|root| (0..900).map(move |n| (root, root + 1_000 * n))), |id| id % 500 != 5);
    model.check();
    for round in 0..9 {
        model.write(
            (200..=203).flat_map(|root| (round * 600..(round + 1) * 600).map(move |n| (root, root + 1_000 * n))),
            |id| id % 97 != 0,
        );
    }
    model.check();
    model.check_items();
    let bytes_of_segments = |store: &EmbeddedStore| store.next_segment().unwrap();
    assert_eq!(bytes_of_segments(&model.store), 13);

    let Model { store, steps, runs, segment } = model;
    drop(store);
    let model = Model { store: open(&path), steps, runs, segment };
    model.check();
    model.check_items();
}

#[test]
fn what_waits_to_be_a_block_becomes_one_when_the_store_is_closed() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut model = Model::new(open(&path));
    for round in 0..6 {
        model.write(
            (1..=4).flat_map(|root| (round * 250..(round + 1) * 250).map(move |n| (root, root + 10 * n))),
            |id| id % 97 != 0,
        );
        model.check();
    }
    let rows = |store: EmbeddedStore| -> u64 {
        drop(store);
        waiting(&path).0
    };
    let Model { store, steps, runs, segment } = model;
    assert_eq!(rows(store), 0);
    let mut model = Model { store: open(&path), steps, runs, segment };
    model.check();
    model.check_items();
    // Few stay rows.
    model.write((1..=100).map(|n| (9, n)), |_| true);
    model.check();
    assert!(rows(model.store) >= 100);
}

#[test]
fn what_is_said_late_is_added_to_a_step_that_is_in_a_block() {
    let directory = directory();
    let mut model = Model::new(open(&directory.path().join("movies.redb")));
    model.write((1..=20_000).map(|n| (1, n)), |_| true);
    let (run, steps) = (run_id(1), [StepId(1), StepId(2), StepId(20_000)]);
    let counts = DecisionCounts { kept: 2, reasons: vec![("dear".into(), 4)], ..DecisionCounts::default() };
    let late = steps.map(|step| LateRow {
        run,
        step,
        counts: counts.clone(),
        important: true,
        items_in: Some(9),
        items_out: None,
    });
    let mut payload = Payload { segment: 2, ..Payload::default() };
    let note = [&[0x40, 3, 0, 0, 0][..], &number(7), &text("round"), &text("late"), &[0x0f]].concat();
    let facts = steps.map(|step| FactsRow { run, step, place: payload.put(&[&note]).unwrap() });
    let segments = vec![Segment { number: 2, names: Vec::new(), payload: payload.bytes }];
    model.store.write(&Batch { late: late.to_vec(), facts: facts.to_vec(), segments, ..Batch::default() }).unwrap();
    for late in &late {
        let seen = model.steps.get_mut(&(run, late.step)).unwrap();
        seen.row.add(late);
        seen.facts.push(r#"[7,"round","late"]"#.to_owned());
    }
    model.segment = 2;
    model.check();
    // It stays so when more is written.
    model.write((1..=20_000).map(|n| (2, n)), |_| true);
    model.check();
}

#[test]
fn a_block_that_is_damaged_is_named_and_others_are_read() {
    use redb::{Database, TableDefinition};
    const BLOCKS: TableDefinition<(u64, u32, u32), &[u8]> = TableDefinition::new("blocks");

    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut model = Model::new(open(&path));
    model.write((1..=20_000).map(|n| (1, n)), |_| true);
    model.write((1..=20_000).map(|n| (2, n)), |_| true);
    drop(model.store);
    let keys: Vec<(u64, u32, u32)> = {
        let database = Database::open(&path).unwrap();
        use redb::ReadableDatabase;
        let read = database.begin_read().unwrap();
        let table = read.open_table(BLOCKS).unwrap();
        table.range((0, 0, 0)..(1, 0, 0)).unwrap().map(|entry| entry.unwrap().0.value()).collect()
    };
    assert!(keys.len() > 20, "{}", keys.len());
    for key in keys {
        let change = |bit: u8| {
            let database = Database::open(&path).unwrap();
            let write = database.begin_write().unwrap();
            {
                use redb::ReadableTable;
                let mut table = write.open_table(BLOCKS).unwrap();
                let mut bytes = table.get(key).unwrap().unwrap().value().to_vec();
                *bytes.last_mut().unwrap() ^= bit;
                table.insert(key, &*bytes).unwrap();
            }
            write.commit().unwrap();
        };
        change(4);
        let store = open(&path);
        let columns = store.columns().unwrap().unwrap();
        let run = run_id(1);
        let read = columns.read(0, ColumnSet::ALL).map(drop);
        let values = || (0..16_384).try_for_each(|row| columns.values(0, row, Part::Arguments).map(drop));
        let summary = || columns.summary(0).map(drop);
        let error = read.and_then(|()| summary()).and_then(|()| values()).unwrap_err().to_string();
        assert!(error.starts_with("the store is damaged at block 0"), "{key:?}: {error}");
        assert!(error.ends_with("its checksum does not match"), "{key:?}: {error}");
        assert_eq!(columns.read(1, ColumnSet::ALL).unwrap().len(), 20_000 - 16_384);
        assert_eq!(store.run(run).unwrap().unwrap().steps, 20_001);
        assert_eq!(store.steps(run_id(2), Some(StepId(19_000)), 10).unwrap().len(), 10);
        drop(columns);
        drop(store);
        change(4);
    }
}

/// What waits to be a block after a store was closed: rows, and the bytes of their values.
fn waiting(path: &std::path::Path) -> (u64, u64) {
    use redb::{Database, ReadableDatabase, TableDefinition};
    let read = Database::open(path).unwrap().begin_read().unwrap();
    let meta = read.open_table(TableDefinition::<&str, u64>::new("meta")).unwrap();
    let count = |name| meta.get(name).unwrap().map_or(0, |count| count.value());
    (count("final rows"), count("final bytes"))
}

#[test]
fn few_steps_with_large_values_do_not_wait_to_be_many() {
    const VALUE: usize = 200 * 256;
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let value = list(&vec![&text(&"x".repeat(253))[..]; 200]);
    let write = |store: &EmbeddedStore, segment: u64, steps: u64| {
        let mut payload = Payload { segment, ..Payload::default() };
        let rows = (0..steps).map(|n| {
            let mut row = step(run_id(1), 1 + segment * 1_000 + n);
            row.arguments = payload.put(&[&list(&[&number((n % 256) as u8)]), &value]);
            row
        });
        let steps = rows.collect();
        let callsites = vec![(0, callsite("suitable", &["number", "films"]))];
        let runs = vec![run(1, 500, RunStatus::Completed)];
        let segments = vec![Segment { number: segment, names: Vec::new(), payload: payload.bytes }];
        store.write(&Batch { callsites, runs, steps, segments, ..Batch::default() }).unwrap();
    };
    let store = open(&path);
    // Each batch has little: they wait until they are as much as a block may have.
    for segment in 1..=40 {
        write(&store, segment, 10);
    }
    drop(store);
    let (rows, bytes) = waiting(&path);
    assert!(rows < 400 && bytes > 0 && bytes < 17 * 10 * (VALUE as u64 + 100), "{rows} rows, {bytes} bytes");
    // One that has much makes a block at once.
    let store = open(&path);
    write(&store, 41, 80);
    drop(store);
    assert_eq!(waiting(&path), (rows, bytes));

    let store = open(&path);
    assert_sound(&store);
    assert_eq!(store.summary().unwrap().steps, 480);
    for id in [1_001, 20_009, 40_000, 40_009, 41_059] {
        let detail = store.step(run_id(1), StepId(1 + id)).unwrap().expect("it is there");
        assert!(detail.arguments[1].captured.json().len() > 200 * 253, "{id}");
    }
}
