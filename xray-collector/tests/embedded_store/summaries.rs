//! What is added up from blocks' summaries is what is calculated of their steps.

use std::path::Path;

use redb::{Database, TableDefinition};
use xray_collector::decision::DecisionCounts;
use xray_collector::model::{Level, Outcome, RunStatus};
use xray_collector::query::{Aggregation, AggregationText, Datum, Entity, Scope, Table};
use xray_collector::store::{Batch, EmbeddedStore, LateRow, Limits, Retention, StepRow, Store};

use crate::fixture::{assert_sound, callsite, directory, open, run, run_id, step};

const SUMMARIES: TableDefinition<u64, &[u8]> = TableDefinition::new("summaries");
/// What sixteen blocks come to together.
const SPANS: TableDefinition<u64, &[u8]> = TableDefinition::new("spans");

/// Numbers without an order, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Functions: two that are called often, one less so, one hardly ever, one in a few runs, and one from a run on.
const NAMES: [&str; 6] = ["often", "less", "some", "seldom", "few", "late"];

fn row(numbers: &mut Numbers, root: u64, id: u64) -> StepRow {
    let mut row = step(run_id(root), id);
    row.callsite = match (numbers.below(1_000), root) {
        (0..300, 190..=195) => 4,
        (0..600, 151..) => 5,
        (0..600, _) => 0,
        (600..900, _) => 1,
        (900..999, _) => 2,
        _ => 3,
    };
    row.outcome = if numbers.below(40) == 0 { Outcome::Err } else { Outcome::Returned };
    row.level = Level::ALL[numbers.below(2) as usize];
    row.started_ns = 1_000_000 * root + numbers.below(1_000_000);
    let magnitude = numbers.below(40);
    row.duration_ns = (numbers.below(9) > 0).then(|| numbers.below(1 << magnitude));
    row.items_in = (numbers.below(3) > 0).then(|| numbers.below(50));
    row.items_out = row.items_in.map(|items| items / 2);
    if numbers.below(2) == 0 {
        (row.counts.kept, row.counts.eliminated) = (numbers.below(20), numbers.below(7));
        (row.counts.scored, row.counts.introduced) = (numbers.below(2), numbers.below(3));
    }
    row.important = numbers.below(5) == 0;
    row
}

/// Three batches that make blocks and one that does not; then something is said of steps that are in blocks.
fn fill(store: &EmbeddedStore) {
    let mut numbers = Numbers(7);
    for roots in [1..=60, 61..=130, 131..=200, 201..=203] {
        let rows = roots.clone().flat_map(|root| (0..300).map(move |n| (root, root + 1_000 * n)));
        let steps = rows.map(|(root, id)| row(&mut numbers, root, id)).collect();
        let of = |root| run(root, 1_000_000 * root, RunStatus::Completed);
        let callsites = (0..).zip(NAMES.map(|name| callsite(name, &[]))).collect();
        store.write(&Batch { callsites, steps, runs: roots.map(of).collect(), ..Batch::default() }).unwrap();
    }
    let late = [3, 80, 199].map(|root| {
        let (run, step) = (run_id(root), run_id(root).root());
        let mut counts = row(&mut numbers, root, root).counts;
        counts.kept += 40;
        LateRow { run, step, counts, important: true, items_in: Some(99), items_out: None }
    });
    store.write(&Batch { late: late.to_vec(), ..Batch::default() }).unwrap();
    assert_sound(store);
}

