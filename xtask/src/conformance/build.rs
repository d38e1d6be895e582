//! Building the copy with its tests, and what the compiler says about it.
//!
//! The crate's own lints hold as they are: no lint is capped, and no flag is given to the compiler.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::steps::cargo;

/// Where and how to build.
#[derive(Debug, Clone)]
pub(crate) struct Workshop {
    /// The copy.
    pub(crate) folder: PathBuf,
    /// The compiled files of all crates: what they have in common is compiled once.
    pub(crate) target: PathBuf,
    pub(crate) jobs: Option<u32>,
}

/// What came of a build.
#[derive(Debug, Default)]
pub(crate) struct Build {
    pub(crate) success: bool,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: BTreeSet<Warning>,
    /// What was said about a dependency or by cargo itself, if it did not come as far as the crate.
    pub(crate) said: String,
}

/// An error, once for all the targets in which it occurred.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Diagnostic {
    pub(crate) message: String,
    /// As the compiler prints it.
    pub(crate) rendered: String,
    /// The source of the target that was compiled.
    pub(crate) target: PathBuf,
    pub(crate) is_library: bool,
    pub(crate) places: Vec<Place>,
}

/// Where an error points, the most telling place first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) range: Range<usize>,
    pub(crate) line: usize,
    pub(crate) telling: Telling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Telling {
    /// The attribute whose expansion has the error.
    Attribute,
    Primary,
    Secondary,
}

/// A warning by what stays the same when the attribute is put on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Warning {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) lint: String,
    pub(crate) message: String,
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    message: Option<Message>,
    target: Option<Target>,
    manifest_path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Message {
    message: String,
    level: String,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Message>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
    macro_decl_name: String,
}

impl Workshop {
    /// Cargo, in the copy.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = cargo();
        command.current_dir(&self.folder).arg(subcommand).arg("--offline");
        if let Some(jobs) = self.jobs {
            command.arg(format!("--jobs={jobs}"));
        }
        command
            .env("CARGO_TARGET_DIR", &self.target)
            // Neither is of use here, and both take longer than the compiler does.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env_remove("XRAY_STORE")
            .stdin(Stdio::null());
        command
    }

    /// Builds the library, the programs, the tests and the examples.
    pub(crate) fn build(&self) -> anyhow::Result<Build> {
        let mut command = self.cargo("test");
        command.args(["--no-run", "--message-format=json"]);
        self.compile(command)
    }

    /// What clippy says of the library and the programs, with its default and its pedantic lints. What it takes for an
    /// error counts as a warning.
    pub(crate) fn lint(&self) -> anyhow::Result<BTreeSet<Warning>> {
        let mut command = self.cargo("clippy");
        command.args(["--lib", "--bins", "--message-format=json", "--", "-Wclippy::pedantic"]);
        let build = self.compile(command)?;
        ensure!(
            build.said.is_empty(),
            "cargo clippy failed; is it installed (`rustup component add clippy`)?\n{}",
            build.said
        );
        let errors = build.errors.iter().filter_map(|error| {
            let place = error.places.iter().find(|place| place.telling == Telling::Primary)?;
            let file = place.file.to_string_lossy().into_owned();
            Some(Warning { file, line: place.line, lint: "error".to_owned(), message: error.message.clone() })
        });
        Ok(errors.chain(build.warnings.iter().cloned()).collect())
    }

    fn compile(&self, mut command: Command) -> anyhow::Result<Build> {
        let output = command.output().context("cannot run cargo")?;
        let mut build = Build { success: output.status.success(), ..Build::default() };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            let is_ours = line.manifest_path.is_some_and(|path| path.parent() == Some(&self.folder));
            let (Some(message), Some(target)) = (line.message, line.target) else { continue };
            match line.reason.as_str() {
                "compiler-message" if is_ours => build.take(&message, &target),
                "compiler-message" if message.level == "error" => {
                    build.said.push_str(&message.rendered.unwrap_or_default());
                }
                _ => {}
            }
        }
        if !build.success && build.errors.is_empty() {
            build.said.push_str(&last_lines(&String::from_utf8_lossy(&output.stderr), 20));
        }
        Ok(build)
    }
}

impl Build {
    fn take(&mut self, message: &Message, target: &Target) {
        // "aborting due to 2 previous errors" points nowhere.
        if message.level.starts_with("error") && !(message.spans.is_empty() && message.message.starts_with("aborting"))
        {
            let mut places = Vec::new();
            message.places(&mut places);
            places.sort_by_key(|place| place.telling);
            let error = Diagnostic {
                message: message.message.clone(),
                rendered: message.rendered.clone().unwrap_or_default(),
                target: target.src_path.clone(),
                is_library: !target.kind.iter().any(|kind| kind == "test" || kind == "example"),
                places,
            };
            if !self.errors.iter().any(|other| other.rendered == error.rendered) {
                self.errors.push(error);
            }
        } else if message.level == "warning"
            && let Some(span) = message.spans.iter().find(|span| span.is_primary)
        {
            self.warnings.insert(Warning {
                file: span.file_name.to_string_lossy().into_owned(),
                line: span.line_start,
                lint: message.code.as_ref().map(|code| code.code.clone()).unwrap_or_default(),
                message: message.message.clone(),
            });
        }
    }
}

impl Message {
    fn places(&self, places: &mut Vec<Place>) {
        for span in &self.spans {
            let telling = if span.is_primary { Telling::Primary } else { Telling::Secondary };
            span.places(telling, places);
        }
        for child in &self.children {
            child.places(places);
        }
    }
}

impl Span {
    fn places(&self, telling: Telling, places: &mut Vec<Place>) {
        places.push(Place {
            file: self.file_name.clone(),
            range: self.byte_start..self.byte_end,
            line: self.line_start,
            telling,
        });
        if let Some(expansion) = &self.expansion {
            let is_attribute = expansion.macro_decl_name.contains("xray::step");
            expansion.span.places(if is_attribute { Telling::Attribute } else { telling }, places);
        }
    }
}

/// Where the sources of the crate's library and programs are, not those of its tests.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The files the compiler begins with.
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) folders: BTreeSet<PathBuf>,
}

/// Asks cargo for the layout.
pub(crate) fn layout(workshop: &Workshop) -> anyhow::Result<Layout> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        targets: Vec<Target>,
    }
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version=1", "--offline"]).current_dir(&workshop.folder);
    let output = command.output().context("cannot run cargo metadata")?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr)))?;
    let is_own = |target: &Target| {
        !target.kind.iter().any(|kind| ["test", "example", "bench", "custom-build"].contains(&kind.as_str()))
    };
    let targets = metadata.packages.into_iter().flat_map(|package| package.targets);
    let roots: Vec<PathBuf> = targets.filter(is_own).map(|target| target.src_path).collect();
    let folders: BTreeSet<PathBuf> = roots.iter().filter_map(|root| root.parent()).map(Path::to_owned).collect();
    // That folder has the tests in it, too.
    ensure!(!folders.contains(&workshop.folder), "its sources lie beside its manifest, which is not supported");
    Ok(Layout { roots, folders })
}

/// The end of a long text.
pub(crate) fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A path of the compiler's, which is relative to the crate, or absolute.
pub(crate) fn relative(folder: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_owned()
}
