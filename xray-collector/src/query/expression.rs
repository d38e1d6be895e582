//! A query after it was checked: what it refers to is known to be there, and every operand to be of a kind that fits.

use std::sync::Arc;

use regex::Regex;

use super::value::Value;
use super::vocabulary::{Entity, Field};

/// An expression that has a value.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Literal(Value),
    /// When the query is asked.
    Now,
    /// An element of a list, bound by a quantifier.
    Bound(usize),
    Field(Row, Field),
    /// A part of captured data.
    Captured(Row, Field, Vec<Segment>),
    /// A part of any other value.
    Part(Box<Self>, Vec<Segment>),
    Has(Box<Self>),
    HasRow(Row),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Compare(Comparison, Box<Self>, Box<Self>),
    In(Box<Self>, Box<Self>),
    List(Vec<Self>),
    If(Box<[Self; 3]>),
    Arithmetic(Operator, Box<[Self; 2]>),
    Negate(Box<Self>),
    Text(TextTest, Box<[Self; 2]>),
    Matches(Box<Self>, Regex),
    Lower(Box<Self>),
    Upper(Box<Self>),
    Size(Box<Self>),
    SizeOfRows(Rows),
    /// Binds each row to the place.
    QuantifiedRows(Quantifier, Rows, usize, Box<Self>),
    /// Binds each element to the place.
    Quantified(Quantifier, Box<Self>, usize, Box<Self>),
}

/// What leads further into captured data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Name(Arc<str>),
    Place(usize),
}

/// A row: the one that is asked about, one that a quantifier bound, or one that belongs to such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// The one at this place; 0 is the one that is asked about.
    Bound(usize),
    /// The run, the parent or the step of another.
    Of(Box<Row>, Field),
}

/// Rows that belong to a row.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) of: Row,
    pub(super) field: Field,
    pub(super) entity: Entity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Exists,
    ExistsOne,
    All,
}

/// What an expression consists of, to look at or to change.
macro_rules! parts_and_row {
    ($parts:ident, $row:ident, $iter:ident $(, $mut:tt)?) => {
        /// The expressions that it is made of.
        pub(super) fn $parts(&$($mut)? self) -> Vec<&$($mut)? Self> {
            match self {
                Self::Literal(_)
                | Self::Now
                | Self::Bound(_)
                | Self::Field(..)
                | Self::Captured(..)
                | Self::HasRow(_)
                | Self::SizeOfRows(_) => Vec::new(),
                Self::Part(part, _)
                | Self::Has(part)
                | Self::Not(part)
                | Self::Negate(part)
                | Self::Matches(part, _)
                | Self::Lower(part)
                | Self::Upper(part)
                | Self::Size(part)
                | Self::QuantifiedRows(_, _, _, part) => vec![part],
                Self::And(parts) | Self::Or(parts) | Self::List(parts) => parts.$iter().collect(),
                Self::Compare(_, one, other) | Self::In(one, other) | Self::Quantified(_, one, _, other) => {
                    vec![one, other]
                }
                Self::If(parts) => parts.$iter().collect(),
                Self::Arithmetic(_, parts) | Self::Text(_, parts) => parts.$iter().collect(),
            }
        }

        /// The row that it names itself, apart from those that its parts name.
        fn $row(&$($mut)? self) -> Option<&$($mut)? Row> {
            match self {
                Self::Field(row, _) | Self::Captured(row, ..) | Self::HasRow(row) => Some(row),
                Self::SizeOfRows(rows) | Self::QuantifiedRows(_, rows, ..) => Some(&$($mut)? rows.of),
                _ => None,
            }
        }
    };
}

impl Expression {
    parts_and_row!(parts, row, iter);
    parts_and_row!(parts_mut, row_mut, iter_mut, mut);

    /// Whether this holds of it and of all that it is made of.
    pub(super) fn all(&self, holds: &dyn Fn(&Self) -> bool) -> bool {
        holds(self) && self.parts().into_iter().all(|part| part.all(holds))
    }

    /// Whether it is the same for every row.
    pub(super) fn is_constant(&self) -> bool {
        self.all(&|part| part.row().is_none() && !matches!(part, Self::Bound(_)))
    }

    /// The same, asked of a row that is one of `rows` here. `None` if it asks of others, too.
    pub(super) fn asked_of(&self, rows: &[Row]) -> Option<Self> {
        let mut asked = self.clone();
        asked.rename(rows).then_some(asked)
    }

    fn rename(&mut self, rows: &[Row]) -> bool {
        self.row_mut().is_none_or(|row| row.rename(rows)) && self.parts_mut().into_iter().all(|part| part.rename(rows))
    }
}

impl Row {
    /// The place of the row that it starts from.
    pub(super) fn place(&self) -> usize {
        match self {
            Self::Bound(place) => *place,
            Self::Of(row, _) => row.place(),
        }
    }

    /// Calls each of `rows`, which start from one place, the row that is asked about. Those that are bound further in
    /// stay what they are; false for any other.
    fn rename(&mut self, rows: &[Self]) -> bool {
        if rows.contains(self) {
            *self = Self::Bound(0);
            return true;
        }
        match self {
            Self::Bound(place) => rows.first().is_some_and(|row| *place > row.place()),
            Self::Of(row, _) => row.rename(rows),
        }
    }
}

impl Comparison {
    /// Whether it holds of two numbers.
    pub(super) fn holds(self, one: f64, other: f64) -> bool {
        match self {
            Self::Equal => one == other,
            Self::NotEqual => one != other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
        }
    }

    /// What holds where this does not, between values that can be compared.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The same with its operands exchanged.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}
