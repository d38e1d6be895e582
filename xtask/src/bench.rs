//! `cargo xtask bench`: the measurements that compare xray with others, which nothing else has to build.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::instructions;
use crate::steps::{cargo, check};

/// The bench that knows all variants.
const OVERHEAD: [&str; 7] = ["--release", "--package", "xray-benches", "--features", "peers", "--bin", "overhead"];
/// The bench of the store, with SQLite beside it.
const STORE: [&str; 7] = ["--release", "--package", "xray-benches", "--features", "stores", "--bin", "store"];
/// Enough for what happens once in a while, such as a new chunk, to be a part of a call's mean.
const COUNTED_CALLS: usize = 10_000;

/// What `bench` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// What a captured call costs, beside the plain call, a loop written by hand, hotpath, fastrace and tracing
    ///
    /// Builds the peers, then measures for some minutes: all variants take turns within one run, with the same data
    /// captured where the peer can. Tables go to stdout. On a shared machine the ratios say more than the nanoseconds.
    Overhead {
        /// Where to write the numbers, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Replace the table in README.md
        #[arg(long)]
        readme: bool,
    },
    /// Instructions per call over the plain one, on the calling thread, beside those that are written down
    ///
    /// Runs each variant under valgrind's callgrind; says so if that is not installed. Other than times, these are the
    /// same on a busy machine; they say nothing of what waits for memory or the clock.
    Instructions(instructions::Arguments),
    /// What the store takes in, its size on disk and the times of its queries, with targets, beside SQLite
    ///
    /// Records ten million steps, about, through the collector into a file, then asks it, cold and warm: some ten minutes,
    /// and gigabytes of files. `cargo xtask bench store --help` builds the bench and lists its options.
    #[command(disable_help_flag = true)]
    Store {
        /// Options of the bench: --json FILE, --steps N, --peer-steps N, --only xray,sqlite, --keep DIR, --while-writing
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
        options: Vec<OsString>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.bench {
        Bench::Overhead { json, readme } => overhead(json.as_deref(), *readme),
        Bench::Instructions(arguments) if arguments.peers => instructions_of_peers(),
        Bench::Instructions(arguments) => instructions::run(arguments),
        // Not by cargo, so that paths are those of whoever calls this.
        Bench::Store { options } => check(Command::new(built(&STORE)?).args(options)),
    }
}

fn overhead(json: Option<&Path>, readme: bool) -> anyhow::Result<()> {
    let mut command = cargo();
    command.arg("run").args(OVERHEAD).arg("--");
    // Otherwise hotpath serves its numbers on a port.
    command.env("HOTPATH_METRICS_SERVER_OFF", "true");
    if let Some(path) = json {
        // The command runs in the repository's root, wherever this one was called.
        let path = std::path::absolute(path).with_context(|| format!("no such place: {}", path.display()))?;
        command.arg("--json").arg(path);
    }
    if readme {
        command.args(["--readme", "README.md"]);
    }
    check(&mut command)
}

fn instructions_of_peers() -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for what callgrind writes")?;
    let program = built(&OVERHEAD)?;
    let variants = text(Command::new(&program).arg("--variants"))?;
    println!("instructions per call over plain, calling thread");
    println!("| variant | A | B |\n|---|--:|--:|");
    let mut plain = None;
    for variant in variants.lines() {
        eprintln!("counting: {variant}");
        let [a, b] = ["A", "B"].map(|workload| count(&program, workload, variant, directory.path()));
        let counts = [a?, b?];
        let plain = *plain.get_or_insert(counts);
        let over = |index: usize| (counts[index] - plain[index]) / COUNTED_CALLS as f64;
        println!("| {variant} | {:.0} | {:.0} |", over(0), over(1));
    }
    Ok(())
}

/// Builds programs that cargo knows by these arguments, and says where the first of them is.
pub(crate) fn built(arguments: &[&str]) -> anyhow::Result<PathBuf> {
    let messages = text(cargo().arg("build").args(arguments).args(["--message-format", "json-render-diagnostics"]))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .context("cargo built no program")
}

/// The instructions of all calls, on the thread that makes them: only what `counted` does is collected.
fn count(program: &Path, workload: &str, variant: &str, directory: &Path) -> anyhow::Result<f64> {
    let arguments = ["--once", workload, variant, &COUNTED_CALLS.to_string()];
    collected(program, "overhead::measure::counted*", &arguments, directory)
}

/// The instructions that a program takes within a function, on the thread that calls it.
pub(crate) fn collected(program: &Path, within: &str, arguments: &[&str], directory: &Path) -> anyhow::Result<f64> {
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--toggle-collect={within}"))
        .arg(format!("--callgrind-out-file={}", directory.join("callgrind.out").display()))
        .arg(program)
        .args(arguments)
        .output()
        .context("cannot run valgrind: is it installed?")?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind ended with {}\n{log}", output.status);
    // The line reads `==1== Collected : 1234`.
    let collected =
        log.lines().find_map(|line| line.split_once("Collected :")).context("valgrind collected nothing")?;
    collected.1.trim().parse().with_context(|| format!("not a count: {}", collected.1))
}

/// What a command prints.
pub(crate) fn text(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(std::process::Stdio::inherit()).output().context("cannot run")?;
    ensure!(output.status.success(), "{command:?} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
