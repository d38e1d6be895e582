//! Structs whose names are known before they are written: one look-up for all of them.

use super::record::Full;
use super::writer::Writer;
use crate::value::{NAME_ANONYMOUS, STRUCT};

/// A struct's name and those of its fields, in the order in which they are written. A static.
#[derive(Debug)]
pub struct Shape {
    /// The struct's name.
    pub name: &'static str,
    /// Its fields' names.
    pub fields: &'static [&'static str],
}

/// Entries of the table of shapes that are defined in the chunk.
const SHAPES: usize = 64;

/// Which shapes are defined in the chunk: for each its address, and in the lowest bits of that how many of its values did
/// not go straight. The numbers of a shape's names follow each other, the struct's first.
pub(super) struct Shapes {
    known: [(usize, u16); SHAPES],
}

/// So many of those bits count: they are 0 in the address itself.
const FAILURES: usize = align_of::<Shape>();
/// Where so many values did not go straight, no other is tried in this chunk.
const TOO_MANY: usize = FAILURES / 2;

impl Shapes {
    pub(super) const NONE: Self = Self { known: [(0, 0); SHAPES] };

    #[inline(always)]
    fn place(address: usize) -> usize {
        address / align_of::<Shape>() / 4 % SHAPES
    }
}

impl Writer {
    /// The number of the first of a struct's fields, if the chunk knows the names of this shape: the struct's own has the
    /// number before it.
    #[inline(always)]
    #[must_use]
    pub fn known_shape(&self, shape: &'static Shape) -> Option<u16> {
        self.shape_with(shape, FAILURES)
    }

    /// As [`Writer::known_shape`], unless too many of its values did not go straight.
    #[inline(always)]
    #[must_use]
    pub fn straight_shape(&self, shape: &'static Shape) -> Option<u16> {
        self.shape_with(shape, TOO_MANY)
    }

    #[inline(always)]
    fn shape_with(&self, shape: &'static Shape, fewer_failures_than: usize) -> Option<u16> {
        let address = std::ptr::from_ref(shape) as usize;
        let (known, number) = self.shapes.known[Shapes::place(address)];
        (known.wrapping_sub(address) < fewer_failures_than).then_some(number)
    }

    /// A value of this shape did not go straight.
    #[cold]
    pub fn not_straight(&mut self, shape: &'static Shape) {
        if self.straight_shape(shape).is_some() {
            self.shapes.known[Shapes::place(std::ptr::from_ref(shape) as usize)].0 += 1;
        }
    }

    /// Opens a struct of a shape that the chunk does not know: the fields follow by [`Writer::new_numbered_field`], the
    /// first with the number that this returns. `None` if it has to be written name by name, because one of them is a secret's or
    /// there are too many; nothing is written then.
    ///
    /// # Errors
    /// When there is no room.
    pub fn open_new_shape(&mut self, shape: &'static Shape) -> Result<Option<u16>, Full> {
        let (number, names) = (self.next_number, shape.fields.len() + 1);
        let is_secret = |name: &&str| self.redaction().is_secret_name(name);
        if usize::from(number) + names >= usize::from(NAME_ANONYMOUS) || shape.fields.iter().any(is_secret) {
            return Ok(None);
        }
        let start = self.mark();
        self.put([STRUCT])?;
        self.next_number += names as u16;
        self.put_new_name(number, shape.name).inspect_err(|_| self.rollback(start))?;
        Ok(Some(number + 1))
    }

    /// The name of a struct's next field, which the chunk knows under this number from here on.
    ///
    /// # Errors
    /// When there is no room.
    pub fn new_numbered_field(&mut self, number: u16, name: &'static str) -> Result<(), Full> {
        self.put_new_name(number, name)
    }

    /// All names of this shape have been written; `number` is that of the first field.
    pub fn learn_shape(&mut self, shape: &'static Shape, number: u16) {
        let address = std::ptr::from_ref(shape) as usize;
        self.shapes.known[Shapes::place(address)] = (address, number);
    }
}
