//! Steps column by column: each block by itself, several at a time, their groups put together at the end.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::groups::Groups;
use super::summed::Split;
use super::tally::Measure;
use super::worker::Worker;
use super::{Aggregation, Passed};
use crate::query::columns::{Mask, Number, Unit};
use crate::query::explain::Scanned;
use crate::query::expression::Row;
use crate::query::plan::{Deriver, Plan, Range};
use crate::query::value::Value;
use crate::query::view::Source;
use crate::query::vocabulary::Entity;
use crate::store::{Block, BlockInfo, Column, ColumnSet, StepColumns, StoreError};

/// Threads that read blocks for one answer.
const MOST_THREADS: usize = 4;
/// Fewer blocks than this are not worth a thread.
const FEW_BLOCKS: usize = 4;

/// An aggregation that can be calculated from columns.
pub(super) struct Lanes<'l> {
    pub(super) aggregation: &'l Aggregation,
    pub(super) plan: &'l Plan,
    pub(super) columns: &'l dyn StepColumns,
    pub(super) mask: &'l Mask,
    pub(super) keys: Vec<KeyLane>,
    pub(super) feeds: Vec<Feed>,
    pub(super) needed: ColumnSet,
}

/// Where a key is taken from. Each row has a number for each key.
pub(super) enum KeyLane {
    /// For each number of the column the number of the key, and the keys.
    Table { column: Column, numbers: Vec<u64>, keys: Vec<Value> },
    /// The time's bucket.
    Bucket { column: Column, bucket_ns: u64 },
}

/// Where a measure's values are taken from.
pub(super) enum Feed {
    Rows,
    Number(Number),
    Condition(Mask),
}

impl<'l> Lanes<'l> {
    /// `None` if the columns do not have all that is asked for.
    pub(super) fn of(
        aggregation: &'l Aggregation,
        plan: &'l Plan,
        source: &'l Source<'l>,
    ) -> Result<Option<Self>, StoreError> {
        let (Entity::Step, true, Some(columns), [mask]) =
            (aggregation.entity, plan.is_exact, source.columns, &*plan.of_steps)
        else {
            return Ok(None);
        };
        let callsites = source.store.callsites()?;
        let deriver = Deriver { source, callsites: &callsites, steps: vec![Row::Bound(0)], decision: None };
        let key = |key: &super::Key| -> Option<KeyLane> {
            if let Some(bucket_ns) = key.bucket_ns {
                return match Number::of(&key.value, &|part| deriver.constant(part))? {
                    Number::Column(numeric) if numeric.unit == Unit::Time && numeric.flag == 0 => {
                        Some(KeyLane::Bucket { column: numeric.column, bucket_ns })
                    }
                    _ => None,
                };
            }
            let (column, values) = deriver.values(&key.value)?;
            Some(KeyLane::table(column, &values))
        };
        let feed = |(value, measure): &(Option<_>, Measure)| -> Option<Feed> {
            let Some(value) = value else { return Some(Feed::Rows) };
            match measure {
                Measure::Share => {
                    let derived = deriver.possible(value, true);
                    derived.is_exact.then_some(Feed::Condition(derived.mask))
                }
                Measure::Values => None,
                _ => Number::of(value, &|part| deriver.constant(part)).map(Feed::Number),
            }
        };
        let keys: Option<Vec<_>> = aggregation.keys.iter().map(key).collect();
        let feeds: Option<Vec<_>> = aggregation.measures.iter().map(feed).collect();
        let (Some(keys), Some(feeds)) = (keys, feeds) else { return Ok(None) };
        let needed = keys.iter().map(KeyLane::columns).chain(feeds.iter().map(Feed::columns));
        let needed = needed.fold(mask.columns(), ColumnSet::and);
        Ok(Some(Self { aggregation, plan, columns, mask, keys, feeds, needed }))
    }

    /// The one column that all keys depend on, if it has few numbers.
    pub(super) fn single_table(&self) -> Option<Column> {
        let mut columns = self.keys.iter().map(|key| match key {
            KeyLane::Table { column, .. } => Some(*column),
            KeyLane::Bucket { .. } => None,
        });
        let first = columns.next()??;
        columns.all(|column| column == Some(first)).then_some(first)
    }

    /// Whether all runs of a block count: those that began in the range, if nothing else has to hold of them.
    pub(super) fn has_all_runs(&self, info: &BlockInfo, range: Range) -> bool {
        let (first, last) = info.runs_started_ns;
        let is_within = range.from_ns <= first && range.to_ns.is_some_and(|to_ns| last <= to_ns);
        is_within && self.plan.of_run.is_empty()
    }

