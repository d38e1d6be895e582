//! Secrets that are known by their form, wherever they stand in a text: tokens, keys, card numbers.
//!
//! Three passes, of which the next looks at what the one before did not clear: [`hints_at_secret`] looks at blocks of bytes,
//! [`may_hold`] at a fraction of the bytes, one after the other, and [`find`] walks over the text. The first two never
//! clear a text in which [`find`] finds something. None allocates.

use std::ops::Range;

/// The shortest text that can be a secret: a card number of 13 digits, `Bearer` with a token of six.
pub(crate) const SHORTEST: usize = 13;

/// A key that begins with a prefix: so many bytes of the class at least have to follow.
struct Key {
    prefix: &'static [u8],
    least: usize,
    class: u8,
}

const WORD: u8 = 1;
/// With `-` and `_`.
const SLUG: u8 = 2;
/// What a bearer token may consist of.
const TOKEN: u8 = 4;
const UPPER: u8 = 8;
const DIGIT: u8 = 16;
/// Digits and what may stand between those of a card number.
const CARD: u8 = 32;
/// Where a pattern may begin.
const FIRST: u8 = 64;
/// What may stand in the first half of an address.
const ADDRESS: u8 = 128;

const KEYS: [Key; 17] = [
    Key { prefix: b"sk-", least: 16, class: SLUG },
    Key { prefix: b"sk_live_", least: 10, class: SLUG },
    Key { prefix: b"sk_test_", least: 10, class: SLUG },
    Key { prefix: b"rk_live_", least: 10, class: SLUG },
    Key { prefix: b"rk_test_", least: 10, class: SLUG },
    Key { prefix: b"AKIA", least: 16, class: UPPER },
    Key { prefix: b"ASIA", least: 16, class: UPPER },
    Key { prefix: b"ghp_", least: 20, class: WORD },
    Key { prefix: b"gho_", least: 20, class: WORD },
    Key { prefix: b"ghu_", least: 20, class: WORD },
    Key { prefix: b"ghs_", least: 20, class: WORD },
    Key { prefix: b"ghr_", least: 20, class: WORD },
    Key { prefix: b"github_pat_", least: 20, class: SLUG },
    Key { prefix: b"xoxb-", least: 10, class: SLUG },
    Key { prefix: b"xoxp-", least: 10, class: SLUG },
    Key { prefix: b"xoxa-", least: 10, class: SLUG },
    Key { prefix: b"xoxs-", least: 10, class: SLUG },
];
/// The length of the shortest of these keys, and of a JSON web token: a run of token characters.
const SHORTEST_RUN: usize = 15;
const BEARER: &[u8] = b"bearer";
const BEGIN: &[u8] = b"-----BEGIN ";
const PRIVATE: &[u8] = b"PRIVATE KEY";
const END: &[u8] = b"-----END ";

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = byte as u8;
        if letter.is_ascii_alphanumeric() {
            classes[byte] |= WORD | SLUG | TOKEN | ADDRESS;
        }
        if letter.is_ascii_uppercase() || letter.is_ascii_digit() {
            classes[byte] |= UPPER;
        }
        if letter.is_ascii_digit() {
            classes[byte] |= DIGIT | CARD | FIRST;
        }
        match letter {
            b'-' => classes[byte] |= SLUG | TOKEN | CARD | FIRST | ADDRESS,
            b'_' => classes[byte] |= SLUG | TOKEN | ADDRESS,
            b'.' | b'+' => classes[byte] |= TOKEN | ADDRESS,
            b'~' | b'/' | b'=' => classes[byte] |= TOKEN,
            b' ' => classes[byte] |= CARD,
            b's' | b'r' | b'A' | b'g' | b'x' | b'e' | b'b' | b'B' => classes[byte] |= FIRST,
            b'%' => classes[byte] |= ADDRESS,
            _ => {}
        }
        byte += 1;
    }
    classes
}

#[inline(always)]
fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// How many bytes of the class the text begins with.
fn run(text: &[u8], class: u8) -> usize {
    text.iter().position(|byte| !is(*byte, class)).unwrap_or(text.len())
}

