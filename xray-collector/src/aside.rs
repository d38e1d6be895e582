//! Work beside the collector's thread, for as long as a batch takes.
//!
//! One thread is enough until batches are as large as they get: then the collector is behind, and whatever it does not do
//! in time is lost. Only then is a part of its work done by another thread, which ends with the batch.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use crate::chunk::mute_this_thread;

/// A batch of so many steps is worth a thread.
pub(crate) const MANY: usize = 16 * 1024;

/// What is done, or being done.
pub(crate) enum Aside<'scope, T> {
    Done(T),
    Running(ScopedJoinHandle<'scope, T>),
}

impl<'scope, T: Send + 'scope> Aside<'scope, T> {
    /// Does something at once or, if it is worth it, on a thread of its own; at once, too, where there can be no more threads.
    pub(crate) fn start(
        scope: &'scope Scope<'scope, '_>,
        is_worth_it: bool,
        work: impl FnOnce() -> T + Send + 'scope,
    ) -> Self {
        if !is_worth_it {
            return Self::Done(work());
        }
        // A thread that cannot be started does not give back what it was to do.
        let work = Arc::new(Mutex::new(Some(work)));
        let theirs = Arc::clone(&work);
        let running = Builder::new().name("xray-collector".to_owned()).spawn_scoped(scope, move || {
            mute_this_thread();
            taken(&theirs)()
        });
        match running {
            Ok(running) => Self::Running(running),
            Err(_) => Self::Done(taken(&work)()),
        }
    }

    /// What has come of it. A panic goes on here.
    pub(crate) fn finish(self) -> T {
        match self {
            Self::Done(done) => done,
            Self::Running(running) => running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        }
    }
}

/// What one of two takes: a thread that was started, or else who could not start it.
fn taken<F>(work: &Mutex<Option<F>>) -> F {
    let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
    work.expect("nobody else takes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_it_is_done_on_another_thread_and_a_panic_comes_back() {
        let here = std::thread::current().id();
        std::thread::scope(|scope| {
            let other = Aside::start(scope, true, || std::thread::current().id());
            assert_eq!(Aside::start(scope, false, || std::thread::current().id()).finish(), here);
            assert_ne!(other.finish(), here);
            let panics = Aside::start(scope, true, || -> u8 { panic!("a bad block") });
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panics.finish())).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"a bad block"));
        });
    }
}
