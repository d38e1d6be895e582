//! Every error of the API, as RFC 9457 problem details.
//!
//! The status says whose fault it is, `code` is what a program tells errors apart by, and `detail` tells a person what
//! to do. `parameter` names the part of the request that is wrong and `allowed` what it may be, where that applies; of a query,
//! `start` and `end` are the bytes that it is about, and `suggestion` is what was probably meant. Of a run that was removed,
//! `removed_at`, `removed_ns` and `limit` say when and why.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use xray_collector::id::{RunId, SchemaVersion, StepId};
use xray_collector::query::QueryError;
use xray_collector::store::{Removal, StoreError};

use crate::time::Time;

/// The methods of every resource but a pin.
const METHODS: [&str; 2] = ["GET", "HEAD"];
/// Of a pin.
const PIN_METHODS: [&str; 2] = ["PUT", "DELETE"];

/// An error, ready to be sent.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    parameter: Option<Box<str>>,
    allowed: Option<Vec<&'static str>>,
    /// What is known of a run that was removed.
    removal: Option<Box<Removal>>,
    /// What is wrong with a query.
    query: Option<Box<QueryError>>,
    /// The size of what was asked for in a range that it does not have.
    length: Option<usize>,
}

/// What is wrong, as RFC 9457 has it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
pub(crate) struct Body<'a> {
    /// No page explains the codes yet, so that a title has nothing to say beyond the status.
    r#type: &'static str,
    title: &'a str,
    status: u16,
    /// What to do about it, for people.
    detail: &'a str,
    /// What tells problems apart, for programs.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::Code))]
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The part of the request that is wrong.
    parameter: Option<&'a str>,
    /// What it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<&'a [&'static str]>,
    /// When the run was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::Time>))]
    removed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_ns: Option<u64>,
    /// Why it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::Limit>))]
    limit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, code, detail, parameter: None, allowed: None, removal: None, query: None, length: None }
    }

    pub(crate) fn with_parameter(mut self, name: impl Into<String>) -> Self {
        self.parameter = Some(name.into().into_boxed_str());
        self
    }

    fn with_allowed(mut self, allowed: &[&'static str]) -> Self {
        self.allowed = Some(allowed.to_vec());
        self
    }

    pub(crate) fn no_such_path(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_such_path", format!("there is nothing at {path}; the API is at /api/v1"))
    }

    pub(crate) fn no_such_run(run: RunId) -> Self {
        let detail = format!("there is no run {run}: it was never stored here, or is not stored any more");
        Self::new(StatusCode::NOT_FOUND, "no_such_run", detail).with_parameter("id")
    }

    pub(crate) fn run_is_gone(detail: String, removal: Removal) -> Self {
        let problem = Self::new(StatusCode::GONE, "run_is_gone", detail).with_parameter("id");
        Self { removal: Some(Box::new(removal)), ..problem }
    }

    pub(crate) fn no_such_step(run: RunId, step: StepId) -> Self {
        let detail = format!("there is no step {step} in run {run}: see the steps of /api/v1/runs/{run}");
        Self::new(StatusCode::NOT_FOUND, "no_such_step", detail).with_parameter("step")
    }

    /// `whole` says where it was looked for.
    pub(crate) fn no_such_item(key: &str, whole: &str) -> Self {
        let key: String = key.chars().take(200).collect();
        let detail = format!("no step of {whole} decided about an item with the key {key:?}");
        Self::new(StatusCode::NOT_FOUND, "no_such_item", detail).with_parameter("key")
    }

    pub(crate) fn no_such_schema(parameter: &str, version: SchemaVersion) -> Self {
        let detail = format!("nothing here was recorded under a schema of version {version}: see /api/v1/schemas");
        Self::new(StatusCode::NOT_FOUND, "no_such_schema", detail).with_parameter(parameter)
    }

    pub(crate) fn no_such_value(run: RunId, step: StepId, part: &str) -> Self {
        let detail = format!("step {step} of run {run} has no value {part}: see /api/v1/runs/{run}/steps/{step}");
        Self::new(StatusCode::NOT_FOUND, "no_such_value", detail).with_parameter("part")
    }

    pub(crate) fn no_such_range(length: usize) -> Self {
        let detail = format!("the value has {length} bytes, of which the range asks for none");
        let problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "no_such_range", detail).with_parameter("Range");
        Self { length: Some(length), ..problem }
    }

    pub(crate) fn no_acceptable_coding() -> Self {
        let detail = "Accept-Encoding leaves nothing to send: allow identity, gzip or zstd";
        let problem = Self::new(StatusCode::NOT_ACCEPTABLE, "no_acceptable_coding", detail);
        problem.with_parameter("Accept-Encoding").with_allowed(&["identity", "gzip", "zstd"])
    }

    pub(crate) fn uri_too_long(most: usize) -> Self {
        let detail = format!("path and query are longer than {most} bytes");
        Self::new(StatusCode::URI_TOO_LONG, "uri_too_long", detail)
    }

    pub(crate) fn headers_too_large(most: usize) -> Self {
        let detail = format!("the header lines are longer than {most} bytes");
        Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail)
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        let detail = format!("{method} is not possible here: this can only be read");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).with_allowed(&METHODS)
    }

    pub(crate) fn method_not_allowed_on_pin(method: &Method) -> Self {
        let detail = format!("{method} is not possible here: PUT pins the run, DELETE lets go of it");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).with_allowed(&PIN_METHODS)
    }

    /// A page of another site may have sent this.
    pub(crate) fn cross_site() -> Self {
        let detail = "what changes something has to come from this server's own page or from a program: \
                      send the header X-Xray-Request, with any value, and no Origin but this server's";
        Self::new(StatusCode::FORBIDDEN, "cross_site", detail).with_parameter("X-Xray-Request")
    }

    pub(crate) fn host_not_allowed() -> Self {
        let detail = "the Host header must name a loopback address: open this by 127.0.0.1, [::1] or localhost";
        Self::new(StatusCode::FORBIDDEN, "host_not_allowed", detail).with_parameter("Host").with_allowed(&[
            "127.0.0.1",
            "[::1]",
            "localhost",
        ])
    }

    /// Query parameters that the resource does not have.
    pub(crate) fn unknown_parameters(unknown: &[String], allowed: &[&'static str]) -> Self {
        let names = unknown.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        let detail = match allowed {
            [] => format!("unknown parameter {names}: there are none here"),
            _ => format!("unknown parameter {names}: allowed are {}", allowed.join(", ")),
        };
        let first = unknown.first().cloned().unwrap_or_default();
        Self::new(StatusCode::BAD_REQUEST, "unknown_parameter", detail).with_parameter(first).with_allowed(allowed)
    }

    /// A parameter, of the query or the path, that cannot be what it is.
    pub(crate) fn invalid_parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail).with_parameter(name)
    }

    /// A parameter that must be one of a few words.
    pub(crate) fn not_one_of(name: &str, value: &str, allowed: &[&'static str]) -> Self {
        Self::invalid_parameter(name, format!("{value:?} is none of {}", allowed.join(", "))).with_allowed(allowed)
    }

    /// A query that cannot be asked.
    pub(crate) fn invalid_query(name: &str, error: QueryError) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid_query", &*error.message).with_parameter(name);
        Self { query: Some(Box::new(error)), ..problem }
    }

    /// A query of which a single row costs more than a whole answer may.
    pub(crate) fn too_costly(name: &str) -> Self {
        let detail = "one row alone takes more reads than a whole answer may: ask for less inside `exists`, `all` and \
                      `size`, or for fewer levels of them";
        Self::new(StatusCode::BAD_REQUEST, "query_too_costly", detail).with_parameter(name)
    }

    pub(crate) fn malformed_cursor(name: &str) -> Self {
        let detail = "this is not a cursor: pass next_cursor on as it was given, or leave it out to begin at the front";
        Self::new(StatusCode::BAD_REQUEST, "malformed_cursor", detail).with_parameter(name)
    }

    pub(crate) fn cursor_of_another_list(name: &str) -> Self {
        let detail = "this cursor belongs to another list: repeat the filters that it was given with, \
                      or leave it out to begin at the front";
        Self::new(StatusCode::BAD_REQUEST, "cursor_of_another_list", detail).with_parameter(name)
    }

    /// Everybody watches already.
    pub(crate) fn too_many_clients(most: usize) -> Self {
        let detail = format!("{most} clients watch already, and no more are served: close one, or try again later");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_clients", detail)
    }

    /// A fault of this program.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Corrupt { .. } => "damaged",
            _ => "store_error",
        };
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, error.to_string())
    }
}

