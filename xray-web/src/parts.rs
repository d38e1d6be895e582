//! What was captured of a step and said by its code, in the parts that a request can name with `fields`.

use std::sync::Arc;

use serde::Serialize;
use xray_collector::decision::Account;
use xray_collector::id::{RunId, StepId};
use xray_collector::model::{Failure, StepDetail};
use xray_collector::store::{Store, StoreError};

use crate::decision::{DecisionBody, Extras};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::value::{Limit, ValueBody};

/// Decisions that a step's answer holds; its own list has the others.
const DECISIONS: usize = 100;

/// A part of what is known of a step beyond its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Arguments,
    Result,
    Error,
    Reasons,
    Reasoning,
    Meta,
    Llm,
    Tags,
    Notes,
    Input,
    Output,
    Decisions,
}

/// The parts that are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Parts(Vec<Part>);

/// A step with what its parts are made of.
pub(crate) struct Opened {
    pub(crate) detail: StepDetail,
    pub(crate) account: Account,
}

/// The parts of a step that were asked for.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Parts))]
pub(crate) struct PartsBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<Vec<ArgumentBody<'a>>>,
    /// What it returned; of a `Result` what is inside `Ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ValueBody>))]
    result: Option<Option<ValueBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<FailureBody>))]
    error: Option<Option<FailureBody<'a>>>,
    /// Why it did what it did, in the code's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    reasons: Option<&'a [Arc<str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Vec<MetaBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Vec<MetaBody<'a>>>,
    /// Calls of language models, by the names of OpenTelemetry's GenAI conventions.
    #[serde(skip_serializing_if = "Option::is_none")]
    llm: Option<Vec<ValueBody<'a>>>,
    /// Said of a run, as are `notes`, `input` and `output`: `null` of any step but its first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<TagBody>>))]
    tags: Option<Option<Vec<TagBody<'a>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    notes: Option<Option<&'a [Arc<str>]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ValueBody>))]
    input: Option<Option<ValueBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ValueBody>))]
    output: Option<Option<ValueBody<'a>>>,
    /// The first 100 of them: see the step's `/decisions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decisions: Option<Vec<DecisionBody<'a>>>,
}

/// A captured argument.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Argument))]
struct ArgumentBody<'a> {
    name: &'a str,
    #[serde(flatten)]
    value: ValueBody<'a>,
}

/// The error or panic a step ended with.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Failure))]
struct FailureBody<'a> {
    message: &'a str,
    /// The messages of its sources, outermost first.
    chain: &'a [String],
    /// Where it panicked, as `file:line:column`.
    location: Option<&'a str>,
    /// The error as a value, if it has more to say than its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ValueBody<'a>>,
}

/// A value that the code noted.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Meta))]
struct MetaBody<'a> {
    key: &'a str,
    #[serde(flatten)]
    value: ValueBody<'a>,
}

/// What a run can be found by.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Tag))]
struct TagBody<'a> {
    key: &'a str,
    value: &'a str,
}

impl Part {
    pub(crate) const ALL: [Self; 12] = [
        Self::Arguments,
        Self::Result,
        Self::Error,
        Self::Reasons,
        Self::Reasoning,
        Self::Meta,
        Self::Llm,
        Self::Tags,
        Self::Notes,
        Self::Input,
        Self::Output,
        Self::Decisions,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Arguments => "arguments",
            Self::Result => "result",
            Self::Error => "error",
            Self::Reasons => "reasons",
            Self::Reasoning => "reasoning",
            Self::Meta => "meta",
            Self::Llm => "llm",
            Self::Tags => "tags",
            Self::Notes => "notes",
            Self::Input => "input",
            Self::Output => "output",
            Self::Decisions => "decisions",
        }
    }
}

impl Parts {
    /// The parts that `fields` names, if it is given.
    pub(crate) fn read(parameters: &Parameters) -> Result<Option<Self>, Problem> {
        match parameters.text("fields") {
            Some(_) => Ok(Some(Self(parameters.words("fields", Part::ALL, Part::as_str)?))),
            None => Ok(None),
        }
    }

