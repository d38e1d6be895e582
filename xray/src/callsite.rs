//! Instrumented functions: what is known of each before it is called, and whether its calls are recorded.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use once_cell::race::OnceRef;
use xray_collector::chunk::{How, NUMBERLESS, Terms};
use xray_collector::event::Site;

use crate::level::Level;
use crate::process::Process;
use crate::session::{self, Session};

/// Not seen by [`Callsite::find_out`] yet.
const UNKNOWN: u64 = 0;
/// Calls are not recorded.
const OFF: u64 = 1;

/// An instrumented function; the attribute makes a static of it.
pub struct Callsite {
    /// [`UNKNOWN`], [`OFF`], or the [`Terms`] on which its calls are recorded.
    state: AtomicU64,
    pub(crate) site: Site,
    level: Option<Level>,
    /// What is more to know of it in a session.
    fit: Fit,
    /// Its place among all functions, from 1, once it has registered.
    number: AtomicU32,
    /// The function that registered after it.
    next: OnceRef<'static, Self>,
}

/// What a session has against a function's values. Each number has the session in its upper half, so that none is taken
/// for that of another session, and is written before the state.
struct Fit {
    /// How much of the values is captured; for a function whose values the schema rejects, more than a level.
    level: AtomicU64,
    /// What must not be captured of it: the arguments that the session's schema keeps out, and those that are redacted
    /// for their names.
    left_out: AtomicU64,
    withheld: AtomicU64,
    /// The schema's declaration of its kind.
    kind: AtomicU64,
}

impl std::fmt::Debug for Callsite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.site.fmt(f)
    }
}

/// What a call of a recorded function needs to know, if it is not an ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) terms: Terms,
    pub(crate) level: Level,
    /// The schema lets none of its values be captured.
    pub(crate) is_rejected: bool,
}

/// The function that registered first; the others follow. A chain through the statics rather than a list of its own:
/// the allocator may be an instrumented function, too. It can be followed without a lock, in a forked child.
static FIRST: OnceRef<'static, Callsite> = OnceRef::new();

fn all() -> impl Iterator<Item = &'static Callsite> {
    std::iter::successors(FIRST.get(), |callsite| callsite.next.get())
}

/// What it takes to register a function: the one that registered last, as far as this process knows.
pub(crate) struct Registry {
    last: Option<&'static Callsite>,
}

impl Registry {
    pub(crate) const fn new() -> Self {
        Self { last: None }
    }

