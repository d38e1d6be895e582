//! Secrets in every position, none of which may get into the store or out of the API; and what only looks like one.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::json;
use xray_tests::{Recording, get};

const PASSWORD: &str = "correct-horse-battery";
const CARD: &str = "4111 1111 1111 1111";
const BEARER: &str = "abcdef.ghijkl-0123456789";
const KEY: &str = "sk-proj-Zm9vYmFyYmF6cXV4MTIz";
const WEB_TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl";
const PRIVATE_KEY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
const OWN: &str = "ACME-20391";

/// No part of a secret that is longer than this may be found either.
const PART: usize = 8;

#[derive(Debug, Clone, Serialize)]
struct Account {
    name: &'static str,
    #[serde(rename = "userPassword")]
    password: String,
    nested: Nested,
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize)]
enum Nested {
    Login { api_token: String, tokenizer: &'static str },
}

/// Without `Serialize`.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "read by Debug")]
struct Shown {
    passwd: &'static str,
    note: String,
    discard: &'static str,
}

#[derive(Debug, thiserror::Error)]
#[error("refused: Bearer {BEARER}")]
struct Refused(#[source] Because);

#[derive(Debug)]
struct Because;
impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the card {CARD} is blocked")
    }
}
impl std::error::Error for Because {}

