//! `/orders`.

use bytes::Bytes;
use commerce_api::{
    DecimalNumber, Problem, ProblemCode, ProblemContext,
    cursor::{OrderCursor, OrderSlice, SlicePagination},
    order::{
        Address, CreateOrderRequest, CreateOrderResponse, OrderItemResponse, OrderListResponse, OrderResponse,
        TaxResponse, TimelineEntryResponse, TimelineResponse,
    },
    product::option_values,
};
use commerce_domain::{CustomerId, OrderId, PricingRules, pricing::Destination, state::OrderStatus};
use http::{Response, StatusCode, header};
use origin_core::{
    Backend,
    checkout::{Checkout, OrderLine, OrderOutcome, PlaceOrder, place_order},
    customers::known_customer,
    idempotency::{Ended, StoredAnswer, once},
    orders::{
        self, CancelError, CancelOutcome, CloseReason, Order, OrderFilter, ReadOrders, ReadTimeline as _, TimelineEntry,
    },
};

use crate::{
    ApiError,
    call::Call,
    caller::reader,
    check::Refusals,
    error::problem,
    respond::{answer, json, stored, with_version},
    shipments::shipment_response,
};

/// `POST /orders`: orders the caller's cart. Never charges.
pub(crate) async fn create_order<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let body: CreateOrderRequest = call.json()?;
    check(&body, backend.pricing())?;
    let request = PlaceOrder {
        principal: call.principal()?,
        key: call.idempotency_key()?,
        request_hash: call.request_hash(),
        shipping_address: body.shipping_address,
        payment_method: body.payment_method_id,
        cart_version: body.cart_version,
        expected_total: body.expected_total,
    };
    let outcome =
        place_order(backend, &request, |outcome| rendered(&call.request_id, call.parts.uri.path(), outcome)).await?;
    answer(outcome)
}

/// `GET /orders`: the caller's orders; everybody's for the shop, where it asks for the `shop`'s.
pub(crate) async fn list_orders<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let known = ["page", "cursor", "limit", "status", "number", "scope"];
    let [page, cursor, limit, status, number, scope] = call.query_fields(known)?;
    let slice = OrderSlice::parse(page.as_deref(), cursor.as_deref(), limit.as_deref())?;
    let status = status.map(|status| order_status(&status)).transpose()?;
    let number = number.map(|number| number.parse()).transpose();
    let number = number.map_err(|_| ApiError::Problem(Problem::invalid("number", "is not the number of an order")))?;
    let customer = listed(backend, call, scope.as_deref()).await?;
    let found = backend.database().list_orders(OrderFilter { customer, status, number }, slice).await?;
    let next = found.orders.last().filter(|_| found.more);
    let next = next.map(|order| OrderCursor { created_at: order.created_at, id: order.id });
    let body = OrderListResponse {
        data: found.orders.iter().map(order_response).collect(),
        pagination: SlicePagination::new(slice, found.total, next),
    };
    json(StatusCode::OK, &body)
}

/// Whose orders are listed; everybody's if nobody's.
async fn listed<B: Backend>(backend: &B, call: &Call, scope: Option<&str>) -> Result<Option<CustomerId>, ApiError> {
    let principal = call.principal()?;
    match scope {
        None | Some("own") => Ok(Some(known_customer(backend, principal).await?)),
        Some("shop") if principal.is_admin() => Ok(None),
        Some("shop") => {
            Err(Problem::new(ProblemCode::Forbidden, "Only an administrator lists the shop's orders").into())
        }
        Some(_) => Err(ApiError::Problem(Problem::invalid("scope", "must be one of own, shop"))),
    }
}

/// `GET /orders/{orderId}`: one of the caller's orders; another's does not exist, but for the shop. Its `ETag`
/// is its version.
pub(crate) async fn get_order<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    let order = backend.database().find_order(reader(backend, call).await?, id).await?;
    let order = order.ok_or_else(|| Problem::not_found("Order"))?;
    with_version(json(StatusCode::OK, &order_response(&order))?, order.version)
}

/// What a timeline shows at most: more than most orders go through. Of more, the latest.
const MAX_TIMELINE: u32 = 500;

/// `GET /orders/{orderId}/timeline`: what happened to one of the caller's orders, oldest first.
pub(crate) async fn get_timeline<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    let database = backend.database();
    database.find_order(reader(backend, call).await?, id).await?.ok_or_else(|| Problem::not_found("Order"))?;
    let entry = |entry: TimelineEntry| TimelineEntryResponse {
        id: entry.event_id.to_string(),
        event: entry.kind,
        at: entry.at,
        data: entry.data,
    };
    let entries = database.list_timeline(id, MAX_TIMELINE).await?;
    json(StatusCode::OK, &TimelineResponse { data: entries.into_iter().map(entry).collect() })
}

