//! How a decision is written as JSON.

use serde::{Serialize, Serializer};
use xray_collector::decision::{Basis, Check, Decision, Verdict};
use xray_collector::value::Captured;

#[cfg(feature = "openapi")]
use crate::openapi::words;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// What of a decision can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    Checks,
    Detail,
}

/// What of each decision is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Extras(Vec<Extra>);

/// What a step did to one item.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Decision))]
pub(crate) struct DecisionBody<'a> {
    /// The item's key, as text.
    item: &'a str,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Verdict))]
    outcome: Verdict,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Basis))]
    basis: Basis,
    reason: Option<&'a str>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<words::Score>))]
    score: Option<Score>,
    /// Its place in the input, from 0.
    before: Option<u32>,
    /// Its place in the output, from 0.
    after: Option<u32>,
    /// What came out under its key differs from what went in.
    changed: bool,
    /// Its key stands for more than one item.
    ambiguous: bool,
    /// The code says another thing than the values show.
    contradicted: bool,
    /// The conditions that were evaluated for it, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<CheckBody>, required = false))]
    checks: Option<Vec<CheckBody<'a>>>,
    /// What the code added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<words::Captured>))]
    detail: Option<Option<&'a Captured>>,
}

/// A score; JSON has no number for those that are infinite, which are texts.
struct Score(f64);

/// A condition, as it was evaluated for an item.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Check))]
struct CheckBody<'a> {
    /// The condition with the values behind their operands.
    text: String,
    condition: &'a str,
    holds: bool,
    operands: Vec<OperandBody<'a>>,
}

/// A part of a condition; its name is its source text, and empty for what was looked at as a whole.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Operand))]
struct OperandBody<'a> {
    name: &'a str,
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = words::Captured))]
    captured: &'a Captured,
}

impl Extra {
    const ALL: [Self; 2] = [Self::Checks, Self::Detail];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Checks => "checks",
            Self::Detail => "detail",
        }
    }
}

impl Extras {
    /// What can be asked for.
    #[cfg(feature = "openapi")]
    pub(crate) const NAMES: [&'static str; 2] = [Extra::Checks.as_str(), Extra::Detail.as_str()];

    /// Everything.
    pub(crate) fn all() -> Self {
        Self(Extra::ALL.to_vec())
    }

    /// What `fields` names; all if it is not given.
    pub(crate) fn read(parameters: &Parameters) -> Result<Self, Problem> {
        parameters.words("fields", Extra::ALL, Extra::as_str).map(Self)
    }
}

impl<'a> DecisionBody<'a> {
    pub(crate) fn new(decision: &'a Decision, extras: &Extras) -> Self {
        let has = |extra| extras.0.contains(&extra);
        Self {
            item: &decision.item,
            outcome: decision.verdict,
            basis: decision.basis,
            reason: decision.reason.as_deref(),
            score: decision.score.map(Score),
            before: decision.before,
            after: decision.after,
            changed: decision.changed,
            ambiguous: decision.ambiguous,
            contradicted: decision.contradicted,
            checks: has(Extra::Checks).then(|| decision.checks.iter().map(CheckBody::from).collect()),
            detail: has(Extra::Detail).then_some(decision.detail.as_ref()),
        }
    }
}

impl<'a> From<&'a Check> for CheckBody<'a> {
    fn from(check: &'a Check) -> Self {
        let operands = check.operands.iter().map(|(name, captured)| OperandBody { name, captured });
        Self { text: check.to_string(), condition: &check.condition, holds: check.holds, operands: operands.collect() }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.is_finite() {
            true => serializer.serialize_f64(self.0),
            false => serializer.collect_str(&self.0),
        }
    }
}
