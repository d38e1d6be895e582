//! `cargo xtask bench instructions`: what a call costs in instructions, beside what it cost before.
//!
//! Other than times, these are the same on a busy machine; they say nothing of what waits for memory or the clock.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::bench::{built, collected, text};
use crate::steps::{RELEASED, root};

/// What was counted before.
const BASELINE: &str = "benches/baseline/instructions.json";
/// How much more is too much: this share, or a few instructions where there are few.
const TOLERATED: f64 = 0.03;
const A_FEW: f64 = 3.0;

/// What `bench instructions` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Fails if a call takes over 3 % more than is written down
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Writes down what calls take now
    #[arg(long)]
    update: bool,
    /// Counts fastrace and tracing, too, which takes several minutes to build and count
    #[arg(long, conflicts_with_all = ["check", "update"])]
    pub(crate) peers: bool,
}

/// Instructions over those of the plain call: by workload, and by variant.
type Counts = BTreeMap<String, BTreeMap<String, f64>>;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if !has_valgrind() {
        println!("skipped: no valgrind; install it and run this again");
        return Ok(());
    }
    let counts = count_all()?;
    let path = root().join(BASELINE);
    let before = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("cannot read {BASELINE}"))?,
        Err(_) => Counts::new(),
    };
    let grown = print(&counts, &before);
    if arguments.update {
        let mut text = serde_json::to_string_pretty(&counts)?;
        text.push('\n');
        std::fs::write(&path, text).with_context(|| format!("cannot write {BASELINE}"))?;
        println!("wrote {BASELINE}");
    }
    ensure!(
        !arguments.check || grown.is_empty(),
        "more instructions than {BASELINE} has: {}; if that has to be, `cargo xtask bench instructions --update`",
        grown.join(", ")
    );
    Ok(())
}

/// As a part of `cargo xtask test`.
pub(crate) fn check() -> anyhow::Result<()> {
    run(&Arguments { check: true, update: false, peers: false })
}

fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn count_all() -> anyhow::Result<Counts> {
    let directory = tempfile::tempdir().context("no place for what callgrind writes")?;
    let program = built(&[&RELEASED[..], &["--bin", "instructions"]].concat())?;
    let variants = text(Command::new(&program).arg("--variants"))?;
    let mut counts = Counts::new();
    let mut plain = BTreeMap::new();
    for line in variants.lines() {
        let (workload, variant) = line.split_once(' ').with_context(|| format!("no variant: {line}"))?;
        eprintln!("counting: {line}");
        let count = per_call(&program, workload, variant, directory.path())?;
        if variant == "plain" {
            plain.insert(workload.to_owned(), count);
        } else {
            let over = count - plain.get(workload).context("the plain call comes first")?;
            counts.entry(workload.to_owned()).or_default().insert(variant.to_owned(), over.round());
        }
    }
    Ok(counts)
}

/// Enough calls for what happens once in a while, such as a new chunk, to be a part of their mean.
fn per_call(program: &Path, workload: &str, variant: &str, directory: &Path) -> anyhow::Result<f64> {
    let calls = if workload == "C" { 200 } else { 10_000 };
    let arguments = [workload, variant, &calls.to_string()];
    Ok(collected(program, "instructions::counted*", &arguments, directory)? / f64::from(calls))
}

/// Prints the counts beside those before, and says which have grown too much.
fn print(counts: &Counts, before: &Counts) -> Vec<String> {
    println!(
        "instructions per call over plain, calling thread\n| workload | variant | now | before |\n|---|---|--:|--:|"
    );
    let mut grown = Vec::new();
    for (workload, variants) in counts {
        for (variant, now) in variants {
            let before = before.get(workload).and_then(|variants| variants.get(variant));
            let text = before.map_or_else(|| "–".to_owned(), |before| format!("{before:.0}"));
            println!("| {workload} | {variant} | {now:.0} | {text} |");
            if before.is_some_and(|before| now - before > A_FEW.max(before * TOLERATED)) {
                grown.push(format!("{workload} {variant}: {now:.0} after {text}"));
            }
        }
    }
    grown
}
