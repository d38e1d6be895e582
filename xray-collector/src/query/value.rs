//! The values that a query works with.

use std::cmp::Ordering;
use std::sync::Arc;

/// A value, of a field or captured. What is missing is one, too, and makes whatever is asked of it missing.
#[derive(Debug, Clone, Default)]
pub(super) enum Value {
    /// Not there, not of a kind that can be compared, or withheld.
    #[default]
    Missing,
    /// There, and nothing: `None`, `()`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// A length of time, in nanoseconds.
    Duration(i128),
    /// A point in time, in nanoseconds since 1970.
    Time(i128),
    /// A list.
    List(Arc<[Value]>),
    /// Keys and their values, in order.
    Map(Arc<[(Value, Value)]>),
}

impl Value {
    /// A text.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// What it is if it is something.
    pub(super) fn or_missing<T>(value: Option<T>, of: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Missing, of)
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Its truth, if it has one.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// What is under this key.
    pub(super) fn member(&self, key: &str) -> Self {
        let Self::Map(entries) = self else { return Self::Missing };
        let found = entries.iter().find(|(name, _)| matches!(name, Self::Text(name) if **name == *key));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The element at this place.
    pub(super) fn element(&self, place: usize) -> Self {
        match self {
            Self::List(elements) => elements.get(place).cloned().unwrap_or_default(),
            _ => Self::Missing,
        }
    }

    /// How many there are in it.
    pub(super) fn size(&self) -> Self {
        let size = match self {
            Self::Text(text) => text.chars().count(),
            Self::List(elements) => elements.len(),
            Self::Map(entries) => entries.len(),
            _ => return Self::Missing,
        };
        Self::Int(size as i128)
    }

    /// Whether both are the same. `None` if one of them is missing, or is of a kind that the other can never be.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Missing, _) | (_, Self::Missing) => None,
            (Self::Null, Self::Null) => Some(true),
            (Self::Null, _) | (_, Self::Null) => Some(false),
            (Self::Bool(one), Self::Bool(other)) => Some(one == other),
            (Self::List(one), Self::List(other)) => {
                Some(one.len() == other.len() && one.iter().zip(&**other).all(|(a, b)| a.equals(b) == Some(true)))
            }
            (Self::Map(one), Self::Map(other)) => {
                let is_in = |(key, value): &(Self, Self)| {
                    other.iter().any(|(k, v)| k.equals(key) == Some(true) && v.equals(value) == Some(true))
                };
                Some(one.len() == other.len() && one.iter().all(is_in))
            }
            _ => self.compare(other).map(Ordering::is_eq),
        }
    }

    /// Which comes first. `None` where that makes no sense.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other))
            | (Self::Duration(one), Self::Duration(other))
            | (Self::Time(one), Self::Time(other)) => Some(one.cmp(other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(other),
            (Self::Int(one), Self::Float(other)) => (*one as f64).partial_cmp(other),
            (Self::Float(one), Self::Int(other)) => one.partial_cmp(&(*other as f64)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}
