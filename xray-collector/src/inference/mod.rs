//! What became of each item of a list, from what went into a step and what came out of it.
//!
//! [`infer`] compares a list among the arguments with the one that was returned. It reads the encoded values (see
//! [`crate::value`]) and nothing else, so that the same bytes always say the same. It never says what it does not
//! know: where the lists do not tell, there is a [`Doubt`] and no decision.
//!
//! Rules are tried from the top; the first that holds is taken.
//!
//! | what is found | rule |
//! |---|---|
//! | lists in a value | itself; within a struct, tuple struct, tuple or variant, three deep; a map, of which each entry is an item; of a JSON object its only list. `Some`, `Ok`, references and newtypes are not seen at all: the encoding has no trace of them. `None` among the items is none of them |
//! | lists in the result | those; else the result itself as the one item; `None` of a kind that picks (filter, select, …) as none |
//! | item of an element | the other half of a pair with a number; the value of a map's entry, or its key; the element; a field that is of the other list's type, or a text where the other list is of texts |
//! | argument | the declared one; where both are maps with keys of one sort; of the same type by name; texts; of types that have a key of the same name, if half of the output is found; numbers, if all of the output is found; the keys of the items, if half is found, and texts or of a kind that picks or orders. Of several the one with the most items in common; of those the first |
//! | key | the declared one, by the attribute or the items' type; the map's, where both are maps; `id`, `key`, `uuid`, `guid`; the type's own, as `movie_id` of a `Movie`; the only `…_id`; `name`, `title`, `slug`, `sku`, `code`, `url`, `path` if a text; the `id` of the one struct within; the item, if it is a text or a number; the whole value. From the only `…_id` on: if no two items of the input share it |
//! | mates | equal keys, from the front on both sides |
//! | verdict | no mate: introduced, or eliminated. A mate: kept, or, in a step that orders, scored. A step orders if its kind says so (rank, sort, score, order), or if the same items came out in another order |
//! | score | the number beside the item; in a struct around it, or in the item, `score`, `rank_score`, `relevance_score`, `relevance`, `similarity`, `confidence`, `probability`, the only `…_score`; in a struct around it the only number. Of the output, else of the input. NaN and infinity are no scores |
//! | changed | of the same type and with the same key, and not equal; maps are equal in any order. Not said of the whole value as a key, nor where parts are missing |
//!
//! And what is not claimed:
//!
//! | where | instead |
//! |---|---|
//! | a list was cut, or an item of it | [`Doubt::Cut`]: nothing is eliminated because it is missing in a cut output, nor introduced because it is missing in a cut input |
//! | nothing in common, and not the same type with a key of its own | [`Doubt::Unrelated`], counts alone. A kind that generates (llm, generate, …) introduces items of the same type without a key, too |
//! | two lists of the result fit equally well | no inference |

mod digest;
mod doubt;
mod finding;
mod key;
mod kind;
mod matching;
mod pairing;
mod plan;
mod score;
mod shape;
#[cfg(test)]
mod tests;
mod view;

use std::rc::Rc;
use std::sync::Arc;

pub use self::digest::key_hash;
pub use self::doubt::Doubt;
pub use self::finding::{Counts, Finding, Inference};
pub use self::key::{KEY_TEXT_BYTES, Key, clip_key, item_hash};
pub(crate) use self::key::{item_hash_at, key_text};
pub(crate) use self::plan::Plans;

use self::finding::Details;
use self::kind::Kind;
use self::pairing::{Compared, Pairing};
use self::view::{Form, View};
use crate::value::{COMPOSITE, DecodeError, LIST, MAP};

/// Encoded values, one after the other, and the texts of the names that are numbers in them.
#[derive(Debug, Clone, Copy)]
pub struct Encoded<'a> {
    /// The values.
    pub bytes: &'a [u8],
    /// The text of each number.
    pub names: &'a [Arc<str>],
}

/// A call of which is asked what it did.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The step's kind, empty if not said.
    pub kind: &'a str,
    /// The argument that the attribute declares as the list of items, by name.
    pub items: Option<&'a str>,
    /// The field that the attribute declares as the items' key; a dotted path for one within a field.
    pub key: Option<&'a str>,
    /// The captured arguments' names, in order.
    pub arguments: &'a [Arc<str>],
    /// The captured arguments, in order.
    pub entered: Encoded<'a>,
    /// What was returned, if it was no error.
    pub returned: Encoded<'a>,
}

