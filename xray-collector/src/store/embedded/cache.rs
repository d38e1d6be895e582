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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Segment, segment};

    fn contents(bytes: usize) -> Arc<Contents> {
        let segment = Segment { payload: vec![7; bytes], ..Segment::default() };
        Arc::new(segment::decode(&segment::encode(&segment).unwrap()).unwrap())
    }

    fn cached(cache: &SegmentCache) -> Vec<u64> {
        cache.lock().iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn the_segments_used_last_stay() {
        let cache = SegmentCache::default();
        for number in 1..=8 {
            cache.put(number, contents(10));
        }
        assert!(cache.get(1).is_some() && cache.get(9).is_none());
        cache.put(9, contents(10));
        cache.put(3, contents(10));
        cache.remove(5);
        assert_eq!(cached(&cache), [4, 6, 7, 8, 1, 9, 3]);
    }

    #[test]
    fn their_bytes_are_bounded() {
        let cache = SegmentCache::default();
        for number in 1..=4 {
            cache.put(number, contents(MAX_BYTES / 3));
        }
        assert_eq!(cached(&cache), [3, 4]);
        cache.put(5, contents(MAX_BYTES + 1));
        assert_eq!(cached(&cache), [3, 4]);
    }
}
