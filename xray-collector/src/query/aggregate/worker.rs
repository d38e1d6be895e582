//! What one thread makes of blocks: each by itself, into groups of its own.

use super::groups::{Group, MOST_GROUPS};
use super::lanes::{Feed, Lanes};
use super::tally::{Measure, Tally};
use crate::id::RunId;
use crate::map::FastMap;
use crate::query::columns::{Bitmap, Number};
use crate::query::evaluate::Evaluation;
use crate::query::explain::Scanned;
use crate::query::plan::Range;
use crate::query::view::{RunView, Source, Stop, View};
use crate::store::{Block, BlockInfo, Column, StoreError, rejection_rate};

/// What one thread found.
pub(super) struct Worker {
    /// Numbers of groups by the numbers of their keys.
    numbers: FastMap<Box<[u64]>, u32>,
    keys: Vec<Box<[u64]>>,
    pub(super) rows: Vec<u64>,
    /// For each measure, of each group.
    pub(super) tallies: Vec<Vec<Tally>>,
    measures: Vec<Measure>,
    pub(super) left_out: u64,
    /// Runs that were looked up, and whether their steps count.
    runs: FastMap<RunId, bool>,
    pub(super) scanned: Scanned,
    /// What was left out.
    pub(super) damaged: Vec<String>,
}

/// A row of no group.
pub(super) const NO_GROUP: u32 = u32::MAX;

impl Worker {
    pub(super) fn new(lanes: &Lanes<'_>) -> Self {
        let measures: Vec<_> = lanes.aggregation.measures.iter().map(|(_, measure)| *measure).collect();
        Self {
            numbers: FastMap::default(),
            keys: Vec::new(),
            rows: Vec::new(),
            tallies: vec![Vec::new(); measures.len()],
            measures,
            left_out: 0,
            runs: FastMap::default(),
            scanned: Scanned::default(),
            damaged: Vec::new(),
        }
    }

    /// Adds the steps of a block.
    pub(super) fn block(
        &mut self,
        lanes: &Lanes<'_>,
        source: &Source<'_>,
        range: Range,
        number: usize,
    ) -> Result<(), StoreError> {
        let Some(block) = source.go_on(lanes.columns.read(number, lanes.needed))? else { return Ok(()) };
        let mut chosen = lanes.mask.rows(&block);
        self.leave_runs(&mut chosen, lanes, source, range, (&lanes.columns.blocks()[number], &block))?;
        self.scanned.blocks_read += 1;
        self.scanned.rows += block.len() as u64;
        self.scanned.survivors += chosen.count();
        let mut groups = self.groups(lanes, &block, &chosen);
        groups.retain(|(_, group)| match *group {
            NO_GROUP => {
                self.left_out += 1;
                false
            }
            group => {
                self.rows[group as usize] += 1;
                true
            }
        });
        for (tallies, feed) in self.tallies.iter_mut().zip(&lanes.feeds) {
            feed_block(tallies, feed, &block, &groups);
        }
        Ok(())
    }

    /// Takes steps away whose runs do not count: they began at another time, or something else has to hold of them.
    fn leave_runs(
        &mut self,
        chosen: &mut Bitmap,
        lanes: &Lanes<'_>,
        source: &Source<'_>,
        range: Range,
        (info, block): (&BlockInfo, &Block),
    ) -> Result<(), StoreError> {
        if lanes.has_all_runs(info, range) {
            return Ok(());
        }
        for (run, rows) in block.runs.iter().zip(block.starts.windows(2)) {
            let rows = rows[0] as usize..rows[1] as usize;
            if chosen.has_any(rows.clone()) && !self.counts(lanes, source, range, *run)? {
                chosen.remove(rows);
            }
        }
        Ok(())
    }

    /// Whether steps of this run count.
    fn counts(&mut self, lanes: &Lanes<'_>, source: &Source<'_>, range: Range, id: RunId) -> Result<bool, StoreError> {
        if let Some(known) = self.runs.get(&id) {
            return Ok(*known);
        }
        self.scanned.runs += 1;
        let counts = match source.go_on(source.store.run(id))?.flatten() {
            Some(run) => {
                let started = Range { from_ns: run.started_ns, to_ns: Some(run.started_ns) };
                let view = RunView::new(source, run);
                let mut holds = |condition| Evaluation::new(source, View::Run(view.clone())).holds(condition);
                !range.and(started).is_empty()
                    && lanes.plan.of_run.iter().map(&mut holds).collect::<Result<Vec<_>, Stop>>().map_or_else(
                        |stop| match stop {
                            Stop::Store(error) => Err(error),
                            Stop::Budget => Ok(false),
                        },
                        |held| Ok(held.into_iter().all(|held| held)),
                    )?
            }
            None => false,
        };
        self.runs.insert(id, counts);
        Ok(counts)
    }