/// Pairings beyond these are not looked at, so that the time stays proportional to the bytes.
const PAIRINGS: usize = 64;

/// What the call did to its items; `None` if it is not a step from a list to a list or to one of its items, or if the
/// bytes are not values.
///
/// Takes time and memory in proportion to the bytes. What it returns reads the bytes again when asked for keys.
#[must_use]
pub fn infer<'a>(question: &Question<'a>) -> Option<Inference<'a>> {
    infer_again(question, &mut Plans::default())
}

/// As [`infer`], of one of many calls: what their lists have in common is found out once.
pub(crate) fn infer_again<'a>(question: &Question<'a>, plans: &mut Plans<'a>) -> Option<Inference<'a>> {
    let kind = plans.kind(question.kind);
    if is_idle(question, kind) { None } else { try_infer(question, kind, plans).ok().flatten() }
}

/// Whether what a step of this kind returned may have items in it, or be none of them: a look at its first byte.
pub(crate) fn may_hold_items(returned: Encoded<'_>, kind: Kind) -> bool {
    kind.picks || returned.bytes.first().is_some_and(|tag| COMPOSITE.contains(tag))
}

/// Whether a look at the bytes shows that there is nothing to infer, as it does for most functions: no list goes in, or
/// what comes out neither is nor holds items.
fn is_idle(question: &Question<'_>, kind: Kind) -> bool {
    if !may_hold_items(question.returned, kind) {
        return true;
    }
    // Piece by piece, each without a branch, so that many bytes are looked at at once.
    let may_be_list = |piece: &[u8]| piece.iter().fold(false, |found, byte| found | (LIST..=MAP).contains(byte));
    !question.entered.bytes.chunks(64).any(may_be_list)
}

fn try_infer<'a>(
    question: &Question<'a>,
    kind: Kind,
    plans: &mut Plans<'a>,
) -> Result<Option<Inference<'a>>, DecodeError> {
    let sides = [question.entered, question.returned];
    let mut doubts = Vec::new();
    // Everything is read once before anything is looked up in it.
    let Entered { views: entered, said_key } = entered(question, &mut doubts)?;
    if entered.is_empty() {
        return Ok(None);
    }
    let key = question.key.or(said_key).or_else(|| question.returned.said_key(0));
    let question = &Question { key, ..*question };
    let returned = returned(question.returned, kind)?;
    let mut found: Vec<Pairing<'_, 'a>> = Vec::new();
    for (argument, view) in &entered {
        for output in &returned {
            let (argument, views) = (*argument, [view, output]);
            let ways = plans.ways(sides, views, question.key)?;
            found.extend(ways.iter().map(|way| Pairing { argument, views, way: Rc::clone(way) }));
        }
    }
    found.truncate(PAIRINGS);
    let Some(best) = best(found, sides, kind)? else {
        return Ok(unrelated(&entered, &returned, doubts));
    };
    let Best { compared, is_ambiguous, is_torn_apart } = best;
    if is_torn_apart {
        return Ok(None);
    }
    let has_fallen_back = question.key.is_some() && !matches!(compared.key, Key::Declared(_));
    if has_fallen_back && !compared.matching.input.is_empty() {
        doubts.push(Doubt::NoSuchKey);
    }
    if is_ambiguous {
        doubts.push(Doubt::AmbiguousArgument);
    }
    let lists = returned.iter().filter(|view| view.is_list()).collect::<Vec<_>>();
    let chosen = compared.pairing.views[1];
    // Empty ones may have been of such items, others would have been taken.
    if lists.iter().any(|view| !std::ptr::eq(*view, chosen) && (view.items.is_empty() || chosen.items.is_empty())) {
        doubts.push(Doubt::SeveralLists);
    }
    Details::new(question, kind, compared).map(|details| Some(details.into_inference(doubts)))
}

/// What the arguments are.
struct Entered<'a> {
    /// The lists among them, each with its argument's place.
    views: Vec<(usize, View)>,
    /// The field that one of them says is the key of its items.
    said_key: Option<&'a str>,
}

