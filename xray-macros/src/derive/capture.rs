//! `#[derive(xray::Capture)]`: writes the value field by field.
//!
//! The shapes are those that serde's derive would write. What can be ordinary code is in the runtime: a field is its
//! name and a ladder.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Error, Fields, GenericParam, Member, Type, WherePredicate};

use super::attributes::FieldOptions;
use super::{Data, Input, plain};

pub(super) fn expand(input: &Input) -> Result<TokenStream, Error> {
    let krate = input.krate();
    let private = quote!(#krate::__private);
    let mut expansion = Expansion { private: &private, of: plain(&input.ident), words: HashSet::new() };
    let body = match &input.data {
        Data::Struct(fields) => {
            let shape = expansion.shape(None, fields)?;
            let Shape { pattern, write } = shape;
            quote! {
                let Self #pattern = self;
                #write
            }
        }
        Data::Enum(variants) if variants.is_empty() => quote!(match *self {}),
        Data::Enum(variants) => {
            let mut arms = Vec::new();
            for (ident, fields) in variants {
                let Shape { pattern, write } = expansion.shape(Some(ident), fields)?;
                arms.push(quote!(Self::#ident #pattern => { #write }));
            }
            quote!(match self { #(#arms)* })
        }
    };
    let mut generics = input.generics.clone();
    let bounded: Vec<WherePredicate> = input
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) if expansion.words.contains(&parameter.ident.to_string()) => {
                let ident = &parameter.ident;
                Some(syn::parse_quote!(#ident: #krate::Capture))
            }
            _ => None,
        })
        .collect();
    if !bounded.is_empty() {
        generics.make_where_clause().predicates.extend(bounded);
    }
    let encoder = encoder();
    let ident = &input.ident;
    let (parameters, arguments, conditions) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #krate::Capture for #ident #arguments #conditions {
            fn xray_encode(&self, #encoder: &mut #private::Encoder<'_>) -> #private::Encoded {
                #[allow(unused_imports)]
                use #private::field_ladder::*;
                #body
            }
        }
    })
}

fn encoder() -> Ident {
    Ident::new("__xray_encoder", Span::mixed_site())
}

struct Expansion<'a> {
    private: &'a TokenStream,
    /// The type's name.
    of: String,
    /// Words in the types of what is captured: type parameters among them have a bound.
    words: HashSet<String>,
}

/// The fields' variables, and what writes them.
struct Shape {
    pattern: TokenStream,
    write: TokenStream,
}

impl Expansion<'_> {
    /// Of the struct, or of one of the enum's variants.
    fn shape(&mut self, variant: Option<&Ident>, fields: &Fields) -> Result<Shape, Error> {
        let (private, of, encoder) = (self.private, self.of.clone(), encoder());
        let compound = Ident::new("__xray_compound", Span::mixed_site());
        let name = variant.map(plain);
        let mut bindings = Vec::new();
        let mut written = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            let options = FieldOptions::of(&field.attrs)?;
            if options.skip {
                continue;
            }
            let variable = format_ident!("__xray_field_{place}", span = Span::mixed_site());
            let member = field.ident.clone().map_or_else(|| Member::from(place), Member::Named);
            bindings.push(quote!(#member: #variable));
            let write = if options.redact {
                // Read, as it would be if it were captured: or the compiler might say that it never is.
                quote!({ let _ = #variable; #encoder.redacted() })
            } else {
                collect_words(&field.ty, &mut self.words);
                quote!((&&&&#private::Field(#variable)).xray_field(#encoder))
            };
            let own = field.ident.as_ref().map_or_else(String::new, plain);
            written.push((options.rename.map_or(own, |name| name.value()), write));
        }
        let count = written.len();
        let is_one = fields.len() == 1 && written.len() == 1;
        let write = match (fields, name) {
            (Fields::Unit, None) => quote!(#encoder.unit()),
            (Fields::Unit, Some(name)) => quote!(#encoder.variant(#of, #name)),
            (Fields::Unnamed(_), None) if is_one => {
                let (_, write) = &written[0];
                quote!(#write)
            }
            (Fields::Unnamed(_), Some(name)) if is_one => {
                let (_, write) = &written[0];
                quote!(#encoder.value_variant(#of, #name, |#encoder| #write))
            }
            (Fields::Unnamed(_), name) => {
                let open = match name {
                    None => quote!(#encoder.tuple(#of, #count)?),
                    Some(name) => quote!(#encoder.tuple_variant(#of, #name, #count)?),
                };
                let elements = written.iter().map(|(_, write)| quote!(#compound.element_with(|#encoder| #write)?;));
                // Without an element it is not changed, which is of no interest.
                quote! {
                    #[allow(unused_mut)]
                    let mut #compound = #open;
                    #(#elements)*
                    #compound.finish()
                }
            }
            (Fields::Named(_), None) => {
                let shape = Ident::new("__XRAY_SHAPE", Span::mixed_site());
                let names = written.iter().map(|(name, _)| name);
                let number = Ident::new("__xray_number", Span::mixed_site());
                let known = written.iter().enumerate().map(|(place, (_, write))| {
                    let place = place as u16;
                    quote!(#encoder.known(#number + #place, |#encoder| #write)?;)
                });
                let fields =
                    written.iter().map(|(name, write)| quote!(#compound.field_with(#name, |#encoder| #write)?;));
                quote! {
                    static #shape: #private::Shape = #private::Shape { name: #of, fields: &[#(#names),*] };
                    if let #private::Some(#number) = #encoder.begins(&#shape)? {
                        let _ = #number;
                        #(#known)*
                        return #encoder.ends();
                    }
                    #[allow(unused_mut)]
                    let mut #compound = #encoder.fields(&#shape)?;
                    #(#fields)*
                    #compound.finish(&#shape)
                }
            }
            (Fields::Named(_), Some(name)) => {
                let fields =
                    written.iter().map(|(name, write)| quote!(#compound.field_with(#name, |#encoder| #write)?;));
                quote! {
                    #[allow(unused_mut)]
                    let mut #compound = #encoder.fields_variant(#of, #name, #count)?;
                    #(#fields)*
                    #compound.finish()
                }
            }
        };
        let pattern = match fields {
            Fields::Unit => TokenStream::new(),
            _ => quote!({ #(#bindings,)* .. }),
        };
        Ok(Shape { pattern, write })
    }
}

/// The words of a type, but for what only says that the parameter belongs to it.
fn collect_words(written: &Type, words: &mut HashSet<String>) {
    fn collect(tokens: TokenStream, words: &mut HashSet<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    words.insert(ident.to_string());
                }
                TokenTree::Group(group) => collect(group.stream(), words),
                _ => {}
            }
        }
    }
    let is_phantom = |path: &syn::TypePath| path.path.segments.last().is_some_and(|last| last.ident == "PhantomData");
    if !matches!(written, Type::Path(path) if is_phantom(path)) {
        collect(written.to_token_stream(), words);
    }
}
