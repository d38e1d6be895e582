//! `GET /api/v1/runs/{id}`.

use serde_json::{Value, json};
use xray_collector::decision::DecisionCounts;
use xray_collector::id::StepId;
use xray_collector::model::Outcome;
use xray_collector::store::Batch;

use crate::fixture::{Fixture, NOON, callsite, no_counts, run, run_id, step};

fn ids(page: &Value) -> Vec<u64> {
    let id = |step: &Value| u64::from_str_radix(step["id"].as_str().unwrap(), 16).unwrap();
    page["steps"]["data"].as_array().unwrap().iter().map(id).collect()
}

fn fixture_with_steps(count: u64) -> Fixture {
    let run = run(0);
    let steps = (1..=count).map(|number| step(run.id, number)).collect();
    let callsites = vec![(0, callsite("search", "generate", &["catalog"]))];
    Fixture::with(&Batch { callsites, runs: vec![run], steps, ..Batch::default() })
}

#[test]
fn a_run_comes_with_its_steps() {
    let run = run(0);
    let mut inner = step(run.id, 2);
    inner.parent = Some(StepId(1));
    inner.callsite = 1;
    inner.outcome = Outcome::Open;
    inner.duration_ns = None;
    inner.items_in = Some(120);
    inner.items_out = Some(43);
    inner.important = true;
    inner.counts = DecisionCounts {
        kept: 30,
        eliminated: 90,
        scored: 0,
        introduced: 13,
        refused: 1,
        inferred: true,
        reasons: vec![("movie.rating >= limits.rating".into(), 88), ("</script>".into(), 2)],
    };
    let fixture = Fixture::with(&Batch {
        callsites: vec![
            (0, callsite("pick_movie", "", &[])),
            (1, callsite("suitable", "filter", &["movies", "limits"])),
        ],
        steps: vec![step(run.id, 1), inner],
        runs: vec![run],
        ..Batch::default()
    });
    let answer = fixture.get(&format!("/api/v1/runs/{}", run_id(0))).ok();
    assert_eq!(answer["run"], fixture.get("/api/v1/runs").ok()["data"][0]);
    let expected = json!({
        "data": [
            {
                "id": "0000000000000001",
                "parent": null,
                "name": "pick_movie",
                "kind": "",
                "module": "movies::pipeline",
                "file": "src/pipeline.rs",
                "line": 12,
                "arguments": [],
                "outcome": "ok",
                "started_at": "2026-01-31T12:00:00.000000001Z",
                "started_ns": NOON + 1,
                "duration_ns": 40,
                "thread": 3,
                "items_in": null,
                "items_out": null,
                "counts": no_counts(),
                "important": false, "level": "full",
            },
            {
                "id": "0000000000000002",
                "parent": "0000000000000001",
                "name": "suitable",
                "kind": "filter",
                "module": "movies::pipeline",
                "file": "src/pipeline.rs",
                "line": 12,
                "arguments": ["movies", "limits"],
                "outcome": "open",
                "started_at": "2026-01-31T12:00:00.000000002Z",
                "started_ns": NOON + 2,
                "duration_ns": null,
                "thread": 3,
                "items_in": 120,
                "items_out": 43,
                "counts": {
                    "kept": 30,
                    "eliminated": 90,
                    "scored": 0,
                    "introduced": 13,
                    "refused": 1,
                    "inferred": true,
                    "rejection_rate": 0.75,
                    "reasons": [
                        {"reason": "movie.rating >= limits.rating", "items": 88},
                        {"reason": "</script>", "items": 2},
                    ],
                },
                "important": true, "level": "full",
            },
        ],
        "next_cursor": null,
    });
    assert_eq!(answer["steps"], expected);
}

#[test]
fn two_thousand_five_hundred_steps_come_in_pages_without_gap_or_duplicate() {
    let fixture = fixture_with_steps(2_500);
    for limit in [1_000, 500, 100, 99] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = fixture.get(&format!("/api/v1/runs/{}?limit={limit}{cursor}", run_id(0))).ok();
            seen.extend(ids(&page));
            let Some(next) = page["steps"]["next_cursor"].as_str() else { break };
            assert_eq!(page["steps"]["data"].as_array().unwrap().len(), limit);
            cursor = format!("&steps_after={next}");
        }
        // The pages of 500 and of 100 end with a full one, after which there must be none.
        assert!(seen.into_iter().eq(1..=2_500), "pages of {limit}");
    }
}

#[test]
fn a_hundred_steps_come_unless_a_limit_says_otherwise() {
    let fixture = fixture_with_steps(101);
    let path = format!("/api/v1/runs/{}", run_id(0));
    assert_eq!(ids(&fixture.get(&path).ok()).len(), 100);
    for limit in ["0", "1001", "abc"] {
        let problem = fixture.get(&format!("{path}?limit={limit}")).problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], "limit");
    }
}

#[test]
fn a_cursor_belongs_to_one_run() {
    let mut batch = Batch { callsites: vec![(0, callsite("search", "", &[]))], ..Batch::default() };
    for number in 0..2 {
        batch.runs.push(run(number));
        batch.steps.extend((1..=3).map(|id| step(run_id(number), id)));
    }
    let fixture = Fixture::with(&batch);
    let page = fixture.get(&format!("/api/v1/runs/{}?limit=2", run_id(0))).ok();
    let cursor = page["steps"]["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&fixture.get(&format!("/api/v1/runs/{}?steps_after={cursor}", run_id(0))).ok()), [3]);
    let answer = fixture.get(&format!("/api/v1/runs/{}?steps_after={cursor}", run_id(1)));
    assert_eq!(answer.problem(400, "cursor_of_another_list")["parameter"], "steps_after");
    let runs = fixture.get("/api/v1/runs?limit=1").ok();
    let runs_cursor = runs["next_cursor"].as_str().unwrap();
    for cursor in ["", "0000000000000001", runs_cursor] {
        let answer = fixture.get(&format!("/api/v1/runs/{}?steps_after={cursor}", run_id(0)));
        assert_eq!(answer.problem(400, "malformed_cursor")["parameter"], "steps_after");
    }
}

#[test]
fn unknown_and_malformed_runs_are_told_apart() {
    let fixture = fixture_with_steps(1);
    let problem = fixture.get(&format!("/api/v1/runs/{}", run_id(9))).problem(404, "no_such_run");
    assert_eq!(problem["parameter"], "id");
    for id in ["7", "0000000000000abc000000000000000g", "0000000000000ABC00000000000000010", "%20", "%ff", "..%2Fruns"]
    {
        let problem = fixture.get(&format!("/api/v1/runs/{id}")).problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], "id");
    }
    let problem = fixture.get("/api/v1/runs/7").problem(400, "invalid_parameter");
    assert_eq!(problem["detail"], r#"an id is 32 hexadecimal digits, not "7""#);
    let problem = fixture.get(&format!("/api/v1/runs/{}?cursor=1", run_id(0))).problem(400, "unknown_parameter");
    assert_eq!(problem["allowed"], json!(["steps_after", "limit", "fields"]));
}
