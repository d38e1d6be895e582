//! Blocks that are put together, row by row, and columns that change.

use crate::id::{RunId, StepId};
use crate::store::{Block, BlockInfo, Column, LateRow, StepRow, flag};

impl Block {
    /// Appends a row, of the run of the last one or of a run with a higher id, and behind the steps that are there of it.
    pub(super) fn push(&mut self, row: &StepRow, has_facts: bool) {
        let at = self.append(row.run, 1);
        let counts = &row.counts;
        let flags = [
            (row.parent.is_some(), flag::PARENT),
            (row.duration_ns.is_some(), flag::DURATION),
            (row.items_in.is_some(), flag::ITEMS_IN),
            (row.items_out.is_some(), flag::ITEMS_OUT),
            (row.important, flag::IMPORTANT),
            (counts.inferred, flag::INFERRED),
            (row.arguments.is_some(), flag::ARGUMENTS),
            (row.result.is_some(), flag::RESULT),
            (has_facts, flag::FACTS),
            (!counts.reasons.is_empty(), flag::REASONS),
        ];
        let numbers = [
            row.step.0,
            row.parent.map_or(0, |parent| parent.0),
            flags.iter().map(|(is_set, flag)| u64::from(*is_set) * flag).sum(),
            row.callsite.into(),
            row.outcome as u64,
            row.level as u64,
            row.thread.into(),
            row.started_ns,
            row.duration_ns.unwrap_or(0),
            row.items_in.unwrap_or(0),
            row.items_out.unwrap_or(0),
            counts.kept,
            counts.eliminated,
            counts.scored,
            counts.introduced,
            counts.refused,
        ];
        for (column, number) in self.columns.iter_mut().zip(numbers) {
            column.push(number);
        }
        if !counts.reasons.is_empty() {
            self.reasons.push((at, counts.reasons.clone()));
        }
    }

    /// What is known of it without reading it, if its runs began between these times.
    pub(super) fn info(&self, runs_started_ns: (u64, u64)) -> BlockInfo {
        let range = |column: &Vec<u64>| {
            let lowest = column.iter().copied().min().unwrap_or(0);
            (lowest, column.iter().copied().max().unwrap_or(0))
        };
        let mut callsites: Vec<u32> = self.columns[Column::Callsite as usize].iter().map(|it| *it as u32).collect();
        callsites.sort_unstable();
        callsites.dedup();
        let ranges = self.columns.each_ref().map(range);
        BlockInfo { steps: self.len(), ranges, callsites, runs_started_ns, is_summarised: false }
    }

    /// Its runs, each with the first and the last of its steps.
    pub(super) fn runs_with_steps(&self) -> impl Iterator<Item = (RunId, (StepId, StepId))> {
        let steps = &self.columns[Column::Step as usize];
        let range = |rows: &[u32]| (StepId(steps[rows[0] as usize]), StepId(steps[rows[1] as usize - 1]));
        self.runs.iter().copied().zip(self.starts.windows(2).map(range))
    }

    /// Appends the steps of a run of a block of which every column was read; runs come in the order of their ids.
    pub(super) fn copy(&mut self, block: &Block, run: RunId) {
        let rows = block.rows_of(run);
        let from = self.append(run, rows.len());
        for (column, numbers) in self.columns.iter_mut().zip(&block.columns) {
            column.extend(&numbers[rows.clone()]);
        }
        let of_run = |row: u32| rows.contains(&(row as usize));
        let reasons = block.reasons.iter().filter(|(row, _)| of_run(*row));
        self.reasons.extend(reasons.map(|(row, reasons)| (row - rows.start as u32 + from, reasons.clone())));
    }

    /// Adds what was said of the step in this row after its end was seen.
    pub(super) fn add(&mut self, row: usize, late: &LateRow) {
        let mut counts = self.counts(row);
        counts.add_late(&late.counts);
        let mut flags = self.column(Column::Flags)[row] | flag::FACTS;
        let mut set = |column: Column, number: u64| self.columns[column as usize][row] = number;
        set(Column::Kept, counts.kept);
        set(Column::Eliminated, counts.eliminated);
        set(Column::Scored, counts.scored);
        set(Column::Introduced, counts.introduced);
        set(Column::Refused, counts.refused);
        flags |= if late.important { flag::IMPORTANT } else { 0 };
        for (said, column, flag) in
            [(late.items_in, Column::ItemsIn, flag::ITEMS_IN), (late.items_out, Column::ItemsOut, flag::ITEMS_OUT)]
        {
            if let Some(said) = said {
                set(column, said);
                flags |= flag;
            }
        }
        flags |= if counts.reasons.is_empty() { 0 } else { flag::REASONS };
        set(Column::Flags, flags);
        match (self.reasons.binary_search_by_key(&(row as u32), |(row, _)| *row), counts.reasons.is_empty()) {
            (Ok(place), _) => self.reasons[place].1 = counts.reasons,
            (Err(place), false) => self.reasons.insert(place, (row as u32, counts.reasons)),
            (Err(_), true) => {}
        }
    }

    /// Makes room for rows of a run. Says which one is the first.
    fn append(&mut self, run: RunId, rows: usize) -> u32 {
        let from = self.len() as u32;
        if self.runs.last() != Some(&run) {
            self.starts.resize(self.runs.len() + 1, from);
            self.runs.push(run);
            self.starts.push(from);
        }
        self.starts[self.runs.len()] += rows as u32;
        from
    }
}
