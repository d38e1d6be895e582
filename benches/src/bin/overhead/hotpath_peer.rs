//! The functions as hotpath's attribute measures them: times alone, and with the result as a text, which it cuts. It
//! does not look at arguments.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hotpath::{Format, HotpathGuard, HotpathGuardBuilder, Section};
use serde::Deserialize;

/// The functions, with times.
pub(crate) mod timed {
    use crate::workload::Item;

    crate::workload::functions!(#[hotpath::measure]);
}

/// The functions, with times and results.
pub(crate) mod result {
    use crate::workload::Item;

    crate::workload::functions!(#[hotpath::measure(log = true)]);
}

/// What is measured between two reports, which are the only thing that says how many calls have arrived.
pub(crate) struct Hotpath {
    guard: RefCell<Option<HotpathGuard>>,
    report: PathBuf,
    delivered: Cell<u64>,
}

#[derive(Deserialize)]
struct Report {
    functions_timing: Option<Functions>,
}

#[derive(Deserialize)]
struct Functions {
    data: Vec<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    calls: u64,
}

impl Hotpath {
    /// Its reports go into this directory.
    pub(crate) fn start(directory: &Path) -> Self {
        let report = directory.join("hotpath.json");
        let guard = RefCell::new(Some(measuring(&report)));
        Self { guard, report, delivered: Cell::new(0) }
    }

    /// How many calls have been reported, once all are that were made.
    pub(crate) fn delivered(&self) -> u64 {
        drop(self.guard.take());
        let calls = self.reported().expect("hotpath writes its report when its guard is dropped");
        self.delivered.update(|delivered| delivered + calls);
        self.guard.replace(Some(measuring(&self.report)));
        self.delivered.get()
    }

    fn reported(&self) -> anyhow::Result<u64> {
        let text = std::fs::read(&self.report).with_context(|| format!("no file {}", self.report.display()))?;
        let report: Report = serde_json::from_slice(&text)?;
        let functions = report.functions_timing.map(|functions| functions.data).unwrap_or_default();
        Ok(functions.iter().filter(|function| function.name != ROOT).map(|function| function.calls).sum())
    }
}

/// What hotpath calls the whole.
const ROOT: &str = "overhead";

fn measuring(report: &Path) -> HotpathGuard {
    let builder = HotpathGuardBuilder::new(ROOT).functions_limit(0).sections(vec![Section::FunctionsTiming]);
    builder.format(Format::Json).output_path(report).build()
}
