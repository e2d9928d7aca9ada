//! Beyond the routes: conditional, oversized, malformed and unknown requests, and tokens that are none.

use http::Method;
use serde_json::json;

use super::{Class, Row};
use crate::{Call, World};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = conditional();
    rows.extend(malformed());
    rows.extend(unknown());
    rows.extend(tokens());
    rows.extend(cross_origin());
    rows
}

fn row(name: &str, status: u16, call: impl Fn(&World) -> Call + Send + Sync + 'static) -> Row {
    Row { name: name.to_owned(), route: None, class: Class::Edge, status, call: Box::new(call) }
}

fn conditional() -> Vec<Row> {
    let product = |world: &World| Call::get(format!("/v1/products/{}", world.product));
    let tag = |world: &World| world.product_etag.clone();
    vec![
        row("the same tag", 304, move |world| product(world).header("if-none-match", &tag(world))),
        row("the same tag, weak", 304, move |world| {
            product(world).header("if-none-match", &format!("W/{}", tag(world)))
        }),
        row("the tag in a list", 304, move |world| {
            product(world).header("if-none-match", &format!("\"a\", {} , \"b\"", tag(world)))
        }),
        row("any tag", 304, move |world| product(world).header("if-none-match", "*")),
        row("another tag", 200, move |world| product(world).header("if-none-match", "\"other\"")),
        row("a broken tag", 200, move |world| product(world).header("if-none-match", "other")),
        row("a cart is never 304", 200, |world| Call::get("/v1/cart").token(&world.fresh).header("if-none-match", "*")),
    ]
}

fn malformed() -> Vec<Row> {
    let post = |body: &'static str| {
        move |world: &World| {
            Call::new(Method::POST, "/v1/cart/items").body("application/json", body).token(&world.fresh)
        }
    };
    vec![
        row("no body", 400, post("")),
        row("half a body", 400, post("{\"productId\":")),
        row("another type", 400, post("[]")),
        row("two bodies", 400, post("{} {}")),
        row("a field twice", 400, post(r#"{"productId":"a","quantity":1,"quantity":2}"#)),
        row("an unknown field", 400, post(r#"{"productId":"a","quantity":1,"admin":true}"#)),
        row("not UTF-8", 400, |world| {
            Call::new(Method::POST, "/v1/cart/items")
                .body("application/json", vec![b'"', 0xff, b'"'])
                .token(&world.fresh)
        }),
        row("not JSON by type", 415, |world| {
            Call::new(Method::POST, "/v1/cart/items").body("text/plain", "{}").token(&world.fresh)
        }),
        row("too large", 413, |world| {
            let body = json!({"productId": "x".repeat(300 * 1024), "quantity": 1});
            Call::post("/v1/cart/items", &body).token(&world.fresh)
        }),
        row("too large to forward", 413, |world| {
            Call::post("/v1/products", &json!({"name": "x".repeat(300 * 1024)})).token(&world.admin)
        }),
        row("too long a target", 414, |_| Call::get(format!("/v1/products?q={}", "x".repeat(5000)))),
        row("too long a key", 400, |world| {
            let call = Call::post("/v1/cart/items", &json!({"productId": world.product, "quantity": 1}));
            call.token(&world.fresh).header("idempotency-key", &"k".repeat(256))
        }),
    ]
}

fn unknown() -> Vec<Row> {
    let paths =
        ["/", "/v1", "/v1/", "/v2/products", "/v1/products/", "/v1//products", "/v1/products/a/b", "/favicon.ico"];
    paths.into_iter().map(|path| row(path, 404, move |_| Call::get(path))).collect()
}

fn tokens() -> Vec<Row> {
    let with = |token: &str| {
        let token = token.to_owned();
        move |_: &World| Call::get("/v1/cart").token(&token)
    };
    let cart = || Call::get("/v1/cart");
    vec![
        row("no token behind the scheme", 401, move |_| cart().header("authorization", "Bearer ")),
        row("no scheme before the token", 401, move |world| cart().header("authorization", &world.shopper)),
        row("no token of any kind", 401, with("x")),
        row("a good token that says it needs no signature", 401, move |world| cart().token(&world.unsigned)),
        row("a good token signed with the public key as a secret", 401, move |world| {
            cart().token(&world.signed_with_public_key)
        }),
        row("too long a token", 401, with(&"a".repeat(9000))),
        row("another scheme", 401, |_| Call::get("/v1/cart").header("authorization", "Basic dXNlcjpwYXNz")),
        row("an expired token", 401, |world| Call::get("/v1/cart").token(&world.expired)),
        row("a token of another issuer", 401, |world| Call::get("/v1/cart").token(&world.foreign_token)),
        row("a tampered token", 401, |world| {
            let mut parts: Vec<&str> = world.shopper.split('.').collect();
            let other: Vec<&str> = world.admin.split('.').collect();
            parts[1] = other[1];
            Call::get("/v1/cart").token(&parts.join("."))
        }),
    ]
}

fn cross_origin() -> Vec<Row> {
    vec![
        row("a preflight", 204, |_| {
            Call::new(Method::OPTIONS, "/v1/cart/items")
                .header("origin", "https://shop.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization,idempotency-key")
        }),
        row("a simple request", 200, |_| Call::get("/v1/categories").header("origin", "https://shop.example")),
        row("a refusal a page can read", 401, |_| Call::get("/v1/cart").header("origin", "https://shop.example")),
    ]
}
