//! Capturing a value: as much structure as its type offers, without a bound on it, and whatever the value does.
//!
//! Each value goes down a ladder until a rung holds: its `Serialize`, its `Debug`, the name of its type. Which rungs a
//! type has is decided where the function is compiled ([`ladder`]); that a rung can break at run time, by an error or a
//! panic, is dealt with here. Nothing in here allocates, and nothing a value does gets out.

pub(crate) mod chosen;
pub(crate) mod errors;
pub(crate) mod ladder;
pub(crate) mod limits;
pub(crate) mod returned;
mod serializer;

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use xray_collector::chunk::Record;
use xray_collector::value::TextError;

use self::serializer::Encoder;

/// What became of an attempt to write a value.
enum Attempt {
    Written,
    /// The value's own code returned an error; nothing was written.
    Failed,
    /// The value's own code panicked, or there was no room; something that says so was written.
    GaveUp,
}

/// The value's structure; what `otherwise` writes if its `Serialize` returns an error.
#[inline]
fn structured<T: Serialize + ?Sized>(value: &T, record: &mut Record<'_>, otherwise: impl FnOnce(&mut Record<'_>)) {
    let limits = limits::get();
    record.begin_value(limits.bytes);
    let start = record.mark();
    let mut encoder = Encoder::new(record, limits);
    // Whatever the value's code leaves behind in the record is rolled back.
    let serialized = catch_unwind(AssertUnwindSafe(|| value.serialize(&mut encoder)));
    match serialized {
        Ok(Ok(())) if encoder.is_complete() => {}
        Ok(Ok(())) => encoder.close_all(),
        Ok(Err(serializer::Error::Full)) => encoder.close_all(),
        Ok(Err(serializer::Error::Failed)) => {
            record.rollback(start);
            otherwise(record);
        }
        Err(panic) => {
            // Dropping the payload could panic again.
            std::mem::forget(panic);
            record.rollback(start);
            record.panicked(type_name::<T>());
        }
    }
}

/// The text that the value's `Debug` writes, or the name of its type if that fails.
fn debug_text<T: Debug + ?Sized>(value: &T, record: &mut Record<'_>) {
    record.begin_value(limits::get().bytes);
    if let Attempt::Failed = text::<T>(record, |record| record.debug_text(format_args!("{value:?}"))) {
        record.type_name(type_name::<T>());
    }
}

/// The text that the value's `Display` writes, as a string.
fn display_text<T: Display + ?Sized>(value: &T, record: &mut Record<'_>) {
    record.begin_value(limits::get().bytes);
    if let Attempt::Failed = text::<T>(record, |record| record.display_text(format_args!("{value}"))) {
        record.type_name(type_name::<T>());
    }
}

fn text<T: ?Sized>(record: &mut Record<'_>, write: impl FnOnce(&mut Record<'_>) -> Result<(), TextError>) -> Attempt {
    let start = record.mark();
    match catch_unwind(AssertUnwindSafe(|| write(record))) {
        Ok(Ok(())) => Attempt::Written,
        Ok(Err(TextError::Failed)) => Attempt::Failed,
        Ok(Err(TextError::Full)) => {
            record.omitted();
            Attempt::GaveUp
        }
        Err(panic) => {
            std::mem::forget(panic);
            record.rollback(start);
            record.panicked(type_name::<T>());
            Attempt::GaveUp
        }
    }
}
