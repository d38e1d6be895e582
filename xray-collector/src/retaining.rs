//! When the collector's thread removes runs that are beyond the limits: after it has written, in pieces so short that
//! nothing waits long for them ([`Store::retain`](crate::store::Store::retain)).
//!
//! A pass begins every half minute, and at the collector's end, for programs that do not live so long. It takes no more
//! than a quarter of the thread's time, and where looking for runs is all that it does, a fiftieth.

use std::time::{Duration, Instant};

use std::sync::PoisonError;

use crate::clock::unix_now_ns;
use crate::store::{Retained, StoreError};
use crate::work::Work;

/// Between the beginnings of two passes, at least.
const INTERVAL: Duration = Duration::from_secs(30);
/// What a flush interval has for it.
const SLICE: Duration = Duration::from_millis(20);
/// What the collector's end has for it.
const AT_END: Duration = Duration::from_millis(250);

/// When the next pass begins.
#[derive(Debug)]
pub(crate) struct Retaining {
    next: Instant,
    /// How long the present one has taken.
    took: Duration,
}

impl Default for Retaining {
    fn default() -> Self {
        Self { next: Instant::now() + INTERVAL, took: Duration::ZERO }
    }
}

impl Work {
    /// Does a part of a pass, if one is due and the store takes what it is given.
    pub(crate) fn retain(&mut self) {
        if Instant::now() >= self.retaining.next {
            self.retain_for(SLICE.max(self.settings.flush_interval / 4).min(2 * SLICE));
        }
    }

    /// Does what can be done of a pass before the thread ends.
    pub(crate) fn retain_at_end(&mut self) {
        self.retain_for(AT_END);
    }

    fn retain_for(&mut self, time: Duration) {
        if !self.settings.retention.is_limited() {
            return;
        }
        let is_stored = self.finish_writing().is_ok();
        self.release_stored();
        if !is_stored || !self.waiting.is_empty() {
            return;
        }
        let from = Instant::now();
        loop {
            let result = self.retain_once();
            let is_over = !matches!(result, Ok(Retained { is_done: false, .. }));
            let took = self.retaining.took + from.elapsed();
            let error = result.err().map(|error| error.to_string());
            *self.books.retention_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
            if is_over {
                self.retaining = Retaining { next: Instant::now() + INTERVAL.max(50 * took), took: Duration::ZERO };
                return;
            }
            if from.elapsed() >= time {
                self.retaining.took = took;
                return;
            }
        }
    }

    fn retain_once(&self) -> Result<Retained, StoreError> {
        let mut retained = Retained::default();
        self.books.caught(|| {
            retained = self.store.retain(&self.settings.retention, unix_now_ns())?;
            Ok(())
        })?;
        self.books.removed.lock().unwrap_or_else(PoisonError::into_inner).add(retained.removed);
        Ok(retained)
    }
}
