//! Runs that were removed, and runs that stay.

use serde_json::{Value, json};
use xray_collector::store::{Batch, Limits, Retention, Store};

use crate::client::{self, Answer};
use crate::fixture::{Fixture, run, run_id, step};

fn fixture() -> Fixture {
    let runs: Vec<_> = (0..4).map(run).collect();
    let steps = runs.iter().map(|run| step(run.id, run.id.root().0)).collect();
    let callsites = vec![(0, crate::fixture::callsite("pick", "filter", &[]))];
    Fixture::with(&Batch { runs, steps, callsites, ..Batch::default() })
}

/// Keeps the newest run, and beside it those that are pinned.
fn keep_one(fixture: &Fixture) {
    let retention = Retention { all: Limits { runs: Some(1), ..Limits::NONE }, ..Retention::unlimited() };
    while !fixture.store.retain(&retention, crate::fixture::NOON).unwrap().is_done {}
}

fn change(fixture: &Fixture, method: &str, number: u64, headers: &str) -> Answer {
    let address = fixture.server.address();
    let path = format!("/api/v1/runs/{}/pin", run_id(number));
    client::request(address, method, &path, &format!("Host: {address}\r\n{headers}Content-Length: 0\r\n"))
}

#[test]
fn a_run_that_was_removed_is_gone_with_all_that_is_below_it() {
    let fixture = fixture();
    keep_one(&fixture);
    let (gone, step) = (run_id(0), run_id(0).root());
    for path in ["".to_owned(), format!("/steps/{step}"), format!("/steps/{step}/decisions")] {
        let problem = fixture.get(&format!("/api/v1/runs/{gone}{path}")).problem(410, "run_is_gone");
        assert_eq!(problem["removed_at"], "2026-01-31T12:00:00.000000000Z");
        assert_eq!((&problem["removed_ns"], &problem["limit"]), (&json!(crate::fixture::NOON), &json!("runs")));
        let detail = "is not stored any more, it was removed: there were more runs than are kept";
        assert_eq!(problem["detail"], format!("run {gone} {detail}"));
    }
    fixture.get(&format!("/api/v1/runs/{}", run_id(3))).ok();
    fixture.get(&format!("/api/v1/runs/{}", run_id(9))).problem(404, "no_such_run");
    change(&fixture, "PUT", 0, "X-Xray-Request: 1\r\n").problem(410, "run_is_gone");
    change(&fixture, "PUT", 9, "X-Xray-Request: 1\r\n").problem(404, "no_such_run");
}

#[test]
fn a_run_that_is_pinned_stays_until_it_is_not() {
    let fixture = fixture();
    let pinned =
        |number| -> Value { fixture.get(&format!("/api/v1/runs/{}", run_id(number))).ok()["run"]["pinned"].clone() };
    assert_eq!(pinned(1), false);
    assert_eq!(change(&fixture, "PUT", 1, "X-Xray-Request: 1\r\n").ok()["pinned"], true);
    assert_eq!(pinned(1), true);
    keep_one(&fixture);
    let listed = fixture.get("/api/v1/runs").ok();
    let listed: Vec<_> = listed["data"].as_array().unwrap().iter().map(|run| run["pinned"].clone()).collect();
    assert_eq!(listed, [false, true]);
    let address = fixture.server.address();
    let own = format!("X-Xray-Request: page\r\nOrigin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n");
    assert_eq!(change(&fixture, "DELETE", 1, &own).ok()["pinned"], false);
    keep_one(&fixture);
    fixture.get(&format!("/api/v1/runs/{}", run_id(1))).problem(410, "run_is_gone");
}

#[test]
fn other_sites_change_nothing() {
    let fixture = fixture();
    let address = fixture.server.address();
    for headers in [
        String::new(),
        "Content-Type: application/json\r\n".to_owned(),
        format!("Origin: http://{address}\r\n"),
        "X-Xray-Request: 1\r\nOrigin: http://attacker.example\r\n".to_owned(),
        "X-Xray-Request: 1\r\nOrigin: null\r\n".to_owned(),
        format!("X-Xray-Request: 1\r\nOrigin: https://{address}\r\n"),
        "X-Xray-Request: 1\r\nSec-Fetch-Site: cross-site\r\n".to_owned(),
        "X-Xray-Request: 1\r\nSec-Fetch-Site: same-site\r\n".to_owned(),
    ] {
        for method in ["PUT", "DELETE"] {
            let problem = change(&fixture, method, 1, &headers).problem(403, "cross_site");
            assert_eq!(problem["parameter"], "X-Xray-Request");
        }
    }
    assert!(!fixture.store.run(run_id(1)).unwrap().unwrap().pinned);
    for method in ["GET", "POST", "OPTIONS"] {
        let answer = change(&fixture, method, 1, "X-Xray-Request: 1\r\n");
        let problem = answer.problem(405, "method_not_allowed");
        assert_eq!(problem["allowed"], json!(["PUT", "DELETE"]));
        assert_eq!(answer.header("allow"), Some("PUT, DELETE"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}
