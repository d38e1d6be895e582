//! Reading: each function answers from one snapshot, in which a batch is whole or absent.
//!
//! Lists are range scans over rows; only [`step`] reads values. This must never write, and never block the writer.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable};

use super::block::{self, StoredHead, Whereabouts};
use super::fault::Fault;
use super::layout::{
    BLOCK_HEADS, BLOCKS, CALLSITES, FACTS, ITEM_HEADS, ITEMS, META, META_FINAL_ROWS, META_NEXT_SEGMENT, META_STEPS,
    META_WRITES, NO_BLOCK, PINS, RUN_AT, RUN_BLOCKS, RUNS, SCHEMAS, SEGMENTS, STEPS, StoredCallsite, StoredRun,
    facts_of, meta_runs, step_place,
};
use super::{Caches, blobs, items, rows, segments};
use crate::abreast::abreast;
use crate::id::{RunId, SchemaVersion, StepId};
use crate::inference::item_hash;
use crate::model::{Callsite, Run, RunStatus, Step, StepDetail};
use crate::payload;
use crate::schema::Schema;
use crate::store::segment::Contents;
use crate::store::{
    Block, Column, ColumnSet, Cursor, ItemEntry, ItemRow, ItemRows, MAX_DAMAGED, MAX_PAGE, Page, Part, PayloadRef,
    RunQuery, SchemaRow,
};
use crate::value::Captured;

pub(super) fn runs(read: &ReadTransaction, query: &RunQuery) -> Result<Page<Run>, Fault> {
    let limit = query.limit.clamp(1, MAX_PAGE);
    let from = (query.started_from_ns.unwrap_or(0), 0);
    let cursor = query.after.map(|after| (after.started_ns, after.run.0));
    let before = [query.started_before_ns.map(|before| (before, 0)), cursor].into_iter().flatten().min();
    let mut page = Page { rows: Vec::new(), next: None, damaged: Vec::new() };
    if before.is_some_and(|before| before <= from) {
        return Ok(page);
    }
    let range = (Bound::Included(from), before.map_or(Bound::Unbounded, Bound::Excluded));
    let pins = read.open_table(PINS)?;
    for entry in read.open_table(RUNS)?.range::<(u64, u128)>(range)?.rev() {
        let (key, row) = entry?;
        let (started_ns, id) = key.value();
        let mut run = match StoredRun::read(row.value(), started_ns, RunId(id)) {
            Err(Fault::Damage { place, detail }) => {
                note(&mut page.damaged, &place, &detail);
                continue;
            }
            run => run?,
        };
        let matches = query.status.is_none_or(|status| run.status == status)
            && query.pipeline.as_deref().is_none_or(|pipeline| *run.pipeline == *pipeline);
        if !matches {
            continue;
        }
        if page.rows.len() == limit {
            page.next = page.rows.last().map(|last| Cursor { started_ns: last.started_ns, run: last.id });
            break;
        }
        run.pinned = pins.get(id)?.is_some();
        page.rows.push(run);
    }
    Ok(page)
}

/// Names what is left out, as far as there is room for it.
pub(super) fn note(damaged: &mut Vec<String>, place: &str, detail: &str) {
    if damaged.len() < MAX_DAMAGED {
        damaged.push(format!("{place}: {detail}"));
    }
}

pub(super) fn run(read: &ReadTransaction, id: RunId) -> Result<Option<Run>, Fault> {
    let Some(place) = read.open_table(RUN_AT)?.get(id.0)? else { return Ok(None) };
    let (started_ns, ..) = place.value();
    let row = read.open_table(RUNS)?.get((started_ns, id.0))?;
    let row = row.ok_or_else(|| Fault::damage(format!("run {id}"), "it is not where its place says"))?;
    let mut run = StoredRun::read(row.value(), started_ns, id)?;
    run.pinned = read.open_table(PINS)?.get(id.0)?.is_some();
    Ok(Some(run))
}

/// The blocks in which steps of a run are, as far as they may be of steps after this one.
pub(super) fn blocks_of(
    places: &impl ReadableTable<u128, (u64, u8, u64)>,
    blocks: &impl ReadableTable<(u128, u64), (u64, u64)>,
    run: RunId,
    after: Option<StepId>,
) -> Result<Vec<u64>, Fault> {
    let first = places.get(run.0)?.map_or(NO_BLOCK, |place| place.value().2);
    blocks_from(first, blocks, run, after)
}

