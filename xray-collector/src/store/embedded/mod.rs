//! The default store: one file, by redb, which has one writer at a time and any number of readers on snapshots.
//!
//! [`layout`] says what is in the file, [`open`] how it is opened or refused, [`write`] and [`read`] do the work. This
//! file keeps the database open: redb refuses everything after an I/O error, a full disk included, until it is opened
//! again, which is done here, so that a later batch can succeed. Whoever reads in between gets the last commit.

mod ahead;
mod blobs;
mod block;
mod blocks;
mod cache;
mod check;
mod compaction;
mod compression;
mod counts;
mod fault;
mod fill;
mod held;
mod integers;
mod items;
mod layout;
mod open;
mod progress;
mod read;
mod removal;
mod removed;
mod retention;
mod rows;
mod runs;
mod scan;
mod seal;
mod segments;
mod summary;
mod upgrade;
mod usage;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{Database, ReadTransaction, ReadableDatabase};

use self::block::Whereabouts;
use self::cache::Cache;
pub use self::check::{Problem, Report, check};
use self::fault::Fault;
use self::items::Merging;
use self::scan::Outlines;
use super::segment::Contents;
use super::{
    Batch, Block, ItemRows, Left, Page, Removal, Retained, Retention, RunQuery, SchemaRow, StepColumns, Store,
    StoreError, StoreSummary,
};
use crate::id::{ProcessId, RunId, SchemaVersion, StepId};
use crate::model::{Callsite, Run, Step, StepDetail};

/// A store in one file of this machine.
///
/// The process that opens it holds it alone: others read it through this process, or after it.
///
/// ```
/// # fn main() -> Result<(), xray_collector::store::StoreError> {
/// use xray_collector::store::{EmbeddedStore, RunQuery, Store};
///
/// # let directory = tempfile::tempdir().expect("a temporary directory");
/// # let path = directory.path().join("movies.redb");
/// let store = EmbeddedStore::open(path)?;
/// let newest = store.runs(&RunQuery { limit: 20, ..RunQuery::default() })?;
/// assert!(newest.rows.is_empty() && newest.next.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EmbeddedStore {
    path: PathBuf,
    opened: RwLock<Opened>,
    caches: Caches,
    /// What is read beside what is written: given up before the database is closed.
    merging: Mutex<Merging>,
    /// How far the removal of runs has come.
    retention: Mutex<retention::Pass>,
}

/// What was read last, decompressed.
#[derive(Debug)]
struct Caches {
    segments: Cache<u64, Contents>,
    /// By number and revision.
    blocks: Cache<(u64, u32), Block>,
    whereabouts: Cache<u64, Whereabouts>,
    /// By block and place in it.
    frames: Cache<(u64, u32), [u8]>,
    outlines: Outlines,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            segments: Cache::new(8 << 20),
            blocks: Cache::new(16 << 20),
            whereabouts: Cache::new(8 << 20),
            frames: Cache::new(8 << 20),
            outlines: Outlines::default(),
        }
    }
}

/// The database, and how often it was opened again, so that of many who meet the same failure one opens it.
#[derive(Debug)]
struct Opened {
    /// `None` while it cannot be opened again.
    database: Option<Database>,
    generation: u64,
}

