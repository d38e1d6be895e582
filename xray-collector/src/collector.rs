//! The collector: one background thread that reads chunks, assembles runs and writes batches.
//!
//! It wakes for each full chunk and once every flush interval, when it also reads the committed part of open chunks
//! and writes what it has: one batch, one transaction. When the store fails, batches wait in memory up to a bound and
//! are tried again; beyond it the oldest are dropped and counted. The program never waits for any of this.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::assembly::{Assembly, KeepRuns, Pending};
use crate::chunk::{Pool, PoolSettings, Reader, mute_this_thread};
use crate::id::ProcessId;
use crate::misfits::Misfits;
use crate::schema::Schema;
use crate::stats::{Dropped, Stats};
use crate::store::{Store, StoreError};

/// A store that fails is tried again after the flush interval, then after twice as long, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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
}

impl Default for Settings {
    /// 100 ms, 10 minutes, 64 MiB, 16 MiB of chunks, no schema.
    fn default() -> Self {
        Self {
            flush_interval: Duration::from_millis(100),
            run_timeout: Duration::from_secs(600),
            keep_runs: None,
            waiting_bytes: 64 * 1024 * 1024,
            pool: PoolSettings::default(),
            schema: None,
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

enum Command {
    Flush(Sender<Result<(), FlushError>>),
    Stop(Sender<Result<(), FlushError>>),
}

/// What the collector has counted, for all threads to read.
#[derive(Debug, Default)]
struct Books {
    stored: AtomicU64,
    dropped_by_store: AtomicU64,
    corrupt: AtomicU64,
    /// Nothing is read or written any more.
    is_closed: AtomicBool,
    schema_misfits: AtomicU64,
    store_error: Mutex<Option<String>>,
}

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    commands: Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
    pool: Arc<Pool>,
    books: Arc<Books>,
    process: ProcessId,
}

impl Collector {
    /// Starts a collector that writes to `store`. `session` tells the collectors of one process apart; it is neither 0
    /// nor the greatest number.
    ///
    /// Runs that an earlier process left running are marked as crashed first.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    ///
    /// # Panics
    /// When the operating system cannot start a thread.
    pub fn start(settings: Settings, session: u32, store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let process = ProcessId::random();
        store.mark_crashed(process)?;
        let mut reader = Reader::new(settings.pool.clone(), session, settings.schema.clone());
        let misfits = Misfits::new(settings.schema.clone());
        let next_segment = store.next_segment()?;
        let mut assembly = Assembly::new(process, settings.keep_runs, misfits, next_segment, Arc::clone(&store));
        for (number, callsite) in store.callsites()? {
            reader.know(number, &callsite);
            assembly.know(number, callsite);
        }
        let (commands, of_commands) = unbounded();
        let pool = Arc::clone(reader.pool());
        let books = Arc::new(Books::default());
        let work = Work {
            settings,
            reader,
            assembly,
            store,
            waiting: VecDeque::new(),
            pause: Duration::ZERO,
            paused_until: None,
            books: Arc::clone(&books),
        };
        let thread = std::thread::Builder::new()
            .name("xray-collector".to_owned())
            .spawn(move || work.run(&of_commands))
            .expect("the operating system can start a thread");
        Ok(Self { commands, thread: Mutex::new(Some(thread)), pool, books, process })
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
        let produced = self.pool.produced();
        let unread = produced.published().saturating_sub(stored + store + corrupt);
        let (in_flight, late) = if is_closed { (0, unread) } else { (unread, 0) };
        let stopped = produced.stopped + late;
        Stats {
            produced: produced.produced,
            stored,
            unattributed: self.pool.unattributed_losses() + stopped + corrupt,
            in_flight,
            unsampled_runs: produced.unsampled_runs,
            dropped: Dropped { no_chunk: produced.no_chunk, too_large: produced.too_large, stopped, store, corrupt },
            store_error: self.books.store_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            schema_misfits: self.books.schema_misfits.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// The thread's own.
struct Work {
    settings: Settings,
    reader: Reader,
    assembly: Assembly,
    store: Arc<dyn Store>,
    /// Batches that the store did not take, oldest first.
    waiting: VecDeque<Pending>,
    /// How long the store is left alone after its last failure, and until when.
    pause: Duration,
    paused_until: Option<Instant>,
    books: Arc<Books>,
}

impl Work {
    fn run(mut self, commands: &Receiver<Command>) {
        mute_this_thread();
        let full = self.reader.full().clone();
        let mut next_flush = Instant::now() + self.settings.flush_interval;
        loop {
            crossbeam_channel::select! {
                recv(full) -> chunk => if let Ok(chunk) = chunk {
                    self.read_full(chunk);
                },
                recv(commands) -> command => match command {
                    Ok(Command::Flush(done)) => {
                        self.paused_until = None;
                        let _ = done.send(self.flush());
                    }
                    Ok(Command::Stop(done)) => {
                        let _ = done.send(self.stop());
                        return;
                    }
                    Err(_) => {
                        let _ = self.stop();
                        return;
                    }
                },
                default(next_flush.saturating_duration_since(Instant::now())) => {}
            }
            if Instant::now() >= next_flush {
                let _ = self.flush();
                next_flush = Instant::now() + self.settings.flush_interval;
            }
        }
    }

    fn read_full(&mut self, chunk: u32) {
        self.assembly.refine_clock();
        self.reader.read_full(chunk, &mut self.assembly);
        if self.assembly.is_full() {
            let _ = self.write();
        }
    }

    /// Reads everything that is committed now, decides what is over, and writes.
    fn flush(&mut self) -> Result<(), FlushError> {
        self.read();
        let quiet = self.settings.flush_interval.max(Duration::from_millis(500)) * 2;
        let pool = Arc::clone(self.reader.pool());
        self.assembly.sweep(self.settings.run_timeout, quiet, |run| pool.forget_losses(run));
        self.write_all()
    }

    /// Writes what there is, and what another reading completes.
    fn write_all(&mut self) -> Result<(), FlushError> {
        let mut result = self.write();
        if self.assembly.is_waiting() {
            self.read();
            result = result.and(self.write());
        }
        result
    }

    fn stop(&mut self) -> Result<(), FlushError> {
        self.read();
        self.assembly.abandon();
        self.paused_until = None;
        let result = self.write_all();
        // Nobody will try again.
        self.drop_waiting(0);
        self.books.is_closed.store(true, Ordering::Release);
        result
    }

    fn read(&mut self) {
        let full = self.reader.full().clone();
        // No more than there are now: threads that record faster than this reads would keep it here for ever.
        for chunk in full.try_iter().take(full.len()) {
            self.read_full(chunk);
        }
        self.assembly.refine_clock();
        self.reader.read_open(&mut self.assembly);
        let pool = Arc::clone(self.reader.pool());
        pool.take_losses(|loss| self.assembly.lost(loss));
        self.books.corrupt.store(self.reader.corrupt(), Ordering::Release);
    }

    /// Writes what there is, oldest first. What the store does not take waits, and the store is left alone for a
    /// while, since a failed attempt can cost it much.
    fn write(&mut self) -> Result<(), FlushError> {
        let pending = self.assembly.take();
        self.books.schema_misfits.store(self.assembly.misfits(), Ordering::Relaxed);
        if !pending.batch.is_empty() || pending.events > 0 {
            self.waiting.push_back(pending);
        }
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            self.drop_waiting(self.settings.waiting_bytes);
            return Ok(());
        }
        let mut result = Ok(());
        while let Some(pending) = self.waiting.front() {
            match self.store.write(&pending.batch) {
                Ok(()) => {
                    self.books.stored.fetch_add(pending.events, Ordering::Release);
                    self.waiting.pop_front();
                }
                Err(error) => {
                    result = Err(FlushError::Store(error.to_string()));
                    break;
                }
            }
        }
        if result.is_ok() {
            (self.pause, self.paused_until) = (Duration::ZERO, None);
        } else {
            self.pause = (self.pause * 2).max(self.settings.flush_interval).min(LONGEST_PAUSE);
            self.paused_until = Some(Instant::now() + self.pause);
        }
        let error = result.as_ref().err().map(ToString::to_string);
        *self.books.store_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
        self.drop_waiting(self.settings.waiting_bytes);
        result
    }

    /// Drops steps and values, oldest first, until no more than so many bytes wait.
    fn drop_waiting(&mut self, at_most: usize) {
        let mut bytes: usize = self.waiting.iter().map(Pending::bytes).sum();
        for index in 0..self.waiting.len() {
            if bytes <= at_most {
                break;
            }
            bytes -= self.waiting[index].bytes();
            let dropped = self.waiting[index].strip();
            self.books.dropped_by_store.fetch_add(dropped.events, Ordering::Release);
            self.assembly.lost_in_store(&dropped.by_run);
            for run in self.waiting.iter_mut().skip(index).flat_map(|later| &mut later.batch.runs) {
                run.lost_events += dropped.by_run.get(&run.id).copied().unwrap_or(0);
            }
        }
        while self.waiting.len() > 1 && self.waiting[0].is_stripped() {
            let Some(stripped) = self.waiting.pop_front() else { break };
            self.waiting[0].prepend(stripped);
        }
    }
}
