//! The same for programs: one JSON object a line for every run, and a last one with the funnel and the counts.
//!
//! What was picked and why not is what the pipeline returned; run, status, steps and funnel are what xray captured. A
//! test can hold the one against the other.

use std::fmt::Write as _;
use std::net::SocketAddr;

use serde::Serialize;
use xray::id::RunId;

use crate::attempt::{Attempt, pair};
use crate::captured::{CapturedRun, Stage, funnel};
use crate::catalog::Catalog;

#[derive(Serialize)]
struct RunLine<'a> {
    run: RunId,
    pipeline: &'a str,
    wish: Option<&'a str>,
    status: &'a str,
    outcome: &'a str,
    steps: u64,
    picks: Vec<&'a str>,
    /// The messages of the error and its sources, or of the panic.
    error: Option<Vec<String>>,
}

#[derive(Serialize)]
struct LastLine {
    records: usize,
    films: usize,
    rejected: usize,
    funnel: Vec<Stage>,
    stats: xray::Stats,
    address: Option<SocketAddr>,
}

pub(crate) fn lines(
    catalog: &Catalog,
    attempts: &[Attempt],
    runs: &[CapturedRun],
    address: Option<SocketAddr>,
) -> anyhow::Result<String> {
    let mut out = String::new();
    for (captured, attempt) in pair(attempts, runs)? {
        let line = RunLine {
            run: captured.run.id,
            pipeline: &captured.run.pipeline,
            wish: attempt.map(|attempt| &*attempt.wish),
            status: captured.run.status.as_str(),
            outcome: captured.run.outcome.as_str(),
            steps: captured.run.steps,
            picks: attempt.map_or_else(Vec::new, |attempt| attempt.picks().iter().map(|pick| &*pick.film.id).collect()),
            error: attempt.and_then(Attempt::error),
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    let last = LastLine {
        records: catalog.report.records,
        films: catalog.films.len(),
        rejected: catalog.report.rejected.len(),
        funnel: funnel(runs, "pick_films"),
        stats: xray::stats(),
        address,
    };
    writeln!(out, "{}", serde_json::to_string(&last)?)?;
    Ok(out)
}
