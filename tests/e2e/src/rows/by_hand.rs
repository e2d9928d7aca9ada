//! What succeeds, what is refused and what is foreign, route by route.

use commerce_api::Route;
use http::Method;
use serde_json::{Value, json};
use test_support::{PayPalSettings, SystemClock, payments::signature_header, paypal::transmission_headers};

use super::{Class, Row, invoices, money, parcels, returns};
use crate::{Call, World};

pub(super) fn rows() -> Vec<Row> {
    Route::ALL.iter().flat_map(|route| of(*route)).collect()
}

/// A new route does not compile until it has its rows here.
fn of(route: Route) -> Vec<Row> {
    match route {
        Route::Healthz | Route::Readyz => {
            vec![Row::of(route, Class::Success, "up", 200, move |_| Call::get(route.pattern()))]
        }
        Route::ListProducts => list_products(),
        Route::GetProduct => get_product(),
        Route::Search => search(),
        Route::Suggest => suggest(),
        Route::ListCategories => vec![Row::of(route, Class::Success, "all", 200, |_| Call::get("/v1/categories"))],
        Route::CreateProduct => create_product(),
        Route::UpdateProduct => update_product(),
        Route::DeleteProduct => delete_product(),
        Route::GetCart => get_cart(),
        Route::DeleteCart => vec![Row::of(route, Class::Success, "emptied", 204, |world| {
            Call::new(Method::DELETE, "/v1/cart").token(&world.shopper)
        })],
        Route::AddCartItem => add_cart_item(),
        Route::UpdateCartItem => update_cart_item(),
        Route::RemoveCartItem => remove_cart_item(),
        Route::CreateOrder => create_order(),
        Route::ListOrders => list_orders(),
        Route::GetOrder => get_order(),
        Route::GetTimeline => money::get_timeline(),
        Route::StreamOrder => returns::stream_order(),
        Route::ListFailedCheckouts => money::list_failed_checkouts(),
        Route::GetOrderInvoice => invoices::of_an_order(route, "invoice"),
        Route::PrintOrderInvoice => invoices::of_an_order(route, "invoice.pdf"),
        Route::GetInvoice => invoices::by_id(route, ""),
        Route::PrintInvoice => invoices::by_id(route, "/pdf"),
        Route::CancelOrder => money::cancel_order(),
        Route::CreateShipment => parcels::create_shipment(),
        Route::ListShipments => parcels::list_shipments(),
        Route::DeliverShipment => parcels::deliver_shipment(),
        Route::CancelShipment => parcels::cancel_shipment(),
        Route::ReorderOrder => returns::reorder_order(),
        Route::CreatePayment => create_payment(),
        Route::ListPayments => money::list_payments(),
        Route::GetPayment => money::get_payment(),
        Route::CapturePayment => money::capture_payment(),
        Route::CreateRefund => money::create_refund(),
        Route::CreateReturn => returns::create_return(),
        Route::ListReturns => returns::list_returns(),
        Route::ReceiveStripeWebhook => receive_stripe_webhook(),
        Route::ReceivePayPalWebhook => receive_paypal_webhook(),
        Route::ReceiveCarrierWebhook => parcels::receive_carrier_webhook(),
        Route::ListInventory => list_inventory(),
        Route::ReconcileInventory => reconcile_inventory(),
        Route::GetInventory => get_inventory(),
        Route::AdjustInventory => adjust_inventory(),
    }
}

/// An id that could exist and does not.
pub(super) const UNKNOWN: &str = "01h4vjdvzefw18zfwz5dxw5y8g";

fn get_cart() -> Vec<Row> {
    let row = |class, query: &'static str, status| {
        let name = if query.is_empty() { "empty" } else { query };
        Row::of(Route::GetCart, class, name, status, move |world| {
            Call::get(format!("/v1/cart{query}")).token(&world.fresh)
        })
    };
    vec![
        row(Class::Success, "", 200),
        row(Class::Success, "?country=US&state=CA&zip=94102", 200),
        row(Class::BadInput, "?country=us", 400),
        row(Class::BadInput, "?state=CA", 400),
    ]
}

fn search() -> Vec<Row> {
    let row = |class, query: &'static str, status| {
        Row::of(Route::Search, class, query, status, move |_| Call::get(format!("/v1/search{query}")))
    };
    vec![
        row(Class::Success, "?limit=3", 200),
        row(Class::Success, "?q=shirt&limit=3&sort=price_asc", 200),
        row(Class::Success, "?q=nothing+of+that+kind", 200),
        row(Class::BadInput, "?q=", 400),
        row(Class::BadInput, "?option=Blue", 400),
    ]
}

