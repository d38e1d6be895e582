//! A store in memory, with columns or without, of any data.

use std::sync::Arc;

use super::choices::Choices;
use super::sample::{Sample, captured};
use crate::decision::{Basis, DecisionCounts, Verdict};
use crate::fact::number;
use crate::id::{ProcessId, RunId, SchemaVersion, StepId};
use crate::model::{Callsite, Level, Outcome, Run, RunStatus, Step, StepDetail};
use crate::payload;
use crate::store::{
    Batch, Block, BlockInfo, Column, ColumnSet, ItemRow, ItemRows, Page, Part, RunQuery, SchemaRow, StepColumns, Store,
    StoreError, StoreSummary, Summary, flag,
};
use crate::value::Captured;

#[derive(Debug, Clone)]
pub(in crate::query) struct Stored {
    pub(super) step: Step,
    callsite: u32,
    arguments: Vec<Captured>,
    result: Vec<Captured>,
    facts: Vec<Captured>,
}

impl Stored {
    pub(super) fn detail(&self) -> StepDetail {
        let detail = payload::detail(self.step.clone(), self.arguments.clone(), self.result.clone());
        StepDetail { facts: self.facts.clone(), ..detail }
    }
}

/// Runs with their steps, and how they lie in blocks.
#[derive(Debug, Clone, Default)]
pub(in crate::query) struct Held {
    pub(super) callsites: Vec<Arc<Callsite>>,
    pub(super) runs: Vec<(Run, Vec<Stored>)>,
    /// For each block the places of its steps among the runs.
    blocks: Vec<Vec<(usize, usize)>>,
    /// Each second block, from the first or the second one on, has a summary, of a few numbers or more.
    summaries: (usize, usize),
    pub(super) has_columns: bool,
    pub(super) has_items: bool,
}

const WORDS: [&str; 4] = ["p", "q", "r", "s"];

impl Held {
    /// Any data, in few forms, so that much of it is alike.
    pub(super) fn any(choices: &mut Choices<'_>) -> Self {
        let callsites = vec![
            callsite("a", "", "m", 1, &[]),
            callsite("b", "filter", "m", 2, &["films"]),
            callsite("ab", "llm", "n", 2, &["films", "x"]),
            callsite("c", "rank", "n", 9, &["films"]),
        ];
        let mut held = Self { callsites, ..Self::default() };
        for number in 0..choices.below(7) {
            let id = RunId::new(ProcessId(1 + choices.below(3)), StepId(10 * number + 1));
            let steps: Vec<_> =
                (0..choices.below(6)).map(|step| held.step(choices, id, StepId(10 * number + 1 + step))).collect();
            held.runs.push((run(choices, id), steps));
        }
        held.runs.sort_by_key(|(run, _)| (run.started_ns, run.id));
        held.runs.dedup_by_key(|(run, _)| run.id);
        held.lay(choices);
        held
    }

    /// Puts the steps into blocks: those of a run mostly into one, and each block has some that are not.
    fn lay(&mut self, choices: &mut Choices<'_>) {
        let count = 1 + choices.below(4) as usize;
        self.summaries = (choices.below(2) as usize, choices.below(4) as usize);
        self.blocks = vec![Vec::new(); count];
        for (at, (_, steps)) in self.runs.iter().enumerate() {
            for step in 0..steps.len() {
                let block = if choices.chance(1, 5) { choices.below(count as u64) as usize } else { at % count };
                self.blocks[block].push((at, step));
            }
        }
        self.blocks.retain(|block| !block.is_empty());
        let place = |(run, step): &(usize, usize)| (self.runs[*run].0.id, self.runs[*run].1[*step].step.id);
        self.blocks.iter_mut().for_each(|block| block.sort_by_key(place));
    }

