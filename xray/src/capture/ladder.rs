//! The ladder: which rungs a type has, found out at compile time on stable Rust and without a bound.
//!
//! Each rung is a trait with the same method, implemented for [`Value`] behind one reference more than the rung below.
//! `(&&&&&Value(&x)).xray_capture(record)` finds the implementation that needs the fewest dereferences, hence the
//! highest rung that the type has where the call is written. In a generic function that are the rungs that its bounds
//! promise.

use std::any::type_name;
use std::fmt::Debug;

use serde::Serialize;
use xray_collector::chunk::{Full, Record};

/// A value that is captured.
#[derive(Debug)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Primitives and strings: written straight, since their code cannot panic or fail.
pub trait Plain {
    #[doc(hidden)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full>;
}

macro_rules! plain {
    ($($type:ty: $method:ident),*) => {
        $(impl Plain for $type {
            #[inline(always)]
            fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
                record.$method(*self)
            }
        })*
    };
}
plain!(u8: u8, u16: u16, u32: u32, u64: u64, u128: u128, i8: i8, i16: i16, i32: i32, i64: i64, i128: i128);
plain!(f32: f32, f64: f64, bool: bool, char: char);

impl Plain for usize {
    #[inline(always)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
        record.u64(*self as u64)
    }
}

impl Plain for isize {
    #[inline(always)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
        record.i64(*self as i64)
    }
}

impl Plain for () {
    #[inline(always)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
        record.unit()
    }
}

impl Plain for str {
    #[inline(always)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
        record.string(self)
    }
}

impl Plain for String {
    #[inline(always)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
        record.string(self)
    }
}

impl<T: Plain + ?Sized> Plain for &T {
    #[inline(always)]
    fn write(&self, record: &mut Record<'_>) -> Result<(), Full> {
        (**self).write(record)
    }
}

/// Rung 1.
pub trait ViaPlain {
    #[doc(hidden)]
    fn xray_capture(&self, record: &mut Record<'_>);
}

impl<T: Plain + ?Sized> ViaPlain for &&&&Value<'_, T> {
    #[inline(always)]
    fn xray_capture(&self, record: &mut Record<'_>) {
        record.begin_value(super::limits::get().bytes);
        if self.0.write(record).is_err() {
            record.omitted();
        }
    }
}

/// Rung 2: structure, with a text to fall back on.
pub trait ViaSerializeAndDebug {
    #[doc(hidden)]
    fn xray_capture(&self, record: &mut Record<'_>);
}

impl<T: Serialize + Debug + ?Sized> ViaSerializeAndDebug for &&&Value<'_, T> {
    #[inline]
    fn xray_capture(&self, record: &mut Record<'_>) {
        super::structured(self.0, record, |record| super::debug_text(self.0, record));
    }
}

/// Rung 3: structure.
pub trait ViaSerialize {
    #[doc(hidden)]
    fn xray_capture(&self, record: &mut Record<'_>);
}

impl<T: Serialize + ?Sized> ViaSerialize for &&Value<'_, T> {
    #[inline]
    fn xray_capture(&self, record: &mut Record<'_>) {
        super::structured(self.0, record, |record| record.type_name(type_name::<T>()));
    }
}

/// Rung 4: text.
pub trait ViaDebug {
    #[doc(hidden)]
    fn xray_capture(&self, record: &mut Record<'_>);
}

impl<T: Debug + ?Sized> ViaDebug for &Value<'_, T> {
    fn xray_capture(&self, record: &mut Record<'_>) {
        super::debug_text(self.0, record);
    }
}

/// Rung 5: the name of the type.
pub trait ViaTypeName {
    #[doc(hidden)]
    fn xray_capture(&self, record: &mut Record<'_>);
}

impl<T: ?Sized> ViaTypeName for Value<'_, T> {
    fn xray_capture(&self, record: &mut Record<'_>) {
        record.begin_value(super::limits::get().bytes);
        record.type_name(type_name::<T>());
    }
}
