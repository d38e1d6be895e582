//! Facts: what the code says of the step that it is in, beside what is captured of the call by itself.
//!
//! A fact is one value (see [`crate::value`]): a list of which the first element is its number, as a `u8`.
//!
//! | number | elements after it |
//! |---|---|
//! | 1 verdict | key, verdict `u8`, reason or unit, score or unit, detail or unit |
//! | 2 checked | key, whether all hold, then of each condition that was evaluated a struct, named by the condition's text, with its operands as fields, and whether it holds |
//! | 3 evaluated | key, whether it qualifies, reason or unit, then of each check its name, whether it holds, and a detail |
//! | 4 ranked | key and score, again and again, best first |
//! | 5 chosen | key, reason or unit, score or unit, then the keys of the alternatives |
//! | 6 reason | text |
//! | 7 meta | key, value |
//! | 8 input count, 9 output count | number |
//! | 10 important | |
//! | 11 llm | a map |
//! | 12 tag | of a run: key, text |
//! | 13 note | of a run: text |
//! | 14 input, 15 output | of a run: value |
//! | 16 sampled | written by the collector: how many decisions there were, then of a handful key, verdict `u8`, score or unit, place before or unit, place after or unit, changed, ambiguous |
//! | 17 reasoning | key, value |
//! | 18 pin | of a run |
//!
//! Texts are strings, scores numbers; NaN is not a score and makes the fact a refused one, which counts and decides
//! nothing.

use std::ops::Range;

use crate::decision::Verdict;
use crate::inference::Encoded;
use crate::value::{Count, Cursor, DecodeError, Element, Table};

/// The numbers of the facts.
#[allow(missing_docs)]
pub mod number {
    pub const VERDICT: u8 = 1;
    pub const CHECKED: u8 = 2;
    pub const EVALUATED: u8 = 3;
    pub const RANKED: u8 = 4;
    pub const CHOSEN: u8 = 5;
    pub const REASON: u8 = 6;
    pub const META: u8 = 7;
    pub const INPUT_COUNT: u8 = 8;
    pub const OUTPUT_COUNT: u8 = 9;
    pub const IMPORTANT: u8 = 10;
    pub const LLM: u8 = 11;
    pub const TAG: u8 = 12;
    pub const NOTE: u8 = 13;
    pub const INPUT: u8 = 14;
    pub const OUTPUT: u8 = 15;
    pub const SAMPLED: u8 = 16;
    pub const REASONING: u8 = 17;
    pub const PIN: u8 = 18;
}

/// The byte that stands for a verdict.
#[must_use]
pub const fn code_of_verdict(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Kept => 0,
        Verdict::Eliminated => 1,
        Verdict::Scored => 2,
        Verdict::Introduced => 3,
    }
}

/// Where a value stands in the bytes that a fact was read from.
pub(crate) type Place = Range<usize>;

