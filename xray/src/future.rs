//! The future of an instrumented async function: the step is current while it is polled, and ends when it does.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use xray_collector::chunk::Record;
use xray_collector::model::Outcome;

use crate::callsite::Callsite;
use crate::recorder::OpenStep;

/// An async call whose body has not been polled yet.
#[derive(Debug)]
#[must_use]
pub struct AsyncCall {
    step: Option<OpenStep>,
}

impl AsyncCall {
    /// Enters the step; it is not current yet.
    #[inline]
    pub fn enter(callsite: &'static Callsite, arguments: impl FnOnce(&mut Record<'_>)) -> Self {
        Self { step: OpenStep::enter(callsite, arguments) }
    }

    /// The rest of a call that returned a future: it ends when the future does.
    #[inline]
    pub(crate) fn continued(step: Option<OpenStep>) -> Self {
        Self { step }
    }

    /// The body as a part of the step. `leave` gets what the body returns.
    #[inline]
    pub fn run<F: Future, L: FnOnce(&F::Output, Leaving)>(self, body: F, leave: L) -> InStep<F, L> {
        InStep { step: self.step, is_polled: false, leave: Some(leave), body: Some(body) }
    }
}

/// A step that is about to be left.
#[derive(Debug)]
pub struct Leaving(pub(crate) OpenStep);

impl Leaving {
    /// Leaves it.
    #[inline]
    pub fn leave(self, outcome: Outcome, result: impl FnOnce(&mut Record<'_>)) {
        self.0.leave(outcome, result);
    }
}

pin_project_lite::pin_project! {
    /// A body that runs as a step: made by [`AsyncCall::run`].
    pub struct InStep<F, L> {
        // Present until the step is left; never if the call is not recorded.
        step: Option<OpenStep>,
        // Whether this is inside of its own poll: dropped there it panicked, dropped elsewhere it was cancelled.
        is_polled: bool,
        leave: Option<L>,
        #[pin]
        body: Option<F>,
    }

    impl<F, L> PinnedDrop for InStep<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(step) = this.step.take() else { return };
            let is_polled = *this.is_polled;
            {
                // What the body's own destructors call belongs to the step.
                let _inside = step.context().attach();
                this.body.set(None);
            }
            if is_polled {
                step.leave_panicked();
            } else {
                step.leave(Outcome::Cancelled, |_| {});
            }
        }
    }
}

impl<F: Future, L: FnOnce(&F::Output, Leaving)> Future for InStep<F, L> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let body = this.body.as_mut().as_pin_mut().expect("a future is not polled after it is ready");
        let Some(step) = this.step.as_ref() else { return body.poll(task) };
        let inside = step.context().attach();
        *this.is_polled = true;
        let polled = body.poll(task);
        *this.is_polled = false;
        if let Poll::Ready(output) = &polled {
            // Its locals are gone already; its arguments go now, as they do in a plain async function.
            this.body.set(None);
            if let (Some(step), Some(leave)) = (this.step.take(), this.leave.take()) {
                leave(output, Leaving(step));
            }
        }
        drop(inside);
        polled
    }
}