    fn step(&self, choices: &mut Choices<'_>, run: RunId, id: StepId) -> Stored {
        let number = choices.below(self.callsites.len() as u64) as u32;
        let callsite = Arc::clone(&self.callsites[number as usize]);
        let outcome = Outcome::ALL[choices.below(7) as usize];
        let words = |choices: &mut Choices<'_>| {
            let words: Vec<_> = (0..choices.below(4)).map(|_| choices.one(&WORDS)).collect();
            Sample::texts(&words)
        };
        let arguments = match choices.below(3) {
            0 => Vec::new(),
            _ => callsite.arguments.iter().map(|_| words(choices)).collect(),
        };
        let result = match (outcome, choices.below(4)) {
            (_, 0) => Vec::new(),
            (Outcome::Err, _) => vec![Sample::Text(choices.one(&["e1", "other"])), Sample::texts(&["cause"])],
            (Outcome::Panicked, _) => vec![Sample::Text("e2"), Sample::Text("f.rs:1:1")],
            (Outcome::Ok | Outcome::Returned, _) => vec![words(choices)],
            _ => Vec::new(),
        };
        let facts: Vec<_> = match choices.below(3) {
            0 => Vec::new(),
            _ => (0..choices.below(5)).map(|_| fact(choices)).collect(),
        };
        let step = Step {
            id,
            parent: (id != run.root())
                .then(|| StepId(run.root().0 + choices.below(3)))
                .filter(|_| choices.below(9) > 0),
            callsite,
            outcome,
            started_ns: 100 + choices.below(12),
            duration_ns: choices.maybe(20),
            thread: choices.below(4) as u32,
            items_in: choices.maybe(4),
            items_out: choices.maybe(4),
            counts: DecisionCounts::default(),
            important: choices.chance(1, 4),
            level: Level::ALL[3 - choices.below(4) as usize / 2],
        };
        let (arguments, result, facts) = (captured(&arguments), captured(&result), captured(&facts));
        let mut stored = Stored { step, callsite: number, arguments, result, facts };
        stored.step.counts = counts(&stored, choices);
        stored
    }

    fn find(&self, run: RunId) -> Option<&(Run, Vec<Stored>)> {
        self.runs.iter().find(|(held, _)| held.id == run)
    }
}

/// What the collector would have counted, and sometimes more.
fn counts(stored: &Stored, choices: &mut Choices<'_>) -> DecisionCounts {
    let decisions = stored.detail().account().decisions;
    let count = |wanted: Verdict| decisions.iter().filter(|decision| decision.verdict == wanted).count() as u64;
    let more = if choices.chance(1, 3) { choices.below(4) } else { 0 };
    DecisionCounts {
        kept: count(Verdict::Kept) + count(Verdict::Scored) + choices.below(2),
        eliminated: count(Verdict::Eliminated) + more,
        scored: count(Verdict::Scored),
        introduced: count(Verdict::Introduced),
        refused: 0,
        inferred: decisions.iter().any(|decision| decision.basis == Basis::Inferred),
        reasons: if more > 1 { vec![("why".into(), more)] } else { Vec::new() },
    }
}

fn fact(choices: &mut Choices<'_>) -> Sample {
    let number = |choices: &mut Choices<'_>| Sample::Number(choices.below(4) as u8);
    let word = Sample::Text(choices.one(&WORDS));
    match choices.below(9) {
        0 => Sample::fact(number::LLM, vec![Sample::Map(vec![("x.model", word), ("tokens", number(choices))])]),
        1 => Sample::fact(number::META, vec![Sample::Text("x"), number(choices)]),
        2 => Sample::fact(number::REASONING, vec![Sample::Text("r"), number(choices)]),
        3 => Sample::fact(number::REASON, vec![word]),
        4 => Sample::fact(number::TAG, vec![Sample::Text("t"), word]),
        5 => Sample::fact(number::NOTE, vec![word]),
        6 => Sample::fact(number::INPUT, vec![Sample::Map(vec![("films", Sample::List(vec![word]))])]),
        7 => Sample::fact(number::OUTPUT, vec![Sample::List(vec![word])]),
        _ => {
            let reason = if choices.chance(1, 2) { Sample::Text("why") } else { Sample::Unit };
            let score = if choices.chance(1, 2) { number(choices) } else { Sample::Unit };
            Sample::verdict(choices.one(&WORDS), choices.below(4) as u8, reason, score)
        }
    }
}

fn callsite(name: &str, kind: &str, module: &str, line: u32, arguments: &[&str]) -> Arc<Callsite> {
    Arc::new(Callsite {
        name: name.into(),
        kind: kind.into(),
        module: module.into(),
        file: format!("{module}.rs").into(),
        line,
        arguments: arguments.iter().map(|argument| (*argument).into()).collect(),
        opens_run: false,
        items: "".into(),
        key: "".into(),
    })
}

