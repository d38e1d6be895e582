//! How much a request's head may hold. Beyond several times as much the connection is answered without a body, and closed.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Bytes of the path and the query: more than any query needs that can be parsed.
pub(crate) const URI_BYTES: usize = 32 * 1024;
/// Bytes of all header lines.
pub(crate) const HEADER_BYTES: usize = 64 * 1024;

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let target = uri.path().len() + uri.query().map_or(0, str::len);
    if target > URI_BYTES {
        return Problem::uri_too_long(URI_BYTES).into_response();
    }
    if size_of(request.headers()) > HEADER_BYTES {
        return Problem::headers_too_large(HEADER_BYTES).into_response();
    }
    next.run(request).await
}

fn size_of(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
