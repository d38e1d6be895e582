//! serde's data model, written into a record as it comes: bounded in bytes, depth and elements.
//!
//! When there is no room left, every method fails, so that the value's own code stops; what is open is closed after
//! that by [`Encoder::close_all`], marked as cut. Beyond a limit of depth or elements the rest is left out and the
//! value goes on.

use std::fmt::Display;

use serde::ser::{self, Serialize};
use xray_collector::chunk::{Full, Mark, Shape, Writer};
use xray_collector::schema::{Fit, OnMismatch};
use xray_collector::value::{TextError, UNKNOWN_LENGTH};

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

/// Writes one value.
pub struct Encoder<'w> {
    pub(super) writer: &'w mut Writer,
    limits: Limits,
    /// How many lists, maps, structs and so on are open.
    pub(super) depth: usize,
    /// Of each that is open, the outermost in the lowest bit: whether it is closed as a struct.
    structs: u64,
    /// A name or key was written, and its value was not.
    pub(super) owes_value: bool,
    /// What is written now is a map's key.
    is_key: bool,
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
            depth: 0,
            structs: 0,
            owes_value: false,
            is_key: false,
            is_secret: false,
            checks_keys,
            first_element: None,
            has_kept_out: false,
        }
    }

    /// Closes what is open, for a value that was given up.
    #[cold]
    pub(super) fn close_all(&mut self) {
        if self.owes_value || self.depth == 0 {
            self.writer.omitted();
        }
        self.owes_value = false;
        self.close_down_to(0);
    }

    /// Closes what was left open: an element failed, and the code that holds it went on.
    #[cold]
    pub(super) fn close_down_to(&mut self, depth: usize) {
        if self.owes_value {
            self.writer.omitted();
            self.owes_value = false;
        }
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

    /// Writes the head of something with elements, unless that would be too deep.
    #[inline]
    fn open<'e>(
        &'e mut self,
        is_struct: bool,
        head: impl FnOnce(&mut Writer) -> Result<(), Full>,
    ) -> Result<Compound<'e, 'w>, Error> {
        let (mut left, mut state) = (self.limits.elements, State::WRITTEN);
        if self.depth < self.limits.depth {
            head(self.writer)?;
            self.opened(is_struct);
            if self.checks_keys && self.depth == 1 {
                state = self.opened_checked();
            }
        } else {
            (left, state) = (0, State::TOO_DEEP);
            self.too_deep();
        }
        let depth = self.depth;
        Ok(Compound { encoder: self, left, depth, passed_over: 0, state })
    }

    /// Whether a struct of this shape is written whole, and without a look at its fields' names.
    #[inline(always)]
    pub(super) fn takes_shape(&self, shape: &Shape) -> bool {
        self.depth < self.limits.depth && shape.fields.len() <= self.limits.elements && !self.checks_keys
    }

    /// Opens a list of so many plain values, if all of them are to be written.
    #[inline(always)]
    pub(super) fn open_plain_list(&mut self, length: usize) -> Result<bool, Error> {
        if self.depth >= self.limits.depth || length > self.limits.elements || self.checks_keys {
            return Ok(false);
        }
        self.writer.list(known(Some(length)))?;
        self.opened(false);
        Ok(true)
    }

    /// After the head of a struct was written.
    pub(super) fn opened_shape<'e>(&'e mut self) -> Compound<'e, 'w> {
        self.opened(true);
        let (left, depth) = (self.limits.elements, self.depth);
        Compound { encoder: self, left, depth, passed_over: 0, state: State::WRITTEN }
    }

    /// The outermost, whose keys are checked.
    #[cold]
    fn opened_checked(&mut self) -> State {
        self.first_element = Some(self.writer.mark());
        State::CHECKED
    }

    pub(super) fn newtype_variant(
        &mut self,
        of: &'static str,
        name: &'static str,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
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
        written
    }

    /// A text that is a map's key.
    fn key(&mut self, key: &str) -> Result<(), Error> {
        self.is_secret = self.writer.string_key(key)?;
        self.owes_value = false;
        Ok(())
    }

    #[cold]
    fn too_deep(&mut self) {
        self.writer.omitted();
        self.owes_value = false;
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty = $write:ident),*) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.writer.$write(value)?;
            self.owes_value = false;
            Ok(())
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

    numbers! {
        serialize_bool: bool = bool, serialize_char: char = char,
        serialize_bytes: &[u8] = bytes, serialize_f32: f32 = f32, serialize_f64: f64 = f64,
        serialize_i8: i8 = i8, serialize_i16: i16 = i16, serialize_i32: i32 = i32, serialize_i64: i64 = i64,
        serialize_i128: i128 = i128, serialize_u8: u8 = u8, serialize_u16: u16 = u16, serialize_u32: u32 = u32,
        serialize_u64: u64 = u64, serialize_u128: u128 = u128
    }

    /// Readable: a date is a text, as a person who reads the value would want it.
    fn is_human_readable(&self) -> bool {
        true
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        self.writer.unit()?;
        self.owes_value = false;
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        if self.is_key {
            return self.key(value);
        }
        self.writer.string(value)?;
        self.owes_value = false;
        Ok(())
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
        self.is_secret |= self.writer.unit_variant(of, name)?;
        self.owes_value = false;
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
        self.open(false, |writer| writer.list(known(length)))
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, Error> {
        self.open(false, |writer| writer.list(known(Some(length))))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        self.open(false, |writer| writer.tuple(name))
    }

    fn serialize_tuple_variant(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        self.open(false, |writer| writer.tuple_variant(of, name))
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, Error> {
        self.open(false, |writer| writer.map(known(length)))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        self.open(true, |writer| writer.structure(name))
    }

    fn serialize_struct_variant(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.open(true, |writer| writer.struct_variant(of, name))
    }

    /// Formats straight into the record.
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        let arguments = format_args!("{value}");
        let written = if self.is_key {
            self.writer.display_key(arguments).map(|is_secret| self.is_secret = is_secret)
        } else {
            self.writer.display_text(arguments)
        };
        written.map_err(|error| match error {
            TextError::Full => Error::Full,
            TextError::Failed => Error::Failed,
        })?;
        self.owes_value = false;
        Ok(())
    }
}

