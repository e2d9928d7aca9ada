//! The one table of routes. The edge's router, the origin's router and the parity tests are all made from it.

use http::Method;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody with a valid access token.
    Shopper,
    /// Holders of the role `admin`.
    Admin,
    /// A provider that has no token: it proves itself to the origin, by its own signature over the body.
    Provider,
}

impl Access {
    /// Whether the caller has to show an access token.
    #[must_use]
    pub fn needs_token(self) -> bool {
        matches!(self, Self::Shopper | Self::Admin)
    }
}

/// Who answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedBy {
    /// The edge alone.
    Edge,
    /// The edge from its cache, filled by the same route of the origin.
    Cache,
    /// The origin; the edge forwards, signed.
    Origin,
    /// The origin that prints, where that is one of its own; the edge forwards, signed.
    Printer,
}

/// What stands in the place of a route's braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// Nothing: the path has no braces.
    Nothing,
    /// The id of a product.
    Product,
    /// The id of a product, or of one of its variants.
    ProductOrVariant,
    /// The id of an order.
    Order,
    /// The id of a payment.
    Payment,
    /// The id of a shipment.
    Shipment,
    /// The id of an invoice or a credit note.
    Invoice,
}

/// Defines the table: name, method, pattern, what stands in its braces, who answers, who may call.
macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident: $method:ident $pattern:literal $parameter:ident, $served:ident, $access:ident;)*) => {
        /// Everything that can be asked of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Route { $($(#[$doc])* $name,)* }

        impl Route {
            /// Every route, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The method. `GET` routes answer `HEAD` too.
            #[must_use]
            pub fn method(self) -> Method {
                match self { $(Self::$name => Method::$method,)* }
            }

            /// The path, with parameters in braces.
            #[must_use]
            pub fn pattern(self) -> &'static str {
                match self { $(Self::$name => $pattern,)* }
            }

            /// What stands in the braces of its path.
            #[must_use]
            pub fn parameter(self) -> Parameter {
                match self { $(Self::$name => Parameter::$parameter,)* }
            }

            /// Who may call it.
            #[must_use]
            pub fn access(self) -> Access {
                match self { $(Self::$name => Access::$access,)* }
            }

            /// Who answers it.
            #[must_use]
            pub fn served_by(self) -> ServedBy {
                match self { $(Self::$name => ServedBy::$served,)* }
            }

            /// The name in logs: `ListProducts`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

routes! {
    /// Whether the edge runs.
    Healthz: GET "/healthz" Nothing, Edge, Public;
    /// Whether the edge can do its work: configured, and the origin accepts its signature, which it says under the same path.
    Readyz: GET "/readyz" Nothing, Edge, Public;
    /// A page of products.
    ListProducts: GET "/v1/products" Nothing, Cache, Public;
    /// One product in full.
    GetProduct: GET "/v1/products/{productId}" ProductOrVariant, Cache, Public;
    /// All categories.
    ListCategories: GET "/v1/categories" Nothing, Cache, Public;
    /// Products that are found and filtered, with counts of what else could be chosen.
    Search: GET "/v1/search" Nothing, Cache, Public;
    /// Completions of a text.
    Suggest: GET "/v1/search/suggest" Nothing, Cache, Public;
    /// Adds a product.
    CreateProduct: POST "/v1/products" Nothing, Origin, Admin;
    /// Changes a product.
    UpdateProduct: PUT "/v1/products/{productId}" Product, Origin, Admin;
    /// Takes a product out of the shop.
    DeleteProduct: DELETE "/v1/products/{productId}" Product, Origin, Admin;
    /// The caller's cart.
    GetCart: GET "/v1/cart" Nothing, Edge, Shopper;
    /// Empties the caller's cart.
    DeleteCart: DELETE "/v1/cart" Nothing, Edge, Shopper;
    /// Adds to a line of the caller's cart.
    AddCartItem: POST "/v1/cart/items" Nothing, Edge, Shopper;
    /// Sets a line of the caller's cart.
    UpdateCartItem: PUT "/v1/cart/items/{productId}" ProductOrVariant, Edge, Shopper;
    /// Takes a line out of the caller's cart.
    RemoveCartItem: DELETE "/v1/cart/items/{productId}" ProductOrVariant, Edge, Shopper;
    /// Orders the caller's cart. Never charges.
    CreateOrder: POST "/v1/orders" Nothing, Origin, Shopper;
    /// The caller's orders.
    ListOrders: GET "/v1/orders" Nothing, Origin, Shopper;
    /// One of the caller's orders.
    GetOrder: GET "/v1/orders/{orderId}" Order, Origin, Shopper;
    /// What happened to an order.
    GetTimeline: GET "/v1/orders/{orderId}/timeline" Order, Origin, Shopper;
    /// The status of an order as it changes.
    StreamOrder: GET "/v1/orders/{orderId}/stream" Order, Edge, Shopper;
    /// The invoice of an order that is paid, and its credit notes.
    GetOrderInvoice: GET "/v1/orders/{orderId}/invoice" Order, Origin, Shopper;
    /// The invoice of an order that is paid, as a PDF.
    PrintOrderInvoice: GET "/v1/orders/{orderId}/invoice.pdf" Order, Printer, Shopper;
    /// An invoice or a credit note.
    GetInvoice: GET "/v1/invoices/{invoiceId}" Invoice, Origin, Shopper;
    /// An invoice or a credit note, as a PDF.
    PrintInvoice: GET "/v1/invoices/{invoiceId}/pdf" Invoice, Printer, Shopper;
    /// Calls an order off that has not been shipped, and sends back what was paid: one of the caller's, or the shop's any.
    CancelOrder: POST "/v1/orders/{orderId}/cancel" Order, Origin, Shopper;
    /// Ships an order, or a part of it.
    CreateShipment: POST "/v1/orders/{orderId}/shipments" Order, Origin, Admin;
    /// The shipments of an order: one of the caller's, or the shop's any.
    ListShipments: GET "/v1/orders/{orderId}/shipments" Order, Origin, Shopper;
    /// Says that a shipment has arrived.
    DeliverShipment: POST "/v1/shipments/{shipmentId}/deliver" Shipment, Origin, Admin;
    /// Calls a shipment off that waits for its label.
    CancelShipment: POST "/v1/shipments/{shipmentId}/cancel" Shipment, Origin, Admin;
    /// Puts what one of the caller's orders was of into the caller's cart again.
    ReorderOrder: POST "/v1/orders/{orderId}/reorder" Order, Origin, Shopper;
    /// Pays an order of the caller's.
    CreatePayment: POST "/v1/payments" Nothing, Origin, Shopper;
    /// The caller's payments.
    ListPayments: GET "/v1/payments" Nothing, Origin, Shopper;
    /// One of the caller's payments, with its refunds; any of the shop's for the shop.
    GetPayment: GET "/v1/payments/{paymentId}" Payment, Origin, Shopper;
    /// Takes the money that a payment has set aside.
    CapturePayment: POST "/v1/payments/{paymentId}/capture" Payment, Origin, Admin;
    /// Sends money back.
    CreateRefund: POST "/v1/payments/{paymentId}/refunds" Payment, Origin, Admin;
    /// Takes goods of an order back, and sends back what they had cost.
    CreateReturn: POST "/v1/orders/{orderId}/returns" Order, Origin, Admin;
    /// What came back of an order: of one of the caller's, or of the shop's any.
    ListReturns: GET "/v1/orders/{orderId}/returns" Order, Origin, Shopper;
    /// Checkouts that did not become orders.
    ListFailedCheckouts: GET "/v1/checkouts/failed" Nothing, Origin, Admin;
    /// Takes a hint of Stripe's that something has happened to a payment.
    ReceiveStripeWebhook: POST "/v1/webhooks/stripe" Nothing, Origin, Provider;
    /// Takes a hint of PayPal's that something has happened to a payment.
    ReceivePayPalWebhook: POST "/v1/webhooks/paypal" Nothing, Origin, Provider;
    /// Takes a hint of the carrier's that something has happened to a shipment.
    ReceiveCarrierWebhook: POST "/v1/webhooks/carrier" Nothing, Origin, Provider;
    /// The stock of all variants, or of those that run low.
    ListInventory: GET "/v1/inventory" Nothing, Origin, Admin;
    /// Compares counters and ledger, and repairs what differs.
    ReconcileInventory: POST "/v1/inventory/reconcile" Nothing, Origin, Admin;
    /// The stock of a variant.
    GetInventory: GET "/v1/inventory/{productId}" ProductOrVariant, Origin, Admin;
    /// Changes the stock of a variant.
    AdjustInventory: PUT "/v1/inventory/{productId}" ProductOrVariant, Origin, Admin;
}

impl Route {
    /// The path with `parameter` in the place of the braces.
    #[must_use]
    pub fn path(self, parameter: &str) -> String {
        let pattern = self.pattern();
        let braces = pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1)));
        braces.map_or_else(|| pattern.to_owned(), |(before, after)| format!("{before}{parameter}{after}"))
    }
}

