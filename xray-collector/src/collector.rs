//! The collector as the rest of the program sees it: its settings, starting and stopping it, and its books. What its
//! thread does is in `work.rs`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, unbounded};

use crate::assembly::{Assembly, KeepRuns};
use crate::chunk::{Origin, Pool, PoolSettings, Reader};
use crate::clock::{Calibration, unix_now_ns};
use crate::feed::Feed;
use crate::id::ProcessId;
use crate::ledger::Ledger;
use crate::metrics::{Metrics, MetricsReader};
use crate::misfits::Misfits;
use crate::recovery::{self, Recovery};
use crate::schema::Schema;
use crate::stats::{Dropped, Stats};
use crate::store::{Batch, Removed, Retention, Store, StoreError};
use crate::work::Work;

/// Everything that can be set about a collector.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an event may wait before it is written.
    pub flush_interval: Duration,
    /// How long a run may be silent before it is called incomplete.
    pub run_timeout: Duration,
    /// Which runs are kept whole; all if not set.
    pub keep_runs: Option<KeepRuns>,
    /// Bytes of batches that may wait for a store that fails.
    pub waiting_bytes: usize,
    /// The chunks.
    pub pool: PoolSettings,
    /// What is recorded has to fit this; one that is valid.
    pub schema: Option<Arc<Schema>>,
    /// How much the store keeps.
    pub retention: Retention,
    /// Whether what is recorded outlives the process at once, in a file beside the store, if the store has a place on
    /// disk: see [`Store::chunk_file`].
    pub crash_proof: bool,
}

impl Default for Settings {
    /// 100 ms, 10 minutes, 64 MiB, 16 MiB of chunks, no schema, 4 GiB of runs, crash-proof.
    fn default() -> Self {
        Self {
            flush_interval: Duration::from_millis(100),
            run_timeout: Duration::from_secs(600),
            keep_runs: None,
            waiting_bytes: 64 * 1024 * 1024,
            pool: PoolSettings::default(),
            schema: None,
            retention: Retention::default(),
            crash_proof: true,
        }
    }
}

/// Events were recorded and are not in the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The store fails; what waits is tried again.
    #[error("recorded events are not stored: {0}")]
    Store(String),
    /// The collector's thread is gone.
    #[error("the collector has stopped: its thread ended early, and what was not written by then is lost")]
    Stopped,
    /// This process was forked from the one whose collector it is.
    #[error("the collector belongs to the process that this one was forked from: start another one here")]
    Forked,
}

/// What somebody who waits wants of the thread.
#[derive(Debug)]
pub(crate) enum Command {
    Flush(Sender<Result<(), FlushError>>),
    Stop(Sender<Result<(), FlushError>>),
}

/// What the collector has counted, for all threads to read.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) stored: AtomicU64,
    pub(crate) dropped_by_store: AtomicU64,
    pub(crate) dropped_by_panic: AtomicU64,
    pub(crate) corrupt: AtomicU64,
    /// Nothing is read or written any more.
    pub(crate) is_closed: AtomicBool,
    pub(crate) schema_misfits: AtomicU64,
    pub(crate) removed: Mutex<Removed>,
    pub(crate) retention_error: Mutex<Option<String>>,
    pub(crate) store_error: Mutex<Option<String>>,
    pub(crate) panics: AtomicU64,
    pub(crate) last_panic: Mutex<Option<String>>,
}

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    commands: Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
    pool: Arc<Pool>,
    books: Arc<Books>,
    feed: Arc<Feed>,
    process: ProcessId,
    recovery: Recovery,
    metrics: MetricsReader,
}

