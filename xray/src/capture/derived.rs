//! Types that say by themselves how they are captured: what `#[derive(xray::Capture)]` implements and expands to.
//!
//! A derived type is written field by field into the encoder that serde values go through, so that the same limits hold
//! for it. Each field goes down a ladder of its own, without a bound on its type: its `Capture`, its `Serialize`, its
//! `Debug`, the name of its type.

use std::any::type_name;
use std::fmt::Debug;

use serde::{Serialize, Serializer as _};
use xray_collector::chunk::{Pen, Shape, Writer};
use xray_collector::value::Straight;

use super::ladder::Value;
use super::serializer::{Compound, Encoder, Error, Next};

/// What writing a value comes to.
pub type Encoded = Result<(), Error>;

/// A type that says how it is captured: derived, with `#[xray(redact)]` and `#[xray(skip)]` on its fields.
///
/// It goes before `Serialize` and `Debug`. Lists, maps, options, results, tuples and pointers of such types are captured
/// the same way.
///
/// ```
/// #[derive(xray::Capture)]
/// struct Customer {
///     name: String,
///     #[xray(redact)] // it is captured that there is one
///     iban: String,
///     #[xray(skip)] // nothing of it is captured
///     cache: Vec<u8>,
/// }
/// # let _ = Customer { name: String::new(), iban: String::new(), cache: Vec::new() };
/// ```
#[diagnostic::on_unimplemented(note = "derive it: `#[derive(xray::Capture)]`")]
pub trait Capture {
    /// Writes the value. Not for users: how may change in any version.
    #[doc(hidden)]
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded;

    /// Writes the same, as the value of the field with that number, if it is one. `None` if that does not go straight.
    #[doc(hidden)]
    #[inline(always)]
    fn xray_straight<'w>(&self, _: Pen<'w>, _: Option<u16>, _: Straight<'_>) -> Option<Pen<'w>> {
        None
    }

    /// Writes each of these: the elements of a list.
    #[doc(hidden)]
    #[inline]
    fn xray_straight_each<'w>(values: &[Self], mut pen: Pen<'w>, straight: Straight<'_>) -> Option<Pen<'w>>
    where
        Self: Sized,
    {
        for value in values {
            pen = value.xray_straight(pen, None, straight)?;
        }
        Some(pen)
    }

    /// Whether what is in it had better go straight one by one.
    #[doc(hidden)]
    #[inline(always)]
    fn xray_is_long(&self) -> bool {
        false
    }
}

/// A type whose values are told apart by one of their fields, so that it can be found out what became of each in a step:
/// derived, with `#[xray(key)]` on that field.
///
/// ```
/// #[derive(xray::Item)]
/// struct Film {
///     #[xray(key)]
///     title: String,
///     rating: f64,
/// }
/// assert_eq!(<Film as xray::Item>::KEY, "title");
/// # let _ = Film { title: String::new(), rating: 0.0 };
/// ```
///
/// Lists of items are captured as they would be otherwise, by their `Capture` or `Serialize`, and with the key's name.
/// Where the field has another name in what `Serialize` writes, `#[xray(key = "name")]` says which.
#[diagnostic::on_unimplemented(note = "derive it: `#[derive(xray::Item)]`, with `#[xray(key)]` on a field")]
pub trait Item {
    /// The name of the field.
    const KEY: &'static str;
}

/// Lists of items.
pub trait Items {
    #[doc(hidden)]
    const KEY: &'static str;
}

macro_rules! items {
    ($($type:ty $(, [$($parameter:tt)*])?;)*) => {
        $(impl<T: Item, $($($parameter)*)?> Items for $type {
            const KEY: &'static str = T::KEY;
        })*
    };
}
items! {
    [T];
    Vec<T>;
    [T; N], [const N: usize];
    std::collections::VecDeque<T>;
    std::collections::LinkedList<T>;
    std::collections::BTreeSet<T>;
    std::collections::BinaryHeap<T>;
    std::collections::HashSet<T, S>, [S];
}

macro_rules! holders_of_items {
    ($($type:ty),* $(,)?) => {
        $(impl<L: Items + ?Sized> Items for $type {
            const KEY: &'static str = L::KEY;
        })*
    };
}
holders_of_items! { &L, &mut L, Box<L>, std::rc::Rc<L>, std::sync::Arc<L> }

