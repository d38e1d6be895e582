//! Schemas through what a user has: what does not fit is warned about, rejected or sanitized; every run names the schema
//! that it was recorded under, and all of them stay readable.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use serde_json::{Value, json};
use xray::schema::{Difference, Part, Schema};
use xray::store::RunQuery;
use xray_tests::{Recording, child, get, role, turn};

#[derive(Debug, Clone, Serialize)]
struct Pick {
    title: String,
    score: u32,
    /// What only a schema keeps out.
    supplier: String,
}

#[derive(Debug, Serialize)]
enum Choice {
    Picked(Pick),
    Named { title: String, supplier: String },
}

fn pick() -> Pick {
    Pick { title: "Heat".to_owned(), score: 9, supplier: "ACME".to_owned() }
}

/// Says how often it was serialized.
#[derive(Debug)]
struct Card(AtomicU32);

impl Serialize for Card {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        serializer.serialize_str("4111 1111 1111 1111")
    }
}

#[xray::step(kind = "filter")]
fn suitable(movies: Vec<u32>, card: &Card, limit: u32) -> Vec<u32> {
    let _ = card;
    movies.into_iter().filter(|movie| *movie <= limit).collect()
}

#[xray::step(kind = "choose")]
fn best(limit: u32) -> Option<Pick> {
    (limit > 0).then(pick)
}

#[xray::step(kind = "choose")]
fn choice(limit: u32) -> Result<Choice, String> {
    match limit {
        0 => Err("nothing is left".to_owned()),
        1 => Ok(Choice::Picked(pick())),
        _ => Ok(Choice::Named { title: "Heat".to_owned(), supplier: "ACME".to_owned() }),
    }
}

#[xray::step(kind = "choose")]
fn by_name(limit: u32) -> BTreeMap<&'static str, u32> {
    BTreeMap::from([("score", limit), ("supplier", 7), ("title", 3)])
}

#[xray::step(kind = "misspelt")]
fn misspelt(limit: u32) -> u32 {
    limit
}

#[xray::step]
fn exempt(secret: u32) -> u32 {
    secret
}

fn shop() -> Schema {
    xray::schema("shop")
        .kind("filter", |kind| kind.input(["movies", "limit"]))
        .kind("choose", |kind| kind.input(["limit"]).output(["title", "score"]))
}

/// Calls everything, with values that partly do not fit.
#[xray::run]
fn everything() -> u32 {
    let card = Card(AtomicU32::new(0));
    assert_eq!(suitable(vec![3, 5], &card, 4), [3]);
    assert_eq!(best(1).map(|pick| pick.supplier).as_deref(), Some("ACME"));
    assert!(choice(0).is_err() && choice(1).is_ok() && choice(2).is_ok());
    assert_eq!(by_name(1).len(), 3);
    assert_eq!(exempt(misspelt(4)), 4);
    card.0.into_inner()
}

fn recorded(schema: Schema) -> (Recording, u32) {
    let recording = recording(|builder| builder.schema(schema));
    let serialized = everything();
    (recording, serialized)
}

/// What everyone sees of the result, as the API shows it.
fn result_of(recording: &Recording, name: &str) -> Value {
    serde_json::to_value(recording.step(name).result).expect("it renders")
}

const ALL: &str = r#"everything completed
  everything() returned SERIALIZED
    suitable(movies=[3,5], card="4111 1111 1111 1111", limit=4) returned [3]
    best(limit=1) returned {"score":9,"supplier":"ACME","title":"Heat"}
    choice(limit=0) err "nothing is left"
    choice(limit=1) ok {"Picked":{"score":9,"supplier":"ACME","title":"Heat"}}
    choice(limit=2) ok {"Named":{"supplier":"ACME","title":"Heat"}}
    by_name(limit=1) returned {"score":1,"supplier":7,"title":3}
    misspelt(limit=4) returned 4
    exempt(secret=4) returned 4
"#;

/// `suitable` by an argument, four results, and `misspelt` by its kind.
const MISFITS: u64 = 6;

/// What the schema leaves in would be redacted for its name or its form.
fn recording(set: impl FnOnce(xray::Builder) -> xray::Builder) -> Recording {
    Recording::start_with(|builder| set(builder.redact_only_names([""; 0]).redact_known_values(false)))
}

