//! Putting the attribute on everything, and taking it off the functions of which the compiler complains.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use super::annotate::{Id, Source};
use super::build::{Build, Diagnostic, Telling, Warning, Workshop, relative};
use super::manifest;

/// More rounds than this mean that something other than single functions is wrong.
const ROUNDS: usize = 12;

/// How far it got.
#[derive(Debug, Default)]
pub(crate) struct Annotated {
    /// The functions that had to do without, with what the compiler said.
    pub(crate) skipped: BTreeMap<Id, String>,
    /// What the compiler says in the end, if it does not build at all.
    pub(crate) gave_up: Option<String>,
    pub(crate) warnings: BTreeSet<Warning>,
}

/// The crate with xray among its dependencies, before it is annotated.
#[derive(Debug)]
pub(crate) struct Linked {
    /// What the names of the tests begin with that do not build for that reason alone, and what the compiler said.
    pub(crate) left_out: Vec<(String, String)>,
    pub(crate) warnings: BTreeSet<Warning>,
}

/// Annotates until it builds, all functions but those that are skipped from the beginning.
pub(crate) fn annotate(
    workshop: &Workshop,
    sources: &[Source],
    skipped: BTreeMap<Id, String>,
) -> anyhow::Result<Annotated> {
    let mut annotated = Annotated { skipped, ..Annotated::default() };
    if sources.iter().all(|source| source.functions.is_empty()) {
        annotated.gave_up = Some("it has no function that could be annotated".to_owned());
        return Ok(annotated);
    }
    for round in 1..=ROUNDS {
        let ranges = write(workshop, sources, &annotated.skipped)?;
        let build = workshop.build()?;
        if build.success {
            annotated.warnings = build.warnings;
            return Ok(annotated);
        }
        let blamed = blame(workshop, sources, &ranges, &build, &annotated.skipped);
        println!("   round {round}: {} errors, in {} functions", build.errors.len(), blamed.len());
        if blamed.is_empty() || round == ROUNDS {
            let errors: Vec<&str> = build.errors.iter().map(|error| error.rendered.trim()).collect();
            annotated.gave_up = Some(format!("{}{}", errors.join("\n"), build.said));
            return Ok(annotated);
        }
        annotated.skipped.extend(blamed);
    }
    Ok(annotated)
}

/// Builds the crate without the attribute, but linked with xray, whose dependencies bring trait implementations that
/// everybody sees, and with them ambiguities. Leaves out the targets that do not build for that reason alone.
pub(crate) fn leave_out_conflicting(
    workshop: &Workshop,
    sources: &[Source],
    roots: &[PathBuf],
) -> anyhow::Result<Linked> {
    for source in sources {
        let path = workshop.folder.join(&source.path);
        let link = if roots.contains(&path) { "\nextern crate xray as _;\n" } else { "" };
        std::fs::write(path, format!("{}{link}", source.text))?;
    }
    let mut left_out = Vec::new();
    loop {
        let build = workshop.build()?;
        let Some(first) = build.errors.first() else {
            ensure!(build.success, "does not build when xray is linked:\n{}", build.said);
            return Ok(Linked { left_out, warnings: build.warnings });
        };
        let of_target = build.errors.iter().filter(|error| error.target == first.target);
        let messages: Vec<&str> = of_target.map(|error| error.rendered.trim()).collect();
        let tests = manifest::leave_out(&workshop.folder, &first.target, first.is_library)?;
        left_out.push((tests, messages.join("\n")));
    }
}

/// Writes the sources with the attribute on all but those functions. Returns where each function is now.
fn write(
    workshop: &Workshop,
    sources: &[Source],
    skipped: &BTreeMap<Id, String>,
) -> anyhow::Result<Vec<Vec<Range<usize>>>> {
    let write_one = |(file, source): (usize, &Source)| {
        let (text, ranges) = source.annotated(|place| skipped.contains_key(&(file, place)));
        let path = workshop.folder.join(&source.path);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(ranges)
    };
    sources.iter().enumerate().map(write_one).collect()
}

/// The functions that the errors are about. Where the compiler points at the attribute it is those alone: the other
/// errors may follow from it, and if they do not, they are there in the next round.
fn blame(
    workshop: &Workshop,
    sources: &[Source],
    ranges: &[Vec<Range<usize>>],
    build: &Build,
    skipped: &BTreeMap<Id, String>,
) -> BTreeMap<Id, String> {
    for telling in [Telling::Attribute, Telling::Primary, Telling::Secondary] {
        let mut blamed = BTreeMap::new();
        for error in &build.errors {
            let places = error.places.iter().filter(|place| place.telling == telling);
            let mut functions = places.filter_map(|place| {
                let file = relative(&workshop.folder, &place.file);
                let file = sources.iter().position(|source| source.path == file)?;
                innermost(&ranges[file], &place.range, |function| skipped.contains_key(&(file, function)))
                    .map(|function| (file, function))
            });
            if let Some(function) = functions.next() {
                blamed.entry(function).or_insert_with(|| error.rendered.trim().to_owned());
            }
        }
        if !blamed.is_empty() {
            return blamed;
        }
    }
    // The error is where the function is used: whichever the message names.
    let mut blamed = BTreeMap::new();
    for error in &build.errors {
        for (file, source) in sources.iter().enumerate() {
            for (place, function) in source.functions.iter().enumerate() {
                if !skipped.contains_key(&(file, place)) && names(error, &function.name) {
                    blamed.entry((file, place)).or_insert_with(|| error.rendered.trim().to_owned());
                }
            }
        }
    }
    blamed
}

/// The smallest of the annotated functions around the place.
fn innermost(functions: &[Range<usize>], place: &Range<usize>, is_skipped: impl Fn(usize) -> bool) -> Option<usize> {
    let around = functions
        .iter()
        .enumerate()
        .filter(|(function, range)| range.start <= place.start && place.end <= range.end && !is_skipped(*function));
    around.min_by_key(|(_, range)| range.len()).map(|(function, _)| function)
}

/// Whether the error's message has the function's name in backticks, alone or at the end of a path.
fn names(error: &Diagnostic, function: &str) -> bool {
    error.message.split('`').skip(1).step_by(2).any(|quoted| quoted.rsplit("::").next() == Some(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_annotated_function_is_blamed() {
        let functions = [0..100, 10..50, 20..30];
        assert_eq!(innermost(&functions, &(21..25), |_| false), Some(2));
        assert_eq!(innermost(&functions, &(21..25), |function| function == 2), Some(1));
        assert_eq!(innermost(&functions, &(99..101), |_| false), None);
    }
}
