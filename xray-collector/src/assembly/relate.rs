//! What became of the items of a step that has ended: its result compared with its arguments, wherever those are.

use crate::decision::Basis;
use crate::inference::{self, Doubt, Encoded, Inference, Plans, Question};
use crate::model::{Callsite, Outcome, StepDetail};
use crate::store::{ItemEntry, PayloadRef, StepRow};

use super::written::Written;

/// The segment that is being built.
pub(super) struct Segment<'a> {
    pub(super) number: u64,
    pub(super) names: &'a [std::sync::Arc<str>],
    pub(super) payload: &'a [u8],
}

impl<'a> Segment<'a> {
    /// The values at this place, if it is in this segment.
    fn get(&self, place: PayloadRef) -> Option<Encoded<'a>> {
        let from = place.offset as usize;
        let bytes = self.payload.get(from..from + place.length as usize)?;
        (place.segment == self.number).then_some(Encoded { bytes, names: self.names })
    }
}

/// How many items became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Related {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) kept: u64,
    pub(super) eliminated: u64,
    pub(super) scored: u64,
    pub(super) introduced: u64,
    /// Items were compared, rather than lengths.
    pub(super) is_compared: bool,
}

/// Compares the step's result with its arguments. `None` if there is nothing to compare.
///
/// The arguments of a step that was open for longer than a batch were handed over already, and are looked for there.
///
/// What became of each item goes to `entries`.
pub(super) fn relate<'a>(
    row: &StepRow,
    callsite: &'a Callsite,
    segment: &Segment<'a>,
    written: &'a Written,
    plans: &mut Plans<'a>,
    entries: &mut Vec<ItemEntry>,
) -> Option<Related> {
    if !matches!(row.outcome, Outcome::Ok | Outcome::Returned) || callsite.arguments.is_empty() {
        return None;
    }
    let returned = segment.get(row.result?)?;
    let earlier;
    let place = row.arguments?;
    let inference = match segment.get(place).or_else(|| written.values(place)) {
        Some(entered) => inference::infer_again(&question(callsite, entered, returned), plans)?,
        None => {
            // Reading takes longer than all the rest.
            if !inference::may_hold_items(returned, plans.kind(&callsite.kind)) {
                return None;
            }
            earlier = written.step(row.run, row.step)?;
            infer(callsite, entered_of(&earlier)?, returned)?
        }
    };
    entries.extend(inference.findings().map(|finding| ItemEntry {
        key_hash: finding.key_hash(),
        run: row.run,
        step: row.step,
        callsite: Some(row.callsite),
        verdict: finding.verdict(),
        basis: Basis::Inferred,
        reason: None,
    }));
    Some(Related::new(&inference))
}

/// Compares values that are at hand.
pub(super) fn infer<'a>(callsite: &'a Callsite, entered: Encoded<'a>, returned: Encoded<'a>) -> Option<Inference<'a>> {
    inference::infer(&question(callsite, entered, returned))
}

impl Related {
    pub(super) fn new(inference: &Inference<'_>) -> Self {
        let counts = inference.counts;
        Self {
            input: counts.input,
            output: counts.output,
            kept: counts.kept,
            eliminated: counts.eliminated,
            scored: counts.scored,
            introduced: counts.introduced,
            is_compared: !inference.doubts.contains(&Doubt::Unrelated),
        }
    }
}

/// What is asked of a call.
pub(crate) fn question<'a>(callsite: &'a Callsite, entered: Encoded<'a>, returned: Encoded<'a>) -> Question<'a> {
    let said = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Question {
        kind: &callsite.kind,
        items: said(&callsite.items),
        key: said(&callsite.key),
        arguments: &callsite.arguments,
        entered,
        returned,
    }
}

/// The arguments of a stored step, which stand one after the other.
pub(crate) fn entered_of(detail: &StepDetail) -> Option<Encoded<'_>> {
    let first = detail.arguments.first()?;
    let (encoded, range) = first.captured.surroundings();
    Some(Encoded { bytes: &encoded.bytes[range.start..], ..encoded })
}
