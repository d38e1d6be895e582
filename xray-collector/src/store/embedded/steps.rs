//! The rows of steps, many to a row of the table: steps of a run that follow each other lie in one block, in the order of
//! their ids, under the id of the first.
//!
//! What putting a row into a B-tree costs depends little on what is in it, and is several times what the rest of a small
//! step costs the collector. Blocks of one run never overlap, so that each step is in one place: rows that come again, or
//! between those of a block, are merged into it.
//!
//! ```text
//! row    = flags u8, above, callsite, outcome u8, level u8, thread, started_ns u64, then what the flags name:
//!          1 parent  2 duration_ns  4 items_in  8 items_out  16 counts, by postcard  32 important: nothing
//!          64 arguments, 128 result: segment, offset, length
//! above  = by how much the step's id is above that of the row before; 0 in the first
//! ```
//! Integers without a type are of variable length, seven bits in a byte, the lowest first.

use std::cmp::Reverse;
use std::ops::Bound;

use redb::{ReadableTable, Table};

use super::fault::Fault;
use super::layout::{StoredPlace, StoredStep, encode, step_place};
use crate::decision::DecisionCounts;
use crate::id::{RunId, StepId};
use crate::store::StepRow;

/// Rows of one block: so many that the table's own work is a small part, so few that one is found in a few microseconds
/// and a block fits into a page.
const ROWS: usize = 64;

const PARENT: u8 = 1;
const DURATION: u8 = 2;
const ITEMS_IN: u8 = 4;
const ITEMS_OUT: u8 = 8;
const COUNTS: u8 = 16;
const IMPORTANT: u8 = 32;
const ARGUMENTS: u8 = 64;
const RESULT: u8 = 128;

type Key = (u128, u64);
type Bytes = &'static [u8];

/// A block that is in the table: the rows of a run, in order.
type Block = Vec<(u64, StoredStep)>;

