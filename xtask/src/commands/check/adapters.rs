//! The length of the edge adapters.

use syn::spanned::Spanned;

use super::rules::{ADAPTER_LIMIT, ADAPTERS};
use super::sources::Source;

/// Prints each adapter's lines without tests, and reports those over the limit.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for adapter in ADAPTERS {
        let folder = format!("{adapter}/src/");
        let own = sources.iter().filter(|source| source.path.starts_with(&folder) && !source.is_test());
        let lines: usize = own.map(lines_without_tests).sum();
        println!("  {adapter}: {lines} lines without tests (limit {ADAPTER_LIMIT})");
        if lines > ADAPTER_LIMIT {
            violations.push(format!("{adapter}: {lines} lines: what is more than translation belongs in edge-core"));
        }
    }
    violations
}

/// All lines, comments and blank ones included, except items under `#[cfg(test)]`.
fn lines_without_tests(source: &Source) -> usize {
    let tests: usize = source.syntax.items.iter().filter(|item| is_test(item)).map(lines).sum();
    source.text.lines().count() - tests
}

fn lines(item: &syn::Item) -> usize {
    let span = item.span();
    span.end().line - span.start().line + 1
}

fn is_test(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_modules_do_not_count() {
        let source =
            Source::parse("edge/spin/src/lib.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n");
        assert_eq!(lines_without_tests(&source), 2);
    }

    #[test]
    fn an_adapter_over_the_limit_is_found_over_all_its_files() {
        let half = "// line\n".repeat(ADAPTER_LIMIT / 2 + 1);
        let sources = ["edge/spin/src/lib.rs", "edge/spin/src/kv.rs"].map(|path| Source::parse(path, &half));
        assert_eq!(check(&sources).len(), 1);
        assert_eq!(check(&sources[..1]), Vec::<String>::new());
    }
}
