//! What the store keeps and a reader gets: runs, steps and their captured values.
//!
//! Times are nanoseconds since the Unix epoch (`_ns`), durations nanoseconds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::decision::DecisionCounts;
use crate::id::{RunId, SchemaVersion, StepId};
use crate::value::Captured;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Its first step has not ended.
    Running,
    /// Its first step returned, and not with an error.
    Completed,
    /// Its first step returned an error, panicked or was cancelled.
    Failed,
    /// Its process died before it ended.
    Crashed,
    /// Nothing was heard of it within the timeout, its collector stopped first, or the event that ended it was lost.
    Incomplete,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It returned `Ok`.
    Ok,
    /// It returned `Err`.
    Err,
    /// It returned something that is not a `Result`.
    Returned,
    /// It panicked.
    Panicked,
    /// It is a future that was dropped before it was done.
    Cancelled,
    /// It has not ended.
    Open,
    /// Its end was dropped by the recorder: it did end, nobody knows how.
    Lost,
}

/// How much of a call is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing: the call is not recorded.
    Off,
    /// That it was, how it ended, how long it took, and how many items became what; no values. Lists are compared in
    /// memory for that, and not kept.
    Metrics,
    /// All of it is counted; of values that are lists, and of decisions, a handful is kept: the first and the last, one
    /// of each reason, those nearest to a threshold. Other values are kept whole.
    Sampled,
    /// Arguments, results and decisions.
    #[default]
    Full,
}

impl Level {
    /// Every level, from the lowest to the highest.
    pub const ALL: [Self; 4] = [Self::Off, Self::Metrics, Self::Sampled, Self::Full];

    /// The word used in options, filters and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Metrics => "metrics",
            Self::Sampled => "sampled",
            Self::Full => "full",
        }
    }
}

impl RunStatus {
    /// Every status, in the order in which a run can reach them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Completed, Self::Failed, Self::Crashed, Self::Incomplete];

    /// The word used in JSON, queries and on pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::Incomplete => "incomplete",
        }
    }
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] =
        [Self::Ok, Self::Err, Self::Returned, Self::Panicked, Self::Cancelled, Self::Open, Self::Lost];

    /// The word used in JSON, queries and on pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Err => "err",
            Self::Returned => "returned",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
            Self::Open => "open",
            Self::Lost => "lost",
        }
    }

    /// Whether the step failed: `err`, `panicked` or `cancelled`.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Err | Self::Panicked | Self::Cancelled)
    }
}

/// One execution of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The name of its first step; empty if that step's beginning was lost.
    pub pipeline: Arc<str>,
    /// How it stands.
    pub status: RunStatus,
    /// How its first step ended.
    pub outcome: Outcome,
    /// When it began.
    pub started_ns: u64,
    /// When it ended; for a crashed or incomplete run, when it was last heard of. `None` while it runs.
    pub ended_ns: Option<u64>,
    /// Steps recorded so far, the first one included.
    pub steps: u64,
    /// Steps that ended in an error, a panic or a cancellation.
    pub failures: u64,
    /// Events of this run that were dropped. Not zero: what is shown of the run is incomplete.
    pub lost_events: u64,
    /// The message of the error or panic that ended it.
    pub error: Option<String>,
    /// The run and step inside which this run was started, if it was: of this process, or of another one that sent its
    /// context along.
    pub parent: Option<(RunId, StepId)>,
    /// Whether it is a step that lost its context, rather than a run: it was called on a thread or task that no context
    /// was carried to, while a run that `#[xray::run]` began was open in the process.
    pub orphan: bool,
    /// How much of it is kept: [`Level::Metrics`] for a run that was not remarkable enough to be kept whole.
    pub level: Level,
    /// The schema that it was recorded under: see [`crate::store::Store::schema`].
    pub schema: Option<SchemaVersion>,
    /// Calls and results that did not fit that schema.
    pub misfits: u64,
    /// Whether it stays, however much the store may keep: see [`crate::store::Retention`].
    pub pinned: bool,
}

/// The static description of an instrumented function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Callsite {
    /// The step's name: the function's, unless the attribute says another.
    pub name: Arc<str>,
    /// What sort of step: `filter`, `rank`, …; empty if not said.
    pub kind: Arc<str>,
    /// The module's path.
    pub module: Arc<str>,
    /// The source file, as the compiler was given it.
    pub file: Arc<str>,
    /// The line of the attribute, from 1.
    pub line: u32,
    /// The captured arguments' names, in order.
    pub arguments: Vec<Arc<str>>,
    /// Whether each call is a run of its own: `#[xray::run]`.
    pub opens_run: bool,
    /// The argument that is declared to be the list of items; empty if not said.
    #[serde(default)]
    pub items: Arc<str>,
    /// The field that is declared to be the items' key; empty if not said.
    #[serde(default)]
    pub key: Arc<str>,
}

/// One call, without its captured values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its id within the run's process.
    pub id: StepId,
    /// The step that called it; `None` for a run's first step.
    pub parent: Option<StepId>,
    /// The function.
    #[serde(flatten)]
    pub callsite: Arc<Callsite>,
    /// How it ended.
    pub outcome: Outcome,
    /// When its body began: after its arguments were captured.
    pub started_ns: u64,
    /// How long its body took, waiting included; `None` while it runs.
    pub duration_ns: Option<u64>,
    /// The slot of the thread that it began on.
    pub thread: u32,
    /// How many items went in: as the code says, else as inferred, else the elements of the first list.
    pub items_in: Option<u64>,
    /// How many items came out: as the code says, else as inferred, else the elements of the list that was returned.
    pub items_out: Option<u64>,
    /// What it did to its items.
    pub counts: DecisionCounts,
    /// Whether the code called it important.
    pub important: bool,
    /// How much of its values is kept: where it is not [`Level::Full`], what is shown of them is not all there was.
    pub level: Level,
}

/// One call with what was captured of it.
#[derive(Debug, Clone, Serialize)]
pub struct StepDetail {
    /// The call.
    #[serde(flatten)]
    pub step: Step,
    /// The captured arguments by name, in order. Empty if none were captured, or if the beginning of the step was lost.
    pub arguments: Vec<Argument>,
    /// What it returned; of a `Result` what is inside `Ok`.
    pub result: Option<Captured>,
    /// Why it failed, if it did.
    pub error: Option<Failure>,
    /// What the code said of it, in the order in which each thread said it.
    #[serde(skip)]
    pub facts: Vec<Captured>,
}

/// A captured argument.
#[derive(Debug, Clone, Serialize)]
pub struct Argument {
    /// The parameter's name or pattern.
    pub name: Arc<str>,
    /// What was captured of it.
    #[serde(flatten)]
    pub captured: Captured,
}

/// The error or panic a step ended with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The error's message, or the panic's.
    pub message: String,
    /// The messages of its sources, outermost first.
    pub chain: Vec<String>,
    /// Where it panicked, as `file:line:column`.
    pub location: Option<String>,
    /// The error as a value, if it has more to say than its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Captured>,
}