impl EmbeddedStore {
    /// Opens the store in this file, or creates it. What a killed process left is recovered, which takes a pass over
    /// the whole file. A redb that is compiled with debug assertions takes such a pass each time: in the `dev` profile of
    /// a program with a large store, `[profile.dev.package.redb] debug-assertions = false` spares it that.
    ///
    /// # Errors
    /// [`StoreError::NoDirectory`], [`StoreError::Open`], [`StoreError::NotAStore`], [`StoreError::NewerFormat`],
    /// [`StoreError::InUse`] and [`StoreError::Corrupt`], each of which leaves an existing file as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        // Opening it again must lead to the same file, wherever the program has gone since.
        let path = std::path::absolute(path).map_err(|cause| StoreError::Open { path: path.to_owned(), cause })?;
        let mut database = open::open(&path)?;
        compaction::tidy(&path, &mut database);
        let database = Some(database);
        let opened = RwLock::new(Opened { database, generation: 0 });
        Ok(Self { path, opened, caches: Caches::default(), merging: Mutex::default(), retention: Mutex::default() })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file as small as it can be, and says whether it was not. Everybody else waits for it, in proportion to what
    /// is stored; if somebody has [`Store::columns`] of it open, nothing is done. Stores do so by themselves when they are
    /// closed and opened, if more than half of the file is free and there are no more than 64 MiB to be moved.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn compact(&self) -> Result<bool, StoreError> {
        let mut opened = self.opened_mut();
        let generation = opened.generation;
        let Some(database) = &mut opened.database else {
            drop(opened);
            self.reopen(generation)?;
            return self.compact();
        };
        self.merging().give_up();
        let result = Fault::catch(&self.path, || compaction::compact(database));
        drop(opened);
        result.map_err(|fault| fault.writing(&self.path))
    }

    fn opened(&self) -> RwLockReadGuard<'_, Opened> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn merging(&self) -> MutexGuard<'_, Merging> {
        self.merging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened_mut(&self) -> RwLockWriteGuard<'_, Opened> {
        self.opened.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the database and opens it again, unless somebody has done so since `generation`.
    fn reopen(&self, generation: u64) -> Result<(), StoreError> {
        let mut opened = self.opened_mut();
        if opened.generation != generation && opened.database.is_some() {
            return Ok(());
        }
        self.shut(&mut opened);
        self.caches.outlines.forget();
        opened.generation += 1;
        opened.database = Some(open::open(&self.path)?);
        Ok(())
    }

    /// Does something with the database, which is opened first if it is closed; `generation` says which one it was.
    fn attempt<T>(
        &self,
        action: impl FnOnce(&Database) -> Result<T, Fault>,
    ) -> Result<(u64, Result<T, Fault>), StoreError> {
        loop {
            let opened = self.opened();
            let generation = opened.generation;
            if let Some(database) = &opened.database {
                return Ok((generation, Fault::catch(&self.path, || action(database))));
            }
            drop(opened);
            self.reopen(generation)?;
        }
    }

    fn read<T>(&self, query: impl Fn(&ReadTransaction) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.attempt_twice(|database| query(&database.begin_read()?))
    }

    /// Reads, and opens the database again if it turns out that it refuses everything.
    fn attempt_twice<T>(&self, query: impl Fn(&Database) -> Result<T, Fault>) -> Result<T, StoreError> {
        let (generation, answer) = self.attempt(&query)?;
        let answer = match answer {
            Err(fault) if fault.is_final() => {
                self.reopen(generation)?;
                self.attempt(&query)?.1
            }
            answer => answer,
        };
        answer.map_err(|fault| fault.reading(&self.path))
    }

    /// One transaction, which is not tried again: whoever gave the batch decides about that.
    fn transact<T>(&self, action: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, StoreError> {
        let (generation, result) = self.attempt(action)?;
        result.map_err(|fault| {
            if !self.is_writable() {
                // The error that counts is the first one; the next call opens the file if this one cannot.
                let _ = self.reopen(generation);
            }
            fault.writing(&self.path)
        })
    }

    /// Whether the database takes another transaction after one has failed.
    fn is_writable(&self) -> bool {
        let opened = self.opened();
        let Some(database) = &opened.database else { return false };
        Fault::catch(&self.path, || Ok(database.begin_write()?.abort()?)).is_ok()
    }

    /// Closes the database, which may write. What goes wrong is for the next one to find who opens the file.
    fn shut(&self, opened: &mut Opened) {
        self.merging().give_up();
        let database = opened.database.take();
        let _ = Fault::catch(&self.path, || {
            drop(database);
            Ok(())
        });
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for EmbeddedStore {
    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let result = self.transact(|database| write::batch(database, &mut self.merging(), batch));
        for segment in &batch.segments {
            self.caches.segments.remove(segment.number);
        }
        result
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        self.read(read::callsites)
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        self.read(read::next_segment)
    }

    fn mark_crashed(&self, current: ProcessId) -> Result<u64, StoreError> {
        self.transact(|database| write::mark_crashed(database, current))
    }

    fn chunk_file(&self) -> Option<PathBuf> {
        let mut name = self.path.clone().into_os_string();
        name.push(".chunks");
        Some(name.into())
    }

    fn left_by(&self, process: ProcessId) -> Result<Left, StoreError> {
        self.read(|read| progress::left_by(read, process))
    }

    fn settle(&self, current: ProcessId) -> Result<(), StoreError> {
        self.transact(|database| progress::settle(database, current))
    }

    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        self.read(|read| read::runs(read, query))
    }

    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        self.read(|read| read::run(read, run))
    }

    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError> {
        self.read(|read| read::steps(read, &self.caches, run, after, limit))
    }

    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError> {
        self.read(|read| read::step(read, &self.caches, run, step))
    }

    fn columns(&self) -> Result<Option<Box<dyn StepColumns + '_>>, StoreError> {
        let snapshot = self.attempt_twice(|database| Ok(database.begin_read()?))?;
        let columns = Fault::catch(&self.path, || scan::Columns::new(&self.path, &self.caches, snapshot));
        Ok(Some(Box::new(columns.map_err(|fault| fault.reading(&self.path))?)))
    }

    fn item(&self, key: &str, limit: usize) -> Result<Option<ItemRows>, StoreError> {
        self.read(|read| read::item(read, key, limit)).map(Some)
    }

    fn retain(&self, retention: &Retention, now_ns: u64) -> Result<Retained, StoreError> {
        let mut pass = self.retention.lock().unwrap_or_else(PoisonError::into_inner);
        self.transact(|database| pass.step(database, retention, now_ns))
    }

    fn removal(&self, run: RunId) -> Result<Option<Removal>, StoreError> {
        self.read(|read| removed::find(read, run))
    }

    fn pin(&self, run: RunId, pinned: bool) -> Result<bool, StoreError> {
        self.transact(|database| write::pin(database, run, pinned))
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        self.read(read::schemas)
    }

    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        self.read(|read| read::schema(read, version))
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        let (runs, steps) = self.read(read::counts)?;
        let metadata = std::fs::metadata(&self.path)
            .map_err(|cause| StoreError::Read { path: self.path.clone(), cause: cause.into() })?;
        Ok(StoreSummary { path: Some(self.path.clone()), runs, steps, bytes: metadata.len() })
    }

    /// A file that nobody closed is one that redb reads through before it opens it.
    fn close(&self) {
        let mut opened = self.opened_mut();
        self.merging().give_up();
        if let Some(database) = &mut opened.database {
            // What goes wrong is for the next one to find who opens the file.
            let _ = Fault::catch(&self.path, || write::seal_rest(database));
            compaction::tidy(&self.path, database);
        }
        self.shut(&mut opened);
    }
}
