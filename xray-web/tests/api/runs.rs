//! `GET /api/v1/runs`.

use serde_json::{Value, json};
use xray_collector::id::{SchemaVersion, StepId};
use xray_collector::model::{Outcome, RunStatus};
use xray_collector::store::Batch;

use crate::fixture::{Fixture, NOON, run, run_id};

fn numbers(page: &Value) -> Vec<u64> {
    let id = |run: &Value| u64::from_str_radix(&run["id"].as_str().unwrap()[16..], 16).unwrap() - 1;
    page["data"].as_array().unwrap().iter().map(id).collect()
}

/// Six runs: 0 to 3 of `movies`, of which 2 failed; 4 and 5 of `music & more`, of which 5 is still running.
fn fixture() -> Fixture {
    let mut runs: Vec<_> = (0..6).map(run).collect();
    runs[2].status = RunStatus::Failed;
    runs[4].pipeline = "music & more".into();
    runs[5].pipeline = "music & more".into();
    runs[5].status = RunStatus::Running;
    runs[5].outcome = Outcome::Open;
    runs[5].ended_ns = None;
    Fixture::with(&Batch { runs, ..Batch::default() })
}

#[test]
fn an_empty_store_has_an_empty_page() {
    let fixture = Fixture::with(&Batch::default());
    assert_eq!(fixture.get("/api/v1/runs").ok(), json!({"data": [], "next_cursor": null}));
}

#[test]
fn a_run_is_written_with_everything_that_is_known() {
    let mut failed = run(7);
    failed.status = RunStatus::Failed;
    failed.outcome = Outcome::Err;
    failed.steps = 12;
    failed.failures = 3;
    failed.lost_events = 2;
    failed.error = Some("no such movie".to_owned());
    failed.parent = Some((run_id(1), StepId(2)));
    failed.orphan = true;
    failed.schema = Some(SchemaVersion(15));
    failed.misfits = 2;
    let mut running = run(8);
    running.status = RunStatus::Running;
    running.outcome = Outcome::Open;
    running.ended_ns = None;
    let fixture = Fixture::with(&Batch { runs: vec![failed, running], ..Batch::default() });
    let expected = json!({
        "data": [
            {
                "id": "0000000000000abc0000000000000009",
                "pipeline": "movies",
                "status": "running",
                "outcome": "open",
                "started_at": "2026-01-31T12:00:00.008000000Z",
                "started_ns": NOON + 8_000_000,
                "ended_at": null,
                "ended_ns": null,
                "duration_ns": null,
                "steps": 1,
                "failures": 0,
                "lost_events": 0,
                "error": null,
                "parent": null,
                "orphan": false, "level": "full",
                "schema": null,
                "misfits": 0,
                "pinned": false,
            },
            {
                "id": "0000000000000abc0000000000000008",
                "pipeline": "movies",
                "status": "failed",
                "outcome": "err",
                "started_at": "2026-01-31T12:00:00.007000000Z",
                "started_ns": NOON + 7_000_000,
                "ended_at": "2026-01-31T12:00:00.007000500Z",
                "ended_ns": NOON + 7_000_500,
                "duration_ns": 500,
                "steps": 12,
                "failures": 3,
                "lost_events": 2,
                "error": "no such movie",
                "parent": {"run": "0000000000000abc0000000000000002", "step": "0000000000000002"},
                "orphan": true, "level": "full",
                "schema": "0000000000000000000000000000000f",
                "misfits": 2,
                "pinned": false,
            },
        ],
        "next_cursor": null,
    });
    assert_eq!(fixture.get("/api/v1/runs").ok(), expected);
}

#[test]
fn filters_apply_together() {
    let fixture = fixture();
    for (query, expected) in [
        ("", vec![5, 4, 3, 2, 1, 0]),
        ("limit=2", vec![5, 4]),
        ("pipeline=movies", vec![3, 2, 1, 0]),
        ("pipeline=movie", vec![]),
        ("pipeline=", vec![]),
        ("pipeline=music+%26%20more", vec![5, 4]),
        ("status=failed", vec![2]),
        ("status=crashed", vec![]),
        ("pipeline=movies&status=running", vec![]),
        ("from=2026-01-31T12:00:00.004Z", vec![5, 4]),
        ("before=2026-01-31T12:00:00.002Z", vec![1, 0]),
        ("from=2026-01-31T13:00:00.001%2B01:00&before=1769860800003000000", vec![2, 1]),
        ("from=2026-01-31T12:00:00Z&before=2026-01-31T12:00:00Z", vec![]),
        ("pipeline=movies&status=completed&from=1769860800001000000", vec![3, 1]),
    ] {
        assert_eq!(numbers(&fixture.get(&format!("/api/v1/runs?{query}")).ok()), expected, "{query}");
    }
}

