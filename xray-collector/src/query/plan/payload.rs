//! What a step must have kept of its values for a condition on them to be true or false: what is missing is neither.

use super::super::columns::{Mask, Numbers};
use super::super::expression::{Expression, Quantifier, Row, Segment};
use super::super::vocabulary::Field;
use super::derive::Deriver;
use crate::model::Outcome;
use crate::store::{Column, flag};

/// What is necessary for the expression to be this.
pub(super) fn needed(deriver: &Deriver<'_>, expression: &Expression, truth: bool) -> Mask {
    let there = |part: &Expression| there(deriver, part);
    match expression {
        Expression::Has(value) if truth => there(value),
        Expression::HasRow(Row::Of(row, Field::Parent)) if truth && deriver.steps.contains(row) => {
            Mask::set(flag::PARENT)
        }
        Expression::Quantified(Quantifier::Exists | Quantifier::ExistsOne, list, ..) if truth => {
            Mask::and([there(list), filled(deriver, list)])
        }
        Expression::In(needle, hay) if truth => Mask::and([there(needle), there(hay), filled(deriver, hay)]),
        expression => there(expression),
    }
}

/// What is necessary for the expression not to be missing.
fn there(deriver: &Deriver<'_>, expression: &Expression) -> Mask {
    match expression {
        Expression::Captured(row, field, path) => captured(deriver, row, *field, path),
        Expression::Field(row, field) => of_field(deriver, row, *field),
        // These have a value whatever their parts have.
        Expression::Has(_)
        | Expression::HasRow(_)
        | Expression::And(_)
        | Expression::Or(_)
        | Expression::List(_)
        | Expression::QuantifiedRows(..) => Mask::Every,
        Expression::If(parts) => there(deriver, &parts[0]),
        Expression::Quantified(_, list, ..) => there(deriver, list),
        expression => Mask::and(expression.parts().into_iter().map(|part| there(deriver, part))),
    }
}

/// What is necessary for a list or map of captured data to have something in it.
fn filled(deriver: &Deriver<'_>, expression: &Expression) -> Mask {
    match expression {
        // What a path leads to is missing where there is nothing; whole, these are there and empty.
        Expression::Captured(row, field, path) if path.is_empty() => {
            captured(deriver, row, *field, &[Segment::Place(0)])
        }
        _ => Mask::Every,
    }
}

fn captured(deriver: &Deriver<'_>, row: &Row, field: Field, path: &[Segment]) -> Mask {
    if deriver.decision.as_ref() == Some(row) {
        return match field {
            Field::Detail => Mask::set(flag::FACTS),
            Field::Checks if !path.is_empty() => Mask::set(flag::FACTS),
            Field::Input | Field::Output => of_step(field, path),
            _ => Mask::Every,
        };
    }
    if deriver.steps.contains(row) { of_step(field, path) } else { has_parent(deriver, row) }
}

/// What is captured of the step itself.
fn of_step(field: Field, path: &[Segment]) -> Mask {
    match field {
        Field::Llm => Mask::set(flag::FACTS),
        Field::Meta | Field::Reasoning | Field::Reasons if !path.is_empty() => Mask::set(flag::FACTS),
        Field::Input if !path.is_empty() => Mask::set(flag::ARGUMENTS),
        Field::Output => Mask::and([Mask::set(flag::RESULT), outcomes(|outcome| !outcome.is_failure())]),
        _ => Mask::Every,
    }
}

/// What is said of a run as a whole, of its first step.
pub(super) fn of_run(field: Field, path: &[Segment]) -> Mask {
    match field {
        Field::Tags | Field::Notes if !path.is_empty() => Mask::set(flag::FACTS),
        Field::Input if !path.is_empty() => Mask::or([Mask::set(flag::FACTS), Mask::set(flag::ARGUMENTS)]),
        Field::Output => Mask::or([Mask::set(flag::FACTS), Mask::set(flag::RESULT)]),
        _ => Mask::Every,
    }
}

fn of_field(deriver: &Deriver<'_>, row: &Row, field: Field) -> Mask {
    if deriver.decision.as_ref() == Some(row) {
        return if field == Field::Reason { Mask::set(flag::FACTS) } else { Mask::Every };
    }
    if !deriver.steps.contains(row) {
        return has_parent(deriver, row);
    }
    match field {
        Field::Duration => Mask::set(flag::DURATION),
        Field::ItemsIn => Mask::set(flag::ITEMS_IN),
        Field::ItemsOut => Mask::set(flag::ITEMS_OUT),
        Field::Error => Mask::and([Mask::set(flag::RESULT), outcomes(Outcome::is_failure)]),
        _ => Mask::Every,
    }
}

/// Something of the step's parent is asked for.
fn has_parent(deriver: &Deriver<'_>, row: &Row) -> Mask {
    match row {
        Row::Of(child, Field::Parent) if deriver.steps.contains(child) => Mask::set(flag::PARENT),
        Row::Of(inner, _) => has_parent(deriver, inner),
        Row::Bound(_) => Mask::Every,
    }
}

fn outcomes(are: impl Fn(Outcome) -> bool) -> Mask {
    let chosen: Vec<_> = (0..).zip(Outcome::ALL).filter(|(_, outcome)| are(*outcome)).collect();
    let words: Vec<_> = chosen.iter().map(|(_, outcome)| outcome.as_str()).collect();
    let numbers: Numbers = chosen.iter().map(|(number, _)| *number).collect();
    Mask::one_of(Column::Outcome, numbers, format!("outcome in [{}]", words.join(", ")))
}
