//! A store as large as one gets: what the dashboard and the API have to stay quick on.
//!
//! Nothing here is a pipeline to learn from; `movies` and `competitors` are.

mod large;
mod options;
#[path = "../movies/program.rs"]
mod program;
mod small;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use xray::{Limits, Overflow};

use crate::options::Options;

fn main() -> ExitCode {
    program::exit_code(run(&Options::parse()))
}

fn run(options: &Options) -> anyhow::Result<()> {
    let xray = program::start(settings(), &options.store, options.address.as_deref(), options.once)?;
    let mut out = anstream::stderr();
    small::search_all(options.runs, |done| {
        if done % 10_000 == 0 || done == options.runs {
            write!(out, "\r{done} of {} small runs", options.runs)?;
        }
        Ok(())
    })?;
    writeln!(out, "\nthe large ones")?;
    large::record(options.steps, options.items, options.megabytes);
    xray.flush()?;
    let stats = xray::stats();
    writeln!(out, "{} events recorded, {} dropped", stats.produced, stats.dropped.total())?;
    if let (Some(address), false) = (xray.address(), options.once) {
        writeln!(out, "http://{address}/ shows it until Ctrl-C")?;
        let runtime = tokio::runtime::Runtime::new().context("cannot start tokio")?;
        runtime.block_on(until_interrupted(options.runs, options.every))?;
    }
    Ok(())
}

/// The largest value is kept whole, and nothing is dropped, although the program does nothing but record.
fn settings() -> xray::Builder {
    let limits = Limits { bytes: 64 << 20, elements: 1 << 20, ..Limits::default() };
    xray::builder().limits(limits).chunks(1 << 20, 64).overflow(Overflow::Block).capture_prompts(true)
}

/// Records a small run now and then.
async fn until_interrupted(begun: u32, every: Option<Duration>) -> anyhow::Result<()> {
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut number = begun;
    loop {
        let Some(every) = every else { return Ok(interrupted.await?) };
        tokio::select! {
            ended = &mut interrupted => return Ok(ended?),
            () = tokio::time::sleep(every) => drop(small::search(number)),
        }
        number += 1;
    }
}
