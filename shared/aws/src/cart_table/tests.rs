use commerce_domain::{Currency, ProductId, VariantId};

use super::*;

const VARIANT: &str = "var_01h4vjdvzefw18zfwz5dxw5y8g";
const OTHER_VARIANT: &str = "var_01h4vjdvzefw18zfwz5dxw5y8h";

fn line() -> StoredLine {
    StoredLine {
        product_id: "prod_01h4vjdvzefw18zfwz5dxw5y8g".to_owned(),
        name: "Wireless Headphones".to_owned(),
        options: vec![("Colour".to_owned(), "Black".to_owned())],
        price: "99.99".to_owned(),
        currency: "USD".to_owned(),
        category: Some("electronics".to_owned()),
        product_version: 3,
        image_url: None,
    }
}

fn cart() -> StoredCart {
    StoredCart {
        user_id: "user_789".to_owned(),
        cart_id: "cart_01h4vjdvzefw18zfwz5dxw5y8g".to_owned(),
        version: 2,
        quantities: [(VARIANT.to_owned(), 2), (OTHER_VARIANT.to_owned(), 1)].into(),
        lines: [(VARIANT.to_owned(), line()), (OTHER_VARIANT.to_owned(), line())].into(),
        added_at: [(VARIANT.to_owned(), 2_000), (OTHER_VARIANT.to_owned(), 1_000)].into(),
        keys: BTreeMap::new(),
        updated_at: 2_000,
        ttl: 100,
    }
}

#[test]
fn a_cart_survives_the_store() {
    let stored = StoredCart::from_item(cart().to_item().unwrap()).unwrap();
    assert_eq!(stored, cart());
    let lines = stored.into_cart().unwrap().lines;
    assert_eq!(lines[0].variant_id, OTHER_VARIANT.parse::<VariantId>().unwrap(), "the first added comes first");
    assert_eq!(lines[1].product_id, line().product_id.parse::<ProductId>().unwrap());
    assert_eq!(lines[1].unit_price, Money::new("99.99".parse().unwrap(), Currency::USD).unwrap());
    assert_eq!(StoredLine::of(&lines[1]), line());
}

#[test]
fn a_line_from_before_categories_were_kept_is_read() {
    let before = StoredLine { category: None, ..line() };
    let AttributeValue::M(attribute) = before.to_attribute().unwrap() else { panic!("a line is a map") };
    assert!(!attribute.contains_key("category"));
    let mut cart = cart();
    cart.lines.values_mut().for_each(|line| *line = before.clone());
    assert_eq!(cart.into_cart().unwrap().lines[0].category, None);
}

#[test]
fn a_cart_ends_with_the_second_of_its_ttl() {
    let at = |second| Timestamp::from_second(second).unwrap();
    assert!(!cart().is_expired(at(99)));
    assert!(cart().is_expired(at(100)));
}

#[test]
fn a_line_without_its_quantity_is_corrupt() {
    let mut broken = cart();
    broken.quantities.remove(VARIANT);
    assert!(broken.into_cart().is_err());
}
