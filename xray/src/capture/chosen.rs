//! Arguments captured in the way that the attribute's options choose, rather than by the ladder.

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use xray_collector::chunk::Writer;

/// `debug(argument)`.
pub fn debug<T: Debug + ?Sized>(value: &T, writer: &mut Writer) {
    super::debug_text(value, writer);
}

/// `display(argument)`.
pub fn display<T: Display + ?Sized>(value: &T, writer: &mut Writer) {
    super::display_text(value, writer);
}

/// `serialize(argument)`.
pub fn serialize<T: Serialize + ?Sized>(value: &T, writer: &mut Writer) {
    super::structured(value, None, writer);
}

/// `with(argument = function)`: what `function` makes of the argument is captured by `capture`.
pub fn with<R>(writer: &mut Writer, function: impl FnOnce() -> R, capture: impl FnOnce(&R, &mut Writer)) {
    match catch_unwind(AssertUnwindSafe(function)) {
        Ok(made) => {
            capture(&made, writer);
            // Its destructor is the user's code, too.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(move || drop(made))) {
                std::mem::forget(panic);
            }
        }
        Err(panic) => {
            std::mem::forget(panic);
            writer.panicked(type_name::<R>());
        }
    }
}
