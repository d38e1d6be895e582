//! Removing runs, all of each at once: their rows, and their steps out of the blocks that they are in.
//!
//! A block none of whose runs is left loses its head, and with it counts as gone; its bytes are removed bit by bit
//! ([`discard`]). One with runs that stay is written again without the others, as a new block. Who reads at the same time
//! has a snapshot, in which everything is as before.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::block::{self, StoredHead, Values, Whereabouts};
use super::blocks::{Blocks, next_number};
use super::counts::Counts;
use super::fault::Fault;
use super::layout::{
    ALL_STEPS, BLOCK_HEADS, BLOCKS, DISCARDED, FACTS, ITEM_HEADS, ITEMS, META_STEPS, OPEN_RUNS, PINS, RUN_AT,
    RUN_BLOCKS, RUNS, RUNS_IN_MIND, STEPS, STEPS_IN_MIND, facts_of, known, meta_runs, status,
};
use super::{blobs, items, read, removed, rows, segments, write};
use crate::id::RunId;
use crate::model::RunStatus;
use crate::store::{Block, ColumnSet, Limit, Removed};

/// So many runs go in one transaction, at most.
const RUNS_AT_ONCE: usize = 512;
/// Blocks that are written again in one transaction: what takes longest of all, with 3 MB of values 70 ms.
const REWRITTEN_AT_ONCE: usize = 1;
/// Blocks whose bytes are removed in one transaction.
const DISCARDED_AT_ONCE: usize = 4;

type Chosen = (RunId, Limit);

/// Removes the first of these runs, as many as is good at once, and takes them from the list. What is damaged stays.
pub(super) fn remove(database: &Database, chosen: &mut VecDeque<Chosen>, now_ns: u64) -> Result<Removed, Fault> {
    let mut count = chosen.len().min(RUNS_AT_ONCE);
    while count > 0 {
        let transaction = write::begin(database)?;
        let runs: Vec<Chosen> = chosen.iter().take(count).copied().collect();
        match remove_all(&transaction, &runs, now_ns) {
            Ok(Some(removed)) => {
                transaction.commit()?;
                chosen.drain(..count);
                return Ok(removed);
            }
            Ok(None) => {}
            Err(Fault::Damage { .. }) if count == 1 => {
                transaction.abort()?;
                chosen.pop_front();
                return Ok(Removed::default());
            }
            Err(Fault::Damage { .. }) => {}
            Err(fault) => return Err(fault),
        }
        transaction.abort()?;
        count = count.div_ceil(4).min(count - 1);
    }
    Ok(Removed::default())
}

/// Removes runs; `None`, with nothing changed, if that is too much at once.
fn remove_all(transaction: &WriteTransaction, chosen: &[Chosen], now_ns: u64) -> Result<Option<Removed>, Fault> {
    let chosen = still_removable(transaction, chosen)?;
    let gone: BTreeSet<RunId> = chosen.iter().map(|(run, _)| *run).collect();
    let blocks = Affected::of(transaction, &gone)?;
    if gone.len() > 1 && blocks.shared.len() > REWRITTEN_AT_ONCE {
        return Ok(None);
    }
    let mut counts = Counts::default();
    let mut steps = blocks.steps_of_others;
    let mut tables = Blocks::open(transaction)?;
    for number in &blocks.others {
        tables.forget(*number)?;
    }
    for (number, head) in &blocks.shared {
        steps += rewrite(transaction, &mut tables, (*number, head), &gone)?;
    }
    counts.add(META_STEPS, -(steps as i64));
    steps += remove_rows(transaction, &gone, &mut counts)?;
    removed::note(transaction, &chosen, now_ns)?;
    counts.write(transaction)?;
    Ok(Some(Removed { runs: gone.len() as u64, steps }))
}

