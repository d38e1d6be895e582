//! Which runs are orphans: steps that were called without a context while a run was open that they may belong to.
//!
//! A step outside of any run opens one. That is right in a program that marks none, and on a thread that has nothing to
//! do with the runs there are; while a run that `#[xray::run]` began is open, it more likely lost its context on the
//! way to another thread. So a run is an orphan if a step began it, nobody sent it from elsewhere, and a run of
//! `#[xray::run]` had begun and not ended at that moment. Runs that steps began make no orphans of each other.
//!
//! Events of different threads are read in any order. So the question stays open for a while: whatever is learned of a
//! run changes the answer for all those near it. Moments are ticks of [`crate::clock`], as the threads read them: a
//! time that was converted moves when the clock is refined.

use std::time::{Duration, Instant};

use crate::map::FastMap;

/// The runs that `#[xray::run]` began, and those that a step began, as long as they can matter to each other.
#[derive(Default)]
pub(crate) struct Orphans {
    begun_by_run: FastMap<u64, Span>,
    begun_by_step: FastMap<u64, Question>,
    /// Whether something was learned since the last answers.
    is_stale: bool,
}

/// When a run was open.
struct Span {
    started: u64,
    ended: Option<u64>,
    heard: Instant,
}

/// Whether a run is an orphan.
struct Question {
    started: u64,
    answer: bool,
    heard: Instant,
}

impl Orphans {
    /// `#[xray::run]` began a run.
    pub(crate) fn begun_by_run(&mut self, run: u64, started: u64) {
        self.begun_by_run.insert(run, Span { started, ended: None, heard: Instant::now() });
        self.is_stale = true;
    }

    /// A step outside of any run began one.
    pub(crate) fn begun_by_step(&mut self, run: u64, started: u64) {
        self.begun_by_step.insert(run, Question { started, answer: false, heard: Instant::now() });
        self.is_stale = true;
    }

    /// A run ended.
    pub(crate) fn ended(&mut self, run: u64, ended: u64) {
        if let Some(span) = self.begun_by_run.get_mut(&run) {
            (span.ended, span.heard) = (Some(ended), Instant::now());
            self.is_stale = true;
        }
    }

    /// Nobody knows when a run ended, or whether it did: it makes no orphans. A mark too few is better than a wrong one.
    pub(crate) fn lost(&mut self, run: u64) {
        self.is_stale |= self.begun_by_run.remove(&run).is_some();
    }

    /// Whether the answer for a run may still change.
    pub(crate) fn is_open(&self, run: u64) -> bool {
        self.begun_by_step.contains_key(&run)
    }

    /// Answers anew, and tells which answers changed.
    pub(crate) fn answer(&mut self, mut changed: impl FnMut(u64, bool)) {
        if !std::mem::take(&mut self.is_stale) || self.begun_by_step.is_empty() {
            return;
        }
        let open = Moments::of(self.begun_by_run.values());
        for (run, question) in &mut self.begun_by_step {
            let answer = open.contains(question.started);
            if std::mem::replace(&mut question.answer, answer) != answer {
                changed(*run, answer);
            }
        }
    }

    /// Forgets what is `quiet`: after so long nothing comes that happened before it. Answer first.
    pub(crate) fn forget(&mut self, quiet: Duration) {
        self.begun_by_step.retain(|_, question| question.heard.elapsed() < quiet);
        self.begun_by_run.retain(|_, span| span.ended.is_none() || span.heard.elapsed() < quiet);
    }
}

/// The moments at which at least one of some runs was open, as ranges in order that do not touch.
struct Moments(Vec<(u64, u64)>);

impl Moments {
    fn of<'a>(spans: impl Iterator<Item = &'a Span>) -> Self {
        let mut ranges: Vec<(u64, u64)> = spans.map(|span| (span.started, span.ended.unwrap_or(u64::MAX))).collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, before| {
            let touches = next.0 <= before.1;
            if touches {
                before.1 = before.1.max(next.1);
            }
            touches
        });
        Self(ranges)
    }

    fn contains(&self, moment: u64) -> bool {
        let before = self.0.partition_point(|(started, _)| *started <= moment);
        before > 0 && moment < self.0[before - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Learned {
        Run(u64, u64),
        Step(u64, u64),
        Ended(u64, u64),
        Lost(u64),
    }
    use Learned::{Ended, Lost, Run, Step};

    fn learn(orphans: &mut Orphans, learned: Learned) {
        match learned {
            Run(run, at) => orphans.begun_by_run(run, at),
            Step(run, at) => orphans.begun_by_step(run, at),
            Ended(run, at) => orphans.ended(run, at),
            Lost(run) => orphans.lost(run),
        }
    }

    /// What is an orphan after each of these, answered after each.
    fn orphans_after(all: &[Learned]) -> Vec<u64> {
        let (mut orphans, mut found) = (Orphans::default(), Vec::new());
        for learned in all {
            learn(&mut orphans, *learned);
            orphans.answer(|run, is_orphan| match is_orphan {
                true => found.push(run),
                false => found.retain(|orphan| *orphan != run),
            });
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn a_step_that_began_while_a_run_was_open_is_an_orphan_whatever_is_read_first() {
        // Run 1 is open from 10 to 20; steps begin before, at, within, at its end and after it.
        let (began, ended) = (Run(1, 10), Ended(1, 20));
        let steps = [Step(2, 9), Step(3, 10), Step(4, 15), Step(5, 20), Step(6, 21)];
        for steps_read_after in 0..=2 {
            let mut all = vec![began, ended];
            all.splice(steps_read_after..steps_read_after, steps);
            assert_eq!(orphans_after(&all), [3, 4], "{all:?}");
        }
    }

    #[test]
    fn a_run_that_is_still_open_makes_orphans_and_one_of_which_the_end_is_unknown_does_not() {
        assert_eq!(orphans_after(&[Run(1, 10), Step(2, 15), Step(3, 99)]), [2, 3]);
        assert_eq!(orphans_after(&[Run(1, 10), Step(2, 15), Lost(1), Step(3, 99)]), [0; 0]);
    }

    #[test]
    fn steps_make_no_orphans_of_each_other() {
        assert_eq!(orphans_after(&[Step(1, 10), Step(2, 11), Ended(1, 12)]), [0; 0]);
    }

    #[test]
    fn runs_that_overlap_count_as_one() {
        let runs = [Run(1, 10), Run(2, 15), Run(3, 40), Ended(1, 30), Ended(2, 20), Ended(3, 50)];
        let steps = [Step(4, 25), Step(5, 30), Step(6, 35), Step(7, 45)];
        assert_eq!(orphans_after(&[&runs[..], &steps].concat()), [4, 7]);
    }

    #[test]
    fn what_is_quiet_is_forgotten_and_an_open_run_is_not() {
        let mut orphans = Orphans::default();
        for learned in [Run(1, 10), Run(2, 10), Ended(2, 20), Step(3, 15)] {
            learn(&mut orphans, learned);
        }
        orphans.forget(Duration::from_secs(600));
        assert!(orphans.is_open(3) && orphans.begun_by_run.len() == 2);
        orphans.forget(Duration::ZERO);
        assert!(!orphans.is_open(3) && orphans.begun_by_run.contains_key(&1) && orphans.begun_by_run.len() == 1);
    }
}
