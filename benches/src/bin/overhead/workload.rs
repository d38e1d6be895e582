//! What is called: three functions, by size of what goes in and comes out, and their bodies for every variant.

use std::cell::RefCell;

use serde::Serialize;

/// What an item of a pipeline may look like.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) price: f64,
    pub(crate) tags: Vec<String>,
}

/// Items with ids of 12 characters, titles of 40, and their number for a price.
pub(crate) fn items(count: usize) -> Vec<Item> {
    (0..count)
        .map(|number| Item {
            id: format!("item-{number:07}"),
            title: format!("A title of exactly forty letters: {number:06}"),
            price: number as f64,
            tags: ["alpha", "beta", "gamma"].map(str::to_owned).to_vec(),
        })
        .collect()
}

/// Lists to be used up, since `C` owns its list, and to clone one takes longer than the call.
pub(crate) struct Lists {
    items: Vec<Item>,
    ready: RefCell<Vec<Vec<Item>>>,
}

impl Lists {
    pub(crate) fn new(items: Vec<Item>) -> Self {
        Self { items, ready: RefCell::default() }
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Makes so many.
    pub(crate) fn prepare(&self, count: usize) {
        *self.ready.borrow_mut() = vec![self.items.clone(); count];
    }

    /// One of those, or a new one once they are used up.
    pub(crate) fn take(&self) -> Vec<Item> {
        let ready = self.ready.borrow_mut().pop();
        ready.unwrap_or_else(|| self.items.clone())
    }
}

/// The three functions with these attributes, for every variant that goes by attributes. `tracing` puts its own
/// variables into a body, hence one macro for all.
macro_rules! functions {
    ($(#[$attribute:meta])*) => {
        /// `A`: three numbers in, one out.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) fn scalars(a: u64, b: f64, c: f32) -> f64 {
            std::hint::black_box(a) as f64 * b + f64::from(c)
        }

        /// `B`: a borrowed item in, a result out.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) fn result(item: &$crate::workload::Item, limit: f64) -> Result<bool, String> {
            if limit.is_nan() {
                return Err("no limit".to_owned());
            }
            Ok(std::hint::black_box(item).price < limit)
        }

        /// `C`: a list of items in, about half of them out.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) fn list(items: Vec<$crate::workload::Item>, limit: f64) -> Vec<$crate::workload::Item> {
            items.into_iter().filter(|item| item.price < limit).collect()
        }
    };
}

pub(crate) use functions;

functions!();
