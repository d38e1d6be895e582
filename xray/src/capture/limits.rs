//! How much of one value is captured: set once at the start, read for each value.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The bounds of one captured value. What goes beyond is left out, and the value says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Encoded bytes; 1 MiB unless set. A text or list that is cut by it keeps its full length as a number.
    pub bytes: usize,
    /// Levels of nesting; 32 unless set, 60 at most.
    pub depth: usize,
    /// Elements of one list or map; 65,536 unless set.
    pub elements: usize,
}

impl Limits {
    /// Beyond this the format itself does not go.
    const DEEPEST: usize = 60;
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1024 * 1024, depth: 32, elements: 65_536 }
    }
}

static BYTES: AtomicUsize = AtomicUsize::new(1024 * 1024);
static DEPTH: AtomicUsize = AtomicUsize::new(32);
static ELEMENTS: AtomicUsize = AtomicUsize::new(65_536);

pub(crate) fn set(limits: Limits) {
    // Below this a value cannot even say what it is.
    BYTES.store(limits.bytes.max(16), Ordering::Relaxed);
    DEPTH.store(limits.depth.clamp(1, Limits::DEEPEST), Ordering::Relaxed);
    ELEMENTS.store(limits.elements, Ordering::Relaxed);
}

#[inline]
pub(crate) fn get() -> Limits {
    Limits {
        bytes: BYTES.load(Ordering::Relaxed),
        depth: DEPTH.load(Ordering::Relaxed),
        elements: ELEMENTS.load(Ordering::Relaxed),
    }
}
