//! Every Rust source of the repository, parsed once for all checks.

use std::path::{Path, PathBuf};

use crate::failure::{Outcome, While};
use crate::workspace::Workspace;

/// Folders of the repository that hold sources.
const ROOTS: [&str; 5] = ["shared", "edge", "origin", "tests", "xtask"];
/// Folders with what tools wrote.
const SKIPPED: [&str; 3] = ["target", "node_modules", "build"];

/// One source file.
pub(super) struct Source {
    /// Relative to the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) syntax: syn::File,
}

impl Source {
    /// Whether the whole file is test code, by the names that this repository uses: `tests/` beside `src/`, `tests.rs`,
    /// and files under a `tests` module's folder.
    pub(super) fn is_test(&self) -> bool {
        let inside = |folder: &str| self.path.split('/').skip(1).any(|part| part == folder);
        self.path.ends_with("tests.rs") || inside("tests")
    }

    #[cfg(test)]
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let syntax = syn::parse_file(text).expect("the test's source should parse");
        Self { path: path.to_owned(), text: text.to_owned(), syntax }
    }
}

/// # Errors
/// A file cannot be read, or is not Rust.
pub(super) fn load(workspace: &Workspace) -> Outcome<Vec<Source>> {
    paths(workspace)?.iter().map(|file| read(workspace.root(), file)).collect()
}

/// Whether there is an example in a comment for `cargo test --doc` to run.
///
/// # Errors
/// A file cannot be read.
pub(super) fn have_example(workspace: &Workspace) -> Outcome<bool> {
    for file in paths(workspace)? {
        if has_example(&std::fs::read_to_string(&file).during(file.display())?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_example(text: &str) -> bool {
    let in_docs = |line: &str| {
        let comment = line.trim_start();
        let comment = comment.strip_prefix("///").or_else(|| comment.strip_prefix("//!"));
        comment.is_some_and(|text| text.trim_start().starts_with("```"))
    };
    text.lines().any(in_docs)
}

fn paths(workspace: &Workspace) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for root in ROOTS {
        collect(&workspace.path(root), &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in std::fs::read_dir(folder).during(folder.display())? {
        let path = entry.during(folder.display())?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !SKIPPED.contains(&name) && !name.starts_with('.') {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(root: &Path, file: &Path) -> Outcome<Source> {
    let path = file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(file).during(&path)?;
    let syntax = syn::parse_file(&text).during(&path)?;
    Ok(Source { path, text, syntax })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_known_by_its_fence() {
        assert!(has_example("/// Adds.\n///\n///  ```\n/// a();\n/// ```\nfn a() {}"));
        assert!(has_example("//! ```text\n//! a\n//! ```\n"));
        assert!(!has_example("/// Says `a`.\nfn a() {}\n// ```\n"));
    }

    #[test]
    fn test_code_is_known_by_its_place() {
        for path in ["shared/domain/tests/money.rs", "shared/domain/src/money/tests.rs", "tests/e2e/tests/race.rs"] {
            assert!(Source::parse(path, "").is_test(), "{path}");
        }
        for path in ["tests/spin-host/src/main.rs", "shared/domain/src/money.rs"] {
            assert!(!Source::parse(path, "").is_test(), "{path}");
        }
    }
}
