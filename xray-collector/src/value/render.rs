//! From the binary form to whatever serde serializer asks for it: streaming, without a tree between.

use std::cell::RefCell;
use std::fmt::Display;

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::UNKNOWN_LENGTH;
use super::read::{Cursor, Element, Field, Table};

/// The JSON text of something that is rendered: what it is made of was checked when it was read.
pub(super) fn json_text(value: &impl Serialize) -> String {
    crate::json::to_vec(value)
        .map_or_else(|error| error.to_string(), |text| String::from_utf8(text).unwrap_or_default())
}

/// The JSON text of the value at the front of `bytes`.
pub(crate) fn json_of(bytes: &[u8], names: &[std::sync::Arc<str>]) -> String {
    json_text(&Rendered::new(bytes, names, &Notes::default()))
}

/// Where elements are missing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Cut {
    /// JSON pointer to the value.
    pointer: String,
    /// The length that it had, where that is known: elements of a list, bytes of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
}

/// What there is to say about a value beside itself; filled while it is rendered.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Where it is at: `None` of notes that nobody reads.
    path: Option<RefCell<String>>,
    cut: RefCell<Vec<Cut>>,
    redacted: RefCell<Vec<String>>,
}

impl Notes {
    /// Notes that somebody reads; those by default only cost what a list costs that nothing is put into.
    pub(super) fn taken() -> Self {
        Self { path: Some(RefCell::default()), ..Self::default() }
    }

    pub(super) fn into_parts(self) -> (Vec<Cut>, Vec<String>) {
        (self.cut.into_inner(), self.redacted.into_inner())
    }

    fn cut(&self, length: Option<u64>) {
        if let Some(path) = &self.path {
            self.cut.borrow_mut().push(Cut { pointer: path.borrow().clone(), length });
        }
    }

    fn redacted(&self) {
        if let Some(path) = &self.path {
            self.redacted.borrow_mut().push(path.borrow().clone());
        }
    }

    /// Steps down to an element, and back when the result is dropped.
    fn descend(&self, token: impl Display) -> impl Drop + '_ {
        struct Ascend<'a>(Option<(&'a RefCell<String>, usize)>);
        impl Drop for Ascend<'_> {
            fn drop(&mut self) {
                if let Some((path, length)) = self.0 {
                    path.borrow_mut().truncate(length);
                }
            }
        }
        Ascend(self.path.as_ref().map(|path| {
            let length = path.borrow().len();
            let token = token.to_string().replace('~', "~0").replace('/', "~1");
            path.borrow_mut().extend(["/", &token]);
            (path, length)
        }))
    }
}

/// The value at the cursor; rendering it moves the cursor past it.
pub(super) struct Rendered<'a> {
    cursor: RefCell<Cursor<'a>>,
    names: &'a [std::sync::Arc<str>],
    notes: &'a Notes,
}

impl<'a> Rendered<'a> {
    pub(super) fn new(bytes: &'a [u8], names: &'a [std::sync::Arc<str>], notes: &'a Notes) -> Self {
        Self { cursor: RefCell::new(Cursor::new(bytes)), names, notes }
    }

    fn next<E: Error>(&self) -> Result<Element<'a, &'a str>, E> {
        self.cursor.borrow_mut().element(&mut Table(self.names)).map_err(E::custom)
    }

    fn next_field<E: Error>(&self) -> Result<Field<&'a str>, E> {
        self.cursor.borrow_mut().field(&mut Table(self.names)).map_err(E::custom)
    }

    /// The elements of a list up to its close.
    fn list<S: Serializer>(&self, serializer: S, length: Option<u64>) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut index = 0_usize;
        loop {
            match self.next()? {
                Element::Close { cut } => {
                    if cut {
                        self.notes.cut(length);
                    }
                    return list.end();
                }
                element => {
                    let _inside = self.notes.descend(index);
                    list.serialize_element(&Inner::new(self, element))?;
                }
            }
            index += 1;
        }
    }

    fn map<S: Serializer>(&self, serializer: S, length: Option<u64>) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        loop {
            let mut is_withheld = false;
            let key = match self.next()? {
                Element::Close { cut } => {
                    if cut {
                        self.notes.cut(length);
                    }
                    return map.end();
                }
                Element::String { text, withheld, .. } => {
                    is_withheld = withheld;
                    text.to_owned()
                }
                element => {
                    // A key that is no text is its own JSON: `[1,2]`, `true`.
                    json_text(&Inner::new(self, element)).trim_matches('"').to_owned()
                }
            };
            let _inside = self.notes.descend(&key);
            let element = self.next()?;
            // Listed once, where the value is listed anyway.
            if is_withheld && element != Element::Redacted {
                self.notes.redacted();
            }
            map.serialize_entry(&key, &Inner::new(self, element))?;
        }
    }

    fn fields<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        loop {
            match self.next_field()? {
                Field::Close { cut } => {
                    if cut {
                        self.notes.cut(None);
                    }
                    return map.end();
                }
                Field::Name(name) => {
                    let _inside = self.notes.descend(name);
                    let element = self.next()?;
                    map.serialize_entry(name, &Inner::new(self, element))?;
                }
            }
        }
    }
}

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let element = self.next()?;
        Inner::new(self, element).serialize(serializer)
    }
}

