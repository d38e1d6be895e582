//! What the store takes in, how much of the disk it needs, and how fast it answers, beside SQLite and DuckDB.
//!
//! `cargo xtask bench store`. Each part is a process of its own, so that its peak memory is its own. Events go the whole
//! way: threads write them into chunks, as calls of annotated functions do, at times spread over 30 days. What the
//! collector makes of them is measured from full chunks to the last commit, with the chunks written ahead (`replay.rs`),
//! and once more with threads that record at the same time, on the same processors.

mod duckdb;
mod ingest;
mod json;
mod pipeline;
mod process;
mod questions;
mod random;
mod record;
mod recorded;
mod replay;
mod report;
mod rows;
mod sql;
mod sqlite;
mod workload;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, ValueEnum};
use serde::Serialize;
use serde::de::DeserializeOwned;
use xray_collector::clock;

use crate::duckdb::Python;
use crate::ingest::Ingest;
use crate::questions::{Answers, Mode, Row, ask_all};
use crate::recorded::LargeRuns;
use crate::report::{Results, thousands};
use crate::rows::{Rows, Sizes};
use crate::workload::Workload;

/// Ingest, size on disk and queries of xray's store, beside SQLite and DuckDB, on the same runs
#[derive(Debug, Parser)]
#[command(name = "store")]
struct Arguments {
    /// Steps to record, about; in runs of 100, and some of 1,000
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    steps: u64,
    /// Steps for the other stores, which take longer: no more than --steps
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    peer_steps: u64,
    /// Only these stores; duckdb needs a Python that has the package of that name, see --python
    #[arg(long, value_name = "STORES", value_delimiter = ',', default_values = ["xray", "sqlite", "duckdb"])]
    only: Vec<Store>,
    /// The Python for DuckDB: that of a virtual environment in which `pip install duckdb` was run, say
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// Ask xray a third time while runs are written at full speed
    #[arg(long)]
    while_writing: bool,
    /// Where to write the numbers, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keep the files, in this directory
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// One part, in this process: what it measures is JSON on stdout
    #[arg(long, hide = true, requires = "file")]
    part: Option<Part>,
    #[arg(long, hide = true)]
    file: Option<PathBuf>,
    #[arg(long, hide = true, default_value_t = clock::unix_now_ns())]
    until_ns: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Xray,
    Sqlite,
    Duckdb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Ingest,
    IngestLive,
    Open,
    Ask,
    AskWhileWriting,
}

/// How often a file is opened to see how long that takes.
const OPENED: u32 = 9;

impl Store {
    fn name(self) -> &'static str {
        match self {
            Self::Xray => "xray",
            Self::Sqlite => "sqlite",
            Self::Duckdb => "duckdb",
        }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match (arguments.part, &arguments.file) {
        (Some(part), Some(file)) => {
            let (store, workload) = (arguments.only[0], arguments.workload(arguments.only[0]));
            match store {
                Store::Xray => xray(part, workload, file),
                Store::Sqlite => sqlite(part, workload, file),
                Store::Duckdb => duckdb(part, workload, file, &Python(&arguments.python)),
            }
        }
        _ => measure(&arguments),
    }
}

impl Arguments {
    fn workload(&self, store: Store) -> Workload {
        let steps = if store == Store::Xray { self.steps } else { self.steps.min(self.peer_steps) };
        Workload::new(steps, self.until_ns)
    }

    /// Whether it can be run here.
    fn has(&self, store: Store) -> bool {
        store != Store::Duckdb || Python(&self.python).has_duckdb()
    }
}

