//! Whatever bytes stand where a value should: an error, or a value that renders. Never a panic, never without end.

use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;
use xray_collector::value::{Captured, Cursor, Names};

fn names() -> Arc<[Arc<str>]> {
    ["film", "title", "<script>", ""].map(Arc::from).into()
}

/// The same names, of which only the number is asked for.
struct Numbers;

impl Names for Numbers {
    type Name = ();

    fn get(&mut self, number: u16, _: Range<usize>) -> Option<()> {
        (usize::from(number) < names().len()).then_some(())
    }

    fn define(&mut self, _: u16, _: &str, _: Range<usize>) -> Option<()> {
        None
    }
}

/// Bytes that look like values more often than random ones do.
fn nearly_values() -> impl Strategy<Value = Vec<u8>> {
    let tag = prop::sample::select(vec![
        0x00_u8, 0x01, 0x0e, 0x0f, 0x10, 0x13, 0x21, 0x22, 0x30, 0x31, 0x32, 0x33, 0x34, 0x40, 0x41, 0x42, 0x43, 0x44,
        0x45, 0x46, 0x47, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0xff,
    ]);
    let piece = prop_oneof![
        4 => tag.prop_map(|tag| vec![tag]),
        3 => (0_u16..5).prop_map(|name| name.to_le_bytes().to_vec()),
        2 => (0_u32..4).prop_map(|length| length.to_le_bytes().to_vec()),
        1 => Just(0x7fff_u16.to_le_bytes().to_vec()),
        1 => Just(0x7ffe_u16.to_le_bytes().to_vec()),
        1 => any::<[u8; 3]>().prop_map(|bytes| bytes.to_vec()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn bytes_are_refused_or_render(bytes in prop_oneof![nearly_values(), prop::collection::vec(any::<u8>(), 0..200)]) {
        let bytes: Arc<[u8]> = bytes.into();
        if let Ok((captured, end)) = Captured::read(&bytes, 0, &names()) {
            prop_assert!(end <= bytes.len());
            let rendered = serde_json::to_value(&captured).expect("what was accepted renders");
            prop_assert_eq!(&rendered["value"], &captured.to_json());
        }
    }

    /// Copying passes over values, reading looks into them: they have to agree on where one ends.
    #[test]
    fn passing_over_ends_where_reading_does(bytes in nearly_values()) {
        let [mut read, mut passed] = [Cursor::new(&bytes), Cursor::new(&bytes)];
        let (is_value, is_passed) = (read.skip(&mut Numbers), passed.pass(&mut Numbers));
        match is_value {
            Ok(()) => prop_assert_eq!((is_passed, passed.position()), (Ok(()), read.position())),
            Err(error) if error.what.contains("UTF-8") || error.what == "not a character" => {}
            Err(error) => prop_assert_eq!(is_passed.map_err(|error| error.what), Err(error.what)),
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let mut bytes = [0x40, 0xff, 0xff, 0xff, 0xff].repeat(100_000);
    bytes.extend([0x0f].repeat(100_000));
    let error = Captured::read(&bytes.into(), 0, &names()).expect_err("too deep");
    assert_eq!(error.to_string(), "values nested too deeply at byte 320");
    for (opening, closing, deepest) in [
        (&[0x40, 0, 0, 0, 0][..], &[0x0f][..], 63),
        (&[0x42, 0, 0, 1, 0], &[0xff, 0x7f], 63),
        (&[0x45, 0, 0, 1, 0], &[], 63),
        (&[0x41, 1, 0, 0, 0, 0x00], &[0x0f], 63),
    ] {
        for depth in [deepest, deepest + 1] {
            let bytes = [opening.repeat(depth), vec![0x00], closing.repeat(depth)].concat();
            let [read, passed] = [Cursor::skip, Cursor::pass].map(|way| way(&mut Cursor::new(&bytes), &mut Numbers));
            assert_eq!(read, passed, "{opening:?}");
            assert_eq!(read.is_ok(), depth == deepest, "{opening:?} {read:?}");
        }
    }
}

#[test]
fn an_error_says_where() {
    for (bytes, said) in [
        (vec![], "the bytes end too early at byte 0"),
        (vec![0x0f], "a close without an open at byte 1"),
        (vec![0x77], "an unknown tag at byte 0"),
        (vec![0x30, 2, 0xff, 0xfe], "a text that is not UTF-8 at byte 2"),
        (vec![0x62, 9, 0], "a name that was not defined at byte 3"),
        (vec![0x22, 0, 0xd8, 0, 0], "not a character at byte 5"),
        (vec![0x41, 1, 0, 0, 0, 0x01, 0x0f], "a key without a value at byte 7"),
    ] {
        let error = Captured::read(&bytes.clone().into(), 0, &names()).expect_err("malformed");
        assert_eq!(error.to_string(), said, "{bytes:?}");
    }
}