/// A route and the value of its parameter; no route has more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteMatch<'a> {
    /// The route.
    pub route: Route,
    /// What stands in the place of the braces; empty for routes without.
    pub parameter: &'a str,
}

/// Why no route matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteMiss {
    /// No route has this path.
    NotFound,
    /// The path is known, the method is not. Holds the value for `Allow`.
    MethodNotAllowed(String),
}

/// The route of a request. Paths match exactly: no trailing slash, no doubled one.
///
/// # Errors
/// [`RouteMiss`].
pub fn match_route<'a>(method: &Method, path: &'a str) -> Result<RouteMatch<'a>, RouteMiss> {
    let wanted = if method == Method::HEAD { Method::GET } else { method.clone() };
    let mut allowed = Vec::new();
    for route in Route::ALL {
        let Some(parameter) = match_pattern(route.pattern(), path) else { continue };
        if route.method() == wanted {
            return Ok(RouteMatch { route: *route, parameter });
        }
        allowed.push(route.method());
    }
    if allowed.is_empty() { Err(RouteMiss::NotFound) } else { Err(RouteMiss::MethodNotAllowed(allow_header(&allowed))) }
}

/// The parameter of the path if it fits the pattern.
fn match_pattern<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return (pattern == path).then_some("");
    };
    let (_, after) = rest.split_once('}')?;
    let parameter = path.strip_prefix(before)?.strip_suffix(after)?;
    (!parameter.is_empty() && !parameter.contains('/')).then_some(parameter)
}

