//! `#[steps]`: the attribute on every function of an impl block, a trait or a module.
//!
//! Each function gets an attribute of its own, so that it is expanded as if somebody had written that, and other
//! attributes (`#[async_trait]`) see what they are used to. The block is walked token by token rather than parsed: bodies
//! may be half-typed, and what is not a function is none of our business.

use std::cell::RefCell;
use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Error;

use crate::function;
use crate::options::Options;
use crate::parameters::words;

/// Expands the attribute. Where that fails, the block stays as it was beside the error.
pub(crate) fn attribute(options: TokenStream, block: TokenStream) -> TokenStream {
    let block = function::bare(block);
    let expanded = syn::parse2::<Options>(options.clone()).and_then(|parsed| {
        if let Some(name) = &parsed.name {
            return Err(Error::new(name.span(), "`name` is for one function; these would all be called the same"));
        }
        let functions = RefCell::default();
        let expanded = Block { options: &parsed, words: &functions }.outermost(block.clone())?;
        known(&parsed, &functions.into_inner())?;
        Ok(expanded)
    });
    expanded.unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#error #block)
    })
}

/// Whether some function has each argument that the options name: one that none has is misspelt, and what it should hide
/// would not be hidden.
fn known(options: &Options, words: &HashSet<String>) -> Result<(), Error> {
    for argument in options.named_arguments() {
        let name = argument.to_string();
        if name != "self" && !words.contains(name.trim_start_matches("r#")) {
            let message = format!("no function in this block has an argument `{argument}`");
            return Err(Error::new(argument.span(), message));
        }
    }
    Ok(())
}

struct Block<'a> {
    options: &'a Options,
    /// The words in the heads of the functions that got the attribute.
    words: &'a RefCell<HashSet<String>>,
}

/// One item, cut into its parts.
struct Item {
    /// `#[…]`, each with what is inside of the brackets.
    attributes: Vec<(TokenStream, TokenStream)>,
    /// Everything up to the braces.
    head: Vec<TokenTree>,
    /// What ends it: braces, or the semicolon.
    end: Option<TokenTree>,
}

#[derive(PartialEq)]
enum Sort {
    Function,
    ConstFunction,
    Block,
    Other,
}

