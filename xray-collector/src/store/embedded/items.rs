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

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use redb::{ReadableTable, Table};
use serde::{Deserialize, Serialize};

use super::blobs::{self, Key};
use super::fault::Fault;
use super::integers::{append_variable, difference, sum, take_variable};
use super::layout::{decode, encode};
use super::read;
use crate::abreast::abreast;
use crate::decision::{Basis, Verdict};
use crate::fact::code_of_verdict;
use crate::id::{RunId, StepId};
use crate::map::FastMap;
use crate::store::ItemEntry;

const RUNS: u32 = 0;
const ENTRIES: u32 = 1;
/// What is read to look at one entry: a page of the file.
const PIECE_BYTES: usize = blobs::PART_BYTES - 64;
/// How many lists of a size are merged.
const MERGED: usize = 8;
/// Lists of so many entries stay as they are.
const LARGEST: u64 = 1 << 20;
/// So many runs are looked up at once to see whether lists have any left.
const LOOKED_AT: u64 = 10_000;

const INFERRED: u64 = 4;
const REASON: u64 = 8;

type Table_<'t, K> = Table<'t, K, &'static [u8]>;

/// What is known of a list before its entries are read.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct StoredHead {
    entries: u64,
    /// The number with which each piece begins.
    firsts: Vec<u64>,
    callsites: Vec<Option<u32>>,
    reasons: Vec<Arc<str>>,
    /// It does not decode to its end.
    is_damaged: bool,
}

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
pub(super) fn prepare(entries: &[ItemEntry]) -> Result<Option<List>, Fault> {
    if entries.is_empty() {
        return Ok(None);
    }
    // Numbers are sorted, not entries, which are large.
    let mut places: Vec<(u64, u32)> = entries.iter().map(|entry| number(entry.key_hash)).zip(0..).collect();
    places.sort_unstable();
    let mut runs: Vec<RunId> = entries.iter().map(|entry| entry.run).collect();
    // Those of a step follow each other.
    runs.dedup();
    runs.sort_unstable();
    runs.dedup();
    let mut list = Writer::new(runs);
    for of_item in places.chunk_by_mut(|one, other| one.0 == other.0) {
        let place = |place: &(u64, u32)| (order(&entries[place.1 as usize]), Reverse(place.1));
        of_item.sort_unstable_by_key(place);
        let mut last = None;
        for (_, place) in of_item {
            let entry = &entries[*place as usize];
            if last.replace((entry.run, entry.step)) != Some((entry.run, entry.step)) {
                list.append(entry)?;
            }
        }
    }
    Ok(Some(List(list)))
}

