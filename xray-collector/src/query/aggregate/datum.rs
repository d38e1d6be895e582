//! A value of an answer.

use serde::{Serialize, Serializer};

use crate::query::value::Value;

/// A value of an answer: a group's key, or what was calculated of it.
///
/// As JSON, numbers are numbers, durations nanoseconds, times text as RFC 3339 has it, and what is missing is `null`;
/// whole numbers beyond 64 bits and floats that JSON has no number for are texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Not there.
    Missing,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A length of time, in nanoseconds.
    Duration(i128),
    /// A point in time, in nanoseconds since 1970.
    Time(i128),
    /// Values with the number of their rows.
    Counted(Vec<(Datum, u64)>),
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Self {
        match value {
            Value::Missing | Value::Null => Self::Missing,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Int(*number),
            Value::Float(number) => Self::Float(*number),
            Value::Text(text) => Self::Text(text.to_string()),
            Value::Duration(nanoseconds) => Self::Duration(*nanoseconds),
            Value::Time(nanoseconds) => Self::Time(*nanoseconds),
            Value::List(_) | Value::Map(_) => Self::Text(value.to_string()),
        }
    }
}

/// A value with the number of its rows.
#[derive(Serialize)]
struct CountedBody<'a> {
    value: &'a Datum,
    count: u64,
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_none(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) | Self::Duration(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => serializer.serialize_i64(number),
                (_, Ok(number)) => serializer.serialize_u64(number),
                _ => serializer.collect_str(number),
            },
            Self::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Self::Float(number) => serializer.collect_str(number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(nanoseconds) => match jiff::Timestamp::from_nanosecond(*nanoseconds) {
                Ok(time) => serializer.collect_str(&format_args!("{time:.9}")),
                Err(_) => serializer.serialize_none(),
            },
            Self::Counted(values) => {
                serializer.collect_seq(values.iter().map(|(value, count)| CountedBody { value, count: *count }))
            }
        }
    }
}
