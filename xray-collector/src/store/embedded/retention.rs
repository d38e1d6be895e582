//! Which runs go: those beyond the limits, the one that began first at the beginning. How they go is in
//! [`super::removal`].
//!
//! A pass is cut into pieces, of which each is one transaction of a few ten milliseconds at most, so that whoever writes
//! never waits longer: first it is chosen what goes, which only reads; then runs go, some hundred at a time; then the
//! blocks that nobody refers to any more; then lists of the index of items that have no run left.

use std::collections::{BTreeMap, VecDeque};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable};

use super::fault::Fault;
use super::layout::{META, NO_BLOCK, PINS, RUN_AT, RUNS, StoredRun, meta_runs};
use super::removal;
use super::usage::Usage;
use crate::id::RunId;
use crate::model::{Run, RunStatus};
use crate::store::{Limit, Limits, Removed, Retained, Retention};

/// So many runs are chosen at once, at most.
const CHOSEN: usize = 10_000;

/// How far a pass has come.
#[derive(Debug, Default)]
pub(super) struct Pass(Stage);

#[derive(Debug, Default)]
enum Stage {
    /// Nothing is chosen yet.
    #[default]
    Choosing,
    /// These go; there may be more.
    Removing(VecDeque<(RunId, Limit)>, bool),
    /// And then, if there may be more, chosen again.
    Discarding(bool),
    /// Lists from this one on are looked at.
    Indexing(u64),
}

impl Pass {
    /// Does the next piece.
    pub(super) fn step(&mut self, database: &Database, retention: &Retention, now_ns: u64) -> Result<Retained, Fault> {
        // What fails is chosen anew.
        let stage = std::mem::take(&mut self.0);
        let mut removed = Removed::default();
        let next = match stage {
            Stage::Choosing => {
                let (chosen, is_partial) = choose(&database.begin_read()?, retention, now_ns)?;
                match chosen.is_empty() {
                    true => removal::is_discarding(database)?.then_some(Stage::Discarding(false)),
                    false => Some(Stage::Removing(chosen, is_partial)),
                }
            }
            Stage::Removing(mut chosen, is_partial) => {
                removed = removal::remove(database, &mut chosen, now_ns)?;
                match chosen.is_empty() {
                    true => Some(Stage::Discarding(is_partial && removed.runs > 0)),
                    false => Some(Stage::Removing(chosen, is_partial)),
                }
            }
            Stage::Discarding(is_partial) => match (removal::discard(database)?, is_partial) {
                (true, _) => Some(Stage::Discarding(is_partial)),
                (false, true) => Some(Stage::Choosing),
                (false, false) => Some(Stage::Indexing(0)),
            },
            Stage::Indexing(from) => removal::drop_lists(database, from)?.map(Stage::Indexing),
        };
        let is_done = next.is_none();
        self.0 = next.unwrap_or_default();
        Ok(Retained { removed, is_done })
    }
}

/// The runs that are beyond the limits, and whether there may be more.
fn choose(
    read: &ReadTransaction,
    retention: &Retention,
    now_ns: u64,
) -> Result<(VecDeque<(RunId, Limit)>, bool), Fault> {
    let mut chosen = VecDeque::new();
    if !retention.is_limited() {
        return Ok((chosen, false));
    }
    let mut kept = Kept::of(read, retention, now_ns)?;
    let (places, pins) = (read.open_table(RUN_AT)?, read.open_table(PINS)?);
    for entry in read.open_table(RUNS)?.iter()? {
        let (key, row) = entry?;
        let (started_ns, id) = key.value();
        if kept.is_within(started_ns) {
            break;
        }
        // What does not decode is for a reader to say.
        let Ok(run) = StoredRun::read(row.value(), started_ns, RunId(id)) else { continue };
        let Some(limit) = kept.exceeded(&run) else { continue };
        if run.status == RunStatus::Running || pins.get(id)?.is_some() {
            continue;
        }
        let block = places.get(id)?.map_or(NO_BLOCK, |place| place.value().2);
        kept.forget(&run, block);
        chosen.push_back((run.id, limit));
        if chosen.len() == CHOSEN {
            return Ok((chosen, true));
        }
    }
    Ok((chosen, false))
}

/// What is kept, and what may be.
struct Kept<'r> {
    all: Share,
    pipelines: BTreeMap<&'r str, Share>,
    usage: Usage,
}

