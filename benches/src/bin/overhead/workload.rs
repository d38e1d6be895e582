//! What is called: three functions, by size of what goes in and comes out, one that waits, and their bodies for every
//! variant.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use serde::Serialize;

/// What an item of a pipeline may look like.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) price: f64,
    pub(crate) tags: Vec<String>,
}

/// The same, with an encoder that xray derives.
#[derive(Debug, Clone, Serialize, xray::Capture)]
pub(crate) struct Derived {
    id: String,
    title: String,
    pub(crate) price: f64,
    tags: Vec<String>,
}

impl From<Item> for Derived {
    fn from(Item { id, title, price, tags }: Item) -> Self {
        Self { id, title, price, tags }
    }
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
pub(crate) struct Lists<T> {
    items: Vec<T>,
    ready: RefCell<Vec<Vec<T>>>,
}

impl<T: Clone> Lists<T> {
    pub(crate) fn new(items: Vec<T>) -> Self {
        Self { items, ready: RefCell::default() }
    }

    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Makes so many.
    pub(crate) fn prepare(&self, count: usize) {
        *self.ready.borrow_mut() = vec![self.items.clone(); count];
    }

    /// One of those, or a new one once they are used up.
    pub(crate) fn take(&self) -> Vec<T> {
        let ready = self.ready.borrow_mut().pop();
        ready.unwrap_or_else(|| self.items.clone())
    }
}

/// Not ready when it is asked first.
pub(crate) struct Once(bool);

/// What a function waits for.
pub(crate) fn once() -> Once {
    Once(false)
}

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Asks until it is ready, as an executor would that has nothing else to do.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// The functions with these attributes, for every variant that goes by attributes, on the `Item` that is in scope.
/// `tracing` puts its own variables into a body, hence macros for all.
macro_rules! functions {
    ($(#[$attribute:meta])*) => {
        $crate::workload::functions_of_numbers!($(#[$attribute])*);
        $crate::workload::functions_of_items!($(#[$attribute])*);
    };
}

macro_rules! functions_of_numbers {
    ($(#[$attribute:meta])*) => {
        /// `A`: three numbers in, one out.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) fn scalars(a: u64, b: f64, c: f32) -> f64 {
            std::hint::black_box(a) as f64 * b + f64::from(c)
        }

        /// `async`: as `A`, and waits in between.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) async fn waiting(a: u64, b: f64, c: f32) -> f64 {
            $crate::workload::once().await;
            std::hint::black_box(a) as f64 * b + f64::from(c)
        }
    };
}

macro_rules! functions_of_items {
    ($(#[$attribute:meta])*) => {
        /// `B`: a borrowed item in, a result out.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) fn result(item: &Item, limit: f64) -> Result<bool, String> {
            if limit.is_nan() {
                return Err("no limit".to_owned());
            }
            Ok(std::hint::black_box(item).price < limit)
        }

        /// `C`: a list of items in, about half of them out.
        #[inline(never)]
        $(#[$attribute])*
        pub(crate) fn list(items: Vec<Item>, limit: f64) -> Vec<Item> {
            items.into_iter().filter(|item| item.price < limit).collect()
        }
    };
}

pub(crate) use {functions, functions_of_items, functions_of_numbers};

functions!();
