//! Opening the file: it is created, recovered, or refused for a reason that its user can act on.
//!
//! A file that is refused stays as it is, byte for byte: see [`super::held`]. What a killed process left is repaired by
//! redb, which then verifies the checksum of every page, and goes back to the commit before if the last one is not
//! whole; there is nothing to check after that. A file that was closed properly is not read through: segments carry
//! checksums of their own, and rows that do not decode are reported when they are read.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, Key, ReadTransaction, ReadableDatabase, StorageError, TableDefinition, TableError,
    TableHandle, Value,
};

use super::ahead::Ahead;
use super::fault::Fault;
use super::held::HeldFile;
use super::layout::{
    BLOCK_HEADS, BLOCKS, CALLSITES, DISCARDED, FACTS, FORMAT, ITEM_HEADS, ITEMS, META, META_FORMAT, OPEN_RUNS, PINS,
    REMOVED, REMOVED_AT, RUN_AT, RUN_BLOCKS, RUNS, SCHEMAS, SEGMENTS, SPANS, STEPS, SUMMARIES,
};
use super::upgrade;
use crate::store::StoreError;

/// Pages that redb keeps in memory. Its own default, a gigabyte, is not a tracer's to take.
const CACHE_BYTES: usize = 32 << 20;

/// Opens the store in this file, or makes one where there is no file, an empty one or one that was never finished.
pub(super) fn open(path: &Path) -> Result<Database, StoreError> {
    let refused = |cause| StoreError::Open { path: path.to_owned(), cause };
    let file = open_file(path)?;
    let is_new = file.metadata().map_err(refused)?.len() == 0;
    let ahead = Ahead::of(&file);
    let backend = FileBackend::new(file).map_err(|error| refusal(path, error))?;
    let held = HeldFile::new(backend, ahead);
    let opened = Fault::catch(path, || Ok(open_database(path, held.clone())));
    let database = opened.unwrap_or_else(|fault| Err(fault.reading(path)))?;
    held.release().map_err(refused)?;
    if is_new {
        sync_directory(path);
    }
    Ok(database)
}

fn open_database(path: &Path, file: HeldFile) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    let database = builder.set_cache_size(CACHE_BYTES).create_with_backend(file);
    let database = database.map_err(|error| refusal(path, error))?;
    recognise(path, &database)?;
    Ok(database)
}

fn open_file(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(|cause| {
        match path.parent() {
            Some(directory) if cause.kind() == ErrorKind::NotFound && !directory.exists() => {
                StoreError::NoDirectory { path: path.to_owned(), directory: directory.to_owned() }
            }
            _ => StoreError::Open { path: path.to_owned(), cause },
        }
    })
}

/// Why redb did not open the file.
fn refusal(path: &Path, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.to_owned() },
        // It begins with something else than redb's magic number.
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
            StoreError::NotAStore { path: path.to_owned() }
        }
        // A format of redb from before there was a store.
        DatabaseError::UpgradeRequired(_) => StoreError::NotAStore { path: path.to_owned() },
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            Fault::damage(format!("{path:?}"), "the file ends too early").reading(path)
        }
        DatabaseError::Storage(StorageError::Io(cause)) => StoreError::Open { path: path.to_owned(), cause },
        error => Fault::from(error).reading(path),
    }
}

/// Makes sure that the database is a store of a format that is read here; one without any table becomes a store.
fn recognise(path: &Path, database: &Database) -> Result<(), StoreError> {
    let damaged = |fault: Fault| fault.reading(path);
    let read = database.begin_read().map_err(|error| damaged(error.into()))?;
    if is_empty(&read).map_err(damaged)? {
        return initialise(database).map_err(|fault| fault.writing(path));
    }
    let found = format(&read).map_err(damaged)?.ok_or_else(|| StoreError::NotAStore { path: path.to_owned() })?;
    if found > u64::from(FORMAT) {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        return Err(StoreError::NewerFormat { path: path.to_owned(), found, supported: FORMAT });
    }
    if found < u64::from(FORMAT) {
        drop(read);
        upgrade::from(database, found).map_err(|fault| fault.writing(path))?;
    }
    let read = database.begin_read().map_err(|error| damaged(error.into()))?;
    check_tables(&read).map_err(damaged)
}

fn is_empty(read: &ReadTransaction) -> Result<bool, Fault> {
    Ok(read.list_tables()?.next().is_none() && read.list_multimap_tables()?.next().is_none())
}

