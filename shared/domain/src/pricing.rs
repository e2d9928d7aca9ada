//! What a cart or an order costs. The edge shows it, the origin decides it, both with this code.
//!
//! Holds for every result: Σ line subtotals = subtotal, Σ line taxes = tax, and subtotal + tax + shipping = total.

use rust_decimal::Decimal;

use crate::{Currency, Money, MoneyError, Quantity};

/// How the shop taxes and ships. One flat rate each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricingRules {
    /// The tax on goods: 0.08 is 8 %.
    pub tax_rate: Decimal,
    /// What shipping costs, in the currency of the cart.
    pub shipping_fee: Decimal,
    /// From this subtotal on, shipping is free.
    pub free_shipping_from: Decimal,
}

impl Default for PricingRules {
    /// 8 % tax; shipping at 4.99, free from 50.
    fn default() -> Self {
        Self {
            tax_rate: Decimal::new(8, 2),
            shipping_fee: Decimal::new(499, 2),
            free_shipping_from: Decimal::new(50, 0),
        }
    }
}

/// What a cart or an order costs, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Per line, in the order given.
    pub lines: Vec<LineTotals>,
    /// The goods.
    pub subtotal: Money,
    /// The tax on them.
    pub tax: Money,
    /// Bringing them.
    pub shipping: Money,
    /// What is charged.
    pub total: Money,
}

/// What one line costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTotals {
    /// Unit price times quantity.
    pub subtotal: Money,
    /// The tax on that, rounded per line.
    pub tax: Money,
}

/// Prices lines of (unit price, quantity). No lines cost nothing, shipping included.
///
/// # Errors
/// [`MoneyError::CurrencyMismatch`] if a line is in another currency, [`MoneyError::TooLarge`] if a sum is.
pub fn price(
    currency: Currency,
    lines: impl IntoIterator<Item = (Money, Quantity)>,
    rules: &PricingRules,
) -> Result<Totals, MoneyError> {
    let lines = lines
        .into_iter()
        .map(|(unit_price, quantity)| {
            let subtotal = unit_price.checked_mul(quantity.get())?;
            Ok(LineTotals { subtotal, tax: subtotal.at_rate(rules.tax_rate)? })
        })
        .collect::<Result<Vec<_>, MoneyError>>()?;
    let subtotal = Money::sum(currency, lines.iter().map(|line| line.subtotal))?;
    let tax = Money::sum(currency, lines.iter().map(|line| line.tax))?;
    let shipping = shipping(currency, &lines, subtotal, rules)?;
    let total = subtotal.checked_add(tax)?.checked_add(shipping)?;
    Ok(Totals { lines, subtotal, tax, shipping, total })
}

fn shipping(
    currency: Currency,
    lines: &[LineTotals],
    subtotal: Money,
    rules: &PricingRules,
) -> Result<Money, MoneyError> {
    if lines.is_empty() || subtotal.amount() >= rules.free_shipping_from {
        return Ok(Money::zero(currency));
    }
    // A fee of 4.99 becomes 5 in a currency without decimals.
    Money::new(Decimal::ONE, currency)?.at_rate(rules.shipping_fee)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Money {
        Money::new(text.parse().unwrap(), Currency::USD).unwrap()
    }

    fn pieces(count: i64) -> Quantity {
        Quantity::new(count).unwrap()
    }

    #[test]
    fn two_headphones_cost_what_the_reference_says() {
        let totals = price(Currency::USD, [(usd("99.99"), pieces(2))], &PricingRules::default()).unwrap();
        assert_eq!(totals.subtotal, usd("199.98"));
        assert_eq!(totals.tax, usd("16.00"));
        assert_eq!(totals.shipping, usd("0.00"));
        assert_eq!(totals.total, usd("215.98"));
    }

    #[test]
    fn shipping_is_free_from_the_threshold_on() {
        let cost = |price_text| {
            price(Currency::USD, [(usd(price_text), pieces(1))], &PricingRules::default()).unwrap().shipping
        };
        assert_eq!(cost("49.99"), usd("4.99"));
        assert_eq!(cost("50.00"), usd("0.00"));
    }

    #[test]
    fn an_empty_cart_costs_nothing() {
        assert_eq!(price(Currency::USD, [], &PricingRules::default()).unwrap().total, usd("0"));
    }

    #[test]
    fn a_fee_follows_the_decimals_of_the_currency() {
        let yen: Currency = "JPY".parse().unwrap();
        let one = Money::new(Decimal::ONE, yen).unwrap();
        assert_eq!(price(yen, [(one, pieces(1))], &PricingRules::default()).unwrap().shipping.minor(), 5);
    }

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_total(
            lines in prop::collection::vec((0_i64..10_000_000, 1_i64..=999), 0..99),
            tax_basis_points in 0_i64..3_000,
        ) {
            let rules = PricingRules { tax_rate: Decimal::new(tax_basis_points, 4), ..PricingRules::default() };
            let input = lines.iter().map(|(minor, count)| {
                (Money::from_minor(*minor, Currency::USD).unwrap(), pieces(*count))
            });
            let totals = price(Currency::USD, input, &rules).unwrap();
            let goods: i64 = lines.iter().map(|(minor, count)| minor * count).sum();
            prop_assert_eq!(totals.subtotal.minor(), goods);
            prop_assert_eq!(totals.lines.iter().map(|line| line.tax.minor()).sum::<i64>(), totals.tax.minor());
            prop_assert_eq!(totals.subtotal.minor() + totals.tax.minor() + totals.shipping.minor(), totals.total.minor());
            prop_assert!(!totals.total.is_negative());
        }
    }
}
