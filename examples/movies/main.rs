//! Picks films from a dirty catalogue, twelve times, and shows what xray saw of it.
//!
//! Read `pipeline.rs` first: it is the program, and its attributes are all that xray asks for. `catalog.rs` loads and
//! repairs the films, `captured.rs` asks the store what happened.

mod attempt;
mod captured;
mod catalog;
mod film;
mod json;
mod options;
mod pipeline;
mod rank;
mod record;
mod repair;
mod report;
mod wish;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Parser as _;

use crate::attempt::Attempt;
use crate::options::Options;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has read enough.
        Err(error) if error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let mut builder = xray::builder().store(&options.store);
    if let Some(address) = options.address() {
        builder = builder.serve(address);
    }
    let xray = builder.start().map_err(with_option)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start tokio")?;

    let catalog = runtime.block_on(catalog::load_catalog(&options.data)).context("cannot load the films")?;
    let wishes = options.wishes();
    let attempts: Vec<_> =
        wishes.iter().map(|wish| Attempt::make(&runtime, &catalog.films, wish, &options.seen)).collect();

    xray.flush()?;
    let runs = captured::runs_of_this_program(&*xray.store())?;
    let text = if options.json {
        json::lines(&catalog, &attempts, &runs, xray.address())?
    } else {
        report::tables(&catalog, &attempts, &runs)?
    };
    // Takes the colours out where the output is no terminal, or NO_COLOR says so.
    anstream::stdout().write_all(text.as_bytes())?;
    if let (Some(address), false) = (xray.address(), options.once) {
        // On standard error, so that standard output stays what was asked for.
        anstream::stderr().write_all(report::invitation(address, runs.last()).as_bytes())?;
        runtime.block_on(tokio::signal::ctrl_c()).context("cannot wait for Ctrl-C")?;
    }
    Ok(())
}

/// The error, with the option of this program that helps.
fn with_option(error: xray::StartError) -> anyhow::Error {
    match error {
        xray::StartError::Serve(_) => anyhow!("{error}: `--address 127.0.0.1:0`"),
        xray::StartError::Store(_) => anyhow!("{error}: `--store FILE`"),
        _ => error.into(),
    }
}
