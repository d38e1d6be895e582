//! A function as it stands in the source: parsed down to its signature, its body left as it is.
//!
//! The body is not parsed, since nothing in it matters: a half-typed one still expands, so that an editor can complete
//! inside of it, and long ones cost nothing.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Result, Signature, Token, Visibility};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// `default`, as in specialisation.
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) signature: Signature,
    /// `#![…]` at the beginning of the body.
    pub(crate) inner_attributes: TokenStream,
    /// The rest of the body, with its braces.
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let defaultness = if input.peek(Token![default]) && !input.peek2(Token![!]) { input.parse()? } else { None };
        if let Some(other) = other_item(input) {
            let message = format!("this attribute goes on a function or method, not on {other}");
            let message = match other {
                "an impl block" | "a trait" | "a module" => format!("{message}; `#[xray::steps]` does"),
                _ => message,
            };
            return Err(input.error(message));
        }
        let signature: Signature = input.parse().map_err(|error| {
            Error::new(error.span(), format!("this attribute goes on a function or method with a body ({error})"))
        })?;
        if input.peek(Token![;]) {
            return Err(input.error("this function has no body to capture; put the attribute on the one that has"));
        }
        let Some(body) = body(input.parse()?) else { return Err(input.error("expected the function's body")) };
        let (inner_attributes, body) = split(&body);
        Ok(Self { attributes, visibility, defaultness, signature, inner_attributes, body })
    }
}

/// What the item is, if one sees at once that it is no function.
fn other_item(input: ParseStream<'_>) -> Option<&'static str> {
    let is_before_function = |input: ParseStream<'_>| input.peek2(Token![fn]) || input.peek2(Token![unsafe]);
    Some(if input.peek(Token![struct]) {
        "a struct"
    } else if input.peek(Token![enum]) {
        "an enum"
    } else if input.peek(Token![impl]) || input.peek(Token![unsafe]) && input.peek2(Token![impl]) {
        "an impl block"
    } else if input.peek(Token![trait]) || input.peek(Token![unsafe]) && input.peek2(Token![trait]) {
        "a trait"
    } else if input.peek(Token![mod]) {
        "a module"
    } else if input.peek(Token![static]) {
        "a static"
    } else if input.peek(Token![const]) && !is_before_function(input) && input.peek3(Token![:]) {
        "a constant"
    } else if input.peek(Token![type]) {
        "a type alias"
    } else if input.peek(Token![use]) {
        "an import"
    } else {
        return None;
    })
}

/// The braces. A body that a macro was given as `$body:block` is in a group without delimiters.
fn body(token: TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => {
            let mut tokens = group.stream().into_iter();
            let first = tokens.next()?;
            if tokens.next().is_some() { None } else { body(first) }
        }
        _ => None,
    }
}

/// The item itself: one that a macro was given as `$item:item` is in a group without delimiters.
pub(crate) fn bare(item: TokenStream) -> TokenStream {
    let mut tokens = item.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => bare(group.stream()),
        _ => item,
    }
}

/// Takes the inner attributes off the body: they stay in front of whatever is put before the rest.
fn split(body: &Group) -> (TokenStream, Group) {
    let mut tokens = body.stream().into_iter().peekable();
    let mut attributes = TokenStream::new();
    let mut rest = TokenStream::new();
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        let is_bang = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
        if !(is_hash && is_bang) {
            token.to_tokens(&mut rest);
            break;
        }
        token.to_tokens(&mut attributes);
        attributes.extend(tokens.by_ref().take(2));
    }
    rest.extend(tokens);
    let mut rest = Group::new(Delimiter::Brace, rest);
    rest.set_span(body.span());
    (attributes, rest)
}

impl Function {
    /// Whether it has this built-in attribute.
    pub(crate) fn has_attribute(&self, name: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.path().is_ident(name))
    }
}