/// The format of the store; `None` if this database is something else.
fn format(read: &ReadTransaction) -> Result<Option<u64>, Fault> {
    match read.open_table(META) {
        Ok(meta) => Ok(meta.get(META_FORMAT)?.map(|format| format.value())),
        Err(TableError::Storage(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn initialise(database: &Database) -> Result<(), Fault> {
    let write = database.begin_write()?;
    write.open_table(META)?.insert(META_FORMAT, u64::from(FORMAT))?;
    write.open_table(RUNS)?;
    write.open_table(RUN_AT)?;
    write.open_table(RUN_BLOCKS)?;
    write.open_table(BLOCK_HEADS)?;
    write.open_table(BLOCKS)?;
    write.open_table(SUMMARIES)?;
    write.open_table(SPANS)?;
    write.open_table(ITEM_HEADS)?;
    write.open_table(ITEMS)?;
    write.open_table(OPEN_RUNS)?;
    write.open_table(PINS)?;
    write.open_table(REMOVED)?;
    write.open_table(REMOVED_AT)?;
    write.open_table(DISCARDED)?;
    write.open_table(STEPS)?;
    write.open_table(SEGMENTS)?;
    write.open_table(FACTS)?;
    write.open_table(CALLSITES)?;
    write.open_table(SCHEMAS)?;
    write.commit()?;
    Ok(())
}

fn check_tables(read: &ReadTransaction) -> Result<(), Fault> {
    check_table(read, RUNS)?;
    check_table(read, RUN_AT)?;
    check_table(read, RUN_BLOCKS)?;
    check_table(read, BLOCK_HEADS)?;
    check_table(read, BLOCKS)?;
    check_table(read, SUMMARIES)?;
    check_table(read, SPANS)?;
    check_table(read, ITEM_HEADS)?;
    check_table(read, ITEMS)?;
    check_table(read, OPEN_RUNS)?;
    check_table(read, PINS)?;
    check_table(read, REMOVED)?;
    check_table(read, REMOVED_AT)?;
    check_table(read, DISCARDED)?;
    check_table(read, STEPS)?;
    check_table(read, SEGMENTS)?;
    check_table(read, FACTS)?;
    check_table(read, CALLSITES)?;
    check_table(read, SCHEMAS)
}

fn check_table<K: Key, V: Value>(read: &ReadTransaction, table: TableDefinition<'_, K, V>) -> Result<(), Fault> {
    match read.open_table(table) {
        Ok(_) => Ok(()),
        Err(TableError::Storage(error)) => Err(error.into()),
        Err(error) => Err(Fault::damage(format!("table {:?}", table.name()), error)),
    }
}

/// Makes the name of a new file as durable as what is written to it. Where a directory cannot be opened there is no
/// such call either, and a file without a name is a store that was never there.
fn sync_directory(path: &Path) {
    let directory = path.parent().and_then(|directory| File::open(directory).ok());
    if let Some(directory) = directory {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(path: &Path) -> HeldFile {
        let file = open_file(path).unwrap();
        let ahead = Ahead::of(&file);
        HeldFile::new(FileBackend::new(file).unwrap(), ahead)
    }

    /// However far a process came with what opening writes, before it was killed: the next one opens the file.
    fn check_interrupted(before: &[u8]) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("movies.redb");
        std::fs::write(&path, before).unwrap();
        let file = held(&path);
        let database = open_database(&path, file.clone()).unwrap();
        let operations = file.held_operations();
        drop(database);
        assert!(!operations.is_empty());
        assert_eq!(std::fs::read(&path).unwrap(), before, "it is held back");
        for count in 0..=operations.len() {
            std::fs::write(&path, before).unwrap();
            let file = FileBackend::new(open_file(&path).unwrap()).unwrap();
            for operation in &operations[..count] {
                operation.carry_out(&file).unwrap();
            }
            drop(file);
            open(&path).unwrap_or_else(|error| panic!("after {count} of {}: {error}", operations.len()));
            open(&path).unwrap_or_else(|error| panic!("again after {count}: {error}"));
        }
    }

    #[test]
    fn creation_can_be_interrupted_anywhere() {
        check_interrupted(&[]);
    }

    #[test]
    fn recovery_can_be_interrupted_anywhere() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("movies.redb");
        let database = open(&path).unwrap();
        check_interrupted(&std::fs::read(&path).unwrap());
        drop(database);
        check_interrupted(&std::fs::read(&path).unwrap());
    }

    #[test]
    fn an_upgrade_can_be_interrupted_anywhere() {
        let old = include_bytes!("../../../tests/embedded_store/format-1.redb.zst");
        check_interrupted(&zstd::bulk::decompress(old, 4 << 20).unwrap());
    }

    #[test]
    fn what_is_held_back_is_read_as_if_it_were_written() {
        use redb::StorageBackend;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("movies.redb");
        std::fs::write(&path, b"0123456789").unwrap();
        let file = held(&path);
        let read = |offset, length| {
            let mut bytes = vec![b'?'; length];
            file.read(offset, &mut bytes).map(|()| String::from_utf8(bytes).unwrap())
        };
        file.write(2, b"ab").unwrap();
        file.write(3, b"cd").unwrap();
        assert_eq!((file.len().unwrap(), read(0, 10).unwrap()), (10, "01acd56789".to_owned()));
        file.set_len(6).unwrap();
        file.set_len(12).unwrap();
        file.write(10, b"ef").unwrap();
        file.sync_data().unwrap();
        assert_eq!((file.len().unwrap(), read(0, 12).unwrap()), (12, "01acd5\0\0\0\0ef".to_owned()));
        assert_eq!((read(3, 2).unwrap(), read(11, 1).unwrap()), ("cd".to_owned(), "f".to_owned()));
        assert_eq!(read(11, 2).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");

        file.release().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"01acd5\0\0\0\0ef");
        file.write(0, b"direct").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"direct\0\0\0\0ef");
        assert_eq!(read(0, 12).unwrap(), "direct\0\0\0\0ef");
    }
}
