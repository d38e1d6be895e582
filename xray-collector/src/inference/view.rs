//! The lists that a value holds, and where each of their items stands.

use super::Encoded;
use crate::value::{Cursor, DecodeError, Element, Field, Table, UNKNOWN_LENGTH, tag};

/// How deep below a value a list is looked for: `SearchResult { page: Page { items } }` is found.
const DEPTH: usize = 3;
/// A longer list is not looked at as a tuple.
const TUPLE_LENGTH: usize = 12;
/// Lists beyond these are left out, so that the time stays proportional to the bytes.
const VIEWS: usize = 8;

/// What sort of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A list, set, array or tuple of one type.
    List,
    /// A map: an item is an entry.
    Map,
    /// One value, looked at as a list of it alone.
    Single,
    /// `None`, looked at as a list of nothing.
    Nothing,
}

/// Where an item stands: of a map's entry the key before `middle`, the value after it; else `middle` is `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) middle: u32,
    /// Its place in the list.
    pub(super) position: u32,
}

/// One list within a value.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) form: Form,
    /// The items that are there. `None` among others is none of them.
    pub(super) items: Vec<Span>,
    /// How many it had, those included that were not captured.
    pub(super) length: u64,
    /// Items are missing.
    pub(super) is_cut: bool,
    /// How many structs and tuples it lies within.
    pub(super) depth: usize,
}

impl View {
    /// The value itself, as the only item.
    pub(super) fn single(start: usize) -> Result<Self, DecodeError> {
        let items = vec![span(start, start, 0)?];
        Ok(Self { form: Form::Single, items, length: 1, is_cut: false, depth: 0 })
    }

    pub(super) fn nothing() -> Self {
        Self { form: Form::Nothing, items: Vec::new(), length: 0, is_cut: false, depth: 0 }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.form, Form::List | Form::Map)
    }
}

fn span(start: usize, middle: usize, position: usize) -> Result<Span, DecodeError> {
    let narrow = |at| u32::try_from(at).map_err(|_| DecodeError { what: "a list of more than 4 GiB", at: start });
    Ok(Span { start: narrow(start)?, middle: narrow(middle)?, position: narrow(position)? })
}

