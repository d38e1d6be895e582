//! Taking turns, and what is made of the times.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::allocations;

/// How many calls share one root: a run, a trace, a span.
pub(crate) const BATCH: usize = 100;
/// What the others are compared with, beside the plain call.
pub(crate) const REFERENCE: &str = "by hand";
/// Odd, so that the median is one of them; the first, which warms up, is not counted.
const ROUNDS: usize = 31;

/// One way to record a workload.
pub(crate) struct Variant<'a> {
    pub(crate) name: &'static str,
    calls: Box<dyn Fn(usize) + 'a>,
    prepare: Option<Box<dyn Fn(usize) + 'a>>,
    delivered: Option<Box<dyn Fn() -> u64 + 'a>>,
    bytes: Option<f64>,
}

impl<'a> Variant<'a> {
    /// A variant that is called so many times.
    pub(crate) fn new(name: &'static str, calls: impl Fn(usize) + 'a) -> Self {
        Self { name, calls: Box::new(calls), prepare: None, delivered: None, bytes: None }
    }

    /// With what makes what so many calls use up.
    pub(crate) fn preparing(mut self, prepare: impl Fn(usize) + 'a) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// With what waits until nothing is left for the background, and says how many calls have arrived since the start.
    pub(crate) fn delivering(mut self, delivered: impl Fn() -> u64 + 'a) -> Self {
        self.delivered = Some(Box::new(delivered));
        self
    }

    /// With the bytes that a call makes.
    pub(crate) fn bytes(mut self, bytes: f64) -> Self {
        self.bytes = Some(bytes);
        self
    }
}

/// One line of the results; times in nanoseconds per call.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) variant: &'static str,
    /// The median over rounds of what a call takes more than the plain one of the same round.
    pub(crate) ns_over_plain: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
    /// Of the calling thread, more than the plain call's.
    pub(crate) allocs_per_call: Option<f64>,
    pub(crate) bytes_per_call: Option<f64>,
    /// Calls, in all rounds.
    pub(crate) delivered: Option<u64>,
    pub(crate) dropped: Option<u64>,
    /// All threads together, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) calls_per_second: Option<f64>,
    /// The median of the whole call.
    #[serde(skip)]
    pub(crate) ns: f64,
}

/// So many calls, in as many loops as a recorder has roots.
pub(crate) fn batches(calls: usize, mut call: impl FnMut()) {
    for _ in 0..calls / BATCH {
        batch(&mut call);
    }
}

/// Not inlined, as no recorder's root can be.
#[inline(never)]
fn batch(call: &mut impl FnMut()) {
    for _ in 0..BATCH {
        call();
    }
}

/// Makes what so many calls use up.
pub(crate) fn prepare(variant: &Variant<'_>, calls: usize) {
    if let Some(prepare) = &variant.prepare {
        prepare(calls);
    }
}

/// So many calls of one variant. Profilers know it by its name.
#[inline(never)]
pub(crate) fn counted(variant: &Variant<'_>, calls: usize) {
    (variant.calls)(calls);
}

/// All variants in turn, round after round; the first is the plain one. Who begins a round changes. What is measured is
/// how long the calling thread ran, so that it counts for nobody that the machine has other things to do.
pub(crate) fn measure(workload: &str, calls: usize, variants: &[Variant<'_>]) -> Vec<Row> {
    let mut times = vec![Vec::new(); variants.len()];
    let mut allocated = vec![0; variants.len()];
    let mut delivered = vec![0; variants.len()];
    for round in 0..=ROUNDS {
        eprint!("\r{workload}: round {round} of {ROUNDS}, {calls} calls for each of {} variants ", variants.len());
        for turn in 0..variants.len() {
            let index = (round + turn) % variants.len();
            let variant = &variants[index];
            let arrived = || variant.delivered.as_ref().map_or(0, |delivered| delivered());
            let arrived_before = arrived();
            // Last, so that every variant finds the same in the processor's caches.
            prepare(variant, calls);
            let allocated_before = allocations::count();
            let start = ran();
            counted(variant, calls);
            let elapsed = ran() - start;
            let allocated_after = allocations::count();
            delivered[index] += arrived() - arrived_before;
            if round > 0 {
                times[index].push(elapsed.as_nanos() as f64 / calls as f64);
                allocated[index] += allocated_after - allocated_before;
            }
        }
    }
    eprintln!();
    let (rounds, per_call) = (ROUNDS + 1, |count: u64| count as f64 / (ROUNDS * calls) as f64);
    variants
        .iter()
        .enumerate()
        .map(|(index, variant)| {
            let over: Vec<f64> = times[index].iter().zip(&times[0]).map(|(time, plain)| time - plain).collect();
            let delivered = variant.delivered.as_ref().map(|_| delivered[index]);
            Row {
                workload: workload.to_owned(),
                variant: variant.name,
                allocs_per_call: Some(per_call(allocated[index]) - per_call(allocated[0])),
                bytes_per_call: variant.bytes,
                delivered,
                dropped: delivered.map(|delivered| ((rounds * calls) as u64).saturating_sub(delivered)),
                ns: percentile(&times[index], 0.5),
                ..Row::default()
            }
            .with_times(&over)
        })
        .collect()
}

impl Row {
    /// With the median and the outer tenths of these.
    pub(crate) fn with_times(mut self, over_plain: &[f64]) -> Self {
        [self.p10, self.ns_over_plain, self.p90] = [0.1, 0.5, 0.9].map(|share| percentile(over_plain, share));
        self
    }
}

/// How long this thread ran, ever.
pub(crate) fn ran() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a thread's time is not negative")
}

/// The value that this share of them is below.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}
