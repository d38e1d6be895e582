//! Summaries of blocks in bytes.
//!
//! ```text
//! summary = cell…, zstd
//! cell    = callsite, outcome, level, steps, a total for each of TOTALLED, durations: spread,
//!           rejection rates: count and, if there are any, sum f64, lowest f64, highest f64; and their spread
//! total   = count and, if there are any, lowest, highest - lowest, what the sum is above count × lowest: high, low
//! spread  = how many are exact, each: f64; zeros; how many buckets and, if there are any, the first one, the count of each
//! f64     = its bits with the bytes in the opposite order, so that a whole number is short
//! ```
//!
//! All of these are integers of variable length.

use redb::ReadableTable;

use super::blobs;
use super::block::{self, MOST_BYTES};
use super::compression::{compress, decompress};
use super::fault::Fault;
use super::integers::{append_variable, take_variable};
use crate::model::{Level, Outcome};
use crate::spread::{MOST_BUCKETS, Spread};
use crate::store::{Cell, Summary, Total};

pub(super) fn encode(summary: &Summary) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    for cell in &summary.cells {
        for number in [cell.callsite, cell.outcome, cell.level, cell.steps] {
            append_variable(&mut bytes, number);
        }
        cell.totals.iter().for_each(|total| append_total(&mut bytes, total));
        append_spread(&mut bytes, &cell.durations);
        let Total { count, sum, range: (low, high) } = cell.rejection_rate;
        append_variable(&mut bytes, count);
        if count > 0 {
            [sum, low, high].into_iter().for_each(|number| append_float(&mut bytes, number));
        }
        append_spread(&mut bytes, &cell.rejection_rates);
    }
    compress(&bytes)
}

fn append_total(bytes: &mut Vec<u8>, total: &Total<u64, u128>) {
    let Total { count, sum, range: (low, high) } = *total;
    append_variable(bytes, count);
    if count > 0 {
        let above = sum - u128::from(count) * u128::from(low);
        [low, high - low, (above >> 64) as u64, above as u64].into_iter().for_each(|it| append_variable(bytes, it));
    }
}

fn append_spread(bytes: &mut Vec<u8>, spread: &Spread) {
    append_variable(bytes, spread.exact.len() as u64);
    spread.exact.iter().for_each(|number| append_float(bytes, *number));
    append_variable(bytes, spread.zeros);
    append_variable(bytes, spread.counts.len() as u64);
    if !spread.counts.is_empty() {
        append_variable(bytes, spread.first.into());
        spread.counts.iter().for_each(|count| append_variable(bytes, (*count).into()));
    }
}

fn append_float(bytes: &mut Vec<u8>, number: f64) {
    append_variable(bytes, number.to_bits().swap_bytes());
}

/// How an error names it.
pub(super) fn name(block: u64) -> String {
    format!("{}, its summary", block::name(block))
}

/// The summary of a block of so many steps.
pub(super) fn read(table: &impl ReadableTable<u64, &'static [u8]>, block: u64, steps: usize) -> Result<Summary, Fault> {
    let name = || name(block);
    find(table, block, steps, name)?.ok_or_else(|| Fault::damage(name(), "it is not there"))
}

/// The summary of so many steps, if it is there; `name` says what it is if it is damaged.
pub(super) fn find(
    table: &impl ReadableTable<u64, &'static [u8]>,
    key: u64,
    steps: usize,
    name: impl Fn() -> String,
) -> Result<Option<Summary>, Fault> {
    let Some(bytes) = table.get(key)? else { return Ok(None) };
    let bytes = decompress(blobs::contents(bytes.value(), &name)?, MOST_BYTES)
        .map_err(|error| Fault::damage(name(), error.to_string()))?;
    let summary = decode(&bytes).ok_or_else(|| Fault::damage(name(), "it does not decode"))?;
    match summary.cells.iter().try_fold(0, |steps: u64, cell| steps.checked_add(cell.steps)) {
        Some(count) if count == steps as u64 && summary.cells.iter().all(Cell::is_coherent) => Ok(Some(summary)),
        _ => Err(Fault::damage(name(), "it is not that of its steps")),
    }
}

fn decode(mut bytes: &[u8]) -> Option<Summary> {
    let rest = &mut bytes;
    let mut cells = Vec::new();
    while !rest.is_empty() {
        let mut cell = Cell {
            callsite: take_variable(rest).filter(|callsite| *callsite <= u32::MAX.into())?,
            outcome: take_variable(rest).filter(|outcome| *outcome < Outcome::ALL.len() as u64)?,
            level: take_variable(rest).filter(|level| *level < Level::ALL.len() as u64)?,
            steps: take_variable(rest)?,
            ..Cell::default()
        };
        for total in &mut cell.totals {
            *total = take_total(rest)?;
        }
        cell.durations = take_spread(rest)?;
        cell.rejection_rate.count = take_variable(rest)?;
        if cell.rejection_rate.count > 0 {
            cell.rejection_rate.sum = take_float(rest)?;
            cell.rejection_rate.range = (take_float(rest)?, take_float(rest)?);
        }
        cell.rejection_rates = take_spread(rest)?;
        cells.push(cell);
    }
    Some(Summary { cells })
}

