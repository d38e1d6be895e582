//! What is calculated column by column is what is calculated of a list of all values.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::choices::Choices;
use super::store::Held;
use super::{ask, naive};
use crate::query::evaluate::Evaluation;
use crate::query::value::Value;
use crate::query::{Aggregation, AggregationText, Datum, Entity, Query, Scope};

const STEP_KEYS: &[&str] = &[
    "name",
    "kind",
    "outcome",
    "failed",
    "level",
    "name + module",
    "bucket(started, duration('3ns'))",
    "bucket(run.started, duration('2ns'))",
    "thread",
    "run.pipeline",
    "llm.model",
];
const RUN_KEYS: &[&str] = &["pipeline", "status", "tags.t", "bucket(started, duration('2ns'))", "orphan"];
const DECISION_KEYS: &[&str] = &["outcome", "item", "reason", "step.name", "run.status"];

const STEP_VALUES: &[&str] =
    &["duration", "items_in", "rejection_rate", "kept - eliminated", "items_in / 2.0", "meta.x", "-line"];
const RUN_VALUES: &[&str] = &["duration", "step_count", "failures * 1.5"];
const DECISION_VALUES: &[&str] = &["score", "before", "step.duration"];

/// An aggregate, with what it is of.
enum Wanted {
    Count,
    Present(String),
    Sum(String),
    Mean(String),
    Lowest(String),
    Highest(String),
    Quantile(String, f64),
    Top(String),
    Share(String),
}

