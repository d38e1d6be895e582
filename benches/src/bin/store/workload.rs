//! What is recorded: the runs of a shop's pipelines over 30 days, drawn so that run 17 is the same in every store.
//!
//! A run has 100 steps, each five-hundredth 1,000: stages that hold filters and ranks over lists of 20 items out of a
//! catalogue, calls of services and of a language model, and small functions. Nobody waits for anything here: times are
//! drawn, too, and a [`Recorder`] is told when things happened.

use std::f64::consts::TAU;

use xray_collector::decision::Verdict;
use xray_collector::event::Site;

use crate::random::Random;

/// Different items.
pub(crate) const CATALOGUE: u64 = 20_000;
/// Items that each filter and rank is given.
const LIST: usize = 20;
const DAYS: u64 = 30;
const DAY_NS: u64 = 24 * 3_600 * 1_000_000_000;
const STEPS: u64 = 100;
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

const PIPELINES: [Function; 3] = [Function::PickOffer, Function::Restock, Function::AnswerCustomer];

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
        (0..self.runs).map(|run| blocks(run) * 10 * LIST as u64).sum()
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
        let mut random = Random::new(run);
        let now_ns = workload.started_ns(run);
        let (customer, query) = (random.customer(), random.words(3));
        let function = PIPELINES[random.below(3) as usize];
        recorder.enter(function, now_ns, &[Value::Text(&customer), Value::Text(&query)])?;
        let mut pipeline = Pipeline { random, now_ns: now_ns + 1_000, customer, query, recorder };
        for block in 0..blocks(run) {
            pipeline.block()?;
            if block > 0 {
                pipeline.price_of()?;
            }
        }
        let has_failed = pipeline.random.is(0.02);
        let offer = Key::of(pipeline.random.below(CATALOGUE));
        let result = if has_failed { Err("no offer is left that the customer may have") } else { Ok(offer.as_str()) };
        pipeline.leave(1_000, result.map(Value::Text))
    }
}

fn blocks(run: u64) -> u64 {
    if run % LARGE_EVERY == LARGE_EVERY / 2 { 10 } else { 1 }
}

/// A run that is being made.
struct Pipeline<'r, R> {
    random: Random,
    now_ns: u64,
    customer: String,
    query: String,
    recorder: &'r mut R,
}

