//! What every wrong request and every failing store gets.

use std::sync::{Arc, Mutex};

use serde_json::json;
use xray_collector::id::{ProcessId, RunId, SchemaVersion, StepId};
use xray_collector::model::{Callsite, Run, Step, StepDetail};
use xray_collector::stats::Stats;
use xray_collector::store::{Batch, Page, RunQuery, SchemaRow, Store, StoreError, StoreSummary};
use xray_web::Server;

use crate::client;
use crate::fixture::{Fixture, run_id, source};

#[test]
fn paths_that_lead_nowhere_are_problems() {
    let fixture = Fixture::with(&Batch::default());
    for path in ["/api", "/api/", "/api/v1", "/api/v2/runs", "/api/v1/runs/", "/api/v1/items/", "/index.html"] {
        let problem = fixture.get(path).problem(404, "no_such_path");
        assert_eq!(problem["title"], "Not Found");
        assert_eq!(problem["detail"], format!("there is nothing at {path}; the API is at /api/v1"));
    }
}

#[test]
fn methods_that_change_things_are_refused() {
    let fixture = Fixture::with(&Batch::default());
    let address = fixture.server.address();
    for path in [
        "/",
        "/reference/reference.js",
        "/health",
        "/api/v1/runs",
        "/api/v1/runs/7",
        "/api/v1/schemas",
        "/api/v1/stats",
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
            let answer = client::request(address, method, path, &format!("Host: {address}\r\n"));
            let problem = answer.problem(405, "method_not_allowed");
            assert_eq!(problem["allowed"], json!(["GET", "HEAD"]));
            let allow = answer.header("allow").unwrap();
            assert_eq!(allow.split(',').map(str::trim).collect::<Vec<_>>(), ["GET", "HEAD"], "{method} {path}");
        }
    }
}

#[test]
fn requests_for_another_host_are_refused() {
    let fixture = Fixture::with(&Batch::default());
    let address = fixture.server.address();
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:7878"] {
        client::request(address, "GET", "/api/v1/runs", &format!("Host: {host}\r\n")).ok();
    }
    for headers in [
        "Host: attacker.example\r\n",
        "Host: attacker.example:7878\r\n",
        "Host: localhost.attacker.example\r\n",
        "Host: 192.168.0.1\r\n",
        "Host: \r\n",
        "Host: \u{e9}\r\n",
        "Host: localhost\r\nHost: attacker.example\r\n",
        "",
    ] {
        for path in ["/", "/api/v1/runs", "/nothing"] {
            let problem = client::request(address, "GET", path, headers).problem(403, "host_not_allowed");
            assert_eq!(problem["parameter"], "Host");
        }
    }
    let absolute = "http://attacker.example/api/v1/runs";
    client::request(address, "GET", absolute, "Host: localhost\r\n").problem(403, "host_not_allowed");
}

/// Fails in a different way at each question.
#[derive(Debug)]
struct Broken;

impl Store for Broken {
    fn write(&self, _: &Batch) -> Result<(), StoreError> {
        Ok(())
    }

    fn callsites(&self) -> Result<Vec<(u32, Arc<Callsite>)>, StoreError> {
        Ok(Vec::new())
    }

    fn next_segment(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn mark_crashed(&self, _: ProcessId) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn runs(&self, _: &RunQuery) -> Result<Page<Run>, StoreError> {
        Err(StoreError::Read { path: "runs.redb".into(), cause: "no such device".into() })
    }

    fn run(&self, _: RunId) -> Result<Option<Run>, StoreError> {
        panic!("a store must not do this")
    }

    fn steps(&self, _: RunId, _: Option<StepId>, _: usize) -> Result<Vec<Step>, StoreError> {
        Ok(Vec::new())
    }

    fn step(&self, _: RunId, _: StepId) -> Result<Option<StepDetail>, StoreError> {
        Err(StoreError::Corrupt { place: "segment 7".to_owned(), detail: "bad checksum".to_owned() })
    }

    fn schemas(&self) -> Result<Vec<SchemaRow>, StoreError> {
        Ok(Vec::new())
    }

    fn schema(&self, version: SchemaVersion) -> Result<Option<SchemaRow>, StoreError> {
        Err(StoreError::Corrupt { place: format!("schema {version}"), detail: "bad content".to_owned() })
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        Ok(StoreSummary::default())
    }
}

#[test]
fn a_failing_store_fails_requests_and_nothing_else() {
    let stats = Arc::new(Mutex::new(Stats::default()));
    let server = Server::start("127.0.0.1:0", source(Arc::new(Broken), stats)).unwrap();
    let get = |path: &str| client::get(server.address(), path);
    let problem = get("/api/v1/runs").problem(500, "store_error");
    assert_eq!(problem["detail"], "cannot read \"runs.redb\": no such device");
    let problem = get(&format!("/api/v1/runs/{}/steps/{}", run_id(0), StepId(1))).problem(500, "damaged");
    assert_eq!(problem["detail"], "the store is damaged at segment 7: bad checksum");
    get(&format!("/api/v1/schemas/{}", SchemaVersion(7))).problem(500, "damaged");
    for _ in 0..20 {
        get(&format!("/api/v1/runs/{}", run_id(0))).problem(500, "internal");
    }
    assert_eq!(get("/api/v1/stats").ok()["store"]["path"], json!(null));
}

#[test]
fn requests_that_are_too_large_are_refused() {
    let fixture = Fixture::with(&Batch::default());
    let address = fixture.server.address();
    let query = |bytes: usize| fixture.get(&format!("/api/v1/runs?pipeline={}", "x".repeat(bytes)));
    query(16_000).ok();
    query(33_000).problem(414, "uri_too_long");
    fixture.get(&format!("/{}", "x".repeat(33_000))).problem(414, "uri_too_long");
    assert_eq!(query(70_000).status, 414);
    let headers = |lines: usize, bytes: usize| {
        let lines: String = (0..lines).map(|line| format!("X-{line}: {}\r\n", "x".repeat(bytes))).collect();
        client::request(address, "GET", "/api/v1/runs", &format!("Host: {address}\r\n{lines}"))
    };
    headers(30, 1_000).ok();
    headers(70, 1_000).problem(431, "headers_too_large");
    assert_eq!(headers(200, 1).status, 431);
    fixture.get("/api/v1/runs").ok();
}
