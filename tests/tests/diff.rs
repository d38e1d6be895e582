//! Two runs compared: `GET /api/v1/diff` over what a program recorded.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use xray_collector::Metrics;
use xray_tests::{Recording, get};
use xray_web::{Live, Server, Source};

#[derive(Debug, Clone, Serialize)]
struct Film {
    title: String,
    rating: f64,
}

fn films() -> Vec<Film> {
    [("Alien", 8.5), ("Cats", 2.8), ("Jaws", 6.9), ("Heat", 8.3)]
        .map(|(title, rating)| Film { title: title.to_owned(), rating })
        .to_vec()
}

#[xray::step(kind = "filter")]
fn suitable(films: Vec<Film>, rating: f64) -> Vec<Film> {
    films.into_iter().filter(|film| xray::keep!(film.title; film.rating >= rating)).collect()
}

#[xray::step]
fn weigh(film: &Film) -> f64 {
    film.rating * 2.0
}

#[xray::step(kind = "rank")]
fn rank(mut films: Vec<Film>) -> Vec<Film> {
    films.sort_by(|one, other| weigh(other).total_cmp(&weigh(one)));
    films
}

#[xray::step]
fn describe(films: &[Film]) -> Result<String, String> {
    films.first().map(|film| film.title.clone()).ok_or_else(|| "no film \u{0}\"</script>".to_owned())
}

#[xray::run]
fn pick(rating: f64) -> Result<String, String> {
    xray::tag("tenant", if rating > 5.0 { "acme" } else { "other" });
    let chosen = suitable(films(), rating);
    let weights: Vec<f64> = chosen.iter().map(weigh).collect();
    let chosen = if weights.is_empty() { chosen } else { rank(chosen) };
    describe(&chosen)
}

#[xray::step]
fn roll(_sides: u32) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[xray::step]
fn game(players: u32) -> u64 {
    let score = roll(6);
    score + u64::from(players)
}

#[xray::run]
fn play(players: u32) -> u64 {
    game(players)
}

#[xray::step]
fn round(number: u64) -> u64 {
    number
}

#[xray::run]
fn rounds(count: u64, without: u64) -> u64 {
    (0..count).filter(|number| *number != without).map(round).sum()
}

#[xray::run]
fn deep(levels: u32) -> u32 {
    fn descend(level: u32) -> u32 {
        xray_descend(level)
    }
    #[xray::step]
    fn xray_descend(level: u32) -> u32 {
        if level == 0 { 0 } else { descend(level - 1) + 1 }
    }
    descend(levels)
}

/// A recording, a server over it, and the ids of its runs, the oldest first.
struct Recorded {
    server: Server,
    ids: Vec<String>,
    _recording: Recording,
}

fn record(act: impl FnOnce()) -> Recorded {
    let recording = Recording::start_with(|builder| builder.overflow(xray::Overflow::Block));
    act();
    let ids = recording.runs().iter().map(|run| run.id.to_string()).collect();
    let store = recording.guard().store();
    let stats = Arc::new(xray::stats);
    let source = Source { store, stats, metrics: Arc::new(Metrics::default), live: Live::default() };
    let server = Server::start("127.0.0.1:0", source).expect("a free port");
    Recorded { server, ids, _recording: recording }
}

impl Recorded {
    fn diff(&self, a: usize, b: usize, rest: &str) -> Value {
        self.ask(&format!("a={}&b={}{rest}", self.ids[a], self.ids[b]), 200)
    }

    fn ask(&self, query: &str, status: u16) -> Value {
        let answer = get(self.server.address(), &format!("/api/v1/diff?{query}"));
        assert_eq!(answer.status, status, "{}", answer.body);
        answer.json()
    }
}

fn names(diff: &Value) -> Vec<String> {
    let pairs = diff["data"].as_array().expect("pairs").iter();
    pairs
        .map(|pair| {
            let step = if pair["a"].is_null() { &pair["b"] } else { &pair["a"] };
            format!("{} {}", step["name"].as_str().expect("a name"), pair["kind"].as_str().expect("a kind"))
        })
        .collect()
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let recorded = record(|| {
        pick(7.0).expect("a film");
        pick(7.0).expect("a film");
    });
    for (a, b) in [(0, 0), (0, 1)] {
        let diff = recorded.diff(a, b, "");
        let (summary, steps) = (&diff["summary"], &diff["a"]["steps"]);
        assert_eq!((&summary["same"], &diff["data"], &diff["first_divergence"]), (steps, &json!([]), &Value::Null));
        assert_eq!([&summary["changed"], &summary["only_a"], &summary["only_b"], &summary["flipped"]], [0, 0, 0, 0]);
    }
    let whole = recorded.diff(0, 1, "&kind=same");
    assert!(names(&whole).starts_with(&["pick same".to_owned(), "suitable same".to_owned()]), "{whole}");
}

