//! Which film competes with this one? The classic pipeline, twenty times, with a bug that only its decisions show.
//!
//! Read `pipeline.rs` first: it is the program. The films are those of `movies`, and so is the code that loads and
//! repairs them, and that asks the store what happened. The README walks from a run that failed to the bug.

#[path = "../movies/captured.rs"]
mod captured;
#[path = "../movies/catalog.rs"]
mod catalog;
#[path = "../movies/film.rs"]
mod film;
mod keywords;
mod options;
mod pipeline;
#[path = "../movies/program.rs"]
mod program;
mod rank;
#[path = "../movies/record.rs"]
mod record;
#[path = "../movies/repair.rs"]
mod repair;
mod report;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser as _;

use crate::captured::CapturedRun;
use crate::options::Options;
use crate::pipeline::find_competitor;
use crate::report::Attempt;

fn main() -> ExitCode {
    program::exit_code(run(&Options::parse()))
}

fn run(options: &Options) -> anyhow::Result<()> {
    let xray = program::start(xray::builder(), &options.store, options.address.as_deref(), options.once)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start tokio")?;
    let catalog = runtime.block_on(catalog::load_catalog(&options.data)).context("cannot load the films")?;

    // Takes the colours out where the output is no terminal, or NO_COLOR says so.
    let mut out = anstream::stdout();
    let titles = options.titles();
    if !options.json {
        out.write_all(report::heading(&catalog, titles.len()).as_bytes())?;
    }
    let mut attempts = Vec::with_capacity(titles.len());
    for (number, title) in (1..).zip(&titles) {
        let end = find_competitor(&catalog.films, title, options.fixed);
        let attempt = Attempt { title: (*title).to_owned(), end };
        if !options.json {
            out.write_all(report::line(number, titles.len(), &attempt).as_bytes())?;
        }
        attempts.push(attempt);
    }

    xray.flush()?;
    let runs = captured::runs_of_this_program(&*xray.store())?;
    let pairs = pair(&attempts, &runs)?;
    let text = match options.json {
        true => report::json(&pairs, &runs, xray.address())?,
        false => report::funnel(&runs),
    };
    out.write_all(text.as_bytes())?;
    if let (Some(address), false) = (xray.address(), options.once) {
        // On standard error, so that standard output stays what was asked for.
        let failed = pairs.iter().find(|(attempt, _)| attempt.end.is_err()).map(|(_, captured)| captured.run.id);
        anstream::stderr().write_all(report::invitation(address, failed).as_bytes())?;
        runtime.block_on(tokio::signal::ctrl_c()).context("cannot wait for Ctrl-C")?;
    }
    Ok(())
}

/// Each attempt with the run that xray captured of it.
fn pair<'a>(attempts: &'a [Attempt], runs: &'a [CapturedRun]) -> anyhow::Result<Vec<(&'a Attempt, &'a CapturedRun)>> {
    let captured: Vec<_> = runs.iter().filter(|captured| &*captured.run.pipeline == "find_competitor").collect();
    ensure!(captured.len() == attempts.len(), "{} titles, and the store has {} runs", attempts.len(), captured.len());
    Ok(attempts.iter().zip(captured).collect())
}
