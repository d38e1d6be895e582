//! What the code said of one step, counted as it comes: without the items, so that a step with a million of them takes
//! no more memory than one with three.

use std::sync::Arc;

use crate::decision::{DecisionCounts, Verdict};
use crate::fact::{CheckPlace, Fact};
use crate::store::Said;

/// How many different reasons are counted apart; the others are one.
const REASONS: usize = 32;
/// Longer reasons are cut where they are counted; the decision has all of it.
const REASON_BYTES: usize = 128;
/// What all the reasons beyond [`REASONS`] are counted as.
const OTHER: &str = "(other reasons)";

/// What was said of a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Observed {
    pub(crate) counts: DecisionCounts,
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) is_important: bool,
    /// A batch was taken since, and there was no such step.
    pub(crate) has_waited: bool,
    /// How many facts that is.
    pub(crate) facts: u64,
}

impl From<&Observed> for Said {
    fn from(observed: &Observed) -> Self {
        let Observed { counts, input, output, is_important, .. } = observed.clone();
        Self { counts, input, output, is_important }
    }
}

impl From<Said> for Observed {
    fn from(Said { counts, input, output, is_important }: Said) -> Self {
        Self { counts, input, output, is_important, ..Self::default() }
    }
}

impl Observed {
    /// Counts a fact; one that was refused is `None`.
    pub(crate) fn add(&mut self, fact: Option<&Fact<'_>>) {
        self.facts += 1;
        match fact {
            None => self.counts.refused += 1,
            Some(Fact::Verdict { verdict, reason, .. }) => self.verdict(*verdict, *reason),
            Some(Fact::Checked { holds, checks, .. }) => self.verdict(verdict_of(*holds), failed(checks)),
            Some(Fact::Evaluated { holds, reason, checks, .. }) => {
                self.verdict(verdict_of(*holds), reason.or_else(|| failed(checks)));
            }
            Some(Fact::Ranked(ranked)) => self.counts.scored += ranked.len() as u64,
            Some(Fact::Chosen { alternatives, .. }) => {
                self.counts.kept += 1;
                for _ in alternatives {
                    self.verdict(Verdict::Eliminated, Some(NOT_CHOSEN));
                }
            }
            Some(Fact::InputCount(count)) => self.input = Some(*count),
            Some(Fact::OutputCount(count)) => self.output = Some(*count),
            Some(Fact::Important) => self.is_important = true,
            Some(_) => {}
        }
    }

    fn verdict(&mut self, verdict: Verdict, reason: Option<&str>) {
        match verdict {
            Verdict::Kept => self.counts.kept += 1,
            Verdict::Scored => self.counts.scored += 1,
            Verdict::Introduced => self.counts.introduced += 1,
            Verdict::Eliminated => {
                self.counts.eliminated += 1;
                if let Some(reason) = reason {
                    self.reason(reason);
                }
            }
        }
    }

    fn reason(&mut self, reason: &str) {
        let reason = clipped_reason(reason);
        let reasons = &mut self.counts.reasons;
        if let Some((_, count)) = reasons.iter_mut().find(|(seen, _)| **seen == *reason) {
            *count += 1;
        } else if reasons.len() < REASONS {
            reasons.push((reason.into(), 1));
        } else {
            match reasons.iter_mut().find(|(seen, _)| **seen == *OTHER) {
                Some((_, count)) => *count += 1,
                None => reasons.push((Arc::from(OTHER), 1)),
            }
        }
    }
}

/// A reason, as far as it is counted.
pub(super) fn clipped_reason(reason: &str) -> &str {
    let mut end = reason.len().min(REASON_BYTES);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

/// Why an item was not taken that another one was taken before.
pub(crate) const NOT_CHOSEN: &str = "not chosen";

/// What an item that was checked became.
pub(crate) fn verdict_of(holds: bool) -> Verdict {
    if holds { Verdict::Kept } else { Verdict::Eliminated }
}

/// The condition that did not hold: of several the first.
pub(crate) fn failed<'a>(checks: &[CheckPlace<'a>]) -> Option<&'a str> {
    checks.iter().find(|check| !check.holds).map(|check| check.condition)
}
