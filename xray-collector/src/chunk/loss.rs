//! Which runs lost how many events: a small table that producers add to when they have to drop one.
//!
//! Dropping is off the fast path, so read-modify-writes are fine here; locks and allocations are not.
//!
//! A run has its slot until it has ended, is quiet and was told of. What finds no slot, because more runs than there are
//! slots lose something meanwhile, is counted as nobody's; so is what comes late, while its slot is given up.

use super::sync::{AtomicU64, Ordering};

/// How many runs can have lost something at a time.
pub(super) const LOSS_SLOTS: usize = 1024;
/// The owner of a slot that is being given up: no run.
const NOBODY: u64 = u64::MAX;
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

/// What one run lost. Part of the memory that outlives the process.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct LossSlot {
    run: AtomicU64,
    /// Only moves up until the slot is another run's.
    events: AtomicU64,
    ends: AtomicU64,
}

/// What was told of the slots, and what found none.
pub(super) struct Losses {
    /// Of each slot, how many events were told.
    told: Box<[AtomicU64]>,
    /// Events of runs for which there was no slot.
    unattributed: AtomicU64,
}

impl Losses {
    pub(super) fn new() -> Self {
        Self { told: (0..LOSS_SLOTS).map(|_| AtomicU64::new(0)).collect(), unattributed: AtomicU64::new(0) }
    }

    /// `run` is 0 where it is not known.
    pub(super) fn note(&self, slots: &[LossSlot; LOSS_SLOTS], run: u64, is_end_of_run: bool) {
        if run == 0 {
            self.unattributed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = (run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
        for probe in 0..PROBES {
            let slot = &slots[(first + probe) % LOSS_SLOTS];
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
    pub(super) fn take(&self, slots: &[LossSlot; LOSS_SLOTS], mut each: impl FnMut(Loss)) {
        for (slot, told) in slots.iter().zip(&self.told) {
            let events = slot.events.load(Ordering::Acquire);
            let before = told.swap(events, Ordering::Relaxed);
            if events > before {
                let (run, end) = (slot.run.load(Ordering::Relaxed), slot.ends.load(Ordering::Relaxed) > 0);
                match run {
                    0 => _ = self.unattributed.fetch_add(events - before, Ordering::Relaxed),
                    run => each(Loss { run, events: events - before, end }),
                }
            }
        }
    }

    /// Tells again what was told since so many events of each run were.
    pub(super) fn tell_again(&self, slots: &[LossSlot; LOSS_SLOTS], told_of: impl Fn(u64) -> u64) {
        for (slot, told) in slots.iter().zip(&self.told) {
            let events = slot.events.load(Ordering::Acquire);
            told.store(events.min(told_of(slot.run.load(Ordering::Relaxed))), Ordering::Relaxed);
        }
    }

    /// Frees the slot of a run that has ended and is quiet, unless there is something to tell of it. A thread that notes a
    /// loss of it at this very moment finds no owner, or has found it before: then the loss is nobody's, or, if it is
    /// counted only after the slot has another owner, that one's. It is counted in any case.
    pub(super) fn forget(&self, slots: &[LossSlot; LOSS_SLOTS], run: u64) {
        for (slot, told) in slots.iter().zip(&self.told) {
            let is_told = slot.events.load(Ordering::Relaxed) == told.load(Ordering::Relaxed);
            if slot.run.load(Ordering::Relaxed) == run && is_told {
                slot.run.store(NOBODY, Ordering::SeqCst);
                let late = slot.events.swap(0, Ordering::SeqCst) - told.swap(0, Ordering::Relaxed);
                self.unattributed.fetch_add(late, Ordering::Relaxed);
                slot.ends.store(0, Ordering::Relaxed);
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

    fn slots() -> Box<[LossSlot; LOSS_SLOTS]> {
        Box::new(std::array::from_fn(|_| LossSlot::default()))
    }

    fn told(losses: &Losses, slots: &[LossSlot; LOSS_SLOTS]) -> Vec<Loss> {
        let mut told = Vec::new();
        losses.take(slots, |loss| told.push(loss));
        told.sort_by_key(|loss| loss.run);
        told
    }

    #[test]
    fn losses_are_told_once_and_by_run() {
        let (losses, slots) = (Losses::new(), slots());
        losses.note(&slots, 7, false);
        losses.note(&slots, 7, true);
        losses.note(&slots, 9, false);
        let expected = [Loss { run: 7, events: 2, end: true }, Loss { run: 9, events: 1, end: false }];
        assert_eq!(told(&losses, &slots), expected);
        assert_eq!(told(&losses, &slots), []);
        losses.forget(&slots, 7);
        losses.note(&slots, 9, false);
        assert_eq!(told(&losses, &slots), [Loss { run: 9, events: 1, end: false }]);
    }

    #[test]
    fn what_is_noted_while_a_slot_is_given_up_is_counted_all_the_same() {
        const NOTES: u64 = 20_000;
        let (losses, slots) = (Losses::new(), slots());
        let mut attributed = 0;
        std::thread::scope(|scope| {
            let noting = scope.spawn(|| (0..NOTES).for_each(|_| losses.note(&slots, 7, false)));
            while !noting.is_finished() {
                losses.take(&slots, |loss| attributed += loss.events);
                losses.forget(&slots, 7);
            }
        });
        losses.take(&slots, |loss| attributed += loss.events);
        assert_eq!(attributed + losses.unattributed(), NOTES);
    }

    #[test]
    fn what_was_told_is_told_again_from_where_somebody_remembers_it() {
        let (losses, slots) = (Losses::new(), slots());
        (0..5).for_each(|_| losses.note(&slots, 7, false));
        losses.note(&slots, 9, false);
        assert_eq!(told(&losses, &slots).len(), 2);
        losses.tell_again(&slots, |run| if run == 7 { 3 } else { 0 });
        let expected = [Loss { run: 7, events: 2, end: false }, Loss { run: 9, events: 1, end: false }];
        assert_eq!(told(&losses, &slots), expected);
    }

    #[test]
    fn what_finds_no_slot_is_counted_all_the_same() {
        let (losses, slots) = (Losses::new(), slots());
        let runs = LOSS_SLOTS as u64 * 4;
        (1..=runs).for_each(|run| losses.note(&slots, run, false));
        let attributed: u64 = told(&losses, &slots).iter().map(|loss| loss.events).sum();
        assert_eq!(attributed + losses.unattributed(), runs);
    }
}
