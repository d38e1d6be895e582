//! Columns of numbers in bytes: above the lowest one, byte by byte, each sort of byte compressed by itself.
//!
//! ```text
//! column = lowest u64, how many planes u8, planes
//! plane  = 0, a byte that all are | 1, a byte for each number | 2, length u32, a zstd frame of a byte for each number
//! ```
//!
//! The first plane has the lowest byte of each number, and so on. Bytes that say much the same lie together so, which is
//! what compresses, and a number is put together again with an addition for each plane. Where neighbours are near each other
//! it is their differences that are written: see [`differences`].

use super::compression::{compress, with_decompressed};
use super::fault::Fault;

/// A column in bytes.
///
/// # Errors
/// When it cannot be compressed.
pub(super) fn encode(numbers: &[u64]) -> Result<Vec<u8>, Fault> {
    let lowest = numbers.iter().copied().min().unwrap_or(0);
    let highest = numbers.iter().copied().max().unwrap_or(0);
    let planes = (u64::BITS - (highest - lowest).leading_zeros()).div_ceil(8);
    let mut bytes = lowest.to_le_bytes().to_vec();
    bytes.push(planes as u8);
    let mut plane = vec![0; numbers.len()];
    for shift in (0..planes).map(|place| 8 * place) {
        for (byte, number) in plane.iter_mut().zip(numbers) {
            *byte = ((number - lowest) >> shift) as u8;
        }
        append_plane(&mut bytes, &plane)?;
    }
    Ok(bytes)
}

fn append_plane(bytes: &mut Vec<u8>, plane: &[u8]) -> Result<(), Fault> {
    if plane.iter().all(|byte| *byte == plane[0]) {
        bytes.extend([0, plane[0]]);
        return Ok(());
    }
    let frame = compress(plane)?;
    if frame.len() + 4 < plane.len() {
        bytes.push(2);
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend(frame);
    } else {
        bytes.push(1);
        bytes.extend(plane);
    }
    Ok(())
}

/// The `count` numbers that are all of these bytes; `None` if they are something else.
pub(super) fn decode(bytes: &[u8], count: usize) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    let common = planes(bytes, count, |plane, shift| match numbers.is_empty() {
        true => numbers.extend(plane.iter().map(|byte| u64::from(*byte) << shift)),
        false => numbers.iter_mut().zip(plane).for_each(|(number, byte)| *number += u64::from(*byte) << shift),
    })?;
    if numbers.is_empty() {
        numbers.resize(count, common);
    } else if common > 0 {
        numbers.iter_mut().for_each(|number| *number = number.wrapping_add(common));
    }
    Some(numbers)
}

/// Those of them in these places: room for all of them would cost more than reading them.
///
/// # Panics
/// If there is no such place.
pub(super) fn decode_some(bytes: &[u8], count: usize, places: &[usize]) -> Option<Vec<u64>> {
    let mut numbers = vec![0; places.len()];
    let common = planes(bytes, count, |plane, shift| {
        numbers.iter_mut().zip(places).for_each(|(number, place)| *number += u64::from(plane[*place]) << shift);
    })?;
    numbers.iter_mut().for_each(|number: &mut u64| *number = number.wrapping_add(common));
    Some(numbers)
}

/// Hands over the planes of `count` numbers that are not of one byte, with where its bits are. Returns what all numbers
/// have besides: bits of planes never overlap, so that adding them up puts a number together.
fn planes(bytes: &[u8], count: usize, mut take: impl FnMut(&[u8], u32)) -> Option<u64> {
    let (lowest, rest) = bytes.split_first_chunk()?;
    let mut common = u64::from_le_bytes(*lowest);
    let (planes, mut rest) = rest.split_first()?;
    if u32::from(*planes) > u64::BITS / 8 {
        return None;
    }
    for shift in (0..u32::from(*planes)).map(|place| 8 * place) {
        let (form, after) = rest.split_first()?;
        rest = match form {
            0 => {
                let (byte, after) = after.split_first()?;
                common = common.wrapping_add(u64::from(*byte) << shift);
                after
            }
            1 => {
                let (plane, after) = after.split_at_checked(count)?;
                take(plane, shift);
                after
            }
            2 => {
                let (length, after) = after.split_first_chunk()?;
                let (frame, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                with_decompressed(frame, count, |plane: &[u8]| take(plane, shift))?;
                after
            }
            _ => return None,
        };
    }
    rest.is_empty().then_some(common)
}

/// By how much each number is above the one before, or below: twice the difference, and one less if it is below.
pub(super) fn differences(numbers: &[u64]) -> Vec<u64> {
    let before = std::iter::once(0).chain(numbers.iter().copied());
    numbers.iter().zip(before).map(|(number, before)| difference(*number, before)).collect()
}

/// The numbers whose differences these are.
pub(super) fn sums(differences: &mut [u64]) {
    let mut last = 0;
    for number in differences {
        last = sum(*number, last);
        *number = last;
    }
}

/// A difference as a number that is small if it is, in either direction.
pub(super) fn difference(number: u64, from: u64) -> u64 {
    let difference = number.wrapping_sub(from).cast_signed();
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

/// What [`difference`] was made of.
pub(super) fn sum(difference: u64, from: u64) -> u64 {
    from.wrapping_add((difference >> 1) ^ (difference & 1).wrapping_neg())
}

/// Appends a number, seven bits in a byte, the lowest first.
pub(super) fn append_variable(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes such a number from the front; `None` if there is none.
pub(super) fn take_variable(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        number |= part << shift;
        if *byte < 0x80 {
            return Some(number).filter(|number| number >> shift == part);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written_and_a_part_of_them_is_none() {
        let scattered: Vec<u64> = (0..5_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let small: Vec<u64> = (0..5_000).map(|n| 7_000 + n % 300).collect();
        for numbers in [vec![], vec![u64::MAX], vec![3; 100], vec![0, u64::MAX, 1], scattered, small] {
            let bytes = encode(&numbers).unwrap();
            assert_eq!(decode(&bytes, numbers.len()).as_ref(), Some(&numbers));
            for length in (0..bytes.len()).step_by(1 + bytes.len() / 50) {
                assert_eq!(decode(&bytes[..length], numbers.len()), None, "{length} of {}", bytes.len());
            }
            let places: Vec<usize> = (0..numbers.len()).step_by(7).collect();
            let some = places.iter().map(|place| numbers[*place]).collect();
            assert_eq!(decode_some(&bytes, numbers.len(), &places), Some(some));
            let mut summed = differences(&numbers);
            sums(&mut summed);
            assert_eq!(summed, numbers);
        }
    }

    #[test]
    fn what_says_little_takes_little() {
        let ids: Vec<u64> = (0..16_384).map(|n| (1 << 40) + n).collect();
        assert!(encode(&differences(&ids)).unwrap().len() < 200);
        let durations: Vec<u64> = (0..16_384_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44).collect();
        assert!(encode(&durations).unwrap().len() < 3 * durations.len());
    }

    #[test]
    fn bytes_that_are_no_number_are_refused() {
        let read = |mut bytes: &[u8]| take_variable(&mut bytes);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Some(u64::MAX));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None, "65 bits");
        assert_eq!((read(&[0xff; 11]), read(&[0x80]), read(&[])), (None, None, None));
        for number in [0, 127, 128, 1 << 40, u64::MAX] {
            let mut bytes = Vec::new();
            append_variable(&mut bytes, number);
            assert_eq!(read(&bytes), Some(number));
        }
    }
}
