//! The items that steps eliminated and those that they kept, as samples.

use super::sample::{Sample, member};
use super::{MAX_SAMPLE, Set};
use crate::decision::{Account, Decision, Verdict};
use crate::id::{RunId, StepId};
use crate::model::StepDetail;
use crate::query::{Query, Search, Selected};
use crate::store::{MAX_PAGE, Store, StoreError};
use crate::value::tree::{Tree, member as entry};

/// Of which steps.
#[derive(Debug)]
pub enum Steps<'q> {
    /// Of one.
    One(RunId, StepId),
    /// Of all with this name of which a condition holds, newest runs first.
    Named {
        /// The function's name, unless the attribute says another.
        name: &'q str,
        /// A condition on steps.
        query: &'q Query,
        /// Only of runs that began at this time or later.
        started_from_ns: Option<u64>,
        /// Only of runs that began before this time.
        started_before_ns: Option<u64>,
    },
}

/// The items that the steps eliminated, and those that they kept or scored, no more than `limit` of each: their fields,
/// their places, what was looked at for them, and the steps' other inputs. What was introduced is in neither.
///
/// # Errors
/// When the store cannot be read.
pub fn of_items(store: &dyn Store, steps: &Steps<'_>, limit: usize) -> Result<[Set; 2], StoreError> {
    let limit = limit.min(MAX_SAMPLE);
    let mut sets = <[Set; 2]>::default();
    let (name, query, mut search) = match steps {
        Steps::One(run, step) => {
            add_step(store, *run, *step, limit, &mut sets)?;
            return Ok(sets);
        }
        Steps::Named { name, query, started_from_ns, started_before_ns } => {
            let (started_from_ns, started_before_ns) = (*started_from_ns, *started_before_ns);
            let search = Search { started_from_ns, started_before_ns, limit: MAX_PAGE, ..Search::default() };
            (name, query, search)
        }
    };
    loop {
        let found = query.search(store, &search)?;
        search.budget = search.budget.saturating_sub(found.read);
        for row in found.rows {
            let Selected::Step(run, step) = row else { continue };
            if *step.callsite.name != **name || step.counts.kept + step.counts.eliminated + step.counts.scored == 0 {
                continue;
            }
            let read = add_step(store, run, step.id, limit, &mut sets)?;
            search.budget = search.budget.saturating_sub(read);
            if sets.iter().all(|set| set.capped) {
                return Ok(sets);
            }
        }
        let is_over = found.next.is_none();
        let stopped = found.stopped || (!is_over && search.budget == 0);
        sets.iter_mut().for_each(|set| set.stopped = stopped && !set.capped);
        search.after = found.next;
        if is_over || stopped {
            return Ok(sets);
        }
    }
}

/// Adds the items of one step, and says how many there were.
fn add_step(store: &dyn Store, run: RunId, step: StepId, limit: usize, sets: &mut [Set; 2]) -> Result<u64, StoreError> {
    let Some(detail) = store.step(run, step)? else { return Ok(1) };
    let account = detail.account();
    let list = account.argument.as_ref().and_then(|name| detail.arguments.iter().find(|it| it.name == *name));
    let list = list.map(|argument| argument.captured.tree());
    let elements = list.as_ref().map(|list| elements(list, 3)).unwrap_or_default();
    let inputs = inputs(&detail, &account);
    for decision in &account.decisions {
        let set = match decision.verdict {
            Verdict::Eliminated => &mut sets[0],
            Verdict::Kept | Verdict::Scored => &mut sets[1],
            Verdict::Introduced => continue,
        };
        if set.samples.len() == limit {
            set.capped = true;
            continue;
        }
        let mut sample = Sample { fields: inputs.fields.clone() };
        let element = decision.before.and_then(|place| elements.get(place as usize));
        if let Some(element) = element.filter(|element| is_of(decision, &account, element)) {
            sample.add("item", element);
        }
        add_decision(decision, &mut sample);
        set.samples.push(sample);
    }
    Ok(account.decisions.len() as u64 + 1)
}

/// The step's inputs but for the list of its items.
fn inputs(detail: &StepDetail, account: &Account) -> Sample {
    let mut inputs = Sample::default();
    for argument in detail.arguments.iter().filter(|argument| account.argument.as_ref() != Some(&argument.name)) {
        inputs.add(&member("input", &argument.name), &argument.captured.tree());
    }
    inputs
}

fn add_decision(decision: &Decision, sample: &mut Sample) {
    if let Some(place) = decision.before {
        sample.number("before", place.into());
    }
    if let Some(score) = decision.score {
        sample.number("score", score);
    }
    for (name, value) in decision.checks.iter().flat_map(|check| &check.operands) {
        let path = if name.is_empty() { "checks".to_owned() } else { member("checks", name) };
        if sample.fields.iter().all(|(known, _)| *known != path) {
            sample.add(&path, &value.tree());
        }
    }
    if let Some(detail) = &decision.detail {
        sample.add("detail", &detail.tree());
    }
}

/// The elements of the list that a value is or holds: of a struct those of its first list, of a map its values.
fn elements(tree: &Tree, depth: usize) -> Vec<&Tree> {
    match tree {
        Tree::List(elements, _) => elements.iter().collect(),
        Tree::Map(entries) if depth > 0 => {
            let inner = entries.iter().map(|(_, value)| value).filter(|value| matches!(value, Tree::List(..)));
            match inner.take(1).next() {
                Some(list) => elements(list, depth - 1),
                None => entries.iter().map(|(_, value)| value).collect(),
            }
        }
        _ => Vec::new(),
    }
}

/// Whether an element is the item of a decision, as far as its key tells.
fn is_of(decision: &Decision, account: &Account, element: &Tree) -> bool {
    let (Tree::Map(entries), Some(key)) = (element, &account.key) else { return true };
    match entry(entries, key) {
        Some(Tree::Text(text)) => decision.ambiguous || crate::inference::clip_key(text.clone()) == *decision.item,
        Some(Tree::Int(number)) => number.to_string() == *decision.item,
        _ => true,
    }
}
