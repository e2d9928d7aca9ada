//! Dependencies that a manifest declares and no source names.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{Metadata, TargetKind};
use proc_macro2::{TokenStream, TokenTree};

use super::rules::UNNAMED;
use super::sources::Source;

/// A crate of this workspace.
pub(super) struct Package {
    name: String,
    /// Relative to the repository.
    folder: String,
    /// The crates that its manifest declares, for any purpose: as the manifest names them, and as sources do.
    dependencies: Vec<(String, String)>,
}

pub(super) fn packages(root: &Path, metadata: &Metadata) -> Vec<Package> {
    let packages = metadata.workspace_packages().into_iter().map(|package| {
        let folder = package.manifest_path.parent().map_or(root, |folder| folder.as_std_path());
        let dependencies = package.dependencies.iter().map(|dependency| {
            let name = dependency.rename.clone().unwrap_or_else(|| library(metadata, &dependency.name));
            (dependency.name.clone(), name.replace('-', "_"))
        });
        Package {
            name: package.name.to_string(),
            folder: folder.strip_prefix(root).unwrap_or(folder).to_string_lossy().replace('\\', "/"),
            dependencies: dependencies.collect(),
        }
    });
    packages.collect()
}

/// What a package calls its library, which is nearly always its own name.
fn library(metadata: &Metadata, package: &str) -> String {
    let kinds = [TargetKind::Lib, TargetKind::RLib, TargetKind::ProcMacro];
    let targets = metadata.packages.iter().filter(|other| other.name == package).flat_map(|other| &other.targets);
    let library = targets.into_iter().find(|target| target.kind.iter().any(|kind| kinds.contains(kind)));
    library.map_or_else(|| package.to_owned(), |target| target.name.clone())
}

/// One line for each dependency that could go.
pub(super) fn check(packages: &[Package], sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for package in packages {
        let mut named = BTreeSet::new();
        for source in sources.iter().filter(|source| owner(packages, &source.path) == Some(&package.name)) {
            collect(source.text.parse().unwrap_or_default(), &mut named);
        }
        for (dependency, name) in &package.dependencies {
            let excused = UNNAMED.iter().any(|(owner, unnamed, _)| *owner == package.name && unnamed == dependency);
            if !excused && !named.contains(name) {
                violations.push(format!("{}: no source names its dependency {dependency}", package.name));
            }
        }
    }
    violations
}

/// The crate with the innermost folder around a file.
fn owner<'p>(packages: &'p [Package], path: &str) -> Option<&'p String> {
    let around =
        packages.iter().filter(|package| path.strip_prefix(&package.folder).is_some_and(|rest| rest.starts_with('/')));
    around.max_by_key(|package| package.folder.len()).map(|package| &package.name)
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Ident(ident) => drop(names.insert(ident.to_string())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, dependency: (&str, &str)) -> Package {
        let dependencies = vec![(dependency.0.to_owned(), dependency.1.to_owned())];
        Package { name: name.to_owned(), folder: folder.to_owned(), dependencies }
    }

    #[test]
    fn a_dependency_that_no_source_names_is_found() {
        let packages = [package("a", "shared/a", ("left-pad", "left_pad"))];
        let found = |text| check(&packages, &[Source::parse("shared/a/src/lib.rs", text)]);
        assert_eq!(found("// left_pad\nfn a() { \"left_pad\"; }"), ["a: no source names its dependency left-pad"]);
        assert_eq!(found("fn a() { vec![left_pad::pad(1)]; }"), Vec::<String>::new());
        assert_eq!(found("#[left_pad::all] struct A;"), Vec::<String>::new());
    }

    #[test]
    fn a_crate_inside_another_ones_folder_names_for_itself() {
        let packages = [package("a", "tests/a", ("x", "x")), package("b", "tests/a/b", ("y", "y"))];
        let sources = [Source::parse("tests/a/src/lib.rs", "use x;"), Source::parse("tests/a/b/src/lib.rs", "use y;")];
        assert_eq!(check(&packages, &sources), Vec::<String>::new());
        assert_eq!(check(&packages, &sources[..1]), ["b: no source names its dependency y"]);
    }
}
