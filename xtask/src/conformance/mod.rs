//! `cargo xtask conformance`: the attribute on every function of published crates, whose own tests tell whether it
//! changes anything.
//!
//! Each crate is copied, built and tested as it was published; then it is annotated, built, and tested again while a
//! collector records. What does not build, what fails then alone, and what the compiler warns of then alone is a
//! failure of xray's. What is left out on purpose, here and in the attribute: `const fn`, functions without a body,
//! tests, the entry points of procedural macros, and what macros make.

mod annotate;
mod blame;
mod build;
mod download;
mod execute;
mod manifest;
mod report;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use self::build::{Build, Workshop};
use self::report::CrateReport;
use crate::steps::root;

/// Small ones of different kinds that bring their tests along.
const DEFAULT: [&str; 12] = [
    "semver@1.0.28",
    "heck@0.5.0",
    "slab@0.4.12",
    "smallvec@1.15.1",
    "either@1.15.0",
    "arrayvec@0.7.6",
    "fixedbitset@0.5.7",
    "num-integer@0.1.46",
    "async-channel@2.5.0",
    "futures-lite@2.6.1",
    "bytes@1.10.1",
    "humantime@2.3.0",
];

/// What `cargo xtask test` runs.
const QUICK: [&str; 3] = ["semver@1.0.28", "slab@0.4.12", "heck@0.5.0"];

/// What `conformance` takes.
#[derive(clap::Args)]
#[command(after_help = "\
Each crate is downloaded by cargo, copied to target/conformance/<crate>, and its tests are run as published. Then\n\
`#[::xray::step]` is inserted in front of every function, and taken off again where the compiler complains, until it\n\
builds; the tests are run again while a collector records. The exit code is 1 if a function had to do without the\n\
attribute, a test fails with it alone, or the compiler's warnings differ.\n\n\
Left alone on purpose: const fn, functions without a body, tests, and functions in macros.\n\n\
Examples:\n  cargo xtask conformance                      the default crates\n  \
cargo xtask conformance semver itoa@1.0.15   these, the newest semver\n  \
cargo xtask conformance --keep either        and look at the annotated source afterwards")]
pub(crate) struct Arguments {
    /// Crates to try, `NAME` or `NAME@VERSION`; without any, a list of different kinds
    crates: Vec<Wanted>,
    /// Keep the annotated source in target/conformance/<crate>
    #[arg(long)]
    keep: bool,
    /// How many compilers at a time, as for cargo
    #[arg(long, short)]
    jobs: Option<u32>,
    /// How many seconds the tests of one crate may take
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    timeout: u64,
}

/// A crate, and which version of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let is_version = |version: &str| version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+^~=<>*".contains(c));
        if name.is_empty() || !is_name(name) || !version.is_none_or(|version| !version.is_empty() && is_version(version))
        {
            return Err("expected NAME or NAME@VERSION, such as semver or semver@1.0.28".to_owned());
        }
        Ok(Self { name: name.to_owned(), version: version.map(str::to_owned) })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(formatter, "@{version}"))
    }
}

/// Over the crates that were asked for.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let crates = if arguments.crates.is_empty() { parse(&DEFAULT)? } else { arguments.crates.clone() };
    try_all(&crates, arguments.keep, arguments.jobs, Duration::from_secs(arguments.timeout))
}

/// Over three that are done in a minute or two.
pub(crate) fn quick() -> anyhow::Result<()> {
    try_all(&parse(&QUICK)?, false, None, Duration::from_secs(300))
}

fn parse(crates: &[&str]) -> anyhow::Result<Vec<Wanted>> {
    crates.iter().map(|wanted| wanted.parse().map_err(anyhow::Error::msg)).collect()
}

fn try_all(crates: &[Wanted], keep: bool, jobs: Option<u32>, timeout: Duration) -> anyhow::Result<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let area = std::path::absolute(target)?.join("conformance");
    let mut reports = Vec::new();
    let mut broken = Vec::new();
    for (place, wanted) in crates.iter().enumerate() {
        println!("-- {wanted} ({} of {})", place + 1, crates.len());
        match try_one(wanted, &area, keep, jobs, timeout) {
            Ok(report) => reports.push(report),
            Err(error) => {
                println!("   {error:#}");
                broken.push(wanted.to_string());
            }
        }
    }
    report::print(&reports);
    let failed: Vec<&str> =
        reports.iter().filter(|report| !report.is_clean()).map(|report| report.name.as_str()).collect();
    ensure!(broken.is_empty(), "could not be tried: {}; the reasons are above", broken.join(", "));
    ensure!(failed.is_empty(), "the attribute changes {}: see above", failed.join(", "));
    Ok(())
}

