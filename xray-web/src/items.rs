//! `GET /api/v1/items?run=` and `/api/v1/items/{key}`: what became of every item of a run, and of one item in all runs.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::id::RunId;
use xray_collector::inference::clip_key;
use xray_collector::lineage::{self, History, InRun, ItemFate, Search, Stage, Summary};
use xray_collector::model::Run;

use crate::answer::{Json, answer};
use crate::body::{PageBody, RunBody};
use crate::cursor::{self, List};
use crate::gone;
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters, words};
use crate::parameters::Parameters;
use crate::path::{self, ItemPath};
use crate::problem::Problem;
use crate::source::Source;

/// So many stages of an item are shown.
const STAGES: usize = 100;

/// How an item left a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Kept,
    Eliminated,
}

impl Fate {
    pub(crate) const ALL: [Self; 2] = [Self::Kept, Self::Eliminated];

    fn of(ended: Option<usize>) -> Self {
        if ended.is_none() { Self::Kept } else { Self::Eliminated }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Eliminated => "eliminated",
        }
    }
}

/// An item's way through a run.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ItemWay))]
struct WayBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::Fate))]
    fate: Fate,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<findings::Stage>))]
    entered: Option<&'a Stage>,
    /// `null` of one that was kept.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<findings::Stage>))]
    ended: Option<&'a Stage>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<findings::Stage>))]
    steps: &'a [Stage],
    more_steps: usize,
}

impl<'a> WayBody<'a> {
    fn new(stages: &'a [Stage], ended: Option<usize>) -> Self {
        let steps = &stages[..stages.len().min(STAGES)];
        Self {
            fate: Fate::of(ended),
            entered: stages.first(),
            ended: ended.and_then(|place| stages.get(place)),
            steps,
            more_steps: stages.len() - steps.len(),
        }
    }
}

/// A page of a run's items.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Items))]
pub(crate) struct OfRunBody<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = words::RunId))]
    run: RunId,
    #[serde(flatten)]
    page: PageBody<ItemBody<'a>>,
    /// The run has more than is looked at.
    stopped: bool,
}

/// An item of a run.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Item))]
struct ItemBody<'a> {
    /// The item's key.
    item: &'a str,
    #[serde(flatten)]
    way: WayBody<'a>,
}

/// An item, and a page of the runs that had it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ItemHistory))]
pub(crate) struct HistoryBody<'a> {
    item: &'a str,
    #[cfg_attr(feature = "openapi", schema(value_type = findings::ItemSummary))]
    summary: &'a Summary,
    #[serde(flatten)]
    page: PageBody<InRunBody<'a>>,
    /// Not all runs were looked at for the summary: it cost more than it may.
    stopped: bool,
    /// Whether the store has an index of items.
    indexed: bool,
    /// What of the index is damaged, so that there may be more runs.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    damaged: &'a [String],
}

/// A run, and what became of an item in it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ItemInRun))]
struct InRunBody<'a> {
    run: RunBody<'a>,
    #[serde(flatten)]
    way: WayBody<'a>,
}

/// The items of a run
///
/// Where each came from, what each step did to it, where and why it ended.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/items", tag = "items", params(parameters::ItemsOf, parameters::Paging),
    responses((status = 200, body = OfRunBody), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn of_run(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &["run", "fate", "limit", "cursor"])?;
    let missing = || Problem::invalid_parameter("run", "run is missing: the id of the run of which the items are");
    let id: RunId = path::id("run", parameters.text("run").ok_or_else(missing)?)?;
    let wanted = parameters.words("fate", Fate::ALL, Fate::as_str)?;
    let words: Vec<_> = wanted.iter().map(|fate| fate.as_str()).collect();
    let list = List::of(&[Some("items"), Some(&id.to_string()), Some(&words.join(","))]);
    let (limit, cursor) = (parameters.limit()?, parameters.text("cursor"));
    let from = cursor.map(|text| cursor::read_at_decision(list, "cursor", text)).transpose()?.unwrap_or(0);
    answer(source, move |source| {
        let run = run(source, id)?;
        let fates = lineage::fates(&*source.store, id)?;
        let is_wanted = |item: &&ItemFate| wanted.contains(&Fate::of(item.ended));
        let mut items = fates.items.iter().filter(is_wanted).skip(from);
        let data: Vec<_> = items
            .by_ref()
            .take(limit)
            .map(|fate| ItemBody { item: &fate.item, way: WayBody::new(&fate.stages, fate.ended) })
            .collect();
        let next_cursor = items.next().map(|_| cursor::at_decision(list, from + data.len()));
        let body = OfRunBody { run: id, page: PageBody { data, next_cursor }, stopped: fates.stopped };
        Ok(Json::of(&body)?.about([&run]))
    })
    .await
}

/// One item in all runs that had it
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/items/{key}", tag = "items", params(parameters::ItemPath, parameters::ItemIn, parameters::Paging),
    responses((status = 200, body = HistoryBody), (status = 404, body = crate::problem::Body)),
))]
pub(crate) async fn open(
    State(source): State<Source>,
    ItemPath(key): ItemPath,
    RawQuery(query): RawQuery,
) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &["run", "limit", "cursor"])?;
    let id: Option<RunId> = parameters.text("run").map(|text| path::id("run", text)).transpose()?;
    // As decisions have it.
    let key = clip_key(key);
    let list = List::of(&[Some("item"), Some(&key)]);
    let cursor = parameters.text("cursor");
    if let (Some(_), Some(_)) = (id, cursor) {
        return Err(Problem::invalid_parameter("cursor", "cursor and run do not go together: a run is one row"));
    }
    let after = cursor.map(|text| cursor::read_after_run(list, "cursor", text)).transpose()?;
    let search = Search { after, limit: parameters.limit()?, ..Search::default() };
    answer(source, move |source| {
        let store = &*source.store;
        let (history, whole) = match id {
            Some(id) => (lineage::in_run(store, &key, run(source, id)?)?, format!("run {id}")),
            None => (lineage::history(store, &key, &search)?, "any run".to_owned()),
        };
        let History { runs, next, summary, stopped, indexed, damaged } = &history;
        if runs.is_empty() && search.after.is_none() && !stopped {
            return Err(Problem::no_such_item(&key, &whole));
        }
        Json::of(&HistoryBody {
            item: &key,
            summary,
            page: PageBody {
                data: runs.iter().map(InRunBody::from).collect(),
                next_cursor: next.map(|next| cursor::after_run(list, next)),
            },
            stopped: *stopped,
            indexed: *indexed,
            damaged,
        })
    })
    .await
}

fn run(source: &Source, id: RunId) -> Result<Run, Problem> {
    source.store.run(id)?.ok_or_else(|| gone::no_run(source, id).with_parameter("run"))
}

impl<'a> From<&'a InRun> for InRunBody<'a> {
    fn from(found: &'a InRun) -> Self {
        Self { run: RunBody::from(&found.run), way: WayBody::new(&found.stages, found.ended) }
    }
}
