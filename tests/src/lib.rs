//! What the tests share: record something into a store of its own, and read it back as text.

mod example;
mod hooked;
mod http;

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use xray::id::{RunId, StepId};
use xray::model::{Run, Step, StepDetail};
use xray::store::RunQuery;

pub use self::example::{Serving, build_example, root};
pub use self::hooked::{Call, Hooked};
pub use self::http::{Answer, get, post};

/// One collector at a time in a process; tests that share one take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Waits until no other test of this process has a collector; for tests that start one by themselves.
pub fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A collector with a store of its own.
pub struct Recording {
    guard: Option<xray::Guard>,
    directory: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Recording {
    /// Starts with the settings that `set` makes.
    ///
    /// # Panics
    /// When it cannot start.
    pub fn start_with(set: impl FnOnce(xray::Builder) -> xray::Builder) -> Self {
        let turn = turn();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let builder = set(xray::builder().store(directory.path().join("test.redb")));
        let guard = Some(builder.start().expect("a collector"));
        Self { guard, directory, _turn: turn }
    }

    /// Starts with the default settings.
    ///
    /// # Panics
    /// When it cannot start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|builder| builder)
    }

    /// The guard of the collector.
    ///
    /// # Panics
    /// After [`Recording::stop`].
    pub fn guard(&self) -> &xray::Guard {
        self.guard.as_ref().expect("it was not stopped")
    }

    /// The file that it writes.
    #[must_use]
    pub fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("test.redb")
    }

    /// Ends the recording; the file stays until this is dropped.
    pub fn stop(&mut self) {
        self.guard = None;
    }

    /// All runs, oldest first.
    ///
    /// # Panics
    /// When the store cannot be read.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        self.guard().flush().expect("a store that works");
        let query = RunQuery { limit: xray::store::MAX_PAGE, ..RunQuery::default() };
        let mut runs = self.guard().store().runs(&query).expect("a readable store").rows;
        runs.reverse();
        runs
    }

    /// All steps of a run, in the order in which they began.
    ///
    /// # Panics
    /// When the store cannot be read.
    #[must_use]
    pub fn steps(&self, run: RunId) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            let after = steps.last().map(|step: &Step| step.id);
            let page = self.guard().store().steps(run, after, xray::store::MAX_PAGE).expect("a readable store");
            if page.is_empty() {
                break;
            }
            steps.extend(page);
        }
        steps.sort_by_key(|step| (step.started_ns, step.id));
        steps
    }

    /// The only call of the step with that name.
    ///
    /// # Panics
    /// When there is none, or more than one.
    #[must_use]
    pub fn step(&self, name: &str) -> StepDetail {
        let mut found = Vec::new();
        for run in self.runs() {
            found.extend(
                self.steps(run.id)
                    .into_iter()
                    .filter(|step| &*step.callsite.name == name)
                    .map(|step| (run.id, step.id)),
            );
        }
        assert_eq!(found.len(), 1, "calls of {name} in\n{}", self.tree());
        let (run, step) = found[0];
        self.guard().store().step(run, step).expect("a readable store").expect("the step is there")
    }

    /// Every run with its steps, arguments and results.
    ///
    /// # Panics
    /// When the store cannot be read.
    #[must_use]
    pub fn tree(&self) -> String {
        let mut text = String::new();
        for run in self.runs() {
            let _ = writeln!(text, "{} {}", run.pipeline, run.status.as_str());
            let steps = self.steps(run.id);
            for step in steps.iter().filter(|step| step.parent.is_none()) {
                self.branch(&mut text, run.id, step.id, &steps, 1);
            }
        }
        text
    }

    fn branch(&self, text: &mut String, run: RunId, step: StepId, steps: &[Step], depth: usize) {
        let detail = self.guard().store().step(run, step).expect("a readable store").expect("the step is there");
        let _ = writeln!(text, "{}{}", "  ".repeat(depth), line(&detail));
        for child in steps.iter().filter(|child| child.parent == Some(step)) {
            self.branch(text, run, child.id, steps, depth + 1);
        }
    }
}

/// `name(argument=value…) outcome value`.
#[must_use]
pub fn line(detail: &StepDetail) -> String {
    let mut text = format!("{}(", detail.step.callsite.name);
    for (place, argument) in detail.arguments.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{}={}", argument.name, argument.captured.to_json());
    }
    let _ = write!(text, ") {}", detail.step.outcome.as_str());
    if let Some(result) = &detail.result {
        let _ = write!(text, " {}", result.to_json());
    }
    if let Some(error) = &detail.error {
        let _ = write!(text, " {:?}", error.message);
        for source in &error.chain {
            let _ = write!(text, " <- {source:?}");
        }
    }
    text
}

/// Runs this test binary again as another process, with only the test of that name, and with `role` in its
/// environment: see [`role`].
///
/// # Panics
/// When the process cannot be started.
#[must_use]
pub fn child(test: &str, role: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().expect("this binary"));
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command
}

/// What this process was started for by [`child`], if it was.
#[must_use]
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

const ROLE: &str = "XRAY_TEST_ROLE";
