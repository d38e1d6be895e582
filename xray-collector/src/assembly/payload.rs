//! Values on their way from a chunk into a segment: straight, or held for as long as it is not known how much of them
//! is kept.

use std::ops::Range;

use crate::chunk::Values;
use crate::inference::Encoded;
use crate::store::{HeldValues, PayloadRef, Segment};
use crate::value::{Appender, Cursor, Element, SegmentNames, Table, list_length};

/// Of a list that is thinned, how many elements are kept, and beyond how many it is thinned at all.
const KEPT_ELEMENTS: usize = 8;
const LONG_LIST: u64 = 32;

/// Values, one after the other, with names of their own.
#[derive(Debug, Default)]
pub(super) struct Payload {
    pub(super) names: SegmentNames,
    pub(super) bytes: Vec<u8>,
}

impl From<&Payload> for HeldValues {
    fn from(payload: &Payload) -> Self {
        Self { names: payload.names.texts().to_vec(), bytes: payload.bytes.clone() }
    }
}

impl From<&HeldValues> for Payload {
    fn from(values: &HeldValues) -> Self {
        let names = SegmentNames::of_texts(values.names.clone());
        Self { names, bytes: values.bytes.clone() }
    }
}

impl Payload {
    /// Copies an event's values to the end. Returns where they are, and of the first that is a list its length.
    pub(super) fn copy(&mut self, values: &mut Values<'_>) -> (Range<usize>, Option<u64>) {
        let start = self.bytes.len();
        let mut items = None;
        loop {
            let from = self.bytes.len();
            match values.copy_next(&mut self.names, &mut self.bytes) {
                Some(Ok(())) => items = items.or_else(|| list_length(&self.bytes[from..])),
                Some(Err(_)) | None => break,
            }
        }
        (start..self.bytes.len(), items)
    }

    pub(super) fn encoded(&self) -> Encoded<'_> {
        Encoded { bytes: &self.bytes, names: self.names.texts() }
    }

    /// Appends values, of long lists only the first elements.
    pub(super) fn append_thinned(&mut self, values: Encoded<'_>) -> Range<usize> {
        let start = self.bytes.len();
        let mut appender = Appender::new(values.names, &mut self.names, &mut self.bytes);
        let mut at = 0;
        while at < values.bytes.len() {
            let Some(end) = thin(values, at, &mut appender) else { break };
            at = end;
        }
        start..self.bytes.len()
    }

    /// Where the values at this place are, in the segment of this number.
    pub(super) fn reference(&self, segment: u64, place: &Range<usize>) -> Option<PayloadRef> {
        let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        (!place.is_empty()).then(|| PayloadRef {
            segment,
            offset: narrow(place.start),
            length: narrow(place.end - place.start),
        })
    }

    pub(super) fn into_segment(self, number: u64) -> Segment {
        Segment { number, names: self.names.into_texts(), payload: self.bytes }
    }
}

/// Appends the value at `at`, thinned, and says where it ends.
fn thin(values: Encoded<'_>, at: usize, appender: &mut Appender<'_>) -> Option<usize> {
    let bytes = values.bytes.get(at..)?;
    let mut whole = Cursor::new(bytes);
    whole.skip(&mut Table(values.names)).ok()?;
    let length = whole.position();
    if list_length(bytes).is_none_or(|elements| elements <= LONG_LIST) {
        appender.value(&bytes[..length]).ok()?;
        return Some(at + length);
    }
    let mut cursor = Cursor::new(bytes);
    let mut head = 0;
    while !matches!(cursor.element(&mut Table(values.names)).ok()?, Element::List(_)) {
        // Which field is the key: it was asked for already.
        head = cursor.position();
    }
    appender.raw(&bytes[head..cursor.position()]);
    for _ in 0..KEPT_ELEMENTS {
        let from = cursor.position();
        if cursor.skip(&mut Table(values.names)).is_err() {
            break;
        }
        appender.value(&bytes[from..cursor.position()]).ok()?;
    }
    appender.raw(&[crate::value::CUT]);
    Some(at + length)
}
