//! Captured text is data, whatever it looks like.

use serde_json::json;
use xray_collector::store::{Batch, StepRow};

use crate::fixture::{Encoded, Fixture, Payload, callsite, run, run_id, step};

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "a&b=c#d?e/f\\g%00%zz+h i",
    "line\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "\u{0}\u{1b}[31m\u{7f}\u{202e}txet",
    "\u{1f4a5}é\u{301}\u{fffd}\u{10ffff}",
    "'; DROP TABLE runs; --",
    "${7*7}{{7*7}}",
];

/// Everything but unreserved characters, percent-encoded.
fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    };
    text.bytes().map(byte).collect()
}

#[test]
fn hostile_names_are_found_and_come_back_as_they_are() {
    let long = "x".repeat(8_000);
    let names: Vec<&str> = HOSTILE.into_iter().chain([&*long]).collect();
    let mut batch = Batch::default();
    for (number, name) in (0..).zip(&names) {
        let mut run = run(number);
        run.pipeline = (*name).into();
        run.error = Some((*name).to_owned());
        batch.runs.push(run);
    }
    let fixture = Fixture::with(&batch);
    for (number, name) in (0..).zip(&names) {
        let answer = fixture.get(&format!("/api/v1/runs?pipeline={}", encode(name)));
        assert_eq!(answer.header("set-cookie"), None);
        let page = answer.ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 1, "{name:?}");
        let run = &page["data"][0];
        assert_eq!((&run["id"], &run["pipeline"]), (&json!(run_id(number)), &json!(name)));
        assert_eq!(run["error"], json!(name));
    }
}

#[test]
fn hostile_values_come_back_as_they_are() {
    let mut payload = Payload::default();
    let value = json!(HOSTILE.iter().map(|text| json!({*text: text})).collect::<Vec<_>>());
    let mut batch = Batch { runs: vec![run(0)], ..Batch::default() };
    for (number, text) in (0..).zip(HOSTILE) {
        batch.callsites.push((number, callsite(text, text, &[text])));
        batch.steps.push(StepRow {
            callsite: number,
            arguments: Some(payload.put(&[&Encoded::Json(value.clone())])),
            ..step(run_id(0), u64::from(number) + 1)
        });
    }
    batch.segments = vec![payload.0];
    let fixture = Fixture::with(&batch);
    for (number, text) in (1..).zip(HOSTILE) {
        let path = format!("/api/v1/runs/{}/steps/{:016x}", run_id(0), number);
        let step = fixture.get(&path).ok();
        assert_eq!((&step["name"], &step["kind"]), (&json!(text), &json!(text)));
        assert_eq!(step["arguments"], json!([{"name": text, "level": "structured", "value": value}]));
    }
}

#[test]
fn a_problem_repeats_what_was_asked_as_data() {
    let fixture = Fixture::with(&Batch::default());
    for text in HOSTILE {
        let answer = fixture.get(&format!("/api/v1/runs?{}=1", encode(text)));
        assert_eq!(answer.problem(400, "unknown_parameter")["parameter"], json!(text));
        let answer = fixture.get(&format!("/api/v1/runs/{}", encode(text)));
        assert_eq!(answer.problem(400, "invalid_parameter")["parameter"], "id");
    }
}
