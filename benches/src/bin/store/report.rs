//! The tables, with what is aimed at beside what came out.

use serde::Serialize;

use crate::ingest::Ingest;
use crate::questions::{KINDS, Mode, PATIENCE, Row};

const STEPS_PER_SECOND: f64 = 1_000_000.0;
const TIMES_SQLITE: f64 = 10.0;
const BYTES_PER_STEP: f64 = 40.0;
const BYTES_PER_STEP_WITH_ITEMS: f64 = 60.0;
const PEAK_MIB: f64 = 256.0;
const OPEN_MS: f64 = 50.0;
const TIMES_WHILE_WRITING: f64 = 1.5;

/// What one store has shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Results {
    pub(crate) store: &'static str,
    pub(crate) steps: u64,
    pub(crate) ingest_steps_per_s: f64,
    /// While threads recorded them on the same processors.
    pub(crate) live_steps_per_s: Option<f64>,
    /// While queries were asked.
    pub(crate) while_asked_steps_per_s: Option<f64>,
    /// The collector's threads, in microseconds of the processor's time.
    pub(crate) collector_us_per_step: Option<f64>,
    /// How many processors they had on average; what is missing is the disk's, or others'.
    pub(crate) collector_processors: Option<f64>,
    /// The threads that recorded live together.
    pub(crate) producer_us_per_step: Option<f64>,
    /// Of the time, the part in which the producers did not run: they waited for room.
    pub(crate) producers_waited: Option<f64>,
    pub(crate) bytes_per_step: f64,
    /// What the file takes of the disk, where it has holes.
    pub(crate) allocated_bytes_per_step: f64,
    pub(crate) has_item_index: bool,
    pub(crate) peak_mib: f64,
    /// Before the first step.
    pub(crate) memory_before_mib: f64,
    /// To open the file, median and worst.
    pub(crate) open_ms: f64,
    pub(crate) open_worst_ms: f64,
}

impl Results {
    pub(crate) fn new(store: &'static str, ingest: &Ingest, mut open_ms: Vec<f64>) -> Self {
        open_ms.sort_by(f64::total_cmp);
        let steps = ingest.steps as f64;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        Self {
            store,
            steps: ingest.steps,
            ingest_steps_per_s: ingest.steps_per_second(),
            live_steps_per_s: None,
            while_asked_steps_per_s: None,
            collector_us_per_step: ingest.collector_seconds.map(|seconds| seconds * 1e6 / steps),
            collector_processors: ingest.collector_seconds.map(|seconds| seconds / ingest.seconds),
            producer_us_per_step: None,
            producers_waited: None,
            bytes_per_step: ingest.bytes_per_step(),
            allocated_bytes_per_step: ingest.allocated_bytes as f64 / steps,
            has_item_index: ingest.has_item_index,
            peak_mib: mib(ingest.peak_bytes),
            memory_before_mib: mib(ingest.memory_before),
            open_ms: open_ms[open_ms.len() / 2],
            open_worst_ms: open_ms[open_ms.len() - 1],
        }
    }
}

impl Results {
    /// Adds what the same has shown while threads recorded.
    pub(crate) fn add_live(&mut self, live: &Ingest) {
        self.live_steps_per_s = Some(live.steps_per_second());
        if let Some((seconds, threads)) = live.producers {
            self.producer_us_per_step = Some(seconds * 1e6 / live.steps as f64);
            self.producers_waited = Some(1.0 - seconds / (live.seconds * threads as f64));
        }
    }
}

