//! `GET /metrics`: what ended and what was dropped, in OpenMetrics text, for Prometheus.

use std::collections::BTreeMap;
use std::fmt::{Error, Result as Written};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Extension;
use axum::extract::{MatchedPath, RawQuery, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use xray_collector::Stats;
use xray_collector::metrics::{BOUNDS_NS, Histogram, Metrics};
use xray_collector::model::{Outcome, RunStatus};

use crate::answer::answer;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::source::Source;

const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Where requests are counted that no route has.
const NO_ROUTE: &str = "(none)";

/// How long requests took, by the route's template and the status: as many series as there are of both.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<BTreeMap<(String, u16), Histogram>>);

/// Takes the time until the head of the answer.
pub(crate) async fn timed(Extension(requests): Extension<Arc<Requests>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let took_ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut series = requests.0.lock().unwrap_or_else(PoisonError::into_inner);
    series.entry((route, response.status().as_u16())).or_default().add(took_ns);
    drop(series);
    response
}

/// What a scrape sees.
#[derive(Debug)]
struct Scrape {
    metrics: Metrics,
    stats: Stats,
    store_bytes: u64,
    requests: BTreeMap<(String, u16), Histogram>,
}

/// Counts for Prometheus
///
/// Of this process, from the start of its collector: what the store holds of others is not counted.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/metrics", tag = "service",
    responses((status = 200, description = "OpenMetrics text", body = String, content_type = "application/openmetrics-text")),
))]
pub(crate) async fn metrics(
    State(source): State<Source>,
    Extension(requests): Extension<Arc<Requests>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::parse(query.as_deref(), &[])?;
    let text = answer(source, move |source| {
        let requests = requests.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (metrics, stats) = ((source.metrics)(), (source.stats)());
        let store_bytes = source.store.summary()?.bytes;
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Scrape { metrics, stats, store_bytes, requests }));
        let mut text = String::new();
        text::encode(&mut text, &registry).map_err(|Error| Problem::internal("the metrics cannot be written"))?;
        Ok(text)
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(KIND))], text).into_response())
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Written {
        self.runs(&mut encoder)?;
        self.steps(&mut encoder)?;
        self.events(&mut encoder)?;
        let help = "Bytes of the store on disk";
        let bytes = ConstGauge::new(self.store_bytes);
        bytes.encode(encoder.encode_descriptor("xray_store_bytes", help, None, MetricType::Gauge)?)?;
        let help = "Time until the head of an answer was there";
        let mut family =
            encoder.encode_descriptor("xray_http_request_duration_seconds", help, None, MetricType::Histogram)?;
        for ((route, status), durations) in &self.requests {
            let status = status.to_string();
            histogram(&mut family, &[("route", route.as_str()), ("status", status.as_str())], durations)?;
        }
        Ok(())
    }
}

impl Scrape {
    fn runs(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let mut family = encoder.encode_descriptor("xray_runs", "Runs that ended", None, MetricType::Counter)?;
        for series in &self.metrics.runs {
            for (status, count) in RunStatus::ALL.iter().zip(series.ended).filter(|(_, count)| *count > 0) {
                counter(&mut family, &[("pipeline", &*series.pipeline), ("status", status.as_str())], count)?;
            }
        }
        let help = "Time that runs took";
        let mut family = encoder.encode_descriptor("xray_run_duration_seconds", help, None, MetricType::Histogram)?;
        for series in &self.metrics.runs {
            histogram(&mut family, &[("pipeline", &*series.pipeline)], &series.durations)?;
        }
        Ok(())
    }

    fn steps(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let mut family = encoder.encode_descriptor("xray_steps", "Steps that ended", None, MetricType::Counter)?;
        for series in &self.metrics.steps {
            for (outcome, count) in Outcome::ALL.iter().zip(series.ended).filter(|(_, count)| *count > 0) {
                let labels = [("name", &*series.name), ("kind", &*series.kind), ("outcome", outcome.as_str())];
                counter(&mut family, &labels, count)?;
            }
        }
        let help = "Time that steps took";
        let mut family = encoder.encode_descriptor("xray_step_duration_seconds", help, None, MetricType::Histogram)?;
        for series in &self.metrics.steps {
            histogram(&mut family, &[("name", &*series.name), ("kind", &*series.kind)], &series.durations)?;
        }
        Ok(())
    }

    fn events(&self, encoder: &mut DescriptorEncoder<'_>) -> Written {
        let counts = &self.metrics.decisions;
        let help = "What became of items";
        let mut family = encoder.encode_descriptor("xray_decisions", help, None, MetricType::Counter)?;
        for (outcome, count) in [
            ("kept", counts.kept),
            ("eliminated", counts.eliminated),
            ("scored", counts.scored),
            ("introduced", counts.introduced),
        ] {
            counter(&mut family, &[("outcome", outcome)], count)?;
        }
        let dropped = &self.stats.dropped;
        let help = "Events that are nowhere";
        let mut family = encoder.encode_descriptor("xray_events_dropped", help, None, MetricType::Counter)?;
        for (reason, count) in [
            ("no_chunk", dropped.no_chunk),
            ("too_large", dropped.too_large),
            ("stopped", dropped.stopped),
            ("store", dropped.store),
            ("corrupt", dropped.corrupt),
            ("panic", dropped.panic),
        ] {
            counter(&mut family, &[("reason", reason)], count)?;
        }
        Ok(())
    }
}

fn counter<const N: usize>(family: &mut MetricEncoder<'_>, labels: &[(&str, &str); N], count: u64) -> Written {
    let labels = labels.as_slice();
    ConstCounter::new(count).encode(family.encode_family(&labels)?)
}

fn histogram<const N: usize>(
    family: &mut MetricEncoder<'_>,
    labels: &[(&str, &str); N],
    durations: &Histogram,
) -> Written {
    let bounds = BOUNDS_NS.iter().map(|bound| *bound as f64 / 1e9).chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(durations.buckets).collect();
    let labels = labels.as_slice();
    let mut encoder = family.encode_family(&labels)?;
    encoder.encode_histogram::<NoLabelSet>(durations.sum_ns as f64 / 1e9, durations.count(), &buckets, None)
}
