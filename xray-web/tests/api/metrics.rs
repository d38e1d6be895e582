//! `GET /metrics`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use xray_collector::metrics::{Histogram, Metrics, RunSeries, StepSeries};
use xray_collector::stats::{Dropped, Stats};
use xray_collector::store::{EmbeddedStore, Store};
use xray_web::{Server, Source};

use crate::client;
use crate::fixture::source;

fn serve(metrics: Metrics, stats: Stats) -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(directory.path().join("runs.redb")).unwrap());
    let source = source(store, Arc::new(Mutex::new(stats)));
    let server = Server::start("127.0.0.1:0", Source { metrics: Arc::new(move || metrics.clone()), ..source }).unwrap();
    (directory, server)
}

/// The samples of a scrape, by name and labels.
fn scrape(server: &Server) -> BTreeMap<String, String> {
    let answer = client::get(server.address(), "/metrics");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(kind));
    assert!(answer.text().ends_with("# EOF\n"), "{}", answer.text());
    let samples = answer.text().lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn what_ended_is_counted_by_its_labels() {
    let mut durations = Histogram::default();
    [900, 1_000, 2_000_000_000, 1 << 60].into_iter().for_each(|duration_ns| durations.add(duration_ns));
    let hostile = "a\"b\\c\nd";
    let metrics = Metrics {
        runs: vec![RunSeries { pipeline: hostile.into(), ended: [0, 3, 1, 0, 0], durations }],
        steps: vec![StepSeries { name: "load".into(), kind: "".into(), ended: [4, 0, 0, 2, 0, 0, 0], durations }],
        decisions: Default::default(),
    };
    let stats = Stats { dropped: Dropped { no_chunk: 7, ..Dropped::default() }, ..Stats::default() };
    let (_directory, server) = serve(metrics, stats);
    let samples = scrape(&server);
    let of_run = r#"pipeline="a\"b\\c\nd""#;
    for (name, value) in [
        (format!("xray_runs_total{{{of_run},status=\"completed\"}}"), "3"),
        (format!("xray_runs_total{{{of_run},status=\"failed\"}}"), "1"),
        (format!("xray_run_duration_seconds_count{{{of_run}}}"), "4"),
        (r#"xray_steps_total{name="load",kind="",outcome="panicked"}"#.to_owned(), "2"),
        (r#"xray_step_duration_seconds_bucket{le="0.000001",name="load",kind=""}"#.to_owned(), "2"),
        (r#"xray_step_duration_seconds_bucket{le="5.0",name="load",kind=""}"#.to_owned(), "3"),
        (r#"xray_step_duration_seconds_bucket{le="+Inf",name="load",kind=""}"#.to_owned(), "4"),
        (r#"xray_decisions_total{outcome="kept"}"#.to_owned(), "0"),
        (r#"xray_events_dropped_total{reason="no_chunk"}"#.to_owned(), "7"),
    ] {
        assert_eq!(samples.get(&name).map(String::as_str), Some(value), "{name} in {samples:#?}");
    }
    assert!(samples["xray_store_bytes"].parse::<u64>().unwrap() > 0);
    assert!(!samples.contains_key(&format!("xray_runs_total{{{of_run},status=\"crashed\"}}")));
}

#[test]
fn requests_are_counted_by_route_and_status() {
    let (_directory, server) = serve(Metrics::default(), Stats::default());
    let get = |path: &str| client::get(server.address(), path);
    for number in 0..3 {
        get(&format!("/api/v1/runs/{number:032x}"));
        get(&format!("/no/{number}"));
    }
    get("/api/v1/runs?limit=0");
    get("/api/v1/runs");
    let samples = scrape(&server);
    for (route, status, count) in
        [("/api/v1/runs/{id}", 404, "3"), ("(none)", 404, "3"), ("/api/v1/runs", 400, "1"), ("/api/v1/runs", 200, "1")]
    {
        let name = format!("xray_http_request_duration_seconds_count{{route=\"{route}\",status=\"{status}\"}}");
        assert_eq!(samples.get(&name).map(String::as_str), Some(count), "{name} in {samples:#?}");
    }
    client::get(server.address(), "/metrics?x=1").problem(400, "unknown_parameter");
}
