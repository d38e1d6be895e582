//! `GET /api/v1/runs/{id}/steps/{step}/values/{part}`, and what stands for large values elsewhere.

use serde_json::{Value, json};
use xray_collector::id::StepId;
use xray_collector::model::Outcome;
use xray_collector::store::{Batch, StepRow};

use crate::client::{self, Answer};
use crate::fixture::{Encoded, Fixture, Payload, callsite, run, run_id, step};

/// A step that was given `small` and `big` and returned `result`.
fn fixture(big: &Value, result: &Value) -> Fixture {
    let mut payload = Payload::default();
    let row = StepRow {
        outcome: Outcome::Returned,
        arguments: Some(payload.put(&[&Encoded::Json(json!(1)), &Encoded::Json(big.clone())])),
        result: Some(payload.put(&[&Encoded::Json(result.clone())])),
        ..step(run_id(0), 1)
    };
    Fixture::with(&Batch {
        callsites: vec![(0, callsite("suitable", "filter", &["small", "big"]))],
        runs: vec![run(0)],
        steps: vec![row],
        segments: vec![payload.0],
        ..Batch::default()
    })
}

fn of_step() -> String {
    format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(1))
}

fn ranged(fixture: &Fixture, method: &str, part: &str, headers: &str) -> Answer {
    let address = fixture.server.address();
    let path = format!("{}/values/{part}", of_step());
    client::request(address, method, &path, &format!("Host: {address}\r\n{headers}"))
}

#[test]
fn a_large_value_is_elsewhere_and_whole_there() {
    let big = json!("é".repeat(4 << 20));
    let fixture = fixture(&big, &json!(["Heat"]));
    let answer = fixture.get(&of_step()).ok();
    let (small, cut) = (&answer["arguments"][0], &answer["arguments"][1]);
    assert_eq!(*small, json!({"name": "small", "level": "structured", "value": 1}));
    assert_eq!((&cut["name"], &cut["level"], &cut["value"]), (&json!("big"), &json!("structured"), &Value::Null));
    let omitted = &cut["omitted"];
    assert!(omitted["bytes"].as_u64().unwrap() >= 8 << 20, "as it was captured: {omitted}");
    // No half of a character.
    assert_eq!(omitted["beginning"].as_str().unwrap(), format!("\"{}", "é".repeat(499)));
    assert_eq!(omitted["path"], format!("{}/values/arguments.1", of_step()));
    assert_eq!(fixture.get(omitted["path"].as_str().unwrap()).ok(), big);
    assert_eq!(fixture.get(&format!("{}/values/result", of_step())).ok(), json!(["Heat"]));
}

#[test]
fn lists_cut_earlier_than_the_step_itself() {
    let fixture = fixture(&json!("x".repeat(100_000)), &json!(null));
    let row = fixture.get("/api/v1/steps?fields=arguments").ok()["data"][0]["fields"]["arguments"][1].clone();
    assert!(row["omitted"]["bytes"].as_u64().unwrap() >= 100_000, "{row}");
    assert_eq!(fixture.get(&of_step()).ok()["arguments"][1].get("omitted"), None);
}

