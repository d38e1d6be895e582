//! Segments on disk: captured values of many steps, compressed together, with a checksum over all of it.
//!
//! ```text
//! segment  = crc32 u32 of all that follows, length u32 of contents, zstd frame of contents
//! contents = count u32, (length u32, bytes)… the names, payload             integers little-endian, names UTF-8
//! ```
//!
//! The checksum is verified before anything is decompressed. What does not decode is told apart by the message alone:
//! the caller knows which segment it was. This must never panic, whatever the bytes are.

use std::sync::Arc;

use super::Segment;
use crate::value::Cursor;

/// 128 KiB of captured films shrink to 18 % at this level, at 430 MB/s; to 17 % at level 3, at 300 MB/s; and to 25 %
/// with lz4, at 660 MB/s. It is the disk that a collector waits for. `benches/src/bin/codec.rs` measures it.
const LEVEL: i32 = 1;

/// A segment as it is read: values by their place in the payload.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) names: Arc<[Arc<str>]>,
    bytes: Vec<u8>,
    payload: usize,
}

impl Contents {
    /// The encoded values at this place, if it is within the payload.
    pub(super) fn values(&self, offset: u32, length: u32) -> Option<Arc<[u8]>> {
        let payload = &self.bytes[self.payload..];
        let rest = payload.get(offset as usize..)?;
        rest.get(..length as usize).map(Arc::from)
    }

    /// The bytes in memory, about.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.payload
    }
}

/// The bytes that are stored for a segment.
///
/// # Errors
/// When it has more than 2^32 bytes.
pub(super) fn encode(segment: &Segment) -> Result<Vec<u8>, String> {
    let names: usize = segment.names.iter().map(|name| 4 + name.len()).sum();
    let mut contents = Vec::with_capacity(4 + names + segment.payload.len());
    contents.extend(length(segment.names.len())?);
    for name in &segment.names {
        contents.extend(length(name.len())?);
        contents.extend(name.as_bytes());
    }
    contents.extend(&segment.payload);

    let frame = zstd::bulk::compress(&contents, LEVEL).map_err(|error| error.to_string())?;
    let mut stored = Vec::with_capacity(8 + frame.len());
    stored.extend([0; 4]);
    stored.extend(length(contents.len())?);
    stored.extend(frame);
    let checksum = crc32fast::hash(&stored[4..]);
    stored[..4].copy_from_slice(&checksum.to_le_bytes());
    Ok(stored)
}

/// What [`encode`] was given.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn decode(stored: &[u8]) -> Result<Contents, String> {
    let (checksum, rest) = number(stored).ok_or("it ends within its checksum")?;
    if crc32fast::hash(rest) != checksum {
        return Err("its checksum does not match".to_owned());
    }
    let (length, frame) = number(rest).ok_or("it ends within its length")?;
    let bytes =
        zstd::bulk::decompress(frame, length as usize).map_err(|error| format!("it does not decompress: {error}"))?;
    let mut cursor = Cursor::new(&bytes);
    let names = names(&mut cursor).map_err(|error| format!("its names do not decode: {error}"))?;
    Ok(Contents { names, payload: cursor.position(), bytes })
}

fn names(cursor: &mut Cursor<'_>) -> Result<Arc<[Arc<str>]>, crate::value::DecodeError> {
    let count = cursor.u32()?;
    (0..count).map(|_| cursor.text().map(Arc::from)).collect()
}

fn length(length: usize) -> Result<[u8; 4], String> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(|_| format!("{length} bytes are more than one segment holds"))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Segment {
        let names = ["Film", "", "größe"].map(Arc::from).to_vec();
        Segment { number: 7, names, payload: b"seven films, seven films, seven films".repeat(9) }
    }

    #[test]
    fn a_segment_is_read_as_it_was_written() {
        let stored = encode(&segment()).unwrap();
        let contents = decode(&stored).unwrap();
        assert_eq!(contents.names[..], segment().names[..]);
        let payload = segment().payload;
        let length = payload.len() as u32;
        assert_eq!(contents.values(0, length).as_deref(), Some(&payload[..]));
        assert_eq!(contents.values(6, 5).as_deref(), Some(&b"films"[..5]));
        assert_eq!(contents.values(length, 0).as_deref(), Some(&[][..]));
        assert!(stored.len() < payload.len() / 2, "{} bytes", stored.len());
    }

    #[test]
    fn an_empty_segment_is_a_segment() {
        let stored = encode(&Segment::default()).unwrap();
        assert_eq!(decode(&stored).unwrap().values(0, 0).as_deref(), Some(&[][..]));
    }

    #[test]
    fn a_place_beyond_the_payload_has_no_values() {
        let contents = decode(&encode(&segment()).unwrap()).unwrap();
        let length = segment().payload.len() as u32;
        for (offset, length) in [(0, length + 1), (length, 1), (length + 1, 0), (u32::MAX, u32::MAX)] {
            assert_eq!(contents.values(offset, length), None, "{offset} {length}");
        }
    }

    #[test]
    fn every_changed_bit_and_every_missing_byte_is_noticed() {
        let stored = encode(&segment()).unwrap();
        for length in 0..stored.len() {
            decode(&stored[..length]).unwrap_err();
        }
        for bit in 0..stored.len() * 8 {
            let mut damaged = stored.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&damaged).unwrap_err(), "its checksum does not match");
        }
    }

    /// As if someone had made a file that is wrong on purpose.
    #[test]
    fn a_valid_checksum_does_not_make_wrong_contents_right() {
        let sealed = |length: u32, frame: &[u8]| {
            let rest = [&length.to_le_bytes()[..], frame].concat();
            [&crc32fast::hash(&rest).to_le_bytes()[..], &rest].concat()
        };
        let frame = |contents: &[u8]| zstd::bulk::compress(contents, LEVEL).unwrap();
        assert_eq!(decode(&sealed(0, &[])).unwrap_err(), "its names do not decode: the bytes end too early at byte 0");
        let error = decode(&sealed(9, b"no frame")).unwrap_err();
        assert!(error.starts_with("it does not decompress: "), "{error}");
        let error = decode(&sealed(3, &frame(b"four"))).unwrap_err();
        assert!(error.starts_with("it does not decompress: "), "{error}");
        let many_names = decode(&sealed(4, &frame(&u32::MAX.to_le_bytes()))).unwrap_err();
        assert_eq!(many_names, "its names do not decode: the bytes end too early at byte 4");
        let not_utf8 = decode(&sealed(9, &frame(&[1, 0, 0, 0, 1, 0, 0, 0, 0xff]))).unwrap_err();
        assert_eq!(not_utf8, "its names do not decode: a text that is not UTF-8 at byte 8");
    }
}