const KEYS: [&str; 8] = [
    "name",
    "",
    "outcome, name",
    "level",
    "failed",
    "kind",
    "bucket(started, duration('1s'))",
    "bucket(started, duration('30ms')), name",
];
const SELECTED: [&str; 4] = [
    "count(), error_rate(), quantile(duration, 0.5), quantile(duration, 0.95), quantile(duration, 0.99), \
     avg(rejection_rate)",
    "sum(duration), avg(items_in), min(items_out), max(kept), count(duration), count(items_in), sum(eliminated)",
    "min(rejection_rate), max(rejection_rate), quantile(rejection_rate, 0.9), count(rejection_rate), \
     share(outcome == 'returned' || level == 'sampled'), min(started), max(started), max(introduced)",
    "quantile(items_in, 0.5), count(), share(important), count(thread)",
];
const CONDITIONS: [&str; 7] = [
    "true",
    "name == 'few' || name == 'seldom'",
    "failed && name != 'often'",
    "started >= timestamp('1970-01-01T00:00:00.090Z')",
    "run.started < timestamp('1970-01-01T00:00:00.100Z')",
    "duration >= duration('0s')",
    "kept < 10000 && (name == 'late' || eliminated > 2)",
];

/// What is asked, and the answers.
fn answers(store: &EmbeddedStore, budget: u64) -> Vec<(String, Table)> {
    let mut answers = Vec::new();
    for (at, condition) in CONDITIONS.into_iter().enumerate() {
        for (place, group_by) in KEYS.into_iter().enumerate() {
            let select = SELECTED[(at + place) % SELECTED.len()];
            let text =
                AggregationText { condition, group_by, select, limit: 1_000, ..AggregationText::of(Entity::Step) };
            let aggregation = Aggregation::parse(&text).unwrap_or_else(|error| panic!("{text:?}\n{error}"));
            let table = aggregation.run(store, &Scope { budget, ..Scope::default() }).unwrap();
            answers.push((format!("{condition} by {group_by}: {select}"), table));
        }
    }
    answers
}

/// Sums of fractions depend on their order.
fn is_close(one: &Datum, other: &Datum) -> bool {
    match (one, other) {
        (Datum::Float(one), Datum::Float(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
        (one, other) => one == other,
    }
}

#[track_caller]
fn assert_same(summed: &[(String, Table)], read: &[(String, Table)]) {
    for ((what, summed), (_, read)) in summed.iter().zip(read) {
        assert_eq!(read.scanned.blocks_summed, 0, "{what}");
        assert_eq!((summed.groups, summed.left_out, &summed.damaged), (read.groups, read.left_out, &read.damaged));
        assert_eq!(summed.rows.len(), read.rows.len(), "{what}");
        for (one, other) in summed.rows.iter().zip(&read.rows) {
            assert!(one.iter().zip(other).all(|(one, other)| is_close(one, other)), "{what}: {one:?} is not {other:?}");
        }
    }
}

/// Takes summaries away, or changes a byte of them.
fn spoil(path: &Path, table: TableDefinition<u64, &[u8]>, is_wanted: impl Fn(u64) -> bool, is_removed: bool) {
    let database = Database::open(path).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut summaries = write.open_table(table).unwrap();
        let spoiled: Vec<_> = summaries
            .extract_if(|block, _| is_wanted(block))
            .unwrap()
            .map(|entry| entry.map(|(key, bytes)| (key.value(), bytes.value().to_vec())).unwrap())
            .collect();
        assert!(!spoiled.is_empty());
        for (block, mut bytes) in spoiled.into_iter().filter(|_| !is_removed) {
            bytes[9] ^= 1;
            summaries.insert(block, &*bytes).unwrap();
        }
    }
    write.commit().unwrap();
}

#[test]
fn what_summaries_say_is_what_steps_say() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = open(&path);
    fill(&store);
    let summed = answers(&store, u64::MAX);
    let of_summaries = summed.iter().filter(|(_, table)| table.scanned.blocks_summed > 0).count();
    assert!(of_summaries > summed.len() / 5, "{of_summaries} of {}", summed.len());
    let (_, by_name) = &summed[0];
    assert_eq!(by_name.rows.len(), NAMES.len());
    // Beside the rows a block with steps of the function that few runs call, since quantiles of few numbers are exact.
    let scanned = by_name.scanned;
    assert!(scanned.blocks_read > 1 && scanned.blocks_summed > scanned.blocks_read, "{scanned:?}");
    // Some runs go out of blocks in which others stay.
    let most = Limits { runs: Some(150), ..Limits::NONE };
    while !store.retain(&Retention { all: most, ..Retention::unlimited() }, 1).unwrap().is_done {}
    assert_sound(&store);
    let fewer = answers(&store, u64::MAX);
    drop(store);

    let damaged = directory.path().join("damaged.redb");
    std::fs::copy(&path, &damaged).unwrap();
    spoil(&damaged, SUMMARIES, |block| block % 2 == 0, false);
    let some = open(&damaged);
    let half = answers(&some, u64::MAX);
    let report = some.check(&mut |_, _| {}).unwrap();
    assert!(!report.is_sound() && report.problems.iter().all(|it| it.place.ends_with("its summary")), "{report:#?}");
    drop(some);

    spoil(&path, SUMMARIES, |_| true, true);
    let read = answers(&open(&path), u64::MAX);
    assert_same(&fewer, &read);
    assert_same(&half, &read);
}

