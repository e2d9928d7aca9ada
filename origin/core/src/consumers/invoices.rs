//! The papers of what was paid, and of what went back.

use std::future::Future;

use commerce_domain::{Clock, Entropy, OrderId, RefundId};
use serde::Deserialize;

use super::{ConsumeError, data};
use crate::{
    Interrupted, StoreError,
    events::Envelope,
    hooks::Hooks,
    invoices::{Desk, InvoiceStore},
};

pub(super) const KINDS: [&str; 2] = ["PaymentSucceeded", "RefundSucceeded"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    order_id: OrderId,
    /// Of a refund.
    refund_id: Option<RefundId>,
}

/// Issues papers, each once.
pub trait IssuePapers: Send + Sync {
    /// Issues the order's invoice, if it was paid, and the refund's credit note, if it went back. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; each of them may have been issued.
    fn issue_papers(
        &self,
        order: OrderId,
        refund: Option<RefundId>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<C, E, D, H> IssuePapers for Desk<'_, C, E, D, H>
where
    C: Clock + Send + Sync,
    E: Entropy + Send + Sync,
    D: InvoiceStore,
    H: Hooks,
{
    async fn issue_papers(&self, order: OrderId, refund: Option<RefundId>) -> Result<(), StoreError> {
        self.issue_invoice(order).await.map_err(store_error)?;
        if let Some(refund) = refund {
            self.issue_credit_note(refund).await.map_err(store_error)?;
        }
        Ok(())
    }
}

fn store_error(interrupted: Interrupted) -> StoreError {
    match interrupted {
        Interrupted::Store(error) => error,
        Interrupted::Stopped(stopped) => StoreError::unavailable(stopped),
    }
}

/// The table of papers remembers for good that an event was handled.
pub(super) async fn issue(papers: &impl IssuePapers, event: &Envelope) -> Result<(), ConsumeError> {
    let Data { order_id, refund_id } = data(event)?;
    if event.kind == "RefundSucceeded" && refund_id.is_none() {
        return Err(ConsumeError::Malformed("a refund without its id".to_owned()));
    }
    Ok(papers.issue_papers(order_id, refund_id).await?)
}