/// Whether there may be a secret in the text.
pub(crate) fn may_hold(text: &[u8]) -> bool {
    match hint(text) {
        Hint::Nothing => false,
        Hint::Word => has_bearer(text) || has_dashes(text),
        Hint::Anything => may_hold_indeed(text),
    }
}

#[cold]
#[inline(never)]
fn may_hold_indeed(text: &[u8]) -> bool {
    has_run(text, TOKEN, SHORTEST_RUN) || has_bearer(text) || has_dashes(text) || has_run(text, CARD, SHORTEST)
}

const BLOCK: usize = 16;
/// For each byte of a block.
type Lanes = [u8; BLOCK];
/// A text of so many bytes counts at most 255 in each lane.
const LONGEST_COUNTED: usize = 255 * BLOCK - BLOCK;
const _: () = assert!(SHORTEST >= BLOCK / 2);

/// What is seen of a text, block by block, and what it takes for a secret. Blocks may lie over each other.
struct Hints {
    /// The letter that `bearer` begins with, and `BEGIN`.
    bs: Lanes,
    /// So many make a card's number.
    digits: Lanes,
}

impl Hints {
    const NONE: Self = Self { bs: [0; BLOCK], digits: [0; BLOCK] };

    /// Whether the block may be a part of a run of [`SHORTEST_RUN`] token characters, which fills eight bytes that begin
    /// at a multiple of eight in a block. Written so that the compiler makes a few vector instructions of it: those
    /// compare bytes with their signs, and what is no ASCII is negative.
    #[inline(always)]
    fn look(&mut self, block: &Lanes) -> bool {
        let all = |is: bool| if is { 0xff } else { 0 };
        let mut outside: Lanes = [0; BLOCK];
        for at in 0..BLOCK {
            let byte = block[at] as i8;
            // All that is below `+` is no token character.
            outside[at] = all(byte < b'+' as i8);
            self.bs[at] |= all(byte | 0x20 == b'b' as i8);
            let from_zero = byte.wrapping_sub(b'0' as i8);
            self.digits[at] = self.digits[at].wrapping_sub(all(from_zero.wrapping_add(i8::MIN) < i8::MIN + 10));
        }
        let (left, right) = words(outside);
        left == 0 || right == 0
    }

    #[inline(always)]
    fn has_bs(&self) -> bool {
        let (left, right) = words(self.bs);
        left | right != 0
    }

    #[inline(always)]
    fn has_number(&self) -> bool {
        sum(self.digits) >= SHORTEST as u32
    }
}

/// What a text may hold.
enum Hint {
    Nothing,
    /// The word `bearer`, or a private key's `BEGIN`, if anything: every other text has the letter that both begin with.
    Word,
    Anything,
}

/// Whether a text may hold a secret, as far as one look at its blocks can tell. It never misses one.
#[inline(always)]
pub(crate) fn hints_at_secret(text: &[u8]) -> bool {
    !matches!(hint(text), Hint::Nothing)
}

/// What a look at each byte tells of a text. In one that is longer than a block the last block lies over the one before.
#[inline(always)]
fn hint(text: &[u8]) -> Hint {
    if text.len() < SHORTEST {
        return Hint::Nothing;
    }
    if text.len() > LONGEST_COUNTED {
        return Hint::Anything;
    }
    let mut hints = Hints::NONE;
    let has_run = if let Some(last) = text.last_chunk() {
        let (blocks, rest) = text.as_chunks();
        blocks.iter().any(|block| hints.look(block)) || !rest.is_empty() && hints.look(last)
    } else {
        halves(text).is_none_or(|block| hints.look(&block))
    };
    if has_run || hints.has_number() {
        Hint::Anything
    } else if hints.has_bs() {
        Hint::Word
    } else {
        Hint::Nothing
    }
}

/// A text that is shorter than a block as one: its first half, and its second, which lie over each other.
#[inline(always)]
fn halves(text: &[u8]) -> Option<Lanes> {
    const HALF: usize = BLOCK / 2;
    let mut block = [0; BLOCK];
    block[..HALF].copy_from_slice(text.first_chunk::<HALF>()?);
    block[HALF..].copy_from_slice(text.last_chunk::<HALF>()?);
    Some(block)
}

