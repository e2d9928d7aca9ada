//! What the tests ask of the shop, and how they ask.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, request};
use serde_json::{Value, json};

use crate::fake::{Fake, answer, problem};

pub(crate) const PRODUCT: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8g";
pub(crate) const VARIANT: &str = "var_01h4vjdvzefw18zfwz5dxw5y8g";
/// Has two variants.
pub(crate) const SHIRT: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8h";
pub(crate) const SHIRT_S: &str = "var_01h4vjdvzefw18zfwz5dxw5y8h";
pub(crate) const SHIRT_M: &str = "var_01h4vjdvzefw18zfwz5dxw5y8j";
/// Priced in euro.
pub(crate) const FOREIGN: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8k";
/// Costs a million.
pub(crate) const YACHT: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8m";
pub(crate) const UNKNOWN: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8z";

fn product(id: &str, name: &str, price: &Value, currency: &str, variants: &[&str]) -> Value {
    let variants = variants.iter().map(|id| json!({"id": id, "options": [], "price": price, "stock": 5}));
    json!({
        "id": id, "name": name, "description": "", "price": price, "currency": currency, "category": "electronics",
        "tags": [], "images": ["https://cdn.test/1.jpg"], "specifications": {},
        "variants": variants.collect::<Vec<_>>(),
        "stock": 5, "rating": 4.5, "reviewCount": 128, "version": 3,
        "createdAt": "2024-01-15T10:30:00Z", "updatedAt": "2024-01-20T14:20:00Z",
    })
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// An origin with a small catalog.
pub(crate) fn catalog(request: &Request<Bytes>) -> Response<Bytes> {
    let headphones = product(PRODUCT, "Wireless Headphones", &number("99.99"), "USD", &[VARIANT]);
    match request.uri().path() {
        "/healthz" => answer(200, &json!({"status": "ok"})),
        // As everywhere but on /healthz, the signature is looked at first.
        "/readyz" if !request.headers().contains_key("authorization") => problem(403, "SIGNATURE_REJECTED"),
        "/readyz" => answer(200, &json!({"status": "ready"})),
        "/v1/products" if request.uri().query().is_some_and(|query| query.contains("page=9")) => {
            answer(200, &json!({"data": [], "pagination": {"page": 9, "limit": 20, "total": 1, "totalPages": 1}}))
        }
        "/v1/products" => answer(
            200,
            &json!({"data": [headphones], "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1}}),
        ),
        "/v1/categories" => answer(200, &json!({"data": []})),
        path => match path.strip_prefix("/v1/products/") {
            Some(PRODUCT | VARIANT) => answer(200, &headphones),
            Some(SHIRT | SHIRT_S | SHIRT_M) => {
                answer(200, &product(SHIRT, "Shirt", &number("10.00"), "USD", &[SHIRT_S, SHIRT_M]))
            }
            Some(FOREIGN) => {
                answer(200, &product(FOREIGN, "Livre", &number("5.00"), "EUR", &["var_01h4vjdvzefw18zfwz5dxw5y8k"]))
            }
            Some(YACHT) => {
                let price = number("9000000.00");
                answer(200, &product(YACHT, "Yacht", &price, "USD", &["var_01h4vjdvzefw18zfwz5dxw5y8m"]))
            }
            // Made up by the tests that fill carts: one product for each id.
            Some(id) if id.starts_with("prod_01h4vjdvzefw18zfwz5dxw6") => {
                answer(200, &product(id, "One of many", &number("1.00"), "USD", &[&id.replace("prod_", "var_")]))
            }
            _ => problem(404, "NOT_FOUND"),
        },
    }
}

/// An edge with that origin.
pub(crate) fn open() -> Fake {
    let fake = Fake::new();
    fake.origin(|request| Ok(catalog(request)));
    fake
}

pub(crate) fn request(method: &str, target: &str) -> request::Builder {
    Request::builder().method(method).uri(format!("https://shop.test{target}"))
}

pub(crate) fn get(target: &str) -> Request<Bytes> {
    request("GET", target).body(Bytes::new()).unwrap()
}

/// A request of a shopper's with a JSON body.
pub(crate) fn send(token: &str, method: &str, target: &str, body: &Value) -> Request<Bytes> {
    with(token, method, target, body, &[])
}

/// The same with more headers.
pub(crate) fn with(token: &str, method: &str, target: &str, body: &Value, headers: &[(&str, &str)]) -> Request<Bytes> {
    let mut request = request(method, target).header("authorization", format!("Bearer {token}"));
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.body(body).unwrap()
}

pub(crate) fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

pub(crate) fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Status and code of a refusal.
pub(crate) fn refusal(response: &Response<Bytes>) -> (u16, String) {
    assert_eq!(header(response, "content-type"), "application/problem+json", "{response:?}");
    (response.status().as_u16(), json_of(response)["error"]["code"].as_str().unwrap().to_owned())
}
