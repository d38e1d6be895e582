//! A function's parameters: how each gets into the body as it was.
//!
//! The body runs in a closure or an async block of its own, so that the arguments have to move in there. They are
//! bound again, in order, as the first thing: locals are dropped in the reverse order of their declaration, as
//! parameters are, and lints about unused variables and needless `mut` see what they would see without the attribute.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Error, FnArg, Pat, PatType, Receiver, ReceiverKind, Signature, Type};

use crate::choices::{self, Capture};
use crate::options::Options;

/// What happens to one parameter.
pub(crate) struct Parameter {
    /// `#[cfg]` and lint levels, which go wherever the parameter goes.
    attributes: Vec<Attribute>,
    /// What it is called in what is captured.
    pub(crate) name: String,
    /// The variable that holds it outside of the body.
    pub(crate) variable: Ident,
    /// Its pattern, if that is more than a name; `mut` if the name is mutable.
    binding: Binding,
    pub(crate) capture: Capture,
    /// Dropping it does nothing, as far as its written type tells.
    is_inert: bool,
    /// It is a number, a `bool` or a `char`, as far as its written type tells.
    is_scalar: bool,
}

enum Binding {
    Name,
    MutName(TokenStream),
    Pattern(Box<Pat>),
    /// `self`, which cannot be bound again.
    Receiver(Held),
}

/// How a method has its `self`.
#[derive(PartialEq)]
enum Held {
    Borrowed,
    ByValue,
    Mutable,
}

/// Takes the patterns off the signature's parameters, so that each is one variable, and says what they were.
pub(crate) fn take(signature: &mut Signature, options: &Options) -> Result<Vec<Parameter>, Error> {
    let mut parameters = Vec::new();
    for (place, argument) in signature.inputs.iter_mut().enumerate() {
        parameters.push(match argument {
            FnArg::Receiver(receiver) => Parameter::receiver(receiver),
            FnArg::Typed(typed) => Parameter::take(place, typed),
        });
    }
    choices::apply(&mut parameters, options)?;
    Ok(parameters)
}

impl Parameter {
    fn receiver(receiver: &Receiver) -> Self {
        let is_held = match &receiver.kind {
            ReceiverKind::Value => true,
            ReceiverKind::Typed(_, written) => !is_inert(written),
            _ => false,
        };
        let held = match (is_held, &receiver.mutability) {
            (_, Some(_)) => Held::Mutable,
            (true, None) => Held::ByValue,
            (false, None) => Held::Borrowed,
        };
        Self {
            attributes: kept(&receiver.attrs),
            name: "self".to_owned(),
            variable: Ident::new("self", receiver.self_token.span),
            binding: Binding::Receiver(held),
            capture: Capture::Skipped,
            is_inert: !is_held,
            is_scalar: false,
        }
    }

    fn take(place: usize, typed: &mut PatType) -> Self {
        let attributes = kept(&typed.attrs);
        // It is the binding in the body that fulfils an expectation; here the variable is always used.
        for attribute in &mut typed.attrs {
            if attribute.path().is_ident("expect")
                && let syn::Meta::List(list) = &mut attribute.meta
            {
                list.path = syn::parse_quote!(allow);
            }
        }
        let (variable, name, binding) = match &mut *typed.pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                let binding = match pattern.mutability.take() {
                    Some(mutability) => Binding::MutName(mutability.to_token_stream()),
                    None => Binding::Name,
                };
                (pattern.ident.clone(), readable_pattern(pattern.ident.to_token_stream()), binding)
            }
            pattern => {
                let variable = format_ident!("__xray_argument_{place}", span = Span::mixed_site());
                let name = readable_pattern(pattern.to_token_stream());
                let before = std::mem::replace(pattern, syn::parse_quote!(#variable));
                (variable, name, Binding::Pattern(Box::new(before)))
            }
        };
        let is_inert = is_inert(&typed.ty);
        let is_scalar = is_scalar(&typed.ty);
        Self { attributes, name, variable, binding, capture: Capture::Ladder, is_inert, is_scalar }
    }

