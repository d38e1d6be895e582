//! Blocks: that each is what its head says, that its values decode, and that its runs lead to it, and nobody elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{ReadableTable, ReadableTableMetadata};

use super::Check;
use crate::id::{RunId, StepId};
use crate::payload;
use crate::store::embedded::block::{self, StoredHead, Whereabouts};
use crate::store::embedded::blocks::{SPAN, name_of_span, numbers_of};
use crate::store::embedded::fault::Fault;
use crate::store::embedded::layout::{
    BLOCK_HEADS, BLOCKS, DISCARDED, META, META_NEXT_BLOCK, RUN_BLOCKS, SPANS, STEPS, SUMMARIES,
};
use crate::store::embedded::{blocks, rows, summary};
use crate::store::{Block, Column, ColumnSet, Part, Summary, flag};

/// The first and the last step of a run in a block.
type Steps = (u64, u64);

impl Check<'_> {
    pub(super) fn blocks(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Fault> {
        let mut further: BTreeMap<(RunId, u64), Steps> = BTreeMap::new();
        for entry in self.read.open_table(RUN_BLOCKS)?.iter()? {
            let (key, steps) = entry?;
            further.insert((RunId(key.value().0), key.value().1), steps.value());
            self.scattered.insert(RunId(key.value().0), Vec::new());
        }
        for run in rows::runs(&self.read.open_table(STEPS)?, 0, usize::MAX)? {
            self.scattered.insert(run, Vec::new());
        }
        let heads = self.read.open_table(BLOCK_HEADS)?;
        let count = heads.len()?;
        let next = self.read.open_table(META)?.get(META_NEXT_BLOCK)?.map_or(0, |next| next.value());
        // Which first blocks have their runs in them.
        let mut led_to = BTreeSet::new();
        for entry in heads.iter()? {
            let (number, head) = entry?;
            let number = number.value();
            progress(self.report.blocks, count);
            self.report.blocks += 1;
            if number >= next {
                self.report.problem(block::name(number), "a later block may get its number");
            }
            let Some(head) = self.report.sound(StoredHead::read(head.value(), number))? else { continue };
            let Some(read) = self.report.sound(self.block(number, &head))? else { continue };
            self.head(number, &head, &read)?;
            self.summary(number, &read)?;
            for run in &read.runs {
                self.run_in(number, &read, *run, &mut further);
                led_to.insert((number, *run));
            }
            self.steps_in(&read);
            self.report_values(number, &read)?;
        }
        let firsts: Vec<_> = self.places.runs.iter().filter_map(|(run, (_, first))| Some((*run, (*first)?))).collect();
        for (run, first) in firsts {
            if !led_to.contains(&(first, run)) {
                self.report.problem(format!("run {run}"), format!("its first steps are not in block {first}"));
            }
        }
        for (run, block) in further.into_keys() {
            self.report.problem(format!("run {run}"), format!("it says that it has steps in block {block}"));
        }
        self.spans()?;
        self.bytes_without_heads()
    }

    fn block(&self, number: u64, head: &StoredHead) -> Result<Block, Fault> {
        block::read(&self.read.open_table(BLOCKS)?, number, head.steps as usize, ColumnSet::ALL)
    }

    /// What is said of a block before it is read.
    fn head(&mut self, number: u64, head: &StoredHead, read: &Block) -> Result<(), Fault> {
        let mut problem = |what: &str| self.report.problem(block::name(number), what);
        let info = read.info(head.runs_started_ns);
        if info.ranges[..] != head.ranges[..] || info.callsites != head.callsites {
            problem("its head is not that of its columns");
        }
        if head.callsites.iter().any(|callsite| !self.places.callsites.contains(callsite)) {
            problem("a function of its steps is not there");
        }
        let (first, last) = head.runs_started_ns;
        let began = |run: &RunId| self.places.runs.get(run).map(|(started_ns, _)| *started_ns);
        if read.runs.iter().filter_map(began).any(|started_ns| started_ns < first || started_ns > last) {
            problem("a run of it began at another time than its head says");
        }
        let (parts, summaries) = (self.read.open_table(BLOCKS)?, self.read.open_table(SUMMARIES)?);
        if head.revision == 0 && blocks::length(&parts, &summaries, number)? != head.bytes {
            problem("it has not as many bytes as its head says");
        }
        Ok(())
    }

    /// What its steps are said to come to.
    fn summary(&mut self, number: u64, read: &Block) -> Result<(), Fault> {
        let summary = summary::read(&self.read.open_table(SUMMARIES)?, number, read.len());
        if self.report.sound(summary)?.is_some_and(|summary| summary != Summary::of(read)) {
            self.report.problem(summary::name(number), "it is not that of its columns");
        }
        Ok(())
    }

    /// What the steps of several blocks are said to come to. A block of which that is damaged is a problem of its own.
    fn spans(&mut self) -> Result<(), Fault> {
        let (heads, summaries) = (self.read.open_table(BLOCK_HEADS)?, self.read.open_table(SUMMARIES)?);
        let table = self.read.open_table(SPANS)?;
        for entry in table.iter()? {
            let (span, mut of_blocks, mut steps) = (entry?.0.value(), Vec::new(), 0);
            for number in numbers_of(span) {
                let Some(head) = heads.get(number)? else { break };
                let Ok(head) = StoredHead::read(head.value(), number) else { break };
                steps += head.steps as usize;
                match summary::read(&summaries, number, head.steps as usize) {
                    Err(Fault::Damage { .. }) => {}
                    summary => of_blocks.push(summary?),
                }
            }
            let all = summary::find(&table, span, steps, || name_of_span(span));
            let Some(all) = self.report.sound(all)?.flatten() else { continue };
            if of_blocks.len() as u64 == SPAN && all != Summary::of_all(&of_blocks) {
                self.report.problem(name_of_span(span), "it is not that of its blocks");
            }
        }
        Ok(())
    }

    /// Whether a run leads to the block.
    fn run_in(&mut self, number: u64, read: &Block, run: RunId, further: &mut BTreeMap<(RunId, u64), Steps>) {
        let mut problem = |what: &str| self.report.problem(block::name(number), format!("run {run} {what}"));
        let steps = &read.column(Column::Step)[read.rows_of(run)];
        if !steps.is_sorted_by(|one, other| one < other) {
            problem("has steps in it that are not in order");
        }
        match self.places.runs.get(&run) {
            None => problem("is in it, and not in the store"),
            Some((_, Some(first))) if *first == number => {}
            Some(_) => match further.remove(&(run, number)) {
                None => problem("is in it, and does not lead there"),
                Some(said) if Some(said) != steps.first().copied().zip(steps.last().copied()) => {
                    problem("says that it has others of its steps in it");
                }
                Some(_) => {}
            },
        }
    }

    fn steps_in(&mut self, read: &Block) {
        let (steps, parents) = (read.column(Column::Step), read.column(Column::Parent));
        for run in &read.runs {
            let step = |row: usize| {
                let has_parent = read.column(Column::Flags)[row] & flag::PARENT != 0;
                (StepId(steps[row]), has_parent.then_some(StepId(parents[row])))
            };
            let mut of_run: Vec<_> = read.rows_of(*run).map(step).collect();
            match self.scattered.get_mut(run) {
                Some(scattered) => scattered.append(&mut of_run),
                None => self.steps_of(*run, &mut of_run),
            }
        }
    }

    fn report_values(&mut self, number: u64, read: &Block) -> Result<(), Fault> {
        let values = self.values_in(number, read);
        self.report.sound(values)?;
        Ok(())
    }

    fn values_in(&self, number: u64, read: &Block) -> Result<(), Fault> {
        let blobs = self.read.open_table(BLOCKS)?;
        let whereabouts = Whereabouts::read(&blobs, number, read.len())?;
        let mut frame: Option<(u32, Arc<[u8]>)> = None;
        for row in 0..read.len() {
            let place = whereabouts.frame_of(row);
            if let Some(place) = place.filter(|place| frame.as_ref().is_none_or(|(number, _)| number != place)) {
                frame = Some((place, block::read_frame(&blobs, number, place)?));
            }
            for part in [Part::Arguments, Part::Result, Part::Facts] {
                let range = whereabouts.place(row, part);
                let damage = |detail: String| Fault::damage(format!("{}, row {row}", block::name(number)), detail);
                let Some((_, bytes)) = frame.as_ref().filter(|_| !range.is_empty()) else { continue };
                let bytes = bytes.get(range).ok_or_else(|| damage("its frame ends before its values".to_owned()))?;
                payload::values(&Arc::from(bytes), &whereabouts.names).map_err(|error| damage(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Bytes of blocks that nobody can read.
    fn bytes_without_heads(&mut self) -> Result<(), Fault> {
        let heads = self.read.open_table(BLOCK_HEADS)?;
        let discarded = self.read.open_table(DISCARDED)?;
        let blobs = self.read.open_table(BLOCKS)?;
        let mut next = Some(0);
        while let Some(from) = next {
            let Some(number) = blobs.range((from, 0, 0)..)?.next().transpose()?.map(|(key, _)| key.value().0) else {
                break;
            };
            if heads.get(number)?.is_some() == discarded.get(number)?.is_some() {
                self.report.problem(block::name(number), "it has neither a head nor been discarded, or both");
            }
            next = number.checked_add(1);
        }
        for entry in self.read.open_table(SUMMARIES)?.iter()? {
            let number = entry?.0.value();
            if heads.get(number)?.is_none() {
                self.report.problem(summary::name(number), "its block has no head");
            }
        }
        Ok(())
    }
}
