//! Fields with secret names in what `Debug` wrote: `User { name: "ada", password: "…" }`, `{"password": "…"}`.
//!
//! The text is no language with a grammar: this knows what the derive and the standard library's builders write. A name
//! ends at `: `, with quotes around it or without, and its value where a comma, a bracket or a line at its own level
//! does; a text that is cut ends the value, too.

use std::ops::Range;

use super::names::SecretNames;

/// The first value at or behind `from` that stands behind a secret name.
pub(super) fn find(text: &[u8], from: usize, names: &SecretNames) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(colon) = text[at..].iter().position(|byte| *byte == b':').map(|colon| at + colon) {
        if text.get(colon + 1) != Some(&b' ') {
            at = colon + 1;
            continue;
        }
        let value = colon + 2;
        if names.contains(name_before(&text[..colon])) {
            let length = value_length(&text[value..]);
            if length > 0 {
                return Some(value..value + length);
            }
        }
        at = value;
    }
    None
}

/// The name that ends the text.
fn name_before(text: &[u8]) -> &[u8] {
    match text.strip_suffix(b"\"") {
        Some(quoted) => &quoted[quoted.iter().rposition(|byte| *byte == b'"').map_or(0, |quote| quote + 1)..],
        None => {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'#');
            let length = text.iter().rev().take_while(|byte| is_part(byte)).count();
            &text[text.len() - length..]
        }
    }
}

/// The length of the value that the text begins with.
fn value_length(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += string_length(&text[at + 1..]),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            b',' | b'\n' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The length of a string after its opening quote, its closing one included.
fn string_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{DEFAULT_NAMES, SecretNames};
    use super::find;

    #[derive(Debug)]
    #[allow(dead_code, reason = "read by Debug")]
    struct User {
        name: &'static str,
        password: Option<(&'static str, u8)>,
        tokens: u32,
        card: [char; 2],
        headers: BTreeMap<&'static str, &'static str>,
        api_key: &'static str,
    }

    #[test]
    fn values_behind_secret_names() {
        let user = User {
            name: "password",
            password: Some(("a}\", \\", 1)),
            tokens: 7,
            card: [',', ']'],
            headers: [("cookie", "x: y"), ("host", "secret: z")].into(),
            api_key: "k",
        };
        let names = SecretNames::new(DEFAULT_NAMES);
        for text in [format!("{user:?}"), format!("{user:#?}")] {
            let mut left = text.clone().into_bytes();
            let mut at = 0;
            while let Some(found) = find(&left, at, &names) {
                at = found.end;
                left[found].fill(b'*');
            }
            let left = String::from_utf8(left).expect("a text");
            let squeezed = left.split_whitespace().collect::<String>();
            assert!(squeezed.contains(r#"name:"password""#) && squeezed.contains("tokens:7"), "{left}");
            assert!(squeezed.contains(r#""host":"secret:"#), "{left}");
            assert!(!squeezed.contains("Some") && !squeezed.contains("x:y") && !squeezed.contains("\"k\""), "{left}");
        }
        assert_eq!(find(b"password: \"never closed", 0, &names), Some(10..23));
        assert_eq!(find(b"password: ", 0, &names), None);
    }
}
