//! From a question to a JSON answer, off the thread that serves connections.

use std::ops::Range;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapidhash::v3::rapidhash_v3;
use serde::Serialize;
use xray_collector::model::{Run, RunStatus};

use crate::problem::Problem;
use crate::source::Source;

/// An answer, already rendered.
pub(crate) struct Json {
    status: StatusCode,
    body: Vec<u8>,
    /// What tells it from others that the same question had, if a client may keep it.
    tag: Option<HeaderValue>,
}

impl Json {
    /// Renders `body`: once, straight into the bytes that are sent.
    pub(crate) fn of(body: &impl Serialize) -> Result<Self, Problem> {
        let body = xray_collector::json::to_vec(body).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Self { status: StatusCode::OK, body, tag: None })
    }

    /// What is JSON already.
    pub(crate) fn from_text(text: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, body: text, tag: None }
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// It is about these runs: if they are over, a client may keep the answer, as long as it asks each time whether it is
    /// still right. What threads say of a run can arrive after its end, so that no row of the store could tell; the
    /// answer itself can.
    pub(crate) fn about<'r>(mut self, runs: impl IntoIterator<Item = &'r Run>) -> Self {
        let is_over = runs.into_iter().all(|run| run.status != RunStatus::Running);
        self.tag = is_over.then(|| format!("\"{:016x}\"", rapidhash_v3(&self.body)).parse().ok()).flatten();
        self
    }

    pub(crate) fn tag(&self) -> Option<&HeaderValue> {
        self.tag.as_ref()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// A part of its bytes, under the same tag.
    pub(crate) fn part(mut self, range: Range<usize>) -> Self {
        self.body.truncate(range.end);
        self.body.drain(..range.start);
        self
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (self.status, kind, self.body).into_response();
        if let Some(tag) = self.tag {
            response.headers_mut().insert(header::ETAG, tag);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        response
    }
}

/// Reads from `source` and renders what was read, both on a thread that may block.
pub(crate) async fn answer<F, T>(source: Source, ask: F) -> Result<T, Problem>
where
    F: FnOnce(&Source) -> Result<T, Problem> + Send + 'static,
    T: Send + 'static,
{
    match tokio::task::spawn_blocking(move || ask(&source)).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::internal("reading failed unexpectedly: the reader panicked, or the server is stopping")),
    }
}
