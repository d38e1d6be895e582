//! What a run does: searches whose candidates go through filters and ranks, calls of services and of a language model.

use xray_collector::decision::Verdict;

use crate::random::Random;
use crate::workload::{CATALOGUE, Decided, End, Function, Item, Key, Recorder, Said, Value};

/// Steps of a block, and the decisions that they make.
pub(crate) const STEPS: u64 = 100;
pub(crate) const DECISIONS: u64 = 10 * LIST as u64;
/// Items that each filter and rank is given.
const LIST: usize = 20;
const PIPELINES: [Function; 3] = [Function::PickOffer, Function::Restock, Function::AnswerCustomer];

/// A run that is being made.
pub(crate) struct Pipeline<'r, R> {
    random: Random,
    now_ns: u64,
    customer: String,
    query: String,
    recorder: &'r mut R,
}

impl<'r, R: Recorder> Pipeline<'r, R> {
    /// Begins a run, of which everything but its time follows from its number.
    pub(crate) fn begin(number: u64, at_ns: u64, recorder: &'r mut R) -> anyhow::Result<Self> {
        let mut random = Random::new(number);
        let (customer, query) = (random.customer(), random.words(3));
        let function = PIPELINES[random.below(3) as usize];
        recorder.enter(function, at_ns, &[Value::Text(&customer), Value::Text(&query)])?;
        Ok(Self { random, now_ns: at_ns + 1_000, customer, query, recorder })
    }

    /// Ends it, now and then with an error.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        let has_failed = self.random.is(0.02);
        let offer = Key::of(self.random.below(CATALOGUE));
        let result = if has_failed { Err("no offer is left that the customer may have") } else { Ok(offer.as_str()) };
        self.leave(1_000, result.map(Value::Text))
    }

    /// 99 steps, and another one for a block that is not a run's first: with the run's own, 100 a block.
    pub(crate) fn block(&mut self, is_another: bool) -> anyhow::Result<()> {
        for _ in 0..2 {
            self.shortlist()?;
        }
        for _ in 0..10 {
            self.enrich()?;
        }
        self.explain()?;
        for _ in 0..13 + usize::from(is_another) {
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
