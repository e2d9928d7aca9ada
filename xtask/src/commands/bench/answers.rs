//! Whether a server says the right thing, before anybody asks how fast.

use serde_json::Value;

use super::servers::Server;
use crate::commands::dev::http;
use crate::failure::{Failure, Outcome};

/// The list that is measured.
pub(super) const LIST_PATH: &str = "/v1/products?limit=20";

/// What the shop answers, the same on every runtime.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShopAnswers {
    pub(super) list: String,
    pub(super) detail_path: String,
    detail: String,
}

impl ShopAnswers {
    /// Asks for the list and for its first product, which puts both into the cache.
    ///
    /// # Errors
    /// An answer is not the shop's.
    pub(super) fn of(server: Server) -> Outcome<Self> {
        let list = body(server, LIST_PATH)?;
        let id = first_product(&list).ok_or_else(|| wrong(server, LIST_PATH, "no products"))?;
        let detail_path = format!("/v1/products/{id}");
        let detail = body(server, &detail_path)?;
        let parsed: Value = serde_json::from_str(&detail).unwrap_or_default();
        if parsed["id"].as_str() == Some(&id) {
            Ok(Self { list, detail_path, detail })
        } else {
            Err(wrong(server, &detail_path, "another product"))
        }
    }

    /// # Errors
    /// The other server's answers differ.
    pub(super) fn expect_same(&self, server: Server) -> Outcome {
        let same = Self::of(server)? == *self;
        if same { Ok(()) } else { Err(wrong(server, LIST_PATH, "not what the Worker answers")) }
    }
}

/// # Errors
/// The body is not the expected one.
pub(super) fn expect(server: Server, right: impl Fn(&str) -> bool) -> Outcome {
    if right(&body(server, "/")?) { Ok(()) } else { Err(wrong(server, "/", "not what is expected")) }
}

fn body(server: Server, path: &str) -> Outcome<String> {
    match http::get(server.port, path) {
        Some(answer) if answer.status == 200 => Ok(answer.body),
        Some(answer) => Err(wrong(server, path, &format!("{} {}", answer.status, answer.body))),
        None => Err(wrong(server, path, "nothing")),
    }
}

fn wrong(server: Server, path: &str, what: &str) -> Failure {
    let what: String = what.chars().take(500).collect();
    Failure::new(format!("{} answers GET {path} with: {what}", server.name))
}

fn first_product(list: &str) -> Option<String> {
    let list: Value = serde_json::from_str(list).ok()?;
    list["data"].as_array()?.first()?["id"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_products_measures_nothing() {
        assert_eq!(first_product(r#"{"data":[{"id":"prod_1"},{"id":"prod_2"}]}"#).as_deref(), Some("prod_1"));
        assert_eq!(first_product(r#"{"data":[]}"#), None);
        assert_eq!(first_product("hello"), None);
    }
}
