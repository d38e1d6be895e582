//! Starting and stopping.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use xray_collector::stats::Stats;
use xray_collector::store::{Batch, EmbeddedStore};
use xray_web::{ServeError, Server, Source};

use crate::client;
use crate::fixture::{Fixture, source};

fn parts() -> (tempfile::TempDir, Source) {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path().join("runs.redb")).unwrap();
    (directory, source(Arc::new(store), Arc::new(Mutex::new(Stats::default()))))
}

/// Books that say when they are asked for, and answer once the sender is dropped.
fn slow_stats() -> (Arc<dyn Fn() -> Stats + Send + Sync>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (asked, was_asked) = mpsc::sync_channel(1);
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let stats = move || {
        asked.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        Stats::default()
    };
    (Arc::new(stats), was_asked, release)
}

fn refusal(address: &str) -> ServeError {
    Server::start(address, parts().1).expect_err(address)
}

#[test]
fn a_taken_port_is_an_error_at_once() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let error = refusal(&address.to_string());
    assert!(matches!(error, ServeError::InUse { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "cannot serve on {address}: another program listens there; choose another port, or port 0 for any free one"
        )
    );
}

#[test]
fn addresses_that_others_can_reach_are_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7878", "example.com:7878"] {
        let error = refusal(address);
        assert!(matches!(error, ServeError::NotLoopback { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "xray serves on loopback addresses only, such as 127.0.0.1:7878: {address} can be reached from other \
                 machines, and there is no access control"
            )
        );
    }
}

#[test]
fn what_is_not_an_address_is_refused() {
    for address in ["", "here", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999"] {
        let error = refusal(address);
        assert!(matches!(error, ServeError::Address { .. }), "{error:?}");
        let expected = format!("cannot serve on {address:?}: expected host:port, such as 127.0.0.1:7878");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn stopping_frees_the_port_and_lets_go_of_the_store() {
    let (_directory, source) = parts();
    let store = Arc::clone(&source.store);
    let mut address = "localhost:0".to_owned();
    for _ in 0..3 {
        let server = Server::start(&address, source.clone()).unwrap();
        address = server.address().to_string();
        client::get(server.address(), "/api/v1/runs").ok();
        server.stop();
        assert!(TcpStream::connect(&address).is_err(), "nobody listens any more");
    }
    drop(source);
    assert_eq!(Arc::strong_count(&store), 1);
}

#[test]
fn dropping_stops_as_well() {
    let (_directory, source) = parts();
    let server = Server::start("127.0.0.1:0", source).unwrap();
    let address = server.address();
    drop(server);
    TcpListener::bind(address).expect("the port is free");
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let fixture = Fixture::with(&Batch::default());
    let address = fixture.server.address();
    let silent = TcpStream::connect(address).unwrap();
    let mut kept = TcpStream::connect(address).unwrap();
    write!(kept, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(kept.read(&mut [0; 4096]).unwrap() > 0);
    let began = Instant::now();
    fixture.server.stop();
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    drop((silent, kept));
}

#[test]
fn a_source_that_never_answers_does_not_hold_up_the_end() {
    let (_directory, mut source) = parts();
    let (stats, was_asked, release) = slow_stats();
    source.stats = stats;
    let server = Server::start("127.0.0.1:0", source).unwrap();
    let address = server.address();
    let mut stuck = TcpStream::connect(address).unwrap();
    write!(stuck, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    was_asked.recv().unwrap();
    // Others are served meanwhile.
    client::get(address, "/api/v1/runs").ok();
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    TcpListener::bind(address).expect("the port is free");
    drop(release);
}

#[test]
fn a_request_in_progress_is_answered_before_the_end() {
    let (_directory, mut source) = parts();
    let (stats, was_asked, release) = slow_stats();
    source.stats = stats;
    let server = Server::start("127.0.0.1:0", source).unwrap();
    let address = server.address();
    let asking = std::thread::spawn(move || client::get(address, "/health").ok());
    was_asked.recv().unwrap();
    let stopping = std::thread::spawn(move || server.stop());
    // The port is closed as soon as the server is told to stop. Not asked without pause: every connection that succeeds is
    // one that the server has to serve, within the second that it gives to the request.
    while TcpStream::connect(address).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(release);
    assert_eq!(asking.join().unwrap()["status"], "ok");
    stopping.join().unwrap();
}
