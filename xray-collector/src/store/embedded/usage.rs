//! About how many bytes runs take, without reading them: what a limit of bytes is compared with.
//!
//! Of a block it is known how many bytes its parts have; a step of it counts as so many as each. Of what lies in pages of
//! its own, pages are counted.

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::block::StoredHead;
use super::fault::Fault;
use super::layout::{BLOCK_HEADS, FACTS, ITEMS, META, META_STEPS, REMOVED, RUNS, SEGMENTS, STEPS};
use crate::map::FastMap;
use crate::model::Run;

/// Of the file, and of redb's memory.
const PAGE_BYTES: u64 = 4_096;
/// A run's row, its place, and what else names it, with what redb adds.
const RUN_BYTES: u64 = 300;
/// A run that is gone, in both of its tables.
const REMOVED_BYTES: u64 = 120;
/// A group of rows, half full.
const GROUP_BYTES: u64 = 2_048;

/// What there is.
#[derive(Debug)]
pub(super) struct Usage {
    pub(super) bytes: u64,
    /// The bytes of each block, and its steps.
    blocks: FastMap<u64, (u64, u64)>,
    /// The same of what is in none.
    rows: (u64, u64),
}

impl Usage {
    pub(super) fn of(read: &ReadTransaction) -> Result<Self, Fault> {
        let mut blocks = FastMap::default();
        let (mut bytes, mut steps) = (0, 0);
        for entry in read.open_table(BLOCK_HEADS)?.iter()? {
            let (number, head) = entry?;
            // A head that is damaged counts as nothing.
            let Ok(head) = StoredHead::read(head.value(), number.value()) else { continue };
            blocks.insert(number.value(), (head.bytes, head.steps.into()));
            bytes += head.bytes;
            steps += u64::from(head.steps);
        }
        let all_steps = read.open_table(META)?.get(META_STEPS)?.map_or(0, |steps| steps.value());
        let pages = read.open_table(SEGMENTS)?.len()? * PAGE_BYTES;
        let groups = (read.open_table(STEPS)?.len()? + read.open_table(FACTS)?.len()? / 32) * GROUP_BYTES;
        let rows = (pages + groups, all_steps.saturating_sub(steps));
        bytes += rows.0 + read.open_table(ITEMS)?.len()? * PAGE_BYTES;
        bytes += read.open_table(RUNS)?.len()? * RUN_BYTES + read.open_table(REMOVED)?.len()? * REMOVED_BYTES;
        Ok(Self { bytes, blocks, rows })
    }

    /// About how many bytes would not be there without this run, of which the first steps are in this block.
    pub(super) fn of_run(&self, run: &Run, block: u64) -> u64 {
        let (bytes, steps) = *self.blocks.get(&block).unwrap_or(&self.rows);
        RUN_BYTES + (u128::from(bytes) * u128::from(run.steps) / u128::from(steps.max(1))) as u64
    }
}
