//! Money: an exact decimal amount in one currency.
//!
//! Amounts are kept at the currency's ISO 4217 exponent, arithmetic is checked, and there is one rounding point, behind
//! [`Money::at_rate`] and [`Money::contained_at_rate`], which rounds half away from zero. What has to be split is split by
//! [`Money::allocate`], which loses nothing.

use std::fmt;

use rust_decimal::Decimal;

use crate::Currency;

/// The largest absolute amount has this many integer digits.
pub const MAX_INTEGER_DIGITS: u32 = 12;

/// An exact amount of one currency, at the currency's number of decimals. May be negative (corrections).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// Why an amount or a sum is not money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// More decimals than the currency has.
    #[error("has more decimals than the currency allows")]
    TooManyDecimals,
    /// More than twelve digits before the point.
    #[error("has more than {MAX_INTEGER_DIGITS} digits before the point")]
    TooLarge,
    /// Two currencies were mixed.
    #[error("the currencies differ")]
    CurrencyMismatch,
}

impl Money {
    /// The amount in the currency, with trailing zeros up to the currency's exponent.
    ///
    /// # Errors
    /// [`MoneyError::TooManyDecimals`] or [`MoneyError::TooLarge`]; nothing is ever rounded here.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let mut exact = amount.normalize();
        if exact.scale() > currency.exponent() {
            return Err(MoneyError::TooManyDecimals);
        }
        if exact.abs() >= Decimal::from(10_u64.pow(MAX_INTEGER_DIGITS)) {
            return Err(MoneyError::TooLarge);
        }
        exact.rescale(currency.exponent());
        // Decimal knows a negative zero; money does not.
        if exact.is_zero() {
            exact.set_sign_positive(true);
        }
        Ok(Self { amount: exact, currency })
    }

    /// Nothing, in this currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::new(0, currency.exponent()), currency }
    }

    /// The amount of `minor` minor units (cents).
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::new(Decimal::new(minor, currency.exponent()), currency)
    }

    /// The exact amount; its scale is the currency's exponent.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in minor units (cents).
    #[must_use]
    pub fn minor(self) -> i64 {
        i64::try_from(self.amount.mantissa()).expect("should fit: at most 12 digits before and 3 after the point")
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.amount.is_sign_negative()
    }

    /// Whether the amount is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount.checked_add(other.amount).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount.checked_sub(other.amount).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// This amount, `count` times.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn checked_mul(self, count: u32) -> Result<Self, MoneyError> {
        Self::new(self.amount.checked_mul(Decimal::from(count)).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// The sum of `parts`; zero if there are none.
    ///
    /// # Errors
    /// As [`Self::checked_add`].
    pub fn sum(currency: Currency, parts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// This amount times `rate` (0.08 is 8 %), rounded half away from zero, once: the product is made in whole numbers, where
    /// nothing is lost.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn at_rate(self, rate: Decimal) -> Result<Self, MoneyError> {
        self.share(rate.mantissa(), 10_i128.pow(rate.scale()))
    }

    /// The part of this amount that is `rate` times the rest of it, the tax in a price that contains it: 19 of 119 at a rate of
    /// 0.19. Rounded as by [`Self::at_rate`].
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`], also for a rate of -1 or less, of which no amount is made.
    pub fn contained_at_rate(self, rate: Decimal) -> Result<Self, MoneyError> {
        let whole = 10_i128.pow(rate.scale()).checked_add(rate.mantissa()).filter(|whole| *whole > 0);
        self.share(rate.mantissa(), whole.ok_or(MoneyError::TooLarge)?)
    }

    /// This amount times `part / whole`. The one place where money is rounded.
    fn share(self, part: i128, whole: i128) -> Result<Self, MoneyError> {
        let exact = i128::from(self.minor()).checked_mul(part).ok_or(MoneyError::TooLarge)?;
        let (full, rest) = (exact / whole, exact % whole);
        // As in rest * 2 >= whole, for numbers of any size.
        let away = if rest.abs() >= whole - rest.abs() { exact.signum() } else { 0 };
        Self::from_minor(i64::try_from(full + away).map_err(|_| MoneyError::TooLarge)?, self.currency)
    }

    /// Splits the amount in proportion to `weights`, by largest remainder; ties go to the earlier part.
    ///
    /// The parts always add up to the whole, and each is within one minor unit of its exact share. Without any weight above
    /// zero the parts are equal, as nearly as can be. No weights: no parts.
    #[must_use]
    pub fn allocate(self, weights: &[u64]) -> Vec<Self> {
        let equal;
        let weights = if weights.iter().all(|weight| *weight == 0) {
            equal = vec![1; weights.len()];
            &equal
        } else {
            weights
        };
        let total_weight: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        let minor = i128::from(self.minor());
        let mut parts: Vec<i128> = Vec::with_capacity(weights.len());
        let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let share = minor * i128::from(*weight);
            parts.push(share / total_weight);
            remainders.push(((share % total_weight).abs(), index));
        }
        remainders.sort_by(|(left, at), (right, other)| right.cmp(left).then(at.cmp(other)));
        let missing = minor - parts.iter().sum::<i128>();
        for (_, index) in remainders.iter().take(usize::try_from(missing.unsigned_abs()).unwrap_or(usize::MAX)) {
            parts[*index] += missing.signum();
        }
        parts.into_iter().map(|part| self.with_minor(part)).collect()
    }

    fn with_minor(self, minor: i128) -> Self {
        Self { amount: Decimal::from_i128_with_scale(minor, self.currency.exponent()), currency: self.currency }
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