/// Writing and opening.
pub(crate) fn ingest(results: &[Results]) {
    println!("\n| from events to committed | target | {} |", columns(results, |it| it.store.to_owned()));
    println!("|---|--:|{}", "--:|".repeat(results.len()));
    let line = |what: &str, target: &str, value: &dyn Fn(&Results) -> String| {
        println!("| {what} | {target} | {} |", columns(results, value));
    };
    let optional = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    line("steps", "", &|it| thousands(it.steps as f64));
    line("steps/s", &format!("≥ {}", thousands(STEPS_PER_SECOND)), &|it| thousands(it.ingest_steps_per_s));
    let rate = |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), thousands);
    line("steps/s, recorded live on the same processors", "", &|it| rate(it.live_steps_per_s));
    if results.iter().any(|it| it.while_asked_steps_per_s.is_some()) {
        line("steps/s while queries are asked", "", &|it| rate(it.while_asked_steps_per_s));
    }
    let sqlite = results.iter().find(|it| it.store == "sqlite");
    if let Some(sqlite) = sqlite {
        let times = |it: &Results| format!("{:.1}", it.ingest_steps_per_s / sqlite.ingest_steps_per_s);
        line("times SQLite", &format!("≥ {TIMES_SQLITE:.0}"), &times);
    }
    line("collector's threads, µs/step", "", &|it| optional(it.collector_us_per_step));
    line("collector's threads, processors", "", &|it| optional(it.collector_processors));
    line("live producers, µs/step", "", &|it| optional(it.producer_us_per_step));
    line("live producers waited, % of the time", "> 0", &|it| optional(it.producers_waited.map(|share| share * 100.0)));
    let target = format!("≤ {BYTES_PER_STEP:.0}, with items {BYTES_PER_STEP_WITH_ITEMS:.0}");
    line("file, B/step", &target, &|it| format!("{:.1}", it.bytes_per_step));
    line("of it on disk, B/step", "", &|it| format!("{:.1}", it.allocated_bytes_per_step));
    line("with an index of items", "", &|it| if it.has_item_index { "yes" } else { "no" }.to_owned());
    line("peak memory, MiB", &format!("≤ {PEAK_MIB:.0}"), &|it| format!("{:.0}", it.peak_mib));
    line("of it before the first step, MiB", "", &|it| format!("{:.0}", it.memory_before_mib));
    line("to open, ms: median", &format!("< {OPEN_MS:.0}"), &|it| format!("{:.2}", it.open_ms));
    line("to open, ms: worst", "", &|it| format!("{:.2}", it.open_worst_ms));
}

fn columns(results: &[Results], value: impl Fn(&Results) -> String) -> String {
    results.iter().map(value).collect::<Vec<_>>().join(" | ")
}

/// What was asked, a line for each store and question; what xray cannot be asked, too.
pub(crate) fn queries(rows: &[Row], has_xray: bool) {
    println!("\n| query | target ms | store | | p50 ms | p99 ms | rows | samples |\n|---|--:|---|---|--:|--:|--:|--:|");
    for kind in &KINDS {
        let of_kind: Vec<&Row> = rows.iter().filter(|row| row.query == kind.name).collect();
        for row in &of_kind {
            let warm = of_kind.iter().find(|other| other.store == row.store && other.mode == Mode::Warm);
            let target = match row.mode {
                Mode::Writing => warm.map_or(f64::NAN, |warm| warm.p50_ms * TIMES_WHILE_WRITING),
                _ => kind.target_ms,
            };
            let [p50, p99] = [row.p50_ms, row.p99_ms].map(|ms| match row.is_whole {
                true => format!("{ms:.2}"),
                false => format!("> {:.0}", PATIENCE.as_secs_f64() * 1e3),
            });
            let mode = format!("{:?}", row.mode).to_lowercase();
            let Row { query, store, rows, samples, .. } = row;
            println!("| {query} | ≤ {target:.2} | {store} | {mode} | {p50} | {p99} | {rows} | {samples} |");
        }
        if has_xray && !of_kind.iter().any(|row| row.store == "xray") {
            println!("| {} | ≤ {:.2} | xray | | cannot be asked | | | |", kind.name, kind.target_ms);
        }
    }
}

/// A whole number with its digits in groups.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or("?")).collect();
    groups.join(",")
}
