//! A store with known content, and a server over it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use xray_collector::Metrics;
use xray_collector::decision::DecisionCounts;
use xray_collector::id::{ProcessId, RunId, StepId};
use xray_collector::model::{Callsite, Level, Outcome, Run, RunStatus};
use xray_collector::stats::Stats;
use xray_collector::store::{Batch, EmbeddedStore, PayloadRef, Segment, StepRow, Store};
use xray_web::{Live, Server, Source};

use crate::client::{self, Answer};

/// 2026-01-31T12:00:00Z.
pub(crate) const NOON: u64 = 1_769_860_800_000_000_000;

pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) stats: Arc<Mutex<Stats>>,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Arc<EmbeddedStore>,
}

impl Fixture {
    /// A server over a store that holds `batch`.
    pub(crate) fn with(batch: &Batch) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(directory.path().join("runs.redb")).unwrap());
        store.write(batch).unwrap();
        let stats = Arc::new(Mutex::new(Stats::default()));
        let server =
            Server::start("127.0.0.1:0", source(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&stats))).unwrap();
        Self { server, stats, directory, store }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        client::get(self.server.address(), path)
    }

    /// The answer without its body.
    pub(crate) fn head(&self, path: &str) -> Answer {
        let address = self.server.address();
        client::request(address, "HEAD", path, &format!("Host: {address}\r\n"))
    }
}

pub(crate) fn source(store: Arc<dyn Store>, stats: Arc<Mutex<Stats>>) -> Source {
    let stats = move || stats.lock().unwrap().clone();
    Source { store, stats: Arc::new(stats), metrics: Arc::new(Metrics::default), live: Live::default() }
}

/// The number-th run: of `movies`, completed, begun `number` milliseconds after noon.
pub(crate) fn run(number: u64) -> Run {
    let started_ns = NOON + number * 1_000_000;
    Run {
        id: run_id(number),
        pipeline: "movies".into(),
        status: RunStatus::Completed,
        outcome: Outcome::Ok,
        started_ns,
        ended_ns: Some(started_ns + 500),
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

pub(crate) fn run_id(number: u64) -> RunId {
    RunId::new(ProcessId(0xabc), StepId(number + 1))
}

/// The counts of a step that nothing was decided in, as they are written.
pub(crate) fn no_counts() -> Value {
    json!({
        "kept": 0,
        "eliminated": 0,
        "scored": 0,
        "introduced": 0,
        "refused": 0,
        "inferred": false,
        "rejection_rate": null,
        "reasons": [],
    })
}

pub(crate) fn callsite(name: &str, kind: &str, arguments: &[&str]) -> Arc<Callsite> {
    Arc::new(Callsite {
        name: name.into(),
        kind: kind.into(),
        module: "movies::pipeline".into(),
        file: "src/pipeline.rs".into(),
        line: 12,
        arguments: arguments.iter().map(|argument| (*argument).into()).collect(),
        opens_run: false,
        items: "".into(),
        key: "".into(),
    })
}

/// A step of callsite 0 without payload, begun as many nanoseconds after noon as its id says.
pub(crate) fn step(run: RunId, step: u64) -> StepRow {
    StepRow {
        run,
        step: StepId(step),
        parent: None,
        callsite: 0,
        outcome: Outcome::Ok,
        is_final: true,
        started_ns: NOON + step,
        duration_ns: Some(40),
        thread: 3,
        items_in: None,
        items_out: None,
        counts: DecisionCounts::default(),
        important: false,
        level: Level::Full,
        arguments: None,
        result: None,
    }
}

/// Encoded values, as the collector would write them.
#[derive(Default)]
pub(crate) struct Payload(pub(crate) Segment);

impl Payload {
    /// Writes values one after the other, and says where they are.
    pub(crate) fn put(&mut self, values: &[&Encoded]) -> PayloadRef {
        let offset = self.0.payload.len();
        for value in values {
            value.write(&mut self.0);
        }
        PayloadRef {
            segment: self.0.number,
            offset: offset.try_into().unwrap(),
            length: (self.0.payload.len() - offset).try_into().unwrap(),
        }
    }
}

/// A value to be encoded.
pub(crate) enum Encoded {
    Json(Value),
    /// A list of which elements are missing, and the length it had.
    Cut(Vec<Encoded>, u32),
    /// What `Debug` wrote.
    Text(&'static str),
    Redacted,
    List(Vec<Encoded>),
    /// A condition with the values of its operands, as a fact has it.
    Check(&'static str, Value),
}

impl Encoded {
    fn write(&self, segment: &mut Segment) {
        match self {
            Self::Json(value) => json(value, segment),
            Self::Cut(elements, length) => {
                segment.payload.push(0x40);
                segment.payload.extend(length.to_le_bytes());
                elements.iter().for_each(|element| element.write(segment));
                segment.payload.push(0x0e);
            }
            Self::Text(text) => string(0x60, text, segment),
            Self::Redacted => segment.payload.push(0x63),
            Self::List(elements) => {
                segment.payload.push(0x40);
                segment.payload.extend(u32::try_from(elements.len()).unwrap().to_le_bytes());
                elements.iter().for_each(|element| element.write(segment));
                segment.payload.push(0x0f);
            }
            Self::Check(condition, operands) => fields(condition, operands, segment),
        }
    }
}

fn json(value: &Value, segment: &mut Segment) {
    match value {
        Value::Null => segment.payload.push(0x00),
        Value::Bool(value) => segment.payload.push(if *value { 0x02 } else { 0x01 }),
        Value::Number(number) if number.is_u64() => {
            segment.payload.push(0x13);
            segment.payload.extend(number.as_u64().unwrap().to_le_bytes());
        }
        Value::Number(number) => {
            segment.payload.push(0x21);
            segment.payload.extend(number.as_f64().unwrap().to_le_bytes());
        }
        Value::String(text) => string(0x31, text, segment),
        Value::Array(elements) => {
            segment.payload.push(0x40);
            segment.payload.extend(u32::try_from(elements.len()).unwrap().to_le_bytes());
            elements.iter().for_each(|element| json(element, segment));
            segment.payload.push(0x0f);
        }
        Value::Object(_) => fields("Struct", value, segment),
    }
}

fn fields(struct_name: &str, value: &Value, segment: &mut Segment) {
    segment.payload.push(0x42);
    name(struct_name, segment);
    for (field, value) in value.as_object().unwrap() {
        name(field, segment);
        json(value, segment);
    }
    segment.payload.extend(0x7fff_u16.to_le_bytes());
}

fn string(tag: u8, text: &str, segment: &mut Segment) {
    segment.payload.push(tag);
    segment.payload.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    segment.payload.extend(text.as_bytes());
}

fn name(text: &str, segment: &mut Segment) {
    let number = segment.names.iter().position(|name| **name == *text).unwrap_or_else(|| {
        segment.names.push(text.into());
        segment.names.len() - 1
    });
    segment.payload.extend(u16::try_from(number).unwrap().to_le_bytes());
}
