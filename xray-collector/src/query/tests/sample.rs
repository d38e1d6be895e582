//! Values, encoded as a store hands them out.

use std::sync::Arc;

use crate::fact::number;
use crate::value::{CLOSE_NAME, Captured, UNKNOWN_LENGTH, tag};

/// A value that a step may get, return, or say.
#[derive(Debug, Clone)]
pub(super) enum Sample {
    Unit,
    Number(u8),
    Text(&'static str),
    List(Vec<Self>),
    Map(Vec<(&'static str, Self)>),
}

impl Sample {
    pub(super) fn texts(texts: &[&'static str]) -> Self {
        Self::List(texts.iter().map(|text| Self::Text(text)).collect())
    }

    /// A fact of this number.
    pub(super) fn fact(number: u8, mut elements: Vec<Self>) -> Self {
        elements.insert(0, Self::Number(number));
        Self::List(elements)
    }

    pub(super) fn verdict(item: &'static str, verdict: u8, reason: Self, score: Self) -> Self {
        Self::fact(number::VERDICT, vec![Self::Text(item), Self::Number(verdict), reason, score, Self::Unit])
    }

    fn write(&self, bytes: &mut Vec<u8>, names: &mut Vec<Arc<str>>) {
        match self {
            Self::Unit => bytes.push(tag::UNIT),
            Self::Number(number) => bytes.extend([tag::U8, *number]),
            Self::Text(text) => {
                bytes.push(tag::STRING);
                bytes.extend((text.len() as u32).to_le_bytes());
                bytes.extend(text.as_bytes());
            }
            Self::List(elements) => {
                bytes.push(tag::LIST);
                bytes.extend(UNKNOWN_LENGTH.to_le_bytes());
                elements.iter().for_each(|element| element.write(bytes, names));
                bytes.push(tag::CLOSE);
            }
            Self::Map(fields) => {
                bytes.push(tag::STRUCT);
                name("Struct", bytes, names);
                for (field, value) in fields {
                    name(field, bytes, names);
                    value.write(bytes, names);
                }
                bytes.extend(CLOSE_NAME.to_le_bytes());
            }
        }
    }
}

fn name(text: &str, bytes: &mut Vec<u8>, names: &mut Vec<Arc<str>>) {
    let number = names.iter().position(|name| **name == *text).unwrap_or_else(|| {
        names.push(text.into());
        names.len() - 1
    });
    bytes.extend((number as u16).to_le_bytes());
}

/// The values, one after the other.
pub(super) fn captured(samples: &[Sample]) -> Vec<Captured> {
    let (mut bytes, mut names) = (Vec::new(), Vec::new());
    samples.iter().for_each(|sample| sample.write(&mut bytes, &mut names));
    crate::payload::values(&bytes.into(), &names.into()).expect("what was written can be read")
}
