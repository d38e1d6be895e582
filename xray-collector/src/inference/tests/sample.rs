//! Values for tests: written as one would write them in Rust, encoded as the recorder and the store do.

use std::sync::Arc;

use super::super::{Encoded, Inference, Question, infer};
use crate::value::{CLOSE_NAME, UNKNOWN_LENGTH, tag};

/// A value that a step may get or return.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Unit,
    Whole(i64),
    Fraction(f64),
    Text(String),
    List(Vec<Value>),
    /// Of which these were captured, and this is the length.
    Cut(Vec<Value>, u32),
    Map(Vec<(Value, Value)>),
    Struct(&'static str, Vec<(&'static str, Value)>),
    Tuple(&'static str, Vec<Value>),
    Variant(&'static str, &'static str),
    Holding(&'static str, &'static str, Box<Value>),
    Debug(&'static str),
    Omitted,
}

pub(super) fn whole(value: i64) -> Value {
    Value::Whole(value)
}

pub(super) fn fraction(value: f64) -> Value {
    Value::Fraction(value)
}

pub(super) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub(super) fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

/// A list of the words in a text.
pub(super) fn words(text: &str) -> Value {
    list(text.split_whitespace().map(|word| Value::Text(word.to_owned())))
}

pub(super) fn wholes(values: &[i64]) -> Value {
    list(values.iter().copied().map(whole))
}

/// `Movie { id, year }`
pub(super) fn movie(id: i64, year: i64) -> Value {
    Value::Struct("Movie", vec![("id", whole(id)), ("year", whole(year))])
}

pub(super) fn movies(ids: &[i64]) -> Value {
    list(ids.iter().map(|id| movie(*id, 2000)))
}

/// Encoded values with the table of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Bytes {
    pub(super) bytes: Vec<u8>,
    pub(super) names: Vec<Arc<str>>,
}

impl Bytes {
    pub(super) fn of(values: &[Value]) -> Self {
        let mut bytes = Self::default();
        values.iter().for_each(|value| bytes.value(value));
        bytes
    }

    /// With numbers of names that begin at this one, as if other values had come before.
    pub(super) fn starting_at(number: usize, values: &[Value]) -> Self {
        let mut bytes = Self { names: vec!["other".into(); number], ..Self::default() };
        values.iter().for_each(|value| bytes.value(value));
        bytes
    }

    pub(super) fn encoded(&self) -> Encoded<'_> {
        Encoded { bytes: &self.bytes, names: &self.names }
    }

    fn name(&mut self, text: &str) {
        let number = self.names.iter().position(|name| **name == *text).unwrap_or_else(|| {
            self.names.push(text.into());
            self.names.len() - 1
        });
        self.bytes.extend((number as u16).to_le_bytes());
    }

    fn open(&mut self, tag: u8, length: u32) {
        self.bytes.push(tag);
        self.bytes.extend(length.to_le_bytes());
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.open(tag, text.len() as u32);
        self.bytes.extend(text.as_bytes());
    }

    fn each(&mut self, values: &[Value], close: u8) {
        values.iter().for_each(|value| self.value(value));
        self.bytes.push(close);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Unit => self.bytes.push(tag::UNIT),
            Value::Omitted => self.bytes.push(tag::OMITTED),
            Value::Whole(value) => {
                self.bytes.push(tag::I64);
                self.bytes.extend(value.to_le_bytes());
            }
            Value::Fraction(value) => {
                self.bytes.push(tag::F64);
                self.bytes.extend(value.to_le_bytes());
            }
            Value::Text(value) => self.text(tag::STRING, value),
            Value::Debug(value) => self.text(tag::TEXT, value),
            Value::List(values) => {
                self.open(tag::LIST, values.len() as u32);
                self.each(values, tag::CLOSE);
            }
            Value::Cut(values, length) => {
                self.open(tag::LIST, *length);
                self.each(values, tag::CUT);
            }
            Value::Map(entries) => {
                self.open(tag::MAP, UNKNOWN_LENGTH);
                for (key, value) in entries {
                    self.value(key);
                    self.value(value);
                }
                self.bytes.push(tag::CLOSE);
            }
            Value::Struct(name, fields) => {
                self.bytes.push(tag::STRUCT);
                self.name(name);
                for (name, value) in fields {
                    self.name(name);
                    self.value(value);
                }
                self.bytes.extend(CLOSE_NAME.to_le_bytes());
            }
            Value::Tuple(name, values) => {
                self.bytes.push(tag::TUPLE);
                self.name(name);
                self.each(values, tag::CLOSE);
            }
            Value::Variant(of, name) => {
                self.bytes.push(tag::VARIANT_UNIT);
                self.name(of);
                self.name(name);
            }
            Value::Holding(of, name, value) => {
                self.bytes.push(tag::VARIANT_VALUE);
                self.name(of);
                self.name(name);
                self.value(value);
            }
        }
    }
}

/// A call to be asked about.
#[derive(Debug, Clone)]
pub(super) struct Call {
    kind: &'static str,
    items: Option<&'static str>,
    key: Option<&'static str>,
    arguments: Vec<Value>,
    returned: Value,
}

/// A call of a function with the arguments `a`, `b`, …
pub(super) fn call(arguments: impl IntoIterator<Item = Value>, returned: Value) -> Call {
    Call { kind: "", items: None, key: None, arguments: arguments.into_iter().collect(), returned }
}

impl Call {
    pub(super) fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn items(self, items: &'static str) -> Self {
        Self { items: Some(items), ..self }
    }

    pub(super) fn key(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Hands what was inferred to `look`. The two sides number their names differently.
    pub(super) fn infer<T>(&self, look: impl FnOnce(Option<Inference<'_>>) -> T) -> T {
        let entered = Bytes::of(&self.arguments);
        let returned = Bytes::starting_at(3, std::slice::from_ref(&self.returned));
        let arguments: Vec<Arc<str>> = ["a", "b", "c", "d"].map(Arc::from)[..self.arguments.len()].to_vec();
        look(infer(&Question {
            kind: self.kind,
            items: self.items,
            key: self.key,
            arguments: &arguments,
            entered: entered.encoded(),
            returned: returned.encoded(),
        }))
    }

    /// What was inferred, as a text: argument and key, a line for each decision, the doubts.
    pub(super) fn said(&self) -> String {
        self.infer(|inference| {
            let Some(inference) = inference else { return "nothing".to_owned() };
            let argument = ["a", "b", "c", "d"][inference.argument];
            let mut said = vec![match inference.findings().next() {
                Some(_) => format!("{argument} by {}", inference.key),
                None => format!("{argument}: {} in, {} out", inference.counts.input, inference.counts.output),
            }];
            said.extend(inference.decisions().map(|decision| {
                let place = |place: Option<u32>| place.map_or("-".to_owned(), |place| place.to_string());
                let verdict = format!("{:?}", decision.verdict).to_lowercase();
                let mut line =
                    format!("{verdict} {} {}>{}", decision.item, place(decision.before), place(decision.after));
                if let Some(score) = decision.score {
                    line += &format!(" score {score}");
                }
                line += if decision.changed { " changed" } else { "" };
                line + if decision.ambiguous { " ambiguous" } else { "" }
            }));
            said.extend(inference.doubts.iter().map(|doubt| format!("? {doubt}")));
            said.join("\n")
        })
    }
}

/// Asserts on what was inferred, line by line.
#[track_caller]
pub(super) fn assert_said(call: Call, expected: &[&str]) {
    assert_eq!(call.said(), expected.join("\n"));
}
