//! serde's data model, written into a record as it comes: bounded in bytes, depth and elements.
//!
//! When there is no room left, every method fails, so that the value's own code stops; what is open is closed after
//! that by [`Encoder::close_all`], marked as cut. Beyond a limit of depth or elements the rest is left out and the
//! value goes on.
//!
//! A field's name is not written when it comes, but with its value: where that is a number or a short text, there is one
//! look at the room for both.

use std::fmt::Display;

use serde::ser::{self, Serialize};
use xray_collector::chunk::{Full, Mark, Pen, Shape, Writer};
use xray_collector::schema::{Fit, OnMismatch};
use xray_collector::value::{Scalar, Straight, TextError, UNKNOWN_LENGTH};

use super::derived::Capture;
use super::key;
use super::limits::Limits;

/// How many elements beyond the limit are passed over before the value is given up: passing over costs time.
const PASSED_OVER: u32 = 65_536;

/// Why a value was not written to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// There is no room left.
    Full,
    /// Its code returned an error.
    Failed,
}

impl From<Full> for Error {
    #[inline]
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<TextError> for Error {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Full => Self::Full,
            TextError::Failed => Self::Failed,
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Full => "there is no room left for this value",
            Self::Failed => "the value cannot be serialized",
        })
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    /// The message is not kept: what follows is another rung of the ladder.
    fn custom<T: Display>(_: T) -> Self {
        Self::Failed
    }
}

/// What the next value is, or what has to be written before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Next(u32);

impl Next {
    /// A value, before which nothing is missing.
    pub(super) const VALUE: Self = Self(1 << 16);
    /// A map's key.
    const KEY: Self = Self(1 << 17);

    /// The value of a field, whose name the chunk knows under this number.
    #[inline(always)]
    fn field(name: u16) -> Self {
        Self(name.into())
    }

    /// The number of the field's name, if that is missing.
    #[inline(always)]
    fn name(self) -> Option<u16> {
        u16::try_from(self.0).ok()
    }
}

/// Writes one value.
pub struct Encoder<'w> {
    pub(super) writer: &'w mut Writer,
    limits: Limits,
    /// Something with fewer elements than this is written whole, without a look at its keys.
    straight: usize,
    /// How many lists, maps, structs and so on are open.
    pub(super) depth: usize,
    /// Of each that is open, the outermost in the lowest bit: whether it is closed as a struct.
    structs: u64,
    pub(super) next: Next,
    /// A name or key was written, and its value was not.
    pub(super) owes_value: bool,
    /// The key that was written last names a secret.
    is_secret: bool,
    /// The outermost keys are checked by the schema: the value is a result.
    checks_keys: bool,
    /// Where the elements of the outermost struct or map begin, if its keys are checked.
    first_element: Option<Mark>,
    /// A key did not fit, and what it stands for must not be captured in any other way either.
    has_kept_out: bool,
}

impl<'w> Encoder<'w> {
    pub(super) fn new(writer: &'w mut Writer, limits: Limits) -> Self {
        let checks_keys = writer.checks_output();
        Self {
            writer,
            limits,
            straight: if checks_keys { 0 } else { limits.elements.saturating_add(1) },
            depth: 0,
            structs: 0,
            next: Next::VALUE,
            owes_value: false,
            is_secret: false,
            checks_keys,
            first_element: None,
            has_kept_out: false,
        }
    }

    /// Closes what is open, for a value that was given up.
    #[cold]
    pub(super) fn close_all(&mut self) {
        self.owes_value |= self.depth == 0;
        self.close_down_to(0);
    }

    /// Closes what was left open: an element failed, and the code that holds it went on.
    #[cold]
    pub(super) fn close_down_to(&mut self, depth: usize) {
        self.omit_owed();
        self.next = Next::VALUE;
        while self.depth > depth {
            self.close(true);
        }
    }

    /// Whether the schema has kept something out.
    pub(super) fn has_kept_out(&self) -> bool {
        self.has_kept_out
    }

    /// Whether the value is whole; its code may have swallowed an error.
    pub(super) fn is_complete(&self) -> bool {
        self.depth == 0 && !self.owes_value
    }

    fn omit_owed(&mut self) {
        if std::mem::take(&mut self.owes_value) {
            self.writer.omitted();
        }
    }

