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
use crate::parameters::Parameters;
use crate::path::{self, ItemPath};
use crate::problem::Problem;
use crate::source::Source;

/// So many stages of an item are shown.
const STAGES: usize = 100;

/// How an item left a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    Kept,
    Eliminated,
}

impl Fate {
    const ALL: [Self; 2] = [Self::Kept, Self::Eliminated];

    fn of(ended: Option<usize>) -> Self {
        if ended.is_none() { Self::Kept } else { Self::Eliminated }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Eliminated => "eliminated",
        }
    }
}

/// An item's way through a run.
#[derive(Serialize)]
struct WayBody<'a> {
    fate: Fate,
    entered: Option<&'a Stage>,
    ended: Option<&'a Stage>,
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

#[derive(Serialize)]
struct OfRunBody<'a> {
    run: RunId,
    #[serde(flatten)]
    page: PageBody<ItemBody<'a>>,
    stopped: bool,
}

#[derive(Serialize)]
struct ItemBody<'a> {
    item: &'a str,
    #[serde(flatten)]
    way: WayBody<'a>,
}

#[derive(Serialize)]
struct HistoryBody<'a> {
    item: &'a str,
    summary: &'a Summary,
    #[serde(flatten)]
    page: PageBody<InRunBody<'a>>,
    stopped: bool,
    indexed: bool,
}

#[derive(Serialize)]
struct InRunBody<'a> {
    run: RunBody<'a>,
    #[serde(flatten)]
    way: WayBody<'a>,
}

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
        run(source, id)?;
        let fates = lineage::fates(&*source.store, id)?;
        let is_wanted = |item: &&ItemFate| wanted.contains(&Fate::of(item.ended));
        let mut items = fates.items.iter().filter(is_wanted).skip(from);
        let data: Vec<_> = items
            .by_ref()
            .take(limit)
            .map(|fate| ItemBody { item: &fate.item, way: WayBody::new(&fate.stages, fate.ended) })
            .collect();
        let next_cursor = items.next().map(|_| cursor::at_decision(list, from + data.len()));
        Json::of(&OfRunBody { run: id, page: PageBody { data, next_cursor }, stopped: fates.stopped })
    })
    .await
}

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
        let History { runs, next, summary, stopped, indexed } = &history;
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
        })
    })
    .await
}

fn run(source: &Source, id: RunId) -> Result<Run, Problem> {
    source.store.run(id)?.ok_or_else(|| Problem::no_such_run(id).with_parameter("run"))
}

impl<'a> From<&'a InRun> for InRunBody<'a> {
    fn from(found: &'a InRun) -> Self {
        Self { run: RunBody::from(&found.run), way: WayBody::new(&found.stages, found.ended) }
    }
}
