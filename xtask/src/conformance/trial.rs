//! One crate from its download to its report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::annotate::{self, Source};
use super::blame::{self, Annotated};
use super::build::{self, Warning, Workshop};
use super::report::CrateReport;
use super::{Wanted, download, execute, manifest};

/// How a crate is tried.
#[derive(Debug)]
pub(crate) struct Manner {
    /// Leave the annotated source where it is.
    pub(crate) keep: bool,
    pub(crate) clippy: bool,
    pub(crate) doc_tests: bool,
    pub(crate) jobs: Option<u32>,
    /// What records the calls is compiled at this level: 2 is worth its time where tests make millions of them.
    pub(crate) opt_level: i64,
    /// For all tests of the crate.
    pub(crate) timeout: Duration,
}

/// Tries the crate as it was published, and with the attribute.
pub(crate) fn run(wanted: &Wanted, area: &Path, manner: &Manner) -> anyhow::Result<CrateReport> {
    let start = Instant::now();
    let (original, version) = download::download(wanted, area)?;
    let folder = area.join(&wanted.name);
    download::copy(&original, &folder)?;
    let workshop = Workshop { folder, target: area.join("target"), jobs: manner.jobs };
    let mut notes = manifest::prepare(&workshop.folder, manner.opt_level)?;
    download::offline_first(&workshop.folder, &["fetch".to_owned(), format!("--target={}", crate::steps::host()?)])
        .with_context(|| format!("cannot download what the tests of {wanted} need; run this once with a connection"))?;

    println!("   {version} as published: building");
    let mut warnings_before = build_as_published(&workshop, &mut notes)?;
    println!("   testing");
    let before = execute::run(&workshop, manner)?;
    if before.tests.len() <= 1 {
        notes.push("the package has no tests that can be run; it is built alone".to_owned());
    }
    let lints_before = lint(&workshop, manner)?;

    let layout = build::layout(&workshop)?;
    let sources = annotate::read(&workshop.folder, &layout.folders)?;
    let possible: usize = sources.iter().map(|source| source.functions.len()).sum();
    let constant: usize = sources.iter().map(|source| source.constant).sum();
    println!("   {} tests passed, {} failed; annotating {possible} functions", before.passed(), before.failed());
    let mut annotated = blame::annotate(&workshop, &sources, BTreeMap::new())?;
    let mut conflicting = Vec::new();
    if annotated.gave_up.is_some() || !annotated.skipped.is_empty() {
        println!("   looking for what does not build without the attribute either, once xray is linked");
        let linked = blame::leave_out_conflicting(&workshop, &sources, &layout.roots)?;
        // What was blamed before may have been the fault of what is left out now.
        let skipped = if linked.left_out.is_empty() { annotated.skipped } else { BTreeMap::new() };
        (conflicting, warnings_before) = (linked.left_out, linked.warnings);
        annotated = blame::annotate(&workshop, &sources, skipped)?;
    }

    let mut after = execute::Results::default();
    let (mut new_warnings, mut lost_warnings) = (Vec::new(), Vec::new());
    if annotated.gave_up.is_none() {
        println!("   testing while recording");
        after = execute::run(&workshop, manner)?;
        println!("   {} tests passed, {} failed", after.passed(), after.failed());
        if after.recorded == 0 && before.tests.len() > 1 {
            notes.push("nothing was recorded: its tests call none of the annotated functions".to_owned());
        }
        let lints_after = lint(&workshop, manner)?;
        for (before, after) in [(&warnings_before, &annotated.warnings), (&lints_before, &lints_after)] {
            new_warnings.extend(after.difference(before).cloned());
            lost_warnings.extend(before.difference(after).cloned());
        }
    }
    if !manner.keep {
        std::fs::remove_dir_all(&workshop.folder)?;
    }
    Ok(CrateReport {
        name: wanted.name.clone(),
        version,
        found: possible + constant,
        constant,
        in_macros: sources.iter().map(|source| source.in_macros).sum(),
        annotated: possible - annotated.skipped.len(),
        before,
        after,
        notes,
        conflicting,
        skipped: name_skipped(&annotated, &sources),
        gave_up: annotated.gave_up,
        new_warnings,
        lost_warnings,
        took: start.elapsed(),
    })
}

fn lint(workshop: &Workshop, manner: &Manner) -> anyhow::Result<BTreeSet<Warning>> {
    if !manner.clippy {
        return Ok(BTreeSet::new());
    }
    println!("   asking clippy");
    workshop.lint()
}

fn name_skipped(annotated: &Annotated, sources: &[Source]) -> Vec<(String, String)> {
    let named = annotated.skipped.iter().map(|(&(file, function), message)| {
        let (source, function) = (&sources[file], &sources[file].functions[function]);
        (format!("{} at {}:{}", function.name, source.path.display(), function.line), message.clone())
    });
    named.collect()
}

/// Builds the copy before it is annotated, and returns its warnings. Tests and examples that do not build are left out,
/// and named.
fn build_as_published(workshop: &Workshop, notes: &mut Vec<String>) -> anyhow::Result<BTreeSet<Warning>> {
    loop {
        let build = workshop.build()?;
        if build.success {
            return Ok(build.warnings);
        }
        let Some(error) = build.errors.first() else { bail!("does not build as published:\n{}", build.said) };
        let tests = manifest::leave_out(&workshop.folder, &error.target, error.is_library)
            .with_context(|| format!("does not build as published:\n{}", error.rendered))?;
        notes.push(format!("does not build as published, and is left out: {tests}: {}", error.message));
    }
}
