//! What is in the file: its tables, and how their rows are encoded.
//!
//! ```text
//! table       key                       value
//! meta        "xray format"             u64          3; the key and its type stay in every later format
//!             "next segment"            u64          one above the highest number that was written
//!             "next block"              u64          the same, of blocks
//!             "steps"                   u64          how many there are
//!             "final rows"              u64          how many of them are in `steps` and will not change any more
//!             "final bytes"             u64          how many bytes of arguments and results these have in segments
//!             "writes"                  u64          how many transactions there were
//!             "runs completed", …       u64          how many there are, of each status
//! runs        (started_ns u64, run)     StoredRun    in the order in which they are listed
//! run_at      run                       (started_ns u64, status u8, block u64)    leads to the row, says what it counts
//!                                                    as, and in which block its first steps are; u64::MAX if in none
//! run_blocks  (run, block u64)          (step, step) the other blocks with steps of it: the first and the last one there
//! open_runs   run                       ()           those whose status is running
//! pins        run                       ()           those that stay, whatever the limits are
//! removed     run                       (removed_ns u64, limit u8)    those that are gone: super::removed
//! removed_at  (removed_ns u64, run)     ()           the same, by time
//! discarded   block u64                 ()           blocks without a head, which are removed bit by bit
//! steps       (run, first step)         groups of rows: super::rows
//! facts       (run, step, segment u64, offset u32)    length u32    in the order in which they were said, of such steps
//!                                                    and of those to which something was added after they were in blocks
//! segments    (number u64, part u32)    bytes        the values of both: crate::store::segment, in parts
//! block_heads, blocks, summaries, spans              the steps that will not change any more: super::block
//! item_heads, items                                  what became of items: super::items
//! callsites   number u32                StoredCallsite
//! schemas     version u128              (first seen ns u64, bytes)    crate::schema, as its version is made from
//! batches     process u64               u64          the number of its last batch
//! read_to     (process, thread u32)     (order u32, position u32)
//! steps_in_mind (run, step)             StepInMind
//! runs_in_mind  run                     RunInMind    these four: crate::store::Progress, of processes that did not end
//!                                                    in an orderly way; a file need not have them
//!
//! run = u128, step = u64
//! ```
//!
//! Rows hold what lists and filters need; captured values are in segments and blocks, of which lists never read any.
//! `Stored…` are postcard: fields in order, integers variable in length, texts and options with a prefix. They are types
//! of their own so that a change of the public model cannot change the file by accident: whoever changes one here raises
//! [`FORMAT`], and teaches [`super::upgrade`] to make the new one of the old. Decoding never panics.

use std::ops::RangeInclusive;
use std::sync::Arc;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use crate::id::{RunId, SchemaVersion, StepId};
use crate::model::{Callsite, Level, Outcome, Run, RunStatus};
use crate::store::Limit;

/// The format that is written, and the newest one that is read.
pub(super) const FORMAT: u32 = 3;

pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(super) const RUNS: TableDefinition<'_, (u64, u128), &[u8]> = TableDefinition::new("runs");
pub(super) const RUN_AT: TableDefinition<'_, u128, (u64, u8, u64)> = TableDefinition::new("run_at");
pub(super) const RUN_BLOCKS: TableDefinition<'_, (u128, u64), (u64, u64)> = TableDefinition::new("run_blocks");
pub(super) const OPEN_RUNS: TableDefinition<'_, u128, ()> = TableDefinition::new("open_runs");
pub(super) const PINS: TableDefinition<'_, u128, ()> = TableDefinition::new("pins");
pub(super) const REMOVED: TableDefinition<'_, u128, (u64, u8)> = TableDefinition::new("removed");
pub(super) const REMOVED_AT: TableDefinition<'_, (u64, u128), ()> = TableDefinition::new("removed_at");
pub(super) const DISCARDED: TableDefinition<'_, u64, ()> = TableDefinition::new("discarded");
pub(super) const STEPS: TableDefinition<'_, (u128, u64), &[u8]> = TableDefinition::new("steps");
pub(super) const FACTS: TableDefinition<'_, (u128, u64, u64, u32), u32> = TableDefinition::new("facts");
pub(super) const SEGMENTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("segments");
pub(super) const BLOCK_HEADS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("block_heads");
pub(super) const BLOCKS: TableDefinition<'_, (u64, u32, u32), &[u8]> = TableDefinition::new("blocks");
pub(super) const SUMMARIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("summaries");
pub(super) const SPANS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("spans");
pub(super) const ITEM_HEADS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("item_heads");
pub(super) const ITEMS: TableDefinition<'_, (u64, u32, u32), &[u8]> = TableDefinition::new("items");
pub(super) const CALLSITES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("callsites");
pub(super) const SCHEMAS: TableDefinition<'_, u128, (u64, &[u8])> = TableDefinition::new("schemas");

