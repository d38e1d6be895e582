//! One call: what happens when a step is entered and left.
//!
//! Nothing in here depends on the function: it is compiled once, here. What an expansion adds to it is between
//! `enter` and `entered`, and between `leave` and `commit`, where the values are written into the [`Record`].

use xray_collector::chunk::{Ended, Entered, Ordinary, Record, Terms, writer};
use xray_collector::clock;
use xray_collector::event::OuterRun;
use xray_collector::id::{ProcessId, StepId};
use xray_collector::model::Outcome;

use crate::callsite::Callsite;
use crate::context::Context;
use crate::level::{self, Level};
use crate::{panics, session};

/// A call that is recorded, while it is open.
#[derive(Debug, Default)]
// With a tag of its own, rather than in a field: it is all that a call that is not recorded writes.
#[repr(u8)]
enum Open {
    /// It is not recorded, or has been left.
    #[default]
    Not,
    Ordinary(OrdinaryStep),
    Other(OtherStep),
}

/// A step within a run of its session, of which nothing else has to be known.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct OrdinaryStep {
    // First, which is where any other step has the time at which it began, too.
    step: Ordinary,
    callsite: &'static Callsite,
}

/// Any other step, such as the first of a run. Also the first of a run that is not among the sample, at the level
/// [`Level::Off`].
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct OtherStep {
    started: u64,
    callsite: &'static Callsite,
    terms: Terms,
    captures_values: bool,
    /// Of what the call calls.
    cap: Level,
    outer: Context,
    place: Entered,
}

impl OtherStep {
    fn context(&self) -> Context {
        let Entered { run, step, .. } = self.place;
        // Kinds beyond these are not checked in what steps note of themselves.
        let session = self.terms.session();
        let kind = self.callsite.kind(session).and_then(|kind| u16::try_from(kind).ok()).unwrap_or(0);
        Context { session, cap: self.cap, kind, process: 0, run, step }
    }
}

impl From<OrdinaryStep> for OtherStep {
    fn from(open: OrdinaryStep) -> Self {
        let OrdinaryStep { step: open, callsite } = open;
        let Ordinary { started, step, run, parent, terms, .. } = open;
        let place = Entered { step, parent, run, outer_run: OuterRun::None, level: terms.level() };
        Self {
            started,
            callsite,
            terms,
            captures_values: terms.has_values(),
            cap: Level::Full,
            outer: open.outer().into(),
            place,
        }
    }
}

/// A call from its beginning to its end, if it is recorded.
#[derive(Debug, Default)]
pub struct Step {
    open: Open,
}

impl Step {
    #[inline(always)]
    fn is_open(&self) -> bool {
        !matches!(self.open, Open::Not)
    }

    /// Begins to record that the call begins, unless its function `is_off`. The arguments go into the record, which
    /// [`Step::entered`] takes back; `None` if there is none.
    #[inline(always)]
    pub fn enter(&mut self, callsite: &'static Callsite, is_off: bool) -> Option<Record> {
        if is_off { None } else { self.enter_recorded(callsite) }
    }

    fn enter_recorded(&mut self, callsite: &'static Callsite) -> Option<Record> {
        match self.enter_ordinary(callsite.terms(), callsite, false) {
            Some(record) if callsite.terms().has_values() => Some(record),
            Some(record) => {
                self.entered(record);
                None
            }
            None => self.enter_other(callsite),
        }
    }

    /// `None` if it is no ordinary step.
    #[inline(always)]
    fn enter_ordinary(&mut self, terms: Terms, callsite: &'static Callsite, becomes_current: bool) -> Option<Record> {
        let (record, step) = Record::entered_ordinary(terms, becomes_current)?;
        self.open = Open::Ordinary(OrdinaryStep { step, callsite });
        Some(record)
    }

    /// On which terms the step is recorded, if it is an ordinary one: as [`Terms::has_values`].
    #[inline(always)]
    fn has_values(&self) -> bool {
        !matches!(&self.open, Open::Ordinary(open) if !open.step.terms.has_values())
    }

