//! Times and durations as texts.

use jiff::{SignedDuration, Timestamp};

use super::value::Value;

/// A length of time such as `1m30s`, `1.5s` or `-200ms`.
pub(super) fn duration(text: &str) -> Result<Value, String> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    // The parser reads words and ISO 8601 as well; the language has one way to write a duration.
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || b".hmsun".contains(&byte));
    let read = digits.parse::<SignedDuration>().ok().filter(|_| is_plain && !digits.is_empty());
    read.map(|duration| Value::Duration(duration.as_nanos() * sign))
        .ok_or_else(|| format!("{text:?} is no duration: write it as in `1h30m`, `1.5s` or `200ms`"))
}

/// A point in time as RFC 3339 writes it.
pub(super) fn timestamp(text: &str) -> Result<Value, String> {
    // The parser passes over a time zone's name in brackets. RFC 3339 has none.
    let read = text.parse::<Timestamp>().ok().filter(|_| !text.contains('['));
    read.map(|time| Value::Time(time.as_nanosecond()))
        .ok_or_else(|| format!("{text:?} is no time: write it as in `2026-01-31T12:00:00Z`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let nanoseconds = |text| match duration(text) {
            Ok(Value::Duration(nanoseconds)) => Some(nanoseconds),
            _ => None,
        };
        assert_eq!(nanoseconds("1h30m"), Some(5_400_000_000_000));
        assert_eq!(nanoseconds("1.5s"), Some(1_500_000_000));
        assert_eq!(nanoseconds("-200ms"), Some(-200_000_000));
        assert_eq!(nanoseconds("3us"), Some(3_000));
        assert_eq!(nanoseconds("7ns"), Some(7));
        for wrong in ["", "-", "5", "five seconds", "PT5S", "1 s", "1d", "s"] {
            assert_eq!(nanoseconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert!(matches!(timestamp("1970-01-01T00:00:01+00:00"), Ok(Value::Time(1_000_000_000))));
        assert!(timestamp("2026-01-31").is_err() && timestamp("now").is_err());
    }
}
