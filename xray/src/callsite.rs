//! Instrumented functions: what is known of each before it is called, and whether its calls are recorded.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use xray_collector::event::Site;

use crate::level::Level;
use crate::session::{self, Session};

/// Not seen by [`Callsite::find_out`] yet.
const UNKNOWN: u32 = 0;
/// Calls are not recorded.
const OFF: u32 = 1;

/// What the attribute writes down of a function: see [`Site`].
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Function {
    pub name: &'static str,
    pub kind: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub arguments: &'static [&'static str],
}

/// An instrumented function; the attribute makes a static of it.
#[derive(Debug)]
pub struct Callsite {
    pub(crate) site: Site,
    level: Option<Level>,
    /// [`UNKNOWN`], [`OFF`], or the session that records its calls, in the upper bits, and whether values are captured.
    state: AtomicU32,
}

/// What a call of a recorded function needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) session: u32,
    pub(crate) captures_values: bool,
}

impl Recording {
    fn to_state(self) -> u32 {
        self.session << 1 | u32::from(self.captures_values)
    }

    #[inline(always)]
    fn of_state(state: u32) -> Option<Self> {
        (state > OFF).then_some(Self { session: state >> 1, captures_values: state & 1 == 1 })
    }
}

static ALL: Mutex<Vec<&'static Callsite>> = Mutex::new(Vec::new());

impl Callsite {
    /// `level` is what the attribute says, if it says something.
    #[must_use]
    pub const fn new(function: Function, opens_run: bool, level: Option<Level>) -> Self {
        let Function { name, kind, module, file, line, arguments } = function;
        let site = Site { name, kind, module, file, line, arguments, opens_run };
        Self { site, level, state: AtomicU32::new(UNKNOWN) }
    }

    /// Whether a call is recorded now: one relaxed load when it is known.
    #[inline(always)]
    pub(crate) fn recording(&'static self) -> Option<Recording> {
        match self.state.load(Ordering::Relaxed) {
            UNKNOWN => self.find_out(),
            state => Recording::of_state(state),
        }
    }

    #[cold]
    fn find_out(&'static self) -> Option<Recording> {
        // Before the lock below, which starting a collector takes, too.
        session::start_from_environment();
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        if self.state.load(Ordering::Relaxed) == UNKNOWN {
            all.push(self);
            self.set(session::get().as_deref());
        }
        Recording::of_state(self.state.load(Ordering::Relaxed))
    }

    fn set(&self, session: Option<&Session>) {
        let state = session.map_or(OFF, |session| match session.level_of(&self.site, self.level) {
            Level::Off => OFF,
            level => Recording { session: session.number, captures_values: level == Level::Full }.to_state(),
        });
        self.state.store(state, Ordering::Relaxed);
    }
}

/// Tells every function that was called before which session records now. `choose` runs while no function can
/// register, so that each hears of the change or sees it.
pub(crate) fn set_all(choose: impl FnOnce() -> Option<Arc<Session>>) {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let session = choose();
    for callsite in all.iter() {
        callsite.set(session.as_deref());
    }
}
