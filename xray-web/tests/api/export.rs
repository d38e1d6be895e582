//! `GET /api/v1/export/{runs|steps|decisions}`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xray_collector::decision::DecisionCounts;
use xray_collector::id::{ProcessId, RunId, SchemaVersion, StepId};
use xray_collector::model::{Callsite, Run, RunStatus, Step, StepDetail};
use xray_collector::store::{
    Batch, EmbeddedStore, Page, RunQuery, SchemaRow, StepRow, Store, StoreError, StoreSummary,
};
use xray_web::Server;

use crate::client;
use crate::fixture::{Encoded, Fixture, Payload, callsite, run, run_id, source, step};

/// A store that counts the pages of runs that it is asked for, and fails from one on.
#[derive(Debug)]
struct Watched {
    store: EmbeddedStore,
    pages: AtomicUsize,
    good: usize,
}

impl Store for Watched {
    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        self.store.write(batch)
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        self.store.callsites()
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        self.store.next_segment()
    }

    fn mark_crashed(&self, current: ProcessId) -> Result<u64, StoreError> {
        self.store.mark_crashed(current)
    }

    fn runs(&self, query: &RunQuery) -> Result<Page<Run>, StoreError> {
        match self.pages.fetch_add(1, Ordering::SeqCst) < self.good {
            true => self.store.runs(query),
            false => Err(StoreError::Read { path: "runs.redb".into(), cause: "no such device".into() }),
        }
    }

    fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        self.store.run(run)
    }

    fn steps(&self, run: RunId, after: Option<StepId>, limit: usize) -> Result<Vec<Step>, StoreError> {
        self.store.steps(run, after, limit)
    }

    fn step(&self, run: RunId, step: StepId) -> Result<Option<StepDetail>, StoreError> {
        self.store.step(run, step)
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        self.store.schemas()
    }

    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        self.store.schema(version)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        self.store.summary()
    }
}

/// A server over so many runs, whose store gives so many pages of them.
fn watched(runs: u64, good: usize) -> (tempfile::TempDir, Arc<Watched>, Server) {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path().join("runs.redb")).unwrap();
    let long = |number| Run { error: Some("x".repeat(1_000)), ..run(number) };
    store.write(&Batch { runs: (0..runs).map(long).collect(), ..Batch::default() }).unwrap();
    let store = Arc::new(Watched { store, pages: AtomicUsize::new(0), good });
    let server = Server::start("127.0.0.1:0", source(Arc::clone(&store) as _, Arc::new(Mutex::default()))).unwrap();
    (directory, store, server)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn everything_comes_once_and_as_in_the_list() {
    let mut runs: Vec<Run> = (0..2_345).map(run).collect();
    runs.iter_mut().step_by(10).for_each(|run| run.status = RunStatus::Failed);
    let fixture = Fixture::with(&Batch { runs, ..Batch::default() });
    let answer = fixture.get("/api/v1/export/runs");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"runs.ndjson\""));
    let rows = lines(answer.text());
    let ids: Vec<_> = (0..2_345).rev().map(|number| json!(run_id(number))).collect();
    assert_eq!(rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), ids);
    assert_eq!(rows[..1_000], *fixture.get("/api/v1/runs?limit=1000").ok()["data"].as_array().unwrap());
    let failed = fixture.get("/api/v1/export/runs?q=status%20%3D%3D%20%22failed%22&format=ndjson");
    assert_eq!(lines(failed.text()).len(), 235);
    let range = "/api/v1/export/runs?from=2026-01-31T12:00:00.100Z&before=2026-01-31T12:00:00.200Z";
    assert_eq!(lines(fixture.get(range).text()).len(), 100);
    assert_eq!(fixture.get("/api/v1/export/runs?q=false").body, b"");
}

/// A run whose first step decided on items that a spreadsheet takes for formulas.
fn hostile() -> Fixture {
    let mut payload = Payload::default();
    let items = json!(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "a,\"b\"\nc", "plain"]);
    let row = StepRow {
        arguments: Some(payload.put(&[&Encoded::Json(items)])),
        result: Some(payload.put(&[&Encoded::Json(json!(["plain"]))])),
        counts: DecisionCounts { kept: 1, eliminated: 6, inferred: true, ..DecisionCounts::default() },
        ..step(run_id(0), 1)
    };
    let mut run = run(0);
    run.error = Some("=HYPERLINK(\"http://attacker.example\")".to_owned());
    Fixture::with(&Batch {
        callsites: vec![(0, callsite("=cmd|' /C calc'!A0", "filter", &["items"]))],
        runs: vec![run],
        steps: vec![row],
        segments: vec![payload.0],
        ..Batch::default()
    })
}

fn table(fixture: &Fixture, path: &str) -> Vec<std::collections::HashMap<String, String>> {
    let answer = fixture.get(path);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    csv::Reader::from_reader(&*answer.body).deserialize().collect::<Result<_, _>>().unwrap()
}

