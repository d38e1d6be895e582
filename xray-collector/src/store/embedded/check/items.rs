//! The index of items: that its lists decode and are in order, and that entries lead to steps that did what they say.

use super::Check;
use crate::inference::item_hash;
use crate::model::Level;
use crate::store::ItemEntry;
use crate::store::embedded::fault::Fault;
use crate::store::embedded::layout::{ITEM_HEADS, ITEMS, RUN_AT, step_place};
use crate::store::embedded::{items, read};

/// Of each list, so many entries are looked up.
const LOOKED_UP: usize = 64;

impl Check<'_> {
    pub(super) fn items(&mut self) -> Result<(), Fault> {
        let (heads, blobs) = (self.read.open_table(ITEM_HEADS)?, self.read.open_table(ITEMS)?);
        let runs = self.read.open_table(RUN_AT)?;
        for list in items::lists(&heads)? {
            let Some(entries) = self.report.sound(items::list(&heads, &blobs, list))? else { continue };
            if !entries.is_sorted_by_key(items::order) {
                self.report.problem(items::name(list), "its entries are not in order");
            }
            self.report.items += entries.len() as u64;
            for (at, entry) in entries.iter().enumerate() {
                if runs.get(entry.run.0)?.is_none() {
                    self.report.stale_items += 1;
                } else if at % (entries.len() / LOOKED_UP + 1) == 0 {
                    self.entry(list, entry)?;
                }
            }
        }
        Ok(())
    }

    /// Whether an entry leads to a step that is what it says. What the step did to the item is compared where the step says
    /// all of that by itself.
    fn entry(&mut self, list: u64, entry: &ItemEntry) -> Result<(), Fault> {
        let place = step_place(entry.run, entry.step);
        let Some(detail) = self.report.sound(read::step(self.read, self.caches, entry.run, entry.step))? else {
            return Ok(());
        };
        // What was said of a step that never came has no step.
        let Some(detail) = detail else { return Ok(()) };
        let account = detail.account();
        let is_whole = detail.step.level == Level::Full && account.sampled_of.is_none();
        let is_of = |item: &str| item_hash(item) >> 16 == entry.key_hash >> 16;
        if is_whole && !account.decisions.is_empty() && !account.decisions.iter().any(|decision| is_of(&decision.item))
        {
            self.report.problem(items::name(list), format!("{place} does not say anything of an item that is listed"));
        }
        Ok(())
    }
}