/// The same, of a run of which the first one is known.
pub(super) fn blocks_from(
    first: u64,
    blocks: &impl ReadableTable<(u128, u64), (u64, u64)>,
    run: RunId,
    after: Option<StepId>,
) -> Result<Vec<u64>, Fault> {
    let mut numbers: Vec<u64> = Some(first).filter(|first| *first != NO_BLOCK).into_iter().collect();
    for entry in blocks.range((run.0, 0)..=(run.0, u64::MAX))? {
        let (key, steps) = entry?;
        if after.is_none_or(|after| steps.value().1 > after.0) {
            numbers.push(key.value().1);
        }
    }
    Ok(numbers)
}

/// All columns of a block.
pub(super) fn block(read: &ReadTransaction, caches: &Caches, number: u64) -> Result<Arc<Block>, Fault> {
    let head = StoredHead::find(&read.open_table(BLOCK_HEADS)?, number)?;
    let head = head.ok_or_else(|| Fault::damage(block::name(number), "it is not there"))?;
    let size = head.steps as usize * 8 * Column::ALL.len();
    caches.blocks.get_or(
        (number, head.revision),
        |_| size,
        || block::read(&read.open_table(BLOCKS)?, number, head.steps as usize, ColumnSet::ALL).map(Arc::new),
    )
}

/// The values of the step in this row of a block, without those that were said after it was written.
pub(super) fn values_in_block(
    table: &impl ReadableTable<blobs::Key, &'static [u8]>,
    caches: &Caches,
    number: u64,
    (row, steps): (usize, usize),
    part: Part,
) -> Result<Vec<Captured>, Fault> {
    let read_whereabouts = || Whereabouts::read(table, number, steps).map(Arc::new);
    let whereabouts = caches.whereabouts.get_or(number, Whereabouts::size, read_whereabouts)?;
    let place = whereabouts.place(row, part);
    let Some(frame) = whereabouts.frame_of(row).filter(|_| !place.is_empty()) else { return Ok(Vec::new()) };
    let read_frame = || block::read_frame(table, number, frame);
    let values = caches.frames.get_or((number, frame), <[u8]>::len, read_frame)?;
    let damage = |detail: String| Fault::damage(format!("{}, frame {frame}", block::name(number)), detail);
    let values = values.get(place).ok_or_else(|| damage("it ends before its values".to_owned()))?;
    payload::values(&Arc::from(values), &whereabouts.names).map_err(|error| damage(error.to_string()))
}

pub(super) fn steps(
    read: &ReadTransaction,
    caches: &Caches,
    run: RunId,
    after: Option<StepId>,
    limit: usize,
) -> Result<Vec<Step>, Fault> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut callsites = Callsites::default();
    let mut steps = Vec::new();
    for row in rows::rows(&read.open_table(STEPS)?, run, after)?.take(limit) {
        let row = row?;
        let callsite = callsites.get(read, row.callsite, || step_place(run, row.step))?;
        steps.push(row.into_step(callsite));
    }
    for number in blocks_of(&read.open_table(RUN_AT)?, &read.open_table(RUN_BLOCKS)?, run, after)? {
        let block = block(read, caches, number)?;
        let rows = block.rows_of(run);
        let ids = &block.column(Column::Step)[rows.clone()];
        let known = after.map_or(0, |after| ids.partition_point(|id| *id <= after.0));
        for row in rows.skip(known).take(limit) {
            let callsite = block.column(Column::Callsite)[row] as u32;
            steps.push(block.step(row, callsites.get(read, callsite, || block::name(number))?));
        }
    }
    steps.sort_by_key(|step| step.id);
    // What may still change says more than what was final before.
    steps.dedup_by_key(|step| step.id);
    steps.truncate(limit);
    Ok(steps)
}

