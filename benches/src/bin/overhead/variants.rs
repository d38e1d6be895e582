//! Every way to record each workload.

use std::cell::RefCell;
use std::path::Path;

use crate::fastrace_peer::{self, Fastrace};
use crate::measure::{self, REFERENCE, Variant};
use crate::recorded::{self, Recorded};
use crate::reference::{self, Buffer};
use crate::tracing_peer::{self, Subscriber};
use crate::workload::{self, Item, Lists};

/// All that record, started once for the process.
pub(crate) struct Recorders {
    pub(crate) recorded: Recorded,
    fastrace: Fastrace,
    registry: Subscriber,
    json: Subscriber,
    telemetry: Subscriber,
    buffer: RefCell<Buffer>,
}

/// The variants of one workload. Each body is given the arguments anew, for `C` owns its list.
macro_rules! variants {
    ($workload:ident($($argument:expr),*), $recorders:expr) => {{
        let Recorders { recorded, fastrace, registry, json, telemetry, buffer } = $recorders;
        let traced = move || {
            let _ = std::hint::black_box(tracing_peer::$workload($($argument),*));
        };
        vec![
            Variant::new("plain", move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box(workload::$workload($($argument),*));
            })),
            Variant::new("xray off", move |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box(recorded::off::$workload($($argument),*));
            })),
            Variant::new("xray metrics", move |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box(recorded::metrics::$workload($($argument),*));
            }))
            .delivering(move || recorded.delivered()),
            Variant::new("xray full", move |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box(recorded::full::$workload($($argument),*));
            }))
            .delivering(move || recorded.delivered())
            .bytes(recorded.bytes_of(|| _ = recorded::full::$workload($($argument),*))?),
            Variant::new(REFERENCE, move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box(reference::$workload(&mut buffer.borrow_mut(), $($argument),*));
            }))
            .bytes(buffer.borrow_mut().bytes_of(|buffer| _ = reference::$workload(buffer, $($argument),*))),
            Variant::new("fastrace bare", move |calls| fastrace_peer::batches(calls, || {
                let _ = std::hint::black_box(fastrace_peer::bare::$workload($($argument),*));
            }))
            .delivering(move || fastrace.delivered()),
            Variant::new("fastrace JSON", move |calls| fastrace_peer::batches(calls, || {
                let _ = std::hint::black_box(fastrace_peer::json::$workload($($argument),*));
            }))
            .delivering(move || fastrace.delivered()),
            Variant::new("tracing registry", move |calls| registry.batches(calls, traced)),
            Variant::new("tracing JSON", move |calls| json.batches(calls, traced))
                .delivering(move || json.delivered())
                .bytes(json.bytes_of(traced)),
            Variant::new("tracing OpenTelemetry", move |calls| telemetry.batches(calls, traced))
                .delivering(move || telemetry.delivered()),
        ]
    }};
}

impl Recorders {
    /// Starts them; xray's store is in this directory.
    pub(crate) fn start(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            recorded: Recorded::start(directory)?,
            fastrace: Fastrace::start(),
            registry: Subscriber::registry(),
            json: Subscriber::json(),
            telemetry: Subscriber::telemetry(),
            buffer: RefCell::default(),
        })
    }

    /// `A`.
    pub(crate) fn scalars(&self) -> anyhow::Result<Vec<Variant<'_>>> {
        Ok(variants!(scalars(1, 2.0, 3.0), self))
    }

    /// `B`.
    pub(crate) fn result<'a>(&'a self, item: &'a Item) -> anyhow::Result<Vec<Variant<'a>>> {
        Ok(variants!(result(item, 5.0), self))
    }

    /// `C`.
    pub(crate) fn list<'a>(&'a self, lists: &'a Lists) -> anyhow::Result<Vec<Variant<'a>>> {
        Ok(variants!(list(lists.take(), 50.0), self))
    }
}
