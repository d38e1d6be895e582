//! Counts in `meta`, which move with what is written.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};

use super::fault::Fault;
use super::layout::{META, META_FINAL_BYTES, META_FINAL_ROWS, META_STEPS};
use super::rows::Growth;

/// By how much each count in `meta` changes.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<&'static str, i64>);

impl Counts {
    pub(super) fn add(&mut self, name: &'static str, change: i64) {
        *self.0.entry(name).or_default() += change;
    }

    /// What the table of rows has grown by.
    pub(super) fn add_rows(&mut self, growth: Growth) {
        self.add(META_STEPS, growth.rows);
        self.add(META_FINAL_ROWS, growth.final_rows);
        self.add(META_FINAL_BYTES, growth.final_bytes);
    }

    pub(super) fn write(self, transaction: &WriteTransaction) -> Result<(), Fault> {
        let mut meta = transaction.open_table(META)?;
        for (name, change) in self.0.into_iter().filter(|(_, change)| *change != 0) {
            let count = meta.get(name)?.map_or(0, |count| count.value());
            meta.insert(name, count.saturating_add_signed(change))?;
        }
        Ok(())
    }
}
