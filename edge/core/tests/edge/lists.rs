//! Lists of products: what they are filtered by, found by, and read on behind.

use commerce_domain::{Currency, Money, Product, Variant};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    bucket::{product, published, published_with},
    fake::Fake,
    shop::{get, header, json_of, refusal},
};

/// Of three brands and two tags; each with a variant in red and S, and every second one with another in blue and XL, ten dearer.
fn products() -> Vec<Product> {
    let coloured = |index: u32| {
        let mut product = product(index, 1);
        product.name = format!("{} {index}", ["Lamp", "Lantern", "Chair"][(index % 3) as usize]);
        product.brand = ["Acme", "Borg"].get((index % 3) as usize).map(|brand| (*brand).to_owned());
        product.tags = ["new", "sale"][..(index % 3) as usize].iter().map(|tag| (*tag).to_owned()).collect();
        product.rating = Decimal::new(i64::from(index % 6) * 100, 2);
        let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        product.variants[0].options = vec![option("Color", "Red"), option("Size", "S")];
        if index.is_multiple_of(2) {
            let mut other = product.variants[0].clone();
            other.id = format!("var_01h4vjdvzefw18zfwz5dx1{index:04}").parse().unwrap();
            other.options = vec![option("Color", "Blue"), option("Size", "XL")];
            other.price = Money::from_minor(i64::from(index) * 100 + 1_001, Currency::USD).unwrap();
            product.variants.push(other);
        }
        product
    };
    (0..40).map(coloured).collect()
}

fn shop() -> Fake {
    let fake = Fake::with_bucket();
    // Of the first ten nothing can be bought, and of the next ten nothing in red.
    let stock = |variant: &Variant| {
        let place = products().iter().position(|product| product.variants.iter().any(|one| one.id == variant.id));
        let place = place.unwrap();
        i32::from(place >= 20 || (place >= 10 && variant.options[0].1 == "Blue"))
    };
    fake.push(&published_with(&products(), 0, stock));
    fake
}

/// Places of the products in a list of all that fit, in its order.
fn listed(fake: &Fake, query: &str) -> Vec<u32> {
    let page = json_of(&fake.ask(get(&format!("/v1/products?limit=100&{query}"))));
    let listed = places(&page);
    assert_eq!(page["pagination"]["total"], listed.len(), "{query}");
    listed
}

fn places(page: &Value) -> Vec<u32> {
    let data = page["data"].as_array().unwrap_or_else(|| panic!("{page}"));
    let place = |product: &Value| product["name"].as_str().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    data.iter().map(place).collect()
}

fn all(wanted: impl Fn(u32) -> bool) -> Vec<u32> {
    (0..40).rev().filter(|index| wanted(*index)).collect()
}

#[test]
fn filters_choose_what_they_say() {
    let fake = shop();
    let cents = |index: u32| index * 100 + 1;
    for (query, wanted) in [
        ("brand=Acme", all(|index| index % 3 == 0)),
        ("brand=Acme&brand=Borg", all(|index| index % 3 != 2)),
        ("brand=None", vec![]),
        ("tag=new", all(|index| index % 3 >= 1)),
        ("tag=new&tag=sale", all(|index| index % 3 == 2)),
        ("rating_min=4", all(|index| index % 6 >= 4)),
        ("price_min=30.01", all(|index| cents(index) >= 3_001 || (index % 2 == 0 && cents(index) + 1_000 >= 3_001))),
        ("price_max=5.01", all(|index| cents(index) <= 501)),
        ("price_min=5.5&price_max=6.5", vec![6]),
        ("in_stock=true", all(|index| index >= 20 || (index >= 10 && index % 2 == 0))),
        ("option=Color:Blue", all(|index| index % 2 == 0)),
        ("option=Color:Blue&option=Color:Red", all(|_| true)),
        ("option=Color:Blue&option=Size:S", vec![]),
        ("option=Color:Red&in_stock=true", all(|index| index >= 20)),
        ("category=home&tag=sale", all(|index| index % 2 == 0 && index % 3 == 2)),
    ] {
        assert_eq!(listed(&fake, query), wanted, "{query}");
    }
    assert!(fake.sent_to("origin.test").is_empty());
}

#[test]
fn a_text_finds_words_that_are_nearly_right() {
    let fake = shop();
    let lamps = all(|index| index % 3 == 0);
    for text in ["lamp", "LAMP", "Lamp+acme", "lapm"] {
        let found = listed(&fake, &format!("q={text}&sort=newest"));
        assert!(lamps.iter().all(|lamp| found.contains(lamp)), "{text}: {found:?}");
    }
    let best = listed(&fake, "q=lamp");
    assert_eq!(best[..lamps.len()].iter().filter(|place| *place % 3 == 0).count(), lamps.len(), "{best:?}");
    let page = json_of(&fake.ask(get("/v1/products?q=lamp&limit=5&page=2")));
    assert_eq!(places(&page), best[5..10]);
    assert_eq!(page["pagination"]["nextCursor"], Value::Null);
    assert!(listed(&fake, "q=nothing+of+that").is_empty());
    assert_eq!(listed(&fake, "q=chair&brand=Acme"), Vec::<u32>::new());
}

