//! From a question to a JSON answer, off the thread that serves connections.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;
use crate::source::Source;

/// An answer, already rendered.
pub(crate) struct Json {
    status: StatusCode,
    body: Vec<u8>,
}

impl Json {
    /// Renders `body`: once, straight into the bytes that are sent.
    pub(crate) fn of(body: &impl Serialize) -> Result<Self, Problem> {
        let body = xray_collector::json::to_vec(body).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Self { status: StatusCode::OK, body })
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (self.status, kind, self.body).into_response()
    }
}

/// Reads from `source` and renders what was read, both on a thread that may block.
pub(crate) async fn answer<F>(source: Source, ask: F) -> Result<Json, Problem>
where
    F: FnOnce(&Source) -> Result<Json, Problem> + Send + 'static,
{
    match tokio::task::spawn_blocking(move || ask(&source)).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::internal("reading failed unexpectedly: the reader panicked, or the server is stopping")),
    }
}
