//! What became of every event: the books, and how they add up.

use serde::{Deserialize, Serialize};

use crate::store::Removed;

/// The events of one collector, from the first to now.
///
/// At every moment `produced == stored + dropped.total() + in_flight`. An event is one fact about one step: that it
/// began, or that it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Events that instrumented functions tried to record.
    pub produced: u64,
    /// Events that the store has committed.
    pub stored: u64,
    /// Events that are nowhere, by reason.
    pub dropped: Dropped,
    /// Of the dropped events, those that no run shows as its own: nobody could name it, or too many runs lost something
    /// at once. All others are in their run's `lost_events` once the store is written to again.
    pub unattributed: u64,
    /// Events that are recorded and not yet committed.
    pub in_flight: u64,
    /// Runs of which nothing was recorded, because they are not among the sample: none of their steps is an event.
    pub unsampled_runs: u64,
    /// The last failure of the store, while it lasts.
    pub store_error: Option<String>,
    /// Calls and results that did not fit the schema. They are events that were recorded, whatever became of their values.
    pub schema_misfits: u64,
    /// How often the collector's thread panicked. Each time it began again from what was stored.
    pub panics: u64,
    /// The message of the last of these panics.
    pub last_panic: Option<String>,
    /// Whether what is recorded outlives the process from the moment that it is: see
    /// [`Settings::crash_proof`](crate::Settings).
    pub crash_proof: bool,
    /// Runs that were removed because they were beyond the limits of [`Settings::retention`](crate::Settings).
    pub removed: Removed,
    /// Why the last pass over the runs did not come to its end, if it did not.
    pub retention_error: Option<String>,
    /// What was found of an earlier process that did not end in an orderly way, when this collector started.
    pub recovered: Recovered,
    /// What could not be recovered, and why this collector is not crash-proof, if it was to be.
    pub recovery_notes: Vec<String>,
}

/// Events of an earlier process that were in its chunks, and not in the store. They are none of this collector's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// They are in the store now.
    pub stored: u64,
    /// They did not decode.
    pub corrupt: u64,
    /// They were no longer in a chunk, because no other was free: at most so many.
    pub lost: u64,
}

/// Dropped events by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Every chunk was full: the collector could not keep up.
    pub no_chunk: u64,
    /// The event's fixed part did not fit into a chunk.
    pub too_large: u64,
    /// The thread was ending, or the collector stopped before it could read the event.
    pub stopped: u64,
    /// The store could not write it, and memory for waiting events was used up.
    pub store: u64,
    /// It did not decode, or the collector panicked on it again and again.
    pub corrupt: u64,
    /// The collector held it back, to see how much of its run is kept, when its thread panicked; and the chunk that it
    /// came in was another's by then.
    pub panic: u64,
}

impl Dropped {
    /// All reasons together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.no_chunk + self.too_large + self.stopped + self.store + self.corrupt + self.panic
    }
}