pub(super) const BATCHES: TableDefinition<'_, u64, u64> = TableDefinition::new("batches");
pub(super) const READ_TO: TableDefinition<'_, (u64, u32), (u32, u32)> = TableDefinition::new("read_to");
pub(super) const STEPS_IN_MIND: TableDefinition<'_, (u128, u64), &[u8]> = TableDefinition::new("steps_in_mind");
pub(super) const RUNS_IN_MIND: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("runs_in_mind");

pub(super) const META_FORMAT: &str = "xray format";
pub(super) const META_NEXT_SEGMENT: &str = "next segment";
pub(super) const META_NEXT_BLOCK: &str = "next block";
pub(super) const META_STEPS: &str = "steps";
pub(super) const META_WRITES: &str = "writes";
pub(super) const META_FINAL_ROWS: &str = "final rows";
pub(super) const META_FINAL_BYTES: &str = "final bytes";

/// No block, where a run's first one stands.
pub(super) const NO_BLOCK: u64 = u64::MAX;

/// The count of runs that stand so.
pub(super) fn meta_runs(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "runs running",
        RunStatus::Completed => "runs completed",
        RunStatus::Failed => "runs failed",
        RunStatus::Crashed => "runs crashed",
        RunStatus::Incomplete => "runs incomplete",
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRun<'a> {
    pipeline: &'a str,
    status: u8,
    outcome: u8,
    ended_ns: Option<u64>,
    steps: u64,
    failures: u64,
    lost_events: u64,
    #[serde(borrow)]
    error: Option<&'a str>,
    parent: Option<(u128, u64)>,
    orphan: bool,
    level: u8,
    schema: Option<u128>,
    misfits: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredCallsite<'a> {
    name: &'a str,
    kind: &'a str,
    module: &'a str,
    file: &'a str,
    line: u32,
    #[serde(borrow)]
    arguments: Vec<&'a str>,
    opens_run: bool,
    items: &'a str,
    key: &'a str,
}

/// A row in bytes.
pub(super) fn encode(row: &impl Serialize) -> Result<Vec<u8>, Fault> {
    postcard::to_stdvec(row).map_err(|error| Fault::Unfit(format!("a row does not encode: {error}")))
}

/// A row from all of these bytes; `place` names it if they are not one.
pub(super) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], place: impl Fn() -> String) -> Result<T, Fault> {
    match postcard::take_from_bytes(bytes) {
        Ok((row, [])) => Ok(row),
        Ok((_, rest)) => Err(Fault::damage(place(), format!("it is followed by {} more bytes", rest.len()))),
        Err(error) => Err(Fault::damage(place(), error)),
    }
}

impl<'a> StoredRun<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        Self {
            pipeline: &run.pipeline,
            status: status_code(run.status),
            outcome: outcome_code(run.outcome),
            ended_ns: run.ended_ns,
            steps: run.steps,
            failures: run.failures,
            lost_events: run.lost_events,
            error: run.error.as_deref(),
            parent: run.parent.map(|(run, step)| (run.0, step.0)),
            orphan: run.orphan,
            level: level_code(run.level),
            schema: run.schema.map(|version| version.0),
            misfits: run.misfits,
        }
    }

    /// The run that was stored at this place.
    pub(super) fn read(bytes: &'a [u8], started_ns: u64, id: RunId) -> Result<Run, Fault> {
        let place = || format!("run {id}");
        let row: Self = decode(bytes, place)?;
        Ok(Run {
            id,
            pipeline: row.pipeline.into(),
            status: known(status(row.status), row.status, "a status", place)?,
            outcome: known(outcome(row.outcome), row.outcome, "an outcome", place)?,
            started_ns,
            ended_ns: row.ended_ns,
            steps: row.steps,
            failures: row.failures,
            lost_events: row.lost_events,
            error: row.error.map(str::to_owned),
            parent: row.parent.map(|(run, step)| (RunId(run), StepId(step))),
            orphan: row.orphan,
            level: known(level(row.level), row.level, "a level", place)?,
            schema: row.schema.map(SchemaVersion),
            misfits: row.misfits,
            // That is in a table of its own.
            pinned: false,
        })
    }
}

