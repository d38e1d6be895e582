//! Two steps, compared; or one that only one run has.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::values::Differences;
use crate::decision::{Account, Basis, Decision, Verdict};
use crate::model::{Level, Step, StepDetail};
use crate::value::Captured;
use crate::value::tree::Tree;

/// So many items of a pair are shown that were kept in one run and eliminated in the other.
const FLIPS: usize = 100;

/// How two steps stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairKind {
    /// They differ in nothing but time.
    Same,
    /// They differ.
    Changed,
    /// Only the first run has it.
    OnlyA,
    /// Only the second run has it.
    OnlyB,
}

impl PairKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Same, Self::Changed, Self::OnlyA, Self::OnlyB];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::OnlyA => "only_a",
            Self::OnlyB => "only_b",
        }
    }
}

/// In what two steps differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// How they ended.
    Outcome,
    /// The error.
    Error,
    /// What went in.
    Input,
    /// What came out.
    Output,
    /// What the code noted.
    Notes,
    /// How many items became what, or what became of an item.
    Decisions,
}

/// A step of one run, with its values if they can be read.
pub struct Side<'s> {
    /// The step.
    pub step: &'s Step,
    /// With its values.
    pub detail: Option<StepDetail>,
}

/// Two steps that are each other's, or one that has no other.
#[derive(Debug)]
pub struct Pair {
    /// How they stand to each other.
    pub kind: PairKind,
    /// How many steps called each other down to these.
    pub depth: u32,
    /// They stand at different places among those that their caller called.
    pub moved: bool,
    /// The first run's.
    pub a: Option<Step>,
    /// The second run's.
    pub b: Option<Step>,
    /// In what they differ.
    pub ways: Vec<Way>,
    /// Whether the same went in, if all of it is known.
    pub inputs_equal: Option<bool>,
    /// How long the second one took, in times of the first.
    pub duration_ratio: Option<f64>,
    /// Where their values differ.
    pub differences: Differences,
    /// The first items that one kept and the other eliminated.
    pub flipped: Vec<Flip>,
    /// How many more of these there are.
    pub more_flipped: u64,
}

/// An item that one run kept and the other eliminated.
#[derive(Debug, Clone, Serialize)]
pub struct Flip {
    /// The item's key.
    pub item: Arc<str>,
    /// What the first run did.
    pub a: Said,
    /// What the second run did.
    pub b: Said,
}

/// A decision, in short.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    outcome: Verdict,
    basis: Basis,
    reason: Option<Arc<str>>,
    score: Option<f64>,
    checks: Vec<String>,
}