pub(super) fn step(
    read: &ReadTransaction,
    caches: &Caches,
    run: RunId,
    id: StepId,
) -> Result<Option<StepDetail>, Fault> {
    let mut detail = match rows::find(&read.open_table(STEPS)?, run, id)? {
        Some(row) => {
            let callsite = Callsites::default().get(read, row.callsite, || step_place(run, id))?;
            let of = |what: &str| format!("the {what} of {}", step_place(run, id));
            let arguments = values(read, caches, row.arguments, || of("arguments"))?;
            let result = values(read, caches, row.result, || of("result"))?;
            payload::detail(row.into_step(callsite), arguments, result)
        }
        None => match step_in_block(read, caches, run, id)? {
            Some(detail) => detail,
            None => return Ok(None),
        },
    };
    detail.facts.extend(facts(read, caches, run, id)?);
    Ok(Some(detail))
}

fn step_in_block(read: &ReadTransaction, caches: &Caches, run: RunId, id: StepId) -> Result<Option<StepDetail>, Fault> {
    for number in blocks_of(&read.open_table(RUN_AT)?, &read.open_table(RUN_BLOCKS)?, run, None)? {
        let block = block(read, caches, number)?;
        let Some(row) = block.row_of(run, id) else { continue };
        let callsite = block.column(Column::Callsite)[row] as u32;
        let step = block.step(row, Callsites::default().get(read, callsite, || step_place(run, id))?);
        let table = read.open_table(BLOCKS)?;
        let values = |part| values_in_block(&table, caches, number, (row, block.len()), part);
        let mut detail = payload::detail(step, values(Part::Arguments)?, values(Part::Result)?);
        detail.facts = values(Part::Facts)?;
        return Ok(Some(detail));
    }
    Ok(None)
}

/// What was said of a step and is not in a block with it.
pub(super) fn facts(read: &ReadTransaction, caches: &Caches, run: RunId, id: StepId) -> Result<Vec<Captured>, Fault> {
    let mut facts = Vec::new();
    for entry in read.open_table(FACTS)?.range(facts_of(run, id..=id))? {
        let (key, length) = entry?;
        let (_, _, segment, offset) = key.value();
        let place = PayloadRef { segment, offset, length: length.value() };
        facts.extend(values(read, caches, Some(place), || format!("the facts of {}", step_place(run, id)))?);
    }
    Ok(facts)
}

/// The values at this place of a segment, if there is one; `of` names what they are.
pub(super) fn values(
    read: &ReadTransaction,
    caches: &Caches,
    place: Option<PayloadRef>,
    of: impl Fn() -> String,
) -> Result<Vec<Captured>, Fault> {
    let Some(PayloadRef { segment: number, offset, length }) = place else { return Ok(Vec::new()) };
    let damage = |detail: String| Fault::damage(format!("segment {number}"), detail);
    let read_segment = || segments::read(&read.open_table(SEGMENTS)?, number, &of);
    let contents = caches.segments.get_or(number, Contents::size, read_segment)?;
    let bytes = contents
        .values(offset, length)
        .ok_or_else(|| damage(format!("it ends before byte {offset} + {length}, {}", of())))?;
    payload::values(&bytes, &contents.names).map_err(|error| damage(format!("{} do not decode: {error}", of())))
}

/// What became of an item, newest runs first.
pub(super) fn item(read: &ReadTransaction, key: &str, limit: usize) -> Result<ItemRows, Fault> {
    let (heads, blobs) = (read.open_table(ITEM_HEADS)?, read.open_table(ITEMS)?);
    let places = read.open_table(RUN_AT)?;
    let rows = read.open_table(STEPS)?;
    let (entries, damaged) = items::find(&heads, &blobs, item_hash(key))?;
    let row_of = |entry: &ItemEntry| {
        // Entries may be of runs that are gone.
        let Some(place) = places.get(entry.run.0)? else { return Ok(None) };
        let callsite = match entry.callsite {
            Some(callsite) => callsite,
            None => match rows::find(&rows, entry.run, entry.step)? {
                Some(row) => row.callsite,
                None => return Ok(None),
            },
        };
        Ok(Some(ItemRow {
            run: entry.run,
            run_started_ns: place.value().0,
            step: entry.step,
            callsite,
            verdict: entry.verdict,
            basis: entry.basis,
            reason: entry.reason.clone(),
        }))
    };
    let rows = abreast(&entries, 16, row_of).into_iter().filter_map(Result::transpose);
    let mut found = rows.collect::<Result<Vec<_>, Fault>>()?;
    found.sort_by_key(|row| (std::cmp::Reverse((row.run_started_ns, row.run)), row.step));
    found.truncate(limit);
    Ok(ItemRows { rows: found, damaged })
}

