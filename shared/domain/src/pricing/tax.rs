//! What is taxed where, and how much.

use std::collections::BTreeMap;

use super::{Destination, Place, PricingRulesError, TaxRate, destination::made_for};
use crate::{CategorySlug, Money, MoneyError};

/// The name of a tax has at most this many characters.
pub const MAX_ZONE_NAME: usize = 100;

/// How goods are taxed that go to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxZone {
    /// What the tax is called on an invoice: "CA sales tax". 1 to [`MAX_ZONE_NAME`] characters.
    pub name: String,
    /// Where it is due.
    pub place: Place,
    /// Whether prices contain it (VAT in Europe), or it comes on top (sales tax in the US).
    pub inclusive: bool,
    /// The rate of whatever has none of its own.
    pub standard: TaxRate,
    /// The rates of categories, and of those below them that have none of their own; 0 for what is zero-rated.
    pub categories: BTreeMap<CategorySlug, TaxRate>,
    /// Whether shipping is taxed, at the standard rate.
    pub shipping_taxed: bool,
}

/// The tax zones of a shop. What goes to a place without one is not taxed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaxRules {
    zones: Vec<TaxZone>,
}

impl TaxRules {
    /// Takes a zone in.
    ///
    /// # Errors
    /// [`PricingRulesError::ZoneName`] if it has none that can be used, [`PricingRulesError::SamePlace`] if another zone is made
    /// for the same place.
    pub fn add(&mut self, zone: TaxZone) -> Result<(), PricingRulesError> {
        if !(1..=MAX_ZONE_NAME).contains(&zone.name.chars().count()) {
            return Err(PricingRulesError::ZoneName);
        }
        if self.zones.iter().any(|known| known.place == zone.place) {
            return Err(PricingRulesError::SamePlace);
        }
        self.zones.push(zone);
        Ok(())
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.zones.iter().map(|zone| &zone.place)
    }

    /// The zone that is made for the destination.
    pub(super) fn zone(&self, to: &Destination) -> Option<&TaxZone> {
        made_for(&self.zones, |zone| &zone.place, to)
    }
}

impl TaxZone {
    /// The rate of goods in these categories, their own first, then the ones above it.
    pub(super) fn rate(&self, categories: &[CategorySlug]) -> TaxRate {
        categories.iter().find_map(|category| self.categories.get(category)).copied().unwrap_or(self.standard)
    }

    /// The tax on shipping for this fee, or within it.
    pub(super) fn shipping_tax(&self, fee: Money) -> Result<Money, MoneyError> {
        if self.shipping_taxed { self.tax(fee, self.standard) } else { Ok(Money::zero(fee.currency())) }
    }

    /// The tax on an amount that is paid, or within it.
    pub(super) fn tax(&self, amount: Money, rate: TaxRate) -> Result<Money, MoneyError> {
        if self.inclusive { rate.within(amount) } else { rate.on(amount) }
    }
}
