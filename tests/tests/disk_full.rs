//! The disk is full while the program runs: it goes on, the loss is counted and shown, and recording goes on when
//! there is room again.
//!
//! A limit on the size of files stands for the full disk: it needs no rights, and the write fails in the same place.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use xray::model::RunStatus;
use xray::store::{EmbeddedStore, RunQuery, Store as _};
use xray_tests::{child, get, role};

#[xray::step]
fn hash(noise: Vec<u64>) -> u64 {
    noise.iter().fold(0, |hash, number| hash ^ number)
}

#[xray::run]
fn busy(seed: u64) -> u64 {
    // Numbers that do not compress.
    let mut state = seed | 1;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    hash(noise.take(5_000).collect())
}

fn fill_the_disk(path: &str) {
    let xray = xray::builder()
        .store(path)
        .serve("127.0.0.1:0")
        .waiting_bytes(256 * 1024)
        .flush_interval(Duration::from_millis(10))
        .start()
        .expect("a collector");
    // There is no room for the chunks either, which is known at the start.
    let stats = xray::stats();
    assert!(!stats.crash_proof, "{stats:?}");
    assert!(stats.recovery_notes[0].ends_with("cannot be created: the process may not write a file of that size"));
    let address = xray.address().expect("it serves");
    assert_eq!(get(address, "/health").status, 200);
    let mut seed = 0;
    while xray::stats().dropped.store == 0 {
        seed += 1;
        assert!(seed < 10_000, "the disk never fills up: {:?}", xray::stats());
        busy(seed);
        let _ = xray.flush();
    }
    let error = xray.flush().expect_err("the disk is full");
    assert!(error.to_string().contains(&format!("cannot write to {path:?}")), "{error}");
    let stats = xray::stats();
    assert_eq!(stats.produced, stats.stored + stats.dropped.total() + stats.in_flight, "{stats:?}");
    assert!(stats.store_error.is_some(), "{stats:?}");
    let health = get(address, "/health");
    assert!(health.status == 503 && health.body.contains("cannot write to"), "{health:?}");
    assert!(get(address, "/api/v1/stats").body.contains("\"store_error\":\"recorded events"), "the API shows it");

    // Somebody makes room.
    let pid = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:unlimited"]).status();
    assert!(status.expect("prlimit runs").success());
    busy(0);
    xray.flush().expect("there is room again");
    let stats = xray::stats();
    assert_eq!(stats.produced, stats.stored + stats.dropped.total(), "{stats:?}");
    assert_eq!(get(address, "/health").status, 200);
    println!("dropped: {}", stats.dropped.store);
}

#[test]
fn a_full_disk_costs_what_does_not_fit_and_says_so() {
    if let Some(path) = role() {
        return fill_the_disk(&path);
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("full.redb");
    let this = child("a_full_disk_costs_what_does_not_fit_and_says_so", path.to_str().expect("UTF-8"));
    // Without the signal, which would end the process, a write beyond the limit is an error like that of a full disk.
    // The limit is in units of 512 or 1024 bytes, as the shell has it.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 6000; exec \"$@\"", "sh"])
        .arg(this.get_program())
        .args(this.get_args())
        .envs(this.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let dropped: u64 = said
        .lines()
        .find_map(|line| line.split("dropped: ").nth(1))
        .and_then(|number| number.parse().ok())
        .expect("the child says how many");
    check(&path, dropped);
}

fn check(path: &Path, dropped: u64) {
    let store = EmbeddedStore::open(path).expect("the store opens");
    let runs = store.runs(&RunQuery { limit: 1000, ..RunQuery::default() }).expect("readable").rows;
    assert_eq!((runs[0].status, runs[0].steps, runs[0].lost_events), (RunStatus::Completed, 2, 0), "{:#?}", runs[0]);
    let lost: u64 = runs.iter().map(|run| run.lost_events).sum();
    assert_eq!(lost, dropped, "each loss is shown by its run");
    assert!(runs.iter().all(|run| run.status == RunStatus::Completed), "how runs ended is known all the same");
}
