//! `origin-printer`, which knows nothing that it does not need.

use commerce_auth::PrincipalHeader;
use commerce_domain::{InvoiceId, OrderId};
use origin_core::invoices::{Head, InvoiceStore as _, NewInvoice};
use origin_postgres::{Database, DatabaseSettings};
use serde_json::{Value, json};
use test_support::{SystemClock, SystemEntropy, principal};

use crate::function::{Function, database_url};

const EDGE: &str = "arn:aws:iam::000000000000:user/edge";
const ORDER: &str = "order_01h4vjdvzefw18zfwz5dxw5y8g";

/// One order of a customer's, with its invoice.
async fn issue_one(database: &Database) -> InvoiceId {
    let order: OrderId = ORDER.parse().unwrap();
    let client = database.client().await.unwrap();
    let orders = r#"with customer as (insert into customers (id, issuer, sub, created_at, updated_at)
                values ('00000000-0000-7000-8000-000000000001', 'https://issuer.test', 'ada', now(), now()) returning id),
            checkout as (insert into checkouts (id, order_id, customer_id, cart_id, cart_version, request_hash, lines, currency,
                    subtotal, tax, shipping, total, shipping_address, state, hold_until, order_number, created_at, updated_at)
                select '00000000-0000-7000-8000-000000000002', $1, id, '00000000-0000-7000-8000-000000000003', 1, sha256('1'),
                    '[{}]', 'EUR', 10, 0, 0, 10,
                    '{"street": "1 Street", "city": "City", "zipCode": "1", "country": "DE"}', 'PLACED',
                    now(), '7K3M9QXTG', now(), now() from customer returning *)
        insert into orders (id, checkout_id, user_id, status, currency, subtotal, tax, shipping, total, shipping_address,
            reserved_until, order_number, created_at, updated_at)
        select order_id, id, customer_id, 'PROCESSING', currency, subtotal, tax, shipping, total, shipping_address, hold_until,
            order_number, now(), now() from checkout"#;
    client.execute(orders, &[&order.as_uuid()]).await.unwrap();
    drop(client);
    let id = InvoiceId::generate(&SystemClock, &SystemEntropy);
    let draft = json!({
        "id": id, "kind": "invoice", "number": "", "issuedAt": "2026-06-01T12:00:00Z", "issuedOn": "2026-06-01", "orderId": ORDER,
        "orderNumber": "0000-0000-1", "orderedOn": "2026-06-01", "seller": {"name": "Shop", "address": []},
        "buyer": {"address": {"street": "", "city": "", "zipCode": "", "country": ""}}, "currency": "EUR",
        "taxIncluded": true, "items": [], "subtotal": 10, "shipping": 0, "tax": 0, "taxes": [], "total": 10,
    });
    let issued_at = "2026-06-01T12:00:00Z".parse().unwrap();
    let head = Head { id, year: 2026, issued_at, issued_on: "2026-06-01".to_owned() };
    let draft = serde_json::from_value(draft).unwrap();
    database.issue_invoice(&NewInvoice { head, legal_entity: "CC".to_owned(), order_id: order, draft }).await.unwrap();
    id
}

/// What a function URL hands on of a `GET`.
fn get(path: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "isBase64Encoded": false,
        "headers": {"host": "printer", "x-cc-principal": PrincipalHeader::encode(&principal("ada"))},
        "requestContext": {
            "accountId": "1", "apiId": "1", "authorizer": {"iam": {"userArn": EDGE}}, "domainName": "printer",
            "domainPrefix": "printer", "requestId": "1", "routeKey": "$default", "stage": "$default", "time": "",
            "timeEpoch": 0, "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printer_prints_without_a_key_of_anything_else() {
    let url = database_url().await;
    let database = Database::new(&DatabaseSettings::new(&url)).unwrap();
    let invoice = issue_one(&database).await;
    // No variable else, by `Function::start`.
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("AWS_REGION", "eu-central-1"),
        ("TOKEN_ISSUER", "https://issuer.test"),
        ("EDGE_PRINCIPAL_ARN", EDGE),
        ("INVOICE_SELLER", include_str!("../../../../docs/invoice-seller.example.json")),
    ];
    let function = Function::start(env!("CARGO_BIN_EXE_origin-printer"), &variables).await;
    let ask = async |path: String| function.runtime.invoke(get(&path)).await.unwrap();
    let printed = ask(format!("/v1/invoices/{invoice}/pdf")).await;
    assert_eq!((&printed["statusCode"], &printed["headers"]["content-type"]), (&json!(200), &json!("application/pdf")));
    // `%PDF-` in Base64.
    assert!(printed["body"].as_str().unwrap().starts_with("JVBERi0"), "{printed}");
    let by_order = ask(format!("/v1/orders/{ORDER}/invoice.pdf")).await;
    assert_eq!(by_order["body"], printed["body"]);
    for elsewhere in [format!("/v1/invoices/{invoice}"), "/v1/payments".to_owned()] {
        assert_eq!(ask(elsewhere).await["statusCode"], 404);
    }
}
