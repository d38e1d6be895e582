//! `GET /` and its files: the page that lists runs and opens them, built into the program.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::parameters::Parameters;
use crate::problem::Problem;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// The files beside the page, by the name that it asks for them with.
const ASSETS: [(&str, &str, &str); 15] = [
    ("style.css", CSS, include_str!("../assets/style.css")),
    ("icon.svg", IMAGE, include_str!("../dashboard/public/icon.svg")),
    ("reference.css", CSS, include_str!("../assets/reference.css")),
    ("reference.js", SCRIPT, include_str!("../assets/reference.js")),
    ("app.js", SCRIPT, include_str!("../assets/app.js")),
    ("address.js", SCRIPT, include_str!("../assets/address.js")),
    ("api.js", SCRIPT, include_str!("../assets/api.js")),
    ("dom.js", SCRIPT, include_str!("../assets/dom.js")),
    ("format.js", SCRIPT, include_str!("../assets/format.js")),
    ("runs.js", SCRIPT, include_str!("../assets/runs.js")),
    ("run.js", SCRIPT, include_str!("../assets/run.js")),
    ("tree.js", SCRIPT, include_str!("../assets/tree.js")),
    ("step.js", SCRIPT, include_str!("../assets/step.js")),
    ("decisions.js", SCRIPT, include_str!("../assets/decisions.js")),
    ("value.js", SCRIPT, include_str!("../assets/value.js")),
];

pub(crate) async fn index() -> Response {
    file(HTML, include_str!("../assets/index.html"))
}

pub(crate) async fn reference() -> Response {
    file(HTML, include_str!("../assets/reference.html"))
}

/// This document
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
))]
pub(crate) async fn document(RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    Ok(file("application/json", include_str!("../assets/openapi.json")))
}

pub(crate) async fn asset(name: Result<Path<String>, PathRejection>, uri: Uri) -> Result<Response, Problem> {
    let name = name.as_ref().map_or("", |Path(name)| name);
    let found = ASSETS.iter().find(|(asset, ..)| *asset == name);
    found.map(|(_, kind, content)| file(kind, content)).ok_or_else(|| Problem::no_such_path(uri.path()))
}

fn file(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content).into_response()
}
