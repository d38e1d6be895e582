//! From the format of an earlier version to this one, in one transaction: whatever interrupts it leaves the old file.
//!
//! | from | what is done |
//! |---|---|
//! | 2 | summaries of blocks leave the parts of their blocks, and blocks are summed up by spans |
//! | 1 | runs get to know in which block their steps are: in none, until there are enough of them. The index of items begins with what is recorded from then on |

use std::collections::BTreeSet;

use redb::{Database, ReadableTable, TableDefinition};

use super::blocks::{Blocks, SPAN};
use super::fault::Fault;
use super::layout::{
    BLOCK_HEADS, BLOCKS, DISCARDED, FORMAT, ITEM_HEADS, ITEMS, META, META_FINAL_BYTES, META_FINAL_ROWS, META_FORMAT,
    NO_BLOCK, PINS, REMOVED, REMOVED_AT, RUN_AT, RUN_BLOCKS, STEPS, SUMMARIES,
};
use super::{blobs, rows, summary, write};

/// Of format 1.
const RUN_PLACES: TableDefinition<'_, u128, (u64, u8)> = TableDefinition::new("run_places");

/// Where the summary of a block was among its parts, in format 2.
const SUMMARY: u32 = 4;

/// Makes a store of the present format of one of an earlier format.
pub(super) fn from(database: &Database, format: u64) -> Result<(), Fault> {
    let transaction = write::begin(database)?;
    if format < 2 {
        {
            let places = transaction.open_table(RUN_PLACES)?;
            let mut run_at = transaction.open_table(RUN_AT)?;
            for entry in places.iter()? {
                let (run, place) = entry?;
                let (started_ns, status) = place.value();
                run_at.insert(run.value(), (started_ns, status, NO_BLOCK))?;
            }
        }
        transaction.delete_table(RUN_PLACES)?;
        transaction.open_table(RUN_BLOCKS)?;
        transaction.open_table(BLOCK_HEADS)?;
        transaction.open_table(BLOCKS)?;
        transaction.open_table(ITEM_HEADS)?;
        transaction.open_table(ITEMS)?;
        transaction.open_table(PINS)?;
        transaction.open_table(REMOVED)?;
        transaction.open_table(REMOVED_AT)?;
        transaction.open_table(DISCARDED)?;
        let (mut final_rows, mut final_bytes) = (0, 0);
        for row in rows::all(&transaction.open_table(STEPS)?)? {
            let row = row?;
            if row.is_final {
                (final_rows, final_bytes) = (final_rows + 1, final_bytes + rows::value_bytes(&row));
            }
        }
        let mut meta = transaction.open_table(META)?;
        meta.insert(META_FINAL_ROWS, final_rows)?;
        meta.insert(META_FINAL_BYTES, final_bytes)?;
    }
    if format < 3 {
        let (heads, mut blocks) = (transaction.open_table(BLOCK_HEADS)?, transaction.open_table(BLOCKS)?);
        let mut summaries = transaction.open_table(SUMMARIES)?;
        for entry in heads.iter()? {
            let block = entry?.0.value();
            match blobs::get(&blocks, block, SUMMARY, || summary::name(block)) {
                // Without it the block is read.
                Err(Fault::Damage { .. }) => {}
                summary => drop(summaries.insert(block, &*blobs::checked(&summary?))?),
            }
            blobs::remove(&mut blocks, block, SUMMARY)?;
        }
        let spans: BTreeSet<u64> =
            heads.iter()?.map(|entry| Ok(entry?.0.value() / SPAN)).collect::<Result<_, Fault>>()?;
        drop((heads, blocks, summaries));
        let mut blocks = Blocks::open(&transaction)?;
        spans.into_iter().try_for_each(|span| blocks.sum_up(span))?;
    }
    transaction.open_table(META)?.insert(META_FORMAT, u64::from(FORMAT))?;
    transaction.commit()?;
    Ok(())
}
