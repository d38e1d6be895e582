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
