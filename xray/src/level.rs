//! The levels of capture.

/// How much of a call is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Nothing: the call is not recorded.
    Off,
    /// That it was, how it ended and how long it took; no values.
    Metrics,
    /// Arguments and results, too.
    #[default]
    Full,
}
