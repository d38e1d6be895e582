//! What stands in `#[xray(…)]` on a type and on its fields, with an error at whatever does not belong there.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, LitStr, Path, Token};

use crate::words::{listed, meant};

const OF_TYPES: [&str; 1] = ["crate"];
const OF_FIELDS: [&str; 4] = ["redact", "skip", "rename", "key"];

/// On the type.
#[derive(Default)]
pub(super) struct TypeOptions {
    pub(super) krate: Option<Path>,
}

/// On a field.
#[derive(Default)]
pub(super) struct FieldOptions {
    pub(super) redact: bool,
    pub(super) skip: bool,
    pub(super) rename: Option<LitStr>,
    /// Where it stands, and the name that is said to be captured.
    pub(super) key: Option<(Span, Option<LitStr>)>,
}

impl TypeOptions {
    pub(super) fn of(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut options = Self::default();
        each(attributes, |option, input| match option.to_string().as_str() {
            "crate" => {
                input.parse::<Token![=]>()?;
                options.krate = Some(input.call(Path::parse_mod_style)?);
                Ok(())
            }
            _ => Err(unknown(option, &OF_TYPES, &OF_FIELDS, "a field")),
        })?;
        Ok(options)
    }
}

impl FieldOptions {
    pub(super) fn of(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut options = Self::default();
        each(attributes, |option, input| {
            match option.to_string().as_str() {
                "redact" => options.redact = true,
                "skip" => options.skip = true,
                "rename" => {
                    let value = value(input)?;
                    let message = "expected a name: `rename = \"name\"`";
                    options.rename = Some(value.ok_or_else(|| Error::new(option.span(), message))?);
                }
                "key" => options.key = Some((option.span(), value(input)?)),
                _ => return Err(unknown(option, &OF_FIELDS, &OF_TYPES, "the type")),
            }
            if options.redact && options.skip {
                return Err(Error::new(option.span(), "a field is either redacted or skipped"));
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// No options belong here.
pub(super) fn refuse(attributes: &[Attribute], place: &str) -> Result<(), Error> {
    each(attributes, |option, _| Err(Error::new(option.span(), format!("{place} has no options; its fields have"))))
}

fn each(
    attributes: &[Attribute],
    mut parse: impl FnMut(&Ident, ParseStream<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("xray")) {
        let list = attribute.meta.require_list()?;
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let option = input.call(Ident::parse_any)?;
                parse(&option, input)?;
                if !input.is_empty() {
                    input
                        .parse::<Token![,]>()
                        .map_err(|error| Error::new(error.span(), "expected `,` between options"))?;
                }
            }
            Ok(())
        };
        parser.parse2(list.tokens.clone())?;
    }
    Ok(())
}

fn value(input: ParseStream<'_>) -> Result<Option<LitStr>, Error> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return input.parse().map(Some).map_err(|error| Error::new(error.span(), "expected a name in quotes"));
    }
    Ok(None)
}

fn unknown(option: &Ident, here: &[&str], there: &[&str], place: &str) -> Error {
    let name = option.to_string();
    if there.contains(&name.as_str()) {
        return Error::new(option.span(), format!("`{name}` belongs on {place}"));
    }
    let meant = meant(&name, here, '`').map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"));
    Error::new(option.span(), format!("unknown option `{name}`{meant} The options are {}", listed(here)))
}
