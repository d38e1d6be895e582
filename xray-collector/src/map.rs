//! Maps with a hash of a few instructions, since the collector looks up several keys for each event.
//!
//! The keys are ids and counters of the recorder, names in the program's code, or numbers that are hashes already. The
//! hash is seeded at random once a process, as far as that defends against keys that somebody has chosen.

/// A map for keys that the program makes, not those who use it.
pub(crate) type FastMap<K, V> = std::collections::HashMap<K, V, rapidhash::fast::GlobalState>;
