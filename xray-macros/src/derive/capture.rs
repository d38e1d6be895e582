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
    let mut names = None;
    let (body, straight) = match &input.data {
        Data::Struct(fields) => {
            let Shape { pattern, write, straight, shape } = expansion.shape(None, fields)?;
            names = shape;
            let bind = quote!(let Self #pattern = self;);
            (quote!(#bind #write), straight.map(|straight| quote!(#bind #straight)))
        }
        Data::Enum(variants) if variants.is_empty() => (quote!(match *self {}), None),
        Data::Enum(variants) => {
            let (mut arms, mut straight_arms) = (Vec::new(), Vec::new());
            for (ident, fields) in variants {
                let Shape { pattern, write, straight, .. } = expansion.shape(Some(ident), fields)?;
                arms.push(quote!(Self::#ident #pattern => { #write }));
                straight_arms.extend(straight.map(|straight| quote!(Self::#ident #pattern => #straight,)));
            }
            let others = (straight_arms.len() < arms.len()).then(|| quote!(_ => #private::None,));
            let straight = (!straight_arms.is_empty()).then(|| quote!(match self { #(#straight_arms)* #others }));
            (quote!(match self { #(#arms)* }), straight)
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
    let straight = straight.map(|straight| straight_method(&private, &straight));
    let ident = &input.ident;
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let implementation = quote! {
        #[automatically_derived]
        impl #parameters #krate::Capture for #ident #arguments #conditions {
            fn xray_encode(&self, #encoder: &mut #private::Encoder<'_>) -> #private::Encoded {
                #[allow(unused_imports)]
                use #private::field_ladder::*;
                #body
            }
            #straight
        }
    };
    Ok(match names {
        // Both methods refer to it.
        Some(shape) => quote!(const _: () = { #shape #implementation };),
        None => implementation,
    })
}

fn straight_method(private: &TokenStream, body: &TokenStream) -> TokenStream {
    let [pen, name, straight] = pen();
    quote! {
        fn xray_straight<'xray_pen>(
            &self,
            #pen: #private::Pen<'xray_pen>,
            #name: #private::Option<u16>,
            #straight: #private::Straight<'_>,
        ) -> #private::Option<#private::Pen<'xray_pen>> {
            #[allow(unused_imports)]
            use #private::field_ladder::*;
            // Not all of them are needed for every type.
            let _ = (#name, #straight);
            #body
        }
    }
}

fn encoder() -> Ident {
    Ident::new("__xray_encoder", Span::mixed_site())
}

/// What a straight value is written by.
fn pen() -> [Ident; 3] {
    ["pen", "name", "straight"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()))
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
    /// If it can go straight.
    straight: Option<TokenStream>,
    /// The static that has the names of a struct.
    shape: Option<TokenStream>,
}

impl Expansion<'_> {
    /// Of the struct, or of one of the enum's variants.
    fn shape(&mut self, variant: Option<&Ident>, fields: &Fields) -> Result<Shape, Error> {
        let (private, of, encoder) = (self.private, self.of.clone(), encoder());
        let compound = Ident::new("__xray_compound", Span::mixed_site());
        let name = variant.map(plain);
        let [pen, field_name, level] = pen();
        let mut bindings = Vec::new();
        let mut written = Vec::new();
        let mut straight_fields = Vec::new();
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
                straight_fields.push(quote!({ let _ = #variable; #pen.redacted(#field_name) }));
                quote!({ let _ = #variable; #encoder.redacted() })
            } else {
                collect_words(&field.ty, &mut self.words);
                let field = quote!((&&&&#private::Field(#variable)));
                straight_fields.push(quote!(#field.xray_straight_field(#pen, #field_name, #level)));
                quote!(#field.xray_field(#encoder))
            };
            let own = field.ident.as_ref().map_or_else(String::new, plain);
            written.push((options.rename.map_or(own, |name| name.value()), write));
        }
        let count = written.len();
        let is_one = fields.len() == 1 && written.len() == 1;
        let mut shape = None;
        let (write, straight) = match (fields, &name) {
            (Fields::Unit, None) => (quote!(#encoder.unit()), Some(quote!(#pen.scalar(#field_name, ())))),
            (Fields::Unit, Some(name)) => (
                quote!(#encoder.variant(#of, #name)),
                Some(quote!(#pen.unit_variant(#field_name, #of, #name, #level.writer))),
            ),
            (Fields::Unnamed(_), None) if is_one => {
                let (_, write) = &written[0];
                (quote!(#write), straight_fields.pop())
            }
            (Fields::Unnamed(_), Some(name)) if is_one => {
                let (_, write) = &written[0];
                (quote!(#encoder.value_variant(#of, #name, |#encoder| #write)), None)
            }
            (Fields::Unnamed(_), name) => {
                let open = match name {
                    None => quote!(#encoder.tuple(#of, #count)?),
                    Some(name) => quote!(#encoder.tuple_variant(#of, #name, #count)?),
                };
                let elements = written.iter().map(|(_, write)| quote!(#compound.element_with(|#encoder| #write)?;));
                // Without an element it is not changed, which is of no interest.
                let write = quote! {
                    #[allow(unused_mut)]
                    let mut #compound = #open;
                    #(#elements)*
                    #compound.finish()
                };
                (write, None)
            }
            (Fields::Named(_), None) => {
                let fields =
                    written.iter().map(|(name, write)| quote!(#compound.field_with(#name, |#encoder| #write)?;));
                let write = quote! {
                    if #encoder.straight(self, &__XRAY_SHAPE)? {
                        return #private::Ok(());
                    }
                    #[allow(unused_mut)]
                    let mut #compound = #encoder.fields(&__XRAY_SHAPE)?;
                    #(#fields)*
                    #compound.finish(&__XRAY_SHAPE)
                };
                let names = written.iter().map(|(name, _)| name);
                shape = Some(quote! {
                    static __XRAY_SHAPE: #private::Shape = #private::Shape { name: #of, fields: &[#(#names),*] };
                });
                let number = Ident::new("__xray_number", Span::mixed_site());
                let straight_fields = straight_fields.iter().enumerate().map(|(place, field)| {
                    let place = place as u16;
                    quote! {
                        let #field_name = #private::Some(#number + #place);
                        let #pen = #field?;
                    }
                });
                let straight = quote! {
                    let (#pen, #number, #level) = #pen.structure(#field_name, &__XRAY_SHAPE, #level)?;
                    #(#straight_fields)*
                    let _ = (#number, #field_name, #level);
                    #pen.close_fields()
                };
                (write, Some(straight))
            }
            (Fields::Named(_), Some(name)) => {
                let fields =
                    written.iter().map(|(name, write)| quote!(#compound.field_with(#name, |#encoder| #write)?;));
                let write = quote! {
                    #[allow(unused_mut)]
                    let mut #compound = #encoder.fields_variant(#of, #name, #count)?;
                    #(#fields)*
                    #compound.finish()
                };
                (write, None)
            }
        };
        let pattern = match fields {
            Fields::Unit => TokenStream::new(),
            _ => quote!({ #(#bindings,)* .. }),
        };
        Ok(Shape { pattern, write, straight, shape })
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
