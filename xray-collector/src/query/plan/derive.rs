//! From an expression to what its columns must be, for it to be true of a step, or for it to be false.
//!
//! A condition on columns is *necessary*: it lets every step through of which the expression is so, and maybe others. It is
//! *exact* where it lets no others through. What is missing is neither true nor false, so that each of the two has a
//! condition of its own and `!` exchanges them.

use std::sync::Arc;

use super::super::columns::{Mask, Number, Numeric, Unit};
use super::super::evaluate::Evaluation;
use super::super::expression::{Comparison, Expression, Quantifier, Row};
use super::super::value::Value;
use super::super::view::{self, DecisionView, RunView, Source, StepView, View};
use super::super::vocabulary::Field;
use super::payload;
use crate::decision::Verdict;
use crate::model::{Callsite, Level, Outcome};
use crate::store::{Column, flag};

/// A condition on the columns of a step.
#[derive(Debug, Clone)]
pub(in crate::query) struct Derived {
    pub(in crate::query) mask: Mask,
    /// What it lets through needs no further look.
    pub(in crate::query) is_exact: bool,
}

impl Derived {
    fn exact(mask: Mask) -> Self {
        Self { mask, is_exact: true }
    }

    fn necessary(mask: Mask) -> Self {
        Self { mask, is_exact: false }
    }
}

/// Derives conditions on one of the rows that an expression names.
pub(in crate::query) struct Deriver<'d> {
    pub(in crate::query) source: &'d Source<'d>,
    pub(in crate::query) callsites: &'d [(u32, Arc<Callsite>)],
    /// The step, by all the names that it has.
    pub(in crate::query) steps: Vec<Row>,
    /// The decision that is asked about, of that step.
    pub(in crate::query) decision: Option<Row>,
}

/// What the value of an expression depends on.
#[derive(PartialEq, Eq)]
enum Basis {
    Callsite,
    Outcome,
    Level,
}

