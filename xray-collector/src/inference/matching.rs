//! Which item of the output is which one of the input.

use crate::map::FastMap;

/// One item of a list, and what it was matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched {
    /// Its place among the items of the other list.
    pub(super) mate: Option<u32>,
    /// Its key is known.
    pub(super) is_clear: bool,
    /// Its key is that of another item of its list or of the other one, too.
    pub(super) is_repeated: bool,
}

/// Two lists, matched.
#[derive(Debug, Default)]
pub(super) struct Matching {
    pub(super) input: Vec<Matched>,
    pub(super) output: Vec<Matched>,
    /// Pairs.
    pub(super) kept: u64,
    /// Items of the input whose key an earlier one had.
    pub(super) duplicates: u64,
    /// A key stands for several items of one list.
    pub(super) has_repeated: bool,
    /// The numbers of the keys, of both lists.
    pub(super) keys: [Vec<Option<u64>>; 2],
}

/// The items with one key.
struct Group {
    inputs: u32,
    outputs: u32,
    /// The first of the input that has no mate yet, and the last.
    next: u32,
    last: u32,
}

const NONE: u32 = u32::MAX;

/// Matches items by their keys: of a key that n have in the input and m in the output, the first of the n with the
/// first of the m, and so on. What has no key has no mate.
pub(super) fn match_up(input: Vec<Option<u64>>, output: Vec<Option<u64>>) -> Matching {
    let unmatched = |key: &Option<u64>| Matched { mate: None, is_clear: key.is_some(), is_repeated: false };
    let mut matching = Matching {
        input: input.iter().map(unmatched).collect(),
        output: output.iter().map(unmatched).collect(),
        ..Matching::default()
    };
    let mut groups: FastMap<u64, Group> = FastMap::default();
    groups.reserve(input.len());
    // Of each item of the input the next one with its key.
    let mut following = vec![NONE; input.len()];
    for (place, key) in (0_u32..).zip(&input) {
        let Some(key) = key else { continue };
        let group = groups.entry(*key).or_insert(Group { inputs: 0, outputs: 0, next: place, last: place });
        if group.inputs > 0 {
            following[group.last as usize] = place;
            group.last = place;
            matching.duplicates += 1;
        }
        group.inputs += 1;
    }
    for (place, key) in (0_u32..).zip(&output) {
        let Some(key) = key else { continue };
        let none = Group { inputs: 0, outputs: 0, next: NONE, last: NONE };
        let group = groups.entry(*key).or_insert(none);
        group.outputs += 1;
        matching.has_repeated |= group.outputs > 1;
        if group.next != NONE {
            matching.output[place as usize].mate = Some(group.next);
            matching.input[group.next as usize].mate = Some(place);
            group.next = following[group.next as usize];
            matching.kept += 1;
        }
    }
    matching.has_repeated |= matching.duplicates > 0;
    if matching.has_repeated {
        let mark = |keys: &[Option<u64>], items: &mut [Matched]| {
            for (key, item) in keys.iter().zip(items) {
                let group = key.and_then(|key| groups.get(&key));
                item.is_repeated = group.is_some_and(|group| group.inputs > 1 || group.outputs > 1);
            }
        };
        mark(&input, &mut matching.input);
        mark(&output, &mut matching.output);
    }
    matching.keys = [input, output];
    matching
}
