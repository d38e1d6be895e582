//! Writing: each function is one transaction, all of it or nothing.
//!
//! A batch may come a second time, since a commit can fail after it has reached the disk: its number tells. Rows are put,
//! not inserted. Counts move by what a row was before. This must never leave a count, an index or the list of open runs behind.

use std::cmp::Reverse;
use std::thread::Scope;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, WriteTransaction};

use super::block::{self, ROWS, VALUES_BYTES};
use super::blocks::Blocks;
use super::counts::Counts;
use super::fault::Fault;
use super::items::{self, Items, Merging};
use super::layout::{
    CALLSITES, FACTS, ITEM_HEADS, ITEMS, META, META_FINAL_BYTES, META_FINAL_ROWS, META_NEXT_SEGMENT, META_STEPS,
    META_WRITES, PINS, RUN_AT, RUN_BLOCKS, SCHEMAS, SEGMENTS, STEPS, StoredCallsite, encode,
};
use super::runs::Runs;
use super::seal::{Sealed, Sealer, put_fact};
use super::{progress, read, removed, rows, segments};
use crate::aside::{Aside, MANY};
use crate::decision::DecisionCounts;
use crate::id::{ProcessId, RunId};
use crate::map::FastMap;
use crate::model::RunStatus;
use crate::store::{Batch, ColumnSet, FactsRow, LateRow, SchemaRow, Segment, StepRow};

/// A batch of so many steps that will not change any more makes blocks of its own. Those of smaller ones are rows until
/// they are enough for a block.
const STRAIGHT: usize = ROWS / 2;
/// So does one whose values are so many bytes: nearly a whole segment.
const STRAIGHT_BYTES: u64 = VALUES_BYTES as u64 / 8 * 3;

/// When the store is closed, so many rows make a block: a question reads it faster than so many rows.
const SMALLEST: usize = ROWS / 8;

/// After so many of those, segments are looked for that nothing refers to any more, which means to read all rows.
const SWEPT: u64 = 16;

/// Writes all of a batch, and merges lists of items beside it.
pub(super) fn batch(database: &Database, merging: &mut Merging, batch: &Batch) -> Result<(), Fault> {
    merging.begin(database)?;
    let transaction = begin(database)?;
    if !progress::advance(&transaction, &batch.progress)? {
        return Ok(transaction.abort()?);
    }
    let batch = &*removed::without(&transaction, batch)?;
    let mut counts = Counts::default();
    {
        let mut callsites = transaction.open_table(CALLSITES)?;
        for (number, callsite) in &batch.callsites {
            callsites.insert(number, &*encode(&StoredCallsite::new(callsite))?)?;
        }
        schemas(&transaction, &batch.schemas)?;
    }
    next_segment(&transaction, &batch.segments)?;
    std::thread::scope(|scope| {
        let items = Aside::start(scope, batch.items.len() >= MANY, || items::prepare(&batch.items));
        let sealed = steps(scope, &transaction, batch, &mut counts)?;
        Runs::open(&transaction)?.put_all(&batch.runs, &sealed, &mut counts)?;
        counts.write(&transaction)?;
        for run in &batch.pins {
            put_pin(&transaction, *run, true)?;
        }
        seal_stored(scope, &transaction, ROWS)?;
        for late in &batch.late {
            add_late(&transaction, late)?;
        }
        if let Some(list) = items.finish() {
            let (heads, blobs) = (transaction.open_table(ITEM_HEADS)?, transaction.open_table(ITEMS)?);
            Items { heads, blobs, runs: transaction.open_table(RUN_AT)? }.add(list, merging)?;
        }
        Ok::<_, Fault>(())
    })?;
    transaction.commit()?;
    Ok(())
}

/// Puts the steps of a batch where they belong. Says which runs have got blocks.
fn steps<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transaction: &WriteTransaction,
    batch: &Batch,
    counts: &mut Counts,
) -> Result<Vec<Sealed>, Fault> {
    let rows = sorted(&batch.steps);
    let last = || rows.iter().filter(|row| row.is_final);
    if last().count() >= STRAIGHT || last().map(|row| rows::value_bytes(row)).sum::<u64>() >= STRAIGHT_BYTES {
        return straight(scope, transaction, batch, &rows, counts);
    }
    store(transaction, &rows, &batch.facts, counts)?;
    let mut table = transaction.open_table(SEGMENTS)?;
    for segment in &batch.segments {
        segments::put(&mut table, segment, None)?;
    }
    Ok(Vec::new())
}

