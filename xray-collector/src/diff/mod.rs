//! What two runs have in common, and where they part.
//!
//! | file | does |
//! |---|---|
//! | `align` | says which step of one is which of the other, among those that one step called |
//! | `tree` | does so for all steps of two runs |
//! | `pair` | compares two steps: outcome, inputs, output, error, what the code noted, decisions |
//! | `values` | says where two values differ |
//!
//! The **first divergence** is the pair of steps that ended first among those of which the outcome, the error, the output
//! or the decisions differ, or a step that only one run has, whichever comes first: a step comes after those that it
//! called, so that the innermost place is found and not the run itself. If its inputs are equal, what differs arose there,
//! in a step that it called whose values are not known, or in something that was not recorded. If they are not, the
//! difference was handed to it by a caller.

mod align;
mod pair;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use serde::Serialize;

pub use self::pair::{Flip, Pair, PairKind, Side, Way};
use self::tree::{Entry, Place};
pub use self::values::{Difference, DifferenceKind, Differences};
use crate::id::StepId;
use crate::model::{Run, Step, StepDetail};
use crate::store::{MAX_PAGE, Store, StoreError};

/// So many steps of each run are compared.
pub const MAX_STEPS: usize = 10_000;

/// A run with its steps.
pub struct Recorded<'s> {
    /// The run.
    pub run: Run,
    /// Its steps, by their ids.
    pub steps: Vec<Step>,
    /// Whether it has more steps than these.
    pub is_cut: bool,
    detail: Box<dyn Fn(StepId) -> Result<Option<StepDetail>, StoreError> + 's>,
}

impl<'s> Recorded<'s> {
    /// A run with up to [`MAX_STEPS`] of its steps, of which `detail` reads the values.
    pub fn new(
        run: Run,
        mut steps: Vec<Step>,
        detail: impl Fn(StepId) -> Result<Option<StepDetail>, StoreError> + 's,
    ) -> Self {
        let is_cut = steps.len() > MAX_STEPS;
        steps.truncate(MAX_STEPS);
        Self { run, steps, is_cut, detail: Box::new(detail) }
    }

    /// A run of a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(store: &'s dyn Store, run: Run) -> Result<Self, StoreError> {
        let (id, mut steps) = (run.id, Vec::<Step>::new());
        while steps.len() <= MAX_STEPS {
            let page = store.steps(id, steps.last().map(|step| step.id), MAX_PAGE)?;
            let is_last = page.len() < MAX_PAGE;
            steps.extend(page);
            if is_last {
                break;
            }
        }
        Ok(Self::new(run, steps, move |step| store.step(id, step)))
    }

    pub(self) fn detail(&self, step: usize) -> Result<Option<StepDetail>, StoreError> {
        (self.detail)(self.steps[step].id)
    }
}

/// Which pairs to show.
#[derive(Debug, Clone)]
pub struct Show {
    /// Pairs of these kinds.
    pub kinds: Vec<PairKind>,
    /// From the so-manieth of them, counted from 0.
    pub from: usize,
    /// At most so many.
    pub limit: usize,
}

/// How two runs differ.
#[derive(Debug)]
pub struct Diff {
    /// Counts.
    pub summary: Summary,
    /// Where they part first.
    pub first_divergence: Option<Divergence>,
    /// The pairs that were asked for: callers before those they called, in the order in which they began.
    pub pairs: Vec<Pair>,
    /// Whether more of them follow.
    pub has_more: bool,
}

/// The pairs, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Pairs of equal steps.
    pub same: u64,
    /// Pairs of steps that differ in something other than time.
    pub changed: u64,
    /// Steps that only the first run has.
    pub only_a: u64,
    /// Steps that only the second run has.
    pub only_b: u64,
    /// Pairs among them that stand at another place.
    pub moved: u64,
    /// Items that one step kept and the other eliminated.
    pub flipped: u64,
    /// How long the second run took, in times of the first.
    pub duration_ratio: Option<f64>,
    /// A run has more steps than [`MAX_STEPS`]: the others were not compared.
    pub stopped: bool,
}

/// Where two runs part first: see [the module](self).
#[derive(Debug)]
pub struct Divergence {
    /// The steps.
    pub pair: Pair,
    /// What that means, in words.
    pub explanation: &'static str,
}

/// Compares two runs. Reads the values of each step at most twice; nothing but its arguments decides what it says.
///
/// # Errors
/// When the values cannot be read.
pub fn diff(a: &Recorded<'_>, b: &Recorded<'_>, show: &Show) -> Result<Diff, StoreError> {
    let entries = tree::align(a, b)?;
    let duration = |run: &Run| run.ended_ns.map(|ended| ended.saturating_sub(run.started_ns));
    let mut diff = Diff {
        summary: Summary {
            duration_ratio: pair::ratio(duration(&a.run), duration(&b.run)),
            stopped: a.is_cut || b.is_cut,
            ..Summary::default()
        },
        first_divergence: None,
        pairs: Vec::new(),
        has_more: false,
    };
    let (mut diverges, mut shown) = (vec![false; entries.len()], 0);
    for (number, entry) in entries.iter().enumerate() {
        let pair = compare(a, b, entry)?;
        diverges[number] = pair.diverges();
        diff.summary.add(&pair);
        if show.kinds.contains(&pair.kind) {
            shown += 1;
            let is_on_page = shown > show.from;
            diff.has_more |= is_on_page && diff.pairs.len() == show.limit;
            if is_on_page && diff.pairs.len() < show.limit {
                diff.pairs.push(pair);
            }
        }
    }
    if let Some(first) = tree::by_end(&entries).find(|number| diverges[*number]) {
        let pair = compare(a, b, &entries[first])?;
        diff.first_divergence = Some(Divergence { explanation: pair.explanation(), pair });
    }
    Ok(diff)
}

fn compare(a: &Recorded<'_>, b: &Recorded<'_>, entry: &Entry) -> Result<Pair, StoreError> {
    let depth = entry.depth;
    Ok(match entry.place {
        Place::Both { a: in_a, b: in_b, moved } => {
            let sides = [(a, in_a), (b, in_b)]
                .map(|(run, step)| Ok(Side { step: &run.steps[step], detail: run.detail(step)? }));
            let [one, other] = sides;
            Pair::of(&one?, &other?, depth, moved)
        }
        Place::OnlyA(step) => Pair::only(PairKind::OnlyA, &a.steps[step], depth),
        Place::OnlyB(step) => Pair::only(PairKind::OnlyB, &b.steps[step], depth),
    })
}

impl Summary {
    fn add(&mut self, pair: &Pair) {
        let count = match pair.kind {
            PairKind::Same => &mut self.same,
            PairKind::Changed => &mut self.changed,
            PairKind::OnlyA => &mut self.only_a,
            PairKind::OnlyB => &mut self.only_b,
        };
        *count += 1;
        self.moved += u64::from(pair.moved);
        self.flipped += pair.flipped.len() as u64 + pair.more_flipped;
    }
}
