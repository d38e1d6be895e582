//! Tags of answers, and what is asked with them.

use xray_collector::id::StepId;
use xray_collector::model::RunStatus;
use xray_collector::store::{Batch, EmbeddedStore, LateRow, Store};
use xray_web::Server;

use std::sync::{Arc, Mutex};

use crate::client::{self, Answer};
use crate::fixture::{Fixture, callsite, run, run_id, source, step};

/// A run that is over and one that is not, of a step each.
fn batch() -> Batch {
    let mut running = run(1);
    (running.status, running.ended_ns) = (RunStatus::Running, None);
    let steps = vec![step(run_id(0), 1), step(run_id(1), 2)];
    Batch { callsites: vec![(0, callsite("pick", "", &[]))], runs: vec![run(0), running], steps, ..Batch::default() }
}

fn conditional(fixture: &Fixture, method: &str, path: &str, known: &str) -> Answer {
    let address = fixture.server.address();
    client::request(address, method, path, &format!("Host: {address}\r\nIf-None-Match: {known}\r\n"))
}

fn paths(run: u64, step: u64) -> [String; 5] {
    let id = run_id(run);
    let run = format!("/api/v1/runs/{id}");
    let step = format!("{run}/steps/{}", StepId(step));
    let diff = format!("/api/v1/diff?a={}&b={id}", run_id(0));
    [run, format!("{step}/decisions"), step, diff, format!("/api/v1/items?run={id}")]
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let fixture = Fixture::with(&batch());
    for path in paths(0, 1) {
        let whole = fixture.get(&path);
        let tag = whole.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag} is strong");
        assert_eq!(whole.header("cache-control"), Some("no-cache"));
        for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let answer = conditional(&fixture, method, &path, &known);
                assert_eq!((answer.status, answer.body.len()), (304, 0), "{path} {known}");
                assert_eq!((answer.header("etag"), answer.header("content-type")), (Some(&*tag), None));
                assert_eq!(answer.header("cache-control"), Some("no-cache"));
                assert_eq!(answer.header("vary"), Some("accept-encoding"));
            }
        }
        for known in ["\"other\"", &tag[1..tag.len() - 1], "", "\"", "\u{e9}"] {
            assert_eq!(conditional(&fixture, "GET", &path, known).body, whole.body, "{path} {known}");
        }
    }
}

#[test]
fn only_answers_about_runs_that_are_over_have_tags() {
    let fixture = Fixture::with(&batch());
    let others = ["/", "/health", "/api/v1/runs", "/api/v1/steps", "/api/v1/stats", "/api/v1/openapi.json"];
    for path in paths(1, 2).into_iter().chain(others.map(str::to_owned)) {
        let answer = fixture.get(&path);
        assert_eq!((answer.header("etag"), answer.header("cache-control")), (None, Some("no-store")), "{path}");
        assert_eq!(conditional(&fixture, "GET", &path, "*").status, 200, "{path}");
    }
    let missing = format!("/api/v1/runs/{}", run_id(9));
    conditional(&fixture, "GET", &missing, "*").problem(404, "no_such_run");
}

#[test]
fn what_comes_late_is_not_overlooked() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::open(directory.path().join("runs.redb")).unwrap());
    store.write(&batch()).unwrap();
    let server = Server::start("127.0.0.1:0", source(Arc::clone(&store) as _, Arc::new(Mutex::default()))).unwrap();
    let tag = |path: &str| client::get(server.address(), path).header("etag").unwrap().to_owned();
    let before = paths(0, 1).map(|path| tag(&path));
    assert_eq!(paths(0, 1).map(|path| tag(&path)), before, "the same answer has the same tag");
    let late = LateRow {
        run: run_id(0),
        step: StepId(1),
        counts: Default::default(),
        important: true,
        items_in: Some(7),
        items_out: None,
    };
    store.write(&Batch { late: vec![late], ..Batch::default() }).unwrap();
    let [run, _, step, ..] = paths(0, 1);
    assert!(tag(&run) != before[0] && tag(&step) != before[2], "the run's row is the same, what is said of it is not");
}

#[test]
fn each_coding_has_its_own_tag() {
    let mut batch = batch();
    batch.steps.extend((10..40).map(|number| step(run_id(0), number)));
    let fixture = Fixture::with(&batch);
    let address = fixture.server.address();
    let path = format!("/api/v1/runs/{}", run_id(0));
    let plain = fixture.get(&path).header("etag").unwrap().to_owned();
    for coding in ["gzip", "zstd"] {
        let headers = format!("Host: {address}\r\nAccept-Encoding: {coding}\r\n");
        let answer = client::request(address, "GET", &path, &headers);
        let tag = answer.header("etag").unwrap().to_owned();
        assert_eq!(tag, format!("{}-{coding}\"", plain.trim_end_matches('"')));
        let again = client::request(address, "GET", &path, &format!("{headers}If-None-Match: {tag}\r\n"));
        assert_eq!((again.status, again.header("etag")), (304, Some(&*tag)));
    }
}
