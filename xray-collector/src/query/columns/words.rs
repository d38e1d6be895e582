//! Conditions on columns as text, for those who want to know what becomes of a query.

use std::fmt::{self, Display, Formatter};

use super::super::text::list;
use super::mask::Mask;
use super::number::{Numeric, Unit, name};
use crate::store::flag;

const FLAGS: [(u64, &str); 10] = [
    (flag::PARENT, "parent"),
    (flag::DURATION, "duration"),
    (flag::ITEMS_IN, "items_in"),
    (flag::ITEMS_OUT, "items_out"),
    (flag::IMPORTANT, "important"),
    (flag::INFERRED, "inferred counts"),
    (flag::ARGUMENTS, "arguments"),
    (flag::RESULT, "result"),
    (flag::FACTS, "facts"),
    (flag::REASONS, "reasons"),
];

impl Display for Mask {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("any step"),
            Self::Never => f.write_str("no step"),
            Self::And(masks) => joined(f, masks, " and "),
            Self::Or(masks) => joined(f, masks, " or "),
            Self::Within { numeric, low, high } => within(f, *numeric, *low, *high),
            Self::OneOf { said, .. } => f.write_str(said),
            Self::Flags { set, clear } => {
                let with = FLAGS.iter().filter(|(flag, _)| set & flag != 0).map(|(_, name)| format!("has {name}"));
                let without = FLAGS.iter().filter(|(flag, _)| clear & flag != 0).map(|(_, name)| format!("no {name}"));
                f.write_str(&with.chain(without).collect::<Vec<_>>().join(", "))
            }
            Self::RejectionRate { comparison, bound } => write!(f, "rejection_rate {comparison} {bound:?}"),
            Self::Compare { comparison, numbers } => write!(f, "{} {comparison} {}", numbers[0], numbers[1]),
            Self::First => f.write_str("is its run's first"),
        }
    }
}

fn within(f: &mut Formatter<'_>, numeric: Numeric, low: u64, high: u64) -> fmt::Result {
    let name = name(numeric.column);
    let text = |number: u64| match numeric.unit {
        Unit::Count => number.to_string(),
        Unit::Duration => format!("{:?}", std::time::Duration::from_nanos(number)),
        Unit::Time => {
            jiff::Timestamp::from_nanosecond(number.into()).map_or_else(|_| number.to_string(), |time| time.to_string())
        }
    };
    match (low, high) {
        (low, high) if low == high => write!(f, "{name} = {}", text(low)),
        (0, u64::MAX) => write!(f, "has {name}"),
        (0, high) => write!(f, "{name} ≤ {}", text(high)),
        (low, u64::MAX) => write!(f, "{name} ≥ {}", text(low)),
        (low, high) => write!(f, "{name} from {} to {}", text(low), text(high)),
    }
}

fn joined(f: &mut Formatter<'_>, masks: &[Mask], between: &str) -> fmt::Result {
    f.write_str("(")?;
    list(f, masks, between)?;
    f.write_str(")")
}
