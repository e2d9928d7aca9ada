//! Stripe's limits on amounts: <https://docs.stripe.com/currencies>.

use super::error::StripeError;

/// Eight digits at most.
const MAX_AMOUNT: u64 = 99_999_999;
const DEFAULT_MINIMUM: u64 = 50;

/// Smallest charge in the currency's smallest unit, where it is not 50.
const MINIMUMS: [(&str, u64); 11] = [
    ("aed", 200),
    ("bgn", 100),
    ("czk", 1500),
    ("dkk", 250),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("mxn", 1000),
    ("nok", 300),
    ("pln", 200),
    ("sek", 300),
];

/// Currencies whose amounts must be a multiple of something: three decimals end in 0; ISK and UGX have no decimals but
/// are sent with two.
const MULTIPLES: [(&str, u64); 7] =
    [("bhd", 10), ("jod", 10), ("kwd", 10), ("omr", 10), ("tnd", 10), ("isk", 100), ("ugx", 100)];

/// The currency in lower case.
pub(super) fn check_currency(currency: &str) -> Result<String, StripeError> {
    if currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Ok(currency.to_ascii_lowercase());
    }
    Err(StripeError::invalid(format!("Invalid currency: {currency}")).param("currency"))
}

/// Refuses what Stripe refuses to charge.
pub(super) fn check_amount(amount: u64, currency: &str) -> Result<(), StripeError> {
    let minimum = lookup(&MINIMUMS, currency).unwrap_or(DEFAULT_MINIMUM);
    if amount < minimum {
        let message = format!("Amount must be at least {minimum} in the smallest unit of {currency}");
        return Err(StripeError::invalid(message).code("amount_too_small").param("amount"));
    }
    if amount > MAX_AMOUNT {
        let message = format!("Amount must be no more than {MAX_AMOUNT}");
        return Err(StripeError::invalid(message).code("amount_too_large").param("amount"));
    }
    match lookup(&MULTIPLES, currency) {
        Some(multiple) if !amount.is_multiple_of(multiple) => {
            let message = format!("Amounts in {currency} must be a multiple of {multiple}");
            Err(StripeError::invalid(message).code("parameter_invalid_integer").param("amount"))
        }
        _ => Ok(()),
    }
}

fn lookup(table: &[(&str, u64)], currency: &str) -> Option<u64> {
    table.iter().find(|(name, _)| *name == currency).map(|&(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_stripe_refuses_are_refused() {
        for (amount, currency, code) in [
            (49, "usd", Some("amount_too_small")),
            (50, "usd", None),
            (29, "gbp", Some("amount_too_small")),
            (30, "gbp", None),
            (100_000_000, "eur", Some("amount_too_large")),
            (1001, "kwd", Some("parameter_invalid_integer")),
            (1010, "kwd", None),
            (1050, "isk", Some("parameter_invalid_integer")),
            (1100, "isk", None),
        ] {
            let found = check_amount(amount, currency).err().and_then(|error| error.code);
            assert_eq!(found.as_deref(), code, "{amount} {currency}");
        }
        assert_eq!(check_currency("EUR").unwrap(), "eur");
        assert!(check_currency("euro").is_err());
    }
}