impl Deriver<'_> {
    /// What must hold of the step for the expression to be this.
    pub(in crate::query) fn possible(&self, expression: &Expression, truth: bool) -> Derived {
        match expression {
            Expression::Not(condition) => self.possible(condition, !truth),
            Expression::And(conditions) => self.joined(conditions, truth, truth),
            Expression::Or(conditions) => self.joined(conditions, truth, !truth),
            Expression::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let branch = |holds, of| {
                    let (condition, of) = (self.possible(condition, holds), self.possible(of, truth));
                    (Mask::and([condition.mask, of.mask]), condition.is_exact && of.is_exact)
                };
                let ((one, one_exact), (other, other_exact)) = (branch(true, then), branch(false, otherwise));
                Derived { mask: Mask::or([one, other]), is_exact: one_exact && other_exact }
            }
            _ => self.leaf(expression, truth),
        }
    }

    /// What must hold of the step for each of several conditions to hold.
    pub(in crate::query) fn each(&self, conditions: &[&Expression]) -> Derived {
        self.joined(conditions.iter().copied(), true, true)
    }

    /// What must hold for each of several, or for one of them, to be this.
    fn joined<'e>(&self, conditions: impl IntoIterator<Item = &'e Expression>, truth: bool, is_all: bool) -> Derived {
        let derived: Vec<_> = conditions.into_iter().map(|condition| self.possible(condition, truth)).collect();
        let is_exact = derived.iter().all(|derived| derived.is_exact);
        let masks = derived.into_iter().map(|derived| derived.mask);
        Derived { mask: if is_all { Mask::and(masks) } else { Mask::or(masks) }, is_exact }
    }

    fn leaf(&self, expression: &Expression, truth: bool) -> Derived {
        if expression.is_constant() {
            let is_so = self.constant(expression).truth() == Some(truth);
            return Derived::exact(if is_so { Mask::Every } else { Mask::Never });
        }
        if let Some(asked) = expression.asked_of(&self.steps)
            && let Some(mask) = self.of_columns(&asked, truth)
        {
            return Derived::exact(mask);
        }
        if let Some(row) = &self.decision
            && let Some(asked) = expression.asked_of(std::slice::from_ref(row))
            && let Some(mask) = self.of_verdicts(&asked, truth)
        {
            return Derived::necessary(mask);
        }
        Derived::necessary(payload::needed(self, expression, truth))
    }

    /// What holds if and only if the expression is so, of steps that it calls `Row::Bound(0)`.
    fn of_columns(&self, expression: &Expression, truth: bool) -> Option<Mask> {
        match expression {
            Expression::Field(Row::Bound(0), Field::Important) => {
                return Some(if truth { Mask::set(flag::IMPORTANT) } else { Mask::clear(flag::IMPORTANT) });
            }
            Expression::Has(value) => {
                if let Some(mask) = self.presence(value, truth) {
                    return Some(mask);
                }
            }
            Expression::Compare(comparison, one, other) => {
                if let Some(mask) = self.comparison(*comparison, one, other, truth) {
                    return Some(mask);
                }
            }
            _ => {}
        }
        self.table(expression, truth)
    }

    /// Whether a number is there.
    fn presence(&self, value: &Expression, truth: bool) -> Option<Mask> {
        let Expression::Field(Row::Bound(0), field) = value else { return None };
        if *field == Field::RejectionRate {
            let is_there = Mask::or([Field::Kept, Field::Eliminated].map(|field| Mask::some(Numeric::of(field))));
            let zero = |field| Numeric::of(field).map(|numeric| Mask::compare(numeric, Comparison::Equal, 0));
            let is_missing = Mask::and([zero(Field::Kept)?, zero(Field::Eliminated)?]);
            return Some(if truth { is_there } else { is_missing });
        }
        let flag = Numeric::of(*field)?.flag;
        Some(match (flag, truth) {
            (0, true) => Mask::Every,
            (0, false) => Mask::Never,
            (flag, true) => Mask::set(flag),
            (flag, false) => Mask::clear(flag),
        })
    }

    fn comparison(&self, comparison: Comparison, one: &Expression, other: &Expression, truth: bool) -> Option<Mask> {
        let constant = |part: &Expression| self.constant(part);
        let numbers = [Number::of(one, &constant)?, Number::of(other, &constant)?];
        let comparison = if truth { comparison } else { comparison.negated() };
        let simple = match &numbers {
            [number, Number::Constant(bound)] => simple(number, comparison, bound),
            [Number::Constant(bound), number] => simple(number, comparison.turned(), bound),
            _ => None,
        };
        Some(simple.unwrap_or(Mask::Compare { comparison, numbers: Box::new(numbers) }))
    }

    /// What an expression is, of steps that it calls `Row::Bound(0)`, for each number of the one column of few values
    /// that it depends on.
    pub(in crate::query) fn values(&self, expression: &Expression) -> Option<(Column, Vec<Value>)> {
        let run = RunView::blank(self.source);
        let blank = view::blank_callsite();
        let value = |callsite: &Arc<Callsite>, outcome, level| {
            self.evaluated(expression, View::Step(StepView::blank(&run, callsite, outcome, level)))
        };
        Some(match basis(expression)? {
            Basis::Callsite => {
                let mut values = Vec::new();
                for (number, callsite) in self.callsites {
                    let number = *number as usize;
                    values.resize(values.len().max(number + 1), Value::Missing);
                    values[number] = value(callsite, Outcome::Ok, Level::Full);
                }
                (Column::Callsite, values)
            }
            Basis::Outcome => {
                (Column::Outcome, Outcome::ALL.into_iter().map(|outcome| value(&blank, outcome, Level::Full)).collect())
            }
            Basis::Level => {
                (Column::Level, Level::ALL.into_iter().map(|level| value(&blank, Outcome::Ok, level)).collect())
            }
        })
    }

    /// The numbers of that column for which an expression is so.
    fn table(&self, expression: &Expression, truth: bool) -> Option<Mask> {
        let (column, values) = self.values(expression)?;
        let numbers = || (0_u32..).zip(&values).filter(|(_, value)| value.truth() == Some(truth)).map(|(it, _)| it);
        let words: Vec<&str> = match column {
            Column::Outcome => numbers().map(|number| Outcome::ALL[number as usize].as_str()).collect(),
            Column::Level => numbers().map(|number| Level::ALL[number as usize].as_str()).collect(),
            _ => Vec::new(),
        };
        let said = match column {
            Column::Outcome => format!("outcome in [{}]", words.join(", ")),
            Column::Level => format!("level in [{}]", words.join(", ")),
            _ => format!("of {} of {} functions", numbers().count(), self.callsites.len()),
        };
        Some(Mask::one_of(column, numbers().collect(), said))
    }

    /// What is necessary for a condition on a decision's verdict alone: the counts of a step tell what it inferred, and
    /// facts may say anything.
    fn of_verdicts(&self, expression: &Expression, truth: bool) -> Option<Mask> {
        let is_of_verdict = |part: &Expression| match part {
            Expression::Field(row, field) => *row == Row::Bound(0) && *field == Field::Outcome,
            part => is_plain(part),
        };
        if !expression.all(&is_of_verdict) {
            return None;
        }
        let run = RunView::blank(self.source);
        let step = StepView::blank(&run, &view::blank_callsite(), Outcome::Ok, Level::Full);
        let possible = Verdict::ALL.into_iter().filter(|verdict| {
            let view = View::Decision(DecisionView::blank(&step, *verdict));
            self.evaluated(expression, view).truth() == Some(truth)
        });
        let counted = possible.map(|verdict| {
            Mask::some(Numeric::of(match verdict {
                Verdict::Kept => Field::Kept,
                Verdict::Eliminated => Field::Eliminated,
                Verdict::Scored => Field::Scored,
                Verdict::Introduced => Field::Introduced,
            }))
        });
        let counted = Mask::or(counted);
        Some(if matches!(counted, Mask::Never) { Mask::Never } else { Mask::or([Mask::set(flag::FACTS), counted]) })
    }

    /// What an expression is that is the same for every row.
    pub(in crate::query) fn constant(&self, expression: &Expression) -> Value {
        self.evaluated(expression, View::Run(RunView::blank(self.source)))
    }

    fn evaluated<'v>(&'v self, expression: &Expression, view: View<'v>) -> Value {
        // Nothing is read for it, so that nothing fails.
        Evaluation::new(self.source, view).value(expression).unwrap_or_default()
    }
}

