//! The port to what was issued.

use std::future::Future;

use commerce_api::invoice::InvoiceResponse;
use commerce_domain::{CustomerId, InvoiceId, Money, OrderId, RefundId};
use jiff::Timestamp;

use crate::{StoreError, checkout::OrderLine, orders::Order};

/// An order as an invoice tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billable {
    /// The order.
    pub order: Order,
    /// Who ordered, where it is known.
    pub buyer_name: Option<String>,
    /// The buyer's address for mail, where it is known.
    pub buyer_email: Option<String>,
    /// Whether it was paid. Money that came for nothing, and goes back by itself, has paid nothing.
    pub sold: bool,
}

/// What every paper begins with, but for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The paper, if there is none yet.
    pub id: InvoiceId,
    /// The year of its series.
    pub year: i16,
    /// When it is issued.
    pub issued_at: Timestamp,
    /// The day of that where the seller is.
    pub issued_on: String,
}

/// An invoice to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvoice {
    /// Its beginning.
    pub head: Head,
    /// Whose series it is of.
    pub legal_entity: String,
    /// The order.
    pub order_id: OrderId,
    /// All that it says, without its number.
    pub draft: InvoiceResponse,
}

/// A credit note to be issued, in the series of the invoice's legal entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCreditNote {
    /// Its beginning.
    pub head: Head,
    /// The refund.
    pub refund_id: RefundId,
}

/// A refund as a credit note tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditedRefund<'a> {
    /// The refund.
    pub id: RefundId,
    /// How much went back.
    pub amount: Money,
    /// Why.
    pub reason: &'a str,
    /// What it is for, where it is all that goods which came back had cost; none where it is an amount.
    pub goods: Option<&'a CreditedGoods>,
}

/// Goods that came back, for what they had cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedGoods {
    /// What came back, in the order of the invoice.
    pub lines: Vec<CreditedLine>,
    /// What goes back of the shipping; none where it was not asked for.
    pub shipping: Option<CreditedShipping>,
}

/// Pieces of a line that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedLine {
    /// The line.
    pub ordered: OrderLine,
    /// Its subtotal less its discount.
    pub paid: Money,
    /// How many of its pieces earlier credit notes are about.
    pub credited: u32,
    /// How many came back.
    pub pieces: u32,
    /// What they had cost, tax included.
    pub amount: Money,
}

/// Shipping that is paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditedShipping {
    /// What it had cost, tax included.
    pub amount: Money,
    /// The tax in that.
    pub tax: Money,
}

/// Invoices and credit notes. What was issued stays as it is.
pub trait InvoiceStore: Send + Sync {
    /// The order as an invoice tells of it; none if there is no such order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_billable(&self, order: OrderId) -> impl Future<Output = Result<Option<Billable>, StoreError>> + Send;

    /// One of the customer's papers; anybody's for the shop, which names no customer.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_invoice(
        &self,
        customer: Option<CustomerId>,
        invoice: InvoiceId,
    ) -> impl Future<Output = Result<Option<InvoiceResponse>, StoreError>> + Send;

    /// The papers of an order: the invoice, then its credit notes as they were issued.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_invoices_of(&self, order: OrderId)
    -> impl Future<Output = Result<Vec<InvoiceResponse>, StoreError>> + Send;

    /// The refunds of an order that went back and have no credit note, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_uncredited_refunds(&self, order: OrderId)
    -> impl Future<Output = Result<Vec<RefundId>, StoreError>> + Send;

    /// Keeps the order's invoice under the next number of its series, or finds the one that was issued. Commits; a number that
    /// is not kept is not taken.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been issued, and will be found.
    fn issue_invoice(&self, new: &NewInvoice) -> impl Future<Output = Result<InvoiceResponse, StoreError>> + Send;

    /// Keeps the refund's [credit note](super::credit_note) under the next number of its series, or finds the one that was
    /// issued. Commits, as above. None where there is no invoice to be taken back, or the money did not go back.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been issued, and will be found.
    fn issue_credit_note(
        &self,
        new: &NewCreditNote,
    ) -> impl Future<Output = Result<Option<InvoiceResponse>, StoreError>> + Send;
}