#[test]
fn ranges_put_together_are_the_value() {
    let fixture = fixture(&json!(["Heat", "Cats"]), &json!(null));
    let whole = ranged(&fixture, "GET", "arguments.1", "");
    assert_eq!((whole.text(), whole.header("accept-ranges")), (r#"["Heat","Cats"]"#, Some("bytes")));
    for (range, part, content_range) in [
        ("bytes=0-4", "[\"Hea", "bytes 0-4/15"),
        ("bytes=5-", "t\",\"Cats\"]", "bytes 5-14/15"),
        ("bytes=-2", "\"]", "bytes 13-14/15"),
        ("bytes=10-9999", "ats\"]", "bytes 10-14/15"),
    ] {
        let answer = ranged(&fixture, "GET", "arguments.1", &format!("Range: {range}\r\n"));
        assert_eq!((answer.status, answer.text()), (206, part), "{range}");
        assert_eq!(answer.header("content-range"), Some(content_range));
        assert_eq!(answer.header("etag"), whole.header("etag"));
    }
    for range in ["bytes=15-", "bytes=-0"] {
        let answer = ranged(&fixture, "GET", "arguments.1", &format!("Range: {range}\r\n"));
        assert_eq!(answer.problem(416, "no_such_range")["parameter"], "Range");
        assert_eq!(answer.header("content-range"), Some("bytes */15"));
    }
    for range in ["bytes=4-1", "bytes=0-1,4-5", "lines=1-2", "nonsense", "\u{e9}"] {
        assert_eq!(
            ranged(&fixture, "GET", "arguments.1", &format!("Range: {range}\r\n")).text(),
            whole.text(),
            "{range}"
        );
    }
    let head = ranged(&fixture, "HEAD", "arguments.1", "Range: bytes=0-4\r\n");
    assert_eq!((head.status, head.header("content-length")), (200, Some("15")), "a range is of a GET");
}

#[test]
fn of_a_large_value_no_more_is_read_than_is_asked_for() {
    let big = json!("x".repeat(1 << 20));
    let fixture = fixture(&big, &json!(null));
    let length = (1 << 20) + 2;
    for (range, size, content_range) in [
        ("bytes=0-9", 10, "bytes 0-9/*".to_owned()),
        ("bytes=1000-1999", 1_000, "bytes 1000-1999/*".to_owned()),
        ("bytes=0-99999999", length, format!("bytes 0-{}/{length}", length - 1)),
        (&format!("bytes=0-{}", length - 1), length, format!("bytes 0-{}/{length}", length - 1)),
        ("bytes=-2", 2, format!("bytes {}-{}/{length}", length - 2, length - 1)),
    ] {
        let answer = ranged(&fixture, "GET", "arguments.1", &format!("Range: {range}\r\n"));
        assert_eq!((answer.status, answer.body.len()), (206, size), "{range}");
        assert_eq!(answer.header("content-range"), Some(&*content_range));
    }
    let beyond = ranged(&fixture, "GET", "arguments.1", "Range: bytes=2000000-2000001\r\n");
    assert_eq!(beyond.problem(416, "no_such_range")["parameter"], "Range");
}

#[test]
fn a_range_of_another_answer_is_not_mixed_in() {
    let fixture = fixture(&json!(["Heat", "Cats"]), &json!(null));
    let tag = ranged(&fixture, "GET", "arguments.1", "").header("etag").unwrap().to_owned();
    let status = |condition: &str| {
        ranged(&fixture, "GET", "arguments.1", &format!("Range: bytes=0-4\r\nIf-Range: {condition}\r\n")).status
    };
    assert_eq!((status(&tag), status("\"other\""), status(&format!("W/{tag}"))), (206, 200, 200));
}

#[test]
fn values_that_are_not_there_are_problems() {
    let fixture = fixture(&json!(1), &json!(null));
    let get = |part: &str| fixture.get(&format!("{}/values/{part}", of_step()));
    for part in ["arguments.2", "arguments.99999999999999999999", "error", "input", "meta.0", "llm.7"] {
        let expected = if part.len() > 20 { (400, "invalid_parameter") } else { (404, "no_such_value") };
        assert_eq!(get(part).problem(expected.0, expected.1)["parameter"], "part", "{part}");
    }
    for part in
        ["arguments", "result.0", "arguments.x", "arguments.-1", "decisions", "%00", "..%2Fresult", "arguments."]
    {
        let problem = get(part).problem(400, "invalid_parameter");
        assert_eq!(problem["allowed"][0], "arguments.{n}", "{part}");
    }
    get("%ff").problem(400, "invalid_parameter");
    get("result?x=1").problem(400, "unknown_parameter");
    let of_other = format!("/api/v1/runs/{}/steps/{}/values/result", run_id(9), StepId(1));
    fixture.get(&of_other).problem(404, "no_such_run");
    let of_other = format!("/api/v1/runs/{}/steps/{}/values/result", run_id(0), StepId(9));
    fixture.get(&of_other).problem(404, "no_such_step");
}
