//! Reading: each function answers from one snapshot, in which a batch is whole or absent.
//!
//! Lists are range scans over rows; only [`step`] reads segments. This must never write, and never block the writer.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable};

use super::cache::SegmentCache;
use super::fault::Fault;
use super::layout::{
    CALLSITES, FACTS, META, META_NEXT_SEGMENT, META_STEPS, RUN_PLACES, RUNS, SCHEMAS, SEGMENTS, STEPS, StoredCallsite,
    StoredRun, meta_runs, step_place,
};
use super::steps;
use crate::id::{RunId, SchemaVersion, StepId};
use crate::model::{Callsite, Run, RunStatus, Step, StepDetail};
use crate::payload;
use crate::schema::Schema;
use crate::store::{Cursor, MAX_PAGE, Page, PayloadRef, RunQuery, SchemaRow, segment};
use crate::value::Captured;

pub(super) fn runs(read: &ReadTransaction, query: &RunQuery) -> Result<Page<Run>, Fault> {
    let limit = query.limit.clamp(1, MAX_PAGE);
    let from = (query.started_from_ns.unwrap_or(0), 0);
    let cursor = query.after.map(|after| (after.started_ns, after.run.0));
    let before = [query.started_before_ns.map(|before| (before, 0)), cursor].into_iter().flatten().min();
    let mut page = Page { rows: Vec::new(), next: None };
    if before.is_some_and(|before| before <= from) {
        return Ok(page);
    }
    let range = (Bound::Included(from), before.map_or(Bound::Unbounded, Bound::Excluded));
    for entry in read.open_table(RUNS)?.range::<(u64, u128)>(range)?.rev() {
        let (key, row) = entry?;
        let (started_ns, id) = key.value();
        let run = StoredRun::read(row.value(), started_ns, RunId(id))?;
        let matches = query.status.is_none_or(|status| run.status == status)
            && query.pipeline.as_deref().is_none_or(|pipeline| *run.pipeline == *pipeline);
        if !matches {
            continue;
        }
        if page.rows.len() == limit {
            page.next = page.rows.last().map(|last| Cursor { started_ns: last.started_ns, run: last.id });
            break;
        }
        page.rows.push(run);
    }
    Ok(page)
}

pub(super) fn run(read: &ReadTransaction, id: RunId) -> Result<Option<Run>, Fault> {
    let Some(place) = read.open_table(RUN_PLACES)?.get(id.0)? else { return Ok(None) };
    let (started_ns, _) = place.value();
    let row = read.open_table(RUNS)?.get((started_ns, id.0))?;
    let row = row.ok_or_else(|| Fault::damage(format!("run {id}"), "it is not where its place says"))?;
    StoredRun::read(row.value(), started_ns, id).map(Some)
}

pub(super) fn steps(
    read: &ReadTransaction,
    run: RunId,
    after: Option<StepId>,
    limit: usize,
) -> Result<Vec<Step>, Fault> {
    let mut callsites = Callsites::default();
    let mut steps = Vec::new();
    for row in steps::rows(&read.open_table(STEPS)?, run, after)?.take(limit.clamp(1, MAX_PAGE)) {
        let (id, row) = row?;
        let callsite = callsites.get(read, row.callsite(), || step_place(run, id))?;
        steps.push(row.into_step(run, id, callsite)?);
    }
    Ok(steps)
}

pub(super) fn step(
    read: &ReadTransaction,
    cache: &SegmentCache,
    run: RunId,
    id: StepId,
) -> Result<Option<StepDetail>, Fault> {
    let Some(row) = steps::find(&read.open_table(STEPS)?, run, id)? else { return Ok(None) };
    let callsite = Callsites::default().get(read, row.callsite(), || step_place(run, id))?;
    let [arguments, result] = row.payload();
    let arguments = values(read, cache, arguments, || format!("the arguments of {}", step_place(run, id)))?;
    let result = values(read, cache, result, || format!("the result of {}", step_place(run, id)))?;
    let mut detail = payload::detail(row.into_step(run, id, callsite)?, arguments, result);
    let all = (run.0, id.0, 0, 0)..=(run.0, id.0, u64::MAX, u32::MAX);
    for entry in read.open_table(FACTS)?.range(all)? {
        let (key, length) = entry?;
        let (_, _, segment, offset) = key.value();
        let place = PayloadRef { segment, offset, length: length.value() };
        let of = || format!("the facts of {}", step_place(run, id));
        detail.facts.extend(values(read, cache, Some(place), of)?);
    }
    Ok(Some(detail))
}

/// The values at this place, if there is one; `of` names what they are.
fn values(
    read: &ReadTransaction,
    cache: &SegmentCache,
    place: Option<PayloadRef>,
    of: impl Fn() -> String,
) -> Result<Vec<Captured>, Fault> {
    let Some(PayloadRef { segment: number, offset, length }) = place else { return Ok(Vec::new()) };
    let damage = |detail: String| Fault::damage(format!("segment {number}"), detail);
    let contents = match cache.get(number) {
        Some(contents) => contents,
        None => {
            let stored = stored_segment(read, number)?
                .ok_or_else(|| damage(format!("it is not there, and should hold {}", of())))?;
            let contents = Arc::new(segment::decode(&stored).map_err(damage)?);
            cache.put(number, Arc::clone(&contents));
            contents
        }
    };
    let bytes = contents
        .values(offset, length)
        .ok_or_else(|| damage(format!("it ends before byte {offset} + {length}, {}", of())))?;
    payload::values(&bytes, &contents.names).map_err(|error| damage(format!("{} do not decode: {error}", of())))
}

/// A segment's bytes, its parts put together.
fn stored_segment(read: &ReadTransaction, number: u64) -> Result<Option<Vec<u8>>, Fault> {
    let mut stored = Vec::new();
    for part in read.open_table(SEGMENTS)?.range((number, 0)..=(number, u32::MAX))? {
        stored.extend(part?.1.value());
    }
    Ok(Some(stored).filter(|stored| !stored.is_empty()))
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
struct Callsites(HashMap<u32, Arc<Callsite>>);

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

/// Runs by status, and steps.
pub(super) fn counts(read: &ReadTransaction) -> Result<(Vec<(RunStatus, u64)>, u64), Fault> {
    let runs = RunStatus::ALL.into_iter().map(|status| Ok((status, count(read, meta_runs(status))?)));
    Ok((runs.collect::<Result<_, Fault>>()?, count(read, META_STEPS)?))
}

fn count(read: &ReadTransaction, name: &str) -> Result<u64, Fault> {
    Ok(read.open_table(META)?.get(name)?.map_or(0, |count| count.value()))
}