#[test]
fn a_store_whose_summaries_are_all_gone_answers_as_before() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    fill(&open(&path));
    let summed = answers(&open(&path), u64::MAX);
    spoil(&path, SUMMARIES, |_| true, true);
    assert_same(&summed, &answers(&open(&path), u64::MAX));
}

/// Eighteen blocks, of which the first sixteen are a span.
fn fill_a_span(store: &EmbeddedStore) {
    let mut numbers = Numbers(11);
    let callsites = (0..).zip(NAMES.map(|name| callsite(name, &[]))).collect();
    store.write(&Batch { callsites, ..Batch::default() }).unwrap();
    for first in (1..=18 * 14).step_by(14) {
        let roots = first..first + 14;
        let rows = roots.clone().flat_map(|root| (0..600).map(move |n| (root, root + 1_000 * n)));
        let steps = rows.map(|(root, id)| row(&mut numbers, root, id)).collect();
        let runs = roots.map(|root| run(root, 1_000_000 * root, RunStatus::Completed)).collect();
        store.write(&Batch { steps, runs, ..Batch::default() }).unwrap();
    }
    let report = store.check(&mut |_, _| {}).unwrap();
    assert_eq!((report.blocks, &report.problems[..]), (18, &[][..]));
}

/// Of a span, and of one that has few of a function, of which blocks are read.
fn answers_of_a_span(store: &EmbeddedStore) -> Vec<(String, Table)> {
    let asked = [
        ("true", "level", "count(), quantile(duration, 0.5), quantile(rejection_rate, 0.9), avg(rejection_rate)"),
        ("true", "name", "count(), error_rate(), quantile(duration, 0.95), avg(rejection_rate)"),
        ("name == 'often' || failed", "outcome, name", "sum(duration), min(started), max(kept), count(items_in)"),
        ("run.started < timestamp('1970-01-01T00:00:00.150Z')", "name", "count(), min(duration), sum(eliminated)"),
    ];
    let answer = |(condition, group_by, select)| {
        let text = AggregationText { condition, group_by, select, ..AggregationText::of(Entity::Step) };
        let table = Aggregation::parse(&text).unwrap().run(store, &Scope::default()).unwrap();
        (format!("{condition} by {group_by}"), table)
    };
    asked.map(answer).into()
}

