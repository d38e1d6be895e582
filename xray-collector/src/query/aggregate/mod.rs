//! Aggregation: what many rows have in common, group by group.
//!
//! | file | does |
//! |---|---|
//! | `parse` | makes an [`Aggregation`] of texts |
//! | `rows` | looks at one row after the other, of any entity |
//! | `lanes`, `worker` | look at steps column by column, where keys and values are in columns |
//! | `summed` | adds up what is known of blocks, so that they need not be read |
//! | `groups` | holds what is known of each group |
//! | `tally`, `sketch` | are what is known: counts, sums, quantiles |
//! | `datum` | is a value of the answer |

mod datum;
mod groups;
mod lanes;
mod parse;
mod rows;
mod sketch;
mod summed;
mod tally;
mod worker;

use std::time::Instant;

use serde::Serialize;

pub use self::datum::Datum;
use self::groups::Groups;
pub use self::groups::MOST_GROUPS;
use self::lanes::Lanes;
pub use self::parse::{AggregationError, AggregationText, Faulty};
pub use self::sketch::EXACT;
use self::tally::{Measure, Reading};
use super::explain::{Explanation, Scanned};
use super::expression::Expression;
use super::plan::{Plan, Range};
use super::search::{now_ns, with_source};
use super::value::Value;
use super::vocabulary::{Entity, Kind};
use crate::store::{Store, StoreError};

/// What is to be calculated of which rows.
///
/// ```
/// use xray_collector::query::{Aggregation, AggregationText, Entity, Scope};
/// use xray_collector::store::EmptyStore;
///
/// let slowest = Aggregation::parse(&AggregationText {
///     condition: "kind == 'filter'",
///     group_by: "name",
///     select: "count(), quantile(duration, 0.95)",
///     order: "-quantile(duration, 0.95)",
///     ..AggregationText::of(Entity::Step)
/// })?;
/// assert!(slowest.run(&EmptyStore, &Scope::default()).unwrap().rows.is_empty());
/// # Ok::<(), xray_collector::query::AggregationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Aggregation {
    entity: Entity,
    condition: Expression,
    keys: Vec<Key>,
    /// What is measured of each group: of which value, if of any.
    measures: Vec<(Option<Expression>, Measure)>,
    selected: Vec<Selected>,
    /// Columns to order by, and whether the highest comes first.
    order: Vec<(usize, bool)>,
    limit: usize,
}

/// What rows of a group have in common.
#[derive(Debug, Clone)]
struct Key {
    label: String,
    kind: Kind,
    value: Expression,
    /// The length of a bucket in nanoseconds, of a time.
    bucket_ns: Option<u64>,
}

/// A column that is calculated.
#[derive(Debug, Clone)]
struct Selected {
    label: String,
    kind: Kind,
    measure: usize,
    reading: Reading,
}

/// Which runs, and what it may cost.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Only runs that began at this time or later.
    pub started_from_ns: Option<u64>,
    /// Only runs that began before this time.
    pub started_before_ns: Option<u64>,
    /// As [`super::Search::budget`].
    pub budget: u64,
}

