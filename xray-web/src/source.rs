//! What a server reads from.

use std::sync::Arc;

use xray_collector::metrics::Metrics;
use xray_collector::stats::Stats;
use xray_collector::store::Store;

use crate::live::Live;

/// What a [`Server`](crate::Server) reads from; shared with the collector that writes it.
#[derive(Clone)]
pub struct Source {
    /// Where the runs are. It is asked on threads that may block.
    pub store: Arc<dyn Store>,
    /// The collector's books as they stand when it is called, which may be on any thread.
    pub stats: Arc<dyn Fn() -> Stats + Send + Sync>,
    /// What happens, for those who watch: [`Live::default`] where nothing is recorded.
    pub live: Live,
    /// What the collector has seen end, likewise.
    pub metrics: Arc<dyn Fn() -> Metrics + Send + Sync>,
}
