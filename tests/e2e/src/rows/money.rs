//! Orders and their money: what happened, payments as they are read, refunds, orders that are called off.

use commerce_api::Route;
use http::Method;
use serde_json::{Value, json};

use super::{Class, Row, by_hand::UNKNOWN};
use crate::{Call, World};

pub(super) fn cancel_order() -> Vec<Row> {
    let route = Route::CancelOrder;
    let cancel = |world: &World, order: &str, body: &Value| {
        Call::post(format!("/v1/orders/{order}/cancel"), body).token(&world.shopper)
    };
    vec![
        Row::of(route, Class::BadInput, "with a body", 400, move |world| {
            cancel(world, &world.second_order, &json!({"why": "so"}))
        }),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| {
            cancel(world, &world.foreign_order, &json!({}))
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| {
            cancel(world, &format!("order_{UNKNOWN}"), &json!({}))
        }),
        Row::of(route, Class::Success, "unpaid", 200, move |world| cancel(world, &world.second_order, &json!({}))),
        Row::of(route, Class::Success, "again", 200, move |world| cancel(world, &world.second_order, &json!({}))),
    ]
}

pub(super) fn get_timeline() -> Vec<Row> {
    let route = Route::GetTimeline;
    let get = |world: &World, order: &str| Call::get(format!("/v1/orders/{order}/timeline")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "own", 200, move |world| get(world, &world.paid_order)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_order)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("order_{UNKNOWN}"))),
    ]
}

pub(super) fn list_failed_checkouts() -> Vec<Row> {
    let route = Route::ListFailedCheckouts;
    let get = |query: &'static str| {
        move |world: &World| Call::get(format!("/v1/checkouts/failed{query}")).token(&world.admin)
    };
    vec![
        Row::of(route, Class::Success, "all", 200, get("?limit=5")),
        Row::of(route, Class::BadInput, "page", 400, get("?page=0")),
    ]
}

pub(super) fn list_payments() -> Vec<Row> {
    let route = Route::ListPayments;
    let get =
        |query: &'static str| move |world: &World| Call::get(format!("/v1/payments{query}")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "all", 200, get("")),
        Row::of(route, Class::Success, "of an order", 200, |world| {
            Call::get(format!("/v1/payments?orderId={}&limit=5", world.paid_order)).token(&world.shopper)
        }),
        Row::of(route, Class::BadInput, "page", 400, get("?page=0")),
        Row::of(route, Class::BadInput, "unknown parameter", 400, get("?status=SUCCEEDED")),
        Row::of(route, Class::BadInput, "impossible order", 404, get("?orderId=7")),
    ]
}

pub(super) fn get_payment() -> Vec<Row> {
    let route = Route::GetPayment;
    let get = |world: &World, id: &str| Call::get(format!("/v1/payments/{id}")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "own", 200, move |world| get(world, &world.payment)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_payment)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("pay_{UNKNOWN}"))),
        Row::of(route, Class::BadInput, "impossible id", 404, move |world| get(world, &world.order)),
    ]
}

pub(super) fn capture_payment() -> Vec<Row> {
    let route = Route::CapturePayment;
    let capture = |world: &World, payment: &str| {
        Call::new(Method::POST, format!("/v1/payments/{payment}/capture")).token(&world.admin)
    };
    vec![
        Row::of(route, Class::Success, "taken before", 200, move |world| capture(world, &world.payment)),
        Row::of(route, Class::BadInput, "with a body", 400, move |world| {
            capture(world, &world.payment).body("application/json", r#"{"amount":1.00}"#.to_owned())
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| capture(world, &format!("pay_{UNKNOWN}"))),
        Row::of(route, Class::BadInput, "impossible id", 404, move |world| capture(world, &world.order)),
    ]
}

pub(super) fn create_refund() -> Vec<Row> {
    let route = Route::CreateRefund;
    let refund = |world: &World, payment: &str, body: &str| {
        let path = format!("/v1/payments/{payment}/refunds");
        Call::new(Method::POST, path).body("application/json", body.to_owned()).token(&world.admin)
    };
    let keyed =
        move |world: &World, body: &str| refund(world, &world.payment, body).header("idempotency-key", "refund-1");
    vec![
        Row::of(route, Class::BadInput, "no key", 400, move |world| refund(world, &world.payment, "{}")),
        Row::of(route, Class::BadInput, "amount as text", 400, move |world| keyed(world, r#"{"amount":"1.00"}"#)),
        Row::of(route, Class::BadInput, "more than there was", 422, move |world| {
            keyed(world, r#"{"amount":100000.00}"#)
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| {
            refund(world, &format!("pay_{UNKNOWN}"), "{}").header("idempotency-key", "refund-2")
        }),
        Row::of(route, Class::Success, "a part", 201, move |world| keyed(world, r#"{"amount":1.00}"#)),
        Row::of(route, Class::Success, "replayed", 201, move |world| keyed(world, r#"{"amount":1.00}"#)),
        Row::of(route, Class::BadInput, "key reused", 422, move |world| keyed(world, r#"{"amount":2.00}"#)),
    ]
}
