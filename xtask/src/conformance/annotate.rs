//! Finding every function of a crate, and putting the attribute on them by inserting it, nothing else.
//!
//! The attribute goes in front of everything that belongs to a function, its doc comments included, on the line that
//! is there: the attribute sees all the others, and no line moves, so that the compiler's messages and the names of doc
//! tests before and after can be compared.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Signature};
use walkdir::WalkDir;

/// What is inserted.
pub(crate) const ATTRIBUTE: &str = "#[::xray::step] ";

/// A function that can take the attribute. Its place is in bytes of the source as it was.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) range: Range<usize>,
}

/// One source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the crate.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// In the order of the source.
    pub(crate) functions: Vec<Function>,
    /// `const fn`: refused by the attribute, and documented.
    pub(crate) constant: usize,
    /// `fn` in the bodies and arguments of macros, which are left alone.
    pub(crate) in_macros: usize,
}

/// A function of a crate: the place of its file among the sources, and its own in there.
pub(crate) type Id = (usize, usize);

/// Reads every source file below these folders of the crate.
pub(crate) fn read(root: &Path, folders: &BTreeSet<PathBuf>) -> anyhow::Result<Vec<Source>> {
    let mut paths = BTreeSet::new();
    for folder in folders {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry?;
            if entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "rs") {
                paths.insert(entry.into_path());
            }
        }
    }
    let mut sources = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let path = path.strip_prefix(root)?.to_owned();
        match Source::parse(path.clone(), text) {
            Ok(source) => sources.push(source),
            // Templates and pieces for `include!` are no files of their own.
            Err(error) => println!("   left as it is, since it is no whole source file: {}: {error}", path.display()),
        }
    }
    Ok(sources)
}

impl Source {
    pub(crate) fn parse(path: PathBuf, text: String) -> anyhow::Result<Self> {
        let offset = before_the_code(&text);
        let file = syn::parse_str::<syn::File>(&text[offset..]).map_err(|error| anyhow!("{error}"))?;
        let mut finder = Finder { offset, ..Finder::default() };
        finder.visit_file(&file);
        let Finder { mut functions, constant, in_macros, .. } = finder;
        functions.sort_by_key(|function| function.range.start);
        Ok(Self { path, text, functions, constant, in_macros })
    }

    /// The text with the attribute on all functions but those that `is_skipped`, and where each function is in it.
    pub(crate) fn annotated(&self, is_skipped: impl Fn(usize) -> bool) -> (String, Vec<Range<usize>>) {
        let insertions: Vec<usize> = self
            .functions
            .iter()
            .enumerate()
            .filter(|(place, _)| !is_skipped(*place))
            .map(|(_, function)| function.range.start)
            .collect();
        let mut text = String::with_capacity(self.text.len() + insertions.len() * ATTRIBUTE.len());
        let mut copied = 0;
        for &at in &insertions {
            text.push_str(&self.text[copied..at]);
            text.push_str(ATTRIBUTE);
            copied = at;
        }
        text.push_str(&self.text[copied..]);
        let moved = |at: usize| at + ATTRIBUTE.len() * insertions.partition_point(|&insertion| insertion < at);
        let ranges = self.functions.iter().map(|function| moved(function.range.start)..moved(function.range.end));
        let ranges = ranges.collect();
        (text, ranges)
    }
}

/// How many bytes of byte order mark and `#!/…` are in front of the code.
fn before_the_code(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let code = &text[mark..];
    let has_shebang = code.starts_with("#!") && !code[2..].trim_start().starts_with('[');
    mark + if has_shebang { code.find('\n').unwrap_or(code.len()) } else { 0 }
}

#[derive(Default)]
struct Finder {
    offset: usize,
    functions: Vec<Function>,
    constant: usize,
    in_macros: usize,
}

