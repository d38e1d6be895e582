//! `fields`: what was captured, where it is asked for.

use serde_json::{Value, json};
use xray_collector::id::StepId;
use xray_collector::store::{Batch, FactsRow, StepRow};

use crate::fixture::{Encoded, Fixture, Payload, callsite, run, run_id, step};

const DECISION: &str = "rating >= least";

/// A run of two steps: the first has a note, the second, a filter, said of "Cats" why it went.
fn fixture() -> Fixture {
    let mut payload = Payload::default();
    let (wish, films) = (json!({"rating": 7}), json!([{"title": "Heat"}, {"title": "Cats"}]));
    let first = StepRow {
        arguments: Some(payload.put(&[&Encoded::Json(wish)])),
        result: Some(payload.put(&[&Encoded::Json(json!("Heat"))])),
        ..step(run_id(0), 1)
    };
    let second = StepRow {
        callsite: 1,
        parent: Some(StepId(1)),
        arguments: Some(payload.put(&[&Encoded::Json(films)])),
        result: Some(payload.put(&[&Encoded::Json(json!([{"title": "Heat"}]))])),
        ..step(run_id(0), 2)
    };
    let note = payload.put(&[&Encoded::Json(json!([13, "a note"]))]);
    let check = Encoded::Check(DECISION, json!({"rating": 2.8, "least": 7}));
    let checked = Encoded::List(vec![
        Encoded::Json(json!(2)),
        Encoded::Json(json!("Cats")),
        Encoded::Json(json!(false)),
        check,
        Encoded::Json(json!(false)),
    ]);
    let checked = payload.put(&[&checked]);
    let fact = |step, place| FactsRow { run: run_id(0), step: StepId(step), place };
    Fixture::with(&Batch {
        callsites: vec![(0, callsite("pick", "", &["wish"])), (1, callsite("suitable", "filter", &["films"]))],
        runs: vec![run(0)],
        steps: vec![first, second],
        facts: vec![fact(1, note), fact(2, checked)],
        segments: vec![payload.0],
        ..Batch::default()
    })
}

/// The keys of an object that are not in another.
fn beyond(some: &Value, other: &Value) -> Vec<String> {
    let keys = some.as_object().unwrap().keys();
    keys.filter(|key| other.get(key.as_str()).is_none()).cloned().collect()
}

#[test]
fn a_step_has_only_the_parts_that_are_named() {
    let fixture = fixture();
    let path = format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(1));
    let (whole, some) = (fixture.get(&path).ok(), fixture.get(&format!("{path}?fields=notes,arguments")).ok());
    assert_eq!(
        beyond(&whole, &some),
        ["error", "input", "llm", "meta", "output", "reasoning", "reasons", "result", "tags"]
    );
    assert_eq!((&some["notes"], &some["arguments"]), (&json!(["a note"]), &whole["arguments"]));
    assert_eq!(whole.get("decisions"), None);
    let decisions = format!("/api/v1/runs/{}/steps/{}?fields=decisions", run_id(0), StepId(2));
    let decisions = fixture.get(&decisions).ok()["decisions"].clone();
    assert_eq!(decisions.as_array().unwrap().len(), 2, "{decisions}");
    let problem = fixture.get(&format!("{path}?fields=result,secrets")).problem(400, "invalid_parameter");
    assert_eq!((&problem["parameter"], &problem["allowed"][1]), (&json!("fields"), &json!("result")));
}

#[test]
fn lists_have_what_was_captured_only_where_it_is_asked_for() {
    let fixture = fixture();
    let of_run = format!("/api/v1/runs/{}", run_id(0));
    for (path, list) in [(&*of_run, "/steps/data"), ("/api/v1/steps", "/data"), ("/api/v1/runs", "/data")] {
        let get = |query: &str| {
            let answer = fixture.get(&format!("{path}{query}")).ok();
            answer.pointer(list).unwrap().clone()
        };
        assert_eq!(get("")[0].get("fields"), None, "{path}");
        let rows = get("?fields=result,notes&limit=100");
        let first = json!({"result": {"level": "structured", "value": "Heat"}, "notes": ["a note"]});
        assert_eq!(rows[0]["fields"], first, "{path}");
        assert!(rows.as_array().unwrap().iter().skip(1).all(|row| row["fields"]["notes"].is_null()), "{path}");
        let problem = fixture.get(&format!("{path}?fields=result&limit=101")).problem(400, "invalid_parameter");
        assert_eq!(problem["detail"], r#"limit is a whole number from 1 to 100 with fields, not "101""#);
        fixture.get(&format!("{path}?fields=")).problem(400, "invalid_parameter");
    }
    let searched = fixture.get("/api/v1/runs?q=true&fields=notes").ok();
    assert_eq!(searched["data"][0]["fields"], json!({"notes": ["a note"]}));
}

#[test]
fn decisions_leave_out_what_is_not_named() {
    let fixture = fixture();
    let of_step = format!("/api/v1/runs/{}/steps/{}/decisions", run_id(0), StepId(2));
    for path in [&*of_step, "/api/v1/decisions"] {
        let cats = |query: &str| {
            let answer = fixture.get(&format!("{path}{query}")).ok();
            let rows = answer["data"].as_array().unwrap();
            rows.iter().find(|row| row["item"] == "Cats").unwrap_or_else(|| panic!("{answer}")).clone()
        };
        let (whole, checks, detail) = (cats(""), cats("?fields=checks"), cats("?fields=detail"));
        assert_eq!(whole["checks"][0]["condition"], DECISION, "{path}");
        assert_eq!(
            (beyond(&whole, &checks), beyond(&whole, &detail)),
            (vec!["detail".to_owned()], vec!["checks".to_owned()])
        );
        let problem = fixture.get(&format!("{path}?fields=result")).problem(400, "invalid_parameter");
        assert_eq!(problem["allowed"], json!(["checks", "detail"]));
    }
}
