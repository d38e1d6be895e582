//! The index of items: what steps did to them, by the number of the item's key.
//!
//! Each batch adds a list, sorted by that number, and lists of a size are merged into one of the next: so that whoever asks
//! for an item looks into a few dozen lists, of each at one or two pages, and putting an entry in costs nearly nothing. An
//! entry of a run that is gone stays until its list is merged, or has no other left; whoever reads it asks for the run
//! anyway. A list that is damaged is never merged, and costs itself.
//!
//! ```text
//! item_heads  list u64              StoredHead, by postcard
//! items       (list, what, part)    super::blobs
//!
//! what      contents
//! 0         runs: by how much each id is above the one before, the upper and the lower half of that
//! 1 + n     entries, one after the other:
//!           number    by how much it is above that of the entry before; in the first the number itself
//!           run       its place among the runs; of an entry with the number of the one before, by how much it is above
//!           step      by how much it is above the id of the run's first step, or below: super::integers::difference
//!           what      verdict + 4 if it is inferred + 8 if it has a reason + 16 × place of the callsite in the head
//!           reason    its place in the head, if it has one
//! ```
//!
//! All of these are of variable length. A number is the upper 48 bits of the key's hash
//! ([`crate::inference::item_hash`]): among the twenty million entries of a store, a wrong one turns up in one of ten million
//! questions.

mod list;
mod merge;
mod merging;

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{ReadableTable, Table};

use self::list::{ENTRIES, Entry, RUNS, Reader, Said, StoredHead, Writer, encode_runs};
pub(super) use self::merging::Merging;
use self::merging::{Merged, merge};
use super::blobs::{self, Key};
use super::fault::Fault;
use super::layout::encode;
use super::read;
use crate::abreast::abreast;
use crate::decision::Basis;
use crate::id::{RunId, StepId};
use crate::map::FastMap;
use crate::store::ItemEntry;

/// How many lists of a size are merged.
const MERGED: usize = 8;
/// Lists of so many entries stay as they are.
const LARGEST: u64 = 1 << 20;
/// So many entries are merged at once; more of them while other batches are written.
const AT_ONCE: u64 = 128 << 10;
/// So many runs are looked up at once to see whether lists have any left.
const LOOKED_AT: u64 = 10_000;

type Table_<'t, K> = Table<'t, K, &'static [u8]>;

/// The tables of the index, and where runs are.
pub(super) struct Items<'t> {
    pub(super) heads: Table_<'t, u64>,
    pub(super) blobs: Table_<'t, Key>,
    pub(super) runs: Table<'t, u128, (u64, u8, u64)>,
}

/// The number of a key.
fn number(hash: u64) -> u64 {
    hash >> 16
}

/// In which order entries lie. Of several about the same step and item the first one counts: what the code said last, else
/// what was inferred.
pub(super) fn order(entry: &ItemEntry) -> (u64, RunId, StepId, bool) {
    (number(entry.key_hash), entry.run, entry.step, entry.basis == Basis::Inferred)
}

/// A list that is ready to be written.
pub(super) struct List(Writer);

/// Entries as a list, if there are any.
pub(super) fn prepare(entries: &[ItemEntry]) -> Option<List> {
    if entries.is_empty() {
        return None;
    }
    let mut runs: Vec<RunId> = entries.iter().map(|entry| entry.run).collect();
    // Those of a step follow each other.
    runs.dedup();
    runs.sort_unstable();
    runs.dedup();
    let mut list = Writer::new(runs);
    let entries = placed(entries, &mut list);
    // Numbers are sorted, not entries, which are large.
    let of_entry =
        |(at, entry): (u32, &Entry)| (u128::from(entry.number) << 32 | u128::from(entry.run)) << 32 | u128::from(at);
    let mut places: Vec<u128> = (0..).zip(&entries).map(of_entry).collect();
    places.sort_unstable();
    for of_item_in_run in places.chunk_by_mut(|one, other| one >> 32 == other >> 32) {
        let entry = |place: &u128| &entries[*place as u32 as usize];
        of_item_in_run.sort_unstable_by_key(|place| (entry(place).order(), Reverse(*place)));
        for of_step in of_item_in_run.chunk_by(|one, other| entry(one).step == entry(other).step) {
            list.append(entry(&of_step[0]));
        }
    }
    Some(List(list))
}

