//! Which path leads where, and what every answer carries.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::{get, put};
use axum::{Extension, Router};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::live::Clients;
#[cfg(feature = "openapi")]
use crate::openapi::Shared;
use crate::problem::Problem;
use crate::source::Source;
use crate::{
    aggregate, compare, decisions, diff, export, failures, health, host, items, limits, live, metrics, page, pin, run,
    runs, schemas, search, series, stats, step, summaries, validation, values, vocabulary,
};

/// Captured values come from anywhere: no answer may run, embed, submit or leak anything, even when it is opened by
/// itself in a browser.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
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
];
/// Runs change all the time and hold what nobody wants to find in a browser's cache. An answer that may be kept says so.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
/// Smaller answers fit into a packet or two as they are.
const COMPRESSED_BYTES: u64 = 2_048;

/// The resources: each is served, and documented by the annotation of its handler.
macro_rules! resources {
    ($($path:literal => $module:ident::$handler:ident,)+) => {
        fn resources() -> Router<Source> {
            Router::new()$(.route($path, get($module::$handler)))+
        }

        /// The document, without what the answers share.
        #[cfg(feature = "openapi")]
        #[derive(utoipa::OpenApi)]
        #[openapi(
            info(
                title = "xray",
                description = include_str!("openapi/about.md"),
            ),
            paths($($module::$handler,)+ pin::pin, pin::unpin),
            components(schemas(crate::problem::Body)),
            modifiers(&Shared),
        )]
        pub(crate) struct Documented;
    };
}

resources! {
    "/api/v1/runs" => runs::list,
    "/api/v1/runs/{id}" => run::open,
    "/api/v1/runs/{id}/steps/{step}" => step::open,
    "/api/v1/runs/{id}/steps/{step}/decisions" => decisions::list,
    "/api/v1/runs/{id}/steps/{step}/values/{part}" => values::open,
    "/api/v1/steps" => search::steps,
    "/api/v1/decisions" => search::decisions,
    "/api/v1/query" => aggregate::query,
    "/api/v1/pipelines" => summaries::pipelines,
    "/api/v1/kinds" => summaries::kinds,
    "/api/v1/callsites" => summaries::callsites,
    "/api/v1/series" => series::series,
    "/api/v1/failures" => failures::failures,
    "/api/v1/vocabulary" => vocabulary::vocabulary,
    "/api/v1/live" => live::open,
    "/api/v1/diff" => diff::diff,
    "/api/v1/compare" => compare::compare,
    "/api/v1/items" => items::of_run,
    "/api/v1/items/{key}" => items::open,
    "/api/v1/export/runs" => export::runs,
    "/api/v1/export/steps" => export::steps,
    "/api/v1/export/decisions" => export::decisions,
    "/api/v1/schemas" => schemas::list,
    "/api/v1/schemas/compare" => schemas::compare,
    "/api/v1/schemas/{version}" => schemas::open,
    "/api/v1/stats" => stats::stats,
    "/api/v1/openapi.json" => page::document,
    "/health" => health::health,
    "/metrics" => metrics::metrics,
}

pub(crate) fn router(source: Source, clients: Clients) -> Router {
    resources()
        .merge(pages())
        .route("/api/v1/runs/{id}/pin", put(pin::pin).delete(pin::unpin).fallback(pin::wrong_method))
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing_there)
        .layer(from_fn(validation::conditional))
        .layer(compression(CompressionLevel::Fastest))
        .layer(map_response(validation::coded))
        .layer(from_fn(limits::guard))
        .layer(from_fn(host::guard))
        .layer(map_response(with_headers))
        .layer(from_fn(metrics::timed))
        .layer(Extension(Arc::<metrics::Requests>::default()))
        .layer(Extension(clients))
        .with_state(source)
}

/// The addresses of the dashboard are those of its `router.tsx`.
fn pages() -> Router<Source> {
    let dashboard = ["/", "/runs/{*rest}", "/items/{*rest}", "/steps", "/steps/{*rest}", "/compare"];
    let pages = dashboard.into_iter().fold(Router::new(), |pages, path| pages.route(path, get(page::dashboard)));
    pages
        .route("/icon.svg", get(page::asset))
        .route("/assets/{*file}", get(page::asset))
        .route("/reference", get(page::reference))
        .route("/reference/{*file}", get(page::reference))
        // They are asked for once, and are most of what the first view takes.
        .layer(compression(CompressionLevel::Precise(9)))
}

fn compression(level: CompressionLevel) -> CompressionLayer<impl Predicate> {
    let large = SizeAbove::new(COMPRESSED_BYTES).and(NotForContentType::SSE);
    CompressionLayer::new().quality(level).compress_when(large)
}

async fn nothing_there(uri: Uri) -> Problem {
    Problem::no_such_path(uri.path())
}

async fn wrong_method(method: Method) -> Problem {
    Problem::method_not_allowed(&method)
}

async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    headers.entry(header::CACHE_CONTROL).or_insert(NOT_KEPT);
    response
}
