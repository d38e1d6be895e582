//! The collector's thread, which reads chunks, assembles runs and writes batches.
//!
//! It leaves the processor to the program for as long as it can: it sleeps until the flush interval has passed, then
//! reads what is committed, in full chunks and in open ones, and writes it: one batch, one transaction. It wakes earlier
//! only when a quarter of the chunks wait for it, or no more than a quarter is free: it then reads the full ones without
//! pause, and writes when a segment is full or it keeps more chunks than are free. So a program that records little is
//! disturbed ten times a second, and one that records much once every few megabytes rather than for each chunk. The
//! thread's priority is the program's: one that is starved has to drop events. Whoever prefers that can lower it, by the
//! thread's name, `xray-collector`.
//!
//! A large batch is written by a second thread, while this one puts the next together: see [`crate::writing`].
//!
//! What it takes of memory is bounded: the chunks; one segment that is being built, which is written at 4 MiB, and its
//! rows; one batch that is being written, up to 32 MiB of segments with the values of earlier steps that go into blocks
//! with it, and lists of items that are merged; runs of which it shows at their end how much is kept, up to
//! [`KeepRuns::held_bytes`](crate::KeepRuns::held_bytes); arguments held for comparison, up to 64 MiB, where functions are
//! captured below `full`; and steps that are open. When the store fails, batches wait in memory up to
//! [`Settings::waiting_bytes`] and are tried again; beyond it the oldest are dropped and counted. The program never waits
//! for any of this.
//!
//! A chunk is given back when what was read of it is stored, and before that only if the threads have none left: see
//! [`crate::recovery`].

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use crate::assembly::{Assembly, Pending};
use crate::chunk::{Position, Reader, mute_this_thread};
use crate::collector::{Books, Command, FlushError, Settings};
use crate::feed::Feed;
use crate::id::ProcessId;
use crate::ledger::Ledger;
use crate::recovery::Panics;
use crate::retaining::Retaining;
use crate::store::{Progress, ReadTo, Store, StoreError};
use crate::writing::{Writing, Written};

/// A store that fails is tried again after the flush interval, then after twice as long, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The thread's own.
pub(crate) struct Work {
    pub(crate) settings: Settings,
    pub(crate) reader: Reader,
    pub(crate) assembly: Assembly,
    /// What is known of what was handed over, to go on from after a panic.
    pub(crate) ledger: Ledger,
    pub(crate) store: Arc<dyn Store>,
    /// Batches that the store did not take, oldest first.
    pub(crate) waiting: VecDeque<Pending>,
    /// The one before them, which it is being given.
    writing: Writing,
    /// The last batch that the store was given.
    tried: Option<(ProcessId, u64)>,
    /// How far each thread is stored.
    stored: HashMap<u32, Position>,
    /// How long the store is left alone after its last failure, and until when.
    pause: Duration,
    paused_until: Option<Instant>,
    pub(crate) store_error: Option<StoreError>,
    pub(crate) books: Arc<Books>,
    /// Those who watch.
    pub(crate) feed: Arc<Feed>,
    /// What somebody waits for.
    command: Option<Command>,
    pub(crate) panics: Panics,
    pub(crate) retaining: Retaining,
}

