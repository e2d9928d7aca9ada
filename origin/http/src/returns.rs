//! `/orders/{orderId}/returns`.

use std::collections::BTreeSet;

use bytes::Bytes;
use commerce_api::{
    Problem, ProblemCode,
    returns::{
        CreateReturnRequest, ReturnItemRequest, ReturnItemResponse, ReturnListResponse, ReturnResponse,
        ReturnableResponse,
    },
};
use commerce_domain::{
    OrderId,
    cart::{MAX_LINES, MAX_QUANTITY},
    state::RefundState,
};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    idempotency::StoredAnswer,
    orders::ReadOrders as _,
    returns::{Return, ReturnLine, ReturnStore as _, Returnable, TakeBack, take_back},
};

use crate::{
    ApiError,
    call::Call,
    caller::reader,
    check::Refusals,
    refunds::refund_response,
    respond::{answer, json},
};

/// `GET /orders/{orderId}/returns`: what came back of one of the caller's orders; of anybody's for the shop.
pub(crate) async fn list_returns<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    let database = backend.database();
    database.find_order(reader(backend, call).await?, id).await?.ok_or_else(|| Problem::not_found("Order"))?;
    let returns = database.list_returns(id).await?;
    json(StatusCode::OK, &ReturnListResponse { data: returns.iter().map(return_response).collect() })
}

/// `POST /orders/{orderId}/returns`: takes goods back. Two returns of one piece each may both be meant, so the key is required.
pub(crate) async fn create_return<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let order_id = call.id("Order")?;
    let body: CreateReturnRequest = call.json()?;
    let required = || Problem::new(ProblemCode::IdempotencyKeyRequired, ProblemCode::IdempotencyKeyRequired.title());
    let request = TakeBack {
        principal: call.principal()?,
        key: call.idempotency_key()?.ok_or_else(required)?,
        request_hash: call.request_hash(),
        order_id,
        lines: lines(&body)?,
        shipping: body.shipping_refund,
        reason: body.reason,
    };
    answer(take_back(backend, &request, |returned| rendered(call, returned)).await?)
}

fn lines(body: &CreateReturnRequest) -> Result<Vec<ReturnLine>, ApiError> {
    let mut refusals = Refusals::default();
    if let Some(reason) = &body.reason {
        refusals.text("reason", reason);
    }
    if !(1..=MAX_LINES).contains(&body.items.len()) {
        refusals.add("items", format!("must be 1 to {MAX_LINES}"));
    }
    let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
    for ReturnItemRequest { variant_id, quantity, restock } in &body.items {
        if !(1..=MAX_QUANTITY).contains(quantity) {
            refusals.add("items.quantity", format!("must be a whole number from 1 to {MAX_QUANTITY}"));
        }
        match variant_id.parse() {
            Ok(id) if seen.insert(id) => {
                lines.push(ReturnLine { variant_id: id, quantity: *quantity, restock: *restock });
            }
            Ok(_) => refusals.add("items.variantId", "must stand only once"),
            Err(_) => refusals.add("items.variantId", "is not the id of a variant"),
        }
    }
    refusals.into_result()?;
    Ok(lines)
}

fn rendered(call: &Call, returned: &Return) -> StoredAnswer {
    let pending = returned.refund.as_ref().is_some_and(|refund| refund.state == RefundState::Pending);
    let status = if pending { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    call.kept(json(status, &return_response(returned)))
}

fn return_response(returned: &Return) -> ReturnResponse {
    let item = |line: &origin_core::returns::ReturnedLine| ReturnItemResponse {
        variant_id: line.line.variant_id.to_string(),
        quantity: line.line.quantity,
        restock: line.line.restock,
        amount: line.amount.into(),
    };
    ReturnResponse {
        id: returned.id.to_string(),
        order_id: returned.order_id.to_string(),
        items: returned.lines.iter().map(item).collect(),
        shipping: returned.shipping.map(Into::into),
        amount: returned.amount.into(),
        currency: returned.amount.currency().to_string(),
        refund: returned.refund.as_ref().map(refund_response),
        restocked: !returned.restock_due,
        reason: returned.reason.clone(),
        created_at: returned.created_at,
    }
}

/// How many pieces can still come back, on the wire.
pub(crate) fn returnable(left: &[Returnable]) -> Vec<ReturnableResponse> {
    let line = |line: &Returnable| ReturnableResponse { variant_id: line.variant_id.to_string(), quantity: line.left };
    left.iter().map(line).collect()
}
