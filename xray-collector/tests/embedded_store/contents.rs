//! What is written is what is read, at once and after the store was opened again.

use serde_json::json;
use xray_collector::id::{ProcessId, StepId};
use xray_collector::model::{Outcome, RunStatus};
use xray_collector::store::{Batch, Segment, Store};

use crate::fixture::{all_runs, batch, callsite, count, directory, everything, open, run, run_id, runs, step};
use crate::fixture::{store_with_batch, text};

#[test]
fn runs_are_read_as_they_were_written() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    for run in batch().runs {
        assert_eq!(store.run(run.id).unwrap(), Some(run));
    }
    assert_eq!(store.run(run_id(3)).unwrap(), None);
}

#[test]
fn steps_are_read_as_they_were_written() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    let rows = batch().steps;
    let steps = store.steps(run_id(1), None, 10).unwrap();
    assert_eq!(steps.iter().map(|step| step.id.0).collect::<Vec<_>>(), [1, 2, u64::MAX]);
    for (step, row) in steps.iter().zip([&rows[1], &rows[0], &rows[2]]) {
        assert_eq!(
            (step.id, step.parent, step.outcome, step.started_ns, step.duration_ns, step.thread),
            (row.step, row.parent, row.outcome, row.started_ns, row.duration_ns, row.thread),
        );
        assert_eq!((step.items_in, step.items_out), (row.items_in, row.items_out));
    }
    assert_eq!(steps[0].callsite, callsite("pick", &["catalog", "rating"]));
    assert_eq!(steps[1].callsite, callsite("suitable", &["candidates"]));
    assert!(store.steps(run_id(3), None, 10).unwrap().is_empty());
}

#[test]
fn captured_values_are_read_as_they_were_written() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    let detail = |step| serde_json::to_value(store.step(run_id(1), StepId(step)).unwrap().unwrap()).unwrap();

    let root = detail(1);
    assert_eq!(
        root["arguments"],
        json!([
            {"name": "catalog", "level": "structured", "value": [{"title": "Alien"}, {"title": "Heat"}]},
            {"name": "rating", "level": "structured", "value": 7},
        ]),
    );
    assert_eq!(root["result"], json!(null));
    assert_eq!(
        root["error"],
        json!({
            "message": "no film is left",
            "chain": ["all were eliminated"],
            "location": null,
            "value": {"level": "structured", "value": {"title": "Heat"}},
        }),
    );

    let suitable = detail(2);
    assert_eq!(suitable["arguments"], json!([]));
    assert_eq!(suitable["result"], json!({"level": "structured", "value": []}));
    assert_eq!(suitable["error"], json!(null));

    let panicked = detail(u64::MAX);
    assert_eq!(panicked["arguments"][0]["value"], json!({"title": "Alien"}));
    assert_eq!(panicked["error"]["message"], json!("no votes"));
    assert_eq!(panicked["error"]["location"], json!("src/pick.rs:9:5"));

    assert!(store.step(run_id(1), StepId(3)).unwrap().is_none());
    assert!(store.step(run_id(3), StepId(1)).unwrap().is_none());
}

#[test]
fn everything_is_there_when_the_store_is_opened_again() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = store_with_batch(&path);
    let before = everything(&store);
    drop(store);
    assert_eq!(everything(&open(&path)), before);
}

#[test]
fn a_later_batch_may_refer_to_the_segments_of_earlier_ones() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    let mut row = batch().steps[1].clone();
    row.run = run_id(9);
    store.write(&Batch { steps: vec![row], ..Batch::default() }).unwrap();
    let detail = store.step(run_id(9), StepId(1)).unwrap().unwrap();
    assert_eq!(detail.arguments[1].captured.to_json(), json!(7));
}

#[test]
fn segments_of_any_size_are_read_whole() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    // Words that do not compress, so that the stored segment has about as many bytes.
    let mut state = 1_u64;
    let mut words = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text(&format!("{state:016x}"))
    });
    for (number, count) in (1..).zip([1, 100, 230, 240, 1_000, 60_000]) {
        let values: Vec<_> = words.by_ref().take(count).collect();
        let mut row = step(run_id(number), 1);
        row.callsite = 7;
        row.arguments = Some(xray_collector::store::PayloadRef {
            segment: number,
            offset: 0,
            length: values.iter().map(Vec::len).sum::<usize>() as u32,
        });
        let names = (0..count).map(|name| format!("argument_{name}").into());
        let mut function = (*callsite("pick", &[])).clone();
        function.arguments = names.collect();
        let segment = Segment { number, names: Vec::new(), payload: values.concat() };
        let batch = Batch {
            callsites: vec![(7, function.into())],
            steps: vec![row],
            segments: vec![segment],
            ..Batch::default()
        };
        open(&path).write(&batch).unwrap();
        let detail = open(&path).step(run_id(number), StepId(1)).unwrap().unwrap();
        let read: Vec<_> = detail.arguments.iter().map(|argument| argument.captured.bytes()).collect();
        assert_eq!(read, values, "segment {number}");
    }
}

#[test]
fn the_next_segment_follows_the_highest() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = open(&path);
    assert_eq!(store.next_segment().unwrap(), 0);
    for (number, next) in [(0, 1), (5, 6), (3, 6)] {
        let segment = Some(Segment { number, ..Segment::default() });
        store.write(&Batch { segments: segment.into_iter().collect(), ..Batch::default() }).unwrap();
        assert_eq!(store.next_segment().unwrap(), next);
    }
    drop(store);
    assert_eq!(open(&path).next_segment().unwrap(), 6);
}

