//! Schemas are kept once, by their content, and runs of every one of them stay readable.

use redb::{Database, TableDefinition};
use xray_collector::id::SchemaVersion;
use xray_collector::model::RunStatus;
use xray_collector::schema::Schema;
use xray_collector::store::{Batch, EmptyStore, SchemaRow, Store, StoreError};

use crate::fixture::{directory, open, run, run_id, schema, store_with_batch};

fn row(name: &str, first_seen_ns: u64) -> SchemaRow {
    let schema = Schema::new(name).kind("rank", |kind| kind.output(["score"]));
    SchemaRow { version: schema.version(), first_seen_ns, schema: schema.into() }
}

#[test]
fn schemas_are_read_as_they_were_written_in_the_order_in_which_they_were_seen() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = store_with_batch(&path);
    let (early, late) = (row("early", 100), row("late", 900));
    store.write(&Batch { schemas: vec![late.clone(), early.clone()], ..Batch::default() }).unwrap();
    let expected = [early, schema(), late];
    assert_eq!(store.schemas().unwrap(), expected);
    assert_eq!(store.schema(schema().version).unwrap(), Some(schema()));
    assert_eq!(store.schema(SchemaVersion(7)).unwrap(), None);
    drop(store);
    assert_eq!(open(&path).schemas().unwrap(), expected);
}

#[test]
fn a_schema_that_comes_again_keeps_the_time_at_which_it_was_first_seen() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    for first_seen_ns in [300, 200, 400] {
        store.write(&Batch { schemas: vec![row("shop", first_seen_ns)], ..Batch::default() }).unwrap();
    }
    assert_eq!(store.schemas().unwrap(), [row("shop", 300)]);
}

#[test]
fn runs_of_each_version_stay_readable_and_name_it() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let (old, new) = (row("old", 1), row("new", 2));
    for (root, schema) in [(1, Some(&old)), (2, Some(&new)), (3, None)] {
        let mut run = run(root, root, RunStatus::Completed);
        run.schema = schema.map(|row| row.version);
        run.misfits = root;
        let schemas = schema.into_iter().cloned().collect();
        store.write(&Batch { runs: vec![run], schemas, ..Batch::default() }).unwrap();
    }
    for (root, schema) in [(1, Some(&old)), (2, Some(&new)), (3, None)] {
        let run = store.run(run_id(root)).unwrap().unwrap();
        assert_eq!((run.schema, run.misfits), (schema.map(|row| row.version), root));
        if let Some(version) = run.schema {
            assert_eq!(store.schema(version).unwrap().as_ref(), schema);
        }
    }
}

#[test]
fn a_damaged_schema_is_never_taken_for_another_one() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    drop(store_with_batch(&path));
    let version = schema().version;
    let table: TableDefinition<'_, u128, (u64, &[u8])> = TableDefinition::new("schemas");
    for (bytes, said) in [
        (row("other", 1).schema.to_bytes(), format!("its content is that of {}", row("other", 1).version)),
        (vec![1, 4], "the bytes end too early".to_owned()),
        (vec![9], "it has the form 9".to_owned()),
    ] {
        let database = Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(table).unwrap().insert(version.0, (1, &*bytes)).unwrap();
        write.commit().unwrap();
        drop(database);
        let store = open(&path);
        let errors = [store.schemas().map(drop).unwrap_err(), store.schema(version).map(drop).unwrap_err()];
        for error in errors {
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
            let error = error.to_string();
            assert!(error.contains(&format!("schema {version}")) && error.contains(&said), "{error}");
        }
    }
}

#[test]
fn a_store_of_nothing_has_no_schemas() {
    assert!(EmptyStore.schemas().unwrap().is_empty());
    assert_eq!(EmptyStore.schema(SchemaVersion(7)).unwrap(), None);
}
