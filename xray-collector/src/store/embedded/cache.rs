//! The segments that were read last, decompressed: the steps of a run lie next to each other, so that who looks at one
//! looks at its neighbours next. Bounded in number and in bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::segment::Contents;

const MAX_SEGMENTS: usize = 8;
const MAX_BYTES: usize = 16 << 20;

#[derive(Debug, Default)]
pub(super) struct SegmentCache {
    /// By number, the one used last at the back.
    segments: Mutex<VecDeque<(u64, Arc<Contents>)>>,
}

impl SegmentCache {
    pub(super) fn get(&self, number: u64) -> Option<Arc<Contents>> {
        let mut segments = self.lock();
        let index = segments.iter().position(|(cached, _)| *cached == number)?;
        let found = segments.remove(index)?;
        let contents = Arc::clone(&found.1);
        segments.push_back(found);
        Some(contents)
    }

    pub(super) fn put(&self, number: u64, contents: Arc<Contents>) {
        if contents.size() > MAX_BYTES {
            return;
        }
        let mut segments = self.lock();
        segments.retain(|(cached, _)| *cached != number);
        segments.push_back((number, contents));
        while segments.len() > MAX_SEGMENTS || bytes(&segments) > MAX_BYTES {
            segments.pop_front();
        }
    }

    /// Forgets a segment that is about to be written again.
    pub(super) fn remove(&self, number: u64) {
        self.lock().retain(|(cached, _)| *cached != number);
    }

    // Nothing that panics runs under this lock, and whatever is in the queue is true.
    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Arc<Contents>)>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(segments: &VecDeque<(u64, Arc<Contents>)>) -> usize {
    segments.iter().map(|(_, contents)| contents.size()).sum()
}
