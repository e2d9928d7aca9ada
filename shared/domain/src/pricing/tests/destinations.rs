//! Examples by destination: what the rules of real places come to.

use super::*;

/// Goods of one category with the ones above it: "shoes/clothing".
fn goods(price: Money, category: &str) -> (Money, Vec<CategorySlug>) {
    (price, category.split('/').filter(|slug| !slug.is_empty()).map(|slug| slug.parse().unwrap()).collect())
}

fn sales_tax(name: &str, place: Place, standard: &str, categories: &[(&str, &str)]) -> TaxZone {
    TaxZone {
        name: name.to_owned(),
        place,
        inclusive: false,
        standard: rate(standard),
        categories: categories.iter().map(|(slug, of)| (slug.parse().unwrap(), rate(of))).collect(),
        shipping_taxed: false,
    }
}

fn vat(name: &str, country: &str, standard: &str, categories: &[(&str, &str)]) -> TaxZone {
    TaxZone {
        inclusive: true,
        shipping_taxed: true,
        ..sales_tax(name, place(country, None, None), standard, categories)
    }
}

fn place(country: &str, state: Option<&str>, zip_prefix: Option<&str>) -> Place {
    Place::new(Some(country), state, zip_prefix).unwrap()
}

/// These taxes, and one fee everywhere.
fn rules(taxes: impl IntoIterator<Item = TaxZone>, fee: Money) -> PricingRules {
    let mut tax = TaxRules::default();
    taxes.into_iter().for_each(|zone| tax.add(zone).unwrap());
    let mut shipping = ShippingRules::new(fee.currency());
    shipping.add(ShippingZone::new(Place::anywhere(), fee, None, ThresholdOn::default()).unwrap()).unwrap();
    PricingRules::new(tax, shipping, Destination::default()).unwrap()
}

/// Tax, total, and the rates with base and amount of one piece of each of the goods.
fn cost(rules: &PricingRules, to: &Destination, goods: &[(Money, Vec<CategorySlug>)]) -> (String, String, String) {
    let lines: Vec<_> = goods.iter().map(|(price, categories)| Line { categories, ..line(*price, 1) }).collect();
    let totals = price(&lines, to, Money::zero(rules.currency()), rules).unwrap();
    let sums = totals
        .taxes
        .iter()
        .map(|sum| format!("{} {}: {} {}", sum.name, sum.rate, sum.base.amount(), sum.amount.amount()));
    (totals.tax.amount().to_string(), totals.total.amount().to_string(), sums.collect::<Vec<_>>().join(", "))
}

#[test]
fn states_of_the_us_tax_on_top() {
    let rules = rules(
        [
            sales_tax("CA sales tax", place("US", Some("CA"), None), "0.0725", &[]),
            sales_tax("Los Angeles sales tax", place("US", Some("CA"), Some("900")), "0.095", &[]),
            sales_tax("OR", place("US", Some("OR"), None), "0", &[]),
            sales_tax("NY sales tax", place("US", Some("NY"), None), "0.08875", &[("clothing", "0")]),
        ],
        usd("5.00"),
    );
    let us = |state, zip| Destination::new("US", Some(state), Some(zip));
    for (to, category, tax, total, sums) in [
        (us("CA", "94102"), "", "7.25", "112.24", "CA sales tax 0.0725: 99.99 7.25"),
        (us("ca", "94102"), "", "7.25", "112.24", "CA sales tax 0.0725: 99.99 7.25"),
        (us("California", "94102"), "", "7.25", "112.24", "CA sales tax 0.0725: 99.99 7.25"),
        (us("US-NY", "10001"), "", "8.87", "113.86", "NY sales tax 0.08875: 99.99 8.87"),
        (us("CA", "90012-1234"), "", "9.50", "114.49", "Los Angeles sales tax 0.095: 99.99 9.50"),
        (us("OR", "97035"), "", "0.00", "104.99", "OR 0: 99.99 0.00"),
        (us("NY", "10001"), "", "8.87", "113.86", "NY sales tax 0.08875: 99.99 8.87"),
        (us("NY", "10001"), "clothing", "0.00", "104.99", "NY sales tax 0: 99.99 0.00"),
        (us("NY", "10001"), "shoes/clothing", "0.00", "104.99", "NY sales tax 0: 99.99 0.00"),
        (us("TX", "73301"), "", "0.00", "104.99", ""),
        (Destination::new("FR", Some("CA"), Some("90012")), "", "0.00", "104.99", ""),
    ] {
        let found = cost(&rules, &to, &[goods(usd("99.99"), category)]);
        assert_eq!(found, (tax.into(), total.into(), sums.into()), "{to:?} {category}");
    }
}