    fn append(&mut self, callsite: &'static Callsite) {
        let number = |last: &Callsite| last.number.load(Ordering::Relaxed).saturating_add(1);
        callsite.number.store(self.last.map_or(1, number), Ordering::Relaxed);
        let mut end = self.last.map_or(&FIRST, |last| &last.next);
        // A process that was forked has yet to find the end.
        while end.set(callsite).is_err() {
            let Some(last) = end.get() else { return };
            callsite.number.store(number(last), Ordering::Relaxed);
            end = &last.next;
        }
        self.last = Some(callsite);
    }
}

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
        let [of_level, left_out, withheld, kind] = [const { AtomicU64::new(0) }; 4];
        let fit = Fit { level: of_level, left_out, withheld, kind };
        let (number, next) = (AtomicU32::new(0), OnceRef::new());
        Self { state: AtomicU64::new(UNKNOWN), site, level, fit, number, next }
    }

    /// Whether calls are known not to be recorded: one relaxed load.
    #[inline(always)]
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.state.load(Ordering::Relaxed) == OFF
    }

    /// On which terms a call is recorded now. If none is, or it is not known yet, on terms of no session.
    #[inline(always)]
    pub(crate) fn terms(&self) -> Terms {
        Terms::from_bits(self.state.load(Ordering::Acquire))
    }

    /// Whether a call is recorded now, and how.
    pub(crate) fn recording(&'static self) -> Option<Recording> {
        let mut state = self.state.load(Ordering::Acquire);
        if state == UNKNOWN {
            self.find_out();
            state = self.state.load(Ordering::Acquire);
        }
        if state <= OFF {
            return None;
        }
        let terms = Terms::from_bits(state);
        // Of another session if that has begun meanwhile: nothing is recorded then.
        let (level, is_rejected) = match of_session(&self.fit.level, terms.session())? {
            0 => (Level::Metrics, false),
            1 => (Level::Sampled, false),
            2 => (Level::Full, false),
            _ => (Level::Metrics, true),
        };
        Some(Recording { terms, level, is_rejected })
    }

    #[cold]
    fn find_out(&'static self) {
        once_on_this_thread(session::start_from_environment);
        once_on_this_thread(|| {
            let mut registry = Process::this().callsites();
            if self.state.load(Ordering::Acquire) == UNKNOWN {
                registry.append(self);
                self.set(session::get().as_deref());
            }
        });
    }

    /// The arguments that the session's schema keeps out, and those that are redacted for their names, for
    /// [`Writer::leave_out`](xray_collector::chunk::Writer::leave_out). All of them if another session has begun.
    #[inline]
    pub(crate) fn left_out(&self, session: u32) -> (u32, u32) {
        let of = |place| of_session(place, session).unwrap_or(u32::MAX);
        (of(&self.fit.left_out), of(&self.fit.withheld))
    }

    /// Where the session's schema declares its kind: [`FunctionFit::kind`](xray_collector::schema::FunctionFit::kind).
    /// `None` if another session has begun.
    #[inline]
    pub(crate) fn kind(&self, session: u32) -> Option<u32> {
        of_session(&self.fit.kind, session)
    }

    fn set(&self, session: Option<&Session>) {
        let state = session.map_or(OFF, |session| match session.level_of(&self.site, self.level) {
            Level::Off => OFF,
            level => self.set_fit(session, level).to_bits(),
        });
        // Whoever sees the state sees what belongs to it.
        self.state.store(state, Ordering::Release);
    }

    /// Asks the session's schema, and notes what it says.
    fn set_fit(&self, session: &Session, level: Level) -> Terms {
        let (mut is_rejected, mut left_out, mut kind) = (false, 0, 0);
        if let Some(schema) = session.schema() {
            let fit = schema.function(self.site.kind, self.site.arguments.iter().copied());
            is_rejected = fit.is_rejected(schema.on_mismatch());
            (left_out, kind) = (fit.left_out(schema.on_mismatch()), fit.kind);
        }
        let secret = self.site.arguments.iter().enumerate().filter(|(_, name)| session.redaction.is_secret_name(name));
        let withheld = secret.fold(0_u32, |bits, (place, _)| bits | 1 << place.min(31));
        let code = match level {
            _ if is_rejected => 3,
            Level::Off | Level::Metrics => 0,
            Level::Sampled => 1,
            Level::Full => 2,
        };
        let with_session = |half: u32| u64::from(session.number) << 32 | u64::from(half);
        self.fit.level.store(with_session(code), Ordering::Relaxed);
        self.fit.left_out.store(with_session(left_out), Ordering::Relaxed);
        self.fit.withheld.store(with_session(withheld), Ordering::Relaxed);
        self.fit.kind.store(with_session(kind), Ordering::Relaxed);
        let is_ordinary = !self.site.opens_run && !is_rejected && left_out | withheld | kind == 0;
        let how = match level {
            Level::Full | Level::Sampled if is_ordinary => How::Values,
            Level::Metrics if is_ordinary && !self.site.relates => How::NoValues,
            _ => How::WithCare,
        };
        let number = u16::try_from(self.number.load(Ordering::Relaxed)).unwrap_or(NUMBERLESS);
        Terms::new(session.number, how, number, level)
    }
}

/// The lower half, if the upper one is this session.
#[inline]
fn of_session(both: &AtomicU64, session: u32) -> Option<u32> {
    let both = both.load(Ordering::Relaxed);
    (both >> 32 == u64::from(session)).then_some(both as u32)
}

/// Tells every function that was called before which session records now. `choose` runs while no function can
/// register, so that each hears of the change or sees it.
pub(crate) fn set_all(choose: impl FnOnce() -> Option<Arc<Session>>) {
    let was_choosing = IS_CHOOSING.replace(true);
    let registry = Process::this().callsites();
    let session = choose();
    all().for_each(|callsite| callsite.set(session.as_deref()));
    drop(registry);
    IS_CHOOSING.set(was_choosing);
}

/// No function that was called before is recorded: in a forked child, where nobody else can register or choose now.
pub(crate) fn turn_all_off() {
    all().for_each(|callsite| callsite.state.store(OFF, Ordering::Release));
}