impl Problem {
    fn body(&self) -> Body<'_> {
        Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            parameter: self.parameter.as_deref(),
            allowed: self.allowed.as_deref(),
            removed_at: self.removal.as_ref().map(|removal| Time(removal.removed_ns)),
            removed_ns: self.removal.as_ref().map(|removal| removal.removed_ns),
            limit: self.removal.as_ref().map(|removal| removal.limit.as_str()),
            start: self.query.as_ref().map(|query| query.start),
            end: self.query.as_ref().map(|query| query.end),
            suggestion: self.query.as_ref().and_then(|query| query.suggestion.as_deref()),
        }
    }

    /// As it is sent.
    pub(crate) fn json(&self) -> Vec<u8> {
        xray_collector::json::to_vec(&self.body()).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.json();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(range) = self.length.and_then(|length| format!("bytes */{length}").parse().ok()) {
            headers.insert(header::CONTENT_RANGE, range);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = self.allowed.unwrap_or_default().join(", ");
            headers.extend(HeaderValue::from_str(&allowed).map(|allowed| (header::ALLOW, allowed)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_store_is_told_from_one_that_fails() {
        let damaged = StoreError::Corrupt { place: "segment 7".to_owned(), detail: "bad checksum".to_owned() };
        let problem = Problem::from(damaged);
        assert_eq!((problem.status.as_u16(), problem.code), (500, "damaged"));
        assert_eq!(problem.detail, "the store is damaged at segment 7: bad checksum");
        let failing = StoreError::Read { path: "runs.redb".into(), cause: "no such device".into() };
        let problem = Problem::from(failing);
        assert_eq!((problem.status.as_u16(), problem.code), (500, "store_error"));
        assert_eq!(problem.detail, "cannot read \"runs.redb\": no such device");
    }
}
