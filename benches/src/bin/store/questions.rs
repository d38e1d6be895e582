//! What stores are asked, and how long they take to answer.
//!
//! A question that xray cannot answer yet is `None` in `recorded.rs`, and nowhere else: with the answer there, it is
//! measured and printed beside its target like the others.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::ingest::Progress;
use crate::workload::{CATALOGUE, Workload};

/// What is asked, with what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The newest 100 runs.
    NewestRuns,
    /// All steps of a run that has 1,000: its place among all runs.
    LargeRun(u64),
    /// The newest 100 filters that eliminated over 90 %.
    Rejecting,
    /// Count, share of errors, percentiles of duration and mean rejection rate, by the steps' name.
    ByName,
    /// Every decision about an item, with its run and step.
    Item(u64),
    /// Steps within a day whose captured data say `llm.model == "gpt-4"`.
    Model { day: (u64, u64), first_page: bool },
}

/// A question's name, and what it may take when everything is in memory.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) target_ms: f64,
    /// The question, about something else each time.
    pub(crate) draw: fn(Workload, u64) -> Question,
}

pub(crate) const KINDS: [Kind; 7] = [
    Kind { name: "newest 100 runs", target_ms: 1.0, draw: |_, _| Question::NewestRuns },
    Kind { name: "a run of 1,000 steps", target_ms: 5.0, draw: large },
    Kind { name: "rejection_rate > 0.9, first page", target_ms: 20.0, draw: |_, _| Question::Rejecting },
    Kind { name: "group by name", target_ms: 100.0, draw: |_, _| Question::ByName },
    Kind { name: "decisions about an item", target_ms: 5.0, draw: |_, draw| Question::Item(draw * 7_919 % CATALOGUE) },
    Kind {
        name: "llm.model, one day, first page",
        target_ms: 200.0,
        draw: |all, draw| Question::Model { day: all.day(draw * 11), first_page: true },
    },
    Kind {
        name: "llm.model, one day, all",
        target_ms: 200.0,
        draw: |all, draw| Question::Model { day: all.day(draw * 11), first_page: false },
    },
];

fn large(workload: Workload, draw: u64) -> Question {
    let count = workload.large_runs().count() as u64;
    Question::LargeRun(workload.large_runs().nth((draw * 7 % count) as usize).expect("it is one of them"))
}

/// What came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) rows: u64,
    /// `false` if it was given up after [`PATIENCE`].
    pub(crate) is_whole: bool,
}

/// Who can be asked.
pub(crate) trait Answers {
    /// `None` for a question that this store cannot be asked.
    fn ask(&self, question: &Question) -> anyhow::Result<Option<Answer>>;
}

/// After so long, an answer is given up where that is possible.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// Questions of one kind are asked so often, but not for longer than that.
const SAMPLES: u64 = 200;
const COLD_SAMPLES: u64 = 7;
pub(crate) const LONG_ENOUGH: Duration = Duration::from_secs(4);

/// How questions were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Of a file that was opened for it, and was not in memory.
    Cold,
    /// Of a file that is in memory.
    Warm,
    /// While runs are written at full speed.
    Writing,
}

impl Mode {
    /// How often to ask, at most.
    pub(crate) fn samples(self) -> u64 {
        if self == Self::Cold { COLD_SAMPLES } else { SAMPLES }
    }
}

/// A line of the results.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) query: String,
    pub(crate) store: String,
    pub(crate) mode: Mode,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Of the first answer.
    pub(crate) rows: u64,
    pub(crate) samples: usize,
    /// `false` if the answer was given up: it takes longer than that.
    pub(crate) is_whole: bool,
}

impl Row {
    /// Of times in milliseconds, of which there is one at least.
    pub(crate) fn new((kind, store, mode): (&Kind, &str, Mode), mut times: Vec<f64>, first: Answer) -> Self {
        times.sort_by(f64::total_cmp);
        Self {
            query: kind.name.to_owned(),
            store: store.to_owned(),
            mode,
            p50_ms: percentile(&times, 0.5),
            p99_ms: percentile(&times, 0.99),
            rows: first.rows,
            samples: times.len(),
            is_whole: first.is_whole,
        }
    }
}

/// Asks everything, of a store that is opened for each question if it is to be cold.
pub(crate) fn ask_all<A: Answers>(
    (store, mode): (&str, Mode),
    workload: Workload,
    mut open: impl FnMut() -> anyhow::Result<A>,
) -> anyhow::Result<Vec<Row>> {
    let bar = Progress::new("queries", KINDS.len() as u64);
    let (mut opened, mut rows) = (None, Vec::new());
    for kind in &KINDS {
        let draw = |number| (kind.draw)(workload, number);
        let ask = |number| {
            if mode == Mode::Cold {
                // Closed before it is opened again: a file is open once.
                opened = None;
            }
            let answers = match &mut opened {
                Some(answers) => answers,
                None => opened.insert(open()?),
            };
            let question = draw(number);
            let asked = Instant::now();
            Ok(answers.ask(&question)?.map(|answer| (answer, asked.elapsed())))
        };
        let (times, first) = sample(mode, ask)?;
        bar.advance(1);
        let Some(first) = first else { continue };
        rows.push(Row::new((kind, store, mode), times, first));
    }
    bar.finish();
    Ok(rows)
}

/// Asks until there are enough times, in milliseconds, or it took long enough; with the first answer.
fn sample(
    mode: Mode,
    mut ask: impl FnMut(u64) -> anyhow::Result<Option<(Answer, Duration)>>,
) -> anyhow::Result<(Vec<f64>, Option<Answer>)> {
    let (mut times, mut first, start) = (Vec::new(), None, Instant::now());
    for number in 0..mode.samples() {
        let Some((answer, time)) = ask(number)? else { break };
        // Where the first reads what the others then find in memory, it is no sample, unless it is the only one.
        let warms_up = mode != Mode::Cold && number == 0 && start.elapsed() < LONG_ENOUGH;
        if !warms_up || !answer.is_whole {
            times.push(time.as_secs_f64() * 1e3);
        }
        first.get_or_insert(answer);
        if !answer.is_whole || start.elapsed() >= LONG_ENOUGH {
            break;
        }
    }
    Ok((times, first))
}

/// The value that this share of them is not above.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}
