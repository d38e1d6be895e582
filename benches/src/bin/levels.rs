//! What a captured call costs at each level, beside the plain call.
//!
//! `cargo run --release -p xray-benches --bin levels`. Everything captured is delivered to a store in a temporary
//! directory. The variants take turns; each figure is the median over rounds. On a shared machine the ratios say more
//! than the nanoseconds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

const ROUNDS: usize = 15;

/// A dozen letters, a longer title, a number and three tags: what an item of a pipeline may look like.
#[derive(Debug, Clone, Serialize)]
struct Item {
    id: String,
    title: String,
    price: f64,
    tags: [String; 3],
}

/// As [`Item`], without `Serialize`.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "read by Debug")]
struct DebugItem {
    id: String,
    title: String,
    price: f64,
    tags: [String; 3],
}

fn item(number: usize) -> Item {
    Item {
        id: format!("item-{number:07}"),
        title: format!("A title of about forty letters, no. {number:4}"),
        price: number as f64,
        tags: ["alpha", "beta", "gamma"].map(str::to_owned),
    }
}

/// The same body four times: plain, and with the attribute at each level.
macro_rules! workload {
    ($module:ident, ($($argument:ident: $type:ty),*) -> $output:ty, $body:expr) => {
        mod $module {
            use super::*;

            #[inline(never)]
            pub(crate) fn plain($($argument: $type),*) -> $output {
                $body
            }
            #[inline(never)]
            #[xray::step(capture = "full")]
            pub(crate) fn full($($argument: $type),*) -> $output {
                $body
            }
            #[inline(never)]
            #[xray::step(capture = "metrics")]
            pub(crate) fn metrics($($argument: $type),*) -> $output {
                $body
            }
            #[inline(never)]
            #[xray::step(capture = "off")]
            pub(crate) fn off($($argument: $type),*) -> $output {
                $body
            }
        }
    };
}

workload!(scalars, (a: u64, b: f64, c: f32) -> f64, black_box(a) as f64 * b + f64::from(c));
workload!(result, (item: &Item, limit: f64) -> Result<bool, String>, Ok(black_box(item).price < limit));
workload!(debug, (item: &DebugItem, limit: f64) -> Result<bool, String>, Ok(black_box(item).price < limit));
workload!(list, (items: &[Item], limit: f64) -> Vec<Item>, {
    items.iter().filter(|item| item.price < limit).cloned().collect()
});

/// One variant of one workload: so many calls.
type Calls<'a> = Box<dyn FnMut(usize) + 'a>;

fn measure(name: &str, calls: usize, variants: [(&str, Calls<'_>); 4]) {
    let (names, mut variants): (Vec<_>, Vec<_>) = variants.into_iter().unzip();
    let mut times = vec![Vec::new(); variants.len()];
    for _ in 0..ROUNDS {
        for (variant, times) in variants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            variant(calls);
            times.push(start.elapsed().as_nanos() as f64 / calls as f64);
            // The collector catches up, so that nothing is dropped and no variant pays for another.
            std::thread::sleep(Duration::from_millis(120));
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    for (variant, median) in names.iter().zip(&medians) {
        println!("{name:24} {variant:8} {median:12.1} {:12.1}", median - medians[0]);
    }
}

/// The four variants of a workload's module, called with these arguments.
macro_rules! variants {
    ($module:ident($($argument:expr),*)) => {
        [
            ("plain", Box::new(|calls| (0..calls).for_each(|_| {
                let _ = black_box($module::plain($($argument),*));
            }))),
            ("off", Box::new(|calls| (0..calls).for_each(|_| {
                let _ = black_box($module::off($($argument),*));
            }))),
            ("metrics", Box::new(|calls| (0..calls).for_each(|_| {
                let _ = black_box($module::metrics($($argument),*));
            }))),
            ("full", Box::new(|calls| (0..calls).for_each(|_| {
                let _ = black_box($module::full($($argument),*));
            }))),
        ]
    };
}

#[xray::run]
fn all() {
    let items: Vec<Item> = (0..100).map(item).collect();
    let one = item(7);
    let Item { id, title, price, tags } = one.clone();
    let shown = DebugItem { id, title, price, tags };
    println!("{:24} {:8} {:>12} {:>12}", "workload", "level", "ns a call", "over plain");
    measure("three scalars", 20_000, variants!(scalars(1, 2.0, 3.0)));
    measure("struct, Result", 10_000, variants!(result(&one, 5.0)));
    measure("struct with Debug only", 5_000, variants!(debug(&shown, 5.0)));
    measure("100 structs, 50 of them", 150, variants!(list(&items, 50.0)));
}

fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let xray = xray::builder().store(directory.path().join("levels.redb")).start()?;
    all();
    xray.flush()?;
    let stats = xray::stats();
    println!("\n{} events stored, {} dropped", stats.stored, stats.dropped.total());
    Ok(())
}
