//! The text that says where the next page of a list begins.
//!
//! ```text
//! cursor = version u8, list u64, position, check u32        big-endian, as hexadecimal digits
//! ```
//!
//! `list` stands for everything that decides which rows there are and in which order, so that a cursor is of no use
//! with other filters; `check` tells a cursor that was cut or made up. Neither keeps a secret: whoever forges a cursor
//! gets a page that they could have asked for anyway.

use xray_collector::id::{RunId, SchemaVersion, StepId};
use xray_collector::query::Place;
use xray_collector::store::Cursor;

use crate::problem::Problem;

const VERSION: u8 = 1;

/// What a cursor belongs to: a list and its filters, as a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List(u64);

impl List {
    /// The list that these parts describe, of which each counts by its place.
    pub(crate) fn of(parts: &[Option<&str>]) -> Self {
        let mut digest = Digest::new();
        for part in parts {
            // No text begins with a length that it does not have: no two lists of parts run together alike.
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            digest.add(&length.to_be_bytes());
            digest.add(part.unwrap_or_default().as_bytes());
        }
        Self(digest.0)
    }
}

/// A place in the list of runs.
pub(crate) fn after_run(list: List, cursor: Cursor) -> String {
    let mut position = [0; 24];
    position[..8].copy_from_slice(&cursor.started_ns.to_be_bytes());
    position[8..].copy_from_slice(&cursor.run.0.to_be_bytes());
    write(list, &position)
}

/// Reads what [`after_run`] wrote; `parameter` is the one that held `text`.
pub(crate) fn read_after_run(list: List, parameter: &str, text: &str) -> Result<Cursor, Problem> {
    let [a, b, c] = read(list, parameter, text)?;
    Ok(Cursor { started_ns: a, run: RunId(u128::from(b) << 64 | u128::from(c)) })
}

/// A place among what a search found.
pub(crate) fn after_found(list: List, place: Place) -> String {
    let mut position = [0; 48];
    let (step, number) = place.within.unwrap_or((StepId(0), 0));
    position[..8].copy_from_slice(&place.run.started_ns.to_be_bytes());
    position[8..24].copy_from_slice(&place.run.run.0.to_be_bytes());
    position[24..32].copy_from_slice(&u64::from(place.within.is_some()).to_be_bytes());
    position[32..40].copy_from_slice(&step.0.to_be_bytes());
    position[40..].copy_from_slice(&number.to_be_bytes());
    write(list, &position)
}

/// Reads what [`after_found`] wrote; `parameter` is the one that held `text`.
pub(crate) fn read_after_found(list: List, parameter: &str, text: &str) -> Result<Place, Problem> {
    let [started_ns, b, c, is_within, step, number] = read(list, parameter, text)?;
    let run = Cursor { started_ns, run: RunId(u128::from(b) << 64 | u128::from(c)) };
    Ok(Place { run, within: (is_within != 0).then_some((StepId(step), number)) })
}

/// A place in the list of a run's steps.
pub(crate) fn after_step(list: List, step: StepId) -> String {
    write(list, &step.0.to_be_bytes())
}

/// Reads what [`after_step`] wrote; `parameter` is the one that held `text`.
pub(crate) fn read_after_step(list: List, parameter: &str, text: &str) -> Result<StepId, Problem> {
    let [step] = read(list, parameter, text)?;
    Ok(StepId(step))
}

/// A place in the list of schemas.
pub(crate) fn after_schema(list: List, first_seen_ns: u64, version: SchemaVersion) -> String {
    let mut position = [0; 24];
    position[..8].copy_from_slice(&first_seen_ns.to_be_bytes());
    position[8..].copy_from_slice(&version.0.to_be_bytes());
    write(list, &position)
}

/// Reads what [`after_schema`] wrote; `parameter` is the one that held `text`.
pub(crate) fn read_after_schema(list: List, parameter: &str, text: &str) -> Result<(u64, SchemaVersion), Problem> {
    let [a, b, c] = read(list, parameter, text)?;
    Ok((a, SchemaVersion(u128::from(b) << 64 | u128::from(c))))
}

