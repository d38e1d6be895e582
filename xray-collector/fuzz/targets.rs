//! What is fuzzed, for libFuzzer (`fuzz_targets/`) and for the test that every build runs (`tests/fuzzing.rs`).

use std::sync::Arc;

use xray_collector::chunk::raw::{AllValues, hand_over, read_all};
use xray_collector::chunk::{PoolSettings, Reader};
use xray_collector::value::Captured;

/// Whatever bytes stand in a chunk, and in the next one of its thread: they are read or refused, and each value
/// that is read renders. The input begins with the length of what is in the first, in two bytes.
pub(crate) fn chunks(bytes: &[u8]) {
    let Some((length, bytes)) = bytes.split_first_chunk() else { return };
    let (first, second) = bytes.split_at(bytes.len().min(u16::from_le_bytes(*length).into()));
    let settings = PoolSettings { chunk_bytes: 4096, chunks: 4, ..PoolSettings::default() };
    let (mut reader, _) = Reader::new(settings, 1, None, None);
    let mut all = AllValues::default();
    // Twice: a chunk that was refused does not spoil the next one.
    for turn in 0..2 {
        for (order, bytes) in [(0, first), (1, second)] {
            assert!(hand_over(reader.pool(), (7, turn * 2 + order), bytes), "there are four chunks");
        }
        read_all(&mut reader, &mut all);
    }
    for value in all.values() {
        match value {
            Ok(value) => renders(&value),
            Err(error) => {
                let said = ["a text that is not UTF-8", "not a character"].contains(&error.what);
                assert!(said, "{error}: but it was copied");
            }
        }
    }
}

/// Whatever bytes stand where a value should: an error, or a value that renders.
pub(crate) fn values(bytes: &[u8]) {
    let names: Arc<[Arc<str>]> = ["film", "title", "<script>", ""].map(Arc::from).into();
    let bytes: Arc<[u8]> = bytes.into();
    let mut start = 0;
    while let Ok((value, end)) = Captured::read(&bytes, start, &names) {
        assert!(end > start && end <= bytes.len());
        renders(&value);
        start = end;
    }
}

fn renders(value: &Captured) {
    let text = serde_json::to_string(value).expect("what was accepted renders");
    serde_json::from_str::<serde_json::Value>(&text).expect("JSON, of a depth that can be read");
    let rendered = serde_json::to_value(value).expect("what was accepted renders");
    assert_eq!(rendered["value"], value.to_json());
    let _ = (value.level(), value.key(), format!("{value:?}"));
}
