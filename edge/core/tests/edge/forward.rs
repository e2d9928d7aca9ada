//! Handing requests on to the origin.

use commerce_auth::PrincipalHeader;
use commerce_aws::TransportError;
use http::Response;
use serde_json::{Value, json};

use crate::{
    fake::{Fake, answer, problem},
    shop::{self, PRODUCT, VARIANT, get, header, json_of, refusal, send, with},
    tokens,
};

pub(crate) const ORDER: &str = "/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g";

pub(crate) fn origin_with(status: u16, headers: &'static [(&'static str, &'static str)]) -> Fake {
    let fake = Fake::new();
    fake.origin(move |_| {
        let mut response = answer(status, &json!({"ok": true}));
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        Ok(response)
    });
    fake
}

#[test]
fn the_origin_learns_who_calls_through_signed_headers_only() {
    let fake = origin_with(201, &[]);
    let token = tokens::shopper("user_1");
    let forged = [
        ("x-cc-principal", "forged"),
        ("x-cc-shopper-token", "forged"),
        ("x-cc-anything", "forged"),
        ("x-amz-security-token", "forged"),
        ("x-amz-date", "20200101T000000Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("forwarded", "for=1.2.3.4"),
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-host", "evil.test"),
        ("cookie", "session=1"),
        ("host", "evil.test"),
        ("connection", "x-cc-principal"),
        ("idempotency-key", "key-1"),
        ("if-match", "\"3\""),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("x-request-id", "request-1"),
    ];
    let body = json!({"orderId": "x"});
    assert_eq!(fake.ask(with(&token, "POST", "/v1/payments", &body, &forged)).status(), 201);
    let sent = &fake.sent_to("origin.test")[0];
    let mut names: Vec<_> = sent.headers().keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "traceparent",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-cc-principal",
        "x-cc-shopper-token",
        "x-request-id",
    ];
    assert_eq!(names, expected);
    let value = |name: &str| sent.headers()[name].to_str().unwrap();
    assert_eq!(PrincipalHeader::decode(value("x-cc-principal")).unwrap().subject, "user_1");
    assert_eq!(value("x-cc-shopper-token"), token);
    assert_eq!((value("idempotency-key"), value("if-match"), value("x-request-id")), ("key-1", "\"3\"", "request-1"));
    assert!(value("x-amz-date").starts_with("20270115T"), "{}", value("x-amz-date"));
    let signed = value("authorization").split_once("SignedHeaders=").unwrap().1.split_once(',').unwrap().0;
    for name in [
        "host",
        "content-type",
        "idempotency-key",
        "if-match",
        "traceparent",
        "x-amz-date",
        "x-cc-principal",
        "x-cc-shopper-token",
        "x-request-id",
    ] {
        assert!(signed.split(';').any(|one| one == name), "{name} in {signed}");
    }
    assert_eq!(sent.body(), body.to_string().as_bytes());
}

#[test]
fn the_target_is_built_from_the_route_and_the_query_spelled_one_way() {
    let fake = origin_with(200, &[]);
    let token = tokens::shopper("user_1");
    fake.ask(send(&token, "GET", "/v1/orders?status=SHIPPED&page=2&limit=1%30", &Value::Null));
    fake.ask(send(&token, "HEAD", ORDER, &Value::Null));
    let sent = fake.sent_to("origin.test");
    assert_eq!(sent[0].uri(), "https://origin.test/v1/orders?limit=10&page=2&status=SHIPPED");
    assert_eq!((sent[1].method().as_str(), sent[1].uri().path()), ("GET", ORDER));
}

