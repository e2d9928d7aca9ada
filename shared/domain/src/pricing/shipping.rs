//! What shipping costs where, and from when on it is free.

use rust_decimal::Decimal;

use super::{Destination, Place, PricingRulesError, destination::made_for};
use crate::{Currency, Money};

/// Shipping costs at most this many whole units of the currency, so that it fits into the total of any cart.
pub const MAX_SHIPPING_FEE: u32 = 1_000_000;

/// Which sum has to reach the threshold of free shipping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThresholdOn {
    /// That of the goods at their prices.
    BeforeDiscount,
    /// What is left of it after the discount.
    #[default]
    AfterDiscount,
}

/// What shipping to one place costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingZone {
    place: Place,
    fee: Money,
    free_from: Option<Money>,
    threshold_on: ThresholdOn,
}

/// The shipping zones of a shop, in its currency. Places without one are not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingRules {
    currency: Currency,
    zones: Vec<ShippingZone>,
}

impl ShippingZone {
    /// Shipping to this place for this fee, free from a sum of goods on; never free without one.
    ///
    /// # Errors
    /// [`PricingRulesError::ShippingFee`] or [`PricingRulesError::FreeShippingFrom`] for what is out of bounds or not in one
    /// currency.
    pub fn new(
        place: Place,
        fee: Money,
        free_from: Option<Money>,
        threshold_on: ThresholdOn,
    ) -> Result<Self, PricingRulesError> {
        if fee.is_negative() || fee.amount() > Decimal::from(MAX_SHIPPING_FEE) {
            return Err(PricingRulesError::ShippingFee);
        }
        if free_from.is_some_and(|from| from.is_negative() || from.currency() != fee.currency()) {
            return Err(PricingRulesError::FreeShippingFrom);
        }
        Ok(Self { place, fee, free_from, threshold_on })
    }

    /// The fee for goods of this sum, before and after the discount.
    pub(super) fn fee(&self, before_discount: Money, after_discount: Money) -> Money {
        let reached = match self.threshold_on {
            ThresholdOn::BeforeDiscount => before_discount,
            ThresholdOn::AfterDiscount => after_discount,
        };
        let is_free = self.free_from.is_some_and(|from| reached.amount() >= from.amount());
        if is_free { Money::zero(self.fee.currency()) } else { self.fee }
    }
}

impl ShippingRules {
    /// No zone yet.
    #[must_use]
    pub fn new(currency: Currency) -> Self {
        Self { currency, zones: Vec::new() }
    }

    /// Takes a zone in.
    ///
    /// # Errors
    /// [`PricingRulesError::ShippingFee`] if it is not in the shop's currency, [`PricingRulesError::SamePlace`] if another zone
    /// is made for the same place.
    pub fn add(&mut self, zone: ShippingZone) -> Result<(), PricingRulesError> {
        if zone.fee.currency() != self.currency {
            return Err(PricingRulesError::ShippingFee);
        }
        if self.zones.iter().any(|known| known.place == zone.place) {
            return Err(PricingRulesError::SamePlace);
        }
        self.zones.push(zone);
        Ok(())
    }

    pub(super) fn currency(&self) -> Currency {
        self.currency
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.zones.iter().map(|zone| &zone.place)
    }

    /// The zone that is made for the destination.
    pub(super) fn zone(&self, to: &Destination) -> Option<&ShippingZone> {
        made_for(&self.zones, |zone| &zone.place, to)
    }
}
