//! Which runs are kept whole, decided when they are over.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::{Run, RunStatus};
use crate::store::StepRow;

/// Which runs are kept whole: all that failed or are incomplete, that the code called important or pinned, or of which events were
/// lost; those that took long or were surprising; and of the others a share. Of what is not kept whole, times and counts
/// are: see [`Level::Metrics`](crate::model::Level::Metrics).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeepRuns {
    /// The share of the runs that are not remarkable in any way: 0 for none, 1 for all.
    pub share: f64,
    /// A run that took this long is kept.
    pub slow: Option<Duration>,
    /// A run is kept if a step of it eliminated a share of its items that is far from what calls of the same function
    /// did before: more than three standard deviations and 2 % off their mean, of at least twenty.
    pub surprising: bool,
    /// How many bytes of values of runs that are not over are held; beyond it the largest run is kept whole as it goes.
    pub held_bytes: usize,
}

impl Default for KeepRuns {
    /// One in a hundred, whatever took more than a second, what is surprising; 64 MiB.
    fn default() -> Self {
        Self { share: 0.01, slow: Some(Duration::from_secs(1)), surprising: true, held_bytes: 64 * 1024 * 1024 }
    }
}

/// Calls before this one say what is to be expected.
const EXPERIENCE: f64 = 20.0;
/// Of a rate that never changed, how far off is far.
const SMALLEST_SURPRISE: f64 = 0.02;

/// The rejection rates of one function's calls: their number, mean, and sum of squared distances from it, by Welford's
/// method.
#[derive(Debug, Clone, Copy, Default)]
struct History {
    calls: f64,
    mean: f64,
    squares: f64,
}

impl History {
    fn is_surprised_by(&self, rate: f64) -> bool {
        let deviation = (self.squares / (self.calls - 1.0).max(1.0)).sqrt();
        self.calls >= EXPERIENCE && (rate - self.mean).abs() > 3.0 * deviation + SMALLEST_SURPRISE
    }

    fn add(&mut self, rate: f64) {
        self.calls += 1.0;
        let distance = rate - self.mean;
        self.mean += distance / self.calls;
        self.squares += distance * (rate - self.mean);
    }
}

/// Decides, and remembers what is usual.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) settings: KeepRuns,
    histories: HashMap<u32, History>,
    /// Runs that were not remarkable.
    unremarkable: f64,
}

impl Tail {
    pub(super) fn new(settings: KeepRuns) -> Self {
        Self { settings, histories: HashMap::new(), unremarkable: 0.0 }
    }

    /// Whether a run that is over is kept whole.
    pub(super) fn keeps(&mut self, run: &Run, steps: &[StepRow]) -> bool {
        let mut is_remarkable = run.status != RunStatus::Completed || run.failures > 0 || run.lost_events > 0;
        for step in steps {
            is_remarkable |= step.important;
            if let Some(rate) = step.counts.rejection_rate() {
                let history = self.histories.entry(step.callsite).or_default();
                is_remarkable |= self.settings.surprising && history.is_surprised_by(rate);
                history.add(rate);
            }
        }
        let took = Duration::from_nanos(run.ended_ns.unwrap_or(run.started_ns).saturating_sub(run.started_ns));
        is_remarkable |= self.settings.slow.is_some_and(|slow| took >= slow);
        is_remarkable || self.is_due()
    }

    /// Evenly spread rather than drawn: of a hundred runs at a share of 0.05 five are kept.
    fn is_due(&mut self) -> bool {
        // What a sum of shares falls short by.
        let due = |runs: f64| (runs * self.settings.share + 1e-9).floor();
        let is_due = due(self.unremarkable + 1.0) > due(self.unremarkable);
        self.unremarkable += 1.0;
        is_due
    }
}
