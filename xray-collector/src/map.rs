//! Maps whose keys are numbers: a hash of a few instructions, since the collector looks up several for each event.
//!
//! The keys are ids and counters of the recorder, or numbers that are hashes already. The hash is seeded at random once
//! a process, as far as that defends against keys that somebody has chosen.

/// A map from numbers.
pub(crate) type NumberMap<K, V> = std::collections::HashMap<K, V, rapidhash::fast::GlobalState>;
