//! Invoices and credit notes.
//!
//! An order that was paid has one invoice, a refund that went back one credit note, whoever asks for them how often: the consumer of
//! the shop's events, and whoever reads them before that has come. A paper says what the order said when it was placed, and never
//! changes. Its number is taken in the transaction that keeps it, so that a series has no gap; a series is a legal entity's of a year,
//! invoices and credit notes together.

mod credit;
mod issue;
mod paper;
mod ports;
mod read;
mod seller;

pub use credit::credit_note;
pub use issue::Desk;
pub use paper::paper_number;
pub use ports::{
    Billable, CreditedGoods, CreditedLine, CreditedRefund, CreditedShipping, Head, InvoiceStore, NewCreditNote,
    NewInvoice,
};
pub use read::{InvoiceError, order_invoice};
pub use seller::{Papers, Print, Seller, SellerError};
