//! Whatever bytes stand where a value should: an error, or a value that renders. Never a panic, never without end.

use std::sync::Arc;

use proptest::prelude::*;
use xray_collector::value::Captured;

fn names() -> Arc<[Arc<str>]> {
    ["film", "title", "<script>", ""].map(Arc::from).into()
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
}

#[test]
fn nesting_is_bounded() {
    let mut bytes = [0x40, 0xff, 0xff, 0xff, 0xff].repeat(100_000);
    bytes.extend([0x0f].repeat(100_000));
    let error = Captured::read(&bytes.into(), 0, &names()).expect_err("too deep");
    assert_eq!(error.to_string(), "values nested too deeply at byte 320");
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
