//! `/payments/{paymentId}/refunds`.

use bytes::Bytes;
use commerce_api::{
    Problem, ProblemCode,
    payment::{CreateRefundRequest, RefundResponse},
};
use commerce_domain::state::RefundState;
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    idempotency::StoredAnswer,
    refunds::{AskRefund, Refund, RefundReason, ask_refund},
};

use crate::{
    ApiError,
    call::Call,
    respond::{answer, json},
};

/// `POST /payments/{paymentId}/refunds`: sends money back. Two refunds of one amount may both be meant, so the key is required.
pub(crate) async fn create_refund<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let payment_id = call.id("Payment")?;
    let body: CreateRefundRequest = call.json()?;
    let required = || Problem::new(ProblemCode::IdempotencyKeyRequired, ProblemCode::IdempotencyKeyRequired.title());
    let request = AskRefund {
        principal: call.principal()?,
        key: call.idempotency_key()?.ok_or_else(required)?,
        request_hash: call.request_hash(),
        payment_id,
        amount: body.amount,
        reason: reason(body.reason.as_deref())?,
    };
    answer(ask_refund(backend, &request, |refund| rendered(call, refund)).await?)
}

fn reason(text: Option<&str>) -> Result<RefundReason, ApiError> {
    let Some(text) = text else { return Ok(RefundReason::RequestedByCustomer) };
    RefundReason::ASKED.into_iter().find(|reason| reason.as_str() == text).ok_or_else(|| {
        let known = RefundReason::ASKED.map(RefundReason::as_str).join(", ");
        ApiError::Problem(Problem::invalid("reason", format!("must be one of {known}")))
    })
}

fn rendered(call: &Call, refund: &Refund) -> StoredAnswer {
    let response = match refund.state {
        RefundState::Succeeded => json(StatusCode::CREATED, &refund_response(refund)),
        RefundState::Pending => json(StatusCode::ACCEPTED, &refund_response(refund)),
        RefundState::Failed => Err(refused(refund).into()),
    };
    call.kept(response)
}

fn refused(refund: &Refund) -> Problem {
    let failure = refund.failure.clone().unwrap_or_default();
    let refused = Problem::new(ProblemCode::RefundRefused, ProblemCode::RefundRefused.title());
    refused.with_field("amount", failure).with_member("refundId", &refund.id)
}

/// The refund on the wire.
pub(crate) fn refund_response(refund: &Refund) -> RefundResponse {
    RefundResponse {
        id: refund.id.to_string(),
        payment_id: refund.payment_id.to_string(),
        order_id: refund.order_id.to_string(),
        amount: refund.amount.into(),
        currency: refund.amount.currency().to_string(),
        status: refund.state.to_string(),
        reason: refund.reason.as_str().to_owned(),
        failure: refund.failure.clone(),
        created_at: refund.created_at,
    }
}