fn xray(part: Part, workload: Workload, file: &Path) -> anyhow::Result<()> {
    match part {
        Part::Ingest => say(&recorded::ingest(workload, file)?),
        Part::IngestLive => say(&recorded::ingest_live(workload, file)?),
        Part::Open => say(&opening(|| recorded::open(file, &LargeRuns::default()))?),
        Part::Ask => {
            let large = recorded::large_runs(workload, file)?;
            say(&ask("xray", workload, file, || recorded::open(file, &large))?)
        }
        Part::AskWhileWriting => {
            let large = recorded::large_runs(workload, file)?;
            say(&recorded::while_writing(workload, (file, &large), |recorded| {
                let mut recorded = Some(recorded);
                ask_all(("xray", Mode::Writing), workload, || recorded.take().context("it is opened once"))
            })?)
        }
    }
}

fn sqlite(part: Part, workload: Workload, file: &Path) -> anyhow::Result<()> {
    match part {
        Part::Ingest => say(&sqlite::ingest(workload, file)?),
        Part::Open => say(&opening(|| sqlite::open(file))?),
        Part::Ask => say(&ask("sqlite", workload, file, || sqlite::open(file))?),
        Part::IngestLive | Part::AskWhileWriting => bail!("not measured"),
    }
}

fn duckdb(part: Part, workload: Workload, file: &Path, python: &Python<'_>) -> anyhow::Result<()> {
    match part {
        Part::Ingest => say(&python.ingest(workload, file)?),
        Part::Open => say(&python.opening(file, OPENED)?),
        Part::Ask => {
            let mut rows = python.ask(Mode::Cold, workload, file)?;
            process::read_into_page_cache(file)?;
            rows.extend(python.ask(Mode::Warm, workload, file)?);
            say(&rows)
        }
        Part::IngestLive | Part::AskWhileWriting => bail!("not measured"),
    }
}

fn say(result: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(result)?);
    Ok(())
}

/// Asks a store that is not in memory, then one that is.
fn ask<A: Answers>(
    store: &str,
    workload: Workload,
    file: &Path,
    mut open: impl FnMut() -> anyhow::Result<A>,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = ask_all((store, Mode::Cold), workload, || {
        process::drop_from_page_cache(file)?;
        open()
    })?;
    process::read_into_page_cache(file)?;
    rows.extend(ask_all((store, Mode::Warm), workload, open)?);
    Ok(rows)
}

/// How long opening takes, in milliseconds.
fn opening<A>(open: impl Fn() -> anyhow::Result<A>) -> anyhow::Result<Vec<f64>> {
    let time = |_| {
        let start = Instant::now();
        let opened = open()?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        drop(opened);
        Ok(milliseconds)
    };
    (0..OPENED).map(time).collect()
}

