//! What the collector's threads cost in the background, and how much they take in.
//!
//! `cargo run --release -p xray-benches --bin collector`, on Linux: peak memory is read from `/proc`. Each line is a
//! process of its own, so that its peak memory is its own: a producer that is paced to 100,000 and to 1,000,000 steps a
//! second and drops what finds no room, then one that waits for room, which shows how much is taken in without a loss. What
//! a step takes and its bytes are those of steps that are stored; the file has room to grow in them.
//! Runs have 100 steps; the store is a file in a temporary directory.
//!
//! `… --bin collector -- --once C 2000` records so many steps with nothing left to the clock, for counting instructions:
//! ```sh
//! valgrind --tool=callgrind --separate-threads=yes target/release/collector --once C 2000
//! ```
//! writes a file for each thread, of which the collector's is the second; what 4,000 steps take more than 2,000 is what
//! 2,000 steps take.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use xray::Overflow;

/// How long a line is measured.
const SECONDS: f64 = 5.0;
/// Steps in a run.
const RUN: usize = 100;
const RATES: [f64; 2] = [100_000.0, 1_000_000.0];

/// What an item of a pipeline may look like.
#[derive(Debug, Clone, Serialize)]
struct Item {
    id: String,
    title: String,
    price: f64,
    tags: Vec<String>,
}

/// A request and its answer are 180 bytes of JSON.
#[derive(Debug, Serialize)]
struct Request {
    order: u64,
    customer: &'static str,
    country: &'static str,
    total_cents: u32,
    is_gift: bool,
}

#[derive(Debug, Serialize)]
struct Answer {
    accepted: bool,
    risk: f64,
    reason: &'static str,
}

#[xray::step(capture = "full")]
fn scalars(a: u64, b: f64, c: f32) -> f64 {
    black_box(a) as f64 * b + f64::from(c)
}

#[xray::step(capture = "full")]
fn result(item: &Item, limit: f64) -> Result<bool, String> {
    Ok(black_box(item).price < limit)
}

#[xray::step(capture = "full", kind = "filter")]
fn list(items: &[Item], limit: f64) -> Vec<Item> {
    items.iter().filter(|item| item.price < limit).cloned().collect()
}

#[xray::step(capture = "full")]
fn answer(request: &Request) -> Answer {
    let accepted = black_box(request).total_cents < 20_000;
    Answer { accepted, risk: 0.125, reason: "a known customer, and a low total" }
}

#[xray::run(capture = "metrics", skip(act))]
fn run(act: &mut dyn FnMut()) {
    for _ in 0..RUN {
        act();
    }
}

/// The workloads by name: what is called, and how many steps fit into the chunks at once.
fn workload(name: &str) -> anyhow::Result<(Box<dyn FnMut()>, usize)> {
    let items: Vec<Item> = (0..100)
        .map(|number| Item {
            id: format!("item-{number:07}"),
            title: format!("A title of exactly forty letters: {number:06}"),
            price: f64::from(number),
            tags: ["alpha", "beta", "gamma"].map(str::to_owned).to_vec(),
        })
        .collect();
    let request = Request {
        order: 1_234_567,
        customer: "customer-004711",
        country: "Portugal",
        total_cents: 4_799,
        is_gift: false,
    };
    let json = serde_json::to_string(&request)?.len() + serde_json::to_string(&answer(&request))?.len();
    ensure!((175..=185).contains(&json), "{json} bytes of JSON");
    Ok(match name {
        "A" => (Box::new(|| _ = black_box(scalars(1, 2.0, 3.0))), 10_000),
        "B" => (Box::new(move || _ = black_box(result(&items[7], 5.0))), 10_000),
        "C" => (Box::new(move || _ = black_box(list(&items, 50.0))), 500),
        "180 B" => (Box::new(move || _ = black_box(answer(&request))), 10_000),
        _ => bail!("no such workload: {name}"),
    })
}

const WORKLOADS: [(&str, &str); 4] =
    [("A", "3 numbers"), ("B", "a struct"), ("180 B", "a request"), ("C", "100 structs, 50 out")];

