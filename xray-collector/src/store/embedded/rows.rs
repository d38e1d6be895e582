//! Steps that may still change, and those that are not enough for a block yet: row by row, many to a row of the table.
//! Steps of a run that follow each other lie in one group, in the order of their ids, under the id of the first.
//!
//! What putting a row into a B-tree costs depends little on what is in it, and is several times what the rest of a small
//! step costs the collector. Groups of one run never overlap, so that each step is in one place: rows that come again, or
//! between those of a group, are merged into it.
//!
//! ```text
//! row    = flags u8, above, callsite, outcome u8 + 128 if it may still change, level u8, thread, started_ns u64, then
//!          what the flags name:
//!          1 parent  2 duration_ns  4 items_in  8 items_out  16 counts, by postcard  32 important: nothing
//!          64 arguments, 128 result: segment, offset, length
//! above  = by how much the step's id is above that of the row before; 0 in the first
//! ```
//! Integers without a type are of variable length.

use std::ops::Bound;

use redb::{ReadableTable, Table};

use super::fault::Fault;
use super::integers::{append_variable, take_variable};
use super::layout::{encode, level, level_code, outcome, outcome_code, step_place};
use crate::decision::DecisionCounts;
use crate::id::{RunId, StepId};
use crate::model::Outcome;
use crate::store::{LateRow, PayloadRef, StepRow};

/// Rows of one group: so many that the table's own work is a small part, so few that one is found in a few microseconds
/// and a group fits into a page.
const ROWS: usize = 64;

/// Beside the outcome of a step that may still change.
const CHANGES: u8 = 128;

const PARENT: u8 = 1;
const DURATION: u8 = 2;
const ITEMS_IN: u8 = 4;
const ITEMS_OUT: u8 = 8;
const COUNTS: u8 = 16;
const IMPORTANT: u8 = 32;
const ARGUMENTS: u8 = 64;
const RESULT: u8 = 128;

pub(super) type Key = (u128, u64);
pub(super) type Bytes = &'static [u8];

/// Rows of a run, in order.
type Group = Vec<StepRow>;

/// By how much the table has grown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growth {
    pub(super) rows: i64,
    /// Of those that do not change any more.
    pub(super) final_rows: i64,
    /// The bytes of these rows' values.
    pub(super) final_bytes: i64,
}

/// How many bytes of arguments and results a row has in segments.
pub(super) fn value_bytes(row: &StepRow) -> u64 {
    [row.arguments, row.result].into_iter().flatten().map(|place| u64::from(place.length)).sum()
}

impl Growth {
    fn of(before: &[StepRow], after: &[StepRow]) -> Self {
        let mut growth = Self::default();
        for (rows, sign) in [(before, -1), (after, 1)] {
            let last = || rows.iter().filter(|row| row.is_final);
            growth.rows += sign * rows.len() as i64;
            growth.final_rows += sign * last().count() as i64;
            growth.final_bytes += sign * last().map(value_bytes).sum::<u64>() as i64;
        }
        growth
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.final_rows += other.final_rows;
        self.final_bytes += other.final_bytes;
    }
}

