//! What the code says became of items, as entries of the index of items.

use crate::decision::{Basis, Verdict};
use crate::fact::{self, Fact};
use crate::id::{RunId, StepId};
use crate::inference::{Encoded, item_hash_at};
use crate::store::ItemEntry;
use crate::value::NameTable;

use super::observed::{NOT_CHOSEN, clipped_reason, failed, verdict_of};

/// What the entries of a step have in common: its run, itself, and its function, if that is known.
pub(super) type Of = (RunId, StepId, Option<u32>);

/// Adds what facts, one after the other, say of items.
pub(super) fn said(facts: Encoded<'_>, of: Of, reasons: &mut NameTable, entries: &mut Vec<ItemEntry>) {
    let mut at = 0;
    while at < facts.bytes.len() {
        let Ok((fact, end)) = fact::read(facts, at) else { return };
        at = end;
        if let Some(fact) = fact {
            add(&fact, facts, of, reasons, entries);
        }
    }
}

/// Adds what a fact says of items.
pub(super) fn add(
    fact: &Fact<'_>,
    encoded: Encoded<'_>,
    (run, step, callsite): Of,
    reasons: &mut NameTable,
    entries: &mut Vec<ItemEntry>,
) {
    let mut add = |key: usize, verdict: Verdict, basis: Basis, reason: Option<&str>| {
        let key_hash = item_hash_at(encoded, key);
        let reason = reason.map(|reason| reasons.shared(clipped_reason(reason)));
        entries.push(ItemEntry { key_hash, run, step, callsite, verdict, basis, reason });
    };
    match fact {
        Fact::Verdict { key, verdict, reason, .. } => add(key.start, *verdict, Basis::Observed, *reason),
        Fact::Checked { key, holds, checks } => add(key.start, verdict_of(*holds), Basis::Observed, failed(checks)),
        Fact::Evaluated { key, holds, reason, checks } => {
            add(key.start, verdict_of(*holds), Basis::Observed, reason.or_else(|| failed(checks)));
        }
        Fact::Ranked(ranked) => {
            ranked.iter().for_each(|(key, _)| add(key.start, Verdict::Scored, Basis::Observed, None));
        }
        Fact::Chosen { key, reason, alternatives, .. } => {
            add(key.start, Verdict::Kept, Basis::Observed, *reason);
            let not_chosen = Some(NOT_CHOSEN);
            alternatives.iter().for_each(|key| add(key.start, Verdict::Eliminated, Basis::Observed, not_chosen));
        }
        Fact::Sampled { decisions, .. } => {
            decisions.iter().for_each(|it| add(it.key.start, it.verdict, Basis::Inferred, None));
        }
        _ => {}
    }
}
