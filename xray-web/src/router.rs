//! Which path leads where, and what every answer carries.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::{get, put};

use crate::live::Clients;
use crate::problem::Problem;
use crate::source::Source;
use crate::{
    aggregate, compare, decisions, diff, failures, health, host, items, live, page, pin, run, runs, schemas, search,
    series, stats, step, summaries, vocabulary,
};

/// Captured values come from anywhere: no answer may run, embed, submit or leak anything, even when it is opened by
/// itself in a browser.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // Runs change all the time and hold what nobody wants to find in a browser's cache.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

pub(crate) fn router(source: Source, clients: Clients) -> Router {
    Router::new()
        .route("/api/v1/live", get(live::open))
        .with_state(clients)
        .route("/", get(page::index))
        .route("/assets/{name}", get(page::asset))
        .route("/health", get(health::health))
        .route("/api/v1/runs", get(runs::list))
        .route("/api/v1/runs/{id}", get(run::open))
        .route("/api/v1/runs/{id}/pin", put(pin::pin).delete(pin::unpin).fallback(pin::wrong_method))
        .route("/api/v1/runs/{id}/steps/{step}", get(step::open))
        .route("/api/v1/schemas", get(schemas::list))
        .route("/api/v1/schemas/compare", get(schemas::compare))
        .route("/api/v1/schemas/{version}", get(schemas::open))
        .route("/api/v1/runs/{id}/steps/{step}/decisions", get(decisions::list))
        .route("/api/v1/steps", get(search::steps))
        .route("/api/v1/decisions", get(search::decisions))
        .route("/api/v1/diff", get(diff::diff))
        .route("/api/v1/compare", get(compare::compare))
        .route("/api/v1/items", get(items::of_run))
        .route("/api/v1/items/{key}", get(items::open))
        .route("/api/v1/query", get(aggregate::query))
        .route("/api/v1/pipelines", get(summaries::pipelines))
        .route("/api/v1/kinds", get(summaries::kinds))
        .route("/api/v1/callsites", get(summaries::callsites))
        .route("/api/v1/series", get(series::series))
        .route("/api/v1/failures", get(failures::failures))
        .route("/api/v1/vocabulary", get(vocabulary::vocabulary))
        .route("/api/v1/stats", get(stats::stats))
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing_there)
        .layer(from_fn(host::guard))
        .layer(map_response(with_headers))
        .with_state(source)
}

async fn nothing_there(uri: Uri) -> Problem {
    Problem::no_such_path(uri.path())
}

async fn wrong_method(method: Method) -> Problem {
    Problem::method_not_allowed(&method)
}

async fn with_headers(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}
