//! What differs between two sets: `GET /api/v1/compare` over what a program recorded.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use xray::store::{EmptyStore, Store};
use xray_collector::Metrics;
use xray_tests::{Recording, get};
use xray_web::{Live, Server, Source};

#[derive(Debug, Clone, Serialize)]
struct Film {
    title: String,
    rating: f64,
    genre: &'static str,
    #[serde(rename = "box office")]
    box_office: Option<u64>,
}

fn films(count: u64) -> Vec<Film> {
    let film = |number: u64| Film {
        title: format!("film {number}"),
        rating: (number % 10) as f64,
        genre: if number.is_multiple_of(2) { "drama" } else { "horror" },
        box_office: number.is_multiple_of(3).then_some(number),
    };
    (0..count).map(film).collect()
}

#[xray::step(kind = "filter")]
fn good(films: Vec<Film>, rating: f64) -> Vec<Film> {
    films.into_iter().filter(|film| xray::keep!(film.title; film.rating >= rating)).collect()
}

#[xray::step(kind = "filter")]
fn of_genre(films: Vec<Film>, genre: &str) -> Vec<Film> {
    films.into_iter().filter(|film| film.genre == genre).collect()
}

#[xray::run]
fn order(amount: u64, country: &str) -> Result<usize, String> {
    xray::tag("tenant \"one\"", "acme");
    xray::tag("shard", format!("{}", amount % 7));
    if country == "nowhere" { Err("no such country".to_owned()) } else { Ok(1) }
}

#[xray::run]
fn pick(count: u64) -> usize {
    of_genre(good(films(count), 5.0), "drama").len()
}

fn serve(store: Arc<dyn Store>) -> Server {
    let stats = Arc::new(xray::stats);
    let source = Source { store, stats, metrics: Arc::new(Metrics::default), live: Live::default() };
    Server::start("127.0.0.1:0", source).expect("a free port")
}

fn record(act: impl FnOnce()) -> (Recording, Server) {
    let recording = Recording::start();
    act();
    recording.guard().flush().expect("a store that works");
    let server = serve(recording.guard().store());
    (recording, server)
}

fn ask(server: &Server, query: &str, status: u16) -> Value {
    let answer = get(server.address(), &format!("/api/v1/compare?{query}"));
    assert_eq!(answer.status, status, "{query}: {}", answer.body);
    answer.json()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn field<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let mut fields = answer["data"].as_array().expect("fields").iter();
    fields.find(|field| field["field"] == name).unwrap_or_else(|| panic!("{name} is in {answer}"))
}

/// Fifty orders: those of nowhere fail, and are the large ones but for a few.
fn orders() -> (Recording, Server) {
    record(|| {
        for number in 0..50 {
            let country = if number % 5 == 0 { "nowhere" } else { "somewhere" };
            let _ = order(if number % 5 == 0 { 1_000 + number } else { number * 30 }, country);
        }
        pick(4);
    })
}

#[test]
fn failed_runs_and_those_that_did_not() {
    let (_recording, server) = orders();
    let answer = ask(&server, "pipeline=order", 200);
    let set = |what: &str, size| json!({"what": what, "size": size, "capped": false, "stopped": false});
    assert_eq!((&answer["a"], &answer["b"]), (&set("status == \"failed\"", 10), &set("status == \"completed\"", 40)));
    let country = &answer["data"][0];
    let expected = json!({
        "field": "input.country",
        "scale": "category",
        "effect": 1,
        "note": null,
        "delta": null,
        "auc": null,
        "value": "nowhere",
        "divergence": 1,
        "a": {"values": 10, "median": null, "proportion": 1},
        "b": {"values": 40, "median": null, "proportion": 0},
    });
    assert_eq!(country, &expected);
    // Of 10 times 40 pairs, of the amounts 1000, 1005, … 1045 and 30, 60, … 1470 without every fifth.
    let amount = field(&answer, "input.amount");
    let pairs = (0..10).flat_map(|a| (0..50).filter(|b| b % 5 != 0).map(move |b| (1_000 + a * 5, b * 30)));
    let balance: i32 = pairs.map(|(a, b): (i32, i32)| (a - b).signum()).sum();
    let delta = f64::from(balance) / 400.0;
    assert!((amount["delta"].as_f64().expect("a number") - delta).abs() < 1e-9, "{amount} {delta}");
    assert!((amount["auc"].as_f64().expect("a number") - (delta + 1.0) / 2.0).abs() < 1e-9);
    assert_eq!((&amount["scale"], &amount["a"]["median"]), (&json!("number"), &json!(1_022.5)));
    assert_eq!(field(&answer, "tags[\"tenant \\\"one\\\"\"]")["effect"], 0);
    assert_eq!(field(&answer, "tags.shard")["note"], "may_be_chance");
    let effects: Vec<_> = answer["data"].as_array().expect("fields").iter().map(|it| it["effect"].as_f64()).collect();
    assert!(effects.is_sorted_by(|one, other| one >= other));
}