impl<R: Recorder> Pipeline<'_, R> {
    /// 99 steps.
    fn block(&mut self) -> anyhow::Result<()> {
        for _ in 0..2 {
            self.shortlist()?;
        }
        for _ in 0..10 {
            self.enrich()?;
        }
        self.explain()?;
        for _ in 0..13 {
            self.price_of()?;
        }
        Ok(())
    }

    fn enter(&mut self, function: Function, arguments: &[Value<'_>]) -> anyhow::Result<()> {
        self.now_ns += 500;
        self.recorder.enter(function, self.now_ns, arguments)
    }

    fn leave(&mut self, after_ns: u64, result: Result<Value<'_>, &str>) -> anyhow::Result<()> {
        self.now_ns += after_ns;
        self.recorder.leave(&End { at_ns: self.now_ns, result, items: None, decided: &[] })
    }

    /// 6 steps: a search whose candidates go through four sorts of them.
    fn shortlist(&mut self) -> anyhow::Result<()> {
        let query = self.query.clone();
        self.enter(Function::Shortlist, &[Value::Text(&query)])?;
        let candidates = self.random.items::<LIST>();
        let region = ["eu-west", "eu-north", "us-east", "ap-south"][self.random.below(4) as usize];
        self.filter(Function::InStock, &candidates, Value::Text(region))?;
        let limit = self.random.price();
        self.filter(Function::WithinBudget, &candidates, Value::Number(limit))?;
        self.suitable(&candidates)?;
        self.by_relevance(&candidates, &query)?;
        self.filter(Function::WithinBudget, &candidates, Value::Number(limit * 2.0))?;
        self.leave(1_000, Ok(Value::Whole(LIST as u64)))
    }

    /// Which of the items stay: most of the time about half of them, seldom almost none.
    fn kept(&mut self) -> [bool; LIST] {
        let share = if self.random.is(0.01) { 0.02 } else { 0.3 + 0.6 * self.random.share() };
        std::array::from_fn(|_| self.random.is(share))
    }

    fn filter(&mut self, function: Function, items: &[Item; LIST], bound: Value<'_>) -> anyhow::Result<()> {
        let is_kept = self.kept();
        self.enter(function, &[Value::Items(items), bound])?;
        self.leave_filter(items, &is_kept, &[])
    }

    /// A filter that says why.
    fn suitable(&mut self, items: &[Item; LIST]) -> anyhow::Result<()> {
        let is_kept = self.kept();
        self.enter(Function::Suitable, &[Value::Items(items), Value::Number(0.15)])?;
        let reasons: [&str; LIST] = std::array::from_fn(|_| {
            ["margin below 0.15", "too far away", "sold by a blocked seller", "rating below 3.5"]
                [self.random.below(4) as usize]
        });
        for (item, reason) in (0..LIST).filter(|at| !is_kept[*at]).map(|at| (items[at].number, reasons[at])) {
            let decided = Decided { item, verdict: Verdict::Eliminated, reason: Some(reason) };
            self.recorder.say(&Said::Decided(decided))?;
        }
        self.leave_filter(items, &is_kept, &reasons)
    }

    fn leave_filter(&mut self, items: &[Item; LIST], is_kept: &[bool; LIST], reasons: &[&str]) -> anyhow::Result<()> {
        let kept: Vec<Item> = (0..LIST).filter(|at| is_kept[*at]).map(|at| items[at]).collect();
        let decided: [Decided<'_>; LIST] = std::array::from_fn(|at| Decided {
            item: items[at].number,
            verdict: if is_kept[at] { Verdict::Kept } else { Verdict::Eliminated },
            reason: reasons.get(at).copied().filter(|_| !is_kept[at]),
        });
        self.leave_list(Value::Items(&kept), kept.len(), &decided)
    }

    fn by_relevance(&mut self, items: &[Item; LIST], query: &str) -> anyhow::Result<()> {
        self.enter(Function::ByRelevance, &[Value::Items(items), Value::Text(query)])?;
        let mut ranked = items.map(|item| Item { value: self.random.below(1_000) as f64 / 1_000.0, ..item });
        ranked.sort_by(|one, other| other.value.total_cmp(&one.value));
        let decided = items.map(|item| Decided { item: item.number, verdict: Verdict::Scored, reason: None });
        self.leave_list(Value::Ranked(&ranked), LIST, &decided)
    }

    fn leave_list(&mut self, result: Value<'_>, out: usize, decided: &[Decided<'_>]) -> anyhow::Result<()> {
        self.now_ns += self.random.short_ns();
        self.recorder.leave(&End { at_ns: self.now_ns, result: Ok(result), items: Some((LIST, out)), decided })
    }

    /// 7 steps.
    fn enrich(&mut self) -> anyhow::Result<()> {
        let key = Key::of(self.random.below(CATALOGUE));
        self.enter(Function::Enrich, &[Value::Text(key.as_str())])?;
        self.fetch_stock(key)?;
        self.load_profile()?;
        self.price_of()?;
        self.price_of()?;
        let price = self.random.price();
        self.enter(Function::Discount, &[Value::Number(price), Value::Number(0.15)])?;
        let (after, discounted) = (self.random.short_ns(), (price * 85.0).round() / 100.0);
        self.leave(after, Ok(Value::Number(discounted)))?;
        let customer = self.customer.clone();
        self.enter(Function::IsAllowed, &[Value::Text(&customer), Value::Text("PT")])?;
        let (after, is_allowed) = (self.random.short_ns(), self.random.is(0.9));
        self.leave(after, Ok(Value::Bool(is_allowed)))?;
        self.leave(1_000, Ok(Value::Number(discounted)))
    }

    fn fetch_stock(&mut self, key: Key) -> anyhow::Result<()> {
        let trace = format!("{:08x}", self.random.below(1 << 32));
        let warehouse = ["lisbon-1", "porto-2", "madrid-4"][self.random.below(3) as usize];
        let request = [
            ("sku", Value::Text(key.as_str())),
            ("warehouse", Value::Text(warehouse)),
            ("request_id", Value::Text(&trace)),
        ];
        self.enter(Function::FetchStock, &[Value::Struct("StockRequest", &request)])?;
        let after = self.random.long_ns();
        if self.random.is(0.11) {
            return self.leave(after, Err("the warehouse did not answer within 250 ms"));
        }
        let (quantity, version) = (self.random.below(500), self.random.below(1_000_000));
        let reply =
            [("status", Value::Whole(200)), ("quantity", Value::Whole(quantity)), ("version", Value::Whole(version))];
        self.leave(after, Ok(Value::Struct("StockReply", &reply)))
    }

    fn load_profile(&mut self) -> anyhow::Result<()> {
        let customer = self.customer.clone();
        self.enter(Function::LoadProfile, &[Value::Text(&customer)])?;
        let after = self.random.long_ns();
        if self.random.is(0.08) {
            return self.leave(after, Err("connection reset by peer"));
        }
        let profile = [
            ("segment", Value::Text(["new", "regular", "returning"][self.random.below(3) as usize])),
            ("country", Value::Text("Portugal")),
            ("orders", Value::Whole(self.random.below(60))),
            ("spent", Value::Number(self.random.price())),
        ];
        self.leave(after, Ok(Value::Struct("Profile", &profile)))
    }

    fn price_of(&mut self) -> anyhow::Result<()> {
        let key = Key::of(self.random.below(CATALOGUE));
        let (after, price) = (self.random.short_ns(), self.random.price());
        self.enter(Function::PriceOf, &[Value::Text(key.as_str()), Value::Text("EUR")])?;
        self.leave(after, Ok(Value::Number(price)))
    }

    /// 4 steps.
    fn explain(&mut self) -> anyhow::Result<()> {
        let key = Key::of(self.random.below(CATALOGUE));
        self.enter(Function::Explain, &[Value::Text(key.as_str())])?;
        for _ in 0..3 {
            self.ask_model()?;
        }
        let summary = self.random.words(8);
        self.leave(1_000, Ok(Value::Text(&summary)))
    }

    fn ask_model(&mut self) -> anyhow::Result<()> {
        let (question, answer) = (self.random.words(10), self.random.words(12));
        self.enter(Function::AskModel, &[Value::Text(&question), Value::Number(0.2)])?;
        let model = ["gpt-4", "gpt-4o-mini", "mistral-large", "llama-3-70b", "gpt-4o"][self.random.below(5) as usize];
        let tokens = (200 + self.random.below(800), 20 + self.random.below(200));
        self.recorder.say(&Said::Llm { model, tokens })?;
        let is_cached = self.random.is(0.2);
        self.recorder.say(&Said::Meta("cached", Value::Bool(is_cached)))?;
        self.recorder.say(&Said::Reason("the customer asked for a reason"))?;
        let after = 40 * self.random.long_ns();
        self.leave(after, Ok(Value::Text(&answer)))
    }
}
