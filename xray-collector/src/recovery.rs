//! Beginning again: after a panic of the collector's thread, from the chunks that it kept and what it knew at its last
//! batch; and after the end of a process, from the chunks in its file and what the store says.
//!
//! Both are the same. The chunks are read again from their beginnings, since names are defined there, and what the last
//! batch covers is not handed on a second time. A panic that comes back at the same place is told by that: what is behind
//! the place is left out and counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::assembly::Assembly;
use crate::chunk::{self, Found, LeftChunks, Reader, Suspect};
use crate::clock::Calibration;
use crate::collector::{Books, Settings};
use crate::ledger::Ledger;
use crate::misfits::Misfits;
use crate::stats::Recovered;
use crate::store::{Store, StoreError};
use crate::work::Work;

/// So many panics at the same place are not bad luck.
const STRIKES: u32 = 3;

/// What became of what an earlier process left.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    pub(crate) recovered: Recovered,
    pub(crate) notes: Vec<String>,
    /// Where a new file of chunks can be.
    pub(crate) place: Option<PathBuf>,
}

/// Stores what an earlier process left beside the store.
pub(crate) fn recover(settings: &Settings, store: &Arc<dyn Store>) -> Result<Recovery, StoreError> {
    let mut recovery = Recovery { place: store.chunk_file(), ..Recovery::default() };
    let Some(path) = &recovery.place else { return Ok(recovery) };
    match chunk::find(path) {
        Found::Nothing => {}
        Found::SetAside(note) => recovery.notes.push(note),
        Found::Occupied(note) => {
            recovery.notes.push(note);
            recovery.place = None;
        }
        Found::Left(mut left, note) => {
            recovery.notes.extend(note);
            let recovered = store_left(&mut left, settings, store)?;
            let is_recovered = recovered.is_some();
            recovery.recovered = recovered.unwrap_or_default();
            match if is_recovered { left.discard().map(|()| None) } else { left.set_aside().map(Some) } {
                Ok(None) => {}
                Ok(Some(aside)) => {
                    recovery.notes.push(format!("{path:?} makes the collector panic; it is now {aside:?}"));
                }
                Err(error) => {
                    // What is stored of it is known, for as long as the store remembers how far its process came.
                    recovery.notes.push(format!("{path:?} cannot be removed: {error}"));
                    recovery.place = None;
                }
            }
        }
    }
    Ok(recovery)
}

/// `None` if that makes the collector panic, whatever is left out.
fn store_left(
    left: &mut LeftChunks,
    settings: &Settings,
    store: &Arc<dyn Store>,
) -> Result<Option<Recovered>, StoreError> {
    let origin = left.origin;
    let schema = origin.schema.map(|version| store.schema(version)).transpose()?.flatten();
    let misfits = Misfits::new(schema.map(|row| row.schema));
    let calibration = Calibration::of(origin.clock);
    let (keep, next_segment) = (settings.keep_runs, store.next_segment()?);
    let assembly = Assembly::new(origin.process, calibration, keep, misfits, next_segment, Arc::clone(store));
    let ledger = Ledger::left_by(origin.process, &**store)?;
    let mut work = Work::new(settings.clone(), Reader::of_left(left), assembly, ledger, Arc::clone(store));
    work.panics = Panics { must_begin_again: true, is_recovery: true, ..Panics::default() };
    loop {
        match work.supervised(Work::store_everything) {
            Some(result) => return result.map(|()| Some(work.recovered())),
            None if work.panics.is_hopeless() => return Ok(None),
            None => {}
        }
    }
}

/// What is known of the panics of a collector's thread.
#[derive(Debug, Default)]
pub(crate) struct Panics {
    /// Whether it is another process that left what is read.
    pub(crate) is_recovery: bool,
    must_begin_again: bool,
    /// A batch is put together after each chunk, and after each record of one that is suspected.
    is_careful: bool,
    /// Where the last one was, and how often in a row.
    suspect: Option<Suspect>,
    strikes: u32,
}

impl Panics {
    /// Whether nothing helps: it is not what is read that makes it panic.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.strikes > 2 * STRIKES
    }

    pub(crate) fn is_careful(&self) -> bool {
        self.is_careful
    }
}

