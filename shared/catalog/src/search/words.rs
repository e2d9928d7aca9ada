//! Texts as words.

use super::fold::fold;

/// A longer word is cut: nobody types it.
const MAX_WORD: usize = 32;

/// Words that say nothing of a product, where they stand beside others.
const STOP_WORDS: [&str; 22] = [
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "that", "the",
    "this", "to", "was", "with", "your",
];

/// The words of a text, folded: runs of letters and digits. An apostrophe within one is left out (`men's` is `mens`).
pub(crate) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut letters) = (Vec::new(), String::new(), 0);
    for letter in text.chars() {
        if letter.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&letter) {
            if letters < MAX_WORD {
                letters += 1;
                fold(letter, |letter| word.push(letter));
            }
        } else if !matches!(letter, '\'' | '\u{2019}') && !word.is_empty() {
            letters = 0;
            words.push(std::mem::take(&mut word));
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The words that a search is for: each once, without those that say nothing, unless there are no others.
pub(crate) fn wanted_words(text: &str, limit: usize) -> Vec<String> {
    let mut wanted: Vec<String> = Vec::new();
    for word in words(text) {
        if wanted.len() < limit && !wanted.contains(&word) {
            wanted.push(word);
        }
    }
    let telling: Vec<String> = wanted.iter().filter(|word| !STOP_WORDS.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { wanted } else { telling }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_what_is_no_letter() {
        assert_eq!(
            words("  Men's T-Shirt, 100% Bio-Baumwolle (größe XL)"),
            ["mens", "t", "shirt", "100", "bio", "baumwolle", "grosse", "xl"]
        );
        assert_eq!(words("..."), Vec::<String>::new());
        assert_eq!(words(&"x".repeat(100)), ["x".repeat(MAX_WORD)]);
    }

    #[test]
    fn words_that_say_nothing_are_left_out_beside_others() {
        assert_eq!(wanted_words("the lamp for the desk", 10), ["lamp", "desk"]);
        assert_eq!(wanted_words("The The", 10), ["the"]);
        assert_eq!(wanted_words("a b c d e", 3), ["b", "c"]);
    }
}
