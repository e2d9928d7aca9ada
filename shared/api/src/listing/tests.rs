use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::{Amount, DecimalNumber, product::ProductSummary};

fn parse(text: &str) -> Result<ProductListQuery, Problem> {
    ProductListQuery::parse(&Query::parse(text)?)
}

fn canonical(text: &str) -> String {
    parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).canonical()
}

fn cursor(sort: Sort) -> ProductCursor {
    ProductCursor { sort, key: CursorKey::Number(7), id: "prod_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap() }
}

fn summary() -> ProductSummary {
    ProductSummary {
        id: "prod_01h4vjdvzefw18zfwz5dxw5y8g".to_owned(),
        name: "Lamp".to_owned(),
        description: String::new(),
        price: serde_json::from_str::<Amount>("123456789012.3456").unwrap(),
        currency: "USD".to_owned(),
        category: "lamps".to_owned(),
        brand: Some("Acme".to_owned()),
        image_url: None,
        stock: 5,
        rating: DecimalNumber("4.5".parse().unwrap()),
        review_count: 2,
    }
}

#[test]
fn spellings_of_one_list_are_one() {
    for spelling in ["", "page=1&limit=20", "utm_source=mail&page=01", "sort=newest", "in_stock=false"] {
        assert_eq!(canonical(spelling), "", "{spelling}");
    }
    let all = "brand=Acme&brand=B%20%26%20C&category=home-garden&fields=id%2Cname&in_stock=true&limit=5&\
               option=Color%3ABlue&option=Size%3AL&option=Size%3AXL&page=3&price_max=99.5&price_min=1&q=red%20lamp&\
               rating_min=4&sort=price_asc&tag=a&tag=b";
    assert_eq!(canonical(all), all);
    let other = "tag=b&tag=a&tag=a&sort=%70rice_asc&rating_min=4.00&q=+red++lamp&price_min=01.0&price_max=99.50&page=3&\
                 option=Size:XL&option=Color:Blue&option=Size:L&limit=5&in_stock=true&fields=name&category=home-garden&\
                 brand=B+%26+C&brand=Acme&x=y";
    assert_eq!(canonical(other), all);
}

#[test]
fn the_best_found_come_first_unless_another_order_is_asked_for() {
    for (text, sort, spelled) in [
        ("q=lamp", None, "q=lamp"),
        ("q=lamp&sort=relevance", None, "q=lamp"),
        ("q=lamp&sort=newest", Some(Sort::Newest), "q=lamp&sort=newest"),
        ("sort=name", Some(Sort::Name), "sort=name"),
    ] {
        assert_eq!((parse(text).unwrap().sort, canonical(text).as_str()), (sort, spelled), "{text}");
    }
}

#[test]
fn what_no_list_has_is_refused_by_name() {
    let other = cursor(Sort::Rating);
    let of_another_order = format!("cursor={other}");
    let beside_a_page = format!("sort=rating&page=1&cursor={other}");
    let of_the_best = format!("q=lamp&cursor={other}");
    let many = "&tag=a".repeat(21);
    let long = format!("q={}", "x".repeat(201));
    for (query, field) in [
        ("page=0", "page"),
        ("limit=101", "limit"),
        ("limit=5&limit=5", "limit"),
        ("category=Home+Garden", "category"),
        ("category=", "category"),
        ("sort=price", "sort"),
        ("sort=", "sort"),
        ("sort=relevance", "sort"),
        ("price_min=-1", "price_min"),
        ("price_min=1e3", "price_min"),
        ("price_max=1.00001", "price_max"),
        ("price_max=1000000000000", "price_max"),
        ("price_max=", "price_max"),
        ("price_min=2&price_max=1.99", "price_max"),
        ("rating_min=5.1", "rating_min"),
        ("rating_min=4.555", "rating_min"),
        ("in_stock=1", "in_stock"),
        ("tag=", "tag"),
        (&many, "tag"),
        ("option=Size", "option"),
        ("option=:XL", "option"),
        ("q=+", "q"),
        ("q=a%00b", "q"),
        ("brand=%00", "brand"),
        (&long, "q"),
        ("fields=id,colour", "fields"),
        ("fields=", "fields"),
        ("cursor=!", "cursor"),
        (&of_another_order, "cursor"),
        (&beside_a_page, "cursor"),
        (&of_the_best, "cursor"),
    ] {
        let problem = parse(query).unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.fields()[0].field.as_str()), (400, field), "{query}");
    }
}

#[test]
fn pages_and_cursors_lead_through_the_list() {
    let links = |text: &str, total, next| {
        let answer = ProductListResponse::new("/v1/products", &parse(text).unwrap(), vec![summary()], total, next);
        serde_json::to_value(&answer).unwrap()
    };
    let first = links("limit=5&tag=a", 12, Some(cursor(Sort::Newest)));
    let text = cursor(Sort::Newest).to_string();
    assert_eq!(first["links"], json!({"next": "/v1/products?limit=5&page=2&tag=a", "prev": null}));
    assert_eq!(first["pagination"], json!({"page": 1, "limit": 5, "total": 12, "totalPages": 3, "nextCursor": text}));
    let last = links("limit=5&page=3", 12, None);
    assert_eq!(last["links"], json!({"next": null, "prev": "/v1/products?limit=5&page=2"}));
    let behind = links(&format!("cursor={text}"), 12, Some(cursor(Sort::Newest)));
    assert_eq!(behind["links"], json!({"next": format!("/v1/products?cursor={text}"), "prev": null}));
    assert_eq!(behind["pagination"].get("page"), None);
}

#[test]
fn some_fields_alone_are_answered_with_all_their_digits() {
    let query = parse("fields=price,brand").unwrap();
    let answer = ProductListResponse::new("/v1/products", &query, vec![summary()], 1, None).write(&query).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let number: Value = serde_json::from_str("123456789012.3456").unwrap();
    assert_eq!(answer["data"], json!([{"id": summary().id, "brand": "Acme", "price": number}]));
    assert_eq!(answer["pagination"]["total"], 1);
}

#[test]
fn every_field_of_a_product_can_be_asked_for() {
    let whole = serde_json::to_value(summary()).unwrap();
    let names: BTreeSet<&str> = whole.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, fields::known());
}
