//! Decisions: what a step did to the items that flow through it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

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
