//! What is recorded: the runs of a shop's pipelines over 30 days, drawn so that run 17 is the same in every store.
//!
//! A run has 100 steps, each five-hundredth 1,000: stages that hold filters and ranks over lists of 20 items out of a
//! catalogue, calls of services and of a language model, and small functions. Nobody waits for anything here: times are
//! drawn, too, and a [`Recorder`] is told when things happened.

use std::f64::consts::TAU;

use xray_collector::decision::Verdict;
use xray_collector::event::Site;

use crate::pipeline::{DECISIONS, Pipeline, STEPS};

/// Different items.
pub(crate) const CATALOGUE: u64 = 20_000;
const DAYS: u64 = 30;
const DAY_NS: u64 = 24 * 3_600 * 1_000_000_000;
/// Every so manieth run is large: ten times as long.
const LARGE_EVERY: u64 = 500;

/// The functions of the pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    PickOffer,
    Restock,
    AnswerCustomer,
    Shortlist,
    InStock,
    WithinBudget,
    Suitable,
    ByRelevance,
    Enrich,
    FetchStock,
    LoadProfile,
    PriceOf,
    Discount,
    IsAllowed,
    Explain,
    AskModel,
}

/// In the order of [`Function`].
pub(crate) static SITES: [Site; 16] = [
    site("pick_offer", "", &["customer", "query"], 10),
    site("restock", "", &["customer", "query"], 30),
    site("answer_customer", "", &["customer", "query"], 50),
    site("shortlist", "select", &["query"], 70),
    site("in_stock", "filter", &["candidates", "region"], 90),
    site("within_budget", "filter", &["candidates", "limit"], 110),
    site("suitable", "filter", &["candidates", "margin"], 130),
    site("by_relevance", "rank", &["candidates", "query"], 150),
    site("enrich", "", &["id"], 170),
    site("fetch_stock", "api", &["request"], 190),
    site("load_profile", "api", &["customer"], 210),
    site("price_of", "", &["id", "currency"], 230),
    site("discount", "", &["price", "share"], 250),
    site("is_allowed", "", &["customer", "country"], 270),
    site("explain", "generate", &["id"], 290),
    site("ask_model", "llm", &["question", "temperature"], 310),
];

const fn site(name: &'static str, kind: &'static str, arguments: &'static [&'static str], line: u32) -> Site {
    let (module, file) = ("shop::offers", "src/offers.rs");
    Site { name, kind, module, file, line, arguments, opens_run: line < 70, items: "", key: "", relates: true }
}

impl Function {
    pub(crate) fn site(self) -> &'static Site {
        &SITES[self as usize]
    }
}

/// A thing of the catalogue, with its price; or, of what a rank returns, its score.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) number: u64,
    pub(crate) value: f64,
}

/// What an item is named by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key([u8; 7]);

impl Key {
    pub(crate) fn of(number: u64) -> Self {
        let mut key = *b"p-00000";
        let mut rest = number;
        for digit in key[2..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(key)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits")
    }
}

/// What is captured.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Whole(u64),
    Number(f64),
    Text(&'a str),
    /// A list of structs `{id, price}`.
    Items(&'a [Item]),
    /// A list of structs `{id, score}`.
    Ranked(&'a [Item]),
    /// A struct of that name.
    Struct(&'static str, &'a [(&'static str, Value<'a>)]),
}

/// What a step did to an item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided<'a> {
    pub(crate) item: u64,
    pub(crate) verdict: Verdict,
    /// Said by the code; without it the decision is left to be inferred.
    pub(crate) reason: Option<&'a str>,
}

/// What the code says of the step that it is in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said<'a> {
    Decided(Decided<'a>),
    Llm { model: &'static str, tokens: (u64, u64) },
    Meta(&'static str, Value<'a>),
    Reason(&'a str),
}

/// How a step ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End<'a> {
    pub(crate) at_ns: u64,
    pub(crate) result: Result<Value<'a>, &'a str>,
    /// How many items went in and came out.
    pub(crate) items: Option<(usize, usize)>,
    /// What became of them, for stores that are told.
    pub(crate) decided: &'a [Decided<'a>],
}

/// Who takes it down. Steps nest: what is entered last is left first.
pub(crate) trait Recorder {
    /// A step begins; a run, if none is open.
    fn enter(&mut self, function: Function, at_ns: u64, arguments: &[Value<'_>]) -> anyhow::Result<()>;
    /// The code says something of the step that was entered last.
    fn say(&mut self, said: &Said<'_>) -> anyhow::Result<()>;
    /// The step that was entered last ends.
    fn leave(&mut self, end: &End<'_>) -> anyhow::Result<()>;
}

/// So many runs, up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) runs: u64,
    pub(crate) until_ns: u64,
}

impl Workload {
    /// About so many steps, with one large run at least.
    pub(crate) fn new(steps: u64, until_ns: u64) -> Self {
        Self { runs: (steps / STEPS).max(LARGE_EVERY), until_ns }
    }

    /// How many steps they are.
    pub(crate) fn steps(self) -> u64 {
        (0..self.runs).map(|run| self.steps_of(run)).sum()
    }

    pub(crate) fn steps_of(self, run: u64) -> u64 {
        STEPS * blocks(run % self.runs)
    }

    /// How many decisions they make.
    pub(crate) fn decisions(self) -> u64 {
        (0..self.runs).map(|run| self.decisions_of(run)).sum()
    }

    pub(crate) fn decisions_of(self, run: u64) -> u64 {
        DECISIONS * blocks(run % self.runs)
    }

    /// The places of the large runs.
    pub(crate) fn large_runs(self) -> impl Iterator<Item = u64> {
        (LARGE_EVERY / 2..self.runs).step_by(LARGE_EVERY as usize)
    }

    /// When a run begins: denser by day than by night.
    pub(crate) fn started_ns(self, run: u64) -> u64 {
        let days = (run as f64 + 0.5) / self.runs as f64 * DAYS as f64;
        let days = days - 0.1 * (days * TAU).sin();
        self.until_ns - DAYS * DAY_NS + (days * DAY_NS as f64) as u64
    }

    /// A day of which all runs are there, by its place: from when to when.
    pub(crate) fn day(self, place: u64) -> (u64, u64) {
        let from = self.until_ns - DAYS * DAY_NS + place % DAYS * DAY_NS;
        (from, from + DAY_NS)
    }

    /// The same runs, so many times 30 days later.
    fn later(self, times: u64) -> Self {
        Self { until_ns: self.until_ns + times * DAYS * DAY_NS, ..self }
    }

    /// Does everything that a run does. Behind the last, runs begin anew, 30 days later.
    pub(crate) fn record<R: Recorder>(self, run: u64, recorder: &mut R) -> anyhow::Result<()> {
        let (workload, run) = (self.later(run / self.runs), run % self.runs);
        let mut pipeline = Pipeline::begin(run, workload.started_ns(run), recorder)?;
        for block in 0..blocks(run) {
            pipeline.block(block > 0)?;
        }
        pipeline.end()
    }
}

fn blocks(run: u64) -> u64 {
    if run % LARGE_EVERY == LARGE_EVERY / 2 { 10 } else { 1 }
}
