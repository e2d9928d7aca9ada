//! What a credit note says of a refund.

use commerce_api::{
    Amount, DecimalNumber,
    invoice::{InvoiceLine, InvoiceResponse, InvoiceTax},
};
use commerce_domain::{Currency, Money, MoneyError};

use self::goods::Back;
use super::ports::{CreditedRefund, Head};

mod goods;

const CREDIT_NOTE: &str = "credit_note";

/// All that the credit note of a refund says, without its number. `earlier` are the invoice's credit notes whose money is gone.
///
/// Goods that came back are credited at their own rates, and listed. An amount that is for nothing in particular is split over the
/// rates of tax by largest remainder, in proportion to what `earlier` has left of each; each part likewise over tax and the rest of
/// it. So is what goods had cost at a rate of which less than that is left. In any case the parts are the amount, no part is ever
/// more than what is left of it, and the credit notes of a whole invoice are the invoice, rate by rate.
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
    let back = refund.goods.map(|goods| goods::back(goods, invoice, &left)).transpose()?.flatten();
    let Told { taxes, items, shipping } = told(refund.amount, &left, back)?;
    let tax = Money::sum(currency, taxes.iter().map(|part| part.tax))?;
    let subtotal = refund.amount.checked_sub(shipping)?;
    let subtotal = if invoice.tax_included { subtotal } else { subtotal.checked_sub(tax)? };
    Ok(InvoiceResponse {
        id: head.id.to_string(),
        kind: CREDIT_NOTE.to_owned(),
        number: String::new(),
        issued_at: head.issued_at,
        issued_on: head.issued_on.clone(),
        invoice_number: Some(invoice.number.clone()),
        refund_id: Some(refund.id.to_string()),
        reason: Some(refund.reason.to_owned()),
        items,
        subtotal: subtotal.into(),
        shipping: shipping.into(),
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

impl Part {
    fn whole(&self) -> Result<Money, MoneyError> {
        self.base.checked_add(self.tax)
    }

    fn add(&mut self, base: Money, tax: Money) -> Result<(), MoneyError> {
        (self.base, self.tax) = (self.base.checked_add(base)?, self.tax.checked_add(tax)?);
        Ok(())
    }

    fn is_within(&self, left: &Self) -> bool {
        self.base.minor() <= left.base.minor() && self.tax.minor() <= left.tax.minor()
    }
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

/// What a credit note says of its amount.
struct Told {
    taxes: Vec<Part>,
    items: Vec<InvoiceLine>,
    shipping: Money,
}

/// Goods as they were taxed where that is the amount and is left, otherwise the amount alone.
fn told(amount: Money, left: &[Part], back: Option<Back>) -> Result<Told, MoneyError> {
    let nothing = Money::zero(amount.currency());
    let by_amount =
        |wanted: &[Money]| Ok(Told { taxes: split(amount, left, wanted)?, items: vec![], shipping: nothing });
    let Some(Back { parts, items, shipping }) = back else { return by_amount(&vec![nothing; left.len()]) };
    let wanted = parts.iter().map(Part::whole).collect::<Result<Vec<Money>, MoneyError>>()?;
    if Money::sum(amount.currency(), wanted.iter().copied())? != amount {
        return by_amount(&vec![nothing; left.len()]);
    }
    if !parts.iter().zip(left).all(|(part, left)| part.is_within(left)) {
        return by_amount(&wanted);
    }
    let taxes = parts.into_iter().filter(|part| !part.base.is_zero() || !part.tax.is_zero()).collect();
    Ok(Told { taxes, items, shipping })
}

/// The amount at each rate: first what is wanted of it, as far as it is left, then in proportion to what is left after that.
fn split(amount: Money, left: &[Part], wanted: &[Money]) -> Result<Vec<Part>, MoneyError> {
    let weight = |money: Money| u64::try_from(money.minor()).map_err(|_| MoneyError::TooLarge);
    let wholes = left.iter().map(Part::whole).collect::<Result<Vec<Money>, MoneyError>>()?;
    let first: Vec<Money> = wanted.iter().zip(&wholes).map(|(wanted, whole)| lesser(*wanted, *whole)).collect();
    let rest = amount.checked_sub(Money::sum(amount.currency(), first.iter().copied())?)?;
    let weights = wholes.iter().zip(&first).map(|(whole, first)| weight(whole.checked_sub(*first)?));
    let weights = weights.collect::<Result<Vec<u64>, MoneyError>>()?;
    if weights.iter().sum::<u64>() < weight(rest)? {
        return Err(MoneyError::TooLarge);
    }
    let mut parts = Vec::with_capacity(left.len());
    for ((part, first), more) in left.iter().zip(first).zip(rest.allocate(&weights)) {
        let gross = first.checked_add(more)?;
        if gross.is_zero() {
            continue;
        }
        if let [base, tax] = gross.allocate(&[weight(part.base)?, weight(part.tax)?])[..] {
            parts.push(Part { base, tax, ..part.clone() });
        }
    }
    Ok(parts)
}

fn lesser(one: Money, other: Money) -> Money {
    if one.minor() <= other.minor() { one } else { other }
}

#[cfg(test)]
mod tests;
