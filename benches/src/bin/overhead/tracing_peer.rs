//! The functions as tracing's attribute records them, arguments and result as `Debug` shows them, for three subscribers.
//!
//! They take turns within one process, so that each is the thread's subscriber for its batch. Looking that up instead of
//! the process's takes a few nanoseconds per span.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::measure::BATCH;
use crate::workload::Item;

crate::workload::functions!(#[tracing::instrument(ret)]);

const ROOT: &str = "batch";
/// More than are made in one turn: what is lost by default (2,048) would not be compared with the same data.
const QUEUE: usize = 65_536;

/// A subscriber, and what has arrived at its end.
pub(crate) struct Subscriber {
    dispatch: Dispatch,
    arrived: Arc<Arrived>,
    provider: Option<SdkTracerProvider>,
}

#[derive(Debug, Default)]
struct Arrived {
    calls: AtomicU64,
    bytes: AtomicU64,
}

impl Subscriber {
    /// Spans, and nothing that looks at them.
    pub(crate) fn registry() -> Self {
        Self { dispatch: Dispatch::new(tracing_subscriber::registry()), arrived: Arc::default(), provider: None }
    }

    /// A line of JSON for each call, written to nowhere on the calling thread.
    pub(crate) fn json() -> Self {
        let arrived = Arc::<Arrived>::default();
        let sink = Arc::clone(&arrived);
        let layer = tracing_subscriber::fmt::layer().json().with_writer(move || Sink(Arc::clone(&sink)));
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        Self { dispatch, arrived, provider: None }
    }

    /// OpenTelemetry's spans, given to a thread that drops them.
    pub(crate) fn telemetry() -> Self {
        let arrived = Arc::<Arrived>::default();
        let config = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
        let processor = BatchSpanProcessor::builder(Counting(Arc::clone(&arrived))).with_batch_config(config).build();
        let provider = SdkTracerProvider::builder().with_span_processor(processor).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("overhead"));
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        Self { dispatch, arrived, provider: Some(provider) }
    }

    /// So many calls, in spans of [`BATCH`].
    pub(crate) fn batches(&self, calls: usize, mut call: impl FnMut()) {
        tracing::dispatcher::with_default(&self.dispatch, || {
            for _ in 0..calls / BATCH {
                let _root = tracing::info_span!("batch").entered();
                for _ in 0..BATCH {
                    call();
                }
            }
        });
    }

    /// How many calls have arrived, once all have that were made.
    pub(crate) fn delivered(&self) -> u64 {
        if let Some(provider) = &self.provider {
            provider.force_flush().expect("an exporter that does nothing does not fail");
        }
        self.arrived.calls.load(Ordering::Relaxed)
    }

    /// The bytes that arrive for one such call.
    pub(crate) fn bytes_of(&self, call: impl FnMut()) -> f64 {
        let before = self.arrived.bytes.load(Ordering::Relaxed);
        self.batches(BATCH, call);
        (self.arrived.bytes.load(Ordering::Relaxed) - before) as f64 / BATCH as f64
    }
}

/// [`io::sink`] that counts: each line comes as one piece.
struct Sink(Arc<Arrived>);

impl io::Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(line.len() as u64, Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Counting(Arc<Arrived>);

impl SpanExporter for Counting {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let calls = batch.iter().filter(|span| span.name != ROOT).count();
        self.0.calls.fetch_add(calls as u64, Ordering::Relaxed);
        std::future::ready(Ok(()))
    }
}
