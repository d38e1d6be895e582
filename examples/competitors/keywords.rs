//! The words of a title that say what a film is about.

use serde::Serialize;

/// Words that every other title has.
const COMMON: [&str; 14] = ["a", "an", "and", "at", "by", "for", "from", "in", "it", "of", "on", "or", "the", "to"];

/// The keywords of one title, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Keywords {
    title: String,
    pub(crate) words: Vec<String>,
}

impl Keywords {
    pub(crate) fn of(title: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in split(title).filter(|word| word.len() > 1 && !COMMON.contains(&&**word)) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Self { title: title.to_owned(), words }
    }

    /// How many of them are words of that title.
    pub(crate) fn shared_with(&self, title: &str) -> usize {
        let words: Vec<String> = split(title).collect();
        self.words.iter().filter(|word| words.contains(word)).count()
    }
}

fn split(title: &str) -> impl Iterator<Item = String> {
    let words = title.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_what_is_special_about_a_title() {
        assert_eq!(Keywords::of("The Lord of the Rings: The Two Towers").words, ["lord", "rings", "two", "towers"]);
        assert_eq!(Keywords::of("Bad Boys, Bad Boys II").words, ["bad", "boys", "ii"]);
        assert_eq!(Keywords::of("It").words, [""; 0]);
    }

    #[test]
    fn whole_words_are_shared() {
        let keywords = Keywords::of("Batman Begins");
        assert_eq!(keywords.shared_with("BATMAN: The Batman who begins again"), 2);
        assert_eq!(keywords.shared_with("Catwoman, beginning"), 0);
    }
}
