//! Expressions as text, for those who want to know what becomes of a query.

use std::fmt::{self, Display, Formatter};

use super::expression::{Comparison, Expression, Operator, Quantifier, Row, Segment, TextTest};
use super::value::Value;
use super::vocabulary::{Entity, Field};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => write!(f, "{value}"),
            Self::Now => f.write_str("now()"),
            Self::Bound(place) => write!(f, "x{place}"),
            Self::Field(row, field) => write!(f, "{}{}", Of(row), name(*field)),
            Self::Captured(row, field, path) => write!(f, "{}{}{}", Of(row), name(*field), Path(path)),
            Self::Part(whole, path) => write!(f, "{whole}{}", Path(path)),
            Self::Has(value) => write!(f, "has({value})"),
            Self::HasRow(row) => write!(f, "has({})", Of(row).to_string().trim_end_matches('.')),
            Self::Not(condition) => write!(f, "!({condition})"),
            Self::And(conditions) => joined(f, conditions, " && "),
            Self::Or(conditions) => joined(f, conditions, " || "),
            Self::Compare(comparison, one, other) => write!(f, "{one} {comparison} {other}"),
            Self::In(needle, hay) => write!(f, "{needle} in {hay}"),
            Self::List(elements) => {
                f.write_str("[")?;
                list(f, elements, ", ")?;
                f.write_str("]")
            }
            Self::If(parts) => write!(f, "({} ? {} : {})", parts[0], parts[1], parts[2]),
            Self::Arithmetic(operator, parts) => write!(f, "({} {operator} {})", parts[0], parts[1]),
            Self::Negate(number) => write!(f, "-{number}"),
            Self::Text(test, parts) => write!(f, "{}.{}({})", parts[0], test.as_str(), parts[1]),
            Self::Matches(text, pattern) => write!(f, "{text}.matches({:?})", pattern.as_str()),
            Self::Lower(text) => write!(f, "{text}.lowerAscii()"),
            Self::Upper(text) => write!(f, "{text}.upperAscii()"),
            Self::Size(value) => write!(f, "size({value})"),
            Self::SizeOfRows(rows) => write!(f, "size({}{})", Of(&rows.of), name(rows.field)),
            Self::QuantifiedRows(quantifier, rows, place, condition) => {
                write!(f, "{}{}.{}(x{place}, {condition})", Of(&rows.of), name(rows.field), quantifier.as_str())
            }
            Self::Quantified(quantifier, of, place, condition) => {
                write!(f, "{of}.{}(x{place}, {condition})", quantifier.as_str())
            }
        }
    }
}

/// What stands before a field of a row.
struct Of<'a>(&'a Row);

impl Display for Of<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Row::Bound(0) => Ok(()),
            Row::Bound(place) => write!(f, "x{place}."),
            Row::Of(row, field) => write!(f, "{}{}.", Of(row), name(*field)),
        }
    }
}

struct Path<'a>(&'a [Segment]);

impl Display for Path<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Name(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                write!(f, ".{name}")
            }
            Segment::Name(name) => write!(f, "[{name:?}]"),
            Segment::Place(place) => write!(f, "[{place}]"),
        })
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Duration(nanoseconds) => write!(f, "duration(\"{nanoseconds}ns\")"),
            Self::Time(nanoseconds) => match jiff::Timestamp::from_nanosecond(*nanoseconds) {
                Ok(time) => write!(f, "timestamp(\"{time}\")"),
                Err(_) => write!(f, "{nanoseconds} ns after 1970"),
            },
            Self::List(elements) => {
                f.write_str("[")?;
                list(f, elements, ", ")?;
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        })
    }
}

impl TextTest {
    fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
        }
    }
}

impl Quantifier {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
            Self::All => "all",
        }
    }
}

/// The name of a field: the same wherever it is.
fn name(field: Field) -> &'static str {
    let fields = Entity::ALL.into_iter().flat_map(Entity::fields);
    fields.filter(|info| info.field == field).map(|info| info.name).next().unwrap_or("?")
}

fn joined(f: &mut Formatter<'_>, parts: &[Expression], between: &str) -> fmt::Result {
    f.write_str("(")?;
    list(f, parts, between)?;
    f.write_str(")")
}

pub(super) fn list(f: &mut Formatter<'_>, parts: &[impl Display], between: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if at == 0 { "" } else { between })?;
    }
    Ok(())
}