/// What one process has measured.
#[derive(Serialize, Deserialize)]
struct Line {
    steps: u64,
    dropped: u64,
    seconds: f64,
    collector_seconds: f64,
    peak_mib: f64,
    stored_bytes: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => table(),
        ["--once", workload, steps] => once(workload, steps.parse()?),
        ["--line", workload, rate] => {
            println!("{}", serde_json::to_string(&line(workload, rate.parse().ok())?)?);
            Ok(())
        }
        _ => bail!("takes nothing, or --once and the name of a workload and a number of steps"),
    }
}

/// All lines, each from a process of its own.
fn table() -> anyhow::Result<()> {
    let columns = ["step", "asked, steps/s", "recorded, steps/s", "dropped", "collector, µs/step", "of two cores"];
    println!("| {} | peak MiB | stored B/step |", columns.join(" | "));
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, what) in WORKLOADS {
        for rate in RATES.map(Some).into_iter().chain([None]) {
            let asked = rate.map_or("all that is taken in".to_owned(), |rate| rate.to_string());
            let output = Command::new(std::env::current_exe()?).args(["--line", name, &asked]).output()?;
            ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            let line: Line = serde_json::from_slice(&output.stdout)?;
            let steps = line.steps as f64;
            let stored = (line.steps - line.dropped) as f64;
            println!(
                "| {name}: {what} | {asked} | {:.0} | {:.1} % | {:.2} | {:.1} % | {:.0} | {:.0} |",
                steps / line.seconds,
                line.dropped as f64 / steps * 100.0,
                line.collector_seconds * 1e6 / stored,
                line.collector_seconds / line.seconds / 2.0 * 100.0,
                line.peak_mib,
                line.stored_bytes as f64 / stored,
            );
        }
    }
    Ok(())
}

/// Records so many steps at their ease, so that the collector does the same work each time.
fn once(name: &str, steps: usize) -> anyhow::Result<()> {
    let (mut call, at_once) = workload(name)?;
    let directory = tempfile::tempdir()?;
    let hour = Duration::from_secs(3_600);
    let xray = xray::builder().store(directory.path().join("once.redb")).flush_interval(hour).start()?;
    for batch in 1..=steps / RUN {
        run(&mut call);
        if (batch * RUN).is_multiple_of(at_once) {
            xray.flush()?;
        }
    }
    xray.flush()?;
    ensure!(xray::stats().dropped.total() == 0, "{:?}", xray::stats());
    Ok(())
}

/// Records for a while: at this rate, or without one as much as is taken in.
fn line(name: &str, rate: Option<f64>) -> anyhow::Result<Line> {
    let (mut call, _) = workload(name)?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("collector.redb");
    let overflow = if rate.is_some() { Overflow::Drop } else { Overflow::Block };
    let xray = xray::builder().store(&path).overflow(overflow).start()?;
    run(&mut call);
    xray.flush()?;
    let (before, cpu_before, start) = (xray::stats(), collector_seconds(), Instant::now());
    let mut runs = 0_u32;
    while start.elapsed().as_secs_f64() < SECONDS {
        run(&mut call);
        runs += 1;
        let due = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(f64::from(runs) * RUN as f64 / rate));
        if let Some(early) = due.checked_sub(start.elapsed()).filter(|early| *early > Duration::from_micros(500)) {
            std::thread::sleep(early);
        }
    }
    xray.flush()?;
    let (after, seconds) = (xray::stats(), start.elapsed().as_secs_f64());
    let collector_seconds = collector_seconds() - cpu_before;
    drop(xray);
    let events = |count: u64| count * RUN as u64 / (RUN as u64 + 1) / 2;
    Ok(Line {
        steps: events(after.produced - before.produced),
        dropped: events(after.dropped.total() - before.dropped.total()),
        seconds,
        collector_seconds,
        peak_mib: peak_mib()?,
        stored_bytes: path.metadata()?.len(),
    })
}

/// The processor's time that the collector's threads have used, those that have ended included: all but this one.
fn collector_seconds() -> f64 {
    let seconds = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    seconds(ClockId::ProcessCPUTime) - seconds(ClockId::ThreadCPUTime)
}

fn peak_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(peak.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}
