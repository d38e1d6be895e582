//! Source text as one would write it, from tokens: what is shown of conditions and patterns.
//!
//! Blanks are set by the tokens before and after; literals are as they are written.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Words after which an operand follows, as after an operator.
const BEFORE_OPERANDS: [&str; 14] =
    ["as", "box", "break", "dyn", "else", "if", "impl", "in", "let", "match", "move", "mut", "ref", "return"];

/// What the last token asks of the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// An operand follows; nothing is between.
    Nothing,
    /// An operand follows, after a blank.
    Blank,
    /// A word or a literal has ended.
    Word,
    /// Something that can be called, or looked into, has ended: what it is called with follows without a blank.
    Operand,
}

/// Tokens as one would write them.
pub(crate) fn readable(tokens: TokenStream) -> String {
    let mut printer = Printer { text: String::new(), after: After::Nothing, closures: 0, generics: 0 };
    printer.tokens(tokens);
    printer.text
}

struct Printer {
    text: String,
    after: After,
    /// Lists of closures' arguments that are open.
    closures: u32,
    /// Lists of generic arguments that are open.
    generics: u32,
}

impl Printer {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut operator = String::new();
        for token in tokens {
            match token {
                TokenTree::Punct(punct) => {
                    operator.push(punct.as_char());
                    // A lifetime's mark belongs to its name.
                    if punct.spacing() == Spacing::Alone || punct.as_char() == '\'' {
                        self.operator(&std::mem::take(&mut operator));
                    }
                }
                TokenTree::Ident(ident) => {
                    let word = ident.to_string();
                    self.word(&word);
                    self.after = if BEFORE_OPERANDS.contains(&&*word) { After::Blank } else { After::Operand };
                }
                TokenTree::Literal(literal) => {
                    self.word(&literal.to_string());
                    self.after = After::Word;
                }
                TokenTree::Group(group) => self.group(group.delimiter(), group.stream()),
            }
        }
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn word(&mut self, word: &str) {
        if self.after != After::Nothing {
            self.blank();
        }
        self.text.push_str(word);
    }

    fn group(&mut self, delimiter: Delimiter, tokens: TokenStream) {
        let (open, close) = match delimiter {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace if tokens.is_empty() => ("{", "}"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => return self.tokens(tokens),
        };
        let is_called = self.after == After::Operand && delimiter != Delimiter::Brace;
        if !is_called && self.after != After::Nothing {
            self.blank();
        }
        self.text.push_str(open);
        self.after = After::Nothing;
        let outer = (std::mem::take(&mut self.closures), std::mem::take(&mut self.generics));
        self.tokens(tokens);
        (self.closures, self.generics) = outer;
        self.text.push_str(close);
        self.after = After::Operand;
    }

    fn operator(&mut self, operator: &str) {
        let awaits_operand = matches!(self.after, After::Nothing | After::Blank);
        match operator {
            "." | "::" if !awaits_operand => self.joined(operator, After::Nothing),
            "?" => self.joined(operator, After::Operand),
            "," | ";" | ":" => self.joined(operator, After::Blank),
            ".." | "..=" => match awaits_operand {
                true => self.prefix(operator),
                false => self.joined(operator, After::Nothing),
            },
            // A macro's name, or a negation.
            "!" if !awaits_operand => self.joined(operator, After::Operand),
            "<" if self.text.ends_with("::") => {
                self.generics += 1;
                self.joined(operator, After::Nothing);
            }
            "<" if self.generics > 0 => {
                self.generics += 1;
                self.joined(operator, After::Nothing);
            }
            "<" if awaits_operand => {
                self.generics += 1;
                self.prefix(operator);
            }
            ">" if self.generics > 0 => {
                self.generics -= 1;
                self.joined(operator, After::Operand);
            }
            "|" if self.closures > 0 => {
                self.closures -= 1;
                self.joined(operator, After::Blank);
            }
            "|" if awaits_operand => {
                self.closures += 1;
                self.prefix(operator);
            }
            "||" if awaits_operand => {
                self.prefix(operator);
                self.after = After::Blank;
            }
            "-" | "*" | "&" | "&&" | "!" | "'" | "::" | "#" if awaits_operand => self.prefix(operator),
            "'" => self.prefix(operator),
            _ => {
                self.blank();
                self.joined(operator, After::Blank);
            }
        }
    }

    /// Without a blank before it.
    fn joined(&mut self, operator: &str, after: After) {
        self.text.push_str(operator);
        self.after = after;
    }

    /// Before an operand, without a blank between.
    fn prefix(&mut self, operator: &str) {
        if self.after != After::Nothing {
            self.blank();
        }
        self.joined(operator, After::Nothing);
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    #[test]
    fn expressions_are_as_they_were_written() {
        for text in [
            "film.rating >= limits.rating",
            "film.rating > -1.0",
            "a - -b * *c",
            "!seen.contains(&film.id)",
            "!(a != b) && !c",
            "*text == *owned.as_str()",
            "names[..2] == names[1..]",
            "names[1..=2].len() == other[..].len()",
            "a || b && (c || !d)",
            "matches!(film.genre, Some(Genre::Drama | Genre::Noir))",
            "films.iter().any(|film| film.votes > 1)",
            "films.iter().map(|(a, b)| a + b).sum::<u32>() > 3",
            "items.iter().collect::<Vec<_>>() == [1, 2]",
            "std::iter::once(1).all(|_| true)",
            "run(|| 3) == 3",
            "threshold(rating).await? > 7.0",
            "title == \"a  , b ( c ) . d\"",
            "letter == ' ' || letter == '\\''",
            "price as f64 * 0.5 < budget",
            "if a { b } else { c } == d",
            "match x { Some(y) => y, None => return false } > 3",
            "Limits { rating: 3, ..Limits::default() } == limits",
            "&a == &&mut b",
            "tuple.0.1 == (1, 2)",
            "move |film: &Film| -> bool { film.id == 3 }",
            "vec![1, 2].len() == 2",
            "<Film as Item>::KEY == key",
        ] {
            let expression: syn::Expr = syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(readable(expression.to_token_stream()), text);
        }
    }

    #[test]
    fn patterns_are_as_they_were_written() {
        use syn::parse::Parser as _;
        for text in ["(a, b)", "&x", "mut x", "Wish { rating, .. }", "[first, .., last]", "Some(ref x)", "(_, r#type)"]
        {
            let pattern = syn::Pat::parse_single.parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(readable(pattern.to_token_stream()), text);
        }
    }
}
