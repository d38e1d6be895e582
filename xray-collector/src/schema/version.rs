//! Versions: a schema is named by what it says, so that nobody has to number it, and a store keeps each once.
//!
//! ```text
//! schema  = u8 1 | text name | u8 on mismatch | u32 kinds, kind…        on mismatch: 0 warn, 1 reject, 2 sanitize
//! kind    = text name | keys input | keys output | keys reasoning | keys meta
//! keys    = u8 0                                                        anything
//!         | u8 1 | u32 keys, text…
//! text    = u32 length in bytes, bytes
//! ```
//!
//! Integers are little-endian, kinds and keys in the order of their bytes: one schema has one encoding, on every
//! machine and in every build. The first byte is this form's number; another form, and with it other versions of the
//! same schemas, gets another one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{KindSchema, OnMismatch, Part, Schema};
use crate::id::SchemaVersion;
use crate::value::{Cursor, DecodeError};

const FORM: u8 = 1;

impl SchemaVersion {
    /// The first eight digits: for people.
    #[must_use]
    pub fn short(self) -> String {
        format!("{:08x}", self.0 >> 96)
    }

    /// FNV-1a with 128 bits. Schemas come from the program itself, so that there is nobody to defend against; that two
    /// of the few that one store ever sees fall together by chance takes some 2^60 of them. It is a dozen lines, where
    /// a cryptographic hash would be one more dependency of every program.
    fn of(bytes: &[u8]) -> Self {
        const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        Self(bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME)))
    }
}

/// Bytes that are not a schema, or not the one that they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeSchemaError {
    /// They do not decode.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// They were written by a later version of xray.
    #[error("it has the form {0}, this version of xray reads {FORM}")]
    Form(u8),
}

impl Schema {
    /// The version: the same for the same content, whatever the order of its declaration.
    #[must_use]
    pub fn version(&self) -> SchemaVersion {
        SchemaVersion::of(&self.to_bytes())
    }

    /// The one encoding of this schema.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        put_text(&mut bytes, &self.name);
        bytes.push(match self.on_mismatch {
            OnMismatch::Warn => 0,
            OnMismatch::Reject => 1,
            OnMismatch::Sanitize => 2,
        });
        put_length(&mut bytes, self.kinds.len());
        for declared in &self.kinds {
            put_text(&mut bytes, &declared.kind);
            for part in Part::ALL {
                let Some(keys) = declared.keys(part) else {
                    bytes.push(0);
                    continue;
                };
                bytes.push(1);
                put_length(&mut bytes, keys.len());
                keys.iter().for_each(|key| put_text(&mut bytes, key));
            }
        }
        bytes
    }

    /// Reads what [`Schema::to_bytes`] wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeSchemaError> {
        let mut cursor = Cursor::new(bytes);
        match cursor.u8()? {
            FORM => {}
            other => return Err(DecodeSchemaError::Form(other)),
        }
        let name = cursor.text()?.into();
        let on_mismatch = match cursor.u8()? {
            0 => OnMismatch::Warn,
            1 => OnMismatch::Reject,
            2 => OnMismatch::Sanitize,
            _ => return Err(malformed("an unknown mode", &cursor)),
        };
        let count = cursor.u32()?;
        // Not with the capacity that the bytes claim: they may claim anything.
        let mut kinds = Vec::new();
        for _ in 0..count {
            let kind = cursor.text()?.into();
            let (input, output) = (keys(&mut cursor)?, keys(&mut cursor)?);
            let (reasoning, meta) = (keys(&mut cursor)?, keys(&mut cursor)?);
            kinds.push(KindSchema { kind, input, output, reasoning, meta });
        }
        if !kinds.is_sorted_by_key(|kind| &kind.kind) {
            return Err(malformed("kinds that are not in order", &cursor));
        }
        match cursor.is_at_end() {
            true => Ok(Self { name, on_mismatch, kinds }),
            false => Err(malformed("more than a schema", &cursor)),
        }
    }
}

fn keys(cursor: &mut Cursor<'_>) -> Result<Option<BTreeSet<Arc<str>>>, DecodeSchemaError> {
    match cursor.u8()? {
        0 => Ok(None),
        1 => {
            let count = cursor.u32()?;
            (0..count).map(|_| Ok(cursor.text()?.into())).collect::<Result<_, _>>().map(Some)
        }
        _ => Err(malformed("neither a list of keys nor none", cursor)),
    }
}

fn malformed(what: &'static str, cursor: &Cursor<'_>) -> DecodeSchemaError {
    DecodeError { what, at: cursor.position() }.into()
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("a schema is smaller than 4 GiB");
    bytes.extend(length.to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Schema {
        let rank = |kind: KindSchema| kind.output(["title", "score"]).meta([""; 0]);
        Schema::new("shop").kind("rank", rank).kind("filter", |kind| kind.input(["limits", "candidates"])).reject()
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(SchemaVersion::of(b"").to_string(), "6c62272e07bb014262b821756295c58d");
        assert_eq!(SchemaVersion::of(b"a").to_string(), "d228cb696f1a8caf78912b704e4a8964");
    }

    #[test]
    fn versions_do_not_change_between_builds() {
        let version = shop().version();
        assert_eq!(version.to_string(), "388d8f818fae4d84d2be6454c7ab8bb6");
        assert_eq!(version.short(), version.to_string()[..8]);
        assert_eq!(version.to_string().parse(), Ok(version));
    }

    #[test]
    fn the_content_alone_makes_the_version() {
        let again = Schema::new("shop")
            .kind("filter", |kind| kind.input(["candidates"]).input(["limits"]))
            .kind("rank", |kind| kind.meta([""; 0]).output(["score", "title", "title"]))
            .reject();
        assert_eq!((again.version(), &again), (shop().version(), &shop()));
        for other in [
            shop().warn(),
            shop().kind("select", |kind| kind),
            Schema::new("shop").kind("ab", |kind| kind.input(["c"])),
            Schema::new("shop").kind("a", |kind| kind.input(["bc"])),
            Schema::new("shop").kind("a", |kind| kind.output(["bc"])),
            Schema::new("shop").kind("a", |kind| kind.output(["bc"]).input([""; 0])),
        ] {
            assert_ne!(other.version(), shop().version(), "{other:?}");
        }
    }

    #[test]
    fn bytes_are_read_as_they_were_written_and_never_as_something_else() {
        let bytes = shop().to_bytes();
        assert_eq!(Schema::from_bytes(&bytes), Ok(shop()));
        for length in 0..bytes.len() {
            assert!(Schema::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(Schema::from_bytes(&longer).unwrap_err().to_string().starts_with("more than a schema"));
        let mut later = bytes.clone();
        later[0] = 2;
        assert_eq!(Schema::from_bytes(&later), Err(DecodeSchemaError::Form(2)));
        let claims = [&[FORM][..], &[0; 4], &[0], &[0xff; 4]].concat();
        assert!(Schema::from_bytes(&claims).is_err());
    }
}
