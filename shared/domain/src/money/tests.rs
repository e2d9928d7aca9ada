use proptest::prelude::*;

use super::*;

fn usd(text: &str) -> Money {
    Money::new(text.parse().unwrap(), Currency::USD).unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn an_amount_is_kept_at_the_exponent_of_its_currency() {
    assert_eq!(usd("99.9").amount().to_string(), "99.90");
    assert_eq!(usd("16").to_string(), "16.00 USD");
    assert_eq!(Money::new("5".parse().unwrap(), currency("KWD")).unwrap().amount().to_string(), "5.000");
    assert_eq!(Money::new("500".parse().unwrap(), currency("JPY")).unwrap().minor(), 500);
}

#[test]
fn too_many_decimals_are_refused_but_trailing_zeros_are_not() {
    let new = |text: &str, code| Money::new(text.parse().unwrap(), currency(code));
    assert_eq!(new("1.001", "USD"), Err(MoneyError::TooManyDecimals));
    assert_eq!(new("1.5", "JPY"), Err(MoneyError::TooManyDecimals));
    assert_eq!(new("1.5000", "USD").unwrap().amount().to_string(), "1.50");
    assert_eq!(new("1.0", "JPY").unwrap().amount().to_string(), "1");
}

#[test]
fn twelve_integer_digits_are_the_limit() {
    assert!(Money::new("999999999999.99".parse().unwrap(), Currency::USD).is_ok());
    assert_eq!(Money::new("1000000000000".parse().unwrap(), Currency::USD), Err(MoneyError::TooLarge));
    assert_eq!(usd("999999999999.99").checked_add(usd("0.01")), Err(MoneyError::TooLarge));
}

#[test]
fn currencies_do_not_mix() {
    let yen = Money::new("1".parse().unwrap(), currency("JPY")).unwrap();
    assert_eq!(usd("1").checked_add(yen), Err(MoneyError::CurrencyMismatch));
    assert_eq!(usd("1").checked_sub(yen), Err(MoneyError::CurrencyMismatch));
}

#[test]
fn a_rate_rounds_half_away_from_zero() {
    let rate = "0.5".parse().unwrap();
    assert_eq!(usd("0.01").at_rate(rate).unwrap(), usd("0.01"));
    assert_eq!(usd("-0.01").at_rate(rate).unwrap(), usd("-0.01"));
    assert_eq!(usd("199.98").at_rate("0.08".parse().unwrap()).unwrap(), usd("16.00"));
}

#[test]
fn a_price_contains_the_tax_that_its_net_amount_bears() {
    let within = |amount, rate: &str| usd(amount).contained_at_rate(rate.parse().unwrap());
    for (amount, rate, tax) in [
        ("119", "0.19", "19"),
        ("10.70", "0.07", "0.70"),
        ("0.05", "1", "0.03"),
        ("-0.05", "1", "-0.03"),
        ("5", "0", "0"),
    ] {
        assert_eq!(within(amount, rate), Ok(usd(tax)), "{amount} {rate}");
    }
    for rate in ["-1", "-1.5"] {
        assert_eq!(within("1", rate), Err(MoneyError::TooLarge), "{rate}");
    }
}

#[test]
fn a_rate_of_many_digits_is_rounded_once() {
    let below_half = "0.4999999999999999999999999999".parse().unwrap();
    assert_eq!(usd("0.01").at_rate(below_half).unwrap(), usd("0.00"));
    assert_eq!(usd("-0.01").at_rate(below_half).unwrap(), usd("0.00"));
    assert_eq!(usd("999999999999.99").at_rate(below_half), Err(MoneyError::TooLarge));
}

#[test]
fn the_largest_remainders_take_the_odd_cents() {
    let parts = usd("0.10").allocate(&[1, 1, 1]);
    assert_eq!(parts, [usd("0.04"), usd("0.03"), usd("0.03")]);
    assert_eq!(usd("10.00").allocate(&[0, 0]), [usd("5.00"), usd("5.00")]);
    assert!(usd("10.00").allocate(&[]).is_empty());
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec![currency("USD"), currency("JPY"), currency("KWD")])
}

proptest! {
    #[test]
    fn minor_units_round_trip(minor in -99_999_999_999_999_i64..=99_999_999_999_999, currency in any_currency()) {
        if let Ok(money) = Money::from_minor(minor, currency) {
            prop_assert_eq!(money.minor(), minor);
            prop_assert_eq!(money.amount().scale(), currency.exponent());
        }
    }

    #[test]
    fn addition_and_subtraction_undo_each_other(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000) {
        let (a, b) = (Money::from_minor(a, Currency::USD).unwrap(), Money::from_minor(b, Currency::USD).unwrap());
        prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b).unwrap(), a);
        prop_assert_eq!(a.checked_add(b), b.checked_add(a));
    }

    #[test]
    fn a_split_adds_up_and_is_fair(
        minor in -1_000_000_i64..1_000_000,
        weights in prop::collection::vec(0_u64..1_000_000, 1..100),
    ) {
        let whole = Money::from_minor(minor, Currency::USD).unwrap();
        let parts = whole.allocate(&weights);
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Money::sum(Currency::USD, parts.iter().copied()).unwrap(), whole);
        let total: u64 = weights.iter().sum();
        prop_assume!(total > 0);
        for (part, weight) in parts.iter().zip(&weights) {
            // |part - share| < 1 minor unit, without division: |part * total - minor * weight| < total
            let difference = i128::from(part.minor()) * i128::from(total) - i128::from(minor) * i128::from(*weight);
            prop_assert!(difference.abs() < i128::from(total));
        }
    }

    #[test]
    fn rounding_moves_an_amount_by_at_most_half_a_unit(minor in 0_i64..1_000_000_000, basis_points in 0_i64..100_000) {
        let rate = Decimal::new(basis_points, 4);
        let whole = Money::from_minor(minor, Currency::USD).unwrap();
        let rounded = whole.at_rate(rate).unwrap();
        let difference = (rounded.amount() - whole.amount() * rate).abs();
        prop_assert!(difference <= Decimal::new(5, 3));
    }
}
