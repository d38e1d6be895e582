//! The lists that a value holds, and where each of their items stands.

use super::Encoded;
use crate::value::{CLOSE_NAME, COMPOSITE, Count, Cursor, DecodeError, Element, Field, Table, UNKNOWN_LENGTH, tag};

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
    /// Where it ends.
    pub(super) end: u32,
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
    /// A value itself, as the only item.
    pub(super) fn single(start: usize, end: usize) -> Result<Self, DecodeError> {
        let items = vec![span([start, start, end], 0)?];
        Ok(Self { form: Form::Single, items, length: 1, is_cut: false, depth: 0 })
    }

    pub(super) fn nothing() -> Self {
        Self { form: Form::Nothing, items: Vec::new(), length: 0, is_cut: false, depth: 0 }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.form, Form::List | Form::Map)
    }
}

/// Whether two names are equal. Most often the one is the very text that was found in the first item.
#[inline]
fn is_same(found: &str, name: &str) -> bool {
    std::ptr::eq(found, name) || found == name
}

/// `places` are start, middle and end, in this order.
fn span(places: [usize; 3], position: usize) -> Result<Span, DecodeError> {
    let [start, middle, end] = places;
    let narrow = |at| u32::try_from(at).map_err(|_| DecodeError { what: "a list of more than 4 GiB", at: start });
    let end = narrow(end)?;
    // Neither start nor middle nor position is beyond the end.
    Ok(Span { start: start as u32, middle: middle as u32, end, position: position as u32 })
}

/// The values that follow each other up to a close.
pub(super) struct Elements {
    /// Where each of them begins.
    pub(super) starts: Vec<usize>,
    /// Where the close stands.
    pub(super) close: usize,
    /// Some are missing.
    pub(super) is_cut: bool,
}

impl Elements {
    /// Where the element at this place ends.
    fn end(&self, place: usize) -> usize {
        self.starts.get(place + 1).copied().unwrap_or(self.close)
    }
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