    /// The blocks that may have steps of which the condition holds, those with the newest runs first.
    pub(super) fn blocks(&self, range: Range) -> Vec<usize> {
        let infos = self.columns.blocks();
        let span = |block: &usize| Range {
            from_ns: infos[*block].runs_started_ns.0,
            to_ns: Some(infos[*block].runs_started_ns.1),
        };
        let may_have = |block: &usize| !range.and(span(block)).is_empty() && self.mask.may_hold(&infos[*block]);
        let mut blocks: Vec<usize> = (0..infos.len()).filter(may_have).collect();
        blocks.sort_by_key(|block| std::cmp::Reverse(infos[*block].runs_started_ns.1));
        blocks
    }

    /// Adds every step of which the condition holds to its group.
    pub(super) fn pass(&self, source: &Source<'_>, range: Range, groups: &mut Groups) -> Result<Passed, StoreError> {
        let blocks = self.blocks(range);
        let all = self.columns.blocks().len() as u64;
        let mut scanned = Scanned { blocks: all, blocks_pruned: all - blocks.len() as u64, ..Scanned::default() };
        let mut worker = Worker::new(self);
        let split = Split::of(self, &mut worker, source, (range, &blocks))?;
        source.charge(split.cost);
        split.summed.iter().for_each(|summed| worker.summed(self, summed));
        scanned.blocks_summed = split.blocks_summed;
        let stopped_at_ns = split.stopped_at_ns;
        let mut passed = Passed { stopped: stopped_at_ns.is_some(), stopped_at_ns, read: split.cost, scanned };
        let mut workers = self.work(&split.read, source, range)?;
        workers.push(worker);
        for worker in workers {
            passed.scanned.blocks_read += worker.scanned.blocks_read;
            passed.scanned.rows += worker.scanned.rows;
            passed.scanned.survivors += worker.scanned.survivors;
            passed.scanned.runs += worker.scanned.runs;
            passed.read += worker.scanned.runs;
            source.note(&worker.damaged);
            groups.left_out += worker.left_out;
            worker.into_groups(self).for_each(|group| groups.merge(group));
        }
        Ok(passed)
    }

    /// Reads these blocks, on as many threads as there are processors for it.
    fn work(&self, blocks: &[usize], source: &Source<'_>, range: Range) -> Result<Vec<Worker>, StoreError> {
        let next = AtomicUsize::new(0);
        let (store, now_ns) = (source.store, source.now_ns);
        let act = || {
            let source = Source::new(store, None, now_ns, u64::MAX);
            let mut worker = Worker::new(self);
            while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                worker.block(self, &source, range, *block)?;
            }
            worker.damaged = source.damaged.take();
            Ok(worker)
        };
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
        let threads = if blocks.len() < FEW_BLOCKS { 1 } else { processors };
        std::thread::scope(|scope| {
            // Where there is no thread to be had, this one does it alone.
            let builder = || std::thread::Builder::new().name("xray-query".to_owned());
            let others: Vec<_> = (1..threads).filter_map(|_| builder().spawn_scoped(scope, act).ok()).collect();
            let mut workers = vec![act()?];
            for other in others {
                workers.push(other.join().map_err(|_| panicked())??);
            }
            Ok(workers)
        })
    }
}

fn panicked() -> StoreError {
    StoreError::Panicked { message: "a thread that read blocks of steps ended unexpectedly".to_owned() }
}

impl KeyLane {
    fn table(column: Column, values: &[Value]) -> Self {
        let (mut keys, mut texts) = (Vec::new(), Vec::new());
        let mut number = |value: &Value| {
            let text = value.to_string();
            let known = texts.iter().position(|known| *known == text);
            known.unwrap_or_else(|| {
                keys.push(value.clone());
                texts.push(text);
                texts.len() - 1
            }) as u64
        };
        let numbers = values.iter().map(&mut number).collect();
        Self::Table { column, numbers, keys }
    }

    fn columns(&self) -> ColumnSet {
        let (Self::Table { column, .. } | Self::Bucket { column, .. }) = self;
        ColumnSet::default().with(*column)
    }

    /// The number of a row's key, of which the column has this number.
    #[inline]
    pub(super) fn number(&self, number: u64) -> u64 {
        match self {
            Self::Table { numbers, .. } => numbers.get(number as usize).copied().unwrap_or(u64::MAX),
            Self::Bucket { bucket_ns, .. } => number / bucket_ns,
        }
    }

    pub(super) fn key(&self, number: u64) -> Value {
        match self {
            Self::Table { keys, .. } => keys.get(number as usize).cloned().unwrap_or_default(),
            Self::Bucket { bucket_ns, .. } => Value::Time(i128::from(number) * i128::from(*bucket_ns)),
        }
    }

    pub(super) fn column<'b>(&self, block: &'b Block) -> &'b [u64] {
        let (Self::Table { column, .. } | Self::Bucket { column, .. }) = self;
        block.column(*column)
    }
}

impl Feed {
    fn columns(&self) -> ColumnSet {
        match self {
            Self::Rows => ColumnSet::default(),
            Self::Number(number) => number.columns(),
            Self::Condition(mask) => mask.columns(),
        }
    }
}