fn take_total(rest: &mut &[u8]) -> Option<Total<u64, u128>> {
    let count = take_variable(rest)?;
    if count == 0 {
        return Some(Total::default());
    }
    let low = take_variable(rest)?;
    let high = low.checked_add(take_variable(rest)?)?;
    let above = u128::from(take_variable(rest)?) << 64 | u128::from(take_variable(rest)?);
    let sum = above.checked_add(u128::from(count) * u128::from(low))?;
    Some(Total { count, sum, range: (low, high) })
}

fn take_spread(rest: &mut &[u8]) -> Option<Spread> {
    let mut spread = Spread::default();
    for _ in 0..take_variable(rest)? {
        spread.exact.push(take_float(rest)?);
    }
    spread.zeros = take_variable(rest)?;
    let buckets = take_variable(rest)?;
    if buckets > 0 {
        let first = take_variable(rest)?;
        if first.checked_add(buckets)? > MOST_BUCKETS {
            return None;
        }
        spread.first = first as u16;
        spread.counts = take_counts(rest, buckets as usize)?;
    }
    Some(spread)
}

/// So many counts. Nearly all of them are a byte each.
fn take_counts(rest: &mut &[u8], buckets: usize) -> Option<Vec<u32>> {
    if let Some((bytes, after)) = rest.split_at_checked(buckets)
        && bytes.iter().all(|byte| *byte < 0x80)
    {
        *rest = after;
        return Some(bytes.iter().map(|byte| u32::from(*byte)).collect());
    }
    (0..buckets).map(|_| u32::try_from(take_variable(rest)?).ok()).collect()
}

fn take_float(rest: &mut &[u8]) -> Option<f64> {
    Some(f64::from_bits(take_variable(rest)?.swap_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(count: u64, low: u64, high: u64) -> Total<u64, u128> {
        let sum = u128::from(count) * u128::from(low) + u128::from(high - low);
        Total { count, sum, range: (low, high) }
    }

    #[test]
    fn summaries_are_read_as_they_were_written_and_a_part_of_one_is_none() {
        let few = Spread::of(vec![0.1, 3.0, 1e9], 9);
        let many = Spread::of((0..500).map(|number| f64::from(number) * 1.7).collect(), 9);
        let mut cells = vec![
            Cell { callsite: 7, outcome: 1, level: 2, steps: 500, durations: many, ..Cell::default() },
            Cell { callsite: u32::MAX.into(), steps: 3, rejection_rates: few, ..Cell::default() },
        ];
        cells[0].totals[1] = total(500, u64::MAX - 9, u64::MAX);
        cells[1].totals[7] = total(3, 0, u64::MAX);
        cells[1].rejection_rate = Total { count: 3, sum: 0.7, range: (-0.0, 0.5) };
        let summary = Summary { cells };
        let bytes = decompress(&encode(&summary).unwrap(), MOST_BYTES).unwrap();
        assert_eq!(decode(&bytes).as_ref(), Some(&summary));
        assert_eq!(decode(&[]), Some(Summary::default()));
        let ends: Vec<usize> = (1..bytes.len()).filter(|length| decode(&bytes[..*length]).is_some()).collect();
        assert_eq!(ends.len(), 1, "behind the first cell: {ends:?}");
    }

    #[test]
    fn cells_say_nothing_of_more_steps_than_they_have() {
        let cell = |steps| Cell { steps, durations: Spread::of(vec![7.0; 40], 9), ..Cell::default() };
        assert!(cell(40).is_coherent() && !cell(39).is_coherent());
        let of_total = |total| Cell { totals: [total; 8], ..cell(40) };
        assert!(of_total(total(40, 3, 9)).is_coherent() && !of_total(total(41, 3, 9)).is_coherent());
        assert!(!of_total(Total { sum: 361, ..total(40, 3, 9) }).is_coherent(), "that is more than 40 times 9");
        let many = Spread { zeros: u64::MAX, ..Spread::of(vec![7.0; 40], 9) };
        assert!(!Cell { rejection_rates: many, ..cell(40) }.is_coherent());
    }

    #[test]
    fn any_bytes_are_a_summary_or_none() {
        for seed in 0..2_000_u64 {
            let bytes: Vec<u8> =
                (0..60).map(|at| (seed * 31 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[7]).collect();
            let _ = decode(&bytes);
        }
    }
}
