//! `cargo xtask soak`: minutes of overload and of nothing, in which memory stays flat and the books add up.

use crate::steps::{cargo, check};

/// What `soak` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    check(
        cargo()
            .args(["run", "--release", "--quiet", "--package", "xray-benches", "--bin", "soak", "--"])
            .args(["--minutes", &arguments.minutes.to_string()]),
    )
}
