//! The dependency rule, over `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cargo_metadata::{DependencyKind, Metadata};

use super::rules::{LAYERS, Layer, TOLERATED};

/// Which crate names which, without dev-dependencies. Versions do not matter here.
#[derive(Default)]
pub(super) struct Graph {
    /// Members of this workspace, with every dependency that their manifests declare, on any platform.
    declared: BTreeMap<String, BTreeSet<String>>,
    /// All crates, with what Cargo resolved for this machine and both WebAssembly targets.
    resolved: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn graph(metadata: &Metadata) -> Graph {
    let mut graph = Graph::default();
    for package in metadata.workspace_packages() {
        let names = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        graph.declared.insert(package.name.to_string(), names.map(|dependency| dependency.name.clone()).collect());
    }
    let name = |id| metadata.packages.iter().find(|package| &package.id == id).map(|package| package.name.to_string());
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let normal =
            |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
        let dependencies = node.deps.iter().filter(|dependency| normal(&dependency.dep_kinds));
        let names = dependencies.filter_map(|dependency| name(&dependency.pkg));
        graph.resolved.entry(name(&node.id).unwrap_or_default()).or_default().extend(names);
    }
    graph
}

/// Every breach, as one line each.
pub(super) fn check(graph: &Graph) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, dependencies) in &graph.declared {
        match LAYERS.iter().find(|layer| layer.name == name) {
            Some(layer) => violations.extend(breaches(graph, layer, dependencies)),
            None => violations.push(format!("{name}: has no layer yet: add it to LAYERS")),
        }
    }
    violations
}

fn breaches(graph: &Graph, layer: &Layer, dependencies: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for dependency in dependencies {
        let ours = graph.declared.contains_key(dependency);
        if ours && !layer.ours.contains(&dependency.as_str()) {
            found.push(format!("{}: may not depend on {dependency}, which is beside or above it", layer.name));
        }
        if layer.never.contains(&dependency.as_str()) || layer.never_at_all.contains(&dependency.as_str()) {
            found.push(format!("{}: may not depend on {dependency}", layer.name));
        }
    }
    for forbidden in layer.never_at_all.iter().filter(|forbidden| !dependencies.contains(**forbidden)) {
        if let Some(path) = path_to(graph, layer.name, forbidden) {
            found.push(format!("{}: may not bring in {forbidden}: {}", layer.name, path.join(" -> ")));
        }
    }
    found
}

/// The shortest way from one crate to another over resolved dependencies that are not tolerated.
fn path_to(graph: &Graph, from: &str, to: &str) -> Option<Vec<String>> {
    let mut reached_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(current) = queue.pop_front() {
        for next in graph.resolved.get(current).into_iter().flatten().map(String::as_str) {
            let tolerated = TOLERATED.iter().any(|(parent, child, _)| *parent == current && *child == next);
            if tolerated || next == from || reached_from.contains_key(next) {
                continue;
            }
            reached_from.insert(next, current);
            queue.push_back(next);
        }
    }
    reached_from.get(to)?;
    let mut path = vec![to.to_owned()];
    let mut current = to;
    while let Some(parent) = reached_from.get(current) {
        path.push((*parent).to_owned());
        current = parent;
    }
    path.reverse();
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    fn graph_of(declared: &[(&str, &[&str])], resolved: &[(&str, &[&str])]) -> Graph {
        let map = |pairs: &[(&str, &[&str])]| {
            let sets = pairs
                .iter()
                .map(|(name, list)| ((*name).to_owned(), list.iter().map(|one| (*one).to_owned()).collect()));
            sets.collect()
        };
        Graph { declared: map(declared), resolved: map(resolved) }
    }

    #[test]
    fn a_clean_graph_passes() {
        let graph = graph_of(
            &[
                ("commerce-domain", &["serde"]),
                ("commerce-api", &["commerce-domain"]),
                ("edge-core", &["commerce-api"]),
            ],
            &[("edge-core", &["commerce-api"]), ("commerce-api", &["commerce-domain"])],
        );
        assert_eq!(check(&graph), Vec::<String>::new());
    }

    #[test]
    fn a_dependency_upwards_is_found() {
        let graph = graph_of(&[("commerce-domain", &["commerce-api"]), ("commerce-api", &[])], &[]);
        assert_eq!(check(&graph), ["commerce-domain: may not depend on commerce-api, which is beside or above it"]);
    }

    #[test]
    fn edge_and_origin_meet_only_in_shared() {
        let graph = graph_of(&[("edge-core", &["origin-core"]), ("origin-core", &[])], &[]);
        assert_eq!(check(&graph).len(), 1);
    }

    #[test]
    fn a_runtime_that_comes_in_through_others_is_found_with_its_path() {
        let graph = graph_of(
            &[("edge-core", &["commerce-aws"]), ("commerce-aws", &["handy"])],
            &[("edge-core", &["commerce-aws"]), ("commerce-aws", &["handy"]), ("handy", &["tokio"])],
        );
        assert_eq!(check(&graph), ["edge-core: may not bring in tokio: edge-core -> commerce-aws -> handy -> tokio"]);
    }

    #[test]
    fn a_tolerated_edge_is_not_followed() {
        let graph = graph_of(
            &[("edge-core", &["aws-smithy-async"])],
            &[("edge-core", &["aws-smithy-async"]), ("aws-smithy-async", &["tokio"])],
        );
        assert_eq!(check(&graph), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_crate_named_directly_is_found_once() {
        let graph = graph_of(&[("origin-core", &["axum"])], &[("origin-core", &["axum"])]);
        assert_eq!(check(&graph), ["origin-core: may not depend on axum"]);
    }

    #[test]
    fn a_crate_without_a_layer_is_found() {
        assert_eq!(check(&graph_of(&[("newcomer", &[])], &[])), ["newcomer: has no layer yet: add it to LAYERS"]);
    }

    #[test]
    fn the_adapters_are_searched_with_what_their_own_targets_bring() {
        let workspace = Workspace::find().expect("the sources should be where xtask was compiled");
        let graph = graph(&workspace.metadata_on_all_targets().expect("cargo knows the workspace"));
        for (adapter, sdk) in [("edge-cloudflare", "worker"), ("edge-spin", "spin-sdk")] {
            assert!(path_to(&graph, adapter, sdk).is_some(), "{adapter} brings in {sdk}");
        }
    }
}
