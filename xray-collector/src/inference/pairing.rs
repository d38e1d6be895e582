//! Which list of the arguments the result comes from, and what relates their items.

use std::cell::OnceCell;
use std::rc::Rc;

use super::Encoded;
use super::digest::Digester;
use super::key::{Choice, Key, Place, Sample, choices};
use super::kind::Kind;
use super::matching::{Matching, match_up};
use super::score::ScorePlace;
use super::shape::{Part, Shape};
use super::view::{Form, View};
use crate::value::DecodeError;

/// What relates the items of two lists, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// Both are lists, or both are maps.
    Loose,
    /// One of the lists is empty.
    Empty,
    /// One list holds the other one's keys.
    Keys,
    /// Both are numbers, characters or truths.
    Measure,
    /// They are of different types that have a key of the same name.
    Renamed,
    /// Both are texts.
    Text,
    /// They are of the same type.
    Named,
    /// Both lists are maps with keys of the same sort.
    Maps,
}

/// A way to look at two lists.
#[derive(Debug)]
pub(super) struct Way<'a> {
    pub(super) parts: [Part<'a>; 2],
    pub(super) relation: Relation,
    choices: Vec<Choice<'a>>,
    /// One of the lists is of texts.
    has_texts: bool,
    /// Where scores are, once somebody has looked.
    scores: OnceCell<[Option<ScorePlace<'a>>; 2]>,
}

/// A list that went in and one that came out, looked at in one way.
#[derive(Debug, Clone)]
pub(super) struct Pairing<'v, 'a> {
    pub(super) argument: usize,
    pub(super) views: [&'v View; 2],
    pub(super) way: Rc<Way<'a>>,
}

/// A pairing whose items were compared.
#[derive(Debug)]
pub(super) struct Compared<'v, 'a> {
    pub(super) pairing: Pairing<'v, 'a>,
    pub(super) key: Key,
    pub(super) places: [Place<'a>; 2],
    pub(super) matching: Matching,
}

/// Both sides of a call.
pub(super) type Sides<'a> = [Encoded<'a>; 2];

fn sample<'a>(side: Encoded<'a>, view: &View, part: Part<'a>) -> Result<Option<Sample<'a>>, DecodeError> {
    for item in &view.items {
        if let Some(start) = side.part(*item, part)? {
            let shape = side.shape(start)?;
            if shape != Shape::Opaque {
                return Ok(Some(Sample { side, start, shape }));
            }
        }
    }
    Ok(None)
}

/// Every way in which the items of one list may be those of the other.
pub(super) fn ways<'a>(
    sides: Sides<'a>,
    views: [&View; 2],
    declared: Option<&'a str>,
) -> Result<Vec<Rc<Way<'a>>>, DecodeError> {
    let mut found = Vec::new();
    let are_maps = declared.is_none() && views.iter().all(|view| view.form == Form::Map);
    if are_maps && !views[0].items.is_empty() && !views[1].items.is_empty() {
        let keys = [0, 1].map(|side| sides[side].shape(views[side].items[0].start as usize));
        if let [Ok(entered), Ok(returned)] = keys
            && entered == returned
        {
            let key = Choice { key: Key::MapKey, paths: [Vec::new(), Vec::new()], is_guess: false };
            let parts = [Part::Second, Part::Second];
            return Ok(vec![Way::new(parts, Relation::Maps, vec![key], false)]);
        }
    }
    for entered in sides[0].parts(views[0])? {
        for returned in sides[1].parts(views[1])? {
            let parts = [entered, returned];
            if matches!(parts, [Part::Field(_), Part::Field(_)]) {
                continue;
            }
            let samples = [sample(sides[0], views[0], entered)?, sample(sides[1], views[1], returned)?];
            // What makes a field sensible does not depend on the keys, which take longer to find.
            let is_whole = !parts.iter().any(|part| matches!(part, Part::Field(_)));
            if !is_whole && !relate(samples, views, &[]).is_some_and(|relation| is_sensible(parts, relation)) {
                continue;
            }
            let choices = choices(samples[0], samples[1], declared)?;
            if let Some(relation) = relate(samples, views, &choices)
                && is_sensible(parts, relation)
            {
                let has_texts = samples.iter().flatten().any(|sample| sample.shape == Shape::Text);
                found.push(Way::new(parts, relation, choices, has_texts));
            }
        }
    }
    Ok(found)
}

