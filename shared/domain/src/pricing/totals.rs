//! The calculation.

use super::{Destination, PricingRules, TaxRate, TaxZone};
use crate::{CategorySlug, Money, MoneyError, Quantity};

/// What is bought of one variant.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The price of one.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
    /// The product's category, then those above it as far as they are known; the first with a rate of its own decides.
    pub categories: &'a [CategorySlug],
}

/// Why lines have no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// A sum does not fit, or a line is not in the shop's currency: nothing says what shipping costs in another one.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The discount is below zero, or more than the goods cost.
    #[error("the discount must be from nothing to what the goods cost")]
    Discount,
    /// Nothing is shipped to the destination.
    #[error("nothing is shipped to this destination")]
    NotServed,
}

/// What a cart or an order costs, in the shop's currency.
///
/// Σ line subtotals = subtotal, Σ line discounts = discount, Σ line taxes + shipping tax = tax = Σ amounts of `taxes`. With tax
/// on top, subtotal − discount + shipping + tax = total; where prices contain it, subtotal − discount + shipping = total, and the
/// tax is a part of that. Where the destination has a tax zone, Σ (base + amount) of `taxes`, and shipping if it is not taxed,
/// are the total again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Per line, in the order given.
    pub lines: Vec<LineTotals>,
    /// The goods at their prices.
    pub subtotal: Money,
    /// What is taken off.
    pub discount: Money,
    /// The tax on goods and shipping.
    pub tax: Money,
    /// Whether the prices contain the tax.
    pub tax_included: bool,
    /// What the tax is called; none where nothing is taxed.
    pub tax_name: Option<String>,
    /// Bringing them.
    pub shipping: Money,
    /// The part of `tax` that is on shipping.
    pub shipping_tax: Money,
    /// The tax by rate, the highest first; none where the destination has no tax zone.
    pub taxes: Vec<TaxTotal>,
    /// What is charged.
    pub total: Money,
}

/// What one line costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTotals {
    /// Unit price times quantity.
    pub subtotal: Money,
    /// The line's part of the discount.
    pub discount: Money,
    /// The rate of the tax.
    pub tax_rate: TaxRate,
    /// The tax on what is left, or within it, rounded once.
    pub tax: Money,
}

/// All that is taxed at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxTotal {
    /// What the tax is called.
    pub name: String,
    /// The rate.
    pub rate: TaxRate,
    /// What is taxed, without the tax.
    pub base: Money,
    /// The tax.
    pub amount: Money,
}

/// Prices what goes to `to`, less `discount`, which is split over the lines in proportion to what they cost. No lines cost
/// nothing, shipping included.
///
/// # Errors
/// [`PriceError`].
pub fn price(
    lines: &[Line<'_>],
    to: &Destination,
    discount: Money,
    rules: &PricingRules,
) -> Result<Totals, PriceError> {
    let currency = rules.currency();
    let zone = rules.tax_zone(to);
    let goods = lines.iter().map(|line| line.unit_price.checked_mul(line.quantity.get()));
    let goods = goods.collect::<Result<Vec<_>, _>>()?;
    let subtotal = Money::sum(currency, goods.iter().copied())?;
    let discounted = subtotal.checked_sub(discount)?;
    if discount.is_negative() || discounted.is_negative() {
        return Err(PriceError::Discount);
    }
    let weights: Vec<u64> = goods.iter().map(|goods| u64::try_from(goods.minor()).unwrap_or(0)).collect();
    let parts = lines.iter().zip(goods).zip(discount.allocate(&weights));
    let priced = parts.map(|((line, goods), discount)| price_line(line, goods, discount, zone));
    let lines = priced.collect::<Result<Vec<_>, _>>()?;
    let shipping = match rules.shipping_zone(to) {
        _ if lines.is_empty() => Money::zero(currency),
        Some(shipping) => shipping.fee(subtotal, discounted),
        None => return Err(PriceError::NotServed),
    };
    let shipping_tax = zone.map_or(Ok(Money::zero(currency)), |zone| zone.shipping_tax(shipping))?;
    let tax = Money::sum(currency, lines.iter().map(|line| line.tax))?.checked_add(shipping_tax)?;
    let charged = discounted.checked_add(shipping)?;
    let tax_included = rules.includes_tax(to);
    Ok(Totals {
        taxes: zone.map_or(Ok(Vec::new()), |zone| by_rate(zone, &lines, shipping, shipping_tax))?,
        total: if tax_included { charged } else { charged.checked_add(tax)? },
        tax_name: zone.map(|zone| zone.name.clone()),
        lines,
        subtotal,
        discount,
        tax,
        tax_included,
        shipping,
        shipping_tax,
    })
}

fn price_line(
    line: &Line<'_>,
    subtotal: Money,
    discount: Money,
    zone: Option<&TaxZone>,
) -> Result<LineTotals, MoneyError> {
    let tax_rate = zone.map_or(TaxRate::ZERO, |zone| zone.rate(line.categories));
    let tax = match zone {
        Some(zone) => zone.tax(subtotal.checked_sub(discount)?, tax_rate)?,
        None => Money::zero(subtotal.currency()),
    };
    Ok(LineTotals { subtotal, discount, tax_rate, tax })
}

/// The sums of the lines of each rate, with shipping where it is taxed and not free.
fn by_rate(
    zone: &TaxZone,
    lines: &[LineTotals],
    shipping: Money,
    shipping_tax: Money,
) -> Result<Vec<TaxTotal>, MoneyError> {
    let mut taxes: Vec<TaxTotal> = Vec::new();
    let mut add = |rate: TaxRate, paid: Money, tax: Money| {
        let base = if zone.inclusive { paid.checked_sub(tax)? } else { paid };
        match taxes.iter_mut().find(|sum| sum.rate == rate) {
            Some(sum) => (sum.base, sum.amount) = (sum.base.checked_add(base)?, sum.amount.checked_add(tax)?),
            None => taxes.push(TaxTotal { name: zone.name.clone(), rate, base, amount: tax }),
        }
        Ok(())
    };
    for line in lines {
        add(line.tax_rate, line.subtotal.checked_sub(line.discount)?, line.tax)?;
    }
    if zone.shipping_taxed && !shipping.is_zero() {
        add(zone.standard, shipping, shipping_tax)?;
    }
    taxes.sort_by_key(|sum| std::cmp::Reverse(sum.rate));
    Ok(taxes)
}
