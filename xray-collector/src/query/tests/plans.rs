//! What a plan is, in words: what is read for a query, and what is not.

use super::choices::Choices;
use super::store::Held;
use crate::query::{Entity, Index, Query, Search};

fn held() -> Held {
    let bytes: Vec<u8> = (0..2_000_u32).map(|byte| (byte * 7_919 % 251) as u8).collect();
    let mut held = Held::any(&mut Choices::of(&bytes));
    held.has_columns = true;
    held
}

fn columns(entity: Entity, text: &str) -> String {
    let plan = Query::parse(text, entity).expect(text).explain(&held(), &Search::default()).expect("a plan");
    let exact = if plan.residual.is_none() { "" } else { "; asked" };
    let runs = plan.runs.map(|runs| format!("; runs: {runs}")).unwrap_or_default();
    format!("{}{runs}{exact}", plan.columns.join(" | "))
}

#[test]
fn steps_by_their_columns() {
    let step = |text| columns(Entity::Step, text);
    assert_eq!(step("kind == 'filter' && rejection_rate > 0.9"), "(of 1 of 4 functions and rejection_rate > 0.9)");
    assert_eq!(step("failed || important"), "(outcome in [err, panicked, cancelled] or has important)");
    assert_eq!(step("!(duration > duration('1s')) && has(items_in)"), "(duration ≤ 1s and has items_in)");
    assert_eq!(step("items_in - items_out > 5"), "(items_in - items_out) > 5");
    assert_eq!(step("true"), "any step");
    assert_eq!(step("name == 'zzz'"), "no step");
    assert_eq!(step("llm.model == 'gpt-4'"), "has facts; asked");
    assert_eq!(step("!(llm.model == 'gpt-4')"), "has facts; asked");
    assert_eq!(
        step("kept > 3 && error.contains('x')"),
        "(kept ≥ 4 and has result and outcome in [err, panicked, cancelled]); asked"
    );
    assert_eq!(step("run.status == 'failed' && name == 'a'"), "of 1 of 4 functions; runs: status == \"failed\"");
    assert_eq!(step("parent.name == 'a'"), "has parent; asked");
    assert_eq!(step("children.exists(c, c.failed)"), "any step; asked");
}

#[test]
fn decisions_by_the_columns_of_their_steps() {
    let counts = "(has facts or kept ≥ 1 or eliminated ≥ 1 or scored ≥ 1 or introduced ≥ 1)";
    let decision = |text| columns(Entity::Decision, text);
    assert_eq!(decision("outcome == 'eliminated'"), format!("((has facts or eliminated ≥ 1) and {counts}); asked"));
    assert_eq!(decision("reason == 'x' && step.kept > 1"), format!("(has facts and kept ≥ 2 and {counts}); asked"));
}

#[test]
fn runs_by_the_columns_of_their_steps() {
    let run = |text| columns(Entity::Run, text);
    assert_eq!(run("steps.exists(s, s.name == 'a' && s.kept > 1)"), "(of 1 of 4 functions and kept ≥ 2); asked");
    assert_eq!(run("tags.tenant == 'acme' && status == 'failed'"), "(is its run's first and has facts); asked");
    assert_eq!(run("status == 'failed'"), "; asked");
    assert_eq!(run("status == 'failed' || steps.exists(s, s.failed)"), "; asked");
    assert_eq!(run("!steps.exists(s, s.failed)"), "; asked");
}

#[test]
fn times() {
    let text = "run.started >= timestamp('1970-01-01T00:00:00.000000093Z') && run.started < now()";
    let query = Query::parse(text, Entity::Step).expect(text);
    let search = Search { started_from_ns: Some(80), started_before_ns: Some(95), ..Search::default() };
    let plan = query.explain(&held(), &search).expect("a plan");
    assert_eq!((plan.started_from_ns, plan.started_to_ns), (Some(93), Some(94)));
    let never = Query::parse("run.started > timestamp('2600-01-01T00:00:00Z')", Entity::Step).expect("a query");
    let found = never.search(&held(), &Search::default()).expect("nothing");
    assert_eq!(
        (found.rows.len(), found.scanned.blocks_read, found.scanned.blocks_pruned),
        (0, 0, found.scanned.blocks)
    );
}

#[test]
fn an_index_of_items() {
    let query = Query::parse("item == 'p' && outcome == 'kept'", Entity::Decision).expect("a query");
    let mut held = held();
    assert_eq!(query.explain(&held, &Search::default()).expect("a plan").index, Index::Columns);
    held.has_items = true;
    let plan = query.explain(&held, &Search::default()).expect("a plan");
    assert_eq!(plan.index, Index::Items);
    assert!(plan.text.contains("index of items"), "{}", plan.text);
    held.has_columns = false;
    let query = Query::parse("step.name == 'a'", Entity::Decision).expect("a query");
    assert_eq!(query.explain(&held, &Search::default()).expect("a plan").index, Index::Runs);
}

/// What no block can have is not read.
#[test]
fn blocks_are_left_out() {
    let held = held();
    let found = |text| {
        let query = Query::parse(text, Entity::Step).expect(text);
        let found = query.search(&held, &Search::default()).expect("rows");
        assert_eq!(found.scanned.survivors, found.rows.len() as u64, "{text}");
        found.scanned
    };
    let all = found("true");
    assert_eq!((all.blocks_read, all.blocks_pruned), (all.blocks, 0));
    for never in ["kept > 1000", "name == 'zzz'", "thread == 77", "rejection_rate > 1", "duration > duration('1h')"] {
        let scanned = found(never);
        assert_eq!((scanned.blocks_read, scanned.rows, scanned.runs), (0, 0, 0), "{never}");
    }
}

/// Of a payload no more is decoded than the condition asks for, of steps that have it.
#[test]
fn values_are_read_as_far_as_they_are_asked_for() {
    let held = held();
    let values = |text| {
        let query = Query::parse(text, Entity::Step).expect(text);
        query.search(&held, &Search::default()).expect("rows").scanned
    };
    let facts = values("llm.model == 'p' || meta.x == 1 || reasons[0] == 'q'");
    assert_eq!(facts.values, facts.survivors, "the facts of each are decoded once");
    assert_eq!(values("has(parent) || failed").values, 0);
}
