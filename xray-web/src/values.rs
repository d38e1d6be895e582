//! `GET /api/v1/runs/{id}/steps/{step}/values/{part}`: one value of a step as JSON, whole or in ranges of bytes.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use xray_collector::model::StepDetail;
use xray_collector::value::Captured;

use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::openapi::parameters;
use crate::parameters::Parameters;
use crate::parts::Opened;
use crate::path::ValuePath;
use crate::problem::Problem;
use crate::range::Ranged;
use crate::source::Source;
use crate::step;
use crate::value::Limit;

/// The names of values, as a problem lists them.
const NAMES: [&str; 8] =
    ["arguments.{n}", "result", "error", "reasoning.{n}", "meta.{n}", "llm.{n}", "input", "output"];

/// One value of a step
///
/// Its JSON alone, also in ranges of bytes: with `Range: bytes=0-65535` the first 64 KiB. Of a large value only as much is
/// read as is asked for: `Content-Range` has `*` for the length of the whole then.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/runs/{id}/steps/{step}/values/{part}", tag = "steps",
    params(parameters::StepPath, parameters::ValuePath, parameters::Range),
    responses(
        (status = 200, body = serde_json::Value, content_type = "application/json"),
        (status = 206, description = "A part of the JSON text", content_type = "application/json"),
        (status = 404, body = crate::problem::Body),
        (status = 416, description = "No such range", body = crate::problem::Body),
    ),
))]
pub(crate) async fn open(
    State(source): State<Source>,
    method: Method,
    headers: HeaderMap,
    ValuePath(run, step, part): ValuePath,
    RawQuery(query): RawQuery,
) -> Result<Ranged, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    let value = Value::parse(&part).ok_or_else(|| Problem::not_one_of("part", &part, &NAMES))?;
    let asked = Ranged::asked(&method, &headers);
    answer(source, move |source| {
        let (row, opened) = step::find(source, run, step, StepDetail::said)?;
        let captured = value.of(&opened).ok_or_else(|| Problem::no_such_value(run, step, &part))?;
        // Of a large value no more is rendered than is asked for, and one byte to see whether it goes on.
        if let Some((from, to)) = asked.filter(|_| !Limit::OF_STEP.allows(captured)) {
            let beginning = captured.json_beginning(to + 1);
            if beginning.len() > to {
                return Ok(Ranged::of_beginning(Json::from_text(beginning), (from, to)));
            }
        }
        Ranged::of(Json::from_text(captured.json().into_bytes()).about([&row]), &method, &headers)
    })
    .await
}

/// Which value.
enum Value {
    Argument(usize),
    Result,
    Error,
    Reasoning(usize),
    Meta(usize),
    Llm(usize),
    Input,
    Output,
}

impl Value {
    fn parse(name: &str) -> Option<Self> {
        let (part, number) = match name.split_once('.') {
            Some((part, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                (part, Some(number.parse().ok()?))
            }
            Some(_) => return None,
            None => (name, None),
        };
        Some(match (part, number) {
            ("arguments", Some(number)) => Self::Argument(number),
            ("reasoning", Some(number)) => Self::Reasoning(number),
            ("meta", Some(number)) => Self::Meta(number),
            ("llm", Some(number)) => Self::Llm(number),
            ("result", None) => Self::Result,
            ("error", None) => Self::Error,
            ("input", None) => Self::Input,
            ("output", None) => Self::Output,
            _ => return None,
        })
    }

    fn of(self, Opened { detail, account }: &Opened) -> Option<&Captured> {
        match self {
            Self::Argument(number) => detail.arguments.get(number).map(|argument| &argument.captured),
            Self::Result => detail.result.as_ref(),
            Self::Error => detail.error.as_ref()?.value.as_ref(),
            Self::Reasoning(number) => account.reasoning.get(number).map(|(_, captured)| captured),
            Self::Meta(number) => account.meta.get(number).map(|(_, captured)| captured),
            Self::Llm(number) => account.llm.get(number),
            Self::Input => account.input.as_ref(),
            Self::Output => account.output.as_ref(),
        }
    }
}
