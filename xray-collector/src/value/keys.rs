//! The keys that a value has: the names of its fields, or what its map is keyed by.

use std::sync::Arc;

use super::read::{Cursor, DecodeError, Element, Field, Table};

/// Calls `each` with the keys of the outermost struct or map of the value at the front of `bytes`. A variant with one
/// value has the keys of that; anything else has none. Keys of a map that are no texts have no name: `None`.
pub(crate) fn keys(bytes: &[u8], names: &[Arc<str>], mut each: impl FnMut(Option<&str>)) -> Result<(), DecodeError> {
    let mut cursor = Cursor::new(bytes);
    let names = &mut Table(names);
    loop {
        match cursor.element(names)? {
            Element::ValueVariant(..) => {}
            Element::Struct(_) | Element::StructVariant(..) => {
                while let Field::Name(name) = cursor.field(names)? {
                    each(Some(name));
                    cursor.skip(names)?;
                }
                return Ok(());
            }
            Element::Map(_) => loop {
                let start = cursor.clone();
                match cursor.element(names)? {
                    Element::Close { .. } => return Ok(()),
                    Element::String { text, .. } | Element::UnitVariant(_, text) => each(Some(text)),
                    _ => {
                        cursor = start;
                        cursor.skip(names)?;
                        each(None);
                    }
                }
                cursor.skip(names)?;
            },
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(bytes: &[u8]) -> Vec<Option<String>> {
        let mut found = Vec::new();
        let names = ["Pick".into(), "title".into(), "score".into()];
        keys(bytes, &names, |key| found.push(key.map(str::to_owned))).unwrap();
        found
    }

    #[test]
    fn the_outermost_keys_are_found() {
        let pick =
            [0x42, 0, 0, 1, 0, 0x40, 0xff, 0xff, 0xff, 0xff, 0x0f, 2, 0, 0x42, 0, 0, 1, 0, 0, 0xff, 0x7f, 0xfe, 0x7f];
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(keys_of(&pick), [some("title"), some("score")]);
        assert_eq!(keys_of(&[&[0x45, 0, 0, 1, 0], &pick[..]].concat()), [some("title"), some("score")]);
        let map = [0x41, 3, 0, 0, 0, 0x30, 1, b'a', 0x10, 7, 0x10, 8, 0x00, 0x44, 0, 0, 2, 0, 0x63, 0x0f];
        assert_eq!(keys_of(&map), [some("a"), None, some("score")]);
        for without in [&[0x40, 0, 0, 0, 0, 0x0f][..], &[0x10, 7], &[0x60, 1, 0, 0, 0, b'x'], &[0x63]] {
            assert_eq!(keys_of(without), []);
        }
    }
}
