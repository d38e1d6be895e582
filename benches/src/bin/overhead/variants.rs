//! Every way to record each workload.

use std::cell::RefCell;
use std::convert::identity;
use std::path::Path;

use crate::fastrace_peer::{self, Fastrace};
use crate::hotpath_peer::{self, Hotpath};
use crate::measure::{self, REFERENCE, Variant};
use crate::recorded::{self, Recorded};
use crate::reference::{self, Buffer};
use crate::same;
use crate::tracing_peer::{self, Subscriber};
use crate::workload::{self, Derived, Item, Lists, wait};

/// All that record, started once for the process.
pub(crate) struct Recorders {
    pub(crate) recorded: Recorded,
    /// The bytes of a call in xray, without its values.
    framing: f64,
    fastrace: Fastrace,
    hotpath: Hotpath,
    registry: Subscriber,
    json: Subscriber,
    telemetry: Subscriber,
    buffer: RefCell<Buffer>,
}

/// The variants of one workload. Each body is given the arguments anew, for `C` owns its list; `$wait` makes the result
/// of what the function returns.
macro_rules! variants {
    ($name:literal, $wait:ident, $workload:ident($($argument:expr),*), $recorders:expr) => {{
        let Recorders { recorded, framing, fastrace, hotpath, registry, json, telemetry, buffer } = $recorders;
        let traced = move || {
            let _ = std::hint::black_box($wait(tracing_peer::$workload($($argument),*)));
        };
        let values = recorded.values_of(|| _ = $wait(recorded::full::$workload($($argument),*)))?;
        let value_bytes = {
            let mut buffer = buffer.borrow_mut();
            let written = buffer.written_by(|buffer| _ = $wait(reference::$workload(buffer, $($argument),*)));
            same::check_values($name, &values, written)?
        };
        let bytes = framing.round() + value_bytes as f64;
        vec![
            Variant::new("plain", move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box($wait(workload::$workload($($argument),*)));
            })),
            Variant::new("xray off", move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box($wait(recorded::off::$workload($($argument),*)));
            })),
            Variant::new("xray metrics", move |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box($wait(recorded::metrics::$workload($($argument),*)));
            }))
            .delivering(move || recorded.delivered()),
            Variant::new("xray sampled", move |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box($wait(recorded::sampled::$workload($($argument),*)));
            }))
            .delivering(move || recorded.delivered())
            .bytes(bytes),
            Variant::new("xray full", move |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box($wait(recorded::full::$workload($($argument),*)));
            }))
            .delivering(move || recorded.delivered())
            .bytes(bytes),
            Variant::new(REFERENCE, move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box($wait(reference::$workload(&mut buffer.borrow_mut(), $($argument),*)));
            }))
            .bytes(bytes),
            Variant::new("hotpath", move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box($wait(hotpath_peer::timed::$workload($($argument),*)));
            }))
            .delivering(move || hotpath.delivered()),
            Variant::new("hotpath result", move |calls| measure::batches(calls, || {
                let _ = std::hint::black_box($wait(hotpath_peer::result::$workload($($argument),*)));
            }))
            .delivering(move || hotpath.delivered()),
            Variant::new("fastrace bare", move |calls| fastrace_peer::batches(calls, || {
                let _ = std::hint::black_box($wait(fastrace_peer::bare::$workload($($argument),*)));
            }))
            .delivering(move || fastrace.delivered()),
            Variant::new("fastrace JSON", move |calls| fastrace_peer::batches(calls, || {
                let _ = std::hint::black_box($wait(fastrace_peer::json::$workload($($argument),*)));
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

/// The same with items that derive `xray::Capture`, beside the one whose items have a `Serialize` alone.
macro_rules! with_derived {
    ($variants:expr, $prepare:expr, $workload:ident($($argument:expr),*), $recorders:expr) => {{
        let recorded = &$recorders.recorded;
        let mut variants: Vec<Variant<'_>> = $variants;
        let derived = Variant::new("xray full, derived", move |calls| recorded::batches(calls, || {
            let _ = std::hint::black_box(recorded::derived::$workload($($argument),*));
        }));
        let derived = derived.preparing($prepare);
        let values = recorded.values_of(|| _ = recorded::derived::$workload($($argument),*))?;
        let bytes = $recorders.framing.round() + same::value_bytes(&values) as f64;
        let full = variants.iter().position(|variant| variant.name == "xray full").unwrap_or_default();
        variants.insert(full + 1, derived.delivering(move || recorded.delivered()).bytes(bytes));
        variants
    }};
}

impl Recorders {
    /// Starts them; what they write is in this directory, and a call of xray takes so many bytes without its values.
    pub(crate) fn start(directory: &Path, framing: f64) -> anyhow::Result<Self> {
        Ok(Self {
            recorded: Recorded::start(directory)?,
            framing,
            fastrace: Fastrace::start(),
            hotpath: Hotpath::start(directory),
            registry: Subscriber::registry(),
            json: Subscriber::json(),
            telemetry: Subscriber::telemetry(),
            buffer: RefCell::default(),
        })
    }

    /// `A`.
    pub(crate) fn scalars(&self) -> anyhow::Result<Vec<Variant<'_>>> {
        Ok(variants!("A", identity, scalars(1, 2.0, 3.0), self))
    }

    /// `B`.
    pub(crate) fn result<'a>(&'a self, item: &'a Item, derived: &'a Derived) -> anyhow::Result<Vec<Variant<'a>>> {
        Ok(with_derived!(variants!("B", identity, result(item, 5.0), self), |_| {}, result(derived, 5.0), self))
    }

    /// `C`.
    pub(crate) fn list<'a>(
        &'a self,
        lists: &'a Lists<Item>,
        derived: &'a Lists<Derived>,
    ) -> anyhow::Result<Vec<Variant<'a>>> {
        let variants = variants!("C", identity, list(lists.take(), 50.0), self).into_iter();
        let variants = variants.map(|variant| variant.preparing(|calls| lists.prepare(calls))).collect();
        Ok(with_derived!(variants, |calls| derived.prepare(calls), list(derived.take(), 50.0), self))
    }

    /// `async`.
    pub(crate) fn waiting(&self) -> anyhow::Result<Vec<Variant<'_>>> {
        Ok(variants!("async", wait, waiting(1, 2.0, 3.0), self))
    }
}
