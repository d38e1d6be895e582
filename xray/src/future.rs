//! The future of an instrumented async function: the step is current while it is polled, and ends when it does.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use xray_collector::chunk::Record;
use xray_collector::model::Outcome;

use crate::callsite::Callsite;
use crate::context::Attached;
use crate::recorder::Step;

/// An async call whose body has not been polled yet: its step is not current.
#[derive(Debug)]
#[must_use]
pub struct AsyncCall {
    step: Step,
}

impl AsyncCall {
    /// A call that has not begun.
    #[allow(clippy::new_without_default)]
    #[inline(always)]
    pub fn new() -> Self {
        Self { step: Step::default() }
    }

    /// As [`Step::enter`].
    #[inline(always)]
    pub fn enter(&mut self, callsite: &'static Callsite) -> Option<Record> {
        self.step.enter(callsite)
    }

    /// As [`Step::entered`].
    #[inline]
    pub fn entered(&mut self, record: Record) {
        self.step.entered(record);
    }

    /// The rest of a call that returned a future: it ends when the future does.
    #[inline]
    pub(crate) fn continued(step: Step) -> Self {
        Self { step }
    }

    /// The body as a part of the step. `leave` gets what the body returns.
    #[inline]
    pub fn run<F: Future, L: FnOnce(&F::Output, &mut Step)>(self, body: F, leave: L) -> InStep<F, L> {
        InStep { step: self.step, is_polled: false, leave: Some(leave), body: Some(body) }
    }
}

pin_project_lite::pin_project! {
    /// A body that runs as a step: made by [`AsyncCall::run`].
    pub struct InStep<F, L> {
        // Open until the step is left; never if the call is not recorded.
        step: Step,
        // Whether this is inside of its own poll: dropped there it panicked, dropped elsewhere it was cancelled.
        is_polled: bool,
        leave: Option<L>,
        #[pin]
        body: Option<F>,
    }

    impl<F, L> PinnedDrop for InStep<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(inside) = attach(this.step) else { return };
            // What the body's own destructors call belongs to the step.
            this.body.set(None);
            drop(inside);
            end_dropped(this.step, *this.is_polled);
        }
    }
}

/// Makes the step the current one, if it is recorded.
fn attach(step: &Step) -> Option<Attached> {
    step.context().map(crate::context::Context::attach)
}

fn end_dropped(step: &mut Step, is_polled: bool) {
    if is_polled {
        step.leave_panicked();
    } else {
        step.leave_empty(Outcome::Cancelled);
    }
}

impl<F: Future, L: FnOnce(&F::Output, &mut Step)> Future for InStep<F, L> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let body = this.body.as_mut().as_pin_mut().expect("a future is not polled after it is ready");
        let Some(inside) = attach(this.step) else { return body.poll(task) };
        *this.is_polled = true;
        let polled = body.poll(task);
        *this.is_polled = false;
        if let Poll::Ready(output) = &polled {
            // Its locals are gone already; its arguments go now, as they do in a plain async function.
            this.body.set(None);
            if let Some(leave) = this.leave.take() {
                leave(output, this.step);
            }
        }
        drop(inside);
        polled
    }
}