fn run(choices: &mut Choices<'_>, id: RunId) -> Run {
    let started_ns = 90 + choices.below(6);
    Run {
        id,
        pipeline: choices.one(&["a", "b"]).into(),
        status: RunStatus::ALL[choices.below(5) as usize],
        outcome: Outcome::ALL[choices.below(7) as usize],
        started_ns,
        ended_ns: choices.maybe(30).map(|duration| started_ns + duration),
        steps: choices.below(5),
        failures: choices.below(2),
        lost_events: 0,
        error: choices.chance(1, 3).then(|| "broken".to_owned()),
        parent: None,
        orphan: choices.chance(1, 5),
        level: Level::Full,
        schema: None,
        misfits: 0,
        pinned: false,
    }
}

impl Store for Held {
    fn write(&self, _: &Batch) -> Result<(), StoreError> {
        Ok(())
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        Ok((0..).zip(self.callsites.iter().cloned()).collect())
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn mark_crashed(&self, _: ProcessId) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        let is_asked_for = |run: &&Run| {
            query.started_from_ns.is_none_or(|from| run.started_ns >= from)
                && query.started_before_ns.is_none_or(|before| run.started_ns < before)
                && query.after.is_none_or(|after| (run.started_ns, run.id) < (after.started_ns, after.run))
        };
        // Pages are shorter than asked for, so that there are several.
        let limit = query.limit.min(2);
        let mut rows: Vec<_> = self.runs.iter().rev().map(|(run, _)| run).filter(is_asked_for).cloned().collect();
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let last = rows.last().map(|run| crate::store::Cursor { started_ns: run.started_ns, run: run.id });
        Ok(Page { next: last.filter(|_| !is_last), rows, damaged: Vec::new() })
    }

    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        Ok(self.find(run).map(|(run, _)| run.clone()))
    }

    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError> {
        let steps = self.find(run).map(|(_, steps)| &**steps).unwrap_or_default().iter();
        let steps = steps.filter(|stored| after.is_none_or(|after| stored.step.id > after));
        Ok(steps.take(limit).map(|stored| stored.step.clone()).collect())
    }

    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError> {
        let steps = self.find(run).map(|(_, steps)| &**steps).unwrap_or_default();
        Ok(steps.iter().find(|stored| stored.step.id == step).map(Stored::detail))
    }

    fn columns(&self) -> Result<Option<Box<dyn StepColumns + '_>>, StoreError> {
        Ok(self.has_columns.then(|| Box::new(Columns::of(self)) as Box<dyn StepColumns + '_>))
    }

    fn item(&self, key: &str, limit: usize) -> Result<Option<ItemRows>, StoreError> {
        let mut rows = Vec::new();
        for (run, steps) in self.runs.iter().rev() {
            for stored in steps {
                let account = stored.detail().account();
                rows.extend(account.decisions.iter().filter(|decision| *decision.item == *key).map(|decision| {
                    ItemRow {
                        run: run.id,
                        run_started_ns: run.started_ns,
                        step: stored.step.id,
                        callsite: stored.callsite,
                        verdict: decision.verdict,
                        basis: decision.basis,
                        reason: decision.reason.clone(),
                    }
                }));
            }
        }
        rows.truncate(limit);
        Ok(self.has_items.then(|| ItemRows { rows, damaged: Vec::new() }))
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        Ok(Vec::new())
    }

    fn schema(&self, _: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        Ok(None)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        Ok(StoreSummary::default())
    }
}

struct Columns<'h> {
    held: &'h Held,
    infos: Vec<BlockInfo>,
}

