//! Captured data as values of a query: the parts that a path leads to, as the JSON that users see spells it.

use crate::value::{Captured, Cursor, DecodeError, Element, Field, MAX_DEPTH, Table};

use super::expression::Segment;
use super::value::Value;

/// The part of a captured value that a path leads to. What was withheld or left out is missing.
pub(super) fn part(captured: &Captured, path: &[Segment]) -> Value {
    let (encoded, _) = captured.surroundings();
    let mut walk = Walk { cursor: Cursor::new(captured.bytes()), names: Table(encoded.names) };
    // What a store hands out has been read to its end before.
    walk.find(path, MAX_DEPTH).unwrap_or_default()
}

struct Walk<'a> {
    cursor: Cursor<'a>,
    names: Table<'a>,
}

type Read<T> = Result<T, DecodeError>;

impl<'a> Walk<'a> {
    fn next(&mut self) -> Read<Element<'a, &'a str>> {
        self.cursor.element(&mut self.names)
    }

    fn field(&mut self) -> Read<Option<&'a str>> {
        Ok(match self.cursor.field(&mut self.names)? {
            Field::Name(name) => Some(name),
            Field::Close { .. } => None,
        })
    }

    fn find(&mut self, path: &[Segment], depth: usize) -> Read<Value> {
        let Some((first, rest)) = path.split_first() else { return self.read(depth) };
        let inner = depth.saturating_sub(1);
        match (self.next()?, first) {
            (Element::Keyed(_), _) => self.find(path, inner),
            (Element::Struct(_), Segment::Name(wanted)) => self.find_field(wanted, rest, inner),
            (Element::Map(_), Segment::Name(wanted)) => self.find_entry(wanted, rest, inner),
            (Element::List(_) | Element::Tuple(_), Segment::Place(place)) => self.find_element(*place, rest, inner),
            (Element::ValueVariant(_, name), Segment::Name(wanted)) if *name == **wanted => self.find(rest, inner),
            (Element::TupleVariant(_, name), Segment::Name(wanted)) if *name == **wanted => match rest {
                [Segment::Place(place), rest @ ..] => self.find_element(*place, rest, inner),
                [] => self.list(inner),
                _ => Ok(Value::Missing),
            },
            (Element::StructVariant(_, name), Segment::Name(wanted)) if *name == **wanted => match rest {
                [Segment::Name(wanted), rest @ ..] => self.find_field(wanted, rest, inner),
                [] => self.fields(inner),
                _ => Ok(Value::Missing),
            },
            _ => Ok(Value::Missing),
        }
    }

    fn find_field(&mut self, wanted: &str, rest: &[Segment], depth: usize) -> Read<Value> {
        while let Some(name) = self.field()? {
            if name == wanted {
                return self.find(rest, depth);
            }
            self.cursor.skip(&mut self.names)?;
        }
        Ok(Value::Missing)
    }

    fn find_entry(&mut self, wanted: &str, rest: &[Segment], depth: usize) -> Read<Value> {
        loop {
            let key = self.next()?;
            if let Element::Close { .. } = key {
                return Ok(Value::Missing);
            }
            if key_text(&self.read_on(key, depth)?).as_deref() == Some(wanted) {
                return self.find(rest, depth);
            }
            self.cursor.skip(&mut self.names)?;
        }
    }

    fn find_element(&mut self, place: usize, rest: &[Segment], depth: usize) -> Read<Value> {
        for _ in 0..place {
            let mut ahead = self.cursor.clone();
            if let Element::Close { .. } = ahead.element(&mut self.names)? {
                return Ok(Value::Missing);
            }
            self.cursor.skip(&mut self.names)?;
        }
        let mut ahead = self.cursor.clone();
        match ahead.element(&mut self.names)? {
            Element::Close { .. } => Ok(Value::Missing),
            _ => self.find(rest, depth),
        }
    }

    fn read(&mut self, depth: usize) -> Read<Value> {
        let element = self.next()?;
        self.read_on(element, depth)
    }

    /// The value of which the head was read already.
    fn read_on(&mut self, head: Element<'a, &'a str>, depth: usize) -> Read<Value> {
        let Some(inner) = depth.checked_sub(1) else { return Ok(Value::Missing) };
        let variant = |name: &str, value| Value::Map([(Value::text(name), value)].into());
        Ok(match head {
            Element::Unit => Value::Null,
            Element::Bool(it) => Value::Bool(it),
            Element::Unsigned(it, _) => i128::try_from(it).map_or(Value::Float(it as f64), Value::Int),
            Element::Signed(it, _) => Value::Int(it),
            Element::F32(it) => Value::Float(it.into()),
            Element::F64(it) => Value::Float(it),
            Element::Char(it) => Value::text(it.encode_utf8(&mut [0; 4])),
            Element::String { text, .. } | Element::Text { text, .. } => Value::text(text),
            Element::UnitVariant(_, name) => Value::text(name),
            Element::Bytes { bytes, .. } => Value::List(bytes.iter().map(|byte| Value::Int((*byte).into())).collect()),
            Element::List(_) | Element::Tuple(_) => self.list(inner)?,
            Element::Map(_) => self.entries(inner)?,
            Element::Struct(_) => self.fields(inner)?,
            Element::ValueVariant(_, name) => variant(name, self.read(inner)?),
            Element::TupleVariant(_, name) => variant(name, self.list(inner)?),
            Element::StructVariant(_, name) => variant(name, self.fields(inner)?),
            Element::Keyed(_) => self.read(inner)?,
            Element::Type(_) | Element::Redacted | Element::Panicked(_) | Element::Omitted | Element::Close { .. } => {
                Value::Missing
            }
        })
    }

    fn list(&mut self, depth: usize) -> Read<Value> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                Element::Close { .. } => return Ok(Value::List(elements.into())),
                head => elements.push(self.read_on(head, depth)?),
            }
        }
    }

    fn entries(&mut self, depth: usize) -> Read<Value> {
        let mut entries = Vec::new();
        loop {
            let key = match self.next()? {
                Element::Close { .. } => return Ok(Value::Map(entries.into())),
                head => self.read_on(head, depth)?,
            };
            let key = key_text(&key).map_or(key, |text| Value::text(&text));
            entries.push((key, self.read(depth)?));
        }
    }

    fn fields(&mut self, depth: usize) -> Read<Value> {
        let mut fields = Vec::new();
        while let Some(name) = self.field()? {
            fields.push((Value::text(name), self.read(depth)?));
        }
        Ok(Value::Map(fields.into()))
    }
}

/// A key as JSON writes it.
fn key_text(key: &Value) -> Option<String> {
    Some(match key {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    })
}
