//! The command line.

use std::path::PathBuf;
use std::time::Duration;

/// Records more than anybody could read: very many runs, a run of very many steps, a step that decides about very many
/// items, a value of many megabytes, and texts that mean harm. Then it serves them until Ctrl-C, and goes on recording if it
/// is told to.
#[derive(Debug, clap::Parser)]
#[command(name = "haystack", after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// Small runs
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
    pub(crate) runs: u32,
    /// Steps of the run that has the most
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    pub(crate) steps: u32,
    /// Items of the step that decides about the most
    #[arg(long, default_value_t = 50_000, value_name = "NUMBER")]
    pub(crate) items: u32,
    /// Megabytes of the largest value, as JSON
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub(crate) megabytes: usize,
    /// Goes on with a run every so many milliseconds
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    pub(crate) every: Option<Duration>,
    /// Where xray keeps what it captures; is created if it is not there
    #[arg(long, value_name = "FILE", default_value = "haystack.redb")]
    pub(crate) store: PathBuf,
    /// Where the API listens; port 0 takes any free one [default: 127.0.0.1:7878, with --once nowhere]
    #[arg(long, value_name = "ADDR")]
    pub(crate) address: Option<String>,
    /// End after recording
    #[arg(long)]
    pub(crate) once: bool,
}

const AFTER_HELP: &str = "Example: haystack --runs 1000 --every 500";

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}
