//! Writing: each function is one transaction, all of it or nothing.
//!
//! A batch may come a second time, since a commit can fail after it has reached the disk: its number tells. Rows are put,
//! not inserted. Counts move by what a row was before. This must never leave a count, an index or the list of open runs behind.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::thread::Scope;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, Table, WriteTransaction};

use super::block::{self, ROWS, StoredHead, VALUES_BYTES};
use super::fault::Fault;
use super::items::{self, Items, Merging};
use super::layout::{
    BLOCK_HEADS, BLOCKS, CALLSITES, FACTS, ITEM_HEADS, ITEMS, META, META_FINAL_BYTES, META_FINAL_ROWS,
    META_NEXT_SEGMENT, META_STEPS, META_WRITES, NO_BLOCK, OPEN_RUNS, PINS, RUN_AT, RUN_BLOCKS, RUNS, SCHEMAS, SEGMENTS,
    STEPS, StoredCallsite, StoredRun, encode, known, meta_runs, status, status_code,
};
use super::rows::Growth;
use super::seal::{Sealed, Sealer, put_fact};
use super::{progress, read, removed, rows, segments};
use crate::aside::{Aside, MANY};
use crate::decision::DecisionCounts;
use crate::id::{ProcessId, RunId};
use crate::map::FastMap;
use crate::model::{Run, RunStatus};
use crate::store::{Batch, Column, ColumnSet, FactsRow, LateRow, SchemaRow, Segment, StepRow};

/// A batch of so many steps that will not change any more makes blocks of its own. Those of smaller ones are rows until
/// they are enough for a block.
const STRAIGHT: usize = ROWS / 2;
/// So does one whose values are so many bytes.
const STRAIGHT_BYTES: u64 = VALUES_BYTES as u64 / 4;

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
    let blocks = {
        let places = transaction.open_table(RUN_AT)?;
        read::blocks_of(&places, &transaction.open_table(RUN_BLOCKS)?, late.run, None)?
    };
    let mut heads = transaction.open_table(BLOCK_HEADS)?;
    let mut blobs = transaction.open_table(BLOCKS)?;
    for number in blocks {
        let Some(head) = heads.get(number)?.map(|head| StoredHead::read(head.value(), number)).transpose()? else {
            continue;
        };
        let mut block = match block::read(&blobs, number, head.steps as usize, ColumnSet::ALL) {
            // What is said of a step that cannot be read is not worth the batch.
            Err(Fault::Damage { .. }) => continue,
            read => read?,
        };
        let Some(row) = block.row_of(late.run, late.step) else { continue };
        block.add(row, late);
        block::write_again(&mut blobs, number, &block)?;
        heads.insert(number, &*encode(&head.changed(&block))?)?;
        return Ok(());
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

/// The tables that a run is in.
struct Runs<'transaction> {
    rows: Table<'transaction, (u64, u128), &'static [u8]>,
    places: Table<'transaction, u128, (u64, u8, u64)>,
    blocks: Table<'transaction, (u128, u64), (u64, u64)>,
    heads: Table<'transaction, u64, &'static [u8]>,
    open: Table<'transaction, u128, ()>,
}

