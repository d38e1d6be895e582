//! Which part of an item is its key, and the key's number and text.

use std::fmt::Write as _;

use rapidhash::v3::rapidhash_v3;

use super::Encoded;
use super::digest::{Digester, key_hash};
use super::shape::{Part, Shape};
use super::view::Span;
use crate::value::{DecodeError, Element, json_of};

/// The text of a key is at most so many bytes long.
pub const KEY_TEXT_BYTES: usize = 256;

/// What items are named by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The field that the attribute declares, as a dotted path.
    Declared(String),
    /// A field that was found, as a dotted path.
    Field(String),
    /// The item itself, a text or a number.
    Item,
    /// The whole value: equal items are the same item.
    Value,
    /// The key under which it stands in a map.
    MapKey,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Declared(path) | Self::Field(path) => path,
            Self::Item => "item",
            Self::Value => "value",
            Self::MapKey => "map_key",
        })
    }
}

/// A key text as it is stored: what is longer than [`KEY_TEXT_BYTES`] ends with the number of the whole, so that
/// different keys stay different.
#[must_use]
pub fn clip_key(mut text: String) -> String {
    if text.len() > KEY_TEXT_BYTES {
        let hash = key_hash(&text);
        // An ellipsis is 3 bytes, the number 16.
        let mut end = KEY_TEXT_BYTES - 19;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        let _ = write!(text, "…{hash:016x}");
    }
    text
}

/// The hash of the key that decisions show as this text: that of the whole text, also where it is clipped.
#[must_use]
pub fn item_hash(text: &str) -> u64 {
    // What `clip_key` has made is that long, but for what a character's boundary takes.
    let clipped = text.rsplit_once('…').filter(|(_, hash)| hash.len() == 16 && text.len() > KEY_TEXT_BYTES - 4);
    let hash = clipped.and_then(|(_, hash)| u64::from_str_radix(hash, 16).ok());
    hash.unwrap_or_else(|| key_hash(text))
}

/// The number of a key that is a text, or is one when it is shown: its hash but for the last bit, which those of other keys
/// have.
fn of_text(hash: u64) -> u64 {
    hash & !1
}

/// A key that the items of both lists may have.
#[derive(Debug, Clone)]
pub(super) struct Choice<'a> {
    pub(super) key: Key,
    /// From the item to its key, in the input and in the output.
    pub(super) paths: [Vec<&'a str>; 2],
    /// Taken only if it names one item each.
    pub(super) is_guess: bool,
}

const NAMES_A_THING: [&str; 4] = ["id", "key", "uuid", "guid"];
const USUALLY_NAMES_A_THING: [&str; 7] = ["name", "title", "slug", "sku", "code", "url", "path"];