#[test]
fn where_states_are_taxed_apart_the_state_has_to_be_one() {
    let rules = rules(
        [
            sales_tax("CA sales tax", place("US", Some("CA"), None), "0.0725", &[]),
            sales_tax("GST", place("AU", Some("Victoria"), None), "0.1", &[]),
            sales_tax("Tax", place("GB", None, Some("BT")), "0.2", &[]),
        ],
        usd("5.00"),
    );
    for (country, state, can_tell) in [
        ("US", Some("CA"), true),
        ("US", Some("california"), true),
        ("US", Some("OR"), true),
        ("US", Some("Kalifornien"), false),
        ("US", Some("C"), false),
        ("US", None, false),
        ("AU", Some("victoria"), true),
        ("AU", Some("NSW"), true),
        ("AU", Some("New South Wales"), false),
        ("GB", None, true),
        ("GB", Some("Wherever"), true),
        ("DE", None, true),
    ] {
        let to = Destination::new(country, state, Some("1"));
        assert_eq!(rules.can_tell(&to), can_tell, "{to:?}");
    }
    assert!(PricingRules::default().can_tell(&Destination::new("US", None, None)));
}

#[test]
fn vat_is_a_part_of_the_price() {
    let de = vat("USt", "DE", "0.19", &[("food", "0.07")]);
    let gb = vat("VAT", "GB", "0.2", &[("childrens-clothing", "0"), ("books", "0")]);
    let untaxed = |zone: &TaxZone| TaxZone { shipping_taxed: false, ..zone.clone() };
    let (chair, bread) = (("119.00", ""), ("10.70", "bread/food"));
    for (zone, country, basket, tax, total, sums) in [
        (&de, "DE", vec![chair], "19.95", "124.95", "USt 0.19: 105.00 19.95"),
        (&untaxed(&de), "DE", vec![chair], "19.00", "124.95", "USt 0.19: 100.00 19.00"),
        (&de, "DE", vec![bread], "1.65", "16.65", "USt 0.19: 5.00 0.95, USt 0.07: 10.00 0.70"),
        (&untaxed(&de), "DE", vec![bread, chair], "19.70", "135.65", "USt 0.19: 100.00 19.00, USt 0.07: 10.00 0.70"),
        (&gb, "GB", vec![("12.00", "books")], "0.99", "17.95", "VAT 0.2: 4.96 0.99, VAT 0: 12.00 0.00"),
        (&untaxed(&gb), "GB", vec![("12.00", "childrens-clothing")], "0.00", "17.95", "VAT 0: 12.00 0.00"),
        (&untaxed(&gb), "GB", vec![("12.00", "clothing")], "2.00", "17.95", "VAT 0.2: 10.00 2.00"),
        // Sent out of the zone, the same price contains no tax.
        (&de, "CH", vec![chair], "0.00", "124.95", ""),
    ] {
        let rules = rules([zone.clone()], money("5.95", "EUR"));
        let basket: Vec<_> = basket.into_iter().map(|(price, category)| goods(money(price, "EUR"), category)).collect();
        let found = cost(&rules, &Destination::new(country, None, None), &basket);
        assert_eq!(found, (tax.into(), total.into(), sums.into()), "{country} {basket:?}");
    }
}

#[test]
fn tax_on_top_is_also_due_on_shipping_where_that_is_taxed() {
    let untaxed = sales_tax("WA sales tax", Place::anywhere(), "0.065", &[("food", "0")]);
    let taxed = TaxZone { shipping_taxed: true, ..untaxed.clone() };
    for (zone, category, tax, total, sums) in [
        (&untaxed, "", "6.50", "111.50", "WA sales tax 0.065: 100.00 6.50"),
        // 6.5 % of 5.00 are 0.325.
        (&taxed, "", "6.83", "111.83", "WA sales tax 0.065: 105.00 6.83"),
        (&taxed, "food", "0.33", "105.33", "WA sales tax 0.065: 5.00 0.33, WA sales tax 0: 100.00 0.00"),
    ] {
        let found = cost(&rules([zone.clone()], usd("5.00")), &Destination::default(), &[goods(usd("100"), category)]);
        assert_eq!(found, (tax.into(), total.into(), sums.into()), "{category}");
    }
}

#[test]
fn currencies_keep_their_decimals() {
    for (code, inclusive, price, fee, tax, total) in [
        ("JPY", true, "1980", "500", "225", "2480"),
        ("JPY", false, "1985", "500", "249", "2734"),
        ("KWD", false, "12.345", "1.500", "1.385", "15.230"),
        ("KWD", true, "12.345", "1.500", "1.258", "13.845"),
    ] {
        let zone = TaxZone { inclusive, shipping_taxed: true, ..sales_tax("T", Place::anywhere(), "0.1", &[]) };
        let found = cost(&rules([zone], money(fee, code)), &Destination::default(), &[goods(money(price, code), "")]);
        assert_eq!((found.0.as_str(), found.1.as_str()), (tax, total), "{code} {inclusive}");
    }
}

