//! `Range: bytes=…` of an answer that is at hand: one range. Several at once, other units and what does not parse are
//! passed over, as RFC 9110 allows: the answer is the whole then.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::answer::Json;
use crate::problem::Problem;

/// An answer that can be asked for in ranges.
pub(crate) struct Ranged {
    whole: Json,
    /// The first byte, and the one behind the last.
    part: Option<(usize, usize)>,
}

impl Ranged {
    pub(crate) fn of(whole: Json, method: &Method, headers: &HeaderMap) -> Result<Self, Problem> {
        let length = whole.bytes().len();
        let is_asked = *method == Method::GET
            && headers.get(header::IF_RANGE).is_none_or(|tag| whole.tag().is_some_and(|own| own == *tag));
        let asked = headers.get(header::RANGE).filter(|_| is_asked).and_then(|range| range.to_str().ok());
        match asked.map_or(Asked::Whole, |range| parse(range, length)) {
            Asked::Whole => Ok(Self { whole, part: None }),
            Asked::Part(from, to) => Ok(Self { whole, part: Some((from, to)) }),
            Asked::Nothing => Err(Problem::no_such_range(length)),
        }
    }
}

impl IntoResponse for Ranged {
    fn into_response(self) -> Response {
        let length = self.whole.bytes().len();
        let whole = self.whole;
        let mut response = match self.part {
            None => whole.into_response(),
            Some((from, to)) => {
                let mut response = whole.part(from..to).with_status(StatusCode::PARTIAL_CONTENT).into_response();
                let range = HeaderValue::from_str(&format!("bytes {from}-{}/{length}", to - 1));
                response.headers_mut().extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
                response
            }
        };
        response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response
    }
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
