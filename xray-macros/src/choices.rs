//! What is captured of each argument: the ladder's best, unless the options choose something else.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, Path};

use crate::ladder;
use crate::options::{Arguments, Choice, Options};
use crate::parameters::Parameter;
use crate::words::meant;

/// How one argument is captured.
#[derive(Clone)]
pub(crate) enum Capture {
    Ladder,
    Skipped,
    Redacted,
    /// By the runtime's function of that name: `debug`, `display`, `serialize`. The place is the option's.
    By(&'static str, Span),
    With(Path),
}

/// Applies the options.
pub(crate) fn apply(parameters: &mut [Parameter], options: &Options) -> Result<(), Error> {
    let own = &options.arguments;
    let mut is_chosen = vec![false; parameters.len()];
    if let Some((span, captured)) = own.receiver {
        let Some(place) = parameters.iter().position(Parameter::is_receiver) else {
            return Err(Error::new(span, "the function has no `self`"));
        };
        is_chosen[place] = true;
        if captured {
            parameters[place].capture = Capture::Ladder;
        }
    }
    let mut by_option = vec![None; parameters.len()];
    for (argument, choice) in &own.chosen {
        let place = find(parameters, argument)?;
        if let Some(before) = by_option[place].replace(choice.option()) {
            let message = format!("`{argument}` is a part of an argument that is in `{before}` already");
            return Err(Error::new(argument.span(), message));
        }
        is_chosen[place] = true;
        parameters[place].capture = capture(argument, choice);
    }
    if let Some((_, listed)) = &own.only {
        let mut is_listed = vec![false; parameters.len()];
        for argument in listed {
            let place = find(parameters, argument)?;
            is_listed[place] = true;
            if parameters[place].is_receiver() && !is_chosen[place] {
                parameters[place].capture = Capture::Ladder;
            }
        }
        for (place, parameter) in parameters.iter_mut().enumerate() {
            let is_asked_for = is_listed[place] || parameter.is_receiver() && is_chosen[place];
            if !is_asked_for {
                parameter.capture = Capture::Skipped;
            }
        }
        is_chosen.fill(true);
    }
    apply_defaults(parameters, &options.defaults, &is_chosen);
    Ok(())
}

/// Applies what `#[steps]` says, to the arguments that there are and of which nothing else was said.
fn apply_defaults(parameters: &mut [Parameter], defaults: &Arguments, is_chosen: &[bool]) {
    for (parameter, is_chosen) in parameters.iter_mut().zip(is_chosen) {
        if *is_chosen {
            continue;
        }
        if parameter.is_receiver() && matches!(defaults.receiver, Some((_, true))) {
            parameter.capture = Capture::Ladder;
        }
        if let Some((_, listed)) = &defaults.only {
            let is_listed = listed.iter().any(|argument| parameter.binds(&plain(argument)));
            parameter.capture = if is_listed { Capture::Ladder } else { Capture::Skipped };
        }
        if let Some((argument, choice)) = defaults.chosen.iter().find(|(argument, _)| parameter.binds(&plain(argument)))
        {
            parameter.capture = capture(argument, choice);
        }
    }
}

fn capture(argument: &Ident, choice: &Choice) -> Capture {
    match choice {
        Choice::Skip => Capture::Skipped,
        Choice::Redact => Capture::Redacted,
        Choice::Debug | Choice::Display | Choice::Serialize => Capture::By(choice.option(), argument.span()),
        Choice::With(path) => Capture::With(path.clone()),
    }
}

fn plain(argument: &Ident) -> String {
    argument.to_string().trim_start_matches("r#").to_owned()
}

fn find(parameters: &[Parameter], argument: &Ident) -> Result<usize, Error> {
    let name = plain(argument);
    parameters.iter().position(|parameter| parameter.binds(&name)).ok_or_else(|| {
        let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let meant = meant(&name, &names, '`').map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        Error::new(argument.span(), format!("the function has no argument `{name}`{meant}"))
    })
}

impl Parameter {
    /// The element of the list of names, if it is captured.
    pub(crate) fn captured_name(&self) -> Option<TokenStream> {
        let conditions = self.conditions();
        let name = &self.name;
        (!matches!(self.capture, Capture::Skipped)).then(|| quote!(#(#conditions)* #name))
    }

    /// Whether it is captured under this name.
    pub(crate) fn is_captured_as(&self, name: &str) -> bool {
        !matches!(self.capture, Capture::Skipped) && self.name == name
    }

    /// The statement that captures it, unless the schema leaves it out.
    pub(crate) fn capture(&self, private: &TokenStream, record: &Ident) -> Option<TokenStream> {
        let conditions = self.conditions();
        let allowed = self.allowed();
        let variable = &self.variable;
        let captured = match &self.capture {
            Capture::Skipped => return None,
            Capture::Ladder => ladder::capture(private, quote!(&#variable), quote!(&mut #record)),
            Capture::Redacted => quote!(#private::Writer::redacted(&mut #record)),
            Capture::By(function, span) => {
                // The error of a type that has no such text is at the option.
                let function = Ident::new(function, span.resolved_at(Span::mixed_site()));
                quote_spanned!(span.resolved_at(Span::mixed_site())=> #private::chosen::#function(&#variable, &mut #record))
            }
            Capture::With(path) => {
                let value = Ident::new("__xray_value", Span::mixed_site());
                let made = quote_spanned!(path.span().resolved_at(Span::mixed_site())=> #path(&#variable));
                let capture = ladder::capture(private, &value, record);
                quote!(#private::chosen::with(&mut #record, || #made, |#value, #record| { #capture }))
            }
        };
        // What is not always compiled has an import of its own.
        let import = (self.uses_ladder() && !self.needs_ladder()).then(|| quote!(use #private::ladder::*;));
        // What a function makes of it is not what its name speaks of.
        let takes = match &self.capture {
            Capture::With(_) => quote!(takes_made),
            _ => quote!(takes),
        };
        Some(quote!(#(#conditions)* #allowed if #private::Writer::#takes(&mut #record) { #import #captured }))
    }

    /// Whether capturing it needs the ladder's traits, whatever is compiled.
    pub(crate) fn needs_ladder(&self) -> bool {
        self.uses_ladder() && self.conditions().next().is_none()
    }

    fn uses_ladder(&self) -> bool {
        matches!(self.capture, Capture::Ladder | Capture::With(_))
    }
}
