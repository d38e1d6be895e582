//! Which runs are recorded, and at which level.

use std::sync::atomic::{AtomicU64, Ordering};

pub use xray_collector::model::Level;

use crate::context::Context;

/// Runs whose number is below this are recorded.
static SAMPLED: AtomicU64 = AtomicU64::new(u64::MAX);

/// Drawn when recording starts, so that programs that make one run each do not all draw the same.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Of all runs, records this share.
pub(crate) fn set_sampled_runs(share: f64, seed: u64) {
    // The conversion saturates.
    SAMPLED.store((share * u64::MAX as f64) as u64, Ordering::Relaxed);
    SEED.store(seed, Ordering::Relaxed);
}

/// Whether the run that begins with this step is recorded: decided by its id, which is as good as drawn.
#[inline]
pub(crate) fn is_sampled(step: u64) -> bool {
    let limit = SAMPLED.load(Ordering::Relaxed);
    // splitmix64, of which each bit of the output depends on each of the input.
    limit == u64::MAX || {
        let mut mixed = (step ^ SEED.load(Ordering::Relaxed)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31 < limit
    }
}

/// Captures no more than this of what the current step calls from here on: of one run, for example, since its customer
/// asked for it. It can only lower the level. A no-op outside of a step.
///
/// ```
/// #[xray::run]
/// fn recommend(customer: &str) -> usize {
///     if customer.starts_with("private:") {
///         xray::limit_run(xray::Level::Metrics); // times and counts, no values
///     }
///     history(customer).len()
/// }
///
/// #[xray::step]
/// fn history(customer: &str) -> Vec<String> {
///     vec![customer.to_owned()]
/// }
/// assert_eq!(recommend("private:7"), 1);
/// ```
pub fn limit_run(level: Level) {
    let context = Context::current();
    if context != Context::NONE && !context.is_elsewhere() {
        Context { cap: context.cap.min(level), ..context }.replace_current();
    }
}
