//! Names of runs, steps and schemas: unique without coordination, comparable, printable.
//!
//! A step's id is the index of the thread slot that made it (24 bits) and that slot's counter (40 bits), so that a
//! thread makes ids without a read-modify-write. A run is named by its process and by its first step, so that an id
//! needs no registration either; as 128 and 64 bits they fit the trace and parent ids of W3C `traceparent`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A step within its process; never zero. Prints as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u64);

/// A run of any process; prints as 32 hexadecimal digits: the process, then the run's first step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u128);

/// One execution of a program that recorded something: drawn at random when its collector starts, never zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub u64);

/// What a schema says, as a number: see [`crate::schema`]. Prints as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaVersion(pub u128);

impl RunId {
    /// The run that `root` opened in `process`.
    #[must_use]
    pub fn new(process: ProcessId, root: StepId) -> Self {
        Self(u128::from(process.0) << 64 | u128::from(root.0))
    }

    /// The process that the run belongs to.
    #[must_use]
    pub fn process(self) -> ProcessId {
        ProcessId((self.0 >> 64) as u64)
    }

    /// The step that opened the run.
    #[must_use]
    pub fn root(self) -> StepId {
        StepId(self.0 as u64)
    }
}

impl ProcessId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        use std::hash::{BuildHasher, Hasher};
        // The standard library seeds each `RandomState` from the operating system's random source.
        let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        hasher.write_u128(
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos()),
        );
        Self(hasher.finish().max(1))
    }
}

/// The text is not an id: it must be this many hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is {digits} hexadecimal digits, not {text:?}")]
pub struct ParseIdError {
    digits: usize,
    text: String,
}

macro_rules! hexadecimal {
    ($id:ident, $int:ty, $digits:literal) => {
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:0width$x}", self.0, width = $digits)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($id), "({})"), self)
            }
        }

        impl FromStr for $id {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let error = || ParseIdError { digits: $digits, text: text.chars().take(80).collect() };
                if text.len() != $digits || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(error());
                }
                <$int>::from_str_radix(text, 16).map(Self).map_err(|_| error())
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hexadecimal!(StepId, u64, 16);
hexadecimal!(RunId, u128, 32);
hexadecimal!(ProcessId, u64, 16);
hexadecimal!(SchemaVersion, u128, 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_names_its_process_and_its_first_step() {
        let run = RunId::new(ProcessId(0xabc), StepId(7));
        assert_eq!(run.to_string(), "0000000000000abc0000000000000007");
        assert_eq!((run.process(), run.root()), (ProcessId(0xabc), StepId(7)));
        assert_eq!(run.to_string().parse(), Ok(run));
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in ["", "7", "+000000000000007", "000000000000000g", "00000000000000070"] {
            let error = text.parse::<StepId>().expect_err(text);
            assert!(error.to_string().starts_with("an id is 16 hexadecimal digits"), "{error}");
        }
    }
}