#[test]
fn the_answer_comes_back_with_nothing_of_the_origins_own() {
    let fake = origin_with(
        201,
        &[
            ("location", "/v1/orders/order_1"),
            ("etag", "\"7\""),
            ("retry-after", "3"),
            ("idempotent-replayed", "true"),
            ("set-cookie", "a=b"),
            ("x-amzn-requestid", "abc"),
            ("x-cc-principal", "leak"),
            ("access-control-allow-origin", "*"),
            ("server", "axum"),
        ],
    );
    let answer = fake.ask(send(&tokens::shopper("user_1"), "POST", "/v1/orders", &json!({})));
    assert_eq!((answer.status().as_u16(), json_of(&answer)["ok"].clone()), (201, json!(true)));
    assert_eq!((header(&answer, "location"), header(&answer, "etag")), ("/v1/orders/order_1", "\"7\""));
    assert_eq!((header(&answer, "retry-after"), header(&answer, "idempotent-replayed")), ("3", "true"));
    assert_eq!(header(&answer, "cache-control"), "private, no-store");
    for name in ["set-cookie", "x-amzn-requestid", "x-cc-principal", "server", "access-control-allow-origin"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    let fake = origin_with(201, &[("location", "https://origin.test/v1/orders/order_1")]);
    let answer = fake.ask(send(&tokens::shopper("user_1"), "POST", "/v1/orders", &json!({})));
    assert!(!answer.headers().contains_key("location"), "the origin's address is nobody's business");
}

#[test]
fn a_refusal_of_the_origin_is_passed_on_as_it_is() {
    for (status, code) in
        [(404, "NOT_FOUND"), (409, "OUT_OF_STOCK"), (402, "PAYMENT_DECLINED"), (422, "AMOUNT_MISMATCH")]
    {
        let fake = Fake::new();
        fake.origin(move |_| Ok(problem(status, code)));
        let answer = fake.ask(send(&tokens::shopper("user_1"), "GET", ORDER, &Value::Null));
        assert_eq!(refusal(&answer), (status, code.to_owned()));
    }
}

#[test]
fn who_may_not_is_refused_before_anything_is_forwarded() {
    let fake = origin_with(200, &[]);
    assert_eq!(refusal(&fake.ask(get(ORDER))), (401, "UNAUTHORIZED".to_owned()));
    for (method, target) in [
        ("POST", "/v1/products".to_owned()),
        ("DELETE", format!("/v1/products/{PRODUCT}")),
        ("GET", format!("/v1/inventory/{PRODUCT}")),
    ] {
        let answer = fake.ask(send(&tokens::shopper("user_1"), method, &target, &Value::Null));
        assert_eq!(refusal(&answer), (403, "FORBIDDEN".to_owned()), "{target}");
    }
    assert!(fake.sent_to("origin.test").is_empty());
}

#[test]
fn an_origin_that_cannot_be_reached_is_a_502_or_503_with_retry_after() {
    type Failing = fn() -> Result<Response<bytes::Bytes>, TransportError>;
    let cases: [(Failing, (u16, &str)); 5] = [
        (|| Err(TransportError::Connection("refused".to_owned())), (502, "ORIGIN_UNREACHABLE")),
        (|| Err(TransportError::TimedOut), (503, "UNAVAILABLE")),
        (|| Ok(answer(403, &json!({"Message": "Forbidden"}))), (502, "ORIGIN_UNREACHABLE")),
        (|| Ok(problem(403, "SIGNATURE_REJECTED")), (502, "ORIGIN_UNREACHABLE")),
        (|| Ok(answer(502, &json!({"Message": "Internal Server Error"}))), (502, "ORIGIN_UNREACHABLE")),
    ];
    for (failing, (status, code)) in cases {
        let fake = Fake::new();
        fake.origin(move |_| failing());
        let answer = fake.ask(send(&tokens::shopper("user_1"), "POST", "/v1/orders", &json!({})));
        assert_eq!(refusal(&answer), (status, code.to_owned()));
        assert_eq!(header(&answer, "retry-after"), "5");
        assert!(!String::from_utf8_lossy(answer.body()).contains("origin.test"));
    }
}

#[test]
fn what_may_have_been_done_and_is_not_the_same_twice_is_not_to_be_repeated_unseen() {
    type Failing = fn() -> Result<Response<bytes::Bytes>, TransportError>;
    let perhaps: [Failing; 4] = [
        || Err(TransportError::Connection("reset".to_owned())),
        || Err(TransportError::TimedOut),
        || Ok(answer(502, &json!({"Message": "Internal Server Error"}))),
        || Ok(Response::builder().header("content-type", "text/html").body("welcome".into()).unwrap()),
    ];
    let not: [(Failing, u16); 2] = [
        (|| Err(TransportError::Refused("not allowed".to_owned())), 502),
        (|| Ok(problem(403, "SIGNATURE_REJECTED")), 502),
    ];
    let made = perhaps.into_iter().map(|failing| (failing, 504)).chain(not);
    let requests = [("POST", "/v1/products"), ("PUT", "/v1/inventory/prod_01h4vjdvzefw18zfwz5dxw5y8g")];
    for ((failing, status), (method, path)) in made.flat_map(|failing| requests.map(|request| (failing, request))) {
        let fake = Fake::new();
        fake.origin(move |_| failing());
        let mut request = send(&tokens::admin(), method, path, &json!({}));
        let answer = fake.ask(request.clone());
        assert_eq!((answer.status().as_u16(), header(&answer, "retry-after").is_empty()), (status, status == 504));
        // Under a key it is done once, however often it is sent.
        request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
        assert_eq!(header(&fake.ask(request), "retry-after"), "5", "{method} {path}");
    }
}

#[test]
fn only_json_is_forwarded() {
    let fake = origin_with(200, &[]);
    let token = tokens::shopper("user_1");
    let text = shop::request("POST", "/v1/orders")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/plain")
        .body("{}".into())
        .unwrap();
    assert_eq!(refusal(&fake.ask(text)), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    assert!(fake.sent_to("origin.test").is_empty());
}

#[test]
fn credentials_of_a_session_are_signed_along_with_their_token() {
    let fake = shop::open();
    fake.set("aws_session_token", "session-1");
    let token = tokens::shopper("user_1");
    fake.ask(get("/v1/products"));
    fake.ask(send(&token, "GET", ORDER, &Value::Null));
    fake.ask(send(&token, "GET", "/v1/cart", &Value::Null));
    for host in ["origin.test", "dynamodb.test"] {
        for sent in fake.sent_to(host) {
            assert_eq!(sent.headers()["x-amz-security-token"], "session-1", "{host}");
            let signature = sent.headers()["authorization"].to_str().unwrap();
            assert!(signature.contains("x-amz-security-token"), "{host} {signature}");
        }
        assert!(!fake.sent_to(host).is_empty(), "{host}");
    }
}

#[test]
fn a_changed_product_is_read_anew() {
    let fake = shop::open();
    let target = format!("/v1/products/{PRODUCT}");
    fake.ask(get(&target));
    assert!(header(&fake.ask(get(&target)), "cache-status").contains("; hit;"));
    assert_eq!(fake.ask(send(&tokens::admin(), "PUT", &target, &json!({"name": "New"}))).status(), 200);
    assert_eq!(header(&fake.ask(get(&target)), "cache-status"), "cloudcommerce; fwd=miss; stored");
}

#[test]
fn a_changed_product_is_read_anew_under_the_ids_of_its_variants_too() {
    let copies = [PRODUCT, VARIANT].map(|id| format!("/v1/products/{id}"));
    let is_hit = |fake: &Fake, target: &str| header(&fake.ask(get(target)), "cache-status").contains("; hit;");
    for (method, cached, body) in [
        // The answer to a PUT tells of the variants, the cached product does for a DELETE.
        ("PUT", &copies[1..], json!({"name": "New"})),
        ("PUT", &copies[..], json!({"name": "New"})),
        ("DELETE", &copies[..], Value::Null),
    ] {
        let fake = shop::open();
        for target in cached {
            fake.ask(get(target));
            assert!(is_hit(&fake, target), "{method} {target}");
        }
        if method == "DELETE" {
            fake.origin(|_| {
                let mut gone = Response::new(bytes::Bytes::new());
                *gone.status_mut() = http::StatusCode::NO_CONTENT;
                Ok(gone)
            });
        }
        let changed = fake.ask(send(&tokens::admin(), method, &copies[0], &body));
        assert!(changed.status().is_success(), "{changed:?}");
        fake.origin(|request| Ok(shop::catalog(request)));
        for target in cached {
            assert!(!is_hit(&fake, target), "{method} {target}");
        }
    }
}

#[test]
fn what_is_printed_comes_from_the_printer_where_there_is_one_and_from_the_origin_otherwise() {
    let pdf = || {
        let fake = Fake::new();
        fake.origin(|_| {
            let mut response = Response::new(bytes::Bytes::from_static(b"%PDF-1.7"));
            let headers = response.headers_mut();
            headers.insert("content-type", "application/pdf".parse().unwrap());
            headers.insert("content-disposition", "inline; filename=\"CC-2026-000001.pdf\"".parse().unwrap());
            Ok(response)
        });
        fake
    };
    let token = tokens::shopper("user_1");
    let ask = |fake: &Fake, target: &str| fake.ask(with(&token, "GET", target, &Value::Null, &[]));
    let (paper, order) = (format!("{ORDER}/invoice.pdf"), format!("{ORDER}/invoice"));
    let alone = pdf();
    let answer = ask(&alone, &paper);
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"%PDF-1.7"[..]));
    assert_eq!(header(&answer, "content-disposition"), "inline; filename=\"CC-2026-000001.pdf\"");
    assert_eq!(alone.sent_to("origin.test").len(), 1);
    let apart = pdf();
    apart.set("printer_url", "https://printer.test/base/");
    for target in [paper.as_str(), "/v1/invoices/inv_01h4vjdvzefw18zfwz5dxw5y8g/pdf"] {
        assert_eq!(ask(&apart, target).status(), 200);
    }
    assert_eq!(ask(&apart, &order).status(), 200);
    let asked = |host: &str| apart.sent_to(host).iter().map(|sent| sent.uri().path().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        asked("printer.test"),
        [format!("/base{paper}"), "/base/v1/invoices/inv_01h4vjdvzefw18zfwz5dxw5y8g/pdf".to_owned()]
    );
    assert_eq!(asked("origin.test"), [order]);
    assert!(apart.sent_to("printer.test").iter().all(|sent| sent.headers().contains_key("authorization")));
}