    /// What is missing before the next value, if something is. Then the value is owed.
    #[inline(always)]
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if let Some(name) = self.next.name() { self.settle_name(name) } else { Ok(()) }
    }

    #[inline]
    fn settle_name(&mut self, name: u16) -> Result<(), Error> {
        self.next = Next::VALUE;
        self.writer.field_number(name)?;
        self.owes_value = true;
        Ok(())
    }

    /// What was being written has failed: it is whole as far as it goes, should the code that holds it go on.
    #[cold]
    fn given_up(&mut self, error: Error) -> Error {
        self.omit_owed();
        self.next = Next::VALUE;
        error
    }

    #[inline(always)]
    fn scalar<S: Scalar>(&mut self, value: S) -> Result<(), Error> {
        if let Some(name) = self.next.name() {
            if self.writer.named_scalar(name, value) {
                self.next = Next::VALUE;
                return Ok(());
            }
            self.settle_name(name)?;
        }
        Ok(self.writer.scalar(value)?)
    }

    #[inline(always)]
    fn string(&mut self, value: &str) -> Result<(), Error> {
        if self.next == Next::VALUE {
            return Ok(self.writer.string(value)?);
        }
        let Some(name) = self.next.name() else { return self.key(value) };
        self.next = Next::VALUE;
        Ok(self.writer.named_string(name, value)?)
    }

    #[inline]
    pub(super) fn close(&mut self, cut: bool) {
        self.depth -= 1;
        if self.structs >> self.depth & 1 == 1 {
            self.writer.close_fields(cut);
        } else {
            self.writer.close(cut);
        }
    }

    /// After the head of something with elements was written.
    #[inline]
    pub(super) fn opened(&mut self, is_struct: bool) {
        self.owes_value = false;
        self.structs = self.structs & !(1 << self.depth) | u64::from(is_struct) << self.depth;
        self.depth += 1;
    }

    /// Whether all elements of something with so many are written, without a look at their keys.
    #[inline(always)]
    fn is_straight(&self, elements: usize) -> bool {
        self.depth < self.limits.depth && elements < self.straight
    }

    /// Writes the head of something with so many elements, as far as that is known, unless it would be too deep.
    #[inline(always)]
    fn open<'e>(
        &'e mut self,
        is_struct: bool,
        elements: Option<usize>,
        head: impl FnOnce(&mut Writer) -> Result<(), Full>,
    ) -> Result<Compound<'e, 'w>, Error> {
        self.settle()?;
        let state = if self.depth >= self.limits.depth {
            self.too_deep();
            State::TOO_DEEP
        } else {
            head(self.writer)?;
            self.opened(is_struct);
            let is_straight = elements.is_some_and(|elements| elements < self.straight);
            if is_straight { State::STRAIGHT } else { self.opened_with_care() }
        };
        let (left, depth) = (self.limits.elements, self.depth);
        Ok(Compound { encoder: self, state, passed_over: 0, depth, left })
    }

    /// Writes the next value by a pen, if that is possible: a struct of this shape.
    #[inline(always)]
    pub(super) fn goes_straight(
        &mut self,
        shape: &'static Shape,
        write: impl for<'p> FnOnce(Pen<'p>, Straight<'_>) -> Option<Pen<'p>>,
    ) -> Result<bool, Error> {
        self.settle()?;
        let (levels, elements) = (self.limits.depth - self.depth, self.straight);
        let written = self.writer.straight(usize::MAX, |pen, writer| write(pen, Straight { writer, levels, elements }));
        if written {
            self.owes_value = false;
        } else {
            self.writer.not_straight(shape);
        }
        Ok(written)
    }

    /// A struct of a shape whose names the chunk does not know: the number of the first field's. `None` if it has to be
    /// written name by name.
    pub(super) fn open_new_shape(&mut self, shape: &'static Shape) -> Result<Option<u16>, Error> {
        if !self.is_straight(shape.fields.len()) || self.writer.known_shape(shape).is_some() {
            return Ok(None);
        }
        self.settle()?;
        Ok(self.writer.open_new_shape(shape)?)
    }

    /// After the head of a struct was written.
    pub(super) fn opened_shape<'e>(&'e mut self) -> Compound<'e, 'w> {
        self.opened(true);
        let (left, depth) = (self.limits.elements, self.depth);
        Compound { encoder: self, state: State::STRAIGHT, passed_over: 0, depth, left }
    }

    /// What of which elements may have to be left out.
    #[cold]
    fn opened_with_care(&mut self) -> State {
        if self.checks_keys && self.depth == 1 {
            self.first_element = Some(self.writer.mark());
            return State::CHECKED;
        }
        State::COUNTED
    }

    /// A list of so many, if that is known, each as `write` writes it.
    #[inline(always)]
    pub(super) fn list_with<T>(
        &mut self,
        length: Option<usize>,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(depth) = self.open_list(length)? else { return self.list_with_care(length, elements, write) };
        for element in elements {
            write(self, element)?;
            if self.depth != depth {
                self.close_down_to(depth);
            }
        }
        self.close_list();
        Ok(())
    }

    /// A list of so many, each straight if it goes that way.
    pub(super) fn list_of<'v, T: Capture + 'v>(
        &mut self,
        length: usize,
        mut elements: impl Iterator<Item = &'v T>,
    ) -> Result<(), Error> {
        let Some(depth) = self.open_list(Some(length))? else {
            return self.list_with_care(Some(length), elements, |encoder, element| element.xray_encode(encoder));
        };
        while let Some(element) = self.first_not_straight(&mut elements) {
            element.xray_encode(self)?;
            if self.depth != depth {
                self.close_down_to(depth);
            }
        }
        self.close_list();
        Ok(())
    }

    /// Writes elements straight. Returns the first that does not go straight.
    #[inline(always)]
    fn first_not_straight<'v, T: Capture + 'v>(&mut self, elements: &mut impl Iterator<Item = &'v T>) -> Option<&'v T> {
        let (levels, bound) = (self.limits.depth - self.depth, self.straight);
        let mut other = None;
        let has_begun = self.writer.straight(usize::MAX, |mut pen, writer| {
            for element in elements.by_ref() {
                let Some(next) = element.xray_straight(pen, None, Straight { writer, levels, elements: bound }) else {
                    other = Some(element);
                    break;
                };
                pen = next;
            }
            Some(pen)
        });
        if has_begun { other } else { elements.next() }
    }

    /// Opens a list of so many, if that is known and all of them are written: how deep it is.
    #[inline(always)]
    fn open_list(&mut self, length: Option<usize>) -> Result<Option<usize>, Error> {
        let Some(length) = length.filter(|length| self.is_straight(*length)) else { return Ok(None) };
        self.settle()?;
        self.writer.list(known(Some(length)))?;
        self.opened(false);
        Ok(Some(self.depth))
    }

    /// Ends what [`Encoder::open_list`] has opened.
    #[inline(always)]
    fn close_list(&mut self) {
        self.depth -= 1;
        self.writer.close(false);
    }

    #[cold]
    #[inline(never)]
    fn list_with_care<T>(
        &mut self,
        length: Option<usize>,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut list = self.open(false, length, |writer| writer.list(known(length)))?;
        for element in elements {
            list.element_with(|encoder| write(encoder, element))?;
        }
        list.finish()
    }

    pub(super) fn newtype_variant(
        &mut self,
        of: &'static str,
        name: &'static str,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.settle()?;
        if self.depth >= self.limits.depth {
            self.too_deep();
            return Ok(());
        }
        self.writer.value_variant(of, name)?;
        // Counts as a level, though nothing closes it: a variant within a variant nests, too.
        self.limits.depth -= 1;
        self.owes_value = true;
        let written = write(self);
        self.limits.depth += 1;
        self.owes_value &= written.is_err();
        written
    }

    /// A text that is a map's key.
    fn key(&mut self, key: &str) -> Result<(), Error> {
        self.is_secret = self.writer.string_key(key)?;
        Ok(())
    }

    #[cold]
    fn too_deep(&mut self) {
        self.writer.omitted();
        self.owes_value = false;
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.scalar(value)
        })*
    };
}

