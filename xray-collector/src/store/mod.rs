//! Where runs end up: what a store takes from the collector, and what it answers.
//!
//! One writer, the collector, hands over a [`Batch`] at a time; any number of readers ask at once and see the batches
//! written so far. The embedded store is the first implementation. A store never panics on what it reads: what does
//! not decode is a [`StoreError::Corrupt`] that names the place.

mod columns;
#[cfg(feature = "embedded")]
mod embedded;
mod empty;
mod progress;
mod retention;
#[cfg(feature = "embedded")]
mod segment;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

pub use self::columns::{Block, BlockInfo, Column, ColumnSet, Part, Reasons, StepColumns, flag};
#[cfg(feature = "embedded")]
pub use self::embedded::{EmbeddedStore, Problem, Report, check};
pub use self::empty::EmptyStore;
pub use self::progress::{HeldValues, Left, Progress, ReadTo, RunInMind, Said, Stands, StepInMind};
pub use self::retention::{Limit, Limits, Removal, Removed, Retained, Retention};
pub use self::summary::Summary;
#[cfg(any(feature = "embedded", feature = "query"))]
pub(crate) use self::summary::{Cell, Total};
#[cfg(feature = "query")]
pub(crate) use self::summary::{TOTALLED, rejection_rate};
use crate::decision::{Basis, DecisionCounts, Verdict};
use crate::id::{ProcessId, RunId, SchemaVersion, StepId};
use crate::model::{Callsite, Level, Outcome, Run, RunStatus, Step, StepDetail};
use crate::schema::Schema;

/// So much of what is damaged is named in an answer that goes on without it.
pub const MAX_DAMAGED: usize = 16;

/// The most rows that one page holds.
pub const MAX_PAGE: usize = 1_000;

/// What the collector has learnt since the last batch: written in one transaction, or not at all.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    /// Functions not seen before, with the number by which rows refer to them.
    pub callsites: Vec<(u32, Arc<Callsite>)>,
    /// Runs that changed, as they now stand.
    pub runs: Vec<Run>,
    /// Steps that changed, as they now stand.
    pub steps: Vec<StepRow>,
    /// Facts about steps of this and earlier batches: values of [`crate::fact`], one after the other.
    pub facts: Vec<FactsRow>,
    /// What was said of steps after their end was seen: to be added to their rows.
    pub late: Vec<LateRow>,
    /// Runs that the code pinned: [`Store::pin`].
    pub pins: Vec<RunId>,
    /// What became of items, of steps of this and earlier batches.
    pub items: Vec<ItemEntry>,
    /// The payloads that rows of this and later batches refer to.
    pub segments: Vec<Segment>,
    /// Schemas that runs of this and later batches name.
    pub schemas: Vec<SchemaRow>,
    /// How far the collector has come with it.
    pub progress: Progress,
}

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callsites.is_empty()
            && self.runs.is_empty()
            && self.steps.is_empty()
            && self.facts.is_empty()
            && self.late.is_empty()
            && self.pins.is_empty()
            && self.items.is_empty()
            && self.segments.is_empty()
            && self.schemas.is_empty()
            && self.progress.is_empty()
    }
}

/// A schema with what a store knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRow {
    /// Its version.
    pub version: SchemaVersion,
    /// When a collector first started with it. The first time that is written stays.
    pub first_seen_ns: u64,
    /// What it says.
    pub schema: Arc<Schema>,
}

/// A step as the collector hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// The run it belongs to.
    pub run: RunId,
    /// Its id.
    pub step: StepId,
    /// The step that called it.
    pub parent: Option<StepId>,
    /// The number of its function.
    pub callsite: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether this row will not come again: its end was seen, and its beginning. What is said of it later is added to it.
    pub is_final: bool,
    /// When it began.
    pub started_ns: u64,
    /// How long it took.
    pub duration_ns: Option<u64>,
    /// The slot of its thread.
    pub thread: u32,
    /// How many items went in: as the code says, else as inferred, else the elements of the first list.
    pub items_in: Option<u64>,
    /// How many items came out: as the code says, else as inferred, else the elements of the list that was returned.
    pub items_out: Option<u64>,
    /// What it did to its items, as far as is known.
    pub counts: DecisionCounts,
    /// Whether the code called it important.
    pub important: bool,
    /// How much of its values is kept.
    pub level: Level,
    /// Where its arguments are: one value for each of the callsite's arguments.
    pub arguments: Option<PayloadRef>,
    /// Where its result is: what [`crate::payload`] says.
    pub result: Option<PayloadRef>,
}