impl Items<'_> {
    /// Adds a list.
    pub(super) fn add(&mut self, list: List) -> Result<(), Fault> {
        self.put(list.0)?;
        self.merge()
    }

    fn put(&mut self, mut list: Writer) -> Result<(), Fault> {
        list.end_piece();
        let number = self.heads.last()?.map_or(0, |(last, _)| last.value() + 1);
        self.heads.insert(number, &*encode(&list.head)?)?;
        blobs::put(&mut self.blobs, number, RUNS, &encode_runs(&list.runs))?;
        for (what, piece) in (ENTRIES..).zip(&list.pieces) {
            blobs::put(&mut self.blobs, number, what, piece)?;
        }
        Ok(())
    }

    /// Merges lists until there are few of each size.
    fn merge(&mut self) -> Result<(), Fault> {
        let mut by_size: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for entry in self.heads.iter()? {
            let (list, head) = entry?;
            let Ok(head) = StoredHead::read(head.value(), list.value()) else { continue };
            if head.entries < LARGEST && !head.is_damaged {
                by_size.entry(head.entries.ilog2() / MERGED.ilog2()).or_default().push(list.value());
            }
        }
        for lists in by_size.into_values().filter(|lists| lists.len() >= MERGED) {
            let merged = match merged(&self.heads, &self.blobs, &self.runs, &lists) {
                Err(Fault::Damage { .. }) => {
                    self.mark_damaged(&lists)?;
                    continue;
                }
                merged => merged?,
            };
            for list in lists {
                self.heads.remove(list)?;
                blobs::remove_all(&mut self.blobs, list)?;
            }
            if merged.head.entries > 0 {
                self.put(merged)?;
            }
        }
        Ok(())
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

impl StoredHead {
    fn read(bytes: &[u8], list: u64) -> Result<Self, Fault> {
        decode(bytes, || name(list))
    }
}

/// How an error names a list.
pub(super) fn name(list: u64) -> String {
    format!("list {list} of the index of items")
}

/// A list that is put together, in order.
struct Writer {
    head: StoredHead,
    runs: Vec<RunId>,
    places: FastMap<RunId, u64>,
    callsites: FastMap<Option<u32>, u64>,
    reasons: FastMap<Arc<str>, u64>,
    pieces: Vec<Vec<u8>>,
    piece: Vec<u8>,
    last: (u64, u64),
}

impl Writer {
    /// Of entries of these runs, which are in order.
    fn new(runs: Vec<RunId>) -> Self {
        let places = runs.iter().copied().zip(0..).collect();
        Self {
            head: StoredHead::default(),
            runs,
            places,
            callsites: FastMap::default(),
            reasons: FastMap::default(),
            pieces: Vec::new(),
            piece: Vec::new(),
            last: (0, 0),
        }
    }

    fn append(&mut self, entry: &ItemEntry) -> Result<(), Fault> {
        if self.piece.len() >= PIECE_BYTES {
            self.end_piece();
        }
        let number = number(entry.key_hash);
        if self.piece.is_empty() {
            self.head.firsts.push(number);
            self.last = (0, 0);
        }
        let run = self.places.get(&entry.run).copied();
        let run = run.ok_or_else(|| Fault::Unfit("an entry of a run that its list does not have".to_owned()))?;
        let (last, last_run) = self.last;
        append_variable(&mut self.piece, number - last);
        append_variable(&mut self.piece, if number == last { run - last_run } else { run });
        append_variable(&mut self.piece, difference(entry.step.0, entry.run.root().0));
        let next = self.callsites.len() as u64;
        let callsite = *self.callsites.entry(entry.callsite).or_insert_with(|| {
            self.head.callsites.push(entry.callsite);
            next
        });
        let mut what = u64::from(code_of_verdict(entry.verdict)) + 16 * callsite;
        what += if entry.basis == Basis::Inferred { INFERRED } else { 0 };
        what += if entry.reason.is_some() { REASON } else { 0 };
        append_variable(&mut self.piece, what);
        if let Some(reason) = &entry.reason {
            let next = self.reasons.len() as u64;
            let place = *self.reasons.entry(Arc::clone(reason)).or_insert_with(|| {
                self.head.reasons.push(Arc::clone(reason));
                next
            });
            append_variable(&mut self.piece, place);
        }
        self.last = (number, run);
        self.head.entries += 1;
        Ok(())
    }

    fn end_piece(&mut self) {
        if !self.piece.is_empty() {
            self.pieces.push(std::mem::take(&mut self.piece));
        }
    }
}

fn encode_runs(runs: &[RunId]) -> Vec<u8> {
    let (mut bytes, mut last) = (Vec::new(), 0);
    for RunId(run) in runs {
        append_variable(&mut bytes, ((run - last) >> 64) as u64);
        append_variable(&mut bytes, (run - last) as u64);
        last = *run;
    }
    bytes
}

fn decode_runs(mut bytes: &[u8]) -> Option<Vec<RunId>> {
    let (mut runs, mut last) = (Vec::new(), 0_u128);
    while !bytes.is_empty() {
        let above = u128::from(take_variable(&mut bytes)?) << 64 | u128::from(take_variable(&mut bytes)?);
        last = last.checked_add(above)?;
        runs.push(RunId(last));
    }
    Some(runs)
}

/// A list as it is read, from a piece of it on.
struct Reader<'t, T> {
    table: &'t T,
    list: u64,
    head: StoredHead,
    runs: Vec<RunId>,
    /// The piece that is read next.
    next: usize,
    piece: Vec<u8>,
    at: usize,
    last: (u64, u64),
}

