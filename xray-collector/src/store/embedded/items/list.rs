//! One list of the index: its entries in bytes, as they are written and read.

use std::sync::Arc;

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::name;
use crate::decision::{Basis, Verdict};
use crate::fact::code_of_verdict;
use crate::id::{RunId, StepId};
use crate::map::FastMap;
use crate::store::ItemEntry;
use crate::store::embedded::blobs::{self, Key, PART_BYTES};
use crate::store::embedded::fault::Fault;
use crate::store::embedded::integers::{append_variable, difference, sum, take_variable};
use crate::store::embedded::layout::decode;

pub(super) const RUNS: u32 = 0;
pub(super) const ENTRIES: u32 = 1;
/// What is read to look at one entry: a page of the file.
const PIECE_BYTES: usize = PART_BYTES - 64;
/// What comes above what is said.
const CALLSITE: u64 = 16;
const INFERRED: u8 = 4;
const REASON: u8 = 8;

/// What is known of a list before its entries are read.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct StoredHead {
    pub(super) entries: u64,
    /// The number with which each piece begins.
    pub(super) firsts: Vec<u64>,
    pub(super) callsites: Vec<Option<u32>>,
    pub(super) reasons: Vec<Arc<str>>,
    /// It does not decode to its end.
    pub(super) is_damaged: bool,
}

impl StoredHead {
    pub(super) fn read(bytes: &[u8], list: u64) -> Result<Self, Fault> {
        decode(bytes, || name(list))
    }
}

/// An entry of a list: runs, callsites and reasons are their places in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) run: u32,
    pub(super) step: StepId,
    pub(super) said: Said,
    pub(super) callsite: u32,
    /// 0 if it has none.
    pub(super) reason: u32,
}

/// What an entry says: the code of a verdict, and flags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said(u8);

impl Said {
    pub(super) fn of(entry: &ItemEntry) -> Self {
        let inferred = if entry.basis == Basis::Inferred { INFERRED } else { 0 };
        let reason = if entry.reason.is_some() { REASON } else { 0 };
        Self(code_of_verdict(entry.verdict) | inferred | reason)
    }

    pub(super) fn has_reason(self) -> bool {
        self.has(REASON)
    }

    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    fn verdict(self) -> Verdict {
        let code = self.0 & 3;
        Verdict::ALL.into_iter().find(|verdict| code_of_verdict(*verdict) == code).unwrap_or(Verdict::Kept)
    }
}

impl Entry {
    /// In which order the entries of a list lie: [`super::order`], as its runs are in order.
    pub(super) fn order(&self) -> (u64, u32, StepId, bool) {
        (self.number, self.run, self.step, self.said.has(INFERRED))
    }

    /// What it is about: of several entries the first one counts.
    pub(super) fn subject(&self) -> (u64, u32, StepId) {
        (self.number, self.run, self.step)
    }
}

/// A list that is put together, in order.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) head: StoredHead,
    pub(super) runs: Vec<RunId>,
    pub(super) pieces: Vec<Vec<u8>>,
    callsites: FastMap<Option<u32>, u32>,
    reasons: FastMap<Arc<str>, u32>,
    piece: Vec<u8>,
    last: (u64, u32),
}

impl Writer {
    /// Of entries of these runs, which are in order.
    pub(super) fn new(runs: Vec<RunId>) -> Self {
        Self {
            head: StoredHead::default(),
            runs,
            pieces: Vec::new(),
            callsites: FastMap::default(),
            reasons: FastMap::default(),
            piece: Vec::new(),
            last: (0, 0),
        }
    }

    /// The place of a callsite.
    pub(super) fn callsite(&mut self, callsite: Option<u32>) -> u32 {
        let next = self.head.callsites.len() as u32;
        *self.callsites.entry(callsite).or_insert_with(|| {
            self.head.callsites.push(callsite);
            next
        })
    }

    /// The place of a reason.
    pub(super) fn reason(&mut self, reason: &Arc<str>) -> u32 {
        if let Some(place) = self.reasons.get(reason) {
            return *place;
        }
        let next = self.head.reasons.len() as u32;
        self.head.reasons.push(Arc::clone(reason));
        self.reasons.insert(Arc::clone(reason), next);
        next
    }

