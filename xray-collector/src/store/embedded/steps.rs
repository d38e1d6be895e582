//! The rows of steps, many to a row of the table: steps of a run that follow each other lie in one block, in the order of
//! their ids, under the id of the first.
//!
//! What putting a row into a B-tree costs depends little on what is in it, and is several times what the rest of a small
//! step costs the collector. Blocks of one run never overlap, so that each step is in one place: rows that come again, or
//! between those of a block, are merged into it.

use std::ops::Bound;

use redb::{ReadableTable, Table};

use super::fault::Fault;
use super::layout::{StoredStep, encode, step_place};
use crate::id::{RunId, StepId};
use crate::store::StepRow;

/// Rows of one block: so many that the table's own work is a small part, so few that one is found in a few microseconds
/// and a block fits into a page.
const ROWS: usize = 64;
/// Room for most rows in their encoded form.
const ROW_BYTES: usize = 256;

type Key = (u128, u64);
type Bytes = &'static [u8];

/// A block that is in the table: the rows of a run, in order.
type Block = Vec<(u64, StoredStep)>;

/// Puts rows in; of several of one step the last one counts. Returns how many steps were not there before.
pub(super) fn put(table: &mut Table<'_, Key, Bytes>, rows: &[StepRow]) -> Result<u64, Fault> {
    let mut sorted: Vec<&StepRow> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.run, row.step));
    let mut added = 0;
    let mut rest = &sorted[..];
    while let Some(first) = rest.first() {
        let (run, id) = (first.run, first.step.0);
        let (mut block, limit) = surroundings(table, run, id)?;
        let within = rest.partition_point(|row| row.run == run && row.step.0 < limit);
        let (now, later) = rest.split_at(within.max(1));
        rest = later;
        let known = block.len();
        block.extend(now.iter().map(|row| (row.step.0, StoredStep::new(row))));
        added += write(table, run, block)? - known as u64;
    }
    Ok(added)
}

/// Changes the row of a step, if there is one.
pub(super) fn change(
    table: &mut Table<'_, Key, Bytes>,
    run: RunId,
    step: StepId,
    change: impl FnOnce(&mut StoredStep),
) -> Result<(), Fault> {
    let Some(mut block) = block_of(table, run, step.0)? else { return Ok(()) };
    let Ok(place) = block.binary_search_by_key(&step.0, |(id, _)| *id) else { return Ok(()) };
    change(&mut block[place].1);
    write(table, run, block).map(drop)
}

/// The row of a step.
pub(super) fn find(
    table: &impl ReadableTable<Key, Bytes>,
    run: RunId,
    step: StepId,
) -> Result<Option<StoredStep>, Fault> {
    let block = block_of(table, run, step.0)?;
    Ok(block.into_iter().flatten().find(|(id, _)| *id == step.0).map(|(_, row)| row))
}

/// The rows of a run's steps in order, from the one after this on.
pub(super) fn rows(
    table: &impl ReadableTable<Key, Bytes>,
    run: RunId,
    after: Option<StepId>,
) -> Result<impl Iterator<Item = Result<(StepId, StoredStep), Fault>>, Fault> {
    let after = after.map(|after| after.0);
    // The block that begins last before those that are asked for may reach into them.
    let first = match after {
        Some(after) => table.range((run.0, 0)..=(run.0, after))?.next_back().transpose()?.map(|(key, _)| key.value().1),
        None => None,
    };
    let blocks = table.range((run.0, first.unwrap_or(0))..=(run.0, u64::MAX))?.map(move |entry| {
        let (key, bytes) = entry?;
        decode(run, key.value().1, bytes.value())
    });
    let rows = blocks.flat_map(|block: Result<Block, Fault>| match block {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(fault) => vec![Err(fault)],
    });
    let is_asked_for = move |row: &Result<(u64, StoredStep), Fault>| match row {
        Ok((id, _)) => after.is_none_or(|after| *id > after),
        Err(_) => true,
    };
    Ok(rows.filter(is_asked_for).map(|row| row.map(|(id, row)| (StepId(id), row))))
}

