//! A range of time.

use super::super::expression::Comparison;

/// When runs began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) struct Range {
    /// At this time or later.
    pub(in crate::query) from_ns: u64,
    /// At this time or earlier; `None` for at no time.
    pub(in crate::query) to_ns: Option<u64>,
}

impl Default for Range {
    fn default() -> Self {
        Self { from_ns: 0, to_ns: Some(u64::MAX) }
    }
}

impl Range {
    pub(in crate::query) fn nothing() -> Self {
        Self { from_ns: u64::MAX, to_ns: None }
    }

    /// From a time on, and before another one.
    pub(in crate::query) fn of(from_ns: Option<u64>, before_ns: Option<u64>) -> Self {
        Self { from_ns: from_ns.unwrap_or(0), to_ns: before_ns.map_or(Some(u64::MAX), |before| before.checked_sub(1)) }
    }

    /// What is in both.
    pub(in crate::query) fn and(self, other: Self) -> Self {
        let to_ns = self.to_ns.zip(other.to_ns).map(|(one, other)| one.min(other));
        Self { from_ns: self.from_ns.max(other.from_ns), to_ns }
    }

    /// Whether no time is in it.
    pub(in crate::query) fn is_empty(self) -> bool {
        self.to_ns.is_none_or(|to| to < self.from_ns)
    }

    /// Leaves times that compare so with another one.
    pub(super) fn narrow(&mut self, comparison: Comparison, time: i128) {
        let from = |time: i128| match u64::try_from(time.max(0)) {
            Ok(from_ns) => Self { from_ns, ..Self::default() },
            Err(_) => Self::nothing(),
        };
        let to = |time: i128| Self { from_ns: 0, to_ns: u64::try_from(time.min(u64::MAX.into())).ok() };
        *self = self.and(match comparison {
            Comparison::Equal => from(time).and(to(time)),
            Comparison::NotEqual => Self::default(),
            Comparison::Less => to(time.saturating_sub(1)),
            Comparison::LessOrEqual => to(time),
            Comparison::Greater => from(time.saturating_add(1)),
            Comparison::GreaterOrEqual => from(time),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_no_run_began_at() {
        let range = |comparison, time| {
            let mut range = Range::default();
            range.narrow(comparison, time);
            (!range.is_empty()).then_some((range.from_ns, range.to_ns.unwrap_or_default()))
        };
        assert_eq!(range(Comparison::Equal, 7), Some((7, 7)));
        assert_eq!(range(Comparison::Less, 0), None);
        assert_eq!(range(Comparison::LessOrEqual, 0), Some((0, 0)));
        assert_eq!(range(Comparison::Greater, -5), Some((0, u64::MAX)));
        assert_eq!(range(Comparison::Greater, u64::MAX.into()), None);
        assert_eq!(range(Comparison::GreaterOrEqual, u64::MAX.into()), Some((u64::MAX, u64::MAX)));
        assert_eq!(range(Comparison::LessOrEqual, i128::MAX), Some((0, u64::MAX)));
        assert_eq!(range(Comparison::Greater, i128::MAX), None);
        assert!(Range::of(Some(5), Some(5)).is_empty() && Range::of(None, Some(0)).is_empty());
        assert!(Range::of(Some(5), None).and(Range::of(None, Some(5))).is_empty());
    }
}
