//! The commands of this repository: `cargo xtask help` lists them.

mod bench;
mod conformance;
mod dashboard;
mod http_fuzz;
mod instructions;
mod openapi;
mod sanitize;
mod soak;
mod steps;
mod test;

use clap::{Parser, Subcommand};

/// The commands of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every test there is, and installs what they need
    Test(test::Arguments),
    /// Puts the attribute on every function of published crates and runs their tests
    Conformance(conformance::Arguments),
    /// Runs the tests of the hand-over between threads under valgrind, sanitizers and miri
    Sanitize(sanitize::Arguments),
    /// Records for minutes, more than can be stored: memory must stay flat and the books add up
    Soak(soak::Arguments),
    /// Writes the OpenAPI document, which the server has a copy of, out of the code
    Openapi(openapi::Arguments),
    /// Builds the dashboard, which the server has a copy of, and tests it in a browser
    Dashboard(dashboard::Arguments),
    /// Makes thousands of requests out of the OpenAPI document, well-formed and not
    HttpFuzz,
    /// Measures what xray costs, beside others
    Bench(bench::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Sanitize(arguments) => sanitize::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Dashboard(arguments) => dashboard::run(&arguments),
        Command::HttpFuzz => http_fuzz::check_api(),
        Command::Bench(arguments) => bench::run(&arguments),
    }
}
