//! What is opened, what is refused, and that a file that is refused stays as it is.

use std::fs;
use std::path::Path;

use redb::{Database, MultimapTableDefinition, ReadableDatabase, TableDefinition, TableHandle};
use xray_collector::store::{EmbeddedStore, StoreError};

use crate::fixture::{all_runs, directory, everything, file_with_batch, open, store_with_batch};
use crate::process::Process;

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The error, after which the file must be what it was.
fn refused(path: &Path) -> StoreError {
    let before = fs::read(path).ok();
    let error = EmbeddedStore::open(path).expect_err("it is refused");
    assert!(fs::read(path).ok() == before, "{error}: the file has changed");
    error
}

#[test]
fn a_store_is_created_where_there_is_none() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    assert!(all_runs(&open(&path)).is_empty());
    assert!(all_runs(&open(&path)).is_empty());
}

#[test]
fn an_empty_file_becomes_a_store() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    fs::write(&path, []).unwrap();
    let before = everything(&store_with_batch(&path));
    assert_eq!(everything(&open(&path)), before);
}

#[test]
fn a_relative_path_is_named_in_full() {
    let expected = std::env::current_dir().unwrap().join("no/such/directory/movies.redb");
    let error = EmbeddedStore::open("no/such/directory/movies.redb").unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot create {expected:?}: ")), "{error}");
    let error = EmbeddedStore::open("").unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
}

#[test]
fn a_missing_directory_is_named() {
    let directory = directory();
    let missing = directory.path().join("films").join("new");
    let path = missing.join("movies.redb");
    let error = refused(&path);
    assert!(matches!(error, StoreError::NoDirectory { .. }));
    assert_eq!(
        error.to_string(),
        format!("cannot create {path:?}: the directory {missing:?} does not exist; create it or choose another path"),
    );
}

#[test]
fn what_cannot_be_a_file_is_refused_with_the_reason() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    for path in [directory.path().to_owned(), file.join("movies.redb")] {
        let reason = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path).unwrap_err();
        let error = refused(&path);
        assert!(matches!(error, StoreError::Open { .. }));
        assert_eq!(
            error.to_string(),
            format!("cannot open {path:?}: {reason}; check that the file and its directory can be written"),
        );
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let path = file_with_batch(&directory);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();

    let error = if fs::OpenOptions::new().write(true).open(&path).is_err() {
        EmbeddedStore::open(&path).unwrap_err().to_string()
    } else {
        // Permissions do not hold this process back. A copy of it can be started by anyone.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let binary = directory.path().join("child");
        fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
        Process::start_as_nobody("open", &path, &binary).listen().expect("it says why")
    };
    assert_eq!(
        error,
        format!(
            "cannot open {path:?}: Permission denied (os error 13); \
             check that the file and its directory can be written"
        ),
    );
}

#[test]
fn a_file_of_something_else_is_left_as_it_is() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut almost_empty = vec![0; 1 << 21];
    almost_empty[(1 << 21) - 1] = 1;
    let mut zeros_first = vec![0; 100];
    zeros_first.extend(b"but not only");
    let files: [&[u8]; 7] = [
        b"x",
        b"redb",
        b"a text that is longer than a magic number",
        &[7; 10_000],
        &[0; 100],
        &zeros_first,
        &almost_empty,
    ];
    for file in files {
        fs::write(&path, file).unwrap();
        let error = refused(&path);
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            format!("{path:?} is not an xray store; it was left as it is: choose another path, or move the file away"),
        );
    }
}

#[test]
fn a_database_of_something_else_is_left_as_it_is() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let prepare: [fn(&redb::WriteTransaction); 4] = [
        |write| drop(write.open_table(TableDefinition::<u64, u64>::new("prices")).unwrap()),
        |write| drop(write.open_multimap_table(MultimapTableDefinition::<u64, u64>::new("meta")).unwrap()),
        |write| drop(write.open_table(TableDefinition::<u64, u64>::new("meta")).unwrap()),
        |write| {
            write.open_table(META).unwrap().insert("format", 1).unwrap();
        },
    ];
    for prepare in prepare {
        let _ = fs::remove_file(&path);
        let database = Database::create(&path).unwrap();
        let write = database.begin_write().unwrap();
        prepare(&write);
        write.commit().unwrap();
        // Both as it was closed, and as a killed process leaves it.
        let unclosed = fs::read(&path).unwrap();
        drop(database);
        assert!(matches!(refused(&path), StoreError::NotAStore { .. }));
        fs::write(&path, unclosed).unwrap();
        assert!(matches!(refused(&path), StoreError::NotAStore { .. }));
    }
}

#[test]
fn a_store_of_a_newer_format_is_left_as_it_is() {
    let directory = directory();
    let path = file_with_batch(&directory);
    let database = Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("xray format", 4).unwrap();
    // A later version may keep anything in its other tables.
    write.delete_table(TableDefinition::<u32, &[u8]>::new("callsites")).unwrap();
    write.commit().unwrap();
    let unclosed = fs::read(&path).unwrap();
    drop(database);
    let closed = fs::read(&path).unwrap();

    for file in [unclosed, closed] {
        fs::write(&path, file).unwrap();
        let error = refused(&path);
        assert!(matches!(error, StoreError::NewerFormat { found: 4, supported: 3, .. }));
        assert_eq!(
            error.to_string(),
            format!(
                "{path:?} has store format 4, this version of xray reads up to 3; it was left as it is: \
                 use the xray that wrote it, or choose another path"
            ),
        );
    }
}

#[test]
fn a_store_is_open_once_in_a_process() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = store_with_batch(&path);
    let before = everything(&store);
    let error = EmbeddedStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
    assert_eq!(everything(&store), before);
    drop(store);
    assert_eq!(everything(&open(&path)), before);
}

#[test]
fn a_store_is_open_in_one_process() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let mut holder = Process::start("hold", &path);
    assert_eq!(holder.listen().as_deref(), Some("held"));
    let error = refused(&path);
    assert!(matches!(error, StoreError::InUse { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "{path:?} is in use by another process; stop that program, read it through its API, \
             or choose another path for this one"
        ),
    );
    holder.kill();
    open(&path);
}

#[test]
fn a_store_without_all_its_tables_is_damaged() {
    let directory = directory();
    let rows = ["runs", "run_at", "run_blocks", "open_runs", "steps", "facts", "segments", "callsites", "schemas"];
    for name in rows.into_iter().chain(["block_heads", "blocks", "item_heads", "items"]) {
        let path = file_with_batch(&directory);
        let database = Database::open(&path).unwrap();
        let handle = database.begin_read().unwrap().list_tables().unwrap().find(|table| table.name() == name);
        let write = database.begin_write().unwrap();
        assert!(write.delete_table(handle.expect("the table is there")).unwrap());
        write.commit().unwrap();
        drop(database);
        let error = refused(&path);
        let message = format!("the store is damaged at table {name:?}: Table '{name}' does not exist");
        assert_eq!(error.to_string(), message);

        let database = Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(TableDefinition::<u8, u8>::new(name)).unwrap();
        write.commit().unwrap();
        drop(database);
        let error = refused(&path);
        assert_eq!(
            error.to_string(),
            format!("the store is damaged at table {name:?}: {name} is of type Table<u8, u8>"),
        );
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_file_that_was_cut_off_is_damaged() {
    let directory = directory();
    let path = file_with_batch(&directory);
    let whole = fs::read(&path).unwrap();
    for length in [9, 100, 320, 4_095, 4_096, 8_192, whole.len() - 4_096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = refused(&path);
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("the store is damaged at {path:?}: ")), "{error}");
    }
}
