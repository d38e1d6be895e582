//! The checker finds what does not fit.

use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};
use xray_collector::id::StepId;
use xray_collector::store::Store;

use crate::fixture::{directory, file_with_batch, open, run_id};
use crate::sealing::Model;

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const RUN_AT: TableDefinition<u128, (u64, u8, u64)> = TableDefinition::new("run_at");
const RUN_BLOCKS: TableDefinition<(u128, u64), (u64, u64)> = TableDefinition::new("run_blocks");
const OPEN_RUNS: TableDefinition<u128, ()> = TableDefinition::new("open_runs");
const PINS: TableDefinition<u128, ()> = TableDefinition::new("pins");
const REMOVED: TableDefinition<u128, (u64, u8)> = TableDefinition::new("removed");
const RUNS: TableDefinition<(u64, u128), &[u8]> = TableDefinition::new("runs");
const STEPS: TableDefinition<(u128, u64), &[u8]> = TableDefinition::new("steps");
const SEGMENTS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("segments");
const CALLSITES: TableDefinition<u32, &[u8]> = TableDefinition::new("callsites");
const SCHEMAS: TableDefinition<u128, (u64, &[u8])> = TableDefinition::new("schemas");
const BLOCK_HEADS: TableDefinition<u64, &[u8]> = TableDefinition::new("block_heads");
const BLOCKS: TableDefinition<(u64, u32, u32), &[u8]> = TableDefinition::new("blocks");
const ITEMS: TableDefinition<(u64, u32, u32), &[u8]> = TableDefinition::new("items");

type Change = fn(&WriteTransaction);

