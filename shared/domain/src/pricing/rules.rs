//! All rules of a shop in one.

use super::{
    Destination, MAX_RATE_DECIMALS, MAX_SHIPPING_FEE, MAX_ZONE_NAME, Place, PricingSettings, ShippingRules,
    ShippingZone, TaxRate, TaxRules, TaxZone, ThresholdOn,
};
use crate::{Currency, Money};

/// What a tax is called where one rate holds everywhere.
const ONLY_TAX: &str = "Tax";

/// How the shop taxes and ships, in the one currency that it sells in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricingRules {
    tax: TaxRules,
    shipping: ShippingRules,
    default_destination: Destination,
}

/// Why something makes up no [`PricingRules`].
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
    /// A zone's name is empty or too long.
    #[error("a tax is named by 1 to {MAX_ZONE_NAME} characters")]
    ZoneName,
    /// Two zones of a kind are made for the same place.
    #[error("another zone is made for the same place")]
    SamePlace,
    /// Nothing is shipped to the place that carts are estimated for.
    #[error("no shipping zone serves the default destination")]
    DefaultNotServed,
}

impl Default for PricingRules {
    /// US dollars; 8 % tax; shipping at 4.99, free from 50. Everywhere.
    fn default() -> Self {
        Self::from_settings(&PricingSettings::default()).expect("should be rules: the defaults are")
    }
}

impl PricingRules {
    /// These rules, and where carts are taken to go as long as nobody has said.
    ///
    /// # Errors
    /// [`PricingRulesError::DefaultNotServed`].
    pub fn new(
        tax: TaxRules,
        shipping: ShippingRules,
        default_destination: Destination,
    ) -> Result<Self, PricingRulesError> {
        match shipping.zone(&default_destination) {
            Some(_) => Ok(Self { tax, shipping, default_destination }),
            None => Err(PricingRulesError::DefaultNotServed),
        }
    }

    /// One rate, which comes on top, and one fee, which is not taxed, wherever things go. Both amounts are in the currency that
    /// the shop sells in.
    ///
    /// # Errors
    /// [`PricingRulesError`] if the amounts are out of bounds; the threshold's if the currencies differ.
    pub fn flat(rate: TaxRate, fee: Money, free_from: Money) -> Result<Self, PricingRulesError> {
        let mut tax = TaxRules::default();
        tax.add(TaxZone {
            name: ONLY_TAX.to_owned(),
            place: Place::anywhere(),
            inclusive: false,
            standard: rate,
            categories: [].into(),
            shipping_taxed: false,
        })?;
        let mut shipping = ShippingRules::new(fee.currency());
        shipping.add(ShippingZone::new(Place::anywhere(), fee, Some(free_from), ThresholdOn::default())?)?;
        Self::new(tax, shipping, Destination::default())
    }

    /// The one currency that the shop sells in.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.shipping.currency()
    }

    /// Where a cart is taken to go as long as nobody has said.
    #[must_use]
    pub fn default_destination(&self) -> &Destination {
        &self.default_destination
    }

    /// Whether prices contain the tax of what goes there.
    #[must_use]
    pub fn includes_tax(&self, to: &Destination) -> bool {
        self.tax_zone(to).is_some_and(|zone| zone.inclusive)
    }

    /// Whether the destination says all that the rules have to know of it. Where they tell the states of its country apart, its
    /// state has to be one: the shopper does not choose the tax by leaving it out, or by a name that no rule has.
    #[must_use]
    pub fn can_tell(&self, to: &Destination) -> bool {
        let mut places = self.tax.places().chain(self.shipping.places()).filter(|place| place.divides(to)).peekable();
        places.peek().is_none() || to.is_in_a_state() || places.any(|place| place.is_in_state_of(to))
    }

    pub(super) fn tax_zone(&self, to: &Destination) -> Option<&TaxZone> {
        self.tax.zone(to)
    }

    pub(super) fn shipping_zone(&self, to: &Destination) -> Option<&ShippingZone> {
        self.shipping.zone(to)
    }
}
