//! Giving room back to the file system. What becomes free in the file is used again at once; its length shrinks while it is
//! open only where the second half of it is free. Moving what is at the end to the front needs the file for oneself, and
//! time in proportion to what is moved: that is done where nobody waits for anything else, when the store is opened or
//! closed.

use std::path::Path;

use redb::{CompactionError, Database, ReadableDatabase};

use super::fault::Fault;
use super::usage::Usage;

/// A smaller file is not worth it.
const SMALLEST: u64 = 16 << 20;
/// What is moved unasked, at most: about two seconds.
const MOVED: u64 = 64 << 20;

/// Makes the file as small as it can be. `false` if it was, or if somebody reads.
pub(super) fn compact(database: &mut Database) -> Result<bool, Fault> {
    match database.compact() {
        Ok(has_moved) => Ok(has_moved),
        Err(CompactionError::Storage(error)) => Err(error.into()),
        // Readers; there are no savepoints.
        Err(_) => Ok(false),
    }
}

/// Makes the file smaller if more than half of it is free, and what is not is little. What goes wrong is for the next one to
/// find who uses the database.
pub(super) fn tidy(path: &Path, database: &mut Database) {
    let is_worth_it = |database: &Database| -> Result<bool, Fault> {
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if length < SMALLEST {
            return Ok(false);
        }
        let used = Usage::of(&database.begin_read()?)?.bytes;
        // redb doubles the length when it needs more: half of it being free is as usual.
        Ok(used <= MOVED && used + used / 8 < length / 2)
    };
    let _ = Fault::catch(path, || if is_worth_it(database)? { compact(database) } else { Ok(false) });
}