    #[cold]
    fn enter_other(&mut self, callsite: &'static Callsite) -> Option<Record> {
        let recording = callsite.recording()?;
        let (terms, session) = (recording.terms, recording.terms.session());
        let outer = Context::current();
        let mut writer = writer(session, session::pool).ok()?;
        let step = writer.next_step();
        let is_inside = outer.session == session;
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
        let started = 0;
        let mut open = OtherStep { started, callsite, terms, captures_values, cap, outer, place };
        if level == Level::Off {
            // Only the first step of a run that is not recorded stays: what it calls has to know.
            self.open = if is_inside { Open::Not } else { Open::Other(open) };
            return None;
        }
        let record = match Record::entered(writer, &callsite.site, terms, place) {
            Ok(mut record) if captures_values => {
                record.leave_out(callsite.left_out(session));
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
        self.open = Open::Other(open);
        record
    }

    /// Records that the call begins now.
    #[inline]
    pub fn entered(&mut self, record: Record) {
        let started = record.commit_now();
        match &mut self.open {
            Open::Ordinary(open) => open.step.started = started,
            Open::Other(open) => open.started = started,
            Open::Not => {}
        }
    }

    /// Begins to record that the call has ended. The result goes into the record, which is then committed; `None` if
    /// there is none.
    #[inline(always)]
    pub fn leave(&mut self, outcome: Outcome) -> Option<Record> {
        if self.is_open() { self.leave_recorded(outcome) } else { None }
    }

    fn leave_recorded(&mut self, outcome: Outcome) -> Option<Record> {
        // Read first: the rest is not the call's time.
        let ended = clock::ticks();
        let has_values = self.has_values();
        match self.leave_ordinary(ended, outcome, false) {
            Some(record) if has_values => Some(record),
            Some(record) => {
                record.commit();
                None
            }
            None => self.leave_other(ended, outcome),
        }
    }

    /// `None` if it is no ordinary step, or something has changed since it began.
    #[inline(always)]
    fn leave_ordinary(&mut self, ended: u64, outcome: Outcome, was_current: bool) -> Option<Record> {
        let Open::Ordinary(OrdinaryStep { step, callsite }) = &self.open else { return None };
        if callsite.terms() != step.terms {
            return None;
        }
        let record = Record::left_ordinary(step, ended, outcome, was_current)?;
        self.open = Open::Not;
        Some(record)
    }

    #[cold]
    fn leave_other(&mut self, ended: u64, outcome: Outcome) -> Option<Record> {
        let open: OtherStep = match std::mem::take(&mut self.open) {
            Open::Not => return None,
            Open::Ordinary(open) => open.into(),
            Open::Other(open) => open,
        };
        let session = open.terms.session();
        if open.place.level == Level::Off || !session::is_current(session) {
            return None;
        }
        let end = Ended { place: open.place, started: open.started, ended, outcome };
        let writer = writer(session, session::pool).ok()?;
        let mut record = Record::left(writer, &open.callsite.site, open.terms, end)?;
        if let Some(kind) = open.callsite.kind(session).filter(|_| open.captures_values) {
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
        match &self.open {
            Open::Not => None,
            Open::Ordinary(open) => Some(open.step.inner().into()),
            Open::Other(open) => Some(open.context()),
        }
    }

    /// The context that it was called in, if it is open.
    #[inline(always)]
    fn outer(&self) -> Option<Context> {
        match &self.open {
            Open::Not => None,
            Open::Ordinary(open) => Some(open.step.outer().into()),
            Open::Other(open) => Some(open.outer),
        }
    }
}

/// A synchronous call: the step is the thread's current one from [`Call::enter`] on. Dropped without being left it has
/// panicked, or it is a function of which the end cannot be seen.
#[derive(Debug)]
#[must_use]
pub struct Call {
    step: Step,
}

impl Call {
    /// A call that has not begun.
    #[allow(clippy::new_without_default)]
    #[inline(always)]
    pub fn new() -> Self {
        Self { step: Step { open: Open::Not } }
    }

    /// As [`Step::enter`].
    #[inline(always)]
    pub fn enter(&mut self, callsite: &'static Callsite, is_off: bool) -> Option<Record> {
        if is_off { None } else { self.enter_recorded(callsite) }
    }

    // Apart from those without values, so that on either way nothing has to be kept for after a call.

    fn enter_recorded(&mut self, callsite: &'static Callsite) -> Option<Record> {
        let terms = callsite.terms();
        if !terms.has_values() {
            return self.enter_without_values(callsite);
        }
        match self.step.enter_ordinary(terms, callsite, true) {
            Some(record) => Some(record),
            None => self.enter_other(callsite),
        }
    }

    #[inline(never)]
    fn enter_without_values(&mut self, callsite: &'static Callsite) -> Option<Record> {
        let Some(record) = self.step.enter_ordinary(callsite.terms(), callsite, true) else {
            return self.enter_other(callsite);
        };
        self.step.entered(record);
        None
    }

    #[cold]
    fn enter_other(&mut self, callsite: &'static Callsite) -> Option<Record> {
        let record = self.step.enter_other(callsite);
        if let Some(context) = self.step.context() {
            context.replace_current();
        }
        record
    }

    /// As [`Step::entered`].
    pub fn entered(&mut self, record: Record) {
        self.step.entered(record);
    }

    /// It did not begin: there is nothing to do when it ends.
    #[inline(always)]
    pub fn not_begun(self) {
        std::mem::forget(self);
    }

    /// As [`Step::leave`]; the step is no longer the current one.
    #[inline(always)]
    pub fn leave(&mut self, outcome: Outcome) -> Option<Record> {
        if self.step.is_open() { self.leave_recorded(outcome) } else { None }
    }

    fn leave_recorded(&mut self, outcome: Outcome) -> Option<Record> {
        // The clock is read first: the rest is not the call's time.
        let Open::Ordinary(open) = &self.step.open else { return self.leave_other(clock::ticks(), outcome) };
        let ended = open.step.now();
        if !open.step.terms.has_values() {
            return self.leave_without_values(ended, outcome);
        }
        match self.step.leave_ordinary(ended, outcome, true) {
            Some(record) => Some(record),
            None => self.leave_other(ended, outcome),
        }
    }

    #[inline(never)]
    fn leave_without_values(&mut self, ended: u64, outcome: Outcome) -> Option<Record> {
        let Some(record) = self.step.leave_ordinary(ended, outcome, true) else {
            return self.leave_other(ended, outcome);
        };
        record.commit();
        None
    }

    #[cold]
    fn leave_other(&mut self, ended: u64, outcome: Outcome) -> Option<Record> {
        let outer = self.step.outer()?;
        let record = self.step.leave_other(ended, outcome);
        outer.replace_current();
        record
    }

    /// Takes the step, which stays open, off this thread.
    pub(crate) fn detach(mut self) -> Step {
        let step = std::mem::take(&mut self.step);
        if let Some(outer) = step.outer() {
            outer.replace_current();
        }
        step
    }

    #[cold]
    fn drop_open(&mut self) {
        let Some(outer) = self.step.outer() else { return };
        // A call that begins during an unwinding and ends in it would be taken for panicked; it is as good as.
        if std::thread::panicking() {
            self.step.leave_panicked();
        } else {
            self.step.leave_empty(Outcome::Returned);
        }
        outer.replace_current();
    }
}

impl Drop for Call {
    #[inline(always)]
    fn drop(&mut self) {
        if self.step.is_open() {
            self.drop_open();
        }
    }
}
