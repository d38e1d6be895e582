//! Where a thread or a future is in the tree of steps, and how that place is carried to another one.

use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{self, Poll};

thread_local! {
    static CURRENT: Cell<Context> = const { Cell::new(Context::NONE) };
}

/// A place in a run: the innermost step that is open.
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
    pub(crate) session: u32,
    pub(crate) run: u64,
    pub(crate) step: u64,
}

impl Context {
    /// No run: a step that is called here opens one.
    pub const NONE: Self = Self { session: 0, run: 0, step: 0 };

    /// The calling thread's context; within a future, the future's.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        CURRENT.with(Cell::get)
    }

    /// Makes this the calling thread's context until the guard is dropped, which puts back the one before.
    #[inline]
    pub fn attach(self) -> Attached {
        Attached { before: self.replace_current(), on_this_thread: PhantomData }
    }

    /// Makes this the calling thread's context, and says which was.
    #[inline]
    pub(crate) fn replace_current(self) -> Self {
        CURRENT.with(|current| current.replace(self))
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

/// Carries the current step into futures that are polled elsewhere.
pub trait FutureExt: Future + Sized {
    /// This future, with the step that is current now as the parent of the steps that it calls, whichever thread
    /// polls it.
    ///
    /// ```
    /// use xray::FutureExt as _;
    ///
    /// #[xray::step]
    /// async fn square(number: u64) -> u64 {
    ///     number * number
    /// }
    ///
    /// #[xray::run]
    /// async fn squares() -> u64 {
    ///     let other = tokio::spawn(square(3).in_current_step());
    ///     square(4).await + other.await.unwrap()
    /// }
    ///
    /// let runtime = tokio::runtime::Runtime::new().unwrap();
    /// assert_eq!(runtime.block_on(squares()), 25);
    /// ```
    fn in_current_step(self) -> InContext<Self> {
        InContext { context: Context::current(), future: self }
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future with a context: made by [`FutureExt::in_current_step`].
    #[derive(Debug, Clone)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct InContext<F> {
        context: Context,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = this.context.attach();
        this.future.poll(task)
    }
}
