//! Rules as four settings spell them.

use rust_decimal::Decimal;

use super::{PricingRules, PricingRulesError, TaxRate};
use crate::{Currency, Money};

/// Flat [`PricingRules`] as settings spell them; what is `None` has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PricingSettings {
    /// ISO 4217; USD if absent.
    pub currency: Option<String>,
    /// The tax on goods: 0.08, which is also the default, is 8 %.
    pub tax_rate: Option<String>,
    /// What shipping costs; 4.99 if absent.
    pub shipping_fee: Option<String>,
    /// From goods of this sum on, shipping is free; 50 if absent.
    pub free_shipping_from: Option<String>,
}

impl PricingRules {
    /// The rules that settings spell: [`PricingRules::flat`].
    ///
    /// # Errors
    /// [`PricingRulesError`] for the first setting that cannot be used.
    pub fn from_settings(settings: &PricingSettings) -> Result<Self, PricingRulesError> {
        let currency = match settings.currency.as_deref() {
            Some(code) => code.parse().map_err(|_| PricingRulesError::Currency)?,
            None => Currency::USD,
        };
        let amount = |text: Option<&str>, default: Decimal, wrong: PricingRulesError| {
            let amount = decimal(text, default).ok_or(wrong)?;
            Money::new(amount, currency).map_err(|_| wrong)
        };
        let rate = decimal(settings.tax_rate.as_deref(), Decimal::new(8, 2)).ok_or(PricingRulesError::TaxRate)?;
        let (fee, free_from) = (settings.shipping_fee.as_deref(), settings.free_shipping_from.as_deref());
        Self::flat(
            TaxRate::new(rate)?,
            amount(fee, Decimal::new(499, 2), PricingRulesError::ShippingFee)?,
            amount(free_from, Decimal::from(50), PricingRulesError::FreeShippingFrom)?,
        )
    }
}

fn decimal(text: Option<&str>, default: Decimal) -> Option<Decimal> {
    text.map_or(Some(default), |text| Decimal::from_str_exact(text).ok())
}
