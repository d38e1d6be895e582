//! Bytes of any length under a key, each with a checksum: cut into parts that fill the pages of the file.
//!
//! ```text
//! key   = (of u64, what u32, part u32)
//! bytes = parts put together: crc32 u32 of what follows, contents
//! ```
//!
//! redb gives a value a power of two of pages that lie next to each other, and reads them at once. A part is as large as
//! fills such pages, so that what is not in memory is fetched by few looks at the file, and nothing of a page stays empty.

use redb::{ReadableTable, Table};

use super::fault::Fault;

/// `(of, what, part)`.
pub(super) type Key = (u64, u32, u32);

/// As much as fits into a page of 4,096 bytes with its key and redb's headers.
pub(super) const PART_BYTES: usize = part_bytes(0);
/// Up to four pages, 16 KiB: where the file has little room, fewer are found sooner, and with more of them the collector
/// needs more memory.
const MOST_DOUBLINGS: u32 = 2;

/// As much as fits into a page that was doubled so often.
const fn part_bytes(doublings: u32) -> usize {
    (4_096 << doublings) - 40
}

/// The lengths of parts, the longest one first.
fn part_lengths() -> impl Iterator<Item = usize> {
    (0..=MOST_DOUBLINGS).rev().map(part_bytes)
}

/// Bytes in parts.
fn parts(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = part_lengths().find(|length| *length <= bytes.len()).unwrap_or(bytes.len());
        bytes.split_off(..length).filter(|part| !part.is_empty())
    })
}

/// Writes bytes under a key that has none.
pub(super) fn put(table: &mut Table<'_, Key, &'static [u8]>, of: u64, what: u32, contents: &[u8]) -> Result<(), Fault> {
    for (place, part) in (0..).zip(parts(&checked(contents))) {
        table.insert((of, what, place), part)?;
    }
    Ok(())
}

/// Removes what is under all keys of `of`.
pub(super) fn remove_all(table: &mut Table<'_, Key, &'static [u8]>, of: u64) -> Result<(), Fault> {
    table.retain_in((of, 0, 0)..=(of, u32::MAX, u32::MAX), |_, _| false)?;
    Ok(())
}

/// Removes what is under a key.
pub(super) fn remove(table: &mut Table<'_, Key, &'static [u8]>, of: u64, what: u32) -> Result<(), Fault> {
    table.retain_in((of, what, 0)..=(of, what, u32::MAX), |_, _| false)?;
    Ok(())
}

/// How many bytes are under all keys of `of`.
pub(super) fn length(table: &impl ReadableTable<Key, &'static [u8]>, of: u64) -> Result<u64, Fault> {
    let mut bytes = 0;
    for part in table.range((of, 0, 0)..=(of, u32::MAX, u32::MAX))? {
        bytes += part?.1.value().len() as u64;
    }
    Ok(bytes)
}

/// The bytes under a key; `name` says what they are if they are not there, or are others than were written.
pub(super) fn get(
    table: &impl ReadableTable<Key, &'static [u8]>,
    of: u64,
    what: u32,
    name: impl Fn() -> String,
) -> Result<Vec<u8>, Fault> {
    let Some(first) = table.get((of, what, 0))? else { return Err(Fault::damage(name(), "it is not there")) };
    let mut bytes = first.value().to_vec();
    drop(first);
    // The last one is the only one that fills no page.
    if part_lengths().any(|length| length == bytes.len()) {
        for part in table.range((of, what, 1)..=(of, what, u32::MAX))? {
            bytes.extend(part?.1.value());
        }
    }
    contents(&bytes, name)?;
    bytes.drain(..CHECKSUM_BYTES);
    Ok(bytes)
}

const CHECKSUM_BYTES: usize = size_of::<u32>();

/// Contents behind their checksum.
pub(super) fn checked(contents: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(CHECKSUM_BYTES + contents.len());
    bytes.extend(crc32fast::hash(contents).to_le_bytes());
    bytes.extend(contents);
    bytes
}

/// The contents of bytes that begin with their checksum; `name` says what they are if it is not theirs.
pub(super) fn contents(bytes: &[u8], name: impl Fn() -> String) -> Result<&[u8], Fault> {
    let Some((checksum, contents)) = bytes.split_first_chunk() else {
        return Err(Fault::damage(name(), "it ends within its checksum"));
    };
    if crc32fast::hash(contents) != u32::from_le_bytes(*checksum) {
        return Err(Fault::damage(name(), "its checksum does not match"));
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_of_the_bytes_in_their_order_and_fill_pages_but_for_the_last() {
        let bytes: Vec<u8> = (0..400_000_u32).map(|at| ((at * 7) >> 3) as u8).collect();
        for length in [0, 1, 4_055, 4_056, 4_057, 8_151, 8_152, 8_153, 16_344, 16_345, 32_688, 400_000] {
            let parts: Vec<&[u8]> = parts(&bytes[..length]).collect();
            assert_eq!(parts.concat(), &bytes[..length]);
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            let (last, others) = lengths.split_last().map_or((0, &[][..]), |(last, others)| (*last, others));
            assert!(others.iter().all(|length| part_lengths().any(|of_part| of_part == *length)), "{lengths:?}");
            assert!(lengths.is_sorted_by(|one, other| one >= other) && last <= 16_344, "{lengths:?}");
        }
    }
}