/// All parts of all stores.
fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    describe(arguments)?;
    let temporary = tempfile::tempdir().context("no place for the files")?;
    let directory = arguments.keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let (mut results, mut rows) = (Vec::<Results>::new(), Vec::new());
    for store in arguments.only.iter().filter(|store| arguments.has(**store)) {
        let part = Parts { arguments, store: *store, file: directory.join(store.name()).with_extension("db") };
        ensure!(!part.file.exists(), "{} is there already: it is not written over", part.file.display());
        let ingest: Ingest = part.run(Part::Ingest)?;
        results.push(Results::new(store.name(), &ingest, part.run(Part::Open)?));
        if let (Store::Xray, Some(results)) = (*store, results.last_mut()) {
            let live = Parts { file: part.file.with_extension("live.db"), ..part };
            results.add_live(&live.run(Part::IngestLive)?);
            std::fs::remove_file(&live.file)?;
        }
        rows.extend(part.run::<Vec<Row>>(Part::Ask)?);
        if arguments.while_writing && *store == Store::Xray {
            let (asked, steps_per_second) = part.run::<(Vec<Row>, f64)>(Part::AskWhileWriting)?;
            rows.extend(asked);
            results.last_mut().context("it was written")?.while_asked_steps_per_s = Some(steps_per_second);
        }
    }
    report::ingest(&results);
    report::queries(&rows, arguments.only.contains(&Store::Xray));
    if let Some(path) = &arguments.json {
        let all = serde_json::json!({ "stores": results, "queries": rows });
        std::fs::write(path, serde_json::to_vec_pretty(&all)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    agree(&results, &rows)
}

/// Stores that hold the same say the same, or times are nothing to compare.
fn agree(results: &[Results], rows: &[Row]) -> anyhow::Result<()> {
    let steps = |row: &Row| results.iter().find(|it| it.store == row.store).map(|it| it.steps);
    // What is written meanwhile is found, too.
    let rows: Vec<_> = rows.iter().filter(|row| row.is_whole && row.mode != Mode::Writing).collect();
    for (place, row) in rows.iter().enumerate() {
        let of_same = |other: &&&Row| other.query == row.query && steps(other) == steps(row);
        for other in rows[..place].iter().filter(of_same) {
            let (query, one, another) = (&row.query, &row.store, &other.store);
            ensure!(row.rows == other.rows, "{query}: {one} has {} rows, {another} {}", row.rows, other.rows);
        }
    }
    Ok(())
}

/// Says what is measured, and how.
fn describe(arguments: &Arguments) -> anyhow::Result<()> {
    let workload = arguments.workload(Store::Xray);
    let mut sizes = Rows::new(Sizes::default());
    let sample = Workload { runs: workload.runs.min(500), ..workload };
    (0..sample.runs).try_for_each(|run| sample.record(run, &mut sizes))?;
    let Sizes { steps, decisions, failures, bytes } = sizes.table;
    println!(
        "{} steps in {} runs over 30 days, {} decisions; of {} steps: {:.0} B of JSON and {:.2} decisions a step, {:.1} % errors",
        thousands(workload.steps() as f64),
        thousands(workload.runs as f64),
        thousands(workload.decisions() as f64),
        thousands(steps as f64),
        bytes as f64 / steps as f64,
        decisions as f64 / steps as f64,
        failures as f64 / steps as f64 * 100.0,
    );
    println!(
        "{} processors, load {}: on a busy machine ratios and the processor's time say more than rates",
        std::thread::available_parallelism()?,
        process::load()?,
    );
    let peers = arguments.workload(Store::Sqlite);
    if peers.runs < workload.runs {
        println!(
            "the others get {} steps: their rates and times are those of so many, and SQLite's are worse with more",
            thousands(peers.steps() as f64)
        );
    }
    if arguments.only.contains(&Store::Xray) {
        println!(
            "xray's events are in chunks already, in a file, when the time begins: they go from there into the collector's \
             chunks, one by one; live, threads record them on the same processors"
        );
    }
    println!("cold: the file is opened for each question, after posix_fadvise(DONTNEED) on it; opening is not counted");
    println!("warm: the whole file was read before, and each question is about something else");
    if arguments.only.contains(&Store::Duckdb) {
        match arguments.has(Store::Duckdb) {
            true => println!("DuckDB reads CSV files that are there; writing them is not counted"),
            false => println!(
                "DuckDB is left out: {} does not have its package; --python names one that has",
                arguments.python.display()
            ),
        }
    }
    Ok(())
}

/// The parts of one store.
struct Parts<'a> {
    arguments: &'a Arguments,
    store: Store,
    file: PathBuf,
}

impl Parts<'_> {
    fn run<T: DeserializeOwned>(&self, part: Part) -> anyhow::Result<T> {
        let word = part.to_possible_value().context("every part has a word")?;
        let output = Command::new(std::env::current_exe()?)
            .args(["--part", word.get_name(), "--only", self.store.name()])
            .args(["--steps", &self.arguments.steps.to_string()])
            .args(["--peer-steps", &self.arguments.peer_steps.to_string()])
            .args(["--until-ns", &self.arguments.until_ns.to_string()])
            .arg("--python")
            .arg(&self.arguments.python)
            .arg("--file")
            .arg(&self.file)
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "{} {part:?} ended with {}", self.store.name(), output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
