//! What `/metrics` says of a program is what the program did, each run and step once.

use std::thread;

use xray_tests::{Recording, get};

#[xray::step(kind = "filter")]
fn even(numbers: Vec<u32>) -> Vec<u32> {
    numbers.into_iter().filter(|number| number.is_multiple_of(2)).collect()
}

#[xray::step]
fn half(number: u32) -> Result<u32, String> {
    if number.is_multiple_of(2) { Ok(number / 2) } else { Err("odd".to_owned()) }
}

#[xray::run]
fn pipeline(numbers: Vec<u32>) -> Result<u32, String> {
    even(numbers.clone());
    half(numbers[0])
}

/// A step that begins on one thread and ends on another, again and again while the collector reads.
#[xray::step]
async fn wandering() {
    let (send, receive) = tokio::sync::oneshot::channel();
    thread::spawn(move || send.send(()));
    let _ = receive.await;
}

fn sample(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {text}"));
    line.trim().parse().unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn each_run_and_step_is_counted_once() {
    let recording = Recording::start_with(|builder| {
        builder.serve("127.0.0.1:0").flush_interval(std::time::Duration::from_millis(1))
    });
    for number in 0..300 {
        let _ = pipeline(vec![number, 1, 2, 3]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        for _ in 0..50 {
            let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(wandering())).collect();
            for task in tasks {
                task.await.unwrap();
            }
        }
    });
    recording.guard().flush().unwrap();
    let answer = get(recording.guard().address().unwrap(), "/metrics");
    let text = &answer.body;
    for (name, count) in [
        (r#"xray_runs_total{pipeline="pipeline",status="completed"}"#, 150),
        (r#"xray_runs_total{pipeline="pipeline",status="failed"}"#, 150),
        (r#"xray_run_duration_seconds_count{pipeline="pipeline"}"#, 300),
        (r#"xray_runs_total{pipeline="wandering",status="completed"}"#, 400),
        (r#"xray_steps_total{name="even",kind="filter",outcome="returned"}"#, 300),
        (r#"xray_steps_total{name="half",kind="",outcome="err"}"#, 150),
        (r#"xray_steps_total{name="wandering",kind="",outcome="returned"}"#, 400),
        (r#"xray_step_duration_seconds_count{name="wandering",kind=""}"#, 400),
        (r#"xray_decisions_total{outcome="kept"}"#, 300 + 150),
        (r#"xray_decisions_total{outcome="eliminated"}"#, 600 + 150),
        (r#"xray_events_dropped_total{reason="no_chunk"}"#, 0),
    ] {
        assert_eq!(sample(text, name), count, "{name}");
    }
}