#[test]
fn any_two_sets_of_runs() {
    let (_recording, server) = orders();
    let (a, b) = (encoded("input.amount >= 1000"), encoded("input.amount < 1000 && pipeline == 'order'"));
    let answer = ask(&server, &format!("of=runs&a={a}&b={b}"), 200);
    assert_eq!(field(&answer, "input.amount")["delta"], 1);
    let all = ask(&server, &format!("a=true&b={}", encoded("pipeline == 'pick'")), 200);
    assert_eq!(field(&all, "input.count")["note"], "few", "there is one such run");
    assert_eq!(field(&all, "input.country")["scale"], "presence");
    let few = ask(&server, &format!("a={a}&b={b}&sample=7&limit=2"), 200);
    assert_eq!((&few["a"]["size"], &few["a"]["capped"]), (&json!(7), &json!(true)));
    assert_eq!(few["data"].as_array().map(Vec::len), Some(2));
    assert!(few["more"].as_u64() > Some(0));
}

#[test]
fn eliminated_items_and_kept_ones() {
    let (recording, server) = record(|| {
        pick(200);
    });
    let run = &recording.runs()[0];
    let step =
        |name: &str| recording.steps(run.id).into_iter().find(|step| &*step.callsite.name == name).expect("it ran").id;
    let answer = ask(&server, &format!("of=items&run={}&step={}", run.id, step("good")), 200);
    assert_eq!((&answer["a"]["what"], &answer["a"]["size"]), (&json!("eliminated"), &json!(100)));
    assert_eq!((&answer["b"]["what"], &answer["b"]["size"]), (&json!("kept"), &json!(100)));
    let rating = field(&answer, "item.rating");
    assert_eq!((&rating["delta"], &rating["a"]["median"], &rating["b"]["median"]), (&json!(-1), &json!(2), &json!(7)));
    assert_eq!(field(&answer, "checks[\"film.rating\"]")["delta"], -1);
    assert!(field(&answer, "item[\"box office\"]")["effect"].as_f64() < Some(0.2));
    assert!(field(&answer, "item.title")["effect"].as_f64() < Some(0.02), "a name is no cause");
    let genre = ask(&server, &format!("of=items&run={}&step={}", run.id, step("of_genre")), 200);
    assert_eq!((&genre["data"][0]["field"], &genre["data"][0]["value"]), (&json!("item.genre"), &json!("drama")));
}

#[test]
fn items_of_a_step_in_all_runs() {
    let (_recording, server) = record(|| {
        pick(40);
        pick(60);
        order(1, "nowhere").expect_err("it fails");
    });
    let answer = ask(&server, "of=items&name=good", 200);
    assert_eq!((&answer["a"]["size"], &answer["b"]["size"]), (&json!(50), &json!(50)));
    assert_eq!(field(&answer, "item.rating")["effect"], 1);
    let one = ask(&server, &format!("of=items&name=good&q={}", encoded("run.input.count == 40")), 200);
    assert_eq!((&one["a"]["size"], &one["b"]["size"]), (&json!(20), &json!(20)));
    let capped = ask(&server, "of=items&name=good&sample=30", 200);
    assert_eq!(
        (&capped["a"]["size"], &capped["a"]["capped"], &capped["a"]["stopped"]),
        (&json!(30), &json!(true), &json!(false))
    );
    let none = ask(&server, "of=items&name=nothing", 200);
    assert_eq!((&none["a"]["size"], &none["data"]), (&json!(0), &json!([])));
}

#[test]
fn an_empty_store_has_no_differences() {
    let server = serve(Arc::new(EmptyStore));
    let answer = ask(&server, "", 200);
    assert_eq!((&answer["a"]["size"], &answer["data"], &answer["more"]), (&json!(0), &json!([]), &json!(0)));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let (recording, server) = orders();
    let ask = |query: &str, status, code: &str, parameter: &str| {
        let body = ask(&server, query, status);
        assert_eq!((&body["code"], &body["parameter"]), (&json!(code), &json!(parameter)), "{query}");
        body
    };
    let (run, unknown) = (recording.runs()[0].id, "0".repeat(32));
    ask("of=steps", 400, "invalid_parameter", "of");
    let body = ask("a=statsu%3D%3D'failed'", 400, "invalid_query", "a");
    assert_eq!((&body["start"], &body["end"]), (&json!(0), &json!(6)));
    ask("b=1", 400, "invalid_query", "b");
    ask("name=good", 400, "invalid_parameter", "name");
    ask("of=items", 400, "invalid_parameter", "name");
    ask("of=items&a=true", 400, "invalid_parameter", "a");
    ask("of=items&step=0000000000000001", 400, "invalid_parameter", "run");
    ask(&format!("of=items&run={run}"), 400, "invalid_parameter", "step");
    ask(&format!("of=items&run={run}&step=7"), 400, "invalid_parameter", "step");
    ask(&format!("of=items&run={run}&step={}&name=good", run.root()), 400, "invalid_parameter", "name");
    ask(&format!("of=items&run={unknown}&step={}", run.root()), 404, "no_such_run", "run");
    ask(&format!("of=items&run={run}&step=00000000000000ff"), 404, "no_such_step", "step");
    ask("of=items&name=good&q=nothing", 400, "invalid_query", "q");
    for sample in ["0", "10001", "x", ""] {
        ask(&format!("sample={sample}"), 400, "invalid_parameter", "sample");
    }
    ask("from=2&before=1", 400, "invalid_parameter", "before");
    ask("sampel=1", 400, "unknown_parameter", "sampel");
}
