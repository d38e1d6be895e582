//! Names that say that what they name is a secret: of arguments, fields, and keys of maps.
//!
//! A name is split into words: at whatever is no ASCII letter or digit, and where camel case begins a word
//! (`userPassword`, `APIKey`). Digits at a word's end do not count (`password2`). The name is secret if words that
//! follow each other spell a pattern, whatever their case: `api_key`, `apiKey`, `api-key` and `apikey` are the same.
//! So `api_token` and `userPassword` are secret; `tokenizer`, `discard`, `cardinality` and `tokens` are not: there the
//! pattern is only a part of a word.
//!
//! A name that only measures or describes the secret is none: one that goes on and ends in one of [`MEASURES`]
//! (`token_count`, `password_length`), or begins with one of [`QUESTIONS`] (`has_password`).

/// What is secret unless something else is asked for. Plurals where they mean secrets, too: `tokens` are what a
/// language model counts.
pub const DEFAULT_NAMES: [&str; 16] = [
    "password",
    "passwords",
    "passwd",
    "secret",
    "secrets",
    "token",
    "api_key",
    "api_keys",
    "authorization",
    "cookie",
    "cookies",
    "ssn",
    "card",
    "credentials",
    "private_key",
    "passphrase",
];

const MEASURES: [&str; 14] = [
    "count", "counts", "length", "len", "size", "limit", "budget", "usage", "type", "kind", "index", "price", "cost",
    "rate",
];
const QUESTIONS: [&str; 5] = ["is", "has", "needs", "num", "max"];

/// Words of a name that are looked at.
const MOST_WORDS: usize = 32;

/// The patterns, each as its words spell it: in lower case, without anything between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretNames {
    patterns: Vec<Box<[u8]>>,
    shortest: usize,
    /// Of the bytes that patterns begin with, the lowest five bits: a bit for each.
    firsts: u32,
}

impl SecretNames {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let spelt = |name: &str| words(name.as_bytes()).flatten().map(u8::to_ascii_lowercase).collect::<Box<[u8]>>();
        let patterns: Vec<_> = names.into_iter().map(spelt).filter(|pattern| !pattern.is_empty()).collect();
        let shortest = patterns.iter().map(|pattern| pattern.len()).min().unwrap_or(usize::MAX);
        let firsts = patterns.iter().fold(0, |bits, pattern| bits | 1 << (pattern[0] & 31));
        Self { patterns, shortest, firsts }
    }

    /// Whether what has this name is secret. Allocates nothing.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        let may_begin = |byte: u8| self.firsts >> (byte & 31) & 1 == 1;
        if name.len() < self.shortest || !words(name).any(|word| may_begin(word[0])) {
            return false;
        }
        let mut found = [&name[..0]; MOST_WORDS];
        let mut count = 0;
        for (place, word) in found.iter_mut().zip(words(name)) {
            *place = word;
            count += 1;
        }
        let found = &found[..count];
        (0..count).filter(|first| may_begin(found[*first][0])).any(|first| {
            let byte = found[first][0].to_ascii_lowercase();
            let mut patterns = self.patterns.iter().filter(|pattern| pattern[0] == byte);
            patterns.any(|pattern| spells(&found[first..], pattern, found))
        })
    }
}

/// Whether the first of these words spell the pattern, and what they are in does not only measure it.
fn spells(words: &[&[u8]], pattern: &[u8], all: &[&[u8]]) -> bool {
    let mut rest = pattern;
    let mut used = 0;
    while !rest.is_empty() {
        let Some(word) = words.get(used).filter(|word| word.len() <= rest.len()) else { return false };
        if !word.eq_ignore_ascii_case(&rest[..word.len()]) {
            return false;
        }
        rest = &rest[word.len()..];
        used += 1;
    }
    let is_one_of = |word: &[u8], list: &[&str]| list.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    let measures = used < words.len() && is_one_of(words[words.len() - 1], &MEASURES);
    let asks = words.len() < all.len() && is_one_of(all[0], &QUESTIONS);
    !(measures || asks)
}

/// The words of a name, without the digits at their ends.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < name.len() && !name[at].is_ascii_alphanumeric() {
            at += 1;
        }
        let start = at;
        while at < name.len() && name[at].is_ascii_alphanumeric() && (at == start || !begins_word(name, at)) {
            at += 1;
        }
        (at > start).then(|| {
            let word = &name[start..at];
            let letters = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(word.len(), |last| last + 1);
            &word[..letters]
        })
    })
}

/// Whether camel case begins a word here: `aB`, `1B`, and the `B` of `ABc`.
fn begins_word(name: &[u8], at: usize) -> bool {
    let is_lower = |place: usize| name.get(place).is_some_and(u8::is_ascii_lowercase);
    name[at].is_ascii_uppercase() && (!name[at - 1].is_ascii_uppercase() || is_lower(at + 1))
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT_NAMES, SecretNames};

    #[test]
    fn whole_words_in_every_case() {
        let names = SecretNames::new(DEFAULT_NAMES);
        for secret in [
            "password",
            "PASSWORD",
            "userPassword",
            "user_password",
            "user-password",
            "password2",
            "passwordHash",
            "passwd",
            "client_secret",
            "api_token",
            "accessToken",
            "X-Api-Key",
            "apikey",
            "apiKey",
            "APIKey",
            "OPENAI_API_KEY",
            "Authorization",
            "set-cookie",
            "ssn",
            "card",
            "card_number",
            "creditCard",
            "(user, password)",
            "SecretToken",
            "token_ids",
        ] {
            assert!(names.contains(secret.as_bytes()), "{secret}");
        }
        for harmless in [
            "",
            "tokenizer",
            "tokens",
            "prompt_tokens",
            "max_tokens",
            "token_count",
            "tokenCount",
            "token_limit",
            "max_token_length",
            "discard",
            "cardinality",
            "postcard",
            "card_type",
            "has_password",
            "password_length",
            "secretary",
            "author",
            "key",
            "assn",
        ] {
            assert!(!names.contains(harmless.as_bytes()), "{harmless}");
        }
    }

    #[test]
    fn patterns_are_names_too() {
        let names = SecretNames::new(["homeAddress", "token_count", "-"]);
        assert!(
            names.contains(b"home_address") && names.contains(b"the-home-address") && names.contains(b"tokenCount")
        );
        assert!(!names.contains(b"address") && !names.contains(b"home") && !names.contains(b"password"));
    }
}
