//! What a captured call costs, beside the plain call, a loop written by hand, and what other recorders take.
//!
//! `cargo xtask bench overhead [--json FILE]`. All variants of a workload take turns within one run, each in batches of
//! [`measure::BATCH`] calls below one root, because a shared machine is a different one a minute later. What a recorder
//! left for the background is drained after its turn, outside of the time that is measured. Ratios say more than
//! nanoseconds.

mod allocations;
mod fastrace_peer;
mod measure;
mod recorded;
mod reference;
mod report;
mod scaling;
mod tracing_peer;
mod workload;

use std::path::PathBuf;

use anyhow::Context as _;

use crate::fastrace_peer::Fastrace;
use crate::measure::{Row, Variant, measure};
use crate::recorded::Recorded;
use crate::reference::Buffer;
use crate::tracing_peer::Subscriber;
use crate::workload::{Item, items};

const USAGE: &str = "\
usage: overhead [--json FILE]

Measures plain calls, xray, a loop written by hand, fastrace and tracing, for about two minutes. Progress goes to stderr,
tables to stdout, and the numbers behind them to FILE.";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [] => None,
        ["--json", path] => Some(PathBuf::from(path)),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        other => anyhow::bail!("not understood: {}\n{USAGE}", other.join(" ")),
    };
    let directory = tempfile::tempdir().context("no place for a store")?;
    let recorded = Recorded::start(directory.path())?;
    let mut rows = workloads(&recorded)?;
    report::table(&rows);
    let (threads, nested) = (scaling::threads(&recorded), scaling::nested(&recorded));
    report::scaling("xray full on several threads, `A`", &threads);
    report::scaling("xray full, steps within steps, per step", &nested);
    println!("\n{}", recorded.books());
    rows.extend(threads);
    rows.extend(nested);
    if let Some(path) = json {
        std::fs::write(&path, serde_json::to_vec_pretty(&rows)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// The variants of one workload. Each body is given the arguments anew, for `C` owns its list.
macro_rules! variants {
    ($workload:ident($($argument:expr),*), $recorded:expr, $fastrace:expr, $subscribers:expr, $buffer:expr) => {{
        let [registry, json, telemetry] = $subscribers;
        let traced = || {
            let _ = std::hint::black_box(tracing_peer::$workload($($argument),*));
        };
        vec![
            Variant::new("plain", |calls| measure::batches(calls, || {
                let _ = std::hint::black_box(workload::$workload($($argument),*));
            })),
            Variant::new("xray off", |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box(recorded::off::$workload($($argument),*));
            })),
            Variant::new("xray metrics", |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box(recorded::metrics::$workload($($argument),*));
            }))
            .delivering(|| $recorded.delivered())
            .bytes($recorded.bytes_of(|| _ = recorded::metrics::$workload($($argument),*))?),
            Variant::new("xray full", |calls| recorded::batches(calls, || {
                let _ = std::hint::black_box(recorded::full::$workload($($argument),*));
            }))
            .delivering(|| $recorded.delivered())
            .bytes($recorded.bytes_of(|| _ = recorded::full::$workload($($argument),*))?),
            Variant::new(measure::REFERENCE, |calls| measure::batches(calls, || {
                let _ = std::hint::black_box(reference::$workload(&mut $buffer.borrow_mut(), $($argument),*));
            }))
            .bytes($buffer.borrow_mut().bytes_of(|buffer| _ = reference::$workload(buffer, $($argument),*))),
            Variant::new("fastrace bare", |calls| fastrace_peer::batches(calls, || {
                let _ = std::hint::black_box(fastrace_peer::bare::$workload($($argument),*));
            }))
            .delivering(|| $fastrace.delivered()),
            Variant::new("fastrace JSON", |calls| fastrace_peer::batches(calls, || {
                let _ = std::hint::black_box(fastrace_peer::json::$workload($($argument),*));
            }))
            .delivering(|| $fastrace.delivered()),
            Variant::new("tracing registry", move |calls| registry.batches(calls, traced)),
            Variant::new("tracing JSON", move |calls| json.batches(calls, traced))
                .delivering(move || json.delivered())
                .bytes(json.bytes_of(traced)),
            Variant::new("tracing OpenTelemetry", move |calls| telemetry.batches(calls, traced))
                .delivering(move || telemetry.delivered()),
        ]
    }};
}

fn workloads(recorded: &Recorded) -> anyhow::Result<Vec<Row>> {
    let fastrace = Fastrace::start();
    let subscribers = [Subscriber::registry(), Subscriber::json(), Subscriber::telemetry()];
    let buffer = std::cell::RefCell::new(Buffer::default());
    let hundred: Vec<Item> = items(100);
    let one = &hundred[7];
    let mut rows = measure("A", 20_000, variants!(scalars(1, 2.0, 3.0), recorded, fastrace, &subscribers, buffer));
    rows.extend(measure("B", 10_000, variants!(result(one, 5.0), recorded, fastrace, &subscribers, buffer)));
    let list = variants!(list(hundred.clone(), 50.0), recorded, fastrace, &subscribers, buffer);
    rows.extend(measure("C", 200, list));
    Ok(rows)
}
