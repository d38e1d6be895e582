//! The straight path of values: those of derived types, if the chunk knows their names, has room for all of them, and
//! nothing in them is withheld. A value that does not go straight to its end is written anew, by the general path.
//!
//! Whatever is written here is written by one pen, which is handed on by value. `None` is always: not straight.

use super::write::{head_of, named_head_of};
use super::{CLOSE_NAME, Scalar, tag};
use crate::chunk::{Pen, Room, SHORT, Shape, Writer};

/// What a straight value has to keep to.
#[derive(Clone, Copy)]
pub struct Straight<'w> {
    /// Whose pen it is.
    pub writer: &'w Writer,
    /// How many lists, structs and so on may still be opened in each other.
    pub levels: usize,
    /// Each has fewer elements than this.
    pub elements: usize,
}

impl Straight<'_> {
    /// Of what is in something with so many elements.
    #[inline(always)]
    fn inside(self, elements: usize) -> Option<Self> {
        (self.levels > 0 && elements < self.elements).then(|| Self { levels: self.levels - 1, ..self })
    }
}

/// Whether there is nothing to look for in the text.
#[inline(always)]
fn is_short(value: &str, writer: &Writer) -> bool {
    value.len() <= SHORT && value.len() < writer.looked_at_from
}

/// Of each, `name` is the number of the field that it is the value of.
impl Pen<'_> {
    /// Room for so many bytes behind the name, which is put there.
    #[inline(always)]
    fn named_room(&mut self, name: Option<u16>, bytes: usize) -> Option<Room<'_>> {
        let Some(name) = name else { return self.room(bytes) };
        let mut room = self.room(size_of::<u16>() + bytes)?;
        room.put(name.to_le_bytes());
        Some(room)
    }

    #[inline(always)]
    fn bytes<const N: usize>(mut self, name: Option<u16>, bytes: [u8; N]) -> Option<Self> {
        let mut room = self.named_room(name, N)?;
        room.put(bytes);
        room.done();
        Some(self)
    }

    /// A number, a `bool`, a `char` or nothing at all.
    #[inline(always)]
    #[must_use]
    pub fn scalar<S: Scalar>(mut self, name: Option<u16>, value: S) -> Option<Self> {
        let mut room = self.named_room(name, S::LENGTH)?;
        value.put(&mut room);
        room.done();
        Some(self)
    }

    /// As many scalars, which are the elements of a list: one look at the room for all of them.
    #[inline(always)]
    #[must_use]
    pub fn scalars<S: Scalar>(mut self, values: &[S]) -> Option<Self> {
        let mut room = self.room(S::LENGTH.checked_mul(values.len())?)?;
        values.iter().for_each(|value| value.put(&mut room));
        room.done();
        Some(self)
    }

    /// A string.
    #[inline(always)]
    #[must_use]
    pub fn string(self, name: Option<u16>, value: &str, writer: &Writer) -> Option<Self> {
        match name {
            Some(name) => self.named_string(name, value, writer),
            None => self.bare_string(value, writer),
        }
    }

    #[inline(never)]
    fn named_string(self, name: u16, value: &str, writer: &Writer) -> Option<Self> {
        if is_short(value, writer) {
            self.short_string(named_head_of(name, value.len()), value)
        } else {
            self.any_named_string(name, value, writer)
        }
    }

    #[inline(never)]
    fn any_named_string(self, name: u16, value: &str, writer: &Writer) -> Option<Self> {
        match self.clear_string(named_head_of(name, value.len()), value, writer) {
            Some(pen) => Some(pen),
            None => self.bytes(None, name.to_le_bytes())?.string_with_care(value, writer),
        }
    }

    #[inline(never)]
    fn bare_string(self, value: &str, writer: &Writer) -> Option<Self> {
        if is_short(value, writer) {
            self.short_string(head_of(value.len()), value)
        } else {
            self.any_string(value, writer)
        }
    }

    #[inline(never)]
    fn any_string(self, value: &str, writer: &Writer) -> Option<Self> {
        match self.clear_string(head_of(value.len()), value, writer) {
            Some(pen) => Some(pen),
            None => self.string_with_care(value, writer),
        }
    }

    /// Strings, which are the elements of a list.
    #[must_use]
    pub fn strings(mut self, mut values: &[String], writer: &Writer) -> Option<Self> {
        while let Some((value, others)) = values.split_first() {
            if !is_short(value, writer) {
                return self.any_strings(values, writer);
            }
            self = self.short_string(head_of(value.len()), value)?;
            values = others;
        }
        Some(self)
    }

    #[inline(never)]
    fn any_strings(self, values: &[String], writer: &Writer) -> Option<Self> {
        values.iter().try_fold(self, |pen, value| pen.bare_string(value, writer))
    }

    #[inline(always)]
    fn short_string<const N: usize>(mut self, head: [u8; N], value: &str) -> Option<Self> {
        let mut room = self.room(N + value.len())?;
        room.put(head);
        room.fill_short(value.as_bytes());
        Some(self)
    }

    /// A string that has to be looked at, if one look is enough.
    #[inline(always)]
    fn clear_string<const N: usize>(self, head: [u8; N], value: &str, writer: &Writer) -> Option<Self> {
        if writer.is_clear(value) { self.short_string(head, value) } else { None }
    }

    /// Any string.
    #[inline(never)]
    fn string_with_care(mut self, value: &str, writer: &Writer) -> Option<Self> {
        let (text, redaction) = (value.as_bytes(), writer.redaction());
        let [a, b, c, d] = u32::try_from(text.len()).ok()?.to_le_bytes();
        let (short, long) = (head_of(text.len()), [tag::STRING, a, b, c, d]);
        let head = if text.len() <= usize::from(u8::MAX) { &short[..] } else { &long };
        // First, so that what does not fit is not looked at.
        let mut room = self.room(head.len() + text.len())?;
        let is_looked_at = text.len() >= writer.looked_at_from && redaction.may_withhold(text);
        if is_looked_at && redaction.find(text, 0, false).is_some() {
            return None;
        }
        head.iter().for_each(|byte| room.put([*byte]));
        room.fill(text);
        Some(self)
    }

    /// Opens a list of so many elements: they follow, then [`Pen::close`].
    #[inline(always)]
    #[must_use]
    pub fn list<'s>(
        mut self,
        name: Option<u16>,
        length: usize,
        straight: Straight<'s>,
    ) -> Option<(Self, Straight<'s>)> {
        let inside = straight.inside(length)?;
        let mut room = self.named_room(name, 5)?;
        room.put([tag::LIST]);
        room.put((length as u32).to_le_bytes());
        room.done();
        Some((self, inside))
    }

    /// Ends a list.
    #[inline(always)]
    #[must_use]
    pub fn close(self) -> Option<Self> {
        self.bytes(None, [tag::CLOSE])
    }

    /// Opens a struct: its fields follow, of which the first has the number that this returns, and each one more than the
    /// one before; then [`Pen::close_fields`].
    #[inline(always)]
    #[must_use]
    pub fn structure<'s>(
        self,
        name: Option<u16>,
        shape: &'static Shape,
        straight: Straight<'s>,
    ) -> Option<(Self, u16, Straight<'s>)> {
        let number = straight.writer.straight_shape(shape)?;
        let inside = straight.inside(shape.fields.len())?;
        let [low, high] = (number - 1).to_le_bytes();
        Some((self.bytes(name, [tag::STRUCT, low, high])?, number, inside))
    }

    /// Ends a struct.
    #[inline(always)]
    #[must_use]
    pub fn close_fields(self) -> Option<Self> {
        self.bytes(None, CLOSE_NAME.to_le_bytes())
    }

    /// A variant without data.
    #[must_use]
    pub fn unit_variant(
        self,
        name: Option<u16>,
        of: &'static str,
        variant: &'static str,
        writer: &Writer,
    ) -> Option<Self> {
        let ([a, b], [c, d]) = (writer.number_of(of)?.to_le_bytes(), writer.number_of(variant)?.to_le_bytes());
        self.bytes(name, [tag::VARIANT_UNIT, a, b, c, d])
    }

    /// Stands for a value that must not be captured.
    #[inline(always)]
    #[must_use]
    pub fn redacted(self, name: Option<u16>) -> Option<Self> {
        self.bytes(name, [tag::REDACTED])
    }
}
