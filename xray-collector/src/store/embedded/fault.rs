//! What stops an operation on the database, before it is known to a caller as a [`StoreError`].

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::store::StoreError;

/// Inside the store: who was asked for what is added by [`Fault::reading`] and [`Fault::writing`].
#[derive(Debug)]
pub(super) enum Fault {
    /// redb could not do it.
    Database(redb::Error),
    /// What is stored is not what the format says.
    Damage { place: String, detail: String },
    /// What was to be written is more than the format has room for.
    Unfit(String),
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl Fault {
    pub(super) fn damage(place: impl Into<String>, detail: impl Display) -> Self {
        Self::Damage { place: place.into(), detail: detail.to_string() }
    }

    /// Does something with the database of this file, and takes a panic for damage: redb verifies the checksums of
    /// pages when it repairs a file, and trusts the pages of one that was closed properly. What this cannot catch is a
    /// panic while it unwinds from another, which a few bytes of its own free lists can still bring about.
    pub(super) fn catch<T>(path: &Path, action: impl FnOnce() -> Result<T, Self>) -> Result<T, Self> {
        // What a panic leaves behind in the database is for redb to notice: it then refuses, and is opened again.
        catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<&str>().copied();
            let message = message.or_else(|| panic.downcast_ref::<String>().map(|message| &**message));
            let detail = format!("it makes redb panic: {}", message.unwrap_or("for a reason unknown"));
            Err(Self::damage(format!("{path:?}"), detail))
        })
    }

    /// Whether the database refuses everything from now on: after an I/O error redb does, until it is opened again.
    pub(super) fn is_final(&self) -> bool {
        use redb::Error::{DatabaseClosed, Io, LockPoisoned, PreviousIo};
        matches!(self, Self::Database(Io(_) | PreviousIo | DatabaseClosed | LockPoisoned(_)))
    }

    /// As the error of an operation that reads.
    pub(super) fn reading(self, path: &Path) -> StoreError {
        match self.damage_or_cause(path) {
            Ok(damage) => damage,
            Err(cause) => StoreError::Read { path: path.to_owned(), cause },
        }
    }

    /// As the error of an operation that writes.
    pub(super) fn writing(self, path: &Path) -> StoreError {
        match self.damage_or_cause(path) {
            Ok(damage) => damage,
            Err(cause) => StoreError::Write { path: path.to_owned(), cause },
        }
    }

    fn damage_or_cause(self, path: &Path) -> Result<StoreError, Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Self::Damage { place, detail } => Ok(StoreError::Corrupt { place, detail }),
            Self::Unfit(what) => Err(what.into()),
            Self::Database(redb::Error::Corrupted(detail)) => {
                Ok(StoreError::Corrupt { place: format!("{path:?}"), detail })
            }
            // As the operating system says it: "No space left on device".
            Self::Database(redb::Error::Io(error)) => Err(error.into()),
            Self::Database(error) => Err(error.into()),
        }
    }
}
