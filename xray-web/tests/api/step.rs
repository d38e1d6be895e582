//! `GET /api/v1/runs/{id}/steps/{step}`.

use serde_json::{Value, json};
use xray_collector::id::StepId;
use xray_collector::model::Outcome;
use xray_collector::store::{Batch, FactsRow, StepRow};

use crate::fixture::{Encoded, Fixture, NOON, Payload, callsite, no_counts, run, run_id, step};

/// A run of one step, which has these arguments and this result.
fn fixture(outcome: Outcome, arguments: &[(&str, Encoded)], result: &[Encoded]) -> Fixture {
    let mut payload = Payload::default();
    let names: Vec<_> = arguments.iter().map(|(name, _)| *name).collect();
    let row = StepRow {
        outcome,
        is_final: true,
        arguments: Some(payload.put(&arguments.iter().map(|(_, value)| value).collect::<Vec<_>>())),
        result: Some(payload.put(&result.iter().collect::<Vec<_>>())),
        ..step(run_id(0), 1)
    };
    Fixture::with(&Batch {
        callsites: vec![(0, callsite("suitable", "filter", &names))],
        runs: vec![run(0)],
        steps: vec![row],
        segments: vec![payload.0],
        ..Batch::default()
    })
}

fn open(fixture: &Fixture) -> Value {
    fixture.get(&format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(1))).ok()
}

#[test]
fn a_step_has_its_arguments_and_its_result() {
    let movies =
        json!([{"title": "Heat", "rating": 8.3, "votes": 700_000}, {"title": "Cats", "rating": 2.8, "votes": 5}]);
    let arguments = [
        ("movies", Encoded::Json(movies)),
        ("limits", Encoded::Text("Limits { .. }")),
        ("key", Encoded::Redacted),
        ("many", Encoded::Cut(vec![Encoded::Json(json!(1)), Encoded::Redacted], 5_000)),
    ];
    let fixture = fixture(Outcome::Returned, &arguments, &[Encoded::Json(json!(["Heat"]))]);
    let expected = json!({
        "run": "0000000000000abc0000000000000001",
        "id": "0000000000000001",
        "parent": null,
        "name": "suitable",
        "kind": "filter",
        "module": "movies::pipeline",
        "file": "src/pipeline.rs",
        "line": 12,
        "arguments": [
            {
                "name": "movies",
                "level": "structured",
                "value": [
                    {"title": "Heat", "rating": 8.3, "votes": 700_000},
                    {"title": "Cats", "rating": 2.8, "votes": 5},
                ],
            },
            {"name": "limits", "level": "debug_text", "value": "Limits { .. }"},
            {"name": "key", "level": "redacted", "value": "[redacted]", "redacted": [""]},
            {
                "name": "many",
                "level": "structured",
                "value": [1, "[redacted]"],
                "cut": [{"pointer": "", "length": 5_000}],
                "redacted": ["/1"],
            },
        ],
        "outcome": "returned",
        "started_at": "2026-01-31T12:00:00.000000001Z",
        "started_ns": NOON + 1,
        "duration_ns": 40,
        "thread": 3,
        "items_in": null,
        "items_out": null,
        "counts": no_counts(),
        "important": false, "level": "full",
        "result": {"level": "structured", "value": ["Heat"]},
        "error": null,
        "reasons": [],
        "reasoning": [],
        "meta": [],
        "llm": [],
        "tags": [],
        "notes": [],
        "input": null,
        "output": null,
    });
    assert_eq!(open(&fixture), expected);
}

