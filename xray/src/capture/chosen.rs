//! Arguments captured in the way that the attribute's options choose, rather than by the ladder.

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use xray_collector::chunk::Record;

/// `debug(argument)`.
pub fn debug<T: Debug + ?Sized>(value: &T, record: &mut Record<'_>) {
    super::debug_text(value, record);
}

/// `display(argument)`.
pub fn display<T: Display + ?Sized>(value: &T, record: &mut Record<'_>) {
    super::display_text(value, record);
}

/// `serialize(argument)`.
pub fn serialize<T: Serialize + ?Sized>(value: &T, record: &mut Record<'_>) {
    super::structured(value, record, |record| record.type_name(type_name::<T>()));
}

/// `with(argument = function)`: what `function` makes of the argument is captured by `capture`.
pub fn with<R>(record: &mut Record<'_>, function: impl FnOnce() -> R, capture: impl FnOnce(&R, &mut Record<'_>)) {
    match catch_unwind(AssertUnwindSafe(function)) {
        Ok(made) => {
            capture(&made, record);
            // Its destructor is the user's code, too.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(move || drop(made))) {
                std::mem::forget(panic);
            }
        }
        Err(panic) => {
            std::mem::forget(panic);
            record.begin_value(super::limits::get().bytes);
            record.panicked(type_name::<R>());
        }
    }
}