impl From<&Decision> for Said {
    fn from(decision: &Decision) -> Self {
        Self {
            outcome: decision.verdict,
            basis: decision.basis,
            reason: decision.reason.clone(),
            score: decision.score.filter(|score| score.is_finite()),
            checks: decision.checks.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Pair {
    pub(super) fn only(kind: PairKind, step: &Step, depth: u32) -> Self {
        let step = Some(step.clone());
        let (a, b) = if kind == PairKind::OnlyA { (step, None) } else { (None, step) };
        Self {
            kind,
            depth,
            moved: false,
            a,
            b,
            ways: Vec::new(),
            inputs_equal: None,
            duration_ratio: None,
            differences: Differences::default(),
            flipped: Vec::new(),
            more_flipped: 0,
        }
    }

    pub(super) fn of(a: &Side<'_>, b: &Side<'_>, depth: u32, moved: bool) -> Self {
        let mut pair = Self::only(PairKind::Same, a.step, depth);
        (pair.a, pair.b, pair.moved) = (Some(a.step.clone()), Some(b.step.clone()), moved);
        pair.duration_ratio = ratio(a.step.duration_ns, b.step.duration_ns);
        if a.step.outcome != b.step.outcome {
            pair.ways.push(Way::Outcome);
        }
        let accounts = [a, b].map(|side| side.detail.as_ref().map(StepDetail::account).unwrap_or_default());
        pair.values(a, b, &accounts);
        pair.decisions(a, b, &accounts);
        if !pair.ways.is_empty() {
            pair.kind = PairKind::Changed;
        }
        pair
    }

    /// Compares one part of two steps' values.
    fn part(&mut self, way: Way, name: &str, a: Option<&Tree>, b: Option<&Tree>) {
        if a != b {
            self.differences.below(&mut String::new(), name, a, b);
            self.ways.push(way);
        }
    }

    fn values(&mut self, a: &Side<'_>, b: &Side<'_>, accounts: &[Account; 2]) {
        let ((entered, is_whole), (other, is_other_whole)) = (inputs(a), inputs(b));
        self.part(Way::Input, "input", entered.as_ref(), other.as_ref());
        // What is there differs, whatever else there was.
        self.inputs_equal = if entered != other { Some(false) } else { (is_whole && is_other_whole).then_some(true) };
        let output = |side: &Side<'_>| {
            let detail = side.detail.as_ref().filter(|_| !side.step.outcome.is_failure())?;
            detail.result.as_ref().map(Captured::tree)
        };
        self.part(Way::Output, "output", output(a).as_ref(), output(b).as_ref());
        let error = |side: &Side<'_>| {
            let error = side.detail.as_ref()?.error.as_ref()?;
            let text = |text: &String| Tree::Text(text.clone());
            let chain = error.chain.iter().map(text).collect();
            let mut fields = vec![
                ("message".to_owned(), text(&error.message)),
                ("chain".to_owned(), Tree::List(chain, error.chain.len() as u64)),
            ];
            fields.extend(error.value.as_ref().map(|value| ("value".to_owned(), value.tree())));
            Some(Tree::Map(fields))
        };
        self.part(Way::Error, "error", error(a).as_ref(), error(b).as_ref());
        let [one, other] = accounts;
        for (name, read) in
            [("meta", (|account| &account.meta) as fn(&Account) -> &_), ("reasoning", |account| &account.reasoning)]
        {
            let noted = |account| map(read(account).iter().map(|(key, value): &(Arc<str>, Captured)| (&**key, value)));
            self.part(Way::Notes, name, noted(one).as_ref(), noted(other).as_ref());
        }
        let tags = |account: &Account| {
            let tags = account.tags.iter().map(|(key, value)| (key.to_string(), Tree::Text(value.to_string())));
            (!account.tags.is_empty()).then(|| Tree::Map(tags.collect()))
        };
        self.part(Way::Notes, "tags", tags(one).as_ref(), tags(other).as_ref());
        self.ways.dedup();
    }

    fn decisions(&mut self, a: &Side<'_>, b: &Side<'_>, accounts: &[Account; 2]) {
        let counts = |step: &Step| {
            let counts = &step.counts;
            [counts.kept, counts.eliminated, counts.scored, counts.introduced]
        };
        let mut differ = counts(a.step) != counts(b.step);
        let clear = |decision: &&Decision| !decision.ambiguous;
        let other: HashMap<&str, &Decision> =
            accounts[1].decisions.iter().filter(clear).map(|decision| (&*decision.item, decision)).collect();
        for one in accounts[0].decisions.iter().filter(clear) {
            let Some(other) = other.get(&*one.item) else { continue };
            differ |= one.verdict != other.verdict;
            if (one.verdict == Verdict::Eliminated) == (other.verdict == Verdict::Eliminated) {
                continue;
            }
            match self.flipped.len() {
                FLIPS => self.more_flipped += 1,
                _ => self.flipped.push(Flip { item: Arc::clone(&one.item), a: one.into(), b: (*other).into() }),
            }
        }
        if differ {
            self.ways.push(Way::Decisions);
        }
    }

    /// Whether the runs part here, if they have not before.
    pub(super) fn diverges(&self) -> bool {
        let parts = |way: &Way| matches!(way, Way::Outcome | Way::Error | Way::Output | Way::Decisions);
        !matches!(self.kind, PairKind::Same | PairKind::Changed) || self.ways.iter().any(parts)
    }

    /// What it means that the runs part here first.
    pub(super) fn explanation(&self) -> &'static str {
        match (self.kind, self.inputs_equal) {
            (PairKind::OnlyA, _) => "Only the first run made this call; all that ended before it is the same in both.",
            (PairKind::OnlyB, _) => "Only the second run made this call; all that ended before it is the same in both.",
            (_, Some(true)) => {
                "The inputs are equal and what came of them is not: the difference arose in this step, or in something \
                 that was not recorded."
            }
            (_, Some(false)) => "The inputs differ already: the difference was handed to this step by its caller.",
            (_, None) => "Whether the inputs are equal is not known: not all of them were captured.",
        }
    }
}

/// What went in, and whether that is all of it.
fn inputs(side: &Side<'_>) -> (Option<Tree>, bool) {
    let Some(detail) = &side.detail else { return (None, false) };
    let mut is_whole = side.step.level == Level::Full && detail.arguments.len() == side.step.callsite.arguments.len();
    let entries: Vec<_> = detail
        .arguments
        .iter()
        .map(|argument| {
            let (tree, is_argument_whole) = argument.captured.tree_if_whole();
            is_whole &= is_argument_whole;
            (argument.name.to_string(), tree)
        })
        .collect();
    ((!entries.is_empty()).then_some(Tree::Map(entries)), is_whole)
}

fn map<'c>(values: impl Iterator<Item = (&'c str, &'c Captured)>) -> Option<Tree> {
    let entries: Vec<_> = values.map(|(name, value)| (name.to_owned(), value.tree())).collect();
    (!entries.is_empty()).then_some(Tree::Map(entries))
}

/// How long the second took, in times of the first.
pub(super) fn ratio(first_ns: Option<u64>, second_ns: Option<u64>) -> Option<f64> {
    let (first, second) = (first_ns.filter(|first| *first > 0)?, second_ns?);
    Some(second as f64 / first as f64)
}
