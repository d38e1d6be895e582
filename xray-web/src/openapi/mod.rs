//! The OpenAPI document, out of the code: `cargo xtask openapi` writes it to `assets/openapi.json`, which is served.
//!
//! A route brings its own part with it, in the annotation beside its handler. What all of them share is added here. The
//! program that serves the document does not need any of this: it is behind the feature `openapi`.

pub(crate) mod findings;
pub(crate) mod parameters;
pub(crate) mod words;

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

use crate::router::Documented;

/// The document, as JSON text.
#[must_use]
pub fn document() -> String {
    let mut text = Documented::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Beside those below a run, what takes runs as parameters.
const NAMES_RUNS: [&str; 4] = ["/api/v1/diff", "/api/v1/compare", "/api/v1/items", "/api/v1/items/{key}"];

/// Beside those below a run, what is about runs that can be over.
const TAGGED: [&str; 2] = ["/api/v1/diff", "/api/v1/items"];

/// The answers that every resource can give.
pub(crate) struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let is_of_a_run = path.starts_with("/api/v1/runs/{id}");
            if let Some(operation) = &mut item.get {
                operation.operation_id = Some(name_of(path));
                let is_one_of = |paths: &[&str]| is_of_a_run || paths.contains(&&**path);
                describe(operation, is_one_of(&NAMES_RUNS), is_one_of(&TAGGED));
            }
            for (word, operation) in [("put", &mut item.put), ("delete", &mut item.delete)] {
                if let Some(operation) = operation {
                    operation.operation_id = Some(format!("{word}_{}", name_of(path)));
                    describe(operation, is_of_a_run, false);
                }
            }
        }
    }
}

/// `runs_id_steps` of `/api/v1/runs/{id}/steps`.
fn name_of(path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

fn describe(operation: &mut Operation, names_a_run: bool, is_tagged: bool) {
    let responses = &mut operation.responses.responses;
    let mut add = |status: &str, response: Response| {
        responses.entry(status.to_owned()).or_insert_with(|| response.into());
    };
    add("400", problem("A parameter is unknown, or not what it may be"));
    add("403", problem("The Host header names no loopback address"));
    add("406", problem("Accept-Encoding leaves nothing to send"));
    add("414", problem("The path and the query are too long"));
    add("431", problem("The header lines are too long"));
    add("500", problem("The store cannot be read, or is damaged"));
    if names_a_run {
        add("410", problem("The run was removed: `removed_at` and `limit` say when and why"));
    }
    if is_tagged {
        add("304", Response::new("The client has the answer already, as If-None-Match says"));
    }
    for response in responses.values_mut() {
        if let RefOr::T(response) = response {
            as_problem(response);
        }
    }
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// A problem that an annotation names has the type of content that it is sent with.
fn as_problem(response: &mut Response) {
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location.ends_with("/Problem"),
        _ => false,
    };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert("application/problem+json".to_owned(), content);
    }
    if response.description.is_empty() {
        response.description = if response.content.contains_key("application/problem+json") {
            "There is no such thing".to_owned()
        } else {
            "The answer".to_owned()
        };
    }
}
