//! Two runs' steps side by side, callers before those they called.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Recorded;
use super::align::{self, Key, Match};
use crate::id::StepId;
use crate::model::Step;
use crate::store::StoreError;

/// Steps by their places in the lists of their runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Both { a: usize, b: usize, moved: bool },
    OnlyA(usize),
    OnlyB(usize),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) place: Place,
    /// How many steps called each other down to this one.
    pub(super) depth: u32,
}

/// The steps that each step called, in the order in which they began; of `None` those that none of the others called.
type Called = HashMap<Option<StepId>, Vec<usize>>;

fn called(steps: &[Step]) -> Called {
    let known: std::collections::HashSet<StepId> = steps.iter().map(|step| step.id).collect();
    let mut called = Called::new();
    for (place, step) in steps.iter().enumerate() {
        // A step that calls itself is damaged, and nobody's.
        let parent = step.parent.filter(|parent| known.contains(parent) && *parent != step.id);
        called.entry(parent).or_default().push(place);
    }
    for places in called.values_mut() {
        places.sort_by_key(|place| (steps[*place].started_ns, steps[*place].id));
    }
    called
}

/// All steps of both runs.
pub(super) fn align(a: &Recorded<'_>, b: &Recorded<'_>) -> Result<Vec<Entry>, StoreError> {
    let (called_a, called_b) = (called(&a.steps), called(&b.steps));
    let of = |called: &Called, step: Option<StepId>| called.get(&step).cloned().unwrap_or_default();
    let level = |in_a: Vec<usize>, in_b: Vec<usize>, depth| -> Result<Vec<Entry>, StoreError> {
        let keys = keys([(a, &in_a), (b, &in_b)])?;
        let mut entries = merged(a, b, (&in_a, &in_b), &align::level(&keys[0], &keys[1]), depth);
        entries.reverse();
        Ok(entries)
    };
    let mut waiting = level(of(&called_a, None), of(&called_b, None), 0)?;
    let mut entries = Vec::new();
    while let Some(entry) = waiting.pop() {
        entries.push(entry);
        let [below_a, below_b] = match entry.place {
            Place::Both { a: in_a, b: in_b, .. } => {
                [of(&called_a, Some(a.steps[in_a].id)), of(&called_b, Some(b.steps[in_b].id))]
            }
            Place::OnlyA(step) => [of(&called_a, Some(a.steps[step].id)), Vec::new()],
            Place::OnlyB(step) => [Vec::new(), of(&called_b, Some(b.steps[step].id))],
        };
        if !below_a.is_empty() || !below_b.is_empty() {
            waiting.extend(level(below_a, below_b, entry.depth + 1)?);
        }
    }
    Ok(entries)
}

/// What the steps of one level are aligned by. Their inputs are looked at where a function was called more than once and
/// there is something to align.
fn keys(levels: [(&Recorded<'_>, &Vec<usize>); 2]) -> Result<[Vec<Key>; 2], StoreError> {
    let function = |step: &Step| {
        let mut hasher = DefaultHasher::new();
        (&step.callsite.module, &step.callsite.name).hash(&mut hasher);
        hasher.finish()
    };
    let mut calls: HashMap<u64, [usize; 2]> = HashMap::new();
    for (side, (run, places)) in levels.iter().enumerate() {
        for place in *places {
            calls.entry(function(&run.steps[*place])).or_default()[side] += 1;
        }
    }
    let key = |run: &Recorded<'_>, place: usize| -> Result<Key, StoreError> {
        let function = function(&run.steps[place]);
        let [in_a, in_b] = calls[&function];
        let is_clear = in_a.max(in_b) == 1 || in_a.min(in_b) == 0;
        Ok(Key { function, call: if is_clear { function } else { call(run, place, function)? } })
    };
    let keys = |(run, places): (&Recorded<'_>, &Vec<usize>)| places.iter().map(|place| key(run, *place)).collect();
    let [in_a, in_b] = levels.map(keys);
    let (in_a, in_b): (Result<_, StoreError>, Result<_, StoreError>) = (in_a, in_b);
    Ok([in_a?, in_b?])
}

/// A function with its inputs.
fn call(run: &Recorded<'_>, place: usize, function: u64) -> Result<u64, StoreError> {
    let mut hasher = DefaultHasher::new();
    function.hash(&mut hasher);
    for argument in run.detail(place)?.iter().flat_map(|detail| &detail.arguments) {
        argument.captured.json().hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// The steps of one level in one order: that of the first run, with those that only the second one has between; where
/// both have some alone, by when they began in their runs.
fn merged(
    a: &Recorded<'_>,
    b: &Recorded<'_>,
    level: (&[usize], &[usize]),
    matches: &[Match],
    depth: u32,
) -> Vec<Entry> {
    let (in_a, in_b) = level;
    let began = |run: &Recorded<'_>, step: usize| run.steps[step].started_ns.saturating_sub(run.run.started_ns);
    let paired: HashMap<usize, Match> = matches.iter().map(|found| (found.a, *found)).collect();
    let mut taken = vec![false; in_b.len()];
    matches.iter().for_each(|found| taken[found.b] = true);
    let mut next_b = 0;
    let mut entries = Vec::with_capacity(in_a.len() + in_b.len());
    let only_b = |entries: &mut Vec<Entry>, from: &mut usize, to: usize, before: Option<u64>| {
        while *from < to && (taken[*from] || before.is_none_or(|before| began(b, in_b[*from]) < before)) {
            if !taken[*from] {
                entries.push(Entry { place: Place::OnlyB(in_b[*from]), depth });
            }
            *from += 1;
        }
    };
    for (place, step) in in_a.iter().enumerate() {
        match paired.get(&place) {
            Some(found) => {
                if !found.moved {
                    only_b(&mut entries, &mut next_b, found.b, None);
                }
                let place = Place::Both { a: *step, b: in_b[found.b], moved: found.moved };
                entries.push(Entry { place, depth });
            }
            None => {
                // No further than the next pair that has not moved.
                let rest = &matches[matches.partition_point(|found| found.a < place)..];
                let to = rest.iter().find(|found| !found.moved).map_or(in_b.len(), |found| found.b);
                only_b(&mut entries, &mut next_b, to, Some(began(a, *step)));
                entries.push(Entry { place: Place::OnlyA(*step), depth });
            }
        }
    }
    only_b(&mut entries, &mut next_b, in_b.len(), None);
    entries
}

/// The entries in the order in which they ended: a step after those that it called, one that only one run has before.
pub(super) fn by_end(entries: &[Entry]) -> impl Iterator<Item = usize> + '_ {
    let mut order = Vec::with_capacity(entries.len());
    let mut open: Vec<usize> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        while let Some(last) = open.pop_if(|last| entries[*last].depth >= entry.depth) {
            order.push(last);
        }
        match entry.place {
            Place::Both { .. } => open.push(number),
            Place::OnlyA(_) | Place::OnlyB(_) => order.push(number),
        }
    }
    order.extend(open.into_iter().rev());
    order.into_iter()
}
