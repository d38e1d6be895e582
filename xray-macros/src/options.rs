//! What stands in the attribute's parentheses, with an error at the token for whatever does not belong there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, LitBool, LitStr, Path, Result, Token, parenthesized};

use crate::words::{listed, meant};

/// The options of one attribute.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) kind: Option<LitStr>,
    /// The argument that is the list of items.
    pub(crate) items: Option<LitStr>,
    /// The field that is the items' key.
    pub(crate) key: Option<LitStr>,
    pub(crate) arguments: Arguments,
    /// Whether the return value is captured.
    pub(crate) ret: Option<bool>,
    pub(crate) capture: Option<Capture>,
    pub(crate) krate: Option<Path>,
    /// What `#[steps]` says about the arguments of all its functions: an argument that this one does not have is no
    /// mistake, and what the function's own options say goes first.
    pub(crate) defaults: Arguments,
    /// The options as they were written, each with its name.
    written: Vec<(String, TokenStream)>,
}

/// What the options say of single arguments.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) chosen: Vec<(Ident, Choice)>,
    /// `only(…)`: the option's name, for errors, and the arguments.
    pub(crate) only: Option<(Ident, Vec<Ident>)>,
    /// `self = …`.
    pub(crate) receiver: Option<(Span, bool)>,
}

/// How one argument is captured.
#[derive(Clone)]
pub(crate) enum Choice {
    Skip,
    Redact,
    Debug,
    Display,
    Serialize,
    With(Path),
}

impl Choice {
    /// The option that makes it.
    pub(crate) fn option(&self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Redact => "redact",
            Self::Debug => "debug",
            Self::Display => "display",
            Self::Serialize => "serialize",
            Self::With(_) => "with",
        }
    }
}

/// A level, as the runtime's enum names it.
#[derive(Clone, Copy)]
pub(crate) enum Capture {
    Off,
    Metrics,
    Sampled,
    Full,
}

const OPTIONS: [&str; 15] = [
    "name",
    "kind",
    "items",
    "key",
    "skip",
    "only",
    "redact",
    "debug",
    "display",
    "serialize",
    "with",
    "self",
    "ret",
    "capture",
    "crate",
];
const LEVELS: [&str; 4] = ["full", "sampled", "metrics", "off"];
/// Stands for the options of `#[steps]` in those of a function in it.
const DEFAULTS: &str = "__defaults";

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let option = input.call(Ident::parse_any).map_err(|error| {
                Error::new(error.span(), format!("expected an option: one of {}", listed(&OPTIONS)))
            })?;
            let name = option.to_string();
            if options.written.iter().any(|(seen, _)| *seen == name) {
                return Err(Error::new(option.span(), format!("`{option}` is given twice; once is enough")));
            }
            let before = input.fork();
            options.parse_one(&option, input)?;
            let mut tokens = option.to_token_stream();
            while before.cursor() != input.cursor() {
                tokens.extend([before.parse::<proc_macro2::TokenTree>()?]);
            }
            options.written.push((name, tokens));
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| Error::new(error.span(), "expected `,` between options"))?;
            }
        }
        options.arguments.check()?;
        Ok(options)
    }
}

impl Options {
    fn parse_one(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        let name = option.to_string();
        match name.as_str() {
            "name" => self.name = Some(text(option, "\"select\"", input)?),
            "kind" => self.kind = Some(text(option, "\"filter\"", input)?),
            "items" => self.items = Some(text(option, "\"candidates\"", input)?),
            "key" => self.key = Some(text(option, "\"id\"", input)?),
            "skip" => self.choose(option, &Choice::Skip, input)?,
            "redact" => self.choose(option, &Choice::Redact, input)?,
            "debug" => self.choose(option, &Choice::Debug, input)?,
            "display" => self.choose(option, &Choice::Display, input)?,
            "serialize" => self.choose(option, &Choice::Serialize, input)?,
            "with" => {
                let content = parentheses(option, "argument = path::to::function", input)?;
                while !content.is_empty() {
                    let argument = content.call(Ident::parse_any).map_err(|error| {
                        Error::new(
                            error.span(),
                            "expected the name of an argument: `with(argument = path::to::function)`",
                        )
                    })?;
                    equals(&argument, "path::to::function", &content)?;
                    let path = content.parse().map_err(|error| {
                        let message = "expected the path of a function that takes a reference to the argument";
                        Error::new(error.span(), message)
                    })?;
                    self.arguments.chosen.push((argument, Choice::With(path)));
                    comma(&content)?;
                }
            }
            "only" => self.arguments.only = Some((option.clone(), arguments(option, input)?)),
            "self" => self.arguments.receiver = Some((option.span(), boolean(option, "true", input)?)),
            "ret" => self.ret = Some(boolean(option, "false", input)?),
            "capture" => self.capture = Some(level(&text(option, "\"metrics\"", input)?)?),
            "crate" => {
                equals(option, "path::to::xray", input)?;
                self.krate = Some(input.call(Path::parse_mod_style)?);
            }
            DEFAULTS => {
                let content = parentheses(option, "…", input)?;
                let defaults: Self = content.parse()?;
                self.fill(defaults);
            }
            _ => return Err(unknown(&name, option.span())),
        }
        Ok(())
    }

    fn choose(&mut self, option: &Ident, choice: &Choice, input: ParseStream<'_>) -> Result<()> {
        let chosen = arguments(option, input)?;
        self.arguments.chosen.extend(chosen.into_iter().map(|argument| (argument, choice.clone())));
        Ok(())
    }

