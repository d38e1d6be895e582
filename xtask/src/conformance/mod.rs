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
mod trial;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::ensure;

use self::trial::Manner;
use crate::steps::target;

/// Small ones of different kinds that bring their tests along: a parser, text, collections with much `unsafe`, numbers,
/// `forbid(unsafe_code)`, asynchronous ones. All as they were when they passed, so that only xray can make a difference.
const DEFAULT: [&str; 14] = [
    "semver@1.0.28",
    "heck@0.5.0",
    "slab@0.4.12",
    "either@1.15.0",
    "smallvec@1.15.1",
    "arrayvec@0.7.6",
    "fixedbitset@0.5.7",
    "indexmap@2.10.0",
    "num-integer@0.1.47",
    "ordered-float@5.0.0",
    "bytes@1.10.1",
    "humantime@2.3.0",
    "async-channel@2.5.0",
    "futures-lite@2.6.1",
];

/// What `cargo xtask test` runs.
const QUICK: [&str; 2] = ["semver@1.0.28", "heck@0.5.0"];

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
    /// Keep the annotated source in target/conformance
    #[arg(long)]
    keep: bool,
    /// Compare what clippy says, too, with its pedantic lints
    #[arg(long)]
    clippy: bool,
    /// Leave out the examples in the documentation, which take the longest
    #[arg(long)]
    no_doc_tests: bool,
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
        if name.is_empty()
            || !is_name(name)
            || !version.is_none_or(|version| !version.is_empty() && is_version(version))
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
    let manner = Manner {
        keep: arguments.keep,
        clippy: arguments.clippy,
        doc_tests: !arguments.no_doc_tests,
        jobs: arguments.jobs,
        opt_level: 2,
        timeout: Duration::from_secs(arguments.timeout),
    };
    try_all(&crates, &manner)
}

/// Over two that are done in a minute or two.
pub(crate) fn quick() -> anyhow::Result<()> {
    let timeout = Duration::from_secs(300);
    let manner = Manner { keep: false, clippy: false, doc_tests: true, jobs: None, opt_level: 0, timeout };
    try_all(&parse(&QUICK)?, &manner)
}

fn parse(crates: &[&str]) -> anyhow::Result<Vec<Wanted>> {
    crates.iter().map(|wanted| wanted.parse().map_err(anyhow::Error::msg)).collect()
}

fn try_all(crates: &[Wanted], manner: &Manner) -> anyhow::Result<()> {
    let area = std::path::absolute(target())?.join("conformance");
    let mut reports = Vec::new();
    let mut broken = Vec::new();
    for (place, wanted) in crates.iter().enumerate() {
        println!("-- {wanted} ({} of {})", place + 1, crates.len());
        match trial::run(wanted, &area, manner) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_a_name_and_maybe_a_version() {
        let read = |text: &str| text.parse::<Wanted>().map(|wanted| (wanted.name, wanted.version));
        assert_eq!(read("semver"), Ok(("semver".to_owned(), None)));
        assert_eq!(read("num-integer@0.1.46"), Ok(("num-integer".to_owned(), Some("0.1.46".to_owned()))));
        for wrong in ["", "@1", "semver@", "../semver", "semver@1\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_lists_are_names() {
        assert!(parse(&DEFAULT).is_ok() && parse(&QUICK).is_ok());
    }
}
