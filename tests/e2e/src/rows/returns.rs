//! Goods that come back, goods that are wanted again, and orders that are watched.

use commerce_api::Route;
use http::Method;

use super::{Class, Row, by_hand::UNKNOWN};
use crate::{Call, World};

pub(super) fn create_return() -> Vec<Row> {
    let route = Route::CreateReturn;
    let post = |world: &World, order: &str, variant: &str, quantity: &str| {
        let body = format!(r#"{{"items":[{{"variantId":"{variant}","quantity":{quantity},"restock":true}}]}}"#);
        let call = Call::new(Method::POST, format!("/v1/orders/{order}/returns"));
        call.body("application/json", body).token(&world.admin)
    };
    let keyed = move |world: &World, order: &str, quantity: &str| {
        post(world, order, &world.paid_variant, quantity).header("idempotency-key", "return-1")
    };
    vec![
        Row::of(route, Class::BadInput, "no key", 400, move |world| {
            post(world, &world.paid_order, &world.paid_variant, "1")
        }),
        Row::of(route, Class::BadInput, "no pieces", 400, move |world| keyed(world, &world.paid_order, "0")),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| keyed(world, &format!("order_{UNKNOWN}"), "1")),
        Row::of(route, Class::BadInput, "not shipped", 409, move |world| keyed(world, &world.paid_order, "1")),
        Row::of(route, Class::BadInput, "more than has left", 422, move |world| {
            keyed(world, &world.shipped_order, "2")
        }),
        Row::of(route, Class::Success, "has left", 201, move |world| keyed(world, &world.shipped_order, "1")),
        Row::of(route, Class::Success, "replayed", 201, move |world| keyed(world, &world.shipped_order, "1")),
    ]
}

pub(super) fn list_returns() -> Vec<Row> {
    let route = Route::ListReturns;
    let get = |world: &World, order: &str| Call::get(format!("/v1/orders/{order}/returns")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "own", 200, move |world| get(world, &world.shipped_order)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_order)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("order_{UNKNOWN}"))),
    ]
}

pub(super) fn reorder_order() -> Vec<Row> {
    let route = Route::ReorderOrder;
    let post = |world: &World, order: &str, body: &'static str| {
        let call = Call::new(Method::POST, format!("/v1/orders/{order}/reorder"));
        call.body("application/json", body).token(&world.shopper).header("idempotency-key", "again-1")
    };
    vec![
        Row::of(route, Class::BadInput, "with a body", 400, move |world| {
            post(world, &world.paid_order, r#"{"all":true}"#)
        }),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| post(world, &world.foreign_order, "")),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| post(world, &format!("order_{UNKNOWN}"), "")),
        Row::of(route, Class::Success, "into the cart", 200, move |world| post(world, &world.paid_order, "")),
        Row::of(route, Class::Success, "replayed", 200, move |world| post(world, &world.paid_order, "")),
    ]
}

/// How a stream goes on is shown by a test of its own: it lasts too long for a row, and no two are the same.
pub(super) fn stream_order() -> Vec<Row> {
    let route = Route::StreamOrder;
    let ask = |method: Method, world: &World, order: &str| {
        Call::new(method, format!("/v1/orders/{order}/stream")).token(&world.shopper)
    };
    vec![
        Row::of(route, Class::Success, "head", 200, move |world| ask(Method::HEAD, world, &world.paid_order)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| {
            ask(Method::GET, world, &world.foreign_order)
        }),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| {
            ask(Method::GET, world, &format!("order_{UNKNOWN}"))
        }),
    ]
}
