//! Invoices and credit notes on the wire, and as they are kept: what was issued is what is answered and printed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, DecimalNumber, order::Address, product::OptionValue};

/// `GET /orders/{orderId}/invoice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderInvoiceResponse {
    /// The invoice.
    pub invoice: InvoiceResponse,
    /// What has gone back since, oldest first.
    pub credit_notes: Vec<InvoiceResponse>,
}

/// `GET /invoices/{invoiceId}`: an invoice or a credit note, as it was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceResponse {
    /// `inv_…`
    pub id: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Legal entity, year and place in the series: `CC-2026-000001`.
    pub number: String,
    /// RFC 3339, UTC.
    pub issued_at: Timestamp,
    /// The day of that where the seller is: `2026-03-01`.
    pub issued_on: String,
    /// `order_…`
    pub order_id: String,
    /// The number that people say.
    pub order_number: String,
    /// The day of the order where the seller is.
    pub ordered_on: String,
    /// The number of the invoice that a credit note takes back a part of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub invoice_number: Option<String>,
    /// The refund that a credit note is about: `ref_…`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refund_id: Option<String>,
    /// Why the money goes back, as the refund says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Who sells.
    pub seller: InvoiceSeller,
    /// Who buys.
    pub buyer: InvoiceBuyer,
    /// The currency of every amount.
    pub currency: String,
    /// Whether the prices contain the tax.
    pub tax_included: bool,
    /// The lines of an invoice; on a credit note the pieces that came back, none where it is about an amount.
    pub items: Vec<InvoiceLine>,
    /// The goods; on a credit note about an amount, what goes back as far as it is not tax that came on top.
    pub subtotal: Amount,
    /// Bringing them.
    pub shipping: Amount,
    /// All tax.
    pub tax: Amount,
    /// The whole by rate of tax: Σ (base + amount) = total. The highest rate first, what is not taxed last.
    pub taxes: Vec<InvoiceTax>,
    /// What was charged, or goes back.
    pub total: Amount,
}

/// Who issues an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceSeller {
    /// The name of the company.
    pub name: String,
    /// Its address, line by line.
    pub address: Vec<String>,
    /// What it is taxed under.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax_id: Option<String>,
    /// How it is reached, and what else the law wants on its papers, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// Who an invoice is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceBuyer {
    /// The name, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The address for mail, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// Where the goods went.
    pub address: Address,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceLine {
    /// The name when it was ordered.
    pub name: String,
    /// The merchant's number then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
    /// The options then.
    pub options: Vec<OptionValue>,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub price: Amount,
    /// The rate of the tax: 0.08 is 8 %. Absent for what was ordered before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax_rate: Option<DecimalNumber>,
    /// The tax on the subtotal, or within it.
    pub tax: Amount,
    /// Price times quantity; of pieces that came back, their part of what that came to after a discount.
    pub subtotal: Amount,
}

/// All of an invoice or a credit note that is taxed at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceTax {
    /// What the tax is called; empty for what is not taxed.
    pub name: String,
    /// The rate: 0.08 is 8 %. Absent for what was ordered before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<DecimalNumber>,
    /// What is taxed, without the tax.
    pub base: Amount,
    /// The tax.
    pub amount: Amount,
}
