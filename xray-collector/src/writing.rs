//! Large batches on their way into the store, on a thread of their own, while the collector's thread puts the next together.
//!
//! The thread begins with the first large batch and ends with the collector. It is always the same one, since allocators have
//! memory for each thread: what the store keeps of its file would otherwise be in that of several, between what is needed
//! for a moment. There is one batch at most: whoever has another waits until the first is stored, so that batches are stored
//! in their order, and what is in memory is bounded.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, never};

use crate::assembly::Pending;
use crate::chunk::mute_this_thread;
use crate::collector::Books;
use crate::store::{Store, StoreError};

/// A batch that takes so much memory is worth a thread.
const LARGE_BYTES: usize = 2 << 20;

/// Whether a batch is stored.
pub(crate) type Written = Result<(), StoreError>;

/// The batch that is being written, and who does it.
pub(crate) struct Writing {
    store: Arc<dyn Store>,
    books: Arc<Books>,
    /// From the first large batch on.
    writer: Option<Writer>,
    pending: Option<Arc<Pending>>,
}

struct Writer {
    batches: Sender<Arc<Pending>>,
    written: Receiver<Written>,
    thread: JoinHandle<()>,
}

impl Writing {
    pub(crate) fn new(store: Arc<dyn Store>, books: Arc<Books>) -> Self {
        Self { store, books, writer: None, pending: None }
    }

    /// Begins to write a batch. It comes back if it is not worth a thread, or there can be no more of them.
    pub(crate) fn start(&mut self, pending: Pending) -> Result<&Arc<Pending>, Box<Pending>> {
        if pending.bytes() < LARGE_BYTES {
            return Err(Box::new(pending));
        }
        if self.writer.is_none() {
            self.writer = Writer::start(Arc::clone(&self.store), Arc::clone(&self.books));
        }
        let pending = Arc::new(pending);
        match &self.writer {
            Some(writer) if writer.batches.send(Arc::clone(&pending)).is_ok() => Ok(self.pending.insert(pending)),
            _ => Err(Box::new(alone(pending))),
        }
    }

    pub(crate) fn is_going_on(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether the batch is stored, or could not be.
    pub(crate) fn is_over(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.written.is_full())
    }

    /// Says so, to [`Writing::end`].
    pub(crate) fn written(&self) -> Receiver<Written> {
        self.writer.as_ref().map_or_else(never, |writer| writer.written.clone())
    }

    /// Waits until the batch is stored, or could not be, if one is being written.
    pub(crate) fn wait(&mut self) -> Option<(Pending, Written)> {
        let written = self.pending.is_some().then(|| self.written().recv().ok())?;
        self.end(written)
    }

    /// What was written, when that is over. Without an answer the writer has ended, and its panic goes on here.
    pub(crate) fn end(&mut self, written: Option<Written>) -> Option<(Pending, Written)> {
        let pending = self.pending.take();
        if written.is_none()
            && let Some(Err(panic)) = self.writer.take().map(|writer| writer.thread.join())
        {
            std::panic::resume_unwind(panic);
        }
        Some((alone(pending?), written?))
    }
}

impl Writer {
    fn start(store: Arc<dyn Store>, books: Arc<Books>) -> Option<Self> {
        let ((batches, given), (told, written)) = (bounded::<Arc<Pending>>(1), bounded(1));
        let write = move || {
            mute_this_thread();
            for pending in given {
                let result = books.caught(|| store.write(&pending.batch));
                drop(pending);
                if told.send(result).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("xray-collector".to_owned()).spawn(write).ok()?;
        Some(Self { batches, written, thread })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(Writer { batches, written, thread }) = self.writer.take() {
            drop((batches, written));
            let _ = thread.join();
        }
    }
}

/// A batch that its thread has let go of, or never had.
fn alone(pending: Arc<Pending>) -> Pending {
    Arc::into_inner(pending).expect("nobody else has it")
}