/// These entries by their places in a list.
fn placed(entries: &[ItemEntry], list: &mut Writer) -> Vec<Entry> {
    let runs: FastMap<RunId, u32> = list.runs.iter().copied().zip(0..).collect();
    let mut placed = Vec::with_capacity(entries.len());
    // Those of a step have most in common.
    for of_step in entries.chunk_by(|one, other| one.run == other.run && one.callsite == other.callsite) {
        let (run, callsite) = (runs[&of_step[0].run], list.callsite(of_step[0].callsite));
        let mut last: Option<(&Arc<str>, u32)> = None;
        for entry in of_step {
            let reason = entry.reason.as_ref().map(|reason| match last {
                Some((same, place)) if Arc::ptr_eq(same, reason) => place,
                _ => last.insert((reason, list.reason(reason))).1,
            });
            let (number, said, reason) = (number(entry.key_hash), Said::of(entry), reason.unwrap_or(0));
            placed.push(Entry { number, run, step: entry.step, said, callsite, reason });
        }
    }
    placed
}

impl Items<'_> {
    /// Adds a list, with what has come of merging earlier ones.
    pub(super) fn add(&mut self, list: List, merging: &mut Merging) -> Result<(), Fault> {
        let number = self.heads.last()?.map_or(0, |(last, _)| last.value() + 1);
        self.put(number, list.0)?;
        if let Some(merged) = merging.finished() {
            self.replace(merged)?;
        }
        for (entries, lists) in self.due()? {
            if entries < AT_ONCE {
                let merged = merge(&self.heads, &self.blobs, &self.runs, lists, || true);
                self.replace(merged)?;
            } else {
                merging.wants(lists);
            }
        }
        Ok(())
    }

    fn put(&mut self, number: u64, mut list: Writer) -> Result<(), Fault> {
        list.end_piece();
        self.heads.insert(number, &*encode(&list.head)?)?;
        blobs::put(&mut self.blobs, number, RUNS, &encode_runs(&list.runs))?;
        for (what, piece) in (ENTRIES..).zip(&list.pieces) {
            blobs::put(&mut self.blobs, number, what, piece)?;
        }
        Ok(())
    }

    /// The lists of each size of which there are too many, and how many entries they have.
    fn due(&self) -> Result<Vec<(u64, Vec<u64>)>, Fault> {
        let mut by_size: BTreeMap<u32, (u64, Vec<u64>)> = BTreeMap::new();
        for entry in self.heads.iter()? {
            let (list, head) = entry?;
            let Ok(head) = StoredHead::read(head.value(), list.value()) else { continue };
            if head.entries < LARGEST && !head.is_damaged {
                let (entries, lists) = by_size.entry(head.entries.ilog2() / MERGED.ilog2()).or_default();
                *entries += head.entries;
                lists.push(list.value());
            }
        }
        Ok(by_size.into_values().filter(|(_, lists)| lists.len() >= MERGED).collect())
    }

    /// Puts a list in the place of those that were merged, unless one of them has gone meanwhile.
    fn replace(&mut self, Merged { lists, list }: Merged) -> Result<(), Fault> {
        let list = match list {
            Err(Fault::Damage { .. }) => return self.mark_damaged(&lists),
            list => list?,
        };
        let (Some(list), Some(last)) = (list, lists.iter().max()) else { return Ok(()) };
        for list in &lists {
            if self.heads.get(list)?.is_none() {
                return Ok(());
            }
        }
        for list in &lists {
            self.heads.remove(list)?;
            blobs::remove_all(&mut self.blobs, *list)?;
        }
        // Those that came meanwhile are later ones.
        if list.head.entries > 0 { self.put(*last, list) } else { Ok(()) }
    }

    /// Marks those of these lists that do not decode, so that the others are merged the next time.
    fn mark_damaged(&mut self, lists: &[u64]) -> Result<(), Fault> {
        for list in lists {
            let Some(head) = self.heads.get(list)?.map(|head| StoredHead::read(head.value(), *list)).transpose()?
            else {
                continue;
            };
            match entries(&self.blobs, *list, head.clone()) {
                Err(Fault::Damage { .. }) => {
                    self.heads.insert(list, &*encode(&StoredHead { is_damaged: true, ..head })?)?;
                }
                entries => drop(entries?),
            }
        }
        Ok(())
    }
}