impl Finder {
    fn found(&mut self, attributes: &[Attribute], signature: &Signature, item: &impl ToTokens) {
        if attributes.iter().any(is_entry) {
            return;
        }
        if signature.constness.is_some() {
            self.constant += 1;
            return;
        }
        let mut tokens = item.to_token_stream().into_iter();
        let Some(first) = tokens.next() else { return };
        let last = tokens.last().unwrap_or_else(|| first.clone());
        let range = first.span().byte_range().start + self.offset..last.span().byte_range().end + self.offset;
        let line = signature.ident.span().start().line;
        self.functions.push(Function { name: signature.ident.to_string(), line, range });
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.found(&item.attrs, &item.sig, item);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.found(&item.attrs, &item.sig, item);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if item.default.is_some() {
            self.found(&item.attrs, &item.sig, item);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.in_macros += functions_in(item.tokens.clone());
    }
}

/// Counts what looks like a function with a name.
fn functions_in(tokens: TokenStream) -> usize {
    let mut count = 0;
    let mut follows_fn = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => count += functions_in(group.stream()),
            TokenTree::Ident(ident) if ident == "fn" => {
                follows_fn = true;
                continue;
            }
            TokenTree::Ident(_) if follows_fn => count += 1,
            TokenTree::Punct(punct) if follows_fn && punct.as_char() == '$' => count += 1,
            _ => {}
        }
        follows_fn = false;
    }
    count
}

/// Whether the compiler or the test harness calls the function, and wants it as it is.
fn is_entry(attribute: &Attribute) -> bool {
    const ENTRIES: [&str; 9] = [
        "test",
        "bench",
        "proc_macro",
        "proc_macro_derive",
        "proc_macro_attribute",
        "panic_handler",
        "test_case",
        "quickcheck",
        "rstest",
    ];
    attribute.path().segments.last().is_some_and(|last| ENTRIES.iter().any(|entry| last.ident == entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotated(text: &str) -> String {
        let source = Source::parse("lib.rs".into(), text.to_owned()).unwrap();
        source.annotated(|_| false).0.replace(ATTRIBUTE, "@")
    }

    #[test]
    fn every_function_with_a_body_but_const_ones_and_tests() {
        let text = "
            //! Ünïcode, to tell bytes from characters.
            /// Doc.
            #[inline] pub(crate) fn a() { fn nested() {} }
            impl S { #[cold] unsafe fn b(&self) {} const fn c() {} }
            trait T { fn without(); /** block */ fn with() {} }
            mod m { extern \"C\" fn d() {} }
            extern \"C\" { fn e(); }
            #[test] fn f() {}
            macro_rules! m { ($n:ident) => { fn g() {} fn $n() {} } }
        ";
        let expected = text
            .replace("/// Doc", "@/// Doc")
            .replace("fn nested", "@fn nested")
            .replace("#[cold]", "@#[cold]")
            .replace("/** block", "@/** block")
            .replace("extern \"C\" fn d", "@extern \"C\" fn d");
        assert_eq!(annotated(text), expected);
        let source = Source::parse("lib.rs".into(), text.to_owned()).unwrap();
        assert_eq!((source.constant, source.in_macros), (1, 2));
    }

    #[test]
    fn what_is_before_the_code_stays() {
        assert_eq!(annotated("\u{feff}#!/usr/bin/env run\nfn a() {}"), "\u{feff}#!/usr/bin/env run\n@fn a() {}");
        assert_eq!(annotated("#![no_std]\r\nfn a() {}"), "#![no_std]\r\n@fn a() {}");
    }

    #[test]
    fn ranges_are_those_of_the_annotated_text() {
        let source = Source::parse("lib.rs".into(), "fn a() { fn b() {} } fn c() {}".into()).unwrap();
        let (text, ranges) = source.annotated(|place| place == 1);
        let functions: Vec<&str> = ranges.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(functions, ["#[::xray::step] fn a() { fn b() {} }", "fn b() {}", "#[::xray::step] fn c() {}"]);
    }
}
