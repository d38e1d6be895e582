//! Schemas of what the collector finds: events, plans, groups, and what comes of comparing runs, sets and items. In the shapes of its types.

#![expect(dead_code, reason = "stand in for types of another crate")]

use serde_json::Value;
use utoipa::ToSchema;

use super::words;

/// An event of a stream.
#[derive(ToSchema)]
pub(crate) struct StreamedEvent {
    #[schema(inline)]
    event: words::EventWord,
    /// The process, and a number that increases.
    #[schema(pattern = "^[0-9a-f]{16}-[0-9]{1,20}$")]
    id: String,
    /// JSON: of `run` a row as in `/api/v1/runs`, of `step` one as in `/api/v1/steps`, of `dropped` how many `events` were
    /// missed, and whether the process was `restarted`.
    data: String,
}

/// The pairs of steps of two runs, counted.
#[derive(ToSchema)]
pub(crate) struct DiffSummary {
    same: u64,
    changed: u64,
    only_a: u64,
    only_b: u64,
    /// Pairs among them that stand at another place.
    moved: u64,
    /// Items that one step kept and the other eliminated.
    flipped: u64,
    /// How long the second run took, in times of the first.
    duration_ratio: Option<f64>,
    /// A run has more steps than are compared.
    stopped: bool,
}

/// A place at which values differ.
#[derive(ToSchema)]
pub(crate) struct ValueDifference {
    /// A JSON pointer.
    path: String,
    kind: words::Side,
    /// `null` if only the second run has one.
    a: Value,
    /// `null` if only the first run has one.
    b: Value,
}

/// An item that one run kept and the other eliminated.
#[derive(ToSchema)]
pub(crate) struct Flip {
    /// The item's key.
    item: String,
    a: Said,
    b: Said,
}

/// A decision, in short.
#[derive(ToSchema)]
pub(crate) struct Said {
    outcome: words::Verdict,
    basis: words::Basis,
    reason: Option<String>,
    score: Option<f64>,
    checks: Vec<String>,
}

/// A field of which the values differ between two sets.
#[derive(ToSchema)]
pub(crate) struct ComparedField {
    /// Its path, as a query writes it; `size(…)` of a list.
    field: String,
    scale: words::Scale,
    /// From 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0)]
    effect: f64,
    /// What may be wrong with it.
    note: Option<words::Note>,
    /// Cliff's delta, from -1 to 1, where the values are numbers.
    delta: Option<f64>,
    /// The area under the ROC curve, where the values are numbers.
    auc: Option<f64>,
    /// The value that tells most, where the values are categories.
    value: Value,
    /// The Jensen-Shannon divergence in bits, where the values are categories.
    divergence: Option<f64>,
    a: FieldInSet,
    b: FieldInSet,
}

/// A field in one set.
#[derive(ToSchema)]
pub(crate) struct FieldInSet {
    /// How many have it.
    values: u64,
    /// Where the values are numbers.
    median: Option<f64>,
    /// The share of those with the value that tells most, or of those that have any.
    proportion: Option<f64>,
}

/// What one step did to an item.
#[derive(ToSchema)]
pub(crate) struct Stage {
    step: words::StepId,
    name: String,
    kind: String,
    outcome: words::Verdict,
    basis: words::Basis,
    reason: Option<String>,
    score: Option<f64>,
    /// Its place in the input, from 0.
    before: Option<u32>,
    /// Its place in the output, from 0.
    after: Option<u32>,
    /// It came out with other values than it went in with.
    changed: bool,
    /// Others had the same key.
    ambiguous: bool,
    /// The code says another thing than the values.
    contradicted: bool,
}

/// What became of an item, counted by runs.
#[derive(ToSchema)]
pub(crate) struct ItemSummary {
    /// Runs that had it.
    runs: u64,
    kept: u64,
    eliminated: u64,
    /// Where and why it was eliminated, the most frequent first.
    places: Vec<Place>,
    /// Runs that were looked at; `null` where there is an index, which names those with the item.
    searched: Option<u64>,
}

/// A place at which an item was eliminated.
#[derive(ToSchema)]
pub(crate) struct Place {
    /// The step's function.
    name: String,
    reason: Option<String>,
    /// In how many runs.
    runs: u64,
}

/// How a query is answered.
#[derive(ToSchema)]
pub(crate) struct Plan {
    /// In a few sentences.
    text: String,
    /// Only runs that began at this time or later are looked at.
    started_from_ns: Option<u64>,
    /// Only runs that began at this time or earlier are looked at.
    started_to_ns: Option<u64>,
    /// What has to hold of a run before anything in it is looked at.
    runs: Option<String>,
    /// What has to hold of a step's columns; empty if every row is read.
    columns: Vec<String>,
    /// What is asked of each row that is left; `null` if the columns alone decide.
    residual: Option<String>,
    index: words::Index,
    /// Blocks of steps.
    blocks: u64,
    /// Blocks that may have to be read.
    blocks_left: u64,
    /// Of these, blocks that are answered from what is known of their steps instead.
    blocks_summed: u64,
}

/// What was read for a query.
#[derive(ToSchema)]
pub(crate) struct Scanned {
    /// Blocks of steps that the store has.
    blocks: u64,
    /// Blocks that cannot have what is searched for.
    blocks_pruned: u64,
    /// Blocks that were answered from what is known of their steps.
    blocks_summed: u64,
    blocks_read: u64,
    /// Steps whose columns were looked at.
    rows: u64,
    /// Steps that the columns let through.
    survivors: u64,
    /// Arguments, results and facts that were decoded.
    values: u64,
    /// Runs that were read.
    runs: u64,
    elapsed_ns: u64,
}

/// What the values at a place of every row are.
#[derive(ToSchema)]
pub(crate) struct Column {
    /// As it was asked for.
    name: String,
    kind: words::ColumnKind,
}

/// The runs of a pipeline.
#[derive(ToSchema)]
pub(crate) struct PipelineSummary {
    /// Its name.
    pipeline: String,
    runs: u64,
    /// The share that failed or crashed.
    error_rate: f64,
    /// The duration that half of them do not exceed; `null` if none is over.
    p50_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
    last_started_at: words::Time,
}

/// The steps of a kind.
#[derive(ToSchema)]
pub(crate) struct KindSummary {
    /// `null` of those that have none.
    kind: Option<String>,
    #[serde(flatten)]
    steps: StepsSummary,
}

/// The steps of a function.
#[derive(ToSchema)]
pub(crate) struct CallsiteSummary {
    name: String,
    /// `null` if it has none.
    kind: Option<String>,
    module: String,
    file: String,
    line: u32,
    #[serde(flatten)]
    steps: StepsSummary,
}

/// Steps, summed up.
#[derive(ToSchema)]
pub(crate) struct StepsSummary {
    steps: u64,
    /// The share that failed.
    error_rate: f64,
    /// The duration that half of them do not exceed; `null` if none is over.
    p50_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
    /// The share of its items that a step eliminated, on average; `null` if none had any.
    rejection_rate: Option<f64>,
    last_started_at: words::Time,
}
