//! Where two values differ: paths, with what is there on either side.

use serde::Serialize;

use crate::value::tree::{Tree, member};

/// So many places of a pair of steps are shown.
const SHOWN: usize = 20;
/// And so many bytes of each value, about.
const BYTES: usize = 200;

/// What two steps have different values at.
#[derive(Debug, Default)]
pub struct Differences {
    /// The first of them.
    pub shown: Vec<Difference>,
    /// How many more there are.
    pub more: u64,
}

/// A place at which values differ.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// A JSON pointer: `/input/…`, `/output…`, `/error/…`, `/meta/…`, `/reasoning/…` or `/tags/…`.
    pub path: String,
    /// Which side has a value there.
    pub kind: DifferenceKind,
    a: Tree,
    b: Tree,
}

/// Which side has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Both, and not the same.
    Changed,
    /// The first run's.
    OnlyA,
    /// The second run's.
    OnlyB,
}

impl Differences {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    fn add(&mut self, path: &str, a: Option<&Tree>, b: Option<&Tree>) {
        if self.shown.len() == SHOWN {
            self.more += 1;
            return;
        }
        let kind = match (a, b) {
            (_, None) => DifferenceKind::OnlyA,
            (None, _) => DifferenceKind::OnlyB,
            _ => DifferenceKind::Changed,
        };
        let short = |tree: Option<&Tree>| tree.map(|tree| tree.shortened(&mut { BYTES })).unwrap_or_default();
        self.shown.push(Difference { path: path.to_owned(), kind, a: short(a), b: short(b) });
    }

    /// Compares what stands at a path; `None` where nothing does.
    pub(super) fn compare(&mut self, path: &mut String, a: Option<&Tree>, b: Option<&Tree>) {
        match (a, b) {
            (None, None) => {}
            (Some(one), Some(other)) if one == other => {}
            (Some(Tree::Map(one)), Some(Tree::Map(other))) => {
                for (key, value) in one {
                    self.below(path, key, Some(value), member(other, key));
                }
                for (key, value) in other.iter().filter(|(key, _)| member(one, key).is_none()) {
                    self.below(path, key, None, Some(value));
                }
            }
            (Some(Tree::List(one, of)), Some(Tree::List(other, of_other))) if one != other => {
                self.lists(path, one, other);
                if of != of_other && one.len() == other.len() {
                    self.add(path, a, b);
                }
            }
            _ => self.add(path, a, b),
        }
    }

    /// Compares lists by place, after what is equal at their fronts and ends: one element more shifts the rest.
    fn lists(&mut self, path: &mut String, a: &[Tree], b: &[Tree]) {
        let front = a.iter().zip(b).take_while(|(one, other)| one == other).count();
        let (rest_a, rest_b) = (&a[front..], &b[front..]);
        let back = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(one, other)| one == other).count();
        let (middle_a, middle_b) = (&rest_a[..rest_a.len() - back], &rest_b[..rest_b.len() - back]);
        for place in 0..middle_a.len().max(middle_b.len()) {
            self.below(path, &(front + place).to_string(), middle_a.get(place), middle_b.get(place));
        }
    }

    /// Compares what stands below a path under a key.
    pub(super) fn below(&mut self, path: &mut String, key: &str, a: Option<&Tree>, b: Option<&Tree>) {
        let length = path.len();
        path.push('/');
        path.push_str(&key.replace('~', "~0").replace('/', "~1"));
        self.compare(path, a, b);
        path.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(numbers: &[i128]) -> Tree {
        Tree::List(numbers.iter().map(|number| Tree::Int(*number)).collect(), numbers.len() as u64)
    }

    fn shown(a: &Tree, b: &Tree) -> Vec<String> {
        let mut found = Differences::default();
        found.compare(&mut String::new(), Some(a), Some(b));
        let text = |difference: &Difference| {
            let json = String::from_utf8(crate::json::to_vec(difference).expect("JSON")).expect("UTF-8");
            json.replace(['{', '}', '"'], "")
        };
        found.shown.iter().map(text).collect()
    }

    #[test]
    fn paths_lead_to_what_differs() {
        let map = |list: Tree, key: &str| Tree::Map(vec![("a/b".to_owned(), list), (key.to_owned(), Tree::Null)]);
        assert_eq!(
            shown(&map(list(&[1, 2, 3]), "x"), &map(list(&[1, 7, 3]), "y")),
            [
                "path:/a~1b/1,kind:changed,a:2,b:7",
                "path:/x,kind:only_a,a:null,b:null",
                "path:/y,kind:only_b,a:null,b:null"
            ]
        );
        assert_eq!(shown(&list(&[1, 2, 3]), &list(&[1, 3])), ["path:/1,kind:only_a,a:2,b:null"]);
        assert_eq!(shown(&list(&[]), &Tree::Null), ["path:,kind:changed,a:[],b:null"]);
        assert_eq!(shown(&Tree::Float(f64::NAN), &Tree::Float(f64::NAN)), Vec::<String>::new());
    }

    #[test]
    fn what_is_shown_is_bounded() {
        let numbers: Vec<i128> = (0..1_000).collect();
        let others: Vec<i128> = numbers.iter().map(|number| -number - 1).collect();
        let mut found = Differences::default();
        found.compare(&mut String::new(), Some(&list(&numbers)), Some(&list(&others)));
        assert_eq!((found.shown.len(), found.more), (SHOWN, 980));
    }
}
