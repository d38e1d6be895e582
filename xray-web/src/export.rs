//! `GET /api/v1/export/{runs|steps|decisions}`: everything that a search finds, page after page, as it is read.
//!
//! A page is read when the client has taken the one before, so that no more than one is in memory, a slow client holds up
//! nobody, and one that goes away ends the reading. What fails after the answer has begun ends it early: the connection
//! is closed without the end of the body, and NDJSON says why on its last line, `{"error": …}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use xray_collector::query::{Entity, Place, Selected};
use xray_collector::store::MAX_PAGE;

use crate::answer::answer;
#[cfg(feature = "openapi")]
use crate::openapi::parameters;
use crate::parameters::{MAX_WITH_FIELDS, Parameters};
use crate::problem::Problem;
use crate::rows::{Rows, Wanted};
use crate::search::{self, Asked};
use crate::source::Source;
use crate::table;

const PARAMETERS: [&str; 5] = ["q", "from", "before", "format", "fields"];

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Ndjson,
    Csv,
}

/// Every run of which a condition holds
///
/// Streamed, newest first, without pages.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/export/runs", tag = "export",
    params(parameters::Search, parameters::Format, parameters::PartsOfRow),
    responses((status = 200, description = "A line for each run", content(
        (String = "application/x-ndjson"), (String = "text/csv")))),
))]
pub(crate) async fn runs(state: State<Source>, query: RawQuery) -> Result<Response, Problem> {
    export(state, query, Entity::Run).await
}

/// Every step of which a condition holds
///
/// Streamed, those of the newest run first, without pages.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/export/steps", tag = "export",
    params(parameters::Search, parameters::Format, parameters::PartsOfRow),
    responses((status = 200, description = "A line for each step", content(
        (String = "application/x-ndjson"), (String = "text/csv")))),
))]
pub(crate) async fn steps(state: State<Source>, query: RawQuery) -> Result<Response, Problem> {
    export(state, query, Entity::Step).await
}

/// Every decision of which a condition holds
///
/// Streamed, those of the newest run first, without pages.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/export/decisions", tag = "export",
    params(parameters::Search, parameters::Format, parameters::Extras),
    responses((status = 200, description = "A line for each decision", content(
        (String = "application/x-ndjson"), (String = "text/csv")))),
))]
pub(crate) async fn decisions(state: State<Source>, query: RawQuery) -> Result<Response, Problem> {
    export(state, query, Entity::Decision).await
}

async fn export(State(source): State<Source>, RawQuery(query): RawQuery, entity: Entity) -> Result<Response, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let format = parameters.word("format", Format::ALL, Format::as_str)?.unwrap_or(Format::Ndjson);
    if format == Format::Csv && parameters.text("fields").is_some() {
        return Err(Problem::invalid_parameter(
            "fields",
            "a table has no room for fields: leave them out, or use ndjson",
        ));
    }
    let (asked, wanted) = (Asked::read(&parameters, entity)?, search::wanted(&parameters, entity)?);
    let export = Arc::new(Export { source, asked, wanted, format, entity });
    // What fails before the first row is an answer of its own.
    let first = Arc::clone(&export).page(None).await?;
    let name = format!("attachment; filename=\"{}s.{}\"", entity.as_str(), format.as_str());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"))),
    ];
    Ok((headers, Body::from_stream(pages(export, first))).into_response())
}

/// What is exported, and how.
struct Export {
    source: Source,
    asked: Asked,
    wanted: Wanted,
    format: Format,
    entity: Entity,
}

/// Rows as they are sent, and where those after them begin.
struct Page {
    bytes: Vec<u8>,
    next: Option<Place>,
}

/// What is to be done when the client has taken what was given.
enum Turn {
    Give(Page),
    Read(Place),
    Abort,
    End,
}

/// The rest could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the export was broken off")]
struct BrokenOff;

fn pages(export: Arc<Export>, first: Page) -> impl Stream<Item = Result<Vec<u8>, BrokenOff>> {
    stream::unfold((Turn::Give(first), export), |(turn, export)| async move {
        let turn = match turn {
            Turn::Read(place) => match Arc::clone(&export).page(Some(place)).await {
                Ok(page) => Turn::Give(page),
                Err(problem) if export.format == Format::Ndjson => {
                    let line = [b"{\"error\":", &*problem.json(), b"}\n"].concat();
                    return Some((Ok(line), (Turn::Abort, export)));
                }
                Err(_) => Turn::Abort,
            },
            turn => turn,
        };
        match turn {
            Turn::Give(page) => Some((Ok(page.bytes), (page.next.map_or(Turn::End, Turn::Read), export))),
            Turn::Abort => {
                // What was given has to leave before the connection is closed.
                tokio::task::yield_now().await;
                Some((Err(BrokenOff), (Turn::End, export)))
            }
            Turn::Read(_) | Turn::End => None,
        }
    })
    .fuse()
}

impl Export {
    /// The rows after a place, as many as are read at once; more than none, unless there are none.
    async fn page(self: Arc<Self>, mut after: Option<Place>) -> Result<Page, Problem> {
        let is_first = after.is_none();
        loop {
            let export = Arc::clone(&self);
            let source = self.source.clone();
            let page = answer(source, move |source| export.read(source, after, is_first)).await?;
            if !page.bytes.is_empty() || page.next.is_none() {
                return Ok(page);
            }
            after = page.next;
        }
    }

    fn read(&self, source: &Source, after: Option<Place>, is_first: bool) -> Result<Page, Problem> {
        let limit = if self.wanted.parts.is_some() { MAX_WITH_FIELDS } else { MAX_PAGE };
        let found = self.asked.query.search(&*source.store, &self.asked.page(after, limit))?;
        let bytes = match self.format {
            Format::Csv => self.table(&found.rows, is_first)?,
            Format::Ndjson => self.lines(source, found.rows)?,
        };
        Ok(Page { bytes, next: found.next })
    }

    fn lines(&self, source: &Source, rows: Vec<Selected>) -> Result<Vec<u8>, Problem> {
        let rows = Rows::read(&*source.store, rows, self.wanted.clone())?;
        let mut bytes = Vec::new();
        for row in rows.bodies() {
            let line = xray_collector::json::to_vec(&row).map_err(|error| Problem::internal(error.to_string()))?;
            bytes.extend(line);
            bytes.push(b'\n');
        }
        Ok(bytes)
    }

    fn table(&self, rows: &[Selected], is_first: bool) -> Result<Vec<u8>, Problem> {
        let columns = is_first.then(|| table::columns(self.entity));
        table::write(columns, rows).map_err(|error| Problem::internal(error.to_string()))
    }
}

impl Format {
    pub(crate) const ALL: [Self; 2] = [Self::Ndjson, Self::Csv];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}