/// Puts rows in, sorted by run and step, one for each step.
pub(super) fn put(table: &mut Table<'_, Key, Bytes>, rows: &[&StepRow]) -> Result<Growth, Fault> {
    let mut growth = Growth::default();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let (before, limit) = surroundings(table, first.run, first.step.0)?;
        let within = rest.iter().take_while(|row| row.run == first.run && row.step.0 < limit).count();
        let (now, later) = rest.split_at(within.max(1));
        rest = later;
        let mut after = before.clone();
        after.extend(now.iter().copied().cloned());
        // Of one step the later row stands behind the earlier one, and stays.
        after.sort_by_key(|row| row.step);
        after.dedup_by(|later, kept| {
            let is_same = later.step == kept.step;
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        growth.add(Growth::of(&before, &after));
        write(table, &after)?;
    }
    Ok(growth)
}

/// Adds what was said of a step after its end was seen. `false` if there is no such row.
pub(super) fn add(table: &mut Table<'_, Key, Bytes>, late: &LateRow) -> Result<bool, Fault> {
    let Some(mut group) = group_of(table, late.run, late.step.0)? else { return Ok(false) };
    let Ok(place) = group.binary_search_by_key(&late.step, |row| row.step) else { return Ok(false) };
    group[place].add(late);
    write(table, &group)?;
    Ok(true)
}

/// Takes rows of a run out of the table.
pub(super) fn take(
    table: &mut Table<'_, Key, Bytes>,
    run: RunId,
    is_wanted: impl Fn(&StepRow) -> bool,
) -> Result<(Vec<StepRow>, Growth), Fault> {
    let all = rows(table, run, None)?.collect::<Result<Vec<_>, _>>()?;
    let (taken, left): (Vec<_>, Vec<_>) = all.iter().cloned().partition(&is_wanted);
    if taken.is_empty() {
        return Ok((taken, Growth::default()));
    }
    table.retain_in((run.0, 0)..=(run.0, u64::MAX), |_, _| false)?;
    write(table, &left)?;
    let growth = Growth::of(&all, &left);
    Ok((taken, growth))
}

/// The row of a step.
pub(super) fn find(table: &impl ReadableTable<Key, Bytes>, run: RunId, step: StepId) -> Result<Option<StepRow>, Fault> {
    let group = group_of(table, run, step.0)?;
    Ok(group.into_iter().flatten().find(|row| row.step == step))
}

/// The rows of a run's steps in order, from the one after this on.
pub(super) fn rows(
    table: &impl ReadableTable<Key, Bytes>,
    run: RunId,
    after: Option<StepId>,
) -> Result<impl Iterator<Item = Result<StepRow, Fault>>, Fault> {
    // The group that begins last before those that are asked for may reach into them.
    let first = match after {
        Some(after) => {
            table.range((run.0, 0)..=(run.0, after.0))?.next_back().transpose()?.map(|(key, _)| key.value().1)
        }
        None => None,
    };
    let rows = groups(table, (run.0, first.unwrap_or(0))..=(run.0, u64::MAX))?;
    let is_asked_for = move |row: &Result<StepRow, Fault>| match row {
        Ok(row) => after.is_none_or(|after| row.step > after),
        Err(_) => true,
    };
    Ok(rows.filter(is_asked_for))
}

/// Every row, by run and step.
pub(super) fn all(
    table: &impl ReadableTable<Key, Bytes>,
) -> Result<impl Iterator<Item = Result<StepRow, Fault>>, Fault> {
    groups(table, (0, 0)..=(u128::MAX, u64::MAX))
}

/// The runs that have rows, from this one on, each once.
pub(super) fn runs(table: &impl ReadableTable<Key, Bytes>, from: u128, most: usize) -> Result<Vec<RunId>, Fault> {
    let mut runs = Vec::new();
    let mut next = Some(from);
    while let Some(from) = next.filter(|_| runs.len() < most) {
        let Some(entry) = table.range((from, 0)..)?.next() else { break };
        let (run, _) = entry?.0.value();
        runs.push(RunId(run));
        next = run.checked_add(1);
    }
    Ok(runs)
}

fn groups(
    table: &impl ReadableTable<Key, Bytes>,
    range: std::ops::RangeInclusive<Key>,
) -> Result<impl Iterator<Item = Result<StepRow, Fault>>, Fault> {
    let groups = table.range(range)?.map(|entry| {
        let (key, bytes) = entry?;
        let (run, first) = key.value();
        decode(RunId(run), first, bytes.value())
    });
    Ok(groups.flat_map(|group: Result<Group, Fault>| match group {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(fault) => vec![Err(fault)],
    }))
}

/// The group in which the step is if it is anywhere: the last one that does not begin after it.
fn group_of(table: &impl ReadableTable<Key, Bytes>, run: RunId, step: u64) -> Result<Option<Group>, Fault> {
    let Some(entry) = table.range((run.0, 0)..=(run.0, step))?.next_back() else { return Ok(None) };
    let (key, bytes) = entry?;
    decode(run, key.value().1, bytes.value()).map(Some)
}

/// The rows that a row of this step goes together with, those of the group that reaches beyond it or has room; and the
/// step with which the next group begins.
fn surroundings(table: &impl ReadableTable<Key, Bytes>, run: RunId, step: u64) -> Result<(Group, u64), Fault> {
    let Some(last) = table.range((run.0, 0)..=(run.0, u64::MAX))?.next_back() else {
        return Ok((Group::new(), u64::MAX));
    };
    let (key, bytes) = last?;
    let (group, limit) = if key.value().1 <= step {
        (Some(decode(run, key.value().1, bytes.value())?), u64::MAX)
    } else {
        let later = (Bound::Excluded((run.0, step)), Bound::Included((run.0, u64::MAX)));
        let next = table.range::<Key>(later)?.next().transpose()?;
        (group_of(table, run, step)?, next.map_or(u64::MAX, |(key, _)| key.value().1))
    };
    let is_open = |group: &Group| group.len() < ROWS || group.last().is_some_and(|last| last.step.0 >= step);
    Ok((group.filter(is_open).unwrap_or_default(), limit))
}

/// Writes rows of a run as groups: in order, one for each step, beginning no later than the group that some of them were
/// in.
fn write(table: &mut Table<'_, Key, Bytes>, rows: &[StepRow]) -> Result<(), Fault> {
    for group in rows.chunks(ROWS) {
        let (run, first) = (group[0].run, group[0].step.0);
        let mut bytes = Vec::new();
        let mut last = first;
        for row in group {
            append(&mut bytes, row.step.0 - last, row)?;
            last = row.step.0;
        }
        table.insert((run.0, first), &*bytes)?;
    }
    Ok(())
}

/// Appends a row, and by how much its step's id is above that of the row before.
fn append(bytes: &mut Vec<u8>, above: u64, row: &StepRow) -> Result<(), Fault> {
    let has_counts = row.counts != DecisionCounts::default();
    let flags = [
        (row.parent.is_some(), PARENT),
        (row.duration_ns.is_some(), DURATION),
        (row.items_in.is_some(), ITEMS_IN),
        (row.items_out.is_some(), ITEMS_OUT),
        (has_counts, COUNTS),
        (row.important, IMPORTANT),
        (row.arguments.is_some(), ARGUMENTS),
        (row.result.is_some(), RESULT),
    ];
    bytes.push(flags.iter().map(|(is_set, flag)| u8::from(*is_set) * flag).sum());
    append_variable(bytes, above);
    append_variable(bytes, row.callsite.into());
    let changes = if row.is_final { 0 } else { CHANGES };
    bytes.extend([outcome_code(row.outcome) + changes, level_code(row.level)]);
    append_variable(bytes, row.thread.into());
    bytes.extend(row.started_ns.to_le_bytes());
    let parent = row.parent.map(|parent| parent.0);
    for number in [parent, row.duration_ns, row.items_in, row.items_out].into_iter().flatten() {
        append_variable(bytes, number);
    }
    if has_counts {
        bytes.extend(encode(&row.counts)?);
    }
    for place in [row.arguments, row.result].into_iter().flatten() {
        append_variable(bytes, place.segment);
        append_variable(bytes, place.offset.into());
        append_variable(bytes, place.length.into());
    }
    Ok(())
}

fn decode(run: RunId, first: u64, bytes: &[u8]) -> Result<Group, Fault> {
    let mut rows = Group::with_capacity(ROWS);
    let mut reader = Reader { run, last: first, rest: bytes };
    while !reader.rest.is_empty() {
        let last = StepId(reader.last);
        let damage = || Fault::damage(step_place(run, last), "its row, or the one after it, does not decode");
        rows.push(reader.row().ok_or_else(damage)?);
    }
    Ok(rows)
}

/// What is left of a group. `None` stands for bytes that are no row.
struct Reader<'a> {
    run: RunId,
    /// The step of the row before.
    last: u64,
    rest: &'a [u8],
}

