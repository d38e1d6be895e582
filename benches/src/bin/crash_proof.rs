//! What it costs to have the chunks in a file, and how long the next start takes to recover them.
//!
//! `cargo run --release -p xray-benches --bin crash_proof`. Calls are timed in bursts that fit into the chunks, so that
//! nothing is dropped; both variants take turns, and each figure is the median over rounds. On a shared machine the ratios
//! say more than the nanoseconds. With `file` or `memory` as argument, that variant alone, once, for callgrind:
//! `valgrind --tool=callgrind --toggle-collect='*burst*' …`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use xray_collector::store::EmbeddedStore;
use xray_collector::{Collector, Settings};

const ROUNDS: usize = 15;
const BURSTS: usize = 20;
const CALLS: u32 = 20_000;

#[xray::step]
#[inline(never)]
fn small(number: u64, share: f64, scale: f32) -> f64 {
    number as f64 * share + f64::from(scale)
}

#[inline(never)]
fn burst() {
    for number in 0..CALLS {
        black_box(small(black_box(number.into()), 0.5, 2.0));
    }
}

fn start(path: &Path, crash_proof: bool) -> anyhow::Result<xray::Guard> {
    Ok(xray::builder().store(path).crash_proof(crash_proof).flush_interval(Duration::from_secs(3600)).start()?)
}

/// How often this thread has had to wait for the kernel to let it write to a page, or to find one; 0 where that is not told.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // Behind the name, which is in parentheses, the eighth field.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().nth(7).and_then(|faults| faults.parse().ok()).unwrap_or(0)
}

/// What was measured of one variant.
struct Measured {
    /// Nanoseconds of a call.
    call: f64,
    /// Page faults of 1,000 calls.
    faults: f64,
    /// Milliseconds of the start.
    start: f64,
}

fn measure(crash_proof: bool) -> anyhow::Result<Measured> {
    let directory = tempfile::tempdir()?;
    let begun = Instant::now();
    let xray = start(&directory.path().join("bench.redb"), crash_proof)?;
    let started = begun.elapsed();
    let (mut spent, mut faults) = (Duration::ZERO, 0);
    for _ in 0..BURSTS {
        let (begun, faults_before) = (Instant::now(), page_faults());
        burst();
        faults += page_faults() - faults_before;
        spent += begun.elapsed();
        xray.flush()?;
    }
    drop(xray);
    assert_eq!(xray::stats().dropped.total(), 0, "{:?}", xray::stats());
    let calls = f64::from(CALLS) * BURSTS as f64;
    Ok(Measured {
        call: spent.as_nanos() as f64 / calls,
        faults: faults as f64 * 1e3 / calls,
        start: started.as_secs_f64() * 1e3,
    })
}

/// Milliseconds of the start of a process after one that died with so many chunks full, and how many events that were.
fn recover(chunks: usize) -> anyhow::Result<(f64, u64)> {
    let (directory, left) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let (path, copy) = (directory.path().join("bench.redb"), left.path().join("bench.redb"));
    // Twice as many, so that the collector is not short of them and writes.
    let builder = xray::builder().chunks(128 * 1024, 2 * chunks as u32 + 2).flush_interval(Duration::from_secs(3600));
    let xray = builder.store(&path).start()?;
    let text = "x".repeat(900);
    for _ in 0..chunks * 128 * 1024 / 1200 {
        long(&text);
    }
    std::fs::copy(&path, &copy)?;
    std::fs::copy(path.with_extension("redb.chunks"), copy.with_extension("redb.chunks"))?;
    drop(xray);
    let begun = Instant::now();
    let collector = Collector::start(Settings::default(), 1, Arc::new(EmbeddedStore::open(&copy)?))?;
    let took = begun.elapsed();
    Ok((took.as_secs_f64() * 1e3, collector.stats().recovered.stored))
}

#[xray::step]
fn long(text: &str) -> usize {
    text.len()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() -> anyhow::Result<()> {
    if let Some(variant) = std::env::args().nth(1) {
        measure(variant == "file")?;
        return Ok(());
    }
    let (mut ratios, mut rounds) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        let [memory, file] = [measure(false)?, measure(true)?];
        ratios.push(file.call / memory.call);
        rounds[0].push(memory);
        rounds[1].push(file);
    }
    for (place, rounds) in ["memory", "a file"].into_iter().zip(rounds) {
        let median_of = |figure: fn(&Measured) -> f64| median(rounds.iter().map(figure).collect());
        let (call, faults, start) = (median_of(|it| it.call), median_of(|it| it.faults), median_of(|it| it.start));
        println!("chunks in {place}: {call:6.1} ns a call, {faults:4.1} page faults in 1,000, start {start:5.1} ms");
    }
    println!("ratio of calls:   {:6.3}", median(ratios));
    for chunks in [0, 16, 128] {
        let (took, events) = recover(chunks)?;
        println!("start after a crash with {chunks:3} full chunks of 128 KiB ({events} events): {took:6.1} ms");
    }
    Ok(())
}