fn entered<'a>(question: &Question<'a>, doubts: &mut Vec<Doubt>) -> Result<Entered<'a>, DecodeError> {
    let side = question.entered;
    let mut views = Vec::new();
    let mut said_key = None;
    let mut start = 0;
    for argument in 0..question.arguments.len() {
        if start >= side.bytes.len() {
            break;
        }
        said_key = said_key.or_else(|| side.said_key(start));
        let (found, end) = side.views(start)?;
        views.extend(found.into_iter().map(|view| (argument, view)));
        start = end;
    }
    if let Some(items) = question.items {
        let is_declared = |argument: usize| *question.arguments[argument] == *items;
        match views.iter().any(|(argument, _)| is_declared(*argument)) {
            true => views.retain(|(argument, _)| is_declared(*argument)),
            false => doubts.push(Doubt::NoSuchArgument),
        }
    }
    Ok(Entered { views, said_key })
}

/// The lists that the result has or is.
fn returned(side: Encoded<'_>, kind: Kind) -> Result<Vec<View>, DecodeError> {
    let (mut views, end) = side.views(0)?;
    let is_list = views.iter().any(|view| view.depth == 0 && view.form == Form::List);
    match side.head(0)?.0 {
        crate::value::Element::Unit if kind.picks => views.push(View::nothing()),
        crate::value::Element::Unit => {}
        _ if !is_list => views.push(View::single(0, end)?),
        _ => {}
    }
    Ok(views)
}

struct Best<'v, 'a> {
    compared: Compared<'v, 'a>,
    /// Another argument explains it, too.
    is_ambiguous: bool,
    /// Another list of the result comes from the arguments as well: what is in neither cannot be told.
    is_torn_apart: bool,
}

/// The pairing that explains the result; `None` if none does.
fn best<'v, 'a>(
    mut found: Vec<Pairing<'v, 'a>>,
    sides: [Encoded<'a>; 2],
    kind: Kind,
) -> Result<Option<Best<'v, 'a>>, DecodeError> {
    found.sort_by_key(|pairing| std::cmp::Reverse(pairing.rank(sides)));
    let mut best: Option<Best<'v, 'a>> = None;
    for pairing in found {
        if let Some(Best { compared, .. }) = &best
            && compared.pairing.rank(sides) != pairing.rank(sides)
        {
            break;
        }
        let compared = pairing.compare(sides)?;
        if !compared.is_related(kind) {
            continue;
        }
        best = Some(match best {
            None => Best { compared, is_ambiguous: false, is_torn_apart: false },
            Some(earlier) => better(earlier, compared),
        });
    }
    Ok(best)
}

/// The one of two equally good pairings that has more items in common.
fn better<'v, 'a>(earlier: Best<'v, 'a>, later: Compared<'v, 'a>) -> Best<'v, 'a> {
    let (first, second) = (earlier.compared.matching.kept, later.matching.kept);
    let same_input = std::ptr::eq(earlier.compared.pairing.views[0], later.pairing.views[0]);
    let is_ambiguous = earlier.is_ambiguous || (!same_input && (first.min(second) > 0 || first == second));
    let same_output = std::ptr::eq(earlier.compared.pairing.views[1], later.pairing.views[1]);
    let is_torn_apart = earlier.is_torn_apart || !same_output;
    let compared = if second > first { later } else { earlier.compared };
    Best { compared, is_ambiguous, is_torn_apart }
}

/// Counts alone, for a list that came out of a list by a way that is not known.
fn unrelated<'a>(entered: &[(usize, View)], returned: &[View], mut doubts: Vec<Doubt>) -> Option<Inference<'a>> {
    let (argument, input) = entered.iter().find(|(_, view)| view.depth == 0)?;
    let output = returned.iter().find(|view| view.depth == 0 && view.is_list())?;
    if input.is_cut || output.is_cut {
        doubts.push(Doubt::Cut);
    }
    doubts.push(Doubt::Unrelated);
    let counts = Counts { input: input.length, output: output.length, ..Counts::default() };
    Some(Inference::of_counts(*argument, counts, doubts))
}