#[test]
fn what_does_not_fit_is_captured_and_counted() {
    let (recording, serialized) = recorded(shop());
    assert_eq!((recording.tree(), serialized), (ALL.replace("SERIALIZED", "1"), 1));
    let run = &recording.runs()[0];
    assert_eq!((run.misfits, xray::stats().schema_misfits), (MISFITS, MISFITS));
}

#[test]
fn what_does_not_fit_is_sanitized() {
    let (recording, serialized) = recorded(shop().sanitize());
    let expected = r#"everything completed
  everything() returned 0
    suitable(movies=[3,5], card="[redacted]", limit=4) returned [3]
    best(limit=1) returned {"score":9,"supplier":"[redacted]","title":"Heat"}
    choice(limit=0) err "nothing is left"
    choice(limit=1) ok {"Picked":{"score":9,"supplier":"[redacted]","title":"Heat"}}
    choice(limit=2) ok {"Named":{"supplier":"[redacted]","title":"Heat"}}
    by_name(limit=1) returned {"score":1,"supplier":"[redacted]","title":3}
    misspelt() returned
    exempt(secret=4) returned 4
"#;
    assert_eq!((recording.tree().as_str(), serialized), (expected, 0));
    assert_eq!(result_of(&recording, "best")["redacted"], json!(["/supplier"]));
    assert_eq!(recording.runs()[0].misfits, MISFITS);
    let step = recording.step("suitable").step;
    assert_eq!((step.items_in, step.items_out), (Some(2), Some(1)), "what fits is there as ever");
}

#[test]
fn what_does_not_fit_is_rejected() {
    let (recording, serialized) = recorded(shop().reject());
    let expected = r#"everything completed
  everything() returned 0
    suitable() returned
    best(limit=1) returned {"supplier":"[redacted]"}
    choice(limit=0) err "nothing is left"
    choice(limit=1) ok {"Picked":{"supplier":"[redacted]"}}
    choice(limit=2) ok {"Named":{"supplier":"[redacted]"}}
    by_name(limit=1) returned {"supplier":"[redacted]"}
    misspelt() returned
    exempt(secret=4) returned 4
"#;
    assert_eq!((recording.tree().as_str(), serialized), (expected, 0));
    assert!(result_of(&recording, "best")["cut"].is_array(), "it says that there was more");
    assert_eq!(recording.runs()[0].misfits, MISFITS);
    assert!(recording.step("suitable").step.duration_ns.is_some());
}

/// A value of which the code gives up after a key that does not fit: what it would otherwise fall back on says it all.
#[derive(Debug)]
struct GivesUp;

impl Serialize for GivesUp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeStruct};
        let mut fields = serializer.serialize_struct("GivesUp", 2)?;
        fields.serialize_field("supplier", "ACME")?;
        Err(S::Error::custom("no more"))
    }
}

#[xray::step(kind = "choose")]
fn gives_up() -> GivesUp {
    GivesUp
}

#[test]
fn nothing_that_is_kept_out_comes_back_as_text() {
    for schema in [shop().sanitize(), shop().reject()] {
        let recording = recording(|builder| builder.schema(schema).chunks(4096, 16));
        gives_up();
        assert_eq!(result_of(&recording, "gives_up")["value"], json!({"supplier": "[redacted]"}));
    }
}

#[xray::step(kind = "choose")]
async fn later(limit: u32, card: &str) -> Result<Pick, String> {
    tokio::task::yield_now().await;
    if limit == 0 { Err(format!("{card} is refused")) } else { Ok(pick()) }
}

#[test]
fn asynchronous_steps_have_to_fit_too() {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    for (schema, expected) in [
        (
            shop().sanitize(),
            r#"later(limit=1, card="[redacted]") ok {"score":9,"supplier":"[redacted]","title":"Heat"}"#,
        ),
        (shop().reject(), "later() ok"),
    ] {
        let recording = recording(|builder| builder.schema(schema));
        assert!(runtime.block_on(later(1, "4111")).is_ok());
        assert_eq!(recording.tree(), format!("later completed\n  {expected}\n"));
    }
}

#[test]
fn of_a_rejected_call_no_message_is_captured_either() {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let recording = recording(|builder| builder.schema(shop().reject()));
    assert!(runtime.block_on(later(0, "4111")).is_err());
    let run = &recording.runs()[0];
    assert_eq!((run.status, &run.error, run.misfits), (xray::model::RunStatus::Failed, &None, 1));
    assert_eq!(recording.tree(), "later failed\n  later() err\n");
}