impl<'transaction> Runs<'transaction> {
    fn open(transaction: &'transaction WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            rows: transaction.open_table(RUNS)?,
            places: transaction.open_table(RUN_AT)?,
            blocks: transaction.open_table(RUN_BLOCKS)?,
            heads: transaction.open_table(BLOCK_HEADS)?,
            open: transaction.open_table(OPEN_RUNS)?,
        })
    }

    /// Puts runs, and says of them and of others in which further blocks their steps are.
    fn put_all(&mut self, runs: &[Run], sealed: &[Sealed], counts: &mut Counts) -> Result<(), Fault> {
        let mut by_run: FastMap<RunId, Vec<&Sealed>> = FastMap::default();
        for sealed in sealed {
            by_run.entry(sealed.run).or_default().push(sealed);
        }
        for run in runs {
            let sealed = by_run.remove(&run.id).unwrap_or_default();
            self.put(run, &sealed, counts)?;
        }
        for (run, sealed) in by_run {
            let place = self.places.get(run.0)?.map(|place| place.value());
            // Of a run without a row, all of them are further ones.
            let first = self.put_blocks(run, place.map_or(0, |(.., first)| first), &sealed)?;
            if let Some((started_ns, status, _)) = place {
                self.places.insert(run.0, (started_ns, status, first))?;
            }
        }
        Ok(())
    }

    fn put(&mut self, run: &Run, sealed: &[&Sealed], counts: &mut Counts) -> Result<(), Fault> {
        let previous = self.places.get(run.id.0)?.map(|place| place.value());
        let mut first = NO_BLOCK;
        if let Some((started_ns, code, block)) = previous {
            let was = known(status(code), code, "a status", || format!("the place of run {}", run.id))?;
            counts.add(meta_runs(was), -1);
            if started_ns != run.started_ns {
                self.rows.remove((started_ns, run.id.0))?;
                self.widen(run, block)?;
            }
            first = block;
        }
        let first = self.put_blocks(run.id, first, sealed)?;
        self.places.insert(run.id.0, (run.started_ns, status_code(run.status), first))?;
        counts.add(meta_runs(run.status), 1);
        self.rows.insert((run.started_ns, run.id.0), &*encode(&StoredRun::new(run))?)?;
        if run.status == RunStatus::Running {
            self.open.insert(run.id.0, ())?;
        } else {
            self.open.remove(run.id.0)?;
        }
        Ok(())
    }

    /// Says in which blocks steps of a run are, beside those that are known. Returns the first of all.
    fn put_blocks(&mut self, run: RunId, first: u64, sealed: &[&Sealed]) -> Result<u64, Fault> {
        let mut first = first;
        for sealed in sealed {
            if first == NO_BLOCK {
                first = sealed.block;
            } else {
                self.blocks.insert((run.0, sealed.block), (sealed.steps.0.0, sealed.steps.1.0))?;
            }
        }
        Ok(first)
    }

    /// A run began at another time than the heads of its blocks say.
    fn widen(&mut self, run: &Run, first: u64) -> Result<(), Fault> {
        for number in read::blocks_from(first, &self.blocks, run.id, None)? {
            let head = self.heads.get(number)?.map(|head| StoredHead::read(head.value(), number)).transpose()?;
            if let Some(mut head) = head {
                let (from, to) = head.runs_started_ns;
                head.runs_started_ns = (from.min(run.started_ns), to.max(run.started_ns));
                self.heads.insert(number, &*encode(&head)?)?;
            }
        }
        Ok(())
    }

    /// When anything last happened in a run, as far as is known.
    fn last_heard_ns(&self, run: &Run, transaction: &WriteTransaction) -> Result<u64, Fault> {
        let mut last = run.started_ns.max(run.ended_ns.unwrap_or(0));
        let mut heard = |started_ns: u64, duration_ns: u64| last = last.max(started_ns.saturating_add(duration_ns));
        for row in rows::rows(&transaction.open_table(STEPS)?, run.id, None)? {
            let row = row?;
            heard(row.started_ns, row.duration_ns.unwrap_or(0));
        }
        let blobs = transaction.open_table(BLOCKS)?;
        for number in read::blocks_of(&self.places, &self.blocks, run.id, None)? {
            let Some(head) = self.heads.get(number)? else { continue };
            let steps = StoredHead::read(head.value(), number)?.steps as usize;
            let times = [Column::Started, Column::Duration].into_iter().collect();
            let block = block::read(&blobs, number, steps, times)?;
            for row in block.rows_of(run.id) {
                heard(block.column(Column::Started)[row], block.column(Column::Duration)[row]);
            }
        }
        Ok(last)
    }

    fn open_runs(&self) -> Result<Vec<RunId>, Fault> {
        self.open.iter()?.map(|entry| Ok(RunId(entry?.0.value()))).collect()
    }

    /// A run that another table names.
    fn get(&self, id: RunId) -> Result<Run, Fault> {
        let missing = || Fault::damage(format!("run {id}"), "it is listed as open and is not there");
        let (started_ns, ..) = self.places.get(id.0)?.ok_or_else(missing)?.value();
        let row = self.rows.get((started_ns, id.0))?.ok_or_else(missing)?;
        StoredRun::read(row.value(), started_ns, id)
    }
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
