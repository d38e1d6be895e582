//! The attributes of xray. Users name them through the `xray` crate, which documents what is captured.

mod expand;
mod function;
mod options;
mod parameters;

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
/// It goes on functions and methods, sync and async, and changes nothing about them. Options:
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | the step's name; the function's unless given |
/// | `kind = "…"` | what sort of step: `"filter"`, `"rank"`, `"llm"`, … |
/// | `skip(a, b)` | these arguments are not captured |
/// | `redact(a, b)` | of these arguments it is captured that they are there, and nothing else |
/// | `ret = false` | the return value is not captured; whether it is an error still is |
/// | `capture = "…"` | `"full"`, `"metrics"` (no values) or `"off"`, whatever the collector's level is |
/// | `crate = path` | where the `xray` crate is, if it is not at `::xray` |
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
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
    expand::attribute(expand::Opens::Run, options.into(), item.into()).into()
}