#[xray::step(kind = "choose")]
fn large(limit: u32) -> BTreeMap<String, String> {
    BTreeMap::from([("score".to_owned(), "x".repeat(limit as usize)), ("supplier".to_owned(), "ACME".to_owned())])
}

#[test]
fn a_rejected_result_is_taken_back_from_all_the_chunks_that_it_filled() {
    let recording = recording(|builder| builder.schema(shop().reject()).chunks(4096, 64));
    for _ in 0..20 {
        large(50_000);
    }
    for run in recording.runs() {
        let step = recording.guard().store().step(run.id, run.id.root()).expect("readable").expect("there");
        assert_eq!(step.result.expect("a result").to_json(), json!({"supplier": "[redacted]"}));
        assert_eq!(run.misfits, 1);
    }
    let stats = xray::stats();
    assert_eq!((stats.dropped.total(), stats.schema_misfits), (0, 20));
}

#[xray::step(kind = "filter")]
#[allow(clippy::too_many_arguments)]
#[rustfmt::skip]
fn many(
    a0: u8, a1: u8, a2: u8, a3: u8, a4: u8, a5: u8, a6: u8, a7: u8, a8: u8, a9: u8, b0: u8, b1: u8, b2: u8, b3: u8, b4: u8,
    b5: u8, b6: u8, b7: u8, b8: u8, b9: u8, c0: u8, c1: u8, c2: u8, c3: u8, c4: u8, c5: u8, c6: u8, c7: u8, c8: u8, c9: u8,
    d0: u8, d1: u8, d2: u8, d3: u8,
) -> u8 {
    a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9 + c0 + c1 + c2 + c3
        + c4 + c5 + c6 + c7 + c8 + c9 + d0 + d1 + d2 + d3
}

#[test]
fn of_very_many_arguments_the_last_stand_and_fall_together() {
    let declared = |unknown: &'static [&str]| {
        let names = ["a", "b", "c", "d"].into_iter().flat_map(|ten| (0..10).map(move |one| format!("{ten}{one}")));
        xray::schema("many")
            .kind("filter", |kind| kind.input(names.filter(|name| !unknown.contains(&&**name))))
            .sanitize()
    };
    let call =
        || many(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    for (unknown, expected) in
        [(&[][..], &[][..]), (&["a1", "c9", "d0"], &["a1", "c9", "d0"]), (&["d2"], &["d1", "d2", "d3"])]
    {
        let recording = recording(|builder| builder.schema(declared(unknown)));
        call();
        let arguments = recording.step("many").arguments;
        let redacted = arguments.iter().filter(|argument| argument.captured.to_json() == json!("[redacted]"));
        assert_eq!(redacted.map(|argument| &*argument.name).collect::<Vec<_>>(), expected);
    }
}

/// One version of a program, which is recorded into the file of those before it.
fn version_of_the_program(path: &std::path::Path, schema: Option<Schema>) -> xray::Guard {
    let builder = xray::builder().store(path);
    let guard = schema.into_iter().fold(builder, xray::Builder::schema).start().expect("a collector");
    everything();
    guard.flush().expect("a store that works");
    guard
}

