//! DuckDB, by its Python package: as a crate it takes longer to build than everything else here together.
//!
//! It reads CSV files that are written before, which is not counted: it is made for large pieces, not for rows.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::ingest::{Ingest, Progress, sizes};
use crate::questions::{Answer, KINDS, LONG_ENOUGH, Mode, Row};
use crate::rows::{DecisionRow, Rows, RunRow, StepRow, Table};
use crate::sql::{self, Dialect};
use crate::workload::Workload;

const SCRIPT: &str = include_str!("duckdb.py");
const SCHEMA: &str = "
CREATE TABLE runs (id BIGINT, pipeline TEXT, status TEXT, started_ns BIGINT, ended_ns BIGINT, steps BIGINT,
                   failures BIGINT, error TEXT);
CREATE TABLE steps (run BIGINT, id BIGINT, parent BIGINT, name TEXT, kind TEXT, outcome TEXT, started_ns BIGINT,
                    duration_ns BIGINT, items_in BIGINT, items_out BIGINT, kept BIGINT, eliminated BIGINT, payload TEXT);
CREATE TABLE decisions (run BIGINT, step BIGINT, item TEXT, verdict TEXT, basis TEXT, reason TEXT);";
const TABLES: [&str; 3] = ["runs", "steps", "decisions"];

/// A Python that may have the package.
pub(crate) struct Python<'a>(pub(crate) &'a Path);

impl Python<'_> {
    /// Whether it has it.
    pub(crate) fn has_duckdb(&self) -> bool {
        let import = Command::new(self.0).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    }

    fn run<T: DeserializeOwned>(&self, task: &Value) -> anyhow::Result<T> {
        let mut child = Command::new(self.0)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.0.display()))?;
        serde_json::to_writer(child.stdin.take().context("it has a stdin")?, task)?;
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "DuckDB ended with {}", output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    pub(crate) fn ingest(&self, workload: Workload, file: &Path) -> anyhow::Result<Ingest> {
        let directory = tempfile::tempdir_in(file.parent().context("a file is in a directory")?)?;
        let paths = TABLES.map(|table| directory.path().join(table).with_extension("csv"));
        write(workload, &paths)?;
        let tables: Vec<_> = TABLES.iter().zip(&paths).collect();
        let done: Value = self.run(&json!({ "do": "ingest", "file": file, "schema": SCHEMA, "tables": tables }))?;
        let bytes = |name: &str| done[name].as_u64().with_context(|| format!("DuckDB does not say {name}"));
        let (file_bytes, allocated_bytes) = sizes(file)?;
        Ok(Ingest {
            steps: workload.steps(),
            seconds: done["seconds"].as_f64().context("DuckDB does not say how long it took")?,
            file_bytes,
            allocated_bytes,
            peak_bytes: bytes("peak_bytes")?,
            memory_before: bytes("memory_before")?,
            ..Ingest::default()
        })
    }

    pub(crate) fn opening(&self, file: &Path, times: u32) -> anyhow::Result<Vec<f64>> {
        self.run(&json!({ "do": "opening", "file": file, "times": times }))
    }

    pub(crate) fn ask(&self, mode: Mode, workload: Workload, file: &Path) -> anyhow::Result<Vec<Row>> {
        let statements = |draw: fn(Workload, u64) -> _| {
            (0..mode.samples()).map(|number| sql::of(&draw(workload, number), Dialect::Duckdb)).collect()
        };
        let queries: Vec<Vec<String>> = KINDS.iter().map(|kind| statements(kind.draw)).collect();
        let answers: Vec<(Vec<f64>, u64)> = self.run(&json!({
            "do": "ask",
            "file": file,
            "is_cold": mode == Mode::Cold,
            "long_enough": LONG_ENOUGH.as_secs_f64(),
            "queries": queries,
        }))?;
        let row = |(kind, (times, rows)): (_, (Vec<f64>, u64))| {
            Row::new((kind, "duckdb", mode), times, Answer { rows, is_whole: true })
        };
        Ok(KINDS.iter().zip(answers).map(row).collect())
    }
}

/// Writes the workload as CSV, a file for each table.
fn write(workload: Workload, paths: &[PathBuf; 3]) -> anyhow::Result<()> {
    let bar = Progress::new("duckdb: writing CSV", workload.steps());
    let open = |path: &PathBuf| File::create(path).map(BufWriter::new);
    let [runs, steps, decisions] = paths;
    let mut rows = Rows::new(Csv { runs: open(runs)?, steps: open(steps)?, decisions: open(decisions)? });
    for run in 0..workload.runs {
        workload.record(run, &mut rows)?;
        bar.advance(workload.steps_of(run));
    }
    let Csv { mut runs, mut steps, mut decisions } = rows.table;
    [&mut runs, &mut steps, &mut decisions].into_iter().try_for_each(Write::flush)?;
    bar.finish();
    Ok(())
}

/// No text of the workload but the payload has a comma, a quote or the end of a line.
struct Csv {
    runs: BufWriter<File>,
    steps: BufWriter<File>,
    decisions: BufWriter<File>,
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

impl Table for Csv {
    fn run(&mut self, row: &RunRow<'_>) -> anyhow::Result<()> {
        let RunRow { id, pipeline, status, started_ns, ended_ns, steps, failures, error } = *row;
        let error = error.unwrap_or_default();
        Ok(writeln!(self.runs, "{id},{pipeline},{status},{started_ns},{ended_ns},{steps},{failures},{error}")?)
    }

    fn step(&mut self, row: &StepRow<'_>) -> anyhow::Result<()> {
        let StepRow { run, id, outcome, started_ns, duration_ns, kept, eliminated, .. } = *row;
        let (parent, site) = (or_empty(row.parent), row.function.site());
        let (items_in, items_out) = row.items.unzip();
        let (items_in, items_out) = (or_empty(items_in), or_empty(items_out));
        let payload = row.payload.replace('"', "\"\"");
        write!(self.steps, "{run},{id},{parent},{},{},{outcome},{started_ns},{duration_ns},", site.name, site.kind)?;
        Ok(writeln!(self.steps, "{items_in},{items_out},{kept},{eliminated},\"{payload}\"")?)
    }

    fn decision(&mut self, row: &DecisionRow<'_>) -> anyhow::Result<()> {
        let DecisionRow { run, step, item, verdict, basis, reason } = *row;
        let reason = reason.unwrap_or_default();
        Ok(writeln!(self.decisions, "{run},{step},{item},{verdict},{basis},{reason}")?)
    }
}
