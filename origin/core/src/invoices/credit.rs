//! What a credit note says of a refund.

use commerce_api::{
    Amount, DecimalNumber,
    invoice::{InvoiceResponse, InvoiceTax},
};
use commerce_domain::{Currency, Money, MoneyError};

use super::ports::{CreditedRefund, Head};

const CREDIT_NOTE: &str = "credit_note";

/// All that the credit note of a refund says, without its number. `earlier` are the invoice's credit notes whose money is gone.
///
/// The amount is split over the rates of tax by largest remainder, in proportion to what `earlier` has left of each; each part
/// likewise over tax and the rest of it. So the parts are the amount, no part is ever more than what is left of it, and the credit notes of a
/// whole invoice are the invoice, rate by rate.
///
/// # Errors
/// [`MoneyError`] where the amount is more than what is left of the invoice, or its amounts are none.
pub fn credit_note(
    head: &Head,
    refund: CreditedRefund<'_>,
    invoice: &InvoiceResponse,
    earlier: &[InvoiceResponse],
) -> Result<InvoiceResponse, MoneyError> {
    let currency = refund.amount.currency();
    let left = left(invoice, earlier, currency)?;
    let taxes = split(refund.amount, &left)?;
    let tax = Money::sum(currency, taxes.iter().map(|part| part.tax))?;
    let subtotal = if invoice.tax_included { refund.amount } else { refund.amount.checked_sub(tax)? };
    Ok(InvoiceResponse {
        id: head.id.to_string(),
        kind: CREDIT_NOTE.to_owned(),
        number: String::new(),
        issued_at: head.issued_at,
        issued_on: head.issued_on.clone(),
        invoice_number: Some(invoice.number.clone()),
        refund_id: Some(refund.id.to_string()),
        reason: Some(refund.reason.to_owned()),
        items: Vec::new(),
        subtotal: subtotal.into(),
        shipping: Money::zero(currency).into(),
        tax: tax.into(),
        taxes: taxes.into_iter().map(InvoiceTax::from).collect(),
        total: refund.amount.into(),
        ..invoice.clone()
    })
}

/// A part of a paper at one rate of tax.
#[derive(Debug, Clone)]
struct Part {
    name: String,
    rate: Option<DecimalNumber>,
    base: Money,
    tax: Money,
}

impl From<Part> for InvoiceTax {
    fn from(part: Part) -> Self {
        Self { name: part.name, rate: part.rate, base: part.base.into(), amount: part.tax.into() }
    }
}

/// What the earlier credit notes have left of the invoice.
fn left(invoice: &InvoiceResponse, earlier: &[InvoiceResponse], currency: Currency) -> Result<Vec<Part>, MoneyError> {
    let money = |amount: Amount| amount.in_currency(currency);
    let part = |tax: &InvoiceTax| {
        Ok(Part { name: tax.name.clone(), rate: tax.rate, base: money(tax.base)?, tax: money(tax.amount)? })
    };
    let mut left = invoice.taxes.iter().map(part).collect::<Result<Vec<Part>, MoneyError>>()?;
    for gone in earlier.iter().flat_map(|note| &note.taxes) {
        let part = left.iter_mut().find(|part| part.name == gone.name && part.rate == gone.rate);
        let part = part.ok_or(MoneyError::TooLarge)?;
        (part.base, part.tax) = (part.base.checked_sub(money(gone.base)?)?, part.tax.checked_sub(money(gone.amount)?)?);
    }
    Ok(left)
}

fn split(amount: Money, left: &[Part]) -> Result<Vec<Part>, MoneyError> {
    let weight = |money: Money| u64::try_from(money.minor()).map_err(|_| MoneyError::TooLarge);
    let weights = left.iter().map(|part| weight(part.base.checked_add(part.tax)?));
    let weights = weights.collect::<Result<Vec<u64>, MoneyError>>()?;
    if weights.iter().sum::<u64>() < weight(amount)? {
        return Err(MoneyError::TooLarge);
    }
    let mut parts = Vec::with_capacity(left.len());
    for (part, gross) in left.iter().zip(amount.allocate(&weights)) {
        if gross.is_zero() {
            continue;
        }
        if let [base, tax] = gross.allocate(&[weight(part.base)?, weight(part.tax)?])[..] {
            parts.push(Part { base, tax, ..part.clone() });
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests;
