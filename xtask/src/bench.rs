//! `cargo xtask bench`: the measurements that compare xray with others, which nothing else has to build.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::steps::{cargo, check};

/// What `bench` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// What a captured call costs, beside the plain call, a loop written by hand, fastrace and tracing
    ///
    /// Builds the peers, then measures for about two minutes: all variants take turns within one run, with the same data
    /// captured where the peer can. Tables go to stdout. On a shared machine the ratios say more than the nanoseconds.
    Overhead {
        /// Where to write the numbers, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.bench {
        Bench::Overhead { json } => overhead(json.as_deref()),
    }
}

fn overhead(json: Option<&Path>) -> anyhow::Result<()> {
    let mut command = cargo();
    command.args(["run", "--release", "--package", "xray-benches", "--features", "peers", "--bin", "overhead", "--"]);
    if let Some(path) = json {
        // The command runs in the repository's root, wherever this one was called.
        let path = std::path::absolute(path).with_context(|| format!("no such place: {}", path.display()))?;
        command.arg("--json").arg(path);
    }
    check(&mut command)
}
