//! One record of the data file, as dirty as it comes: which fields it has, of which type, and what makes it unusable.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::film::Date;

/// A record that can be used: it has a title, and its fields are of the right type.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) title: RawTitle,
    /// As written: it may be in the future.
    pub(crate) released: Option<Date>,
    pub(crate) fields: Fields,
}

/// A title as it stands in the file.
#[derive(Debug)]
pub(crate) enum RawTitle {
    Text(String),
    Number(String),
}

/// The fields that the example uses, of the sixteen that a record has.
#[derive(Debug, Deserialize)]
pub(crate) struct Fields {
    #[serde(rename = "Title", default)]
    title: Value,
    #[serde(rename = "Release Date")]
    release_date: Option<String>,
    #[serde(rename = "Major Genre")]
    pub(crate) genre: Option<String>,
    #[serde(rename = "Director")]
    pub(crate) director: Option<String>,
    #[serde(rename = "Running Time min")]
    pub(crate) minutes: Option<u16>,
    #[serde(rename = "IMDB Rating")]
    pub(crate) rating: Option<f64>,
    #[serde(rename = "IMDB Votes")]
    pub(crate) votes: Option<u32>,
    #[serde(rename = "Production Budget")]
    pub(crate) budget: Option<u64>,
    #[serde(rename = "Worldwide Gross")]
    pub(crate) gross: Option<u64>,
    #[serde(rename = "US Gross")]
    pub(crate) us_gross: Option<u64>,
}

/// A record that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rejection {
    /// Its place in the file, from 0.
    pub(crate) index: usize,
    pub(crate) title: Option<String>,
    pub(crate) reason: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.index)?;
        if let Some(title) = &self.title {
            write!(f, " ({title})")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl Record {
    /// Reads the record at `index`.
    pub(crate) fn read(index: usize, value: &Value) -> Result<Self, Rejection> {
        let reject = |reason| Rejection { index, title: value.get("Title").and_then(plain), reason };
        if !value.is_object() {
            return Err(reject(format!("expected an object with the fields of a film, found {}", sort(value))));
        }
        let fields: Fields = serde_path_to_error::deserialize(value)
            .map_err(|error| reject(format!("field {:?}: {}", error.path().to_string(), error.inner())))?;
        if let Some(rating) = fields.rating
            && !(0.0..=10.0).contains(&rating)
        {
            return Err(reject(format!("field \"IMDB Rating\": expected a number from 0 to 10, found {rating}")));
        }
        let title = read_title(&fields.title).map_err(reject)?;
        let released = fields.release_date.as_deref().map(read_date).transpose().map_err(reject)?;
        Ok(Self { title, released, fields })
    }
}

fn read_title(value: &Value) -> Result<RawTitle, String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Err("its title is empty".to_owned()),
        Value::String(text) => Ok(RawTitle::Text(text.clone())),
        Value::Number(number) => Ok(RawTitle::Number(number.to_string())),
        Value::Null => Err("it has no title".to_owned()),
        other => Err(format!("field \"Title\": expected text or a number, found {}", sort(other))),
    }
}

fn read_date(text: &str) -> Result<Date, String> {
    match Date::from_month_day_year(text) {
        Some(date) if (1880..2100).contains(&date.year) => Ok(date),
        _ => Err(format!("field \"Release Date\": expected a day like \"Jun 12 1998\", found {text:?}")),
    }
}

/// What sort of JSON value it is, for people.
pub(crate) fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_rejected_with_its_place_and_the_reason() {
        let reason = |value: Value| Record::read(17, &value).expect_err("unusable").to_string();
        assert_eq!(
            reason(json!({ "Title": "Wings", "IMDB Votes": "many" })),
            "record 17 (Wings): field \"IMDB Votes\": invalid type: string \"many\", expected u32"
        );
        assert_eq!(
            reason(json!({ "Title": 300, "Production Budget": -5 })),
            "record 17 (300): field \"Production Budget\": invalid value: integer `-5`, expected u64"
        );
        assert_eq!(
            reason(json!({ "Title": "Wings", "Release Date": "Feb 30 1927" })),
            "record 17 (Wings): field \"Release Date\": expected a day like \"Jun 12 1998\", found \"Feb 30 1927\""
        );
        assert_eq!(
            reason(json!({ "Title": "Wings", "IMDB Rating": 79 })),
            "record 17 (Wings): field \"IMDB Rating\": expected a number from 0 to 10, found 79"
        );
        assert_eq!(
            reason(json!({ "Title": ["Wings"] })),
            "record 17: field \"Title\": expected text or a number, found an array"
        );
        assert_eq!(reason(json!({ "Title": null })), "record 17: it has no title");
        assert_eq!(reason(json!({ "Title": " " })), "record 17 ( ): its title is empty");
        assert_eq!(reason(json!([])), "record 17: expected an object with the fields of a film, found an array");
    }

    #[test]
    fn nulls_and_missing_fields_are_unknown() {
        let record = Record::read(0, &json!({ "Title": 1776, "IMDB Rating": null })).expect("usable");
        assert_eq!((record.fields.rating, record.fields.votes, record.released), (None, None, None));
        assert!(matches!(record.title, RawTitle::Number(text) if text == "1776"));
    }
}
