//! Papers as their readers get them: issued on the spot, where the consumer of the shop's events has not come yet.

use commerce_api::invoice::{InvoiceResponse, OrderInvoiceResponse};
use commerce_domain::{CustomerId, OrderId};

use super::{issue::Desk, ports::InvoiceStore as _};
use crate::{Backend, StoreError, error::from_interrupted, hooks::Stopped, orders::ReadOrders as _};

/// Why there is no invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// There is no such order.
    #[error("no such order")]
    NoOrder,
    /// The order was not paid.
    #[error("the order was not paid")]
    NotPaid,
    /// Nobody issues invoices here.
    #[error("no seller is set")]
    NoSeller,
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(InvoiceError);

/// The papers of one of the customer's orders; of anybody's for the shop, which names no customer.
///
/// # Errors
/// [`InvoiceError`].
pub async fn order_invoice<B: Backend>(
    backend: &B,
    customer: Option<CustomerId>,
    order: OrderId,
) -> Result<OrderInvoiceResponse, InvoiceError> {
    let database = backend.database();
    database.find_order(customer, order).await?.ok_or(InvoiceError::NoOrder)?;
    let mut issued = database.list_invoices_of(order).await?;
    if let Some(seller) = &backend.papers().seller {
        let desk = Desk::of(backend, seller);
        if issued.is_empty() {
            issued.extend(desk.issue_invoice(order).await?);
        }
        for refund in database.list_uncredited_refunds(order).await? {
            issued.extend(desk.issue_credit_note(refund).await?);
        }
    } else if issued.is_empty() {
        return Err(InvoiceError::NoSeller);
    }
    in_order(issued)
}

fn in_order(issued: Vec<InvoiceResponse>) -> Result<OrderInvoiceResponse, InvoiceError> {
    let mut issued = issued.into_iter();
    let invoice = issued.next().ok_or(InvoiceError::NotPaid)?;
    Ok(OrderInvoiceResponse { invoice, credit_notes: issued.collect() })
}
