//! The ladder: which rungs a type has, found out at compile time on stable Rust and without a bound.
//!
//! Each rung is a trait with the same method, implemented for [`Value`] behind one reference more than the rung below.
//! `(&&&&&&&&Value(&x)).xray_capture(writer)` finds the implementation that needs the fewest dereferences, hence the
//! highest rung that the type has where the call is written. In a generic function that are the rungs that its bounds
//! promise.

use std::fmt::Debug;

use serde::Serialize;
use xray_collector::chunk::Writer;

/// A value that is captured.
#[derive(Debug)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Primitives and strings: written straight, since their code cannot panic or fail.
pub trait Plain {
    #[doc(hidden)]
    fn write(&self, writer: &mut Writer);
}

macro_rules! scalars {
    ($($type:ty),* $(,)?) => {
        $(impl Plain for $type {
            #[inline]
            fn write(&self, writer: &mut Writer) {
                if writer.scalar(*self).is_err() {
                    writer.omitted();
                }
            }
        })*
    };
}
scalars! { u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, () }

impl Plain for str {
    /// Not inlined: it has a budget.
    fn write(&self, writer: &mut Writer) {
        writer.begin_value(super::limits::get().bytes);
        if writer.string(self).is_err() {
            writer.omitted();
        }
        writer.end_value();
    }
}

impl Plain for String {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        self.as_str().write(writer);
    }
}

impl<T: Plain + ?Sized> Plain for &T {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        (**self).write(writer);
    }
}

/// Rung 1.
pub trait ViaPlain {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<T: Plain + ?Sized> ViaPlain for &&&&&&&Value<'_, T> {
    #[inline]
    fn xray_capture(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

/// Rung 5, after those in `derived`: structure, with a text to fall back on.
pub trait ViaSerializeAndDebug {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<T: Serialize + Debug + ?Sized> ViaSerializeAndDebug for &&&Value<'_, T> {
    fn xray_capture(&self, writer: &mut Writer) {
        super::structured(self.0, Some(&self.0), writer);
    }
}

/// Rung 6: structure.
pub trait ViaSerialize {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<T: Serialize + ?Sized> ViaSerialize for &&Value<'_, T> {
    fn xray_capture(&self, writer: &mut Writer) {
        super::structured(self.0, None, writer);
    }
}

/// Rung 7: text.
pub trait ViaDebug {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<T: Debug + ?Sized> ViaDebug for &Value<'_, T> {
    fn xray_capture(&self, writer: &mut Writer) {
        super::debug_text(self.0, writer);
    }
}

/// Rung 8: the name of the type.
pub trait ViaTypeName {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<T: ?Sized> ViaTypeName for Value<'_, T> {
    fn xray_capture(&self, writer: &mut Writer) {
        super::type_name_of(self.0, writer);
    }
}