/// What must hold of decisions' steps in any case: their counts or facts say that there are any.
pub(in crate::query) fn has_decisions() -> Mask {
    let counts = [Field::Kept, Field::Eliminated, Field::Scored, Field::Introduced];
    Mask::or([Mask::set(flag::FACTS)].into_iter().chain(counts.map(|field| Mask::some(Numeric::of(field)))))
}

fn simple(number: &Number, comparison: Comparison, bound: &Value) -> Option<Mask> {
    match (number, bound) {
        (Number::Column(numeric), Value::Int(bound)) if numeric.unit == Unit::Count => {
            Some(Mask::compare(*numeric, comparison, *bound))
        }
        (Number::Column(numeric), Value::Duration(bound)) if numeric.unit == Unit::Duration => {
            Some(Mask::compare(*numeric, comparison, *bound))
        }
        (Number::Column(numeric), Value::Time(bound)) if numeric.unit == Unit::Time => {
            Some(Mask::compare(*numeric, comparison, *bound))
        }
        (Number::RejectionRate, Value::Float(bound)) => Some(Mask::RejectionRate { comparison, bound: *bound }),
        (Number::RejectionRate, Value::Int(bound)) => Some(Mask::RejectionRate { comparison, bound: *bound as f64 }),
        _ => None,
    }
}

/// The one column that the value of an expression depends on, if it is one of those that have few values.
fn basis(expression: &Expression) -> Option<Basis> {
    let depends_on = |fields: &'static [Field]| {
        expression.all(&|part| match part {
            Expression::Field(row, field) => *row == Row::Bound(0) && fields.contains(field),
            part => is_plain(part),
        })
    };
    if depends_on(&[Field::Name, Field::StepKind, Field::Module, Field::File, Field::Line]) {
        Some(Basis::Callsite)
    } else if depends_on(&[Field::Outcome, Field::Failed]) {
        Some(Basis::Outcome)
    } else {
        depends_on(&[Field::Level]).then_some(Basis::Level)
    }
}

/// Whether an expression, apart from its parts, reads nothing of any row.
fn is_plain(part: &Expression) -> bool {
    !matches!(
        part,
        Expression::Field(..)
            | Expression::Captured(..)
            | Expression::HasRow(_)
            | Expression::SizeOfRows(_)
            | Expression::QuantifiedRows(..)
    )
}

/// What a run needs a step for: `steps.exists(s, …)` and `steps.exists_one(s, …)`.
pub(in crate::query) fn wanted_step(expression: &Expression) -> Option<(usize, &Expression)> {
    match expression {
        Expression::QuantifiedRows(Quantifier::Exists | Quantifier::ExistsOne, rows, place, condition)
            if rows.of == Row::Bound(0) && rows.field == Field::Steps =>
        {
            Some((*place, condition))
        }
        _ => None,
    }
}