#[test]
fn a_step_has_what_its_code_said_of_it_and_the_first_one_what_it_said_of_the_run() {
    let (hostile, mut payload) = ("</script><img src=x onerror=alert(1)>", Payload::default());
    let of_step = [
        json!([6, "the cache was empty"]),
        json!([6, hostile]),
        json!([7, "cache", {"hits": 3}]),
        json!([7, "cache", "again"]),
        json!([11, {"gen_ai.request.model": "m-1"}]),
    ];
    let of_run = [
        json!([12, "customer", hostile]),
        json!([13, "a note"]),
        json!([14, {"wish": "any"}]),
        json!([15, [1, 2]]),
        json!([99, "from a later version"]),
    ];
    let mut put = |step: u64, facts: &[Value]| {
        let facts: Vec<_> = facts.iter().map(|fact| Encoded::Json(fact.clone())).collect();
        let place = payload.put(&facts.iter().collect::<Vec<_>>());
        FactsRow { run: run_id(0), step: StepId(step), place }
    };
    let facts = vec![put(1, &of_run), put(2, &of_step)];
    let fixture = Fixture::with(&Batch {
        callsites: vec![(0, callsite("suitable", "", &[]))],
        runs: vec![run(0)],
        steps: vec![step(run_id(0), 1), step(run_id(0), 2)],
        facts,
        segments: vec![payload.0],
        ..Batch::default()
    });
    let said = |step: u64| {
        let step = fixture.get(&format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(step))).ok();
        let names = ["reasons", "reasoning", "meta", "llm", "tags", "notes", "input", "output"];
        Value::from_iter(names.map(|name| (name, step[name].clone())))
    };
    let of_first = json!({
        "reasons": [],
        "reasoning": [],
        "meta": [],
        "llm": [],
        "tags": [{"key": "customer", "value": hostile}],
        "notes": ["a note"],
        "input": {"level": "structured", "value": {"wish": "any"}},
        "output": {"level": "structured", "value": [1, 2]},
    });
    assert_eq!(said(1), of_first);
    let of_second = json!({
        "reasons": ["the cache was empty", hostile],
        "reasoning": [],
        "meta": [
            {"key": "cache", "level": "structured", "value": {"hits": 3}},
            {"key": "cache", "level": "structured", "value": "again"},
        ],
        "llm": [{"level": "structured", "value": {"gen_ai.request.model": "m-1"}}],
        "tags": null,
        "notes": null,
        "input": null,
        "output": null,
    });
    assert_eq!(said(2), of_second);
}

#[test]
fn an_error_has_its_chain_and_its_value() {
    let result = [
        Encoded::Json(json!("cannot load")),
        Encoded::Json(json!(["connection refused", "os error 111"])),
        Encoded::Json(json!({"retries": 3})),
    ];
    let answer = open(&fixture(Outcome::Err, &[], &result));
    let expected = json!({
        "message": "cannot load",
        "chain": ["connection refused", "os error 111"],
        "location": null,
        "value": {"level": "structured", "value": {"retries": 3}},
    });
    assert_eq!((&answer["error"], &answer["result"]), (&expected, &Value::Null));
}

#[test]
fn a_panic_has_its_place() {
    let result = [Encoded::Json(json!("index out of bounds")), Encoded::Json(json!("src/rank.rs:7:13"))];
    let answer = open(&fixture(Outcome::Panicked, &[], &result));
    let expected = json!({"message": "index out of bounds", "chain": [], "location": "src/rank.rs:7:13"});
    assert_eq!((&answer["error"], &answer["result"]), (&expected, &Value::Null));
}

#[test]
fn unknown_and_malformed_steps_are_told_apart() {
    let fixture = fixture(Outcome::Returned, &[], &[]);
    let (run, other) = (run_id(0), run_id(9));
    let step = StepId(1);
    let problem = fixture.get(&format!("/api/v1/runs/{run}/steps/{}", StepId(2))).problem(404, "no_such_step");
    assert_eq!(problem["parameter"], "step");
    fixture.get(&format!("/api/v1/runs/{other}/steps/{step}")).problem(404, "no_such_run");
    let problem = fixture.get(&format!("/api/v1/runs/{run}/steps/1")).problem(400, "invalid_parameter");
    assert_eq!(problem["parameter"], "step");
    assert_eq!(problem["detail"], r#"an id is 16 hexadecimal digits, not "1""#);
    let problem = fixture.get(&format!("/api/v1/runs/x/steps/{step}")).problem(400, "invalid_parameter");
    assert_eq!(problem["parameter"], "id");
    let problem = fixture.get(&format!("/api/v1/runs/{run}/steps/{step}?field=x")).problem(400, "unknown_parameter");
    assert_eq!(problem["allowed"], json!(["fields"]));
}