fn try_one(
    wanted: &Wanted,
    area: &Path,
    keep: bool,
    jobs: Option<u32>,
    timeout: Duration,
) -> anyhow::Result<CrateReport> {
    let start = Instant::now();
    let (original, version) = download::download(wanted, area)?;
    let folder = area.join(&wanted.name);
    download::copy(&original, &folder)?;
    let workshop = Workshop { folder, target: area.join("target"), jobs };
    let mut notes = manifest::prepare(&workshop.folder)?;
    download::offline_first(&workshop.folder, &["fetch".to_owned(), format!("--target={}", download::host()?)])
        .with_context(|| {
            format!("cannot download what the tests of {wanted} need; run this once with a connection to cargo's registry")
        })?;
    println!("   {version} as published: building");
    let published = build_as_published(&workshop, &mut notes)?;
    println!("   testing");
    let before = execute::run(&workshop, timeout)?;
    if before.tests.len() <= 1 {
        notes.push("the package has no tests that can be run; it is built alone".to_owned());
    }
    let sources = annotate::read(&workshop.folder, &build::source_folders(&workshop)?)?;
    let possible: usize = sources.iter().map(|source| source.functions.len()).sum();
    let constant: usize = sources.iter().map(|source| source.constant).sum();
    println!("   {} tests passed, {} failed; annotating {possible} functions", before.passed(), before.failed());
    let annotated = blame::annotate(&workshop, &sources)?;
    let mut after = execute::Results::default();
    if annotated.gave_up.is_none() {
        println!("   testing while recording");
        after = execute::run(&workshop, timeout)?;
        println!("   {} tests passed, {} failed", after.passed(), after.failed());
        if after.recorded == 0 && before.tests.len() > 1 {
            notes.push("nothing was recorded: its tests call none of the annotated functions".to_owned());
        }
    }
    if !keep {
        std::fs::remove_dir_all(&workshop.folder)?;
    }
    let skipped = annotated.skipped.iter().map(|(&(file, function), message)| {
        let (source, function) = (&sources[file], &sources[file].functions[function]);
        (format!("{} at {}:{}", function.name, source.path.display(), function.line), message.clone())
    });
    let did_build = annotated.gave_up.is_none();
    let compare = |a: &std::collections::BTreeSet<build::Warning>, b: &std::collections::BTreeSet<build::Warning>| {
        if did_build { a.difference(b).cloned().collect() } else { Vec::new() }
    };
    Ok(CrateReport {
        name: wanted.name.clone(),
        version,
        found: possible + constant,
        constant,
        in_macros: sources.iter().map(|source| source.in_macros).sum(),
        annotated: possible - annotated.skipped.len(),
        skipped: skipped.collect(),
        new_warnings: compare(&annotated.warnings, &published.warnings),
        lost_warnings: compare(&published.warnings, &annotated.warnings),
        gave_up: annotated.gave_up,
        before,
        after,
        notes,
        took: start.elapsed(),
    })
}

/// Builds the copy before it is annotated. Tests and examples that do not build are left out, and named.
fn build_as_published(workshop: &Workshop, notes: &mut Vec<String>) -> anyhow::Result<Build> {
    loop {
        let build = workshop.build()?;
        if build.success {
            return Ok(build);
        }
        let Some(error) = build.errors.first() else { bail!("does not build as published:\n{}", build.said) };
        if let Some(error) = build.errors.iter().find(|error| error.is_library) {
            bail!("does not build as published:\n{}", error.rendered);
        }
        let target = build::relative(&workshop.folder, &error.target);
        notes.push(format!("{} does not build as published, and is left out: {}", target.display(), error.message));
        manifest::leave_out(&workshop.folder, &error.target)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_a_name_and_maybe_a_version() {
        let parse = |text: &str| text.parse::<Wanted>().map(|wanted| (wanted.name, wanted.version));
        assert_eq!(parse("semver"), Ok(("semver".to_owned(), None)));
        assert_eq!(parse("num-integer@0.1.46"), Ok(("num-integer".to_owned(), Some("0.1.46".to_owned()))));
        for wrong in ["", "@1", "semver@", "../semver", "semver@1\""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_lists_are_names() {
        assert!(super::parse(&DEFAULT).is_ok() && super::parse(&QUICK).is_ok());
    }
}