#[test]
fn versions_of_a_program_share_a_store_and_each_run_names_its_own() {
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("shop.redb");
    let later = || shop().kind("misspelt", |kind| kind.input(["limit"])).sanitize();
    for schema in [None, Some(shop()), Some(later()), Some(shop())] {
        drop(version_of_the_program(&path, schema));
    }
    let guard = xray::builder().store(&path).start().expect("a collector");
    let store = guard.store();
    let runs = store.runs(&RunQuery { limit: 10, ..RunQuery::default() }).expect("readable").rows;
    let shown: Vec<_> = runs.iter().rev().map(|run| (run.schema, run.misfits)).collect();
    let [first, second] = [shop().version(), later().version()];
    assert_eq!(shown, [(None, 0), (Some(first), 6), (Some(second), 5), (Some(first), 6)]);

    let schemas = store.schemas().expect("readable");
    assert_eq!(schemas.iter().map(|row| row.version).collect::<Vec<_>>(), [first, second]);
    for run in &runs {
        let steps = store.steps(run.id, None, 100).expect("readable");
        let best = steps.iter().find(|step| &*step.callsite.name == "best").expect("it was called");
        let result = store.step(run.id, best.id).expect("readable").expect("there").result.expect("a result").to_json();
        let supplier = if run.schema == Some(second) { "[redacted]" } else { "ACME" };
        assert_eq!(result, json!({"title": "Heat", "score": 9, "supplier": supplier}), "{:?}", run.schema);
        let declared = run.schema.map(|version| store.schema(version).expect("readable").expect("there").schema);
        assert_eq!(
            declared.is_some_and(|schema| schema.check("misspelt", Part::Input, []) == xray::schema::Verdict::Fits),
            run.schema == Some(second)
        );
    }
    let differences = schemas[0].schema.compare(&schemas[1].schema);
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(matches!(&differences[1], Difference::KindAdded { kind } if &**kind == "misspelt"));
}

#[test]
fn the_api_shows_schemas_and_what_did_not_fit() {
    let recording = recording(|builder| builder.schema(shop().reject()).serve("127.0.0.1:0"));
    everything();
    recording.guard().flush().expect("a store that works");
    let address = recording.guard().address().expect("it is served");
    let version = shop().reject().version().to_string();
    let run = &get(address, "/api/v1/runs").json()["data"][0];
    assert_eq!((&run["schema"], &run["misfits"]), (&json!(version), &json!(MISFITS)));
    let schema = get(address, &format!("/api/v1/schemas/{version}")).json();
    assert_eq!((&schema["name"], &schema["on_mismatch"]), (&json!("shop"), &json!("reject")));
    assert_eq!(get(address, "/api/v1/stats").json()["events"]["schema_misfits"], json!(MISFITS));
}

#[test]
fn a_schema_that_contradicts_itself_is_refused_at_the_start() {
    let _turn = turn();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("shop.redb");
    let error = xray::builder().store(&path).schema(shop().kind("filter", |kind| kind)).start().expect_err("twice");
    assert!(matches!(error, xray::StartError::Schema(xray::schema::SchemaError::KindTwice { .. })), "{error}");
    assert!(error.to_string().contains(r#"declares the kind "filter" twice: say all about it in one"#), "{error}");
    assert!(!path.exists(), "nothing was begun");
}

#[test]
fn a_function_that_does_not_fit_is_said_once() {
    if role().is_some() {
        let recording = recording(|builder| builder.schema(shop()));
        everything();
        everything();
        drop(recording);
        return;
    }
    let output = child("a_function_that_does_not_fit_is_said_once", "child").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    for (line, times) in [
        (r#"does not fit the schema "shop": the input of "filter" has no card; it is captured all the same"#, 1),
        (r#"does not fit the schema "shop": its kind "misspelt" is none of choose, filter; it is captured"#, 1),
        (r#"it returned "supplier""#, 3),
        ("exempt", 0),
    ] {
        assert_eq!(said.matches(line).count(), times, "{line}\n{said}");
    }
}

#[xray::step(kind = "filter")]
fn noting(candidates: Vec<u32>) -> usize {
    xray::meta("region", "eu");
    xray::meta("customer", "Ada");
    xray::reasoning("share", &0.5);
    candidates.len()
}

#[test]
fn what_a_step_notes_of_itself_is_checked_too() {
    let declared =
        |schema: Schema| schema.kind("filter", |kind| kind.input(["candidates"]).meta(["region"]).reasoning(["share"]));
    for (schema, customer) in [
        (declared(xray::schema("notes")).warn(), json!("Ada")),
        (declared(xray::schema("notes")).sanitize(), json!("[redacted]")),
        (declared(xray::schema("notes")).reject(), json!("[redacted]")),
    ] {
        let recording = recording(|builder| builder.schema(schema));
        noting(vec![1, 2]);
        let account = recording.step("noting").account();
        let noted: Vec<_> = account.meta.iter().map(|(key, value)| (&**key, value.to_json())).collect();
        assert_eq!(noted, [("region", json!("eu")), ("customer", customer)]);
        assert_eq!(account.reasoning.len(), 1);
        assert_eq!((recording.runs()[0].misfits, xray::stats().schema_misfits), (1, 1));
    }
}
