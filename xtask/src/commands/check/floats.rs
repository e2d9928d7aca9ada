//! No floating point where money passes through.

use proc_macro2::{TokenStream, TokenTree};

use super::rules::{WITH_FLOATS, WITHOUT_FLOATS};
use super::sources::Source;

/// Every `f32` and `f64`, also as a literal's suffix and inside macros. Comments and strings may say the words.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let excepted = WITH_FLOATS.iter().any(|(path, _)| source.path == *path);
        if !excepted && WITHOUT_FLOATS.iter().any(|folder| source.path.starts_with(&format!("{folder}/"))) {
            let mut lines = Vec::new();
            scan(source.text.parse().unwrap_or_default(), !source.is_test(), &mut lines);
            let found = lines.iter().map(|line| format!("{}:{line}: floating point near money", source.path));
            violations.extend(found);
        }
    }
    violations
}

/// With `literals`, numbers such as `1.5` count too. Files of tests may have them: there they are JSON on its way out.
fn scan(tokens: TokenStream, literals: bool, lines: &mut Vec<usize>) {
    // `pair.0.1` is lexed as `pair` `.` `0.1`: after a single dot a number is the index of a field.
    let mut dots = 0;
    // What a deserializer does not take is listed to serde by the names of its methods.
    let mut names_only = false;
    for token in tokens {
        let line = token.span().start().line;
        let after_a_dot = dots == 1;
        dots = if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.') { dots + 1 } else { 0 };
        match token {
            TokenTree::Group(_) if names_only => names_only = false,
            TokenTree::Group(group) => scan(group.stream(), literals, lines),
            TokenTree::Ident(ident) if ident == "forward_to_deserialize_any" => names_only = true,
            TokenTree::Ident(ident) if ident == "f32" || ident == "f64" => lines.push(line),
            TokenTree::Literal(literal) if literals && !after_a_dot && is_float(&literal.to_string()) => {
                lines.push(line);
            }
            _ => {}
        }
    }
}

/// `1.5`, `1e3` and `1f64`, but not `0xf32`, `1u8` or a string.
fn is_float(literal: &str) -> bool {
    match syn::parse_str(literal) {
        Ok(syn::Lit::Float(_)) => true,
        Ok(syn::Lit::Int(number)) => matches!(number.suffix(), "f32" | "f64"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&[Source::parse("shared/domain/src/money.rs", text)]).len()
    }

    #[test]
    fn types_suffixes_literals_and_macros_are_found() {
        assert_eq!(found("fn a(x: f64) {}"), 1);
        assert_eq!(found("const A: Wide = 1f32;"), 1);
        assert_eq!(found("fn a() { let x = 0.5; for y in 0..1.5 {} }"), 2);
        assert_eq!(found("fn a() { assert_eq!(x as f64, y); }"), 1);
    }

    #[test]
    fn words_numbers_and_tuple_fields_are_not() {
        assert_eq!(
            found("// f64 is banned\nfn a() { let x = \"f64\"; let y = 0xf32; let z = pair.0.1; let w = 1_000; }"),
            0
        );
    }

    #[test]
    fn the_methods_that_a_deserializer_leaves_to_serde_are_names() {
        assert_eq!(found("forward_to_deserialize_any! { i128 f32 f64 }"), 0);
        assert_eq!(found("forward_to_deserialize_any! { f64 } fn a(x: f64) {}"), 1);
    }

    #[test]
    fn files_of_tests_may_have_numbers_but_not_types() {
        let found = |text| check(&[Source::parse("origin/http/tests/orders.rs", text)]).len();
        assert_eq!(found("fn a() { post(json!(64.81)); }"), 0);
        assert_eq!(found("fn a() { total as f64; }"), 1);
    }

    #[test]
    fn other_folders_may() {
        assert!(check(&[Source::parse("tests/load/src/lib.rs", "fn a(x: f64) {}")]).is_empty());
    }

    #[test]
    fn one_file_that_draws_may_and_its_neighbours_may_not() {
        assert!(check(&[Source::parse("origin/papers/src/pen.rs", "fn a(x: f32) {}")]).is_empty());
        assert_eq!(check(&[Source::parse("origin/papers/src/sums.rs", "fn a(x: f32) {}")]).len(), 1);
    }

    #[test]
    fn everything_that_is_shipped_is_looked_at() {
        for path in ["shared/aws/src/a.rs", "shared/auth/src/a.rs", "edge/core/src/a.rs", "edge/spin/src/a.rs"] {
            assert_eq!(check(&[Source::parse(path, "fn a(x: f64) {}")]).len(), 1, "{path}");
        }
    }
}
