//! The ids in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use xray_collector::id::{ParseIdError, RunId, SchemaVersion, StepId};

use crate::problem::Problem;

/// The run of `/runs/{id}`.
pub(crate) struct RunPath(pub(crate) RunId);

/// The version of `/schemas/{version}`.
pub(crate) struct SchemaPath(pub(crate) SchemaVersion);

/// The run and step of `/runs/{id}/steps/{step}`.
pub(crate) struct StepPath(pub(crate) RunId, pub(crate) StepId);

/// The run, the step and the name of the value of `/runs/{id}/steps/{step}/values/{part}`.
pub(crate) struct ValuePath(pub(crate) RunId, pub(crate) StepId, pub(crate) String);

/// The key of `/items/{key}`.
pub(crate) struct ItemPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for ItemPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = Path::<String>::from_request_parts(parts, state).await;
        key.map(|Path(key)| Self(key)).map_err(|_| Problem::invalid_parameter("key", "the path is not UTF-8"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RunPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(run) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_text())?;
        Ok(Self(id("id", &run)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SchemaPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(version) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_text())?;
        Ok(Self(id("version", &version)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for StepPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((run, step)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| not_text())?;
        Ok(Self(id("id", &run)?, id("step", &step)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ValuePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((run, step, part)) =
            Path::<(String, String, String)>::from_request_parts(parts, state).await.map_err(|_| not_text())?;
        Ok(Self(id("id", &run)?, id("step", &step)?, part))
    }
}

/// An id, from a path or a query.
pub(crate) fn id<T: std::str::FromStr<Err = ParseIdError>>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: ParseIdError| Problem::invalid_parameter(name, error.to_string()))
}

fn not_text() -> Problem {
    Problem::invalid_parameter("id", "the path is not UTF-8")
}
