//! Amounts and rates as they are printed.

use commerce_api::{Amount, DecimalNumber, invoice::InvoiceResponse};
use commerce_domain::{Currency, Money};
use rust_decimal::Decimal;

use crate::PrintError;

/// Prints amounts of one currency.
pub(crate) struct Amounts {
    currency: Currency,
}

impl Amounts {
    pub(crate) fn of(paper: &InvoiceResponse) -> Result<Self, PrintError> {
        Ok(Self { currency: paper.currency.parse().map_err(|_| PrintError::Amounts)? })
    }

    /// `1,234.50`: all decimals of the currency, so that points stand under each other.
    pub(crate) fn text(&self, amount: Amount) -> Result<String, PrintError> {
        Ok(grouped(&self.money(amount)?.amount().to_string()))
    }

    /// The sum of two.
    pub(crate) fn sum(&self, one: Amount, other: Amount) -> Result<String, PrintError> {
        let sum = self.money(one)?.checked_add(self.money(other)?).map_err(|_| PrintError::Amounts)?;
        Ok(grouped(&sum.amount().to_string()))
    }

    pub(crate) fn is_zero(&self, amount: Amount) -> Result<bool, PrintError> {
        Ok(self.money(amount)?.is_zero())
    }

    fn money(&self, amount: Amount) -> Result<Money, PrintError> {
        amount.in_currency(self.currency).map_err(|_| PrintError::Amounts)
    }
}

/// `8.875 %`; nothing where no rate was kept.
pub(crate) fn percent(rate: Option<DecimalNumber>) -> String {
    let percent = rate.and_then(|rate| rate.0.checked_mul(Decimal::ONE_HUNDRED));
    percent.map_or_else(String::new, |percent| format!("{} %", percent.normalize()))
}

/// The digits before the point in groups of three.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(decimals) = decimals {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_and_kept() {
        for (digits, text) in [
            ("0.00", "0.00"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567.125", "-1,234,567.125"),
            ("123456789012.34", "123,456,789,012.34"),
        ] {
            assert_eq!(grouped(digits), text);
        }
    }

    #[test]
    fn rates_are_percents_without_needless_zeros() {
        let rate = |text: &str| percent(Some(DecimalNumber(text.parse().unwrap())));
        assert_eq!([rate("0.08"), rate("0.08875"), rate("0"), rate("1")], ["8 %", "8.875 %", "0 %", "100 %"]);
        assert_eq!(percent(None), "");
    }
}