impl Books {
    /// Does something with the store, and takes a panic for a failure.
    pub(crate) fn caught(&self, act: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
            let message = self.panicked(&*panic);
            Err(StoreError::Panicked { message })
        })
    }

    /// Counts a panic, and says it if it is the first. Returns its message.
    fn panicked(&self, panic: &(dyn std::any::Any + Send)) -> String {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(|message| &**message));
        let message = message.unwrap_or("no message").to_owned();
        if self.panics.fetch_add(1, Ordering::Relaxed) == 0 {
            eprintln!("xray: the collector's thread panicked, and goes on from what is stored: {message}");
        }
        *self.last_panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(message.clone());
        message
    }
}

impl Work {
    /// Does something that may panic. `None` if it did: the next call begins again first.
    pub(crate) fn supervised<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let result = catch_unwind(AssertUnwindSafe(|| {
            if self.panics.must_begin_again {
                self.begin_again();
            }
            act(self)
        }));
        result.map_err(|panic| self.panicked(&*panic)).ok()
    }

    fn panicked(&mut self, panic: &(dyn std::any::Any + Send)) {
        self.books.panicked(panic);
        let suspect = self.reader.suspect();
        let is_again = suspect == self.panics.suspect;
        self.panics.strikes = if is_again { self.panics.strikes + 1 } else { 1 };
        self.panics.suspect = suspect;
        self.reader.set_suspected(suspect);
        if self.panics.strikes >= STRIKES {
            match suspect {
                Some(suspect) => {
                    // What is in a batch is lost no more.
                    if !suspect.is_before(&self.ledger.read) {
                        self.reader.set_aside(suspect);
                    }
                    (self.panics.suspect, self.panics.strikes) = (None, 0);
                }
                // Nothing was read: it is what was in mind.
                None => self.ledger.steps.clear(),
            }
        }
        (self.panics.must_begin_again, self.panics.is_careful) = (true, true);
    }

    /// Everything was read and put into batches without a panic.
    pub(crate) fn panics_are_over(&mut self) {
        (self.panics.is_careful, self.panics.suspect, self.panics.strikes) = (false, None, 0);
        self.reader.set_suspected(None);
    }

    /// Goes back to the last batch, and reads what came after it.
    fn begin_again(&mut self) {
        // A batch that is not stored waits again, with the others.
        let _ = self.finish_writing();
        let Self { reader, assembly, ledger, waiting, .. } = self;
        assembly.restore(ledger, waiting.iter().flat_map(|pending| &pending.batch.runs));
        reader.read_again(&ledger.read, ledger.held().map(|(run, _)| run), &ledger.callsites);
        reader.set_batch(assembly.batch());
        let process = assembly.process();
        reader.pool().tell_losses_again(|run| ledger.told_losses(process, run));
        let held: Vec<_> = ledger.held().collect();
        self.read();
        while self.panics.is_recovery && self.reader.skip_missing() {
            self.read_received();
        }
        for (run, events) in held {
            let read = self.reader.replayed().get(&run).copied().unwrap_or(0);
            if let Some(lost @ 1..) = events.checked_sub(read) {
                self.assembly.lost_events(run, lost);
                self.books.dropped_by_panic.fetch_add(lost, Ordering::Release);
            }
        }
        self.panics.must_begin_again = false;
    }

    /// What was read so far becomes a batch, if one has to see what it does.
    pub(crate) fn take_if_careful(&mut self) {
        if self.panics.is_careful {
            self.take();
        }
    }

    /// Everything that was read of another process.
    fn store_everything(&mut self) -> Result<(), StoreError> {
        self.take_losses();
        self.assembly.conclude();
        let result = self.write_all();
        result.map_err(|error| self.store_error.take().unwrap_or(StoreError::Panicked { message: error.to_string() }))
    }

    fn recovered(&self) -> Recovered {
        Recovered {
            stored: self.books.stored.load(Ordering::Acquire),
            corrupt: self.reader.corrupt(),
            lost: self.reader.pool().unsafe_events() + self.books.dropped_by_panic.load(Ordering::Acquire),
        }
    }
}