impl<'t, T: ReadableTable<Key, &'static [u8]>> Reader<'t, T> {
    fn open(table: &'t T, list: u64, head: StoredHead, piece: usize) -> Result<Self, Fault> {
        let runs = decode_runs(&blobs::get(table, list, RUNS, || name(list))?);
        let runs = runs.ok_or_else(|| Fault::damage(name(list), "its runs do not decode"))?;
        Ok(Self { table, list, head, runs, next: piece, piece: Vec::new(), at: 0, last: (0, 0) })
    }

    fn next(&mut self) -> Result<Option<ItemEntry>, Fault> {
        if self.at == self.piece.len() {
            if self.next == self.head.firsts.len() {
                return Ok(None);
            }
            let what = ENTRIES + self.next as u32;
            self.piece = blobs::get(self.table, self.list, what, || name(self.list))?;
            (self.at, self.last, self.next) = (0, (0, 0), self.next + 1);
        }
        let mut rest = &self.piece[self.at..];
        let entry = self.take(&mut rest).ok_or_else(|| Fault::damage(name(self.list), "an entry does not decode"))?;
        self.at = self.piece.len() - rest.len();
        self.last = (entry.0, entry.1);
        Ok(Some(entry.2))
    }

    /// An entry, with its number and its run's place.
    fn take(&self, rest: &mut &[u8]) -> Option<(u64, u64, ItemEntry)> {
        let above = take_variable(rest)?;
        let number = self.last.0.checked_add(above)?;
        let mut place = take_variable(rest)?;
        // The first of a piece stands for itself, also if its number is zero.
        if above == 0 && self.at > 0 {
            place = self.last.1.checked_add(place)?;
        }
        let run = *self.runs.get(usize::try_from(place).ok()?)?;
        let step = StepId(sum(take_variable(rest)?, run.root().0));
        let what = take_variable(rest)?;
        let callsite = *self.head.callsites.get(usize::try_from(what / 16).ok()?)?;
        let verdict = Verdict::ALL.into_iter().find(|verdict| u64::from(code_of_verdict(*verdict)) == what & 3)?;
        let basis = if what & INFERRED != 0 { Basis::Inferred } else { Basis::Observed };
        let reason = match what & REASON {
            0 => None,
            _ => Some(Arc::clone(self.head.reasons.get(usize::try_from(take_variable(rest)?).ok()?)?)),
        };
        Some((number, place, ItemEntry { key_hash: number << 16, run, step, callsite, verdict, basis, reason }))
    }
}

/// These lists as one, without the runs that are gone.
fn merged(
    heads: &impl ReadableTable<u64, &'static [u8]>,
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    places: &impl ReadableTable<u128, (u64, u8, u64)>,
    lists: &[u64],
) -> Result<Writer, Fault> {
    let mut readers = Vec::new();
    // Of what is said twice of the same step and item, that in the later list counts.
    for list in lists.iter().rev() {
        let head = heads.get(list)?.ok_or_else(|| Fault::damage(name(*list), "it is not there"))?;
        readers.push(Reader::open(blobs, *list, StoredHead::read(head.value(), *list)?, 0)?);
    }
    let mut runs: Vec<RunId> = readers.iter().flat_map(|reader| reader.runs.iter().copied()).collect();
    runs.sort_unstable();
    runs.dedup();
    let mut left = Vec::with_capacity(runs.len());
    for run in runs {
        if places.get(run.0)?.is_some() {
            left.push(run);
        }
    }
    let mut merged = Writer::new(left);
    let mut next = BinaryHeap::new();
    let mut entries = Vec::new();
    for (place, reader) in readers.iter_mut().enumerate() {
        entries.push(reader.next()?);
        next.extend(entries[place].as_ref().map(|entry| Reverse((order(entry), place))));
    }
    let mut last = None;
    while let Some(Reverse((_, place))) = next.pop() {
        let Some(entry) = std::mem::replace(&mut entries[place], readers[place].next()?) else { continue };
        next.extend(entries[place].as_ref().map(|entry| Reverse((order(entry), place))));
        let of = (number(entry.key_hash), entry.run, entry.step);
        if last != Some(of) && merged.places.contains_key(&entry.run) {
            merged.append(&entry)?;
            last = Some(of);
        }
    }
    Ok(merged)
}

/// The entries of a list.
fn entries(
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    list: u64,
    head: StoredHead,
) -> Result<Vec<ItemEntry>, Fault> {
    let mut reader = Reader::open(blobs, list, head, 0)?;
    std::iter::from_fn(|| reader.next().transpose()).collect()
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
    let in_lists = abreast(&lists, |(list, head)| {
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
        match number(entry.key_hash) {
            number if number < wanted => {}
            number if number == wanted => found.push(entry),
            _ => break,
        }
    }
    Ok(found)
}
