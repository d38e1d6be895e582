//! One call: what happens when a step is entered and left.
//!
//! Nothing in here depends on the function: it is compiled once, here. What an expansion adds to it is between
//! `enter` and `entered`, and between `leave` and `commit`, where the values are written into the [`Record`].

use xray_collector::chunk::{Ended, Entered, Record, writer};
use xray_collector::clock;
use xray_collector::event::OuterRun;
use xray_collector::id::{ProcessId, StepId};
use xray_collector::model::Outcome;

use crate::callsite::Callsite;
use crate::context::Context;
use crate::level::{self, Level};
use crate::{panics, session};

/// A call that is recorded, or the first of a run that is not among the sample, at the level [`Level::Off`].
#[derive(Debug)]
struct OpenStep {
    callsite: &'static Callsite,
    session: u32,
    captures_values: bool,
    /// Of what the call calls.
    cap: Level,
    place: Entered,
    started: u64,
}

impl OpenStep {
    fn context(&self) -> Context {
        let Entered { run, step, .. } = self.place;
        // Kinds beyond these are not checked in what steps note of themselves.
        let kind = self.callsite.kind(self.session).and_then(|kind| u16::try_from(kind).ok()).unwrap_or(0);
        Context { session: self.session, cap: self.cap, kind, process: 0, run, step }
    }
}

/// A call from its beginning to its end, if it is recorded.
#[derive(Debug, Default)]
pub struct Step {
    open: Option<OpenStep>,
}

impl Step {
    /// Begins to record that the call begins. The arguments go into the record, which [`Step::entered`] takes back;
    /// `None` if there is none.
    #[inline(always)]
    pub fn enter(&mut self, callsite: &'static Callsite) -> Option<Record> {
        if callsite.is_off() { None } else { self.enter_recorded(callsite) }
    }

    fn enter_recorded(&mut self, callsite: &'static Callsite) -> Option<Record> {
        let recording = callsite.recording()?;
        let outer = Context::current();
        let mut writer = writer(recording.session, session::pool).ok()?;
        let step = writer.next_step();
        let is_inside = outer.session == recording.session;
        let (parent, run, outer_run) = match (is_inside, callsite.site.opens_run) {
            (true, false) => (outer.step, outer.run, OuterRun::None),
            (true, true) => (outer.step, step, OuterRun::Here(outer.run)),
            (false, _) if outer.is_elsewhere() => {
                (outer.step, step, OuterRun::Elsewhere(ProcessId(outer.process), StepId(outer.run)))
            }
            (false, _) => (0, step, OuterRun::None),
        };
        let cap = match is_inside {
            true => outer.cap,
            false if level::is_sampled(step) => Level::Full,
            false => {
                writer.count_unsampled_run();
                Level::Off
            }
        };
        let level = recording.level.min(cap);
        let counts = level == Level::Metrics && callsite.site.relates && !recording.is_rejected;
        let captures_values = level >= Level::Sampled || counts;
        let place = Entered { step, parent, run, outer_run, level };
        let mut open = OpenStep { callsite, session: recording.session, captures_values, cap, place, started: 0 };
        if level == Level::Off {
            // Only the first step of a run that is not recorded stays: what it calls has to know.
            self.open = (!is_inside).then_some(open);
            return None;
        }
        let record = match Record::entered(writer, &callsite.site, place) {
            Ok(mut record) if captures_values => {
                record.leave_out(callsite.left_out(recording.session));
                Some(record)
            }
            Ok(record) => {
                open.started = record.commit_now();
                None
            }
            Err(started) => {
                open.started = started;
                None
            }
        };
        self.open = Some(open);
        record
    }

    /// Records that the call begins now.
    pub fn entered(&mut self, record: Record) {
        let started = record.commit_now();
        if let Some(open) = &mut self.open {
            open.started = started;
        }
    }