impl StepRow {
    /// The step, of this function.
    #[must_use]
    pub fn into_step(self, callsite: Arc<Callsite>) -> Step {
        Step {
            id: self.step,
            parent: self.parent,
            callsite,
            outcome: self.outcome,
            started_ns: self.started_ns,
            duration_ns: self.duration_ns,
            thread: self.thread,
            items_in: self.items_in,
            items_out: self.items_out,
            counts: self.counts,
            important: self.important,
            level: self.level,
        }
    }

    /// Adds what was said after the step's end was seen.
    pub fn add(&mut self, late: &LateRow) {
        self.counts.add_late(&late.counts);
        self.important |= late.important;
        self.items_in = late.items_in.or(self.items_in);
        self.items_out = late.items_out.or(self.items_out);
    }
}

/// What a step did to an item, as the collector hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemEntry {
    /// The hash of the item's key, of which the last bit does not count: [`item_hash`](crate::inference::item_hash) of the
    /// text that decisions have.
    pub key_hash: u64,
    /// The run that the step belongs to.
    pub run: RunId,
    /// The step.
    pub step: StepId,
    /// The number of its function; `None` if its beginning is not known.
    pub callsite: Option<u32>,
    /// What it did to the item.
    pub verdict: Verdict,
    /// How that is known.
    pub basis: Basis,
    /// Why, in words; cut where counts by reason are.
    pub reason: Option<Arc<str>>,
}

/// Facts about a step, as the collector hands them over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactsRow {
    /// The run that the step belongs to.
    pub run: RunId,
    /// The step.
    pub step: StepId,
    /// Where they are.
    pub place: PayloadRef,
}

/// What was said of a step after its end was seen: by another thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRow {
    /// The run that the step belongs to.
    pub run: RunId,
    /// The step.
    pub step: StepId,
    /// To be added.
    pub counts: DecisionCounts,
    /// Whether the code called it important.
    pub important: bool,
    /// How many items it says went in.
    pub items_in: Option<u64>,
    /// How many items it says came out.
    pub items_out: Option<u64>,
}

/// A place in a segment's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadRef {
    /// The segment.
    pub segment: u64,
    /// The first byte within its uncompressed payload.
    pub offset: u32,
    /// The number of bytes.
    pub length: u32,
}

/// Captured values of many steps, not yet compressed.
#[derive(Debug, Default, Clone)]
pub struct Segment {
    /// Its number, which no other segment of a store has.
    pub number: u64,
    /// The names that values refer to by their index.
    pub names: Vec<Arc<str>>,
    /// Encoded values, one after the other: see [`crate::value`].
    pub payload: Vec<u8>,
}

/// Which runs, and how many of them; newest first.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// Only runs of this pipeline.
    pub pipeline: Option<String>,
    /// Only runs that stand so.
    pub status: Option<RunStatus>,
    /// Only runs that began at this time or later.
    pub started_from_ns: Option<u64>,
    /// Only runs that began before this time.
    pub started_before_ns: Option<u64>,
    /// Only runs after this one in the order of the listing: the last of the page before.
    pub after: Option<Cursor>,
    /// At most so many; no more than [`MAX_PAGE`].
    pub limit: usize,
}

/// A run's place in a listing by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When the run began.
    pub started_ns: u64,
    /// The run.
    pub run: RunId,
}

/// A part of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` if this one is the last.
    pub next: Option<Cursor>,
    /// What is damaged, and would perhaps be among them: so many of the first.
    pub damaged: Vec<String>,
}

/// What became of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemRows {
    /// What steps did to it.
    pub rows: Vec<ItemRow>,
    /// What of the index is damaged, so that there may be more rows: [`MAX_DAMAGED`] of it are named.
    pub damaged: Vec<String>,
}

