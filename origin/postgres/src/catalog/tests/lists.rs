use commerce_api::{
    listing::{FacetValue, OptionFacet},
    query::Query,
};

use super::*;

async fn listed(database: &Database, text: &str) -> Vec<String> {
    let query = ProductQuery::parse(&Query::parse(text).unwrap()).unwrap();
    let (names, total) = names(database, &query).await;
    assert_eq!(names.len() as u64, total, "{text}");
    names
}

/// Sold in S and, dearer, in XL: of `xl` there are so many.
fn lamp(handle: &str, brand: &str, tags: &[&str], rating: i64, price: i64, xl: i64) -> CatalogEntry {
    let mut entry = entry(handle, "Lamps", vec![variant("S", price, 0), variant("XL", price + 500, xl)]);
    entry.brand = Some(brand.to_owned());
    entry.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    entry.rating = Decimal::new(rating, 1);
    entry
}

async fn shop() -> Database {
    let database = testing::database().await;
    let mut floor = lamp("floor", "Acme", &["new", "sale"], 45, 1_000, 3);
    floor.description = "Stands beside the sofa.".to_owned();
    let mut to_come = lamp("desk", "Borg", &["new"], 30, 2_000, 0);
    to_come.variants[0].backorder_limit = 1;
    let entries = [floor, to_come, lamp("sofa", "Acme", &[], 40, 3_000, 0)];
    for (second, entry) in (0..).zip(entries) {
        database.import_entries(&[place(entry)], at(second)).await.unwrap();
    }
    database
}

#[tokio::test]
async fn filters_choose_what_they_say() {
    let database = shop().await;
    for (query, expected) in [
        ("brand=Acme", &["sofa", "floor"][..]),
        ("brand=Acme&brand=Borg&sort=name", &["desk", "floor", "sofa"]),
        ("tag=new", &["desk", "floor"]),
        ("tag=new&tag=sale", &["floor"]),
        ("rating_min=4", &["sofa", "floor"]),
        ("price_min=30", &["sofa"]),
        ("price_max=10", &["floor"]),
        ("price_min=16&price_max=19.99", &[]),
        ("in_stock=true", &["desk", "floor"]),
        ("in_stock=true&option=Size:S", &["desk"]),
        ("in_stock=true&option=Size:S&option=Size:XL", &["desk", "floor"]),
        ("option=XL:Size", &[]),
        ("category=lamps&tag=sale", &["floor"]),
        ("category=none&tag=sale", &[]),
    ] {
        assert_eq!(listed(&database, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_text_finds_words_and_the_name_counts_most() {
    let database = shop().await;
    assert_eq!(listed(&database, "q=sofa").await, ["sofa", "floor"]);
    assert_eq!(listed(&database, "q=sofa&sort=price_asc").await, ["floor", "sofa"]);
    assert_eq!(listed(&database, "q=sofa+acme&rating_min=4.5").await, ["floor"]);
    for nothing in ["q=%27%28%26+%7C", "q=lorry"] {
        assert_eq!(listed(&database, nothing).await, Vec::<String>::new(), "{nothing}");
    }
}

#[tokio::test]
async fn a_cursor_goes_on_where_the_list_was_left() {
    let database = shop().await;
    for sort in Sort::ALL {
        let sort = sort.as_str();
        let all = listed(&database, &format!("sort={sort}")).await;
        let (mut seen, mut at) = (Vec::new(), String::new());
        for _ in 0..all.len() {
            let query = Query::parse(&format!("sort={sort}&limit=1{at}")).unwrap();
            let page = database.list_products(&ProductQuery::parse(&query).unwrap()).await.unwrap();
            assert_eq!((page.products.len(), page.total), (1, 3));
            seen.extend(page.products.into_iter().map(|product| product.name.replace("The ", "")));
            at = page.next.map(|next| format!("&cursor={next}")).unwrap_or_default();
        }
        assert_eq!((seen, at.as_str()), (all, ""), "{sort}");
    }
}

#[tokio::test]
async fn facets_count_what_else_could_be_chosen() {
    let database = shop().await;
    let filter = |text: &str| ProductQuery::parse(&Query::parse(text).unwrap()).unwrap().filter;
    let facets = database.count_facets(&filter("brand=Acme&option=Size:XL")).await.unwrap();
    let value = |value: &str, count| FacetValue { value: value.to_owned(), count };
    assert_eq!(facets.brands, [value("Acme", 2), value("Borg", 1)]);
    assert_eq!(facets.options, [OptionFacet { name: "Size".to_owned(), values: vec![value("S", 2), value("XL", 2)] }]);
    assert_eq!((facets.categories, facets.in_stock), (vec![value("lamps", 2)], 1));
    assert_eq!(facets.ratings.iter().map(|rating| rating.count).collect::<Vec<_>>(), [0, 2, 2, 2, 2]);
    // The XL ones cost 15 and 35.
    let prices: Vec<_> = facets.prices.iter().map(|range| (range.from, range.to, range.count)).collect();
    assert_eq!(prices, [(10, Some(25), 1), (25, Some(50), 1)]);
    let found = database.count_facets(&filter("q=sofa&price_max=20&in_stock=true")).await.unwrap();
    assert_eq!(found.brands, [value("Acme", 1)]);
    assert_eq!(database.count_facets(&filter("q=lorry")).await.unwrap().brands, []);
}

#[tokio::test]
async fn the_last_word_may_be_a_beginning() {
    let database = shop().await;
    assert_eq!(listed(&database, "q=flo*").await, ["floor"]);
    assert_eq!(listed(&database, "q=acme+so*").await, ["sofa", "floor"]);
    for nothing in ["q=%27*", "q=xy%5C%27*", "q=*"] {
        assert_eq!(listed(&database, nothing).await, Vec::<String>::new(), "{nothing}");
    }
}
