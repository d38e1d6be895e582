//! The account of a step: what it decided, put together from what its code said and what its values show.
//!
//! | an item | its decision |
//! |---|---|
//! | that the code spoke of | observed; its places, and a score if the code gave none, from comparing the values |
//! | of which only the values tell | inferred |
//! | of which the code says another thing than the values | observed, and marked as contradicted |

use std::collections::HashMap;
use std::sync::Arc;

use super::{Basis, Check, Decision, Verdict};
use crate::assembly::{NOT_CHOSEN, entered_of, failed, question, verdict_of};
use crate::fact::{self, CheckPlace, Fact, Place};
use crate::inference::{self, Doubt, Inference, key_text};
use crate::model::{Level, Outcome, StepDetail};
use crate::value::Captured;

/// What a step decided, and what its code said of it.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// A decision for each item: in the order of the input, then those that came in addition.
    pub decisions: Vec<Decision>,
    /// The argument that the items were compared with, if they were.
    pub argument: Option<Arc<str>>,
    /// What the items are named by, if they were compared: a field's path, `map key`, `item` or `value`.
    pub key: Option<Arc<str>>,
    /// What the comparison is not sure of.
    pub doubts: Vec<Doubt>,
    /// Why the step did what it did, in the code's words.
    pub reasons: Vec<Arc<str>>,
    /// What the step's decision rests on, in the code's terms.
    pub reasoning: Vec<(Arc<str>, Captured)>,
    /// What the code noted of the step.
    pub meta: Vec<(Arc<str>, Captured)>,
    /// Calls of language models, by the names of OpenTelemetry's GenAI conventions.
    pub llm: Vec<Captured>,
    /// Tags of the run.
    pub tags: Vec<(Arc<str>, Arc<str>)>,
    /// Notes on the run.
    pub notes: Vec<Arc<str>>,
    /// What the code says went into the run.
    pub input: Option<Captured>,
    /// What the code says came out of the run.
    pub output: Option<Captured>,
    /// Facts that were refused: a score that is NaN.
    pub refused: u64,
    /// How many inferred decisions there were, if only a handful of them was kept.
    pub sampled_of: Option<u64>,
}

impl Account {
    /// What the code said, apart from its decisions: takes a look at each fact, and reads those that say such things.
    pub(crate) fn said(facts: &[Captured]) -> Self {
        let is_wanted = |fact: &&Captured| {
            let (encoded, range) = fact.surroundings();
            !fact::number_of(encoded, range.start).is_some_and(fact::decides)
        };
        let mut account = Self::default();
        Said::default().read(facts.iter().filter(is_wanted), &mut account);
        account
    }
}

impl StepDetail {
    /// What the code said of the step, apart from its decisions: of an [`account`](Self::account) what takes no look at
    /// the values. Takes time in proportion to the facts.
    #[must_use]
    pub fn said(&self) -> Account {
        Account::said(&self.facts)
    }

    /// Puts together what the step decided. Takes time in proportion to its values.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = Account::default();
        let mut said = Said::default();
        said.read(&self.facts, &mut account);
        let entered = entered_of(self);
        let returned = self.result.as_ref().filter(|_| matches!(self.step.outcome, Outcome::Ok | Outcome::Returned));
        let is_whole = self.step.level == Level::Full;
        let inference = entered.zip(returned).filter(|_| is_whole).and_then(|(entered, returned)| {
            let (encoded, range) = returned.surroundings();
            let returned = inference::Encoded { bytes: &encoded.bytes[range.start..], ..encoded };
            inference::infer(&question(&self.step.callsite, entered, returned))
        });
        if let Some(inference) = &inference {
            account.doubts.clone_from(&inference.doubts);
            account.argument = self.step.callsite.arguments.get(inference.argument).cloned();
            account.key = Some(inference.key.to_string().into());
        }
        account.decisions = said.merge(inference.as_ref());
        account
    }
}

/// The decisions that the code reported, by item.
#[derive(Default)]
struct Said {
    decisions: Vec<Decision>,
    /// The handful that the collector kept of those that it inferred.
    sampled: Vec<Decision>,
    places: HashMap<Arc<str>, usize>,
}

