//! Text that is broken into lines.

use crate::face::{Faces, Style, Twips};

/// The text in lines that are no wider than `width`: broken between words, and within one that is wider by itself. No text: no lines.
pub(crate) fn wrapped(faces: &Faces, text: &str, style: Style, width: Twips) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in printable(text).split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if faces.width(&longer, style) <= width {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line = broken(faces, word, style, width, &mut lines);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The full lines of a word go to `lines`; what is left begins the next one.
fn broken(faces: &Faces, word: &str, style: Style, width: Twips, lines: &mut Vec<String>) -> String {
    let mut line = String::new();
    for character in word.chars() {
        line.push(character);
        if faces.width(&line, style) > width && line.chars().count() > 1 {
            line.pop();
            lines.push(std::mem::replace(&mut line, character.to_string()));
        }
    }
    line
}

/// The text without what is no character on paper; each kind of space is one.
fn printable(text: &str) -> String {
    let shown = |character: char| if character.is_whitespace() || character.is_control() { ' ' } else { character };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::BODY;

    #[test]
    fn nothing_is_wider_than_the_line_and_nothing_is_lost() {
        let faces = Faces::load().unwrap();
        let words = "A lamp whose name goes on and on Donaudampfschifffahrtsgesellschaftskapitänsmütze\u{7}end";
        for width in [1, 200, 700, 2000, 9000] {
            let lines = wrapped(&faces, words, BODY, width);
            let fits = |line: &String| faces.width(line, BODY) <= width || line.chars().count() == 1;
            assert!(lines.iter().all(fits), "{width} {lines:?}");
            let letters =
                |text: &str| text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(words), "{width}");
        }
        assert_eq!(wrapped(&faces, "two\twords\n", BODY, 9000), ["two words"]);
        assert_eq!(wrapped(&faces, " ", BODY, 9000), [""; 0]);
    }
}
