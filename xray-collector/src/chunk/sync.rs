//! The atomics of the files that loom runs as well, with its own: `tests/loom.rs`.

pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
