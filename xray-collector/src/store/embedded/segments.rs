//! Segments: the values of steps that are in no block, as the collector handed them over.
//!
//! Each is there for as long as a row or a fact refers to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};

use super::blobs::PART_BYTES;
use super::fault::Fault;
use super::layout::{FACTS, SEGMENTS, STEPS};
use super::rows;
use crate::store::segment::{self, Contents, Piece};
use crate::store::{FactsRow, PayloadRef, Segment, StepRow};

type Key = (u64, u32);

/// Writes a segment, or these pieces of it; one of the same number is replaced.
pub(super) fn put(
    table: &mut Table<'_, Key, &'static [u8]>,
    segment: &Segment,
    pieces: Option<&[Piece]>,
) -> Result<(), Fault> {
    let number = segment.number;
    let bytes = segment::encode(segment, pieces).map_err(|error| Fault::Unfit(format!("segment {number}: {error}")))?;
    remove(table, number)?;
    for (place, part) in (0..).zip(bytes.chunks(PART_BYTES)) {
        table.insert((number, place), part)?;
    }
    Ok(())
}

fn remove(table: &mut Table<'_, Key, &'static [u8]>, number: u64) -> Result<(), Fault> {
    Ok(table.retain_in((number, 0)..=(number, u32::MAX), |_, _| false)?)
}

/// A segment; `of` names what it should hold.
pub(super) fn read(
    table: &impl ReadableTable<Key, &'static [u8]>,
    number: u64,
    of: impl Fn() -> String,
) -> Result<Arc<Contents>, Fault> {
    let damage = |detail: String| Fault::damage(format!("segment {number}"), detail);
    let mut stored = Vec::new();
    for part in table.range((number, 0)..=(number, u32::MAX))? {
        stored.extend(part?.1.value());
    }
    if stored.is_empty() {
        return Err(damage(format!("it is not there, and should hold {}", of())));
    }
    segment::decode(&stored).map(Arc::new).map_err(damage)
}

/// What of a segment these rows and facts refer to.
pub(super) fn pieces(segment: &Segment, rows: &[StepRow], facts: &[FactsRow]) -> Vec<Piece> {
    let places = rows.iter().flat_map(|row| [row.arguments, row.result]).flatten();
    let places = places.chain(facts.iter().map(|fact| fact.place));
    // What is outside is damage, which reading it says.
    let is_inside = |place: &PayloadRef| place.offset as usize + place.length as usize <= segment.payload.len();
    let within = places.filter(|place| place.segment == segment.number && is_inside(place));
    let mut pieces: Vec<Piece> = within.map(|place| (place.offset, place.length)).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// Removes the segments that nothing refers to. If a row does not decode, nobody knows: then all of them stay.
pub(super) fn sweep(transaction: &WriteTransaction) -> Result<(), Fault> {
    let mut wanted = BTreeSet::new();
    for row in rows::all(&transaction.open_table(STEPS)?)? {
        let row = match row {
            Err(Fault::Damage { .. }) => return Ok(()),
            row => row?,
        };
        wanted.extend(row.arguments.into_iter().chain(row.result).map(|place| place.segment));
    }
    for entry in transaction.open_table(FACTS)?.iter()? {
        wanted.insert(entry?.0.value().2);
    }
    let mut table = transaction.open_table(SEGMENTS)?;
    let mut next = Some(0);
    while let Some(from) = next {
        let Some(number) = table.range((from, 0)..)?.next().transpose()?.map(|(key, _)| key.value().0) else { break };
        if !wanted.contains(&number) {
            remove(&mut table, number)?;
        }
        next = number.checked_add(1);
    }
    Ok(())
}
