//! The tables that blocks are in, as they are written.

use redb::{ReadableTable, Table, WriteTransaction};

use super::blobs::{self, Key};
use super::block::{self, Encoded, StoredHead};
use super::fault::Fault;
use super::layout::{BLOCK_HEADS, BLOCKS, DISCARDED, META, META_NEXT_BLOCK, SUMMARIES, encode};
use crate::store::Block;

pub(super) struct Blocks<'t> {
    heads: Table<'t, u64, &'static [u8]>,
    pub(super) parts: Table<'t, Key, &'static [u8]>,
    summaries: Table<'t, u64, &'static [u8]>,
}

impl<'t> Blocks<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            heads: transaction.open_table(BLOCK_HEADS)?,
            parts: transaction.open_table(BLOCKS)?,
            summaries: transaction.open_table(SUMMARIES)?,
        })
    }

    /// What is known of a block, if it is there.
    pub(super) fn head(&self, number: u64) -> Result<Option<StoredHead>, Fault> {
        self.heads.get(number)?.map(|head| StoredHead::read(head.value(), number)).transpose()
    }

    /// Writes a new block. Its head gets to know how long it is.
    pub(super) fn put(&mut self, number: u64, mut head: StoredHead, encoded: &Encoded) -> Result<(), Fault> {
        self.put_parts(number, encoded)?;
        head.bytes = length(&self.parts, &self.summaries, number)?;
        self.heads.insert(number, &*encode(&head)?)?;
        Ok(())
    }

    /// Writes the columns of a block in the place of others.
    pub(super) fn change(&mut self, number: u64, head: StoredHead, block: &Block) -> Result<(), Fault> {
        let encoded = block::encode_columns(block)?;
        for (what, _) in &encoded.parts {
            blobs::remove(&mut self.parts, number, *what)?;
        }
        self.put_parts(number, &encoded)?;
        self.heads.insert(number, &*encode(&head.changed(block))?)?;
        Ok(())
    }

    fn put_parts(&mut self, number: u64, encoded: &Encoded) -> Result<(), Fault> {
        for (what, bytes) in &encoded.parts {
            blobs::put(&mut self.parts, number, *what, bytes)?;
        }
        self.summaries.insert(number, &*blobs::checked(&encoded.summary))?;
        Ok(())
    }

    /// Has a block count as gone: its bytes are removed bit by bit.
    pub(super) fn forget(&mut self, number: u64, transaction: &WriteTransaction) -> Result<(), Fault> {
        self.heads.remove(number)?;
        self.summaries.remove(number)?;
        transaction.open_table(DISCARDED)?.insert(number, ())?;
        Ok(())
    }
}

/// How many bytes a block has, its head not counted.
pub(super) fn length(
    parts: &impl ReadableTable<Key, &'static [u8]>,
    summaries: &impl ReadableTable<u64, &'static [u8]>,
    number: u64,
) -> Result<u64, Fault> {
    let summary = summaries.get(number)?.map_or(0, |summary| summary.value().len());
    Ok(blobs::length(parts, number)? + summary as u64)
}

/// The number of a new block.
pub(super) fn next_number(transaction: &WriteTransaction) -> Result<u64, Fault> {
    let mut meta = transaction.open_table(META)?;
    let number = meta.get(META_NEXT_BLOCK)?.map_or(0, |next| next.value());
    meta.insert(META_NEXT_BLOCK, number + 1)?;
    Ok(number)
}
