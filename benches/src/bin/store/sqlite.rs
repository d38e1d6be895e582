//! SQLite with what a sensible person would set up: a row for each run, step and decision, values as JSON, the indexes
//! that the questions need, prepared statements and large transactions.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, OpenFlags, Statement, params};

use crate::ingest::{Ingest, Progress, sizes};
use crate::process;
use crate::questions::{Answer, Answers, Question};
use crate::rows::{DecisionRow, Rows, RunRow, StepRow, Table};
use crate::sql::{self, Dialect};
use crate::workload::Workload;

/// Steps in a transaction.
const TRANSACTION: u64 = 50_000;

const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";

const SCHEMA: &str = "
CREATE TABLE runs (id INTEGER PRIMARY KEY, pipeline TEXT, status TEXT, started_ns INTEGER, ended_ns INTEGER,
                   steps INTEGER, failures INTEGER, error TEXT);
CREATE INDEX runs_by_time ON runs (started_ns);
CREATE TABLE steps (run INTEGER, id INTEGER, parent INTEGER, name TEXT, kind TEXT, outcome TEXT, started_ns INTEGER,
                    duration_ns INTEGER, items_in INTEGER, items_out INTEGER, kept INTEGER, eliminated INTEGER,
                    payload TEXT);
CREATE INDEX steps_by_run ON steps (run, id);
CREATE INDEX steps_by_name ON steps (name);
CREATE TABLE decisions (run INTEGER, step INTEGER, item TEXT, verdict TEXT, basis TEXT, reason TEXT);
CREATE INDEX decisions_by_item ON decisions (item);";

/// Writes the workload, one step after the other.
pub(crate) fn ingest(workload: Workload, file: &Path) -> anyhow::Result<Ingest> {
    let connection = Connection::open(file)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(SCHEMA)?;
    let (memory_before, start) = (process::peak_bytes()?, Instant::now());
    let bar = Progress::new("sqlite: ingest", workload.steps());
    connection.execute_batch("BEGIN")?;
    let mut rows = Rows::new(Tables::new(&connection)?);
    for run in 0..workload.runs {
        workload.record(run, &mut rows)?;
        bar.advance(workload.steps_of(run));
        if rows.table.steps >= TRANSACTION {
            connection.execute_batch("COMMIT; BEGIN")?;
            rows.table.steps = 0;
        }
    }
    connection.execute_batch("COMMIT")?;
    let seconds = start.elapsed().as_secs_f64();
    bar.finish();
    drop(rows);
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop(connection);
    let (file_bytes, allocated_bytes) = sizes(file)?;
    Ok(Ingest {
        steps: workload.steps(),
        seconds,
        file_bytes,
        allocated_bytes,
        peak_bytes: process::peak_bytes()?,
        memory_before,
        ..Ingest::default()
    })
}

struct Tables<'c> {
    run: Statement<'c>,
    step: Statement<'c>,
    decision: Statement<'c>,
    /// Steps since the last transaction began.
    steps: u64,
}

impl<'c> Tables<'c> {
    fn new(connection: &'c Connection) -> anyhow::Result<Self> {
        let into = |table, places| connection.prepare(&format!("INSERT INTO {table} VALUES ({places})"));
        Ok(Self {
            run: into("runs", "?,?,?,?,?,?,?,?")?,
            step: into("steps", "?,?,?,?,?,?,?,?,?,?,?,?,?")?,
            decision: into("decisions", "?,?,?,?,?,?")?,
            steps: 0,
        })
    }
}

impl Table for Tables<'_> {
    fn run(&mut self, row: &RunRow<'_>) -> anyhow::Result<()> {
        let RunRow { id, pipeline, status, started_ns, ended_ns, steps, failures, error } = *row;
        self.run.execute(params![id, pipeline, status, started_ns, ended_ns, steps, failures, error])?;
        Ok(())
    }

    fn step(&mut self, row: &StepRow<'_>) -> anyhow::Result<()> {
        let site = row.function.site();
        let (items_in, items_out) = row.items.unzip();
        let StepRow { run, id, parent, outcome, started_ns, duration_ns, kept, eliminated, payload, .. } = *row;
        self.step.execute(params![
            run,
            id,
            parent,
            site.name,
            site.kind,
            outcome,
            started_ns,
            duration_ns,
            items_in,
            items_out,
            kept,
            eliminated,
            payload
        ])?;
        self.steps += 1;
        Ok(())
    }

    fn decision(&mut self, row: &DecisionRow<'_>) -> anyhow::Result<()> {
        let DecisionRow { run, step, item, verdict, basis, reason } = *row;
        self.decision.execute(params![run, step, item, verdict, basis, reason])?;
        Ok(())
    }
}

/// An open file.
pub(crate) struct Sqlite {
    connection: Connection,
}

pub(crate) fn open(file: &Path) -> anyhow::Result<Sqlite> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // Opening reads nothing by itself.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(Sqlite { connection })
}

impl Answers for Sqlite {
    fn ask(&self, question: &Question) -> anyhow::Result<Option<Answer>> {
        let mut statement = self.connection.prepare(&sql::of(question, Dialect::Sqlite))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                std::hint::black_box(row.get_ref(column)?);
            }
            count += 1;
        }
        Ok(Some(Answer { rows: count, is_whole: true }))
    }
}