    /// The rows that are chosen, with the numbers of their groups.
    pub(super) fn groups(&mut self, lanes: &Lanes<'_>, block: &Block, chosen: &Bitmap) -> Vec<(u32, u32)> {
        if let Some(column) = lanes.single_table() {
            // A number of that column is a group's: nothing is looked up but once.
            let numbers = block.column(column);
            let mut known: Vec<Option<u32>> = Vec::new();
            let group = |row: usize| {
                let number = numbers[row] as usize;
                if number >= known.len() {
                    known.resize(number + 1, None);
                }
                let group = match known[number] {
                    Some(group) => group,
                    None => {
                        let keys: Box<[u64]> = lanes.keys.iter().map(|key| key.number(number as u64)).collect();
                        *known[number].insert(self.group(&keys))
                    }
                };
                (row as u32, group)
            };
            return chosen.rows().map(group).collect();
        }
        let columns: Vec<_> = lanes.keys.iter().map(|key| key.column(block)).collect();
        let mut last: Option<(Box<[u64]>, u32)> = None;
        let group = |row: usize| {
            let numbers = || lanes.keys.iter().zip(&columns).map(|(key, column)| key.number(column[row]));
            // Rows that follow each other are often of one group.
            let group = match &last {
                Some((keys, group)) if numbers().eq(keys.iter().copied()) => *group,
                _ => {
                    let keys: Box<[u64]> = numbers().collect();
                    let group = self.group(&keys);
                    last = Some((keys, group));
                    group
                }
            };
            (row as u32, group)
        };
        chosen.rows().map(group).collect()
    }

    /// The group whose keys have these numbers.
    fn group(&mut self, numbers: &[u64]) -> u32 {
        if let Some(group) = self.numbers.get(numbers) {
            return *group;
        }
        if self.keys.len() >= MOST_GROUPS {
            return NO_GROUP;
        }
        let group = self.keys.len() as u32;
        self.numbers.insert(numbers.into(), group);
        self.keys.push(numbers.into());
        self.rows.push(0);
        self.tallies.iter_mut().zip(&self.measures).for_each(|(tallies, measure)| tallies.push(Tally::new(*measure)));
        group
    }

    pub(super) fn into_groups(self, lanes: &Lanes<'_>) -> impl Iterator<Item = Group> {
        let mut tallies: Vec<_> = self.tallies.into_iter().map(Vec::into_iter).collect();
        let groups = self.keys.into_iter().zip(self.rows).map(move |(numbers, rows)| Group {
            keys: lanes.keys.iter().zip(&*numbers).map(|(key, number)| key.key(*number)).collect(),
            rows,
            tallies: tallies.iter_mut().filter_map(Iterator::next).collect(),
        });
        // A group that was only looked for has none.
        groups.filter(|group| group.rows > 0)
    }
}

/// Adds what a measure is about of rows to their groups.
fn feed_block(tallies: &mut [Tally], feed: &Feed, block: &Block, groups: &[(u32, u32)]) {
    let each = groups.iter().map(|(row, group)| (*row as usize, *group as usize));
    match feed {
        Feed::Rows => each.for_each(|(_, group)| tallies[group].add_row()),
        Feed::Condition(mask) => {
            let holds = mask.rows(block);
            each.filter(|(row, _)| holds.has(*row)).for_each(|(_, group)| tallies[group].add_row());
        }
        Feed::Number(Number::Column(numeric)) => {
            let numbers = block.column(numeric.column);
            let value = |number| numeric.value(number);
            if numeric.flag == 0 {
                each.for_each(|(row, group)| tallies[group].add_whole(numbers[row], value));
            } else {
                let flags = block.column(Column::Flags);
                each.filter(|(row, _)| flags[*row] & numeric.flag != 0)
                    .for_each(|(row, group)| tallies[group].add_whole(numbers[row], value));
            }
        }
        Feed::Number(Number::RejectionRate) => {
            let (kept, eliminated) = (block.column(Column::Kept), block.column(Column::Eliminated));
            for (row, group) in each {
                if let Some(rate) = rejection_rate(kept[row], eliminated[row]) {
                    tallies[group].add_fraction(rate);
                }
            }
        }
        Feed::Number(number) => each.for_each(|(row, group)| tallies[group].add(&number.value(block, row))),
    }
}
