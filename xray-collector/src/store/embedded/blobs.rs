//! Bytes of any length under a key, each with a checksum: cut into parts that fill the pages of the file.
//!
//! ```text
//! key   = (of u64, what u32, part u32)
//! bytes = parts put together: crc32 u32 of what follows, contents
//! ```

use redb::{ReadableTable, Table};

use super::fault::Fault;

/// `(of, what, part)`.
pub(super) type Key = (u64, u32, u32);

/// As much as fits into a page of 4,096 bytes with its key and redb's headers. redb gives a larger value a power of two of
/// pages, of which a quarter stays empty on average; and where a disk is full, single pages are found sooner.
pub(super) const PART_BYTES: usize = 4_056;

/// Writes bytes under a key that has none.
pub(super) fn put(table: &mut Table<'_, Key, &'static [u8]>, of: u64, what: u32, contents: &[u8]) -> Result<(), Fault> {
    for (place, part) in (0..).zip(checked(contents).chunks(PART_BYTES)) {
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
    // Most are one part.
    if bytes.len() == PART_BYTES {
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
