//! The score that an element carries: beside the item, in the struct around it, or in the item.

use super::Encoded;
use super::shape::Part;
use super::view::{Span, View};
use crate::value::{DecodeError, Element};

/// Fields that are scores, the surest first.
const SCORES: [&str; 7] =
    ["score", "rank_score", "relevance_score", "relevance", "similarity", "confidence", "probability"];

/// Where a score stands in the elements of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScorePlace<'a> {
    part: Part<'a>,
    field: Option<&'a str>,
}

impl<'a> ScorePlace<'a> {
    /// Looks at the first element for a score; `item` is the part that is the item.
    pub(super) fn find(side: Encoded<'a>, view: &View, item: Part<'a>) -> Result<Option<Self>, DecodeError> {
        let Some(first) = view.items.first() else { return Ok(None) };
        let beside = match item {
            Part::First => Some(Part::Second),
            // The key of a map's entry is a name, even if it is a number.
            Part::Second if first.middle == first.start => Some(Part::First),
            _ => None,
        };
        if let Some(part) = beside
            && let Some(start) = side.part(*first, part)?
            && side.shape(start)?.is_number()
        {
            return Ok(Some(Self { part, field: None }));
        }
        for part in [Part::Whole, item] {
            let is_key = part == Part::Whole && first.middle > first.start;
            let Some(start) = side.part(*first, part)?.filter(|_| !is_key) else { continue };
            if let Some(field) = side.score_field(start, matches!(item, Part::Field(_)) && part == Part::Whole)? {
                return Ok(Some(Self { part, field: Some(field) }));
            }
        }
        Ok(None)
    }

    /// The score of an element. What is no number is no score.
    pub(super) fn read(self, side: Encoded<'a>, span: Span) -> Option<f64> {
        let mut start = side.part(span, self.part).ok()??;
        if let Some(field) = self.field {
            start = side.field(start, field).ok()??;
        }
        let score = match side.head(start).ok()?.0 {
            Element::Unsigned(value, _) => value as f64,
            Element::Signed(value, _) => value as f64,
            // Through decimals, so that 0.7 is 0.7 and not 0.699999988079071.
            Element::F32(value) => value.to_string().parse().ok()?,
            Element::F64(value) => value,
            _ => return None,
        };
        // JSON has no number for infinity either.
        score.is_finite().then_some(score)
    }
}

impl<'a> Encoded<'a> {
    /// The field that is a score; in a struct around an item its only number is one.
    fn score_field(&self, start: usize, is_around: bool) -> Result<Option<&'a str>, DecodeError> {
        let mut numbers = Vec::new();
        for (name, start) in self.fields(start)? {
            if self.shape(start)?.is_number() {
                numbers.push(name);
            }
        }
        let known = SCORES.iter().find_map(|score| numbers.iter().find(|name| *name == score));
        let mut ending = numbers.iter().filter(|name| name.ends_with("_score"));
        let only = match (ending.next(), ending.next(), &numbers[..]) {
            (Some(name), None, _) => Some(name),
            (None, None, [name]) if is_around => Some(name),
            _ => None,
        };
        Ok(known.or(only).copied())
    }
}
