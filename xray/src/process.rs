//! What a process has once. A forked child has it anew: see [`xray_collector::fork`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use once_cell::race::OnceBox;
use xray_collector::{Stats, fork};

use crate::callsite::Registry;
use crate::session::Session;

/// The locks of one process, with what they guard.
pub(crate) struct Process {
    session: RwLock<Option<Arc<Session>>>,
    last_books: Mutex<Option<Stats>>,
    callsites: Mutex<Registry>,
    /// That of a process that this one forked, in that process. What is above stays as it was at the fork, and is never
    /// dropped there: it is the parent's.
    child: OnceBox<Process>,
}

static FIRST: Process = Process::new();

impl Process {
    const fn new() -> Self {
        Self {
            session: RwLock::new(None),
            last_books: Mutex::new(None),
            callsites: Mutex::new(Registry::new()),
            child: OnceBox::new(),
        }
    }

    /// That of this process.
    pub(crate) fn this() -> &'static Self {
        (0..fork::generation()).fold(&FIRST, |process, _| process.child.get_or_init(|| Box::new(Self::new())))
    }

    /// The collector that records now.
    pub(crate) fn session(&self) -> RwLockReadGuard<'_, Option<Arc<Session>>> {
        self.session.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn session_mut(&self) -> RwLockWriteGuard<'_, Option<Arc<Session>>> {
        self.session.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The books of the collector before, after it ended.
    pub(crate) fn last_books(&self) -> MutexGuard<'_, Option<Stats>> {
        self.last_books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while a function registers, or all are told of another session.
    pub(crate) fn callsites(&self) -> MutexGuard<'_, Registry> {
        self.callsites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
