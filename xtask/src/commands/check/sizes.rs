//! Long files and long functions.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::rules::{FILE_LIMIT, FILE_NOTE, FUNCTION_LIMIT, FUNCTION_NOTE, LONG_FILES, LONG_FUNCTIONS};
use super::sources::Source;

struct Function {
    name: String,
    lines: usize,
}

/// Breaches of the hard limits; what is merely long is counted, and listed if `verbose`.
pub(super) fn check(sources: &[Source], verbose: bool) -> Vec<String> {
    let mut violations = Vec::new();
    let mut notes = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        let excused = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        sort(
            lines,
            (FILE_NOTE, FILE_LIMIT),
            excused,
            || format!("{}: {lines} lines", source.path),
            &mut notes,
            &mut violations,
        );
        for Function { name, lines } in functions(source) {
            let name = format!("{}::{name}", source.path);
            let excused = LONG_FUNCTIONS.iter().any(|(path, _)| *path == name);
            sort(
                lines,
                (FUNCTION_NOTE, FUNCTION_LIMIT),
                excused,
                || format!("{name}: {lines} lines"),
                &mut notes,
                &mut violations,
            );
        }
    }
    if verbose {
        for note in &notes {
            println!("  note: {note}");
        }
    }
    println!("  {} files over {FILE_NOTE} lines or functions over {FUNCTION_NOTE} (list: --verbose)", notes.len());
    violations
}

fn sort(
    lines: usize,
    (note, limit): (usize, usize),
    excused: bool,
    text: impl FnOnce() -> String,
    notes: &mut Vec<String>,
    violations: &mut Vec<String>,
) {
    if lines > limit && !excused {
        violations.push(format!("{} (limit {limit}): give a part of it its own name", text()));
    } else if lines > note {
        notes.push(text());
    }
}

fn functions(source: &Source) -> Vec<Function> {
    let mut finder = Finder(Vec::new());
    finder.visit_file(&source.syntax);
    finder.0
}

struct Finder(Vec<Function>);

impl Finder {
    /// From the signature to the closing brace: documentation does not make a function long.
    fn push(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let lines = block.span().end().line.saturating_sub(signature.span().start().line) + 1;
        self.0.push(Function { name: signature.ident.to_string(), lines });
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.push(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.push(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.push(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("/// Doc.\nfn long() {{\n{}}}\n", "    call();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_at_the_limit_passes_and_one_line_more_fails() {
        let at = Source::parse("a.rs", &function(FUNCTION_LIMIT));
        let over = Source::parse("b.rs", &function(FUNCTION_LIMIT + 1));
        let found = check(&[at, over], false);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("b.rs::long: 81 lines"), "{found:?}");
    }

    #[test]
    fn methods_and_defaults_of_traits_count_too() {
        let body = "call();\n".repeat(FUNCTION_LIMIT);
        let text = format!("impl A {{ fn one() {{\n{body}}} }}\ntrait B {{ fn two() {{\n{body}}} }}\n");
        assert_eq!(check(&[Source::parse("a.rs", &text)], false).len(), 2);
    }

    #[test]
    fn a_file_over_the_limit_fails() {
        let found = check(&[Source::parse("a.rs", &"// line\n".repeat(FILE_LIMIT + 1))], false);
        assert_eq!(found.len(), 1);
    }
}
