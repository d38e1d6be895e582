//! `#[derive(xray::Item)]`: which field is the key.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use super::attributes::FieldOptions;
use super::{Data, Input, plain};

pub(super) fn expand(input: &Input) -> Result<TokenStream, Error> {
    let Data::Struct(fields) = &input.data else {
        let message = "an enum has no field that all its values have; put the key on the structs in it";
        return Err(Error::new(input.ident.span(), message));
    };
    let mut key: Option<String> = None;
    for (place, field) in fields.iter().enumerate() {
        let options = FieldOptions::of(&field.attrs)?;
        let Some((span, name)) = options.key else { continue };
        if options.redact || options.skip {
            return Err(Error::new(span, "a key that is not captured tells nothing apart"));
        }
        let own = field.ident.as_ref().map_or_else(|| place.to_string(), plain);
        let name = name.or(options.rename).map_or(own, |name| name.value());
        if key.replace(name).is_some() {
            return Err(Error::new(span, "a second key; one field tells items apart"));
        }
    }
    let key = key.ok_or_else(|| {
        let message = "no key: put `#[xray(key)]` on the field that tells items apart";
        Error::new(input.ident.span(), message)
    })?;
    let krate = input.krate();
    let ident = &input.ident;
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #krate::Item for #ident #arguments #conditions {
            const KEY: &'static str = #key;
        }
    })
}