    /// Its places are those of this list.
    pub(super) fn append(&mut self, entry: &Entry) {
        if self.piece.len() >= PIECE_BYTES {
            self.end_piece();
        }
        if self.piece.is_empty() {
            self.head.firsts.push(entry.number);
            self.last = (0, 0);
        }
        let (last, last_run) = self.last;
        let run = if entry.number == last { entry.run - last_run } else { entry.run };
        append_variable(&mut self.piece, entry.number - last);
        append_variable(&mut self.piece, u64::from(run));
        append_variable(&mut self.piece, difference(entry.step.0, self.runs[entry.run as usize].root().0));
        append_variable(&mut self.piece, u64::from(entry.said.0) + CALLSITE * u64::from(entry.callsite));
        if entry.said.has_reason() {
            append_variable(&mut self.piece, u64::from(entry.reason));
        }
        self.last = (entry.number, entry.run);
        self.head.entries += 1;
    }

    pub(super) fn end_piece(&mut self) {
        if !self.piece.is_empty() {
            let room = self.piece.capacity();
            self.pieces.push(std::mem::replace(&mut self.piece, Vec::with_capacity(room)));
        }
    }
}

pub(super) fn encode_runs(runs: &[RunId]) -> Vec<u8> {
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
pub(super) struct Reader<'t, T> {
    pub(super) head: StoredHead,
    pub(super) runs: Vec<RunId>,
    table: &'t T,
    list: u64,
    /// The piece that is read next.
    next: usize,
    piece: Vec<u8>,
    at: usize,
    last: (u64, u32),
}

impl<'t, T: ReadableTable<Key, &'static [u8]>> Reader<'t, T> {
    pub(super) fn open(table: &'t T, list: u64, head: StoredHead, piece: usize) -> Result<Self, Fault> {
        let runs = decode_runs(&blobs::get(table, list, RUNS, || name(list))?);
        let runs = runs.ok_or_else(|| Fault::damage(name(list), "its runs do not decode"))?;
        Ok(Self { table, list, head, runs, next: piece, piece: Vec::new(), at: 0, last: (0, 0) })
    }

    pub(super) fn next(&mut self) -> Result<Option<Entry>, Fault> {
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
        self.last = (entry.number, entry.run);
        Ok(Some(entry))
    }

    /// An entry, of which everything that it refers to is there.
    fn take(&self, rest: &mut &[u8]) -> Option<Entry> {
        let above = take_variable(rest)?;
        let number = self.last.0.checked_add(above)?;
        let mut run = u32::try_from(take_variable(rest)?).ok()?;
        // The first of a piece stands for itself, also if its number is zero.
        if above == 0 && self.at > 0 {
            run = self.last.1.checked_add(run)?;
        }
        let root = self.runs.get(run as usize)?.root();
        let step = StepId(sum(take_variable(rest)?, root.0));
        let what = take_variable(rest)?;
        let said = Said((what % CALLSITE) as u8);
        let callsite = u32::try_from(what / CALLSITE).ok()?;
        self.head.callsites.get(callsite as usize)?;
        let mut reason = 0;
        if said.has_reason() {
            reason = u32::try_from(take_variable(rest)?).ok()?;
            self.head.reasons.get(reason as usize)?;
        }
        Some(Entry { number, run, step, said, callsite, reason })
    }

    /// An entry that was read, without its list.
    pub(super) fn told(&self, entry: &Entry) -> ItemEntry {
        ItemEntry {
            key_hash: entry.number << 16,
            run: self.runs[entry.run as usize],
            step: entry.step,
            callsite: self.head.callsites[entry.callsite as usize],
            verdict: entry.said.verdict(),
            basis: if entry.said.has(INFERRED) { Basis::Inferred } else { Basis::Observed },
            reason: entry.said.has_reason().then(|| Arc::clone(&self.head.reasons[entry.reason as usize])),
        }
    }
}
