//! Values that the collector writes itself, which need no names.

use super::{Cursor, Element, Table, UNKNOWN_LENGTH, tag};

pub(crate) fn open_list(out: &mut Vec<u8>) {
    out.push(tag::LIST);
    out.extend(UNKNOWN_LENGTH.to_le_bytes());
}

pub(crate) fn close(out: &mut Vec<u8>) {
    out.push(tag::CLOSE);
}

pub(crate) fn u8(value: u8, out: &mut Vec<u8>) {
    out.extend([tag::U8, value]);
}

pub(crate) fn u64(value: u64, out: &mut Vec<u8>) {
    out.push(tag::U64);
    out.extend(value.to_le_bytes());
}

pub(crate) fn f64(value: f64, out: &mut Vec<u8>) {
    out.push(tag::F64);
    out.extend(value.to_le_bytes());
}

pub(crate) fn boolean(value: bool, out: &mut Vec<u8>) {
    out.push(if value { tag::TRUE } else { tag::FALSE });
}

pub(crate) fn string(value: &str, out: &mut Vec<u8>) {
    out.push(tag::STRING);
    out.extend(u32::try_from(value.len()).unwrap_or(0).to_le_bytes());
    out.extend(value.as_bytes());
}

/// The value, or nothing.
pub(crate) fn optional<T>(value: Option<T>, write: fn(T, &mut Vec<u8>), out: &mut Vec<u8>) {
    match value {
        Some(value) => write(value, out),
        None => out.push(tag::UNIT),
    }
}

/// The number that a value is, if it is one.
pub(crate) fn number(value: &[u8]) -> Option<f64> {
    match Cursor::new(value).element(&mut Table(&[])).ok()? {
        Element::Unsigned(value, _) => Some(value as f64),
        Element::Signed(value, _) => Some(value as f64),
        Element::F32(value) => Some(value.into()),
        Element::F64(value) => Some(value),
        _ => None,
    }
}
