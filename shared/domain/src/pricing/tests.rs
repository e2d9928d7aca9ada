//! Flat rules, and what all rules have in common.

mod destinations;
mod rules;
mod sums;

use rust_decimal::Decimal;

use super::*;
use crate::{CategorySlug, Currency, Money, MoneyError, Quantity};

fn money(text: &str, code: &str) -> Money {
    Money::new(text.parse().unwrap(), code.parse().unwrap()).unwrap()
}

fn usd(text: &str) -> Money {
    money(text, "USD")
}

fn rate(text: &str) -> TaxRate {
    TaxRate::new(text.parse().unwrap()).unwrap()
}

/// A line of goods in no category.
fn line(unit_price: Money, pieces: i64) -> Line<'static> {
    Line { unit_price, quantity: Quantity::new(pieces).unwrap(), categories: &[] }
}

/// The lines without a discount, wherever they go, under the default rules.
fn by_default(lines: &[Line<'_>]) -> Result<Totals, PriceError> {
    price(lines, &Destination::default(), usd("0"), &PricingRules::default())
}

#[test]
fn two_headphones_cost_what_the_reference_says() {
    let totals = by_default(&[line(usd("99.99"), 2)]).unwrap();
    assert_eq!(totals.subtotal, usd("199.98"));
    assert_eq!(totals.tax, usd("16.00"));
    assert_eq!(totals.shipping, usd("0.00"));
    assert_eq!(totals.total, usd("215.98"));
    let tax = TaxTotal { name: "Tax".to_owned(), rate: rate("0.08"), base: usd("199.98"), amount: usd("16.00") };
    assert_eq!((totals.taxes, totals.tax_included), (vec![tax], false));
}

#[test]
fn tax_is_rounded_on_each_line_and_not_on_their_sum() {
    let totals = by_default(&[line(usd("0.06"), 1); 2]).unwrap();
    assert_eq!(totals.lines[0].tax, usd("0.00"), "8 % of 0.06 are 0.0048");
    assert_eq!(totals.tax, usd("0.00"), "and not 0.01, as of the sum of 0.12");
    let totals = by_default(&[line(usd("0.07"), 1); 2]).unwrap();
    assert_eq!(totals.tax, usd("0.02"), "8 % of 0.07 are 0.0056; of 0.14 they were 0.01");
    let one_line = by_default(&[line(usd("0.06"), 2)]).unwrap();
    assert_eq!(one_line.tax, usd("0.01"), "a line is rounded once, not per piece");
}

#[test]
fn shipping_is_free_from_the_threshold_on() {
    let cost = |price_text| by_default(&[line(usd(price_text), 1)]).unwrap().shipping;
    assert_eq!(cost("49.99"), usd("4.99"));
    assert_eq!(cost("50.00"), usd("0.00"));
}

#[test]
fn an_empty_cart_costs_nothing() {
    let totals = by_default(&[]).unwrap();
    assert_eq!((totals.shipping, totals.total, totals.taxes), (usd("0"), usd("0"), vec![]));
}

#[test]
fn nothing_is_priced_in_a_currency_whose_shipping_is_unknown() {
    let yen = line(money("50", "JPY"), 1);
    assert_eq!(by_default(&[yen]), Err(MoneyError::CurrencyMismatch.into()));
    assert_eq!(by_default(&[line(usd("1"), 1), yen]), Err(MoneyError::CurrencyMismatch.into()));
    let rules = PricingRules::flat(rate("0.1"), money("800", "JPY"), money("8000", "JPY")).unwrap();
    assert_eq!(
        price(&[yen], &Destination::default(), usd("0"), &rules),
        Err(MoneyError::CurrencyMismatch.into()),
        "nor is a discount"
    );
    let totals = price(&[yen], &Destination::default(), money("0", "JPY"), &rules).unwrap();
    assert_eq!((totals.tax.minor(), totals.shipping.minor(), totals.total.minor()), (5, 800, 855));
}

#[test]
fn a_discount_takes_off_no_more_than_the_goods_cost() {
    let rules = PricingRules::default();
    let less = |discount| price(&[line(usd("10"), 1)], &Destination::default(), usd(discount), &rules);
    assert_eq!(less("10.01"), Err(PriceError::Discount));
    assert_eq!(less("-0.01"), Err(PriceError::Discount));
    let free = less("10").unwrap();
    assert_eq!((free.tax, free.shipping, free.total), (usd("0"), usd("4.99"), usd("4.99")));
}

#[test]
fn a_discount_is_split_over_the_lines_before_they_are_taxed() {
    let rules = PricingRules::default();
    let lines = [line(usd("10"), 1), line(usd("10"), 1), line(usd("10"), 1), line(usd("0"), 1)];
    let totals = price(&lines, &Destination::default(), usd("10"), &rules).unwrap();
    let parts: Vec<_> = totals.lines.iter().map(|line| (line.discount, line.tax)).collect();
    let expected = [("3.34", "0.53"), ("3.33", "0.53"), ("3.33", "0.53"), ("0", "0")];
    assert_eq!(parts, expected.map(|(discount, tax)| (usd(discount), usd(tax))));
    assert_eq!((totals.discount, totals.total), (usd("10"), usd("26.58")));
}