fn suggest() -> Vec<Row> {
    let row = |class, query: &'static str, status| {
        Row::of(Route::Suggest, class, query, status, move |_| Call::get(format!("/v1/search/suggest{query}")))
    };
    vec![
        row(Class::Success, "?q=s", 200),
        row(Class::Success, "?q=s&limit=2", 200),
        row(Class::BadInput, "", 400),
        row(Class::BadInput, "?q=s&limit=21", 400),
    ]
}

fn list_products() -> Vec<Row> {
    let route = Route::ListProducts;
    let good = [
        "",
        "?page=2&limit=5",
        "?sort=price_asc&limit=3",
        "?category=electronics&limit=2",
        "?limit=100",
        "?price_min=10&price_max=50&in_stock=true&sort=price_desc",
        "?fields=id,name&limit=2",
    ];
    let bad = [
        "?limit=0",
        "?limit=101",
        "?limit=x",
        "?page=0",
        "?page=-1",
        "?sort=sideways",
        "?category=UPPER",
        "?price_min=cheap",
        "?cursor=nowhere",
        "?fields=colour",
    ];
    let mut rows: Vec<Row> = good
        .into_iter()
        .map(|query| Row::of(route, Class::Success, query, 200, move |_| Call::get(format!("/v1/products{query}"))))
        .collect();
    rows.extend(
        bad.into_iter().map(|query| {
            Row::of(route, Class::BadInput, query, 400, move |_| Call::get(format!("/v1/products{query}")))
        }),
    );
    rows
}

fn get_product() -> Vec<Row> {
    let route = Route::GetProduct;
    vec![
        Row::of(route, Class::Success, "by product", 200, |world| Call::get(format!("/v1/products/{}", world.product))),
        Row::of(route, Class::Success, "by variant", 200, |world| Call::get(format!("/v1/products/{}", world.variant))),
        Row::of(route, Class::BadInput, "impossible id", 404, |_| Call::get("/v1/products/prod_123")),
        Row::of(route, Class::BadInput, "unknown id", 404, |_| Call::get(format!("/v1/products/prod_{UNKNOWN}"))),
        Row::of(route, Class::BadInput, "id of another kind", 404, |_| {
            Call::get(format!("/v1/products/order_{UNKNOWN}"))
        }),
    ]
}

fn create_product() -> Vec<Row> {
    let route = Route::CreateProduct;
    let watch = |name: &str| json!({"name": name, "description": "Fitness tracking", "price": 199.99, "categoryId": "cat_electronics", "stock": 100});
    let with = move |member: &str, value: Value| {
        let mut body = watch("Smart Watch");
        body[member] = value;
        body
    };
    let post = |body: Value| move |world: &World| Call::post("/v1/products", &body).token(&world.admin);
    vec![
        Row::of(route, Class::Success, "created", 201, post(watch("Smart Watch"))),
        Row::of(route, Class::BadInput, "price as text", 400, post(with("price", json!("199.99")))),
        Row::of(route, Class::BadInput, "price below zero", 400, post(with("price", json!(-1)))),
        Row::of(
            route,
            Class::BadInput,
            "too many decimals",
            400,
            post(with("price", serde_json::from_str("1.001").unwrap_or_default())),
        ),
        Row::of(route, Class::BadInput, "no name", 400, post(with("name", json!("")))),
        Row::of(route, Class::BadInput, "unknown category", 400, post(with("categoryId", json!("cat_nowhere")))),
        Row::of(route, Class::BadInput, "unknown field", 400, post(with("colour", json!("red")))),
        Row::of(route, Class::BadInput, "negative stock", 400, post(with("stock", json!(-1)))),
    ]
}

fn update_product() -> Vec<Row> {
    let route = Route::UpdateProduct;
    let put = |body: Value| {
        move |world: &World| {
            Call::new(Method::PUT, format!("/v1/products/{}", world.own_product)).json(&body).token(&world.admin)
        }
    };
    vec![
        Row::of(route, Class::Success, "renamed", 200, put(json!({"name": "Smart Watch 2"}))),
        Row::of(route, Class::BadInput, "unknown field", 400, put(json!({"id": "x"}))),
        Row::of(route, Class::BadInput, "unknown id", 404, |world| {
            Call::new(Method::PUT, format!("/v1/products/prod_{UNKNOWN}"))
                .json(&json!({"name": "x"}))
                .token(&world.admin)
        }),
        Row::of(route, Class::BadInput, "changed since", 412, move |world| {
            put(json!({"name": "x"}))(world).header("if-match", "\"99\"")
        }),
    ]
}