#[inline(always)]
fn words(lanes: Lanes) -> (u64, u64) {
    let both = u128::from_le_bytes(lanes);
    (both as u64, (both >> 64) as u64)
}

#[inline(always)]
fn sum(lanes: Lanes) -> u32 {
    lanes.into_iter().map(u32::from).sum()
}

/// Whether so many bytes of the class follow each other somewhere. Looks at the last byte that a run would have, then
/// backwards, so that text in which runs are short is passed over in leaps.
#[inline(always)]
fn has_run(text: &[u8], class: u8, length: usize) -> bool {
    // Where the run that is looked for begins, and how many of its last bytes are known to be of the class.
    let (mut start, mut known) = (0, 0);
    while let Some(byte) = text.get(start + length - 1 - known) {
        if is(*byte, class) {
            known += 1;
            if known == length {
                return true;
            }
        } else {
            start += length - known;
            known = 0;
        }
    }
    false
}

/// Whether there may be five dashes: one byte in five is one, and a byte beside it.
#[inline(always)]
fn has_dashes(text: &[u8]) -> bool {
    let is_dash = |at: usize| text.get(at) == Some(&b'-');
    let mut at = 4;
    while let Some(byte) = text.get(at) {
        if *byte == b'-' && (is_dash(at - 1) || is_dash(at + 1)) {
            return true;
        }
        at += 5;
    }
    false
}

/// Whether the word `bearer` is there. One byte in six is enough to tell where it cannot be.
fn has_bearer(text: &[u8]) -> bool {
    let is_at = |start: usize| text.get(start..start + BEARER.len()).is_some_and(|it| it.eq_ignore_ascii_case(BEARER));
    let mut at = BEARER.len() - 1;
    while let Some(byte) = text.get(at) {
        let found = match byte | 0x20 {
            b'b' => is_at(at),
            b'e' => is_at(at - 1) || is_at(at - 4),
            b'a' => is_at(at - 2),
            b'r' => is_at(at - 3) || is_at(at - 5),
            _ => false,
        };
        if found {
            return true;
        }
        at += BEARER.len();
    }
    false
}

/// The first secret at or behind `from`. Of a text that `goes_on` where it cannot be seen, what may become one at its
/// end counts, too.
pub(crate) fn find(text: &[u8], from: usize, emails: bool, goes_on: bool) -> Option<Range<usize>> {
    let mut at = from;
    while at < text.len() {
        let byte = text[at];
        if is(byte, FIRST) {
            let is_inside = at > 0 && is(text[at - 1], WORD);
            if !is_inside && let Some(found) = secret_at(text, at, goes_on) {
                return Some(found);
            }
            if is(byte, DIGIT) && !is_inside && !emails {
                // The digits behind it are inside, as far as cards go; a pattern can only begin after them.
                at += run(&text[at..], DIGIT) - 1;
            }
        }
        if emails
            && byte == b'@'
            && let Some(found) = address_around(text, at, from)
        {
            return Some(found);
        }
        at += 1;
    }
    None
}

/// The secret that begins here.
fn secret_at(text: &[u8], at: usize, goes_on: bool) -> Option<Range<usize>> {
    let rest = &text[at..];
    match rest[0] {
        b'0'..=b'9' => card(text, at, goes_on),
        b'b' | b'B' => bearer(rest, goes_on).map(|token| at + token.start..at + token.end),
        b'e' => web_token(rest, goes_on).map(|length| at..at + length),
        b'-' => private_key(rest, goes_on).map(|length| at..at + length),
        _ => KEYS.iter().find_map(|key| key_of(rest, key, goes_on)).map(|length| at..at + length),
    }
}

fn key_of(text: &[u8], key: &Key, goes_on: bool) -> Option<usize> {
    let rest = text.strip_prefix(key.prefix)?;
    let length = run(rest, key.class);
    let is_whole = length >= key.least || goes_on && length == rest.len();
    // Longer ones are no key of a fixed length, but there is no reason to keep them.
    is_whole.then_some(key.prefix.len() + length)
}

