//! Where a thread or a future is in the tree of steps, and how that place is carried to another one.

mod carry;
#[cfg(feature = "streams")]
mod stream;
mod traceparent;

use std::marker::PhantomData;

use xray_collector::chunk::{Whereabouts, current_whereabouts, replace_whereabouts};
use xray_collector::id::{ProcessId, RunId, StepId};

pub use self::carry::{FutureExt, InContext, in_current_step, in_current_step_fn};
#[cfg(feature = "streams")]
pub use self::stream::StreamExt;
pub use self::traceparent::TraceparentError;
use crate::level::Level;
use crate::session;

/// A place in a run: the innermost step that is open.
///
/// A step that is called on another thread or in another task does not know who called it, unless the context comes
/// along. What brings it:
///
/// | to | with |
/// |---|---|
/// | a thread, a scoped thread, `spawn_blocking`, any executor that takes a closure | [`in_current_step`] |
/// | rayon's `map` and its like: a closure that is called many times | [`in_current_step_fn`] |
/// | a task, any future | [`FutureExt::in_current_step`] |
/// | a stream (feature `streams`) | `StreamExt::in_current_step` |
/// | a part of a function | [`Context::in_scope`], [`Context::attach`] |
/// | another process | [`Context::traceparent`], [`Context::from_traceparent`] |
///
/// A context is a few numbers: copying one costs nothing, and holding one keeps nothing alive. Steps that are called
/// under the context of a step that has ended are its children all the same.
///
/// ```
/// #[xray::step]
/// fn part(numbers: &[u64]) -> u64 {
///     numbers.iter().sum()
/// }
///
/// #[xray::run]
/// fn total(numbers: &[u64]) -> u64 {
///     let (left, right) = numbers.split_at(numbers.len() / 2);
///     let context = xray::Context::current();
///     std::thread::scope(|scope| {
///         let right = scope.spawn(move || {
///             let _inside = context.attach(); // this thread's steps belong to `total`, too
///             part(right)
///         });
///         part(left) + right.join().unwrap()
///     })
/// }
///
/// assert_eq!(total(&[1, 2, 3]), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The session that records the run; for a run of another process [`Context::ELSEWHERE`] and the flags that came
    /// with it; 0 for no run.
    pub(crate) session: u32,
    /// What is called here is not captured at a higher level.
    pub(crate) cap: Level,
    /// Where the session's schema declares the step's kind; 0 for nowhere.
    pub(crate) kind: u16,
    /// The process of a run of another process; 0 for the session's own.
    pub(crate) process: u64,
    pub(crate) run: u64,
    pub(crate) step: u64,
}

impl Context {
    /// No run: a step that is called here opens one.
    pub const NONE: Self = Self { session: 0, cap: Level::Full, kind: 0, process: 0, run: 0, step: 0 };

    /// The bit that no session's number has.
    const ELSEWHERE: u32 = 1 << 31;

