//! What was found out of lists before, for lists that look the same: most calls of a function are given items of one type.

use std::rc::Rc;
use std::sync::Arc;

use super::kind::Kind;
use super::pairing::{Sides, Way, ways};
use super::view::View;
use crate::map::FastMap;
use crate::value::DecodeError;

/// Remembers, of values of one table of names, in which ways lists can be compared.
///
/// Nothing depends on it but the time: the ways follow from how the first items look, and that is what they are
/// remembered by.
#[derive(Debug, Default)]
pub(crate) struct Plans<'a> {
    names: &'a [Arc<str>],
    ways: FastMap<Box<[u8]>, Ways<'a>>,
    kinds: FastMap<&'a str, Kind>,
    /// Room for what is looked for.
    looks: Vec<u8>,
}

/// Ways to compare two lists, in no order.
pub(super) type Ways<'a> = Rc<[Rc<Way<'a>>]>;

impl<'a> Plans<'a> {
    /// For values of which names are numbers in this table; others are compared as well.
    pub(crate) fn new(names: &'a [Arc<str>]) -> Self {
        Self { names, ..Self::default() }
    }

    /// What a word for a step's kind says.
    pub(crate) fn kind(&mut self, word: &'a str) -> Kind {
        match word {
            "" => Kind::of(word),
            _ => *self.kinds.entry(word).or_insert_with(|| Kind::of(word)),
        }
    }

    /// The ways in which the items of one list may be those of the other.
    pub(super) fn ways(
        &mut self,
        sides: Sides<'a>,
        views: [&View; 2],
        declared: Option<&'a str>,
    ) -> Result<Ways<'a>, DecodeError> {
        let has_names = sides.iter().all(|side| std::ptr::eq(side.names, self.names));
        self.looks.clear();
        if !(has_names && (0..2).all(|side| sides[side].looks(views[side], &mut self.looks))) {
            return ways(sides, views, declared).map(Rc::from);
        }
        self.looks.extend(declared.unwrap_or_default().as_bytes());
        if let Some(known) = self.ways.get(&self.looks[..]) {
            return Ok(Rc::clone(known));
        }
        let found = Ways::from(ways(sides, views, declared)?);
        self.ways.insert(self.looks[..].into(), Rc::clone(&found));
        Ok(found)
    }
}