/// A fact, of which values are named by their place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact<'a> {
    Verdict { key: Place, verdict: Verdict, reason: Option<&'a str>, score: Option<f64>, detail: Option<Place> },
    Checked { key: Place, holds: bool, checks: Vec<CheckPlace<'a>> },
    Evaluated { key: Place, holds: bool, reason: Option<&'a str>, checks: Vec<CheckPlace<'a>> },
    Ranked(Vec<(Place, Option<f64>)>),
    Chosen { key: Place, reason: Option<&'a str>, score: Option<f64>, alternatives: Vec<Place> },
    Reason(&'a str),
    Meta { key: &'a str, value: Place },
    Reasoning { key: &'a str, value: Place },
    InputCount(u64),
    OutputCount(u64),
    Important,
    Pin,
    Llm(Place),
    Tag { key: &'a str, value: &'a str },
    Note(&'a str),
    Input(Place),
    Output(Place),
    Sampled { all: u64, decisions: Vec<SampledDecision> },
}

/// A decision that was inferred, and kept for an example.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SampledDecision {
    pub(crate) key: Place,
    pub(crate) verdict: Verdict,
    pub(crate) score: Option<f64>,
    pub(crate) before: Option<u32>,
    pub(crate) after: Option<u32>,
    pub(crate) changed: bool,
    pub(crate) ambiguous: bool,
}

/// One condition that was evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CheckPlace<'a> {
    pub(crate) condition: &'a str,
    pub(crate) holds: bool,
    /// The operands by name, or the detail of a check that has one, without a name.
    pub(crate) operands: Vec<(&'a str, Place)>,
}

/// Reads the fact at `start`, and says where it ends. `None` for a fact that is refused, or of a number that is not
/// known here.
///
/// # Errors
/// When the bytes are not a value.
pub(crate) fn read<'a>(encoded: Encoded<'a>, start: usize) -> Result<(Option<Fact<'a>>, usize), DecodeError> {
    let mut whole = Cursor::new(encoded.bytes.get(start..).unwrap_or_default());
    whole.skip(&mut Table(encoded.names))?;
    Ok((read_known(encoded, start), start + whole.position()))
}

/// As [`read`], of a fact that is known to be a value.
pub(crate) fn read_known<'a>(encoded: Encoded<'a>, start: usize) -> Option<Fact<'a>> {
    let cursor = Cursor::new(encoded.bytes.get(start..).unwrap_or_default());
    Reader { encoded, cursor, start }.fact()
}

/// The number of the fact at `start`, of which nothing else is looked at.
pub(crate) fn number_of(encoded: Encoded<'_>, start: usize) -> Option<u8> {
    let mut reader = Reader { encoded, cursor: Cursor::new(encoded.bytes.get(start..)?), start };
    let Element::List(_) = reader.element()? else { return None };
    u8::try_from(reader.count()?).ok()
}

/// Whether facts of this number say what becomes of items.
pub(crate) fn decides(number: u8) -> bool {
    matches!(
        number,
        number::VERDICT | number::CHECKED | number::EVALUATED | number::RANKED | number::CHOSEN | number::SAMPLED
    )
}

struct Reader<'a> {
    encoded: Encoded<'a>,
    cursor: Cursor<'a>,
    start: usize,
}

impl<'a> Reader<'a> {
    fn fact(&mut self) -> Option<Fact<'a>> {
        let Element::List(_) = self.element()? else { return None };
        let number = u8::try_from(self.count()?).ok()?;
        Some(match number {
            number::VERDICT => {
                let (key, verdict) = (self.value()?, self.verdict()?);
                let (reason, score) = (self.text_or_unit()?, self.score()?);
                Fact::Verdict { key, verdict, reason, score, detail: self.value_or_unit()? }
            }
            number::CHECKED => {
                let (key, holds) = (self.value()?, self.boolean()?);
                Fact::Checked { key, holds, checks: self.checks()? }
            }
            number::EVALUATED => {
                let (key, holds, reason) = (self.value()?, self.boolean()?, self.text_or_unit()?);
                Fact::Evaluated { key, holds, reason, checks: self.named_checks()? }
            }
            number::RANKED => {
                let mut ranked = Vec::new();
                while !self.is_closed() {
                    ranked.push((self.value()?, self.score()?));
                }
                Fact::Ranked(ranked)
            }
            number::CHOSEN => {
                let (key, reason, score) = (self.value()?, self.text_or_unit()?, self.score()?);
                let mut alternatives = Vec::new();
                while !self.is_closed() {
                    alternatives.push(self.value()?);
                }
                Fact::Chosen { key, reason, score, alternatives }
            }
            number::REASON => Fact::Reason(self.text()?),
            number::META => Fact::Meta { key: self.text()?, value: self.value()? },
            number::REASONING => Fact::Reasoning { key: self.text()?, value: self.value()? },
            number::INPUT_COUNT => Fact::InputCount(self.count()?),
            number::OUTPUT_COUNT => Fact::OutputCount(self.count()?),
            number::IMPORTANT => Fact::Important,
            number::PIN => Fact::Pin,
            number::LLM => Fact::Llm(self.value()?),
            number::TAG => Fact::Tag { key: self.text()?, value: self.text()? },
            number::NOTE => Fact::Note(self.text()?),
            number::INPUT => Fact::Input(self.value()?),
            number::OUTPUT => Fact::Output(self.value()?),
            number::SAMPLED => {
                let all = self.count()?;
                let mut decisions = Vec::new();
                while !self.is_closed() {
                    decisions.push(SampledDecision {
                        key: self.value()?,
                        verdict: self.verdict()?,
                        score: self.score()?,
                        before: self.place_or_unit()?,
                        after: self.place_or_unit()?,
                        changed: self.boolean()?,
                        ambiguous: self.boolean()?,
                    });
                }
                Fact::Sampled { all, decisions }
            }
            _ => return None,
        })
    }

    fn element(&mut self) -> Option<Element<'a, &'a str>> {
        self.cursor.element(&mut Table(self.encoded.names)).ok()
    }

    /// Whether nothing more follows.
    fn is_closed(&self) -> bool {
        let next = self.cursor.clone().element(&mut Table(self.encoded.names));
        matches!(next, Ok(Element::Close { .. }) | Err(_))
    }

    fn value(&mut self) -> Option<Place> {
        let from = self.start + self.cursor.position();
        // Which a close is not.
        self.cursor.pass(&mut Count(self.encoded.names.len())).ok()?;
        Some(from..self.start + self.cursor.position())
    }

    fn value_or_unit(&mut self) -> Option<Option<Place>> {
        let place = self.value()?;
        let is_unit = self.encoded.bytes[place.clone()] == [crate::value::UNIT];
        Some((!is_unit).then_some(place))
    }

    fn text(&mut self) -> Option<&'a str> {
        self.text_or_unit()?
    }

    fn text_or_unit(&mut self) -> Option<Option<&'a str>> {
        match self.element()? {
            Element::String { text, .. } | Element::Text { text, .. } => Some(Some(text)),
            Element::Unit | Element::Redacted | Element::Omitted => Some(None),
            _ => None,
        }
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.element()? {
            Element::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn count(&mut self) -> Option<u64> {
        match self.element()? {
            Element::Unsigned(value, _) => u64::try_from(value).ok(),
            _ => None,
        }
    }

    fn place_or_unit(&mut self) -> Option<Option<u32>> {
        match self.element()? {
            Element::Unit => Some(None),
            Element::Unsigned(value, _) => u32::try_from(value).ok().map(Some),
            _ => None,
        }
    }

    fn verdict(&mut self) -> Option<Verdict> {
        match self.count()? {
            0 => Some(Verdict::Kept),
            1 => Some(Verdict::Eliminated),
            2 => Some(Verdict::Scored),
            3 => Some(Verdict::Introduced),
            _ => None,
        }
    }

    /// A number, or none; what is not a number refuses the fact.
    fn score(&mut self) -> Option<Option<f64>> {
        let score = match self.element()? {
            Element::Unit => return Some(None),
            Element::F64(value) => value,
            Element::F32(value) => value.into(),
            Element::Unsigned(value, _) => value as f64,
            Element::Signed(value, _) => value as f64,
            _ => return None,
        };
        (!score.is_nan()).then_some(Some(score))
    }

    fn checks(&mut self) -> Option<Vec<CheckPlace<'a>>> {
        let mut checks = Vec::new();
        while !self.is_closed() {
            let Element::Struct(condition) = self.element()? else { return None };
            let mut operands = Vec::new();
            while let crate::value::Field::Name(name) = self.cursor.field(&mut Table(self.encoded.names)).ok()? {
                operands.push((name, self.value()?));
            }
            checks.push(CheckPlace { condition, holds: self.boolean()?, operands });
        }
        Some(checks)
    }

    fn named_checks(&mut self) -> Option<Vec<CheckPlace<'a>>> {
        let mut checks = Vec::new();
        while !self.is_closed() {
            let (condition, holds) = (self.text()?, self.boolean()?);
            let detail = self.value_or_unit()?;
            checks.push(CheckPlace {
                condition,
                holds,
                operands: detail.map(|place| ("", place)).into_iter().collect(),
            });
        }
        Some(checks)
    }
}
