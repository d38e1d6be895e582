//! Large lists of the index of items are merged while batches are written: what is asked meanwhile, and what is closed
//! meanwhile, finds the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition};
use xray_collector::decision::{Basis, Verdict};
use xray_collector::id::StepId;
use xray_collector::inference::item_hash;
use xray_collector::model::RunStatus;
use xray_collector::store::{Batch, EmbeddedStore, ItemEntry, Limits, Retention, Store};

use crate::fixture::{assert_sound, callsite, directory, open, run, run_id, step};

/// A batch has so many steps, each with so many items: eight of these are more than is merged at once.
const STEPS: u64 = 100;
const ITEMS: u64 = 200;
/// Items are told of again and again.
const KEYS: u64 = 5_000;

fn key(number: u64) -> String {
    format!("Film {}", number % KEYS)
}

/// What is known of each item: by run and step.
#[derive(Default)]
struct Model(BTreeMap<(String, u64, u64), Verdict>);

impl Model {
    /// Writes a batch of a run of its own, which says something else of the first items of the run before, too.
    fn write(&mut self, store: &EmbeddedStore, root: u64) {
        let mut items = Vec::new();
        let mut say = |root: u64, id: u64, number: u64, verdict: Verdict| {
            self.0.insert((key(number), root, id), verdict);
            let (run, step, key_hash) = (run_id(root), StepId(id), item_hash(&key(number)));
            items.push(ItemEntry {
                key_hash,
                run,
                step,
                callsite: Some(0),
                verdict,
                basis: Basis::Observed,
                reason: None,
            });
        };
        for number in 0..STEPS * ITEMS {
            say(root, root + 1_000 * (number / ITEMS), root * 7 + number * 13, Verdict::Kept);
        }
        for number in 0..if root > 1 { 50 } else { 0 } {
            say(root - 1, root - 1, (root - 1) * 7 + number * 13, Verdict::Eliminated);
        }
        let rows = |id| {
            let mut row = step(run_id(root), root + 1_000 * id);
            row.counts.kept = ITEMS;
            row
        };
        let batch = Batch {
            callsites: vec![(0, callsite("suitable", &["films"]))],
            runs: vec![run(root, 500 + root, RunStatus::Completed)],
            steps: (0..STEPS).map(rows).collect(),
            items,
            ..Batch::default()
        };
        store.write(&batch).unwrap();
    }

    fn check(&self, store: &EmbeddedStore, from_root: u64) {
        for number in [7, 20, 3_000] {
            let of_key = self.0.range((key(number), from_root, 0)..=(key(number), u64::MAX, u64::MAX));
            let mut expected: Vec<_> = of_key.map(|((_, root, step), verdict)| (*root, *step, *verdict)).collect();
            expected.sort_by_key(|(root, step, _)| (std::cmp::Reverse(*root), *step));
            let found = store.item(&key(number), usize::MAX).unwrap().expect("it has an index");
            assert!(found.damaged.is_empty());
            let found: Vec<_> = found.rows.iter().map(|row| (row.run.root().0, row.step.0, row.verdict)).collect();
            assert_eq!(found, expected, "{}", key(number));
        }
    }
}

fn lists(path: &Path) -> u64 {
    let read = Database::open(path).unwrap().begin_read().unwrap();
    read.open_table(TableDefinition::<u64, &[u8]>::new("item_heads")).unwrap().len().unwrap()
}

#[test]
fn lists_are_merged_beside_what_is_written_and_the_last_word_counts() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let (mut store, mut model) = (open(&path), Model::default());
    for root in 1..=40 {
        model.write(&store, root);
        model.check(&store, 1);
        // In the middle of it, perhaps.
        if root % 9 == 0 {
            drop(store);
            store = open(&path);
            model.check(&store, 1);
        }
    }
    assert_sound(&store);
    drop(store);
    // Closing gives up what is not done: it is begun again, and comes in with a later batch.
    let mut root = 41;
    while lists(&path) > 20 {
        assert!(root < 400, "nothing was ever merged");
        store = open(&path);
        for _ in 0..3 {
            model.write(&store, root);
            std::thread::sleep(Duration::from_millis(20));
            root += 1;
        }
        model.check(&store, 1);
        drop(store);
    }
    store = open(&path);
    model.check(&store, 1);
    assert_sound(&store);
}

#[test]
fn runs_that_are_removed_while_lists_are_merged_are_gone() {
    let directory = directory();
    let (store, mut model) = (open(&directory.path().join("movies.redb")), Model::default());
    for root in 1..=30 {
        model.write(&store, root);
        let keeps = Retention { all: Limits { runs: Some(5), ..Limits::NONE }, ..Retention::unlimited() };
        while !store.retain(&keeps, 1_000_000).unwrap().is_done {}
        model.check(&store, root.saturating_sub(4));
    }
    assert_sound(&store);
}
