//! A function's parameters: what is captured of each, and how each gets into the body as it was.
//!
//! The body runs in a closure or an async block of its own, so that the arguments have to move in there. They are
//! bound again, in order, as the first thing: locals are dropped in the reverse order of their declaration, as
//! parameters are, and lints about unused variables and needless `mut` see what they would see without the attribute.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Error, FnArg, Pat, PatType, Signature, Type};

use crate::options::{Options, nearest};

/// What happens to one parameter.
pub(crate) struct Parameter {
    /// `#[cfg]` and the like, which go wherever the parameter goes.
    attributes: Vec<Attribute>,
    /// What it is called in what is captured.
    name: String,
    /// The variable that holds it outside of the body.
    variable: Ident,
    /// Its pattern, if that is more than a name; `mut` if the name is mutable.
    binding: Binding,
    capture: Capture,
    /// Dropping it does nothing, as far as its written type tells.
    is_inert: bool,
}

enum Binding {
    Name,
    MutName(TokenStream),
    Pattern(Box<Pat>),
}

#[derive(Clone, Copy, PartialEq)]
enum Capture {
    Value,
    Redacted,
    Skipped,
}

/// Takes the patterns off the signature's parameters, so that each is one variable, and says what they were.
pub(crate) fn take(signature: &mut Signature, options: &Options) -> Result<Vec<Parameter>, Error> {
    let mut parameters = Vec::new();
    for (place, argument) in signature.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = argument else { continue };
        parameters.push(Parameter::take(place, typed));
    }
    choose(&mut parameters, options)?;
    Ok(parameters)
}

impl Parameter {
    fn take(place: usize, typed: &mut PatType) -> Self {
        let attributes = typed.attrs.iter().filter(|attribute| !attribute.path().is_ident("doc")).cloned().collect();
        let (variable, name, binding) = match &mut *typed.pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                let binding = match pattern.mutability.take() {
                    Some(mutability) => Binding::MutName(mutability.to_token_stream()),
                    None => Binding::Name,
                };
                (pattern.ident.clone(), readable(pattern.ident.to_token_stream()), binding)
            }
            pattern => {
                let variable = format_ident!("__xray_argument_{place}", span = Span::mixed_site());
                let name = readable(pattern.to_token_stream());
                let before = std::mem::replace(pattern, syn::parse_quote!(#variable));
                (variable, name, Binding::Pattern(Box::new(before)))
            }
        };
        let is_inert = is_inert(&typed.ty);
        Self { attributes, name, variable, binding, capture: Capture::Value, is_inert }
    }

    /// The element of the list of names, if it is captured.
    pub(crate) fn captured_name(&self) -> Option<TokenStream> {
        let Self { attributes, name, .. } = self;
        (self.capture != Capture::Skipped).then(|| quote!(#(#attributes)* #name))
    }

    /// The statement that captures it.
    pub(crate) fn capture(&self, record: &Ident) -> Option<TokenStream> {
        let Self { attributes, variable, .. } = self;
        match self.capture {
            Capture::Value => Some(quote!(#(#attributes)* { (&&&&&Value(&#variable)).xray_capture(#record) })),
            Capture::Redacted => Some(quote!(#(#attributes)* { #record.redacted() })),
            Capture::Skipped => None,
        }
    }

    /// The statements that bind it again.
    pub(crate) fn bind(&self) -> TokenStream {
        let Self { attributes, variable, .. } = self;
        match &self.binding {
            Binding::Name => quote!(#(#attributes)* let #variable = #variable;),
            Binding::MutName(mutability) => quote!(#(#attributes)* let #mutability #variable = #variable;),
            // First as a whole: what the pattern does not bind is dropped at the end, too, and in its turn.
            Binding::Pattern(pattern) => quote! {
                #(#attributes)* let #variable = #variable;
                #(#attributes)* let #pattern = #variable;
            },
        }
    }
}

/// How the arguments get into an async body: each binding anew makes the future larger by the argument's size, so that
/// only those are bound anew of which it would be noticed otherwise.
pub(crate) fn bind_async(parameters: &[Parameter], body: &TokenStream) -> TokenStream {
    let mut words = HashSet::new();
    collect_words(body.clone(), &mut words);
    let mut must_bind = false;
    let mut mentioned = Vec::new();
    let mut bound = TokenStream::new();
    for parameter in parameters {
        let name = parameter.variable.to_string();
        let is_plain = matches!(parameter.binding, Binding::Name);
        must_bind |= !is_plain;
        // An unused one is bound, so that the compiler says so. What is bound later is dropped earlier: from the first
        // that has to be bound, the others have to follow.
        let is_unused = is_plain && !name.starts_with('_') && !words.contains(name.trim_start_matches("r#"));
        if !is_plain || is_unused || must_bind && !parameter.is_inert {
            bound.extend(parameter.bind());
        } else {
            let Parameter { attributes, variable, .. } = parameter;
            mentioned.push(quote!(#(#attributes)* let _ = &#variable;));
        }
    }
    // What a block captures is dropped in the order in which it is mentioned: the reverse of the parameters'.
    mentioned.reverse();
    quote!(#(#mentioned)* #bound)
}

/// Every word in the tokens, those in texts included: `"{name}"` uses `name`.
fn collect_words(tokens: TokenStream, words: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                words.insert(ident.to_string().trim_start_matches("r#").to_owned());
            }
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let split = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.extend(split.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// A pattern as one would write it, without the `mut` and `ref` that say nothing about the value.
fn readable(pattern: TokenStream) -> String {
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
    let text = strip(pattern).to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let tidy = [(" ,", ","), ("( ", "("), (" )", ")"), ("[ ", "["), (" ]", "]"), ("& ", "&"), (" :", ":"), (" (", "(")];
    let text = tidy.iter().fold(text, |text, (from, to)| text.replace(from, to));
    text.trim_start_matches("r#").to_owned()
}

/// Whether a type written like this has nothing to drop: a reference, a pointer, a number.
fn is_inert(written: &Type) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
        "f64", "str",
    ];
    match written {
        Type::Reference(_) | Type::Ptr(_) | Type::Never(_) => true,
        Type::Path(path) => PRIMITIVES.iter().any(|primitive| path.path.is_ident(primitive)),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_inert),
        _ => false,
    }
}

/// Applies `skip` and `redact`.
fn choose(parameters: &mut [Parameter], options: &Options) -> Result<(), Error> {
    let names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (chosen, capture) in [(&options.skip, Capture::Skipped), (&options.redact, Capture::Redacted)] {
        for argument in chosen {
            let name = argument.to_string();
            let name = name.trim_start_matches("r#");
            if name == "self" {
                return Err(Error::new(argument.span(), "`self` is not captured anyway"));
            }
            let Some(parameter) = parameters.iter_mut().find(|parameter| parameter.binds(name)) else {
                let meant = nearest(name, &names).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                return Err(Error::new(argument.span(), format!("the function has no argument `{name}`{meant}")));
            };
            if parameter.capture != Capture::Value {
                return Err(Error::new(argument.span(), format!("`{name}` is skipped or redacted already")));
            }
            parameter.capture = capture;
        }
    }
    Ok(())
}

impl Parameter {
    /// Whether this is the parameter, or its pattern has a variable, of that name.
    fn binds(&self, name: &str) -> bool {
        match &self.binding {
            Binding::Pattern(pattern) => {
                let mut words = HashSet::new();
                collect_words(pattern.to_token_stream(), &mut words);
                words.contains(name)
            }
            _ => self.name == name,
        }
    }
}
