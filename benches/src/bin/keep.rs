//! What `keep!` costs beside the condition that it is.
//!
//! `cargo run --release -p xray-benches --bin keep`. Everything recorded is delivered to a store in a temporary
//! directory. The variants take turns; each figure is the median over rounds. On a shared machine the ratios say more
//! than the nanoseconds.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
/// Checks of a round: what they write fits into the memory between the program and the collector.
const CHECKS: usize = 20_000;

struct Item {
    key: u64,
    title: String,
    price: f64,
    stars: u32,
}

fn items() -> Vec<Item> {
    let item = |number: usize| Item {
        key: number as u64,
        title: format!("A title of about forty letters, no. {number:4}"),
        price: number as f64,
        stars: (number % 5) as u32,
    };
    (0..1_000).map(item).collect()
}

/// The same condition twice: plain, and in `keep!`.
macro_rules! workload {
    ($module:ident, $item:ident, $key:expr, $condition:expr) => {
        mod $module {
            use super::*;

            #[inline(never)]
            pub(crate) fn plain($item: &Item) -> bool {
                $condition
            }
            #[inline(never)]
            pub(crate) fn keep($item: &Item) -> bool {
                xray::keep!($key; $condition)
            }
        }
    };
}

workload!(number, item, item.key, black_box(item).price < 500.0);
workload!(numbers, item, item.key, black_box(item).price < 500.0 && item.stars >= 2);
workload!(text, item, item.title, black_box(item).title.len() > 10 && item.price < 500.0);
workload!(call, item, item.key, black_box(item).title.contains("no."));

type Condition = fn(&Item) -> bool;

/// A workload: the condition alone, and the one that is recorded.
struct Workload {
    name: &'static str,
    plain: Condition,
    keep: Condition,
}

const WORKLOADS: [Workload; 4] = [
    Workload { name: "a comparison", plain: number::plain, keep: number::keep },
    Workload { name: "two comparisons", plain: numbers::plain, keep: numbers::keep },
    Workload { name: "two, keyed by a text", plain: text::plain, keep: text::keep },
    Workload { name: "a call", plain: call::plain, keep: call::keep },
];

fn check_all(items: &[Item], condition: Condition) -> usize {
    (0..CHECKS).filter(|check| condition(black_box(&items[check % items.len()]))).count()
}

/// A step around the checks, so that what they say is recorded.
#[xray::step(capture = "full", skip(items, condition))]
fn in_step(items: &[Item], condition: Condition) -> f64 {
    nanoseconds(items, condition)
}

/// Of each check.
fn nanoseconds(items: &[Item], condition: Condition) -> f64 {
    let start = Instant::now();
    black_box(check_all(items, condition));
    start.elapsed().as_nanos() as f64 / CHECKS as f64
}

fn measure(items: &[Item], workload: &Workload) {
    let Workload { name, plain, keep } = *workload;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        times[0].push(nanoseconds(items, plain));
        times[1].push(nanoseconds(items, keep));
        times[2].push(in_step(items, keep));
        // The collector catches up, so that nothing is dropped and no variant pays for another.
        std::thread::sleep(Duration::from_millis(150));
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    for (variant, median) in ["plain", "outside of a step", "in a step"].iter().zip(medians) {
        println!("{name:24} {variant:18} {median:10.1} {:10.1} {:8.1}", median - medians[0], median / medians[0]);
    }
}

fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let xray = xray::builder().store(directory.path().join("keep.redb")).start()?;
    let items = items();
    println!("{:24} {:18} {:>10} {:>10} {:>8}", "condition", "where", "ns a check", "over plain", "ratio");
    for workload in &WORKLOADS {
        measure(&items, workload);
    }
    xray.flush()?;
    let stats = xray::stats();
    println!("\n{} events stored, {} dropped", stats.stored, stats.dropped.total());
    Ok(())
}
