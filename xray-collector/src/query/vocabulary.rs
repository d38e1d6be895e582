//! What can be asked about: the fields of runs, steps and decisions, with their types.
//!
//! One table for each. The checker, the evaluator, completion in editors and the documentation all go by these.

use serde::Serialize;

use crate::decision::{Basis, Verdict};
use crate::model::{Level, Outcome, RunStatus};

/// What a query selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// Runs.
    Run,
    /// Steps, of all runs.
    Step,
    /// Decisions, of all steps.
    Decision,
}

impl Entity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Run, Self::Step, Self::Decision];

    /// The word for one of them.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Step => "step",
            Self::Decision => "decision",
        }
    }

    /// Its fields, in the order in which they are listed.
    #[must_use]
    pub fn fields(self) -> &'static [FieldInfo] {
        match self {
            Self::Run => RUN,
            Self::Step => STEP,
            Self::Decision => DECISION,
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A number, whole or not.
    Number,
    /// A text.
    Text,
    /// A length of time: `duration("1.5s")`.
    Duration,
    /// A point in time: `timestamp("2026-01-31T12:00:00Z")`.
    Time,
    /// Captured data: whatever was there. What follows a dot or stands in brackets leads into it.
    Captured,
    /// Another row, with its fields.
    Row(Entity),
    /// Rows, for `exists`, `exists_one`, `all` and `size`.
    Rows(Entity),
}

/// A field of a run, a step or a decision; [`Entity::fields`] says which of them have it, and what it is called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Field {
    After,
    Ambiguous,
    Basis,
    Before,
    Changed,
    Checks,
    Children,
    Contradicted,
    Decisions,
    Detail,
    Duration,
    Eliminated,
    Ended,
    Error,
    Failed,
    Failures,
    File,
    Id,
    Important,
    Input,
    Introduced,
    Item,
    ItemsIn,
    ItemsOut,
    Kept,
    Level,
    Line,
    Llm,
    LostEvents,
    Meta,
    Misfits,
    Module,
    Name,
    Notes,
    Orphan,
    Outcome,
    Output,
    Parent,
    Pipeline,
    Reason,
    Reasoning,
    Reasons,
    RejectionRate,
    Run,
    Score,
    Scored,
    Started,
    Status,
    Step,
    StepCount,
    StepKind,
    Steps,
    Tags,
    Thread,
}

/// A field of one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    /// What it is called in a query.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// All values that it can have, where these are few.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub values: &'static [&'static str],
    /// What it means.
    pub doc: &'static str,
    /// Which it is.
    #[serde(skip)]
    pub field: Field,
}

/// A function of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FunctionInfo {
    /// How it is written.
    pub usage: &'static str,
    /// What it does.
    pub doc: &'static str,
}

const fn of(field: Field, name: &'static str, kind: Kind, doc: &'static str) -> FieldInfo {
    FieldInfo { name, kind, values: &[], doc, field }
}

