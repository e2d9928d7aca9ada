use proptest::prelude::*;

use super::*;

fn money(text: &str, code: &str) -> Money {
    Money::new(text.parse().unwrap(), code.parse().unwrap()).unwrap()
}

fn usd(text: &str) -> Money {
    money(text, "USD")
}

fn pieces(count: i64) -> Quantity {
    Quantity::new(count).unwrap()
}

fn rate(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn two_headphones_cost_what_the_reference_says() {
    let totals = price([(usd("99.99"), pieces(2))], &PricingRules::default()).unwrap();
    assert_eq!(totals.subtotal, usd("199.98"));
    assert_eq!(totals.tax, usd("16.00"));
    assert_eq!(totals.shipping, usd("0.00"));
    assert_eq!(totals.total, usd("215.98"));
}

#[test]
fn tax_is_rounded_on_each_line_and_not_on_their_sum() {
    let totals = price([(usd("0.06"), pieces(1)); 2], &PricingRules::default()).unwrap();
    assert_eq!(totals.lines[0].tax, usd("0.00"), "8 % of 0.06 are 0.0048");
    assert_eq!(totals.tax, usd("0.00"), "and not 0.01, as of the sum of 0.12");
    let totals = price([(usd("0.07"), pieces(1)); 2], &PricingRules::default()).unwrap();
    assert_eq!(totals.tax, usd("0.02"), "8 % of 0.07 are 0.0056; of 0.14 they were 0.01");
    let one_line = price([(usd("0.06"), pieces(2))], &PricingRules::default()).unwrap();
    assert_eq!(one_line.tax, usd("0.01"), "a line is rounded once, not per piece");
}

#[test]
fn shipping_is_free_from_the_threshold_on() {
    let cost = |price_text| price([(usd(price_text), pieces(1))], &PricingRules::default()).unwrap().shipping;
    assert_eq!(cost("49.99"), usd("4.99"));
    assert_eq!(cost("50.00"), usd("0.00"));
}

#[test]
fn an_empty_cart_costs_nothing() {
    assert_eq!(price([], &PricingRules::default()).unwrap().total, usd("0"));
}

#[test]
fn nothing_is_priced_in_a_currency_whose_shipping_is_unknown() {
    let cart = [(money("50", "JPY"), pieces(1))];
    assert_eq!(price(cart, &PricingRules::default()), Err(MoneyError::CurrencyMismatch));
    let mixed = [(usd("1"), pieces(1)), cart[0]];
    assert_eq!(price(mixed, &PricingRules::default()), Err(MoneyError::CurrencyMismatch));
    let rules = PricingRules::new(rate("0.1"), money("800", "JPY"), money("8000", "JPY")).unwrap();
    let totals = price(cart, &rules).unwrap();
    assert_eq!((totals.tax.minor(), totals.shipping.minor(), totals.total.minor()), (5, 800, 855));
}

#[test]
fn rules_that_cannot_be_meant_are_refused() {
    let (fee, free_from) = (usd("4.99"), usd("50"));
    for bad in ["8", "1.000001", "-0.01", "0.0000001", "0.0800001"] {
        assert_eq!(PricingRules::new(rate(bad), fee, free_from), Err(PricingRulesError::TaxRate), "{bad}");
    }
    for good in ["0", "1", "0.08", "0.082500", "0.0800000"] {
        assert!(PricingRules::new(rate(good), fee, free_from).is_ok(), "{good}");
    }
    let tax = rate("0.08");
    for bad in ["-0.01", "1000000.01"] {
        assert_eq!(PricingRules::new(tax, usd(bad), free_from), Err(PricingRulesError::ShippingFee), "{bad}");
    }
    assert!(PricingRules::new(tax, usd("1000000"), free_from).is_ok());
    assert_eq!(PricingRules::new(tax, fee, usd("-0.01")), Err(PricingRulesError::FreeShippingFrom));
    assert_eq!(PricingRules::new(tax, fee, money("50", "EUR")), Err(PricingRulesError::FreeShippingFrom));
}

#[test]
fn settings_spell_rules_and_what_is_absent_has_its_default() {
    let none = PricingSettings::default();
    assert_eq!(PricingRules::from_settings(&none), Ok(PricingRules::default()));
    let text = |text: &str| Some(text.to_owned());
    let yen = PricingSettings {
        currency: text("JPY"),
        tax_rate: text("0.1"),
        shipping_fee: text("800"),
        free_shipping_from: text("8000"),
    };
    let expected = PricingRules::new(rate("0.1"), money("800", "JPY"), money("8000", "JPY"));
    assert_eq!(PricingRules::from_settings(&yen), expected);
    for (settings, wrong) in [
        (PricingSettings { currency: text("usd"), ..none.clone() }, PricingRulesError::Currency),
        (PricingSettings { tax_rate: text("8%"), ..none.clone() }, PricingRulesError::TaxRate),
        (PricingSettings { tax_rate: text("8"), ..none.clone() }, PricingRulesError::TaxRate),
        (PricingSettings { shipping_fee: text("4.999"), ..none.clone() }, PricingRulesError::ShippingFee),
        (PricingSettings { currency: text("JPY"), ..none.clone() }, PricingRulesError::ShippingFee),
        (PricingSettings { free_shipping_from: text("-1"), ..none.clone() }, PricingRulesError::FreeShippingFrom),
    ] {
        assert_eq!(PricingRules::from_settings(&settings), Err(wrong), "{settings:?}");
    }
}

proptest! {
    #[test]
    fn the_parts_add_up_to_the_total(
        lines in prop::collection::vec((0_i64..10_000_000, 1_i64..=999), 0..99),
        tax_basis_points in 0_i64..3_000,
    ) {
        let default = PricingRules::default();
        let rules = PricingRules { tax_rate: Decimal::new(tax_basis_points, 4), ..default };
        let input = lines.iter().map(|(minor, count)| {
            (Money::from_minor(*minor, Currency::USD).unwrap(), pieces(*count))
        });
        let totals = price(input, &rules).unwrap();
        let goods: Vec<i64> = lines.iter().map(|(minor, count)| minor * count).collect();
        // Half a unit added before a division that cuts off: half away from zero, for what is not below zero.
        let taxes: Vec<i64> = goods.iter().map(|minor| (minor * tax_basis_points + 5_000) / 10_000).collect();
        let (subtotal, tax): (i64, i64) = (goods.iter().sum(), taxes.iter().sum());
        let shipping = if lines.is_empty() || subtotal >= 5_000 { 0 } else { 499 };
        prop_assert_eq!(totals.lines.iter().map(|line| line.subtotal.minor()).collect::<Vec<_>>(), goods);
        prop_assert_eq!(totals.lines.iter().map(|line| line.tax.minor()).collect::<Vec<_>>(), taxes);
        prop_assert_eq!(totals.subtotal.minor(), subtotal);
        prop_assert_eq!(totals.tax.minor(), tax);
        prop_assert_eq!(totals.shipping.minor(), shipping);
        prop_assert_eq!(totals.total.minor(), subtotal + tax + shipping);
    }
}
