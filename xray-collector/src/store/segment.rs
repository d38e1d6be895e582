//! Segments on disk: captured values of many steps, compressed together, with a checksum over all of it.
//!
//! ```text
//! segment  = crc32 u32 of all that follows, length u32 of contents, zstd frame of contents
//! contents = count u32, (length u32, bytes)… the names, payload             integers little-endian, names UTF-8
//! payload  = all of it; or, if the highest bit of the names' count is set,
//!            count u32, (offset u32, length u32)… what of it is there, in order, and that, one after the other
//! ```
//!
//! The checksum is verified before anything is decompressed. What does not decode is told apart by the message alone:
//! the caller knows which segment it was. This must never panic, whatever the bytes are.

use std::sync::Arc;

use super::Segment;
use crate::value::{Cursor, DecodeError};

/// 128 KiB of captured films shrink to 18 % at this level, at 430 MB/s; to 17 % at level 3, at 300 MB/s; and to 25 %
/// with lz4, at 660 MB/s. It is the disk that a collector waits for. `benches/src/bin/codec.rs` measures it.
const LEVEL: i32 = 1;

/// A segment as it is read: values by their place in the payload.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) names: Arc<[Arc<str>]>,
    bytes: Vec<u8>,
    payload: usize,
    /// What of the payload is there, and where in the bytes: offset, length, place.
    pieces: Vec<(u32, u32, usize)>,
}

/// Beside the number of names: not all of the payload is there.
const PIECES: u32 = 1 << 31;

/// A part of a payload: offset and length.
pub(super) type Piece = (u32, u32);

impl Contents {
    /// The encoded values at this place, if it is within the payload.
    pub(super) fn values(&self, offset: u32, length: u32) -> Option<Arc<[u8]>> {
        self.get(offset, length).map(Arc::from)
    }

    /// The same without copying them.
    pub(super) fn get(&self, offset: u32, length: u32) -> Option<&[u8]> {
        let before = self.pieces.partition_point(|(start, ..)| *start <= offset);
        let (start, whole, place) = *self.pieces.get(before.checked_sub(1)?)?;
        let piece = self.bytes.get(place..)?.get(..whole as usize)?;
        piece.get((offset - start) as usize..)?.get(..length as usize)
    }

    /// The bytes in memory, about.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.payload
    }
}

/// The bytes that are stored for a segment, or for these pieces of it, which are in order.
///
/// # Errors
/// When it has more than 2^32 bytes, or a piece is not within it.
pub(super) fn encode(segment: &Segment, pieces: Option<&[Piece]>) -> Result<Vec<u8>, String> {
    let names: usize = segment.names.iter().map(|name| 4 + name.len()).sum();
    let mut contents = Vec::with_capacity(4 + names + segment.payload.len());
    let count = u32::from_le_bytes(length(segment.names.len())?);
    contents.extend((count | if pieces.is_some() { PIECES } else { 0 }).to_le_bytes());
    for name in &segment.names {
        contents.extend(length(name.len())?);
        contents.extend(name.as_bytes());
    }
    match pieces {
        None => contents.extend(&segment.payload),
        Some(pieces) => {
            contents.extend(length(pieces.len())?);
            contents.extend(
                pieces.iter().flat_map(|(offset, length)| [offset.to_le_bytes(), length.to_le_bytes()].concat()),
            );
            for (offset, length) in pieces {
                let piece = segment.payload.get(*offset as usize..*offset as usize + *length as usize);
                contents.extend(piece.ok_or_else(|| format!("it has no {length} bytes from byte {offset} on"))?);
            }
        }
    }

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
    let undecodable = |error: DecodeError| format!("its names do not decode: {error}");
    let count = cursor.u32().map_err(undecodable)?;
    let names = (0..count & !PIECES).map(|_| cursor.text().map(Arc::from)).collect::<Result<_, _>>();
    let names = names.map_err(undecodable)?;
    let pieces = match count & PIECES != 0 {
        true => pieces(&mut cursor).map_err(|error| format!("its pieces do not decode: {error}"))?,
        false => vec![(0, length - cursor.position() as u32, cursor.position())],
    };
    Ok(Contents { names, payload: cursor.position(), pieces, bytes })
}

fn pieces(cursor: &mut Cursor<'_>) -> Result<Vec<(u32, u32, usize)>, DecodeError> {
    let count = cursor.u32()?;
    let mut pieces = (0..count).map(|_| Ok((cursor.u32()?, cursor.u32()?, 0))).collect::<Result<Vec<_>, _>>()?;
    let mut place = cursor.position();
    for (_, length, at) in &mut pieces {
        *at = place;
        place += *length as usize;
    }
    Ok(pieces)
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
        let stored = encode(&segment(), None).unwrap();
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
        let stored = encode(&Segment::default(), None).unwrap();
        assert_eq!(decode(&stored).unwrap().values(0, 0).as_deref(), Some(&[][..]));
    }

    #[test]
    fn a_place_beyond_the_payload_has_no_values() {
        let contents = decode(&encode(&segment(), None).unwrap()).unwrap();
        let length = segment().payload.len() as u32;
        for (offset, length) in [(0, length + 1), (length, 1), (length + 1, 0), (u32::MAX, u32::MAX)] {
            assert_eq!(contents.values(offset, length), None, "{offset} {length}");
        }
    }

    #[test]
    fn of_pieces_what_is_in_them_is_read() {
        let pieces = [(6, 5), (19, 12), (31, 3)];
        let contents = decode(&encode(&segment(), Some(&pieces)).unwrap()).unwrap();
        let payload = segment().payload;
        for (offset, length) in pieces.into_iter().chain([(7, 4), (7, 0), (20, 11), (33, 1)]) {
            let expected = &payload[offset as usize..][..length as usize];
            assert_eq!(contents.values(offset, length).as_deref(), Some(expected), "{offset} {length}");
        }
        for (offset, length) in [(0, 1), (5, 2), (7, 5), (12, 1), (30, 2), (34, 1), (u32::MAX, 1)] {
            assert_eq!(contents.values(offset, length), None, "{offset} {length}");
        }
        encode(&segment(), Some(&[(u32::MAX, 1)])).unwrap_err();
    }

    #[test]
    fn every_changed_bit_and_every_missing_byte_is_noticed() {
        let stored = encode(&segment(), None).unwrap();
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
