//! The key of a map's entry as a text, to be looked up before it is written.
//!
//! Texts and variants without data are texts, newtypes around them, too. Anything else has no text.

use serde::ser::{Error as _, Impossible, Serialize, Serializer};

use super::serializer::Error;

/// What `found` makes of the key's text; of `None` if it has none.
pub(super) fn with_text<T: Serialize + ?Sized>(key: &T, found: impl FnOnce(Option<&str>) -> bool) -> bool {
    let mut found = Some(found);
    let mut answer = None;
    let mut take = |text: &str| answer = found.take().map(|found| found(Some(text)));
    // An error says that there is no text.
    let _ = key.serialize(Text(&mut take));
    answer.unwrap_or_else(|| found.is_some_and(|found| found(None)))
}

struct Text<'f>(&'f mut dyn FnMut(&str));

macro_rules! no_texts {
    ($($method:ident($($argument:ty),*)),* $(,)?) => {
        $(fn $method(self, $(_: $argument),*) -> Result<(), Error> {
            Err(none())
        })*
    };
}

macro_rules! nothing_inside {
    ($($method:ident($($argument:ty),*) -> $compound:ident),* $(,)?) => {
        $(fn $method(self, $(_: $argument),*) -> Result<Self::$compound, Error> {
            Err(none())
        })*
    };
}

fn none() -> Error {
    Error::custom("")
}

impl Serializer for Text<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        (self.0)(text);
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Error> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, key: &T) -> Result<(), Error> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<(), Error> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(none())
    }

    no_texts! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_u128(u128), serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_bytes(&[u8]),
        serialize_none(), serialize_unit(), serialize_unit_struct(&'static str),
    }

    nothing_inside! {
        serialize_seq(Option<usize>) -> SerializeSeq,
        serialize_tuple(usize) -> SerializeTuple,
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant,
        serialize_map(Option<usize>) -> SerializeMap,
        serialize_struct(&'static str, usize) -> SerializeStruct,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant,
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize)]
    enum Field {
        Title,
        Other(u32),
    }

    #[derive(serde::Serialize)]
    struct Name(&'static str);

    #[test]
    fn keys_are_texts_or_have_none() {
        fn text(key: &impl Serialize) -> Option<String> {
            let mut seen = None;
            assert!(with_text(key, |text| {
                seen = text.map(str::to_owned);
                true
            }));
            seen
        }
        assert_eq!(text(&"title"), Some("title".to_owned()));
        assert_eq!(text(&Name("title")), Some("title".to_owned()));
        assert_eq!(text(&Field::Title), Some("Title".to_owned()));
        for none in [text(&7), text(&Field::Other(7)), text(&('a', 'b')), text(&None::<&str>)] {
            assert_eq!(none, None);
        }
    }
}