impl<'a> StoredCallsite<'a> {
    pub(super) fn new(callsite: &'a Callsite) -> Self {
        Self {
            name: &callsite.name,
            kind: &callsite.kind,
            module: &callsite.module,
            file: &callsite.file,
            line: callsite.line,
            arguments: callsite.arguments.iter().map(|name| &**name).collect(),
            opens_run: callsite.opens_run,
            items: &callsite.items,
            key: &callsite.key,
        }
    }

    pub(super) fn read(bytes: &'a [u8], number: u32) -> Result<Callsite, Fault> {
        let row: Self = decode(bytes, || format!("callsite {number}"))?;
        Ok(Callsite {
            name: row.name.into(),
            kind: row.kind.into(),
            module: row.module.into(),
            file: row.file.into(),
            line: row.line,
            arguments: row.arguments.into_iter().map(Arc::from).collect(),
            opens_run: row.opens_run,
            items: row.items.into(),
            key: row.key.into(),
        })
    }
}

/// Where what was said of these steps of a run is in [`FACTS`].
pub(super) fn facts_of(run: RunId, steps: RangeInclusive<StepId>) -> RangeInclusive<(u128, u64, u64, u32)> {
    (run.0, steps.start().0, 0, 0)..=(run.0, steps.end().0, u64::MAX, u32::MAX)
}

/// All steps that a run can have.
pub(super) const ALL_STEPS: RangeInclusive<StepId> = StepId(0)..=StepId(u64::MAX);

/// How an error names a step.
pub(super) fn step_place(run: RunId, step: StepId) -> String {
    format!("step {step} of run {run}")
}

// The numbers below are in files: they are never given to anything else.

pub(super) fn status_code(status: RunStatus) -> u8 {
    match status {
        RunStatus::Running => 0,
        RunStatus::Completed => 1,
        RunStatus::Failed => 2,
        RunStatus::Crashed => 3,
        RunStatus::Incomplete => 4,
    }
}

pub(super) fn status(code: u8) -> Option<RunStatus> {
    RunStatus::ALL.into_iter().find(|status| status_code(*status) == code)
}

pub(super) fn outcome_code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ok => 0,
        Outcome::Err => 1,
        Outcome::Returned => 2,
        Outcome::Panicked => 3,
        Outcome::Cancelled => 4,
        Outcome::Open => 5,
        Outcome::Lost => 6,
    }
}

pub(super) fn outcome(code: u8) -> Option<Outcome> {
    Outcome::ALL.into_iter().find(|outcome| outcome_code(*outcome) == code)
}

pub(super) fn level_code(level: Level) -> u8 {
    match level {
        Level::Full => 0,
        Level::Sampled => 1,
        Level::Metrics => 2,
        Level::Off => 3,
    }
}

pub(super) fn limit_code(limit: Limit) -> u8 {
    match limit {
        Limit::Age => 0,
        Limit::Runs => 1,
        Limit::Bytes => 2,
    }
}

pub(super) fn limit(code: u8) -> Option<Limit> {
    Limit::ALL.into_iter().find(|limit| limit_code(*limit) == code)
}

pub(super) fn level(code: u8) -> Option<Level> {
    Level::ALL.into_iter().find(|level| level_code(*level) == code)
}

/// What a number in a row stands for; `place` names the row if it stands for nothing.
pub(super) fn known<T>(meaning: Option<T>, code: u8, what: &str, place: impl Fn() -> String) -> Result<T, Fault> {
    meaning.ok_or_else(|| Fault::damage(place(), format!("{code} is not {what}")))
}
