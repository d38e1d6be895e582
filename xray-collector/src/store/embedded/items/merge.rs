//! Several lists as one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use redb::ReadableTable;

use super::list::{Entry, Reader, StoredHead, Writer};
use super::name;
use crate::id::RunId;
use crate::store::embedded::blobs::Key;
use crate::store::embedded::fault::Fault;

/// The place of a run that is gone, and of what is not in the list yet.
const NONE: u32 = u32::MAX;

/// These lists as one, without the runs that are gone. `None` if it is not wanted any more.
pub(super) fn merged(
    heads: &impl ReadableTable<u64, &'static [u8]>,
    blobs: &impl ReadableTable<Key, &'static [u8]>,
    places: &impl ReadableTable<u128, (u64, u8, u64)>,
    lists: &[u64],
    is_wanted: impl Fn() -> bool,
) -> Result<Option<Writer>, Fault> {
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
    let mut sources = Vec::new();
    let mut next = BinaryHeap::new();
    for reader in readers {
        let mut source = Source::new(reader, &merged.runs);
        // Of several that are in the same place, that of the first source comes first.
        if let Some(entry) = source.next(&mut merged)? {
            next.push(Reverse((entry.order(), sources.len())));
            sources.push((source, entry));
        }
    }
    let mut last = None;
    while let Some(mut first) = next.peek_mut() {
        if !is_wanted() {
            return Ok(None);
        }
        let Reverse((_, place)) = *first;
        let (source, at) = &mut sources[place];
        let entry = *at;
        match source.next(&mut merged)? {
            Some(next) => {
                *first = Reverse((next.order(), place));
                *at = next;
            }
            None => drop(PeekMut::pop(first)),
        }
        if last.replace(entry.subject()) != Some(entry.subject()) {
            merged.append(&entry);
        }
    }
    Ok(Some(merged))
}

/// One of the lists, and where what it refers to is in the one that is made of them: in that there is nothing that no entry
/// needs.
struct Source<'t, T> {
    reader: Reader<'t, T>,
    runs: Vec<u32>,
    callsites: Vec<u32>,
    reasons: Vec<u32>,
}

impl<'t, T: ReadableTable<Key, &'static [u8]>> Source<'t, T> {
    fn new(reader: Reader<'t, T>, left: &[RunId]) -> Self {
        let place = |run: &RunId| left.binary_search(run).map_or(NONE, |place| place as u32);
        let runs = reader.runs.iter().map(place).collect();
        let callsites = vec![NONE; reader.head.callsites.len()];
        let reasons = vec![NONE; reader.head.reasons.len()];
        Self { reader, runs, callsites, reasons }
    }

    /// The next entry of a run that is there, by its places in the list that is made.
    fn next(&mut self, merged: &mut Writer) -> Result<Option<Entry>, Fault> {
        while let Some(entry) = self.reader.next()? {
            let run = self.runs[entry.run as usize];
            if run == NONE {
                continue;
            }
            let callsite = &mut self.callsites[entry.callsite as usize];
            if *callsite == NONE {
                *callsite = merged.callsite(self.reader.head.callsites[entry.callsite as usize]);
            }
            let mut reason = 0;
            if entry.said.has_reason() {
                let place = &mut self.reasons[entry.reason as usize];
                if *place == NONE {
                    *place = merged.reason(&self.reader.head.reasons[entry.reason as usize]);
                }
                reason = *place;
            }
            return Ok(Some(Entry { run, callsite: *callsite, reason, ..entry }));
        }
        Ok(None)
    }
}
