//! Words in errors: which are allowed, and which was meant.

/// The words in backquotes.
pub(crate) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The word that somebody who wrote `text` meant, between two `quote`s, if there is one near enough.
pub(crate) fn meant(text: &str, words: &[&str], quote: char) -> Option<String> {
    let (distance, word) = words.iter().map(|word| (distance(text, word), *word)).min()?;
    (distance <= text.len().max(word.len()) / 2).then(|| format!("{quote}{word}{quote}"))
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
