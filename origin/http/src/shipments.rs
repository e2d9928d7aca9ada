//! `/orders/{orderId}/shipments`, `/shipments/{shipmentId}/deliver` and `/shipments/{shipmentId}/cancel`.

use std::collections::HashSet;

use bytes::Bytes;
use commerce_api::{
    Problem, ProblemCode,
    shipment::{CreateShipmentRequest, ShipmentItem, ShipmentListResponse, ShipmentResponse},
};
use commerce_domain::{OrderId, ShipmentId, state::ShipmentState};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    customers::known_customer,
    idempotency::{Ended, KeyedRequest, StoredAnswer, once},
    orders::ReadOrders as _,
    shipping::{
        OwnLabel, Pieces, ShipOrder, Shipment, ShipmentError, ShippingStore as _, call_shipment_off,
        deliver_shipment as deliver, ship_order,
    },
};

use crate::{
    ApiError,
    call::Call,
    caller::reader,
    check::Refusals,
    respond::{answer, json},
};

/// The most lines that an order has.
const MAX_LINES: usize = 99;
/// The most pieces that a line has.
const MAX_QUANTITY: u32 = 999;
/// The longest name of a carrier.
const MAX_CARRIER: usize = 50;
/// The longest number on a label.
const MAX_NUMBER: usize = 100;

/// `POST /orders/{orderId}/shipments`: lets goods leave. Two shipments of one piece may both be meant, so the key is required.
pub(crate) async fn create_shipment<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let order_id: OrderId = call.id("Order")?;
    let body: CreateShipmentRequest = call.json()?;
    check(&body)?;
    let required = || Problem::new(ProblemCode::IdempotencyKeyRequired, ProblemCode::IdempotencyKeyRequired.title());
    let request = ShipOrder {
        principal: call.principal()?,
        key: call.idempotency_key()?.ok_or_else(required)?,
        request_hash: call.request_hash(),
        order_id,
        lines: body.items.as_deref().map(lines).transpose()?,
        carrier: body.carrier,
        own_label: body.tracking_number.map(|tracking_number| OwnLabel { tracking_number }),
    };
    answer(ship_order(backend, &request, |shipment| rendered(call, shipment)).await?)
}

/// `GET /orders/{orderId}/shipments`: the shipments of one of the caller's orders; of anybody's for the shop.
pub(crate) async fn list_shipments<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    let order = backend.database().find_order(reader(backend, call).await?, id).await?;
    let order = order.ok_or_else(|| Problem::not_found("Order"))?;
    json(StatusCode::OK, &ShipmentListResponse { data: order.shipments.iter().map(shipment_response).collect() })
}

/// `POST /shipments/{shipmentId}/deliver`: notes that a shipment has arrived.
pub(crate) async fn deliver_shipment<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let (id, request) = about_shipment(backend, call).await?;
    let delivering = async {
        let shipment = deliver(backend, id).await?;
        Ok::<_, ShipmentError>(Ended { answer: shown(call, StatusCode::OK, &shipment), kept: true })
    };
    answer(once(backend, &request, delivering).await?)
}

/// `POST /shipments/{shipmentId}/cancel`: calls a shipment off that waits for its label. 202 until it was looked for.
pub(crate) async fn cancel_shipment<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let (id, request) = about_shipment(backend, call).await?;
    let cancelling = async {
        let shipment = call_shipment_off(backend, id).await?;
        let kept = shipment.state == ShipmentState::Cancelled;
        let status = if kept { StatusCode::OK } else { StatusCode::ACCEPTED };
        Ok::<_, ShipmentError>(Ended { answer: shown(call, status, &shipment), kept })
    };
    answer(once(backend, &request, cancelling).await?)
}

/// The shipment that a request without a body is about, and the request under its key.
async fn about_shipment<B: Backend>(backend: &B, call: &Call) -> Result<(ShipmentId, KeyedRequest), ApiError> {
    let id = call.id("Shipment")?;
    call.no_body()?;
    backend.database().find_shipment(id).await?.ok_or_else(|| Problem::not_found("Shipment"))?;
    Ok((id, call.keyed(known_customer(backend, call.principal()?).await?)?))
}

fn check(body: &CreateShipmentRequest) -> Result<(), ApiError> {
    let mut refusals = Refusals::default();
    let limits = [("carrier", &body.carrier, MAX_CARRIER), ("trackingNumber", &body.tracking_number, MAX_NUMBER)];
    for (field, value, longest) in limits {
        let fits = |value: &String| (1..=longest).contains(&value.len()) && value.bytes().all(is_printable);
        if value.as_ref().is_some_and(|value| !fits(value) || value.trim() != value) {
            refusals.add(field, format!("must have 1 to {longest} printable ASCII characters"));
        }
    }
    refusals.into_result()
}

fn is_printable(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

/// What leaves: each variant once, of each at least one.
fn lines(items: &[ShipmentItem]) -> Result<Vec<Pieces>, ApiError> {
    let refused = |message: &str| ApiError::Problem(Problem::invalid("items", message));
    if !(1..=MAX_LINES).contains(&items.len()) {
        return Err(refused(&format!("must have 1 to {MAX_LINES} entries")));
    }
    let mut seen = HashSet::new();
    let line = |item: &ShipmentItem| {
        let variant_id = item.variant_id.parse().map_err(|_| refused("must name variants by their ids"))?;
        if !(1..=MAX_QUANTITY).contains(&item.quantity) {
            return Err(refused(&format!("must have quantities from 1 to {MAX_QUANTITY}")));
        }
        let first = seen.insert(variant_id);
        if first {
            Ok(Pieces { variant_id, quantity: item.quantity })
        } else {
            Err(refused("must name a variant once"))
        }
    };
    items.iter().map(line).collect()
}

fn rendered(call: &Call, shipment: &Shipment) -> StoredAnswer {
    match shipment.state {
        ShipmentState::Shipped | ShipmentState::Delivered => shown(call, StatusCode::CREATED, shipment),
        ShipmentState::Pending => shown(call, StatusCode::ACCEPTED, shipment),
        ShipmentState::Cancelled => {
            let refused = Problem::new(ProblemCode::CarrierRefused, ProblemCode::CarrierRefused.title());
            let code = shipment.failure.clone().unwrap_or_default();
            call.kept(Err(refused.with_field("items", code).with_member("shipmentId", &shipment.id).into()))
        }
    }
}

fn shown(call: &Call, status: StatusCode, shipment: &Shipment) -> StoredAnswer {
    call.kept(json(status, &shipment_response(shipment)))
}

/// The shipment on the wire.
pub(crate) fn shipment_response(shipment: &Shipment) -> ShipmentResponse {
    ShipmentResponse {
        id: shipment.id.to_string(),
        order_id: shipment.order_id.to_string(),
        status: shipment.state.to_string(),
        items: items_response(&shipment.lines),
        carrier: shipment.carrier.clone(),
        tracking_number: shipment.tracking_number.clone(),
        tracking_url: shipment.tracking_url.clone(),
        estimated_delivery: shipment.estimated_delivery,
        failure: shipment.failure.clone(),
        created_at: shipment.created_at,
        shipped_at: shipment.shipped_at,
        delivered_at: shipment.delivered_at,
    }
}

/// Pieces on the wire.
pub(crate) fn items_response(lines: &[Pieces]) -> Vec<ShipmentItem> {
    let item = |line: &Pieces| ShipmentItem { variant_id: line.variant_id.to_string(), quantity: line.quantity };
    lines.iter().map(item).collect()
}