    /// The attributes that decide whether it is there.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| {
            let path = attribute.path();
            path.is_ident("cfg") || path.is_ident("cfg_attr")
        })
    }

    /// Lets clippy accept that a variable named like an unused one is used.
    pub(crate) fn allowed(&self) -> Option<TokenStream> {
        let is_underscored = self.variable.to_string().starts_with('_') && !matches!(self.binding, Binding::Pattern(_));
        is_underscored.then(|| quote!(#[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]))
    }

    /// The statements that bind it again in a body that mentions these words.
    pub(crate) fn bind(&self, words: &HashSet<String>) -> TokenStream {
        let Self { attributes, variable, .. } = self;
        let allowed = self.allowed();
        match &self.binding {
            Binding::Name => quote!(#(#attributes)* #allowed let #variable = #variable;),
            Binding::MutName(mutability) => {
                quote!(#(#attributes)* #allowed let #mutability #variable = #variable;)
            }
            // First as a whole: what the pattern does not bind is dropped at the end, too, and in its turn.
            Binding::Pattern(pattern) if matches!(**pattern, Pat::Wild(_)) => {
                quote!(#(#attributes)* let #variable = #variable; #(#attributes)* let _ = &#variable;)
            }
            Binding::Pattern(pattern) => {
                // Not needed by a `ref mut` behind a reference, and that cannot be seen here.
                let mutability = pattern
                    .to_token_stream()
                    .to_string()
                    .contains("ref mut")
                    .then(|| (quote!(#[allow(unused_mut)]), quote!(mut)));
                let (allowed, mutability) = mutability.unzip();
                quote! {
                    #(#attributes)* #allowed let #mutability #variable = #variable;
                    #(#attributes)* let #pattern = #variable;
                }
            }
            // Named as a whole, it is moved into the body as a whole: fields that are moved alone would be dropped in
            // another order. Where the body does not name it, nothing should: lints tell such methods.
            Binding::Receiver(Held::ByValue | Held::Mutable) if words.contains("self") => quote!(let _ = &#variable;),
            Binding::Receiver(_) => TokenStream::new(),
        }
    }

    /// Whether this is the parameter, or its pattern has a variable, of that name.
    pub(crate) fn binds(&self, name: &str) -> bool {
        match &self.binding {
            Binding::Pattern(pattern) => words(pattern.to_token_stream()).contains(name),
            _ => self.name == name,
        }
    }

    /// Whether it is a `mut self`, which cannot be bound again as other mutable arguments are.
    pub(crate) fn is_mut_receiver(&self) -> bool {
        matches!(self.binding, Binding::Receiver(Held::Mutable))
    }

    /// Whether it is always there and captured, and looks like a scalar.
    pub(crate) fn is_captured_scalar(&self) -> bool {
        self.is_scalar && matches!(self.capture, Capture::Ladder) && self.conditions().next().is_none()
    }

    pub(crate) fn is_receiver(&self) -> bool {
        matches!(self.binding, Binding::Receiver(_))
    }
}

/// How the arguments get into a synchronous body.
pub(crate) fn bind(parameters: &[Parameter], body: &TokenStream) -> TokenStream {
    let words = words(body.clone());
    parameters.iter().map(|parameter| parameter.bind(&words)).collect()
}

/// How the arguments get into an async body: each binding anew makes the future larger by the argument's size, so that
/// only those are bound anew of which it would be noticed otherwise.
pub(crate) fn bind_async(parameters: &[Parameter], body: &TokenStream) -> TokenStream {
    let words = words(body.clone());
    let mut must_bind = false;
    let mut mentioned = Vec::new();
    let mut bound = TokenStream::new();
    for parameter in parameters {
        if parameter.is_receiver() {
            mentioned.push(parameter.bind(&words));
            continue;
        }
        let name = parameter.variable.to_string();
        let is_plain = matches!(parameter.binding, Binding::Name)
            && !parameter.attributes.iter().any(|attribute| attribute.path().is_ident("expect"));
        must_bind |= !is_plain;
        // An unused one is bound, so that the compiler says so. What is bound later is dropped earlier: from the first
        // that has to be bound, the others have to follow.
        let is_unused = is_plain && !name.starts_with('_') && !words.contains(name.trim_start_matches("r#"));
        if !is_plain || is_unused || must_bind && !parameter.is_inert {
            bound.extend(parameter.bind(&words));
        } else {
            let Parameter { attributes, variable, .. } = parameter;
            let allowed = parameter.allowed();
            mentioned.push(quote!(#(#attributes)* #allowed let _ = &#variable;));
        }
    }
    // What a block captures is dropped in the order in which it is mentioned: the reverse of the parameters'.
    mentioned.reverse();
    quote!(#(#mentioned)* #bound)
}

/// Whether the body ends in `self` or in a call with it, as a builder's does, and nowhere else.
pub(crate) fn ends_in_self(body: TokenStream) -> bool {
    fn is_last(tokens: TokenStream) -> bool {
        match tokens.into_iter().last() {
            Some(TokenTree::Ident(last)) => last == "self",
            Some(TokenTree::Group(last)) if last.delimiter() == Delimiter::Parenthesis => is_last(last.stream()),
            _ => false,
        }
    }
    is_last(body.clone()) && !words(body).contains("return")
}

/// The attributes that mean the same on the statement that binds the parameter; others belong to some macro.
fn kept(attributes: &[Attribute]) -> Vec<Attribute> {
    const KEPT: [&str; 7] = ["cfg", "cfg_attr", "allow", "expect", "warn", "deny", "forbid"];
    attributes.iter().filter(|attribute| KEPT.iter().any(|kept| attribute.path().is_ident(kept))).cloned().collect()
}

/// Every word in the tokens, those in texts included: `"{name}"` uses `name`.
pub(crate) fn words(tokens: TokenStream) -> HashSet<String> {
    fn collect(tokens: TokenStream, words: &mut HashSet<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    words.insert(ident.to_string().trim_start_matches("r#").to_owned());
                }
                TokenTree::Group(group) => collect(group.stream(), words),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let split = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                    words.extend(split.filter(|word| !word.is_empty()).map(str::to_owned));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
    let mut words = HashSet::new();
    collect(tokens, &mut words);
    words
}

/// A pattern as one would write it, without the `mut` and `ref` that say nothing about the value.
fn readable_pattern(pattern: TokenStream) -> String {
    fn strip(tokens: TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .filter(|token| !matches!(token, TokenTree::Ident(ident) if ident == "mut" || ident == "ref"))
            .map(|token| match token {
                TokenTree::Group(group) => {
                    TokenTree::Group(proc_macro2::Group::new(group.delimiter(), strip(group.stream())))
                }
                other => other,
            })
            .collect()
    }
    crate::source::readable(strip(pattern)).trim_start_matches("r#").to_owned()
}

/// Whether a type written like this has nothing to drop: a reference, a pointer, a number.
fn is_inert(written: &Type) -> bool {
    match written {
        Type::Reference(_) | Type::Ptr(_) | Type::Never(_) => true,
        Type::Tuple(tuple) => tuple.elems.iter().all(is_inert),
        _ => is_scalar(written),
    }
}

fn is_scalar(written: &Type) -> bool {
    let is = |path: &syn::TypePath| crate::types::PRIMITIVES.iter().any(|primitive| path.path.is_ident(primitive));
    matches!(written, Type::Path(path) if is(path))
}
