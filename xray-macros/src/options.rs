//! What stands in the attribute's parentheses, with an error at the token for whatever does not belong there.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, LitBool, LitStr, Path, Result, Token, parenthesized};

/// The options of one attribute.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) kind: Option<LitStr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) redact: Vec<Ident>,
    pub(crate) no_return: bool,
    pub(crate) capture: Option<Capture>,
    pub(crate) krate: Option<Path>,
}

/// A level, as the runtime's enum names it.
#[derive(Clone, Copy)]
pub(crate) enum Capture {
    Off,
    Metrics,
    Full,
}

const OPTIONS: [&str; 7] = ["name", "kind", "skip", "redact", "ret", "capture", "crate"];
const LEVELS: [&str; 3] = ["full", "metrics", "off"];

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let option = input.call(Ident::parse_any).map_err(|error| {
                Error::new(error.span(), format!("expected an option: one of {}", listed(&OPTIONS)))
            })?;
            if seen.contains(&option) {
                return Err(Error::new(option.span(), format!("`{option}` is given twice; once is enough")));
            }
            options.parse_one(&option, input)?;
            seen.push(option);
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| Error::new(error.span(), "expected `,` between options"))?;
            }
        }
        Ok(options)
    }
}

impl Options {
    fn parse_one(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        match option.to_string().as_str() {
            "name" => self.name = Some(text(option, "\"select\"", input)?),
            "kind" => self.kind = Some(text(option, "\"filter\"", input)?),
            "skip" => self.skip = arguments(option, input)?,
            "redact" => self.redact = arguments(option, input)?,
            "ret" => {
                equals(option, "false", input)?;
                let value: LitBool = input
                    .parse()
                    .map_err(|error| Error::new(error.span(), "expected `true` or `false`: `ret = false`"))?;
                self.no_return = !value.value;
            }
            "capture" => self.capture = Some(level(&text(option, "\"metrics\"", input)?)?),
            "crate" => {
                equals(option, "path::to::xray", input)?;
                self.krate = Some(input.call(Path::parse_mod_style)?);
            }
            other => return Err(unknown(other, option.span())),
        }
        Ok(())
    }
}

fn unknown(option: &str, span: Span) -> Error {
    let meant = nearest(option, &OPTIONS).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
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

fn arguments(option: &Ident, input: ParseStream<'_>) -> Result<Vec<Ident>> {
    if !input.peek(syn::token::Paren) {
        let span = if input.is_empty() { option.span() } else { input.span() };
        return Err(Error::new(span, format!("expected arguments in parentheses: `{option}(argument)`")));
    }
    let content;
    parenthesized!(content in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)
        .map_err(|error| Error::new(error.span(), format!("expected names of arguments: `{option}(argument)`")))?;
    Ok(names.into_iter().collect())
}

fn level(text: &LitStr) -> Result<Capture> {
    Ok(match text.value().as_str() {
        "off" => Capture::Off,
        "metrics" => Capture::Metrics,
        "full" => Capture::Full,
        other => {
            let meant = nearest(other, &LEVELS).map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
            let message = format!("unknown level {other:?}{meant} The levels are {}", listed(&LEVELS));
            return Err(Error::new(text.span(), message));
        }
    })
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The word that somebody who wrote `text` meant, if there is one near enough.
pub(crate) fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let near = words.iter().map(|word| (distance(text, word), *word)).min()?;
    (near.0 <= text.len().max(near.1.len()) / 2).then_some(near.1)
}

/// Levenshtein's: insertions, deletions and replacements from one to the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