impl<L: Items> Items for Option<L> {
    const KEY: &'static str = L::KEY;
}

/// Rung 2 of the ladder: items that say how they are captured.
pub trait ViaItemsAndCapture {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<L: Items + Capture + ?Sized> ViaItemsAndCapture for &&&&&&Value<'_, L> {
    fn xray_capture(&self, writer: &mut Writer) {
        captured(self.0, Some(L::KEY), writer);
    }
}

/// Rung 3: a type that says how it is captured.
pub trait ViaCapture {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<T: Capture + ?Sized> ViaCapture for &&&&&Value<'_, T> {
    fn xray_capture(&self, writer: &mut Writer) {
        captured(self.0, None, writer);
    }
}

/// Rung 4: items with structure.
pub trait ViaItemsAndSerialize {
    #[doc(hidden)]
    fn xray_capture(&self, writer: &mut Writer);
}

impl<L: Items + Serialize + ?Sized> ViaItemsAndSerialize for &&&&Value<'_, L> {
    fn xray_capture(&self, writer: &mut Writer) {
        let encode = |encoder: &mut Encoder<'_>| {
            encoder.keyed(L::KEY)?;
            self.0.serialize(encoder)
        };
        super::encode(&encode, None, type_name::<L>(), writer);
    }
}

fn captured<T: Capture + ?Sized>(value: &T, key: Option<&'static str>, writer: &mut Writer) {
    if key.is_none() && !value.xray_is_long() && super::straight(value, writer) {
        return;
    }
    let encode = |encoder: &mut Encoder<'_>| {
        if let Some(key) = key {
            encoder.keyed(key)?;
        }
        value.xray_encode(encoder)
    };
    super::encode(&encode, None, type_name::<T>(), writer);
}

/// A field of a derived type: `(&&&&Field(&self.field)).xray_field(encoder)`.
#[derive(Debug)]
pub struct Field<'a, T: ?Sized>(pub &'a T);

/// Rung 1.
pub trait FieldViaCapture {
    #[doc(hidden)]
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded;
    #[doc(hidden)]
    fn xray_straight_field<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>>;
}

impl<T: Capture + ?Sized> FieldViaCapture for &&&Field<'_, T> {
    #[inline]
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded {
        self.0.xray_encode(encoder)
    }

    #[inline(always)]
    fn xray_straight_field<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
        self.0.xray_straight(pen, name, straight)
    }
}

/// The rungs below: their code is not known.
macro_rules! not_straight {
    () => {
        #[doc(hidden)]
        #[inline(always)]
        fn xray_straight_field<'w>(&self, _: Pen<'w>, _: Option<u16>, _: Straight<'_>) -> Option<Pen<'w>> {
            None
        }
    };
}

/// Rung 2.
pub trait FieldViaSerialize {
    #[doc(hidden)]
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded;
    not_straight!();
}

impl<T: Serialize + ?Sized> FieldViaSerialize for &&Field<'_, T> {
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded {
        encoder.or_type_name(type_name::<T>(), |encoder| self.0.serialize(encoder))
    }
}

/// Rung 3.
pub trait FieldViaDebug {
    #[doc(hidden)]
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded;
    not_straight!();
}

impl<T: Debug + ?Sized> FieldViaDebug for &Field<'_, T> {
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded {
        encoder.or_type_name(type_name::<T>(), |encoder| encoder.debug_text(format_args!("{:?}", self.0)))
    }
}

/// Rung 4.
pub trait FieldViaTypeName {
    #[doc(hidden)]
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded;
    not_straight!();
}

impl<T: ?Sized> FieldViaTypeName for Field<'_, T> {
    fn xray_field(&self, encoder: &mut Encoder<'_>) -> Encoded {
        encoder.type_name(type_name::<T>())
    }
}

// What the derive expands to, beside the shapes that serde's own methods write.
impl<'w> Encoder<'w> {
    fn keyed(&mut self, key: &'static str) -> Encoded {
        Ok(self.writer.keyed(key)?)
    }

