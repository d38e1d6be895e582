//! A captured value as a tree, for those who compare values rather than render them.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::captured::Captured;
use super::read::{Cursor, DecodeError, Element, Field, Table};
use super::{MAX_DEPTH, UNKNOWN_LENGTH};

/// A tree has so many nodes and no more; what is left out is [`Tree::Unknown`], or not there.
const NODES: usize = 100_000;

/// What was captured, without its types' names. Equal trees look the same; what is not known equals itself.
#[derive(Debug, Clone, Default)]
pub(crate) enum Tree {
    /// Withheld, cut, or of a type that says nothing.
    #[default]
    Unknown,
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// With the length that it had.
    List(Vec<Tree>, u64),
    Map(Vec<(String, Tree)>),
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) | (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            // NaN is what it is, in one run as in the other.
            (Self::Float(one), Self::Float(other)) => one == other || (one.is_nan() && other.is_nan()),
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::List(one, of), Self::List(other, of_other)) => of == of_other && one == other,
            (Self::Map(one), Self::Map(other)) => {
                one == other
                    || (one.len() == other.len() && one.iter().all(|(key, value)| member(other, key) == Some(value)))
            }
            _ => false,
        }
    }
}

/// What is under a key.
pub(crate) fn member<'t>(entries: &'t [(String, Tree)], key: &str) -> Option<&'t Tree> {
    entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

impl Tree {
    /// The number that it is, if it is one and has a place among others.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number).filter(|number| !number.is_nan()),
            _ => None,
        }
    }

    /// The same with long texts and large lists cut, so that it takes little room: `room` is counted down by bytes.
    pub(crate) fn shortened(&self, room: &mut usize) -> Self {
        *room = room.saturating_sub(8);
        match self {
            Self::Text(text) => {
                let end = (0..=text.len().min(*room)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                *room -= end;
                Self::Text(if end < text.len() { format!("{}…", &text[..end]) } else { text.clone() })
            }
            Self::List(..) | Self::Map(_) if *room == 0 => Self::Unknown,
            Self::List(elements, length) => {
                let mut kept = Vec::new();
                for element in elements {
                    if *room == 0 {
                        break;
                    }
                    kept.push(element.shortened(room));
                }
                Self::List(kept, *length)
            }
            Self::Map(entries) => {
                let mut kept = Vec::new();
                for (key, value) in entries {
                    if key.len() >= *room {
                        *room = 0;
                        break;
                    }
                    *room -= key.len();
                    kept.push((key.clone(), value.shortened(room)));
                }
                Self::Map(kept)
            }
            other => other.clone(),
        }
    }
}

/// As JSON: floats that JSON has no number for are texts, a list of which elements are missing ends with how many.
impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown | Self::Null => serializer.serialize_unit(),
            Self::Bool(it) => serializer.serialize_bool(*it),
            Self::Int(it) => match (i64::try_from(*it), u64::try_from(*it)) {
                (Ok(it), _) => serializer.serialize_i64(it),
                (_, Ok(it)) => serializer.serialize_u64(it),
                _ => serializer.serialize_i128(*it),
            },
            Self::Float(it) if it.is_finite() => serializer.serialize_f64(*it),
            Self::Float(it) => serializer.collect_str(it),
            Self::Text(it) => serializer.serialize_str(it),
            Self::List(elements, length) => {
                let missing = length.saturating_sub(elements.len() as u64);
                let more = (missing > 0).then(|| Self::Text(format!("… {missing} more")));
                serializer.collect_seq(elements.iter().chain(&more))
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl Captured {
    /// The value as a tree. Takes time in proportion to its bytes.
    pub(crate) fn tree(&self) -> Tree {
        self.tree_if_whole().0
    }

    /// The value as a tree, and whether that is all there was: nothing of it was cut or withheld.
    pub(crate) fn tree_if_whole(&self) -> (Tree, bool) {
        let (encoded, _) = self.surroundings();
        let mut walk =
            Walk { cursor: Cursor::new(self.bytes()), names: Table(encoded.names), left: NODES, is_whole: true };
        // What a store hands out has been read to its end before.
        let tree = walk.value(MAX_DEPTH * 2).unwrap_or_default();
        (tree, walk.is_whole && walk.left > 0)
    }
}

struct Walk<'a> {
    cursor: Cursor<'a>,
    names: Table<'a>,
    /// How many more nodes there may be.
    left: usize,
    is_whole: bool,
}

type Read<T> = Result<T, DecodeError>;

impl<'a> Walk<'a> {
    fn value(&mut self, depth: usize) -> Read<Tree> {
        let head = self.cursor.element(&mut self.names)?;
        self.value_on(head, depth)
    }

