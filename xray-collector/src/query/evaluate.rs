//! What an expression is for a row.
//!
//! What is missing makes whatever is asked of it missing, and a condition that is missing does not hold: neither does
//! its negation. `&&` and `||` go by what is known: `false && missing` is false. A quantifier asks of each row whether the
//! condition holds, and has an answer itself in any case.

use std::cmp::Ordering;

use super::expression::{Comparison, Expression, Operator, Quantifier, Row, Rows, TextTest};
use super::value::Value;
use super::view::{Source, Stop, View, follow};

/// What a name stands for.
enum Bound<'s> {
    Row(View<'s>),
    Element(Value),
}

/// Evaluates for one row after the other.
pub(super) struct Evaluation<'s> {
    source: &'s Source<'s>,
    bound: Vec<Bound<'s>>,
}

type Evaluated<T> = Result<T, Stop>;

impl<'s> Evaluation<'s> {
    pub(super) fn new(source: &'s Source<'s>, row: View<'s>) -> Self {
        Self { source, bound: vec![Bound::Row(row)] }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&mut self, condition: &Expression) -> Evaluated<bool> {
        Ok(self.value(condition)?.truth() == Some(true))
    }

    /// What an expression is.
    pub(super) fn value(&mut self, expression: &Expression) -> Evaluated<Value> {
        Ok(match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Now => Value::Time(self.source.now_ns.into()),
            Expression::Bound(place) => match self.bound.get(*place) {
                Some(Bound::Element(value)) => value.clone(),
                _ => Value::Missing,
            },
            Expression::Field(row, field) => match self.row(row)? {
                Some(row) => row.field(*field)?,
                None => Value::Missing,
            },
            Expression::Captured(row, field, path) => match self.row(row)? {
                Some(row) => row.captured(*field, path)?,
                None => Value::Missing,
            },
            Expression::Part(whole, path) => follow(&self.value(whole)?, path),
            Expression::Has(value) => Value::Bool(!self.value(value)?.is_missing()),
            Expression::HasRow(row) => Value::Bool(self.row(row)?.is_some()),
            Expression::Not(condition) => {
                Value::or_missing(self.value(condition)?.truth(), |truth| Value::Bool(!truth))
            }
            Expression::And(conditions) => self.connected(conditions, false)?,
            Expression::Or(conditions) => self.connected(conditions, true)?,
            Expression::Compare(comparison, one, other) => {
                let (one, other) = (self.value(one)?, self.value(other)?);
                Value::or_missing(compared(*comparison, &one, &other), Value::Bool)
            }
            Expression::In(needle, hay) => {
                let (needle, hay) = (self.value(needle)?, self.value(hay)?);
                Value::or_missing(is_in(&needle, &hay), Value::Bool)
            }
            Expression::List(elements) => {
                Value::List(elements.iter().map(|element| self.value(element)).collect::<Evaluated<_>>()?)
            }
            Expression::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                match self.value(condition)?.truth() {
                    Some(true) => self.value(then)?,
                    Some(false) => self.value(otherwise)?,
                    None => Value::Missing,
                }
            }
            Expression::Arithmetic(operator, operands) => {
                let [one, other] = &**operands;
                calculated(*operator, &self.value(one)?, &self.value(other)?).unwrap_or_default()
            }
            Expression::Negate(number) => match self.value(number)? {
                Value::Int(number) => Value::or_missing(number.checked_neg(), Value::Int),
                Value::Float(number) => Value::Float(-number),
                _ => Value::Missing,
            },
            Expression::Text(test, operands) => {
                let [text, part] = &**operands;
                match (self.value(text)?, self.value(part)?) {
                    (Value::Text(text), Value::Text(part)) => Value::Bool(match test {
                        TextTest::Contains => text.contains(&*part),
                        TextTest::StartsWith => text.starts_with(&*part),
                        TextTest::EndsWith => text.ends_with(&*part),
                    }),
                    _ => Value::Missing,
                }
            }
            Expression::Matches(text, pattern) => match self.value(text)? {
                Value::Text(text) => Value::Bool(pattern.is_match(&text)),
                _ => Value::Missing,
            },
            Expression::Lower(text) => self.text(text, str::to_ascii_lowercase)?,
            Expression::Upper(text) => self.text(text, str::to_ascii_uppercase)?,
            Expression::Size(value) => self.value(value)?.size(),
            Expression::SizeOfRows(rows) => Value::Int(self.rows(rows)?.len() as i128),
            Expression::QuantifiedRows(quantifier, rows, place, condition) => {
                let rows = self.rows(rows)?.into_iter().map(Bound::Row);
                Value::Bool(self.quantified(*quantifier, rows, *place, condition)?)
            }
            Expression::Quantified(quantifier, list, place, condition) => {
                let elements = match self.value(list)? {
                    Value::List(elements) => elements.to_vec(),
                    Value::Map(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
                    _ => return Ok(Value::Missing),
                };
                let elements = elements.into_iter().map(Bound::Element);
                Value::Bool(self.quantified(*quantifier, elements, *place, condition)?)
            }
        })
    }

    fn row(&self, row: &Row) -> Evaluated<Option<View<'s>>> {
        match row {
            Row::Bound(place) => Ok(match self.bound.get(*place) {
                Some(Bound::Row(row)) => Some(row.clone()),
                _ => None,
            }),
            Row::Of(row, field) => self.row(row)?.map_or(Ok(None), |row| row.lead(*field)),
        }
    }

    fn rows(&self, rows: &Rows) -> Evaluated<Vec<View<'s>>> {
        self.row(&rows.of)?.map_or(Ok(Vec::new()), |row| row.rows(rows.field))
    }

    /// `&&` for what a `false` decides, `||` for what a `true` does.
    fn connected(&mut self, conditions: &[Expression], decisive: bool) -> Evaluated<Value> {
        let mut is_known = true;
        for condition in conditions {
            match self.value(condition)?.truth() {
                Some(truth) if truth == decisive => return Ok(Value::Bool(decisive)),
                Some(_) => {}
                None => is_known = false,
            }
        }
        Ok(if is_known { Value::Bool(!decisive) } else { Value::Missing })
    }

    fn quantified(
        &mut self,
        quantifier: Quantifier,
        of: impl Iterator<Item = Bound<'s>>,
        place: usize,
        condition: &Expression,
    ) -> Evaluated<bool> {
        let mut holding = 0;
        for bound in of {
            self.source.spend(1)?;
            self.bound.resize_with(place, || Bound::Element(Value::Missing));
            self.bound.push(bound);
            match (quantifier, self.holds(condition)?) {
                (Quantifier::Exists, true) => return Ok(true),
                (Quantifier::All, false) => return Ok(false),
                (_, holds) => holding += usize::from(holds),
            }
        }
        Ok(match quantifier {
            Quantifier::Exists => false,
            Quantifier::ExistsOne => holding == 1,
            Quantifier::All => true,
        })
    }

    fn text(&mut self, text: &Expression, act: impl FnOnce(&str) -> String) -> Evaluated<Value> {
        Ok(match self.value(text)? {
            Value::Text(text) => Value::text(&act(&text)),
            _ => Value::Missing,
        })
    }
}

