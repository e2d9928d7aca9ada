//! `/orders/{orderId}/invoice` and `/invoices`.

use bytes::Bytes;
use commerce_api::{Problem, invoice::InvoiceResponse};
use commerce_domain::OrderId;
use http::{HeaderValue, Response, StatusCode, header};
use origin_core::{
    Backend,
    invoices::{InvoiceStore as _, order_invoice},
};

use crate::{ApiError, call::Call, caller::reader, error::RETRY_AFTER_SECONDS, respond::json};

/// `GET /orders/{orderId}/invoice`: the invoice of one of the caller's orders, with its credit notes; of any for the shop.
pub(crate) async fn get_order_invoice<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    json(StatusCode::OK, &order_invoice(backend, reader(backend, call).await?, id).await?)
}

/// `GET /orders/{orderId}/invoice.pdf`: the same invoice on paper.
pub(crate) async fn print_order_invoice<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: OrderId = call.id("Order")?;
    pdf(backend, &order_invoice(backend, reader(backend, call).await?, id).await?.invoice)
}

/// `GET /invoices/{invoiceId}`: one of the caller's invoices or credit notes; anybody's for the shop.
pub(crate) async fn get_invoice<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    json(StatusCode::OK, &found(backend, call).await?)
}

/// `GET /invoices/{invoiceId}/pdf`: the same on paper.
pub(crate) async fn print_invoice<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    pdf(backend, &found(backend, call).await?)
}

async fn found<B: Backend>(backend: &B, call: &Call) -> Result<InvoiceResponse, ApiError> {
    let id = call.id("Invoice")?;
    let reader = reader(backend, call).await?;
    let found = backend.database().find_invoice(reader, id).await?;
    Ok(found.ok_or_else(|| Problem::not_found("Invoice"))?)
}

/// The paper as a PDF that no cache keeps, named by its number.
fn pdf<B: Backend>(backend: &B, paper: &InvoiceResponse) -> Result<Response<Bytes>, ApiError> {
    let elsewhere = || Problem::unavailable(RETRY_AFTER_SECONDS, "nothing prints here");
    let print = backend.papers().print.ok_or_else(elsewhere)?;
    let mut response = Response::new(Bytes::from(print(paper).map_err(Problem::internal)?));
    let name = HeaderValue::try_from(format!("inline; filename=\"{}.pdf\"", paper.number));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(Problem::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
