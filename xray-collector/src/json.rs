//! JSON text of anything that serialises.
//!
//! Not through serde_json: its values can be compared with every number type, and a crate that is merely loaded with
//! such impls makes `assert_eq!(numbers, [])` ambiguous in the programs that put an attribute on their functions.

use std::io;

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
    write(value, &mut text)?;
    Ok(text)
}

/// The first `most` bytes of the text, or all where these are fewer. What lies behind them is not even rendered.
///
/// # Errors
/// When the value cannot be serialised so far.
///
/// ```
/// assert_eq!(xray_collector::json::beginning(&[1, 2, 3], 3).unwrap(), b"[1,");
/// assert_eq!(xray_collector::json::beginning(&[1, 2, 3], 99).unwrap(), b"[1,2,3]");
/// ```
pub fn beginning(value: &impl Serialize, most: usize) -> Result<Vec<u8>, JsonError> {
    let mut text = Beginning { text: Vec::new(), most };
    match write(value, &mut text) {
        Err(error) if text.text.len() < most => Err(error),
        _ => Ok(text.text),
    }
}

fn write(value: &impl Serialize, text: impl io::Write) -> Result<(), JsonError> {
    let mut writer = JsonStreamWriter::new(text);
    writer.serialize_value(value).map_err(|error| JsonError(error.to_string()))?;
    writer.finish_document().map_err(|error| JsonError(error.to_string()))?;
    Ok(())
}

/// Takes so many bytes, and fails then.
struct Beginning {
    text: Vec<u8>,
    most: usize,
}

impl io::Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.text.len();
        if room == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let taken = bytes.len().min(room);
        self.text.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
