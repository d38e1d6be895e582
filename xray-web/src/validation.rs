//! `If-None-Match`: an answer that the client has already is not sent again. And what compression makes of tags.
//!
//! A strong tag names the bytes that are sent, so that each coding of an answer has its own: `"…-gzip"`, `"…-zstd"`.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Within compression: answers with nothing but the tag, if the client has what it stands for.
pub(crate) async fn conditional(request: Request, next: Next) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let known: Vec<HeaderValue> = match is_reading {
        true => request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect(),
        false => Vec::new(),
    };
    let response = next.run(request).await;
    if known.is_empty() || !response.status().is_success() {
        return response;
    }
    let Some(matched) = response.headers().get(header::ETAG).and_then(|own| matching(own, &known)) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_RANGE] {
        parts.headers.remove(name);
    }
    parts.headers.insert(header::ETAG, matched);
    parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(parts, Body::empty())
}

/// The first of the client's tags that stands for the answer, in whatever coding; the answer's own for `*`.
fn matching(own: &HeaderValue, known: &[HeaderValue]) -> Option<HeaderValue> {
    let own = own.to_str().ok()?;
    let bare = own.trim_matches('"');
    let tags = known.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim);
    for tag in tags {
        if tag == "*" {
            return own.parse().ok();
        }
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        let opaque = strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let Some(rest) = opaque.and_then(|opaque| opaque.strip_prefix(bare)) else { continue };
        if matches!(rest, "" | "-gzip" | "-zstd") {
            return strong.parse().ok();
        }
    }
    None
}

/// Outside of compression: names the coding in the tag, and answers a client that takes no coding at all.
pub(crate) async fn coded(mut response: Response) -> Response {
    if response.status() == StatusCode::NOT_ACCEPTABLE {
        let vary = response.headers_mut().remove(header::VARY);
        response = Problem::no_acceptable_coding().into_response();
        response.headers_mut().extend(vary.map(|vary| (header::VARY, vary)));
        return response;
    }
    if let Some(tag) = tag_of_coding(response.headers()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn tag_of_coding(headers: &HeaderMap) -> Option<HeaderValue> {
    let coding = headers.get(header::CONTENT_ENCODING)?.to_str().ok()?;
    let tag = headers.get(header::ETAG)?.to_str().ok()?.strip_suffix('"')?;
    format!("{tag}-{coding}\"").parse().ok()
}