fn account() -> Account {
    let headers =
        [("Cookie", PASSWORD), ("X-Authorization", PASSWORD), ("accept", "text/html"), (WEB_TOKEN, "as a key")];
    Account {
        name: "ada",
        password: PASSWORD.to_owned(),
        nested: Nested::Login { api_token: PASSWORD.to_owned(), tokenizer: "cl100k" },
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

#[xray::step]
fn named(password: &str, card: u64, api_key: Option<Vec<u8>>, tokens: u32, cardinality: u64) -> usize {
    password.len() + card as usize % 2 + api_key.map_or(0, |key| key.len()) + tokens as usize + cardinality as usize
}

#[xray::step(debug(secret), with(token = str::len))]
fn chosen(secret: &str, token: &str) -> bool {
    secret.len() > token.len()
}

#[xray::step]
fn nested(account: &Account) -> Option<Account> {
    Some(account.clone())
}

#[xray::step]
fn shown(shown: &Shown) -> Vec<Shown> {
    vec![shown.clone(); 2]
}

#[xray::step]
fn texts(texts: Vec<String>, joined: String) -> String {
    format!("{joined} {}", texts.len())
}

#[xray::step]
fn refused() -> Result<(), Refused> {
    Err(Refused(Because))
}

#[xray::step]
fn panics() {
    panic!("no such key: {KEY}");
}

/// That neither the secrets nor long parts of them are in there.
fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [PASSWORD, CARD, BEARER, KEY, WEB_TOKEN, PRIVATE_KEY, OWN, "4111111111111111"] {
        for part in secret.as_bytes().windows(PART) {
            let part = std::str::from_utf8(part).expect("a text");
            assert!(!text.contains(part), "{part:?} of {secret:?} is in {what}");
        }
    }
}

#[test]
fn no_secret_leaves_the_thread() {
    let mut recording = Recording::start_with(|builder| builder.redact_values(["ACME-[0-9]+"]).serve("127.0.0.1:0"));
    named(PASSWORD, 4_111_111_111_111_111, Some(PASSWORD.into()), 4711, 12);
    chosen(PASSWORD, PASSWORD);
    let _ = nested(&account());
    let note = format!("Bearer {BEARER} and {CARD}, no. {OWN}");
    let _ = shown(&Shown { passwd: PASSWORD, note: note.clone(), discard: "a card, 5500000000000005" });
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{PRIVATE_KEY}\n-----END PRIVATE KEY-----");
    let _ =
        texts(vec![note.clone(), KEY.to_owned(), WEB_TOKEN.to_owned(), pem], format!("{}{note}", "ä ".repeat(90_000)));
    refused().expect_err("it is refused");
    std::panic::catch_unwind(panics).expect_err("it panics");

    let tree = recording.tree();
    assert_clean("the tree", tree.as_bytes());
    for kept in ["ada", "cl100k", "text/html", "4711", "5500000000000005", "tokenizer", "discard: ", "as a key"] {
        assert!(tree.contains(kept), "{kept} is not in\n{tree}");
    }
    assert_eq!(
        serde_json::to_value(&recording.step("named").arguments).expect("JSON"),
        json!([
            { "name": "password", "level": "redacted", "value": "[redacted]", "redacted": [""] },
            { "name": "card", "level": "redacted", "value": "[redacted]", "redacted": [""] },
            { "name": "api_key", "level": "redacted", "value": "[redacted]", "redacted": [""] },
            { "name": "tokens", "level": "structured", "value": 4711 },
            { "name": "cardinality", "level": "structured", "value": 12 },
        ])
    );
    assert_eq!(
        serde_json::to_value(&recording.step("chosen").arguments).expect("JSON"),
        json!([
            { "name": "secret", "level": "redacted", "value": "[redacted]", "redacted": [""] },
            { "name": "token", "level": "structured", "value": 21 },
        ])
    );
    assert_eq!(
        serde_json::to_value(&recording.step("nested").arguments[0].captured).expect("JSON"),
        json!({
            "level": "structured",
            "value": {
                "name": "ada",
                "userPassword": "[redacted]",
                "nested": { "Login": { "api_token": "[redacted]", "tokenizer": "cl100k" } },
                "headers": {
                    "Cookie": "[redacted]",
                    "X-Authorization": "[redacted]",
                    "accept": "text/html",
                    "[redacted]": "as a key",
                },
            },
            "redacted": [
                "/userPassword",
                "/nested/Login/api_token",
                "/headers/Cookie",
                "/headers/X-Authorization",
                "/headers/[redacted]",
            ],
        })
    );
    let texts = recording.step("texts");
    assert_eq!(
        serde_json::to_value(&texts.arguments[0].captured).expect("JSON"),
        json!({
            "level": "structured",
            "value": [
                "Bearer [redacted] and [redacted], no. [redacted]", "[redacted]", "[redacted]", "[redacted]",
            ],
            "redacted": ["/0", "/1", "/2", "/3"],
        })
    );
    let error = recording.step("refused").error.expect("an error");
    assert_eq!(error.message, format!("refused: Bearer {}", "*".repeat(BEARER.len())));
    assert_eq!(error.chain, [format!("the card {} is blocked", "*".repeat(CARD.len()))]);
    assert_eq!(recording.step("panics").error.expect("a panic").message, "no such key: [redacted]");

    let address = recording.guard().address().expect("it is served");
    for run in recording.runs() {
        for step in recording.steps(run.id) {
            let answer = get(address, &format!("/api/v1/runs/{}/steps/{}", run.id, step.id));
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_clean("an answer", answer.body.to_string().as_bytes());
        }
    }
    let chunks = std::fs::read(recording.path().with_extension("redb.chunks")).expect("a file");
    assert!(chunks.windows(12).any(|bytes| bytes == b"no such key:"), "it has what was captured");
    assert_clean("the chunks", &chunks);
    recording.stop();
    assert_clean("the file", &std::fs::read(recording.path()).expect("a file"));
}

#[test]
fn a_secret_at_the_limit_is_not_cut_into_something_harmless() {
    #[xray::step]
    fn limited(text: String, shown: fmt::Arguments<'_>) -> usize {
        text.len() + shown.as_str().map_or(0, str::len)
    }
    let limits = xray::Limits { bytes: 64, ..xray::Limits::default() };
    for place in 20..64 {
        let recording = Recording::start_with(|builder| builder.limits(limits));
        let text = format!("{} {KEY} {}", "x".repeat(place), "y ".repeat(4000));
        limited(text.clone(), format_args!("{text}"));
        assert_clean("the tree", recording.tree().as_bytes());
    }
}

#[test]
fn a_formatted_text_may_go_on_in_the_next_chunk_anywhere() {
    #[xray::step(debug(shown), display(text))]
    fn formatted(shown: &str, text: &str) -> usize {
        shown.len() + text.len()
    }
    let recording = Recording::start_with(|builder| builder.chunks(4096, 256));
    for before in (3500..3900).step_by(5) {
        let text = format!("{} {KEY} {} ä", "x ".repeat(before / 2), "y ".repeat(3000));
        formatted(&text, &text);
    }
    let tree = recording.tree();
    assert_clean("the tree", tree.as_bytes());
    assert_eq!(tree.matches(&format!(" {} y y", "*".repeat(KEY.len()))).count(), 160);
    assert_eq!(tree.matches(" ä").count(), 160);
}

#[test]
fn what_is_redacted_can_be_chosen() {
    #[xray::step]
    fn chosen(home_address: &str, password: &str, text: &str) -> usize {
        home_address.len() + password.len() + text.len()
    }
    let text = format!("ada@example.org, {CARD}");
    let recording = Recording::start_with(|builder| builder.redact_only_names(["homeAddress"]).redact_emails(true));
    chosen("here", "hunter2", &text);
    assert_eq!(
        recording.tree(),
        "chosen completed\n  chosen(home_address=\"[redacted]\", password=\"hunter2\", text=\"[redacted], [redacted]\") \
         returned 47\n"
    );
    drop(recording);
    let recording = Recording::start_with(|builder| builder.redact_only_names([""; 0]).redact_known_values(false));
    chosen("here", "hunter2", &text);
    assert!(recording.tree().contains(&format!("home_address=\"here\", password=\"hunter2\", text=\"{text}\"")));
}

#[test]
fn a_wrong_pattern_is_an_error_of_start() {
    let _turn = xray_tests::turn();
    let error = xray::builder().store("never.redb").redact_values(["fine", "[a-"]).start().expect_err("it is wrong");
    assert_eq!(error.to_string(), "`[a-` is no pattern for values to redact: unclosed character class");
}