/// Those that are there, and neither run nor are pinned now.
fn still_removable(transaction: &WriteTransaction, chosen: &[Chosen]) -> Result<Vec<Chosen>, Fault> {
    let (places, pins) = (transaction.open_table(RUN_AT)?, transaction.open_table(PINS)?);
    let mut removable = Vec::new();
    for (run, limit) in chosen {
        let Some(place) = places.get(run.0)? else { continue };
        let is_running = status(place.value().1) == Some(RunStatus::Running);
        if !is_running && pins.get(run.0)?.is_none() {
            removable.push((*run, *limit));
        }
    }
    Ok(removable)
}

/// The blocks in which steps of runs are that go.
#[derive(Default)]
struct Affected {
    /// With steps of runs that stay.
    shared: BTreeMap<u64, StoredHead>,
    others: Vec<u64>,
    /// How many steps they have.
    steps_of_others: u64,
}

impl Affected {
    fn of(transaction: &WriteTransaction, gone: &BTreeSet<RunId>) -> Result<Self, Fault> {
        let (places, blocks) = (transaction.open_table(RUN_AT)?, transaction.open_table(RUN_BLOCKS)?);
        let (heads, blobs) = (transaction.open_table(BLOCK_HEADS)?, transaction.open_table(BLOCKS)?);
        let mut numbers = BTreeSet::new();
        for run in gone {
            numbers.extend(read::blocks_of(&places, &blocks, *run, None)?);
        }
        let mut affected = Self::default();
        for number in numbers {
            let Some(head) = StoredHead::find(&heads, number)? else { continue };
            let (runs, _) = block::read_runs(&blobs, number, head.steps as usize)?;
            if runs.iter().all(|run| gone.contains(run)) {
                affected.others.push(number);
                affected.steps_of_others += u64::from(head.steps);
            } else {
                affected.shared.insert(number, head);
            }
        }
        Ok(affected)
    }
}

/// Writes a block again without these runs. Says how many steps are gone with them.
fn rewrite(
    transaction: &WriteTransaction,
    blocks: &mut Blocks<'_>,
    (number, head): (u64, &StoredHead),
    gone: &BTreeSet<RunId>,
) -> Result<u64, Fault> {
    let steps = head.steps as usize;
    let old = block::read(&blocks.parts, number, steps, ColumnSet::ALL)?;
    let whereabouts = Whereabouts::read(&blocks.parts, number, steps)?;
    let (mut columns, mut values) = (Block::default(), Values::default());
    let mut frame = None;
    for run in old.runs.iter().filter(|run| !gone.contains(run)) {
        columns.copy(&old, *run);
        for row in old.rows_of(*run) {
            let place = whereabouts.frame_of(row);
            if place.is_some() && frame.as_ref().map(|(number, _)| *number) != place {
                frame = place
                    .map(|place| Ok::<_, Fault>((place, block::read_frame(&blocks.parts, number, place)?)))
                    .transpose()?;
            }
            let bytes = frame.as_ref().filter(|_| place.is_some()).map_or(&[][..], |(_, bytes)| bytes);
            values.push(|part, out| {
                let ends = || Fault::damage(block::name(number), "a frame ends before its values");
                out.extend(bytes.get(whereabouts.place(row, part)).ok_or_else(ends)?);
                Ok::<_, Fault>(())
            })?;
        }
    }
    let new = next_number(transaction)?;
    let started_ns = lead_to(transaction, &columns.runs, number, new)?;
    let left = StoredHead::from(columns.info(started_ns));
    let encoded = block::encode(&columns, values, &whereabouts.names)?;
    blocks.put(new, left, &encoded)?;
    blocks.forget(number)?;
    Ok((steps - columns.len()) as u64)
}

/// Has runs that were in one block be in another. Says when the first of them began, and the last.
fn lead_to(transaction: &WriteTransaction, runs: &[RunId], old: u64, new: u64) -> Result<(u64, u64), Fault> {
    let (mut places, mut blocks) = (transaction.open_table(RUN_AT)?, transaction.open_table(RUN_BLOCKS)?);
    let mut range = (u64::MAX, 0);
    for run in runs {
        let place = places.get(run.0)?.map(|place| place.value());
        let (started_ns, ..) = place.unwrap_or_default();
        range = (range.0.min(started_ns), range.1.max(started_ns));
        match place {
            Some((started_ns, status, first)) if first == old => {
                places.insert(run.0, (started_ns, status, new))?;
            }
            _ => {
                let steps = blocks.remove((run.0, old))?.map(|steps| steps.value());
                let missing = || Fault::damage(block::name(old), format!("run {run} is in it, and does not say so"));
                blocks.insert((run.0, new), steps.ok_or_else(missing)?)?;
            }
        }
    }
    Ok(range)
}