fn delete_product() -> Vec<Row> {
    let route = Route::DeleteProduct;
    let delete =
        |world: &World| Call::new(Method::DELETE, format!("/v1/products/{}", world.own_product)).token(&world.admin);
    vec![
        Row::of(route, Class::Success, "deleted", 204, delete),
        Row::of(route, Class::BadInput, "deleted twice", 404, delete),
        Row::of(route, Class::BadInput, "impossible id", 404, |world| {
            Call::new(Method::DELETE, "/v1/products/1").token(&world.admin)
        }),
    ]
}

fn add(product: fn(&World) -> &str, quantity: Value) -> impl Fn(&World) -> Call + Clone + Send + Sync + 'static {
    move |world: &World| {
        Call::post("/v1/cart/items", &json!({"productId": product(world), "quantity": quantity})).token(&world.shopper)
    }
}

fn quantity(value: Value) -> impl Fn(&World) -> Call + Clone + Send + Sync + 'static {
    add(|world| &world.product, value)
}

fn add_cart_item() -> Vec<Row> {
    let route = Route::AddCartItem;
    vec![
        Row::of(route, Class::Success, "first line", 200, quantity(json!(2))),
        Row::of(route, Class::Success, "more of it", 200, quantity(json!(1))),
        Row::of(route, Class::Success, "by variant", 200, add(|world| &world.variant, json!(1))),
        Row::of(route, Class::Success, "with a key", 200, move |world| {
            quantity(json!(1))(world).header("idempotency-key", "k1")
        }),
        Row::of(route, Class::Success, "key replayed", 200, move |world| {
            quantity(json!(1))(world).header("idempotency-key", "\"k1\"")
        }),
        Row::of(route, Class::BadInput, "key reused", 422, move |world| {
            quantity(json!(9))(world).header("idempotency-key", "k1")
        }),
        Row::of(route, Class::BadInput, "nothing", 400, quantity(json!(0))),
        Row::of(route, Class::BadInput, "less than nothing", 400, quantity(json!(-1))),
        Row::of(route, Class::BadInput, "too many", 400, quantity(json!(1000))),
        Row::of(route, Class::BadInput, "quantity as text", 400, quantity(json!("2"))),
        Row::of(route, Class::BadInput, "half a piece", 400, quantity(json!(0.5))),
        Row::of(route, Class::BadInput, "unknown product", 404, add(|_| "prod_01h4vjdvzefw18zfwz5dxw5y8g", json!(1))),
        Row::of(route, Class::BadInput, "impossible product", 404, add(|_| "prod_123", json!(1))),
        Row::of(route, Class::BadInput, "which variant", 400, add(|world| &world.product_of_many, json!(1))),
        Row::of(route, Class::BadInput, "changed since", 412, move |world| {
            quantity(json!(1))(world).header("if-match", "\"cart_01h4vjdvzefw18zfwz5dxw5y8g.1\"")
        }),
    ]
}

fn update_cart_item() -> Vec<Row> {
    let route = Route::UpdateCartItem;
    let put = |product: fn(&World) -> &str, body: Value| {
        move |world: &World| {
            Call::new(Method::PUT, format!("/v1/cart/items/{}", product(world))).json(&body).token(&world.shopper)
        }
    };
    vec![
        Row::of(route, Class::Success, "set", 200, put(|world| &world.product, json!({"quantity": 3}))),
        Row::of(route, Class::BadInput, "nothing", 400, put(|world| &world.product, json!({"quantity": 0}))),
        Row::of(
            route,
            Class::BadInput,
            "unknown field",
            400,
            put(|world| &world.product, json!({"quantity": 1, "price": 1})),
        ),
        Row::of(
            route,
            Class::BadInput,
            "no such line",
            404,
            put(|world| &world.second_variant, json!({"quantity": 1})),
        ),
        Row::of(
            route,
            Class::ForeignObject,
            "a line of another's cart",
            404,
            put(|world| &world.quiet_variant, json!({"quantity": 1})),
        ),
        Row::of(route, Class::BadInput, "impossible id", 404, put(|_| "1", json!({"quantity": 1}))),
    ]
}

fn remove_cart_item() -> Vec<Row> {
    let route = Route::RemoveCartItem;
    let delete = |product: fn(&World) -> &str| {
        move |world: &World| {
            Call::new(Method::DELETE, format!("/v1/cart/items/{}", product(world))).token(&world.shopper)
        }
    };
    vec![
        Row::of(route, Class::Success, "removed", 204, delete(|world| &world.variant)),
        Row::of(route, Class::BadInput, "removed twice", 404, delete(|world| &world.variant)),
        Row::of(route, Class::BadInput, "impossible id", 404, delete(|_| "1")),
        Row::of(route, Class::ForeignObject, "a line of another's cart", 404, delete(|world| &world.quiet_variant)),
        // The order below needs something in the cart.
        Row::of(Route::AddCartItem, Class::Success, "again", 200, |world| {
            Call::post("/v1/cart/items", &json!({"productId": world.product, "quantity": 2})).token(&world.shopper)
        }),
    ]
}

