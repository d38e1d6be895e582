//! Merging large lists while other batches are written: it takes longer than a batch, and is only read for. A snapshot has
//! the lists, which never change; what has come of them is put in their place by a later batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable};

use super::list::Writer;
use super::merge::merged;
use crate::chunk::mute_this_thread;
use crate::store::embedded::blobs::Key;
use crate::store::embedded::fault::Fault;
use crate::store::embedded::layout::{ITEM_HEADS, ITEMS, RUN_AT};

/// Lists, and what has come of merging them: `None` if that was given up.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) lists: Vec<u64>,
    pub(super) list: Result<Option<Writer>, Fault>,
}

/// Merges lists.
pub(super) fn merge(
    heads: &impl ReadableTable<u64, &'static [u8]>,
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    places: &impl ReadableTable<u128, (u64, u8, u64)>,
    lists: Vec<u64>,
    is_wanted: impl Fn() -> bool,
) -> Merged {
    let list = merged(heads, blobs, places, &lists, is_wanted);
    Merged { lists, list }
}

/// The merging that goes on beside what is written: one at a time. Dropped, it is given up.
#[derive(Debug, Default)]
pub(in crate::store::embedded) struct Merging {
    /// The lists that are next.
    wanted: Option<Vec<u64>>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    thread: JoinHandle<Merged>,
    is_given_up: Arc<AtomicBool>,
}

impl Merging {
    /// These are to be merged, unless others are.
    pub(super) fn wants(&mut self, lists: Vec<u64>) {
        if self.running.is_none() {
            self.wanted = Some(lists);
        }
    }

    /// Begins with the lists that are next, which the last transaction has committed.
    pub(in crate::store::embedded) fn begin(&mut self, database: &Database) -> Result<(), Fault> {
        let Some(lists) = self.wanted.take() else { return Ok(()) };
        let snapshot = database.begin_read()?;
        let is_given_up = Arc::new(AtomicBool::new(false));
        let is_wanted = Arc::clone(&is_given_up);
        let work = move || {
            mute_this_thread();
            merge_in(&snapshot, lists, || !is_wanted.load(Ordering::Relaxed))
        };
        // Where there can be no more threads, it is tried again when the next list is added.
        let thread = Builder::new().name("xray-collector".to_owned()).spawn(work).ok();
        self.running = thread.map(|thread| Running { thread, is_given_up });
        Ok(())
    }

    /// What has come of it, if it is over. A panic goes on here.
    pub(super) fn finished(&mut self) -> Option<Merged> {
        let running = self.running.take_if(|running| running.thread.is_finished())?;
        Some(running.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    /// Gives it up, and waits until nobody reads for it any more.
    pub(in crate::store::embedded) fn give_up(&mut self) {
        self.wanted = None;
        if let Some(running) = self.running.take() {
            running.is_given_up.store(true, Ordering::Relaxed);
            let _ = running.thread.join();
        }
    }
}

impl Drop for Merging {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn merge_in(snapshot: &ReadTransaction, lists: Vec<u64>, is_wanted: impl Fn() -> bool) -> Merged {
    let tables = || Ok((snapshot.open_table(ITEM_HEADS)?, snapshot.open_table(ITEMS)?, snapshot.open_table(RUN_AT)?));
    match tables() {
        Ok((heads, blobs, places)) => merge(&heads, &blobs, &places, lists, is_wanted),
        Err(fault) => Merged { lists, list: Err(fault) },
    }
}
