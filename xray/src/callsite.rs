//! Instrumented functions: what is known of each before it is called, and whether its calls are recorded.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use xray_collector::chunk::Writer;
use xray_collector::event::Site;
use xray_collector::redaction::Redaction;

use crate::level::Level;
use crate::session::{self, Session};

/// Not seen by [`Callsite::find_out`] yet.
const UNKNOWN: u32 = 0;
/// Calls are not recorded.
const OFF: u32 = 1;

/// An instrumented function; the attribute makes a static of it.
pub struct Callsite {
    pub(crate) site: Site,
    level: Option<Level>,
    /// [`UNKNOWN`], [`OFF`], or the session that records its calls, in the upper bits, and whether values are captured.
    state: AtomicU32,
    /// Which arguments the session withholds for their names: see [`Withheld`].
    withheld: AtomicU64,
    /// The function that registered before it, once it has registered.
    before: OnceLock<Option<&'static Self>>,
}

impl std::fmt::Debug for Callsite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.site.fmt(f)
    }
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

    #[inline]
    fn of_state(state: u32) -> Option<Self> {
        (state > OFF).then_some(Self { session: state >> 1, captures_values: state & 1 == 1 })
    }
}

/// Which of the arguments that are still to be captured are withheld: a bit for each, the next one's lowest. The highest
/// bit stands for its argument and all beyond, of which there are hardly ever any.
#[derive(Debug, Clone, Copy)]
pub struct Withheld(i64);

impl Withheld {
    fn of(arguments: &[&str], redaction: &Redaction) -> Self {
        let secret = arguments.iter().enumerate().filter(|(_, name)| redaction.is_secret_name(name));
        Self(secret.fold(0, |bits, (place, _)| bits | 1 << place.min(63)))
    }

    /// Passes over the next argument, of which the attribute says how it is captured.
    #[inline(always)]
    pub fn pass(&mut self) {
        self.0 >>= 1;
    }

    /// Takes the next argument's turn. If it is withheld, that is written in its place, and nothing else is to be.
    #[inline(always)]
    pub fn next(&mut self, writer: &mut Writer) -> bool {
        let is_withheld = self.0 & 1 == 1;
        self.pass();
        if is_withheld {
            writer.redacted();
        }
        is_withheld
    }
}

/// The function that registered last; the others follow. A chain through the statics rather than a list of its own:
/// the allocator may be an instrumented function, too.
static LAST: Mutex<Option<&'static Callsite>> = Mutex::new(None);

thread_local! {
    /// The thread is in here already: what it calls now is not recorded, and registers the next time.
    static IS_CHOOSING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `choose` unless this thread is inside of it.
fn once_on_this_thread<R>(choose: impl FnOnce() -> R) -> Option<R> {
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            IS_CHOOSING.set(false);
        }
    }
    if IS_CHOOSING.replace(true) {
        return None;
    }
    let _done = Done;
    Some(choose())
}

impl Callsite {
    /// `level` is what the attribute says, if it says something.
    #[must_use]
    pub const fn new(site: Site, level: Option<Level>) -> Self {
        Self { site, level, state: AtomicU32::new(UNKNOWN), withheld: AtomicU64::new(0), before: OnceLock::new() }
    }

    /// Whether calls are known not to be recorded: one relaxed load.
    #[inline(always)]
    pub(crate) fn is_off(&self) -> bool {
        self.state.load(Ordering::Relaxed) == OFF
    }

    /// Whether a call is recorded now.
    #[inline]
    pub(crate) fn recording(&'static self) -> Option<Recording> {
        // Acquire: who sees the session sees what it withholds.
        match self.state.load(Ordering::Acquire) {
            UNKNOWN => self.find_out(),
            state => Recording::of_state(state),
        }
    }

    #[cold]
    fn find_out(&'static self) -> Option<Recording> {
        once_on_this_thread(session::start_from_environment);
        once_on_this_thread(|| {
            let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
            if self.before.set(*last).is_ok() {
                *last = Some(self);
                self.set(session::get().as_deref());
            }
        });
        Recording::of_state(self.state.load(Ordering::Acquire))
    }

    /// Which arguments of a call that is recorded are withheld for their names.
    #[inline]
    #[must_use]
    pub fn withheld(&self) -> Withheld {
        Withheld(self.withheld.load(Ordering::Relaxed) as i64)
    }

    fn set(&self, session: Option<&Session>) {
        let state = session.map_or(OFF, |session| match session.level_of(&self.site, self.level) {
            Level::Off => OFF,
            level => Recording { session: session.number, captures_values: level == Level::Full }.to_state(),
        });
        if let Some(session) = session {
            let withheld = Withheld::of(self.site.arguments, &session.redaction);
            self.withheld.store(withheld.0 as u64, Ordering::Relaxed);
        }
        self.state.store(state, Ordering::Release);
    }
}

/// Tells every function that was called before which session records now. `choose` runs while no function can
/// register, so that each hears of the change or sees it.
pub(crate) fn set_all(choose: impl FnOnce() -> Option<Arc<Session>>) {
    let was_choosing = IS_CHOOSING.replace(true);
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let session = choose();
    let mut next = *last;
    while let Some(callsite) = next {
        callsite.set(session.as_deref());
        next = callsite.before.get().copied().flatten();
    }
    drop(last);
    IS_CHOOSING.set(was_choosing);
}
