//! Issuing, once.

use commerce_api::invoice::InvoiceResponse;
use commerce_domain::{Clock, Entropy, InvoiceId, OrderId, RefundId};

use super::{
    paper,
    ports::{Head, InvoiceStore, NewCreditNote, NewInvoice},
    seller::Seller,
};
use crate::{
    Backend, Interrupted, StoreError,
    hooks::{HookPoint, Hooks},
};

/// Where papers are issued: the ports that this takes.
#[derive(Debug)]
pub struct Desk<'a, C, E, D, H> {
    /// Tells the time.
    pub clock: &'a C,
    /// Makes ids.
    pub entropy: &'a E,
    /// Keeps what is issued.
    pub database: &'a D,
    /// Points at which tests stop it.
    pub hooks: &'a H,
    /// Who issues.
    pub seller: &'a Seller,
}

impl<'a, C, E, D, H> Desk<'a, C, E, D, H>
where
    C: Clock + Send + Sync,
    E: Entropy + Send + Sync,
    D: InvoiceStore,
    H: Hooks,
{
    /// The desk of a backend.
    pub fn of<B>(backend: &'a B, seller: &'a Seller) -> Self
    where
        B: Backend<Clock = C, Entropy = E, Database = D, Hooks = H>,
    {
        Self {
            clock: backend.clock(),
            entropy: backend.entropy(),
            database: backend.database(),
            hooks: backend.hooks(),
            seller,
        }
    }

    /// The invoice of an order, issued now or before. None where the order was not paid.
    ///
    /// # Errors
    /// [`Interrupted`]; it may have been issued, and will be found.
    pub async fn issue_invoice(&self, order: OrderId) -> Result<Option<InvoiceResponse>, Interrupted> {
        let billable = self.database.load_billable(order).await?;
        let Some(billable) = billable.filter(|billable| billable.sold) else { return Ok(None) };
        let head = self.head();
        let draft = paper::invoice(&head, self.seller, &billable).map_err(StoreError::broken)?;
        let legal_entity = self.seller.legal_entity.clone();
        self.hooks.reached(HookPoint::BeforeIssue).await?;
        let issued = self.database.issue_invoice(&NewInvoice { head, legal_entity, order_id: order, draft }).await?;
        self.hooks.reached(HookPoint::AfterIssue).await?;
        Ok(Some(issued))
    }

    /// The credit note of a refund, issued now or before. None where its order has no invoice, or the money did not go back.
    ///
    /// # Errors
    /// As [`Self::issue_invoice`].
    pub async fn issue_credit_note(&self, refund: RefundId) -> Result<Option<InvoiceResponse>, Interrupted> {
        self.hooks.reached(HookPoint::BeforeIssue).await?;
        let new = NewCreditNote { head: self.head(), refund_id: refund };
        let issued = self.database.issue_credit_note(&new).await?;
        self.hooks.reached(HookPoint::AfterIssue).await?;
        Ok(issued)
    }

    fn head(&self) -> Head {
        let issued_at = self.clock.now();
        let day = self.seller.day(issued_at);
        let id = InvoiceId::generate(self.clock, self.entropy);
        Head { id, year: day.year(), issued_at, issued_on: day.to_string() }
    }
}