/// The block in which the step is if it is anywhere: the last one that does not begin after it.
fn block_of(table: &impl ReadableTable<Key, Bytes>, run: RunId, step: u64) -> Result<Option<Block>, Fault> {
    let Some(entry) = table.range((run.0, 0)..=(run.0, step))?.next_back() else { return Ok(None) };
    let (key, bytes) = entry?;
    decode(run, key.value().1, bytes.value()).map(Some)
}

/// The rows that a row of this step goes together with, those of the block that reaches beyond it or has room; and the
/// step with which the next block begins.
fn surroundings(table: &impl ReadableTable<Key, Bytes>, run: RunId, step: u64) -> Result<(Block, u64), Fault> {
    let Some(last) = table.range((run.0, 0)..=(run.0, u64::MAX))?.next_back() else {
        return Ok((Block::new(), u64::MAX));
    };
    let (key, bytes) = last?;
    let (block, limit) = if key.value().1 <= step {
        (Some(decode(run, key.value().1, bytes.value())?), u64::MAX)
    } else {
        let later = (Bound::Excluded((run.0, step)), Bound::Included((run.0, u64::MAX)));
        let next = table.range::<Key>(later)?.next().transpose()?;
        (block_of(table, run, step)?, next.map_or(u64::MAX, |(key, _)| key.value().1))
    };
    let is_open = |block: &Block| block.len() < ROWS || block.last().is_some_and(|(last, _)| *last >= step);
    Ok((block.filter(is_open).unwrap_or_default(), limit))
}

/// Writes these rows as blocks, of which the first begins no later than the block that some of them were in. Returns how
/// many steps they are.
fn write(table: &mut Table<'_, Key, Bytes>, run: RunId, mut rows: Block) -> Result<u64, Fault> {
    // The sort is stable: the last of several rows of one step stays the last.
    rows.sort_by_key(|(id, _)| *id);
    let mut bytes = Vec::with_capacity(ROWS * ROW_BYTES / 4);
    let (mut first, mut last, mut in_block, mut all) = (0, 0, 0, 0);
    for (place, (id, row)) in rows.iter().enumerate() {
        if rows.get(place + 1).is_some_and(|(next, _)| next == id) {
            continue;
        }
        if in_block == ROWS {
            table.insert((run.0, first), &*bytes)?;
            bytes.clear();
            in_block = 0;
        }
        if in_block == 0 {
            (first, last) = (*id, *id);
        }
        append(&mut bytes, id - last, row)?;
        (last, in_block, all) = (*id, in_block + 1, all + 1);
    }
    if in_block > 0 {
        table.insert((run.0, first), &*bytes)?;
    }
    Ok(all)
}

/// Appends a row, and by how much its step's id is above that of the row before.
fn append(bytes: &mut Vec<u8>, above: u64, row: &StoredStep) -> Result<(), Fault> {
    let mut room = [0; ROW_BYTES];
    match postcard::to_slice(&(above, row), &mut room) {
        Ok(encoded) => bytes.extend_from_slice(encoded),
        // One with reasons may be longer.
        Err(_) => bytes.extend(encode(&(above, row))?),
    }
    Ok(())
}

fn decode(run: RunId, first: u64, mut bytes: &[u8]) -> Result<Block, Fault> {
    let mut rows = Block::with_capacity(ROWS);
    let mut last = first;
    while !bytes.is_empty() {
        let damage = |detail: &dyn std::fmt::Display| {
            Fault::damage(step_place(run, StepId(last)), format!("its row or the one after it: {detail}"))
        };
        let ((above, row), rest) =
            postcard::take_from_bytes::<(u64, StoredStep)>(bytes).map_err(|error| damage(&error))?;
        last = last.checked_add(above).ok_or_else(|| damage(&"the next id is too large"))?;
        rows.push((last, row));
        bytes = rest;
    }
    Ok(rows)
}