fn allow_header(methods: &[Method]) -> String {
    let mut names = Vec::new();
    for method in methods {
        names.push(method.as_str());
        if method == Method::GET {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_matches_its_own_pattern() {
        for route in Route::ALL {
            let path = route.path("x1");
            let found = match_route(&route.method(), &path).unwrap();
            assert_eq!(found.route, *route);
            assert_eq!(found.parameter, if path == route.pattern() { "" } else { "x1" });
        }
    }

    #[test]
    fn the_kind_of_a_parameter_is_that_of_its_braces() {
        for route in Route::ALL {
            let named = route.pattern().split_once('{').map(|(_, rest)| rest.split_once('}').unwrap().0);
            let expected = match route.parameter() {
                Parameter::Nothing => None,
                Parameter::Product | Parameter::ProductOrVariant => Some("productId"),
                Parameter::Order => Some("orderId"),
                Parameter::Payment => Some("paymentId"),
                Parameter::Shipment => Some("shipmentId"),
                Parameter::Invoice => Some("invoiceId"),
            };
            assert_eq!(named, expected, "{route:?}");
        }
    }

    #[test]
    fn no_two_routes_share_method_and_pattern() {
        for (index, one) in Route::ALL.iter().enumerate() {
            for other in &Route::ALL[index + 1..] {
                assert_ne!((one.method(), one.pattern()), (other.method(), other.pattern()));
            }
        }
    }

    #[test]
    fn head_is_answered_wherever_get_is() {
        assert_eq!(match_route(&Method::HEAD, "/v1/products").unwrap().route, Route::ListProducts);
    }

    #[test]
    fn a_known_path_with_another_method_tells_what_it_knows() {
        let miss = match_route(&Method::PATCH, "/v1/products/p").unwrap_err();
        assert_eq!(miss, RouteMiss::MethodNotAllowed("GET, HEAD, PUT, DELETE, OPTIONS".to_owned()));
    }

    #[test]
    fn nearly_right_paths_are_not_found() {
        for path in
            ["", "/", "/v1", "/v1/products/", "/v1//products", "/v1/products/a/b", "/V1/products", "/v1/cart/items/"]
        {
            assert_eq!(match_route(&Method::GET, path), Err(RouteMiss::NotFound), "{path}");
        }
    }
}
