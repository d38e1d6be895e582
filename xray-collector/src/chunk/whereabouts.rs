//! Where a thread is in the tree of steps.

use std::cell::Cell;

/// Where a thread is: the innermost step that is open on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whereabouts {
    /// Who records it, and how: the session in the upper half; the lower one is 0 where everything that is called is
    /// recorded as its function says.
    pub recorded: u64,
    /// The process of the run; 0 for the session's own.
    pub process: u64,
    /// The run: its first step.
    pub run: u64,
    /// The step.
    pub step: u64,
}

impl Whereabouts {
    /// No step is open.
    pub const NONE: Self = Self { recorded: 0, process: 0, run: 0, step: 0 };
    /// What no `recorded` is.
    pub(super) const NEVER: u64 = u64::MAX;

    /// `recorded` where a session records everything as its function says.
    pub(super) const fn recorded_by(session: u32) -> u64 {
        (session as u64) << 32
    }
}

/// The place of a thread.
pub(super) struct Current {
    recorded: Cell<u64>,
    process: Cell<u64>,
    run: Cell<u64>,
    step: Cell<u64>,
}

impl Current {
    pub(super) const fn new() -> Self {
        let [recorded, process, run, step] = [const { Cell::new(0) }; 4];
        Self { recorded, process, run, step }
    }

    #[inline(always)]
    pub(super) fn get(&self) -> Whereabouts {
        let (recorded, process) = (self.recorded.get(), self.process.get());
        Whereabouts { recorded, process, run: self.run.get(), step: self.step.get() }
    }

    #[inline(always)]
    pub(super) fn set(&self, Whereabouts { recorded, process, run, step }: Whereabouts) {
        self.recorded.set(recorded);
        self.process.set(process);
        self.run.set(run);
        self.step.set(step);
    }

    #[inline(always)]
    pub(super) fn recorded(&self) -> u64 {
        self.recorded.get()
    }

    /// A step of the same run becomes the current one.
    #[inline(always)]
    pub(super) fn go_into(&self, step: u64) {
        self.step.set(step);
    }
}

/// The calling thread's place.
#[inline]
#[must_use]
pub fn current_whereabouts() -> Whereabouts {
    super::writer::with_current(Current::get)
}

/// Puts the calling thread somewhere else, and says where it was.
#[inline]
pub fn replace_whereabouts(place: Whereabouts) -> Whereabouts {
    super::writer::with_current(|current| {
        let before = current.get();
        current.set(place);
        before
    })
}