/// The token behind `Bearer`. The word is an ordinary one, too, when it is not written as in the header: the token has
/// to look like one then.
fn bearer(text: &[u8], goes_on: bool) -> Option<Range<usize>> {
    let (word, rest) = text.split_at_checked(BEARER.len())?;
    if !word.eq_ignore_ascii_case(BEARER) {
        return None;
    }
    let spaces = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b':')).unwrap_or(rest.len());
    let token = &rest[spaces..];
    let length = run(token, TOKEN);
    let start = BEARER.len() + spaces;
    let has_digit = token[..length].iter().any(u8::is_ascii_digit);
    let least = if word == b"Bearer" || has_digit { 6 } else { 20 };
    let is_whole = length >= least || goes_on && length == token.len();
    (spaces > 0 && length > 0 && is_whole).then(|| start..start + length)
}

/// `eyJ….….…`, base64 of `{"…`: header, claims and signature, which may be empty.
fn web_token(text: &[u8], goes_on: bool) -> Option<usize> {
    let rest = text.strip_prefix(b"eyJ")?;
    let mut end = 3 + run(rest, SLUG);
    for least in [6, 0] {
        if end == text.len() && goes_on {
            return Some(end);
        }
        let part = text[end..].strip_prefix(b".")?;
        let length = run(part, SLUG);
        if length < least && !(goes_on && length == part.len()) {
            return None;
        }
        end += 1 + length;
    }
    (end >= SHORTEST_RUN || goes_on && end == text.len()).then_some(end)
}

