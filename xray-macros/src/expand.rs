//! What the attribute makes of a function.
//!
//! ```text
//! fn name(a: A, mut b: B) -> R {                  async fn name(a: A, mut b: B) -> R {
//!     static CALLSITE = …;                            static CALLSITE = …;
//!     let is_off = …;
//!     let mut call = …;                               let mut call = …;
//!     if let Some(record) = call.enter(is_off) {      if let Some(record) = call.enter() {
//!         capture &a, &b                                  capture &a, &b
//!         call.entered(record);                           call.entered(record);
//!     }                                               }
//!     let run = move || -> R {                        call.run(async move { let mut b = b; ({ BODY }) },
//!         let a = a;                                           |returned, call| {
//!         let mut b = b;                                           if let Some(record) = call.leave(…) { … }
//!         ({ BODY })                                           })
//!     };                                                  .await
//!     if is_off { return run() }
//!     let returned: R = run();
//!     if let Some(record) = call.leave(…) {       }
//!         capture &returned
//!         record.commit();
//!     }
//!     returned
//! }
//! ```
//!
//! Methods that take a reference are called by their path, or on a reference: a trait of the user's with such a method
//! by value would go first. A return type that may be a boxed future is looked at where it is known: see `kind` in [`Expansion::synchronous`].
//! Names of ours have the macro's hygiene, paths begin at the crate, nothing relies on a prelude. What can be ordinary
//! code is in the runtime's `__private`: an expansion is compiled once for every function.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, ReturnType, Type};

use crate::function::{self, Function};
use crate::ladder;
use crate::options::{Capture, Options};
use crate::parameters::{self, Parameter};
use crate::types;

/// How many arguments are captured together at most.
const MOST_SCALARS: usize = 6;

/// What the attribute opens.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Opens {
    Step,
    Run,
}

/// Expands the attribute. Where that fails, the item stays as it was beside the error, so that nothing else that names
/// it fails, too.
pub(crate) fn attribute(opens: Opens, options: TokenStream, item: TokenStream) -> TokenStream {
    let item = function::bare(item);
    let expanded = syn::parse2::<Options>(options).and_then(|options| {
        let function = syn::parse2::<Function>(item.clone())?;
        instrument(opens, &options, function)
    });
    expanded.unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#error #item)
    })
}