pub(super) fn callsites(read: &ReadTransaction) -> Result<Vec<(u32, Arc<Callsite>)>, Fault> {
    let table = read.open_table(CALLSITES)?;
    let rows = table.iter()?.map(|entry| {
        let (number, row) = entry?;
        let number = number.value();
        Ok((number, Arc::new(StoredCallsite::read(row.value(), number)?)))
    });
    rows.collect()
}

/// Those that the steps of one answer share.
#[derive(Default)]
pub(super) struct Callsites(HashMap<u32, Arc<Callsite>>);

impl Callsites {
    fn get(&mut self, read: &ReadTransaction, number: u32, of: impl Fn() -> String) -> Result<Arc<Callsite>, Fault> {
        if let Some(callsite) = self.0.get(&number) {
            return Ok(Arc::clone(callsite));
        }
        let row = read.open_table(CALLSITES)?.get(number)?;
        let row = row.ok_or_else(|| Fault::damage(of(), format!("its callsite {number} is not there")))?;
        let callsite = Arc::new(StoredCallsite::read(row.value(), number)?);
        self.0.insert(number, Arc::clone(&callsite));
        Ok(callsite)
    }
}

pub(super) fn schemas(read: &ReadTransaction) -> Result<Vec<SchemaRow>, Fault> {
    let table = read.open_table(SCHEMAS)?;
    let rows = table.iter()?.map(|entry| {
        let (version, row) = entry?;
        let (first_seen_ns, bytes) = row.value();
        schema_row(SchemaVersion(version.value()), first_seen_ns, bytes)
    });
    let mut rows = rows.collect::<Result<Vec<_>, Fault>>()?;
    rows.sort_by_key(|row| (row.first_seen_ns, row.version));
    Ok(rows)
}

pub(super) fn schema(read: &ReadTransaction, version: SchemaVersion) -> Result<Option<SchemaRow>, Fault> {
    let Some(row) = read.open_table(SCHEMAS)?.get(version.0)? else { return Ok(None) };
    let (first_seen_ns, bytes) = row.value();
    schema_row(version, first_seen_ns, bytes).map(Some)
}

/// A version says what its schema's content is, so that damage cannot pass for another schema.
fn schema_row(version: SchemaVersion, first_seen_ns: u64, bytes: &[u8]) -> Result<SchemaRow, Fault> {
    let damage = |detail: String| Fault::damage(format!("schema {version}"), detail);
    let schema = Schema::from_bytes(bytes).map_err(|error| damage(error.to_string()))?;
    match schema.version() {
        read if read == version => Ok(SchemaRow { version, first_seen_ns, schema: Arc::new(schema) }),
        read => Err(damage(format!("its content is that of {read}"))),
    }
}

pub(super) fn next_segment(read: &ReadTransaction) -> Result<u64, Fault> {
    count(read, META_NEXT_SEGMENT)
}

/// How many transactions there were: [`super::write::begin`].
pub(super) fn writes(read: &ReadTransaction) -> Result<u64, Fault> {
    count(read, META_WRITES)
}

/// How many rows do not change any more.
pub(super) fn final_rows(read: &ReadTransaction) -> Result<u64, Fault> {
    count(read, META_FINAL_ROWS)
}

/// Runs by status, and steps.
pub(super) fn counts(read: &ReadTransaction) -> Result<(Vec<(RunStatus, u64)>, u64), Fault> {
    let runs = RunStatus::ALL.into_iter().map(|status| Ok((status, count(read, meta_runs(status))?)));
    Ok((runs.collect::<Result<_, Fault>>()?, count(read, META_STEPS)?))
}

fn count(read: &ReadTransaction, name: &str) -> Result<u64, Fault> {
    Ok(read.open_table(META)?.get(name)?.map_or(0, |count| count.value()))
}
