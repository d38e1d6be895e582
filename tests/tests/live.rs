//! What happens, as somebody who watches hears it: `GET /api/v1/live` over what a program records.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xray_collector::Metrics;
use xray_tests::{Answer, Recording, get};
use xray_web::{Live, Server, Source};

#[xray::step(kind = "filter")]
fn affordable(prices: Vec<u32>, budget: u32) -> Vec<u32> {
    prices.into_iter().filter(|price| *price <= budget).collect()
}

#[xray::run]
fn cheapest(prices: Vec<u32>, budget: u32) -> Option<u32> {
    affordable(prices, budget).into_iter().min()
}

#[xray::run]
fn fails(message: &str) -> Result<(), String> {
    Err(message.to_owned())
}

#[xray::step(capture = "metrics")]
fn tick(_number: u64) {}

#[xray::run]
fn ticks(count: u64) {
    (0..count).for_each(tick);
}

/// A recording, with a server of which the settings are a test's.
fn serve(set: impl FnOnce(&mut Live)) -> (Recording, Server) {
    // Written when the test says so: what is in one batch does not depend on the time.
    let hour = Duration::from_secs(3_600);
    let recording = Recording::start_with(|builder| builder.overflow(xray::Overflow::Block).flush_interval(hour));
    let guard = recording.guard();
    let mut live = Live::new(Arc::clone(guard.feed().expect("it records")));
    set(&mut live);
    let stats = Arc::new(xray::stats);
    let source = Source { store: guard.store(), stats, metrics: Arc::new(Metrics::default), live };
    let server = Server::start("127.0.0.1:0", source).expect("a free port");
    (recording, server)
}

/// Somebody who watches.
struct Watcher {
    lines: BufReader<TcpStream>,
    /// The name of the last event.
    id: String,
}

#[derive(Debug, PartialEq)]
struct Event {
    kind: String,
    id: String,
    data: Value,
}

impl Watcher {
    fn new(address: SocketAddr, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        // Version 1.0: the body is not in pieces.
        write!(stream, "GET /api/v1/live{query} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n").expect("a request");
        let mut watcher = Self { lines: BufReader::new(stream), id: String::new() };
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push_str(&watcher.line());
        }
        assert!(head.starts_with("HTTP/1.0 200 ") && head.contains("content-type: text/event-stream"), "{head}");
        assert_eq!(watcher.line(), "retry: 2000\n");
        watcher.block();
        assert!(!watcher.id.is_empty());
        watcher
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("the server goes on");
        line
    }

    /// The lines up to the next empty one: its event, if it has one.
    fn block(&mut self) -> Option<Event> {
        let (mut kind, mut data) = (None, None);
        loop {
            let line = self.line();
            match line.trim_end_matches('\n').split_once(": ") {
                Some(("id", id)) => self.id = id.to_owned(),
                Some(("event", event)) => kind = Some(event.to_owned()),
                Some(("data", text)) => data = Some(serde_json::from_str(text).expect("JSON")),
                Some(("", "alive")) => {}
                None if line == "\n" => break,
                other => panic!("{other:?}"),
            }
        }
        Some(Event { kind: kind?, id: self.id.clone(), data: data? })
    }

    /// Events up to the first that is over.
    fn until(&mut self, is_last: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            events.extend(self.block());
            if events.last().is_some_and(&is_last) {
                return events;
            }
        }
    }

    /// Events up to the one that says that a run is over.
    fn until_over(&mut self, pipeline: &str) -> Vec<Event> {
        self.until(|event| event.data["pipeline"] == pipeline && event.data["status"] != "running")
    }

    fn ends(mut self) -> bool {
        let mut rest = Vec::new();
        self.lines.read_to_end(&mut rest).is_ok()
    }
}

/// What the events are about: a run's status, a step's name.
fn words(events: &[Event]) -> Vec<&str> {
    let word = |event: &Event| event.kind == "run";
    events
        .iter()
        .map(|event| event.data[if word(event) { "status" } else { "name" }].as_str().expect("a word"))
        .collect()
}

fn problem(answer: &Answer, status: u16, code: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status, &body["code"]), (status, &json!(code)), "{body}");
    body
}

