//! What redaction costs: a struct of eight fields, captured without it, as it is unless set, and with a pattern of the
//! user's; with texts that hold nothing, and with texts that look as if they did.
//!
//! `cargo run --release -p xray-benches --bin redaction`. The variants take turns; each figure is the median over rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

const ROUNDS: usize = 15;
const CALLS: usize = 5_000;

#[derive(Debug, Clone, Serialize)]
struct Order {
    id: u64,
    customer: String,
    title: String,
    description: String,
    price: f64,
    currency: String,
    quantity: u32,
    remark: String,
}

fn order(remark: &str) -> Order {
    Order {
        id: 7,
        customer: "Ada Lovelace".to_owned(),
        title: "A title of about forty letters, no. 1234".to_owned(),
        description: "What somebody would write about a thing that is to be sold, in one sentence.".to_owned(),
        price: 12.5,
        currency: "EUR".to_owned(),
        quantity: 3,
        remark: remark.to_owned(),
    }
}

#[inline(never)]
#[xray::step(ret = false)]
fn captured(order: &Order) -> f64 {
    black_box(order).price
}

#[inline(never)]
#[xray::step(ret = false, debug(order))]
fn formatted(order: &Order) -> f64 {
    black_box(order).price
}

/// A builder with what is measured set.
type Set = fn(xray::Builder) -> xray::Builder;

const VARIANTS: [(&str, Set); 3] = [
    ("nothing", |builder| builder.redact_only_names([""; 0]).redact_known_values(false)),
    ("default", |builder| builder),
    ("a pattern", |builder| builder.redact_values(["ACME-[0-9]{5}"])),
];

fn nanoseconds_a_call(calls: usize, call: impl Fn() -> f64) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let orders = [
        ("no secret", order("to the back door, please")),
        ("long words", order("see https://example.org/orders/2024-01-01/index.html")),
        ("a secret", order("the card is 4111 1111 1111 1111, thanks")),
    ];
    let mut times = vec![vec![Vec::new(); VARIANTS.len()]; orders.len() + 1];
    for round in 0..ROUNDS {
        for (variant, (_, set)) in VARIANTS.iter().enumerate() {
            let path = directory.path().join(format!("{round}-{variant}.redb"));
            let xray = set(xray::builder().store(path)).start()?;
            for (place, (_, order)) in orders.iter().enumerate() {
                nanoseconds_a_call(CALLS / 10, || captured(order));
                times[place][variant].push(nanoseconds_a_call(CALLS, || captured(order)));
                std::thread::sleep(Duration::from_millis(120));
            }
            times[orders.len()][variant].push(nanoseconds_a_call(CALLS, || formatted(&orders[0].1)));
            xray.flush()?;
        }
    }
    println!("{:12} {:>12} {:>12} {:>12}   ns a call", "text", VARIANTS[0].0, VARIANTS[1].0, VARIANTS[2].0);
    let names = orders.iter().map(|(name, _)| *name).chain(["Debug text"]);
    for (name, times) in names.zip(&mut times) {
        print!("{name:12}");
        for times in times {
            times.sort_by(f64::total_cmp);
            print!(" {:12.1}", times[ROUNDS / 2]);
        }
        println!();
    }
    Ok(())
}
