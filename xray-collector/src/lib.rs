//! What stands between a recorded call and an answer: the event format, the chunks that carry events from the
//! caller's thread, the collector thread that assembles runs from them, and the stores that keep them.
//!
//! Users name the `xray` crate; this one is for those who read a store, or write another kind of store. The map is in
//! `ARCHITECTURE.md`.

#[cfg(any(feature = "embedded", feature = "query"))]
mod abreast;
#[cfg(feature = "embedded")]
mod aside;
mod assembly;
pub mod chunk;
pub mod clock;
pub mod collector;
#[cfg(feature = "query")]
pub mod compare;
pub mod decision;
#[cfg(feature = "query")]
pub mod diff;
pub mod event;
pub mod exit;
pub mod fact;
pub mod feed;
pub mod fork;
pub mod id;
pub mod inference;
pub mod json;
mod ledger;
#[cfg(feature = "query")]
pub mod lineage;
mod map;
pub mod metrics;
mod misfits;
pub mod model;
pub mod payload;
#[cfg(feature = "query")]
pub mod query;
mod recovery;
pub mod redaction;
mod retaining;
pub mod schema;
mod spread;
pub mod stats;
pub mod store;
pub mod value;
mod work;
mod writing;

pub use self::assembly::KeepRuns;
pub use self::collector::{Collector, FlushError, Settings};
pub use self::metrics::Metrics;
pub use self::stats::Stats;
#[cfg(feature = "embedded")]
pub use self::store::check;
