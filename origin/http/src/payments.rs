//! `/payments`.

use bytes::Bytes;
use commerce_api::{
    Problem, ProblemCode,
    page::{Page, Pagination},
    payment::{CreatePaymentRequest, NextAction, PaymentDetailResponse, PaymentListResponse, PaymentResponse},
};
use commerce_domain::{OrderId, PaymentId, state::PaymentState};
use http::{Response, StatusCode};
use origin_core::{
    Backend, Secret,
    customers::known_customer,
    idempotency::{Ended, StoredAnswer, once},
    payments::{self, CaptureError, Pay, PaymentOutcome, PaymentRecord, ReadPayments as _, pay},
};

use crate::{
    ApiError,
    call::Call,
    caller::reader,
    check::Refusals,
    refunds::refund_response,
    respond::{answer, json},
};

/// `POST /payments`: pays an order of the caller's. The only thing that charges.
pub(crate) async fn create_payment<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let body: CreatePaymentRequest = call.json()?;
    let mut refusals = Refusals::default();
    if let Some(method) = &body.payment_method_id {
        refusals.token("paymentMethodId", method);
    }
    refusals.into_result()?;
    let request = Pay {
        principal: call.principal()?,
        key: call.idempotency_key()?,
        request_hash: call.request_hash(),
        order_id: body.order_id.parse().map_err(|_| Problem::not_found("Order"))?,
        amount: body.amount,
        payment_method: body.payment_method_id,
    };
    answer(pay(backend, &request, |outcome| rendered(call, outcome)).await?)
}

/// `GET /payments`: the caller's payments, of one order or of all.
pub(crate) async fn list_payments<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let [page, limit, order] = call.query_fields(["page", "limit", "orderId"])?;
    let page = Page::parse(page.as_deref(), limit.as_deref())?;
    let order: Option<OrderId> = order.map(|id| id.parse()).transpose().map_err(|_| Problem::not_found("Order"))?;
    let customer = known_customer(backend, call.principal()?).await?;
    let found = backend.database().list_payments(customer, order, page).await?;
    let body = PaymentListResponse {
        data: found.payments.iter().map(detail).collect(),
        pagination: Pagination::new(page, found.total),
    };
    json(StatusCode::OK, &body)
}

/// `GET /payments/{paymentId}`: one of the caller's payments; any of the shop's for the shop.
pub(crate) async fn get_payment<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: PaymentId = call.id("Payment")?;
    let reader = reader(backend, call).await?;
    let payment = backend.database().find_payment(reader, id).await?;
    json(StatusCode::OK, &detail(&payment.ok_or_else(|| Problem::not_found("Payment"))?))
}

/// `POST /payments/{paymentId}/capture`: takes the money that a payment has set aside, all of it. 202 while the provider has
/// yet to say that it has.
pub(crate) async fn capture_payment<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let payment_id = call.id("Payment")?;
    call.no_body()?;
    let request = call.keyed(known_customer(backend, call.principal()?).await?)?;
    let capturing = async {
        let payment = payments::capture_payment(backend, payment_id).await?;
        let taken = payment.state == PaymentState::Succeeded;
        let status = if taken { StatusCode::OK } else { StatusCode::ACCEPTED };
        Ok::<_, CaptureError>(Ended { answer: call.kept(json(status, &detail(&payment))), kept: taken })
    };
    answer(once(backend, &request, capturing).await?)
}

fn detail(payment: &PaymentRecord) -> PaymentDetailResponse {
    PaymentDetailResponse {
        id: payment.id.to_string(),
        order_id: payment.order_id.to_string(),
        status: payment.state.to_string(),
        amount: payment.amount.into(),
        currency: payment.amount.currency().to_string(),
        refunded: payment.refunded().into(),
        refunds: payment.refunds.iter().map(refund_response).collect(),
        receipt_url: payment.receipt_url.clone(),
        capture_before: payment.capture_before,
        created_at: payment.created_at,
        updated_at: payment.updated_at,
    }
}

/// The answer, as it is kept for whoever repeats the request if the payment is over.
fn rendered(call: &Call, outcome: &PaymentOutcome) -> StoredAnswer {
    call.kept(response(outcome))
}

fn response(outcome: &PaymentOutcome) -> Result<Response<Bytes>, ApiError> {
    match outcome {
        PaymentOutcome::Succeeded { payment, receipt_url } => {
            json(StatusCode::OK, &PaymentResponse { receipt_url: receipt_url.clone(), ..body(*payment, "succeeded") })
        }
        PaymentOutcome::RequiresAction { payment, redirect_url, client_secret } => {
            let next_action = NextAction {
                kind: "redirect_to_url".to_owned(),
                redirect_url: redirect_url.as_ref().map(revealed),
                client_secret: client_secret.as_ref().map(revealed),
            };
            let body = PaymentResponse { next_action: Some(next_action), ..body(*payment, "requires_action") };
            json(StatusCode::OK, &body)
        }
        PaymentOutcome::Authorised(payment) => json(StatusCode::OK, &body(*payment, "authorised")),
        PaymentOutcome::Processing(payment) => json(StatusCode::ACCEPTED, &body(*payment, "processing")),
        PaymentOutcome::Declined(decline) => Err(ApiError::Problem(
            Problem::new(ProblemCode::PaymentDeclined, text_or_title(&decline.message, ProblemCode::PaymentDeclined))
                .with_field("paymentMethodId", decline.code.clone()),
        )),
        PaymentOutcome::AlreadyPaid(payment) => Err(ApiError::Problem(
            Problem::new(ProblemCode::OrderAlreadyPaid, format!("The order was paid by {payment}"))
                .with_field("paymentId", payment.to_string()),
        )),
        PaymentOutcome::Expired => Err(ApiError::Problem(Problem::new(
            ProblemCode::ReservationExpired,
            ProblemCode::ReservationExpired.title(),
        ))),
        PaymentOutcome::Closed(status) => Err(ApiError::Problem(Problem::new(
            ProblemCode::Conflict,
            format!("The order cannot be paid while it is {status}"),
        ))),
    }
}

fn revealed(secret: &Secret) -> String {
    secret.reveal().to_owned()
}

fn text_or_title(text: &str, code: ProblemCode) -> String {
    if text.is_empty() { code.title().to_owned() } else { text.to_owned() }
}

fn body(payment: PaymentId, status: &str) -> PaymentResponse {
    PaymentResponse { payment_id: payment.to_string(), status: status.to_owned(), receipt_url: None, next_action: None }
}
