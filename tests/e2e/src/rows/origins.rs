//! Pages of other origins, before edges that list whose pages may call.

use http::Method;

use super::{Class, Row};
use crate::{Call, World};

/// The setting `cors_origins` that [`of_listed_origins`] is for.
pub const LISTED_ORIGINS: &str = "https://shop.example, https://admin.shop.example";

/// What is asked of both edges where only [`LISTED_ORIGINS`] may call. A cached answer, a live one and a refusal each.
#[must_use]
pub fn of_listed_origins() -> Vec<Row> {
    let pages = [
        ("a listed page", Some("https://shop.example")),
        ("the other listed page", Some("https://admin.shop.example")),
        ("a page that is not listed", Some("https://shop.example.evil.example")),
        ("a page without an origin", Some("null")),
        ("no page", None),
    ];
    let rows = pages.into_iter().flat_map(|(name, origin)| {
        let from = move |call: Call| match origin {
            Some(origin) => call.header("origin", origin),
            None => call,
        };
        let ask = move |call: Call| call.header("access-control-request-method", "POST");
        [
            row(format!("{name} · cached"), 200, move |_| from(Call::get("/v1/categories"))),
            row(format!("{name} · live"), 200, move |world| from(Call::get("/v1/cart").token(&world.fresh))),
            row(format!("{name} · refused"), 401, move |_| from(Call::get("/v1/cart"))),
            row(format!("{name} · preflight"), 204, move |_| from(ask(Call::new(Method::OPTIONS, "/v1/cart/items")))),
        ]
    });
    rows.collect()
}

fn row(name: String, status: u16, call: impl Fn(&World) -> Call + Send + Sync + 'static) -> Row {
    Row { name, route: None, class: Class::Edge, status, call: Box::new(call) }
}
