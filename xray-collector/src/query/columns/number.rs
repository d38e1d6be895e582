//! Numbers that can be calculated from columns: row by row, exactly as the evaluator does.

use std::fmt::{self, Display, Formatter};

use super::super::evaluate::calculated;
use super::super::expression::{Expression, Operator, Row};
use super::super::value::Value;
use super::super::vocabulary::Field;
use crate::store::{Block, BlockInfo, Column, ColumnSet, flag, rejection_rate};

/// A number of each step.
#[derive(Debug, Clone)]
pub(in crate::query) enum Number {
    Constant(Value),
    Column(Numeric),
    /// Of the decisions, the share that eliminated.
    RejectionRate,
    Arithmetic(Operator, Box<[Self; 2]>),
    Negate(Box<Self>),
}

/// A column that holds numbers, times or durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) struct Numeric {
    pub(in crate::query) column: Column,
    /// The flag without which it is missing; 0 for one that is always there.
    pub(in crate::query) flag: u64,
    pub(in crate::query) unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum Unit {
    Count,
    Duration,
    Time,
}

impl Numeric {
    /// The column of a field of steps.
    pub(in crate::query) fn of(field: Field) -> Option<Self> {
        let (column, flag, unit) = match field {
            Field::Started => (Column::Started, 0, Unit::Time),
            Field::Duration => (Column::Duration, flag::DURATION, Unit::Duration),
            Field::Thread => (Column::Thread, 0, Unit::Count),
            Field::ItemsIn => (Column::ItemsIn, flag::ITEMS_IN, Unit::Count),
            Field::ItemsOut => (Column::ItemsOut, flag::ITEMS_OUT, Unit::Count),
            Field::Kept => (Column::Kept, 0, Unit::Count),
            Field::Eliminated => (Column::Eliminated, 0, Unit::Count),
            Field::Scored => (Column::Scored, 0, Unit::Count),
            Field::Introduced => (Column::Introduced, 0, Unit::Count),
            _ => return None,
        };
        Some(Self { column, flag, unit })
    }

    /// A number of it as a value.
    pub(in crate::query) fn value(self, number: u64) -> Value {
        match self.unit {
            Unit::Count => Value::Int(number.into()),
            Unit::Duration => Value::Duration(number.into()),
            Unit::Time => Value::Time(number.into()),
        }
    }

    /// The columns that it is read from.
    pub(in crate::query) fn columns(self) -> ColumnSet {
        let column = ColumnSet::default().with(self.column);
        if self.flag == 0 { column } else { column.with(Column::Flags) }
    }
}

impl Number {
    /// The number that an expression is, of steps that it calls `Row::Bound(0)`.
    pub(in crate::query) fn of(expression: &Expression, constant: &dyn Fn(&Expression) -> Value) -> Option<Self> {
        let of = |part: &Expression| Self::of(part, constant);
        Some(match expression {
            constant_part if constant_part.is_constant() => Self::Constant(constant(constant_part)),
            Expression::Field(Row::Bound(0), Field::RejectionRate) => Self::RejectionRate,
            Expression::Field(Row::Bound(0), field) => Self::Column(Numeric::of(*field)?),
            Expression::Arithmetic(operator, parts) => {
                Self::Arithmetic(*operator, Box::new([of(&parts[0])?, of(&parts[1])?]))
            }
            Expression::Negate(part) => Self::Negate(Box::new(of(part)?)),
            _ => return None,
        })
    }

    /// The columns that it is calculated from.
    pub(in crate::query) fn columns(&self) -> ColumnSet {
        match self {
            Self::Constant(_) => ColumnSet::default(),
            Self::Column(numeric) => numeric.columns(),
            Self::RejectionRate => [Column::Kept, Column::Eliminated].into_iter().collect(),
            Self::Arithmetic(_, parts) => parts[0].columns().and(parts[1].columns()),
            Self::Negate(part) => part.columns(),
        }
    }

    /// What it is in a row of a block that has those columns.
    pub(in crate::query) fn value(&self, block: &Block, row: usize) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Column(numeric) => {
                if numeric.flag != 0 && block.column(Column::Flags)[row] & numeric.flag == 0 {
                    return Value::Missing;
                }
                numeric.value(block.column(numeric.column)[row])
            }
            Self::RejectionRate => {
                let (kept, eliminated) = (block.column(Column::Kept)[row], block.column(Column::Eliminated)[row]);
                Value::or_missing(rejection_rate(kept, eliminated), Value::Float)
            }
            Self::Arithmetic(operator, parts) => {
                let [one, other] = &**parts;
                calculated(*operator, &one.value(block, row), &other.value(block, row)).unwrap_or_default()
            }
            Self::Negate(part) => match part.value(block, row) {
                Value::Int(number) => Value::or_missing(number.checked_neg(), Value::Int),
                Value::Float(number) => Value::Float(-number),
                _ => Value::Missing,
            },
        }
    }
}

/// The lowest and the highest rejection rate that there can be in a block; none where nothing was decided.
pub(in crate::query) fn rejection_rates(info: &BlockInfo) -> Option<(f64, f64)> {
    let ((least_kept, most_kept), (least, most)) = (info.range(Column::Kept), info.range(Column::Eliminated));
    rejection_rate(most_kept, most)?;
    // Of steps that kept the most and eliminated the least, and the other way round.
    let lowest = rejection_rate(most_kept, least).unwrap_or(0.0);
    let highest = rejection_rate(least_kept, most).unwrap_or(0.0);
    Some((lowest, highest))
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "{value}"),
            Self::Column(numeric) => f.write_str(name(numeric.column)),
            Self::RejectionRate => f.write_str("rejection_rate"),
            Self::Arithmetic(operator, parts) => write!(f, "({} {operator} {})", parts[0], parts[1]),
            Self::Negate(part) => write!(f, "-{part}"),
        }
    }
}

/// The word for a column.
pub(super) fn name(column: Column) -> &'static str {
    match column {
        Column::Step => "id",
        Column::Parent => "parent",
        Column::Flags => "flags",
        Column::Callsite => "callsite",
        Column::Outcome => "outcome",
        Column::Level => "level",
        Column::Thread => "thread",
        Column::Started => "started",
        Column::Duration => "duration",
        Column::ItemsIn => "items_in",
        Column::ItemsOut => "items_out",
        Column::Kept => "kept",
        Column::Eliminated => "eliminated",
        Column::Scored => "scored",
        Column::Introduced => "introduced",
        Column::Refused => "refused",
    }
}
