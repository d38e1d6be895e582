//! The main job, as a user runs it: the example as a process of its own, then its store and its API.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use xray::decision::{Basis, Verdict};
use xray::model::{Outcome, Run, StepDetail};
use xray::store::{EmbeddedStore, MAX_PAGE, RunQuery, Store};
use xray_tests::{Serving, build_example, get, root};

/// The example's program, built if it is not up to date.
fn example() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build_example("movies"))
}

/// What the example printed with `--json`: a line for each run, and one about all.
struct Printed {
    runs: Vec<Value>,
    summary: Value,
}

fn run_once(store: &Path) -> Printed {
    let output = Command::new(example())
        .args(["--once", "--json", "--address", "127.0.0.1:0", "--store"])
        .arg(store)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the example runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = lines.pop().expect("a summary");
    Printed { runs: lines, summary }
}

fn details(store: &dyn Store, run: &Run) -> Vec<StepDetail> {
    let steps = store.steps(run.id, None, MAX_PAGE).expect("readable");
    steps.iter().map(|step| store.step(run.id, step.id).expect("readable").expect("there")).collect()
}

fn named<'s>(steps: &'s [StepDetail], name: &str) -> &'s StepDetail {
    steps.iter().find(|step| &*step.step.callsite.name == name).unwrap_or_else(|| panic!("no step {name}"))
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn ids(films: &Value) -> Vec<&str> {
    list(films).iter().map(|film| film["id"].as_str().expect("an id")).collect()
}

#[test]
fn what_the_example_prints_is_what_the_store_and_the_api_say() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("movies.redb");
    let printed = run_once(&path);
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&path).expect("a store that opens"));
    let query = RunQuery { limit: MAX_PAGE, ..RunQuery::default() };
    let runs: HashMap<String, Run> =
        store.runs(&query).expect("readable").rows.into_iter().map(|run| (run.id.to_string(), run)).collect();

    // Runs: those printed and no others, and each as it was printed.
    assert_eq!(runs.len(), printed.runs.len());
    assert!(printed.runs.len() > 10, "{}", printed.runs.len());
    for line in &printed.runs {
        let run = &runs[line["run"].as_str().expect("an id")];
        assert_eq!(line["status"], run.status.as_str());
        assert_eq!(line["outcome"], run.outcome.as_str());
        assert_eq!(line["steps"], run.steps);
        assert_eq!(
            line["error"].as_array().map(|error| error[0].as_str()),
            run.error.as_ref().map(|error| Some(&**error))
        );
        assert_eq!(run.lost_events, 0);
    }
    let outcomes: Vec<_> = runs.values().map(|run| run.outcome).collect();
    for outcome in [Outcome::Ok, Outcome::Err, Outcome::Panicked] {
        assert!(outcomes.contains(&outcome), "no run ended as {outcome:?}");
    }
    check_load(&*store, &runs, &printed.summary);
    let mut funnel = HashMap::new();
    for line in printed.runs.iter().filter(|line| line["pipeline"] == "pick_films") {
        let run = &runs[line["run"].as_str().expect("an id")];
        check_pick(&details(&*store, run), run, line, &mut funnel);
    }
    for step in list(&printed.summary["funnel"]) {
        let (calls, items_in, items_out) = funnel[step["step"].as_str().expect("a name")];
        assert_eq!(
            (&step["calls"], &step["items_in"], &step["items_out"]),
            (&calls.into(), &items_in.into(), &items_out.into())
        );
    }
    check_api(&store, &runs);
}

