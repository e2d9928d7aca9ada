//! What a credit note says of goods that came back: the tax that was on them, and not a part of every rate.

use commerce_api::{
    DecimalNumber,
    invoice::{InvoiceLine, InvoiceResponse},
    product::option_values,
};
use commerce_domain::{Money, MoneyError};

use super::{Part, lesser};
use crate::{
    invoices::ports::{CreditedGoods, CreditedLine, CreditedShipping},
    returns::{LineCost, cost_of},
};

/// Goods that came back, and what of the shipping.
pub(super) struct Back {
    /// What goes back at each rate, in the order of what is left; zero where nothing does.
    pub(super) parts: Vec<Part>,
    /// The goods as the paper lists them.
    pub(super) items: Vec<InvoiceLine>,
    /// The shipping at the price that the invoice has for it.
    pub(super) shipping: Money,
}

/// What goods and shipping were taxed; none where the invoice does not say at which rate.
///
/// # Errors
/// [`MoneyError`] where the amounts are none.
pub(super) fn back(
    goods: &CreditedGoods,
    invoice: &InvoiceResponse,
    left: &[Part],
) -> Result<Option<Back>, MoneyError> {
    let Some(currency) = left.first().map(|part| part.base.currency()) else { return Ok(None) };
    let none = Money::zero(currency);
    let nothing = left.iter().map(|part| Part { base: none, tax: none, ..part.clone() }).collect();
    let mut back = Back { parts: nothing, items: Vec::with_capacity(goods.lines.len()), shipping: none };
    for line in &goods.lines {
        let Some(part) = back.parts.iter_mut().find(|part| is_taxed_as(part, line)) else { return Ok(None) };
        let (base, tax) = share(line, invoice.tax_included)?;
        part.add(base, tax)?;
        back.items.push(item(line, if invoice.tax_included { line.amount } else { base }, tax));
    }
    if let Some(CreditedShipping { amount, tax }) = goods.shipping.filter(|shipping| !shipping.amount.is_zero()) {
        let Some(at) = shipped_at(invoice, CreditedShipping { amount, tax })? else { return Ok(None) };
        let Some(part) = back.parts.get_mut(at) else { return Ok(None) };
        let base = amount.checked_sub(tax)?;
        part.add(base, tax)?;
        back.shipping = if invoice.tax_included { amount } else { base };
    }
    Ok(Some(back))
}

fn is_taxed_as(part: &Part, line: &CreditedLine) -> bool {
    let rate = line.ordered.tax_rate.map(|rate| DecimalNumber(rate.value()));
    part.rate == rate && part.name == line.ordered.tax_name.as_deref().unwrap_or_default()
}

/// What of the pieces' amount is not tax, and what is. As with their cost, the share of the first pieces is rounded as one and
/// what earlier notes have of it is taken off: a line that is all back took its tax with it to the cent.
fn share(line: &CreditedLine, tax_included: bool) -> Result<(Money, Money), MoneyError> {
    let whole = if tax_included { line.ordered.tax } else { line.paid };
    let share =
        cost_of(LineCost { cost: whole, quantity: line.ordered.quantity, returned: line.credited }, line.pieces)?;
    let share = lesser(share, line.amount);
    let rest = line.amount.checked_sub(share)?;
    Ok(if tax_included { (rest, share) } else { (share, rest) })
}

fn item(line: &CreditedLine, subtotal: Money, tax: Money) -> InvoiceLine {
    InvoiceLine {
        name: line.ordered.name.clone(),
        sku: line.ordered.sku.clone(),
        options: option_values(&line.ordered.options),
        quantity: line.pieces,
        price: line.ordered.unit_price.into(),
        tax_rate: line.ordered.tax_rate.map(|rate| DecimalNumber(rate.value())),
        tax: tax.into(),
        subtotal: subtotal.into(),
    }
}

/// Which part of the invoice the shipping is in: what is not taxed, or the one that has it beside the lines of its rate.
fn shipped_at(invoice: &InvoiceResponse, shipping: CreditedShipping) -> Result<Option<usize>, MoneyError> {
    let currency = shipping.amount.currency();
    for (at, part) in invoice.taxes.iter().enumerate() {
        if part.name.is_empty() && shipping.tax.is_zero() {
            return Ok(Some(at));
        }
        let mut rest = part.base.in_currency(currency)?.checked_add(part.amount.in_currency(currency)?)?;
        for line in invoice.items.iter().filter(|line| line.tax_rate == part.rate) {
            rest = rest.checked_sub(line.subtotal.in_currency(currency)?)?;
            if !invoice.tax_included {
                rest = rest.checked_sub(line.tax.in_currency(currency)?)?;
            }
        }
        if !part.name.is_empty() && rest == shipping.amount {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
