//! What writing the workload comes to, and the bar that is shown for as long.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

/// What a store has written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ingest {
    pub(crate) steps: u64,
    /// From the first event to the last commit.
    pub(crate) seconds: f64,
    /// The processor's time of the threads that store, where these are not those that hand the steps over.
    pub(crate) collector_seconds: Option<f64>,
    /// The processor's time of the threads that hand the steps over, and how many they are.
    pub(crate) producers: Option<(f64, u64)>,
    /// After an orderly close.
    pub(crate) file_bytes: u64,
    /// Of these, those that the disk holds.
    pub(crate) allocated_bytes: u64,
    /// The most memory that the process had, and how much of it before the first step.
    pub(crate) peak_bytes: u64,
    pub(crate) memory_before: u64,
    /// Whether what became of an item is indexed.
    pub(crate) has_item_index: bool,
}

impl Ingest {
    pub(crate) fn steps_per_second(&self) -> f64 {
        self.steps as f64 / self.seconds
    }

    pub(crate) fn bytes_per_step(&self) -> f64 {
        self.file_bytes as f64 / self.steps as f64
    }
}

/// The length of a file, and what it takes of the disk.
pub(crate) fn sizes(file: &Path) -> anyhow::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.blocks() * 512))
}

/// A bar on a terminal's stderr; nothing elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(what: &'static str, length: u64) -> Self {
        let bar = ProgressBar::new(length).with_message(what);
        let style = "{msg:22} [{bar:30}] {human_pos}/{human_len} {per_sec} {eta} left";
        Self(bar.with_style(ProgressStyle::with_template(style).expect("a template that is known")))
    }

    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    pub(crate) fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