/// The catalogue against the file that it was made of.
fn check_load(store: &dyn Store, runs: &HashMap<String, Run>, summary: &Value) {
    let text = std::fs::read_to_string(root().join("examples/data/movies.json")).expect("the data");
    let records: Value = serde_json::from_str(&text).expect("JSON");
    let titled = list(&records).iter().filter(|record| !record["Title"].is_null()).count();
    assert_eq!((list(&records).len(), titled), (3201, 3200), "the input is the one that this test knows");
    assert_eq!((&summary["records"], &summary["films"]), (&3201.into(), &3200.into()));
    let run = runs.values().find(|run| &*run.pipeline == "load_catalog").expect("the run that loads");
    let steps = details(store, run);
    let films = steps.iter().filter_map(|step| step.result.as_ref()).map(xray::value::Captured::to_json);
    let mut films = films.filter_map(|result| match result {
        Value::Array(list) if list.len() == 3200 && list[0]["id"].is_string() => Some(list),
        Value::Object(fields) => fields.into_iter().find_map(|(_, value)| {
            value.as_array().filter(|list| list.len() == 3200 && list[0]["id"].is_string()).cloned()
        }),
        _ => None,
    });
    let films = films.next_back().expect("a captured catalogue");
    // Titles that were numbers are texts; every film has a key of its own.
    for title in ["1776", "300", "21"] {
        assert!(films.iter().any(|film| film["title"] == title), "{title}");
    }
    let mut keys: Vec<_> = films.iter().map(|film| film["id"].as_str().expect("a key")).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3200);
}

/// One wish: the tree, and that each filter did with its captured input what its captured output says.
fn check_pick(steps: &[StepDetail], run: &Run, line: &Value, funnel: &mut HashMap<String, (u64, u64, u64)>) {
    assert_eq!(steps.len() as u64, run.steps);
    let root = steps.iter().find(|step| step.step.parent.is_none()).expect("a first step");
    assert_eq!((&*root.step.callsite.name, root.step.id), ("pick_films", run.id.root()));
    assert_eq!(root.arguments.iter().map(|argument| &*argument.name).collect::<Vec<_>>(), ["wish", "seen_list"]);
    assert_eq!(root.arguments[0].captured.to_json(), line["wish"]);
    for step in steps {
        let parent = step.step.parent.map(|parent| steps.iter().any(|other| other.step.id == parent));
        assert!(parent.unwrap_or(true), "{} has a parent that is not there", step.step.callsite.name);
        assert!(!matches!(step.step.outcome, Outcome::Open | Outcome::Lost));
        if let (Some(items_in), Some(items_out)) = (step.step.items_in, step.step.items_out) {
            let sum = funnel.entry(step.step.callsite.name.to_string()).or_default();
            *sum = (sum.0 + 1, sum.1 + items_in, sum.2 + items_out);
        }
    }
    let mut flows: Option<Value> = None;
    for name in ["search", "not_yet_seen", "rated", "voted_for", "released", "running_time", "budget"] {
        let Some(step) = steps.iter().find(|step| &*step.step.callsite.name == name) else { continue };
        let Some(result) = &step.result else { continue };
        let (input, output) = (step.arguments[0].captured.to_json(), result.to_json());
        assert_eq!(step.step.items_in, Some(list(&input).len() as u64), "{name}");
        assert_eq!(step.step.items_out, Some(list(&output).len() as u64), "{name}");
        check_reasons(step, &ids(&input), &ids(&output));
        if let Some(before) = flows.replace(output.clone()) {
            assert_eq!(before, input, "{name} gets what the step before it returned");
        }
        if name == "rated" {
            let bounds = step.arguments[1].captured.to_json();
            let least = bounds["at_least"].as_f64();
            let expected: Vec<_> = list(&input)
                .iter()
                .filter(|film| least.is_none_or(|least| film["rating"].as_f64().is_some_and(|rating| rating >= least)))
                .map(|film| film["id"].as_str().expect("an id"))
                .collect();
            if bounds["at_most"].is_null() && least.is_some() {
                assert_eq!(ids(&output), expected, "the films that {bounds} admits");
            }
        }
    }
    check_scores(steps);
    if run.outcome == Outcome::Ok {
        let picked = named(steps, "select").result.as_ref().expect("a result").to_json();
        let picked: Vec<_> = list(&picked).iter().map(|ranked| ranked["id"].clone()).collect();
        assert_eq!(Value::from(picked), line["picks"]);
    }
    if run.outcome == Outcome::Panicked {
        let panicked = named(steps, "select").error.as_ref().expect("a panic");
        assert_eq!(Value::from(vec![panicked.message.clone()]), line["error"]);
        assert!(panicked.location.as_deref().is_some_and(|place| place.contains("pipeline.rs:")), "{panicked:?}");
    }
    let threads: std::collections::HashSet<_> = steps.iter().map(|step| step.step.thread).collect();
    if steps.iter().any(|step| &*step.step.callsite.name == "rank" && step.step.items_in > Some(0)) {
        assert!(threads.len() > 1, "ranking happens on several threads");
    }
}

