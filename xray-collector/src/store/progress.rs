//! How far a collector has come, stored with what it has found: so that whoever goes on from there, it or the next
//! process, neither leaves out an event nor takes one twice.
//!
//! What a collector has read is in the rows of its batches, but for what has not ended. Of that it hands over, with each
//! batch, what it has in mind beside the rows. Together they say all that it knew when the batch was taken.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::StepRow;
use crate::chunk::Place;
use crate::decision::DecisionCounts;
use crate::id::{ProcessId, RunId, StepId};
use crate::model::Run;

/// How far the collector has come with this batch, as far as that differs from the one before.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The process whose events they are, and the number of the batch among its batches, from 1. A batch whose number
    /// is not above that of one that is stored has been stored already. `None`: nobody will go on from here.
    pub batch: Option<(ProcessId, u64)>,
    /// The threads that were read further.
    pub read: Vec<ReadTo>,
    /// The steps of which something is to be remembered; `None` for those of which nothing is any more.
    pub steps: Vec<(RunId, StepId, Option<StepInMind>)>,
    /// The same of runs.
    pub runs: Vec<(RunId, Option<RunInMind>)>,
}

/// What one thread wrote is stored up to here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTo {
    /// The slot of the thread.
    pub thread: u32,
    /// How many of its chunks are stored.
    pub order: u32,
    /// How many bytes of the next one.
    pub position: u32,
}

/// What is known of a step and in no row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepInMind {
    /// What it stands for.
    pub stands: Stands,
    /// What was said of it.
    pub said: Option<Said>,
    /// Arguments that are to be compared with the result, and not kept whole.
    pub held: Option<HeldValues>,
}

/// How a step is unfinished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stands {
    /// Its beginning was seen, its end was not.
    #[default]
    Open,
    /// Its end was seen, its beginning was not.
    Headless,
    /// Something was said of it, and nothing else is known.
    Unknown,
}

/// What the code said of a step, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What became of its items.
    pub counts: DecisionCounts,
    /// How many went in.
    pub input: Option<u64>,
    /// How many came out.
    pub output: Option<u64>,
    /// Whether it was called important.
    pub is_important: bool,
}

/// Encoded values with names of their own: see [`crate::value`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldValues {
    /// The names that values refer to by their index.
    pub names: Vec<Arc<str>>,
    /// The values, one after the other.
    pub bytes: Vec<u8>,
}

/// What is known of a run and not in its row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInMind {
    /// How many of its events are held back until it shows how much of it is kept; they are in chunks, and not in the
    /// store.
    pub held_events: Option<u64>,
    /// How many of the events that its threads dropped are in the row.
    pub told_losses: u64,
}

/// What a collector that is gone knew when it wrote its last batch.
#[derive(Debug, Default, Clone)]
pub struct Left {
    /// The number of that batch; 0 if there was none.
    pub batch: u64,
    /// How far each thread was read.
    pub read: Vec<ReadTo>,
    /// The runs that were still running, or of which something is known beside their row.
    pub runs: Vec<(Run, RunInMind)>,
    /// The steps of which something is known beside their row, which only those have that are not [`Stands::Unknown`].
    pub steps: Vec<(RunId, StepId, Option<StepRow>, StepInMind)>,
}

impl From<ReadTo> for (u32, Place) {
    fn from(ReadTo { thread, order, position }: ReadTo) -> Self {
        (thread, Place { order, position })
    }
}

impl From<(u32, Place)> for ReadTo {
    fn from((thread, Place { order, position }): (u32, Place)) -> Self {
        Self { thread, order, position }
    }
}

impl Progress {
    /// Whether nothing has changed.
    pub(super) fn is_empty(&self) -> bool {
        self.read.is_empty() && self.steps.is_empty() && self.runs.is_empty()
    }

    /// Puts an earlier one in front, which will not be stored by itself.
    pub(crate) fn prepend(&mut self, mut earlier: Self) {
        earlier.read.append(&mut self.read);
        earlier.steps.append(&mut self.steps);
        earlier.runs.append(&mut self.runs);
        *self = Self { batch: self.batch.or(earlier.batch), ..earlier };
    }
}
