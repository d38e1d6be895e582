//! What became of every item of a run.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Stage, deciding_steps, end};
use crate::id::RunId;
use crate::store::{Store, StoreError};

/// So many steps are read, and so many decisions.
const BUDGET: u64 = 1_000_000;

/// An item of a run.
#[derive(Debug, Clone)]
pub struct ItemFate {
    /// Its key.
    pub item: Arc<str>,
    /// What each step did to it, in the order in which they ended.
    pub stages: Vec<Stage>,
    /// The stage at which it was eliminated for good, if it was.
    pub ended: Option<usize>,
}

/// The items of a run.
#[derive(Debug, Default)]
pub struct Fates {
    /// In the order in which they came up.
    pub items: Vec<ItemFate>,
    /// The run has more steps or decisions than are read.
    pub stopped: bool,
}

/// What became of every item that a step of the run decided about. Reads the values of all steps that decided.
///
/// # Errors
/// When the store cannot be read.
pub fn fates(store: &dyn Store, run: RunId) -> Result<Fates, StoreError> {
    let (mut left, mut fates) = (BUDGET, Fates::default());
    let mut stopped = false;
    let mut spend = |cost: u64| {
        stopped |= cost > left;
        left = left.saturating_sub(cost);
        left > 0
    };
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    for step in deciding_steps(store, run, &mut spend)? {
        let Some(detail) = store.step(run, step.id)? else { continue };
        let decisions = detail.account().decisions;
        if !spend(decisions.len() as u64 + 1) {
            break;
        }
        for decision in &decisions {
            let place = *places.entry(Arc::clone(&decision.item)).or_insert_with(|| {
                fates.items.push(ItemFate { item: Arc::clone(&decision.item), stages: Vec::new(), ended: None });
                fates.items.len() - 1
            });
            fates.items[place].stages.push(Stage::new(&step, decision));
        }
    }
    for fate in &mut fates.items {
        fate.ended = end(&fate.stages);
    }
    fates.stopped = stopped || left == 0;
    Ok(fates)
}
