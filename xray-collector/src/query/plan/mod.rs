//! What is to be read for a query: which runs, which steps of them, and what is left to be asked of those.

mod derive;
mod payload;
mod range;

use std::sync::Arc;

pub(super) use self::derive::{Derived, Deriver};
pub(super) use self::range::Range;
use super::columns::Mask;
use super::expression::{Comparison, Expression, Row};
use super::value::Value;
use super::view::Source;
use super::vocabulary::{Entity, Field};
use crate::model::Callsite;
use crate::store::StoreError;

/// What is to be read.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// When runs began that can have rows of which the condition holds.
    pub(super) range: Range,
    /// What must hold of a run before its rows are looked at; each is asked of the run alone.
    pub(super) of_run: Vec<Expression>,
    /// For steps and decisions: what must hold of the step. For runs: each must hold of one of its steps.
    pub(super) of_steps: Vec<Mask>,
    /// The rows that are left are those that are searched for.
    pub(super) is_exact: bool,
    /// The key of the item that a decision is about, if the condition names one.
    pub(super) item: Option<Arc<str>>,
}

impl Plan {
    /// Plans what to read of rows of which a condition holds.
    pub(super) fn of(condition: &Expression, entity: Entity, source: &Source<'_>) -> Result<Self, StoreError> {
        let callsites = match source.columns {
            Some(_) => source.store.callsites()?,
            None => Vec::new(),
        };
        let planner = Planner { source, callsites: &callsites, conjuncts: conjuncts(condition) };
        Ok(match entity {
            Entity::Run => planner.runs(),
            Entity::Step => planner.steps(),
            Entity::Decision => planner.decisions(),
        })
    }
}

struct Planner<'p> {
    source: &'p Source<'p>,
    callsites: &'p [(u32, Arc<Callsite>)],
    conjuncts: Vec<&'p Expression>,
}