    /// The calling thread's context; within a future, the future's.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        // Without the feature there is never another one.
        if cfg!(feature = "enabled") { current_whereabouts().into() } else { Self::NONE }
    }

    /// Makes this the calling thread's context until the guard is dropped, which puts back the one before. Guards are
    /// dropped in the reverse order, as variables are.
    ///
    /// Not for async code: a guard that is held across an `.await` stays on the thread when the future leaves it.
    /// [`FutureExt`] is for futures.
    #[inline]
    pub fn attach(self) -> Attached {
        Attached { before: self.replace_current(), on_this_thread: PhantomData }
    }

    /// Runs `act` in this context, and puts back the one before, also when `act` panics.
    ///
    /// It goes where [`in_current_step`] does not: into closures that get references or several arguments.
    ///
    /// ```
    /// # use rayon::prelude::*;
    /// #[xray::step]
    /// fn is_affordable(price: u64, budget: u64) -> bool {
    ///     price <= budget
    /// }
    ///
    /// #[xray::run]
    /// fn affordable(prices: &[u64], budget: u64) -> Vec<&u64> {
    ///     let context = xray::Context::current();
    ///     prices.par_iter().filter(|price| context.in_scope(|| is_affordable(**price, budget))).collect()
    /// }
    ///
    /// assert_eq!(affordable(&[30, 12, 25], 26), [&12, &25]);
    /// ```
    #[inline]
    pub fn in_scope<R>(self, act: impl FnOnce() -> R) -> R {
        let _inside = self.attach();
        act()
    }

    /// The run. `None` where there is none, or if its collector has stopped.
    ///
    /// It goes into logs and answers, to be looked up in the store or on the page.
    ///
    /// ```
    /// #[xray::run]
    /// fn pick() -> Option<xray::id::RunId> {
    ///     xray::Context::current().run_id()
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("runs.redb");
    /// assert_eq!(pick(), None, "nothing is recorded yet");
    /// let xray = xray::builder().store(path).start()?;
    /// let id = pick().expect("a run");
    ///
    /// xray.flush()?;
    /// assert_eq!(&*xray.store().run(id)?.expect("it is stored").pipeline, "pick");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn run_id(self) -> Option<RunId> {
        Some(RunId::new(self.process()?, StepId(self.run)))
    }

    /// The step. `None` where [`Context::run_id`] is.
    ///
    /// ```
    /// use xray::id::StepId;
    ///
    /// #[xray::step]
    /// fn outer() -> (Option<StepId>, Option<StepId>) {
    ///     (xray::Context::current().step_id(), inner())
    /// }
    ///
    /// #[xray::step]
    /// fn inner() -> Option<StepId> {
    ///     xray::Context::current().step_id()
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("runs.redb");
    /// let _xray = xray::builder().store(path).start()?;
    /// let (outer, inner) = outer();
    /// assert!(outer.is_some() && inner.is_some() && outer != inner);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn step_id(self) -> Option<StepId> {
        self.process().map(|_| StepId(self.step))
    }

    /// The process of the run.
    fn process(self) -> Option<ProcessId> {
        if self.is_elsewhere() { Some(ProcessId(self.process)) } else { session::process(self.session) }
    }

    /// Whether the run is one of another process.
    #[inline]
    pub(crate) fn is_elsewhere(self) -> bool {
        self.session & Self::ELSEWHERE != 0
    }

    /// Whether what is said here is recorded.
    #[inline]
    pub(crate) fn is_recorded(self) -> bool {
        self.session != 0 && self.cap != Level::Off && session::is_current(self.session)
    }

    /// Makes this the calling thread's context, and says which was.
    #[inline]
    pub(crate) fn replace_current(self) -> Self {
        if cfg!(feature = "enabled") { replace_whereabouts(self.into()).into() } else { Self::NONE }
    }
}

impl From<Context> for Whereabouts {
    #[inline]
    fn from(context: Context) -> Self {
        let Context { session, cap, kind, process, run, step } = context;
        // Nothing but the session where nothing is capped.
        let below_full = Level::Full as u64 - cap as u64;
        Self { recorded: u64::from(session) << 32 | u64::from(kind) << 16 | below_full, process, run, step }
    }
}

impl From<Whereabouts> for Context {
    #[inline]
    fn from(Whereabouts { recorded, process, run, step }: Whereabouts) -> Self {
        let cap = match recorded as u16 {
            0 => Level::Full,
            1 => Level::Sampled,
            2 => Level::Metrics,
            _ => Level::Off,
        };
        Self { session: (recorded >> 32) as u32, cap, kind: (recorded >> 16) as u16, process, run, step }
    }
}

/// Puts back the context that was current before [`Context::attach`].
#[derive(Debug)]
#[must_use = "the context is attached until this is dropped"]
pub struct Attached {
    before: Context,
    on_this_thread: PhantomData<*const ()>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.before.replace_current();
    }
}
