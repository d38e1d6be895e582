//! The commands of this repository: `cargo xtask help` lists them.

mod bench;
mod conformance;
mod instructions;
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
    /// Measures what xray costs, beside others
    Bench(bench::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    }
}
