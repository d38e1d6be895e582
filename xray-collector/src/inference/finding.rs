//! What was inferred: counts at once, decisions when they are asked for.

use crate::decision::{Basis, Decision, Verdict};
use crate::value::DecodeError;

use super::Question;
use super::digest::key_hash;
use super::doubt::Doubt;
use super::key::{Key, Place, clip_key};
use super::kind::Kind;
use super::matching::{Matched, Matching};
use super::pairing::{Compared, Relation, Sides};
use super::score::ScorePlace;
use super::view::{Form, Span};

/// How many items of which sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That went in, those included that were not captured.
    pub input: u64,
    /// That came out, those included that were not captured.
    pub output: u64,
    /// That went in and came out; those that were scored are among them.
    pub kept: u64,
    /// That went in and did not come out.
    pub eliminated: u64,
    /// That were scored, or put in an order.
    pub scored: u64,
    /// That came out and had not gone in.
    pub introduced: u64,
    /// That went in with a key that an earlier one had.
    pub duplicates: u64,
    /// That were kept, and came out other than they went in.
    pub changed: u64,
}

/// What was inferred of one call.
#[derive(Debug)]
pub struct Inference<'a> {
    /// The argument that is, or holds, the list; counted from 0.
    pub argument: usize,
    /// What the items are named by.
    pub key: Key,
    /// How many items of which sort.
    pub counts: Counts,
    /// What is not sure; each once, in order.
    pub doubts: Vec<Doubt>,
    details: Option<Details<'a>>,
}

/// What there is to know of each item.
#[derive(Debug)]
pub(super) struct Details<'a> {
    argument: usize,
    key: Key,
    sides: Sides<'a>,
    items: [Vec<Span>; 2],
    lengths: [u64; 2],
    places: [Place<'a>; 2],
    scores: [Option<ScorePlace<'a>>; 2],
    matching: Matching,
    /// Of each item of the input.
    changed: Vec<bool>,
    /// What came out has a place in an order.
    orders: bool,
    /// Of the input and of the output: there may be items that are not known.
    is_open: [bool; 2],
    is_cut: bool,
    relation: Relation,
    is_empty_by_chance: bool,
}

impl<'a> Details<'a> {
    pub(super) fn new(question: &Question<'a>, kind: Kind, compared: Compared<'_, 'a>) -> Result<Self, DecodeError> {
        let sides = [question.entered, question.returned];
        let changed = compared.changed(sides)?;
        let Compared { pairing, key, places, matching } = compared;
        let [input, output] = pairing.views;
        let is_unclear = |items: &[Matched]| items.iter().any(|item| !item.is_clear);
        let is_open = [input.is_cut || is_unclear(&matching.input), output.is_cut || is_unclear(&matching.output)];
        let scores = pairing.way.scores(sides, pairing.views)?;
        let is_empty_by_chance = output.items.is_empty()
            && !output.is_cut
            && !input.items.is_empty()
            && output.form == Form::List
            && !kind.passes_items_on();
        let mut details = Self {
            argument: pairing.argument,
            key,
            sides,
            items: [input.items.clone(), output.items.clone()],
            lengths: [input.length, output.length],
            places,
            scores,
            matching,
            changed,
            orders: kind.orders,
            is_cut: is_open[0] || is_open[1],
            is_open,
            relation: pairing.way.relation,
            is_empty_by_chance,
        };
        details.orders |= output.form == Form::List && input.form == Form::List && details.is_reordered();
        Ok(details)
    }

    /// The same items, in another order.
    fn is_reordered(&self) -> bool {
        let [input, output] = [&self.matching.input, &self.matching.output];
        let all = |items: &[Matched]| items.iter().all(|item| item.mate.is_some());
        let moved = |(place, item): (u32, &Matched)| item.mate.is_some_and(|mate| mate != place);
        !self.is_cut && all(input) && all(output) && (0_u32..).zip(input).any(moved)
    }

    fn counts(&self) -> Counts {
        let without =
            |items: &[Matched]| items.iter().filter(|item| item.is_clear && item.mate.is_none()).count() as u64;
        let kept = self.matching.kept;
        Counts {
            input: self.lengths[0],
            output: self.lengths[1],
            kept,
            eliminated: if self.is_open[1] { 0 } else { without(&self.matching.input) },
            scored: if self.orders { kept } else { 0 },
            introduced: if self.is_open[0] { 0 } else { without(&self.matching.output) },
            duplicates: self.matching.duplicates,
            changed: self.changed.iter().filter(|changed| **changed).count() as u64,
        }
    }

    /// As many in as out, and what has no mate stands where nothing else can.
    fn is_replaced(&self) -> bool {
        let [input, output] = [&self.matching.input, &self.matching.output];
        let in_place = |(place, item): (u32, &Matched)| item.mate.is_none_or(|mate| mate == place);
        matches!(self.key, Key::Item | Key::Value)
            && !self.is_cut
            && input.len() == output.len()
            && output.iter().any(|item| item.mate.is_none())
            && (0_u32..).zip(output).all(in_place)
    }

    pub(super) fn into_inference(self, mut doubts: Vec<Doubt>) -> Inference<'a> {
        for (applies, doubt) in [
            (self.matching.has_repeated, Doubt::KeyNotUnique),
            (self.is_cut, Doubt::Cut),
            (self.is_replaced(), Doubt::Replaced),
            (self.relation == Relation::Keys, Doubt::KeysAlone),
            (self.relation == Relation::Renamed, Doubt::TypeChanged),
            (self.is_empty_by_chance, Doubt::EmptyOutput),
        ] {
            if applies {
                doubts.push(doubt);
            }
        }
        doubts.sort_unstable();
        let (argument, key, counts) = (self.argument, self.key.clone(), self.counts());
        Inference { argument, key, counts, doubts, details: Some(self) }
    }
}

