use super::*;

#[test]
fn names_are_measured_in_characters_without_outer_space() {
    assert!(name(&"é".repeat(MAX_NAME)).is_ok());
    assert!(name(&"é".repeat(MAX_NAME + 1)).is_err());
    assert!(name(" \t").is_err());
    assert!(name("a\0b").is_err());
}

#[test]
fn only_http_urls_show_images() {
    for good in ["https://a.b/c.jpg?v=1", "http://127.0.0.1:80/x", "https://[::1]/x"] {
        assert!(image_url(good).is_ok(), "{good}");
    }
    for bad in ["", "ftp://a/b", "https://", "https:///x", "javascript:alert(1)", "https://a b", "//a/b", "a.jpg"] {
        assert!(image_url(bad).is_err(), "{bad}");
    }
}

#[test]
fn prices_suit_their_currency() {
    let yen = "JPY".parse().unwrap();
    assert!(price(Decimal::new(100, 0), yen).is_ok());
    assert_eq!(price(Decimal::new(1005, 1), yen).unwrap_err(), "JPY has at most 0 decimals");
    assert_eq!(price(Decimal::new(-1, 2), Currency::USD).unwrap_err(), "must not be negative");
}

#[test]
fn tags_are_lower_case_and_distinct_in_the_order_given() {
    assert_eq!(tags([" Pot", "Plants", "pot", ""]).unwrap(), ["pot", "plants"]);
    assert!(tags(["a,b"]).is_err());
}

#[test]
fn an_option_is_named_once_and_never_empty() {
    assert!(options([("Size", "XL"), ("Colour", "red")]).is_ok());
    assert!(options([("Size", "XL"), (" Size", "M")]).is_err());
    assert!(options([("Size", " ")]).is_err());
}

#[test]
fn options_are_stored_without_outer_space_and_shopifys_stand_in_is_none() {
    assert_eq!(options([(" Size ", "XL\t")]).unwrap(), [("Size".to_owned(), "XL".to_owned())]);
    assert_eq!(options([("Title", " Default Title")]).unwrap(), []);
    assert_eq!(options([("Title", "Default Title"), ("Size", "M")]).unwrap().len(), 2);
}

#[test]
fn kept_cells_are_named_and_bounded() {
    let extra_of = |name: &str, cell: &str| extra(&[(name.to_owned(), cell.to_owned())].into());
    assert_eq!(extra_of("Material", &"é".repeat(MAX_EXTRA_CELL)), Ok(()));
    for (name, cell) in [("", "x"), (" ", "x"), ("a\0", "x"), ("a", "\0"), ("a", &"é".repeat(MAX_EXTRA_CELL + 1))] {
        assert!(extra_of(name, cell).is_err(), "{name:?}");
    }
    let many: Extra = (0..=MAX_EXTRA).map(|number| (number.to_string(), String::new())).collect();
    assert_eq!(extra(&many).unwrap_err(), "has more than 256 entries");
}

#[test]
fn a_product_does_not_outgrow_its_size_by_what_changes_without_it() {
    let line =
        r#"{"handle":"a","name":"N","category":{"slug":"c","name":"C"},"currency":"USD","variants":[{"price":1}]}"#;
    let mut reader = crate::catalog::ndjson::NdjsonReader::new(std::io::Cursor::new(line));
    let Some(Ok(crate::catalog::Item::Entry(read))) = reader.next() else { unreachable!("should be read") };
    let mut entry = read.entry;
    entry.description = "x".repeat(MAX_PRODUCT_BYTES - line_bytes(&entry) + "C".len());
    assert_eq!(size(&entry), Ok(()));
    entry.category.name = "\u{1}".repeat(MAX_NAME);
    entry.extra.insert(TYPE.to_owned(), "\u{1}".repeat(MAX_NAME));
    entry.review_count = u32::MAX;
    entry.variants[0].stock = i64::MAX;
    assert_eq!(size(&entry), Ok(()));
    assert!(line_bytes(&entry) > MAX_PRODUCT_BYTES && line_bytes(&entry) < MAX_ROW_BYTES);
    entry.description.push('x');
    assert_eq!(size(&entry).unwrap_err(), "is larger than 1048576 bytes");
}