    /// The field that the value at a place says is the key of its items.
    pub(super) fn said_key(&self, start: usize) -> Option<&'a str> {
        if self.tag(start) != Some(tag::KEYED) {
            return None;
        }
        match self.cursor(start).element(&mut Table(self.names)) {
            Ok(Element::Keyed(key)) => Some(key),
            _ => None,
        }
    }

    /// The bytes of the text that the value at a place is, if it is a short one.
    #[inline]
    pub(super) fn short_text(&self, start: usize) -> Option<&'a [u8]> {
        match self.bytes.get(start..)? {
            [tag::STRING_SHORT, length, text @ ..] => text.get(..usize::from(*length)),
            _ => None,
        }
    }

    /// The bytes of the text that is the first field of the struct at a place, if that has this name and is a short one.
    #[inline]
    pub(super) fn first_text(&self, start: usize, name: &str) -> Option<&'a [u8]> {
        let [tag::STRUCT, _, _, low, high, tag::STRING_SHORT, length, text @ ..] = self.bytes.get(start..)? else {
            return None;
        };
        let found = self.names.get(usize::from(u16::from_le_bytes([*low, *high])))?;
        is_same(found, name).then(|| text.get(..usize::from(*length)))?
    }

    /// Whether the value at a place is `None` or `()`.
    pub(super) fn is_unit(&self, start: usize) -> Result<bool, DecodeError> {
        match self.tag(start) {
            Some(tag::KEYED) | None => Ok(self.head(start)?.0 == Element::Unit),
            Some(tag) => Ok(tag == tag::UNIT),
        }
    }

    /// The first byte of the value at a place: enough to tell what need not be decoded.
    pub(super) fn tag(&self, start: usize) -> Option<u8> {
        self.bytes.get(start).copied()
    }

    /// Where the value at a place ends.
    pub(super) fn end(&self, start: usize) -> Result<usize, DecodeError> {
        let mut cursor = self.cursor(start);
        cursor.pass(&mut Count(self.names.len()))?;
        Ok(start + cursor.position())
    }

    /// The values that follow each other up to a close. `at` is where the first one begins.
    pub(super) fn elements(&self, at: usize) -> Result<Elements, DecodeError> {
        let names = &mut Count(self.names.len());
        let mut cursor = self.cursor(at);
        // Most lists have more than four, which is what a vector begins with.
        let mut starts = Vec::with_capacity(32);
        let mut earlier: &[u8] = &[];
        loop {
            let start = at + cursor.position();
            let tag = self.tag(start);
            if let Some(tag::CLOSE | tag::CUT) = tag {
                return Ok(Elements { starts, close: start, is_cut: tag == Some(tag::CUT) });
            }
            starts.push(start);
            if !cursor.pass_alike(earlier) {
                cursor.pass(names)?;
                earlier = &self.bytes[start..at + cursor.position()];
            }
        }
    }

    /// The fields of a struct whose first field's name is at `at`: names, and where the values begin.
    pub(super) fn named(&self, at: usize) -> Result<Vec<(&'a str, usize)>, DecodeError> {
        let mut cursor = self.cursor(at);
        let mut fields = Vec::new();
        while let Field::Name(name) = cursor.field(&mut Table(self.names))? {
            fields.push((name, at + cursor.position()));
            cursor.pass(&mut Count(self.names.len()))?;
        }
        Ok(fields)
    }

    /// Where the value of the field with this name begins; `at` as for [`Encoded::named`].
    pub(super) fn field_within(&self, at: usize, name: &str) -> Result<Option<usize>, DecodeError> {
        let mut cursor = self.cursor(at);
        while let Field::Name(found) = cursor.field(&mut Table(self.names))? {
            if is_same(found, name) {
                return Ok(Some(at + cursor.position()));
            }
            cursor.pass(&mut Count(self.names.len()))?;
        }
        Ok(None)
    }

    /// The lists in the value at a place, and where it ends. All of it is read: from then on its nesting is bounded.
    ///
    /// # Errors
    /// When the bytes are not a value.
    pub(super) fn views(&self, start: usize) -> Result<(Vec<View>, usize), DecodeError> {
        let mut views = Vec::new();
        let (head, inside) = self.head(start)?;
        let end = match head {
            Element::List(length) => {
                let elements = self.elements(inside)?;
                let end = elements.close + 1;
                self.gather_list(elements, length, 0, &mut views)?;
                end
            }
            _ => {
                let end = self.end(start)?;
                self.gather(start, 0, &mut views)?;
                end
            }
        };
        Ok((views, end))
    }

    fn gather(&self, start: usize, depth: usize, views: &mut Vec<View>) -> Result<(), DecodeError> {
        if depth > DEPTH || views.len() >= VIEWS {
            return Ok(());
        }
        let (head, inside) = self.head(start)?;
        match head {
            Element::List(length) => self.gather_list(self.elements(inside)?, length, depth, views)?,
            Element::Map(length) => self.gather_map(inside, length, depth, views)?,
            Element::Struct(_) | Element::StructVariant(..) => {
                let starts = self.named(inside)?.into_iter().map(|(_, start)| start).collect();
                self.gather_each(starts, depth + 1, views)?;
            }
            Element::Tuple(_) | Element::TupleVariant(..) => {
                self.gather_each(self.elements(inside)?.starts, depth + 1, views)?;
            }
            Element::ValueVariant(..) => self.gather(inside, depth + usize::from(depth > 0), views)?,
            _ => {}
        }
        Ok(())
    }

    fn gather_each(&self, starts: Vec<usize>, depth: usize, views: &mut Vec<View>) -> Result<(), DecodeError> {
        starts.into_iter().try_for_each(|start| self.gather(start, depth, views))
    }

    fn gather_list(
        &self,
        elements: Elements,
        length: u32,
        depth: usize,
        views: &mut Vec<View>,
    ) -> Result<(), DecodeError> {
        if self.is_tuple(&elements.starts) {
            return self.gather_each(elements.starts, depth + 1, views);
        }
        let (all, is_cut) = (elements.starts.len(), elements.is_cut);
        let mut items = Vec::with_capacity(all);
        for (position, start) in elements.starts.iter().enumerate() {
            if self.tag(*start) != Some(tag::UNIT) {
                items.push(span([*start, *start, elements.end(position)], position)?);
            }
        }
        let known = if is_cut && length != UNKNOWN_LENGTH { length as usize } else { all };
        let length = known.max(all) - (all - items.len());
        views.push(View { form: Form::List, items, length: length as u64, is_cut, depth });
        Ok(())
    }

    fn gather_map(&self, inside: usize, length: u32, depth: usize, views: &mut Vec<View>) -> Result<(), DecodeError> {
        let elements = self.elements(inside)?;
        let is_cut = elements.is_cut;
        let mut items = Vec::with_capacity(elements.starts.len() / 2);
        let mut lists = Vec::new();
        for (position, entry) in elements.starts.chunks_exact(2).enumerate() {
            items.push(span([entry[0], entry[1], elements.end(position * 2 + 1)], position)?);
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
    fn is_tuple(&self, starts: &[usize]) -> bool {
        let mut first = None;
        let mut sorts = starts.iter().filter_map(|start| self.sort(*start));
        starts.len() <= TUPLE_LENGTH && sorts.any(|sort| *first.get_or_insert(sort) != sort)
    }

    /// What sort of value is at a place. `None` for what may stand in any list: a missing item, or one that could not be
    /// captured.
    fn sort(&self, start: usize) -> Option<u8> {
        Some(match self.tag(start)? {
            // The name of a field is in front of the value.
            tag::KEYED => return self.sort(start + 3),
            tag::FALSE | tag::TRUE => 1,
            tag::U8..=tag::U128 | tag::I8..=tag::I128 | tag::F32 | tag::F64 => 2,
            tag::CHAR | tag::STRING_SHORT..=tag::STRING_ENDLESS | tag::STRING_WITHHELD | tag::STRING_WITHHELD_CUT => 3,
            tag::BYTES => 4,
            tag::LIST => 5,
            tag::MAP => 6,
            tag::STRUCT => 7,
            tag::TUPLE => 8,
            tag::VARIANT_UNIT..=tag::VARIANT_STRUCT => 9,
            _ => return None,
        })
    }

    /// What decides how a list of structs is looked at, appended to `looks`: of its first item the name and the fields, each
    /// with what it is. `false` if there is more to it.
    pub(super) fn looks(&self, view: &View, looks: &mut Vec<u8>) -> bool {
        let (Form::List, Some(first)) = (view.form, view.items.first()) else { return false };
        let mut cursor = self.cursor(first.start as usize);
        let Ok(head @ [tag::STRUCT, ..]) = cursor.take(3) else { return false };
        looks.extend(head);
        while let Ok(name) = cursor.take(2) {
            looks.extend(name);
            if name == CLOSE_NAME.to_le_bytes() {
                return true;
            }
            let Some(tag) = self.tag(first.start as usize + cursor.position()) else { return false };
            looks.push(tag);
            if COMPOSITE.contains(&tag) || cursor.pass(&mut Count(self.names.len())).is_err() {
                return false;
            }
        }
        false
    }
}
