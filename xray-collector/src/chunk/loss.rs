//! Which runs lost how many events: a small table that producers add to when they have to drop one.
//!
//! Dropping is off the fast path, so read-modify-writes are fine here; locks and allocations are not.

use super::sync::{AtomicU64, Ordering};

const SLOTS: usize = 1024;
const PROBES: usize = 8;

/// What a run lost since it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// The first step of the run.
    pub run: u64,
    /// Dropped events of the run.
    pub events: u64,
    /// Whether the end of the run's first step is among them.
    pub end: bool,
}

#[derive(Default)]
struct Slot {
    run: AtomicU64,
    events: AtomicU64,
    ends: AtomicU64,
}

pub(super) struct Losses {
    slots: Box<[Slot]>,
    /// Events of runs for which there was no slot.
    unattributed: AtomicU64,
}

impl Losses {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| Slot::default()).collect(), unattributed: AtomicU64::new(0) }
    }

    /// `run` is 0 where it is not known.
    pub(super) fn note(&self, run: u64, is_end_of_run: bool) {
        if run == 0 {
            self.unattributed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = (run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
        for probe in 0..PROBES {
            let slot = &self.slots[(first + probe) % SLOTS];
            let owner = match slot.run.compare_exchange(0, run, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => run,
                Err(owner) => owner,
            };
            if owner == run {
                if is_end_of_run {
                    slot.ends.fetch_add(1, Ordering::Relaxed);
                }
                slot.events.fetch_add(1, Ordering::Release);
                return;
            }
        }
        self.unattributed.fetch_add(1, Ordering::Relaxed);
    }

    /// What was lost since the last call. A run keeps its slot until [`Losses::forget`].
    pub(super) fn take(&self, mut each: impl FnMut(Loss)) {
        for slot in &self.slots {
            if slot.events.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let events = slot.events.swap(0, Ordering::Acquire);
            let end = slot.ends.swap(0, Ordering::Relaxed) > 0;
            each(Loss { run: slot.run.load(Ordering::Relaxed), events, end });
        }
    }

    /// Frees the slot of a run that has ended and is quiet: none of its threads will note a loss any more.
    pub(super) fn forget(&self, run: u64) {
        for slot in &self.slots {
            if slot.run.load(Ordering::Relaxed) == run && slot.events.load(Ordering::Relaxed) == 0 {
                slot.run.store(0, Ordering::Release);
            }
        }
    }

    pub(super) fn unattributed(&self) -> u64 {
        self.unattributed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_once_and_by_run() {
        let losses = Losses::new();
        losses.note(7, false);
        losses.note(7, true);
        losses.note(9, false);
        let mut told = Vec::new();
        losses.take(|loss| told.push(loss));
        told.sort_by_key(|loss| loss.run);
        assert_eq!(told, [Loss { run: 7, events: 2, end: true }, Loss { run: 9, events: 1, end: false }]);
        losses.take(|loss| panic!("told twice: {loss:?}"));
    }

    #[test]
    fn what_finds_no_slot_is_counted_all_the_same() {
        let losses = Losses::new();
        let runs = SLOTS as u64 * 4;
        (1..=runs).for_each(|run| losses.note(run, false));
        let mut attributed = 0;
        losses.take(|loss| attributed += loss.events);
        assert_eq!(attributed + losses.unattributed(), runs);
    }
}
