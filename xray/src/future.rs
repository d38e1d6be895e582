//! The future of an instrumented async function: the step is current while it is polled, and ends when it does.

use std::borrow::BorrowMut;
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
    pub fn enter(&mut self, callsite: &'static Callsite, is_off: bool) -> Option<Record> {
        self.step.enter(callsite, is_off)
    }

    /// As [`Step::entered`].
    #[inline]
    pub fn entered(&mut self, record: Record) {
        self.step.entered(record);
    }

    /// The body as a part of the step, which stays where it is: to move it costs more than a call that is not recorded.
    /// `leave` gets what the body returns.
    #[inline]
    pub fn run<F: Future, L: FnOnce(&F::Output, &mut Step)>(&mut self, body: F, leave: L) -> InStep<&mut Step, F, L> {
        InStep { step: &mut self.step, is_polled: false, leave: Some(leave), body: Some(body) }
    }
}

pin_project_lite::pin_project! {
    /// A body that runs as a step: made by [`AsyncCall::run`], or of the rest of a call that returned a future.
    pub struct InStep<S: BorrowMut<Step>, F, L> {
        // Open until the step is left; never if the call is not recorded.
        step: S,
        // Whether this is inside of its own poll: dropped there it panicked, dropped elsewhere it was cancelled.
        is_polled: bool,
        leave: Option<L>,
        #[pin]
        body: Option<F>,
    }

    impl<S: BorrowMut<Step>, F, L> PinnedDrop for InStep<S, F, L> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let step = this.step.borrow_mut();
            let Some(inside) = attach(step) else { return };
            // What the body's own destructors call belongs to the step.
            this.body.set(None);
            drop(inside);
            end_dropped(step, *this.is_polled);
        }
    }
}

impl<F: Future, L: FnOnce(&F::Output, &mut Step)> InStep<Step, F, L> {
    /// The rest of a call that returned a future: it ends when the future does.
    #[inline]
    pub(crate) fn continued(step: Step, body: F, leave: L) -> Self {
        Self { step, is_polled: false, leave: Some(leave), body: Some(body) }
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

impl<S: BorrowMut<Step>, F: Future, L: FnOnce(&F::Output, &mut Step)> Future for InStep<S, F, L> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let body = this.body.as_mut().as_pin_mut().expect("a future is not polled after it is ready");
        let step = this.step.borrow_mut();
        let Some(inside) = attach(step) else { return body.poll(task) };
        *this.is_polled = true;
        let polled = body.poll(task);
        *this.is_polled = false;
        if let Poll::Ready(output) = &polled {
            // Its locals are gone already; its arguments go now, as they do in a plain async function.
            this.body.set(None);
            if let Some(leave) = this.leave.take() {
                leave(output, step);
            }
        }
        drop(inside);
        polled
    }
}