/// Something with elements that is being written.
pub struct Compound<'e, 'w> {
    encoder: &'e mut Encoder<'w>,
    /// Elements that may still be written: none if it is too deep.
    left: usize,
    /// Of the encoder while this is the innermost that is open.
    depth: usize,
    passed_over: u32,
    state: State,
}

/// What is done with the elements. A number, in which there is no room for a `Result` to say that there is an error: it
/// would be put together from single bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State(u32);

impl State {
    const WRITTEN: Self = Self(0);
    /// Their keys have to fit the schema.
    const CHECKED: Self = Self(1);
    const TOO_DEEP: Self = Self(2);
}

impl Compound<'_, '_> {
    /// Whether the next element is to be written.
    #[inline(always)]
    fn takes(&mut self) -> Result<bool, Error> {
        if self.encoder.depth == self.depth && self.left > 0 {
            self.left -= 1;
            return Ok(true);
        }
        self.takes_with_care()
    }

    #[cold]
    fn takes_with_care(&mut self) -> Result<bool, Error> {
        if self.encoder.depth != self.depth {
            self.encoder.close_down_to(self.depth);
        }
        if self.left > 0 {
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

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field_with(name, |encoder| value.serialize(encoder))
    }
}

impl<'w> Compound<'_, 'w> {
    /// The next element, as `write` writes it.
    #[inline]
    pub fn element_with(&mut self, write: impl FnOnce(&mut Encoder<'w>) -> Result<(), Error>) -> Result<(), Error> {
        if self.takes()? { write(self.encoder) } else { Ok(()) }
    }

    /// The next field, as `write` writes it.
    #[inline]
    pub fn field_with(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut Encoder<'w>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.begins_field(name)? {
            return Ok(());
        }
        self.encoder.owes_value = true;
        write(self.encoder)
    }

    #[inline(always)]
    pub(super) fn encoder(&mut self) -> &mut Encoder<'w> {
        self.encoder
    }

    /// Whether the value of a field of this name is to be written next. The name is, if the field is there at all.
    #[inline(always)]
    fn begins_field(&mut self, name: &'static str) -> Result<bool, Error> {
        let is_ordinary = self.encoder.depth == self.depth && self.left > 0 && self.state == State::WRITTEN;
        if is_ordinary && self.encoder.writer.known_field(name) {
            self.left -= 1;
            return Ok(true);
        }
        self.begins_field_with_care(name)
    }

    #[inline(never)]
    fn begins_field_with_care(&mut self, name: &'static str) -> Result<bool, Error> {
        if !self.takes()? {
            return Ok(false);
        }
        let fits = self.state != State::CHECKED || self.captures(Some(name));
        let is_secret = self.encoder.writer.field(name)?;
        if is_secret || !fits {
            self.encoder.writer.redacted();
        }
        Ok(fits && !is_secret)
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
        if std::mem::take(&mut self.encoder.is_secret) { self.encoder.redacted() } else { write(self.encoder) }
    }

    /// Ends it.
    #[inline]
    pub fn finish(self) -> Result<(), Error> {
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
        self.finish()
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
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeTupleVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }
    fn end(self) -> Result<(), Error> {
        self.finish()
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
        if self.state == State::CHECKED && !key::with_text(key, |text| self.captures(text)) {
            key.serialize(&mut *self.encoder)?;
            self.encoder.writer.redacted();
            return Ok(());
        }
        (self.encoder.is_key, self.encoder.is_secret) = (true, false);
        let written = key.serialize(&mut *self.encoder);
        self.encoder.is_key = false;
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
    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field(name, value)
    }
    #[inline]
    fn end(self) -> Result<(), Error> {
        self.finish()
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
        self.finish()
    }
}
