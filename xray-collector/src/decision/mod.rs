//! Decisions: what a step did to the items that flow through it.

mod account;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::account::Account;
use crate::value::Captured;

/// What a step did to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It went in and came out.
    Kept,
    /// It went in and did not come out.
    Eliminated,
    /// It was given a score, or a place in an order.
    Scored,
    /// It came out and had not gone in: of an LLM, an invention.
    Introduced,
}

/// How a decision is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The code reported it.
    Observed,
    /// The collector derived it from what went in and what came out.
    Inferred,
}

/// What a step did to its items, counted: exactly, whatever was kept of the values.
///
/// Where the collector could compare what went in with what came out, that is what is counted; else what the code
/// reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionCounts {
    /// Items that went in and came out, those that were scored included.
    pub kept: u64,
    /// Items that went in and did not come out.
    pub eliminated: u64,
    /// Items that were given a score or a place in an order.
    pub scored: u64,
    /// Items that came out and had not gone in.
    pub introduced: u64,
    /// Decisions that were reported and could not be taken: a score that is NaN.
    pub refused: u64,
    /// Whether the items were compared, rather than reported.
    pub inferred: bool,
    /// How many items were eliminated for which reason, as reported, in the order in which the reasons came up.
    pub reasons: Vec<(Arc<str>, u64)>,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Kept, Self::Eliminated, Self::Scored, Self::Introduced];

    /// The word used in JSON, queries and on pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Eliminated => "eliminated",
            Self::Scored => "scored",
            Self::Introduced => "introduced",
        }
    }
}

impl Basis {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Observed, Self::Inferred];

    /// The word used in JSON, queries and on pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }
}

impl DecisionCounts {
    /// The share of the items that were eliminated, from 0 to 1; `None` where there were none.
    #[must_use]
    pub fn rejection_rate(&self) -> Option<f64> {
        let all = self.kept + self.eliminated;
        (all > 0).then(|| self.eliminated as f64 / all as f64)
    }

    /// Adds what was reported after the step's end was seen: what was compared stays as it is.
    pub fn add_late(&mut self, late: &Self) {
        if !self.inferred {
            self.kept += late.kept;
            self.eliminated += late.eliminated;
            self.introduced += late.introduced;
        }
        self.scored += late.scored;
        self.refused += late.refused;
        for (reason, count) in &late.reasons {
            match self.reasons.iter_mut().find(|(seen, _)| seen == reason) {
                Some((_, counted)) => *counted += count,
                None => self.reasons.push((Arc::clone(reason), *count)),
            }
        }
    }
}

/// What one step did to one item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The item's key, as text.
    pub item: Arc<str>,
    /// What became of it.
    pub verdict: Verdict,
    /// How that is known.
    pub basis: Basis,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// Its score, if it was given one; never NaN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Its place in the input, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u32>,
    /// Its place in the output, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// Whether what came out under its key differs from what went in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
    /// Whether its key stands for more than one item, so that which of them is meant is not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
    /// Whether the code says another thing than the values show.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contradicted: bool,
    /// The conditions that were evaluated for it, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// What the code added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Captured>,
}

/// One condition, as it was evaluated for an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Its source text.
    pub condition: Arc<str>,
    /// Whether it held.
    pub holds: bool,
    /// Its operands' source texts and values, left to right. Literals are left out.
    pub operands: Vec<(Arc<str>, Captured)>,
}

/// As `rating 5.9 >= limits.rating 7: false`: each operand with its value behind it, and at the end what was looked at
/// as a whole, which has no name.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &*self.condition;
        for (operand, value) in &self.operands {
            let end = if operand.is_empty() { Some(rest.len()) } else { after(rest, operand) };
            let Some(end) = end else { continue };
            write!(f, "{} {}", &rest[..end], value.json())?;
            rest = &rest[end..];
        }
        write!(f, "{rest}: {}", self.holds)
    }
}

/// Where the first occurrence of an operand ends that is not a part of a longer word.
fn after(text: &str, operand: &str) -> Option<usize> {
    let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let (begins, ends) = (is_word(operand.chars().next()), is_word(operand.chars().next_back()));
    let whole = |place: &usize| {
        let (before, behind) = (&text[..*place], &text[place + operand.len()..]);
        !(begins && is_word(before.chars().next_back()) || ends && is_word(behind.chars().next()))
    };
    let found = text.match_indices(operand).map(|(place, _)| place).find(whole)?;
    Some(found + operand.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(condition: &str, operands: &[&str]) -> String {
        // A value that is the number 7.
        let (value, _) = Captured::read(&Arc::from([0x10, 7]), 0, &Arc::from([])).expect("a value");
        let operands = operands.iter().map(|operand| ((*operand).into(), value.clone())).collect();
        Check { condition: condition.into(), holds: false, operands }.to_string()
    }

    #[test]
    fn values_stand_behind_their_operands() {
        assert_eq!(text("rating >= limits.rating", &["rating", "limits.rating"]), "rating 7 >= limits.rating 7: false");
        assert_eq!(text("!(a == a)", &["a", "a"]), "!(a 7 == a 7): false");
        assert_eq!(text("film.is_good()", &[]), "film.is_good(): false");
        assert_eq!(text("1.5e3 < e", &["e"]), "1.5e3 < e 7: false", "a part of a word is no operand");
        assert_eq!(text("price", &[""]), "price 7: false", "what was looked at as a whole");
        assert_eq!(text("a > b", &["c"]), "a > b: false");
    }
}
