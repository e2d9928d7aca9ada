//! What holds for every request: limits, routing, CORS, ids, settings, health, the log.

use bytes::Bytes;
use commerce_api::{Access, Parameter, Route};
use edge_core::Body;
use futures_executor::block_on;
use futures_util::future::join_all;
use http::Request;

use crate::{
    fake::{Fake, Mood},
    shop::{self, get, header, json_of, refusal, request, send},
    tokens,
};

fn path_of(route: Route) -> String {
    route.path(match route.parameter() {
        Parameter::Nothing => "",
        Parameter::Product | Parameter::ProductOrVariant => shop::PRODUCT,
        Parameter::Order => "order_01h4vjdvzefw18zfwz5dxw5y8g",
        Parameter::Payment => "pay_01h4vjdvzefw18zfwz5dxw5y8g",
        Parameter::Shipment => "ship_01h4vjdvzefw18zfwz5dxw5y8g",
        Parameter::Invoice => "inv_01h4vjdvzefw18zfwz5dxw5y8g",
    })
}

#[test]
fn every_route_has_a_handler_and_asks_for_what_it_should() {
    for route in Route::ALL {
        let fake = shop::open();
        let ask = |token: Option<String>| {
            let mut builder = request(route.method().as_str(), &path_of(*route));
            if let Some(token) = token {
                builder = builder.header("authorization", format!("Bearer {token}"));
            }
            fake.ask(builder.body(Bytes::new()).unwrap())
        };
        let anybody = ask(None).status().as_u16();
        let shopper = ask(Some(tokens::shopper("user_1"))).status().as_u16();
        let admin = ask(Some(tokens::admin())).status().as_u16();
        assert!(admin < 500 && admin != 401 && admin != 403, "{route:?} {admin}");
        match route.access() {
            Access::Public | Access::Provider => assert!(anybody != 401 && shopper == anybody, "{route:?}"),
            Access::Shopper => assert!(anybody == 401 && shopper != 401 && shopper != 403, "{route:?}"),
            Access::Admin => assert_eq!((anybody, shopper), (401, 403), "{route:?}"),
        }
    }
}

#[test]
fn limits_come_before_everything() {
    let fake = shop::open();
    let long = get(&format!("/v1/nothing?{}", "x".repeat(4_096)));
    assert_eq!(refusal(&fake.ask(long)), (414, "URI_TOO_LONG".to_owned()));
    let wide = request("GET", "/v1/nothing").header("x-wide", "x".repeat(16_384)).body(Bytes::new()).unwrap();
    assert_eq!(refusal(&fake.ask(wide)), (431, "HEADERS_TOO_LARGE".to_owned()));
    let fat = request("POST", "/v1/cart/items").body(vec![b' '; edge_core::REQUEST_READ_LIMIT].into()).unwrap();
    assert_eq!(refusal(&fake.ask(fat)), (413, "BODY_TOO_LARGE".to_owned()));
}

#[test]
fn an_unknown_path_is_404_and_a_wrong_method_405() {
    let fake = shop::open();
    assert_eq!(refusal(&fake.ask(get("/v1/nothing"))), (404, "NOT_FOUND".to_owned()));
    assert_eq!(refusal(&fake.ask(get("/v1/products/"))), (404, "NOT_FOUND".to_owned()));
    let wrong = fake.ask(request("PATCH", "/v1/products").body(Bytes::new()).unwrap());
    assert_eq!(refusal(&wrong), (405, "METHOD_NOT_ALLOWED".to_owned()));
    assert_eq!(header(&wrong, "allow"), "GET, HEAD, POST, OPTIONS");
    let options = fake.ask(request("OPTIONS", "/v1/products").body(Bytes::new()).unwrap());
    assert_eq!((options.status().as_u16(), header(&options, "allow")), (204, "GET, HEAD, POST, OPTIONS"));
}

