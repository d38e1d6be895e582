//! One row after the other: whatever the keys and the values are.

use std::time::Instant;

use super::groups::Groups;
use super::tally::Measure;
use super::{Aggregation, Passed};
use crate::query::evaluate::Evaluation;
use crate::query::plan::{Plan, Range};
use crate::query::search::Walk;
use crate::query::value::Value;
use crate::query::view::{Source, Stop, View};
use crate::query::ways::Ways;
use crate::store::StoreError;

/// Adds every row of which the condition holds to its group, newest runs first.
pub(super) fn pass(
    aggregation: &Aggregation,
    plan: &Plan,
    source: &Source<'_>,
    range: Range,
    groups: &mut Groups,
) -> Result<Passed, StoreError> {
    let (asked, budget) = (Instant::now(), source.left.get());
    let mut add = |row: &View<'_>| add(aggregation, row, groups);
    let ways = Ways::of(plan, source, range, None, false)?;
    let mut walk = Walk::new(aggregation.entity, &aggregation.condition, plan, source, ways, usize::MAX, &mut add);
    let stopped = walk.all(None)?;
    let stopped_at_ns = walk.next.filter(|_| stopped).map(|place| place.run.started_ns);
    Ok(Passed { stopped, stopped_at_ns, read: budget - source.left.get(), scanned: walk.scanned(asked) })
}

fn add(aggregation: &Aggregation, row: &View<'_>, groups: &mut Groups) -> Result<(), Stop> {
    let mut evaluation = Evaluation::new(row.source(), row.clone());
    let mut keys = Vec::with_capacity(aggregation.keys.len());
    for key in &aggregation.keys {
        keys.push(key.of(evaluation.value(&key.value)?));
    }
    let mut values = Vec::with_capacity(aggregation.measures.len());
    for (value, _) in &aggregation.measures {
        values.push(match value {
            Some(value) => evaluation.value(value)?,
            None => Value::Missing,
        });
    }
    let Some(group) = groups.group(&keys) else {
        groups.left_out += 1;
        return Ok(());
    };
    group.rows += 1;
    for ((tally, (_, measure)), value) in group.tallies.iter_mut().zip(&aggregation.measures).zip(&values) {
        match measure {
            Measure::Rows => tally.add_row(),
            Measure::Share if value.truth() != Some(true) => {}
            _ => tally.add(value),
        }
    }
    Ok(())
}