/// What a step did to an item: a row of the index of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub run_started_ns: u64,
    /// The step.
    pub step: StepId,
    /// The number of its function.
    pub callsite: u32,
    /// What it did to the item.
    pub verdict: Verdict,
    /// How that is known.
    pub basis: Basis,
    /// Why, in words; cut where counts by reason are.
    pub reason: Option<Arc<str>>,
}

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StoreSummary {
    /// Where it is.
    pub path: Option<PathBuf>,
    /// Runs by status, in the order of [`RunStatus::ALL`].
    pub runs: Vec<(RunStatus, u64)>,
    /// Steps.
    pub steps: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What stays when the program ends. Implementations must be cheap to share and safe to read while written.
pub trait Store: Send + Sync + std::fmt::Debug + 'static {
    /// Writes a batch in one transaction; when this returns `Ok` the batch survives the process and the machine.
    ///
    /// # Errors
    /// Nothing of the batch is kept when it fails; the store stays usable and a later batch may succeed. It may come
    /// again: what it says of progress tells a store whether it has the batch already.
    fn write(&self, batch: &Batch) -> Result<(), StoreError>;

    /// The functions known so far, with their numbers.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError>;

    /// The number for the next segment.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn next_segment(&self) -> Result<u64, StoreError>;

    /// Marks every run that is still `running` and belongs to another process as `crashed`, and says how many there
    /// were: whoever holds the store open is the only process alive that can own a run in it.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    fn mark_crashed(&self, current: ProcessId) -> Result<u64, StoreError>;

    /// The file in which a collector may keep what it has not written yet, so that it outlives the process: a name
    /// beside the store's own, that nobody else uses while the store is open. `None` for a store without a place on disk,
    /// and for one that does not implement [`Store::left_by`].
    fn chunk_file(&self) -> Option<PathBuf> {
        None
    }

    /// How far the collector of a process that is gone had come.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn left_by(&self, process: ProcessId) -> Result<Left, StoreError> {
        let _ = process;
        Ok(Left::default())
    }

    /// Forgets how far the collectors of other processes than this one had come: all they left is stored.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn settle(&self, current: ProcessId) -> Result<(), StoreError> {
        let _ = current;
        Ok(())
    }

    /// Runs by time, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError>;

    /// One run.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError>;

    /// The steps of a run that follow `after`, in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError>;

    /// One step with its captured values.
    ///
    /// # Errors
    /// When the store cannot be read, or the step's payload is damaged.
    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError>;

    /// All steps, column by column; `None` for a store that does not keep them so, of which [`Store::steps`] has them.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn columns(&self) -> Result<Option<Box<dyn StepColumns + '_>>, StoreError> {
        Ok(None)
    }

    /// What became of an item, named by its key as [`Decision::item`](crate::decision::Decision::item) has it: newest
    /// runs first, within a run by the steps' ids, no more than `limit`. `None` for a store without an index of items.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn item(&self, key: &str, limit: usize) -> Result<Option<ItemRows>, StoreError> {
        let _ = (key, limit);
        Ok(None)
    }

    /// Does a piece of a pass over the runs, so short that a batch can wait for it: removes runs beyond the limits, and what
    /// is left of those. Whoever wants all of them gone calls it until [`Retained::is_done`]. A run that still runs or is
    /// [pinned](Store::pin) stays, and so does one of which something is damaged, unless the damage goes with it. A store
    /// that keeps everything has nothing to do.
    ///
    /// # Errors
    /// When the store cannot be read or written. The pass begins again then.
    fn retain(&self, retention: &Retention, now_ns: u64) -> Result<Retained, StoreError> {
        let _ = (retention, now_ns);
        Ok(Retained { is_done: true, ..Retained::default() })
    }

    /// What is known of a run that was removed. `None` for one that is there or never was, and for one that was removed so
    /// long ago that it is forgotten.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn removal(&self, run: RunId) -> Result<Option<Removal>, StoreError> {
        let _ = run;
        Ok(None)
    }

    /// Pins a run, so that [`Store::retain`] leaves it, or lets go of it. `false` if there is no such run, or the store
    /// removes none.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn pin(&self, run: RunId, pinned: bool) -> Result<bool, StoreError> {
        let _ = (run, pinned);
        Ok(false)
    }

    /// Every schema that something was recorded under, in the order in which they were first seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError>;

    /// One schema.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError>;

    /// How much there is.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn summary(&self) -> Result<StoreSummary, StoreError>;

    /// Leaves everything as the next process wants to find it: called once, when this one exits, since then nobody may
    /// drop the store. Whoever still asks for something opens it again. What fails is left to the next process.
    fn close(&self) {}
}

/// What can go wrong with a store, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory that the file belongs into is not there.
    #[error("cannot create {path:?}: the directory {directory:?} does not exist; create it or choose another path")]
    NoDirectory {
        /// The file.
        path: PathBuf,
        /// The directory.
        directory: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot open {path:?}: {cause}; check that the file and its directory can be written")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is something else.
    #[error("{path:?} is not an xray store; it was left as it is: choose another path, or move the file away")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error(
        "{path:?} has store format {found}, this version of xray reads up to {supported}; it was left as it is: \
         use the xray that wrote it, or choose another path"
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is read here.
        supported: u32,
    },
    /// Another process, or another collector of this one, has the file open.
    #[error(
        "{path:?} is in use by another process; stop that program, read it through its API, \
         or choose another path for this one"
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// What was read does not decode.
    #[error("the store is damaged at {place}: {detail}")]
    Corrupt {
        /// Which row or segment.
        place: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Writing failed: the disk is full, or broken.
    #[error("cannot write to {path:?}: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store's code panicked.
    #[error("the store panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// Reading failed.
    #[error("cannot read {path:?}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}
