//! The parity table: what is asked of both edges, and the status that both must give.
//!
//! Part of it follows from the route table by itself: each route without a token, with the wrong role, by the wrong method. The
//! rest is written by hand, and [`missing`] tells which route lacks what: a success, refused input, another's object.

mod by_hand;
mod edges;
mod invoices;
mod money;
mod origins;
mod parcels;
mod returns;

use commerce_api::{Access, Route, ServedBy};
use http::Method;

pub use self::origins::{LISTED_ORIGINS, of_listed_origins};
use crate::{Call, World};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// All is well.
    Success,
    /// The input is refused.
    BadInput,
    /// Nobody is signed in.
    NoToken,
    /// Somebody is, who may not.
    WrongRole,
    /// The thing is somebody else's.
    ForeignObject,
    /// The path is known, the method is not.
    WrongMethod,
    /// What every route has to stand: `HEAD`, conditional, oversized, malformed and unknown requests.
    Edge,
}

/// One row.
pub struct Row {
    /// What it shows, for the report.
    pub name: String,
    /// The route, where it is about one.
    pub route: Option<Route>,
    /// What it is about.
    pub class: Class,
    /// The status that both edges must give.
    pub status: u16,
    /// The request, in the world of one edge.
    pub call: Box<dyn Fn(&World) -> Call + Send + Sync>,
}

impl Row {
    fn of(
        route: Route,
        class: Class,
        name: &str,
        status: u16,
        call: impl Fn(&World) -> Call + Send + Sync + 'static,
    ) -> Self {
        Self { name: format!("{} · {name}", route.name()), route: Some(route), class, status, call: Box::new(call) }
    }
}

/// The whole table, in an order in which it can be run.
#[must_use]
pub fn all() -> Vec<Row> {
    let mut rows: Vec<Row> = Route::ALL.iter().flat_map(|route| from_table(*route)).collect();
    rows.extend(by_hand::rows());
    rows.extend(edges::rows());
    rows
}

/// What each route still lacks in `rows`.
#[must_use]
pub fn missing(rows: &[Row]) -> Vec<(Route, Class)> {
    let wanted = Route::ALL.iter().flat_map(|route| required(*route).into_iter().map(|class| (*route, class)));
    wanted.filter(|(route, class)| !rows.iter().any(|row| row.route == Some(*route) && row.class == *class)).collect()
}

/// What must be shown of a route.
fn required(route: Route) -> Vec<Class> {
    let mut classes = vec![Class::Success, Class::WrongMethod];
    if takes_input(route) {
        classes.push(Class::BadInput);
    }
    if route.access().needs_token() {
        classes.push(Class::NoToken);
    }
    if route.access() == Access::Admin {
        classes.push(Class::WrongRole);
    }
    if owns_objects(route) {
        classes.push(Class::ForeignObject);
    }
    classes
}

/// Whether the request carries a parameter, a query or a body.
fn takes_input(route: Route) -> bool {
    !matches!(route, Route::Healthz | Route::Readyz | Route::ListCategories | Route::GetCart | Route::DeleteCart)
}

/// Whether the request names a thing that belongs to one customer: in the path, or, as a payment does, in the body.
fn owns_objects(route: Route) -> bool {
    let in_path = route.access() == Access::Shopper && route.pattern().contains("Id}");
    in_path || owns_objects_in_body(route)
}

/// Every route that takes a body is decided here, and a new one does not compile before it is.
fn owns_objects_in_body(route: Route) -> bool {
    match route {
        Route::CreatePayment => true,
        // A product and an address belong to nobody, and most of these have no body.
        Route::AddCartItem
        | Route::UpdateCartItem
        | Route::CreateOrder
        | Route::CreateProduct
        | Route::UpdateProduct
        | Route::Healthz
        | Route::Readyz
        | Route::ListProducts
        | Route::GetProduct
        | Route::ListCategories
        | Route::Search
        | Route::Suggest
        | Route::DeleteProduct
        | Route::GetCart
        | Route::DeleteCart
        | Route::RemoveCartItem
        | Route::ListOrders
        | Route::GetOrder
        | Route::GetTimeline
        | Route::StreamOrder
        | Route::GetOrderInvoice
        | Route::PrintOrderInvoice
        | Route::GetInvoice
        | Route::PrintInvoice
        | Route::CancelOrder
        | Route::CreateShipment
        | Route::ListShipments
        | Route::DeliverShipment
        | Route::CancelShipment
        | Route::ReorderOrder
        | Route::ListFailedCheckouts
        | Route::ListPayments
        | Route::GetPayment
        | Route::CapturePayment
        | Route::CreateRefund
        | Route::CreateReturn
        | Route::ListReturns
        | Route::ReceiveStripeWebhook
        | Route::ReceivePayPalWebhook
        | Route::ReceiveCarrierWebhook
        | Route::ListInventory
        | Route::ReconcileInventory
        | Route::GetInventory
        | Route::AdjustInventory => false,
    }
}

/// The rows that follow from the table by themselves.
fn from_table(route: Route) -> Vec<Row> {
    let path = move |world: &World| {
        let known = route.pattern().replace("{orderId}", &world.order);
        known
            .replace("{productId}", &world.product)
            .replace("{paymentId}", &world.payment)
            .replace("{shipmentId}", &world.shipment)
            .replace("{invoiceId}", &world.invoice)
    };
    let mut rows = vec![Row::of(route, Class::WrongMethod, "wrong method", 405, move |world| {
        Call::new(Method::PATCH, path(world))
    })];
    if route.access().needs_token() {
        rows.push(Row::of(route, Class::NoToken, "no token", 401, move |world| Call::new(route.method(), path(world))));
    }
    if route.access() == Access::Admin {
        rows.push(Row::of(route, Class::WrongRole, "wrong role", 403, move |world| {
            Call::new(route.method(), path(world)).token(&world.shopper)
        }));
    }
    if route.method() == Method::GET && route.served_by() == ServedBy::Cache {
        rows.push(Row::of(route, Class::Edge, "head", 200, move |world| {
            Call::new(Method::HEAD, format!("{}?q=s", path(world)))
        }));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_every_row_it_needs() {
        assert_eq!(missing(&all()), []);
    }

    #[test]
    fn a_route_without_rows_of_its_own_is_found() {
        let of_itself: Vec<Row> = Route::ALL.iter().flat_map(|route| from_table(*route)).collect();
        let missing = missing(&of_itself);
        for route in Route::ALL {
            assert!(missing.contains(&(*route, Class::Success)), "{}", route.name());
        }
    }

    #[test]
    fn a_route_that_names_somebodys_object_needs_a_row_with_anothers() {
        let own: Vec<&str> =
            Route::ALL.iter().filter(|route| owns_objects(**route)).map(|route| route.name()).collect();
        assert_eq!(
            own,
            [
                "UpdateCartItem",
                "RemoveCartItem",
                "GetOrder",
                "GetTimeline",
                "StreamOrder",
                "GetOrderInvoice",
                "PrintOrderInvoice",
                "GetInvoice",
                "PrintInvoice",
                "CancelOrder",
                "ListShipments",
                "ReorderOrder",
                "CreatePayment",
                "GetPayment",
                "ListReturns"
            ]
        );
        let rows: Vec<Row> = all().into_iter().filter(|row| row.class != Class::ForeignObject).collect();
        assert_eq!(missing(&rows).len(), own.len());
    }
}
