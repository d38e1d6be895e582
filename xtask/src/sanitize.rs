//! `cargo xtask sanitize`: the tests in which threads write what the collector reads, under what watches each access.
//!
//! Runs what is at hand, and says what it was. The test is `xray-collector/tests/overlap.rs`, the real chunks with
//! nothing above them; and where the tool is fast enough the whole way to the store.
//!
//! Valgrind's race detectors, drd and helgrind, are not among them: they know locks and not the ordering of atomics, so
//! that to them every event that passes from a thread to the collector is a race. What they would see of the chunks,
//! the thread sanitizer and miri see, and these know the orderings.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::steps::{Steps, cargo, check, root};

const OVERLAP: [&str; 5] = ["--package", "xray-collector", "--no-default-features", "--test", "overlap"];

/// What `sanitize` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; all that are installed unless named
    #[arg(value_enum)]
    tools: Vec<Tool>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tool {
    /// Valgrind's memcheck: memory that is not there, or was not written
    Memcheck,
    /// The address sanitizer, of a nightly toolchain
    Address,
    /// The thread sanitizer: data races; of a nightly toolchain, with the component rust-src
    Thread,
    /// The interpreter: undefined behaviour, and orderings that this processor does not show; a nightly component
    Miri,
}

const TOOLS: [Tool; 4] = [Tool::Memcheck, Tool::Address, Tool::Thread, Tool::Miri];

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let asked = |tool: &Tool| arguments.tools.is_empty() || arguments.tools.contains(tool);
    let (here, missing): (Vec<Tool>, Vec<Tool>) = TOOLS.into_iter().filter(asked).partition(|tool| tool.is_here());
    let mut steps = Steps::default();
    for tool in &here {
        steps.run(tool.name(), || tool.run())?;
    }
    if !here.is_empty() {
        steps.finish();
    }
    for tool in &missing {
        println!("   not run  {}: {}", tool.name(), tool.how_to_get());
    }
    if !missing.is_empty() && (here.is_empty() || !arguments.tools.is_empty()) {
        bail!("what was asked for is not installed");
    }
    Ok(())
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Memcheck => "valgrind memcheck",
            Self::Address => "address sanitizer",
            Self::Thread => "thread sanitizer, the standard library included",
            Self::Miri => "miri",
        }
    }

    fn is_here(self) -> bool {
        match self {
            Self::Memcheck => succeeds(Command::new("valgrind").arg("--version")),
            Self::Address => succeeds(nightly().arg("--version")),
            Self::Thread => has_component("rust-src"),
            Self::Miri => has_component("miri"),
        }
    }

    fn how_to_get(self) -> &'static str {
        match self {
            Self::Memcheck => "install valgrind",
            Self::Address => "rustup toolchain install nightly",
            Self::Thread => "rustup toolchain install nightly --component rust-src",
            Self::Miri => "rustup toolchain install nightly --component miri rust-src",
        }
    }

    fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Memcheck => memcheck(),
            Self::Address => sanitizer("address", &[]),
            // The standard library has to be built anew: what its locks and channels order is unknown otherwise, and
            // everything that passes through them looks like a race.
            Self::Thread => sanitizer("thread", &["-Zbuild-std"]),
            // The seeds differ in how threads take turns and which of the values that an ordering allows is read.
            Self::Miri => check(
                nightly()
                    .args(["miri", "test"])
                    .args(OVERLAP)
                    .args(["--target-dir", "target/miri"])
                    .env("MIRIFLAGS", "-Zmiri-disable-isolation"),
            ),
        }
    }
}

fn nightly() -> Command {
    let mut command = Command::new("cargo");
    // `+nightly` is understood by rustup alone, which must not be told of the toolchain that runs this.
    command.arg("+nightly").current_dir(root()).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn has_component(name: &str) -> bool {
    let output = Command::new("rustup").args(["component", "list", "--installed", "--toolchain", "nightly"]).output();
    let installed = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    installed.lines().any(|line| line.starts_with(name))
}

/// Memcheck runs what the stable compiler makes: first without a store, then from the attribute to the file.
fn memcheck() -> anyhow::Result<()> {
    const WHOLE: [&str; 4] = ["--package", "xray-tests", "--test", "loss"];
    for (tests, only) in [(&OVERLAP[..], ""), (&WHOLE[..], "threads_that_end_in_the_middle_of_a_chunk")] {
        let program = test_program(tests)?;
        check(
            Command::new("valgrind")
                .args(["--quiet", "--error-exitcode=1", "--leak-check=no"])
                .arg(&program)
                .args(["--test-threads=1", only])
                .current_dir(root()),
        )?;
    }
    Ok(())
}

/// Builds a test, and says where it is.
fn test_program(tests: &[&str]) -> anyhow::Result<String> {
    let output = cargo()
        .args(["test", "--no-run", "--message-format", "json-render-diagnostics"])
        .args(tests)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["kind"][0] == "test")
        .find_map(|message| Some(message["executable"].as_str()?.to_owned()))
        .context("cargo built no test")
}

fn sanitizer(name: &str, options: &[&str]) -> anyhow::Result<()> {
    let host = crate::steps::host()?;
    check(
        nightly()
            .arg("test")
            .args(options)
            .args(OVERLAP)
            .args(["--target", &host, "--target-dir", "target/sanitize"])
            .env("RUSTFLAGS", format!("-Zsanitizer={name}")),
    )
}
