//! The bodies of the published API as files: `tests/golden/<name>.json`. `UPDATE_GOLDEN=1` writes them anew.
//!
//! Depends on `serde_json` alone, so that the lowest crates can test with it. A file that no test compares with fails the tests
//! of this crate.

#![allow(clippy::panic, reason = "an assertion fails by panicking")]

use std::{fs, path::PathBuf};

use serde_json::Value;

/// Letters and digits of a TypeID after its prefix.
const ID_LENGTH: usize = 26;

/// Compares `text` with the file to the letter: members, their order, and every digit.
///
/// # Panics
/// Where they differ, or the file cannot be read or written.
pub fn assert_text(name: &str, text: &str) {
    let path = folder().join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, expected, "{name}: run with UPDATE_GOLDEN=1 if the change is meant");
}

/// Compares a body with the file, once what differs from run to run is masked: ids, numbers of orders, addresses of this machine, and the times
/// at which things were made and changed.
///
/// # Panics
/// As [`assert_text`].
pub fn assert_body(name: &str, body: &Value) {
    assert_text(name, &format!("{:#}\n", masked(body)));
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("createdAt" | "updatedAt", Value::String(time)) if is_time(time) => (name.clone(), "<time>".into()),
                ("orderNumber", Value::String(_)) => (name.clone(), "<order number>".into()),
                _ => (name.clone(), masked(value)),
            };
            members.iter().map(member).collect()
        }
        Value::Array(values) => values.iter().map(masked).collect(),
        Value::String(text) if text.starts_with("http://127.0.0.1:") => "<local url>".into(),
        Value::String(text) => masked_ids(text).into(),
        other => other.clone(),
    }
}

/// The text with `<order id>` in the place of `order_01h4vjdvzefw18zfwz5dxw5y8g`.
fn masked_ids(text: &str) -> String {
    let is_separator = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    let words = text.split_inclusive(is_separator).map(|piece| {
        let word = piece.trim_end_matches(is_separator);
        id_prefix(word).map_or_else(|| piece.to_owned(), |prefix| format!("<{prefix} id>{}", &piece[word.len()..]))
    });
    words.collect()
}

/// The prefix of a TypeID: a UUID in the lower-case alphabet of Crockford's base 32, behind the name of its kind.
fn id_prefix(word: &str) -> Option<&str> {
    let (prefix, id) = word.split_once('_')?;
    let in_alphabet = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z') && !b"ilou".contains(&byte);
    let named = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    (named && id.len() == ID_LENGTH && id.bytes().all(in_alphabet)).then_some(prefix)
}

/// `2024-01-21T11:00:00Z`, with or without a fraction: RFC 3339 in UTC.
fn is_time(text: &str) -> bool {
    let Some(text) = text.strip_suffix('Z') else { return false };
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fits = |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    let shape = b"0000-00-00T00:00:00";
    let whole = seconds.len() == shape.len() && seconds.bytes().zip(*shape).all(fits);
    whole && !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
