//! `GET /api/v1/vocabulary`: what a query can ask about, for those who write queries, and for what completes them.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::query::{AGGREGATES, Entity, FUNCTIONS, FieldInfo, FunctionInfo};

use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::openapi::words;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

/// What a query can ask about.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Vocabulary))]
pub(crate) struct Body {
    /// The fields of each entity.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Vec<words::FieldInfo>>))]
    fields: BTreeMap<&'static str, &'static [FieldInfo]>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<words::FunctionInfo>))]
    functions: &'static [FunctionInfo],
    /// What `/api/v1/query` can calculate.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<words::FunctionInfo>))]
    aggregates: &'static [FunctionInfo],
    /// What was recorded here so far of fields that can have any value.
    recorded: Recorded,
}

#[derive(Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Recorded {
    names: BTreeSet<String>,
    kinds: BTreeSet<String>,
    modules: BTreeSet<String>,
    pipelines: BTreeSet<String>,
    arguments: BTreeSet<String>,
}

/// What a query can ask about
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/vocabulary", tag = "search", responses((status = 200, body = Body)),
))]
pub(crate) async fn vocabulary(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    answer(source, |source| {
        let mut recorded = Recorded::default();
        for (_, callsite) in source.store.callsites()? {
            if callsite.opens_run {
                recorded.pipelines.insert(callsite.name.to_string());
            }
            if !callsite.kind.is_empty() {
                recorded.kinds.insert(callsite.kind.to_string());
            }
            recorded.names.insert(callsite.name.to_string());
            recorded.modules.insert(callsite.module.to_string());
            recorded.arguments.extend(callsite.arguments.iter().map(ToString::to_string));
        }
        let fields = Entity::ALL.into_iter().map(|entity| (entity.as_str(), entity.fields())).collect();
        Json::of(&Body { fields, functions: FUNCTIONS, aggregates: AGGREGATES, recorded })
    })
    .await
}