/// Puts rows in; of several of one step the last one counts. Returns how many steps were not there before.
pub(super) fn put(table: &mut Table<'_, Key, Bytes>, rows: &[StepRow]) -> Result<u64, Fault> {
    // Places are sorted, not rows, which are large. Of one step the last row comes first, and stays.
    let mut sorted: Vec<_> = rows.iter().zip(0_usize..).map(|(row, at)| (row.run, row.step.0, Reverse(at))).collect();
    sorted.sort_unstable();
    sorted.dedup_by_key(|(run, step, _)| (*run, *step));
    let mut added = 0;
    let mut rest = &sorted[..];
    while let Some((run, id, _)) = rest.first().copied() {
        let (mut block, limit) = surroundings(table, run, id)?;
        let within = rest.iter().take_while(|(other, step, _)| *other == run && *step < limit).count();
        let (now, later) = rest.split_at(within.max(1));
        rest = later;
        let now = now.iter().map(|(_, step, Reverse(at))| (*step, StoredStep::new(&rows[*at])));
        let known = block.len();
        added += match known {
            0 => write(table, run, now)?,
            _ => {
                block.extend(now);
                block.sort_by_key(|(id, _)| *id);
                block.dedup_by(|later, kept| {
                    let is_same = later.0 == kept.0;
                    if is_same {
                        std::mem::swap(later, kept);
                    }
                    is_same
                });
                write(table, run, block.into_iter())? - known as u64
            }
        };
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
    write(table, run, block.into_iter()).map(drop)
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

/// Writes rows as blocks: in order, one for each step, beginning no later than the block that some of them were in.
/// Returns how many they are.
fn write(
    table: &mut Table<'_, Key, Bytes>,
    run: RunId,
    rows: impl Iterator<Item = (u64, StoredStep)>,
) -> Result<u64, Fault> {
    let mut bytes = Vec::new();
    let (mut first, mut last, mut in_block, mut all) = (0, 0, 0, 0);
    for (id, row) in rows {
        if in_block == ROWS {
            table.insert((run.0, first), &*bytes)?;
            bytes.clear();
            in_block = 0;
        }
        if in_block == 0 {
            (first, last) = (id, id);
        }
        append(&mut bytes, id - last, &row)?;
        (last, in_block, all) = (id, in_block + 1, all + 1);
    }
    if in_block > 0 {
        table.insert((run.0, first), &*bytes)?;
    }
    Ok(all)
}

/// Appends a row, and by how much its step's id is above that of the row before.
fn append(bytes: &mut Vec<u8>, above: u64, row: &StoredStep) -> Result<(), Fault> {
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
    variable(bytes, above);
    variable(bytes, row.callsite.into());
    bytes.extend([row.outcome, row.level]);
    variable(bytes, row.thread.into());
    bytes.extend(row.started_ns.to_le_bytes());
    for number in [row.parent, row.duration_ns, row.items_in, row.items_out].into_iter().flatten() {
        variable(bytes, number);
    }
    if has_counts {
        bytes.extend(encode(&row.counts)?);
    }
    for place in [row.arguments, row.result].into_iter().flatten() {
        variable(bytes, place.segment);
        variable(bytes, place.offset.into());
        variable(bytes, place.length.into());
    }
    Ok(())
}

fn variable(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn decode(run: RunId, first: u64, bytes: &[u8]) -> Result<Block, Fault> {
    let mut rows = Block::with_capacity(ROWS);
    let mut reader = Reader(bytes);
    let mut last = first;
    while !reader.0.is_empty() {
        let row = reader.row().and_then(|(above, row)| Some((last.checked_add(above)?, row)));
        let damage = || Fault::damage(step_place(run, StepId(last)), "its row, or the one after it, does not decode");
        let (id, row) = row.ok_or_else(damage)?;
        last = id;
        rows.push((id, row));
    }
    Ok(rows)
}

/// What is left of a block. `None` stands for bytes that are no row.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn row(&mut self) -> Option<(u64, StoredStep)> {
        let flags = self.byte()?;
        let has = |flag: u8| flags & flag != 0;
        let (above, callsite) = (self.variable()?, self.narrow()?);
        let (outcome, level, thread) = (self.byte()?, self.byte()?, self.narrow()?);
        let (started_ns, rest) = self.0.split_first_chunk()?;
        let started_ns = u64::from_le_bytes(*started_ns);
        self.0 = rest;
        let mut numbers = [None; 4];
        for (number, flag) in numbers.iter_mut().zip([PARENT, DURATION, ITEMS_IN, ITEMS_OUT]) {
            *number = if has(flag) { Some(self.variable()?) } else { None };
        }
        let [parent, duration_ns, items_in, items_out] = numbers;
        let mut counts = DecisionCounts::default();
        if has(COUNTS) {
            (counts, self.0) = postcard::take_from_bytes(self.0).ok()?;
        }
        let arguments = if has(ARGUMENTS) { Some(self.place()?) } else { None };
        let result = if has(RESULT) { Some(self.place()?) } else { None };
        let important = has(IMPORTANT);
        let row = StoredStep {
            parent,
            callsite,
            outcome,
            started_ns,
            duration_ns,
            thread,
            items_in,
            items_out,
            counts,
            important,
            level,
            arguments,
            result,
        };
        Some((above, row))
    }

    fn place(&mut self) -> Option<StoredPlace> {
        Some(StoredPlace { segment: self.variable()?, offset: self.narrow()?, length: self.narrow()? })
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn narrow(&mut self) -> Option<u32> {
        u32::try_from(self.variable()?).ok()
    }

    fn variable(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            number |= part << shift;
            if byte < 0x80 {
                return Some(number).filter(|number| number >> shift == part);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64) -> StoredStep {
        let place = StoredPlace { segment: number, offset: u32::MAX, length: 7 };
        let is_odd = number % 2 == 1;
        StoredStep {
            parent: is_odd.then_some(number),
            callsite: u32::MAX,
            outcome: 1,
            started_ns: number,
            duration_ns: Some(number).filter(|_| number > 2),
            thread: 300,
            items_in: None,
            items_out: Some(u64::MAX),
            counts: DecisionCounts { kept: number, reasons: vec![("dear".into(), 3)], ..DecisionCounts::default() },
            important: is_odd,
            level: 2,
            arguments: is_odd.then_some(place),
            result: Some(place),
        }
    }

    #[test]
    fn rows_are_read_as_they_were_written_and_a_part_of_them_is_damage() {
        let ids = [5_u64, 6, 1 << 40, u64::MAX];
        let (mut bytes, mut last) = (Vec::new(), ids[0]);
        let mut ends = vec![0];
        for id in ids {
            append(&mut bytes, id - last, &row(id)).unwrap();
            ends.push(bytes.len());
            last = id;
        }
        let run = RunId(9);
        let read = decode(run, ids[0], &bytes).unwrap();
        assert_eq!(read.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
        for (id, read) in &read {
            let mut again = Vec::new();
            append(&mut again, 0, read).unwrap();
            let mut written = Vec::new();
            append(&mut written, 0, &row(*id)).unwrap();
            assert_eq!(again, written, "{id}");
        }
        for length in 0..bytes.len() {
            let part = decode(run, ids[0], &bytes[..length]);
            assert_eq!(part.is_ok(), ends.contains(&length), "{length} of {} bytes", bytes.len());
        }
    }

    #[test]
    fn bytes_that_are_no_number_are_refused() {
        let read = |bytes: &[u8]| Reader(bytes).variable();
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Some(u64::MAX));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None, "65 bits");
        assert_eq!((read(&[0xff; 11]), read(&[0x80]), read(&[])), (None, None, None));
    }
}