fn relate(samples: [Option<Sample<'_>>; 2], views: [&View; 2], choices: &[Choice<'_>]) -> Option<Relation> {
    let [Some(entered), Some(returned)] = samples else {
        // A list that has items, of which nothing can be said, is not empty.
        let is_empty = |side: usize| samples[side].is_some() || views[side].items.is_empty();
        return (is_empty(0) && is_empty(1)).then_some(Relation::Empty);
    };
    let has_field = choices.iter().any(|choice| !matches!(choice.key, Key::Item | Key::Value));
    let (entered, returned) = (entered.shape, returned.shape);
    if entered.is_named() && entered == returned {
        Some(Relation::Named)
    } else if (entered, returned) == (Shape::Text, Shape::Text) {
        Some(Relation::Text)
    } else if entered == returned && entered.is_measure() {
        Some(Relation::Measure)
    } else if entered.is_record() && returned.is_record() && has_field {
        Some(Relation::Renamed)
    } else if entered.is_scalar() != returned.is_scalar() && has_field {
        Some(Relation::Keys)
    } else {
        (entered == returned && matches!(entered, Shape::List | Shape::Map)).then_some(Relation::Loose)
    }
}

/// Fields of one of the lists are looked into: for an item of the same type, and in the output for a text that went in.
fn is_sensible(parts: [Part<'_>; 2], relation: Relation) -> bool {
    match parts {
        [Part::Field(_), _] => relation == Relation::Named,
        [_, Part::Field(_)] => matches!(relation, Relation::Named | Relation::Text),
        _ => true,
    }
}

impl<'a> Way<'a> {
    fn new(parts: [Part<'a>; 2], relation: Relation, choices: Vec<Choice<'a>>, has_texts: bool) -> Rc<Self> {
        Rc::new(Self { parts, relation, choices, has_texts, scores: OnceCell::new() })
    }

    /// Where the scores of the items are.
    pub(super) fn scores(
        &self,
        sides: Sides<'a>,
        views: [&View; 2],
    ) -> Result<[Option<ScorePlace<'a>>; 2], DecodeError> {
        if let Some(known) = self.scores.get() {
            return Ok(*known);
        }
        let find = |side: usize| ScorePlace::find(sides[side], views[side], self.parts[side]);
        let found = [find(0)?, find(1)?];
        Ok(*self.scores.get_or_init(|| found))
    }
}

impl<'v, 'a> Pairing<'v, 'a> {
    /// How well it fits beside others; a relation alone does not say which of several lists came out empty.
    pub(super) fn rank(&self, sides: Sides<'a>) -> (Relation, u8) {
        let relation = self.way.relation;
        let entered = || sample(sides[0], self.views[0], self.way.parts[0]).ok().flatten();
        let is_empty = relation == Relation::Empty;
        let among_empty = match is_empty.then(entered).map(|sample| sample.map(|sample| sample.shape)) {
            None => 1,
            Some(Some(shape)) if shape.is_record() || shape.is_named() => 3,
            Some(Some(Shape::Text)) => 2,
            Some(Some(_)) => 1,
            Some(None) => 0,
        };
        // Where one value comes out, a list in it may be meant as well.
        (relation, among_empty * 2 - u8::from(self.views[1].form == Form::Single && among_empty > 0))
    }

    /// Compares the items by the best key that they have.
    pub(super) fn compare(self, sides: Sides<'a>) -> Result<Compared<'v, 'a>, DecodeError> {
        let mut weak = None;
        for choice in &self.way.choices {
            let mut places = [0, 1].map(|side| Place { part: self.way.parts[side], path: choice.paths[side].clone() });
            if choice.key == Key::MapKey {
                places = [0, 1].map(|_| Place { part: Part::First, path: Vec::new() });
            }
            let hashes = [0, 1].map(|side| places[side].hashes(sides[side], &self.views[side].items));
            let [entered, returned] = hashes;
            let (entered, returned) = (entered?, returned?);
            let matching = match_up(entered, returned);
            if choice.is_guess && matching.duplicates > 0 {
                continue;
            }
            let is_weak = self.way.relation == Relation::Keys && matching.kept == 0;
            let compared = Compared { pairing: self.clone(), key: choice.key.clone(), places, matching };
            if !is_weak {
                return Ok(compared);
            }
            weak.get_or_insert(compared);
        }
        weak.ok_or(DecodeError { what: "items without a key", at: 0 })
    }
}

impl<'a> Compared<'_, 'a> {
    pub(super) fn is_half_empty(&self) -> bool {
        self.matching.input.is_empty() || self.matching.output.is_empty()
    }

    /// Whether what the items have in common is more than chance, so that what they have not means something.
    pub(super) fn is_related(&self, kind: Kind) -> bool {
        let (kept, returned) = (self.matching.kept, self.matching.output.len() as u64);
        let knows_all = kept == returned;
        let form = self.pairing.views[1].form;
        let is_identified = !matches!(self.key, Key::Item | Key::Value);
        match (self.pairing.way.relation, form) {
            (Relation::Empty, Form::Nothing) => kind.picks,
            (Relation::Empty, Form::Single) => false,
            (Relation::Empty, _) if self.matching.input.is_empty() => {
                returned == 0 || kind.passes_items_on() || kind.generates
            }
            (Relation::Empty, _) => true,
            (Relation::Named, Form::Single) => kept > 0 || kind.picks || kind.generates,
            (Relation::Named, _) => kept > 0 || is_identified || kind.generates || self.is_half_empty(),
            (Relation::Maps, _) => kept > 0 || kind.generates,
            (_, Form::Single) => kept > 0 && kind.picks,
            // Equal numbers are seldom the same thing.
            (Relation::Measure, _) => knows_all || (kept > 0 && kind.picks),
            (Relation::Keys, _) => {
                kept * 2 >= returned
                    && kept > 0
                    && (self.pairing.way.has_texts || (knows_all && kind.passes_items_on()))
            }
            (Relation::Renamed, _) => kept * 2 >= returned && kept > 0,
            // A text in a struct may be anything, unless each struct is around one of the texts.
            (Relation::Text, _) if matches!(self.pairing.way.parts[1], Part::Field(_)) => knows_all && kept > 0,
            (Relation::Text | Relation::Loose, _) => kept > 0,
        }
    }

    /// Of each item of the input, whether what came out under its key differs.
    pub(super) fn changed(&self, sides: Sides<'a>) -> Result<Vec<bool>, DecodeError> {
        let mut changed = vec![false; self.matching.input.len()];
        let is_comparable = match self.pairing.way.relation {
            Relation::Named => self.key != Key::Value,
            Relation::Maps => true,
            _ => false,
        };
        if !is_comparable {
            return Ok(changed);
        }
        let [entered, returned] = sides;
        let same_names = std::ptr::eq(entered.names, returned.names);
        let mut digesters = [Digester::new(entered), Digester::new(returned)];
        for (place, matched) in self.matching.input.iter().enumerate() {
            let Some(mate) = matched.mate else { continue };
            let spans = [self.pairing.views[0].items[place], self.pairing.views[1].items[mate as usize]];
            let starts = [
                entered.part(spans[0], self.pairing.way.parts[0])?,
                returned.part(spans[1], self.pairing.way.parts[1])?,
            ];
            let [Some(before), Some(after)] = starts else { continue };
            let end = |side: usize, start: usize| match self.pairing.way.parts[side] {
                Part::Whole if self.pairing.views[side].form == Form::List => Ok(spans[side].end as usize),
                _ => sides[side].end(start),
            };
            if same_names && entered.bytes[before..end(0, before)?] == returned.bytes[after..end(1, after)?] {
                continue;
            }
            let before = digesters[0].digest(entered.cursor(before))?;
            let after = digesters[1].digest(returned.cursor(after))?;
            changed[place] = !before.is_torn && !after.is_torn && before.hash != after.hash;
        }
        Ok(changed)
    }
}