const fn one_of(field: Field, name: &'static str, values: &'static [&'static str], doc: &'static str) -> FieldInfo {
    FieldInfo { name, kind: Kind::Text, values, doc, field }
}

/// The words for all values of a type.
macro_rules! words {
    ($type:ty) => {{
        const WORDS: [&str; <$type>::ALL.len()] = {
            let mut words = [""; <$type>::ALL.len()];
            let mut at = 0;
            while at < words.len() {
                words[at] = <$type>::ALL[at].as_str();
                at += 1;
            }
            words
        };
        &WORDS
    }};
}

const OUTCOMES: &[&str] = words!(Outcome);
const LEVELS: &[&str] = words!(Level);

const RUN: &[FieldInfo] = &[
    of(Field::Id, "id", Kind::Text, "The run's id."),
    of(Field::Pipeline, "pipeline", Kind::Text, "The name of its first step."),
    one_of(Field::Status, "status", words!(RunStatus), "How it stands."),
    one_of(Field::Outcome, "outcome", OUTCOMES, "How its first step ended."),
    of(Field::Started, "started", Kind::Time, "When it began."),
    of(Field::Ended, "ended", Kind::Time, "When it ended; missing while it runs."),
    of(Field::Duration, "duration", Kind::Duration, "How long it took; missing while it runs."),
    of(Field::StepCount, "step_count", Kind::Number, "How many steps were recorded of it."),
    of(Field::Failures, "failures", Kind::Number, "How many of them failed."),
    of(Field::LostEvents, "lost_events", Kind::Number, "Events of it that were dropped."),
    of(Field::Error, "error", Kind::Text, "The message of the error or panic that ended it."),
    of(Field::Orphan, "orphan", Kind::Bool, "It is a step that lost its context."),
    one_of(Field::Level, "level", LEVELS, "How much of it is kept."),
    of(Field::Misfits, "misfits", Kind::Number, "Calls and results that did not fit the schema."),
    of(Field::Tags, "tags", Kind::Captured, "Its tags: `tags.tenant == \"acme\"`."),
    of(Field::Notes, "notes", Kind::Captured, "A list of the notes on it."),
    of(
        Field::Input,
        "input",
        Kind::Captured,
        "What went in: the first step's arguments by name, or what the code says.",
    ),
    of(Field::Output, "output", Kind::Captured, "What came out: the first step's result, or what the code says."),
    of(Field::Steps, "steps", Kind::Rows(Entity::Step), "Its steps."),
];

const STEP: &[FieldInfo] = &[
    of(Field::Id, "id", Kind::Text, "The step's id within its run."),
    of(Field::Name, "name", Kind::Text, "The function's name, unless the attribute says another."),
    of(Field::StepKind, "kind", Kind::Text, "What sort of step: `filter`, `rank`, `llm`, …"),
    of(Field::Module, "module", Kind::Text, "The function's module path."),
    of(Field::File, "file", Kind::Text, "The function's source file."),
    of(Field::Line, "line", Kind::Number, "The attribute's line."),
    one_of(Field::Outcome, "outcome", OUTCOMES, "How it ended."),
    of(Field::Failed, "failed", Kind::Bool, "It ended in an error, a panic or a cancellation."),
    of(Field::Started, "started", Kind::Time, "When it began."),
    of(Field::Duration, "duration", Kind::Duration, "How long it took; missing while it runs."),
    of(Field::Thread, "thread", Kind::Number, "The slot of the thread that it began on."),
    of(Field::ItemsIn, "items_in", Kind::Number, "How many items went in."),
    of(Field::ItemsOut, "items_out", Kind::Number, "How many items came out."),
    of(Field::Kept, "kept", Kind::Number, "Items that went in and came out."),
    of(Field::Eliminated, "eliminated", Kind::Number, "Items that went in and did not come out."),
    of(Field::Scored, "scored", Kind::Number, "Items that were given a score or a place."),
    of(Field::Introduced, "introduced", Kind::Number, "Items that came out and had not gone in."),
    of(
        Field::RejectionRate,
        "rejection_rate",
        Kind::Number,
        "eliminated / (kept + eliminated), from 0 to 1; missing where there were no items.",
    ),
    of(Field::Important, "important", Kind::Bool, "The code called it important."),
    one_of(Field::Level, "level", LEVELS, "How much of it is kept."),
    of(Field::Error, "error", Kind::Text, "The message of the error or panic that it ended with."),
    of(Field::Input, "input", Kind::Captured, "Its arguments by name: `input.limits.rating > 7.0`."),
    of(Field::Output, "output", Kind::Captured, "What it returned: `output[0].title`."),
    of(Field::Meta, "meta", Kind::Captured, "What the code noted of it, by key."),
    of(Field::Reasoning, "reasoning", Kind::Captured, "What its decision rests on, by key."),
    of(Field::Reasons, "reasons", Kind::Captured, "A list of the reasons that the code gave for it as a whole."),
    of(
        Field::Llm,
        "llm",
        Kind::Captured,
        "Its last call of a language model, by the last words of the names in OpenTelemetry's conventions: `llm.model`.",
    ),
    of(Field::Decisions, "decisions", Kind::Rows(Entity::Decision), "What it decided, item by item."),
    of(Field::Children, "children", Kind::Rows(Entity::Step), "The steps that it called."),
    of(Field::Parent, "parent", Kind::Row(Entity::Step), "The step that called it; missing for a run's first."),
    of(Field::Run, "run", Kind::Row(Entity::Run), "Its run."),
];

const DECISION: &[FieldInfo] = &[
    of(Field::Item, "item", Kind::Text, "The item's key."),
    one_of(Field::Outcome, "outcome", words!(Verdict), "What became of the item."),
    one_of(Field::Basis, "basis", words!(Basis), "The code reported it, or the values show it."),
    of(Field::Reason, "reason", Kind::Text, "Why, in words."),
    of(Field::Score, "score", Kind::Number, "The item's score."),
    of(Field::Before, "before", Kind::Number, "Its place in the input, from 0."),
    of(Field::After, "after", Kind::Number, "Its place in the output, from 0."),
    of(Field::Changed, "changed", Kind::Bool, "It came out with other values than it went in with."),
    of(
        Field::Ambiguous,
        "ambiguous",
        Kind::Bool,
        "Others had the same key, so that it may be mistaken for one of them.",
    ),
    of(Field::Contradicted, "contradicted", Kind::Bool, "The code says another thing than the values."),
    of(
        Field::Checks,
        "checks",
        Kind::Captured,
        "A list of the conditions that were evaluated: `checks.exists(c, c.condition == \"stock > 0\" && !c.holds)`.",
    ),
    of(Field::Detail, "detail", Kind::Captured, "What else the code said of it."),
    of(Field::Input, "input", Kind::Captured, "The step's arguments by name."),
    of(Field::Output, "output", Kind::Captured, "What the step returned."),
    of(Field::Step, "step", Kind::Row(Entity::Step), "The step that decided."),
    of(Field::Run, "run", Kind::Row(Entity::Run), "Its run."),
];

/// The functions and operators that every query may use.
pub const FUNCTIONS: &[FunctionInfo] = &[
    FunctionInfo {
        usage: "==  !=  <  <=  >  >=",
        doc: "Compare. What is missing, or of another type, matches nothing.",
    },
    FunctionInfo { usage: "&&  ||  !  ( )", doc: "And, or, not." },
    FunctionInfo { usage: "x in [a, b]", doc: "Whether a list has this value, or captured data this key." },
    FunctionInfo { usage: "a ? b : c", doc: "b if a holds, else c." },
    FunctionInfo { usage: "+  -  *  /  %", doc: "Numbers, times and durations; `+` also joins texts." },
    FunctionInfo { usage: "has(meta.x)", doc: "Whether there is such a value." },
    FunctionInfo { usage: "text.contains(part)", doc: "Whether the text has this part." },
    FunctionInfo { usage: "text.startsWith(part)", doc: "Whether the text begins with it." },
    FunctionInfo { usage: "text.endsWith(part)", doc: "Whether the text ends with it." },
    FunctionInfo { usage: "text.matches(\"regex\")", doc: "Whether a part of the text matches; in linear time." },
    FunctionInfo { usage: "text.lowerAscii()", doc: "The text with A to Z as a to z." },
    FunctionInfo { usage: "text.upperAscii()", doc: "The text with a to z as A to Z." },
    FunctionInfo { usage: "size(x)", doc: "Characters of a text, elements of a list, entries of a map, or rows." },
    FunctionInfo { usage: "duration(\"1m30s\")", doc: "A length of time, in h, m, s, ms, us or ns." },
    FunctionInfo { usage: "timestamp(\"2026-01-31T12:00:00Z\")", doc: "A point in time, as RFC 3339 writes it." },
    FunctionInfo { usage: "now()", doc: "The time at which the query is asked." },
    FunctionInfo { usage: "rows.exists(x, condition)", doc: "Whether the condition holds for one of them." },
    FunctionInfo { usage: "rows.exists_one(x, condition)", doc: "Whether it holds for exactly one." },
    FunctionInfo { usage: "rows.all(x, condition)", doc: "Whether it holds for each of them." },
];

/// What can be calculated of many rows.
pub const AGGREGATES: &[FunctionInfo] = &[
    FunctionInfo { usage: "count()", doc: "How many rows there are." },
    FunctionInfo { usage: "count(x)", doc: "How many rows have x." },
    FunctionInfo { usage: "sum(x)", doc: "The sum of numbers or durations." },
    FunctionInfo { usage: "avg(x)", doc: "The mean of numbers or durations, of those rows that have x." },
    FunctionInfo { usage: "min(x)", doc: "The lowest number, duration, time or text." },
    FunctionInfo { usage: "max(x)", doc: "The highest number, duration, time or text." },
    FunctionInfo {
        usage: "quantile(x, 0.95)",
        doc: "The number or duration that this share of the rows does not exceed: exact for up to 2,048 rows, else within \
              0.4 % of it.",
    },
    FunctionInfo { usage: "topk(x, 3)", doc: "The values of x that most rows have, with their numbers of rows." },
    FunctionInfo { usage: "share(condition)", doc: "The share of the rows of which the condition holds, from 0 to 1." },
    FunctionInfo {
        usage: "error_rate()",
        doc: "The share of the runs that failed or crashed, or of the steps that failed.",
    },
    FunctionInfo {
        usage: "bucket(time, duration(\"1h\"))",
        doc: "In `group_by`: the beginning of the span of this length, counted from 1970, that the time is in.",
    },
];

impl Entity {
    /// The field that has this name.
    pub(super) fn field(self, name: &str) -> Option<&'static FieldInfo> {
        self.fields().iter().find(|info| info.name == name)
    }
}

impl Kind {
    /// The words for it in a message.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Bool => "a condition",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Duration => "a duration",
            Self::Time => "a point in time",
            Self::Captured => "captured data",
            Self::Row(_) => "a row",
            Self::Rows(_) => "rows",
        }
    }
}