#[test]
fn runs_part_where_a_decision_flipped() {
    let recorded = record(|| {
        pick(7.0).expect("a film");
        pick(8.4).expect("a film");
    });
    let diff = recorded.diff(0, 1, "");
    assert_eq!(diff["summary"]["flipped"], 1);
    let first = &diff["first_divergence"];
    assert_eq!((&first["a"]["name"], &first["inputs_equal"]), (&json!("suitable"), &json!(false)));
    assert_eq!(first["ways"], json!(["input", "output", "decisions"]));
    let flip = &first["flipped"][0];
    assert_eq!(
        (&flip["item"], &flip["a"]["outcome"], &flip["b"]["outcome"]),
        (&json!("Heat"), &json!("kept"), &json!("eliminated"))
    );
    assert_eq!(flip["b"]["checks"], json!(["film.rating 8.3 >= rating 8.4: false"]));
    assert_eq!(flip["b"]["reason"], "film.rating >= rating");
    assert_eq!(first["differences"][0], json!({"path": "/input/rating", "kind": "changed", "a": 7, "b": 8.4}));
    assert_eq!(first["differences"][1]["path"], "/output/1");
    assert_eq!(first["differences"][1]["a"], json!({"title": "Heat", "rating": 8.3}));
    // A call that only one of them made.
    assert!(names(&diff).contains(&"weigh only_a".to_owned()), "{:?}", names(&diff));
    let swapped = recorded.diff(1, 0, "");
    for (name, other) in [("same", "same"), ("changed", "changed"), ("only_a", "only_b"), ("flipped", "flipped")] {
        assert_eq!(
            (&swapped["summary"][name], &swapped["summary"][other]),
            (&diff["summary"][other], &diff["summary"][name])
        );
    }
    assert_eq!(swapped["first_divergence"]["a"]["id"], first["b"]["id"]);
}

#[test]
fn the_innermost_step_with_equal_inputs_is_where_it_arose() {
    let recorded = record(|| {
        play(2);
        play(2);
    });
    let diff = recorded.diff(0, 1, "");
    let first = &diff["first_divergence"];
    assert_eq!(
        (&first["a"]["name"], &first["inputs_equal"], &first["ways"]),
        (&json!("roll"), &json!(true), &json!(["output"]))
    );
    let explanation = first["explanation"].as_str().expect("words");
    assert!(explanation.starts_with("The inputs are equal and what came of them is not"), "{explanation}");
    assert_eq!(names(&diff), ["play changed", "game changed", "roll changed"]);
}

#[test]
fn an_error_is_a_way_to_part() {
    let recorded = record(|| {
        pick(7.0).expect("a film");
        pick(9.0).expect_err("no film");
    });
    let diff = recorded.diff(0, 1, "");
    let pairs = diff["data"].as_array().expect("pairs");
    let describe = pairs.iter().find(|pair| pair["a"]["name"] == "describe").expect("it is in both");
    assert_eq!(describe["ways"], json!(["outcome", "input", "output", "error"]));
    let paths: Vec<_> = describe["differences"].as_array().expect("values").iter().map(|one| &one["path"]).collect();
    assert!(paths.contains(&&json!("/error")), "{paths:?}");
    assert!(names(&diff).contains(&"rank only_a".to_owned()));
    assert_eq!((&diff["b"]["status"], &diff["a"]["status"]), (&json!("failed"), &json!("completed")));
}

#[test]
fn a_round_that_is_missing_shifts_nothing() {
    let recorded = record(|| {
        rounds(50, 50);
        rounds(50, 20);
    });
    let diff = recorded.diff(0, 1, "");
    assert_eq!(names(&diff), ["rounds changed", "round only_a"]);
    assert_eq!(diff["summary"]["same"], 49);
    assert_eq!(diff["first_divergence"]["kind"], "only_a");
}

#[test]
fn pages_follow_each_other() {
    let recorded = record(|| {
        rounds(30, 30);
        rounds(60, 60);
    });
    let whole = recorded.diff(0, 1, "&kind=same,changed,only_b");
    assert_eq!((whole["data"].as_array().map(Vec::len), &whole["next_cursor"]), (Some(61), &Value::Null));
    let (mut pairs, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = recorded.diff(0, 1, &format!("&kind=same,changed,only_b&limit=7{cursor}"));
        assert_eq!(page["summary"], whole["summary"]);
        pairs.extend(page["data"].as_array().expect("pairs").clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(Value::Array(pairs), whole["data"]);
    let other = recorded.ask(&format!("a={0}&b={0}{cursor}", recorded.ids[0]), 400);
    assert_eq!(other["code"], "cursor_of_another_list");
}

#[test]
fn many_steps_and_deep_ones_are_compared() {
    let recorded = record(|| {
        rounds(1_500, 3);
        rounds(1_500, 1_499);
        deep(500);
        deep(501);
    });
    let diff = recorded.diff(0, 1, "");
    let summary = &diff["summary"];
    assert_eq!([&summary["stopped"], &summary["only_a"], &summary["only_b"]], [&json!(false), &json!(1), &json!(1)]);
    let diff = recorded.diff(2, 3, "");
    assert_eq!((&diff["summary"]["stopped"], &diff["summary"]["only_b"]), (&json!(false), &json!(1)));
    assert_eq!(recorded.diff(0, 2, "")["summary"]["same"], 0, "runs of different pipelines have nothing in common");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let recorded = record(|| {
        rounds(1, 1);
    });
    let id = &recorded.ids[0];
    let body = recorded.ask(&format!("a={id}"), 400);
    assert_eq!((&body["code"], &body["parameter"]), (&json!("invalid_parameter"), &json!("b")));
    for (query, parameter) in [(format!("a=7&b={id}"), "a"), (format!("a={id}&b={id}&kind=equal"), "kind")] {
        assert_eq!(recorded.ask(&query, 400)["parameter"], parameter);
    }
    let body = recorded.ask(&format!("a={id}&b={}", "0".repeat(32)), 404);
    assert_eq!((&body["code"], &body["parameter"]), (&json!("no_such_run"), &json!("b")));
    assert_eq!(recorded.ask(&format!("a={id}&b={id}&c=1"), 400)["code"], "unknown_parameter");
}