#[test]
fn runs_and_steps_come_as_they_end_and_as_they_are_listed() {
    let (recording, server) = serve(|_| {});
    let mut watcher = Watcher::new(server.address(), "", "");
    cheapest(vec![30, 12, 25], 26);
    recording.guard().flush().expect("a store that works");
    let events = watcher.until_over("cheapest");
    assert_eq!(words(&events), ["affordable", "cheapest", "completed"]);
    let run = events[2].data["id"].as_str().expect("an id");
    let opened = get(server.address(), &format!("/api/v1/runs/{run}")).json();
    assert_eq!(events[2].data, opened["run"]);
    let mut filter = opened["steps"]["data"][1].clone();
    filter["run"] = run.into();
    assert_eq!(events[0].data, filter);
    assert_eq!(filter["counts"]["eliminated"], 1);
    let numbers: Vec<u64> = events.iter().map(|event| event.id[17..].parse().expect("a number")).collect();
    assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
    assert!(events.iter().all(|event| event.id[..16] == run[..16]), "an id names the process");
}

#[test]
fn filters_choose() {
    let (recording, server) = serve(|_| {});
    let mut steps = Watcher::new(server.address(), "?events=step&pipeline=cheapest", "");
    let mut runs = Watcher::new(server.address(), "?events=run,run", "");
    ticks(3);
    cheapest(vec![1], 1);
    recording.guard().flush().expect("a store that works");
    assert_eq!(words(&steps.until(|event| event.data["name"] == "cheapest")), ["affordable", "cheapest"]);
    assert_eq!(words(&runs.until_over("cheapest")), ["completed", "completed"]);
}

#[test]
fn what_a_client_allows_of_other_answers_holds_up_no_event() {
    let (recording, server) = serve(|_| {});
    let headers = "Accept-Encoding: gzip, zstd\r\nIf-None-Match: *\r\n";
    let mut watcher = Watcher::new(server.address(), "", headers);
    for _ in 0..2 {
        ticks(100);
        recording.guard().flush().expect("a store that works");
        assert_eq!(watcher.until_over("ticks").len(), 102);
    }
}

#[test]
fn who_loses_the_connection_goes_on_behind_the_last_event() {
    let (recording, server) = serve(|_| {});
    let mut watcher = Watcher::new(server.address(), "?events=run", "");
    cheapest(vec![1], 1);
    recording.guard().flush().expect("a store that works");
    watcher.until_over("cheapest");
    let last = watcher.id.clone();
    drop(watcher);
    ticks(2);
    recording.guard().flush().expect("a store that works");
    let expected = ["tick", "tick", "ticks", "completed"];
    let mut by_header = Watcher::new(server.address(), "?last_event_id=ignored", &format!("Last-Event-ID: {last}\r\n"));
    assert_eq!(words(&by_header.until_over("ticks")), expected);
    let mut by_query = Watcher::new(server.address(), &format!("?last_event_id={last}"), "");
    assert_eq!(words(&by_query.until_over("ticks")), expected);
    let other = "00000000000000ff-3";
    let mut restarted = Watcher::new(server.address(), &format!("?last_event_id={other}"), "");
    let dropped = restarted.block().expect("an event");
    assert_eq!((&*dropped.kind, dropped.data), ("dropped", json!({"events": 0, "restarted": true})));
    assert_eq!(words(&restarted.until_over("ticks")).len(), 7, "all there is of this process");
}

#[test]
fn who_comes_too_late_is_told_how_much_is_missing() {
    let (recording, server) = serve(|_| {});
    // Somebody listens all the while, so that the ring is filled.
    let listening = Watcher::new(server.address(), "?pipeline=nothing", "");
    let (id, count) = (listening.id.clone(), xray::feed::CAPACITY as u64);
    ticks(count + 100);
    recording.guard().flush().expect("a store that works");
    let mut late = Watcher::new(server.address(), &format!("?last_event_id={id}"), "");
    let events = late.until_over("ticks");
    assert_eq!((&*events[0].kind, &events[0].data["restarted"]), ("dropped", &json!(false)));
    let missed = events[0].data["events"].as_u64().expect("a number");
    let number = |id: &str| id[17..].parse::<u64>().expect("a number");
    assert_eq!((missed, events.len() as u64 - 1), (number(&late.id) - number(&id) - count, count));
    let numbers = events.iter().map(|event| number(&event.id));
    assert!(numbers.eq(number(&id) + missed..=number(&late.id)));
}