/// From `-----BEGIN … PRIVATE KEY-----` to the end of the block; to the text's end if the block has none.
fn private_key(text: &[u8], goes_on: bool) -> Option<usize> {
    let rest = text.strip_prefix(BEGIN)?;
    let kind = rest.iter().position(|byte| *byte == b'-').unwrap_or(rest.len());
    let is_private = rest[..kind].windows(PRIVATE.len()).any(|window| window == PRIVATE);
    if !(is_private || goes_on && kind == rest.len()) {
        return None;
    }
    let Some(end) = position(rest, END) else { return Some(text.len()) };
    let name = &rest[end + END.len()..];
    let dashes = name.iter().position(|byte| *byte == b'-').unwrap_or(name.len());
    Some(BEGIN.len() + end + END.len() + dashes + name[dashes..].iter().take_while(|byte| **byte == b'-').count())
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A number of 13 to 19 digits, single spaces or dashes between them, whose checksum is Luhn's. Not one that begins
/// with 0 or 1: no bank's card does, and times since 1970 in milli-, micro- and nanoseconds do.
fn card(text: &[u8], start: usize, goes_on: bool) -> Option<Range<usize>> {
    // More digits, or a part of something else: `3.14…`, `v-4111…` are none.
    let mut digits = [0; 19];
    let (mut count, mut end, mut at) = (0, start, start);
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    while is_digit(at) {
        *digits.get_mut(count)? = text[at] - b'0';
        count += 1;
        at += 1;
        end = at;
        if matches!(text.get(at), Some(b' ' | b'-')) && is_digit(at + 1) {
            at += 1;
        }
    }
    if matches!(digits[0], 0 | 1) {
        return None;
    }
    if goes_on && end == text.len() && count > 4 {
        return Some(start..end);
    }
    let follows_word = text.get(end).is_some_and(|byte| is(*byte, WORD));
    (count >= 13 && !follows_word && has_luhn_checksum(&digits[..count])).then_some(start..end)
}

fn has_luhn_checksum(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit) * 2) {
            (0, double) => double / 2,
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The first e-mail address at or behind `from`.
pub(crate) fn find_address(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut signs = (from..text.len()).filter(|at| text[*at] == b'@');
    signs.find_map(|at| address_around(text, at, from))
}

/// The e-mail address around an `@`.
fn address_around(text: &[u8], at: usize, from: usize) -> Option<Range<usize>> {
    let local = text[from..at].iter().rev().take_while(|byte| is(**byte, ADDRESS)).count();
    let mut domain = run(&text[at + 1..], ADDRESS);
    while domain > 0 && !is(text[at + domain], WORD) {
        domain -= 1;
    }
    let has_dot = text[at + 1..at + 1 + domain].contains(&b'.');
    (local > 0 && has_dot).then(|| at - local..at + 1 + domain)
}

#[cfg(test)]
mod tests {
    use super::{find, may_hold};

    /// The text with what was found in brackets.
    fn marked(text: &str) -> String {
        let mut marked = String::new();
        let mut at = 0;
        while let Some(found) = find(text.as_bytes(), at, false, false) {
            assert!(may_hold(text.as_bytes()), "passed over: {text}");
            marked += &format!("{}<{}>", &text[at..found.start], &text[found.clone()]);
            at = found.end;
        }
        marked + &text[at..]
    }

    #[test]
    fn secrets_are_found_and_nothing_else() {
        let found = [
            "Authorization: Bearer <abc.def-123>",
            "bearer <0123456789>, Bearer <abcdef>",
            "key <sk-proj-abcDEF0123456789>!",
            "<AKIAIOSFODNN7EXAMPLE> and <ghp_0123456789abcdefghijABCDEFGHIJ012345>",
            "<github_pat_11ABCDEFG0abcdefghij_klm> <xoxb-123456789012-abc> <xoxp-123456789012-abc>",
            "a <eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl> b",
            "<4111111111111111>, <4111 1111 1111 1111>, <5500-0000-0000-0004>, <378282246310005>",
            "x\n<-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY----->\ny",
            "<-----BEGIN PRIVATE KEY-----\nMIIEabc>",
        ];
        for text in found {
            assert_eq!(marked(&text.replace(['<', '>'], "")), text);
        }
        for harmless in [
            "the bearer should pay, the bearer certificates too",
            "4111111111111112 has a wrong checksum",
            "41111111111111114111111111111111 is too long",
            "1700000000000 1600000000000000007",
            "risk-management-for-everybody disk-0123456789abcdef0",
            "sk-learn eyJust.a.word",
            "-----BEGIN CERTIFICATE-----\nMIIEabcdefghijklmno\n-----END CERTIFICATE-----",
            "4111111111111111abc",
            "AKIAlower",
        ] {
            assert_eq!(marked(harmless), harmless);
        }
    }

    #[test]
    fn what_is_passed_over_holds_nothing() {
        use proptest::prelude::*;
        // What patterns are made of, so that some texts hold one.
        let piece = prop_oneof![
            "[ -~]{0,9}",
            "(Bearer|bearer|BEARER) [a-z0-9]{1,8}",
            "[2-9][0-9 -]{11,22}",
            "(sk-|AKIA|ghp_|xoxb-|eyJ)[A-Z0-9a-z_.-]{8,22}",
            "-----BEGIN (PRIVATE KEY|X)-----",
        ];
        proptest!(ProptestConfig::with_cases(4000), |(pieces in prop::collection::vec(piece, 0..4))| {
            let text = pieces.concat();
            if find(text.as_bytes(), 0, false, false).is_some() {
                prop_assert!(may_hold(text.as_bytes()), "passed over: {}", text);
            }
        });
    }

    #[test]
    fn what_is_cut_counts_as_whole() {
        for text in
            ["Bearer ab", "sk-a", "41111111", "eyJhbGciOiJI", "eyJhbGciOiJIUzI1NiJ9.ey", "-----BEGIN RSA", "ghp_abc"]
        {
            let text = format!("so much of it: {text}");
            assert!(find(text.as_bytes(), 0, false, true).is_some_and(|found| found.end == text.len()), "{text}");
            assert_eq!(find(text.as_bytes(), 0, false, false), None, "{text}");
        }
    }

    #[test]
    fn addresses_only_when_asked_for() {
        let text = "write to ada.l@example.org. Or @ada, or ada@host";
        assert_eq!(find(text.as_bytes(), 0, false, false), None);
        assert_eq!(find(text.as_bytes(), 0, true, false), Some(9..26));
        assert_eq!(find(text.as_bytes(), 26, true, false), None);
    }
}
