//! Shipments: what leaves, what has arrived, and the carrier's hints.

use commerce_api::Route;
use http::Method;
use serde_json::{Value, json};
use test_support::{SystemClock, payments::signature_header};

use super::{Class, Row, by_hand::UNKNOWN};
use crate::{Call, World};

pub(super) fn create_shipment() -> Vec<Row> {
    let route = Route::CreateShipment;
    let ship = |world: &World, order: &str, body: &Value| {
        Call::post(format!("/v1/orders/{order}/shipments"), body).token(&world.admin)
    };
    let keyed = move |key: &'static str, body: Value| {
        move |world: &World| ship(world, &world.packed_order, &body).header("idempotency-key", key)
    };
    let own = || json!({"carrier": "UPS", "trackingNumber": "1Z999AA10123456784"});
    vec![
        Row::of(route, Class::BadInput, "no key", 400, move |world| ship(world, &world.packed_order, &json!({}))),
        Row::of(route, Class::BadInput, "nothing", 400, keyed("ship-1", json!({"items": []}))),
        Row::of(
            route,
            Class::BadInput,
            "number too long",
            400,
            keyed("ship-2", json!({"trackingNumber": "1".repeat(101)})),
        ),
        Row::of(
            route,
            Class::BadInput,
            "what was not ordered",
            422,
            keyed("ship-3", json!({"items": [{"variantId": format!("var_{UNKNOWN}"), "quantity": 1}]})),
        ),
        Row::of(route, Class::BadInput, "not paid", 409, move |world| {
            ship(world, &world.order, &own()).header("idempotency-key", "ship-4")
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| {
            ship(world, &format!("order_{UNKNOWN}"), &own()).header("idempotency-key", "ship-5")
        }),
        Row::of(route, Class::Success, "all of it", 201, keyed("ship-6", own())),
        Row::of(route, Class::Success, "replayed", 201, keyed("ship-6", own())),
        Row::of(route, Class::BadInput, "key reused", 422, keyed("ship-6", json!({}))),
        Row::of(route, Class::BadInput, "shipped", 409, keyed("ship-7", own())),
    ]
}

pub(super) fn list_shipments() -> Vec<Row> {
    let route = Route::ListShipments;
    let get = |world: &World, order: &str| Call::get(format!("/v1/orders/{order}/shipments")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "own", 200, move |world| get(world, &world.shipped_order)),
        Row::of(route, Class::Success, "none", 200, move |world| get(world, &world.paid_order)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_order)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("order_{UNKNOWN}"))),
    ]
}

pub(super) fn deliver_shipment() -> Vec<Row> {
    let route = Route::DeliverShipment;
    let deliver = |world: &World, shipment: &str, body: &Value| {
        Call::post(format!("/v1/shipments/{shipment}/deliver"), body).token(&world.admin)
    };
    vec![
        Row::of(route, Class::BadInput, "with a body", 400, move |world| {
            deliver(world, &world.shipment, &json!({"when": "now"}))
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| {
            deliver(world, &format!("ship_{UNKNOWN}"), &json!({}))
        }),
        Row::of(route, Class::BadInput, "impossible id", 404, move |world| deliver(world, &world.order, &json!({}))),
        Row::of(route, Class::Success, "arrived", 200, move |world| deliver(world, &world.shipment, &json!({}))),
        Row::of(route, Class::Success, "again", 200, move |world| deliver(world, &world.shipment, &json!({}))),
    ]
}

pub(super) fn cancel_shipment() -> Vec<Row> {
    let route = Route::CancelShipment;
    let cancel = |world: &World, shipment: &str, body: &Value| {
        Call::post(format!("/v1/shipments/{shipment}/cancel"), body).token(&world.admin)
    };
    vec![
        Row::of(route, Class::BadInput, "with a body", 400, move |world| {
            cancel(world, &world.refused_shipment, &json!({"when": "now"}))
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| {
            cancel(world, &format!("ship_{UNKNOWN}"), &json!({}))
        }),
        Row::of(route, Class::BadInput, "has left", 409, move |world| cancel(world, &world.shipment, &json!({}))),
        Row::of(route, Class::Success, "open again", 200, move |world| {
            cancel(world, &world.refused_shipment, &json!({}))
        }),
    ]
}

pub(super) fn receive_carrier_webhook() -> Vec<Row> {
    let route = Route::ReceiveCarrierWebhook;
    let body = format!(
        "{{ \"id\": \"cev_1\",\n \"type\": \"tracker.updated\", \"data\": {{\"reference\": \"ship_{UNKNOWN}\"}}}}"
    );
    let post = |secret: Option<&'static str>| {
        let body = body.clone();
        move |_: &World| {
            let call = Call::new(Method::POST, route.pattern()).body("application/json; charset=utf-8", body.clone());
            let now = SystemClock::shared().now().as_second();
            let signed = secret.map(|secret| signature_header(secret, now, body.as_bytes()));
            signed.into_iter().fold(call, |call, signature| call.header("carrier-signature", &signature))
        }
    };
    let ours = Some(local_stack::CARRIER_WEBHOOK_SECRET);
    vec![
        Row::of(route, Class::Success, "of somebody else's parcel", 200, post(ours)),
        Row::of(route, Class::BadInput, "not signed", 400, post(None)),
        Row::of(route, Class::BadInput, "signed by the payment provider", 400, post(Some(local_stack::WEBHOOK_SECRET))),
    ]
}
