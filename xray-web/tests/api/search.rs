//! `q` on `GET /api/v1/runs`, `/api/v1/steps`, `/api/v1/decisions`, and `/api/v1/vocabulary`.

use serde_json::{Value, json};
use xray_collector::model::{Outcome, RunStatus};
use xray_collector::store::Batch;

use crate::fixture::{Fixture, callsite, run, run_id, step};

/// Five runs with two steps each: `load`, which failed in run 3, and `pick`.
fn fixture() -> Fixture {
    let mut runs: Vec<_> = (0..5).map(run).collect();
    runs[3].status = RunStatus::Failed;
    runs[3].error = Some("no such file".to_owned());
    let mut steps = Vec::new();
    for number in 0..5 {
        let mut load = step(run_id(number), number + 1);
        let mut pick = step(run_id(number), number + 101);
        load.outcome = if number == 3 { Outcome::Err } else { Outcome::Ok };
        (pick.callsite, pick.parent) = (1, Some(load.step));
        (pick.counts.kept, pick.counts.eliminated) = (1, number);
        steps.extend([load, pick]);
    }
    let callsites = vec![(0, callsite("load", "", &["path"])), (1, callsite("pick", "filter", &["films", "limits"]))];
    Fixture::with(&Batch { callsites, runs, steps, ..Batch::default() })
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The numbers of the runs in an answer, or of the runs of its steps.
fn runs_of(answer: &Value, field: &str) -> Vec<u64> {
    let number = |row: &Value| u64::from_str_radix(&row[field].as_str().unwrap()[16..], 16).unwrap() - 1;
    answer["data"].as_array().unwrap().iter().map(number).collect()
}

#[test]
fn runs_by_a_condition() {
    let fixture = fixture();
    let runs = |q: &str| fixture.get(&format!("/api/v1/runs?q={}", encoded(q))).ok();
    let answer = runs("status == \"failed\" || started < timestamp('2026-01-31T12:00:00.001Z')");
    assert_eq!(runs_of(&answer, "id"), [3, 0]);
    assert_eq!((&answer["stopped"], &answer["next_cursor"]), (&json!(false), &Value::Null));
    assert_eq!(answer["data"][0]["error"], "no such file", "a run is written as in any other list");
    assert_eq!(runs_of(&runs("steps.exists(s, s.name == 'pick' && s.rejection_rate > 0.6)"), "id"), [4, 3, 2]);
    let range = fixture.get("/api/v1/runs?q=true&from=2026-01-31T12:00:00.002Z&before=2026-01-31T12:00:00.004Z").ok();
    assert_eq!(runs_of(&range, "id"), [3, 2]);
}

#[test]
fn steps_of_all_runs() {
    let fixture = fixture();
    let all = fixture.get("/api/v1/steps").ok();
    assert_eq!(runs_of(&all, "run"), [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]);
    let filters = fixture.get(&format!("/api/v1/steps?q={}", encoded("kind == 'filter' && eliminated >= 3"))).ok();
    assert_eq!(runs_of(&filters, "run"), [4, 3]);
    assert_eq!((&filters["data"][0]["name"], &filters["data"][0]["counts"]["eliminated"]), (&json!("pick"), &json!(4)));
    assert_eq!(fixture.get("/api/v1/decisions").ok()["data"], json!([]), "nothing was captured");
}

#[test]
fn pages_follow_each_other() {
    let fixture = fixture();
    let whole = fixture.get("/api/v1/steps").ok()["data"].clone();
    let (mut rows, mut path) = (Vec::new(), "/api/v1/steps?limit=3".to_owned());
    loop {
        let page = fixture.get(&path).ok();
        rows.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/steps?limit=3&cursor={cursor}");
    }
    assert_eq!(Value::Array(rows), whole);
    let cursor = fixture.get("/api/v1/steps?limit=1").ok()["next_cursor"].as_str().unwrap().to_owned();
    for other in [format!("/api/v1/steps?q=failed&cursor={cursor}"), format!("/api/v1/decisions?cursor={cursor}")] {
        fixture.get(&other).problem(400, "cursor_of_another_list");
    }
    fixture.get(&format!("/api/v1/runs?cursor={cursor}")).problem(400, "malformed_cursor");
}

#[test]
fn a_wrong_query_is_told_at_its_place() {
    let fixture = fixture();
    let problem = fixture
        .get(&format!("/api/v1/runs?q={}", encoded("orphan || statsu == 'failed'")))
        .problem(400, "invalid_query");
    assert_eq!(problem["detail"], "a run has no field `statsu`");
    assert_eq!(problem["suggestion"], "did you mean `status`?");
    assert_eq!((&problem["parameter"], &problem["start"], &problem["end"]), (&json!("q"), &json!(10), &json!(16)));
    for wrong in ["", "1 +", "name", "true &&", "((((", "\u{1f600}"] {
        fixture.get(&format!("/api/v1/steps?q={}", encoded(wrong))).problem(400, "invalid_query");
    }
    fixture.get(&format!("/api/v1/steps?q={}", "a".repeat(5_000))).problem(400, "invalid_query");
    let problem = fixture.get("/api/v1/runs?q=orphan&status=failed").problem(400, "invalid_parameter");
    assert_eq!(problem["detail"], "status and q do not go together: write `status == \"…\"` into q");
    fixture.get("/api/v1/steps?status=failed").problem(400, "unknown_parameter");
    fixture
        .get("/api/v1/steps?from=2026-01-31T12:00:00Z&before=2026-01-30T12:00:00Z")
        .problem(400, "invalid_parameter");
}

#[test]
fn the_vocabulary_has_what_can_be_asked_and_what_was_recorded() {
    let fixture = fixture();
    let vocabulary = fixture.get("/api/v1/vocabulary").ok();
    let status = vocabulary["fields"]["run"].as_array().unwrap().iter().find(|field| field["name"] == "status");
    assert_eq!(status.unwrap()["values"], json!(["running", "completed", "failed", "crashed", "incomplete"]));
    let steps = vocabulary["fields"]["run"].as_array().unwrap().iter().find(|field| field["name"] == "steps");
    assert_eq!(steps.unwrap()["kind"], json!({"rows": "step"}));
    assert_eq!(vocabulary["recorded"]["names"], json!(["load", "pick"]));
    assert_eq!(vocabulary["recorded"]["kinds"], json!(["filter"]));
    assert_eq!(vocabulary["recorded"]["arguments"], json!(["films", "limits", "path"]));
    assert!(vocabulary["functions"].as_array().unwrap().iter().any(|function| function["usage"] == "now()"));
}