impl<'h> Columns<'h> {
    fn of(held: &'h Held) -> Self {
        let info = |(place, block): (usize, &Vec<(usize, usize)>)| {
            let of = |at: &(usize, usize)| (&held.runs[at.0].0, &held.runs[at.0].1[at.1]);
            let mut callsites: Vec<_> = block.iter().map(|at| of(at).1.callsite).collect();
            callsites.sort_unstable();
            callsites.dedup();
            let started = || block.iter().map(|at| of(at).0.started_ns);
            let range = |column| {
                let numbers = || block.iter().map(move |at| number(of(at).1, column));
                (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0))
            };
            BlockInfo {
                steps: block.len(),
                ranges: Column::ALL.map(range),
                callsites,
                runs_started_ns: (started().min().unwrap_or(0), started().max().unwrap_or(0)),
                is_summarised: place % 2 == held.summaries.0,
            }
        };
        Self { held, infos: held.blocks.iter().enumerate().map(info).collect() }
    }

    fn at(&self, block: usize, row: usize) -> (RunId, &Stored) {
        let (run, step) = self.held.blocks[block][row];
        (self.held.runs[run].0.id, &self.held.runs[run].1[step])
    }
}

fn number(stored: &Stored, column: Column) -> u64 {
    let Step { counts, .. } = &stored.step;
    let set = |flag: u64, is_set: bool| if is_set { flag } else { 0 };
    match column {
        Column::Step => stored.step.id.0,
        Column::Parent => stored.step.parent.map_or(0, |parent| parent.0),
        Column::Flags => {
            set(flag::PARENT, stored.step.parent.is_some())
                | set(flag::DURATION, stored.step.duration_ns.is_some())
                | set(flag::ITEMS_IN, stored.step.items_in.is_some())
                | set(flag::ITEMS_OUT, stored.step.items_out.is_some())
                | set(flag::IMPORTANT, stored.step.important)
                | set(flag::INFERRED, counts.inferred)
                | set(flag::ARGUMENTS, !stored.arguments.is_empty())
                | set(flag::RESULT, !stored.result.is_empty())
                | set(flag::FACTS, !stored.facts.is_empty())
                | set(flag::REASONS, !counts.reasons.is_empty())
        }
        Column::Callsite => stored.callsite.into(),
        Column::Outcome => Outcome::ALL.iter().position(|it| *it == stored.step.outcome).unwrap_or_default() as u64,
        Column::Level => Level::ALL.iter().position(|it| *it == stored.step.level).unwrap_or_default() as u64,
        Column::Thread => stored.step.thread.into(),
        Column::Started => stored.step.started_ns,
        Column::Duration => stored.step.duration_ns.unwrap_or(0),
        Column::ItemsIn => stored.step.items_in.unwrap_or(0),
        Column::ItemsOut => stored.step.items_out.unwrap_or(0),
        Column::Kept => counts.kept,
        Column::Eliminated => counts.eliminated,
        Column::Scored => counts.scored,
        Column::Introduced => counts.introduced,
        Column::Refused => counts.refused,
    }
}

impl StepColumns for Columns<'_> {
    fn blocks(&self) -> &[BlockInfo] {
        &self.infos
    }

    fn read(&self, block: usize, columns: ColumnSet) -> Result<Block, StoreError> {
        let rows: Vec<_> = (0..self.held.blocks[block].len()).map(|row| self.at(block, row)).collect();
        let (mut runs, mut starts) = (Vec::new(), Vec::new());
        for (row, (run, _)) in (0..).zip(&rows) {
            if runs.last() != Some(run) {
                runs.push(*run);
                starts.push(row);
            }
        }
        starts.push(rows.len() as u32);
        let column = |column| match columns.has(column) {
            true => rows.iter().map(|(_, stored)| number(stored, column)).collect(),
            false => Vec::new(),
        };
        let reasons = (0..).zip(&rows).map(|(row, (_, stored))| (row, stored.step.counts.reasons.clone()));
        let reasons = reasons.filter(|(_, reasons)| !reasons.is_empty()).collect();
        Ok(Block::new(runs, starts, Column::ALL.map(column), reasons))
    }

    fn summary(&self, block: usize) -> Result<Summary, StoreError> {
        assert!(self.infos[block].is_summarised, "block {block} has none");
        Ok(Summary::with_exact(&self.read(block, Summary::COLUMNS)?, self.held.summaries.1))
    }

    fn values(&self, block: usize, row: usize, part: Part) -> Result<Vec<Captured>, StoreError> {
        let (_, stored) = self.at(block, row);
        Ok(match part {
            Part::Arguments => stored.arguments.clone(),
            Part::Result => stored.result.clone(),
            Part::Facts => stored.facts.clone(),
        })
    }
}
