//! The loop written by hand has to write what xray writes, or it is nothing to compare with: checked before anything is
//! measured, so that a change of xray's format is seen here.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use xray_collector::value::Captured;

use crate::reference::{BEGIN_BYTES, END_BYTES, NAMES};

/// What the loop by hand takes for a call without its values.
pub(crate) const FRAMING_BYTES: f64 = (BEGIN_BYTES + END_BYTES) as f64;

/// Checks what xray needs for a call without its values.
pub(crate) fn check_framing(bytes: f64) -> anyhow::Result<()> {
    ensure!(
        (bytes - FRAMING_BYTES).abs() < 0.5,
        "xray takes {bytes:.2} bytes for a call without values, the loop by hand {FRAMING_BYTES}: change reference.rs"
    );
    Ok(())
}

/// How many bytes the values of one call are when they are recorded.
pub(crate) fn value_bytes(values: &[Captured]) -> usize {
    values.iter().map(|value| value.bytes().len()).sum()
}

/// Checks the values of one call, the result last, and returns how many bytes they are when they are recorded.
pub(crate) fn check_values(workload: &str, xray: &[Captured], by_hand: &[u8]) -> anyhow::Result<usize> {
    let bytes: Arc<[u8]> = by_hand.into();
    let names: Arc<[Arc<str>]> = NAMES.map(Arc::from).into();
    let mut at = BEGIN_BYTES;
    for (index, captured) in xray.iter().enumerate() {
        if index + 1 == xray.len() {
            at += END_BYTES;
        }
        let what = || format!("{workload}, value {index}: change reference.rs");
        let (value, end) = Captured::read(&bytes, at, &names).with_context(what)?;
        let length = captured.bytes().len();
        ensure!(length == end - at, "xray takes {length} bytes, the loop by hand {}: {}", end - at, what());
        ensure!(captured.json() == value.json(), "{} is not {}: {}", captured.json(), value.json(), what());
        at = end;
    }
    ensure!(at == by_hand.len(), "the loop by hand writes more than xray: {workload}");
    Ok(value_bytes(xray))
}