fn instrument(opens: Opens, options: &Options, mut function: Function) -> Result<TokenStream, Error> {
    if let Some(constness) = &function.signature.constness {
        let message = "a `const fn` cannot be captured: it may run in the compiler; \
                       take off `const`, or put the attribute on its caller";
        return Err(Error::new_spanned(constness, message));
    }
    let krate = options.krate.as_ref().map_or_else(|| quote!(::xray), ToTokens::to_token_stream);
    let name = options.name.as_ref().map_or_else(|| unraw(&function.signature.ident), syn::LitStr::value);
    let parameters = parameters::take(&mut function.signature, options)?;
    if let Some(items) = &options.items
        && !parameters.iter().any(|parameter| parameter.is_captured_as(&items.value()))
    {
        let message =
            format!("`items` names the captured argument that is the list: there is none called {:?}", items.value());
        return Err(Error::new(items.span(), message));
    }
    let expansion = Expansion {
        private: quote!(#krate::__private),
        opens,
        options,
        name,
        output: function.signature.output.clone(),
        parameters,
        function: &function,
    };
    let body = if function.signature.asyncness.is_some() {
        expansion.asynchronous()
    } else if function.has_attribute("track_caller") || types::has_opaque_closure(&function.signature.output) {
        expansion.guarded()
    } else {
        expansion.synchronous()
    };
    let Function { attributes, visibility, defaultness, signature, inner_attributes, .. } = &function;
    let callsite = expansion.callsite();
    let body = expansion.braced(quote!(#inner_attributes #callsite #body));
    Ok(quote!(#(#attributes)* #visibility #defaultness #signature #body))
}

struct Expansion<'a> {
    /// `::xray::__private`.
    private: TokenStream,
    opens: Opens,
    options: &'a Options,
    name: String,
    output: ReturnType,
    parameters: Vec<Parameter>,
    function: &'a Function,
}

impl Expansion<'_> {
    fn callsite(&self) -> TokenStream {
        let Self { private, name, .. } = self;
        let arguments = self.parameters.iter().filter_map(Parameter::captured_name);
        let opens_run = self.opens == Opens::Run;
        let said = |option: &Option<syn::LitStr>| option.as_ref().map_or_else(String::new, syn::LitStr::value);
        let kind = said(&self.options.kind);
        let (items, key) = (said(&self.options.items), said(&self.options.key));
        let relates = !items.is_empty() || !key.is_empty() || types::may_hold_items(&self.output);
        let level = match self.options.capture {
            None => quote!(#private::None),
            Some(Capture::Off) => quote!(#private::Some(#private::Level::Off)),
            Some(Capture::Metrics) => quote!(#private::Some(#private::Level::Metrics)),
            Some(Capture::Sampled) => quote!(#private::Some(#private::Level::Sampled)),
            Some(Capture::Full) => quote!(#private::Some(#private::Level::Full)),
        };
        quote! {
            static __XRAY_CALLSITE: #private::Callsite = #private::Callsite::new(
                #private::Site {
                    name: #name,
                    kind: #kind,
                    module: #private::module_path!(),
                    file: #private::file!(),
                    line: #private::line!(),
                    arguments: &[#(#arguments),*],
                    opens_run: #opens_run,
                    items: #items,
                    key: #key,
                    relates: #relates,
                },
                #level,
            );
        }
    }

    /// The statement with a call that has not begun.
    fn call_new(&self, kind: TokenStream) -> TokenStream {
        let (private, call) = (&self.private, self.call());
        quote!(let mut #call = #private::#kind::new();)
    }

    /// Whether the function is not recorded, as an expression.
    fn is_off(&self) -> TokenStream {
        let private = &self.private;
        quote!(#private::Callsite::is_off(&__XRAY_CALLSITE))
    }

    /// The statements that enter the step, unless `is_off`, and capture the arguments.
    fn enter(&self, kind: TokenStream, call: &TokenStream, is_off: TokenStream) -> TokenStream {
        let private = &self.private;
        let record = Ident::new("__xray_record", Span::mixed_site());
        let captures: Vec<_> =
            self.parameters.chunk_by(Self::are_scalars).flat_map(|run| self.captures(run, &record)).collect();
        let mutable = (!captures.is_empty()).then(|| quote!(mut));
        // An import that nothing uses would be one more warning, and `allow` an error where the lint is forbidden.
        let import = self.parameters.iter().any(Parameter::needs_ladder).then(|| quote!(use #private::ladder::*;));
        quote! {
            if let #private::Some(#mutable #record) = #private::#kind::enter(#call, &__XRAY_CALLSITE, #is_off) {
                #import
                #(#captures)*
                #private::#kind::entered(#call, #record);
            }
        }
    }

    fn are_scalars(one: &Parameter, next: &Parameter) -> bool {
        one.is_captured_scalar() && next.is_captured_scalar()
    }

    /// The statements that capture parameters that follow each other: scalars together, as far as they are some.
    fn captures(&self, parameters: &[Parameter], record: &Ident) -> Vec<TokenStream> {
        let private = &self.private;
        let each = |parameters: &[Parameter]| -> Vec<_> {
            parameters.iter().filter_map(|parameter| parameter.capture(private, record)).collect()
        };
        let together = parameters.chunks(MOST_SCALARS).map(|scalars| {
            let captures = each(scalars);
            if scalars.len() < 2 {
                return quote!(#(#captures)*);
            }
            let variables = scalars.iter().map(|parameter| &parameter.variable);
            let allowed = scalars.iter().find_map(Parameter::allowed);
            quote! {
                #allowed
                if !{
                    use #private::scalars_ladder::*;
                    (&#private::Scalars((#(&#variables,)*))).xray_scalars(&mut #record)
                } {
                    #(#captures)*
                }
            }
        });
        together.filter(|capture| !capture.is_empty()).collect()
    }

    fn call(&self) -> Ident {
        Ident::new("__xray_call", Span::mixed_site())
    }

    /// The statements that leave the step with what was returned.
    fn leave(&self, call: &TokenStream, returned: &TokenStream) -> TokenStream {
        let private = &self.private;
        let [record, parts, value, error] =
            ["record", "parts", "value", "error"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()));
        let capture_value = if self.options.ret == Some(false) {
            TokenStream::new()
        } else {
            let capture = ladder::capture(private, &value, quote!(&mut #record));
            quote! {
                if let #private::Some(#value) = #parts.value {
                    #capture
                }
            }
        };
        let capture_error = ladder::capture(private, &error, quote!(&mut #record));
        // Three references fewer: the ladder without the rungs of texts and of errors, also where the compiler adds one.
        let message =
            if types::may_borrow_in_error(&self.function.signature.output) { quote!(&&&&) } else { quote!(&&&&&&&) };
        quote! {
            use #private::ladder::*;
            let #parts = (&&#private::Returned(#returned)).xray_parts();
            if let #private::Some(mut #record) = #call.leave(#private::Parts::outcome(&#parts)) {
                #capture_value
                if let #private::Some(#error) = #parts.error {
                    (#message #private::Message(#error)).xray_message(&mut #record);
                    #capture_error
                }
                #record.commit();
            }
        }
    }

    /// The same in a closure, which gets the value and the call.
    fn leave_later(&self) -> TokenStream {
        let [returned, call] =
            ["returned", "step"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()));
        let leave = self.leave(&quote!(#call), &quote!(#returned));
        quote!(|#returned, #call| { #leave })
    }

    fn synchronous(&self) -> TokenStream {
        let private = &self.private;
        let call = self.call();
        let [returned, kind, running, off] =
            ["returned", "kind", "run", "off"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()));
        let body = self.after(parameters::bind(&self.parameters, &self.function.body.stream()));
        let allowed = self.allowed();
        let output = self.written_output();
        let arrow = output.as_ref().map(|output| quote!(-> #output));
        let run = quote!(#private::once(move || #arrow #body));
        let call_new = self.call_new(quote!(Call));
        let enter = self.enter(quote!(Call), &quote!(&mut #call), quote!(#off));
        let is_off = self.is_off();
        let enter = quote!(let #off = #is_off; #call_new #enter);
        if matches!(output.as_ref().map(types::bare), Some(Type::Never(_))) {
            // It does not come back; the guard sees it go.
            return quote!(#enter #allowed { (#run)() });
        }
        let is_value = types::is_no_future(&self.output);
        let annotation = output.unwrap_or_else(|| syn::parse_quote!(()));
        let finish = if is_value {
            let leave = self.leave(&quote!((&mut #call)), &quote!(&#returned));
            quote!({ #leave } #returned)
        } else {
            let found = if types::is_opaque_future(&self.output) {
                quote!(#private::AsOpaqueFuture)
            } else {
                quote!({
                    use #private::ladder::*;
                    (&&#private::Kind(&#returned)).xray_kind()
                })
            };
            let leave = self.leave_later();
            quote! {
                let #kind = #found;
                #kind.finish(#call, #returned, #leave)
            }
        };
        // What is not recorded goes straight to where the caller wants it, and the arguments are where they came.
        let straight = (!types::is_opaque_future(&self.output)).then(|| {
            quote! {
                if #off {
                    #private::Call::not_begun(#call);
                    return #running();
                }
            }
        });
        quote! {
            #enter
            #allowed
            let #running = #run;
            #straight
            let #returned: #annotation = #running();
            #finish
        }
    }

    /// Without a closure around the body, for a function that wants to know its caller, or whose return type is needed
    /// as it is written: the result cannot be seen.
    fn guarded(&self) -> TokenStream {
        let (call, call_new) = (self.call(), self.call_new(quote!(Call)));
        let enter = self.enter(quote!(Call), &quote!(&mut #call), self.is_off());
        // In braces, for what another attribute has put there: two of the same name are two errors.
        let body = self.after(parameters::bind(&self.parameters, &self.function.body.stream()));
        quote!(#call_new #enter #body)
    }

    fn asynchronous(&self) -> TokenStream {
        let private = &self.private;
        let call = self.call();
        let bindings = parameters::bind_async(&self.parameters, &self.function.body.stream());
        let output = self.written_output().unwrap_or_else(|| syn::parse_quote!(()));
        let expected = self.expected_output(&output);
        let call_new = self.call_new(quote!(AsyncCall));
        let enter = self.enter(quote!(AsyncCall), &quote!(#call), self.is_off());
        let body = self.after(quote!(#expected #bindings));
        if matches!(types::bare(&output), Type::Never(_)) {
            // It does not come back: it is cancelled or panics, if anything.
            let run = quote!(#private::call(move || { #enter #call.run(async move #body, |_, _| {}) }));
            return quote!(#call_new let #call = &mut #call; #run.await);
        }
        let leave = self.leave_later();
        // In a closure, which takes the arguments along: what a future borrows in its own body it has to keep for good.
        let run = quote!(#private::call(move || { #enter #call.run(async move #body, #leave) }));
        match self.allowed() {
            None => quote!(#call_new let #call = &mut #call; #run.await),
            allowed => {
                let running = Ident::new("__xray_running", Span::mixed_site());
                quote! {
                    #call_new
                    let #call = &mut #call;
                    #allowed
                    let #running = #run;
                    #running.await
                }
            }
        }
    }

    /// The compiler takes a change of a captured `mut self` for useless when nothing in the body reads it afterwards; of
    /// an argument it would not say so. Where the body reads it last there is nothing to allow, which would be an error
    /// where the lint is forbidden.
    fn allowed(&self) -> Option<TokenStream> {
        let is_mut = self.parameters.iter().any(Parameter::is_mut_receiver);
        let is_needed = is_mut && !parameters::ends_in_self(self.function.body.stream());
        is_needed.then(|| quote!(#[allow(unused_assignments)]))
    }

    /// The body after the statements that come first, if any. Up to edition 2021 the last expression's temporaries outlive
    /// a block's variables, but not a function's parameters, which the variables stand for: hence the user's block in one
    /// of ours, to which the rules of this crate's edition apply.
    fn after(&self, first: TokenStream) -> Group {
        let body = &self.function.body;
        if first.is_empty() {
            return body.clone();
        }
        // In parentheses, since the compiler would find the user's braces unnecessary.
        let mut block = Group::new(Delimiter::Brace, quote!(#first (#body)));
        // Where the user's braces are, so that errors about the body as a whole are there.
        block.set_span(body.span().resolved_at(Span::mixed_site()));
        block
    }

    /// In the braces of the function's body, so that errors about the body as a whole are where it is.
    fn braced(&self, tokens: TokenStream) -> Group {
        let mut group = Group::new(Delimiter::Brace, tokens);
        group.set_span(self.function.body.span());
        group
    }

    /// The return type, where one is written, with `_` for each `impl Trait`.
    fn written_output(&self) -> Option<Type> {
        let ReturnType::Type(_, written) = &self.output else { return None };
        Some(types::without_opaque(written))
    }

    /// A statement that is never reached and says what the async block returns: a block's type cannot be written down,
    /// and without it `collect` would not know what to make, and a `Box<dyn Trait>` would not be one.
    fn expected_output(&self, output: &Type) -> TokenStream {
        if matches!(types::bare(output), Type::Never(_) | Type::Infer(_)) {
            return TokenStream::new();
        }
        let private = &self.private;
        // "The return type is inferred here", the compiler says of it.
        let written = match &self.output {
            ReturnType::Type(_, written) => written.span().resolved_at(Span::mixed_site()),
            ReturnType::Default => Span::mixed_site(),
        };
        quote_spanned! {written=>
            if false {
                return #private::never::<#output>();
            }
        }
    }
}

fn unraw(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}
