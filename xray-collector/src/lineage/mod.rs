//! Where items come from and where they end: within a run, and across runs.
//!
//! | file | answers |
//! |---|---|
//! | `fates` | what became of every item of a run |
//! | `history` | what became of one item, run by run |
//!
//! A run's **fate** of an item goes by the steps that decided about it, in the order in which they ended, so that a
//! step comes after those that it called. It was kept if the last of them let it through, and eliminated if that one did
//! not: then where it ended is the first of those that eliminated it and after which nothing let it through.

mod fates;
mod history;

use std::sync::Arc;

use serde::Serialize;

pub use self::fates::{Fates, ItemFate, fates};
pub use self::history::{Eliminated, History, InRun, Search, Summary, history, in_run};
use crate::decision::{Basis, Decision, Verdict};
use crate::id::{RunId, StepId};
use crate::model::Step;
use crate::store::{MAX_PAGE, Store, StoreError};

/// What one step did to an item.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    /// The step.
    pub step: StepId,
    /// Its function.
    pub name: Arc<str>,
    /// What sort of step it is.
    pub kind: Arc<str>,
    /// What became of the item.
    pub outcome: Verdict,
    /// How that is known.
    pub basis: Basis,
    /// Why, in words.
    pub reason: Option<Arc<str>>,
    /// Its score; `None` if it has none, or an infinite one.
    pub score: Option<f64>,
    /// Its place in the input, from 0.
    pub before: Option<u32>,
    /// Its place in the output, from 0.
    pub after: Option<u32>,
    /// It came out with other values than it went in with.
    pub changed: bool,
    /// Others had the same key.
    pub ambiguous: bool,
    /// The code says another thing than the values.
    pub contradicted: bool,
}

impl Stage {
    fn new(step: &Step, decision: &Decision) -> Self {
        Self {
            step: step.id,
            name: Arc::clone(&step.callsite.name),
            kind: Arc::clone(&step.callsite.kind),
            outcome: decision.verdict,
            basis: decision.basis,
            reason: decision.reason.clone(),
            score: decision.score.filter(|score| score.is_finite()),
            before: decision.before,
            after: decision.after,
            changed: decision.changed,
            ambiguous: decision.ambiguous,
            contradicted: decision.contradicted,
        }
    }
}

/// The stage at which an item ended, if it did; `stages` are in the order in which their steps ended.
fn end(stages: &[Stage]) -> Option<usize> {
    let eliminated = stages.iter().rev().take_while(|stage| stage.outcome == Verdict::Eliminated).count();
    (eliminated > 0).then(|| stages.len() - eliminated)
}

/// The steps of a run that may have decided about items, in the order in which they ended.
fn deciding_steps(store: &dyn Store, run: RunId, spend: &mut impl FnMut(u64) -> bool) -> Result<Vec<Step>, StoreError> {
    let (mut after, mut deciding) = (None, Vec::new());
    loop {
        let page = store.steps(run, after, MAX_PAGE)?;
        after = page.last().map(|step| step.id);
        let is_last = page.len() < MAX_PAGE || !spend(page.len() as u64);
        deciding.extend(page.into_iter().filter(may_decide));
        if is_last {
            break;
        }
    }
    deciding.sort_by_key(order);
    Ok(deciding)
}

/// Steps by their ends, of those that ended at once the one that began last first; one that is open comes last.
fn order(step: &Step) -> (u64, std::cmp::Reverse<u64>, StepId) {
    let ended_ns = step.duration_ns.map_or(u64::MAX, |duration| step.started_ns.saturating_add(duration));
    (ended_ns, std::cmp::Reverse(step.started_ns), step.id)
}

/// Whether something was decided; what late facts say of a step is counted, too.
fn may_decide(step: &Step) -> bool {
    let counts = &step.counts;
    counts.kept + counts.eliminated + counts.scored + counts.introduced > 0
}
