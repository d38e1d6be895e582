//! `keep!(key; condition)` and `score!(key; expression)`: an expression that says why.
//!
//! ```text
//! keep!(k; a >= b && c)
//!
//! match (&(a), &(b)) { (l0, r0) => {              temporaries live to the end, as they do in the plain expression
//!     let holds0 = *l0 >= *r0;
//!     let check0 = |check| { check.operand("a", l0); … };
//!     if holds0 {                                 short-circuits as written
//!         let holds1 = c;
//!         let check1 = …;
//!         report(&k, holds1, [check0, check1])    the innermost that is reached reports
//!         holds1
//!     } else {
//!         report(&k, false, [check0])
//!         false
//!     }
//! } }
//! ```
//!
//! Each operand is evaluated once, where the plain expression evaluates it, and before anything is written: while a
//! fact is written the thread records nothing else.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{BinOp, Error, Expr, ExprBinary, Path, Result, Token, UnOp};

use crate::ladder;
use crate::source::readable;

/// `key; expression`, after the path of the crate if that is not `::xray`.
pub(crate) struct Input {
    krate: Option<Path>,
    key: Expr,
    expression: Expr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut krate = None;
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            krate = Some(input.call(Path::parse_mod_style)?);
            input.parse::<Token![;]>()?;
        }
        let key = input.parse()?;
        if !input.peek(Token![;]) {
            let message =
                "expected the item's key, a semicolon and an expression: `keep!(movie.id; movie.rating > 7.0)`";
            return Err(Error::new(input.span(), message));
        }
        input.parse::<Token![;]>()?;
        if input.is_empty() {
            return Err(Error::new(input.span(), "expected an expression after the key"));
        }
        let expression = input.parse()?;
        if !input.is_empty() {
            return Err(Error::new(input.span(), "expected nothing after the expression"));
        }
        Ok(Self { krate, key, expression })
    }
}

