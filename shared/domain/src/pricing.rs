//! What a cart or an order costs. The edge shows it, the origin decides it, both with this code.
//!
//! Holds for every result: Σ line subtotals = subtotal, Σ line taxes = tax, and subtotal + tax + shipping = total. Tax is rounded
//! per line, and nothing else is rounded.

use rust_decimal::Decimal;

use crate::{Currency, Money, MoneyError, Quantity};

/// A tax rate has at most this many decimals.
pub const MAX_RATE_DECIMALS: u32 = 6;

/// Shipping costs at most this many whole units of the currency, so that it fits into the total of any cart.
pub const MAX_SHIPPING_FEE: u32 = 1_000_000;

/// How the shop taxes and ships: one flat rate each, in the one currency that it sells in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricingRules {
    tax_rate: Decimal,
    shipping_fee: Money,
    free_shipping_from: Money,
}

/// A setting that makes up [`PricingRules`], and why it cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PricingRulesError {
    /// The currency is unknown.
    #[error("the shop's currency is unknown")]
    Currency,
    /// The tax rate is not one.
    #[error("the tax rate must be from 0 to 1 (0.08 is 8 %) with at most {MAX_RATE_DECIMALS} decimals")]
    TaxRate,
    /// The shipping fee is no amount of the currency, or out of bounds.
    #[error("the shipping fee must be an amount of the shop's currency from 0 to {MAX_SHIPPING_FEE}")]
    ShippingFee,
    /// The threshold is no amount of the currency, or below zero.
    #[error("the threshold of free shipping must be an amount of the shop's currency, not below zero")]
    FreeShippingFrom,
}

/// [`PricingRules`] as settings spell them; what is `None` has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PricingSettings {
    /// ISO 4217; USD if absent.
    pub currency: Option<String>,
    /// The tax on goods: 0.08, which is also the default, is 8 %.
    pub tax_rate: Option<String>,
    /// What shipping costs; 4.99 if absent.
    pub shipping_fee: Option<String>,
    /// From this subtotal on, shipping is free; 50 if absent.
    pub free_shipping_from: Option<String>,
}

impl Default for PricingRules {
    /// US dollars; 8 % tax; shipping at 4.99, free from 50.
    fn default() -> Self {
        let dollars = |minor| Money::from_minor(minor, Currency::USD).expect("should be money: it is small");
        Self { tax_rate: Decimal::new(8, 2), shipping_fee: dollars(499), free_shipping_from: dollars(5_000) }
    }
}

impl PricingRules {
    /// These rules. Both amounts are in the currency that the shop sells in.
    ///
    /// # Errors
    /// [`PricingRulesError`] for the first argument that is out of bounds; the threshold's if the currencies differ.
    pub fn new(tax_rate: Decimal, shipping_fee: Money, free_shipping_from: Money) -> Result<Self, PricingRulesError> {
        if !(Decimal::ZERO..=Decimal::ONE).contains(&tax_rate) || tax_rate.normalize().scale() > MAX_RATE_DECIMALS {
            return Err(PricingRulesError::TaxRate);
        }
        if shipping_fee.is_negative() || shipping_fee.amount() > Decimal::from(MAX_SHIPPING_FEE) {
            return Err(PricingRulesError::ShippingFee);
        }
        if free_shipping_from.is_negative() || free_shipping_from.currency() != shipping_fee.currency() {
            return Err(PricingRulesError::FreeShippingFrom);
        }
        Ok(Self { tax_rate, shipping_fee, free_shipping_from })
    }

    /// The rules that settings spell.
    ///
    /// # Errors
    /// [`PricingRulesError`] for the first setting that cannot be used.
    pub fn from_settings(settings: &PricingSettings) -> Result<Self, PricingRulesError> {
        let default = Self::default();
        let currency = match settings.currency.as_deref() {
            Some(code) => code.parse().map_err(|_| PricingRulesError::Currency)?,
            None => default.currency(),
        };
        let amount = |text: Option<&str>, default: Money, wrong: PricingRulesError| {
            let amount = decimal(text, default.amount()).ok_or(wrong)?;
            Money::new(amount, currency).map_err(|_| wrong)
        };
        Self::new(
            decimal(settings.tax_rate.as_deref(), default.tax_rate).ok_or(PricingRulesError::TaxRate)?,
            amount(settings.shipping_fee.as_deref(), default.shipping_fee, PricingRulesError::ShippingFee)?,
            amount(
                settings.free_shipping_from.as_deref(),
                default.free_shipping_from,
                PricingRulesError::FreeShippingFrom,
            )?,
        )
    }

    /// The one currency that the shop sells in.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.shipping_fee.currency()
    }

    fn shipping(&self, lines: &[LineTotals], subtotal: Money) -> Money {
        let free = lines.is_empty() || subtotal.amount() >= self.free_shipping_from.amount();
        if free { Money::zero(self.currency()) } else { self.shipping_fee }
    }
}

fn decimal(text: Option<&str>, default: Decimal) -> Option<Decimal> {
    text.map_or(Some(default), |text| Decimal::from_str_exact(text).ok())
}

/// What a cart or an order costs, in the shop's currency.
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
/// [`MoneyError::CurrencyMismatch`] if a line is not in the shop's currency: nothing says what shipping costs in another one.
/// [`MoneyError::TooLarge`] if a sum is.
pub fn price(lines: impl IntoIterator<Item = (Money, Quantity)>, rules: &PricingRules) -> Result<Totals, MoneyError> {
    let currency = rules.currency();
    let lines = lines
        .into_iter()
        .map(|(unit_price, quantity)| {
            let subtotal = unit_price.checked_mul(quantity.get())?;
            Ok(LineTotals { subtotal, tax: subtotal.at_rate(rules.tax_rate)? })
        })
        .collect::<Result<Vec<_>, MoneyError>>()?;
    let subtotal = Money::sum(currency, lines.iter().map(|line| line.subtotal))?;
    let tax = Money::sum(currency, lines.iter().map(|line| line.tax))?;
    let shipping = rules.shipping(&lines, subtotal);
    let total = subtotal.checked_add(tax)?.checked_add(shipping)?;
    Ok(Totals { lines, subtotal, tax, shipping, total })
}

#[cfg(test)]
mod tests;
