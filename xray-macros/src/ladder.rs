//! How an expansion has a value captured: by the runtime's ladder, whose traits must be imported where this stands.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// Captures what `value` refers to `into` a writer. One reference for each rung of the ladder.
pub(crate) fn capture(private: &TokenStream, value: impl ToTokens, into: impl ToTokens) -> TokenStream {
    quote!((&&&&&&&&#private::Value(#value)).xray_capture(#into))
}
