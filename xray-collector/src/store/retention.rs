//! How much a store keeps, and what it says of what it no longer has.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much a store keeps: beyond it whole runs go, the one that began first at the beginning. Runs that are pinned stay, and
/// come on top of the limits; those that still run count, and stay.
///
/// ```
/// use std::time::Duration;
/// use xray_collector::store::{Limits, Retention};
///
/// let month = Limits { age: Some(Duration::from_secs(30 * 24 * 3600)), ..Limits::NONE };
/// let retention = Retention::default().of_pipeline("health_check", Limits { runs: Some(100), ..Limits::NONE });
/// let retention = Retention { all: Limits { bytes: retention.all.bytes, ..month }, ..retention };
/// assert_eq!(retention.all.bytes, Some(4 << 30));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Of all runs together.
    pub all: Limits,
    /// Of the runs of a pipeline, by its name; they count among all of them, too.
    pub pipelines: BTreeMap<String, Limits>,
}

/// What may be there at most; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long ago a run may have begun.
    pub age: Option<Duration>,
    /// How many runs there may be.
    pub runs: Option<u64>,
    /// About how many bytes they may take in the store's file. The file itself may be larger: room that became free in it
    /// is used again, and given back when the store is closed.
    pub bytes: Option<u64>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { age: None, runs: None, bytes: None };

    /// Whether there is any limit.
    #[must_use]
    pub fn is_some(&self) -> bool {
        *self != Self::NONE
    }
}

impl Default for Retention {
    /// 4 GiB, and no other limit.
    fn default() -> Self {
        Self { all: Limits { bytes: Some(4 << 30), ..Limits::NONE }, pipelines: BTreeMap::new() }
    }
}

impl Retention {
    /// No limits at all.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { all: Limits::NONE, pipelines: BTreeMap::new() }
    }

    /// With limits for the runs of a pipeline.
    #[must_use]
    pub fn of_pipeline(mut self, pipeline: impl Into<String>, limits: Limits) -> Self {
        self.pipelines.insert(pipeline.into(), limits);
        self
    }

    /// Whether there is any limit.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.all.is_some() || self.pipelines.values().any(Limits::is_some)
    }
}

/// The limit for which a run was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// [`Limits::age`].
    Age,
    /// [`Limits::runs`].
    Runs,
    /// [`Limits::bytes`].
    Bytes,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 3] = [Self::Age, Self::Runs, Self::Bytes];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Runs => "runs",
            Self::Bytes => "bytes",
        }
    }
}

/// What is known of a run that was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// When it was removed.
    pub removed_ns: u64,
    /// For which limit.
    pub limit: Limit,
}

/// What a piece of a pass over the runs came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retained {
    /// What was removed in it.
    pub removed: Removed,
    /// Whether the pass is over: nothing is beyond the limits, or what is has to stay.
    pub is_done: bool,
}

/// What became of runs beyond the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// How many were removed.
    pub runs: u64,
    /// How many steps they had.
    pub steps: u64,
}

impl Removed {
    /// Counts more of them.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.steps += other.steps;
    }
}
