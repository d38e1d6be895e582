//! Reading ahead. redb reads a page at a time; since a batch is written in order, what is asked for next is often beside
//! it. So the kernel is told of the surroundings where a thread goes on from one page to the next: of a file that is not in
//! memory, a dozen pages take as long as two. What is looked up here and there is read page by page.

use std::cell::Cell;
use std::fs::File;

/// How much is asked for at once.
const WINDOW_BYTES: u64 = 64 << 10;

thread_local! {
    /// The windows that this thread read in last, and asked for last.
    static LAST: Cell<(u64, u64)> = const { Cell::new((u64::MAX, u64::MAX)) };
}

/// A file that is read page by page.
#[derive(Debug)]
pub(super) struct Ahead {
    /// `None` where it cannot be had: then nothing is read ahead.
    file: Option<File>,
}

impl Ahead {
    pub(super) fn of(file: &File) -> Self {
        Self { file: file.try_clone().ok() }
    }

    /// Something at this place is about to be read.
    pub(super) fn of_place(&self, offset: u64) {
        let Some(file) = &self.file else { return };
        let window = offset / WINDOW_BYTES;
        let (last, asked) = LAST.get();
        let goes_on = window == last || window == last.wrapping_add(1);
        let asks = goes_on && window != asked;
        LAST.set((window, if asks { window } else { asked }));
        if asks {
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
