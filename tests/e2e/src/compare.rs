//! Whether two edges answered the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Answer;

/// Headers that may differ between two right answers: the clock's, the connection's and the runtime's own.
pub const FREE_HEADERS: &[&str] =
    &["date", "x-request-id", "connection", "keep-alive", "transfer-encoding", "content-length", "server", "cf-ray"];

/// What is left of an answer once the parts that must differ are masked.
#[derive(Debug, PartialEq, Eq)]
pub struct Comparable {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Comparable {
    /// The answer with ids, times and ages masked.
    pub fn of(answer: &Answer) -> Self {
        let named = answer.headers.iter().filter(|(name, _)| !FREE_HEADERS.contains(&name.as_str()));
        let headers =
            named.map(|(name, value)| (name.to_string(), mask_text(&String::from_utf8_lossy(value.as_bytes()))));
        let body = match serde_json::from_slice::<Value>(&answer.body) {
            Ok(mut json) => {
                mask_json(&mut json);
                json.to_string()
            }
            Err(_) => answer.text(),
        };
        Self { status: answer.status.as_u16(), headers: headers.collect(), body }
    }
}

fn mask_json(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask_text(text),
        Value::Array(items) => items.iter_mut().for_each(mask_json),
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| match name.as_str() {
            "requestId" | "userId" => *member = Value::String("masked".to_owned()),
            _ => mask_json(member),
        }),
        _ => {}
    }
}

/// Masks ids of things that each edge made for itself, times, and the seconds of `ttl=` and `age`.
fn mask_text(text: &str) -> String {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return "<time>".to_owned();
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, length, mask)) = next_mask(rest) {
        masked.push_str(&rest[..at]);
        masked.push_str(mask);
        rest = &rest[at + length..];
    }
    masked + rest
}

fn next_mask(text: &str) -> Option<(usize, usize, &'static str)> {
    let marks =
        [("cart_", "<cart>"), ("order_", "<order>"), ("pay_", "<payment>"), ("ttl=", "<ttl>"), ("user-", "<user>")];
    let found = marks.iter().filter_map(|(mark, mask)| Some((text.find(mark)?, *mark, *mask)));
    let (at, mark, mask) = found.min_by_key(|(at, _, _)| *at)?;
    let tail = &text[at + mark.len()..];
    let length = tail.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(tail.len());
    Some((at, mark.len() + length, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_edge_makes_for_itself_is_masked() {
        assert_eq!(mask_text("\"cart_01h4vjdvzefw18zfwz5dxw5y8g.3\""), "\"<cart>.3\"");
        assert_eq!(mask_text("cloudcommerce; hit; ttl=59"), "cloudcommerce; hit; <ttl>");
        assert_eq!(mask_text("2024-01-21T11:00:00Z"), "<time>");
        assert_eq!(mask_text("prod_01h4vjdvzefw18zfwz5dxw5y8g"), "prod_01h4vjdvzefw18zfwz5dxw5y8g");
    }

    #[test]
    fn a_difference_in_status_header_or_body_is_seen() {
        let answer = |status: u16, header: &str, body: &str| Answer {
            status: http::StatusCode::from_u16(status).unwrap(),
            headers: [(http::header::ETAG, header.parse().unwrap())].into_iter().collect(),
            body: body.into(),
        };
        let one = Comparable::of(&answer(200, "\"a\"", "{\"x\":1}"));
        assert_eq!(one, Comparable::of(&answer(200, "\"a\"", "{\"x\": 1}")));
        for other in
            [answer(201, "\"a\"", "{\"x\":1}"), answer(200, "\"b\"", "{\"x\":1}"), answer(200, "\"a\"", "{\"x\":1.0}")]
        {
            assert_ne!(one, Comparable::of(&other));
        }
    }
}