/// How an error names a list.
pub(super) fn name(list: u64) -> String {
    format!("list {list} of the index of items")
}

/// The entries of a list.
fn entries(
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    list: u64,
    head: StoredHead,
) -> Result<Vec<ItemEntry>, Fault> {
    let mut reader = Reader::open(blobs, list, head, 0)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next()? {
        entries.push(reader.told(&entry));
    }
    Ok(entries)
}

/// The numbers of all lists.
pub(super) fn lists(heads: &impl ReadableTable<u64, &'static [u8]>) -> Result<Vec<u64>, Fault> {
    heads.iter()?.map(|entry| Ok(entry?.0.value())).collect()
}

/// All entries of a list, in order.
pub(super) fn list(
    heads: &impl ReadableTable<u64, &'static [u8]>,
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    list: u64,
) -> Result<Vec<ItemEntry>, Fault> {
    let head = heads.get(list)?.ok_or_else(|| Fault::damage(name(list), "it is not there"))?;
    let head = StoredHead::read(head.value(), list)?;
    let count = head.entries;
    let entries = entries(blobs, list, head)?;
    if entries.len() as u64 != count {
        return Err(Fault::damage(name(list), format!("it has {} entries rather than {count}", entries.len())));
    }
    Ok(entries)
}

/// Of some lists from this one on, those of which no run is there; and from where on the others are.
pub(super) fn without_runs(
    heads: &impl ReadableTable<u64, &'static [u8]>,
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    places: &impl ReadableTable<u128, (u64, u8, u64)>,
    from: u64,
) -> Result<(Vec<u64>, Option<u64>), Fault> {
    let mut empty = Vec::new();
    let mut looked_at = 0;
    for entry in heads.range(from..)? {
        let (list, head) = entry?;
        let list = list.value();
        if looked_at > LOOKED_AT {
            return Ok((empty, Some(list)));
        }
        // What is damaged stays, for a reader to say.
        let Ok(head) = StoredHead::read(head.value(), list) else { continue };
        let Ok(reader) = Reader::open(blobs, list, head, 0) else { continue };
        let mut is_empty = true;
        // The last ones began last, mostly.
        for run in reader.runs.iter().rev() {
            looked_at += 1;
            is_empty = places.get(run.0)?.is_none();
            if !is_empty {
                break;
            }
        }
        empty.extend(is_empty.then_some(list));
    }
    Ok((empty, None))
}

/// All that is known of what became of the items with this key's number, in the order of [`order`]; and what of the index
/// is damaged, which is left out.
pub(super) fn find(
    heads: &impl ReadableTable<u64, &'static [u8]>,
    blobs: &(impl ReadableTable<Key, &'static [u8]> + Sync),
    hash: u64,
) -> Result<(Vec<ItemEntry>, Vec<String>), Fault> {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    let lists = heads.iter()?.collect::<Result<Vec<_>, _>>()?;
    let in_lists = abreast(&lists, 2, |(list, head)| {
        let head = StoredHead::read(head.value(), list.value())?;
        find_in(blobs, list.value(), head, number(hash))
    });
    // What is in a later list comes last.
    for found_in in in_lists {
        match found_in {
            Err(Fault::Damage { place, detail }) => read::note(&mut damaged, &place, &detail),
            entries => found.extend(entries?),
        }
    }
    found.reverse();
    found.sort_by_key(order);
    found.dedup_by_key(|entry| (entry.run, entry.step));
    Ok((found, damaged))
}

/// The entries of a list that have this number.
fn find_in(
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    list: u64,
    head: StoredHead,
    wanted: u64,
) -> Result<Vec<ItemEntry>, Fault> {
    let mut found = Vec::new();
    if head.firsts.first().is_none_or(|first| *first > wanted) {
        return Ok(found);
    }
    // Its first entry may be at the end of the piece before those that begin with it.
    let piece = head.firsts.partition_point(|first| *first < wanted).saturating_sub(1);
    let mut reader = Reader::open(blobs, list, head, piece)?;
    while let Some(entry) = reader.next()? {
        match entry.number.cmp(&wanted) {
            Ordering::Less => {}
            Ordering::Equal => found.push(reader.told(&entry)),
            Ordering::Greater => break,
        }
    }
    Ok(found)
}
