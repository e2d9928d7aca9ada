//! Invoices, as JSON and as PDF.

use commerce_api::Route;

use super::{Class, Row, by_hand::UNKNOWN};
use crate::{Call, World};

/// The invoice of an order, under its name below the order.
pub(super) fn of_an_order(route: Route, name: &'static str) -> Vec<Row> {
    let get = move |world: &World, order: &str| Call::get(format!("/v1/orders/{order}/{name}")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "paid", 200, move |world| get(world, &world.paid_order)),
        Row::of(route, Class::BadInput, "unpaid", 409, move |world| get(world, &world.second_order)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_order)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("order_{UNKNOWN}"))),
    ]
}

/// An invoice by its id, and what follows it in the path.
pub(super) fn by_id(route: Route, rest: &'static str) -> Vec<Row> {
    let get = move |world: &World, id: &str| Call::get(format!("/v1/invoices/{id}{rest}")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "own", 200, move |world| get(world, &world.invoice)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_invoice)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("inv_{UNKNOWN}"))),
        Row::of(route, Class::BadInput, "impossible id", 404, move |world| get(world, &world.order)),
    ]
}
