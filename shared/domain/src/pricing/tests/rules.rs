//! What rules can be, and how settings spell the flat ones.

use super::*;

#[test]
fn rates_that_cannot_be_meant_are_refused() {
    for bad in ["8", "1.000001", "-0.01", "0.0000001", "0.0800001"] {
        assert_eq!(TaxRate::new(bad.parse().unwrap()), Err(PricingRulesError::TaxRate), "{bad}");
    }
    for good in ["0", "1", "0.08", "0.082500", "0.0800000"] {
        let number: Decimal = good.parse().unwrap();
        assert_eq!(TaxRate::new(number).map(TaxRate::value), Ok(number), "{good}");
    }
}

#[test]
fn amounts_that_cannot_be_meant_are_refused() {
    let flat = |fee, free_from| PricingRules::flat(rate("0.08"), fee, free_from);
    for bad in ["-0.01", "1000000.01"] {
        assert_eq!(flat(usd(bad), usd("50")), Err(PricingRulesError::ShippingFee), "{bad}");
    }
    assert!(flat(usd("1000000"), usd("50")).is_ok());
    assert_eq!(flat(usd("4.99"), usd("-0.01")), Err(PricingRulesError::FreeShippingFrom));
    assert_eq!(flat(usd("4.99"), money("50", "EUR")), Err(PricingRulesError::FreeShippingFrom));
    let zone = ShippingZone::new(Place::anywhere(), money("4.99", "EUR"), None, ThresholdOn::default()).unwrap();
    assert_eq!(ShippingRules::new(Currency::USD).add(zone), Err(PricingRulesError::ShippingFee));
}

#[test]
fn places_that_cannot_be_meant_are_refused() {
    for country in ["", "us", "USA", "U1", "ÄÖ"] {
        assert_eq!(Place::new(Some(country), None, None), Err(PlaceError::Country), "{country}");
    }
    for state in [(None, "CA"), (Some("US"), ""), (Some("US"), " -")] {
        assert_eq!(Place::new(state.0, Some(state.1), None), Err(PlaceError::State), "{state:?}");
    }
    for prefix in [(None, "9"), (Some("US"), ""), (Some("US"), " -")] {
        assert_eq!(Place::new(prefix.0, None, Some(prefix.1)), Err(PlaceError::ZipPrefix), "{prefix:?}");
    }
    assert_eq!(Place::new(None, None, None), Ok(Place::anywhere()));
}

#[test]
fn a_place_has_one_zone_of_a_kind_and_a_tax_has_a_name() {
    let place = |state: &str| Place::new(Some("US"), Some(state), None).unwrap();
    let zone = |name: &str, state: &str| TaxZone {
        name: name.to_owned(),
        place: place(state),
        inclusive: false,
        standard: rate("0.08"),
        categories: [].into(),
        shipping_taxed: false,
    };
    let mut taxes = TaxRules::default();
    assert_eq!(taxes.add(zone("One", "CA")), Ok(()));
    assert_eq!(taxes.add(zone("Another", "ca")), Err(PricingRulesError::SamePlace));
    for name in ["", &"n".repeat(101)] {
        assert_eq!(taxes.add(zone(name, "OR")), Err(PricingRulesError::ZoneName), "{name}");
    }
    assert_eq!(taxes.add(zone(&"é".repeat(100), "OR")), Ok(()));
    let shipping = |state| ShippingZone::new(place(state), usd("5"), None, ThresholdOn::default()).unwrap();
    let mut zones = ShippingRules::new(Currency::USD);
    assert_eq!((zones.add(shipping("CA")), zones.add(shipping("OR"))), (Ok(()), Ok(())));
    assert_eq!(zones.add(shipping("CA")), Err(PricingRulesError::SamePlace));
}

#[test]
fn carts_are_estimated_for_a_place_that_is_served() {
    let mut zones = ShippingRules::new(Currency::USD);
    let place = Place::new(Some("US"), None, None).unwrap();
    zones.add(ShippingZone::new(place, usd("5"), None, ThresholdOn::default()).unwrap()).unwrap();
    let rules = |country| PricingRules::new(TaxRules::default(), zones.clone(), Destination::new(country, None, None));
    assert_eq!(rules("CA"), Err(PricingRulesError::DefaultNotServed));
    assert_eq!(rules("US").unwrap().default_destination(), &Destination::new("US", None, None));
}

#[test]
fn settings_spell_rules_and_what_is_absent_has_its_default() {
    let none = PricingSettings::default();
    let default = PricingRules::flat(rate("0.08"), usd("4.99"), usd("50"));
    assert_eq!(PricingRules::from_settings(&none), default);
    assert_eq!(Ok(PricingRules::default()), default);
    let text = |text: &str| Some(text.to_owned());
    let yen = PricingSettings {
        currency: text("JPY"),
        tax_rate: text("0.1"),
        shipping_fee: text("800"),
        free_shipping_from: text("8000"),
    };
    let expected = PricingRules::flat(rate("0.1"), money("800", "JPY"), money("8000", "JPY"));
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
