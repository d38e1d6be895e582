//! What must not leave the calling thread: which names are secret, and which parts of texts.
//!
//! One [`Redaction`] belongs to a pool of chunks, and every value that is written into them goes by it. What it finds
//! is withheld before the record is committed; nobody else ever sees it.

mod fields;
mod names;
mod patterns;

use std::ops::Range;

use regex::bytes::Regex;

pub use self::names::DEFAULT_NAMES;
use self::names::SecretNames;
pub(crate) use self::patterns::hints_at_secret;
use self::patterns::may_hold;

/// Stands for what was withheld of a string. In a formatted text, each byte of it is a `*`.
pub const MARK: &str = "[redacted]";

/// A pattern that is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is no pattern for values to redact: {reason}")]
pub struct PatternError {
    pattern: String,
    reason: String,
}

/// What is redacted.
#[derive(Debug, Clone)]
pub struct Redaction {
    names: SecretNames,
    known_forms: bool,
    emails: bool,
    patterns: Vec<Regex>,
}

impl Default for Redaction {
    /// [`DEFAULT_NAMES`], and the secrets that are known by their form.
    fn default() -> Self {
        Self { names: SecretNames::new(DEFAULT_NAMES), known_forms: true, emails: false, patterns: Vec::new() }
    }
}

impl Redaction {
    /// What has one of `names`; secrets of known form; e-mail addresses; and what matches one of `patterns`.
    ///
    /// # Errors
    /// When a pattern is no regular expression.
    pub fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        known_forms: bool,
        emails: bool,
        patterns: &[String],
    ) -> Result<Self, PatternError> {
        let compile = |pattern: &String| {
            Regex::new(pattern).map_err(|error| {
                // The last line says what is wrong; those before draw it.
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                PatternError { pattern: pattern.clone(), reason }
            })
        };
        let patterns = patterns.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { names: SecretNames::new(names), known_forms, emails, patterns })
    }

    /// Whether what has this name is withheld.
    #[must_use]
    pub fn is_secret_name(&self, name: &str) -> bool {
        self.names.contains(name.as_bytes())
    }

    pub(crate) fn is_secret_key(&self, key: &[u8]) -> bool {
        self.names.contains(key)
    }

    /// The length of the shortest text of which a part may have to be withheld.
    pub(crate) fn shortest(&self) -> usize {
        match (self.known_forms, self.emails || !self.patterns.is_empty()) {
            (_, true) => 1,
            (true, false) => patterns::SHORTEST,
            (false, false) => usize::MAX,
        }
    }

    /// Whether nothing is withheld of texts but secrets of known form.
    pub(crate) fn is_usual(&self) -> bool {
        self.known_forms && !self.emails && self.patterns.is_empty()
    }

    /// Whether a part of the text may have to be withheld: cheap, and `false` for almost every text.
    pub(crate) fn may_withhold(&self, text: &[u8]) -> bool {
        !self.patterns.is_empty() || self.emails && text.contains(&b'@') || self.known_forms && may_hold(text)
    }

    /// The first part at or behind `from` that is withheld. Of a text that `goes_on` where it cannot be seen, what may
    /// become one at its end counts, too; with patterns of the user's, that is its last word.
    pub(crate) fn find(&self, text: &[u8], from: usize, goes_on: bool) -> Option<Range<usize>> {
        let known = (self.known_forms || self.emails).then(|| self.find_known(text, from, goes_on)).flatten();
        let matched = self.patterns.iter().filter_map(|pattern| first_match(pattern, text, from));
        let last = (goes_on && !self.patterns.is_empty()).then(|| last_word(text, from)).flatten();
        let first = matched.chain(known).chain(last).min_by_key(|found| found.start)?;
        Some(whole_characters(text, first))
    }

    /// Overwrites what is withheld of a formatted text with `*`. Whether there was any. In what `Debug` wrote, that
    /// are the values of fields with secret names, too.
    pub(crate) fn overwrite(&self, text: &mut [u8], is_debug: bool, is_cut: bool) -> bool {
        let mut is_withheld = false;
        if is_debug {
            let mut at = 0;
            while let Some(found) = fields::find(text, at, &self.names) {
                at = found.end;
                text[found].fill(b'*');
                is_withheld = true;
            }
        }
        if is_cut || self.may_withhold(text) {
            let mut at = 0;
            while let Some(found) = self.find(text, at, is_cut) {
                at = found.end;
                text[found].fill(b'*');
                is_withheld = true;
            }
        }
        is_withheld
    }

    fn find_known(&self, text: &[u8], from: usize, goes_on: bool) -> Option<Range<usize>> {
        if self.known_forms {
            if !goes_on && !self.emails && !may_hold(&text[from..]) {
                return None;
            }
            return patterns::find(text, from, self.emails, goes_on);
        }
        // Only addresses: those alone are looked for around each `@`.
        patterns::find_address(text, from)
    }
}

/// The first match that is not empty.
fn first_match(pattern: &Regex, text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while at <= text.len() {
        let found = pattern.find_at(text, at)?.range();
        if !found.is_empty() {
            return Some(found);
        }
        at = found.end + 1;
    }
    None
}

fn last_word(text: &[u8], from: usize) -> Option<Range<usize>> {
    let length = text[from..].iter().rev().take_while(|byte| !byte.is_ascii_whitespace()).count();
    (length > 0).then(|| text.len() - length..text.len())
}

/// Bytes that a pattern may take out of the middle of a character would leave no text behind.
fn whole_characters(text: &[u8], found: Range<usize>) -> Range<usize> {
    let is_inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let (mut start, mut end) = (found.start, found.end);
    while start > 0 && is_inside(start) {
        start -= 1;
    }
    while is_inside(end) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::Redaction;

    fn withheld(redaction: &Redaction, text: &str, goes_on: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(range) = redaction.find(text.as_bytes(), at, goes_on) {
            at = range.end;
            found.push(text[range].to_owned());
        }
        found
    }

    #[test]
    fn patterns_of_the_user() {
        let patterns = ["ACME-[0-9]+".to_owned(), "x*".to_owned(), r"\bß\b".to_owned(), r"(?-u:\xa4)".to_owned()];
        let redaction = Redaction::new([], false, false, &patterns).expect("patterns");
        assert_eq!(withheld(&redaction, "a ACME-12 b xx ß ä", false), ["ACME-12", "xx", "ß", "ä"]);
        assert_eq!(withheld(&redaction, "an end AC", true), ["AC"]);
        assert_eq!(withheld(&redaction, "Bearer abcdef", false), [""; 0]);
    }

    #[test]
    fn addresses_alone() {
        let redaction = Redaction::new([], false, true, &[]).expect("no patterns");
        assert_eq!(
            withheld(&redaction, "ada@example.org, 4111111111111111, bob@example.org", false),
            ["ada@example.org", "bob@example.org"]
        );
    }

    #[test]
    fn a_wrong_pattern_is_told() {
        let error = Redaction::new([], true, false, &["a(".to_owned()]).expect_err("it is wrong");
        assert_eq!(error.to_string(), "`a(` is no pattern for values to redact: unclosed group");
    }
}
