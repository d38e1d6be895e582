//! The collector that records now: one at a time in a process, reached by every thread.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use xray_collector::chunk::{Pool, Terms};
use xray_collector::event::Site;
use xray_collector::id::ProcessId;
use xray_collector::redaction::Redaction;
use xray_collector::schema::Schema;
use xray_collector::store::Store;
use xray_collector::{Collector, FlushError, Stats, fork};

use crate::callsite;
use crate::filter::Filter;
use crate::level::Level;
use crate::process::Process;

/// A collector with what belongs to it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) number: u32,
    pub(crate) level: Level,
    pub(crate) filter: RwLock<Filter>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) collector: Collector,
    pub(crate) store: Arc<dyn Store>,
    #[cfg(feature = "web")]
    pub(crate) server: std::sync::Mutex<Option<xray_web::Server>>,
}

/// The number of the current session for threads that leave a step; 0 while there is none.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The session that records now.
pub(crate) fn get() -> Option<Arc<Session>> {
    Process::this().session().clone()
}

/// A number for a new session: never 0, and small enough for a function's [`Terms`].
pub(crate) fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) % (Terms::SESSIONS - 1) + 1
}

/// The process that the session's runs belong to, if it still records.
pub(crate) fn process(number: u32) -> Option<ProcessId> {
    get().filter(|session| session.number == number).map(|session| session.collector.process())
}

/// Whether this session still records.
#[inline(always)]
pub(crate) fn is_current(number: u32) -> bool {
    NUMBER.load(Ordering::Relaxed) == number
}

/// The chunks of the session, for a thread that records for it for the first time.
pub(crate) fn pool() -> Option<Arc<Pool>> {
    get().map(|session| Arc::clone(session.collector.pool()))
}

/// Makes this the session that records. `false` if there is one already.
pub(crate) fn install(session: &Arc<Session>) -> bool {
    let mut is_installed = false;
    callsite::set_all(|| {
        let mut current = Process::this().session_mut();
        if current.is_none() {
            is_installed = true;
            NUMBER.store(session.number, Ordering::Relaxed);
            *current = Some(Arc::clone(session));
        }
        current.clone()
    });
    is_installed
}

/// Whether a session records.
pub(crate) fn is_active() -> bool {
    NUMBER.load(Ordering::Relaxed) != 0
}

impl Session {
    /// What everything that is recorded has to fit.
    pub(crate) fn schema(&self) -> Option<&Arc<Schema>> {
        self.collector.pool().schema()
    }

    /// How much of a function's calls is captured. What the attribute says is a promise not to capture more.
    pub(crate) fn level_of(&self, site: &Site, of_attribute: Option<Level>) -> Level {
        let filter = self.filter.read().unwrap_or_else(PoisonError::into_inner);
        match (of_attribute, filter.level_of(site.module, site.name)) {
            (None, of_filter) => of_filter.unwrap_or(self.level),
            (Some(level), None) => level,
            (Some(level), Some(of_filter)) => level.min(of_filter),
        }
    }

    /// Filters differently from now on.
    pub(crate) fn set_filter(&self, filter: Filter) {
        if !self.is_of_this_process() {
            return;
        }
        callsite::set_all(|| {
            *self.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
            get()
        });
    }

    /// Whether it belongs to this process, rather than to one that this was forked from.
    fn is_of_this_process(&self) -> bool {
        self.collector.pool().is_of_this_process()
    }

    /// Records no more, and writes what was recorded. In a forked child there is nothing to end.
    pub(crate) fn end(&self) -> Result<(), FlushError> {
        if !self.is_of_this_process() {
            return Ok(());
        }
        callsite::set_all(|| {
            let mut current = Process::this().session_mut();
            if current.as_ref().is_some_and(|current| current.number == self.number) {
                NUMBER.store(0, Ordering::Relaxed);
                *current = None;
            }
            current.clone()
        });
        #[cfg(feature = "web")]
        drop(self.server.lock().unwrap_or_else(PoisonError::into_inner).take());
        let result = self.collector.stop();
        *Process::this().last_books() = Some(self.collector.stats());
        result
    }
}

/// What became of every event of the collector that records now, or of the last one. All zero before the first.
///
/// At every moment `produced == stored + dropped.total() + in_flight`.
///
/// ```
/// let stats = xray::stats();
/// assert_eq!(stats.produced, stats.stored + stats.dropped.total() + stats.in_flight);
/// ```
#[must_use]
pub fn stats() -> Stats {
    match get() {
        Some(session) => session.collector.stats(),
        None => Process::this().last_books().clone().unwrap_or_default(),
    }
}

/// With `XRAY_STORE` in the environment and no collector, starts one that ends when the process exits. Only the first
/// call does anything, and none in a forked child, which would write where its parent writes.
pub(crate) fn start_from_environment() {
    #[cfg(all(feature = "embedded", feature = "enabled"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        if fork::generation() > 0 {
            return;
        }
        ONCE.call_once(|| {
            if is_active() || std::env::var_os("XRAY_STORE").is_none_or(|path| path.is_empty()) {
                return;
            }
            match crate::Builder::default().start() {
                Ok(guard) => {
                    // The guard would end the session here; the end of the process does instead.
                    std::mem::forget(guard);
                }
                Err(crate::StartError::Running) => {}
                Err(error) => eprintln!("xray: nothing is recorded: {error}"),
            }
        });
    }
}

/// Has the collector write what is left when the process exits without dropping the guard: `exit` does not.
pub(crate) fn end_at_exit() {
    extern "C" fn end() {
        let Some(session) = get() else { return };
        if let Err(error) = session.end() {
            eprintln!("xray: {error}");
        }
        // A guard that is not dropped, or was forgotten, keeps the session.
        session.store.close();
    }
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    if !IS_REGISTERED.swap(true, Ordering::Relaxed) {
        xray_collector::exit::at_exit(end);
    }
}

/// Has nothing recorded in children that this process forks, until they start a collector. Before anything is recorded.
pub(crate) fn end_in_children() {
    extern "C" fn end() {
        NUMBER.store(0, Ordering::Relaxed);
        callsite::turn_all_off();
    }
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    if !IS_REGISTERED.swap(true, Ordering::Relaxed) {
        fork::in_child(end);
    }
}
