//! What is known of the rows of a group so far.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::datum::Datum;
use super::sketch::Sketch;
use crate::query::value::Value;
use crate::query::vocabulary::Kind;
use crate::spread::Spread;
use crate::store::Total;

/// How many different values `topk` tells apart in a group.
const MOST_VALUES: usize = 1_000;

/// What is to be known of a group's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// How many there are.
    Rows,
    /// How many have the value.
    Present,
    /// Sum and mean.
    Total,
    /// Lowest and highest.
    Extremes,
    /// Quantiles.
    Spread,
    /// Of how many the condition holds.
    Share,
    /// How often each value is there.
    Values,
}

/// What a column of the answer takes from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    Count,
    Sum,
    Mean,
    Lowest,
    Highest,
    Quantile(f64),
    Share,
    Most(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Tally {
    Count(u64),
    Total {
        whole: i128,
        fraction: f64,
        is_whole: bool,
        count: u64,
    },
    Extremes(Option<(Value, Value)>),
    Spread(Sketch),
    /// Values by their text.
    Values(HashMap<String, (Value, u64)>),
}

impl Tally {
    pub(super) fn new(measure: Measure) -> Self {
        match measure {
            Measure::Rows | Measure::Present | Measure::Share => Self::Count(0),
            Measure::Total => Self::Total { whole: 0, fraction: 0.0, is_whole: true, count: 0 },
            Measure::Extremes => Self::Extremes(None),
            Measure::Spread => Self::Spread(Sketch::default()),
            Measure::Values => Self::Values(HashMap::new()),
        }
    }

    /// Adds a row; what it has not, and what is not of a kind that can be counted so, is left out.
    pub(super) fn add(&mut self, value: &Value) {
        if let (Value::Float(number), false) = (value, matches!(self, Self::Values(_))) {
            return self.add_fraction(*number);
        }
        match (&mut *self, value) {
            (_, Value::Missing) => {}
            (Self::Count(count), _) => *count += 1,
            (Self::Total { whole, count, .. }, Value::Int(number) | Value::Duration(number)) => {
                (*whole, *count) = (whole.saturating_add(*number), *count + 1);
            }
            (Self::Extremes(range), value) => extend(range, value),
            (Self::Spread(sketch), Value::Int(number) | Value::Duration(number)) => sketch.insert(*number as f64),
            (Self::Values(values), value) => {
                let text = value.to_string();
                let is_full = values.len() >= MOST_VALUES;
                if let Some((_, count)) = values.get_mut(&text) {
                    *count += 1;
                } else if !is_full {
                    values.insert(text, (value.clone(), 1));
                }
            }
            _ => {}
        }
    }

    #[inline]
    pub(super) fn add_row(&mut self) {
        self.add_rows(1);
    }

    #[inline]
    pub(super) fn add_rows(&mut self, rows: u64) {
        if let Self::Count(count) = self {
            *count += rows;
        }
    }

    /// Adds a number that is not negative, and its value for those who need that.
    #[inline]
    pub(super) fn add_whole(&mut self, number: u64, value: impl FnOnce(u64) -> Value) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Total { whole, count, .. } => (*whole, *count) = (*whole + i128::from(number), *count + 1),
            Self::Spread(sketch) => sketch.insert(number as f64),
            Self::Extremes(_) | Self::Values(_) => self.add(&value(number)),
        }
    }

    #[inline]
    pub(super) fn add_fraction(&mut self, number: f64) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Total { fraction, is_whole, count, .. } => {
                (*fraction, *is_whole, *count) = (*fraction + number, false, *count + 1);
            }
            Self::Spread(sketch) => sketch.insert(number),
            Self::Extremes(range) => extend(range, &Value::Float(number)),
            Self::Values(_) => self.add(&Value::Float(number)),
        }
    }

    /// Adds what numbers that are not negative come to; how they are spread if that is to be known.
    pub(super) fn add_wholes(&mut self, total: &Total<u64, u128>, value: impl Fn(u64) -> Value, spread: &Spread) {
        match self {
            Self::Count(count) => *count += total.count,
            Self::Total { whole, count, .. } => {
                let sum = i128::try_from(total.sum).unwrap_or(i128::MAX);
                (*whole, *count) = (whole.saturating_add(sum), *count + total.count);
            }
            Self::Spread(sketch) => sketch.add(spread, total.count),
            Self::Extremes(range) if total.count > 0 => {
                extend(range, &value(total.range.0));
                extend(range, &value(total.range.1));
            }
            Self::Extremes(_) | Self::Values(_) => {}
        }
    }

    /// The same of fractions.
    pub(super) fn add_fractions(&mut self, total: &Total<f64, f64>, spread: &Spread) {
        match self {
            _ if total.count == 0 => {}
            Self::Count(count) => *count += total.count,
            Self::Total { fraction, is_whole, count, .. } => {
                (*fraction, *is_whole, *count) = (*fraction + total.sum, false, *count + total.count);
            }
            Self::Spread(sketch) => sketch.add(spread, total.count),
            Self::Extremes(range) => {
                extend(range, &Value::Float(total.range.0));
                extend(range, &Value::Float(total.range.1));
            }
            Self::Values(_) => {}
        }
    }

    /// Adds what is known of other rows of the group.
    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Count(count), Self::Count(more)) => *count += more,
            (
                Self::Total { whole, fraction, is_whole, count },
                Self::Total { whole: w, fraction: f, is_whole: i, count: c },
            ) => {
                (*whole, *fraction) = (whole.saturating_add(w), *fraction + f);
                (*is_whole, *count) = (*is_whole && i, *count + c);
            }
            (Self::Extremes(range), Self::Extremes(Some((low, high)))) => {
                extend(range, &low);
                extend(range, &high);
            }
            (Self::Spread(sketch), Self::Spread(other)) => sketch.merge(other),
            (Self::Values(values), Self::Values(more)) => {
                for (text, (value, count)) in more {
                    values.entry(text).or_insert((value, 0)).1 += count;
                }
            }
            _ => {}
        }
    }

    /// A column of the answer, of a group of so many rows.
    pub(super) fn read(&self, reading: Reading, kind: Kind, rows: u64) -> Datum {
        let number = |number: f64| match kind {
            Kind::Duration => Datum::Duration(number.round() as i128),
            _ => Datum::Float(number),
        };
        match (self, reading) {
            (Self::Count(count), Reading::Share) if rows > 0 => Datum::Float(*count as f64 / rows as f64),
            (Self::Count(count), Reading::Count) => Datum::Int((*count).into()),
            (Self::Total { count: 0, .. }, _) => Datum::Missing,
            (Self::Total { whole, is_whole: true, .. }, Reading::Sum) if kind == Kind::Duration => {
                Datum::Duration(*whole)
            }
            (Self::Total { whole, is_whole: true, .. }, Reading::Sum) => Datum::Int(*whole),
            (Self::Total { whole, fraction, .. }, Reading::Sum) => number(*whole as f64 + fraction),
            (Self::Total { whole, fraction, count, .. }, Reading::Mean) => {
                number((*whole as f64 + fraction) / *count as f64)
            }
            (Self::Extremes(Some((low, _))), Reading::Lowest) => Datum::from(low),
            (Self::Extremes(Some((_, high))), Reading::Highest) => Datum::from(high),
            (Self::Spread(sketch), Reading::Quantile(share)) => sketch.quantile(share).map_or(Datum::Missing, number),
            (Self::Values(values), Reading::Most(most)) => {
                let mut values: Vec<_> = values.iter().collect();
                values.sort_by(|(one, (_, count)), (other, (_, more))| more.cmp(count).then(one.cmp(other)));
                let most = values.into_iter().take(most);
                Datum::Counted(most.map(|(_, (value, count))| (Datum::from(value), *count)).collect())
            }
            _ => Datum::Missing,
        }
    }
}

fn extend(range: &mut Option<(Value, Value)>, value: &Value) {
    match range {
        None if value.compare(value).is_some() => *range = Some((value.clone(), value.clone())),
        None => {}
        Some((low, high)) => {
            if value.compare(low) == Some(Ordering::Less) {
                *low = value.clone();
            }
            if value.compare(high) == Some(Ordering::Greater) {
                *high = value.clone();
            }
        }
    }
}
