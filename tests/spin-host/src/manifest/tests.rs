//! Which manifests are read, and the line that refuses the others.

use super::*;

const COMPLETE: &str = r#"
spin_manifest_version = 2

[application]
name = "shop"
version = "0.1.0"
authors = ["Somebody"]

[variables]
origin_url = { default = "http://127.0.0.1:8080" }
aws_secret_access_key = { required = true, secret = true, description = "signs requests" }

[[trigger.http]]
route = "/..."
component = "edge"

[component.edge]
source = "target/wasm32-wasip2/release/edge.wasm"
allowed_outbound_hosts = ["{{ origin_url }}", "https://*.amazonaws.com"]
key_value_stores = ["default"]
environment = { MODE = "test" }

[component.edge.variables]
origin = "{{ origin_url }}"
secret = "{{ aws_secret_access_key }}"

[component.edge.build]
command = "cargo build"
watch = ["src/**/*.rs"]
"#;

fn parse(text: &str) -> Result<Manifest, String> {
    Manifest::parse(Path::new("/srv/shop/spin.toml"), text)
}

#[test]
fn reads_a_complete_manifest() {
    let manifest = parse(COMPLETE).unwrap();
    assert_eq!(manifest.component_id, "edge");
    assert_eq!(manifest.source, Path::new("/srv/shop/target/wasm32-wasip2/release/edge.wasm"));
    assert_eq!(manifest.allowed_outbound_hosts, ["{{ origin_url }}", "https://*.amazonaws.com"]);
    assert_eq!(manifest.key_value_stores, BTreeSet::from(["default".to_owned()]));
    assert_eq!(manifest.environment["MODE"], "test");
    assert_eq!(manifest.variables["origin_url"].default.as_deref(), Some("http://127.0.0.1:8080"));
    assert!(manifest.variables["aws_secret_access_key"].required);
    assert_eq!(manifest.component_variables["origin"], "{{ origin_url }}");
}

#[test]
fn a_component_without_grants_has_none() {
    let text = r#"
        spin_manifest_version = 2
        application = { name = "hello" }
        trigger.http = [{ route = "/...", component = "hello" }]
        component.hello = { source = "hello.wasm" }
    "#;
    let manifest = parse(text).unwrap();
    assert!(manifest.allowed_outbound_hosts.is_empty() && manifest.key_value_stores.is_empty());
    assert!(manifest.variables.is_empty() && manifest.component_variables.is_empty());
}

/// what is replaced, by what, what the refusal says
const REFUSED: &[(&str, &str, &str)] = &[
    ("spin_manifest_version = 2", "spin_manifest_version = 1", "spin_manifest_version 1"),
    ("spin_manifest_version = 2", "", "spin_manifest_version"),
    ("[[trigger.http]]", "[[trigger.redis]]", "[[trigger.redis]]"),
    (r#"route = "/...""#, r#"route = "/api/...""#, "/api/..."),
    (r#"route = "/...""#, "route = { private = true }", "private"),
    (r#"component = "edge""#, r#"component = { source = "x.wasm" }"#, "inline component"),
    (r#"component = "edge""#, r#"component = "other""#, "[component.other]"),
    (r#"component = "edge""#, "component = \"edge\"\nexecutor = { type = \"wagi\" }", "wagi"),
    (r#"source = "target/wasm32-wasip2/release/edge.wasm""#, r#"source = { url = "u", digest = "d" }"#, "downloads"),
    (r#"environment = { MODE = "test" }"#, r#"files = ["static/*"]"#, "files"),
    (r#"environment = { MODE = "test" }"#, r#"sqlite_databases = ["default"]"#, "sqlite_databases"),
    (r#"environment = { MODE = "test" }"#, "ai_models = [\"llama\"]", "ai_models"),
    ("key_value_stores", "key_value_store", "key_value_store"),
    ("{ required = true,", "{ required = true, default = \"x\",", "choose one"),
    ("{ required = true,", "{", "choose one"),
    ("origin_url = {", "Origin-Url = {", "Origin-Url"),
    ("origin = ", "ORIGIN = ", "ORIGIN"),
    (r#"route = "/...""#, "route = \"/...", ""),
];

#[test]
fn refuses_what_it_does_not_support_in_one_line() {
    for (original, replacement, expected) in REFUSED {
        assert!(COMPLETE.contains(original), "{original} is part of the manifest");
        let message = parse(&COMPLETE.replacen(original, replacement, 1)).expect_err(replacement);
        assert!(message.contains(expected), "{replacement}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn two_routes_or_a_component_without_one_are_refused() {
    let two = format!("{COMPLETE}\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"edge\"\n");
    assert!(parse(&two).unwrap_err().contains("exactly one"));
    let orphan = format!("{COMPLETE}\n[component.spare]\nsource = \"spare.wasm\"\n");
    assert!(parse(&orphan).unwrap_err().contains("[component.spare]"));
}

#[test]
fn a_missing_file_is_named() {
    let error = Manifest::read(Path::new("/nowhere/spin.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/spin.toml: "), "{error}");
}
