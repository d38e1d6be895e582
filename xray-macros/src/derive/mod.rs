//! The derives: what a type says about how its values are captured.

mod attributes;
mod capture;
mod item;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Error, Fields, Generics, Ident};

use self::attributes::TypeOptions;

/// A type that a derive is on.
struct Input {
    ident: Ident,
    generics: Generics,
    options: TypeOptions,
    data: Data,
}

enum Data {
    Struct(Fields),
    Enum(Vec<(Ident, Fields)>),
}

/// `#[derive(xray::Capture)]`.
pub(crate) fn capture(item: TokenStream) -> TokenStream {
    parse(item).and_then(|input| capture::expand(&input)).unwrap_or_else(Error::into_compile_error)
}

/// `#[derive(xray::Item)]`.
pub(crate) fn item(item: TokenStream) -> TokenStream {
    parse(item).and_then(|input| item::expand(&input)).unwrap_or_else(Error::into_compile_error)
}

fn parse(item: TokenStream) -> Result<Input, Error> {
    let input = |attributes: &[Attribute], ident, generics, data| {
        Ok(Input { ident, generics, options: TypeOptions::of(attributes)?, data })
    };
    match syn::parse2(item)? {
        syn::Item::Struct(item) => input(&item.attrs, item.ident, item.generics, Data::Struct(item.fields)),
        syn::Item::Enum(item) => {
            for variant in &item.variants {
                attributes::refuse(&variant.attrs, "a variant")?;
            }
            let variants = item.variants.into_iter().map(|variant| (variant.ident, variant.fields)).collect();
            input(&item.attrs, item.ident, item.generics, Data::Enum(variants))
        }
        other => Err(Error::new_spanned(other, "only a struct or an enum says how it is captured")),
    }
}

impl Input {
    /// `::xray`.
    fn krate(&self) -> TokenStream {
        self.options.krate.as_ref().map_or_else(|| quote!(::xray), ToTokens::to_token_stream)
    }
}

/// A name as it is captured.
fn plain(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}