/// What a filter says of its films is what it did with them, each for a reason.
fn check_reasons(step: &StepDetail, entered: &[&str], returned: &[&str]) {
    let counts = &step.step.counts;
    let eliminated = entered.iter().filter(|id| !returned.contains(id)).count() as u64;
    assert_eq!((counts.kept, counts.eliminated), (returned.len() as u64, eliminated), "{counts:?}");
    assert_eq!((counts.inferred, counts.introduced, counts.refused), (true, 0, 0), "{counts:?}");
    let account = step.account();
    assert_eq!(account.decisions.iter().map(|decision| &*decision.item).collect::<Vec<_>>(), entered);
    let name = &*step.step.callsite.name;
    if name == "search" {
        assert!(account.decisions.iter().all(|decision| decision.basis == Basis::Inferred));
        return;
    }
    // Counted as they came, and counted again from the decisions.
    let mut reasons: HashMap<&str, u64> = HashMap::new();
    for decision in &account.decisions {
        let is_out = decision.verdict == Verdict::Eliminated;
        assert_eq!(is_out, !returned.contains(&&*decision.item), "{decision:?}");
        assert_eq!((decision.basis, decision.contradicted), (Basis::Observed, false), "{decision:?}");
        assert_eq!(decision.checks.last().map(|check| check.holds), Some(!is_out), "{decision:?}");
        if is_out {
            *reasons.entry(decision.reason.as_deref().expect("a reason")).or_default() += 1;
        }
    }
    assert_eq!(counts.reasons.iter().map(|(reason, films)| (&**reason, *films)).collect::<HashMap<_, _>>(), reasons);
    assert_eq!(reasons.values().sum::<u64>(), eliminated);
    let rated = account.decisions.iter().find(|decision| name == "rated" && decision.verdict == Verdict::Eliminated);
    if let Some(decision) = rated {
        let text = decision.checks[0].to_string();
        assert!(text.starts_with("film.rating ") && text.ends_with(": false"), "{text}");
        assert!(text.contains(" >= rating.at_least "), "{text}");
    }
}

/// Each film that was ranked has the score that it was ranked with, whichever thread worked it out.
fn check_scores(steps: &[StepDetail]) {
    let Some(rank) = steps.iter().find(|step| &*step.step.callsite.name == "rank") else { return };
    let ranked = rank.result.as_ref().expect("a result").to_json();
    let mut expected: Vec<(String, f64)> = list(&ranked)
        .iter()
        .map(|film| (film["id"].as_str().expect("an id").to_owned(), film["score"].as_f64().expect("a score")))
        .collect();
    let scored = steps.iter().filter(|step| &*step.step.callsite.name == "score_all");
    let mut decisions: Vec<_> = scored.flat_map(|step| step.account().decisions).collect();
    assert!(decisions.iter().all(|decision| decision.verdict == Verdict::Scored), "{decisions:?}");
    assert!(decisions.iter().all(|decision| decision.reason.as_deref() == Some("score(&film)")), "{decisions:?}");
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    decisions.sort_by(|a, b| a.item.cmp(&b.item));
    let said: Vec<_> = decisions.iter().map(|film| (film.item.to_string(), film.score.expect("a score"))).collect();
    assert_eq!(said, expected);
}

