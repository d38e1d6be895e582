//! A run or an item as fields: paths, as a query writes them, with one value each.

use std::cmp::Ordering;

use crate::value::tree::Tree;

/// So many fields one sample has.
const FIELDS: usize = 200;
/// So deep they lie.
const DEPTH: usize = 8;
/// So many bytes of a text are told apart.
const TEXT_BYTES: usize = 200;

/// One of a set.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) fields: Vec<(String, Scalar)>,
}

/// A value without parts.
#[derive(Debug, Clone)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
}

impl Sample {
    /// Adds a value and what is in it; of a list how long it is.
    pub(super) fn add(&mut self, path: &str, tree: &Tree) {
        self.add_within(path, tree, DEPTH);
    }

    fn add_within(&mut self, path: &str, tree: &Tree, depth: usize) {
        let Some(below) = depth.checked_sub(1).filter(|_| self.fields.len() < FIELDS) else { return };
        let scalar = match tree {
            Tree::Unknown => return,
            Tree::Map(entries) => {
                for (key, value) in entries {
                    self.add_within(&member(path, key), value, below);
                }
                return;
            }
            Tree::List(_, length) => {
                self.fields.push((format!("size({path})"), Scalar::Number(*length as f64)));
                return;
            }
            Tree::Null => Scalar::Null,
            Tree::Bool(it) => Scalar::Bool(*it),
            Tree::Text(text) => Scalar::text(text),
            Tree::Int(_) | Tree::Float(_) => match tree.number() {
                Some(number) => Scalar::Number(number),
                // NaN has no place among numbers.
                None => return,
            },
        };
        self.fields.push((path.to_owned(), scalar));
    }

    pub(super) fn number(&mut self, path: &str, number: f64) {
        self.add(path, &Tree::Float(number));
    }

    pub(super) fn text(&mut self, path: &str, text: &str) {
        self.fields.push((path.to_owned(), Scalar::text(text)));
    }
}

/// The path to what is under a key.
pub(super) fn member(path: &str, key: &str) -> String {
    let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    match is_name {
        true => format!("{path}.{key}"),
        false => format!("{path}[{key:?}]"),
    }
}

impl Scalar {
    fn text(text: &str) -> Self {
        let end = (0..=text.len().min(TEXT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        Self::Text(text[..end].to_owned())
    }

    pub(super) fn tree(&self) -> Tree {
        match self {
            Self::Null => Tree::Null,
            Self::Bool(it) => Tree::Bool(*it),
            Self::Number(it) => Tree::Float(*it),
            Self::Text(it) => Tree::Text(it.clone()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
        }
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scalar {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_paths_of_a_query() {
        let film = Tree::Map(vec![
            ("title".to_owned(), Tree::Text("Ran".to_owned())),
            ("box office".to_owned(), Tree::Int(7)),
            ("cast".to_owned(), Tree::List(vec![Tree::Null], 3)),
            ("score".to_owned(), Tree::Float(f64::NAN)),
            ("secret".to_owned(), Tree::Unknown),
            ("1st".to_owned(), Tree::Map(vec![("x".to_owned(), Tree::Null)])),
        ]);
        let mut sample = Sample::default();
        sample.add("item", &film);
        let paths: Vec<_> = sample.fields.iter().map(|(path, _)| &**path).collect();
        assert_eq!(paths, ["item.title", "item[\"box office\"]", "size(item.cast)", "item[\"1st\"].x"]);
    }

    #[test]
    fn there_are_no_more_than_may() {
        let wide = Tree::Map((0..1_000).map(|number| (format!("f{number}"), Tree::Null)).collect());
        let deep = (0..100).fold(Tree::Null, |inner, _| Tree::Map(vec![("f".to_owned(), inner)]));
        let mut sample = Sample::default();
        sample.add("deep", &deep);
        assert_eq!(sample.fields, []);
        sample.add("wide", &wide);
        assert_eq!(sample.fields.len(), FIELDS);
    }
}