    /// What a step has unless a request says otherwise: all but the decisions.
    pub(crate) fn of_step() -> Self {
        Self(Part::ALL.into_iter().filter(|part| *part != Part::Decisions).collect())
    }

    /// What makes the account that has these parts.
    pub(crate) fn account(&self) -> fn(&StepDetail) -> Account {
        if self.0.contains(&Part::Decisions) { StepDetail::account } else { StepDetail::said }
    }
}

impl Opened {
    /// `account` is what makes it: [`StepDetail::said`] is quicker where the decisions do not matter.
    pub(crate) fn read(
        store: &dyn Store,
        run: RunId,
        step: StepId,
        account: fn(&StepDetail) -> Account,
    ) -> Result<Option<Self>, StoreError> {
        let detail = store.step(run, step)?;
        Ok(detail.map(|detail| Self { account: account(&detail), detail }))
    }
}

impl<'a> PartsBody<'a> {
    pub(crate) fn new(run: RunId, opened: &'a Opened, parts: &Parts, limit: Limit) -> Self {
        let Opened { detail, account } = opened;
        let step = detail.step.id;
        let is_first = step == run.root();
        let has = |part| parts.0.contains(&part);
        let value = |name: String, captured| ValueBody { captured, limit, run, step, name };
        let numbered = |part: Part, index: usize, captured| value(format!("{}.{index}", part.as_str()), captured);
        let named = |part: Part, captured| value(part.as_str().to_owned(), captured);
        let noted = |part: Part, all: &'a [(Arc<str>, _)]| {
            let meta = |(index, (key, captured)): (usize, &'a (Arc<str>, _))| MetaBody {
                key,
                value: numbered(part, index, captured),
            };
            has(part).then(|| all.iter().enumerate().map(meta).collect())
        };
        Self {
            arguments: has(Part::Arguments).then(|| {
                let argument = |(index, argument): (usize, &'a xray_collector::model::Argument)| ArgumentBody {
                    name: &argument.name,
                    value: numbered(Part::Arguments, index, &argument.captured),
                };
                detail.arguments.iter().enumerate().map(argument).collect()
            }),
            result: has(Part::Result).then(|| Some(named(Part::Result, detail.result.as_ref()?))),
            error: has(Part::Error)
                .then(|| Some(FailureBody::new(detail.error.as_ref()?, |it| named(Part::Error, it)))),
            reasons: has(Part::Reasons).then_some(&*account.reasons),
            reasoning: noted(Part::Reasoning, &account.reasoning),
            meta: noted(Part::Meta, &account.meta),
            llm: has(Part::Llm)
                .then(|| account.llm.iter().enumerate().map(|(index, it)| numbered(Part::Llm, index, it)).collect()),
            tags: has(Part::Tags)
                .then(|| is_first.then(|| account.tags.iter().map(|(key, value)| TagBody { key, value }).collect())),
            notes: has(Part::Notes).then(|| is_first.then_some(&*account.notes)),
            input: has(Part::Input).then(|| Some(named(Part::Input, account.input.as_ref()?))),
            output: has(Part::Output).then(|| Some(named(Part::Output, account.output.as_ref()?))),
            decisions: has(Part::Decisions).then(|| {
                let decisions = account.decisions.iter().take(DECISIONS);
                decisions.map(|decision| DecisionBody::new(decision, &Extras::all())).collect()
            }),
        }
    }
}

impl<'a> FailureBody<'a> {
    fn new(failure: &'a Failure, value: impl FnOnce(&'a xray_collector::value::Captured) -> ValueBody<'a>) -> Self {
        Self {
            message: &failure.message,
            chain: &failure.chain,
            location: failure.location.as_deref(),
            value: failure.value.as_ref().map(value),
        }
    }
}
