//! The length of the edge adapters.

use std::path::Path;

use syn::spanned::Spanned;

use super::rules::{ADAPTER_LIMIT, ADAPTERS, SCRIPT_LIMIT};
use super::sources::Source;
use crate::failure::{Outcome, While};
use crate::workspace::Workspace;

/// A JavaScript file of an adapter.
pub(super) struct Script {
    /// Relative to the repository.
    path: String,
    lines: usize,
}

/// The JavaScript beside the adapters' Rust.
///
/// # Errors
/// A file cannot be read.
pub(super) fn scripts(workspace: &Workspace) -> Outcome<Vec<Script>> {
    let mut scripts = Vec::new();
    for adapter in ADAPTERS {
        let folder = Path::new(adapter).join("src");
        for entry in std::fs::read_dir(workspace.path(&folder)).during(folder.display())? {
            let path = entry.during(folder.display())?.path();
            if path.extension().is_some_and(|extension| extension == "js" || extension == "mjs") {
                let lines = std::fs::read_to_string(&path).during(path.display())?.lines().count();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                scripts.push(Script { path: format!("{adapter}/src/{name}"), lines });
            }
        }
    }
    Ok(scripts)
}

/// Prints each adapter's lines without tests, and reports those over the limits.
pub(super) fn check(sources: &[Source], scripts: &[Script]) -> Vec<String> {
    let mut violations = Vec::new();
    for adapter in ADAPTERS {
        let folder = format!("{adapter}/src/");
        let own = sources.iter().filter(|source| source.path.starts_with(&folder) && !source.is_test());
        let rust: usize = own.map(lines_without_tests).sum();
        let script: usize =
            scripts.iter().filter(|script| script.path.starts_with(&folder)).map(|script| script.lines).sum();
        let scripted =
            if script > 0 { format!(", {script} of JavaScript (limit {SCRIPT_LIMIT})") } else { String::new() };
        println!("  {adapter}: {rust} lines of Rust without tests (limit {ADAPTER_LIMIT}){scripted}");
        for (lines, limit, language) in [(rust, ADAPTER_LIMIT, "Rust"), (script, SCRIPT_LIMIT, "JavaScript")] {
            if lines > limit {
                violations.push(format!(
                    "{adapter}: {lines} lines of {language}: what is more than translation belongs in edge-core"
                ));
            }
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
        assert_eq!(check(&sources, &[]).len(), 1);
        assert_eq!(check(&sources[..1], &[]), Vec::<String>::new());
    }

    #[test]
    fn javascript_has_a_limit_of_its_own() {
        let script = |lines| Script { path: "edge/cloudflare/src/glue.js".to_owned(), lines };
        assert_eq!(check(&[], &[script(SCRIPT_LIMIT)]), Vec::<String>::new());
        let found = check(&[], &[script(SCRIPT_LIMIT), script(1)]);
        assert!(found.len() == 1 && found[0].contains("101 lines of JavaScript"), "{found:?}");
    }

    #[test]
    fn the_workers_javascript_is_found() {
        let workspace = Workspace::find().expect("the sources should be where xtask was compiled");
        let found = scripts(&workspace).expect("the folders can be read");
        assert!(found.iter().any(|script| script.path == "edge/cloudflare/src/glue.js" && script.lines > 0));
    }
}
