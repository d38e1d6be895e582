//! No input makes the attributes panic: whatever stands in the source while somebody types.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::expand::{self, Opens};
use crate::steps;

const OPTIONS: [&str; 6] = [
    "",
    "name = \"a\", kind = \"b\", ret = false, capture = \"off\", crate = a::b",
    "skip(a, b), redact(c), debug(d), display(self), serialize(e), with(f = g::h, i = j)",
    "only(a, self), self = true",
    "__defaults(kind = \"x\", skip(a)), debug(a)",
    "with(a = ), = , (,), name(, \"",
];

const ITEMS: [&str; 6] = [
    "#[doc = \"x\"] pub(crate) async unsafe fn f<'a, T: A<B = C>, const N: usize>(mut self: Box<Self>, (a, mut b): (A, B), \
     #[cfg(x)] _: u8, c: impl D) -> Result<impl E, F<{ N }>> where T: 'a { #![allow(x)] body; return }",
    "fn f(&mut self, ref mut a: A, &b: &B, C { d, .. }: C) -> impl Future<Output = A> + Send { }",
    "extern \"C\" fn f(a: u8, ...) -> ! { loop {} }",
    "impl<T> A<{ 1 }> for B<T> where T: C { const D: u8 = { 1 }; #[xray::step(kind = \"e\")] fn f(&self) -> G<{ 2 }> { } \
     #[xray::skip] fn g() { } const fn h() { } fn i(); }",
    "mod a { use b::{c, d}; struct E { f: u8 } fn g() { } mod h { fn i() { } } macro_rules! j { () => { } } }",
    "trait A: B { type C; fn d(self) -> Self::C; async fn e() { } }",
];

/// A generator of numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// The tokens, some of them missing, twice, or something else, at every depth.
fn broken(tokens: TokenStream, numbers: &mut Numbers) -> TokenStream {
    let mut made = TokenStream::new();
    for token in tokens {
        let token = match token {
            TokenTree::Group(group) => {
                let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
                let delimiter = if numbers.below(20) == 0 { delimiters[numbers.below(4)] } else { group.delimiter() };
                TokenTree::Group(Group::new(delimiter, broken(group.stream(), numbers)))
            }
            other => other,
        };
        match numbers.below(24) {
            0 => {}
            1 => made.extend([token.clone(), token]),
            2 => made.extend([TokenTree::Punct(Punct::new(
                ['=', ',', ';', '<', '>', '#', '!', '&'][numbers.below(8)],
                Spacing::Alone,
            ))]),
            3 => made.extend([TokenTree::Ident(Ident::new(
                ["self", "fn", "mut", "crate", "x", "impl"][numbers.below(6)],
                Span::call_site(),
            ))]),
            _ => made.extend([token]),
        }
    }
    made
}

#[test]
fn broken_input_never_panics() {
    let parse = |text: &str| text.parse::<TokenStream>().unwrap_or_default();
    let mut numbers = Numbers(1);
    let mut expanded = 0;
    for round in 0..3000 {
        let item = parse(ITEMS[round % ITEMS.len()]);
        let options = parse(OPTIONS[numbers.below(OPTIONS.len())]);
        let (item, options) = match round / ITEMS.len() % 3 {
            0 => (broken(item, &mut numbers), options),
            1 => (item, broken(options, &mut numbers)),
            _ => (broken(item, &mut numbers), broken(options, &mut numbers)),
        };
        let made = expand::attribute(Opens::Step, options.clone(), item.clone());
        expanded += usize::from(made.to_string().contains("__XRAY_CALLSITE"));
        steps::attribute(options, item.clone());
        steps::attribute(TokenStream::new(), item);
    }
    assert!(expanded > 100, "only {expanded} were functions still");
}