impl Reader<'_> {
    fn row(&mut self) -> Option<StepRow> {
        let flags = self.byte()?;
        let has = |flag: u8| flags & flag != 0;
        let (above, callsite) = (self.variable()?, self.narrow()?);
        let step = self.last.checked_add(above)?;
        self.last = step;
        let (ending, level_code, thread) = (self.byte()?, self.byte()?, self.narrow()?);
        let outcome = outcome(ending & !CHANGES)?;
        let (started_ns, rest) = self.rest.split_first_chunk()?;
        let started_ns = u64::from_le_bytes(*started_ns);
        self.rest = rest;
        let mut numbers = [None; 4];
        for (number, flag) in numbers.iter_mut().zip([PARENT, DURATION, ITEMS_IN, ITEMS_OUT]) {
            *number = if has(flag) { Some(self.variable()?) } else { None };
        }
        let [parent, duration_ns, items_in, items_out] = numbers;
        let mut counts = DecisionCounts::default();
        if has(COUNTS) {
            (counts, self.rest) = postcard::take_from_bytes(self.rest).ok()?;
        }
        Some(StepRow {
            run: self.run,
            step: StepId(step),
            parent: parent.map(StepId),
            callsite,
            outcome,
            is_final: ending & CHANGES == 0 && outcome != Outcome::Open,
            started_ns,
            duration_ns,
            thread,
            items_in,
            items_out,
            counts,
            important: has(IMPORTANT),
            level: level(level_code)?,
            arguments: if has(ARGUMENTS) { Some(self.place()?) } else { None },
            result: if has(RESULT) { Some(self.place()?) } else { None },
        })
    }

    fn place(&mut self) -> Option<PayloadRef> {
        Some(PayloadRef { segment: self.variable()?, offset: self.narrow()?, length: self.narrow()? })
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn narrow(&mut self) -> Option<u32> {
        u32::try_from(self.variable()?).ok()
    }

    fn variable(&mut self) -> Option<u64> {
        take_variable(&mut self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;

    fn row(number: u64) -> StepRow {
        let place = PayloadRef { segment: number, offset: u32::MAX, length: 7 };
        let is_odd = number % 2 == 1;
        StepRow {
            run: RunId(9),
            step: StepId(number),
            parent: is_odd.then_some(StepId(number)),
            callsite: u32::MAX,
            outcome: Outcome::Err,
            is_final: is_odd,
            started_ns: number,
            duration_ns: Some(number).filter(|_| number > 2),
            thread: 300,
            items_in: None,
            items_out: Some(u64::MAX),
            counts: DecisionCounts { kept: number, reasons: vec![("dear".into(), 3)], ..DecisionCounts::default() },
            important: is_odd,
            level: Level::Metrics,
            arguments: is_odd.then_some(place),
            result: Some(place),
        }
    }

    #[test]
    fn rows_are_read_as_they_were_written_and_a_part_of_them_is_damage() {
        let rows = [5_u64, 6, 1 << 40, u64::MAX].map(row);
        let (mut bytes, mut last) = (Vec::new(), rows[0].step.0);
        let mut ends = vec![0];
        for row in &rows {
            append(&mut bytes, row.step.0 - last, row).unwrap();
            ends.push(bytes.len());
            last = row.step.0;
        }
        assert_eq!(decode(RunId(9), rows[0].step.0, &bytes).unwrap(), rows);
        for length in 0..bytes.len() {
            let part = decode(RunId(9), rows[0].step.0, &bytes[..length]);
            assert_eq!(part.is_ok(), ends.contains(&length), "{length} of {} bytes", bytes.len());
        }
    }
}
