//! Records for minutes, more than can be stored and then nothing, with threads that come and go: memory stays flat, and
//! the books add up whenever one looks.
//!
//! `cargo xtask soak --minutes 3`. Ends with 1, and says why, if that does not hold.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// What a phase is long.
const PHASE: Duration = Duration::from_secs(3);
const SAMPLE: Duration = Duration::from_millis(200);
/// Memory is compared with the most that there was by then, as a share of the whole time. By then each phase has been
/// there several times, and what fills up has filled up.
const WARM_UP: f64 = 0.4;
/// It may be this much more at the end: what the allocator keeps, and cannot give back, differs from one time to the next.
const MORE: f64 = 1.10;
const MORE_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Twice as many threads as processors, as fast as they can.
    Overload,
    /// Threads that make a few calls and end.
    Churn,
    Idle,
}

const PHASES: [Phase; 3] = [Phase::Overload, Phase::Churn, Phase::Idle];

#[xray::run]
fn order(customer: u64) -> usize {
    let basket: Vec<u64> = (customer..customer + 12).collect();
    affordable(basket, customer + 6).len()
}

#[xray::step(kind = "filter")]
fn affordable(prices: Vec<u64>, budget: u64) -> Vec<u64> {
    prices.into_iter().filter(|price| xray::keep!(price; *price <= budget)).collect()
}

/// What one call of `order` produces: two events for each step.
const EVENTS: u64 = 4;

fn main() -> anyhow::Result<()> {
    let minutes = minutes()?;
    let directory = tempfile::tempdir().context("no place for a store")?;
    let path = directory.path().join("soak.redb");
    let xray = xray::builder().store(&path).start()?;
    let soak =
        Soak { length: Duration::from_secs_f64(minutes * 60.0), start: Instant::now(), calls: AtomicU64::new(0) };
    let memory = soak.run()?;
    xray.flush()?;
    let stats = xray::stats();
    add_up(&stats)?;
    ensure!(stats.in_flight == 0, "in flight after all is written: {stats:?}");
    let calls = soak.calls.into_inner();
    ensure!(stats.produced == calls * EVENTS, "{calls} calls were made: {stats:?}");
    println!("{calls} calls, {} events: {} stored, {} dropped", stats.produced, stats.stored, stats.dropped.total());
    println!("store: {} MiB", mib(std::fs::metadata(&path)?.len()));
    memory.judge()
}

fn minutes() -> anyhow::Result<f64> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(3.0),
        (Some("--minutes"), Some(minutes)) => minutes.parse().with_context(|| format!("{minutes} is no number")),
        (Some(other), _) => anyhow::bail!("{other}? It takes --minutes N"),
    }
}

struct Soak {
    length: Duration,
    start: Instant,
    calls: AtomicU64,
}

/// The most bytes that were resident.
#[derive(Debug, Default)]
struct Memory {
    warm: u64,
    after: u64,
    samples: u64,
}

impl Soak {
    fn run(&self) -> anyhow::Result<Memory> {
        let mut memory = Memory::default();
        for phase in PHASES.into_iter().cycle() {
            if self.share() >= 1.0 {
                eprintln!();
                return Ok(memory);
            }
            self.during(phase, &mut memory)?;
        }
        Ok(memory)
    }

    fn share(&self) -> f64 {
        self.start.elapsed().as_secs_f64() / self.length.as_secs_f64()
    }

    fn during(&self, phase: Phase, memory: &mut Memory) -> anyhow::Result<()> {
        let stop = AtomicBool::new(false);
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| {
            let stop = &stop;
            match phase {
                Phase::Overload => (0..2 * processors).for_each(|_| drop(scope.spawn(|| self.call_until(stop)))),
                Phase::Churn => drop(scope.spawn(|| self.churn(stop))),
                Phase::Idle => {}
            }
            let sampled = self.sample(phase, memory);
            stop.store(true, Ordering::Relaxed);
            sampled
        })
    }

    fn call_until(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            self.call(100);
        }
    }

    fn churn(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| self.call(5)))));
        }
    }

    fn call(&self, times: u64) {
        for customer in 0..times {
            std::hint::black_box(order(customer));
        }
        self.calls.fetch_add(times, Ordering::Relaxed);
    }

    fn sample(&self, phase: Phase, memory: &mut Memory) -> anyhow::Result<()> {
        let end = Instant::now() + PHASE;
        while Instant::now() < end {
            std::thread::sleep(SAMPLE);
            let stats = xray::stats();
            add_up(&stats)?;
            let resident = resident()?;
            let most = if self.share() < WARM_UP { &mut memory.warm } else { &mut memory.after };
            *most = resident.max(*most);
            memory.samples += 1;
            self.show(phase, resident, &stats);
        }
        Ok(())
    }

    /// A line that is written over, on a terminal.
    fn show(&self, phase: Phase, resident: u64, stats: &xray::Stats) {
        const WIDTH: usize = 30;
        if std::io::stderr().is_terminal() {
            let done = ((self.share() * WIDTH as f64) as usize).min(WIDTH);
            let (produced, dropped) = (stats.produced / 1000, stats.dropped.total() / 1000);
            eprint!(
                "\r[{}{}] {phase:<8?} {:>5} MiB resident, {produced}k events, {dropped}k dropped ",
                "#".repeat(done),
                ".".repeat(WIDTH - done),
                mib(resident),
            );
            let _ = std::io::stderr().flush();
        }
    }
}

impl Memory {
    fn judge(&self) -> anyhow::Result<()> {
        let bound = (self.warm as f64 * MORE) as u64 + MORE_BYTES;
        println!(
            "resident: at most {} MiB in the first {:.0} %, {} MiB after that; allowed are {} MiB ({} samples)",
            mib(self.warm),
            WARM_UP * 100.0,
            mib(self.after),
            mib(bound),
            self.samples,
        );
        ensure!(self.after <= bound, "memory grows");
        Ok(())
    }
}

fn add_up(stats: &xray::Stats) -> anyhow::Result<()> {
    let sum = stats.stored + stats.dropped.total() + stats.in_flight;
    ensure!(stats.produced == sum, "the books do not add up: {stats:?}");
    Ok(())
}

/// Bytes of memory that this process has, as the kernel counts them.
fn resident() -> anyhow::Result<u64> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("resident memory is read from /proc: Linux has it")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().with_context(|| format!("not a number: {line}"))?;
    Ok(kib * 1024)
}

fn mib(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}