impl<'a> Encoded<'a> {
    /// The fields that may be the key of the record at a place, the best first, and whether each is a guess.
    fn key_fields(&self, start: usize) -> Result<Vec<(Vec<&'a str>, bool)>, DecodeError> {
        let fields = self.fields(start)?;
        let mut found = Vec::new();
        for wanted in NAMES_A_THING {
            found.extend(
                fields
                    .iter()
                    .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
                    .map(|(name, _)| (vec![*name], false)),
            );
        }
        let ids: Vec<&str> = fields.iter().map(|(name, _)| *name).filter(|name| ends_in_id(name)).collect();
        let type_name = match self.shape(start)? {
            Shape::Struct(name) | Shape::Enum(name) => name.to_lowercase(),
            _ => String::new(),
        };
        let own = ids.iter().find(|name| bare(name) == format!("{type_name}id"));
        found.extend(own.map(|name| (vec![*name], false)));
        if let ([name], None) = (&ids[..], own) {
            found.push((vec![*name], true));
        }
        for wanted in USUALLY_NAMES_A_THING {
            for (name, start) in &fields {
                if *name == wanted && self.shape(*start)? == Shape::Text {
                    found.push((vec![*name], true));
                }
            }
        }
        // A struct around the item: what names the one names the other.
        let mut inner = Vec::new();
        for (name, start) in &fields {
            if self.shape(*start)?.is_named() {
                inner.push((*name, *start));
            }
        }
        if let [(outer, start)] = inner[..] {
            let fields = self.fields(start)?;
            let named = NAMES_A_THING
                .iter()
                .find_map(|wanted| fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)));
            found.extend(named.map(|(name, _)| (vec![outer, *name], true)));
        }
        Ok(found)
    }

    fn follow(&self, start: usize, path: &[&str]) -> Result<Option<usize>, DecodeError> {
        let mut at = start;
        for name in path {
            match self.field(at, name)? {
                Some(start) => at = start,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }
}

/// `movie_id`, `movieId`, `movieID`.
fn ends_in_id(name: &str) -> bool {
    name.ends_with("_id") || name.ends_with("Id") || name.ends_with("ID")
}

fn bare(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// The item that a list was judged by: on each side the first one's place, if there is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample<'a> {
    pub(super) side: Encoded<'a>,
    pub(super) start: usize,
    pub(super) shape: Shape<'a>,
}

/// The keys that items like these may have in common, the best first. The last one is always possible.
pub(super) fn choices<'a>(
    input: Option<Sample<'a>>,
    output: Option<Sample<'a>>,
    declared: Option<&'a str>,
) -> Result<Vec<Choice<'a>>, DecodeError> {
    let mut choices = Vec::new();
    let is_on = |sample: Option<Sample<'a>>, path: &[&str]| match sample {
        Some(sample) => Ok(sample.side.follow(sample.start, path)?.is_some()),
        None => Ok::<_, DecodeError>(true),
    };
    if let Some(declared) = declared {
        let path: Vec<&str> = declared.split('.').collect();
        let sides = [is_on(input, &path)?, is_on(output, &path)?];
        // On a list of the keys alone the item is what was declared.
        let is_key = |sample: Option<Sample<'_>>| sample.is_some_and(|sample| sample.shape.is_scalar());
        let key = Key::Declared(declared.to_owned());
        let paths = match (sides, is_key(input), is_key(output)) {
            ([true, true], ..) => Some([path.clone(), path]),
            ([true, false], _, true) => Some([path, Vec::new()]),
            ([false, true], true, _) => Some([Vec::new(), path]),
            _ => None,
        };
        if let Some(paths) = paths.filter(|_| input.is_some() || output.is_some()) {
            choices.push(Choice { key, paths, is_guess: false });
        }
    }
    let found = |sample: Sample<'a>| sample.side.key_fields(sample.start);
    match (input, output) {
        (Some(of), other) | (None, other @ Some(of)) => {
            let scalar = other.filter(|other| other.shape.is_scalar());
            if of.shape.is_record() {
                for (path, is_guess) in found(of)? {
                    let key = Key::Field(path.join("."));
                    if scalar.is_some() {
                        choices.push(Choice { key, paths: [path, Vec::new()], is_guess });
                    } else if is_on(other, &path)? {
                        choices.push(Choice { key, paths: [path.clone(), path], is_guess });
                    }
                }
            } else if let Some(other) = other.filter(|other| of.shape.is_scalar() && other.shape.is_record()) {
                for (path, is_guess) in found(other)? {
                    choices.push(Choice { key: Key::Field(path.join(".")), paths: [Vec::new(), path], is_guess });
                }
            }
        }
        (None, None) => {}
    }
    let is_item = input.or(output).is_some_and(|sample| sample.shape.is_scalar());
    let key = if is_item { Key::Item } else { Key::Value };
    choices.push(Choice { key, paths: [Vec::new(), Vec::new()], is_guess: false });
    Ok(choices)
}

/// Where in an element the item is, and where in the item its key.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) part: Part<'a>,
    pub(super) path: Vec<&'a str>,
}