fn address() -> Value {
    json!({"street": "123 Main St", "city": "San Francisco", "state": "CA", "zipCode": "94102", "country": "US"})
}

fn create_order() -> Vec<Row> {
    let route = Route::CreateOrder;
    let post = |body: Value| move |world: &World| Call::post("/v1/orders", &body).token(&world.shopper);
    let whole = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
    let mut nowhere = whole.clone();
    nowhere["shippingAddress"]["country"] = json!("Atlantis");
    let key = |call: Call| call.header("idempotency-key", "order-1");
    let (first, replay) = (whole.clone(), whole.clone());
    vec![
        Row::of(route, Class::BadInput, "no address", 400, post(json!({}))),
        Row::of(route, Class::BadInput, "unknown country", 400, post(nowhere)),
        Row::of(
            route,
            Class::BadInput,
            "another total",
            409,
            post(json!({"shippingAddress": address(), "expectedTotal": 1})),
        ),
        Row::of(route, Class::Success, "ordered", 201, move |world| key(post(first.clone())(world))),
        Row::of(route, Class::Success, "replayed", 201, move |world| key(post(replay.clone())(world))),
        Row::of(route, Class::BadInput, "key reused", 422, move |world| {
            key(post(json!({"shippingAddress": address(), "paymentMethodId": "pm_other"}))(world))
        }),
        Row::of(route, Class::BadInput, "empty cart", 409, post(whole)),
    ]
}

fn list_orders() -> Vec<Row> {
    let route = Route::ListOrders;
    let get = |query: &'static str| move |world: &World| Call::get(format!("/v1/orders{query}")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "all", 200, get("")),
        Row::of(route, Class::Success, "by status", 200, get("?status=SHIPPED&page=1&limit=10")),
        Row::of(route, Class::BadInput, "the shop's", 403, get("?scope=shop")),
        Row::of(route, Class::BadInput, "no number", 400, get("?number=1")),
        Row::of(route, Class::BadInput, "unknown status", 400, get("?status=LOST")),
        Row::of(route, Class::BadInput, "page", 400, get("?page=0")),
        Row::of(route, Class::BadInput, "no cursor", 400, get("?cursor=abc")),
    ]
}

fn get_order() -> Vec<Row> {
    let route = Route::GetOrder;
    let get = |world: &World, id: &str| Call::get(format!("/v1/orders/{id}")).token(&world.shopper);
    vec![
        Row::of(route, Class::Success, "own", 200, move |world| get(world, &world.order)),
        Row::of(route, Class::ForeignObject, "another's", 404, move |world| get(world, &world.foreign_order)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("order_{UNKNOWN}"))),
        Row::of(route, Class::BadInput, "impossible id", 404, move |world| get(world, "abc123")),
    ]
}

fn create_payment() -> Vec<Row> {
    let route = Route::CreatePayment;
    let pay = |world: &World, order: &str, amount: &str, method: &str| {
        let body = format!(r#"{{"orderId":"{order}","amount":{amount},"paymentMethodId":"{method}"}}"#);
        Call::new(Method::POST, "/v1/payments").body("application/json", body).token(&world.shopper)
    };
    vec![
        Row::of(route, Class::BadInput, "another amount", 422, move |world| {
            pay(world, &world.order, "0.01", "pm_card_visa")
        }),
        Row::of(route, Class::BadInput, "amount as text", 400, move |world| {
            pay(world, &world.order, "\"1.00\"", "pm_card_visa")
        }),
        Row::of(route, Class::ForeignObject, "another's order", 404, move |world| {
            pay(world, &world.foreign_order, &world.total, "pm_card_visa")
        }),
        Row::of(route, Class::BadInput, "declined", 402, move |world| {
            pay(world, &world.order, &world.total, "pm_card_chargeDeclined")
        }),
        Row::of(route, Class::Success, "paid", 200, move |world| {
            pay(world, &world.order, &world.total, "pm_card_visa")
        }),
        Row::of(route, Class::BadInput, "paid twice", 409, move |world| {
            pay(world, &world.order, &world.total, "pm_card_visa")
        }),
    ]
}

fn receive_stripe_webhook() -> Vec<Row> {
    let route = Route::ReceiveStripeWebhook;
    // As Stripe spells it, or at least not as we would.
    let body = "{\n  \"id\": \"evt_1\",\n  \"type\": \"payment_intent.succeeded\", \"data\": {\"object\": {\"id\": \"pi_of_nobody\"}}\n}";
    let post = |secret: Option<&'static str>| {
        move |_: &World| {
            let call = Call::new(Method::POST, route.pattern()).body("application/json; charset=utf-8", body);
            let now = SystemClock::shared().now().as_second();
            let signed = secret.map(|secret| signature_header(secret, now, body.as_bytes()));
            signed.into_iter().fold(call, |call, signature| call.header("stripe-signature", &signature))
        }
    };
    vec![
        Row::of(route, Class::Success, "of somebody else's payment", 200, post(Some(local_stack::WEBHOOK_SECRET))),
        Row::of(route, Class::BadInput, "not signed", 400, post(None)),
        Row::of(route, Class::BadInput, "signed by another secret", 400, post(Some("whsec_other"))),
    ]
}

