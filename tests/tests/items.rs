//! Where items come from and where they end: `GET /api/v1/items` over what a program recorded.

use std::sync::Arc;

use serde_json::{Value, json};
use xray::id::{ProcessId, RunId, SchemaVersion, StepId};
use xray::model::{Callsite, Run, Step, StepDetail};
use xray::store::{
    Batch, EmptyStore, ItemRow, ItemRows, MAX_PAGE, Page, RunQuery, SchemaRow, Store, StoreError, StoreSummary,
};
use xray_collector::Metrics;
use xray_tests::{Recording, get};
use xray_web::{Live, Server, Source};

const HOSTILE: &str = "a/b?c#d%2F \"é\u{0}</script>";

#[xray::step(kind = "filter")]
fn cheap(names: Vec<&'static str>, most: usize) -> Vec<&'static str> {
    names.into_iter().filter(|name| xray::keep!(*name; name.len() <= most)).collect()
}

#[xray::step(kind = "rank")]
fn rank(mut names: Vec<&'static str>) -> Vec<&'static str> {
    names.sort_unstable();
    names
}

#[xray::step(kind = "filter")]
fn first(names: Vec<&'static str>) -> Vec<&'static str> {
    names.into_iter().take(2).collect()
}

#[xray::run]
fn choose(names: Vec<&'static str>, most: usize) -> Vec<&'static str> {
    first(rank(cheap(names, most)))
}

#[xray::run]
fn nothing() {}

struct Recorded {
    server: Server,
    ids: Vec<String>,
    recording: Recording,
}

fn record(act: impl FnOnce()) -> Recorded {
    let recording = Recording::start();
    act();
    let ids = recording.runs().iter().map(|run| run.id.to_string()).collect();
    Recorded { server: serve(recording.guard().store()), ids, recording }
}

fn serve(store: Arc<dyn Store>) -> Server {
    let stats = Arc::new(xray::stats);
    let source = Source { store, stats, metrics: Arc::new(Metrics::default), live: Live::default() };
    Server::start("127.0.0.1:0", source).expect("a free port")
}

/// Three runs: `longest` is out in the first step of the first two, `dog` in the last step of the last.
fn three() -> Recorded {
    record(|| {
        choose(vec!["dog", "cat", "longest", HOSTILE], 40);
        choose(vec!["dog", "cat", "longest"], 3);
        nothing();
        choose(vec!["longest", "cat", "dog"], 4);
    })
}

fn ask(server: &Server, path: &str, status: u16) -> Value {
    let answer = get(server.address(), &format!("/api/v1/items{path}"));
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    answer.json()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn rows(answer: &Value) -> Vec<String> {
    let rows = answer["data"].as_array().expect("rows").iter();
    rows.map(|row| {
        let end = row["ended"]["name"].as_str().unwrap_or("-");
        format!("{} {} {end}", row["item"].as_str().unwrap_or("*"), row["fate"].as_str().expect("a fate"))
    })
    .collect()
}

#[test]
fn each_item_of_a_run_has_its_fate() {
    let recorded = three();
    let answer = ask(&recorded.server, &format!("?run={}", recorded.ids[0]), 200);
    assert_eq!((&answer["run"], &answer["stopped"]), (&json!(recorded.ids[0]), &json!(false)));
    let hostile = format!("{HOSTILE} kept -");
    assert_eq!(rows(&answer), ["dog eliminated first", "cat kept -", "longest eliminated first", &hostile]);
    let dog = &answer["data"][0];
    let names: Vec<_> = dog["steps"].as_array().expect("steps").iter().map(|stage| &stage["name"]).collect();
    assert_eq!(names, ["cheap", "rank", "first", "choose"]);
    assert_eq!((&dog["entered"]["name"], &dog["entered"]["before"]), (&json!("cheap"), &json!(0)));
    assert_eq!((&dog["steps"][1]["outcome"], &dog["steps"][1]["after"]), (&json!("scored"), &json!(2)));
    assert_eq!((&dog["steps"][0]["basis"], &dog["steps"][2]["basis"]), (&json!("observed"), &json!("inferred")));
    let answer = ask(&recorded.server, &format!("?run={}", recorded.ids[1]), 200);
    assert_eq!(rows(&answer), ["dog kept -", "cat kept -", "longest eliminated cheap"]);
    assert_eq!(answer["data"][2]["ended"]["reason"], "name.len() <= most");
    let eliminated = ask(&recorded.server, &format!("?run={}&fate=eliminated", recorded.ids[1]), 200);
    assert_eq!(rows(&eliminated), ["longest eliminated cheap"]);
    assert_eq!(ask(&recorded.server, &format!("?run={}", recorded.ids[2]), 200)["data"], json!([]));
}

#[test]
fn pages_of_items_follow_each_other() {
    let recorded = three();
    let path = format!("?run={}", recorded.ids[0]);
    let whole = ask(&recorded.server, &path, 200);
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ask(&recorded.server, &format!("{path}&limit=1{cursor}"), 200);
        items.extend(page["data"].as_array().expect("rows").clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(Value::Array(items), whole["data"]);
    assert_eq!(ask(&recorded.server, &format!("{path}&fate=kept{cursor}"), 400)["code"], "cursor_of_another_list");
}

#[test]
fn an_item_has_a_history_over_runs() {
    let recorded = three();
    let answer = ask(&recorded.server, "/longest", 200);
    assert_eq!(rows(&answer), ["* eliminated cheap", "* eliminated cheap", "* eliminated first"]);
    let runs: Vec<_> = answer["data"].as_array().expect("rows").iter().map(|row| row["run"]["id"].clone()).collect();
    assert_eq!(runs, [3, 1, 0].map(|run| json!(recorded.ids[run])), "newest first");
    let summary = &answer["summary"];
    assert_eq!([&summary["runs"], &summary["kept"], &summary["eliminated"]], [3, 0, 3]);
    assert_eq!(summary["places"][0], json!({"name": "cheap", "reason": "name.len() <= most", "runs": 2}));
    assert_eq!(summary["places"][1], json!({"name": "first", "reason": null, "runs": 1}));
    assert_eq!((&answer["stopped"], &answer["next_cursor"]), (&json!(false), &Value::Null));
    let dog = ask(&recorded.server, "/dog", 200);
    assert_eq!(rows(&dog), ["* kept -", "* kept -", "* eliminated first"]);
    // Pages have the same rows; the summary is over the runs from there on.
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    for rest in [3, 2, 1] {
        let page = ask(&recorded.server, &format!("/longest?limit=1{cursor}"), 200);
        assert_eq!(page["summary"]["runs"], rest);
        pages.extend(page["data"].as_array().expect("rows").clone());
        cursor = page["next_cursor"].as_str().map_or(String::new(), |next| format!("&cursor={next}"));
    }
    assert_eq!((Value::Array(pages), &*cursor), (answer["data"].clone(), ""));
}

#[test]
fn keys_are_any_text() {
    let recorded = three();
    let answer = ask(&recorded.server, &format!("/{}", encoded(HOSTILE)), 200);
    assert_eq!((&answer["item"], rows(&answer)), (&json!(HOSTILE), vec!["* kept -".to_owned()]));
    let of_run = ask(&recorded.server, &format!("/{}?run={}", encoded(HOSTILE), recorded.ids[0]), 200);
    assert_eq!((&of_run["data"], &of_run["summary"]["runs"]), (&answer["data"], &json!(1)));
}

#[test]
fn what_is_not_there_or_cannot_be_meant_is_refused() {
    let recorded = three();
    let ask = |path: &str, status, code: &str, parameter: &str| {
        let body = ask(&recorded.server, path, status);
        assert_eq!((&body["code"], &body["parameter"]), (&json!(code), &json!(parameter)), "{path}");
    };
    let (run, unknown) = (&recorded.ids[1], "0".repeat(32));
    ask("", 400, "invalid_parameter", "run");
    ask("?run=7", 400, "invalid_parameter", "run");
    ask(&format!("?run={unknown}"), 404, "no_such_run", "run");
    ask(&format!("?run={run}&fate=lost"), 400, "invalid_parameter", "fate");
    ask(&format!("?run={run}&item=dog"), 400, "unknown_parameter", "item");
    ask("/nothing", 404, "no_such_item", "key");
    ask(&format!("/nothing?run={run}"), 404, "no_such_item", "key");
    ask(&format!("/dog?run={unknown}"), 404, "no_such_run", "run");
    ask("/dog?limit=0", 400, "invalid_parameter", "limit");
    ask("/dog?cursor=7", 400, "malformed_cursor", "cursor");
    ask("/%ff", 400, "invalid_parameter", "key");
    let empty = serve(Arc::new(EmptyStore));
    assert_eq!(get(empty.address(), "/api/v1/items/dog").status, 404);
}

/// A store that has an index of items, made of what another one says, or none.
#[derive(Debug)]
struct Indexed(Arc<dyn Store>, bool);

impl Store for Indexed {
    fn item(&self, key: &str, limit: usize) -> Result<Option<ItemRows>, StoreError> {
        if !self.1 {
            return Ok(None);
        }
        let numbers = self.0.callsites()?;
        let number =
            |callsite: &Callsite| numbers.iter().find(|(_, known)| **known == *callsite).map(|(number, _)| *number);
        let mut rows = Vec::new();
        for run in self.0.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() })?.rows {
            for step in self.0.steps(run.id, None, MAX_PAGE)? {
                let Some(detail) = self.0.step(run.id, step.id)? else { continue };
                let decisions = detail.account().decisions;
                rows.extend(decisions.into_iter().filter(|decision| *decision.item == *key).map(|decision| ItemRow {
                    run: run.id,
                    run_started_ns: run.started_ns,
                    step: step.id,
                    callsite: number(&step.callsite).expect("it is known"),
                    verdict: decision.verdict,
                    basis: decision.basis,
                    reason: decision.reason,
                }));
            }
        }
        rows.truncate(limit);
        Ok(Some(ItemRows { rows, damaged: Vec::new() }))
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        self.0.write(batch)
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        self.0.callsites()
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        self.0.next_segment()
    }

    fn mark_crashed(&self, current: ProcessId) -> Result<u64, StoreError> {
        self.0.mark_crashed(current)
    }

    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        self.0.runs(query)
    }

    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        self.0.run(run)
    }

    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError> {
        self.0.steps(run, after, limit)
    }

    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError> {
        self.0.step(run, step)
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        self.0.schemas()
    }

    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        self.0.schema(version)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        self.0.summary()
    }
}

#[test]
fn an_index_answers_the_same() {
    let recorded = three();
    let [indexed, without] = [true, false].map(|has| serve(Arc::new(Indexed(recorded.recording.guard().store(), has))));
    for path in ["/longest", "/dog", "/cat", "/longest?limit=1", "/dog?limit=2"] {
        let (mut found, searched) = (ask(&indexed, path, 200), ask(&without, path, 200));
        assert_eq!((&found["indexed"], &found["summary"]["searched"]), (&json!(true), &Value::Null));
        assert_eq!((&searched["indexed"], &searched["summary"]["searched"]), (&json!(false), &json!(4)));
        // A search goes on behind the runs without the item, of which an index knows nothing.
        assert_eq!(found["next_cursor"].is_null(), searched["next_cursor"].is_null());
        found["next_cursor"] = searched["next_cursor"].clone();
        found["indexed"] = searched["indexed"].clone();
        found["summary"]["searched"] = searched["summary"]["searched"].clone();
        assert_eq!(found, searched, "{path}");
    }
    assert_eq!(ask(&indexed, "/nothing", 404)["code"], "no_such_item");
}

/// However little may be read at a time, all is found in the end, and no more is claimed.
#[test]
fn a_search_stops_and_goes_on() {
    use xray::lineage::{Search, history};

    let recorded = three();
    let store = Indexed(recorded.recording.guard().store(), false);
    for budget in 1..60 {
        let (mut runs, mut after, mut asked) = (0, None, 0);
        loop {
            let found = history(&store, "cat", &Search { after, budget, ..Search::default() }).expect("readable");
            assert_eq!(found.stopped, found.next.is_some(), "{found:?}");
            (runs, after, asked) = (runs + found.runs.len(), found.next, asked + 1);
            if after.is_none() {
                break;
            }
            assert!(asked <= 5, "it goes on");
        }
        assert!(runs <= 3 && (runs == 3 || budget < 30), "{runs} with {budget}");
    }
}
