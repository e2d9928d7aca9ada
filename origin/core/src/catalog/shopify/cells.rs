//! Cells that a spreadsheet would take for a formula.
//!
//! On export a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return (OWASP, "CSV Injection") gets an apostrophe
//! in front, and so does one that begins with apostrophes before such a character; on import one apostrophe is taken away again.
//! So every text comes back as it was.

use std::borrow::Cow;

/// The cell as it is written to a file.
pub(super) fn escape(cell: &str) -> Cow<'_, str> {
    if looks_like_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The text that a cell of a file stands for.
pub(super) fn restore(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest) => rest.to_owned(),
        _ => cell,
    }
}

fn looks_like_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_disarmed_and_nothing_else() {
        for text in ["=1+1", "@a", "-5", "+1", "'=x", "\t=1", "\r=1"] {
            assert_eq!(escape(text), format!("'{text}"));
        }
        for text in ["", "a=1", "'", "'quoted'", " =1"] {
            assert_eq!(escape(text), text);
        }
        assert_eq!(restore("=1+1".to_owned()), "=1+1", "a file of another maker does not escape");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back(text in "['=+@a\t\r-]{0,6}\\PC{0,4}") {
            prop_assert_eq!(restore(escape(&text).into_owned()), text);
        }
    }
}
