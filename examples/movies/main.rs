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
mod program;
mod rank;
mod record;
mod repair;
mod report;
mod wish;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use crate::attempt::Attempt;
use crate::options::Options;

fn main() -> ExitCode {
    program::exit_code(run(&Options::parse()))
}

fn run(options: &Options) -> anyhow::Result<()> {
    let xray = program::start(xray::builder(), &options.store, options.address.as_deref(), options.once)?;
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