#[test]
fn three_thousand_runs_come_in_pages_without_gap_or_duplicate() {
    let mut runs: Vec<_> = (0..3_000).map(run).collect();
    // Some begin at the same time: the order among them must hold across pages, too.
    for run in &mut runs {
        run.started_ns = NOON + (run.started_ns - NOON) / 7_000_000 * 7_000_000;
    }
    let fixture = Fixture::with(&Batch { runs, ..Batch::default() });
    for limit in [1_000, 999, 100, 37] {
        let mut seen = Vec::new();
        let mut starts = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = fixture.get(&format!("/api/v1/runs?limit={limit}{cursor}")).ok();
            seen.extend(numbers(&page));
            starts.extend(page["data"].as_array().unwrap().iter().map(|run| run["started_ns"].as_u64().unwrap()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            assert_eq!(page["data"].as_array().unwrap().len(), limit);
            cursor = format!("&cursor={next}");
        }
        assert!(starts.is_sorted_by(|newer, older| newer >= older));
        assert_eq!(seen.len(), 3_000, "pages of {limit}");
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..3_000), "pages of {limit}");
    }
}

#[test]
fn a_cursor_goes_on_with_the_same_filters_and_any_limit() {
    let fixture = fixture();
    let first = fixture.get("/api/v1/runs?pipeline=movies&limit=1&from=2026-01-31T12:00:00Z").ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    // The same time in another spelling is the same filter.
    let same = format!("/api/v1/runs?cursor={cursor}&from={NOON}&pipeline=movies&limit=1000");
    assert_eq!(numbers(&fixture.get(&same).ok()), [2, 1, 0]);
    for other in ["", "pipeline=music", "pipeline=movies", "from=0&pipeline=movies", "status=failed&pipeline=movies"] {
        let answer = fixture.get(&format!("/api/v1/runs?{other}&cursor={cursor}"));
        assert_eq!(answer.problem(400, "cursor_of_another_list")["parameter"], "cursor", "{other}");
    }
}

#[test]
fn what_is_not_a_cursor_is_refused() {
    let fixture = fixture();
    let page = fixture.get("/api/v1/runs?limit=1").ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let shorter = &cursor[..cursor.len() - 1];
    let longer = format!("{cursor}0");
    let flipped = format!("{}{}", if cursor.starts_with('0') { '1' } else { '0' }, &cursor[1..]);
    for cursor in ["", "7", "null", "..%2F..", "%F0%9F%92%A5", shorter, &longer, &flipped, &"a".repeat(4_000)] {
        let answer = fixture.get(&format!("/api/v1/runs?cursor={cursor}"));
        assert_eq!(answer.problem(400, "malformed_cursor")["parameter"], "cursor");
    }
}

#[test]
fn limits_are_from_1_to_1000() {
    let fixture = fixture();
    for limit in ["0", "1001", "abc", "", "-1", "1.5", "1e2", "99999999999999999999999"] {
        let problem = fixture.get(&format!("/api/v1/runs?limit={limit}")).problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], "limit");
        assert_eq!(problem["detail"], format!("limit is a whole number from 1 to 1000, not {limit:?}"));
    }
    fixture.get("/api/v1/runs?limit=1000").ok();
}

#[test]
fn a_status_is_one_of_five() {
    let problem = fixture().get("/api/v1/runs?status=Failed").problem(400, "invalid_parameter");
    assert_eq!(problem["parameter"], "status");
    assert_eq!(problem["allowed"], json!(["running", "completed", "failed", "crashed", "incomplete"]));
    assert_eq!(problem["detail"], r#""Failed" is none of running, completed, failed, crashed, incomplete"#);
}

#[test]
fn times_must_be_times_and_the_right_way_round() {
    let fixture = fixture();
    for (name, value) in [("from", "yesterday"), ("before", "2026-01-31"), ("from", "-5"), ("before", "")] {
        let problem = fixture.get(&format!("/api/v1/runs?{name}={value}")).problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], name);
    }
    let problem = fixture.get("/api/v1/runs?from=2026-01-31T12:00:00+01:00").problem(400, "invalid_parameter");
    assert!(problem["detail"].as_str().unwrap().ends_with("a + must be written as %2B"), "{problem}");
    let upside_down = "/api/v1/runs?from=2026-01-31T12:00:00Z&before=2026-01-31T11:59:59Z";
    assert_eq!(fixture.get(upside_down).problem(400, "invalid_parameter")["parameter"], "before");
}

#[test]
fn no_parameter_is_ignored() {
    let fixture = fixture();
    let problem = fixture.get("/api/v1/runs?limt=5&status=failed&Status=failed").problem(400, "unknown_parameter");
    let allowed = ["q", "pipeline", "status", "from", "before", "limit", "cursor", "fields", "explain"];
    assert_eq!((&problem["parameter"], &problem["allowed"]), (&json!("limt"), &json!(allowed)));
    assert_eq!(
        problem["detail"],
        r#"unknown parameter "limt", "Status": allowed are q, pipeline, status, from, before, limit, cursor, fields, explain"#
    );
    let problem = fixture.get("/api/v1/runs?limit=5&limit=6").problem(400, "invalid_parameter");
    assert_eq!((&problem["parameter"], &problem["detail"]), (&json!("limit"), &json!("limit is given twice")));
    let problem = fixture.get("/api/v1/runs?pipeline=%ff").problem(400, "invalid_parameter");
    assert_eq!(problem["parameter"], "pipeline");
}