#[test]
fn tables_are_quoted_and_hold_no_formulas() {
    let fixture = hostile();
    let runs = table(&fixture, "/api/v1/export/runs?format=csv");
    assert_eq!(runs[0]["error"], "'=HYPERLINK(\"http://attacker.example\")");
    assert_eq!((&*runs[0]["id"], &*runs[0]["parent_run"], &*runs[0]["orphan"]), (&*run_id(0).to_string(), "", "false"));
    assert_eq!(runs[0]["started_at"], "2026-01-31T12:00:00.000000000Z");
    let steps = table(&fixture, "/api/v1/export/steps?format=csv");
    assert_eq!((&*steps[0]["name"], &*steps[0]["duration_ns"]), ("'=cmd|' /C calc'!A0", "40"));
    let decisions = table(&fixture, "/api/v1/export/decisions?format=csv");
    let items: Vec<_> = decisions.iter().map(|row| &*row["item"]).collect();
    assert_eq!(items, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "a,\"b\"\nc", "plain"]);
    assert_eq!((&*decisions[6]["outcome"], &*decisions[0]["outcome"]), ("kept", "eliminated"));
    assert_eq!(table(&fixture, "/api/v1/export/steps?format=csv&q=false"), []);
    assert!(fixture.get("/api/v1/export/steps?format=csv&q=false").text().starts_with("run,id,parent,name,"));
}

#[test]
fn lines_can_have_what_was_captured() {
    let fixture = hostile();
    let steps = lines(fixture.get("/api/v1/export/steps?fields=result").text());
    assert_eq!(steps[0]["fields"], json!({"result": {"level": "structured", "value": ["plain"]}}));
    let decisions = lines(fixture.get("/api/v1/export/decisions?fields=detail").text());
    assert_eq!((decisions.len(), decisions[0].get("checks")), (7, None));
    let problem = fixture.get("/api/v1/export/steps?fields=result&format=csv").problem(400, "invalid_parameter");
    assert_eq!(problem["parameter"], "fields");
}

#[test]
fn what_cannot_be_exported_is_a_problem_before_it_begins() {
    let fixture = hostile();
    let problem = fixture.get("/api/v1/export/runs?format=xlsx").problem(400, "invalid_parameter");
    assert_eq!(problem["allowed"], json!(["ndjson", "csv"]));
    fixture.get("/api/v1/export/runs?q=nonsense").problem(400, "invalid_query");
    fixture.get("/api/v1/export/runs?limit=5").problem(400, "unknown_parameter");
    fixture.get("/api/v1/export/items").problem(404, "no_such_path");
    let (_directory, _, server) = watched(10, 0);
    client::get(server.address(), "/api/v1/export/runs").problem(500, "store_error");
}

#[test]
fn an_error_in_the_middle_is_seen() {
    let (_directory, _, server) = watched(3_000, 2);
    let answer = client::get(server.address(), "/api/v1/export/runs");
    assert!(answer.status == 200 && !answer.is_whole);
    let rows = lines(answer.text());
    assert_eq!(rows.last().unwrap()["error"]["code"], "store_error");
    assert!(rows.len() > 500 && rows[..rows.len() - 1].iter().all(|row| row["id"].is_string()));
    let (_directory, _, server) = watched(3_000, 2);
    let answer = client::get(server.address(), "/api/v1/export/runs?format=csv");
    assert!(answer.status == 200 && !answer.is_whole, "a table has no place for an error: its end is missing");
}

/// Begins an export, and reads no more of it than its head.
fn begin(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET /api/v1/export/runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 100]).unwrap();
    stream
}

/// Waits until pages are no longer read, and says how many were.
fn settled(store: &Watched) -> usize {
    let (mut pages, mut since) = (0, Instant::now());
    while since.elapsed() < Duration::from_millis(500) {
        let now = store.pages.load(Ordering::SeqCst);
        if now != pages {
            (pages, since) = (now, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    pages
}

#[test]
fn who_does_not_read_is_waited_for_and_who_goes_away_ends_it() {
    let (_directory, store, server) = watched(12_000, usize::MAX);
    let mut streams: Vec<TcpStream> = (0..6).map(|_| begin(&server)).collect();
    let pages = settled(&store);
    // The sockets' buffers hold some megabytes of the 17 that each of them asks for.
    assert!(pages < 6 * 20, "{pages} of {} pages were read", 6 * 24);
    // More clients wait than there are readers, and others are served.
    client::get(server.address(), "/api/v1/runs?limit=1").ok();
    let mut last = streams.pop().unwrap();
    drop(streams);
    let mut rest = Vec::new();
    last.read_to_end(&mut rest).unwrap();
    assert!(rest.len() > 12_000 * 1_000, "{}", rest.len());
    let pages = settled(&store);
    client::get(server.address(), "/api/v1/runs?limit=1").ok();
    assert_eq!(store.pages.load(Ordering::SeqCst), pages + 1, "nobody reads for those who went away");
}