/// Of all runs, or of those of a pipeline.
struct Share {
    limits: Limits,
    /// What began before is too old.
    cutoff_ns: u64,
    runs: u64,
    bytes: u64,
}

impl Share {
    fn new(limits: Limits, now_ns: u64) -> Self {
        let age = limits.age.map(|age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX));
        Self { limits, cutoff_ns: age.map_or(0, |age| now_ns.saturating_sub(age)), runs: 0, bytes: 0 }
    }

    /// A sixteenth more than is needed goes, so that not every pass has to.
    fn make_room(&mut self) {
        if let Some(bytes) = self.limits.bytes.as_mut().filter(|bytes| **bytes < self.bytes) {
            *bytes -= *bytes / 16;
        }
    }

    fn exceeded(&self, started_ns: u64) -> Option<Limit> {
        if started_ns < self.cutoff_ns {
            Some(Limit::Age)
        } else if self.limits.runs.is_some_and(|runs| self.runs > runs) {
            Some(Limit::Runs)
        } else if self.limits.bytes.is_some_and(|bytes| self.bytes > bytes) {
            Some(Limit::Bytes)
        } else {
            None
        }
    }

    fn forget(&mut self, bytes: u64) {
        self.runs = self.runs.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl<'r> Kept<'r> {
    /// Without what is pinned.
    fn of(read: &ReadTransaction, retention: &'r Retention, now_ns: u64) -> Result<Self, Fault> {
        let usage = Usage::of(read)?;
        let mut all = Share::new(retention.all, now_ns);
        let meta = read.open_table(META)?;
        for status in RunStatus::ALL {
            all.runs += meta.get(meta_runs(status))?.map_or(0, |count| count.value());
        }
        all.bytes = usage.bytes;
        let shares = retention.pipelines.iter().map(|(name, limits)| (&**name, Share::new(*limits, now_ns)));
        let mut kept = Self { all, pipelines: shares.collect(), usage };
        if retention.pipelines.values().any(|limits| limits.runs.is_some() || limits.bytes.is_some()) {
            kept.count_pipelines(read)?;
        }
        kept.leave_out_pins(read)?;
        kept.all.make_room();
        kept.pipelines.values_mut().for_each(Share::make_room);
        Ok(kept)
    }

    /// There is no index by pipeline: every run's row is read.
    fn count_pipelines(&mut self, read: &ReadTransaction) -> Result<(), Fault> {
        let places = read.open_table(RUN_AT)?;
        for entry in read.open_table(RUNS)?.iter()? {
            let (key, row) = entry?;
            let (started_ns, id) = key.value();
            let Ok(run) = StoredRun::read(row.value(), started_ns, RunId(id)) else { continue };
            let Some(share) = self.pipelines.get_mut(&*run.pipeline) else { continue };
            share.runs += 1;
            share.bytes += self.usage.of_run(&run, places.get(id)?.map_or(NO_BLOCK, |place| place.value().2));
        }
        Ok(())
    }

    fn leave_out_pins(&mut self, read: &ReadTransaction) -> Result<(), Fault> {
        let (places, rows) = (read.open_table(RUN_AT)?, read.open_table(RUNS)?);
        for entry in read.open_table(PINS)?.iter()? {
            let id = entry?.0.value();
            let Some((started_ns, _, block)) = places.get(id)?.map(|place| place.value()) else { continue };
            let Some(row) = rows.get((started_ns, id))? else { continue };
            if let Ok(run) = StoredRun::read(row.value(), started_ns, RunId(id)) {
                self.forget(&run, block);
            }
        }
        Ok(())
    }

    /// For which limit a run goes, the one that is the oldest.
    fn exceeded(&self, run: &Run) -> Option<Limit> {
        let of_pipeline = self.pipelines.get(&*run.pipeline).and_then(|share| share.exceeded(run.started_ns));
        of_pipeline.or_else(|| self.all.exceeded(run.started_ns))
    }

    /// Whether no run that began then or later goes.
    fn is_within(&self, started_ns: u64) -> bool {
        std::iter::once(&self.all).chain(self.pipelines.values()).all(|share| share.exceeded(started_ns).is_none())
    }

    fn forget(&mut self, run: &Run, block: u64) {
        let bytes = self.usage.of_run(run, block);
        self.all.forget(bytes);
        if let Some(share) = self.pipelines.get_mut(&*run.pipeline) {
            share.forget(bytes);
        }
    }
}
