//! What the attribute makes of a function.
//!
//! ```text
//! fn name(a: A, mut b: B) -> R {                  async fn name(a: A, mut b: B) -> R {
//!     static CALLSITE = …;                            static CALLSITE = …;
//!     let call = enter(|record| capture &a, &b);      enter(|record| capture &a, &b)
//!     let returned: R = call(move || -> R {               .run(async move { let mut b = b; BODY },
//!         let a = a;                                           |returned, step| step.leave(…))
//!         let mut b = b;                                  .await
//!         BODY                                        }
//!     });
//!     call.leave(…, |record| capture &returned);
//!     returned
//! }
//! ```
//!
//! Names of ours have the macro's hygiene, paths begin at the crate, nothing relies on a prelude. What can be ordinary
//! code is in the runtime's `__private`: an expansion is compiled once for every function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Error, ReturnType, Type};

use crate::function::Function;
use crate::options::{Capture, Options};
use crate::parameters::{self, Parameter};

/// What the attribute opens.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Opens {
    Step,
    Run,
}

/// Expands the attribute. Where that fails, the item stays as it was beside the error, so that nothing else that names
/// it fails, too.
pub(crate) fn attribute(opens: Opens, options: TokenStream, item: TokenStream) -> TokenStream {
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
    } else if function.has_attribute("track_caller") {
        expansion.guarded()
    } else {
        expansion.synchronous()
    };
    let Function { attributes, visibility, defaultness, signature, inner_attributes, .. } = &function;
    let callsite = expansion.callsite();
    Ok(quote! {
        #(#attributes)*
        #visibility #defaultness #signature {
            #inner_attributes
            #callsite
            #body
        }
    })
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
        let kind = self.options.kind.as_ref().map_or_else(String::new, syn::LitStr::value);
        let arguments = self.parameters.iter().filter_map(Parameter::captured_name);
        let opens_run = self.opens == Opens::Run;
        let level = match self.options.capture {
            None => quote!(::core::option::Option::None),
            Some(Capture::Off) => quote!(#private::Some(#private::Level::Off)),
            Some(Capture::Metrics) => quote!(#private::Some(#private::Level::Metrics)),
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
                },
                #opens_run,
                #level,
            );
        }
    }

    /// The closure that captures the arguments.
    fn capture_arguments(&self) -> TokenStream {
        let record = Ident::new("__xray_record", Span::mixed_site());
        let captures: Vec<_> = self.parameters.iter().filter_map(|parameter| parameter.capture(&record)).collect();
        if captures.is_empty() {
            return quote!(|_| {});
        }
        let private = &self.private;
        quote! {
            |#record| {
                #[allow(unused_imports)]
                use #private::ladder::*;
                #(#captures)*
            }
        }
    }

    /// Leaves `step` with what is in `returned`, a reference.
    fn leave(&self, step: &Ident, returned: &Ident) -> TokenStream {
        let private = &self.private;
        let [record, parts, value, error] =
            ["record", "parts", "value", "error"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()));
        let capture_value = if self.options.no_return {
            TokenStream::new()
        } else {
            quote! {
                if let #private::Some(#value) = #parts.value {
                    (&&&&&Value(#value)).xray_capture(#record);
                }
            }
        };
        quote! {
            {
                #[allow(unused_imports)]
                use #private::ladder::*;
                let #parts = (&&Returned(#returned)).xray_parts();
                #step.leave(#parts.outcome(), |#record| {
                    #capture_value
                    if let #private::Some(#error) = #parts.error {
                        (&&&&&&&Message(#error)).xray_message(#record);
                        (&&&&&Value(#error)).xray_capture(#record);
                    }
                });
            }
        }
    }

    fn synchronous(&self) -> TokenStream {
        let private = &self.private;
        let [call, returned] =
            ["call", "returned"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()));
        let capture = self.capture_arguments();
        let bindings = self.parameters.iter().map(Parameter::bind);
        let body = self.body();
        let output = self.written_output();
        let arrow = output.as_ref().map(|output| quote!(-> #output));
        let enter = quote!(let #call = #private::Call::enter(&__XRAY_CALLSITE, #capture););
        let run = quote!(#private::call(move || #arrow { #(#bindings)* #body }));
        if matches!(output, Some(Type::Never(_))) {
            // It does not come back; the guard sees it go.
            return quote!(#enter #run);
        }
        let leave = self.leave(&call, &Ident::new("__xray_borrowed", Span::mixed_site()));
        let borrowed = Ident::new("__xray_borrowed", Span::mixed_site());
        let annotation = output.unwrap_or_else(|| syn::parse_quote!(()));
        quote! {
            #enter
            let #returned: #annotation = #run;
            {
                let #borrowed = &#returned;
                #leave
            }
            #returned
        }
    }

    /// Without a closure around the body, for a function that wants to know its caller: the result cannot be seen.
    fn guarded(&self) -> TokenStream {
        let private = &self.private;
        let call = Ident::new("__xray_call", Span::mixed_site());
        let capture = self.capture_arguments();
        let bindings = self.parameters.iter().map(Parameter::bind);
        let body = self.function.body.stream();
        quote! {
            let #call = #private::Call::enter(&__XRAY_CALLSITE, #capture);
            #(#bindings)*
            #body
        }
    }

    fn asynchronous(&self) -> TokenStream {
        let private = &self.private;
        let [step, returned] =
            ["step", "returned"].map(|name| Ident::new(&format!("__xray_{name}"), Span::mixed_site()));
        let capture = self.capture_arguments();
        let bindings = parameters::bind_async(&self.parameters, &self.function.body.stream());
        let body = self.body();
        let leave = self.leave(&step, &returned);
        let output = self.written_output().unwrap_or_else(|| syn::parse_quote!(()));
        let expected = Self::expected_output(&output);
        let enter = quote!(#private::AsyncCall::enter(&__XRAY_CALLSITE, #capture));
        let body = quote!(async move { #bindings #expected #body });
        if matches!(output, Type::Never(_)) {
            // It does not come back: it is cancelled or panics, if anything.
            return quote!(#enter.run(#body, |_, _| {}).await);
        }
        quote! {
            #enter.run(#body, |#returned: &#output, #step| #leave).await
        }
    }

    fn body(&self) -> TokenStream {
        // Without braces of its own: the last expression's temporaries live as long as they do in a function.
        self.function.body.stream()
    }

    /// The return type, where one is written, with `_` for each `impl Trait`.
    fn written_output(&self) -> Option<Type> {
        let ReturnType::Type(_, written) = &self.output else { return None };
        let mut written = (**written).clone();
        Opaque.visit_type_mut(&mut written);
        Some(written)
    }

    /// A statement that is never reached and says what the async block returns: a block's type cannot be written down,
    /// and without it `collect` would not know what to make, and a `Box<dyn Trait>` would not be one.
    fn expected_output(output: &Type) -> TokenStream {
        if matches!(output, Type::Never(_) | Type::Infer(_)) {
            return TokenStream::new();
        }
        let expected = Ident::new("__xray_expected", Span::mixed_site());
        quote_spanned! {Span::mixed_site()=>
            #[allow(unreachable_code, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            if false {
                let #expected: #output = loop {};
                return #expected;
            }
        }
    }
}

/// Replaces each `impl Trait` by `_`.
struct Opaque;

impl VisitMut for Opaque {
    fn visit_type_mut(&mut self, node: &mut Type) {
        if matches!(node, Type::ImplTrait(_)) {
            *node = syn::parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, node);
        }
    }
}

fn unraw(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}