    /// The value of which the head was read already.
    fn value_on(&mut self, head: Element<'a, &'a str>, depth: usize) -> Read<Tree> {
        let Some(inner) = depth.checked_sub(1) else { return Ok(Tree::Unknown) };
        self.left = self.left.saturating_sub(1);
        let variant = |name: &str, value| Tree::Map(vec![(name.to_owned(), value)]);
        Ok(match head {
            Element::Unit => Tree::Null,
            Element::Bool(it) => Tree::Bool(it),
            Element::Unsigned(it, _) => i128::try_from(it).map_or(Tree::Float(it as f64), Tree::Int),
            Element::Signed(it, _) => Tree::Int(it),
            Element::F32(it) => Tree::Float(it.into()),
            Element::F64(it) => Tree::Float(it),
            Element::Char(it) => Tree::Text(it.to_string()),
            Element::String { text, full, withheld } => {
                self.is_whole &= full.is_none() && !withheld;
                Tree::Text(text.to_owned())
            }
            Element::Text { text, cut, withheld } => {
                self.is_whole &= !cut && !withheld;
                Tree::Text(text.to_owned())
            }
            Element::UnitVariant(_, name) => Tree::Text(name.to_owned()),
            Element::Bytes { bytes, full } => {
                self.is_whole &= full.is_none();
                let list = bytes.iter().take(self.left).map(|byte| Tree::Int((*byte).into())).collect();
                Tree::List(list, full.unwrap_or(bytes.len() as u64))
            }
            Element::List(length) => self.list(inner, Some(u64::from(length)).filter(|_| length != UNKNOWN_LENGTH))?,
            Element::Tuple(_) => self.list(inner, None)?,
            Element::Map(_) => self.entries(inner)?,
            Element::Struct(_) => self.fields(inner)?,
            Element::ValueVariant(_, name) => variant(name, self.value(inner)?),
            Element::TupleVariant(_, name) => variant(name, self.list(inner, None)?),
            Element::StructVariant(_, name) => variant(name, self.fields(inner)?),
            Element::Keyed(_) => self.value(inner)?,
            Element::Type(_) | Element::Redacted | Element::Panicked(_) | Element::Omitted | Element::Close { .. } => {
                self.is_whole = false;
                Tree::Unknown
            }
        })
    }

    fn list(&mut self, depth: usize, length: Option<u64>) -> Read<Tree> {
        let (mut elements, mut count) = (Vec::new(), 0);
        loop {
            match self.cursor.element(&mut self.names)? {
                Element::Close { cut } => {
                    self.is_whole &= !cut;
                    return Ok(Tree::List(elements, length.unwrap_or(count).max(count)));
                }
                head => {
                    let element = self.value_on(head, depth)?;
                    count += 1;
                    if self.left > 0 {
                        elements.push(element);
                    }
                }
            }
        }
    }

    fn entries(&mut self, depth: usize) -> Read<Tree> {
        let mut entries = Vec::new();
        loop {
            let key = match self.cursor.element(&mut self.names)? {
                Element::Close { cut } => {
                    self.is_whole &= !cut;
                    return Ok(Tree::Map(entries));
                }
                head => self.value_on(head, depth)?,
            };
            let value = self.value(depth)?;
            if self.left > 0 {
                entries.push((key_text(&key), value));
            }
        }
    }

    fn fields(&mut self, depth: usize) -> Read<Tree> {
        let mut fields = Vec::new();
        loop {
            match self.cursor.field(&mut self.names)? {
                Field::Close { cut } => {
                    self.is_whole &= !cut;
                    return Ok(Tree::Map(fields));
                }
                Field::Name(name) => {
                    let value = self.value(depth)?;
                    if self.left > 0 {
                        fields.push((name.to_owned(), value));
                    }
                }
            }
        }
    }
}

/// A map's key as JSON writes it.
fn key_text(key: &Tree) -> String {
    match key {
        Tree::Text(text) => text.clone(),
        other => crate::json::to_vec(other).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_what_looks_the_same() {
        let map = |keys: [&str; 2]| Tree::Map(keys.map(|key| (key.to_owned(), Tree::Text(key.to_owned()))).to_vec());
        assert_eq!(map(["a", "b"]), map(["b", "a"]));
        assert_ne!(map(["a", "b"]), map(["a", "c"]));
        assert_eq!(Tree::Float(f64::NAN), Tree::Float(f64::NAN));
        assert_ne!(Tree::List(Vec::new(), 3), Tree::List(Vec::new(), 4));
    }

    #[test]
    fn what_is_shortened_takes_little_room() {
        let long = Tree::List(vec![Tree::Map(vec![("é".repeat(30), Tree::Text("é".repeat(99)))]); 50], 50);
        let text = crate::json::to_vec(&long.shortened(&mut 200)).expect("JSON");
        let text = String::from_utf8(text).expect("UTF-8");
        assert!(text.len() < 400 && text.ends_with(" more\"]"), "{text}");
    }
}
