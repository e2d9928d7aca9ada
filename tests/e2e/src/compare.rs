//! Whether two edges answered the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Answer;

/// Headers that may differ between two right answers: the clock's, the connection's and the runtime's own.
pub const FREE_HEADERS: &[&str] =
    &["date", "x-request-id", "connection", "keep-alive", "transfer-encoding", "content-length", "server", "cf-ray"];

/// What is left of an answer once the parts that must differ are masked.
#[derive(Debug, PartialEq, Eq)]
pub struct Comparable {
    status: u16,
    /// All values of each, in their order.
    headers: BTreeMap<String, Vec<String>>,
    body: String,
}

impl Comparable {
    /// The answer without times and ages, and without the ids of what each edge made for itself. `catalog` holds the ids that
    /// both edges know: these have to be the same.
    pub fn of(answer: &Answer, catalog: &BTreeSet<String>) -> Self {
        let named = answer.headers.keys().filter(|name| !FREE_HEADERS.contains(&name.as_str()));
        let headers = named.map(|name| {
            let masked = answer.headers.get_all(name).iter().map(|value| match name.as_str() {
                "age" => "<age>".to_owned(),
                _ => mask_text(&String::from_utf8_lossy(value.as_bytes()), catalog),
            });
            (name.to_string(), masked.collect())
        });
        let body = match serde_json::from_slice::<Value>(&answer.body) {
            Ok(mut json) => {
                mask_json(&mut json, catalog);
                json.to_string()
            }
            // Says what its JSON says, and is compared with that by the printer's own tests.
            Err(_) if answer.body.starts_with(b"%PDF-") => "<pdf>".to_owned(),
            Err(_) => answer.text(),
        };
        Self { status: answer.status.as_u16(), headers: headers.collect(), body }
    }
}

fn mask_json(value: &mut Value, catalog: &BTreeSet<String>) {
    match value {
        Value::String(text) => *text = mask_text(text, catalog),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_json(item, catalog)),
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| match name.as_str() {
            "requestId" | "userId" | "orderNumber" => *member = Value::String("masked".to_owned()),
            // The carrier's own; one that the shop has given is compared.
            "trackingNumber" if member.as_str().is_some_and(|number| number.starts_with("CC")) => {
                *member = Value::String("masked".to_owned());
            }
            _ => mask_json(member, catalog),
        }),
        _ => {}
    }
}

fn mask_text(text: &str, catalog: &BTreeSet<String>) -> String {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return "<time>".to_owned();
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark)) = next_mark(rest) {
        let tail = &rest[at + mark.len()..];
        let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let end = at + mark.len() + tail.find(|letter| !inside(letter)).unwrap_or(tail.len());
        let known = catalog.contains(&rest[at..end]);
        masked.push_str(if known { &rest[..end] } else { &rest[..at] });
        if !known {
            masked.extend(["<", mark, ">"]);
        }
        rest = &rest[end..];
    }
    masked + rest
}

/// Where the next thing begins that may be an edge's own: an id, the number of an invoice or of a parcel, a charge of the provider's, a
/// customer, a number of seconds.
fn next_mark(text: &str) -> Option<(usize, &'static str)> {
    let marks = [
        "prod_",
        "var_",
        "cart_",
        "order_",
        "pay_",
        "att_",
        "ref_",
        "ret_",
        "ship_",
        "inv_",
        "CC-",
        "/track/CC",
        "cust_",
        "evt_",
        "ch_",
        "user-",
        "ttl=",
    ];
    marks.into_iter().filter_map(|mark| Some((text.find(mark)?, mark))).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_edge_makes_for_itself_is_masked_and_the_catalog_is_not() {
        let known = "prod_01h4vjdvzefw18zfwz5dxw5y8g";
        let mask = |text: &str| mask_text(text, &BTreeSet::from([known.to_owned()]));
        assert_eq!(mask("\"cart_01h4vjdvzefw18zfwz5dxw5y8g.3\""), "\"<cart_>.3\"");
        assert_eq!(mask("cloudcommerce; hit; ttl=59"), "cloudcommerce; hit; <ttl=>");
        assert_eq!(mask("2024-01-21T11:00:00Z"), "<time>");
        assert_eq!(mask("/v1/products/prod_01h4vjdvzefw18zfwz5dxw5y8h"), "/v1/products/<prod_>");
        assert_eq!(mask(&format!("/v1/products/{known}/x")), format!("/v1/products/{known}/x"));
    }

    #[test]
    fn a_difference_in_status_header_or_body_is_seen() {
        let answer = |status: u16, header: &str, body: &str| Answer {
            status: http::StatusCode::from_u16(status).unwrap(),
            headers: [(http::header::ETAG, header.parse().unwrap())].into_iter().collect(),
            body: body.into(),
        };
        let of = |answer| Comparable::of(&answer, &BTreeSet::new());
        let one = of(answer(200, "\"a\"", "{\"x\":1}"));
        assert_eq!(one, of(answer(200, "\"a\"", "{\"x\": 1}")));
        let mut twice = answer(200, "\"b\"", "{\"x\":1}");
        twice.headers.append(http::header::ETAG, "\"a\"".parse().unwrap());
        assert_ne!(one, of(twice), "the last of several values is not all of them");
        for other in
            [answer(201, "\"a\"", "{\"x\":1}"), answer(200, "\"b\"", "{\"x\":1}"), answer(200, "\"a\"", "{\"x\":1.0}")]
        {
            assert_ne!(one, of(other));
        }
    }
}
