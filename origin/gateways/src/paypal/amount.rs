//! Amounts as PayPal spells them: <https://developer.paypal.com/api/rest/reference/currency-codes/>.

use commerce_domain::{Currency, Money};
use origin_core::payments::GatewayLimit;
use serde::{Deserialize, Serialize};

/// The most that is asked for at once, in whole units of the currency.
const MAX_WHOLE: i64 = 9_999_999;
/// The currencies that PayPal takes.
const TAKEN: [&str; 24] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK",
    "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
];
/// Those of which PayPal takes whole units only.
const WHOLE: [&str; 3] = ["HUF", "JPY", "TWD"];

/// An amount on the wire. Its value is a text with the decimals that PayPal wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WireAmount {
    currency_code: String,
    value: String,
}

impl WireAmount {
    /// The amount as PayPal spells it, if PayPal takes it.
    ///
    /// # Errors
    /// [`GatewayLimit`].
    pub(super) fn of(money: Money) -> Result<Self, GatewayLimit> {
        let code = money.currency().code();
        if !TAKEN.contains(&code) {
            return Err(GatewayLimit::Currency(code));
        }
        let unit = 10_i64.checked_pow(money.currency().exponent()).ok_or(GatewayLimit::Amount(code))?;
        let (whole, rest) = (money.minor() / unit, money.minor() % unit);
        if money.minor() <= 0 {
            let least = if WHOLE.contains(&code) { "1" } else { "0.01" };
            return Err(GatewayLimit::BelowMinimum(least.to_owned(), code));
        }
        if whole > MAX_WHOLE || (WHOLE.contains(&code) && rest != 0) {
            return Err(GatewayLimit::Amount(code));
        }
        let value = if WHOLE.contains(&code) { whole.to_string() } else { money.amount().to_string() };
        Ok(Self { currency_code: code.to_owned(), value })
    }

    /// The money that it names; none if it is of no currency of ours.
    pub(super) fn money(&self) -> Option<Money> {
        let currency: Currency = self.currency_code.parse().ok()?;
        Money::new(self.value.parse().ok()?, currency).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(amount: &str, code: &str) -> Result<String, GatewayLimit> {
        let money = Money::new(amount.parse().unwrap(), code.parse().unwrap()).unwrap();
        let wire = WireAmount::of(money)?;
        assert_eq!(wire.money(), Some(money), "as it went");
        Ok(wire.value)
    }

    #[test]
    fn amounts_have_the_decimals_that_paypal_wants() {
        assert_eq!(value("215.98", "USD").as_deref(), Ok("215.98"));
        assert_eq!(value("5", "EUR").as_deref(), Ok("5.00"));
        assert_eq!(value("0.01", "GBP").as_deref(), Ok("0.01"));
        assert_eq!(value("500", "JPY").as_deref(), Ok("500"));
        assert_eq!(value("17500.00", "HUF").as_deref(), Ok("17500"));
        assert_eq!(value("80", "TWD").as_deref(), Ok("80"));
    }

    #[test]
    fn what_paypal_would_refuse_is_refused_before() {
        assert_eq!(value("0", "USD"), Err(GatewayLimit::BelowMinimum("0.01".to_owned(), "USD")));
        assert_eq!(value("-1", "JPY"), Err(GatewayLimit::BelowMinimum("1".to_owned(), "JPY")));
        assert_eq!(value("17500.50", "HUF"), Err(GatewayLimit::Amount("HUF")));
        assert_eq!(value("0.50", "TWD"), Err(GatewayLimit::Amount("TWD")));
        assert_eq!(value("10000000", "USD"), Err(GatewayLimit::Amount("USD")));
        assert_eq!(value("5.000", "KWD"), Err(GatewayLimit::Currency("KWD")));
        assert_eq!(value("5.00", "INR"), Err(GatewayLimit::Currency("INR")));
    }

    #[test]
    fn an_amount_of_no_currency_of_ours_is_none() {
        for (code, value) in [("XXX", "1.00"), ("USD", "1.001"), ("USD", "one")] {
            assert_eq!(WireAmount { currency_code: code.to_owned(), value: value.to_owned() }.money(), None);
        }
    }
}