#[test]
fn who_reads_on_misses_nothing_though_products_come_and_go() {
    for sort in ["newest", "price_asc", "price_desc", "rating", "name"] {
        let fake = shop();
        let before = listed(&fake, &format!("sort={sort}"));
        let first = json_of(&fake.ask(get(&format!("/v1/products?limit=7&sort={sort}"))));
        let mut seen = places(&first);
        let mut link = first["pagination"]["nextCursor"]
            .as_str()
            .map(|cursor| format!("/v1/products?limit=7&sort={sort}&cursor={cursor}"));
        // The last one that was seen goes, and what was first comes again under a new version.
        let gone = seen[6];
        let left: Vec<Product> =
            products().into_iter().filter(|product| !product.name.ends_with(&format!(" {gone}"))).collect();
        fake.pass(5);
        fake.push(&published(&left, 5));
        while let Some(target) = link {
            let page = json_of(&fake.ask(get(&target)));
            assert!(page["pagination"].get("page").is_none());
            seen.extend(places(&page));
            link = page["links"]["next"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, before, "{sort}");
    }
}

#[test]
fn some_fields_alone_are_answered() {
    let page = json_of(&shop().ask(get("/v1/products?limit=1&fields=name,price")));
    let names: Vec<&String> = page["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "name", "price"]);
    assert_eq!(page["links"]["next"], "/v1/products?fields=id%2Cname%2Cprice&limit=1&page=2");
}

#[test]
fn what_no_list_has_is_refused_before_anything_is_read() {
    let fake = shop();
    for query in ["price_min=cheap", "cursor=x", "sort=relevance", "option=Blue", "fields=colour"] {
        assert_eq!(refusal(&fake.ask(get(&format!("/v1/products?{query}")))).0, 400, "{query}");
    }
    assert_eq!(fake.calls().1, 0);
}

#[test]
fn lists_without_an_end_are_not_stored() {
    let fake = Fake::with_bucket();
    fake.origin(|request| Ok(crate::shop::catalog(request)));
    for query in ["q=lamp", "tag=new", "fields=name", "limit=3"] {
        let answer = fake.ask(get(&format!("/v1/products?{query}")));
        let stored = if query == "limit=3" { "; stored" } else { "" };
        assert_eq!(header(&answer, "cache-status"), format!("cloudcommerce; fwd=miss{stored}"), "{query}");
    }
    let fake = Fake::with_bucket();
    fake.set("catalog_store_answers", "true");
    fake.push(&published(&products(), 0));
    for query in ["q=lamp", "tag=new", "fields=name", "limit=3"] {
        fake.ask(get(&format!("/v1/products?{query}")));
    }
    fake.run_behind();
    let stored: Vec<String> = fake.kv_keys().into_iter().filter(|key| key.starts_with("catalog/answers")).collect();
    assert_eq!(stored, ["catalog/answers/v1/products?limit=3"]);
}

#[test]
fn a_search_counts_what_else_could_be_chosen() {
    let fake = shop();
    let search = |query: &str| json_of(&fake.ask(get(&format!("/v1/search?{query}"))));
    let count = |facet: &Value, value: &str| {
        facet.as_array().unwrap().iter().find(|one| one["value"] == value).map(|one| one["count"].as_u64().unwrap())
    };
    // Of the Acme ones: 0, 3, … 39, of which seven are even.
    let page = search("brand=Acme&option=Color:Blue&limit=2");
    let facets = &page["facets"];
    assert_eq!((page["data"].as_array().unwrap().len(), &page["pagination"]["total"]), (2, &Value::from(7)));
    assert_eq!(page["links"]["next"], "/v1/search?brand=Acme&limit=2&option=Color%3ABlue&page=2");
    assert_eq!((count(&facets["brands"], "Acme"), count(&facets["brands"], "Borg")), (Some(7), Some(6)));
    let option =
        |name: &str| &facets["options"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["values"];
    assert_eq!((count(option("Color"), "Blue"), count(option("Color"), "Red")), (Some(7), Some(14)));
    assert_eq!((count(option("Size"), "XL"), count(option("Size"), "S")), (Some(7), None), "of the blue ones");
    assert_eq!(facets["categories"], serde_json::json!([{"value": "lamps", "count": 7}]));
    let in_stock = (10..40).filter(|index| index % 6 == 0).count();
    assert_eq!(facets["inStock"], in_stock);
    let prices: u64 = facets["prices"].as_array().unwrap().iter().map(|range| range["count"].as_u64().unwrap()).sum();
    assert_eq!(prices, 7);
    assert_eq!(facets["ratings"][0], serde_json::json!({"min": 5, "count": 0}));
    assert_eq!((page["didYouMean"].clone(), search("q=lantrn")["didYouMean"].clone()), (Value::Null, "lantern".into()));
}

#[test]
fn a_text_is_completed() {
    let fake = shop();
    let suggestions = json_of(&fake.ask(get("/v1/search/suggest?q=new+LA&limit=2")));
    assert_eq!(
        suggestions["terms"],
        serde_json::json!([{"value": "new lamps", "count": 20}, {"value": "new lamp", "count": 14}])
    );
    assert_eq!(suggestions["data"].as_array().unwrap().len(), 5);
    let none = json_of(&fake.ask(get("/v1/search/suggest?q=zz")));
    assert_eq!(none, serde_json::json!({"data": [], "terms": []}));
    assert_eq!(refusal(&fake.ask(get("/v1/search/suggest"))).0, 400);
}