/// By run and step; of several rows of one step the last one.
fn sorted(steps: &[StepRow]) -> Vec<&StepRow> {
    // Places are sorted, not rows, which are large.
    let mut places: Vec<_> = steps.iter().zip(0_usize..).map(|(row, at)| (row.run, row.step, Reverse(at))).collect();
    places.sort_unstable();
    places.dedup_by_key(|(run, step, _)| (*run, *step));
    places.into_iter().map(|(_, _, Reverse(at))| &steps[at]).collect()
}

/// Puts steps, sorted by run and step, and facts where they are row by row.
fn store(
    transaction: &WriteTransaction,
    rows: &[&StepRow],
    facts: &[FactsRow],
    counts: &mut Counts,
) -> Result<(), Fault> {
    let growth = rows::put(&mut transaction.open_table(STEPS)?, rows)?;
    counts.add_rows(growth);
    {
        let mut table = transaction.open_table(FACTS)?;
        facts.iter().try_for_each(|fact| put_fact(&mut table, fact))?;
    }
    let is_here =
        |fact: &FactsRow| rows.binary_search_by_key(&(fact.run, fact.step), |row| (row.run, row.step)).is_ok();
    facts.iter().filter(|fact| !is_here(fact)).try_for_each(|fact| mark_fact(transaction, fact))
}

/// Puts the steps that will not change any more into blocks, and stores what is left.
fn straight<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transaction: &WriteTransaction,
    batch: &Batch,
    rows: &[&StepRow],
    counts: &mut Counts,
) -> Result<Vec<Sealed>, Fault> {
    let started_ns = batch.runs.iter().map(|run| (run.id, run.started_ns)).collect();
    let mut sealer = Sealer::new(scope, rows.len() >= MANY, transaction, &batch.segments, started_ns)?;
    let mut facts: Vec<&FactsRow> = batch.facts.iter().collect();
    facts.sort_by_key(|fact| (fact.run, fact.step));
    let (mut left, mut left_facts) = (Vec::new(), Vec::new());
    let mut facts = &facts[..];
    for of_run in rows.chunk_by(|one, other| one.run == other.run) {
        let run = of_run[0].run;
        let (before, rest) = facts.split_at(facts.partition_point(|fact| fact.run < run));
        let (now, rest) = rest.split_at(rest.partition_point(|fact| fact.run == run));
        facts = rest;
        left_facts.extend(before.iter().map(|fact| **fact));
        let (last, changing): (Vec<&StepRow>, Vec<&StepRow>) = of_run.iter().partition(|row| row.is_final);
        sealer.seal(&last, now)?;
        let is_sealed = |fact: &FactsRow| last.binary_search_by_key(&fact.step, |row| row.step).is_ok();
        left_facts.extend(now.iter().filter(|fact| !is_sealed(fact)).map(|fact| **fact));
        left.extend(changing.into_iter().cloned());
    }
    left_facts.extend(facts.iter().map(|fact| **fact));
    let done = sealer.finish()?;
    for (row, facts) in done.refused {
        left.push(row);
        left_facts.extend(facts);
    }
    counts.add_rows(done.growth);
    counts.add(META_STEPS, done.steps);
    store(transaction, &sorted(&left), &left_facts, counts)?;
    for segment in &batch.segments {
        let pieces = segments::pieces(segment, &left, &left_facts);
        if !pieces.is_empty() {
            segments::put(&mut transaction.open_table(SEGMENTS)?, segment, Some(&pieces))?;
        }
    }
    if batch.progress.batch.is_none_or(|(_, number)| number.is_multiple_of(SWEPT)) {
        segments::sweep(transaction)?;
    }
    Ok(done.sealed)
}

/// Puts the rows that have been waiting to be enough for a block into a small one, for whoever reads them next.
pub(super) fn seal_rest(database: &Database) -> Result<(), Fault> {
    if read::final_rows(&database.begin_read()?)? < SMALLEST as u64 {
        return Ok(());
    }
    let transaction = begin(database)?;
    std::thread::scope(|scope| seal_stored(scope, &transaction, SMALLEST))?;
    transaction.commit()?;
    Ok(())
}

/// Puts rows of earlier batches into blocks, if they are enough.
fn seal_stored<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transaction: &WriteTransaction,
    enough: usize,
) -> Result<(), Fault> {
    let (rows, bytes) = {
        let meta = transaction.open_table(META)?;
        let count = |name| Ok::<_, Fault>(meta.get(name)?.map_or(0, |count| count.value()));
        (count(META_FINAL_ROWS)?, count(META_FINAL_BYTES)?)
    };
    if rows < enough as u64 && bytes < VALUES_BYTES as u64 {
        return Ok(());
    }
    let mut sealer = Sealer::new(scope, false, transaction, &[], FastMap::default())?;
    sealer.seal_stored()?;
    let done = sealer.finish()?;
    let mut counts = Counts::default();
    counts.add_rows(done.growth);
    counts.add(META_STEPS, done.steps);
    let (refused, facts): (Vec<_>, Vec<_>) = done.refused.into_iter().unzip();
    store(transaction, &sorted(&refused), &facts.concat(), &mut counts)?;
    Runs::open(transaction)?.put_all(&[], &done.sealed, &mut counts)?;
    counts.write(transaction)?;
    segments::sweep(transaction)
}

