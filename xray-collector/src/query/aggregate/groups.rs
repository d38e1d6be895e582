//! Groups of rows, by their keys.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::datum::Datum;
use super::tally::{Measure, Tally};
use crate::query::expression::Expression;
use crate::query::value::Value;

/// Groups that an answer can have: rows of others are counted, and left out.
pub const MOST_GROUPS: usize = 10_000;

/// A group.
pub(super) struct Group {
    pub(super) keys: Vec<Value>,
    pub(super) rows: u64,
    pub(super) tallies: Vec<Tally>,
}

/// All groups that there are so far.
pub(super) struct Groups {
    /// The numbers of groups, by the text of their keys.
    numbers: HashMap<String, usize>,
    groups: Vec<Group>,
    measures: Vec<Measure>,
    pub(super) left_out: u64,
}

impl Groups {
    pub(super) fn new(measures: &[(Option<Expression>, Measure)]) -> Self {
        let measures = measures.iter().map(|(_, measure)| *measure).collect();
        Self { numbers: HashMap::new(), groups: Vec::new(), measures, left_out: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The group with these keys; `None` if there are too many already.
    pub(super) fn group(&mut self, keys: &[Value]) -> Option<&mut Group> {
        let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
        let number = match self.numbers.get(&text) {
            Some(number) => *number,
            None if self.groups.len() >= MOST_GROUPS => return None,
            None => {
                let tallies = self.measures.iter().map(|measure| Tally::new(*measure)).collect();
                self.groups.push(Group { keys: keys.to_vec(), rows: 0, tallies });
                self.numbers.insert(text, self.groups.len() - 1);
                self.groups.len() - 1
            }
        };
        self.groups.get_mut(number)
    }

    /// Adds what is known of other rows.
    pub(super) fn merge(&mut self, group: Group) {
        match self.group(&group.keys) {
            Some(own) => {
                own.rows += group.rows;
                own.tallies.iter_mut().zip(group.tallies).for_each(|(own, other)| own.merge(other));
            }
            None => self.left_out += group.rows,
        }
    }
}

impl IntoIterator for Groups {
    type Item = Group;
    type IntoIter = std::vec::IntoIter<Group>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.into_iter()
    }
}

/// Which of two values comes first; what is missing comes last in any case.
pub(super) fn compare(one: &Datum, other: &Datum, highest_first: bool) -> Ordering {
    let ascending = match (one, other) {
        (Datum::Missing, Datum::Missing) => return Ordering::Equal,
        (Datum::Missing, _) => return Ordering::Greater,
        (_, Datum::Missing) => return Ordering::Less,
        (Datum::Text(one), Datum::Text(other)) => one.cmp(other),
        (Datum::Bool(one), Datum::Bool(other)) => one.cmp(other),
        (Datum::Int(one), Datum::Int(other))
        | (Datum::Duration(one), Datum::Duration(other))
        | (Datum::Time(one), Datum::Time(other)) => one.cmp(other),
        (one, other) => match (number(one), number(other)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        },
    };
    if highest_first { ascending.reverse() } else { ascending }
}

fn number(datum: &Datum) -> Option<f64> {
    match datum {
        Datum::Int(number) => Some(*number as f64),
        Datum::Float(number) => Some(*number),
        _ => None,
    }
}
