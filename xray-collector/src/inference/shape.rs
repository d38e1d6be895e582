//! What an item looks like, and which part of a list's element is the item.
//!
//! An element may be more than the item: a pair with a score, a struct around it, a map's entry.

use super::Encoded;
use super::view::{Form, Span, View};
use crate::value::{DecodeError, Element, tag};

/// Fields beyond these are not looked into for an item: each is a way to compare two lists.
const FIELDS: usize = 16;

/// What a value looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    Bool,
    /// Whole or not: `f64` is not.
    Number {
        is_whole: bool,
    },
    Char,
    Text,
    List,
    Map,
    Struct(&'a str),
    Tuple(&'a str),
    Enum(&'a str),
    /// Nothing can be said of it.
    Opaque,
}

impl Shape<'_> {
    /// Whether it is a single word or number.
    pub(super) fn is_scalar(self) -> bool {
        matches!(self, Self::Bool | Self::Number { .. } | Self::Char | Self::Text)
    }

    /// Whether it is a scalar of which equal ones need not be the same thing.
    pub(super) fn is_measure(self) -> bool {
        matches!(self, Self::Bool | Self::Number { .. } | Self::Char)
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Number { .. })
    }

    /// Whether it is of a type that has a name.
    pub(super) fn is_named(self) -> bool {
        matches!(self, Self::Struct(_) | Self::Tuple(_) | Self::Enum(_))
    }

    /// Whether it may have fields.
    pub(super) fn is_record(self) -> bool {
        matches!(self, Self::Struct(_) | Self::Enum(_) | Self::Map)
    }
}

/// Which part of an element is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// All of it.
    Whole,
    /// The first of a pair, the key of a map's entry.
    First,
    /// The second of a pair, the value of a map's entry.
    Second,
    /// This field of it.
    Field(&'a str),
}

impl<'a> Encoded<'a> {
    pub(super) fn shape(&self, start: usize) -> Result<Shape<'a>, DecodeError> {
        Ok(match self.head(start)?.0 {
            Element::Bool(_) => Shape::Bool,
            Element::Unsigned(..) | Element::Signed(..) => Shape::Number { is_whole: true },
            Element::F32(_) | Element::F64(_) => Shape::Number { is_whole: false },
            Element::Char(_) => Shape::Char,
            Element::String { .. } => Shape::Text,
            Element::Bytes { .. } | Element::List(_) => Shape::List,
            Element::Map(_) => Shape::Map,
            Element::Struct(name) => Shape::Struct(name),
            Element::Tuple(name) => Shape::Tuple(name),
            Element::UnitVariant(name, _)
            | Element::ValueVariant(name, _)
            | Element::TupleVariant(name, _)
            | Element::StructVariant(name, _) => Shape::Enum(name),
            _ => Shape::Opaque,
        })
    }

    /// The fields of the value at a place: of a struct, of a map with texts for keys, of what a variant holds.
    /// Nothing for anything else.
    pub(super) fn fields(&self, start: usize) -> Result<Vec<(&'a str, usize)>, DecodeError> {
        let (head, inside) = self.head(start)?;
        match head {
            Element::Struct(_) | Element::StructVariant(..) => self.named(inside),
            Element::ValueVariant(..) => self.fields(inside),
            Element::Map(_) => {
                let mut fields = Vec::new();
                for entry in self.elements(inside)?.starts.chunks_exact(2) {
                    if let (Element::String { text, .. }, _) = self.head(entry[0])? {
                        fields.push((text, entry[1]));
                    }
                }
                Ok(fields)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Where the value of a field begins, if there is such a field.
    pub(super) fn field(&self, start: usize, name: &str) -> Result<Option<usize>, DecodeError> {
        // Most are structs, of which the name is a number of two bytes.
        if self.tag(start) == Some(tag::STRUCT) {
            return self.field_within(start + 3, name);
        }
        let (head, inside) = self.head(start)?;
        match head {
            Element::Struct(_) | Element::StructVariant(..) => self.field_within(inside, name),
            Element::ValueVariant(..) => self.field(inside, name),
            Element::Map(_) => {
                let fields = self.fields(start)?;
                Ok(fields.into_iter().find(|(key, _)| *key == name).map(|(_, start)| start))
            }
            _ => Ok(None),
        }
    }

    /// Where the part of an element begins, if it has that part.
    pub(super) fn part(&self, span: Span, part: Part<'_>) -> Result<Option<usize>, DecodeError> {
        let (start, middle) = (span.start as usize, span.middle as usize);
        let is_entry = middle > start;
        match part {
            Part::Whole => Ok(Some(start)),
            Part::First if is_entry => Ok(Some(start)),
            Part::Second if is_entry => Ok(Some(middle)),
            Part::Field(name) => self.field(start, name),
            Part::First | Part::Second => {
                let (head, inside) = self.head(start)?;
                if !matches!(head, Element::List(_) | Element::Tuple(_)) {
                    return Ok(None);
                }
                let at = if part == Part::First { inside } else { self.end(inside)? };
                Ok(Some(at).filter(|at| !matches!(self.head(*at), Ok((Element::Close { .. }, _)) | Err(_))))
            }
        }
    }

    /// The shapes of the two values that an element is, if it is a pair.
    fn pair(&self, start: usize) -> Result<Option<(Shape<'a>, Shape<'a>)>, DecodeError> {
        let (head, inside) = self.head(start)?;
        if !matches!(head, Element::List(_) | Element::Tuple(_)) {
            return Ok(None);
        }
        Ok(match self.elements(inside)?.starts[..] {
            [first, second] => Some((self.shape(first)?, self.shape(second)?)),
            _ => None,
        })
    }

    /// The parts of a list's elements that may be its items, the likeliest first.
    pub(super) fn parts(&self, view: &View) -> Result<Vec<Part<'a>>, DecodeError> {
        if view.form == Form::Map {
            return Ok(vec![Part::Second, Part::First]);
        }
        let Some(start) = view.items.first().map(|item| item.start as usize) else { return Ok(vec![Part::Whole]) };
        if let Some((first, second)) = self.pair(start)? {
            return Ok(match (first.is_number(), second.is_number()) {
                (false, true) => vec![Part::First, Part::Whole],
                (true, false) => vec![Part::Second, Part::Whole],
                _ => vec![Part::Whole, Part::First, Part::Second],
            });
        }
        let mut parts = vec![Part::Whole];
        for (name, start) in self.fields(start)? {
            let shape = self.shape(start)?;
            let may_be_item = shape.is_named() || shape == Shape::Text;
            if may_be_item && parts.len() <= FIELDS {
                parts.push(Part::Field(name));
            }
        }
        Ok(parts)
    }
}
