//! Decimal numbers on the wire: plain JSON numbers with all their digits, never floats and never strings.
//!
//! `serde_json` reads an object of its own as a number, too; what a client sends is kept from it by
//! [`parse_body`](crate::json::parse_body).

use commerce_domain::{Currency, Money, MoneyError};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Number;

/// An amount of money without its currency, which stands beside it in the body. Written with all decimals of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub(crate) Decimal);

impl Amount {
    /// The money, if the amount suits the currency: written with no more decimals than the currency has, zeros included.
    ///
    /// # Errors
    /// As [`Money::new`].
    pub fn in_currency(self, currency: Currency) -> Result<Money, MoneyError> {
        if self.0.scale() > currency.exponent() {
            return Err(MoneyError::TooManyDecimals);
        }
        Money::new(self.0, currency)
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money.amount())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

/// Any other decimal on the wire, such as a rating: `4.5`, without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecimalNumber(pub Decimal);

impl Serialize for DecimalNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(&self.0.normalize()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecimalNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

fn number(decimal: &Decimal) -> Number {
    // A decimal's text is always a valid JSON number.
    Number::from_string_unchecked(decimal.to_string())
}

fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let number = Number::deserialize(deserializer).map_err(|_| de::Error::custom("must be a number"))?;
    exact(number.as_str()).map_err(de::Error::custom)
}

/// The number that a JSON number spells, or the end of a sentence that says why it is of no use here.
pub(crate) fn exact(digits: &str) -> Result<Decimal, &'static str> {
    if digits.contains(['e', 'E']) {
        return Err("must be written without an exponent");
    }
    Decimal::from_str_exact(digits).map_err(|_| "has too many digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Amount, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn digits_survive_both_ways() {
        for text in ["99.99", "16.00", "0.00", "-0.01", "123456789012.345", "5"] {
            assert_eq!(serde_json::to_string(&parse(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn only_plain_numbers_are_amounts() {
        for text in ["\"99.99\"", "1e2", "1E2", "null", "[]", "{}", "true", "1234567890123456789012345678901234567890"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_must_suit_its_currency() {
        let in_currency = |text, code: &str| parse(text).unwrap().in_currency(code.parse().unwrap());
        for (text, code) in [("1.50", "USD"), ("1.5", "USD"), ("1", "USD"), ("1", "JPY"), ("1.500", "KWD")] {
            assert!(in_currency(text, code).is_ok(), "{text} {code}");
        }
        for (text, code) in [("1.001", "USD"), ("1.500", "USD"), ("1.5000", "KWD"), ("1.0", "JPY"), ("0.000", "USD")] {
            assert_eq!(in_currency(text, code), Err(MoneyError::TooManyDecimals), "{text} {code}");
        }
    }

    #[test]
    fn ratings_lose_their_trailing_zeros() {
        let rating = DecimalNumber("4.50".parse().unwrap());
        assert_eq!(serde_json::to_string(&rating).unwrap(), "4.5");
    }
}
