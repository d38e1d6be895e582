//! Running the copy's tests as `cargo test` does, and reading what became of each.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Child;

use anyhow::Context as _;
use wait_timeout::ChildExt as _;

use super::build::{Workshop, last_lines};
use super::trial::Manner;

/// What became of every test, by target and name.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Results {
    pub(crate) tests: BTreeMap<String, Outcome>,
    /// The bytes that were recorded.
    pub(crate) recorded: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Passed,
    Ignored,
    /// With what the test printed.
    Failed(String),
}

impl Results {
    pub(crate) fn passed(&self) -> usize {
        self.tests.values().filter(|outcome| **outcome == Outcome::Passed).count()
    }

    pub(crate) fn failed(&self) -> usize {
        self.tests.values().filter(|outcome| matches!(outcome, Outcome::Failed(_))).count()
    }

    /// The tests that passed before and do not now, with why.
    pub(crate) fn worse_than<'a>(&'a self, before: &'a Self) -> Vec<(&'a str, &'a str)> {
        let passed = before.tests.iter().filter(|(_, outcome)| **outcome == Outcome::Passed);
        passed
            .filter_map(|(test, _)| match self.tests.get(test) {
                Some(Outcome::Passed) => None,
                Some(Outcome::Failed(why)) => Some((test.as_str(), why.as_str())),
                Some(Outcome::Ignored) => Some((test.as_str(), "it is ignored now")),
                None => Some((test.as_str(), "it did not come to an end: the process crashed or took too long")),
            })
            .collect()
    }
}

/// Runs all tests, if wanted the examples in the documentation, too, with a collector that records into a file.
///
/// Without the attribute there is nothing to record, and the file is not even made. Doc tests are processes of their
/// own that run at the same time: one of them records, the others say that they cannot.
pub(crate) fn run(workshop: &Workshop, manner: &Manner) -> anyhow::Result<Results> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let store = folder.path().join("store.redb");
    let printed = folder.path().join("printed");
    let out = File::create(&printed)?;
    let mut command = workshop.cargo("test");
    if !manner.doc_tests {
        command.arg("--tests");
    }
    command.arg("--no-fail-fast").env("XRAY_STORE", &store).env("CARGO_TERM_COLOR", "never");
    // With one thread a test's line is written in two pieces, between which the test itself may write.
    command.env("RUST_TEST_THREADS", "2").stdout(out.try_clone()?).stderr(out);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().context("cannot run cargo test")?;
    let timeout = manner.timeout;
    let status = child.wait_timeout(timeout)?;
    if status.is_none() {
        println!("   the tests are not done after {timeout:?}, and ended");
        end(&mut child)?;
    }
    let printed = String::from_utf8_lossy(&std::fs::read(&printed)?).into_owned();
    let recorded = size(&store);
    let mut results = Results { tests: parse(&printed), recorded };
    // Targets without the usual harness say nothing that could be read, and neither does a build that fails.
    let outcome = match status {
        None => Outcome::Failed(format!("the tests took longer than {timeout:?}")),
        Some(status) if !status.success() && results.failed() == 0 => Outcome::Failed(last_lines(&printed, 40)),
        Some(_) => Outcome::Passed,
    };
    results.tests.insert("cargo test as a whole".to_owned(), outcome);
    Ok(results)
}

/// Ends cargo and the tests that it has started.
fn end(child: &mut Child) -> anyhow::Result<()> {
    #[cfg(unix)]
    std::process::Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn size(path: &Path) -> u64 {
    path.metadata().map(|metadata| metadata.len()).unwrap_or_default()
}

/// Reads what `cargo test` and the test harness print.
fn parse(printed: &str) -> BTreeMap<String, Outcome> {
    let mut tests = BTreeMap::new();
    let mut target = String::new();
    let mut lines = printed.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(running) = line.trim_start().strip_prefix("Running ") {
            running.split(" (").next().unwrap_or_default().clone_into(&mut target);
        } else if line.trim_start().starts_with("Doc-tests ") {
            "doc".clone_into(&mut target);
        } else if let Some((name, outcome)) = line.strip_prefix("test ").and_then(|line| line.rsplit_once(" ... ")) {
            let outcome = match outcome {
                "ok" => Outcome::Passed,
                "FAILED" => Outcome::Failed(String::new()),
                outcome if outcome.starts_with("ignored") => Outcome::Ignored,
                _ => continue,
            };
            tests.insert(format!("{target}: {name}"), outcome);
        } else if let Some(name) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" ----")) {
            let name = name.strip_suffix(" stdout").unwrap_or(name);
            let mut why = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("---- ") && *line != "failures:") {
                why.push(line);
            }
            for test in [format!("{target}: {name}"), format!("{target}: {name} - should panic")] {
                if let Some(outcome @ Outcome::Failed(_)) = tests.get_mut(&test) {
                    *outcome = Outcome::Failed(why.join("\n").trim().to_owned());
                }
            }
        }
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "
     Running unittests src/lib.rs (target/debug/deps/a-1)

running 3 tests
test one ... ok
test two - should panic ... FAILED
test three ... ignored, slow

failures:

---- two stdout ----
note: test did not panic as expected

failures:
    two

   Doc-tests a
test src/lib.rs - one (line 3) ... ok
";

    #[test]
    fn tests_are_told_apart_by_target_and_name() {
        let tests = parse(PRINTED);
        let lines: Vec<String> = tests.iter().map(|(name, outcome)| format!("{name} = {outcome:?}")).collect();
        assert_eq!(
            lines,
            [
                "doc: src/lib.rs - one (line 3) = Passed",
                "unittests src/lib.rs: one = Passed",
                "unittests src/lib.rs: three = Ignored",
                "unittests src/lib.rs: two - should panic = Failed(\"note: test did not panic as expected\")",
            ]
        );
    }

    #[test]
    fn a_test_that_is_gone_is_worse_and_one_that_failed_before_is_not() {
        let results = |tests: &[(&str, Outcome)]| Results {
            tests: tests.iter().map(|(name, outcome)| ((*name).to_owned(), outcome.clone())).collect(),
            recorded: 0,
        };
        let failed = || Outcome::Failed("why".to_owned());
        let before = results(&[("a", Outcome::Passed), ("b", failed()), ("c", Outcome::Passed)]);
        let after = results(&[("b", failed()), ("c", failed())]);
        let worse: Vec<&str> = after.worse_than(&before).into_iter().map(|(test, _)| test).collect();
        assert_eq!(worse, ["a", "c"]);
    }
}
