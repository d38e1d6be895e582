//! Running commands one after the other, with a line before each and the times at the end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository").to_owned()
}

/// Where cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// What is tested: all but the benches, which clippy looks at. Whatever is built with the tests is built like this, or what
/// they share would be built again with other features.
pub(crate) const TESTED: [&str; 3] = ["--workspace", "--exclude", "xray-benches"];

/// The examples as users have them, and the bench of instructions: together, for the same reason.
pub(crate) const RELEASED: [&str; 5] = ["--release", "--package", "xray-examples", "--package", "xray-benches"];

/// The platform that this runs on, as the compiler names it.
pub(crate) fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let said = String::from_utf8(output.stdout)?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// What was run, and how long it took.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Runs something, under a heading.
    pub(crate) fn run(&mut self, name: &str, act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        println!("\n== {name}");
        let start = Instant::now();
        act().with_context(|| format!("failed: {name}"))?;
        let time = start.elapsed();
        println!("{:7.1} s", time.as_secs_f64());
        self.done.push((name.to_owned(), time));
        Ok(())
    }

    /// Runs cargo with these arguments.
    pub(crate) fn cargo<S: AsRef<OsStr>>(&mut self, name: &str, arguments: &[S]) -> anyhow::Result<()> {
        self.run(name, || check(cargo().args(arguments)))
    }

    /// Prints what was done.
    pub(crate) fn finish(self) {
        println!();
        for (name, time) in &self.done {
            println!("{:7.1} s  {name}", time.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, time)| *time).sum();
        println!("{:7.1} s  all {} passed", total.as_secs_f64(), self.done.len());
    }
}

/// Runs a command and fails if it does.
pub(crate) fn check(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