impl<'a> Place<'a> {
    /// Where the key begins: where the field is missing or `None`, the whole item is its own key.
    fn find(&self, side: Encoded<'a>, span: Span) -> Result<Option<usize>, DecodeError> {
        let item = match self.part {
            Part::Whole => span.start as usize,
            part => match side.part(span, part)? {
                Some(item) => item,
                None => return Ok(None),
            },
        };
        if self.path.is_empty() {
            return Ok(Some(item));
        }
        match side.follow(item, &self.path)? {
            Some(key) if !side.is_unit(key)? => Ok(Some(key)),
            _ => Ok(Some(item)),
        }
    }

    /// The keys of items: their numbers, `None` where too much of the item is missing.
    pub(super) fn hashes(&self, side: Encoded<'a>, items: &[Span]) -> Result<Vec<Option<u64>>, DecodeError> {
        let mut digester = Digester::new(side);
        let mut text = String::new();
        let mut hashes = Vec::with_capacity(items.len());
        // Most items are structs of which a short text, the first field, is the key.
        let first_field = match (self.part, &self.path[..]) {
            (Part::Whole, [name]) => Some(*name),
            _ => None,
        };
        for span in items {
            let first_text = first_field.and_then(|name| side.first_text(span.start as usize, name));
            hashes.push(match first_text {
                Some(text) => Some(of_text(rapidhash_v3(text))),
                None => self.hash(side, *span, &mut digester, &mut text)?,
            });
        }
        Ok(hashes)
    }

    /// The number of one item's key; `text` is room for it.
    fn hash(
        &self,
        side: Encoded<'a>,
        span: Span,
        digester: &mut Digester<'a>,
        text: &mut String,
    ) -> Result<Option<u64>, DecodeError> {
        let Some(key) = self.find(side, span)? else { return Ok(None) };
        if let Some(text) = side.short_text(key) {
            return Ok(Some(of_text(rapidhash_v3(text))));
        }
        let head = side.head(key)?.0;
        if let Element::String { text, full, .. } = head {
            return Ok(full.is_none().then(|| of_text(key_hash(text))));
        }
        text.clear();
        if write_scalar(&head, text) {
            return Ok(Some(of_text(key_hash(text))));
        }
        let digest = digester.digest(side.cursor(key))?;
        Ok((!digest.is_torn).then_some(digest.hash | 1))
    }

    /// The key's text, not clipped.
    pub(super) fn text(&self, side: Encoded<'a>, span: Span) -> Result<String, DecodeError> {
        let Some(key) = self.find(side, span)? else { return Ok(String::new()) };
        let head = side.head(key)?.0;
        let mut text = String::new();
        if !write_scalar(&head, &mut text) {
            text = json_of(side.bytes.get(key..).unwrap_or_default(), side.names);
        }
        Ok(text)
    }
}

/// The text that the value at `at` is as a key, no longer than [`KEY_TEXT_BYTES`].
pub(crate) fn key_text(side: Encoded<'_>, at: usize) -> String {
    let Ok((head, _)) = side.head(at) else { return String::new() };
    let mut text = String::new();
    if !write_scalar(&head, &mut text) {
        text = json_of(side.bytes.get(at..).unwrap_or_default(), side.names);
    }
    clip_key(text)
}

/// [`item_hash`] of [`key_text`].
pub(crate) fn item_hash_at(side: Encoded<'_>, at: usize) -> u64 {
    match side.short_text(at) {
        // Neither clipped nor long enough to look as if it was.
        Some(text) if text.len() <= KEY_TEXT_BYTES - 4 => rapidhash_v3(text),
        _ => item_hash(&key_text(side, at)),
    }
}

/// The text that a scalar is as a key; `false` if the value is none, or a fraction, which is written as JSON.
fn write_scalar(head: &Element<'_, &str>, text: &mut String) -> bool {
    match head {
        Element::Bool(value) => write!(text, "{value}"),
        Element::Unsigned(value, _) => write!(text, "{value}"),
        Element::Signed(value, _) => write!(text, "{value}"),
        Element::Char(value) => write!(text, "{value}"),
        Element::String { text: value, .. } => write!(text, "{value}"),
        Element::UnitVariant(_, name) => write!(text, "{name}"),
        _ => return false,
    }
    .is_ok()
}
