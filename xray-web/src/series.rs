//! `GET /api/v1/series`: runs by status or steps by outcome over time, and how long they took.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{RawQuery, State};
use serde::Serialize;
use xray_collector::query::{AggregationText, Datum, Entity, MOST_GROUPS};

use crate::aggregate::{self, CostBody};
use crate::answer::{Json, answer};
#[cfg(feature = "openapi")]
use crate::openapi::{parameters, words};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;
use crate::time::Time;

const PARAMETERS: [&str; 5] = ["of", "q", "from", "before", "bucket"];

/// What can be counted over time.
pub(crate) const OF: [Entity; 2] = [Entity::Run, Entity::Step];
/// The range, unless the request says otherwise: a day.
const DEFAULT_RANGE_NS: u64 = 24 * 3_600 * SECOND_NS;
const SECOND_NS: u64 = 1_000_000_000;
/// The lengths of buckets, in seconds, of which the shortest with no more than [`DEFAULT_BUCKETS`] is taken.
const LENGTHS: [u64; 13] =
    [1, 5, 15, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 86_400, 604_800, 2_592_000, 31_536_000];
const DEFAULT_BUCKETS: u64 = 100;
const MOST_BUCKETS: u64 = 1_000;

/// Runs or steps over time.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Series))]
pub(crate) struct Body {
    #[cfg_attr(feature = "openapi", schema(inline, value_type = parameters::SeriesOfName))]
    of: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    from_at: Time,
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    before_at: Time,
    /// How long a bucket is.
    bucket_ns: u64,
    /// Buckets that are not empty, the oldest first.
    data: Vec<Bucket>,
    #[serde(flatten)]
    cost: CostBody,
}

/// Runs or steps that began in a length of time.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SeriesBucket))]
struct Bucket {
    /// Its beginning.
    #[cfg_attr(feature = "openapi", schema(value_type = words::Time))]
    at: Time,
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    count: Datum,
    /// Runs by status, steps by outcome.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    by: BTreeMap<String, Datum>,
    /// The share of runs that failed or crashed, of steps that failed.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    error_rate: Datum,
    /// The duration that half of them do not exceed; `null` if none is over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    p50_ns: Datum,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    p95_ns: Datum,
}

/// Runs by status or steps by outcome, over time
///
/// Of the last 24 hours, unless `from` and `before` say otherwise.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/series", tag = "aggregates",
    params(parameters::Search, parameters::OverTime),
    responses((status = 200, body = Body)),
))]
pub(crate) async fn series(State(source): State<Source>, RawQuery(query): RawQuery) -> Result<Json, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let of = aggregate::entity(&parameters, OF)?;
    let (mut scope, now) = (aggregate::scope(&parameters)?, now_ns());
    let before = scope.started_before_ns.unwrap_or(now.max(scope.started_from_ns.unwrap_or(0)));
    let from = scope.started_from_ns.unwrap_or(before.saturating_sub(DEFAULT_RANGE_NS));
    (scope.started_from_ns, scope.started_before_ns) = (Some(from), Some(before));
    let bucket_ns = match parameters.length("bucket")? {
        Some(bucket_ns) if (before - from) / bucket_ns >= MOST_BUCKETS => {
            let detail =
                format!("there would be more than {MOST_BUCKETS} buckets: take a longer one, or a shorter time");
            return Err(Problem::invalid_parameter("bucket", detail));
        }
        Some(bucket_ns) => bucket_ns,
        None => usual_bucket(before - from),
    };
    let state = if of == Entity::Run { "status" } else { "outcome" };
    let time = format!("bucket(started, duration(\"{bucket_ns}ns\"))");
    let text = AggregationText {
        condition: parameters.text("q").unwrap_or("true"),
        group_by: &time,
        select: "count(), error_rate(), quantile(duration, 0.5), quantile(duration, 0.95)",
        limit: MOST_GROUPS,
        ..AggregationText::of(of)
    };
    let keys = format!("{time}, {state}");
    let whole = aggregate::parse(&text)?;
    let by_state = aggregate::parse(&AggregationText { group_by: &keys, select: "count()", ..text })?;
    answer(source, move |source| {
        let whole = whole.run(&*source.store, &scope)?;
        let by_state = by_state.run(&*source.store, &scope)?;
        let mut buckets: BTreeMap<u64, Bucket> = BTreeMap::new();
        for row in &whole.rows {
            let [Datum::Time(at), count, error_rate, p50, p95] = &**row else { continue };
            let at = u64::try_from(*at).unwrap_or_default();
            let (count, error_rate) = (count.clone(), error_rate.clone());
            let (p50_ns, p95_ns) = (p50.clone(), p95.clone());
            buckets.insert(at, Bucket { at: Time(at), count, by: BTreeMap::new(), error_rate, p50_ns, p95_ns });
        }
        for row in by_state.rows {
            let [Datum::Time(at), Datum::Text(state), count] = &*row else { continue };
            if let Some(bucket) = buckets.get_mut(&u64::try_from(*at).unwrap_or_default()) {
                bucket.by.insert(state.clone(), count.clone());
            }
        }
        let data = buckets.into_values().collect();
        let (from_at, before_at, cost) = (Time(from), Time(before), CostBody::from(&whole));
        Json::of(&Body { of: aggregate::word(of), from_at, before_at, bucket_ns, data, cost })
    })
    .await
}

/// A bucket for a range of this length: of a round length, and not too many.
fn usual_bucket(range_ns: u64) -> u64 {
    let lengths = LENGTHS.map(|seconds| seconds * SECOND_NS);
    let usual = lengths.into_iter().find(|length| range_ns / length < DEFAULT_BUCKETS);
    usual.unwrap_or(lengths[lengths.len() - 1])
}

fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_any_range_are_few() {
        for range_ns in [0, 1, SECOND_NS, 100 * SECOND_NS, DEFAULT_RANGE_NS, 400 * DEFAULT_RANGE_NS, u64::MAX] {
            assert!(range_ns / usual_bucket(range_ns) < 600, "{range_ns}");
        }
        assert_eq!(usual_bucket(DEFAULT_RANGE_NS), 900 * SECOND_NS);
    }
}
