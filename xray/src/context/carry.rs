//! Carrying the current step into closures and futures that run elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use super::Context;

/// A closure that runs in the step that is current now, whichever thread calls it: for `std::thread::spawn`, scoped
/// threads, tokio's `spawn_blocking`, rayon's `spawn` and `join`, and whatever else takes a closure.
///
/// ```
/// #[xray::step]
/// fn part(numbers: &[u64]) -> u64 {
///     numbers.iter().sum()
/// }
///
/// #[xray::run]
/// fn total(numbers: Vec<u64>) -> u64 {
///     let (left, right) = numbers.split_at(numbers.len() / 2);
///     // A scoped thread, which may borrow.
///     let scoped = std::thread::scope(|scope| {
///         let right = scope.spawn(xray::in_current_step(|| part(right)));
///         part(left) + right.join().unwrap()
///     });
///     // A thread, which owns what it is given.
///     let thread = std::thread::spawn(xray::in_current_step(move || part(&numbers)));
///     assert_eq!(thread.join().unwrap(), scoped);
///     scoped
/// }
///
/// assert_eq!(total(vec![1, 2, 3]), 6);
/// ```
///
/// In a task, where a closure blocks:
///
/// ```
/// #[xray::step]
/// fn slow(number: u64) -> u64 {
///     number * number
/// }
///
/// #[xray::run]
/// async fn square(number: u64) -> u64 {
///     tokio::task::spawn_blocking(xray::in_current_step(move || slow(number))).await.unwrap()
/// }
///
/// let runtime = tokio::runtime::Runtime::new().unwrap();
/// assert_eq!(runtime.block_on(square(3)), 9);
/// ```
pub fn in_current_step<R>(act: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let context = Context::current();
    move || context.in_scope(act)
}

/// A closure that can be called many times, each time in the step that is current now: for rayon's parallel iterators.
/// [`Context::in_scope`] is for those that get a reference to each item, as `filter` does, or more than one argument.
///
/// ```
/// use rayon::prelude::*;
///
/// #[xray::step]
/// fn square(number: &u64) -> u64 {
///     number * number
/// }
///
/// #[xray::run]
/// fn squares(numbers: &[u64]) -> Vec<u64> {
///     numbers.par_iter().map(xray::in_current_step_fn(square)).collect()
/// }
///
/// assert_eq!(squares(&[1, 2, 3]), [1, 4, 9]);
/// ```
pub fn in_current_step_fn<A, R>(act: impl Fn(A) -> R) -> impl Fn(A) -> R {
    let context = Context::current();
    move |argument| context.in_scope(|| act(argument))
}

/// Carries a context into futures that are polled elsewhere.
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
        self.in_context(Context::current())
    }

    /// This future, in a context: one that came from another process, or was kept for later.
    ///
    /// ```
    /// use xray::{Context, FutureExt as _};
    ///
    /// #[xray::run]
    /// async fn answer(question: u64) -> u64 {
    ///     question * 2
    /// }
    ///
    /// async fn handle(traceparent: Option<&str>, question: u64) -> u64 {
    ///     // Who sends none, or nonsense, is answered all the same.
    ///     let caller = traceparent.and_then(|header| Context::from_traceparent(header).ok());
    ///     answer(question).in_context(caller.unwrap_or(Context::NONE)).await
    /// }
    ///
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// assert_eq!(runtime.block_on(handle(Some(header), 21)), 42);
    /// ```
    fn in_context(self, context: Context) -> InContext<Self> {
        InContext::new(context, self)
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future or a stream with a context: made by [`FutureExt`]. It is dropped in its context, too.
    #[derive(Debug, Clone)]
    #[must_use = "futures and streams do nothing unless they are polled"]
    pub struct InContext<T> {
        context: Context,
        // Present until it is dropped.
        #[pin]
        inner: Option<T>,
    }

    impl<T> PinnedDrop for InContext<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _inside = this.context.attach();
            this.inner.set(None);
        }
    }
}

impl<T> InContext<T> {
    pub(super) fn new(context: Context, inner: T) -> Self {
        Self { context, inner: Some(inner) }
    }

    #[cfg(feature = "streams")]
    pub(super) fn get_ref(&self) -> Option<&T> {
        self.inner.as_ref()
    }

    /// What is in it, to be polled while the context is attached.
    pub(super) fn project_inner(self: Pin<&mut Self>) -> (Context, Pin<&mut T>) {
        let this = self.project();
        (*this.context, this.inner.as_pin_mut().expect("it is there until this is dropped"))
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let (context, future) = self.project_inner();
        context.in_scope(|| future.poll(task))
    }
}