impl Planner<'_> {
    fn runs(&self) -> Plan {
        let of_steps = self.conjuncts.iter().filter_map(|conjunct| self.wanted(conjunct, true)).collect();
        let asked: Vec<_> = self.conjuncts.iter().map(|conjunct| (*conjunct).clone()).collect();
        Plan { range: self.range(&asked), of_run: Vec::new(), of_steps, is_exact: false, item: None }
    }

    fn steps(&self) -> Plan {
        let (of_run, rest) = self.parted(&[Row::Of(Box::new(Row::Bound(0)), Field::Run)]);
        let Derived { mask, is_exact } = self.deriver(vec![Row::Bound(0)], None).each(&rest);
        Plan { range: self.range(&of_run), of_run, of_steps: vec![mask], is_exact, item: None }
    }

    fn decisions(&self) -> Plan {
        let step = Row::Of(Box::new(Row::Bound(0)), Field::Step);
        let (of_run, rest) =
            self.parted(&[Row::Of(Box::new(Row::Bound(0)), Field::Run), Row::Of(Box::new(step.clone()), Field::Run)]);
        let derived = self.deriver(vec![step], Some(Row::Bound(0))).each(&rest);
        let mask = Mask::and([derived.mask, derive::has_decisions()]);
        let item = self.conjuncts.iter().find_map(|conjunct| item(conjunct));
        Plan { range: self.range(&of_run), of_run, of_steps: vec![mask], is_exact: false, item }
    }

    fn deriver(&self, steps: Vec<Row>, decision: Option<Row>) -> Deriver<'_> {
        Deriver { source: self.source, callsites: self.callsites, steps, decision }
    }

    /// What is asked of the run alone, as it is asked of the run, and the rest.
    fn parted(&self, names: &[Row]) -> (Vec<Expression>, Vec<&Expression>) {
        let (mut of_run, mut rest) = (Vec::new(), Vec::new());
        for conjunct in &self.conjuncts {
            match conjunct.asked_of(names).filter(|asked| !asked.is_constant()) {
                Some(asked) => of_run.push(asked),
                None => rest.push(*conjunct),
            }
        }
        (of_run, rest)
    }

    /// When a run began of which all these hold.
    fn range(&self, of_run: &[Expression]) -> Range {
        let deriver = self.deriver(Vec::new(), None);
        let mut range = Range::default();
        for condition in of_run {
            let Expression::Compare(comparison, one, other) = condition else { continue };
            let is_start = |part: &Expression| matches!(part, Expression::Field(Row::Bound(0), Field::Started));
            let (comparison, bound) = match (&**one, &**other) {
                (field, bound) if is_start(field) && bound.is_constant() => (*comparison, bound),
                (bound, field) if is_start(field) && bound.is_constant() => (comparison.turned(), bound),
                _ => continue,
            };
            match deriver.constant(bound) {
                Value::Time(time) => range.narrow(comparison, time),
                // What is missing is neither earlier nor later.
                _ => range = Range::nothing(),
            }
        }
        range
    }

    /// What a step must be that a run needs for the condition to be so; `None` if it needs none.
    fn wanted(&self, condition: &Expression, truth: bool) -> Option<Mask> {
        let wanted = |of: &Expression, truth| self.wanted(of, truth);
        let mask = match condition {
            Expression::Not(inner) => return wanted(inner, !truth),
            Expression::And(parts) | Expression::Or(parts) => {
                let is_all = matches!(condition, Expression::And(_)) == truth;
                let masks = parts.iter().map(|part| wanted(part, truth));
                match is_all {
                    true => masks.flatten().next()?,
                    false => Mask::or(masks.collect::<Option<Vec<_>>>()?),
                }
            }
            condition => match derive::wanted_step(condition) {
                Some((place, inner)) if truth => self.deriver(vec![Row::Bound(place)], None).possible(inner, true).mask,
                _ => Mask::and([Mask::First, self.of_first(condition, truth)?]),
            },
        };
        (!matches!(mask, Mask::Every)).then_some(mask)
    }

    /// What the first step must have kept for the condition to be so.
    fn of_first(&self, condition: &Expression, truth: bool) -> Option<Mask> {
        let captured = |part: &Expression| match part {
            Expression::Captured(row, field, path) if *row == Row::Bound(0) => Some(payload::of_run(*field, path)),
            _ => None,
        };
        let mask = match condition {
            Expression::Has(value) if truth => captured(value)?,
            Expression::In(needle, hay) if truth => match &**hay {
                // A map or list that is whole is there, and empty, without any of it.
                Expression::Captured(Row::Bound(0), field @ (Field::Tags | Field::Notes), path) if path.is_empty() => {
                    payload::of_run(*field, &[super::expression::Segment::Place(0)])
                }
                _ => captured(needle)?,
            },
            Expression::Compare(_, one, other) => captured(one).or_else(|| captured(other))?,
            Expression::Text(_, parts) => captured(&parts[0]).or_else(|| captured(&parts[1]))?,
            Expression::Matches(text, _) => captured(text)?,
            Expression::Captured(..) => captured(condition)?,
            _ => return None,
        };
        (!matches!(mask, Mask::Every)).then_some(mask)
    }
}

/// The conditions that all have to hold.
fn conjuncts(condition: &Expression) -> Vec<&Expression> {
    match condition {
        Expression::And(conditions) => conditions.iter().collect(),
        condition => vec![condition],
    }
}

/// The item that a condition on decisions names.
fn item(condition: &Expression) -> Option<Arc<str>> {
    let Expression::Compare(Comparison::Equal, one, other) = condition else { return None };
    match (&**one, &**other) {
        (Expression::Field(Row::Bound(0), Field::Item), Expression::Literal(Value::Text(key)))
        | (Expression::Literal(Value::Text(key)), Expression::Field(Row::Bound(0), Field::Item)) => {
            Some(Arc::clone(key))
        }
        _ => None,
    }
}
