//! `spin.toml`: that Spin loads it, and that it hands over what the edge reads.

use std::collections::{BTreeMap, BTreeSet};

use edge_core::EdgeConfig;
use toml::{Table, Value};

const SECRETS: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

fn manifest() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// The variables that have a default, and it.
fn defaults(manifest: &Table) -> BTreeMap<String, String> {
    let variables = manifest["variables"].as_table().unwrap();
    let default = |variable: &Value| variable.get("default").map(|text| text.as_str().unwrap().to_owned());
    variables.iter().filter_map(|(name, variable)| Some((name.clone(), default(variable)?))).collect()
}

/// The template with each variable filled in; None where one has no value.
fn filled(template: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap();
        text.push_str(values.get(name.trim())?);
        text.push_str(rest);
    }
    Some(text)
}

#[test]
fn no_allowed_host_comes_out_empty_where_every_variable_of_it_has_a_default() {
    let manifest = manifest();
    let defaults = defaults(&manifest);
    let hosts = manifest["component"]["edge"]["allowed_outbound_hosts"].as_array().unwrap();
    assert!(!hosts.is_empty());
    for template in hosts.iter().map(|host| host.as_str().unwrap()) {
        let Some(host) = filled(template, &defaults) else { continue };
        let uri: http::Uri = host.parse().unwrap_or_else(|_| panic!("{template} becomes {host:?}"));
        assert!(uri.scheme_str() == Some("https") && uri.path() == "/", "{template} becomes {host:?}");
        assert!(uri.host().is_some_and(|host| !host.is_empty() && !host.contains("..")), "{template} becomes {host:?}");
    }
}

#[test]
fn the_defaults_leave_unset_what_they_should() {
    let manifest = manifest();
    let mut values = defaults(&manifest);
    for (name, value) in [
        ("origin_url", "https://origin.example"),
        ("aws_region", "eu-west-1"),
        ("token_issuer", "https://issuer.example/pool"),
    ] {
        assert!(values.insert(name.to_owned(), value.to_owned()).is_none(), "{name} is always needed");
    }
    let config = EdgeConfig::from_lookup(|name| values.get(name).cloned()).unwrap();
    assert_eq!((config.dynamodb_endpoint, config.printer_url), (None, None), "AWS's own, and the origin");
    assert_eq!(config.jwks_url, "https://issuer.example/pool/.well-known/jwks.json");
    assert_eq!((config.catalog_fresh_seconds, config.catalog_stale_seconds), (60, 86_400));
}

#[test]
fn the_component_is_given_every_setting_under_its_own_name() {
    let manifest = manifest();
    let given = manifest["component"]["edge"]["variables"].as_table().unwrap();
    for (name, template) in given {
        assert_eq!(template.as_str().unwrap(), format!("{{{{ {name} }}}}"));
    }
    let read: BTreeSet<_> = EdgeConfig::NAMES.into_iter().chain(SECRETS).collect();
    assert_eq!(given.keys().map(String::as_str).collect::<BTreeSet<_>>(), read);
}
