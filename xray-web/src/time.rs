//! Times as text: RFC 3339 with nanoseconds out; RFC 3339 with any offset, or nanoseconds, in.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

/// Nanoseconds since 1970, written as `2026-01-31T12:00:00.000000000Z`: all of one length, so that they sort as text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 2^64 nanoseconds end in 2554, which is well within the range of a timestamp.
        let time = Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or(Timestamp::MAX);
        write!(f, "{time:.9}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Nanoseconds since 1970, if the text is a time that they can express.
pub(crate) fn parse(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    // The parser passes over a time zone's name in brackets. RFC 3339 has none.
    if text.contains('[') {
        return None;
    }
    u64::try_from(text.parse::<Timestamp>().ok()?.as_nanosecond()).ok()
}

/// Nanoseconds, if the text is a length of time above 0 such as `1h30m` or `200ms`.
pub(crate) fn length(text: &str) -> Option<u64> {
    // The parser reads words and ISO 8601 as well.
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || b".hmsun".contains(&byte));
    let length = text.parse::<SignedDuration>().ok().filter(|_| is_plain)?;
    u64::try_from(length.as_nanos()).ok().filter(|nanoseconds| *nanoseconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_nanoseconds() {
        let written = |ns| serde_json::to_value(Time(ns)).unwrap();
        assert_eq!(written(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(written(1_769_860_800_000_000_012), "2026-01-31T12:00:00.000000012Z");
        assert_eq!(written(u64::MAX), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn times_are_read_in_any_offset() {
        let noon = Some(1_769_860_800_000_000_000);
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.000000000Z",
            "2026-01-31t12:00:00z",
            "2026-01-31T17:30:00+05:30",
            "2026-01-31T04:00:00-08:00",
            "1769860800000000000",
        ] {
            assert_eq!(parse(text), noon, "{text}");
        }
        assert_eq!(parse("2026-01-31T12:00:00.123456789Z"), noon.map(|noon| noon + 123_456_789));
    }

    #[test]
    fn lengths_are_read() {
        assert_eq!((length("1h30m"), length("1.5s")), (Some(5_400_000_000_000), Some(1_500_000_000)));
        for text in ["", "0s", "-1s", "5", "1d", "PT1S", "one hour", "999999999999999h"] {
            assert_eq!(length(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_not_read() {
        for text in [
            "",
            "yesterday",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-02-30T12:00:00Z",
            "2026-01-31T12:00:00Z[Asia/Tokyo]",
            "2026-01-31T12:00:00 02:00",
            "1969-12-31T23:59:59Z",
            "-1",
            "18446744073709551616",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
