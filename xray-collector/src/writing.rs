//! A large batch on its way into the store, on a thread of its own, while the collector's thread puts the next together.
//!
//! The thread ends with the batch. There is one at most: whoever has another batch waits until the first is stored, so
//! that batches are stored in their order, and what is in memory is bounded.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::Sender;

use crate::assembly::Pending;
use crate::chunk::mute_this_thread;
use crate::collector::Books;
use crate::store::{Store, StoreError};

/// A batch that takes so much memory is worth a thread.
const LARGE_BYTES: usize = 2 << 20;

/// A batch that is being written.
pub(crate) struct Writing {
    pending: Arc<Pending>,
    thread: JoinHandle<Result<(), StoreError>>,
}

impl Writing {
    /// Begins to write a batch, and has `over` told when that is over. The batch comes back if it is not worth a thread, or
    /// there can be no more of them.
    pub(crate) fn start(
        pending: Pending,
        store: &Arc<dyn Store>,
        books: &Arc<Books>,
        over: &Sender<()>,
    ) -> Result<Self, Box<Pending>> {
        if pending.bytes() < LARGE_BYTES {
            return Err(Box::new(pending));
        }
        let pending = Arc::new(pending);
        let (batch, store, books, over) = (Arc::clone(&pending), Arc::clone(store), Arc::clone(books), over.clone());
        let write = move || {
            mute_this_thread();
            let result = books.caught(|| store.write(&batch.batch));
            drop(batch);
            // An error means that it was told already.
            let _ = over.try_send(());
            result
        };
        match Builder::new().name("xray-collector".to_owned()).spawn(write) {
            Ok(thread) => Ok(Self { pending, thread }),
            Err(_) => Err(Box::new(alone(pending))),
        }
    }

    /// What is being written.
    pub(crate) fn pending(&self) -> &Arc<Pending> {
        &self.pending
    }

    /// Waits until it is stored, or could not be. Nobody else may have it any more.
    pub(crate) fn finish(self) -> (Pending, Result<(), StoreError>) {
        let result = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (alone(self.pending), result)
    }
}

/// A batch that its thread has let go of, or never had.
fn alone(pending: Arc<Pending>) -> Pending {
    Arc::into_inner(pending).expect("nobody else has it")
}
