//! `GET /api/v1/schemas`, `GET /api/v1/schemas/{version}` and `GET /api/v1/schemas/compare`.

use serde_json::{Value, json};
use xray_collector::id::SchemaVersion;
use xray_collector::schema::Schema;
use xray_collector::store::{Batch, SchemaRow};

use crate::fixture::{Fixture, NOON};

fn shop() -> Schema {
    Schema::new("shop").kind("filter", |kind| kind.input(["candidates", "limits"])).kind("rank", |kind| kind)
}

fn stricter() -> Schema {
    Schema::new("shop").kind("filter", |kind| kind.input(["candidates", "budget"]).meta(["region"])).reject()
}

/// `shop`, seen at noon, and `stricter`, a nanosecond later.
fn fixture() -> Fixture {
    let rows = [shop(), stricter()].into_iter().zip(NOON..).map(|(schema, first_seen_ns)| SchemaRow {
        version: schema.version(),
        first_seen_ns,
        schema: schema.into(),
    });
    Fixture::with(&Batch { schemas: rows.collect(), ..Batch::default() })
}

fn head(schema: &Schema, nanoseconds: u64) -> Value {
    json!({
        "version": schema.version(),
        "name": "shop",
        "on_mismatch": schema.on_mismatch(),
        "first_seen_at": format!("2026-01-31T12:00:00.00000000{nanoseconds}Z"),
        "first_seen_ns": NOON + nanoseconds,
    })
}

#[test]
fn schemas_are_listed_newest_first() {
    let fixture = fixture();
    let all = json!({"data": [head(&stricter(), 1), head(&shop(), 0)], "next_cursor": null});
    assert_eq!(fixture.get("/api/v1/schemas").ok(), all);

    let first = fixture.get("/api/v1/schemas?limit=1").ok();
    assert_eq!(first["data"], json!([head(&stricter(), 1)]));
    let cursor = first["next_cursor"].as_str().expect("there is another one");
    let second = fixture.get(&format!("/api/v1/schemas?limit=1&cursor={cursor}")).ok();
    assert_eq!(second, json!({"data": [head(&shop(), 0)], "next_cursor": null}));

    let empty = Fixture::with(&Batch::default());
    assert_eq!(empty.get("/api/v1/schemas").ok(), json!({"data": [], "next_cursor": null}));
    fixture.get("/api/v1/schemas?name=shop").problem(400, "unknown_parameter");
    fixture.get("/api/v1/schemas?limit=0").problem(400, "invalid_parameter");
    fixture.get("/api/v1/schemas?cursor=00").problem(400, "malformed_cursor");
    let runs = fixture.get(&format!("/api/v1/runs?cursor={cursor}")).problem(400, "cursor_of_another_list");
    assert_eq!(runs["parameter"], "cursor");
}

#[test]
fn a_schema_is_found_by_its_version() {
    let fixture = fixture();
    let mut expected = head(&stricter(), 1);
    expected["kinds"] = json!([{
        "kind": "filter",
        "input": ["budget", "candidates"],
        "output": null,
        "reasoning": null,
        "meta": ["region"],
    }]);
    let path = format!("/api/v1/schemas/{}", stricter().version());
    assert_eq!(fixture.get(&path).ok(), expected);
    fixture.get(&format!("{path}?fields=x")).problem(400, "unknown_parameter");

    let problem = fixture.get(&format!("/api/v1/schemas/{}", SchemaVersion(7))).problem(404, "no_such_schema");
    assert_eq!(problem["parameter"], "version");
    let problem = fixture.get("/api/v1/schemas/7").problem(400, "invalid_parameter");
    assert_eq!(problem["detail"], r#"an id is 32 hexadecimal digits, not "7""#);
    fixture.get("/api/v1/schemas/%ff").problem(400, "invalid_parameter");
}

#[test]
fn two_schemas_are_compared() {
    let fixture = fixture();
    let (a, b) = (shop().version(), stricter().version());
    let expected = json!({
        "a": head(&shop(), 0),
        "b": head(&stricter(), 1),
        "differences": [
            {"difference": "on_mismatch", "from": "warn", "to": "reject"},
            {"difference": "keys_added", "kind": "filter", "part": "input", "keys": ["budget"]},
            {"difference": "keys_removed", "kind": "filter", "part": "input", "keys": ["limits"]},
            {"difference": "restricted", "kind": "filter", "part": "meta", "keys": ["region"]},
            {"difference": "kind_removed", "kind": "rank"},
        ],
    });
    assert_eq!(fixture.get(&format!("/api/v1/schemas/compare?a={a}&b={b}")).ok(), expected);
    assert_eq!(fixture.get(&format!("/api/v1/schemas/compare?b={a}&a={a}")).ok()["differences"], json!([]));
}

#[test]
fn what_cannot_be_compared_is_named() {
    let fixture = fixture();
    let a = shop().version();
    for (query, status, code, parameter) in [
        (format!("a={a}"), 400, "invalid_parameter", "b"),
        (String::new(), 400, "invalid_parameter", "a"),
        (format!("a={a}&b=x"), 400, "invalid_parameter", "b"),
        (format!("a={a}&b={a}&a={a}"), 400, "invalid_parameter", "a"),
        (format!("a={a}&b={a}&c={a}"), 400, "unknown_parameter", "c"),
        (format!("a={}&b={a}", SchemaVersion(7)), 404, "no_such_schema", "a"),
        (format!("a={a}&b={}", SchemaVersion(7)), 404, "no_such_schema", "b"),
    ] {
        let problem = fixture.get(&format!("/api/v1/schemas/compare?{query}")).problem(status, code);
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
}
