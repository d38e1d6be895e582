//! `Range: bytes=…` of an answer that is at hand: one range. Several at once, other units and what does not parse are
//! passed over, as RFC 9110 allows: the answer is the whole then.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::answer::Json;
use crate::problem::Problem;

/// An answer that can be asked for in ranges.
pub(crate) struct Ranged {
    /// The whole, or its beginning as far as it was asked for.
    text: Json,
    /// The first byte, and the one behind the last.
    part: Option<(usize, usize)>,
    /// How long the whole is, if that is known.
    length: Option<usize>,
}

impl Ranged {
    pub(crate) fn of(whole: Json, method: &Method, headers: &HeaderMap) -> Result<Self, Problem> {
        let length = whole.bytes().len();
        let is_asked = *method == Method::GET
            && headers.get(header::IF_RANGE).is_none_or(|tag| whole.tag().is_some_and(|own| own == *tag));
        match header_of(headers).filter(|_| is_asked).map_or(Asked::Whole, |range| parse(range, length)) {
            Asked::Whole => Ok(Self { text: whole, part: None, length: Some(length) }),
            Asked::Part(from, to) => Ok(Self { text: whole, part: Some((from, to)), length: Some(length) }),
            Asked::Nothing => Err(Problem::no_such_range(length)),
        }
    }

    /// The range that is asked for without a condition, if both its ends are said: as much of the whole is enough.
    pub(crate) fn asked(method: &Method, headers: &HeaderMap) -> Option<(usize, usize)> {
        let is_asked = *method == Method::GET && !headers.contains_key(header::IF_RANGE);
        match header_of(headers).filter(|_| is_asked).map(|range| parse(range, usize::MAX)) {
            Some(Asked::Part(from, to)) if to < usize::MAX => Some((from, to)),
            _ => None,
        }
    }

    /// That range, of an answer of which no more is known than what is up to its end.
    pub(crate) fn of_beginning(beginning: Json, (from, to): (usize, usize)) -> Self {
        Self { text: beginning, part: Some((from, to)), length: None }
    }
}

impl IntoResponse for Ranged {
    fn into_response(self) -> Response {
        let mut response = match self.part {
            None => self.text.into_response(),
            Some((from, to)) => {
                let mut response = self.text.part(from..to).with_status(StatusCode::PARTIAL_CONTENT).into_response();
                let length = self.length.map_or("*".to_owned(), |length| length.to_string());
                let range = HeaderValue::from_str(&format!("bytes {from}-{}/{length}", to - 1));
                response.headers_mut().extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
                response
            }
        };
        response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response
    }
}

fn header_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::RANGE).and_then(|range| range.to_str().ok())
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(usize, usize),
    Nothing,
}

fn parse(range: &str, length: usize) -> Asked {
    let Some((unit, range)) = range.split_once('=') else { return Asked::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Whole };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.eq_ignore_ascii_case("bytes") || !digits(first) || !digits(last) {
        return Asked::Whole;
    }
    // Numbers that are too large mean the end.
    let number = |text: &str| text.parse().unwrap_or(usize::MAX);
    let (from, to) = match (first, last) {
        ("", "") => return Asked::Whole,
        ("", last) => (length.saturating_sub(number(last)), length),
        (first, "") => (number(first), length),
        (first, last) if number(last) < number(first) => return Asked::Whole,
        (first, last) => (number(first), number(last).saturating_add(1).min(length)),
    };
    if from < to { Asked::Part(from, to) } else { Asked::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_meant() {
        for (range, asked) in [
            ("bytes=0-0", Asked::Part(0, 1)),
            ("bytes=2-", Asked::Part(2, 10)),
            ("bytes=-3", Asked::Part(7, 10)),
            ("bytes=-99", Asked::Part(0, 10)),
            ("Bytes=8-99999999999999999999999", Asked::Part(8, 10)),
            ("bytes=10-", Asked::Nothing),
            ("bytes=99999999999999999999999-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
        ] {
            assert_eq!(parse(range, 10), asked, "{range}");
        }
        for range in
            ["", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=+1-2"]
        {
            assert_eq!(parse(range, 10), Asked::Whole, "{range}");
        }
        assert_eq!(parse("bytes=0-", 0), Asked::Nothing);
    }
}
