//! `GET /api/v1/runs/{id}`: one run and its steps.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::id::{RunId, StepId};
use xray_collector::model::Step;
use xray_collector::store::{Store, StoreError};

use crate::answer::{Json, answer};
use crate::body::{ListedBody, PageBody, RunBody, StepRowBody};
use crate::cursor::{self, List};
use crate::gone;
#[cfg(feature = "openapi")]
use crate::openapi::parameters;
use crate::parameters::Parameters;
use crate::parts::{Opened, Parts, PartsBody};
use crate::path::RunPath;
use crate::problem::Problem;
use crate::source::Source;
use crate::value::Limit;

const PARAMETERS: [&str; 3] = ["steps_after", "limit", "fields"];

/// A run and a page of its steps.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RunDetail))]
pub(crate) struct Body<'a> {
    run: RunBody<'a>,
    steps: PageBody<ListedBody<'a, StepRowBody<'a>>>,
}

/// A run and its steps
///
/// The steps come in pages, in the order of their ids, without what was captured of them unless `fields` asks for it.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/runs/{id}", tag = "runs",
    params(parameters::RunPath, parameters::StepsPaging, parameters::PartsOfRow),
    responses((status = 200, body = Body), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn open(
    State(source): State<Source>,
    RunPath(id): RunPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let parts = Parts::read(&parameters)?;
    let limit = if parts.is_some() { parameters.limit_with_fields()? } else { parameters.limit()? };
    let list = List::of(&[Some("steps"), Some(&id.to_string())]);
    let after = parameters.text("steps_after");
    let after = after.map(|text| cursor::read_after_step(list, "steps_after", text)).transpose()?;
    answer(source, move |source| {
        let run = source.store.run(id)?.ok_or_else(|| gone::no_run(source, id))?;
        let (steps, next) = page(&*source.store, id, after, limit)?;
        let opened = steps.iter().map(|step| match &parts {
            Some(parts) => Opened::read(&*source.store, id, step.id, parts.account()),
            None => Ok(None),
        });
        let opened: Vec<Option<Opened>> = opened.collect::<Result<_, _>>()?;
        Ok(Json::of(&Body {
            run: RunBody::from(&run),
            steps: PageBody {
                data: steps
                    .iter()
                    .zip(&opened)
                    .map(|(step, opened)| listed(id, step, opened.as_ref(), parts.as_ref()))
                    .collect(),
                next_cursor: next.map(|step| cursor::after_step(list, step)),
            },
        })?
        .about([&run]))
    })
    .await
}

fn listed<'a>(
    run: RunId,
    step: &'a Step,
    opened: Option<&'a Opened>,
    parts: Option<&Parts>,
) -> ListedBody<'a, StepRowBody<'a>> {
    let fields = opened.zip(parts).map(|(opened, parts)| PartsBody::new(run, opened, parts, Limit::OF_ROW));
    ListedBody { row: StepRowBody::from(step), fields }
}

/// The steps after one, and the last of them if there are more.
fn page(
    store: &dyn Store,
    run: RunId,
    after: Option<StepId>,
    limit: usize,
) -> Result<(Vec<Step>, Option<StepId>), StoreError> {
    let steps = store.steps(run, after, limit)?;
    // A full page says nothing about the next one, and a page may not be asked for with one row more.
    let next = match steps.last() {
        Some(last) if steps.len() == limit && !store.steps(run, Some(last.id), 1)?.is_empty() => Some(last.id),
        _ => None,
    };
    Ok((steps, next))
}
