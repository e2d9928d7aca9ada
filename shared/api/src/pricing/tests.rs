use commerce_domain::{
    Destination, Money, PricingRules, PricingSettings, Quantity,
    pricing::{Line, price},
};

use super::from_document;

/// The example that `docs/PRICING.md` shows.
const EXAMPLE: &str = include_str!("../../../../docs/pricing-rules.example.json");

const SHIPPING: &str = r#"[{"fee": 4.99}]"#;

fn read(text: &str) -> Result<PricingRules, String> {
    from_document(text, &PricingSettings::default()).map_err(|error| error.to_string())
}

fn document(taxes: &str, shipping: &str) -> String {
    format!(r#"{{"currency": "USD", "tax_zones": {taxes}, "shipping_zones": {shipping}}}"#)
}

#[test]
fn the_example_prices_what_goes_to_each_of_its_places() {
    let rules = read(EXAMPLE).unwrap();
    let eur = |text: &str| Money::new(text.parse().unwrap(), rules.currency()).unwrap();
    for (country, state, zip, category, tax, shipping, total) in [
        ("DE", None, "10115", "toys", "7.02", "4.90", "44.00"),
        ("DE", None, "10115", "food", "3.34", "4.90", "44.00"),
        ("FR", None, "75001", "books", "3.69", "9.90", "49.00"),
        ("GB", None, "SW1A 1AA", "books", "2.48", "14.90", "54.00"),
        ("US", Some("CA"), "94102", "toys", "2.83", "24.90", "66.83"),
        ("US", Some("CA"), "90012", "toys", "3.71", "24.90", "67.71"),
        ("US", Some("NY"), "10001", "clothing", "2.21", "24.90", "66.21"),
        ("US", Some("OR"), "97035", "toys", "0.00", "24.90", "64.00"),
    ] {
        let to = Destination::new(country, state, Some(zip));
        let categories = [category.parse().unwrap()];
        let line = Line { unit_price: eur("39.10"), quantity: Quantity::new(1).unwrap(), categories: &categories };
        let totals = price(&[line], &to, eur("0"), &rules).unwrap();
        let found = [totals.tax, totals.shipping, totals.total];
        assert_eq!(found, [eur(tax), eur(shipping), eur(total)], "{country} {zip} {category}");
    }
    assert_eq!(rules.default_destination(), &Destination::new("DE", None, None));
}

#[test]
fn the_page_shows_the_example() {
    let page = include_str!("../../../../docs/PRICING.md");
    assert!(page.contains(EXAMPLE));
}

#[test]
fn what_may_be_absent_is_that_of_a_shop_with_one_rate() {
    let flat = document(r#"[{"name": "Tax", "rate": 0.08}]"#, r#"[{"fee": 4.99, "free_from": 50}]"#);
    assert_eq!(read(&flat), Ok(PricingRules::default()));
    let nothing = document(
        r#"[{"name": "Tax", "country": null, "inclusive": null, "rate": 0.08, "categories": null}]"#,
        r#"[{"fee": 4.99, "free_from": 50, "threshold_on": null}], "default_destination": null"#,
    );
    assert_eq!(read(&nothing), Ok(PricingRules::default()), "null is as good as absent");
}

#[test]
fn a_document_of_no_use_is_refused_in_a_line_that_names_the_place() {
    let taxes = |entry: &str| document(&format!(r#"[{{"name": "A", "rate": 0.1}}, {entry}]"#), SHIPPING);
    let ships = |entry: &str| document("[]", &format!(r#"[{{"country": "US", "fee": 4.99}}, {entry}]"#));
    let with = |more: &str| document("[]", &format!("{SHIPPING}, {more}"));
    for (text, refusal) in [
        (String::new(), "document: is not valid JSON"),
        ("{".to_owned(), "document: is not valid JSON"),
        ("[]".to_owned(), "document: must be an object"),
        ("{}".to_owned(), "currency: is required"),
        (document("[]", "[]").replace("USD", "usd"), "currency: unknown currency"),
        (with(r#""currency": "EUR""#), "currency: appears twice"),
        (with(r#""tax_zone": []"#), "tax_zone: is not known"),
        (with(r#""default_destination": {"country": "Germany"}"#), "default_destination.country: must be two capital"),
        (with(r#""default_destination": {"zip": "1"}"#), "default_destination.zip: must not be empty, and needs a"),
        (document("[]", "[]"), "default_destination: no shipping zone serves the default destination"),
        (document("{}", "[]"), "tax_zones: must be a list"),
        (with(r#""default_destination": {"city": "Springfield"}"#), "default_destination.city: is not known"),
        (taxes("[]"), "tax_zones[1]: must be an object"),
        (taxes(r#"{"rate": 0.1}"#), "tax_zones[1].name: is required"),
        (taxes(r#"{"name": "B", "country": "US", "rate": null}"#), "tax_zones[1].rate: is required"),
        (taxes(r#"{"name": "B", "country": "US", "rate": 1e-1}"#), "tax_zones[1].rate: must be written without an"),
        (taxes(r#"{"name": "B", "country": "US", "rate": 0.1, "rates": 1}"#), "tax_zones[1].rates: is not known"),
        (taxes(r#"{"name": "B", "rate": 0.1, "inclusive": 1}"#), "tax_zones[1].inclusive: must be true or false"),
        (taxes(r#"{"name": "", "country": "US", "rate": 0.1}"#), "tax_zones[1].name: a tax is named by 1 to 100"),
        (taxes(r#"{"name": "B", "country": "US", "rate": 8}"#), "tax_zones[1].rate: the tax rate must be from 0 to 1"),
        (taxes(r#"{"name": "B", "country": "US", "rate": "0.1"}"#), "tax_zones[1].rate: must be a number"),
        (taxes(r#"{"name": "B", "rate": 0.1}"#), "tax_zones[1]: another zone is made for the same place"),
        (taxes(r#"{"name": "B", "country": "us", "rate": 0.1}"#), "tax_zones[1].country: must be two capital letters"),
        (taxes(r#"{"name": "B", "state": "CA", "rate": 0.1}"#), "tax_zones[1].state: must not be empty, and needs a"),
        (
            taxes(r#"{"name": "B", "country": "US", "zip_prefix": "", "rate": 0.1}"#),
            "tax_zones[1].zip_prefix: must not be empty",
        ),
        (
            taxes(r#"{"name": "B", "country": "US", "rate": 0.1, "categories": {"Food": 0}}"#),
            "tax_zones[1].categories.Food: a category is 1 to 80",
        ),
        (
            taxes(r#"{"name": "B", "country": "US", "rate": 0.1, "categories": {"food": 7}}"#),
            "tax_zones[1].categories.food: the tax rate must be",
        ),
        (
            taxes(r#"{"name": "B", "country": "US", "rate": 0.1, "categories": {"food": 0, "food": 0.1}}"#),
            "tax_zones[1].categories.food: appears twice",
        ),
        (ships(r#"{"country": "CA", "fee": 4.999}"#), "shipping_zones[1].fee: has more decimals than the currency"),
        (ships(r#"{"country": "CA", "fee": -1}"#), "shipping_zones[1].fee: the shipping fee must be"),
        (
            ships(r#"{"country": "CA", "fee": 1, "free_from": -1}"#),
            "shipping_zones[1].free_from: the threshold of free",
        ),
        (ships(r#"{"country": "US", "fee": 1}"#), "shipping_zones[1]: another zone is made for the same place"),
        (
            ships(r#"{"country": "CA", "fee": 1, "threshold_on": "discount"}"#),
            "shipping_zones[1].threshold_on: must be before_discount or after_discount",
        ),
    ] {
        let error = read(&text).unwrap_err();
        assert!(error.starts_with(refusal), "{text}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_document_stands_in_the_place_of_the_flat_settings() {
    let flat = document("[]", SHIPPING);
    let text = |text: &str| Some(text.to_owned());
    let none = PricingSettings::default();
    for (settings, refusal) in [
        (PricingSettings { tax_rate: text("0.08"), ..none.clone() }, "document: replaces the settings"),
        (PricingSettings { shipping_fee: text("4.99"), ..none.clone() }, "document: replaces the settings"),
        (PricingSettings { free_shipping_from: text("50"), ..none.clone() }, "document: replaces the settings"),
        (PricingSettings { currency: text("EUR"), ..none.clone() }, "currency: is not the shop's"),
    ] {
        let error = from_document(&flat, &settings).unwrap_err().to_string();
        assert!(error.starts_with(refusal), "{error}");
    }
    assert!(from_document(&flat, &PricingSettings { currency: text("USD"), ..none }).is_ok());
}