#[test]
fn a_run_is_replaced_as_a_whole() {
    let directory = directory();
    let store = open(&directory.path().join("movies.redb"));
    let mut changing = run(1, 5_000, RunStatus::Running);
    store.write(&runs([changing.clone(), run(2, 4_000, RunStatus::Running)])).unwrap();
    assert_eq!(all_runs(&store), [run_id(1), run_id(2)]);

    // The event that began it arrives last, and says that it began before the other one.
    changing.started_ns = 3_000;
    changing.ended_ns = Some(9_000);
    changing.status = RunStatus::Completed;
    changing.outcome = Outcome::Ok;
    changing.pipeline = "pick_another".into();
    store.write(&runs([changing.clone()])).unwrap();
    assert_eq!(all_runs(&store), [run_id(2), run_id(1)]);
    assert_eq!(store.run(run_id(1)).unwrap(), Some(changing));
}

#[test]
fn counts_follow_what_is_there() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = store_with_batch(&path);
    let counts = |store: &_| RunStatus::ALL.map(|status| count(store, status));
    assert_eq!((counts(&store), store.summary().unwrap().steps), ([1, 0, 1, 0, 0], 4));

    // The same again, as after a commit of which nobody heard that it had succeeded.
    let before = everything(&store);
    store.write(&batch()).unwrap();
    assert_eq!(everything(&store), before);

    let ended = RunStatus::ALL.into_iter().zip(10..).map(|(status, root)| run(root, root, status));
    let mut batch = runs(ended.chain([run(2, 3_000, RunStatus::Completed)]));
    batch.steps = vec![step(run_id(2), 2), step(run_id(2), 3)];
    store.write(&batch).unwrap();
    assert_eq!((counts(&store), store.summary().unwrap().steps), ([1, 2, 2, 1, 1], 5));

    // One run, twice in one batch.
    store.write(&runs([run(10, 10, RunStatus::Failed), run(10, 11, RunStatus::Completed)])).unwrap();
    assert_eq!(counts(&store), [0, 3, 2, 1, 1]);

    drop(store);
    let store = open(&path);
    assert_eq!((counts(&store), store.summary().unwrap().steps), ([0, 3, 2, 1, 1], 5));
}

#[test]
fn the_summary_says_where_the_store_is_and_how_large() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = store_with_batch(&path);
    let summary = store.summary().unwrap();
    assert_eq!(summary.path.as_ref(), Some(&path));
    assert_eq!(summary.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(summary.runs.iter().map(|(status, _)| *status).collect::<Vec<_>>(), RunStatus::ALL);
    assert_eq!(store.path(), path);
}

#[test]
fn an_empty_batch_changes_nothing() {
    let directory = directory();
    let store = store_with_batch(&directory.path().join("movies.redb"));
    let before = everything(&store);
    store.write(&Batch::default()).unwrap();
    assert_eq!(everything(&store), before);
}

#[test]
fn running_runs_of_other_processes_are_marked_crashed() {
    let directory = directory();
    let path = directory.path().join("movies.redb");
    let store = open(&path);
    let other = |root| xray_collector::id::RunId::new(ProcessId(0xb), StepId(root));
    let mut silent = run(0, 50, RunStatus::Running);
    silent.id = other(1);
    let mut talkative = run(0, 60, RunStatus::Running);
    talkative.id = other(2);
    let mut ended = run(0, 70, RunStatus::Completed);
    ended.id = other(3);
    ended.ended_ns = Some(71);
    let own = run(1, 80, RunStatus::Running);
    let mut first = step(other(2), 1);
    (first.started_ns, first.duration_ns, first.outcome) = (60, None, Outcome::Open);
    let mut second = step(other(2), 2);
    (second.started_ns, second.duration_ns) = (100, Some(11));
    let mut third = step(other(2), 3);
    (third.started_ns, third.duration_ns, third.outcome) = (105, None, Outcome::Open);
    let mut batch = runs([silent.clone(), talkative.clone(), ended.clone(), own.clone()]);
    batch.callsites = vec![(0, callsite("suitable", &[]))];
    batch.steps = vec![first, second, third];
    store.write(&batch).unwrap();

    drop(store);
    let store = open(&path);
    assert_eq!(store.mark_crashed(crate::fixture::PROCESS).unwrap(), 2);

    (silent.status, silent.ended_ns) = (RunStatus::Crashed, Some(50));
    (talkative.status, talkative.ended_ns) = (RunStatus::Crashed, Some(111));
    for run in [silent, talkative, ended, own] {
        assert_eq!(store.run(run.id).unwrap(), Some(run));
    }
    let outcomes: Vec<_> = store.steps(other(2), None, 10).unwrap().into_iter().map(|step| step.outcome).collect();
    assert_eq!(outcomes, [Outcome::Open, Outcome::Returned, Outcome::Open]);
    assert_eq!(RunStatus::ALL.map(|status| count(&store, status)), [1, 1, 0, 2, 0]);
    assert_eq!(store.mark_crashed(crate::fixture::PROCESS).unwrap(), 0);
    assert_eq!(store.mark_crashed(ProcessId(0xc)).unwrap(), 1);
}
