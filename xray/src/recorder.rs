//! One call: what happens when a step is entered and left.

use xray_collector::chunk::{Ended, Entered, Record, with_writer};
use xray_collector::clock;
use xray_collector::event::OuterRun;
use xray_collector::id::{ProcessId, StepId};
use xray_collector::model::Outcome;

use crate::callsite::{Callsite, Recording};
use crate::context::Context;
use crate::future::Leaving;
use crate::{panics, session};

/// A call that is recorded.
#[derive(Debug)]
pub(crate) struct OpenStep {
    callsite: &'static Callsite,
    recording: Recording,
    place: Entered,
    started: u64,
}

impl OpenStep {
    /// Records that the call begins, with the arguments that `arguments` writes. `None` if it is not recorded.
    #[inline]
    pub(crate) fn enter(callsite: &'static Callsite, arguments: impl FnOnce(&mut Record<'_>)) -> Option<Self> {
        let recording = callsite.recording()?;
        let outer = Context::current();
        with_writer(recording.session, session::pool, |writer| {
            let step = writer.next_step();
            let is_inside = outer.session == recording.session;
            let place = match (is_inside, callsite.site.opens_run) {
                (true, false) => Entered { step, parent: outer.step, run: outer.run, outer_run: OuterRun::None },
                (true, true) => Entered { step, parent: outer.step, run: step, outer_run: OuterRun::Here(outer.run) },
                (false, _) if outer.is_elsewhere() => {
                    let outer_run = OuterRun::Elsewhere(ProcessId(outer.process), StepId(outer.run));
                    Entered { step, parent: outer.step, run: step, outer_run }
                }
                (false, _) => Entered { step, parent: 0, run: step, outer_run: OuterRun::None },
            };
            let started = writer.entered(&callsite.site, place, |record| {
                if recording.captures_values {
                    arguments(record);
                }
            });
            Self { callsite, recording, place, started }
        })
        .ok()
    }

    /// The context of what the call calls.
    #[inline]
    pub(crate) fn context(&self) -> Context {
        Context { session: self.recording.session, process: 0, run: self.place.run, step: self.place.step }
    }

    /// Records that the call has ended, with what `result` writes.
    #[inline]
    pub(crate) fn leave(self, outcome: Outcome, result: impl FnOnce(&mut Record<'_>)) {
        // Read first: the rest is not the call's time.
        let ended = clock::ticks();
        if !session::is_current(self.recording.session) {
            return;
        }
        let end = Ended { place: self.place, started: self.started, ended, outcome };
        let _ = with_writer(self.recording.session, session::pool, |writer| {
            writer.left(&self.callsite.site, end, |record| {
                if self.recording.captures_values {
                    result(record);
                }
            });
        });
    }

    /// Records that the call ends in a panic.
    #[cold]
    pub(crate) fn leave_panicked(self) {
        self.leave(Outcome::Panicked, panics::write_last);
    }
}

/// A synchronous call, from its beginning to its end. Dropped without being left it has panicked, or it is a
/// function of which the end cannot be seen.
#[derive(Debug)]
#[must_use]
pub struct Call {
    open: Option<(OpenStep, Context)>,
}

impl Call {
    /// Enters the step and makes it the thread's current one.
    #[inline]
    pub fn enter(callsite: &'static Callsite, arguments: impl FnOnce(&mut Record<'_>)) -> Self {
        let open = OpenStep::enter(callsite, arguments).map(|step| {
            let outer = step.context().replace_current();
            (step, outer)
        });
        Self { open }
    }

    /// Leaves the step by `leave`, which finds out the outcome and is not called if the call is not recorded.
    #[inline]
    pub(crate) fn leave_with(mut self, leave: impl FnOnce(Leaving)) {
        if let Some((step, outer)) = self.open.take() {
            leave(Leaving(step));
            outer.replace_current();
        }
    }

    /// Takes the step, which stays open, off this thread.
    #[inline]
    pub(crate) fn detach(mut self) -> Option<OpenStep> {
        self.open.take().map(|(step, outer)| {
            outer.replace_current();
            step
        })
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if let Some((step, outer)) = self.open.take() {
            // A call that begins during an unwinding and ends in it would be taken for panicked; it is as good as.
            if std::thread::panicking() {
                step.leave_panicked();
            } else {
                step.leave(Outcome::Returned, |_| {});
            }
            outer.replace_current();
        }
    }
}
