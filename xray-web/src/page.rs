//! What a browser shows: the dashboard, and the reference of the API. Both are files that are built into the program.

use axum::extract::RawQuery;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::parameters::Parameters;
use crate::problem::Problem;

/// What `npm run build` makes of `dashboard/src`; `cargo xtask dashboard` sees to it that it is that.
#[derive(RustEmbed)]
#[folder = "dashboard/dist"]
struct Dashboard;

#[derive(RustEmbed)]
#[folder = "assets/reference"]
struct Reference;

const INDEX: &str = "index.html";
/// Their names change with their contents.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The dashboard, whatever part of it the address is of: that is its own to read.
pub(crate) async fn dashboard(uri: Uri) -> Result<Response, Problem> {
    file(INDEX, Dashboard::get(INDEX), &uri)
}

/// A file of the dashboard.
pub(crate) async fn asset(uri: Uri) -> Result<Response, Problem> {
    let name = uri.path().trim_start_matches('/');
    let mut response = file(name, Dashboard::get(name), &uri)?;
    if name.starts_with("assets/") {
        response.headers_mut().insert(header::CACHE_CONTROL, FOREVER);
    }
    Ok(response)
}

/// The reference, or a file of it.
pub(crate) async fn reference(uri: Uri) -> Result<Response, Problem> {
    let name = uri.path().strip_prefix("/reference/").unwrap_or(INDEX);
    file(name, Reference::get(name), &uri)
}

/// This document
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
))]
pub(crate) async fn document(RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], include_str!("../assets/openapi.json")).into_response())
}

fn file(name: &str, found: Option<EmbeddedFile>, uri: &Uri) -> Result<Response, Problem> {
    let file = found.ok_or_else(|| Problem::no_such_path(uri.path()))?;
    let kind = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(kind))];
    Ok((kind, file.data).into_response())
}
