//! Amounts as Stripe counts them: <https://docs.stripe.com/currencies>.

use commerce_domain::{Currency, Money};
use origin_core::payments::GatewayLimit;

/// What Stripe takes at most: eight digits.
const MAX_UNITS: i64 = 99_999_999;
/// Currencies without decimals that Stripe nevertheless counts in hundredths.
const SPECIAL_HUNDREDTHS: [&str; 2] = ["ISK", "UGX"];

/// The currencies that this shop settles in, with the least that Stripe charges, in Stripe's units.
const MINIMUM: &[(&str, i64)] = &[
    ("USD", 50),
    ("EUR", 50),
    ("GBP", 30),
    ("AUD", 50),
    ("BRL", 50),
    ("CAD", 50),
    ("CHF", 50),
    ("CZK", 1_500),
    ("DKK", 250),
    ("HKD", 400),
    ("HUF", 17_500),
    ("INR", 50),
    ("ISK", 5_000),
    ("JPY", 50),
    ("KWD", 200),
    ("MXN", 1_000),
    ("MYR", 200),
    ("NOK", 300),
    ("NZD", 50),
    ("PLN", 200),
    ("RON", 200),
    ("SEK", 300),
    ("SGD", 50),
    ("THB", 1_000),
    ("UGX", 200_000),
];

/// The amount in Stripe's units, if Stripe takes it.
///
/// # Errors
/// [`GatewayLimit`].
pub(super) fn to_stripe(money: Money) -> Result<i64, GatewayLimit> {
    let code = money.currency().code();
    let units = to_units(money)?;
    let (_, minimum) = MINIMUM.iter().find(|(known, _)| *known == code).ok_or(GatewayLimit::Currency(code))?;
    if units < *minimum {
        let least = Money::from_minor(minimum / factor(code), money.currency()).map(|least| least.amount().to_string());
        return Err(GatewayLimit::BelowMinimum(least.unwrap_or_default(), code));
    }
    Ok(units)
}

/// The amount in Stripe's units, however little it is: what goes back may be.
///
/// # Errors
/// [`GatewayLimit`].
pub(super) fn to_units(money: Money) -> Result<i64, GatewayLimit> {
    let code = money.currency().code();
    let units = money.minor().checked_mul(factor(code)).filter(|units| *units <= MAX_UNITS);
    let units = units.ok_or(GatewayLimit::Amount(code))?;
    // Of three decimals, the last one must be zero.
    if money.currency().exponent() == 3 && units % 10 != 0 {
        return Err(GatewayLimit::Amount(code));
    }
    Ok(units)
}

fn factor(code: &str) -> i64 {
    if SPECIAL_HUNDREDTHS.contains(&code) { 100 } else { 1 }
}

/// The money that Stripe counts so; none if it is of no currency of ours.
pub(super) fn from_stripe(units: i64, currency: &str) -> Option<Money> {
    let currency: Currency = currency.to_ascii_uppercase().parse().ok()?;
    let factor = factor(currency.code());
    Money::from_minor(units / factor, currency).ok().filter(|_| units % factor == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(amount: &str, code: &str) -> Result<i64, GatewayLimit> {
        to_stripe(Money::new(amount.parse().unwrap(), code.parse().unwrap()).unwrap())
    }

    #[test]
    fn amounts_are_counted_as_stripe_counts_them() {
        assert_eq!(units("215.98", "USD"), Ok(21_598));
        assert_eq!(units("500", "JPY"), Ok(500));
        assert_eq!(units("1.230", "KWD"), Ok(1_230));
        assert_eq!(units("100", "ISK"), Ok(10_000));
        assert_eq!(units("3000", "UGX"), Ok(300_000));
    }

    #[test]
    fn amounts_come_back_as_they_went() {
        for (amount, code) in [("215.98", "USD"), ("500", "JPY"), ("1.230", "KWD"), ("100", "ISK"), ("3000", "UGX")] {
            let money = Money::new(amount.parse().unwrap(), code.parse().unwrap()).unwrap();
            assert_eq!(from_stripe(to_stripe(money).unwrap(), &code.to_lowercase()), Some(money));
        }
        assert_eq!(from_stripe(10_050, "isk"), None);
        assert_eq!(from_stripe(100, "xxx"), None);
    }

    #[test]
    fn what_stripe_would_refuse_is_refused_before() {
        assert_eq!(units("0.49", "USD"), Err(GatewayLimit::BelowMinimum("0.50".to_owned(), "USD")));
        assert_eq!(units("49", "ISK"), Err(GatewayLimit::BelowMinimum("50".to_owned(), "ISK")));
        assert_eq!(units("1.234", "KWD"), Err(GatewayLimit::Amount("KWD")));
        assert_eq!(units("1000000.00", "USD"), Err(GatewayLimit::Amount("USD")));
        assert_eq!(units("5.00", "KPW"), Err(GatewayLimit::Currency("KPW")));
    }
}