    /// Takes over what is not said here. `name` is not one of those: names tell functions apart.
    fn fill(&mut self, defaults: Self) {
        self.kind = self.kind.take().or(defaults.kind);
        self.key = self.key.take().or(defaults.key);
        self.ret = self.ret.or(defaults.ret);
        self.capture = self.capture.or(defaults.capture);
        self.krate = self.krate.take().or(defaults.krate);
        self.defaults = defaults.arguments;
    }

    /// The arguments that the options name.
    pub(crate) fn named_arguments(&self) -> impl Iterator<Item = &Ident> {
        let only = self.arguments.only.iter().flat_map(|(_, arguments)| arguments);
        self.arguments.chosen.iter().map(|(argument, _)| argument).chain(only)
    }

    /// These options as those of each function in a block, after the function's `own`.
    pub(crate) fn as_defaults(&self, own: &TokenStream) -> TokenStream {
        let defaults = self.written.iter().map(|(_, tokens)| tokens);
        let comma = (!own.is_empty() && !ends_in_comma(own)).then(|| quote::quote!(,));
        let name = Ident::new(DEFAULTS, Span::call_site());
        quote::quote!(#own #comma #name(#(#defaults),*))
    }
}

fn ends_in_comma(tokens: &TokenStream) -> bool {
    let last = tokens.clone().into_iter().last();
    matches!(last, Some(proc_macro2::TokenTree::Punct(punct)) if punct.as_char() == ',')
}

impl Arguments {
    /// Contradictions that show without knowing the function.
    fn check(&self) -> Result<()> {
        if let Some((only, listed)) = &self.only {
            for (place, argument) in listed.iter().enumerate() {
                if listed[..place].contains(argument) {
                    return Err(Error::new(argument.span(), format!("`{argument}` is in `{only}` twice")));
                }
            }
        }
        let mut chosen: Vec<(String, &'static str)> = Vec::new();
        for (argument, choice) in &self.chosen {
            let name = argument.to_string();
            let option = choice.option();
            match chosen.iter().find(|(seen, _)| *seen == name) {
                Some((_, before)) if *before == option => {
                    return Err(Error::new(argument.span(), format!("`{argument}` is in `{option}` twice")));
                }
                Some((_, before)) => {
                    let message = format!("`{argument}` cannot be in `{option}`: it is in `{before}` already");
                    return Err(Error::new(argument.span(), message));
                }
                None => {}
            }
            if let Some((only, listed)) = &self.only {
                if matches!(choice, Choice::Skip) {
                    let message =
                        format!("`skip` and `{only}` exclude each other: `only` skips all that it does not name");
                    return Err(Error::new(argument.span(), message));
                }
                if !listed.contains(argument) {
                    let message = format!("`{argument}` cannot be in `{option}`: `only` leaves it out");
                    return Err(Error::new(argument.span(), message));
                }
            }
            if name == "self" && matches!(self.receiver, Some((_, false))) {
                return Err(Error::new(argument.span(), format!("`self` cannot be in `{option}`: `self = false`")));
            }
            chosen.push((name, option));
        }
        Ok(())
    }
}

fn unknown(option: &str, span: Span) -> Error {
    let meant = meant(option, &OPTIONS, '`').map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"));
    Error::new(span, format!("unknown option `{option}`{meant} The options are {}", listed(&OPTIONS)))
}

fn equals(option: &Ident, example: &str, input: ParseStream<'_>) -> Result<()> {
    if input.parse::<Token![=]>().is_err() {
        let span = if input.is_empty() { option.span() } else { input.span() };
        return Err(Error::new(span, format!("expected a value: `{option} = {example}`")));
    }
    if input.is_empty() {
        return Err(Error::new(option.span(), format!("expected a value: `{option} = {example}`")));
    }
    Ok(())
}

fn text(option: &Ident, example: &str, input: ParseStream<'_>) -> Result<LitStr> {
    equals(option, example, input)?;
    input
        .parse()
        .map_err(|error| Error::new(error.span(), format!("expected a text in quotes: `{option} = {example}`")))
}

fn boolean(option: &Ident, example: &str, input: ParseStream<'_>) -> Result<bool> {
    equals(option, example, input)?;
    let value: LitBool = input
        .parse()
        .map_err(|error| Error::new(error.span(), format!("expected `true` or `false`: `{option} = {example}`")))?;
    Ok(value.value)
}

fn comma(input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>().map_err(|error| Error::new(error.span(), "expected `,` between arguments"))?;
    }
    Ok(())
}

fn parentheses<'a>(option: &Ident, example: &str, input: ParseStream<'a>) -> Result<syn::parse::ParseBuffer<'a>> {
    if !input.peek(syn::token::Paren) {
        let span = if input.is_empty() { option.span() } else { input.span() };
        return Err(Error::new(span, format!("expected arguments in parentheses: `{option}({example})`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(content)
}

fn arguments(option: &Ident, input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let content = parentheses(option, "argument", input)?;
    let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)
        .map_err(|error| Error::new(error.span(), format!("expected names of arguments: `{option}(argument)`")))?;
    Ok(names.into_iter().collect())
}

fn level(text: &LitStr) -> Result<Capture> {
    Ok(match text.value().as_str() {
        "off" => Capture::Off,
        "metrics" => Capture::Metrics,
        "sampled" => Capture::Sampled,
        "full" => Capture::Full,
        other => {
            let meant =
                meant(other, &LEVELS, '"').map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"));
            let message = format!("unknown level {other:?}{meant} The levels are {}", listed(&LEVELS));
            return Err(Error::new(text.span(), message));
        }
    })
}