#[test]
fn who_never_reads_slows_nobody() {
    const STEPS: u64 = 100_000;
    let (recording, server) = serve(|_| {});
    let mut stuck = TcpStream::connect(server.address()).expect("the server listens");
    write!(stuck, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
    let mut reads = Watcher::new(server.address(), "", "");
    for _ in 0..10 {
        ticks(STEPS / 10);
    }
    recording.guard().flush().expect("a store that works");
    let stats = xray::stats();
    assert_eq!((stats.dropped.total(), stats.in_flight), (0, 0), "{stats:?}");
    assert_eq!(get(server.address(), "/health").status, 200);
    // Whoever reads has heard of everything, or how much it missed.
    let (mut steps, mut dropped) = (0, 0);
    while steps + dropped < STEPS + 10 {
        match reads.block() {
            Some(Event { kind, .. }) if kind == "step" => steps += 1,
            Some(Event { kind, data, .. }) if kind == "dropped" => {
                dropped += data["events"].as_u64().expect("a number");
            }
            _ => {}
        }
    }
    assert!(steps > 0);
    let runs = recording.runs();
    assert_eq!(runs.iter().map(|run| run.steps).sum::<u64>(), STEPS + 10);
    // The one that never read is where it was: it has heard nothing twice.
    drop(stuck);
}

#[test]
fn who_takes_nothing_is_let_go() {
    let (recording, server) = serve(|live| (live.clients, live.heartbeat) = (1, Duration::from_millis(20)));
    let mut stuck = TcpStream::connect(server.address()).expect("the server listens");
    write!(stuck, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
    stuck.read_exact(&mut [0; 12]).expect("an answer");
    // More than fits between the two.
    while xray::stats().stored < 100_000 {
        ticks(10_000);
        recording.guard().flush().expect("a store that works");
    }
    wait_for_a_place(server.address());
}

/// Until somebody else can watch.
fn wait_for_a_place(address: SocketAddr) {
    let began = Instant::now();
    loop {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        write!(stream, "GET /api/v1/live HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("a request");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        if status.ends_with(b"200") {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "nobody was let go");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn no_more_watch_than_may() {
    let (_recording, server) = serve(|live| (live.clients, live.heartbeat) = (2, Duration::from_millis(20)));
    let (first, _second) = (Watcher::new(server.address(), "", ""), Watcher::new(server.address(), "", ""));
    let body = problem(&get(server.address(), "/api/v1/live"), 503, "too_many_clients");
    assert!(body["detail"].as_str().expect("words").starts_with("2 clients watch already"), "{body}");
    drop(first);
    wait_for_a_place(server.address());
}

#[test]
fn who_hears_nothing_is_told_that_the_server_is_alive() {
    let (recording, server) = serve(|live| live.heartbeat = Duration::from_millis(20));
    let mut watcher = Watcher::new(server.address(), "?pipeline=nothing", "");
    let first = watcher.id.clone();
    assert_eq!(watcher.line(), ": alive\n");
    cheapest(vec![1], 1);
    recording.guard().flush().expect("a store that works");
    // Its place moves on with what it does not want to know.
    while watcher.id == first {
        assert_eq!(watcher.block(), None);
    }
}

#[test]
fn streams_end_with_the_server_and_with_the_collector() {
    let (mut recording, server) = serve(|_| {});
    let watcher = Watcher::new(server.address(), "", "");
    let began = Instant::now();
    server.stop();
    assert!(watcher.ends());
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    let guard = recording.guard();
    let live = Live::new(Arc::clone(guard.feed().expect("it records")));
    let stats = Arc::new(xray::stats);
    let source = Source { store: guard.store(), stats, metrics: Arc::new(Metrics::default), live };
    let server = Server::start("127.0.0.1:0", source).expect("a free port");
    let watcher = Watcher::new(server.address(), "", "");
    recording.stop();
    assert!(watcher.ends());
}

#[test]
fn hostile_texts_stay_within_their_event() {
    let (recording, server) = serve(|_| {});
    let mut watcher = Watcher::new(server.address(), "?events=run", "");
    let hostile = "a\n\nevent: run\rdata: {}\r\n\r\nid: 7\u{2028}\u{0}</script>";
    fails(hostile).expect_err("it fails");
    recording.guard().flush().expect("a store that works");
    let events = watcher.until_over("fails");
    assert_eq!((events.len(), &events[0].data["error"]), (1, &json!(hostile)));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let (_recording, server) = serve(|_| {});
    let ask = |query: &str| get(server.address(), &format!("/api/v1/live?{query}"));
    for wrong in ["", "7", "0000000000000abc-", "xyz-1", "%00"] {
        let body = problem(&ask(&format!("last_event_id={wrong}")), 400, "invalid_parameter");
        assert_eq!(body["parameter"], "last_event_id");
    }
    let body = problem(&ask("events=steps"), 400, "invalid_parameter");
    assert_eq!((&body["parameter"], &body["allowed"]), (&json!("events"), &json!(["run", "step"])));
    let body = problem(&ask("pipelin=x"), 400, "unknown_parameter");
    assert_eq!(body["allowed"], json!(["events", "pipeline", "last_event_id"]));
}
