//! How fast decisions are inferred: items a second on one core, of the input.
//!
//! `cargo run --release -p xray-benches --bin inference`
//!
//! Counts come with every inference; decisions are made from it when asked for, each with its key as a text. Values are
//! encoded by hand, as `xray_collector::value` draws them. Each figure is the median over rounds.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use xray_collector::inference::{Encoded, Question, infer};

const ROUNDS: usize = 31;

fn main() {
    println!("{:<44} {:>16} {:>22}", "step", "counts, items/s", "decisions too, items/s");
    let names: Vec<Arc<str>> = ["Movie", "id", "title", "rating"].map(Arc::from).to_vec();
    let movies = |step| list((0..1_000).step_by(step).map(|id| movie(id, id as f64 / 100.0)));
    measure("filter of 1,000 structs, half kept", 1_000, &movies(1), &movies(2), &names, &names);
    let others: Vec<Arc<str>> = ["other", "Movie", "id", "title", "rating"].map(Arc::from).to_vec();
    let renumbered = list((0..1_000).step_by(2).map(|id| renumber(movie(id, id as f64 / 100.0))));
    measure("the same, with two tables of names", 1_000, &movies(1), &renumbered, &names, &others);
    let keyless: Vec<Arc<str>> = ["Movie", "page", "text", "rating"].map(Arc::from).to_vec();
    measure("the same, without a key", 1_000, &movies(1), &movies(2), &keyless, &keyless);
    let texts = |step| list((0..100_000).step_by(step).map(|number| text(&format!("a title, number {number}"))));
    measure("filter of 100,000 texts, half kept", 100_000, &texts(1), &texts(2), &[], &[]);
}

fn measure(what: &str, items: usize, entered: &[u8], returned: &[u8], before: &[Arc<str>], after: &[Arc<str>]) {
    let arguments = ["items".into()];
    let question = Question {
        kind: "filter",
        items: None,
        key: None,
        arguments: &arguments,
        entered: Encoded { bytes: entered, names: before },
        returned: Encoded { bytes: returned, names: after },
    };
    let kept = infer(&question).expect("a filter").counts.kept;
    assert_eq!(kept as usize, items / 2);
    let counts =
        per_second(items, || infer(black_box(&question)).map_or(0, |inference| inference.counts.kept as usize));
    let decisions = per_second(items, || {
        infer(black_box(&question)).map_or(0, |inference| inference.decisions().map(black_box).count())
    });
    println!("{what:<44} {counts:>16.0} {decisions:>22.0}");
}

fn per_second(items: usize, mut infer: impl FnMut() -> usize) -> f64 {
    let calls = 200_000 / items;
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..calls {
                black_box(infer());
            }
            (calls * items) as f64 / begin.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

fn list(items: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let items: Vec<Vec<u8>> = items.collect();
    let mut bytes = vec![0x40];
    bytes.extend((items.len() as u32).to_le_bytes());
    bytes.extend(items.concat());
    bytes.push(0x0f);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x30, text.len() as u8];
    bytes.extend(text.as_bytes());
    bytes
}

/// `Movie { id, title, rating }`: names 0 to 3.
fn movie(id: u64, rating: f64) -> Vec<u8> {
    let mut bytes = vec![0x42, 0, 0, 1, 0, 0x13];
    bytes.extend(id.to_le_bytes());
    bytes.extend([2, 0]);
    bytes.extend(text(&format!("A title of about forty letters, no. {id:4}")));
    bytes.extend([3, 0, 0x21]);
    bytes.extend(rating.to_le_bytes());
    bytes.extend([0xff, 0x7f]);
    bytes
}

/// The same movie with names 1 to 4.
fn renumber(mut movie: Vec<u8>) -> Vec<u8> {
    let rating = movie.len() - 13;
    for place in [1, 3, 14, rating] {
        movie[place] += 1;
    }
    movie
}
