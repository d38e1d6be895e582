//! `GET /api/v1/runs/{id}/steps/{step}/decisions`.

use serde_json::{Value, json};
use xray_collector::decision::DecisionCounts;
use xray_collector::id::StepId;
use xray_collector::model::Outcome;
use xray_collector::store::{Batch, FactsRow, StepRow};

use crate::fixture::{Encoded, Fixture, Payload, callsite, run, run_id, step};

const HOSTILE: &str = "\"><img src=x onerror=alert(1)>\u{202e}&reason=a+b";

/// A step with these items in, these out, and these facts.
fn fixture(entered: Value, returned: Value, facts: Vec<Encoded>) -> Fixture {
    let mut payload = Payload::default();
    let row = StepRow {
        outcome: Outcome::Returned,
        is_final: true,
        counts: DecisionCounts { kept: 7, eliminated: 1, ..DecisionCounts::default() },
        arguments: Some(payload.put(&[&Encoded::Json(entered)])),
        result: Some(payload.put(&[&Encoded::Json(returned)])),
        ..step(run_id(0), 1)
    };
    let place = payload.put(&facts.iter().collect::<Vec<_>>());
    Fixture::with(&Batch {
        callsites: vec![(0, callsite("suitable", "filter", &["films"]))],
        runs: vec![run(0)],
        steps: vec![row],
        facts: vec![FactsRow { run: run_id(0), step: StepId(1), place }],
        segments: vec![payload.0],
        ..Batch::default()
    })
}

fn path() -> String {
    format!("/api/v1/runs/{}/steps/{}/decisions", run_id(0), StepId(1))
}

fn items(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|decision| decision["item"].as_str().unwrap()).collect()
}

fn checked(key: &str, rating: f64, holds: bool) -> Encoded {
    Encoded::List(vec![
        Encoded::Json(json!(2)),
        Encoded::Json(json!(key)),
        Encoded::Json(json!(holds)),
        Encoded::Check("film.rating >= rating", json!({"film.rating": rating, "rating": 7.0})),
        Encoded::Json(json!(holds)),
    ])
}

/// Five films in, three of them out and a new one; the code spoke of four.
fn films() -> Fixture {
    let film = |id: &str| json!({"id": id, "rating": 1.0});
    let facts = vec![
        checked("Heat", 8.3, true),
        checked("Cats", 2.8, false),
        checked("Jaws", 6.9, false),
        Encoded::Json(json!([1, HOSTILE, 1, HOSTILE, null, {"votes": 3}])),
        Encoded::Json(json!([1, "Ran", 2, null, 0.5, null])),
    ];
    let entered = ["Heat", "Cats", "Jaws", HOSTILE, "Ran"].map(film);
    fixture(json!(entered), json!(["Ran", "Heat", "Jaws", "New"].map(film)), facts)
}

#[test]
fn each_item_has_its_decision_with_what_was_checked() {
    let fixture = films();
    let page = fixture.get(&path()).ok();
    assert_eq!(items(&page), ["Heat", "Cats", "Jaws", HOSTILE, "Ran", "New"]);
    let (argument, key, doubts) = (&page["argument"], &page["key"], &page["doubts"]);
    assert_eq!((argument, key, doubts), (&json!("films"), &json!("id"), &json!([])));
    assert_eq!(page["counts"]["rejection_rate"], 0.125);
    let cats = json!({
        "item": "Cats",
        "outcome": "eliminated",
        "basis": "observed",
        "reason": "film.rating >= rating",
        "score": null,
        "before": 1,
        "after": null,
        "changed": false,
        "ambiguous": false,
        "contradicted": false,
        "checks": [{
            "text": "film.rating 2.8 >= rating 7: false",
            "condition": "film.rating >= rating",
            "holds": false,
            "operands": [
                {"name": "film.rating", "level": "structured", "value": 2.8},
                {"name": "rating", "level": "structured", "value": 7},
            ],
        }],
        "detail": null,
    });
    assert_eq!(page["data"][1], cats);
    assert_eq!((&page["data"][2]["contradicted"], &page["data"][2]["after"]), (&json!(true), &json!(2)));
    let hostile = &page["data"][3];
    assert_eq!((&hostile["reason"], &hostile["checks"]), (&json!(HOSTILE), &json!([])));
    assert_eq!(hostile["detail"], json!({"level": "structured", "value": {"votes": 3}}));
    assert_eq!((&page["data"][4]["score"], &page["data"][4]["outcome"]), (&json!(0.5), &json!("scored")));
    assert_eq!((&page["data"][5]["basis"], &page["data"][5]["outcome"]), (&json!("inferred"), &json!("introduced")));
}