/// A place in a list of which so many are before it.
pub(crate) fn at_row(list: List, before: usize) -> String {
    at_decision(list, before)
}

/// Reads what [`at_row`] wrote; `parameter` is the one that held `text`.
pub(crate) fn read_at_row(list: List, parameter: &str, text: &str) -> Result<usize, Problem> {
    read_at_decision(list, parameter, text)
}

/// A place in the list of a step's decisions: so many are before it.
pub(crate) fn at_decision(list: List, before: usize) -> String {
    write(list, &(before as u64).to_be_bytes())
}

/// Reads what [`at_decision`] wrote; `parameter` is the one that held `text`.
pub(crate) fn read_at_decision(list: List, parameter: &str, text: &str) -> Result<usize, Problem> {
    let [before] = read(list, parameter, text)?;
    usize::try_from(before).map_err(|_| Problem::malformed_cursor(parameter))
}

fn write(list: List, position: &[u8]) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(list.0.to_be_bytes());
    bytes.extend(position);
    bytes.extend(check(&bytes));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The position as `N` words.
fn read<const N: usize>(list: List, parameter: &str, text: &str) -> Result<[u64; N], Problem> {
    let malformed = || Problem::malformed_cursor(parameter);
    let bytes = bytes(text).filter(|bytes| bytes.len() == 1 + 8 + 8 * N + 4).ok_or_else(malformed)?;
    let (content, sum) = bytes.split_at(bytes.len() - 4);
    if content[0] != VERSION || check(content) != sum {
        return Err(malformed());
    }
    let mut words =
        content[1..].chunks_exact(8).map(|word| word.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)));
    if words.next() != Some(list.0) {
        return Err(Problem::cursor_of_another_list(parameter));
    }
    Ok(std::array::from_fn(|_| words.next().unwrap_or_default()))
}

/// Lower-case digits alone: each cursor has one spelling.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

fn check(bytes: &[u8]) -> [u8; 4] {
    let mut digest = Digest::new();
    digest.add(bytes);
    ((digest.0 >> 32) as u32 ^ digest.0 as u32).to_be_bytes()
}

/// FNV-1a: the same in every build, unlike the standard library's hashers.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let list = List::of(&[Some("runs"), None]);
        let place = Cursor { started_ns: 1_769_860_800_000_000_012, run: RunId(u128::MAX - 7) };
        assert_eq!(read_after_run(list, "cursor", &after_run(list, place)).unwrap(), place);
        for within in [None, Some((StepId(7), u64::MAX))] {
            let found = Place { run: place, within };
            assert_eq!(read_after_found(list, "cursor", &after_found(list, found)).unwrap(), found);
        }
        let step = StepId(0xfedc_ba98_7654_3210);
        assert_eq!(read_after_step(list, "steps_after", &after_step(list, step)).unwrap(), step);
    }

    #[test]
    fn a_cursor_is_bound_to_its_list() {
        let parts: [&[Option<&str>]; 5] =
            [&[None, None], &[Some(""), None], &[None, Some("")], &[Some("ab"), Some("c")], &[Some("a"), Some("bc")]];
        let lists = parts.map(List::of);
        for (index, list) in lists.iter().enumerate() {
            let text = after_step(*list, StepId(7));
            for (other_index, other) in lists.iter().enumerate() {
                assert_eq!(read_after_step(*other, "steps_after", &text).is_ok(), index == other_index, "{text}");
            }
        }
    }

    #[test]
    fn no_change_of_a_cursor_goes_unnoticed() {
        let list = List::of(&[Some("runs")]);
        let text = after_run(list, Cursor { started_ns: 5, run: RunId(6) });
        for at in 0..text.len() {
            for digit in ["0", "1", "f", "A", "g", "+"] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, digit);
                assert!(changed == text || read_after_run(list, "cursor", &changed).is_err(), "{changed}");
            }
            assert!(read_after_run(list, "cursor", &text[..at]).is_err());
        }
        assert!(read_after_run(list, "cursor", &format!("{text}00")).is_err());
        assert!(read_after_run(list, "cursor", &text.replace('0', "é")).is_err());
        assert!(read_after_step(list, "steps_after", &text).is_err(), "a run's place is no step's");
    }
}