    fn debug_text(&mut self, arguments: std::fmt::Arguments<'_>) -> Encoded {
        self.settle()?;
        Ok(self.writer.debug_text(arguments)?)
    }

    fn type_name(&mut self, name: &'static str) -> Encoded {
        self.settle()?;
        self.writer.type_name(name);
        Ok(())
    }

    /// A value that fails costs itself, not what it is in.
    fn or_type_name(&mut self, name: &'static str, write: impl FnOnce(&mut Self) -> Encoded) -> Encoded {
        self.settle()?;
        let (place, depth) = (self.writer.mark(), self.depth);
        match write(self) {
            Err(Error::Failed) => {
                self.writer.rollback(place);
                self.depth = depth;
                (self.next, self.owes_value) = (Next::VALUE, false);
                self.type_name(name)
            }
            Ok(()) if self.depth != depth => {
                self.close_down_to(depth);
                Ok(())
            }
            written => written,
        }
    }

    /// Writes the struct, which is of this shape, straight, if that is possible; otherwise it is written by
    /// [`Encoder::fields`].
    ///
    /// # Errors
    /// When there is no room.
    #[inline(always)]
    pub fn straight<T: Capture + ?Sized>(&mut self, value: &T, shape: &'static Shape) -> Result<bool, Error> {
        self.goes_straight(shape, |pen, straight| value.xray_straight(pen, None, straight))
    }

    /// Stands for a value that must not be captured.
    pub fn redacted(&mut self) -> Encoded {
        self.settle()?;
        self.writer.redacted();
        Ok(())
    }

    /// A unit struct.
    pub fn unit(&mut self) -> Encoded {
        self.serialize_unit()
    }

    /// A struct with names.
    pub fn fields<'e>(&'e mut self, shape: &'static Shape) -> Result<Shaped<'e, 'w>, Error> {
        if let Some(number) = self.open_new_shape(shape)? {
            return Ok(Shaped { compound: self.opened_shape(), number: Some(number) });
        }
        let compound = self.serialize_struct(shape.name, shape.fields.len())?;
        Ok(Shaped { compound, number: None })
    }

    /// A struct without names.
    pub fn tuple<'e>(&'e mut self, name: &'static str, fields: usize) -> Result<Compound<'e, 'w>, Error> {
        self.serialize_tuple_struct(name, fields)
    }

    /// A variant without data.
    pub fn variant(&mut self, of: &'static str, name: &'static str) -> Encoded {
        self.serialize_unit_variant(of, 0, name)
    }

    /// A variant with one value.
    pub fn value_variant(
        &mut self,
        of: &'static str,
        name: &'static str,
        write: impl FnOnce(&mut Self) -> Encoded,
    ) -> Encoded {
        self.newtype_variant(of, name, write)
    }

    /// A variant with several values.
    pub fn tuple_variant<'e>(
        &'e mut self,
        of: &'static str,
        name: &'static str,
        fields: usize,
    ) -> Result<Compound<'e, 'w>, Error> {
        self.serialize_tuple_variant(of, 0, name, fields)
    }

    /// A variant with names.
    pub fn fields_variant<'e>(
        &'e mut self,
        of: &'static str,
        name: &'static str,
        fields: usize,
    ) -> Result<Compound<'e, 'w>, Error> {
        self.serialize_struct_variant(of, 0, name, fields)
    }
}

/// A struct that is being written, other than straight.
pub struct Shaped<'e, 'w> {
    compound: Compound<'e, 'w>,
    /// Of the next field's name, if this is where the names of the shape are defined.
    number: Option<u16>,
}

impl<'w> Shaped<'_, 'w> {
    /// The next field, as `write` writes it.
    pub fn field_with(&mut self, name: &'static str, write: impl FnOnce(&mut Encoder<'w>) -> Encoded) -> Encoded {
        let Some(number) = &mut self.number else { return self.compound.field_with(name, write) };
        *number += 1;
        self.compound.new_field_with(*number - 1, name, write)
    }

    /// Ends it.
    pub fn finish(mut self, shape: &'static Shape) -> Encoded {
        if let Some(number) = self.number {
            self.compound.learns(shape, number - shape.fields.len() as u16);
        }
        self.compound.finish()
    }
}