impl Default for Scope {
    /// All runs, for no more than a million reads.
    fn default() -> Self {
        Self { started_from_ns: None, started_before_ns: None, budget: 1_000_000 }
    }
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnInfo {
    /// What it is, as it was asked for.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// Groups with what was calculated of them.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The keys, then what was calculated.
    pub columns: Vec<ColumnInfo>,
    /// A row for each group, with a value for each column.
    pub rows: Vec<Vec<Datum>>,
    /// How many groups there are; [`Table::rows`] has no more than was asked for.
    pub groups: u64,
    /// Rows of groups beyond [`MOST_GROUPS`], which are not in any.
    pub left_out: u64,
    /// It cost more than it may: newer runs are counted whole, older ones are not.
    pub stopped: bool,
    /// If it stopped: every run that began later is counted.
    pub stopped_at_ns: Option<u64>,
    /// What was left out because it is damaged: [`MAX_DAMAGED`](crate::store::MAX_DAMAGED) of it are named.
    pub damaged: Vec<String>,
    /// What it cost.
    pub read: u64,
    /// What was read.
    pub scanned: Scanned,
}

/// How far a pass over the rows came.
#[derive(Debug, Clone, Copy, Default)]
struct Passed {
    stopped: bool,
    stopped_at_ns: Option<u64>,
    read: u64,
    scanned: Scanned,
}

impl Aggregation {
    /// Calculates it: over columns, several blocks at a time, where the condition, the keys and the values are in
    /// columns; else row by row.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn run(&self, store: &dyn Store, scope: &Scope) -> Result<Table, StoreError> {
        let asked = Instant::now();
        with_source(store, now_ns(), scope.budget, |source| {
            let plan = Plan::of(&self.condition, self.entity, source)?;
            let range = plan.range.and(Range::of(scope.started_from_ns, scope.started_before_ns));
            let mut groups = Groups::new(&self.measures);
            let passed = match Lanes::of(self, &plan, source)? {
                Some(lanes) => lanes.pass(source, range, &mut groups)?,
                None => rows::pass(self, &plan, source, range, &mut groups)?,
            };
            let mut table = self.table(groups);
            (table.stopped, table.stopped_at_ns, table.read) = (passed.stopped, passed.stopped_at_ns, passed.read);
            table.damaged = source.damaged.take();
            table.scanned = passed.scanned;
            table.scanned.elapsed_ns = u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX);
            Ok(table)
        })
    }

    /// How it would be calculated.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain(&self, store: &dyn Store, scope: &Scope) -> Result<Explanation, StoreError> {
        with_source(store, now_ns(), scope.budget, |source| {
            let plan = Plan::of(&self.condition, self.entity, source)?;
            let range = plan.range.and(Range::of(scope.started_from_ns, scope.started_before_ns));
            let mut explanation = Explanation::of(&plan, range, &self.condition, self.entity, source)?;
            let Some(lanes) = Lanes::of(self, &plan, source)? else {
                explanation.text.push_str(" Groups are calculated row by row.");
                return Ok(explanation);
            };
            explanation.text.push_str(" Groups are calculated column by column.");
            explanation.blocks_summed = lanes.summed(range);
            if explanation.blocks_summed > 0 {
                let summed = explanation.blocks_summed;
                explanation
                    .text
                    .push_str(&format!(" {summed} of the blocks are not read: what their steps come to is known."));
            }
            Ok(explanation)
        })
    }

    fn table(&self, mut groups: Groups) -> Table {
        if self.keys.is_empty() {
            // All rows are one group, also where there are none.
            groups.group(&[]);
        }
        let keys = self.keys.iter().map(|key| ColumnInfo { name: key.label.clone(), kind: key.kind });
        let selected = self.selected.iter().map(|column| ColumnInfo { name: column.label.clone(), kind: column.kind });
        let columns = keys.chain(selected).collect();
        let (count, left_out) = (groups.len() as u64, groups.left_out);
        let mut rows: Vec<Vec<Datum>> = groups
            .into_iter()
            .map(|group| {
                let keys = group.keys.iter().map(Datum::from);
                let read =
                    |column: &Selected| group.tallies[column.measure].read(column.reading, column.kind, group.rows);
                keys.chain(self.selected.iter().map(read)).collect()
            })
            .collect();
        rows.sort_by(|one, other| self.compare(one, other));
        rows.truncate(self.limit);
        Table { columns, rows, groups: count, left_out, ..Table::default() }
    }

    fn compare(&self, one: &[Datum], other: &[Datum]) -> std::cmp::Ordering {
        let keys = (0..self.keys.len()).map(|key| (key, false));
        let mut order = self.order.iter().copied().chain(keys);
        let unequal = order.find_map(|(column, highest_first)| {
            Some(groups::compare(&one[column], &other[column], highest_first)).filter(|order| order.is_ne())
        });
        unequal.unwrap_or(std::cmp::Ordering::Equal)
    }
}

impl Key {
    /// The key of a row of which the value is this.
    fn of(&self, value: Value) -> Value {
        match (self.bucket_ns, value) {
            (Some(bucket_ns), Value::Time(time)) => Value::Time(time - time.rem_euclid(bucket_ns.into())),
            (Some(_), _) => Value::Missing,
            (None, value) => value,
        }
    }
}
