//! The attributes of xray. Users name them through the `xray` crate, which documents what is captured.
#![forbid(unsafe_code)]

#[cfg(test)]
mod broken;
mod choices;
mod derive;
mod expand;
mod function;
mod keep;
mod ladder;
mod options;
mod parameters;
mod source;
mod steps;
mod types;
mod words;

use proc_macro::TokenStream;

/// Captures each call of a function as a step: its arguments, its return value or error, its time and its place in the
/// tree of steps.
///
/// ```
/// #[xray::step(kind = "filter", skip(catalog))]
/// fn longer_than(catalog: &[&str], letters: usize) -> Vec<String> {
///     catalog.iter().filter(|word| word.len() > letters).map(|word| word.to_string()).collect()
/// }
/// assert_eq!(longer_than(&["a", "bird"], 2), ["bird"]);
/// ```
///
/// It goes on functions and methods, sync and async, and changes nothing about them. The step of a function that
/// returns a future (`impl Future`, a `Pin<Box<dyn Future>>` under whatever name) ends when the future does. Streams and
/// iterators are values: their step ends when they are returned. A `#[track_caller]` function's result is not seen.
///
/// Each argument and the return value are captured as well as their type allows: structured by `Serialize`, else as the
/// text of `Debug`, else as the name of the type. Options:
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | the step's name; the function's unless given |
/// | `kind = "…"` | what sort of step: `"filter"`, `"rank"`, `"llm"`, … |
/// | `skip(a, b)` | these arguments are not captured |
/// | `only(a, b)` | no other arguments are captured |
/// | `redact(a, b)` | of these arguments it is captured that they are there, and nothing else |
/// | `debug(a, b)` | these arguments are captured as the text of their `Debug` |
/// | `display(a, b)` | these arguments are captured as the text of their `Display` |
/// | `serialize(a, b)` | these arguments are captured by their `Serialize` alone |
/// | `with(a = path)` | captured is what the function `path` makes of `&a` |
/// | `self = true` | `self` is captured, which it is not unless asked for, here or by name: `debug(self)` |
/// | `ret = false` | the return value is not captured; whether it is an error still is |
/// | `capture = "…"` | `"full"`, `"metrics"` (no values) or `"off"`, whatever the collector's level is |
/// | `crate = path` | where the `xray` crate is, if it is not at `::xray` |
///
/// ```
/// # struct Session { user: String }
/// fn user(session: &Session) -> &str {
///     &session.user
/// }
///
/// #[xray::step(with(session = user), redact(password), display(url))]
/// fn sign_in(session: Session, password: &str, url: String) -> bool {
///     !session.user.is_empty() && password.len() > 8 && url.starts_with("https:")
/// }
/// # assert!(!sign_in(Session { user: "ada".to_owned() }, "secret", "https://example.org".to_owned()));
/// ```
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
    if !cfg!(feature = "enabled") {
        return item;
    }
    expand::attribute(expand::Opens::Step, options.into(), item.into()).into()
}

/// Captures each call of a function as a run: one execution of a pipeline, of which the function is the first step.
///
/// ```
/// #[xray::step]
/// fn double(number: u32) -> u32 {
///     number * 2
/// }
///
/// #[xray::run(name = "doubling")]
/// fn double_twice(number: u32) -> u32 {
///     double(double(number))
/// }
/// assert_eq!(double_twice(2), 8);
/// ```
///
/// Everything else is as with [`step`](macro@step), options included. Called inside of another run it opens a run of
/// its own, which names the step that it was called from.
#[proc_macro_attribute]
pub fn run(options: TokenStream, item: TokenStream) -> TokenStream {
    if !cfg!(feature = "enabled") {
        return item;
    }
    expand::attribute(expand::Opens::Run, options.into(), item.into()).into()
}

/// Captures each call of every function in an impl block, a trait or a module: as [`step`](macro@step) on each of them.
///
/// ```
/// struct Shop {
///     prices: Vec<u32>,
/// }
///
/// #[xray::steps(kind = "shop", redact(card))]
/// impl Shop {
///     fn cheapest(&self) -> Option<u32> {
///         self.prices.iter().copied().min()
///     }
///
///     #[xray::step(kind = "api", debug(card))] // its own options go first
///     fn pay(&self, price: u32, card: &str) -> bool {
///         price > 0 && card.len() == 16
///     }
///
///     #[xray::skip] // called too often to be of interest
///     fn len(&self) -> usize {
///         self.prices.len()
///     }
/// }
/// let shop = Shop { prices: vec![30, 12] };
/// assert_eq!((shop.cheapest(), shop.len()), (Some(12), 2));
/// assert!(!shop.pay(12, "no card"));
/// ```
///
/// Options are those of `step`, except `name`, and apply to every function; options that name arguments apply where there is an
/// argument of that name. What a function's own `#[xray::step(…)]` or `#[xray::run(…)]` says goes first. In a module,
/// the functions of its impl blocks, traits and inline modules are included.
///
/// Left out are functions without a body, `const fn`s, tests and benches, and whatever has `#[xray::skip]` or a
/// `#[xray::steps]` of its own.
#[proc_macro_attribute]
pub fn steps(options: TokenStream, block: TokenStream) -> TokenStream {
    if !cfg!(feature = "enabled") {
        return block;
    }
    steps::attribute(options.into(), block.into()).into()
}

