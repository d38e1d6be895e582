//! What the code says became of items, as entries of the index of items.

use crate::decision::{Basis, Verdict};
use crate::fact::{self, Fact};
use crate::id::{RunId, StepId};
use crate::inference::{Encoded, item_hash, key_text};
use crate::store::ItemEntry;
use crate::value::NameTable;

use super::observed::{NOT_CHOSEN, clipped_reason, failed, verdict_of};

/// Adds what facts, one after the other, say of items; of a step that is of this function, if that is known.
pub(super) fn said(
    facts: Encoded<'_>,
    (run, step, callsite): (RunId, StepId, Option<u32>),
    reasons: &mut NameTable,
    entries: &mut Vec<ItemEntry>,
) {
    let mut at = 0;
    while at < facts.bytes.len() {
        let Ok((fact, end)) = fact::read(facts, at) else { return };
        at = end;
        let mut add = |key: usize, verdict: Verdict, basis: Basis, reason: Option<&str>| {
            let key_hash = item_hash(&key_text(facts, key));
            let reason = reason.map(|reason| reasons.shared(clipped_reason(reason)));
            entries.push(ItemEntry { key_hash, run, step, callsite, verdict, basis, reason });
        };
        match fact {
            Some(Fact::Verdict { key, verdict, reason, .. }) => add(key.start, verdict, Basis::Observed, reason),
            Some(Fact::Checked { key, holds, checks }) => {
                add(key.start, verdict_of(holds), Basis::Observed, failed(&checks));
            }
            Some(Fact::Evaluated { key, holds, reason, checks }) => {
                add(key.start, verdict_of(holds), Basis::Observed, reason.or_else(|| failed(&checks)));
            }
            Some(Fact::Ranked(ranked)) => {
                ranked.iter().for_each(|(key, _)| add(key.start, Verdict::Scored, Basis::Observed, None));
            }
            Some(Fact::Chosen { key, reason, alternatives, .. }) => {
                add(key.start, Verdict::Kept, Basis::Observed, reason);
                let not_chosen = Some(NOT_CHOSEN);
                alternatives.iter().for_each(|key| add(key.start, Verdict::Eliminated, Basis::Observed, not_chosen));
            }
            Some(Fact::Sampled { decisions, .. }) => {
                decisions.iter().for_each(|it| add(it.key.start, it.verdict, Basis::Inferred, None));
            }
            _ => {}
        }
    }
}