#[test]
fn a_preflight_is_answered_for_the_shops_own_pages() {
    let fake = shop::open();
    let preflight = |origin: &str| {
        let builder = request("OPTIONS", "/v1/cart/items").header("origin", origin);
        fake.ask(builder.header("access-control-request-method", "POST").body(Bytes::new()).unwrap())
    };
    let allowed = preflight("https://shop.test");
    assert_eq!(allowed.status(), 204);
    assert_eq!(header(&allowed, "access-control-allow-origin"), "https://shop.test");
    assert!(header(&allowed, "access-control-allow-methods").contains("DELETE"));
    for name in ["authorization", "idempotency-key", "if-match", "if-none-match", "traceparent"] {
        assert!(header(&allowed, "access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!(header(&preflight("https://evil.test"), "access-control-allow-origin"), "");
    let read =
        fake.ask(request("GET", "/v1/products").header("origin", "https://shop.test").body(Bytes::new()).unwrap());
    for name in ["etag", "location", "retry-after", "cache-status", "idempotent-replayed", "x-request-id"] {
        assert!(header(&read, "access-control-expose-headers").contains(name), "{name}");
    }
    assert_eq!(header(&fake.ask(get("/v1/products")), "vary"), "origin", "also where no page asks");
}

#[test]
fn an_impossible_id_is_404_without_any_call() {
    let fake = shop::open();
    let admin = tokens::admin();
    for (method, target) in [
        ("GET", "/v1/products/prod_123"),
        ("GET", "/v1/products/order_01h4vjdvzefw18zfwz5dxw5y8g"),
        ("GET", "/v1/orders/order_1"),
        ("GET", "/v1/inventory/x"),
        ("PUT", &format!("/v1/products/{}", shop::VARIANT)),
        ("PUT", "/v1/cart/items/prod_01H4VJDVZEFW18ZFWZ5DXW5Y8G"),
        ("DELETE", "/v1/cart/items/%20"),
    ] {
        let answer = fake.ask(send(&admin, method, target, &serde_json::Value::Null));
        assert_eq!(refusal(&answer), (404, "NOT_FOUND".to_owned()), "{method} {target}");
    }
    assert!(fake.sent_to("origin.test").is_empty() && fake.operations().is_empty());
}

#[test]
fn the_id_of_a_request_is_in_its_answer_its_problem_and_its_log_line() {
    let fake = shop::open();
    let asked = request("GET", "/v1/nothing").header("x-request-id", "trace-me-1").body(Bytes::new()).unwrap();
    let answer = fake.ask(asked);
    assert_eq!(header(&answer, "x-request-id"), "trace-me-1");
    assert_eq!(json_of(&answer)["error"]["requestId"], "trace-me-1");
    assert_eq!(json_of(&answer)["instance"], "/v1/nothing");
    let line = &fake.log()[0];
    assert_eq!(line["request.id"], "trace-me-1");
    assert_eq!((line["http.status"].as_u64(), line["problem.code"].as_str()), (Some(404), Some("NOT_FOUND")));
    let other = fake.ask(get("/v1/nothing"));
    assert!(header(&other, "x-request-id").starts_with("req_"));
}

#[test]
fn a_request_is_one_line_of_the_log_and_no_line_tells_a_secret() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    fake.ask(send(&token, "GET", "/v1/cart", &serde_json::Value::Null));
    let log = fake.log();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["event"], "request");
    assert_eq!((log[0]["http.method"].as_str(), log[0]["http.route"].as_str()), (Some("GET"), Some("GetCart")));
    let text = log[0].to_string();
    assert!(!text.contains(&token) && !text.contains("hush") && !text.contains("user_1"), "{text}");
}

#[test]
fn health_needs_no_settings_and_readiness_names_what_is_missing() {
    for missing in ["origin_url", "aws_region", "token_issuer", "aws_secret_access_key"] {
        let fake = shop::open();
        fake.set(missing, "");
        assert_eq!(fake.ask(get("/healthz")).status(), 200);
        let ready = fake.ask(get("/readyz"));
        assert_eq!(refusal(&ready), (503, "UNAVAILABLE".to_owned()), "{missing}");
        assert_eq!(json_of(&ready)["error"]["details"][0]["field"], missing);
        let products = fake.ask(get("/v1/products"));
        assert_eq!(refusal(&products), (503, "UNAVAILABLE".to_owned()));
        assert!(!String::from_utf8_lossy(products.body()).contains(missing), "shoppers need not know");
    }
    let fake = shop::open();
    fake.set("aws_region", "");
    fake.ask(get("/v1/products"));
    fake.set("aws_region", "eu-west-1");
    assert_eq!(fake.ask(get("/v1/products")).status(), 200, "a setting that appears is seen");
}

#[test]
fn readiness_needs_an_origin_that_accepts_the_signature() {
    let fake = shop::open();
    assert_eq!(fake.ask(get("/readyz")).status(), 200);
    // An origin with another key: whoever asks for its health is answered, and whoever signs is refused.
    fake.origin(|request| match request.uri().path() {
        "/healthz" => Ok(shop::catalog(request)),
        _ => Ok(crate::fake::problem(403, "SIGNATURE_REJECTED")),
    });
    fake.pass(5);
    assert_eq!(refusal(&fake.ask(get("/readyz"))), (502, "ORIGIN_UNREACHABLE".to_owned()));
    fake.origin(|_| Ok(crate::fake::problem(404, "NOT_FOUND")));
    fake.pass(5);
    assert_eq!(refusal(&fake.ask(get("/readyz"))), (503, "UNAVAILABLE".to_owned()), "an origin that knows no /readyz");
    fake.origin_is_down();
    fake.pass(5);
    assert_eq!(fake.ask(get("/readyz")).status(), 502);
    assert_eq!(fake.ask(get("/healthz")).status(), 200);
}

#[test]
fn however_many_ask_for_readiness_the_origin_is_asked_once_in_a_while() {
    let fake = shop::open();
    let ask = |fake: &Fake| {
        let answers = block_on(join_all((0..8).map(|_| edge_core::handle(fake, get("/readyz")))));
        answers.iter().map(|answer| answer.status().as_u16()).collect::<Vec<_>>()
    };
    let first = ask(&fake);
    assert!(first.contains(&200) && first.iter().all(|status| [200, 503].contains(status)), "{first:?}");
    assert_eq!((ask(&fake), fake.sent_to("origin.test").len()), (vec![200; 8], 1));
    fake.origin_is_down();
    assert_eq!(ask(&fake), [200; 8], "what was found a moment ago stands");
    fake.pass(5);
    ask(&fake);
    assert_eq!((ask(&fake), fake.sent_to("origin.test").len()), (vec![502; 8], 2));
}

#[test]
fn the_body_of_a_request_that_has_none_by_its_method_is_not_read() {
    let fake = shop::open();
    let ask = |method: &str, body: Option<Bytes>| {
        let (head, _) = request(method, "/v1/products").body(Bytes::new()).unwrap().into_parts();
        let mut is_read = false;
        let answer = block_on(edge_core::serve(&fake, head, async || {
            is_read = true;
            body
        }));
        (answer.status().as_u16(), is_read)
    };
    let long = || Some(Bytes::from(vec![b'x'; 300 * 1024]));
    assert_eq!(ask("GET", long()), (200, false));
    assert_eq!(ask("HEAD", long()), (200, false));
    assert_eq!(ask("OPTIONS", long()), (204, false));
    assert_eq!(ask("POST", long()), (413, true));
    assert_eq!(ask("DELETE", long()), (413, true));
}

#[test]
fn a_body_that_breaks_off_is_refused_and_nothing_is_forwarded() {
    let fake = shop::open();
    for (method, target) in [("POST", "/v1/orders"), ("DELETE", "/v1/cart"), ("PUT", "/v1/nothing")] {
        let whole = send(&tokens::shopper("user_1"), method, target, &serde_json::Value::Null);
        let (head, _) = whole.into_parts();
        let answer = block_on(edge_core::serve(&fake, head, async || None)).map(|body| match body {
            Body::Whole(bytes) => bytes,
            Body::Pieces(_) => panic!("a refusal is no stream"),
        });
        assert_eq!(refusal(&answer), (400, "VALIDATION_ERROR".to_owned()), "{method} {target}");
    }
    assert!(fake.sent_to("origin.test").is_empty() && fake.operations().is_empty());
    assert_eq!(fake.log()[0]["http.status"], 400, "and it stands in the log");
}

#[test]
fn a_setting_that_cannot_be_read_is_no_setting_that_is_absent() {
    for mood in [Mood::Hangs, Mood::Down] {
        let fake = shop::open();
        fake.variable_is("tax_rate", mood);
        assert_eq!(refusal(&fake.ask(get("/v1/products"))), (503, "UNAVAILABLE".to_owned()), "{mood:?}");
        assert_eq!(json_of(&fake.ask(get("/readyz")))["error"]["details"][0]["field"], "tax_rate", "{mood:?}");
        fake.variable_is("aws_session_token", mood);
        assert_eq!(refusal(&fake.ask(get("/v1/products"))), (503, "UNAVAILABLE".to_owned()), "{mood:?}");
        fake.variable_is("aws_session_token", Mood::Well);
        assert_eq!(fake.ask(get("/v1/products")).status(), 200, "{mood:?}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let fake = shop::open();
    let get = fake.ask(get("/v1/products"));
    let head = fake.ask(request("HEAD", "/v1/products").body(Bytes::new()).unwrap());
    assert_eq!(head.status(), 200);
    assert!(head.body().is_empty());
    assert_eq!(header(&head, "etag"), header(&get, "etag"));
    assert_eq!(header(&head, "content-type"), "application/json");
}

#[test]
fn any_method_and_path_end_in_an_answer() {
    let fake = Fake::new();
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "FROB", "OPTIONS", "HEAD"] {
        for target in ["/", "/v1/cart?%", "/v1/products?page=%ff", "/%2e%2e/", "/v1/products/%00", "/v1/orders?x=%zz"] {
            let asked: Request<Bytes> = request(method, target).body(Bytes::from_static(b"\xff{")).unwrap();
            let status = fake.ask(asked).status().as_u16();
            assert!((200..500).contains(&status), "{method} {target}: {status}");
        }
    }
}