impl Block<'_> {
    fn outermost(&self, tokens: TokenStream) -> Result<TokenStream, Error> {
        let mut rest = tokens.into_iter().collect::<Vec<_>>().into_iter().peekable();
        let Some(item) = Item::take(&mut rest) else {
            return Err(Error::new(Span::call_site(), "expected an impl block, a trait or a module"));
        };
        let is_braced = matches!(&item.end, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace);
        if item.sort() != Sort::Block || !is_braced {
            let span = item.head.first().map_or_else(Span::call_site, TokenTree::span);
            let message = "this attribute goes on an impl block, a trait or a module with braces; \
                           `#[xray::step]` goes on a function";
            return Err(Error::new(span, message));
        }
        let mut expanded = self.item(item);
        expanded.extend(rest);
        Ok(expanded)
    }

    fn items(&self, tokens: TokenStream) -> TokenStream {
        let mut rest = tokens.into_iter().collect::<Vec<_>>().into_iter().peekable();
        let mut expanded = TokenStream::new();
        while let Some(token) = rest.peek() {
            if let TokenTree::Group(group) = token
                && group.delimiter() == Delimiter::None
            {
                // An item, or some, that a macro was given.
                let inside = regrouped(group, self.items(group.stream()));
                rest.next();
                expanded.extend([inside]);
                continue;
            }
            match Item::take(&mut rest) {
                Some(item) => expanded.extend(self.item(item)),
                None => expanded.extend(rest.next()),
            }
        }
        expanded
    }

    fn item(&self, mut item: Item) -> TokenStream {
        let is_left_out = item.names("skip") || item.names("steps");
        if is_left_out {
            return item.into_tokens();
        }
        match item.sort() {
            Sort::Block => {
                if let Some(TokenTree::Group(group)) = &item.end {
                    item.end = Some(regrouped(group, self.items(group.stream())));
                }
                item.into_tokens()
            }
            Sort::Function if item.has_body() && !item.is_special() => self.function(item),
            _ => item.into_tokens(),
        }
    }

    fn function(&self, mut item: Item) -> TokenStream {
        self.words.borrow_mut().extend(words(item.head.iter().cloned().collect()));
        let own = item.attributes.iter_mut().find_map(|(_, inside)| {
            let (path, arguments) = split(inside);
            is_ours(&path, &["step", "run"]).then_some((inside, arguments))
        });
        if let Some((inside, arguments)) = own {
            let options = self.options.as_defaults(&arguments);
            let (path, _) = split(inside);
            *inside = quote!(#path(#options));
            return item.into_tokens();
        }
        let krate = self.options.krate.as_ref().map_or_else(|| quote!(::xray), ToTokens::to_token_stream);
        let options = self.options.as_defaults(&TokenStream::new());
        let item = item.into_tokens();
        quote!(#[#krate::step(#options)] #item)
    }
}

impl Item {
    /// Takes the tokens of one item.
    fn take(tokens: &mut std::iter::Peekable<std::vec::IntoIter<TokenTree>>) -> Option<Self> {
        let mut item = Self { attributes: Vec::new(), head: Vec::new(), end: None };
        let mut depth = 0_u32;
        let mut before = ' ';
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Punct(hash) if hash.as_char() == '#' && item.head.is_empty() => {
                    let mut sign = token.to_token_stream();
                    if matches!(tokens.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!') {
                        sign.extend(tokens.next());
                    }
                    match tokens.peek() {
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                            item.attributes.push((sign, group.stream()));
                            tokens.next();
                        }
                        _ => item.head.extend(sign),
                    }
                    continue;
                }
                TokenTree::Punct(end) if end.as_char() == ';' => {
                    item.end = Some(token);
                    break;
                }
                TokenTree::Punct(punct) => {
                    match punct.as_char() {
                        '<' => depth += 1,
                        '>' if before != '-' && before != '=' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    before = punct.as_char();
                }
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace && depth == 0 && item.ends_in_braces() =>
                {
                    item.end = Some(token);
                    break;
                }
                // The body of a function that a macro makes of a `$body:block`.
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::None
                        && item.sort() == Sort::Function
                        && matches!(group.stream().into_iter().next(),
                            Some(TokenTree::Group(inside)) if inside.delimiter() == Delimiter::Brace) =>
                {
                    item.end = Some(token);
                    break;
                }
                _ => before = ' ',
            }
            item.head.push(token);
        }
        (!item.head.is_empty() || !item.attributes.is_empty() || item.end.is_some()).then_some(item)
    }

    /// The words at the beginning, without the visibility.
    fn words(&self) -> impl Iterator<Item = String> {
        self.head.iter().filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            TokenTree::Punct(punct) => Some(punct.to_string()),
            _ => None,
        })
    }

    fn sort(&self) -> Sort {
        let mut is_const = false;
        for word in self.words() {
            match word.as_str() {
                "fn" if is_const => return Sort::ConstFunction,
                "fn" => return Sort::Function,
                "impl" | "trait" | "mod" => return Sort::Block,
                "const" => is_const = true,
                "pub" | "default" | "unsafe" | "safe" | "async" | "extern" | "auto" => {}
                _ => return Sort::Other,
            }
        }
        Sort::Other
    }

    /// Whether it may end in braces, rather than in a semicolon alone.
    fn ends_in_braces(&self) -> bool {
        if self.sort() != Sort::Other {
            return true;
        }
        let first = self.words().find(|word| word != "pub");
        !matches!(first.as_deref(), Some("const" | "static" | "use" | "type"))
    }

    fn has_body(&self) -> bool {
        matches!(&self.end, Some(TokenTree::Group(_)))
    }

    /// Whether it has our attribute of this name.
    fn names(&self, name: &str) -> bool {
        self.attributes.iter().any(|(_, inside)| is_ours(&split(inside).0, &[name]))
    }

    /// Tests and benches are no steps, and of some functions the compiler allows no more than it knows.
    fn is_special(&self) -> bool {
        const SPECIAL: [&str; 9] = [
            "test",
            "bench",
            "naked",
            "panic_handler",
            "proc_macro",
            "proc_macro_derive",
            "proc_macro_attribute",
            "alloc_error_handler",
            "start",
        ];
        self.attributes.iter().any(|(_, inside)| {
            let (path, arguments) = split(inside);
            let words = idents(&path);
            let last = words.last().map_or("", String::as_str);
            SPECIAL.contains(&last) || last == "unsafe" && idents(&arguments).iter().any(|word| word == "naked")
        })
    }

    fn into_tokens(self) -> TokenStream {
        let Self { attributes, head, end } = self;
        let signs = attributes.iter().map(|(sign, _)| sign);
        let insides = attributes.iter().map(|(_, inside)| inside);
        quote!(#(#signs [#insides])* #(#head)* #end)
    }
}

/// An attribute's path, and what stands in its parentheses.
fn split(attribute: &TokenStream) -> (TokenStream, TokenStream) {
    let mut path = TokenStream::new();
    for token in attribute.clone() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => return (path, group.stream()),
            TokenTree::Punct(punct) if punct.as_char() == '=' => break,
            other => path.extend([other]),
        }
    }
    (path, TokenStream::new())
}

/// Whether the path ends in one of these names, with a crate before it: a `skip` alone may be anybody's.
fn is_ours(path: &TokenStream, names: &[&str]) -> bool {
    let words = idents(path);
    words.len() > 1 && words.last().is_some_and(|last| names.contains(&last.as_str()))
        || words.len() == 1 && names.contains(&words[0].as_str()) && names != ["skip"]
}

fn idents(tokens: &TokenStream) -> Vec<String> {
    tokens
        .clone()
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident_text(&ident)),
            _ => None,
        })
        .collect()
}

fn ident_text(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn regrouped(group: &Group, tokens: TokenStream) -> TokenTree {
    let mut made = Group::new(group.delimiter(), tokens);
    made.set_span(group.span());
    TokenTree::Group(made)
}