impl Collector {
    /// Starts a collector that writes to `store`. `session` tells the collectors of one process apart; it is neither 0
    /// nor the greatest number.
    ///
    /// What an earlier process left in its chunks is stored first, and the runs that it left running are marked as crashed.
    ///
    /// # Errors
    /// When the store cannot be read or written. What an earlier process left stays where it is then.
    ///
    /// # Panics
    /// When the operating system cannot start a thread.
    pub fn start(settings: Settings, session: u32, store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let process = ProcessId::random();
        let mut recovery = recovery::recover(&settings, &store)?;
        let place = recovery.place.take();
        if place.is_some() {
            store.settle(process)?;
        }
        store.mark_crashed(process)?;
        let misfits = Misfits::new(settings.schema.clone());
        if let Some(schema) = misfits.row(unix_now_ns()) {
            // Before anything that was recorded under it, which may be found by another process.
            store.write(&Batch { schemas: vec![schema], ..Batch::default() })?;
        }
        let calibration = Calibration::start();
        let origin = Origin { process, schema: misfits.version(), clock: calibration.reference() };
        let place = place.filter(|_| settings.crash_proof);
        let place = place.as_deref().map(|path| (path, &origin));
        let (pool, schema) = (settings.pool.clone(), settings.schema.clone());
        let (reader, error) = Reader::new(pool, session, schema, place);
        if let (Some(error), Some((path, _))) = (error, place) {
            recovery.notes.push(format!("{path:?} cannot be created: {error}"));
        }
        let assembly =
            Assembly::new(process, calibration, settings.keep_runs, misfits, store.next_segment()?, Arc::clone(&store));
        let metrics = assembly.metrics();
        let ledger = Ledger::new(&*store)?;
        let (commands, of_commands) = unbounded();
        let pool = Arc::clone(reader.pool());
        let work = Work::new(settings, reader, assembly, ledger, store);
        let (books, feed) = (Arc::clone(&work.books), Arc::clone(&work.feed));
        let thread = std::thread::Builder::new()
            .name("xray-collector".to_owned())
            .spawn(move || work.run(&of_commands))
            .expect("the operating system can start a thread");
        Ok(Self { commands, thread: Mutex::new(Some(thread)), pool, books, feed, process, recovery, metrics })
    }

    /// The chunks that it reads.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The process that its runs belong to.
    #[must_use]
    pub fn process(&self) -> ProcessId {
        self.process
    }

    /// What it commits, as it happens.
    #[must_use]
    pub fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// Waits until everything recorded before this call is in the store.
    ///
    /// # Errors
    /// When the store fails or the collector is gone.
    pub fn flush(&self) -> Result<(), FlushError> {
        self.command(Command::Flush)
    }

    /// Writes what is left and ends the thread. What is recorded from now on is lost.
    ///
    /// # Errors
    /// As [`Collector::flush`].
    pub fn stop(&self) -> Result<(), FlushError> {
        if !self.pool.is_of_this_process() {
            return Err(FlushError::Forked);
        }
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let result = self.command(Command::Stop);
        self.pool.close();
        self.feed.close();
        thread.join().map_err(|_| FlushError::Stopped)?;
        result
    }

    fn command(&self, command: fn(Sender<Result<(), FlushError>>) -> Command) -> Result<(), FlushError> {
        if !self.pool.is_of_this_process() {
            return Err(FlushError::Forked);
        }
        let (done, wait) = bounded(1);
        self.commands.send(command(done)).map_err(|_| FlushError::Stopped)?;
        wait.recv().map_err(|_| FlushError::Stopped)?
    }

    /// The runs, steps and decisions that it has seen end. None in a process that was forked from the collector's.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        match self.pool.is_of_this_process() {
            true => self.metrics.read(),
            false => Metrics::default(),
        }
    }

    /// The books. All zero in a process that was forked from the collector's.
    #[must_use]
    pub fn stats(&self) -> Stats {
        if !self.pool.is_of_this_process() {
            return Stats::default();
        }
        // Once nothing is read any more, what is in flight will never arrive.
        let is_closed = self.books.is_closed.load(Ordering::Acquire);
        // What ends an event is read before what begins it, so that nothing is counted that was not produced.
        let stored = self.books.stored.load(Ordering::Acquire);
        let store = self.books.dropped_by_store.load(Ordering::Acquire);
        let corrupt = self.books.corrupt.load(Ordering::Acquire);
        let panic = self.books.dropped_by_panic.load(Ordering::Acquire);
        let produced = self.pool.produced();
        let unread = produced.published().saturating_sub(stored + store + corrupt + panic);
        let (in_flight, late) = if is_closed { (0, unread) } else { (unread, 0) };
        let stopped = produced.stopped + late;
        Stats {
            produced: produced.produced,
            stored,
            unattributed: self.pool.unattributed_losses() + stopped + corrupt,
            in_flight,
            unsampled_runs: produced.unsampled_runs,
            dropped: Dropped {
                no_chunk: produced.no_chunk,
                too_large: produced.too_large,
                stopped,
                store,
                corrupt,
                panic,
            },
            store_error: copy_of(&self.books.store_error),
            schema_misfits: self.books.schema_misfits.load(Ordering::Relaxed),
            panics: self.books.panics.load(Ordering::Relaxed),
            last_panic: copy_of(&self.books.last_panic),
            crash_proof: self.pool.is_in_file(),
            removed: *self.books.removed.lock().unwrap_or_else(PoisonError::into_inner),
            retention_error: copy_of(&self.books.retention_error),
            recovered: self.recovery.recovered.clone(),
            recovery_notes: self.recovery.notes.clone(),
        }
    }
}

fn copy_of(text: &Mutex<Option<String>>) -> Option<String> {
    text.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
