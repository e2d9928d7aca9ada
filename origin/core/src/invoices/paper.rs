//! What an invoice says of an order.

use commerce_api::{
    DecimalNumber,
    invoice::{InvoiceBuyer, InvoiceLine, InvoiceResponse, InvoiceTax},
    product::option_values,
};
use commerce_domain::{Money, MoneyError, TaxRate};

use super::{
    ports::{Billable, Head},
    seller::Seller,
};
use crate::{checkout::OrderLine, orders::Order};

pub(super) const INVOICE: &str = "invoice";

/// The number on a paper: `CC-2026-000001`.
#[must_use]
pub fn paper_number(legal_entity: &str, year: i16, number: u32) -> String {
    format!("{legal_entity}-{year:04}-{number:06}")
}

/// All that the invoice of an order says, without its number.
///
/// # Errors
/// [`MoneyError`] where the order's sums are none.
pub(super) fn invoice(head: &Head, seller: &Seller, billable: &Billable) -> Result<InvoiceResponse, MoneyError> {
    let order = &billable.order;
    Ok(InvoiceResponse {
        id: head.id.to_string(),
        kind: INVOICE.to_owned(),
        number: String::new(),
        issued_at: head.issued_at,
        issued_on: head.issued_on.clone(),
        order_id: order.id.to_string(),
        order_number: order.number.to_string(),
        ordered_on: seller.day(order.created_at).to_string(),
        invoice_number: None,
        refund_id: None,
        reason: None,
        seller: seller.printed.clone(),
        buyer: InvoiceBuyer {
            name: billable.buyer_name.clone(),
            email: billable.buyer_email.clone(),
            address: order.shipping_address.clone(),
        },
        currency: order.currency.to_string(),
        tax_included: order.tax_included,
        items: order.lines.iter().map(line).collect(),
        subtotal: order.subtotal.into(),
        shipping: order.shipping.into(),
        tax: order.tax.into(),
        taxes: taxes(order)?,
        total: order.total.into(),
    })
}

fn line(line: &OrderLine) -> InvoiceLine {
    InvoiceLine {
        name: line.name.clone(),
        sku: line.sku.clone(),
        options: option_values(&line.options),
        quantity: line.quantity,
        price: line.unit_price.into(),
        tax_rate: line.tax_rate.map(|rate| DecimalNumber(rate.value())),
        tax: line.tax.into(),
        subtotal: line.subtotal.into(),
    }
}

/// The order's taxes, and what is not taxed, so that they are the whole.
fn taxes(order: &Order) -> Result<Vec<InvoiceTax>, MoneyError> {
    let part = |name: &str, rate: Option<TaxRate>, base: Money, amount: Money| InvoiceTax {
        name: name.to_owned(),
        rate: rate.map(|rate| DecimalNumber(rate.value())),
        base: base.into(),
        amount: amount.into(),
    };
    let mut rest = order.total;
    let mut parts = Vec::with_capacity(order.taxes.len() + 1);
    for tax in &order.taxes {
        rest = rest.checked_sub(tax.base)?.checked_sub(tax.amount)?;
        parts.push(part(&tax.name, Some(tax.rate), tax.base, tax.amount));
    }
    if parts.is_empty() && !order.tax.is_zero() {
        // Ordered before it was kept what is taxed at which rate.
        let base = rest.checked_sub(order.tax)?;
        return Ok(vec![part("Tax", None, base, order.tax)]);
    }
    if !rest.is_zero() {
        parts.push(part("", Some(TaxRate::ZERO), rest, Money::zero(order.currency)));
    }
    Ok(parts)
}
