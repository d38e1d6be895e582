//! Reading ahead. redb reads a page at a time, wherever it is; what is asked for next is mostly beside it, since a batch
//! is written in order. So the kernel is told of the surroundings of each page: of a file that is not in memory, a dozen pages
//! take as long as one.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much is asked for at once.
const WINDOW_BYTES: u64 = 64 << 10;

/// A file that is read page by page.
#[derive(Debug)]
pub(super) struct Ahead {
    /// `None` where it cannot be had: then nothing is read ahead.
    file: Option<File>,
    /// The window that was asked for last.
    last: AtomicU64,
}

impl Ahead {
    pub(super) fn of(file: &File) -> Self {
        Self { file: file.try_clone().ok(), last: AtomicU64::new(u64::MAX) }
    }

    /// Something at this place is about to be read.
    pub(super) fn of_place(&self, offset: u64) {
        let window = offset / WINDOW_BYTES;
        if let Some(file) = &self.file
            && self.last.swap(window, Ordering::Relaxed) != window
        {
            ask_for(file, window * WINDOW_BYTES);
        }
    }
}

#[cfg(target_os = "linux")]
fn ask_for(file: &File, offset: u64) {
    use rustix::fs::{Advice, fadvise};
    // Where the file system does not do that, it is read without.
    let _ = fadvise(file, offset, std::num::NonZero::new(WINDOW_BYTES), Advice::WillNeed);
}

#[cfg(not(target_os = "linux"))]
fn ask_for(_: &File, _: u64) {}