#[test]
fn what_blocks_come_to_together_is_what_they_come_to_one_by_one() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    fill_a_span(&open(&path));
    let answers = || answers_of_a_span(&open(&path));
    let together = answers();
    let summed = |answers: &[(String, Table)]| [0, 1].map(|at| answers[at].1.scanned.blocks_summed);
    // Few steps are of some functions: their blocks are looked at one by one, and those with most of them are read.
    assert!(matches!(summed(&together), [18, 12..18]), "{:?}", summed(&together));
    let whole = std::fs::read(&path).unwrap();
    let text = AggregationText { group_by: "level", select: "count()", ..AggregationText::of(Entity::Step) };
    for budget in [0, 1, 5, 16, 17] {
        let scope = Scope { budget, ..Scope::default() };
        let table = Aggregation::parse(&text).unwrap().run(&open(&path), &scope).unwrap();
        assert_eq!((table.stopped, table.scanned.blocks_summed), (true, budget.max(1)), "{table:?}");
    }

    // Only the span is there, and is enough where groups are large.
    spoil(&path, SUMMARIES, |block| block < 16, true);
    let of_span = answers();
    assert_eq!(of_span[0].1.rows, together[0].1.rows);
    assert_eq!(summed(&of_span), [18, 0]);
    spoil(&path, SPANS, |_| true, false);
    let read = answers();
    spoil(&path, SUMMARIES, |_| true, true);
    assert_same(&together, &answers());
    assert_same(&of_span, &answers());
    assert_same(&read, &answers());

    std::fs::write(&path, &whole).unwrap();
    spoil(&path, SPANS, |_| true, false);
    let one_by_one = answers();
    assert_eq!(summed(&one_by_one), summed(&together));
    let report = open(&path).check(&mut |_, _| {}).unwrap();
    let places: Vec<&str> = report.problems.iter().map(|problem| &*problem.place).collect();
    assert_eq!(places, ["blocks 0 to 15, their summary"]);
    spoil(&path, SUMMARIES, |_| true, true);
    assert_same(&one_by_one, &answers());
}

#[test]
fn what_blocks_come_to_together_goes_with_what_changes() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    fill_a_span(&open(&path));
    let whole = std::fs::read(&path).unwrap();
    let changes: [fn(&EmbeddedStore); 2] = [
        |store| {
            let (run, step) = (run_id(60), run_id(60).root());
            let counts = DecisionCounts { kept: 1_000_000, ..DecisionCounts::default() };
            let late = LateRow { run, step, counts, important: false, items_in: None, items_out: None };
            store.write(&Batch { late: vec![late], ..Batch::default() }).unwrap();
        },
        |store| {
            let most = Limits { runs: Some(180), ..Limits::NONE };
            while !store.retain(&Retention { all: most, ..Retention::unlimited() }, 1).unwrap().is_done {}
        },
    ];
    for change in changes {
        std::fs::write(&path, &whole).unwrap();
        let store = open(&path);
        change(&store);
        assert_sound(&store);
        let changed = answers_of_a_span(&store);
        drop(store);
        spoil(&path, SUMMARIES, |_| true, true);
        assert_same(&changed, &answers_of_a_span(&open(&path)));
    }
}

#[test]
fn a_budget_holds_whatever_blocks_are_answered_from() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = open(&path);
    fill(&store);
    for budget in [0, 1, 3, 260, 600] {
        for (what, table) in answers(&store, budget) {
            let blocks = table.scanned.blocks_summed + table.scanned.blocks_read;
            assert!(table.read - table.scanned.runs <= budget || blocks == 1, "{what} for {budget}: {table:?}");
            assert_eq!(table.stopped, table.stopped_at_ns.is_some());
        }
    }
    let text = AggregationText { group_by: "level", select: "count()", ..AggregationText::of(Entity::Step) };
    let by_level = Aggregation::parse(&text).unwrap();
    let plan = by_level.explain(&store, &Scope::default()).unwrap();
    assert_eq!((plan.blocks, plan.blocks_left), (plan.blocks_summed + 1, plan.blocks), "but for rows: {plan:?}");
    assert!(plan.text.contains(&format!("{} of the blocks are not read", plan.blocks_summed)), "{}", plan.text);
    let table = by_level.run(&store, &Scope::default()).unwrap();
    assert_eq!((table.scanned.blocks_summed, table.scanned.blocks_read), (plan.blocks_summed, 1));
}
