//! Rates of tax.

use std::fmt;

use rust_decimal::Decimal;

use super::PricingRulesError;
use crate::{Money, MoneyError};

/// A tax rate has at most this many decimals.
pub const MAX_RATE_DECIMALS: u32 = 6;

/// A rate of tax from 0 to 1 (0.08 is 8 %), with at most [`MAX_RATE_DECIMALS`] decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaxRate(Decimal);

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// This rate.
    ///
    /// # Errors
    /// [`PricingRulesError::TaxRate`] if it is out of bounds.
    pub fn new(rate: Decimal) -> Result<Self, PricingRulesError> {
        let rate = rate.normalize();
        let is_rate = (Decimal::ZERO..=Decimal::ONE).contains(&rate) && rate.scale() <= MAX_RATE_DECIMALS;
        if is_rate { Ok(Self(rate)) } else { Err(PricingRulesError::TaxRate) }
    }

    /// The rate as a number, without trailing zeros.
    #[must_use]
    pub fn value(self) -> Decimal {
        self.0
    }

    /// The tax that comes on top of a net amount.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn on(self, net: Money) -> Result<Money, MoneyError> {
        net.at_rate(self.0)
    }

    /// The tax that a gross amount contains: 19.00 of 119.00 at 19 %.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn within(self, gross: Money) -> Result<Money, MoneyError> {
        gross.contained_at_rate(self.0)
    }
}

impl fmt::Display for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