fn receive_paypal_webhook() -> Vec<Row> {
    let route = Route::ReceivePayPalWebhook;
    let body = "{\n  \"id\": \"WH-1\",\n  \"event_type\": \"CHECKOUT.ORDER.APPROVED\", \"resource\": {\"id\": \"5O-OF-NOBODY\"}\n}";
    let post = |webhook: Option<&'static str>| {
        move |_: &World| {
            let call = Call::new(Method::POST, route.pattern()).body("application/json", body);
            let secret = PayPalSettings::default().client_secret;
            let now = SystemClock::shared().now();
            let signed = webhook.map(|webhook| transmission_headers(&secret, webhook, "t-1", now, body));
            signed.into_iter().flatten().fold(call, |call, (name, value)| call.header(name, &value))
        }
    };
    vec![
        Row::of(route, Class::Success, "of somebody else's payment", 200, post(Some(local_stack::PAYPAL_WEBHOOK))),
        Row::of(route, Class::BadInput, "not signed", 400, post(None)),
        Row::of(route, Class::BadInput, "sent to another shop", 400, post(Some("WH-OTHER"))),
    ]
}

fn get_inventory() -> Vec<Row> {
    let route = Route::GetInventory;
    let get = |world: &World, id: &str| Call::get(format!("/v1/inventory/{id}")).token(&world.admin);
    vec![
        Row::of(route, Class::Success, "by variant", 200, move |world| get(world, &world.quiet_variant)),
        Row::of(route, Class::BadInput, "unknown", 404, move |world| get(world, &format!("var_{UNKNOWN}"))),
        Row::of(route, Class::BadInput, "impossible id", 404, move |world| get(world, "7")),
    ]
}

fn list_inventory() -> Vec<Row> {
    let route = Route::ListInventory;
    let get = |world: &World, query: &str| Call::get(format!("/v1/inventory{query}")).token(&world.admin);
    vec![
        Row::of(route, Class::Success, "those that run low", 200, move |world| get(world, "?lowStock=true&limit=5")),
        Row::of(route, Class::BadInput, "bad filter", 400, move |world| get(world, "?lowStock=yes")),
    ]
}

fn reconcile_inventory() -> Vec<Row> {
    let route = Route::ReconcileInventory;
    let post = |world: &World, query: &str| {
        Call::new(Method::POST, format!("/v1/inventory/reconcile{query}")).token(&world.admin)
    };
    vec![
        Row::of(route, Class::Success, "a few", 200, move |world| post(world, "?limit=5")),
        Row::of(route, Class::BadInput, "from nowhere", 400, move |world| post(world, "?after=7")),
    ]
}

fn adjust_inventory() -> Vec<Row> {
    let route = Route::AdjustInventory;
    let put = |body: Value| {
        move |world: &World| {
            let path = format!("/v1/inventory/{}", world.counted_product);
            Call::new(Method::PUT, path).json(&body).token(&world.admin)
        }
    };
    vec![
        Row::of(route, Class::Success, "goods come in", 200, put(json!({"delta": 1, "reason": "receipt"}))),
        Row::of(route, Class::BadInput, "more than there is", 409, put(json!({"delta": -1_000_000}))),
        Row::of(route, Class::BadInput, "unknown field", 400, put(json!({"onHand": 1}))),
        Row::of(route, Class::BadInput, "unknown", 404, |world| {
            let path = format!("/v1/inventory/var_{UNKNOWN}");
            Call::new(Method::PUT, path).json(&json!({"delta": 1})).token(&world.admin)
        }),
    ]
}
