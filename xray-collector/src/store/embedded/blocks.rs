//! The tables that blocks are in, as they are written.
//!
//! Sixteen blocks whose numbers follow each other are a span. What all of its steps come to is written down when the first
//! block behind it is written, and goes when one of its blocks goes or changes: then they are looked at one by one.

use std::ops::Range;

use redb::{ReadableTable, Table, WriteTransaction};

use super::blobs::{self, Key};
use super::block::{self, Encoded, StoredHead};
use super::fault::Fault;
use super::layout::{BLOCK_HEADS, BLOCKS, DISCARDED, META, META_NEXT_BLOCK, SPANS, SUMMARIES, encode};
use super::summary;
use crate::store::{Block, Summary};

/// How many blocks are a span.
pub(super) const SPAN: u64 = 16;

pub(super) struct Blocks<'t> {
    heads: Table<'t, u64, &'static [u8]>,
    pub(super) parts: Table<'t, Key, &'static [u8]>,
    summaries: Table<'t, u64, &'static [u8]>,
    spans: Table<'t, u64, &'static [u8]>,
    discarded: Table<'t, u64, ()>,
}

impl<'t> Blocks<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            heads: transaction.open_table(BLOCK_HEADS)?,
            parts: transaction.open_table(BLOCKS)?,
            summaries: transaction.open_table(SUMMARIES)?,
            spans: transaction.open_table(SPANS)?,
            discarded: transaction.open_table(DISCARDED)?,
        })
    }

    /// What is known of a block, if it is there.
    pub(super) fn head(&self, number: u64) -> Result<Option<StoredHead>, Fault> {
        StoredHead::find(&self.heads, number)
    }

    /// Writes a new block, with a higher number than all others. Its head gets to know how long it is.
    pub(super) fn put(&mut self, number: u64, mut head: StoredHead, encoded: &Encoded) -> Result<(), Fault> {
        self.put_parts(number, encoded)?;
        head.bytes = length(&self.parts, &self.summaries, number)?;
        self.heads.insert(number, &*encode(&head)?)?;
        if number.is_multiple_of(SPAN) && number > 0 { self.sum_up(number / SPAN - 1) } else { Ok(()) }
    }

    /// Writes the columns of a block in the place of others.
    pub(super) fn change(&mut self, number: u64, head: StoredHead, block: &Block) -> Result<(), Fault> {
        let encoded = block::encode_columns(block)?;
        for (what, _) in &encoded.parts {
            blobs::remove(&mut self.parts, number, *what)?;
        }
        self.put_parts(number, &encoded)?;
        self.spans.remove(number / SPAN)?;
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
    pub(super) fn forget(&mut self, number: u64) -> Result<(), Fault> {
        self.heads.remove(number)?;
        self.summaries.remove(number)?;
        self.spans.remove(number / SPAN)?;
        self.discarded.insert(number, ())?;
        Ok(())
    }

    /// Writes down what the blocks of a span come to, if all of them are there.
    pub(super) fn sum_up(&mut self, span: u64) -> Result<(), Fault> {
        let summary = |number| {
            let head = self.head(number)?.ok_or_else(|| Fault::damage(block::name(number), "it is not there"))?;
            summary::read(&self.summaries, number, head.steps as usize)
        };
        match numbers_of(span).map(summary).collect::<Result<Vec<_>, Fault>>() {
            Err(Fault::Damage { .. }) => {}
            summaries => {
                let all = summary::encode(&Summary::of_all(&summaries?))?;
                self.spans.insert(span, &*blobs::checked(&all))?;
            }
        }
        Ok(())
    }
}

/// The blocks of a span; not all of them if there are no such numbers.
pub(super) fn numbers_of(span: u64) -> Range<u64> {
    let first = span.saturating_mul(SPAN);
    first..first.saturating_add(SPAN)
}

/// How an error names what a span comes to.
pub(super) fn name_of_span(span: u64) -> String {
    let Range { start, end } = numbers_of(span);
    format!("blocks {start} to {}, their summary", end - 1)
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
