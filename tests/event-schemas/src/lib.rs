//! The published schemas of events, `docs/events/<type>.json`, and the comparison with them.
//!
//! Depends on nothing of ours, and loads nothing from a network.

use std::path::PathBuf;

use serde_json::Value;

/// What is wrong with the `data` of an event of this type; empty where it is as published.
///
/// # Panics
/// Where there is no schema for the type, or it is not one.
pub fn problems(kind: &str, data: &Value) -> Vec<String> {
    let path = folder().join(format!("{kind}.json"));
    let text = std::fs::read_to_string(&path).expect("should find a schema for the type in docs/events");
    let schema = serde_json::from_str(&text).expect("should be JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("should be a JSON Schema (2020-12)");
    validator.iter_errors(data).map(|error| format!("{}: {error}", error.instance_path)).collect()
}

/// Checks the `data` of an event of this type.
///
/// # Panics
/// Where it is not as published.
pub fn assert_published(kind: &str, data: &Value) {
    let problems = problems(kind, data);
    assert!(problems.is_empty(), "{kind}: {problems:#?}");
}

/// The types that have a schema, sorted.
///
/// # Panics
/// Where the folder cannot be read.
pub fn kinds() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("should find docs/events");
    let names = entries.map(|entry| entry.expect("should be readable").file_name().to_string_lossy().into_owned());
    let mut kinds: Vec<String> = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    kinds.sort();
    kinds
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/events")
}

#[cfg(test)]
mod tests;