impl<'a> Encoded<'a> {
    /// A cursor at a place in the bytes. Its positions count from there.
    pub(super) fn cursor(&self, start: usize) -> Cursor<'a> {
        Cursor::new(self.bytes.get(start..).unwrap_or_default())
    }

    /// The head of the value at a place, and where what is in it begins. That it says which field is the key is passed
    /// over.
    pub(super) fn head(&self, start: usize) -> Result<(Element<'a, &'a str>, usize), DecodeError> {
        let mut cursor = self.cursor(start);
        loop {
            match cursor.element(&mut Table(self.names))? {
                Element::Keyed(_) => {}
                element => return Ok((element, start + cursor.position())),
            }
        }
    }

    /// The field that a value says is the key of its items: one of the values from the first on.
    pub(super) fn said_key(&self) -> Option<&'a str> {
        let mut start = 0;
        while start < self.bytes.len() {
            if let Element::Keyed(key) = self.cursor(start).element(&mut Table(self.names)).ok()? {
                return Some(key);
            }
            start = self.end(start).ok()?;
        }
        None
    }

    /// The first byte of the value at a place: enough to tell what need not be decoded.
    fn tag(&self, start: usize) -> Option<u8> {
        self.bytes.get(start).copied()
    }

    /// Where the value at a place ends.
    pub(super) fn end(&self, start: usize) -> Result<usize, DecodeError> {
        let mut cursor = self.cursor(start);
        cursor.pass(&mut Table(self.names))?;
        Ok(start + cursor.position())
    }

    /// Where the values that follow each other up to a close begin, and whether some are missing. `at` is the first.
    pub(super) fn elements(&self, at: usize) -> Result<(Vec<usize>, bool), DecodeError> {
        let names = &mut Table(self.names);
        let mut cursor = self.cursor(at);
        let mut starts = Vec::new();
        loop {
            let start = cursor.position();
            let tag = self.tag(at + start);
            if let Some(tag::CLOSE | tag::CUT) = tag {
                return Ok((starts, tag == Some(tag::CUT)));
            }
            starts.push(at + start);
            cursor.pass(names)?;
        }
    }

    /// The fields of a struct whose first field's name is at `at`: names, and where the values begin.
    pub(super) fn named(&self, at: usize) -> Result<Vec<(&'a str, usize)>, DecodeError> {
        let names = &mut Table(self.names);
        let mut cursor = self.cursor(at);
        let mut fields = Vec::new();
        while let Field::Name(name) = cursor.field(names)? {
            fields.push((name, at + cursor.position()));
            cursor.pass(names)?;
        }
        Ok(fields)
    }

    /// Where the value of the field with this name begins; `at` as for [`Encoded::named`].
    pub(super) fn field_within(&self, at: usize, name: &str) -> Result<Option<usize>, DecodeError> {
        let names = &mut Table(self.names);
        let mut cursor = self.cursor(at);
        while let Field::Name(found) = cursor.field(names)? {
            if found == name {
                return Ok(Some(at + cursor.position()));
            }
            cursor.pass(names)?;
        }
        Ok(None)
    }

    /// The lists in the value at a place.
    ///
    /// # Errors
    /// When the bytes are not a value.
    pub(super) fn views(&self, start: usize) -> Result<Vec<View>, DecodeError> {
        let mut views = Vec::new();
        self.gather(start, 0, &mut views)?;
        Ok(views)
    }

    fn gather(&self, start: usize, depth: usize, views: &mut Vec<View>) -> Result<(), DecodeError> {
        if depth > DEPTH || views.len() >= VIEWS {
            return Ok(());
        }
        let (head, inside) = self.head(start)?;
        match head {
            Element::List(length) => {
                let (starts, is_cut) = self.elements(inside)?;
                if self.is_tuple(&starts)? {
                    return self.gather_each(starts, depth + 1, views);
                }
                views.push(self.list(&starts, length, is_cut, depth)?);
            }
            Element::Map(length) => self.gather_map(inside, length, depth, views)?,
            Element::Struct(_) | Element::StructVariant(..) => {
                let starts = self.named(inside)?.into_iter().map(|(_, start)| start).collect();
                self.gather_each(starts, depth + 1, views)?;
            }
            Element::Tuple(_) | Element::TupleVariant(..) => {
                let (starts, _) = self.elements(inside)?;
                self.gather_each(starts, depth + 1, views)?;
            }
            Element::ValueVariant(..) => self.gather(inside, depth + usize::from(depth > 0), views)?,
            _ => {}
        }
        Ok(())
    }

    fn gather_each(&self, starts: Vec<usize>, depth: usize, views: &mut Vec<View>) -> Result<(), DecodeError> {
        starts.into_iter().try_for_each(|start| self.gather(start, depth, views))
    }

    fn list(&self, starts: &[usize], length: u32, is_cut: bool, depth: usize) -> Result<View, DecodeError> {
        let mut items = Vec::with_capacity(starts.len());
        for (position, start) in starts.iter().enumerate() {
            if self.tag(*start) != Some(tag::UNIT) {
                items.push(span(*start, *start, position)?);
            }
        }
        let holes = starts.len() - items.len();
        let known = if is_cut && length != UNKNOWN_LENGTH { length as usize } else { starts.len() };
        let length = known.max(starts.len()) - holes;
        Ok(View { form: Form::List, items, length: length as u64, is_cut, depth })
    }

    fn gather_map(&self, inside: usize, length: u32, depth: usize, views: &mut Vec<View>) -> Result<(), DecodeError> {
        let (starts, is_cut) = self.elements(inside)?;
        let mut items = Vec::with_capacity(starts.len() / 2);
        let mut lists = Vec::new();
        for (position, entry) in starts.chunks_exact(2).enumerate() {
            items.push(span(entry[0], entry[1], position)?);
            if self.tag(entry[1]) == Some(tag::LIST) {
                lists.push(entry[1]);
            }
        }
        let known = if is_cut && length != UNKNOWN_LENGTH { length as usize } else { items.len() };
        let length = known.max(items.len()) as u64;
        views.push(View { form: Form::Map, items, length, is_cut, depth });
        // A struct with `#[serde(flatten)]`, or a JSON object, with a list in it.
        match lists[..] {
            [list] => self.gather(list, depth + 1, views),
            _ => Ok(()),
        }
    }

    /// Whether these elements are of different sorts, so that they are a tuple and not a list.
    fn is_tuple(&self, starts: &[usize]) -> Result<bool, DecodeError> {
        if starts.len() > TUPLE_LENGTH {
            return Ok(false);
        }
        let mut first = None;
        for start in starts {
            let (head, _) = self.head(*start)?;
            let Some(sort) = sort(&head) else { continue };
            if *first.get_or_insert(sort) != sort {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// `None` for what may stand in any list: a missing item, or one that could not be captured.
fn sort(head: &Element<'_, &str>) -> Option<u8> {
    Some(match head {
        Element::Bool(_) => 1,
        Element::Unsigned(..) | Element::Signed(..) | Element::F32(_) | Element::F64(_) => 2,
        Element::Char(_) | Element::String { .. } => 3,
        Element::Bytes { .. } => 4,
        Element::List(_) => 5,
        Element::Map(_) => 6,
        Element::Struct(_) => 7,
        Element::Tuple(_) => 8,
        Element::UnitVariant(..)
        | Element::ValueVariant(..)
        | Element::TupleVariant(..)
        | Element::StructVariant(..) => 9,
        _ => return None,
    })
}
