use std::{collections::BTreeSet, path::Path};

use serde_json::json;

use super::*;

/// Where tests may stand.
const SOURCES: [&str; 4] = ["shared", "edge", "origin", "tests"];

#[test]
fn what_differs_from_run_to_run_is_masked_and_the_rest_is_not() {
    let body = json!({
        "id": "order_01h4vjdvzefw18zfwz5dxw5y8g",
        "instance": "/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g/items",
        "createdAt": "2024-01-21T11:00:00.125Z",
        "updatedAt": null,
        "reservedUntil": "2024-01-21T11:15:00Z",
        "receipts": ["http://127.0.0.1:4100/r/1", "https://images.example/1.jpg"],
        "requestId": "req_test",
        "unlike": ["order_1", "order_01h4vjdvzefw18zfwz5dxw5y8", "Order_01h4vjdvzefw18zfwz5dxw5y8g"],
        "price": 1,
    });
    let expected = json!({
        "id": "<order id>",
        "instance": "/v1/orders/<order id>/items",
        "createdAt": "<time>",
        "updatedAt": null,
        "reservedUntil": "2024-01-21T11:15:00Z",
        "receipts": ["<local url>", "https://images.example/1.jpg"],
        "requestId": "req_test",
        "unlike": ["order_1", "order_01h4vjdvzefw18zfwz5dxw5y8", "Order_01h4vjdvzefw18zfwz5dxw5y8g"],
        "price": 1,
    });
    assert_eq!(masked(&body), expected);
}

#[test]
fn a_time_that_is_none_shows() {
    for time in ["2024-01-21T11:00:00", "2024-01-21T11:00:00+01:00", "2024-01-21 11:00:00Z", "soon", "Z", "."] {
        assert_eq!(masked(&json!({ "createdAt": time })), json!({ "createdAt": time }));
    }
}

#[test]
fn every_file_is_compared_with_and_every_comparison_has_its_file() {
    let mut used = BTreeSet::new();
    for source in SOURCES {
        names_in(&folder().join("../..").join(source), &mut used);
    }
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, used);
}

/// The names in the assertions of all Rust files below `folder`.
fn names_in(folder: &Path, names: &mut BTreeSet<String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["target", "node_modules", "golden"].contains(&name) {
            names_in(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let calls = ["assert_body(", "assert_text("].into_iter().flat_map(|call| text.split(call).skip(1));
            let names_of = |rest: &str| rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
            names.extend(calls.filter_map(names_of));
        }
    }
}
