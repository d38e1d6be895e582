//! Carrying the current step into streams that are polled elsewhere.

use std::pin::Pin;
use std::task::{self, Poll};

use futures_core::Stream;

use super::{Context, InContext};

/// Carries a context into streams that are polled elsewhere; with the feature `streams`.
pub trait StreamExt: Stream + Sized {
    /// This stream, with the step that is current now as the parent of the steps that it calls, whichever thread
    /// polls it.
    ///
    /// ```
    /// use futures_util::stream::{self, Stream, StreamExt as _};
    /// use xray::StreamExt as _;
    ///
    /// #[xray::step]
    /// fn square(number: u64) -> u64 {
    ///     number * number
    /// }
    ///
    /// #[xray::step]
    /// fn squares(numbers: Vec<u64>) -> impl Stream<Item = u64> {
    ///     // `squares` returns before the first number is asked for; its steps belong to it all the same.
    ///     stream::iter(numbers).map(square).in_current_step()
    /// }
    ///
    /// #[xray::run]
    /// async fn sum(numbers: Vec<u64>) -> u64 {
    ///     tokio::spawn(squares(numbers).fold(0, async |sum, square| sum + square)).await.unwrap()
    /// }
    ///
    /// let runtime = tokio::runtime::Runtime::new().unwrap();
    /// assert_eq!(runtime.block_on(sum(vec![1, 2, 3])), 14);
    /// ```
    fn in_current_step(self) -> InContext<Self> {
        self.in_context(Context::current())
    }

    /// This stream, in a context: one that came from another process, or was kept for later.
    fn in_context(self, context: Context) -> InContext<Self> {
        InContext::new(context, self)
    }
}

impl<S: Stream> StreamExt for S {}

impl<S: Stream> Stream for InContext<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let (context, stream) = self.project_inner();
        context.in_scope(|| stream.poll_next(task))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.get_ref().map_or((0, None), S::size_hint)
    }
}