/// Removes all but blocks. Says how many steps were rows.
fn remove_rows(transaction: &WriteTransaction, gone: &BTreeSet<RunId>, counts: &mut Counts) -> Result<u64, Fault> {
    let mut runs = transaction.open_table(RUNS)?;
    let mut places = transaction.open_table(RUN_AT)?;
    let mut blocks = transaction.open_table(RUN_BLOCKS)?;
    let mut open = transaction.open_table(OPEN_RUNS)?;
    let mut steps = transaction.open_table(STEPS)?;
    let mut facts = transaction.open_table(FACTS)?;
    let mut steps_in_mind = transaction.open_table(STEPS_IN_MIND)?;
    let mut runs_in_mind = transaction.open_table(RUNS_IN_MIND)?;
    let mut rows_gone = 0;
    let facts_before = facts.len()?;
    for run in gone {
        let Some(place) = places.remove(run.0)?.map(|place| place.value()) else { continue };
        let was = known(status(place.1), place.1, "a status", || format!("the place of run {run}"))?;
        counts.add(meta_runs(was), -1);
        runs.remove((place.0, run.0))?;
        open.remove(run.0)?;
        blocks.retain_in((run.0, 0)..=(run.0, u64::MAX), |_, _| false)?;
        facts.retain_in(facts_of(*run, ALL_STEPS), |_, _| false)?;
        steps_in_mind.retain_in((run.0, 0)..=(run.0, u64::MAX), |_, _| false)?;
        runs_in_mind.remove(run.0)?;
        let (taken, growth) = rows::take(&mut steps, *run, |_| true)?;
        counts.add_rows(growth);
        rows_gone += taken.len() as u64;
    }
    let has_freed = rows_gone > 0 || facts.len()? < facts_before;
    drop((steps, facts));
    if has_freed {
        segments::sweep(transaction)?;
    }
    Ok(rows_gone)
}

/// Whether there are blocks of which bytes are to be removed.
pub(super) fn is_discarding(database: &Database) -> Result<bool, Fault> {
    Ok(!database.begin_read()?.open_table(DISCARDED)?.is_empty()?)
}

/// Removes the bytes of some blocks that are gone. Says whether there are more.
pub(super) fn discard(database: &Database) -> Result<bool, Fault> {
    if !is_discarding(database)? {
        return Ok(false);
    }
    let transaction = write::begin(database)?;
    {
        let mut discarded = transaction.open_table(DISCARDED)?;
        let mut blobs = transaction.open_table(BLOCKS)?;
        for _ in 0..DISCARDED_AT_ONCE {
            let Some(number) = discarded.pop_first()?.map(|(number, _)| number.value()) else { break };
            blobs::remove_all(&mut blobs, number)?;
        }
    }
    transaction.commit()?;
    is_discarding(database)
}

/// Removes lists of the index of items, from this one on, of which no run is left. Says where to go on.
pub(super) fn drop_lists(database: &Database, from: u64) -> Result<Option<u64>, Fault> {
    let (empty, next) = {
        let read = database.begin_read()?;
        items::without_runs(&read.open_table(ITEM_HEADS)?, &read.open_table(ITEMS)?, &read.open_table(RUN_AT)?, from)?
    };
    if !empty.is_empty() {
        let transaction = write::begin(database)?;
        {
            let mut heads = transaction.open_table(ITEM_HEADS)?;
            let mut blobs = transaction.open_table(ITEMS)?;
            for list in empty {
                heads.remove(list)?;
                blobs::remove_all(&mut blobs, list)?;
            }
        }
        transaction.commit()?;
    }
    Ok(next)
}