/// What the checker says of a store of rows, or of one of blocks, in which this was changed.
fn problems(of_blocks: bool, change: Change) -> String {
    let directory = directory();
    let path = if of_blocks {
        let path = directory.path().join("blocks.redb");
        let mut model = Model::new(open(&path));
        model.write((1..=2).flat_map(|root| (0..9_000).map(move |n| (root, root + 1_000 * n))), |_| true);
        path
    } else {
        file_with_batch(&directory)
    };
    assert!(xray_collector::check(&path, |_, _| {}).unwrap().is_sound());
    let database = Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    change(&write);
    write.commit().unwrap();
    drop(database);
    let report = xray_collector::check(&path, |_, _| {}).unwrap();
    report.problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn run_one() -> u128 {
    run_id(1).0
}

fn spoil(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 4;
    bytes
}

macro_rules! table {
    ($write:ident, $table:ident) => {
        $write.open_table($table).unwrap()
    };
}

#[test]
fn whatever_is_changed_is_found() {
    let of_rows: [(&str, Change); 12] = [
        ("the count of runs failed: it is 9, and there are 1", |write| {
            table!(write, META).insert("runs failed", 9).unwrap();
        }),
        ("the count of steps: it is 9, and there are 4", |write| {
            table!(write, META).insert("steps", 9).unwrap();
        }),
        ("no place leads to it", |write| {
            table!(write, RUN_AT).remove(run_one()).unwrap();
        }),
        ("how it stands is not what its place says", |write| {
            table!(write, RUN_AT).insert(run_one(), (1_000, 1, u64::MAX)).unwrap();
        }),
        ("it is not where its place says", |write| {
            table!(write, RUNS).remove((1_000, run_one())).unwrap();
        }),
        ("whether it runs is not what the list of open runs says", |write| {
            table!(write, OPEN_RUNS).remove(run_id(2).0).unwrap();
        }),
        ("pins: there is no run", |write| {
            table!(write, PINS).insert(77, ()).unwrap();
        }),
        ("the run is there", |write| {
            table!(write, REMOVED).insert(run_one(), (7, 1)).unwrap();
        }),
        ("does not decode", |write| {
            let mut table = table!(write, STEPS);
            let bytes = table.get((run_one(), 1)).unwrap().unwrap().value().to_vec();
            table.insert((run_one(), 1), &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("segment 1: its checksum does not match", |write| {
            let mut table = table!(write, SEGMENTS);
            let bytes = spoil(table.get((1, 0)).unwrap().unwrap().value());
            table.insert((1, 0), &*bytes).unwrap();
        }),
        ("its function 7 is not there", |write| {
            table!(write, CALLSITES).remove(7).unwrap();
        }),
        ("is not there", |write| {
            table!(write, SCHEMAS).retain(|_, _| false).unwrap();
        }),
    ];
    let of_blocks: [(&str, Change); 9] = [
        ("its first steps are not in block 7", |write| {
            let mut table = table!(write, RUN_AT);
            let (started_ns, status, _) = table.get(run_one()).unwrap().unwrap().value();
            table.insert(run_one(), (started_ns, status, 7)).unwrap();
        }),
        ("it says that it has steps in block 9", |write| {
            table!(write, RUN_BLOCKS).insert((run_one(), 9), (1, 2)).unwrap();
        }),
        ("is in it, and does not lead there", |write| {
            table!(write, RUN_BLOCKS).remove((run_id(2).0, 1)).unwrap();
        }),
        ("says that it has others of its steps in it", |write| {
            table!(write, RUN_BLOCKS).insert((run_id(2).0, 1), (1, 2)).unwrap();
        }),
        ("it has neither a head nor been discarded", |write| {
            table!(write, BLOCK_HEADS).remove(0).unwrap();
        }),
        ("block 0: its checksum does not match", |write| {
            let mut table = table!(write, BLOCKS);
            let bytes = spoil(table.get((0, 16, 0)).unwrap().unwrap().value());
            table.insert((0, 16, 0), &*bytes).unwrap();
        }),
        ("frame 0: its checksum does not match", |write| {
            let mut table = table!(write, BLOCKS);
            let bytes = spoil(table.get((1, 64, 0)).unwrap().unwrap().value());
            table.insert((1, 64, 0), &*bytes).unwrap();
        }),
        ("a later block may get its number", |write| {
            table!(write, META).insert("next block", 1).unwrap();
        }),
        ("of the index of items: its checksum does not match", |write| {
            let mut table = table!(write, ITEMS);
            let (key, bytes) = {
                let (key, bytes) = table.iter().unwrap().last().unwrap().unwrap();
                (key.value(), spoil(bytes.value()))
            };
            table.insert(key, &*bytes).unwrap();
        }),
    ];
    let all = of_rows.map(|case| (false, case)).into_iter().chain(of_blocks.map(|case| (true, case)));
    for (is_of_blocks, (expected, change)) in all {
        let found = problems(is_of_blocks, change);
        assert!(found.contains(expected), "{expected:?} is not in {found:?}");
    }
}

#[test]
fn what_is_damaged_costs_itself_and_not_what_is_written_later() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut model = Model::new(open(&path));
    model.write((1..=2).flat_map(|root| (0..9_000).map(move |n| (root, root + 1_000 * n))), |_| true);
    model.write((3..=4).flat_map(|root| (0..100).map(move |n| (root, root + 1_000 * n))), |_| true);
    let Model { store, steps, runs, segment } = model;
    drop(store);
    {
        let database = Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        {
            let mut items = table!(write, ITEMS);
            let bytes = spoil(items.get((0, 1, 0)).unwrap().unwrap().value());
            items.insert((0, 1, 0), &*bytes).unwrap();
            let mut rows = table!(write, STEPS);
            let (key, bytes) = {
                let (key, bytes) = rows.iter().unwrap().next().unwrap().unwrap();
                (key.value(), bytes.value().to_vec())
            };
            rows.insert(key, &bytes[..bytes.len() - 1]).unwrap();
        }
        write.commit().unwrap();
    }
    let mut model = Model { store: open(&path), steps, runs, segment };
    // Lists are merged, rows become blocks, and those are swept that they were in.
    for round in 0..20_u64 {
        model.write(
            (5..=6).flat_map(|root| (round * 900..(round + 1) * 900).map(move |n| (root, root + 1_000 * n))),
            |_| true,
        );
    }
    let detail = model.store.step(run_id(5), StepId(5 + 1_000 * 17_999)).unwrap();
    assert!(detail.is_some());
    let error = model.store.steps(run_id(3), None, 9).unwrap_err().to_string();
    assert!(error.contains("does not decode"), "{error}");
    // Whoever looks at many goes on without it, and is told.
    let columns = model.store.columns().unwrap().unwrap();
    assert!(matches!(columns.damaged(), [damage] if damage.contains("does not decode")), "{:?}", columns.damaged());
    let steps: usize = columns.blocks().iter().map(|block| block.steps).sum();
    assert!(steps >= model.steps.len() - 200, "{steps} of {}", model.steps.len());
    drop(columns);
    #[cfg(feature = "query")]
    {
        let failures = xray_collector::query::Failures::of(&model.store, &Default::default()).unwrap();
        assert!(matches!(&*failures.damaged, [damage] if damage.contains("does not decode")), "{:?}", failures.damaged);
    }
    // Of the first two runs' items those of one are in what is damaged, and none of those that came later.
    let items = [1, 2, 5, 6].map(|film| model.store.item(&format!("Film {film}"), usize::MAX).unwrap().unwrap());
    let damaged: Vec<_> = items[..2].iter().filter(|found| !found.damaged.is_empty()).collect();
    assert!(matches!(&damaged[..], [_, ..]), "{damaged:?}");
    for found in damaged {
        assert_eq!(found.damaged, ["list 0 of the index of items: its checksum does not match"]);
    }
    assert_eq!((items[2].rows.len(), items[3].rows.len()), (18_000, 18_000));
}

#[cfg(feature = "query")]
#[test]
fn a_query_over_many_runs_goes_on_past_a_block_that_is_damaged_and_says_so() {
    use xray_collector::query::{Entity, Query, Search};
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut model = Model::new(open(&path));
    model.write((1..=40).flat_map(|root| (0..900).map(move |n| (root, root + 1_000 * n))), |_| true);
    drop(model.store);
    let found = |text: &str, entity| {
        let store = open(&path);
        let query = Query::parse(text, entity).unwrap();
        query.search(&store, &Search { limit: 1_000, ..Search::default() }).unwrap()
    };
    // In columns, in values, and in each step's row.
    let asked = [("items_in == 4", Entity::Step), ("output == 7", Entity::Step), ("lost_events == 0", Entity::Run)];
    for (text, entity) in asked {
        assert!(found(text, entity).damaged.is_empty());
    }
    for key in [(0, 16 + 9, 0), (1, 64, 0)] {
        let database = Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        {
            let mut table = table!(write, BLOCKS);
            let bytes = spoil(table.get(key).unwrap().unwrap().value());
            table.insert(key, &*bytes).unwrap();
        }
        write.commit().unwrap();
    }
    let by_column = found("items_in == 4", Entity::Step);
    assert!(!by_column.rows.is_empty());
    assert_eq!(by_column.damaged, ["block 0: its checksum does not match"]);
    let by_value = found("output == 7", Entity::Step);
    assert!(!by_value.rows.is_empty() && by_value.damaged.len() >= 2, "{:?}", by_value.damaged);
    let of_frame = "block 1, frame 0: its checksum does not match".to_owned();
    assert!(by_value.damaged.contains(&of_frame), "{:?}", by_value.damaged);
    let runs = found("lost_events == 0", Entity::Run);
    assert_eq!((runs.rows.len(), runs.damaged.len()), (40, 0));
    let text = xray_collector::query::AggregationText {
        of: Entity::Step,
        condition: "items_in == 4",
        group_by: "name",
        select: "count()",
        order: "",
        limit: 9,
    };
    let table =
        xray_collector::query::Aggregation::parse(&text).unwrap().run(&open(&path), &Default::default()).unwrap();
    assert_eq!((table.rows.len(), &*table.damaged), (1, &["block 0: its checksum does not match".to_owned()][..]));
}