impl Wanted {
    fn any(choices: &mut Choices<'_>, values: &[&str], conditions: &str) -> Self {
        let value = choices.one(values).to_owned();
        match choices.below(9) {
            0 => Self::Count,
            1 => Self::Present(value),
            2 => Self::Sum(value),
            3 => Self::Mean(value),
            4 => Self::Lowest(value),
            5 => Self::Highest(value),
            6 => Self::Quantile(value, [0.0, 0.5, 0.95, 1.0][choices.below(4) as usize]),
            7 => Self::Top(value),
            _ => Self::Share(conditions.to_owned()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Count => "count()".to_owned(),
            Self::Present(value) => format!("count({value})"),
            Self::Sum(value) => format!("sum({value})"),
            Self::Mean(value) => format!("avg({value})"),
            Self::Lowest(value) => format!("min({value})"),
            Self::Highest(value) => format!("max({value})"),
            Self::Quantile(value, share) => format!("quantile({value}, {share:?})"),
            Self::Top(value) => format!("topk({value}, 2)"),
            Self::Share(condition) => format!("share({condition})"),
        }
    }

    fn value(&self) -> Option<&str> {
        match self {
            Self::Count => None,
            Self::Present(value)
            | Self::Sum(value)
            | Self::Mean(value)
            | Self::Lowest(value)
            | Self::Highest(value)
            | Self::Quantile(value, _)
            | Self::Top(value)
            | Self::Share(value) => Some(value),
        }
    }

    /// Of all values of a group, as a text that is close to what the answer has.
    fn of(&self, values: &[Value]) -> String {
        let there: Vec<&Value> = values.iter().filter(|value| !value.is_missing()).collect();
        let mut numbers: Vec<f64> = there.iter().filter_map(|value| number(value)).collect();
        let sum = numbers.iter().sum::<f64>();
        numbers.sort_by(f64::total_cmp);
        let or_missing = |number: Option<f64>| number.map_or("missing".to_owned(), close);
        match self {
            Self::Count => close(values.len() as f64),
            Self::Present(_) => close(there.len() as f64),
            Self::Sum(_) => or_missing((!numbers.is_empty()).then_some(sum)),
            Self::Mean(_) => or_missing((!numbers.is_empty()).then(|| sum / numbers.len() as f64)),
            Self::Lowest(_) => or_missing(numbers.first().copied()),
            Self::Highest(_) => or_missing(numbers.last().copied()),
            Self::Quantile(_, share) => {
                let rank = ((share * numbers.len() as f64).ceil() as usize).max(1);
                or_missing(numbers.get(rank - 1).copied())
            }
            Self::Top(_) => {
                let mut counts: BTreeMap<String, u64> = BTreeMap::new();
                there.iter().for_each(|value| *counts.entry(value.to_string()).or_default() += 1);
                let mut counts: Vec<_> = counts.values().copied().collect();
                counts.sort_by(|one, other| other.cmp(one));
                format!("{:?}", counts.into_iter().take(2).collect::<Vec<_>>())
            }
            Self::Share(_) => {
                let so = values.iter().filter(|value| value.truth() == Some(true)).count();
                close(so as f64 / values.len() as f64)
            }
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) | Value::Duration(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn close(number: f64) -> String {
    format!("{:.6}", number + 0.0)
}

fn answered(datum: &Datum, wanted: &Wanted) -> String {
    match datum {
        Datum::Missing => "missing".to_owned(),
        Datum::Int(number) => close(*number as f64),
        Datum::Float(number) => close(*number),
        // The mean of durations is a whole number of nanoseconds.
        Datum::Duration(number) if matches!(wanted, Wanted::Mean(_)) => format!("about {number}"),
        Datum::Duration(number) => close(*number as f64),
        Datum::Counted(values) => format!("{:?}", values.iter().map(|(_, count)| *count).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// A row of the table that is expected: its keys and what is calculated, as texts.
type Expected = BTreeMap<Vec<String>, Vec<String>>;

fn expected(held: &Held, entity: Entity, condition: &str, keys: &[&str], wanted: &[Wanted]) -> Expected {
    let condition = Query::parse(condition, entity).expect("a condition").condition;
    let parse = |text: &str| {
        crate::query::parse::with_tree(text, |tree| {
            crate::query::check::Checker::new(tree, entity).value(&tree.root).map(|(value, _)| value)
        })
        .expect("a value")
    };
    let bucketed = |key: &str| -> Option<(String, i128)> {
        let (time, length) = key.strip_prefix("bucket(")?.split_once(", duration('")?;
        Some((time.to_owned(), length.trim_end_matches("ns'))").parse().expect("a length")))
    };
    let key_values: Vec<_> = keys
        .iter()
        .map(|key| match bucketed(key) {
            Some((time, length)) => (parse(&time), Some(length)),
            None => (parse(key), None),
        })
        .collect();
    let values: Vec<_> = wanted.iter().map(|wanted| wanted.value().map(parse)).collect();
    let mut groups: BTreeMap<Vec<String>, Vec<Vec<Value>>> = BTreeMap::new();
    naive::every_row(held, entity, |source, view| {
        let mut evaluation = Evaluation::new(source, view.clone());
        if !evaluation.holds(&condition).expect("nothing is short") {
            return;
        }
        let mut keys = Vec::new();
        for (key, length) in &key_values {
            let value = match (evaluation.value(key).expect("nothing is short"), length) {
                (Value::Time(time), Some(length)) => Value::Time(time / length * length),
                (value, _) => value,
            };
            keys.push(format!("{:?}", Datum::from(&value)));
        }
        let row = values.iter().map(|value| match value {
            Some(value) => evaluation.value(value).expect("nothing is short"),
            None => Value::Bool(true),
        });
        let row: Vec<_> = row.collect();
        let columns = groups.entry(keys).or_insert_with(|| vec![Vec::new(); row.len()]);
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    });
    let calculated = |columns: Vec<Vec<Value>>| wanted.iter().zip(columns).map(|(wanted, of)| wanted.of(&of)).collect();
    groups.into_iter().map(|(keys, columns)| (keys, calculated(columns))).collect()
}

/// Whether both are the same, but for the rounding of a duration.
fn is_same(expected: &str, found: &str) -> bool {
    match found.strip_prefix("about ") {
        Some(whole) => {
            (whole.parse::<f64>().unwrap_or(f64::NAN) - expected.parse::<f64>().unwrap_or(f64::NAN)).abs() <= 0.5
        }
        None => expected == found,
    }
}

fn check(data: &[u8], asked: &[u8], entity: Entity) -> Result<(), TestCaseError> {
    let choices = &mut Choices::of(asked);
    let (all_keys, all_values) = match entity {
        Entity::Run => (RUN_KEYS, RUN_VALUES),
        Entity::Step => (STEP_KEYS, STEP_VALUES),
        Entity::Decision => (DECISION_KEYS, DECISION_VALUES),
    };
    let keys: Vec<&str> = (0..choices.below(3)).map(|_| choices.one(all_keys)).collect();
    let wanted: Vec<Wanted> = (0..=choices.below(4))
        .map(|_| {
            let condition = ask::any(choices, entity);
            Wanted::any(choices, all_values, &condition)
        })
        .collect();
    let condition = if choices.chance(1, 3) { "true".to_owned() } else { ask::any(choices, entity) };
    let select = wanted.iter().map(Wanted::text).collect::<Vec<_>>().join(", ");
    let group_by = keys.join(", ");
    let text = AggregationText {
        condition: &condition,
        group_by: &group_by,
        select: &select,
        limit: 1_000,
        ..AggregationText::of(entity)
    };
    let aggregation = Aggregation::parse(&text).unwrap_or_else(|error| panic!("{text:?}\n{error}"));
    let mut held = Held::any(&mut Choices::of(data));
    let mut expected = expected(&held, entity, &condition, &keys, &wanted);
    if keys.is_empty() && expected.is_empty() {
        // Nothing is a group, too.
        expected.insert(Vec::new(), Vec::new());
    }
    for has_columns in [false, true] {
        held.has_columns = has_columns;
        let table = aggregation.run(&held, &Scope { budget: u64::MAX, ..Scope::default() }).expect("a table");
        prop_assert_eq!(table.rows.len(), expected.len(), "{:?}", text);
        prop_assert!(!table.stopped && table.left_out == 0 && table.groups == expected.len() as u64);
        for row in &table.rows {
            let key: Vec<_> = row[..keys.len()].iter().map(|key| format!("{key:?}")).collect();
            let Some(calculated) = expected.get(&key) else { panic!("{key:?} is not expected of {text:?}") };
            for ((expected, found), wanted) in calculated.iter().zip(&row[keys.len()..]).zip(&wanted) {
                let found = answered(found, wanted);
                prop_assert!(
                    is_same(expected, &found),
                    "{} is {} and not {}, {:?}",
                    wanted.text(),
                    found,
                    expected,
                    text
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn of_runs(data in prop::collection::vec(any::<u8>(), 0..900), asked in prop::collection::vec(any::<u8>(), 1..60)) {
        check(&data, &asked, Entity::Run)?;
    }

    #[test]
    fn of_steps(data in prop::collection::vec(any::<u8>(), 0..900), asked in prop::collection::vec(any::<u8>(), 1..60)) {
        check(&data, &asked, Entity::Step)?;
    }

    #[test]
    fn of_decisions(data in prop::collection::vec(any::<u8>(), 0..900), asked in prop::collection::vec(any::<u8>(), 1..60)) {
        check(&data, &asked, Entity::Decision)?;
    }
}
