//! `GET /api/v1/stats` and `GET /health`.

use serde_json::json;
use xray_collector::model::RunStatus;
use xray_collector::stats::{Dropped, Recovered, Stats};
use xray_collector::store::{Batch, Removed};

use crate::fixture::{Fixture, callsite, run, step};

#[test]
fn the_books_and_the_store_are_summed_up() {
    let mut runs: Vec<_> = (0..4).map(run).collect();
    runs[3].status = RunStatus::Crashed;
    let steps = runs.iter().map(|run| step(run.id, 1)).collect();
    let fixture =
        Fixture::with(&Batch { callsites: vec![(0, callsite("search", "", &[]))], runs, steps, ..Batch::default() });
    *fixture.stats.lock().unwrap() = Stats {
        produced: 23,
        stored: 8,
        dropped: Dropped { no_chunk: 7, too_large: 1, stopped: 0, store: 2, corrupt: 0, panic: 3 },
        unattributed: 1,
        in_flight: 2,
        unsampled_runs: 6,
        store_error: Some("disk full".to_owned()),
        schema_misfits: 4,
        panics: 1,
        last_panic: Some("a bug".to_owned()),
        removed: Removed { runs: 6, steps: 60 },
        retention_error: Some("disk gone".to_owned()),
        crash_proof: true,
        recovered: Recovered { stored: 5, corrupt: 1, lost: 0 },
        recovery_notes: vec!["a note".to_owned()],
    };
    let answer = fixture.get("/api/v1/stats").ok();
    let events = json!({
        "produced": 23,
        "stored": 8,
        "dropped": {"no_chunk": 7, "too_large": 1, "stopped": 0, "store": 2, "corrupt": 0, "panic": 3},
        "unattributed": 1,
        "in_flight": 2,
        "unsampled_runs": 6,
        "store_error": "disk full",
        "schema_misfits": 4,
        "panics": 1,
        "last_panic": "a bug",
        "removed": {"runs": 6, "steps": 60},
        "retention_error": "disk gone",
        "crash_proof": true,
        "recovered": {"stored": 5, "corrupt": 1, "lost": 0},
        "recovery_notes": ["a note"],
    });
    assert_eq!(answer["events"], events);
    let by_status = json!({"running": 0, "completed": 3, "failed": 0, "crashed": 1, "incomplete": 0});
    assert_eq!((&answer["store"]["runs"], &answer["store"]["steps"]), (&by_status, &json!(4)));
    assert!(answer["store"]["bytes"].as_u64().unwrap() > 0);
    let path = fixture.directory.path().join("runs.redb");
    assert_eq!(answer["store"]["path"], path.to_str().unwrap());
    fixture.get("/api/v1/stats?verbose").problem(400, "unknown_parameter");
}

#[test]
fn health_follows_the_store() {
    let fixture = Fixture::with(&Batch::default());
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(fixture.get("/health").ok(), json!({"status": "ok", "version": version}));

    fixture.stats.lock().unwrap().store_error = Some("disk full".to_owned());
    let answer = fixture.get("/health");
    assert_eq!((answer.status, answer.header("content-type")), (503, Some("application/json")));
    assert_eq!(answer.json(), json!({"status": "degraded", "version": version, "reason": "disk full"}));

    fixture.stats.lock().unwrap().store_error = None;
    fixture.get("/health").ok();
}