impl Input {
    fn private(&self) -> TokenStream {
        match &self.krate {
            Some(krate) => quote!(#krate::__private),
            None => quote!(::xray::__private),
        }
    }

    /// Without xray: the expression alone.
    pub(crate) fn plain(&self) -> TokenStream {
        let expression = &self.expression;
        quote!((#expression))
    }

    pub(crate) fn keep(&self) -> TokenStream {
        let mut conjuncts = Vec::new();
        collect(&self.expression, &mut conjuncts);
        let expansion = Keep { private: self.private(), key: &self.key, conjuncts: &conjuncts };
        expansion.from(0)
    }

    pub(crate) fn score(&self) -> TokenStream {
        let private = self.private();
        let Self { key, expression, .. } = self;
        let text = source(expression);
        let [score, fact] = ["score", "fact"].map(named);
        let observed = quote!(#private::observe::Score);
        let capture_key = ladder::capture(&private, quote!(&(#key)), quote!(#observed::key(&mut #fact)));
        let capture_score = ladder::capture(&private, quote!(&#score), quote!(#observed::score(&mut #fact, #text)));
        quote! {
            match #expression {
                #score => {
                    if let #private::Some(mut #fact) = #private::observe::Score::begin() {
                        use #private::ladder::*;
                        #capture_key;
                        #capture_score;
                        #fact.end();
                    }
                    #score
                }
            }
        }
    }
}

/// The conditions of which all must hold, in order.
fn collect<'a>(expression: &'a Expr, conjuncts: &mut Vec<&'a Expr>) {
    match bare(expression) {
        Expr::Binary(ExprBinary { left, op: BinOp::And(_), right, attrs }) if attrs.is_empty() => {
            collect(left, conjuncts);
            collect(right, conjuncts);
        }
        other => conjuncts.push(other),
    }
}

fn bare(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(paren) if paren.attrs.is_empty() => bare(&paren.expr),
        Expr::Group(group) if group.attrs.is_empty() => bare(&group.expr),
        other => other,
    }
}

struct Keep<'a> {
    private: TokenStream,
    key: &'a Expr,
    conjuncts: &'a [&'a Expr],
}

/// How a condition is evaluated: operands by reference, from which it is put together.
struct Condition {
    /// Bound to names, in the order of evaluation.
    operands: Vec<(Ident, Expr)>,
    value: TokenStream,
}

impl Keep<'_> {
    /// The value of the conditions from this one on, reported where it is known.
    fn from(&self, place: usize) -> TokenStream {
        let condition = self.conjuncts[place];
        let Condition { operands, value } = condition_of(condition, place);
        let (holds, check) = (named(&format!("holds{place}")), named(&format!("check{place}")));
        let into = named("into");
        let private = &self.private;
        let text = source(condition);
        let names = operands.iter().filter(|(_, operand)| !is_literal(operand));
        let written = names.map(|(name, operand)| {
            let text = source(operand);
            let capture = ladder::capture(private, name, quote!(#into.operand(#text)));
            quote!(#capture;)
        });
        let reported = self.report(place);
        let rest = if place + 1 < self.conjuncts.len() {
            let rest = self.from(place + 1);
            quote!(if #holds { #rest } else { #reported false })
        } else {
            quote!(#reported #holds)
        };
        let evaluated = quote! {
            let #holds: bool = #value;
            let #check = |#into: &mut #private::observe::Check| {
                use #private::ladder::*;
                #into.begin(#text);
                #(#written)*
                #into.end(#holds);
            };
            #rest
        };
        if operands.is_empty() {
            return quote!({ #evaluated });
        }
        let (names, expressions): (Vec<_>, Vec<_>) = operands.iter().map(|(name, operand)| (name, operand)).unzip();
        quote! {
            match (#(&(#expressions),)*) {
                (#(#names,)*) => { #evaluated }
            }
        }
    }

    /// Writes what was evaluated up to this condition.
    fn report(&self, place: usize) -> TokenStream {
        let private = &self.private;
        let key = self.key;
        let (holds, into) = (named(&format!("holds{place}")), named("into"));
        let capture_key = ladder::capture(private, quote!(&(#key)), quote!(#private::observe::Check::key(&mut #into)));
        let checks = (0..=place).map(|place| named(&format!("check{place}")));
        quote! {
            if let #private::Some(mut #into) = #private::observe::Check::start() {
                use #private::ladder::*;
                #capture_key;
                #private::observe::Check::verdict(&mut #into, #holds);
                #(#checks(&mut #into);)*
                #into.finish();
            }
        }
    }
}

/// A name that is not the user's, whatever they call things.
fn named(name: &str) -> Ident {
    Ident::new(&format!("__xray_{name}"), Span::mixed_site())
}

fn condition_of(expression: &Expr, place: usize) -> Condition {
    match bare(expression) {
        Expr::Binary(ExprBinary { left, op, right, .. }) if is_comparison(op) => {
            let (l, r) = (named(&format!("left{place}")), named(&format!("right{place}")));
            Condition { value: quote!(*#l #op *#r), operands: vec![(l, (**left).clone()), (r, (**right).clone())] }
        }
        Expr::Unary(syn::ExprUnary { op: UnOp::Not(_), expr, .. }) => {
            let Condition { operands, value } = condition_of(expr, place);
            Condition { operands, value: quote!(!(#value)) }
        }
        other => Condition { operands: Vec::new(), value: quote!(#other) },
    }
}

fn is_comparison(op: &BinOp) -> bool {
    matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_))
}

/// Says nothing that the condition's text does not.
fn is_literal(expression: &Expr) -> bool {
    match bare(expression) {
        Expr::Lit(_) => true,
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_)) && is_literal(&unary.expr),
        _ => false,
    }
}

/// The expression as one would write it.
fn source(expression: &Expr) -> String {
    readable(quote!(#expression))
}
