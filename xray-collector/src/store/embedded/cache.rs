//! What was read last, decompressed: the steps of a run lie next to each other, so that who looks at one looks at its
//! neighbours next. Bounded in bytes.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values of one sort by their keys.
#[derive(Debug)]
pub(super) struct Cache<K, V: ?Sized> {
    /// Each with its size, the one used last at the back.
    values: Mutex<VecDeque<(K, Arc<V>, usize)>>,
    most_bytes: usize,
}

impl<K: PartialEq + Copy, V: ?Sized> Cache<K, V> {
    /// For values of so many bytes together.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { values: Mutex::default(), most_bytes }
    }

    pub(super) fn get(&self, key: K) -> Option<Arc<V>> {
        let mut values = self.lock();
        let index = values.iter().position(|(cached, ..)| *cached == key)?;
        let found = values.remove(index)?;
        let value = Arc::clone(&found.1);
        values.push_back(found);
        Some(value)
    }

    /// Keeps a value of this size.
    pub(super) fn put(&self, key: K, value: Arc<V>, size: usize) {
        if size > self.most_bytes {
            return;
        }
        let mut values = self.lock();
        values.retain(|(cached, ..)| *cached != key);
        values.push_back((key, value, size));
        while values.iter().map(|(_, _, size)| size).sum::<usize>() > self.most_bytes {
            values.pop_front();
        }
    }

    /// What is kept under a key, or else what `read` finds, which is then kept.
    pub(super) fn get_or<E>(
        &self,
        key: K,
        size: impl FnOnce(&V) -> usize,
        read: impl FnOnce() -> Result<Arc<V>, E>,
    ) -> Result<Arc<V>, E> {
        if let Some(value) = self.get(key) {
            return Ok(value);
        }
        let value = read()?;
        self.put(key, Arc::clone(&value), size(&value));
        Ok(value)
    }

    /// Forgets what is about to be written again.
    pub(super) fn remove(&self, key: K) {
        self.lock().retain(|(cached, ..)| *cached != key);
    }

    // Nothing that panics runs under this lock, and whatever is in the queue is true.
    fn lock(&self) -> MutexGuard<'_, VecDeque<(K, Arc<V>, usize)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached(cache: &Cache<u64, [u8]>) -> Vec<u64> {
        cache.lock().iter().map(|(key, ..)| *key).collect()
    }

    #[test]
    fn what_was_used_last_stays() {
        let cache = Cache::new(80);
        let put = |key: u64, bytes: usize| cache.put(key, Arc::from(vec![7; bytes]), bytes);
        (1..=8).for_each(|key| put(key, 10));
        assert!(cache.get(1).is_some() && cache.get(9).is_none());
        put(9, 10);
        put(3, 10);
        cache.remove(5);
        assert_eq!(cached(&cache), [4, 6, 7, 8, 1, 9, 3]);
        put(10, 50);
        assert_eq!(cached(&cache), [1, 9, 3, 10]);
        put(11, 81);
        assert_eq!(cached(&cache), [1, 9, 3, 10], "it would be all there is");
        let read: Result<_, ()> = cache.get_or(10, |_| 0, || unreachable!("it is there"));
        assert_eq!(read.unwrap().len(), 50);
    }
}
