//! What differs between two sets: runs that failed and runs that did not, items that a step eliminated and items that it
//! kept.
//!
//! | file | does |
//! |---|---|
//! | `sample` | makes fields of what was captured of a run or an item |
//! | `runs`, `items` | collect the newest of a set from a store |
//! | `statistic` | says how much two sets of values differ |
//!
//! Each field is compared by itself, and the fields are ranked by their effect, from 0 for none to 1 for values that tell
//! the sets apart with certainty:
//!
//! | the field | effect | shown besides |
//! |---|---|---|
//! | numbers | the size of Cliff's delta: how much more often a value of one set is above one of the other than below it. N. Cliff, *Dominance statistics: ordinal analyses to answer ordinal questions*, Psychological Bulletin 114 (1993), 494–509 | delta (positive where the first set's are greater), the area under the ROC curve, which is (delta + 1) / 2, and the medians |
//! | anything else | the difference in the proportions of the most telling value | that value, both proportions, and the Jensen-Shannon divergence of the distributions in bits: J. Lin, *Divergence measures based on the Shannon entropy*, IEEE Transactions on Information Theory 37 (1991), 145–151. It is not what is ranked by, since it is 1 for values that are never the same |
//! | there in one set more often than in the other, by more than that | the difference in the proportions of those that have it | both proportions |
//!
//! An effect may be chance. It is noted where a side has fewer than [`FEW`] values, and where the value differs from none
//! by less than [`CHANCE`] standard errors: by the Mann-Whitney test with the correction for ties (H. Mann, D. Whitney,
//! Annals of Mathematical Statistics 18 (1947), 50–60), or the test of two proportions with a pooled one. What differs is
//! not thereby the cause.

mod items;
mod runs;
mod sample;
mod statistic;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::items::{Steps, of_items};
pub use self::runs::{Runs, of_runs};
use self::sample::{Sample, Scalar};
pub use self::statistic::{CHANCE, FEW};
use crate::value::tree::Tree;

/// A set holds no more than so many.
pub const MAX_SAMPLE: usize = 10_000;

/// The newest of a set.
#[derive(Debug, Default)]
pub struct Set {
    samples: Vec<Sample>,
    /// There are more, which are older.
    pub capped: bool,
    /// Looking for them cost more than it may: there may be more.
    pub stopped: bool,
}

impl Set {
    /// How many it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.samples.len()
    }
}

/// How the values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As numbers.
    Number,
    /// By how often there is which.
    Category,
    /// By whether there is one.
    Presence,
}

/// What may be wrong with a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A side has fewer than [`FEW`] values: the effect says little.
    Few,
    /// The effect is within what chance does to sets of this size.
    MayBeChance,
}

/// A field of which the values differ.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Its path, as a query writes it; `size(…)` of a list.
    pub field: String,
    /// How it is compared.
    pub scale: Scale,
    /// From 0 to 1.
    pub effect: f64,
    /// What may be wrong with it.
    pub note: Option<Note>,
    /// Cliff's delta, from -1 to 1, where the values are numbers.
    pub delta: Option<f64>,
    /// The area under the ROC curve, where the values are numbers.
    pub auc: Option<f64>,
    /// The value that tells most, where the values are categories.
    pub(crate) value: Option<Tree>,
    /// The Jensen-Shannon divergence in bits, where the values are categories.
    pub divergence: Option<f64>,
    /// In the first set.
    pub a: Of,
    /// In the second set.
    pub b: Of,
}

/// A field in one set.
#[derive(Debug, Default, Serialize)]
pub struct Of {
    /// How many have it.
    pub values: usize,
    /// The median, where the values are numbers.
    pub median: Option<f64>,
    /// The share of those with the value that tells most, or of those that have any.
    pub proportion: Option<f64>,
}

/// Every field of two sets, those that differ most first; fields with equal effects by their paths.
#[must_use]
pub fn compare(a: &Set, b: &Set) -> Vec<Field> {
    let mut values: BTreeMap<&str, [Vec<&Scalar>; 2]> = BTreeMap::new();
    for (side, set) in [a, b].into_iter().enumerate() {
        for (field, value) in set.samples.iter().flat_map(|sample| &sample.fields) {
            values.entry(field).or_default()[side].push(value);
        }
    }
    let sizes = [a.size(), b.size()];
    let mut fields: Vec<Field> =
        values.into_iter().map(|(field, [in_a, in_b])| statistic::field(field, &in_a, &in_b, sizes)).collect();
    fields.sort_by(|one, other| other.effect.total_cmp(&one.effect));
    fields
}
