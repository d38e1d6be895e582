//! What became of items, reported by hand.
//!
//! Most of it need not be: of a step with a list in and a list out, kept and eliminated are inferred, and
//! [`keep!`](crate::keep) adds the reason. These are for what the values do not show.

use std::fmt::Display;

use serde::Serialize;
use xray_collector::decision::Verdict;
use xray_collector::fact::{code_of_verdict, number};

use super::Fact;
use crate::context::Context;

/// The current step keeps the item with this key.
///
/// The key is what names the item in every step: of an item with an `id` that is its id. A no-op outside of a step.
///
/// ```
/// #[xray::step(kind = "filter")]
/// fn first_of_each_genre(films: &[(&'static str, &'static str)]) -> usize {
///     let mut seen = std::collections::HashSet::new();
///     for (title, genre) in films {
///         match seen.insert(genre) {
///             true => xray::keep(title),
///             false => xray::eliminate(title, "its genre is there already", genre),
///         }
///     }
///     seen.len()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("films.redb");
/// let xray = xray::builder().store(path).start()?;
/// first_of_each_genre(&[("Alien", "horror"), ("Aliens", "horror")]);
///
/// xray.flush()?;
/// let run = xray.store().runs(&xray::store::RunQuery { limit: 1, ..Default::default() })?.rows.remove(0);
/// let step = xray.store().step(run.id, run.id.root())?.expect("it was recorded");
/// let decisions = step.account().decisions;
/// assert_eq!(&*decisions[1].item, "Aliens");
/// assert_eq!(decisions[1].reason.as_deref(), Some("its genre is there already"));
/// # Ok(())
/// # }
/// ```
pub fn keep<K: Serialize + ?Sized>(key: &K) {
    verdict(key, Verdict::Kept, None, None, &());
}

/// The current step eliminates the item with this key, for this reason. `detail` is any value that tells more; `()` if
/// there is none. A no-op outside of a step; see [`keep`] for an example.
///
/// Reasons are counted: let them be few texts, and put what differs into the detail.
pub fn eliminate<K: Serialize + ?Sized, D: Serialize>(key: &K, reason: impl AsRef<str>, detail: D) {
    verdict(key, Verdict::Eliminated, Some(reason.as_ref()), None, &detail);
}

/// The current step gives the item with this key a score. NaN is refused: the step's counts say how many were. A no-op
/// outside of a step.
pub fn score<K: Serialize + ?Sized>(key: &K, score: f64) {
    verdict(key, Verdict::Scored, None, Some(score), &());
}

fn verdict<K: Serialize + ?Sized, D: Serialize>(
    key: &K,
    verdict: Verdict,
    reason: Option<&str>,
    score: Option<f64>,
    detail: &D,
) {
    if let Some(mut fact) = Fact::begin(number::VERDICT) {
        fact.value(key).put(|writer| writer.scalar(code_of_verdict(verdict)));
        fact.text_or_unit(reason).score_or_unit(score).value(detail);
        fact.end();
    }
}

/// The current step has ranked these candidates: keys and scores, best first. A no-op outside of a step, where the
/// candidates are not asked for.
///
/// ```
/// # let found = [("Alien", 0.9), ("Brazil", 0.4)];
/// xray::ranked(found.iter().map(|(title, score)| (title, *score)));
/// ```
pub fn ranked<K: Serialize>(candidates: impl IntoIterator<Item = (K, f64)>) {
    if !is_recorded() {
        return;
    }
    // Before the record begins: while it is written, the thread records nothing else.
    let candidates: Vec<_> = candidates.into_iter().collect();
    if let Some(mut fact) = Fact::begin(number::RANKED) {
        for (key, score) in candidates {
            fact.value(&key).score_or_unit(Some(score));
        }
        fact.end();
    }
}

/// The current step chose this one, for this reason, over the alternatives. A no-op outside of a step, where the
/// alternatives are not asked for.
///
/// ```
/// xray::decide("postgres", "it is the only one with transactions", None, ["redis", "s3"]);
/// ```
pub fn decide<C: Serialize + ?Sized, A: Serialize>(
    choice: &C,
    reason: impl AsRef<str>,
    score: Option<f64>,
    alternatives: impl IntoIterator<Item = A>,
) {
    if !is_recorded() {
        return;
    }
    let alternatives: Vec<A> = alternatives.into_iter().collect();
    if let Some(mut fact) = Fact::begin(number::CHOSEN) {
        fact.value(choice).text(reason.as_ref()).score_or_unit(score);
        for alternative in alternatives {
            fact.value(&alternative);
        }
        fact.end();
    }
}

/// One line of an [`evaluation`]: what was checked, and whether it holds.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    name: &'a str,
    holds: bool,
    detail: Option<&'a dyn Display>,
}

impl<'a> Check<'a> {
    /// A check of this name.
    #[must_use]
    pub fn new(name: &'a str, holds: bool) -> Self {
        Self { name, holds, detail: None }
    }

    /// What was looked at: shown beside the check.
    #[must_use]
    pub fn detail(self, detail: &'a dyn Display) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

impl std::fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.holds)
    }
}

/// The current step evaluated the item with this key by these checks: a line of a table. A no-op outside of a step.
///
/// ```
/// use xray::Check;
/// # let (title, price, budget, stars) = ("Alien", 12, 10, 4);
/// let checks = [Check::new("price", price <= budget).detail(&price), Check::new("stars", stars > 3)];
/// xray::evaluation(title, &checks, price <= budget && stars > 3, "too dear");
/// ```
pub fn evaluation<K: Serialize + ?Sized>(item: &K, checks: &[Check<'_>], qualified: bool, reason: impl AsRef<str>) {
    if let Some(mut fact) = Fact::begin(number::EVALUATED) {
        let reason = Some(reason.as_ref()).filter(|reason| !reason.is_empty());
        fact.value(item).put(|writer| writer.scalar(qualified)).text_or_unit(reason);
        for check in checks {
            fact.text(check.name).put(|writer| writer.scalar(check.holds));
            match check.detail {
                Some(detail) => crate::capture::display_text(detail, fact.writer()),
                None => {
                    fact.text_or_unit(None);
                }
            }
        }
        fact.end();
    }
}

/// Whether a fact about the current step would be recorded.
pub(super) fn is_recorded() -> bool {
    Context::current().is_recorded()
}