#[test]
fn the_place_that_says_most_decides() {
    let zones = [
        ("anywhere", Place::anywhere()),
        ("country", place("US", None, None)),
        ("state", place("US", Some("CA"), None)),
        ("short zip", place("US", None, Some("9"))),
        ("long zip", place("US", None, Some("900"))),
        ("zip in a state", place("US", Some("CA"), Some("900"))),
        ("british zip", place("GB", None, Some("sw1a"))),
    ];
    let to = [
        (Destination::new("FR", Some("CA"), Some("90012")), "anywhere"),
        (Destination::default(), "anywhere"),
        (Destination::new("US", None, None), "country"),
        (Destination::new("US", Some("TX"), Some("73301")), "country"),
        (Destination::new("US", Some("Ca"), Some("84000")), "state"),
        (Destination::new("US", Some("CA"), Some("94102")), "short zip"),
        (Destination::new("US", Some("NV"), Some("90012")), "long zip"),
        (Destination::new("US", Some("CA"), Some("9 00-12")), "zip in a state"),
        (Destination::new("GB", None, Some("SW1A 1AA")), "british zip"),
    ];
    let taxes = zones.iter().map(|(name, place)| sales_tax(name, place.clone(), "0.01", &[]));
    for order in [taxes.clone().collect::<Vec<_>>(), taxes.rev().collect()] {
        let rules = rules(order, usd("5"));
        for (to, name) in &to {
            let totals = price(&[line(usd("1"), 1)], to, usd("0"), &rules).unwrap();
            assert_eq!(totals.tax_name.as_deref(), Some(*name), "{to:?}");
        }
    }
}

#[test]
fn the_category_nearest_to_the_goods_decides() {
    let zone = sales_tax("Tax", Place::anywhere(), "0.2", &[("food", "0.05"), ("sweets", "0.1")]);
    let rules = rules([zone], usd("0"));
    for (category, tax) in [
        ("", "20.00"),
        ("toys", "20.00"),
        ("food", "5.00"),
        ("bread/food", "5.00"),
        ("chocolate/sweets/food", "10.00"),
        ("sweets/food", "10.00"),
    ] {
        let found = cost(&rules, &Destination::default(), &[goods(usd("100"), category)]);
        assert_eq!(found.0, tax, "{category}");
    }
}

#[test]
fn the_threshold_of_free_shipping_looks_at_the_goods_before_or_after_the_discount() {
    for (threshold_on, discount, shipping) in [
        (ThresholdOn::BeforeDiscount, "0", "0.00"),
        (ThresholdOn::BeforeDiscount, "10.00", "0.00"),
        (ThresholdOn::BeforeDiscount, "60.00", "0.00"),
        (ThresholdOn::AfterDiscount, "0", "0.00"),
        (ThresholdOn::AfterDiscount, "10.00", "0.00"),
        (ThresholdOn::AfterDiscount, "10.01", "4.99"),
    ] {
        let mut zones = ShippingRules::new(Currency::USD);
        zones.add(ShippingZone::new(Place::anywhere(), usd("4.99"), Some(usd("50")), threshold_on).unwrap()).unwrap();
        let rules = PricingRules::new(TaxRules::default(), zones, Destination::default()).unwrap();
        let totals = price(&[line(usd("60"), 1)], &Destination::default(), usd(discount), &rules).unwrap();
        assert_eq!(totals.shipping, usd(shipping), "{threshold_on:?} {discount}");
    }
}

#[test]
fn each_place_has_a_fee_of_its_own_and_a_place_without_one_is_not_served() {
    let mut zones = ShippingRules::new(Currency::USD);
    let mut add = |place, fee, free_from: Option<&str>| {
        zones.add(ShippingZone::new(place, usd(fee), free_from.map(usd), ThresholdOn::default()).unwrap()).unwrap();
    };
    add(place("US", None, None), "4.99", Some("50"));
    add(place("US", Some("HI"), None), "19.00", None);
    let home = Destination::new("US", None, None);
    let rules = PricingRules::new(TaxRules::default(), zones, home.clone()).unwrap();
    let shipping = |to: &Destination| price(&[line(usd("60"), 1)], to, usd("0"), &rules).map(|totals| totals.shipping);
    assert_eq!(shipping(&home), Ok(usd("0")));
    assert_eq!(shipping(&Destination::new("US", Some("HI"), None)), Ok(usd("19.00")));
    assert_eq!(shipping(&Destination::new("CA", None, None)), Err(PriceError::NotServed));
    assert_eq!(shipping(&Destination::default()), Err(PriceError::NotServed));
}
