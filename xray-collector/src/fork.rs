//! A process that was forked from one that records.
//!
//! The child has a copy of the parent's memory and one of its threads. What the parent recorded and how it goes on is
//! the parent's: the child never writes into its chunks or its store, takes none of its locks, which a thread may hold
//! that the child does not have, and does not wait for its collector, whose thread it does not have either. So
//! everything that a collector consists of remembers the [`generation`] that it was made in, and is inert in another
//! one. In the child no instrumented function is recorded until it starts a collector of its own.
//!
//! This rests on `pthread_atfork`, whose handlers the C library's `fork` calls. A process that is made by the bare system
//! call (`clone`, `vfork`) is told nothing, and must do no more than `exec` or `_exit`.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

/// How many forks are between the process that began to record and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Which process this is, among those that were forked from another: 0 in the first; one load.
#[inline]
#[must_use]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Has `act` called in every child that this process and its children fork from now on, before the child does anything
/// else. It must not panic, take a lock or allocate.
pub fn in_child(act: extern "C" fn()) {
    extern "C" fn count() {
        GENERATION.store(generation() + 1, Ordering::Relaxed);
    }
    static IS_COUNTED: AtomicU32 = AtomicU32::new(0);
    if IS_COUNTED.swap(1, Ordering::Relaxed) == 0 {
        register(count);
    }
    register(act);
}

#[cfg(unix)]
fn register(act: extern "C" fn()) {
    // SAFETY: the handler is a function of this program that does nothing but atomic operations. A failure to register
    // (no memory) leaves it uncalled, and the process must not fork.
    unsafe { libc::pthread_atfork(None, None, Some(act)) };
}

/// There is no `fork`.
#[cfg(not(unix))]
fn register(_act: extern "C" fn()) {}