/// An element of which the head was read already.
struct Inner<'r, 'a> {
    rest: &'r Rendered<'a>,
    head: RefCell<Option<Element<'a, &'a str>>>,
}

impl<'r, 'a> Inner<'r, 'a> {
    fn new(rest: &'r Rendered<'a>, head: Element<'a, &'a str>) -> Self {
        Self { rest, head: RefCell::new(Some(head)) }
    }
}

/// `{"Variant": …}`, as serde_json writes enums; `write` gets the value's serializer.
struct Payload<'r, 'a> {
    rest: &'r Rendered<'a>,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    Value,
    Tuple,
    Fields,
}

impl Serialize for Payload<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape {
            Shape::Value => self.rest.serialize(serializer),
            Shape::Tuple => self.rest.list(serializer, None),
            Shape::Fields => self.rest.fields(serializer),
        }
    }
}

impl Inner<'_, '_> {
    fn variant<S: Serializer>(&self, serializer: S, name: &str, shape: Shape) -> Result<S::Ok, S::Error> {
        let _inside = self.rest.notes.descend(name);
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(name, &Payload { rest: self.rest, shape })?;
        map.end()
    }
}

impl Serialize for Inner<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let notes = self.rest.notes;
        let known = |length: u32| Some(u64::from(length)).filter(|_| length != UNKNOWN_LENGTH);
        let head = self.head.take().ok_or_else(|| S::Error::custom("a captured value is rendered once"))?;
        match head {
            Element::Unit => serializer.serialize_unit(),
            Element::Bool(value) => serializer.serialize_bool(value),
            Element::Unsigned(value, _) => match u64::try_from(value) {
                Ok(value) => serializer.serialize_u64(value),
                Err(_) => serializer.collect_str(&value),
            },
            Element::Signed(value, _) => match i64::try_from(value) {
                Ok(value) => serializer.serialize_i64(value),
                Err(_) => serializer.collect_str(&value),
            },
            Element::F32(value) if value.is_finite() => serializer.serialize_f32(value),
            Element::F32(value) => serializer.collect_str(&value),
            Element::F64(value) if value.is_finite() => serializer.serialize_f64(value),
            Element::F64(value) => serializer.collect_str(&value),
            Element::Char(value) => serializer.serialize_char(value),
            Element::String { text, full, withheld } => {
                if withheld {
                    notes.redacted();
                }
                if let Some(full) = full {
                    notes.cut(Some(full).filter(|full| *full != u64::MAX));
                }
                serializer.serialize_str(text)
            }
            Element::Bytes { bytes, full } => {
                if full.is_some() {
                    notes.cut(full);
                }
                serializer.collect_seq(bytes)
            }
            Element::List(length) => self.rest.list(serializer, known(length)),
            Element::Map(length) => self.rest.map(serializer, known(length)),
            Element::Struct(_) => self.rest.fields(serializer),
            Element::Tuple(_) => self.rest.list(serializer, None),
            Element::UnitVariant(_, name) => serializer.serialize_str(name),
            Element::ValueVariant(_, name) => self.variant(serializer, name, Shape::Value),
            Element::TupleVariant(_, name) => self.variant(serializer, name, Shape::Tuple),
            Element::StructVariant(_, name) => self.variant(serializer, name, Shape::Fields),
            Element::Keyed(_) => self.rest.serialize(serializer),
            Element::Text { text, cut, withheld } => {
                if withheld {
                    notes.redacted();
                }
                if cut {
                    notes.cut(None);
                }
                serializer.serialize_str(text)
            }
            Element::Type(name) | Element::Panicked(name) => serializer.serialize_str(name),
            Element::Redacted => {
                notes.redacted();
                serializer.serialize_str("[redacted]")
            }
            Element::Omitted => {
                notes.cut(None);
                serializer.serialize_unit()
            }
            Element::Close { .. } => Err(S::Error::custom("a close without an open")),
        }
    }
}