#[test]
fn an_infinite_score_is_a_text() {
    let mut payload = Payload::default();
    let mut bytes = vec![0x40, 6, 0, 0, 0, 0x13];
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend([0x31, 1, 0, 0, 0, b'a', 0x13]);
    bytes.extend(2_u64.to_le_bytes());
    bytes.extend([0x00, 0x21]);
    bytes.extend(f64::NEG_INFINITY.to_le_bytes());
    bytes.extend([0x00, 0x0f]);
    let mut place = payload.put(&[]);
    place.length = bytes.len().try_into().unwrap();
    payload.0.payload.extend(bytes);
    let fixture = Fixture::with(&Batch {
        callsites: vec![(0, callsite("rank", "rank", &[]))],
        runs: vec![run(0)],
        steps: vec![step(run_id(0), 1)],
        facts: vec![FactsRow { run: run_id(0), step: StepId(1), place }],
        segments: vec![payload.0],
        ..Batch::default()
    });
    let page = fixture.get(&path()).ok();
    assert_eq!((items(&page), &page["data"][0]["score"]), (vec!["a"], &json!("-inf")));
    assert_eq!((&page["argument"], &page["key"]), (&Value::Null, &Value::Null));
}

#[test]
fn filters_apply_together() {
    let fixture = films();
    let hostile = "%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%E2%80%AE%26reason%3Da%2Bb";
    for (query, expected) in [
        ("outcome=kept", vec!["Heat"]),
        ("outcome=eliminated", vec!["Cats", "Jaws", HOSTILE]),
        ("outcome=introduced,kept", vec!["Heat", "New"]),
        ("outcome=kept,scored,eliminated,introduced&limit=2", vec!["Heat", "Cats"]),
        ("basis=inferred", vec!["New"]),
        ("basis=observed&outcome=introduced", vec![]),
        ("reason=film.rating+%3E%3D+rating", vec!["Cats", "Jaws"]),
        ("reason=film.rating", vec![]),
        (&*format!("reason={hostile}"), vec![HOSTILE]),
        (&*format!("item={hostile}&outcome=eliminated"), vec![HOSTILE]),
        ("item=Cats&outcome=kept", vec![]),
        ("item=", vec![]),
    ] {
        assert_eq!(items(&fixture.get(&format!("{}?{query}", path())).ok()), expected, "{query}");
    }
}

#[test]
fn two_thousand_decisions_come_in_pages_without_gap_or_duplicate() {
    let numbers: Vec<u64> = (0..2_000).collect();
    let fixture = fixture(json!(numbers), json!(numbers[1_000..]), Vec::new());
    for limit in [10_000, 1_000, 999, 100, 37] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = fixture.get(&format!("{}?outcome=eliminated&limit={limit}{cursor}", path())).ok();
            seen.extend(items(&page).into_iter().map(|item| item.parse::<u64>().unwrap()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            assert_eq!(page["data"].as_array().unwrap().len(), limit);
            cursor = format!("&cursor={next}");
        }
        assert!(seen.into_iter().eq(0..1_000), "pages of {limit}");
    }
}

#[test]
fn a_cursor_goes_on_with_the_same_filters_and_no_others() {
    let fixture = films();
    let first = fixture.get(&format!("{}?outcome=eliminated,introduced&limit=1", path())).ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    // The same outcomes in another order are the same filter.
    let rest = fixture.get(&format!("{}?outcome=introduced,eliminated&cursor={cursor}", path())).ok();
    assert_eq!((items(&rest), &rest["next_cursor"]), (vec!["Jaws", HOSTILE, "New"], &Value::Null));
    for other in ["", "outcome=eliminated", "outcome=eliminated,introduced&basis=observed", "item=Cats", "reason="] {
        let answer = fixture.get(&format!("{}?{other}&cursor={cursor}", path()));
        assert_eq!(answer.problem(400, "cursor_of_another_list")["parameter"], "cursor", "{other}");
    }
    for cursor in ["", "7", &cursor[1..], "%F0%9F%92%A5"] {
        let answer = fixture.get(&format!("{}?cursor={cursor}", path()));
        assert_eq!(answer.problem(400, "malformed_cursor")["parameter"], "cursor");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_can() {
    let fixture = films();
    let problem = |query: &str| fixture.get(&format!("{}?{query}", path())).problem(400, "invalid_parameter");
    for outcome in ["rejected", "Kept", "", "kept,", "kept,%20scored"] {
        let problem = problem(&format!("outcome={outcome}"));
        assert_eq!(problem["parameter"], "outcome");
        assert_eq!(problem["allowed"], json!(["kept", "eliminated", "scored", "introduced"]));
    }
    assert_eq!(problem("outcome=rejected")["detail"], r#""rejected" is none of kept, eliminated, scored, introduced"#);
    assert_eq!(problem("basis=guessed")["allowed"], json!(["observed", "inferred"]));
    assert_eq!(problem("limit=10001")["parameter"], "limit");
    assert_eq!(problem("outcome=kept&outcome=scored")["detail"], "outcome is given twice");
    let unknown = fixture.get(&format!("{}?verdict=kept", path())).problem(400, "unknown_parameter");
    assert_eq!(unknown["allowed"], json!(["outcome", "basis", "reason", "item", "limit", "cursor", "fields"]));
    let (run, other) = (run_id(0), run_id(9));
    fixture.get(&format!("/api/v1/runs/{run}/steps/{}/decisions", StepId(2))).problem(404, "no_such_step");
    fixture.get(&format!("/api/v1/runs/{other}/steps/{}/decisions", StepId(1))).problem(404, "no_such_run");
    fixture.get(&format!("/api/v1/runs/{run}/steps/1/decisions")).problem(400, "invalid_parameter");
}