impl Work {
    pub(crate) fn new(
        settings: Settings,
        mut reader: Reader,
        assembly: Assembly,
        ledger: Ledger,
        store: Arc<dyn Store>,
    ) -> Self {
        reader.read_again(&ledger.read, std::iter::empty(), &ledger.callsites);
        let feed = Arc::new(Feed::new(assembly.process()));
        let books: Arc<Books> = Arc::default();
        let writing = Writing::new(Arc::clone(&store), Arc::clone(&books));
        let mut work = Self {
            settings,
            reader,
            assembly,
            ledger,
            store,
            waiting: VecDeque::new(),
            writing,
            tried: None,
            stored: HashMap::new(),
            pause: Duration::ZERO,
            paused_until: None,
            store_error: None,
            books,
            feed,
            command: None,
            panics: Panics::default(),
            retaining: Retaining::default(),
        };
        work.assembly.restore(&work.ledger, std::iter::empty());
        work.reader.set_batch(work.assembly.batch());
        work
    }

    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        mute_this_thread();
        while self.supervised(|work| work.serve(commands)).is_none() && !self.panics.is_hopeless() {}
    }

    /// Works until it is told to stop.
    fn serve(&mut self, commands: &Receiver<Command>) {
        let pool = Arc::clone(self.reader.pool());
        let mut next_flush = Instant::now() + self.settings.flush_interval;
        loop {
            if self.command.is_some() {
                if self.obey() {
                    return;
                }
                continue;
            }
            crossbeam_channel::select! {
                recv(pool.urgent()) -> _ => self.read_full(),
                recv(self.writing.written()) -> written => self.go_on(written.ok()),
                recv(commands) -> command => self.command = command.ok().or_else(|| Some(Command::Stop(bounded(1).0))),
                default(next_flush.saturating_duration_since(Instant::now())) => {}
            }
            if Instant::now() >= next_flush {
                self.catch_up();
                let _ = self.write_up();
                self.panics_are_over();
                self.retain();
                next_flush = Instant::now() + self.settings.flush_interval;
            }
        }
    }

    /// Does what somebody waits for, and says so. `true` if it was to stop.
    fn obey(&mut self) -> bool {
        let _ = self.finish_writing();
        self.paused_until = None;
        let stops = matches!(self.command, Some(Command::Stop(_)));
        let result = if stops { self.stop() } else { self.flush() };
        if let Some(Command::Flush(done) | Command::Stop(done)) = self.command.take() {
            let _ = done.send(result);
        }
        stops
    }

    /// Reads the full chunks.
    fn read_full(&mut self) {
        let full = self.reader.full().clone();
        full.try_iter().for_each(|chunk| self.reader.receive(chunk));
        self.read_received();
        if !self.writing.is_going_on() && self.is_short_of_chunks() {
            let _ = self.write();
        }
    }

    /// A batch was written meanwhile: its chunks are free, and the next one may follow.
    fn go_on(&mut self, written: Option<Written>) {
        let _ = self.end_writing(|writing| writing.end(written));
        self.release_stored();
        self.read_full();
    }

    /// Reads what can be read of the chunks that were received.
    pub(crate) fn read_received(&mut self) {
        let clock = self.assembly.refine_clock();
        self.reader.pool().set_clock(clock);
        while self.reader.read_received(&mut self.assembly) {
            if self.assembly.is_full() {
                let _ = self.write();
            } else if self.writing.is_over() {
                let _ = self.finish_writing();
                self.release_stored();
            }
            self.take_if_careful();
        }
    }

    /// Reads everything that is committed now, and decides what is over.
    fn catch_up(&mut self) {
        self.read();
        let quiet = self.settings.flush_interval.max(Duration::from_millis(500)) * 2;
        let pool = Arc::clone(self.reader.pool());
        self.assembly.sweep(self.settings.run_timeout, quiet, |run| pool.forget_losses(run));
    }

    /// Writes everything that is committed now.
    fn flush(&mut self) -> Result<(), FlushError> {
        self.catch_up();
        let result = self.write_all();
        self.panics_are_over();
        result
    }

    /// Writes what there is, and what another reading completes; the last of it may be on the way still.
    fn write_up(&mut self) -> Result<(), FlushError> {
        let mut result = self.write();
        if self.assembly.is_waiting() {
            self.read();
            result = result.and(self.write());
        }
        result
    }

    /// The same, and waits until it is stored: what a pause put off is a failure, too.
    pub(crate) fn write_all(&mut self) -> Result<(), FlushError> {
        let result = self.write_up().and(self.finish_writing());
        self.release_chunks();
        match &self.store_error {
            Some(error) if result.is_ok() && !self.waiting.is_empty() => Err(FlushError::Store(error.to_string())),
            _ => result,
        }
    }

    fn stop(&mut self) -> Result<(), FlushError> {
        self.read();
        self.assembly.abandon();
        self.paused_until = None;
        let result = self.write_all();
        self.retain_at_end();
        let pool = Arc::clone(self.reader.pool());
        // Otherwise the next process finds what is not written.
        let is_over = self.waiting.is_empty() || !pool.is_in_file() || pool.unsafe_events() > 0;
        if self.waiting.is_empty() {
            // What cannot be removed is found by the next process, and known to be stored.
            if pool.discard_file().is_ok() && pool.is_in_file() {
                let _ = self.store.settle(ProcessId(0));
            }
        } else if is_over {
            // Nobody will try again.
            self.drop_waiting(0);
        }
        self.books.is_closed.store(is_over, Ordering::Release);
        result
    }

    pub(crate) fn read(&mut self) {
        self.read_full();
        let mut chunk = 0;
        while let Some(next) = self.reader.read_open(chunk, &mut self.assembly) {
            chunk = next;
            self.take_if_careful();
        }
        self.take_losses();
        self.books.corrupt.store(self.reader.corrupt(), Ordering::Release);
    }

    pub(crate) fn take_losses(&mut self) {
        let pool = Arc::clone(self.reader.pool());
        pool.take_losses(|loss| self.assembly.lost(loss));
    }

    /// Whether more chunks are kept here than are free.
    fn is_short_of_chunks(&self) -> bool {
        let kept = self.reader.kept();
        kept > 0 && kept >= self.reader.pool().free_chunks() && !self.panics.is_recovery
    }

    /// Puts what there is into a batch, which waits to be written.
    pub(crate) fn take(&mut self) {
        let number = self.assembly.batch();
        for run in self.reader.take_passed_over() {
            self.assembly.lost_events(run, 1);
        }
        let mut pending = self.assembly.take();
        let progress = &mut pending.batch.progress;
        progress.batch = Some((self.assembly.process(), number));
        progress.read = self.reader.progress().into_iter().map(ReadTo::from).collect();
        self.ledger.add(&pending.batch);
        (self.ledger.batch, self.ledger.misfits) = (number, self.assembly.misfits());
        self.reader.set_batch(self.assembly.batch());
        self.books.schema_misfits.store(self.assembly.misfits(), Ordering::Relaxed);
        if !self.outlives_process() {
            pending.batch.progress = Progress::default();
        }
        if !pending.batch.is_empty() || pending.events > 0 {
            match self
                .waiting
                .back_mut()
                .filter(|last| self.panics.is_careful() && last.batch.progress.batch > self.tried)
            {
                Some(last) => last.append(pending),
                None => self.waiting.push_back(pending),
            }
        }
    }

    fn outlives_process(&self) -> bool {
        self.reader.pool().is_in_file() || self.panics.is_recovery
    }

    /// Writes what there is, oldest first. What the store does not take waits, and the store is left alone for a
    /// while, since a failed attempt can cost it much.
    fn write(&mut self) -> Result<(), FlushError> {
        self.take();
        let is_paused = self.paused_until.is_some_and(|until| Instant::now() < until);
        let result = if is_paused { Ok(()) } else { self.write_waiting() };
        self.drop_waiting(self.settings.waiting_bytes);
        self.release_chunks();
        result
    }

    /// Writes what waits. The last of it, if it is much, is written while what comes next is read.
    fn write_waiting(&mut self) -> Result<(), FlushError> {
        let mut result = self.finish_writing();
        while result.is_ok()
            && let Some(mut pending) = self.waiting.pop_front()
        {
            self.tried = pending.batch.progress.batch;
            if self.waiting.is_empty() && !self.panics.is_careful() {
                match self.writing.start(pending) {
                    Ok(pending) => {
                        self.assembly.set_in_flight(Some(Arc::clone(pending)));
                        break;
                    }
                    Err(small) => pending = *small,
                }
            }
            let written = self.books.caught(|| self.store.write(&pending.batch));
            result = self.settle(pending, written);
        }
        result
    }

    /// Waits for the batch that is being written, if there is one.
    pub(crate) fn finish_writing(&mut self) -> Result<(), FlushError> {
        self.end_writing(Writing::wait)
    }

    fn end_writing(&mut self, end: impl FnOnce(&mut Writing) -> Option<(Pending, Written)>) -> Result<(), FlushError> {
        // Nobody else may have it then.
        self.assembly.set_in_flight(None);
        end(&mut self.writing).map_or(Ok(()), |(pending, written)| self.settle(pending, written))
    }

    /// What becomes of a batch that the store was given: it is stored, or waits with the others, in front of them.
    fn settle(&mut self, pending: Pending, written: Written) -> Result<(), FlushError> {
        let result = match written {
            Ok(()) => {
                let Pending { batch, events, .. } = pending;
                self.books.stored.fetch_add(events, Ordering::Release);
                self.stored.extend(batch.progress.read.iter().copied().map(<(u32, Position)>::from));
                let assembly = &self.assembly;
                self.feed.publish(&batch, |number| assembly.callsite(number), |run| assembly.pipeline(run));
                self.assembly.recycle(batch);
                (self.pause, self.paused_until) = (Duration::ZERO, None);
                Ok(())
            }
            Err(error) => {
                self.waiting.push_front(pending);
                let result = Err(FlushError::Store(error.to_string()));
                self.store_error = Some(error);
                self.pause = (self.pause * 2).max(self.settings.flush_interval).min(LONGEST_PAUSE);
                self.paused_until = Some(Instant::now() + self.pause);
                result
            }
        };
        let error = result.as_ref().err().map(ToString::to_string);
        *self.books.store_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
        result
    }

    /// Gives back the chunks of which everything is stored or, where they would not outlive the process, in a batch.
    pub(crate) fn release_stored(&mut self) {
        let held_since = self.assembly.held_since();
        let safe = if self.outlives_process() { &self.stored } else { &self.ledger.read };
        self.reader.release(safe, held_since);
    }

    /// Gives back those chunks; and if the threads need them and none are about to be stored, those as well that are kept
    /// for batches that wait and for runs that are held back.
    fn release_chunks(&mut self) {
        self.release_stored();
        if self.writing.is_going_on() {
            return;
        }
        if self.is_short_of_chunks() {
            self.reader.release(&self.ledger.read, u64::MAX);
            self.reader.pool().set_unsafe_events(self.waiting.iter().map(|pending| pending.events).sum());
        } else if self.waiting.is_empty() {
            self.reader.pool().set_unsafe_events(0);
        }
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