/// Leaves a function, an impl block or a module out of the [`steps`](macro@steps) around it. By itself it does nothing.
///
/// ```
/// #[xray::steps]
/// mod words {
///     pub fn longest<'a>(words: &[&'a str]) -> Option<&'a str> {
///         words.iter().copied().max_by_key(|word| letters(word))
///     }
///
///     #[xray::skip]
///     fn letters(word: &str) -> usize {
///         word.chars().count()
///     }
/// }
/// assert_eq!(words::longest(&["a", "bird"]), Some("bird"));
/// ```
#[proc_macro_attribute]
pub fn skip(_options: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// A condition that says, for an item, why it holds or does not: `keep!(key; condition)`.
///
/// It is the condition, evaluated as written: each operand once, and no further than it takes. In a step it records in
/// addition, for the item with this key, each part between `&&` that was evaluated: its source text, the values of the
/// operands of comparisons, and whether it holds. What the item becomes follows: kept if all hold, else eliminated,
/// because of the first that does not. Outside of a step it is just the condition.
///
/// ```
/// struct Film {
///     title: &'static str,
///     rating: f64,
///     votes: u32,
/// }
///
/// #[xray::step(kind = "filter")]
/// fn good(films: &[Film], rating: f64) -> usize {
///     films.iter().filter(|film| xray::keep!(film.title; film.rating >= rating && film.votes > 100)).count()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("films.redb");
/// let xray = xray::builder().store(path).start()?;
/// let films = [("Alien", 8.5, 900), ("Alien 3", 6.4, 700), ("Prey", 9.1, 12)];
/// let films = films.map(|(title, rating, votes)| Film { title, rating, votes });
/// assert_eq!(good(&films, 7.0), 1);
///
/// xray.flush()?;
/// let run = xray.store().runs(&xray::store::RunQuery { limit: 1, ..Default::default() })?.rows.remove(0);
/// let step = xray.store().step(run.id, run.id.root())?.expect("it was recorded");
/// assert_eq!((step.step.counts.kept, step.step.counts.eliminated), (1, 2));
/// let [_, alien_3, prey] = &step.account().decisions[..] else { panic!("three were checked") };
/// assert_eq!(alien_3.checks[0].to_string(), "film.rating 6.4 >= rating 7: false");
/// assert_eq!(prey.checks[1].to_string(), "film.votes 12 > 100: false");
/// # Ok(())
/// # }
/// ```
///
/// An operand is captured as an argument of a step is, and stays borrowed until the whole condition is known. Of parts
/// that are no comparisons (calls, `||`, `matches!`) the text and the truth are recorded. The key is evaluated only where
/// it is recorded.
#[proc_macro]
pub fn keep(input: TokenStream) -> TokenStream {
    expression(input, keep::Input::keep)
}

/// A score that is recorded for an item: `score!(key; expression)`.
///
/// It is the expression, evaluated once. In a step its value is recorded as the score of the item with this key, with the
/// expression's source text as the reason. NaN is refused: the step's counts say how many were.
///
/// ```
/// #[xray::step(kind = "rank")]
/// fn best(films: &mut [(&'static str, f64, f64)]) {
///     films.sort_by(|a, b| {
///         let [a, b] = [a, b].map(|film| xray::score!(film.0; film.1 * 0.7 + film.2 * 0.3));
///         b.total_cmp(&a)
///     });
/// }
/// let mut films = [("Alien", 0.5, 0.5), ("Brazil", 0.9, 0.1)];
/// best(&mut films);
/// assert_eq!(films[0].0, "Brazil");
/// ```
#[proc_macro]
pub fn score(input: TokenStream) -> TokenStream {
    expression(input, keep::Input::score)
}

fn expression(input: TokenStream, expand: fn(&keep::Input) -> proc_macro2::TokenStream) -> TokenStream {
    match syn::parse::<keep::Input>(input) {
        Ok(input) if cfg!(feature = "enabled") => expand(&input).into(),
        Ok(input) => input.plain().into(),
        Err(error) => error.to_compile_error().into(),
    }
}

/// Implements `xray::Capture`: the type says how its values are captured, before its `Serialize` and `Debug`
/// are asked.
///
/// ```
/// #[derive(xray::Capture)]
/// enum Payment {
///     Cash,
///     Card {
///         #[xray(redact)] // captured is that it is there: "[redacted]"
///         number: String,
///         #[xray(rename = "valid_until")]
///         expiry: (u8, u16),
///         #[xray(skip)] // not captured
///         terminal: std::process::Child,
///     },
/// }
/// ```
///
/// A field is captured by its own `Capture`, else its `Serialize`, else its `Debug`, else as the name of its type; no
/// bound is demanded of it. A type parameter that a captured field mentions has to be `Capture`. What serde's
/// attributes say does not count. `#[xray(crate = path)]` on the type says where the `xray` crate is, if it is not at
/// `::xray`.
#[proc_macro_derive(Capture, attributes(xray))]
pub fn derive_capture(item: TokenStream) -> TokenStream {
    derive::capture(item.into()).into()
}

/// Implements `xray::Item`: the field with `#[xray(key)]` tells the type's values apart.
///
/// ```
/// #[derive(xray::Item, serde::Serialize)]
/// struct Film {
///     #[xray(key)]
///     title: String,
///     rating: f64,
/// }
/// ```
#[proc_macro_derive(Item, attributes(xray))]
pub fn derive_item(item: TokenStream) -> TokenStream {
    derive::item(item.into()).into()
}
