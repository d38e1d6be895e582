//! What is fuzzed, for libFuzzer (`fuzz_targets/`) and for the test that every build runs (`tests/fuzzing.rs`).

use std::path::PathBuf;
use std::sync::Arc;

use xray_collector::chunk::raw::{AllValues, Written, hand_over, read_all, read_left};
use xray_collector::chunk::{Found, PoolSettings, Reader, find};
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
            let written = Written { thread: 7, order: turn * 2 + order, events: 0 };
            assert!(hand_over(reader.pool(), written, bytes), "there are four chunks");
        }
        read_all(&mut reader, &mut all);
    }
    all_render(all);
}

/// Whatever stands in a file of chunks: it is recovered and then gone, or it stays what it is, byte for byte, under its
/// name or another. The input is a preamble's words, and for each chunk what it begins with, after a length in two bytes.
pub(crate) fn files(bytes: &[u8]) {
    let file = file_of(bytes);
    let directory = tempfile::tempdir().expect("a place for a file");
    let path = directory.path().join("bench.redb.chunks");
    std::fs::write(&path, &file).expect("writable");
    match find(&path) {
        Found::Nothing => assert!(file.iter().take(PREAMBLE_BYTES).all(|byte| *byte == 0), "there was something"),
        Found::Left(mut left, _) => {
            let mut all = AllValues::default();
            read_left(&mut left, &mut all);
            all_render(all);
            assert_eq!(std::fs::read(&path).expect("still there"), file);
            left.discard().expect("it can be removed");
            assert!(!path.exists());
        }
        Found::SetAside(why) => {
            let aside = PathBuf::from(format!("{}.unread-1", path.display()));
            assert_eq!(std::fs::read(aside).expect("set aside"), file, "{why}");
            assert!(!path.exists());
        }
        Found::Occupied(why) => assert_eq!(std::fs::read(&path).expect("still there"), file, "{why}"),
    }
}

const WORDS_BYTES: usize = 12 * 8;
const PREAMBLE_BYTES: usize = 32 * 1024;
const CHUNK_BYTES: usize = 4096;

fn file_of(bytes: &[u8]) -> Vec<u8> {
    let (words, mut rest) = bytes.split_at(bytes.len().min(WORDS_BYTES));
    let mut file = words.to_vec();
    while let Some((length, behind)) = rest.split_first_chunk() {
        let begins = (file.len().max(PREAMBLE_BYTES)).next_multiple_of(CHUNK_BYTES);
        let (chunk, behind) = behind.split_at(behind.len().min(usize::from(u16::from_le_bytes(*length))));
        file.resize(begins, 0);
        file.extend(chunk);
        // A chunk of nothing takes its place, too.
        if chunk.is_empty() {
            file.push(0);
        }
        rest = behind;
    }
    file
}

fn all_render(all: AllValues) {
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