/// `POST /orders/{orderId}/cancel`: calls an order off that has not been shipped. 202 while the provider has yet to say whether
/// it was paid.
pub(crate) async fn cancel_order<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    call.no_body()?;
    let principal = call.principal()?;
    let reader = reader(backend, call).await?;
    backend.database().find_order(reader, id).await?.ok_or_else(|| Problem::not_found("Order"))?;
    let reason = if principal.is_admin() { CloseReason::Shop } else { CloseReason::Customer };
    let request = call.keyed(known_customer(backend, principal).await?)?;
    let cancelling = async {
        let outcome = orders::cancel_order(backend, id, reason).await?;
        let order = backend.database().find_order(None, id).await?.ok_or(CancelError::NoOrder)?;
        Ok::<_, CancelError>(match outcome {
            CancelOutcome::Cancelled => Ended { answer: shown(call, StatusCode::OK, &order), kept: true },
            CancelOutcome::Closing => Ended { answer: shown(call, StatusCode::ACCEPTED, &order), kept: false },
        })
    };
    answer(once(backend, &request, cancelling).await?)
}

fn shown(call: &Call, status: StatusCode, order: &Order) -> StoredAnswer {
    call.kept(json(status, &order_response(order)))
}

fn order_status(text: &str) -> Result<OrderStatus, ApiError> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = OrderStatus::ALL.iter().map(|status| status.as_str()).collect();
        ApiError::Problem(Problem::invalid("status", format!("must be one of {}", known.join(", "))))
    })
}

fn check(body: &CreateOrderRequest, rules: &PricingRules) -> Result<(), ApiError> {
    let mut refusals = Refusals::default();
    let Address { street, city, state, zip_code, country } = &body.shipping_address;
    refusals.text("shippingAddress.street", street);
    refusals.text("shippingAddress.city", city);
    refusals.text("shippingAddress.zipCode", zip_code);
    if let Some(state) = state {
        refusals.text("shippingAddress.state", state);
    }
    if !rules.can_tell(&Destination::new(country, state.as_deref(), Some(zip_code))) {
        refusals.add("shippingAddress.state", "must be a state of the country, by its code (ISO 3166-2), such as CA");
    }
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        refusals.add("shippingAddress.country", "must be two capital letters (ISO 3166-1)");
    }
    if let Some(method) = &body.payment_method_id {
        refusals.token("paymentMethodId", method);
    }
    refusals.into_result()
}

/// The answer that is kept for whoever repeats the request.
pub(crate) fn rendered(request_id: &str, path: &str, outcome: OrderOutcome<'_>) -> StoredAnswer {
    let refused = |code: ProblemCode| Problem::new(code, code.title());
    let response = match outcome {
        OrderOutcome::Placed(checkout) => placed(checkout),
        OrderOutcome::SoldOut(changes) => Err(refused(ProblemCode::OutOfStock).with_member("changes", &changes).into()),
        OrderOutcome::GivenUp => Err(refused(ProblemCode::ReservationExpired).into()),
    };
    stored(response.unwrap_or_else(|error| problem(error).into_response(ProblemContext { request_id, instance: path })))
}

fn placed(checkout: &Checkout) -> Result<Response<Bytes>, ApiError> {
    let body = CreateOrderResponse {
        order_id: checkout.order_id.to_string(),
        order_number: checkout.order_number.to_string(),
        status: OrderStatus::Pending.to_string(),
        total: checkout.total.into(),
        currency: checkout.currency.to_string(),
        reserved_until: checkout.hold_until,
        created_at: checkout.created_at,
    };
    let mut response = json(StatusCode::CREATED, &body)?;
    let location = format!("/v1/orders/{}", checkout.order_id);
    response.headers_mut().insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
    Ok(response)
}

fn order_response(order: &Order) -> OrderResponse {
    OrderResponse {
        id: order.id.to_string(),
        order_number: order.number.to_string(),
        status: order.status.to_string(),
        items: order.lines.iter().map(item_response).collect(),
        currency: order.currency.to_string(),
        subtotal: order.subtotal.into(),
        tax: order.tax.into(),
        tax_included: order.tax_included,
        taxes: order.taxes.iter().map(TaxResponse::from).collect(),
        shipping: order.shipping.into(),
        shipping_tax: order.shipping_tax.into(),
        total: order.total.into(),
        payment_status: order.payment_status.clone(),
        refunded: order.refunded.into(),
        refund_status: order.refund_status().as_str().to_owned(),
        shipping_address: order.shipping_address.clone(),
        fulfillment_status: order.fulfillment().as_str().to_owned(),
        shipments: order.shipments.iter().map(shipment_response).collect(),
        tracking_number: order.tracking_number.clone(),
        estimated_delivery: order.estimated_delivery,
        created_at: order.created_at,
        updated_at: order.updated_at,
    }
}

/// A line on the wire.
pub(crate) fn item_response(line: &OrderLine) -> OrderItemResponse {
    OrderItemResponse {
        product_id: line.product_id.to_string(),
        variant_id: line.variant_id.to_string(),
        name: line.name.clone(),
        sku: line.sku.clone(),
        options: option_values(&line.options),
        price: line.unit_price.into(),
        quantity: line.quantity,
        subtotal: line.subtotal.into(),
        tax: line.tax.into(),
        tax_rate: line.tax_rate.map(|rate| DecimalNumber(rate.value())),
    }
}
