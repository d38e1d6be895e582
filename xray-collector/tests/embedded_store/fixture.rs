//! What the tests put into a store, and how they look at what is in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use xray_collector::decision::DecisionCounts;
use xray_collector::id::{ProcessId, RunId, StepId};
use xray_collector::model::{Callsite, Level, Outcome, Run, RunStatus};
use xray_collector::schema::Schema;
use xray_collector::store::{
    Batch, EmbeddedStore, MAX_PAGE, PayloadRef, RunQuery, SchemaRow, Segment, StepRow, Store, StoreSummary,
};

pub(crate) const PROCESS: ProcessId = ProcessId(0xa);

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub(crate) fn open(path: &Path) -> EmbeddedStore {
    EmbeddedStore::open(path).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn run_id(root: u64) -> RunId {
    RunId::new(PROCESS, StepId(root))
}

pub(crate) fn run(root: u64, started_ns: u64, status: RunStatus) -> Run {
    Run {
        id: run_id(root),
        pipeline: "pick_movie".into(),
        status,
        outcome: Outcome::Open,
        started_ns,
        ended_ns: None,
        steps: 1,
        failures: 0,
        lost_events: 0,
        error: None,
        parent: None,
        orphan: false,
        level: Level::Full,
        schema: None,
        misfits: 0,
        pinned: false,
    }
}

pub(crate) fn step(run: RunId, step: u64) -> StepRow {
    StepRow {
        run,
        step: StepId(step),
        parent: None,
        callsite: 0,
        outcome: Outcome::Returned,
        is_final: true,
        started_ns: 1_000,
        duration_ns: Some(10),
        thread: 0,
        items_in: None,
        items_out: None,
        counts: DecisionCounts::default(),
        important: false,
        level: Level::Full,
        arguments: None,
        result: None,
    }
}

pub(crate) fn callsite(name: &str, arguments: &[&str]) -> Arc<Callsite> {
    Arc::new(Callsite {
        name: name.into(),
        kind: "filter".into(),
        module: "movies::pick".into(),
        file: "src/pick.rs".into(),
        line: 12,
        arguments: arguments.iter().map(|name| Arc::from(*name)).collect(),
        opens_run: true,
        items: "".into(),
        key: "".into(),
    })
}

pub(crate) fn schema() -> SchemaRow {
    let schema = Schema::new("movies").kind("filter", |kind| kind.input(["candidates"]).meta(["region"])).sanitize();
    SchemaRow { version: schema.version(), first_seen_ns: 500, schema: schema.into() }
}

pub(crate) fn runs(runs: impl IntoIterator<Item = Run>) -> Batch {
    Batch { runs: runs.into_iter().collect(), ..Batch::default() }
}

/// Payload with each value's place.
#[derive(Default)]
pub(crate) struct Payload {
    pub(crate) segment: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Payload {
    /// Puts values, as `xray_collector::value` writes them, one after the other.
    pub(crate) fn put(&mut self, values: &[&[u8]]) -> Option<PayloadRef> {
        let offset = self.bytes.len() as u32;
        self.bytes.extend(values.concat());
        Some(PayloadRef { segment: self.segment, offset, length: self.bytes.len() as u32 - offset })
    }
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [&[0x30, text.len() as u8], text.as_bytes()].concat()
}

pub(crate) fn number(number: u8) -> Vec<u8> {
    vec![0x10, number]
}

pub(crate) fn list(values: &[&[u8]]) -> Vec<u8> {
    [&[0x40], &(values.len() as u32).to_le_bytes()[..], &values.concat(), &[0x0f]].concat()
}

/// A struct with one field, named by the segment's names 0 and 1.
pub(crate) fn film(title: &str) -> Vec<u8> {
    [&[0x42, 0, 0, 1, 0], &text(title)[..], &[0xff, 0x7f]].concat()
}

/// One run with three steps that have captured something, in segment 1, and a second run that has not ended.
pub(crate) fn batch() -> Batch {
    let mut payload = Payload { segment: 1, ..Payload::default() };
    let id = run_id(1);
    let mut root = step(id, 1);
    root.callsite = 7;
    root.outcome = Outcome::Err;
    root.arguments = payload.put(&[&list(&[&film("Alien"), &film("Heat")]), &number(7)]);
    root.result = payload.put(&[&text("no film is left"), &list(&[&text("all were eliminated")]), &film("Heat")]);
    root.items_in = Some(2);
    let mut suitable = step(id, 2);
    suitable.parent = Some(StepId(1));
    suitable.outcome = Outcome::Ok;
    suitable.thread = 3;
    suitable.result = payload.put(&[&list(&[])]);
    suitable.items_out = Some(0);
    let mut panicked = step(id, u64::MAX);
    panicked.parent = Some(StepId(2));
    panicked.outcome = Outcome::Panicked;
    panicked.duration_ns = None;
    panicked.arguments = payload.put(&[&film("Alien")]);
    panicked.result = payload.put(&[&text("no votes"), &text("src/pick.rs:9:5")]);

    let mut failed = run(1, 1_000, RunStatus::Failed);
    failed.outcome = Outcome::Err;
    failed.ended_ns = Some(2_000);
    failed.steps = 3;
    failed.failures = 2;
    failed.lost_events = 4;
    failed.orphan = true;
    failed.misfits = 3;
    failed.schema = Some(schema().version);
    failed.error = Some("no film is left".to_owned());
    failed.parent = Some((RunId(u128::MAX), StepId(9)));
    Batch {
        callsites: vec![(0, callsite("suitable", &["candidates"])), (7, callsite("pick", &["catalog", "rating"]))],
        runs: vec![failed, run(2, 3_000, RunStatus::Running)],
        steps: vec![suitable, root, panicked, step(run_id(2), 2)],
        segments: vec![Segment { number: 1, names: vec!["Film".into(), "title".into()], payload: payload.bytes }],
        schemas: vec![schema()],
        ..Batch::default()
    }
}

/// Everything in the store fits together.
pub(crate) fn assert_sound(store: &EmbeddedStore) {
    let report = store.check(&mut |_, _| {}).expect("a store that can be read");
    assert!(report.is_sound(), "{:#?}", report.problems);
    let runs: u64 = store.summary().expect("a summary").runs.iter().map(|(_, count)| count).sum();
    assert_eq!((report.runs, report.steps), (runs, store.summary().expect("a summary").steps));
}

pub(crate) fn store_with_batch(path: &Path) -> EmbeddedStore {
    let store = open(path);
    store.write(&batch()).expect("the batch is written");
    store
}

/// A store file that was closed.
pub(crate) fn file_with_batch(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("movies.redb");
    drop(store_with_batch(&path));
    path
}

pub(crate) fn all_runs(store: &impl Store) -> Vec<RunId> {
    let page = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).expect("a page");
    page.rows.iter().map(|run| run.id).collect()
}

pub(crate) fn count(store: &impl Store, status: RunStatus) -> u64 {
    let summary = store.summary().expect("a summary");
    summary.runs.iter().find(|(counted, _)| *counted == status).expect("every status is there").1
}

/// Everything that the store answers, as text.
pub(crate) fn everything(store: &impl Store) -> String {
    let mut text = String::new();
    let page = store.runs(&RunQuery { limit: MAX_PAGE, ..RunQuery::default() }).unwrap();
    for run in page.rows {
        text += &format!("{run:?}\n");
        assert_eq!(store.run(run.id).unwrap().as_ref(), Some(&run));
        for step in store.steps(run.id, None, MAX_PAGE).unwrap() {
            let detail = store.step(run.id, step.id).unwrap().unwrap();
            assert_eq!(detail.step, step);
            text += &format!("  {detail:?}\n");
        }
    }
    text += &format!("{:?}\n{:?}\n", store.callsites().unwrap(), store.next_segment().unwrap());
    text += &format!("{:?}\n", store.schemas().unwrap());
    let StoreSummary { runs, steps, .. } = store.summary().unwrap();
    text + &format!("{runs:?} {steps}\n")
}