impl Said {
    fn read<'f>(&mut self, facts: impl IntoIterator<Item = &'f Captured>, account: &mut Account) {
        for captured in facts {
            let (encoded, range) = captured.surroundings();
            match fact::read(encoded, range.start) {
                Ok((Some(fact), _)) => self.add(fact, captured, account),
                _ => account.refused += 1,
            }
        }
    }

    fn add(&mut self, fact: Fact<'_>, captured: &Captured, account: &mut Account) {
        let value = |place: Place| captured.neighbour(place);
        let key = |place: &Place| -> Arc<str> { key_text(captured.surroundings().0, place.start).into() };
        match fact {
            Fact::Verdict { key: item, verdict, reason, score, detail } => {
                let decision = self.of(key(&item), verdict);
                decision.reason = reason.map(Arc::from).or(decision.reason.take());
                decision.score = score.or(decision.score);
                decision.detail = detail.map(value).or(decision.detail.take());
            }
            Fact::Checked { key: item, holds, checks } => {
                let decision = self.of(key(&item), verdict_of(holds));
                decision.reason = failed(&checks).map(Arc::from).or(decision.reason.take());
                decision.checks.extend(checks.iter().map(|check| check_of(check, captured)));
            }
            Fact::Evaluated { key: item, holds, reason, checks } => {
                let decision = self.of(key(&item), verdict_of(holds));
                let reason = reason.or_else(|| failed(&checks));
                decision.reason = reason.map(Arc::from).or(decision.reason.take());
                decision.checks.extend(checks.iter().map(|check| check_of(check, captured)));
            }
            Fact::Ranked(ranked) => {
                for (place, (item, score)) in (0..).zip(ranked) {
                    let decision = self.of(key(&item), Verdict::Scored);
                    (decision.score, decision.after) = (score.or(decision.score), Some(place));
                }
            }
            Fact::Chosen { key: item, reason, score, alternatives } => {
                let decision = self.of(key(&item), Verdict::Kept);
                decision.reason = reason.map(Arc::from).or(decision.reason.take());
                decision.score = score.or(decision.score);
                for alternative in &alternatives {
                    self.of(key(alternative), Verdict::Eliminated).reason = Some(NOT_CHOSEN.into());
                }
            }
            Fact::Reason(text) => account.reasons.push(text.into()),
            Fact::Meta { key, value: place } => account.meta.push((key.into(), value(place))),
            Fact::Reasoning { key, value: place } => account.reasoning.push((key.into(), value(place))),
            Fact::Llm(place) => account.llm.push(value(place)),
            Fact::Tag { key, value } => account.tags.push((key.into(), value.into())),
            Fact::Note(text) => account.notes.push(text.into()),
            Fact::Input(place) => account.input = Some(value(place)),
            Fact::Output(place) => account.output = Some(value(place)),
            Fact::Sampled { all, decisions } => {
                account.sampled_of = Some(all);
                let kept = decisions.into_iter().map(|sampled| Decision {
                    basis: Basis::Inferred,
                    score: sampled.score,
                    before: sampled.before,
                    after: sampled.after,
                    changed: sampled.changed,
                    ambiguous: sampled.ambiguous,
                    ..Decision::observed(key(&sampled.key), sampled.verdict)
                });
                self.sampled.extend(kept);
            }
            // In the step's row already, or the run's.
            Fact::InputCount(_) | Fact::OutputCount(_) | Fact::Important | Fact::Pin => {}
        }
    }

    /// The decision about an item, of which this is said now. A score does not take back a verdict, nor the other way
    /// round the score.
    fn of(&mut self, item: Arc<str>, verdict: Verdict) -> &mut Decision {
        let place = *self.places.entry(Arc::clone(&item)).or_insert_with(|| {
            self.decisions.push(Decision::observed(item, verdict));
            self.decisions.len() - 1
        });
        let decision = &mut self.decisions[place];
        if verdict != Verdict::Scored {
            decision.verdict = verdict;
        }
        decision
    }

    /// These decisions, and those that the values alone show.
    fn merge(mut self, inference: Option<&Inference<'_>>) -> Vec<Decision> {
        let mut merged: Vec<Decision> = Vec::new();
        let mut taken = vec![false; self.decisions.len()];
        let inferred = inference.into_iter().flat_map(Inference::decisions);
        for mut inferred in std::mem::take(&mut self.sampled).into_iter().chain(inferred) {
            if let Some(place) = self.places.get(&inferred.item).copied().filter(|place| !taken[*place]) {
                taken[place] = true;
                let observed =
                    std::mem::replace(&mut self.decisions[place], Decision::observed("".into(), Verdict::Kept));
                inferred = observed.completed(inferred);
            }
            merged.push(inferred);
        }
        let rest = self.decisions.into_iter().zip(taken).filter(|(_, taken)| !taken).map(|(decision, _)| decision);
        merged.extend(rest);
        merged
    }
}

impl Decision {
    /// What the code reports of an item, and nothing more.
    pub(crate) fn observed(item: Arc<str>, verdict: Verdict) -> Self {
        Self {
            item,
            verdict,
            basis: Basis::Observed,
            reason: None,
            score: None,
            before: None,
            after: None,
            changed: false,
            ambiguous: false,
            contradicted: false,
            checks: Vec::new(),
            detail: None,
        }
    }

    /// This one, with what the values show in addition.
    fn completed(mut self, inferred: Self) -> Self {
        let came_out = inferred.verdict != Verdict::Eliminated;
        self.contradicted = match self.verdict {
            Verdict::Kept => !came_out,
            Verdict::Eliminated => came_out,
            Verdict::Scored | Verdict::Introduced => false,
        };
        if self.verdict == Verdict::Scored && !came_out {
            // It was scored and did not make it.
            self.verdict = Verdict::Eliminated;
        } else if self.verdict == Verdict::Kept && inferred.verdict == Verdict::Scored {
            self.verdict = Verdict::Scored;
        }
        self.score = self.score.or(inferred.score);
        (self.before, self.after) = (inferred.before, inferred.after.or(self.after));
        (self.changed, self.ambiguous) = (inferred.changed, inferred.ambiguous);
        self
    }
}

fn check_of(check: &CheckPlace<'_>, captured: &Captured) -> Check {
    let operands = check.operands.iter().map(|(name, place)| (Arc::from(*name), captured.neighbour(place.clone())));
    Check { condition: check.condition.into(), holds: check.holds, operands: operands.collect() }
}