pub(super) fn compared(comparison: Comparison, one: &Value, other: &Value) -> Option<bool> {
    match comparison {
        Comparison::Equal => one.equals(other),
        Comparison::NotEqual => one.equals(other).map(|equal| !equal),
        Comparison::Less => one.compare(other).map(Ordering::is_lt),
        Comparison::LessOrEqual => one.compare(other).map(Ordering::is_le),
        Comparison::Greater => one.compare(other).map(Ordering::is_gt),
        Comparison::GreaterOrEqual => one.compare(other).map(Ordering::is_ge),
    }
}

fn is_in(needle: &Value, hay: &Value) -> Option<bool> {
    match (needle, hay) {
        (Value::Missing, _) => None,
        (_, Value::List(elements)) => Some(elements.iter().any(|element| element.equals(needle) == Some(true))),
        (_, Value::Map(entries)) => Some(entries.iter().any(|(key, _)| key.equals(needle) == Some(true))),
        _ => None,
    }
}

/// `None` where there is no result: division by zero, a number out of range, operands that do not go together.
pub(super) fn calculated(operator: Operator, one: &Value, other: &Value) -> Option<Value> {
    let whole = |one: i128, other: i128| match operator {
        Operator::Add => one.checked_add(other),
        Operator::Subtract => one.checked_sub(other),
        Operator::Multiply => one.checked_mul(other),
        Operator::Divide => one.checked_div(other),
        Operator::Remainder => one.checked_rem(other),
    };
    let float = |one: f64, other: f64| match operator {
        Operator::Add => one + other,
        Operator::Subtract => one - other,
        Operator::Multiply => one * other,
        Operator::Divide => one / other,
        Operator::Remainder => one % other,
    };
    Some(match (one, operator, other) {
        (Value::Int(one), _, Value::Int(other)) => Value::Int(whole(*one, *other)?),
        (Value::Int(one), _, Value::Float(other)) => Value::Float(float(*one as f64, *other)),
        (Value::Float(one), _, Value::Int(other)) => Value::Float(float(*one, *other as f64)),
        (Value::Float(one), _, Value::Float(other)) => Value::Float(float(*one, *other)),
        (Value::Text(one), Operator::Add, Value::Text(other)) => Value::text(&format!("{one}{other}")),
        (Value::Duration(one), Operator::Add | Operator::Subtract, Value::Duration(other)) => {
            Value::Duration(whole(*one, *other)?)
        }
        (Value::Time(one), Operator::Subtract, Value::Time(other)) => Value::Duration(whole(*one, *other)?),
        (Value::Time(one), Operator::Add | Operator::Subtract, Value::Duration(other)) => {
            Value::Time(whole(*one, *other)?)
        }
        (Value::Duration(one), Operator::Add, Value::Time(other)) => Value::Time(whole(*one, *other)?),
        _ => return None,
    })
}