/// The same with every number as a float: 5.0 is 5 in JSON.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64()),
        Value::Array(elements) => elements.iter().map(floats).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), floats(value))).collect(),
        other => other.clone(),
    }
}

fn check_api(store: &Arc<dyn Store>, runs: &HashMap<String, Run>) {
    let source = xray_web::Source {
        store: Arc::clone(store),
        stats: Arc::new(xray::Stats::default),
        live: xray_web::Live::default(),
        metrics: Arc::new(xray_collector::Metrics::default),
    };
    let server = xray_web::Server::start("127.0.0.1:0", source).expect("a free port");
    let mut seen = 0;
    let mut page = "/api/v1/runs?limit=5".to_owned();
    loop {
        let answer = get(server.address(), &page).json();
        for line in list(&answer["data"]) {
            let run = &runs[line["id"].as_str().expect("an id")];
            assert_eq!((&line["status"], &line["steps"]), (&run.status.as_str().into(), &run.steps.into()));
            let opened = get(server.address(), &format!("/api/v1/runs/{}", run.id)).json();
            let steps = list(&opened["steps"]["data"]);
            assert_eq!(steps.len() as u64, run.steps);
            let root = run.id.root();
            let step = get(server.address(), &format!("/api/v1/runs/{}/steps/{root}", run.id));
            assert_eq!(step.status, 200, "{step:?}");
            let step = step.json();
            let detail = store.step(run.id, root).expect("readable").expect("there");
            assert_eq!(floats(&step["arguments"]), floats(&serde_json::to_value(&detail.arguments).expect("JSON")));
            assert_eq!(floats(&step["result"]), floats(&serde_json::to_value(&detail.result).expect("JSON")));
            seen += 1;
        }
        match answer["next_cursor"].as_str() {
            Some(cursor) => page = format!("/api/v1/runs?limit=5&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, runs.len());
    let failed = get(server.address(), "/api/v1/runs?status=failed&pipeline=pick_films").json();
    assert!(list(&failed["data"]).len() >= 3, "{failed}");
    let problem = get(server.address(), "/api/v1/runs?status=faild");
    assert!(problem.status == 400 && problem.headers.contains("application/problem+json"), "{problem:?}");
}

#[test]
fn the_example_serves_until_it_is_interrupted_and_keeps_everything() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("movies.redb");
    let example = Serving::start(example(), &path);
    let address = example.address;
    assert_eq!(get(address, "/health").status, 200);
    let served = get(address, "/api/v1/runs?limit=1000").json();
    assert!(get(address, "/").body.contains("<html"));
    example.interrupt();
    let store = EmbeddedStore::open(&path).expect("the store is free and whole");
    let runs = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).expect("readable").rows;
    assert_eq!(runs.len(), list(&served["data"]).len());
}

#[test]
fn bad_input_is_one_clear_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let fails = |arguments: &[&str]| {
        let output = Command::new(example())
            .args(arguments)
            .args(["--once", "--store"])
            .arg(directory.path().join("bad.redb"))
            .output()
            .expect("the example runs");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path.to_str().expect("UTF-8").to_owned()
    };
    let missing = fails(&["--address", "127.0.0.1:0", "--data", "/no/such/movies.json"]);
    assert!(missing.contains("/no/such/movies.json") && !missing.contains("panicked"), "{missing}");

    let cut = write("cut.json", "[\n  {\"Title\": \"A\",");
    let error = fails(&["--address", "127.0.0.1:0", "--data", &cut]);
    assert!(error.contains("cut.json") && error.contains("line 2"), "{error}");

    let object = write("object.json", "{\"films\": []}");
    let error = fails(&["--address", "127.0.0.1:0", "--data", &object]);
    assert!(error.contains("object.json") && error.contains("array"), "{error}");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = listener.local_addr().expect("an address").to_string();
    let error = fails(&["--address", &taken]);
    assert!(error.contains(&format!("cannot serve on {taken}")) && error.contains("--address"), "{error}");
}
