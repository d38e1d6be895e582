//! The functions as fastrace records them, into a reporter that only counts: bare, and with all values as JSON texts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::prelude::{LocalSpan, Span, SpanContext};

use crate::measure::BATCH;

const ROOT: &str = "batch";

/// Spans without values.
pub(crate) mod bare {
    use fastrace::future::FutureExt as _;
    use fastrace::prelude::{LocalSpan, Span};

    use crate::workload::{self, Item};

    #[inline(never)]
    pub(crate) fn scalars(a: u64, b: f64, c: f32) -> f64 {
        let _span = LocalSpan::enter_with_local_parent("scalars");
        workload::scalars(a, b, c)
    }

    #[inline(never)]
    pub(crate) fn result(item: &Item, limit: f64) -> Result<bool, String> {
        let _span = LocalSpan::enter_with_local_parent("result");
        workload::result(item, limit)
    }

    #[inline(never)]
    pub(crate) fn list(items: Vec<Item>, limit: f64) -> Vec<Item> {
        let _span = LocalSpan::enter_with_local_parent("list");
        workload::list(items, limit)
    }

    #[inline(never)]
    pub(crate) async fn waiting(a: u64, b: f64, c: f32) -> f64 {
        workload::waiting(a, b, c).in_span(Span::enter_with_local_parent("waiting")).await
    }
}

/// Spans with arguments and result.
pub(crate) mod json {
    use fastrace::future::FutureExt as _;
    use fastrace::prelude::{LocalSpan, Span};

    use super::{text, with_result};
    use crate::workload::{self, Item};

    #[inline(never)]
    pub(crate) fn scalars(a: u64, b: f64, c: f32) -> f64 {
        let _span = LocalSpan::enter_with_local_parent("scalars")
            .with_properties(|| [("a", text(&a)), ("b", text(&b)), ("c", text(&c))]);
        with_result(workload::scalars(a, b, c))
    }

    #[inline(never)]
    pub(crate) fn result(item: &Item, limit: f64) -> Result<bool, String> {
        let _span = LocalSpan::enter_with_local_parent("result")
            .with_properties(|| [("item", text(item)), ("limit", text(&limit))]);
        with_result(workload::result(item, limit))
    }

    #[inline(never)]
    pub(crate) fn list(items: Vec<Item>, limit: f64) -> Vec<Item> {
        let _span = LocalSpan::enter_with_local_parent("list")
            .with_properties(|| [("items", text(&items)), ("limit", text(&limit))]);
        with_result(workload::list(items, limit))
    }

    #[inline(never)]
    pub(crate) async fn waiting(a: u64, b: f64, c: f32) -> f64 {
        let span = Span::enter_with_local_parent("waiting")
            .with_properties(|| [("a", text(&a)), ("b", text(&b)), ("c", text(&c))]);
        async { with_result(workload::waiting(a, b, c).await) }.in_span(span).await
    }
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data has a JSON text")
}

#[inline(always)]
fn with_result<T: serde::Serialize>(result: T) -> T {
    LocalSpan::add_property(|| ("result", text(&result)));
    result
}

/// So many calls, in traces of [`BATCH`].
pub(crate) fn batches(calls: usize, mut call: impl FnMut()) {
    for _ in 0..calls / BATCH {
        let root = Span::root(ROOT, SpanContext::random());
        let _parent = root.set_local_parent();
        for _ in 0..BATCH {
            call();
        }
    }
}

/// The collector, which is one for the process.
pub(crate) struct Fastrace {
    delivered: Arc<AtomicU64>,
}

impl Fastrace {
    pub(crate) fn start() -> Self {
        let delivered = Arc::<AtomicU64>::default();
        fastrace::set_reporter(Counting(Arc::clone(&delivered)), Config::default());
        Self { delivered }
    }

    /// How many calls have been reported, once all are that were made. What does not fit into the thread's queue waits
    /// for the next span: hence one of its own, until nothing comes any more.
    pub(crate) fn delivered(&self) -> u64 {
        let mut before = None;
        loop {
            drop(Span::root(ROOT, SpanContext::random()));
            fastrace::flush();
            let delivered = self.delivered.load(Ordering::Relaxed);
            if before.replace(delivered) == Some(delivered) {
                return delivered;
            }
        }
    }
}

struct Counting(Arc<AtomicU64>);

impl Reporter for Counting {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        let calls = spans.iter().filter(|span| span.name != ROOT).count();
        self.0.fetch_add(calls as u64, Ordering::Relaxed);
    }
}