    /// Begins to record that the call has ended. The result goes into the record, which is then committed; `None` if
    /// there is none.
    #[inline(always)]
    pub fn leave(&mut self, outcome: Outcome) -> Option<Record> {
        if self.open.is_none() { None } else { self.leave_recorded(outcome) }
    }

    fn leave_recorded(&mut self, outcome: Outcome) -> Option<Record> {
        // Read first: the rest is not the call's time.
        let ended = clock::ticks();
        let open = self.open.take()?;
        if open.place.level == Level::Off || !session::is_current(open.session) {
            return None;
        }
        let end = Ended { place: open.place, started: open.started, ended, outcome };
        let writer = writer(open.session, session::pool).ok()?;
        let mut record = Record::left(writer, &open.callsite.site, end)?;
        if let Some(kind) = open.callsite.kind(open.session).filter(|_| open.captures_values) {
            if matches!(outcome, Outcome::Ok | Outcome::Returned) {
                record.check_output(kind);
            }
            Some(record)
        } else {
            record.commit();
            None
        }
    }

    /// Records that the call has ended, without a result.
    pub(crate) fn leave_empty(&mut self, outcome: Outcome) {
        if let Some(record) = self.leave(outcome) {
            record.commit();
        }
    }

    /// Records that the call ends in a panic.
    #[cold]
    pub(crate) fn leave_panicked(&mut self) {
        if let Some(mut record) = self.leave(Outcome::Panicked) {
            panics::write_last(&mut record);
            record.commit();
        }
    }

    /// The context of what the call calls. `None` if it is not recorded, or has been left.
    #[inline]
    pub(crate) fn context(&self) -> Option<Context> {
        self.open.as_ref().map(OpenStep::context)
    }
}

/// A synchronous call: the step is the thread's current one from [`Call::enter`] on. Dropped without being left it has
/// panicked, or it is a function of which the end cannot be seen.
#[derive(Debug)]
#[must_use]
pub struct Call {
    step: Step,
    outer: Context,
}

impl Call {
    /// A call that has not begun.
    #[allow(clippy::new_without_default)]
    #[inline(always)]
    pub fn new() -> Self {
        Self { step: Step::default(), outer: Context::NONE }
    }

    /// As [`Step::enter`].
    #[inline(always)]
    pub fn enter(&mut self, callsite: &'static Callsite) -> Option<Record> {
        if callsite.is_off() { None } else { self.enter_recorded(callsite) }
    }

    fn enter_recorded(&mut self, callsite: &'static Callsite) -> Option<Record> {
        let record = self.step.enter_recorded(callsite);
        if let Some(context) = self.step.context() {
            self.outer = context.replace_current();
        }
        record
    }

    /// As [`Step::entered`].
    #[inline]
    pub fn entered(&mut self, record: Record) {
        self.step.entered(record);
    }

    /// As [`Step::leave`]; the step is no longer the current one.
    #[inline(always)]
    pub fn leave(&mut self, outcome: Outcome) -> Option<Record> {
        if self.step.open.is_none() { None } else { self.leave_recorded(outcome) }
    }

    fn leave_recorded(&mut self, outcome: Outcome) -> Option<Record> {
        let record = self.step.leave_recorded(outcome);
        self.outer.replace_current();
        record
    }

    /// Takes the step, which stays open, off this thread.
    pub(crate) fn detach(mut self) -> Step {
        let step = std::mem::take(&mut self.step);
        if step.open.is_some() {
            self.outer.replace_current();
        }
        step
    }

    #[cold]
    fn drop_open(&mut self) {
        // A call that begins during an unwinding and ends in it would be taken for panicked; it is as good as.
        if std::thread::panicking() {
            self.step.leave_panicked();
        } else {
            self.step.leave_empty(Outcome::Returned);
        }
        self.outer.replace_current();
    }
}

impl Drop for Call {
    #[inline(always)]
    fn drop(&mut self) {
        if self.step.open.is_some() {
            self.drop_open();
        }
    }
}
