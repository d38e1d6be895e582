//! JSON text of anything that serialises.
//!
//! Not through serde_json: its values can be compared with every number type, and a crate that is merely loaded with
//! such impls makes `assert_eq!(numbers, [])` ambiguous in the programs that put an attribute on their functions.

use serde::Serialize;
use struson::writer::{JsonStreamWriter, JsonWriter as _};

/// Why there is no JSON: the value's own code failed, or has a float that JSON has no number for.
#[derive(Debug, thiserror::Error)]
#[error("this cannot be written as JSON: {0}")]
pub struct JsonError(String);

/// The text, in UTF-8; written once, straight into the bytes.
///
/// # Errors
/// When the value cannot be serialised.
///
/// ```
/// assert_eq!(xray_collector::json::to_vec(&("a", [1, 2])).unwrap(), br#"["a",[1,2]]"#);
/// ```
pub fn to_vec(value: &impl Serialize) -> Result<Vec<u8>, JsonError> {
    let mut text = Vec::new();
    let mut writer = JsonStreamWriter::new(&mut text);
    writer.serialize_value(value).map_err(|error| JsonError(error.to_string()))?;
    writer.finish_document().map_err(|error| JsonError(error.to_string()))?;
    Ok(text)
}