/// Adds what was said of a step after its end was seen. A step of which neither beginning nor end came is none.
fn add_late(transaction: &WriteTransaction, late: &LateRow) -> Result<(), Fault> {
    if rows::add(&mut transaction.open_table(STEPS)?, late)? {
        return Ok(());
    }
    let numbers = {
        let places = transaction.open_table(RUN_AT)?;
        read::blocks_of(&places, &transaction.open_table(RUN_BLOCKS)?, late.run, None)?
    };
    let mut blocks = Blocks::open(transaction)?;
    for number in numbers {
        let Some(head) = blocks.head(number)? else { continue };
        let mut block = match block::read(&blocks.parts, number, head.steps as usize, ColumnSet::ALL) {
            // What is said of a step that cannot be read is not worth the batch.
            Err(Fault::Damage { .. }) => continue,
            read => read?,
        };
        let Some(row) = block.row_of(late.run, late.step) else { continue };
        block.add(row, late);
        return blocks.change(number, head, &block);
    }
    Ok(())
}

/// Says of a step, if it is in a block, that there is a fact about it elsewhere: what of it counts comes later.
fn mark_fact(transaction: &WriteTransaction, fact: &FactsRow) -> Result<(), Fault> {
    if rows::find(&transaction.open_table(STEPS)?, fact.run, fact.step)?.is_some() {
        return Ok(());
    }
    let (run, step, counts) = (fact.run, fact.step, DecisionCounts::default());
    add_late(transaction, &LateRow { run, step, counts, important: false, items_in: None, items_out: None })
}

/// Marks the running runs of other processes as crashed, and says how many there were.
pub(super) fn mark_crashed(database: &Database, current: ProcessId) -> Result<u64, Fault> {
    let transaction = begin(database)?;
    let mut crashed = 0;
    {
        let mut counts = Counts::default();
        let mut runs = Runs::open(&transaction)?;
        for id in runs.open_runs()?.into_iter().filter(|id| id.process() != current) {
            let mut run = runs.get(id)?;
            run.status = RunStatus::Crashed;
            run.ended_ns = Some(runs.last_heard_ns(&run, &transaction)?);
            runs.put(&run, &[], &mut counts)?;
            crashed += 1;
        }
        counts.write(&transaction)?;
    }
    transaction.commit()?;
    Ok(crashed)
}

/// Pins a run, or lets go of it. `false` if there is no such run.
pub(super) fn pin(database: &Database, run: RunId, pinned: bool) -> Result<bool, Fault> {
    let transaction = begin(database)?;
    let is_there = put_pin(&transaction, run, pinned)?;
    transaction.commit()?;
    Ok(is_there)
}

fn put_pin(transaction: &WriteTransaction, run: RunId, pinned: bool) -> Result<bool, Fault> {
    let mut pins = transaction.open_table(PINS)?;
    if transaction.open_table(RUN_AT)?.get(run.0)?.is_none() {
        return Ok(false);
    }
    if pinned {
        pins.insert(run.0, ())?;
    } else {
        pins.remove(run.0)?;
    }
    Ok(true)
}

/// Begins a transaction, which is counted: two snapshots with the same count are of the same moment.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, Fault> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    {
        let mut meta = transaction.open_table(META)?;
        let writes = meta.get(META_WRITES)?.map_or(0, |writes| writes.value());
        meta.insert(META_WRITES, writes + 1)?;
    }
    Ok(transaction)
}

/// Segments of these numbers are there, or were.
fn next_segment(transaction: &WriteTransaction, segments: &[Segment]) -> Result<(), Fault> {
    let Some(last) = segments.iter().map(|segment| segment.number).max() else { return Ok(()) };
    let mut meta = transaction.open_table(META)?;
    let next = meta.get(META_NEXT_SEGMENT)?.map_or(0, |next| next.value());
    meta.insert(META_NEXT_SEGMENT, next.max(last.saturating_add(1)))?;
    Ok(())
}

fn schemas(transaction: &WriteTransaction, schemas: &[SchemaRow]) -> Result<(), Fault> {
    let mut table = transaction.open_table(SCHEMAS)?;
    for row in schemas {
        // When it was first seen stays.
        if table.get(row.version.0)?.is_none() {
            table.insert(row.version.0, (row.first_seen_ns, &*row.schema.to_bytes()))?;
        }
    }
    Ok(())
}