impl<'a> Inference<'a> {
    pub(super) fn of_counts(argument: usize, counts: Counts, mut doubts: Vec<Doubt>) -> Self {
        doubts.sort_unstable();
        Self { argument, key: Key::Value, counts, doubts, details: None }
    }

    /// What became of each item: those that went in, in that order, then those that were introduced, in theirs.
    pub fn findings(&self) -> impl Iterator<Item = Finding<'_, 'a>> {
        self.details.iter().flat_map(|details| {
            let [input, output] = [&details.matching.input, &details.matching.output];
            let entered = (0..).zip(input).filter_map(|(place, item)| {
                let is_known = item.mate.is_some() || (item.is_clear && !details.is_open[1]);
                is_known.then_some(Finding { details, input: Some(place), output: item.mate })
            });
            let introduced = (0..).zip(output).filter_map(|(place, item)| {
                let is_known = item.mate.is_none() && item.is_clear && !details.is_open[0];
                is_known.then_some(Finding { details, input: None, output: Some(place) })
            });
            entered.chain(introduced)
        })
    }

    /// The findings as decisions.
    pub fn decisions(&self) -> impl Iterator<Item = Decision> {
        self.findings().map(|finding| finding.decision())
    }
}

/// What became of one item. Everything but the verdict and the places is read from the bytes when asked for.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'i, 'a> {
    details: &'i Details<'a>,
    /// Its place among the items of each list.
    input: Option<u32>,
    output: Option<u32>,
}

impl Finding<'_, '_> {
    /// What the step did to it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.input, self.output) {
            (None, _) => Verdict::Introduced,
            (_, None) => Verdict::Eliminated,
            _ if self.details.orders => Verdict::Scored,
            _ => Verdict::Kept,
        }
    }

    fn span(&self, side: usize) -> Option<Span> {
        let place = [self.input, self.output][side]?;
        self.details.items[side].get(place as usize).copied()
    }

    /// Its place in the input, from 0.
    #[must_use]
    pub fn before(&self) -> Option<u32> {
        self.span(0).map(|span| span.position)
    }

    /// Its place in the output, from 0.
    #[must_use]
    pub fn after(&self) -> Option<u32> {
        self.span(1).map(|span| span.position)
    }

    /// Whether what came out under its key differs from what went in.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.input.is_some_and(|place| self.details.changed[place as usize])
    }

    /// Whether its key stands for more than one item.
    #[must_use]
    pub fn ambiguous(&self) -> bool {
        let is_repeated =
            |items: &[Matched], place: Option<u32>| place.is_some_and(|place| items[place as usize].is_repeated);
        let matching = &self.details.matching;
        is_repeated(&matching.input, self.input) || is_repeated(&matching.output, self.output)
    }

    /// The score that it came out with, or else went in with.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        [1, 0].into_iter().find_map(|side| self.details.scores[side]?.read(self.details.sides[side], self.span(side)?))
    }

    /// Its key as text, in full: a text as it is, a number in decimal, else JSON.
    #[must_use]
    pub fn key(&self) -> String {
        let side = usize::from(self.input.is_none());
        let text = self.span(side).map(|span| self.details.places[side].text(self.details.sides[side], span));
        // What was read when it was matched can be read again.
        text.and_then(Result::ok).unwrap_or_default()
    }

    /// The hash of its key, but for the last bit: [`key_hash`] of [`Finding::key`].
    #[must_use]
    pub fn key_hash(&self) -> u64 {
        let side = usize::from(self.input.is_none());
        let place = [self.input, self.output][side];
        let number = place.and_then(|place| self.details.matching.keys[side].get(place as usize).copied().flatten());
        match number {
            Some(number) if number & 1 == 0 => number,
            _ => key_hash(&self.key()),
        }
    }

    /// All of it.
    #[must_use]
    pub fn decision(&self) -> Decision {
        Decision {
            item: clip_key(self.key()).into(),
            verdict: self.verdict(),
            basis: Basis::Inferred,
            reason: None,
            score: self.score(),
            before: self.before(),
            after: self.after(),
            changed: self.changed(),
            ambiguous: self.ambiguous(),
            contradicted: false,
            checks: Vec::new(),
            detail: None,
        }
    }
}
