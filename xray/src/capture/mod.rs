//! Capturing a value: as much structure as its type offers, without a bound on it, and whatever the value does.
//!
//! Each value goes down a ladder until a rung holds: its `Serialize`, its `Debug`, the name of its type. Which rungs a
//! type has is decided where the function is compiled ([`ladder`]); that a rung can break at run time, by an error or a
//! panic, is dealt with here. Nothing in here allocates, and nothing a value does gets out.

pub(crate) mod chosen;
mod containers;
pub(crate) mod derived;
pub(crate) mod errors;
mod key;
pub(crate) mod ladder;
pub(crate) mod limits;
mod locks;
pub(crate) mod returned;
pub(crate) mod scalars;
pub(crate) mod serializer;

use std::any::type_name;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use xray_collector::chunk::Writer;
use xray_collector::value::{Straight, TextError};

use self::serializer::Encoder;

/// The value's structure; the text of `otherwise`, or the name of its type, if its `Serialize` returns an error.
pub(crate) fn structured<T: Serialize + ?Sized>(value: &T, otherwise: Option<&dyn Debug>, writer: &mut Writer) {
    encode(&|encoder| value.serialize(encoder), otherwise, type_name::<T>(), writer);
}

/// The text that the value's `Debug` writes, or the name of its type if that fails.
fn debug_text<T: Debug + ?Sized>(value: &T, writer: &mut Writer) {
    text(Writer::debug_text, format_args!("{value:?}"), type_name::<T>(), writer);
}

/// The text that the value's `Display` writes, as a string.
pub(crate) fn display_text<T: Display + ?Sized>(value: &T, writer: &mut Writer) {
    text(Writer::display_text, format_args!("{value}"), type_name::<T>(), writer);
}

/// The name of the value's type.
fn type_name_of<T: ?Sized>(_: &T, writer: &mut Writer) {
    writer.type_name(type_name::<T>());
}

/// Writes the value straight, if that is possible. Nothing in that is the user's code.
fn straight<T: derived::Capture + ?Sized>(value: &T, writer: &mut Writer) -> bool {
    let limits = limits::get();
    if writer.checks_output() {
        return false;
    }
    let (levels, elements) = (limits.depth, limits.elements.saturating_add(1));
    writer.straight(limits.bytes, |pen, writer| value.xray_straight(pen, None, Straight { writer, levels, elements }))
}

// What is below is compiled once, here, rather than for every type in the user's crate.

type Serialized = Result<(), serializer::Error>;

fn encode(
    serialize: &dyn Fn(&mut Encoder<'_>) -> Serialized,
    otherwise: Option<&dyn Debug>,
    type_name: &'static str,
    writer: &mut Writer,
) {
    let limits = limits::get();
    writer.begin_value(limits.bytes);
    let start = writer.mark();
    let mut encoder = Encoder::new(writer, limits);
    // Whatever the value's code leaves behind in the record is rolled back.
    match catch_unwind(AssertUnwindSafe(|| serialize(&mut encoder))) {
        Ok(Ok(())) if encoder.is_complete() => {}
        Ok(Ok(()) | Err(serializer::Error::Full)) => encoder.close_all(),
        // As text it would carry what the schema has kept out.
        Ok(Err(serializer::Error::Failed)) if encoder.has_kept_out() => encoder.close_all(),
        Ok(Err(serializer::Error::Failed)) => {
            writer.rollback(start);
            match otherwise {
                Some(value) => return text(Writer::debug_text, format_args!("{value:?}"), type_name, writer),
                None => writer.type_name(type_name),
            }
        }
        Err(panic) => {
            // Dropping the payload could panic again.
            std::mem::forget(panic);
            writer.rollback(start);
            writer.panicked(type_name);
        }
    }
    writer.end_value();
}

fn text(
    write: fn(&mut Writer, fmt::Arguments<'_>) -> Result<(), TextError>,
    arguments: fmt::Arguments<'_>,
    type_name: &'static str,
    writer: &mut Writer,
) {
    writer.begin_value(limits::get().bytes);
    let start = writer.mark();
    match catch_unwind(AssertUnwindSafe(|| write(writer, arguments))) {
        Ok(Ok(())) => {}
        Ok(Err(TextError::Failed)) => writer.type_name(type_name),
        Ok(Err(TextError::Full)) => writer.omitted(),
        Err(panic) => {
            std::mem::forget(panic);
            writer.rollback(start);
            writer.panicked(type_name);
        }
    }
    writer.end_value();
}