#[inline]
fn known(length: Option<usize>) -> u32 {
    length.and_then(|length| u32::try_from(length).ok()).unwrap_or(UNKNOWN_LENGTH)
}

impl<'e, 'w> ser::Serializer for &'e mut Encoder<'w> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'e, 'w>;
    type SerializeTuple = Compound<'e, 'w>;
    type SerializeTupleStruct = Compound<'e, 'w>;
    type SerializeTupleVariant = Compound<'e, 'w>;
    type SerializeMap = Compound<'e, 'w>;
    type SerializeStruct = Compound<'e, 'w>;
    type SerializeStructVariant = Compound<'e, 'w>;

    scalars! {
        serialize_bool: bool, serialize_char: char, serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.settle()?;
        Ok(self.writer.bytes(value)?)
    }

    /// Readable: a date is a text, as a person who reads the value would want it.
    fn is_human_readable(&self) -> bool {
        true
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        self.scalar(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.string(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, of: &'static str, _: u32, name: &'static str) -> Result<(), Error> {
        self.settle()?;
        self.is_secret |= self.writer.unit_variant(of, name)?;
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.newtype_variant(of, name, |encoder| value.serialize(encoder))
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        self.open(false, length, |writer| writer.list(known(length)))
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, Error> {
        self.open(false, Some(length), |writer| writer.list(known(Some(length))))
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeTupleStruct, Error> {
        self.open(false, Some(length), |writer| writer.tuple(name))
    }

    fn serialize_tuple_variant(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        self.open(false, Some(length), |writer| writer.tuple_variant(of, name))
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, Error> {
        self.open(false, None, |writer| writer.map(known(length)))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeStruct, Error> {
        self.open(true, Some(length), |writer| writer.structure(name))
    }

    fn serialize_struct_variant(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.open(true, Some(length), |writer| writer.struct_variant(of, name))
    }

    /// Not by [`Self::serialize_seq`], so that nothing of the list is kept in memory between its elements.
    #[inline]
    fn collect_seq<I>(self, elements: I) -> Result<(), Error>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let elements = elements.into_iter();
        let length = match elements.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        self.list_with(length, elements, |encoder, element| element.serialize(encoder))
    }

    /// Formats straight into the record.
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        let arguments = format_args!("{value}");
        self.settle()?;
        let written = if self.next == Next::KEY {
            self.writer.display_key(arguments).map(|is_secret| self.is_secret = is_secret)
        } else {
            self.writer.display_text(arguments)
        };
        Ok(written?)
    }
}

/// Something with elements that is being written.
// In this order, so that where a `Result` has the byte of an error this has a byte, too: or it would be put together from
// single ones.
#[repr(C)]
pub struct Compound<'e, 'w> {
    encoder: &'e mut Encoder<'w>,
    state: State,
    passed_over: u32,
    /// Of the encoder while this is the innermost that is open.
    depth: usize,
    /// Elements that may still be written, if they are counted.
    left: usize,
}

/// What is done with the elements.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State(u8);

impl State {
    /// All are written: it has said how many there are.
    const STRAIGHT: Self = Self(0);
    /// So many are written as the limit says.
    const COUNTED: Self = Self(1);
    /// Their keys have to fit the schema, too.
    const CHECKED: Self = Self(2);
    const TOO_DEEP: Self = Self(3);
}

impl Compound<'_, '_> {
    /// Whether nothing is to be looked at before the next element.
    #[inline(always)]
    fn is_straight(&self) -> bool {
        self.state == State::STRAIGHT && self.encoder.depth == self.depth
    }

    /// Whether the next element is to be written.
    #[inline(always)]
    fn takes(&mut self) -> Result<bool, Error> {
        if self.is_straight() { Ok(true) } else { self.takes_with_care() }
    }

    #[cold]
    fn takes_with_care(&mut self) -> Result<bool, Error> {
        if self.encoder.depth != self.depth {
            self.encoder.close_down_to(self.depth);
        }
        if self.state == State::STRAIGHT {
            return Ok(true);
        }
        if self.left > 0 && self.state != State::TOO_DEEP {
            self.left -= 1;
            return Ok(true);
        }
        self.pass_over()
    }

    #[cold]
    fn pass_over(&mut self) -> Result<bool, Error> {
        self.passed_over += 1;
        if self.passed_over > PASSED_OVER { Err(Error::Full) } else { Ok(false) }
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element_with(|encoder| value.serialize(encoder))
    }

    #[inline(always)]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field_with(name, |encoder| value.serialize(encoder))
    }
}

impl<'w> Compound<'_, 'w> {
    /// The next element, as `write` writes it.
    #[inline]
    pub fn element_with(&mut self, write: impl FnOnce(&mut Encoder<'w>) -> Result<(), Error>) -> Result<(), Error> {
        if self.takes()? { write(self.encoder).map_err(|error| self.encoder.given_up(error)) } else { Ok(()) }
    }

    /// The next field, as `write` writes it.
    #[inline(always)]
    pub fn field_with(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut Encoder<'w>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.begins_field(name)? {
            return Ok(());
        }
        write(self.encoder).map_err(|error| self.encoder.given_up(error))?;
        self.encoder.owes_value = false;
        Ok(())
    }

    /// The next field, whose name the chunk knows under this number from here on.
    pub(super) fn new_field_with(
        &mut self,
        number: u16,
        name: &'static str,
        write: impl FnOnce(&mut Encoder<'w>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.encoder.writer.new_numbered_field(number, name)?;
        self.encoder.owes_value = true;
        write(self.encoder).map_err(|error| self.encoder.given_up(error))?;
        self.encoder.owes_value = false;
        Ok(())
    }

    /// All names of this shape have been written; `number` is that of the first field.
    pub(super) fn learns(&mut self, shape: &'static Shape, number: u16) {
        self.encoder.writer.learn_shape(shape, number);
    }

    /// Whether the value of a field of this name is to be written next.
    #[inline(always)]
    fn begins_field(&mut self, name: &'static str) -> Result<bool, Error> {
        if self.is_straight()
            && let Some(number) = self.encoder.writer.field_number_of(name)
        {
            self.encoder.next = Next::field(number);
            return Ok(true);
        }
        self.begins_field_with_care(name)
    }

    /// Writes the name, if the field is there at all.
    #[inline(never)]
    fn begins_field_with_care(&mut self, name: &'static str) -> Result<bool, Error> {
        if !self.takes()? {
            return Ok(false);
        }
        let fits = self.state != State::CHECKED || self.captures(Some(name));
        let is_secret = self.encoder.writer.field(name)?;
        if is_secret || !fits {
            self.encoder.writer.redacted();
            return Ok(false);
        }
        (self.encoder.next, self.encoder.owes_value) = (Next::VALUE, true);
        Ok(true)
    }

    /// Whether what has this key may be captured; `None` is a key that is no text. If the schema rejects it, what was
    /// written before is taken back, and nothing is written after it.
    #[cold]
    fn captures(&mut self, key: Option<&str>) -> bool {
        // No key is declared as an empty text.
        let fit = self.encoder.writer.output_fit(key.unwrap_or_default());
        if fit.is_captured() {
            return true;
        }
        self.encoder.has_kept_out = true;
        if fit == Fit::Misfit(OnMismatch::Reject) {
            if let Some(first) = self.encoder.first_element {
                self.encoder.writer.rollback(first);
            }
            (self.left, self.passed_over) = (0, self.passed_over + 1);
        }
        false
    }

    /// The value of the key before, as `write` writes it.
    #[inline]
    pub(super) fn value_with(
        &mut self,
        write: impl FnOnce(&mut Encoder<'w>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // Owed only if the key was taken: what it belongs to is within the limit then.
        if !self.encoder.owes_value || self.state == State::TOO_DEEP || self.passed_over > 0 {
            return Ok(());
        }
        if std::mem::take(&mut self.encoder.is_secret) {
            self.encoder.writer.redacted();
        } else {
            write(self.encoder).map_err(|error| self.encoder.given_up(error))?;
        }
        self.encoder.owes_value = false;
        Ok(())
    }

    /// Ends a list, or whatever else has no names.
    #[inline(always)]
    fn finish_list(mut self) -> Result<(), Error> {
        if !self.is_straight() {
            return self.finish_with_care();
        }
        self.encoder.depth = self.depth - 1;
        self.encoder.writer.close(false);
        Ok(())
    }

    /// Ends a struct, or a variant with names.
    #[inline(always)]
    fn finish_fields(mut self) -> Result<(), Error> {
        if !self.is_straight() {
            return self.finish_with_care();
        }
        self.encoder.depth = self.depth - 1;
        self.encoder.writer.close_fields(false);
        Ok(())
    }

    /// Ends it, whatever it is.
    pub fn finish(mut self) -> Result<(), Error> {
        self.finish_with_care()
    }

    #[inline(never)]
    fn finish_with_care(&mut self) -> Result<(), Error> {
        if self.state != State::TOO_DEEP {
            if self.encoder.depth != self.depth {
                self.encoder.close_down_to(self.depth);
            }
            self.encoder.close(self.passed_over > 0);
        }
        Ok(())
    }
}

impl ser::SerializeSeq for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish_list()
    }
}

impl ser::SerializeTuple for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish_list()
    }
}

impl ser::SerializeTupleStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.finish_list()
    }
}

impl ser::SerializeTupleVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.finish_list()
    }
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        if !self.takes()? {
            return Ok(());
        }
        self.encoder.omit_owed();
        if self.state == State::CHECKED && !key::with_text(key, |text| self.captures(text)) {
            key.serialize(&mut *self.encoder)?;
            self.encoder.writer.redacted();
            return Ok(());
        }
        (self.encoder.next, self.encoder.is_secret) = (Next::KEY, false);
        let written = key.serialize(&mut *self.encoder);
        self.encoder.next = Next::VALUE;
        written?;
        self.encoder.owes_value = true;
        Ok(())
    }
    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value_with(|encoder| value.serialize(encoder))
    }
    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field(name, value)
    }
    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish_fields()
    }
}

impl ser::SerializeStructVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field(name, value)
    }
    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish_fields()
    }
}
