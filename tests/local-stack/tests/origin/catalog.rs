//! `GET /products`, `GET /products/{id}`, `GET /categories`.

use serde_json::Value;

use crate::shop::{Call, stack};

fn column(body: &Value, name: &str) -> Vec<Value> {
    body["data"].as_array().unwrap().iter().map(|product| product[name].clone()).collect()
}

#[tokio::test]
async fn pages_of_a_list_make_up_the_list() {
    let whole = Call::get("/v1/products?limit=100&sort=name").send().await;
    let total = whole.body["pagination"]["total"].as_u64().unwrap();
    assert!(total >= 60, "{total}");
    let first = Call::get("/v1/products?limit=20&sort=name").send().await;
    let second = Call::get("/v1/products?limit=20&sort=name&page=2").send().await;
    let paged = [column(&first.body, "name"), column(&second.body, "name")].concat();
    assert!(column(&whole.body, "name").starts_with(&paged));
    assert_eq!(first.body["pagination"]["totalPages"], total.div_ceil(20));
    let beyond = Call::get("/v1/products?page=9999").send().await;
    assert_eq!((beyond.status, column(&beyond.body, "id").len()), (200, 0));
}

#[tokio::test]
async fn a_list_follows_its_sort() {
    for (sort, member, ascending) in
        [("price_asc", "price", true), ("price_desc", "price", false), ("rating", "rating", false)]
    {
        let list = Call::get(format!("/v1/products?limit=100&sort={sort}")).send().await;
        let numbers: Vec<f64> = column(&list.body, member).iter().map(|number| number.as_f64().unwrap()).collect();
        let sorted = numbers.windows(2).all(|pair| if ascending { pair[0] <= pair[1] } else { pair[0] >= pair[1] });
        assert!(sorted && numbers.len() > 50, "{sort}: {numbers:?}");
    }
}

#[tokio::test]
async fn categories_count_what_their_lists_hold() {
    let categories = Call::get("/v1/categories").send().await;
    let mut tops = 0;
    for category in categories.body["data"].as_array().unwrap() {
        let slug = category["slug"].as_str().unwrap();
        assert_eq!(category["id"], format!("cat_{slug}"));
        if category["parentId"].is_null() {
            tops += 1;
            let list = Call::get(format!("/v1/products?category={slug}&limit=1")).send().await;
            // Other tests add products meanwhile.
            assert!(list.body["pagination"]["total"].as_u64() >= category["productCount"].as_u64(), "{slug}");
        }
    }
    assert!(tops > 1);
}

#[tokio::test]
async fn a_product_is_found_by_its_id_and_by_a_variants() {
    let product =
        stack().products(100).await.into_iter().find(|p| p["variants"].as_array().unwrap().len() > 1).unwrap();
    let (id, variant) = (product["id"].as_str().unwrap(), product["variants"][1]["id"].as_str().unwrap());
    let by_id = Call::get(format!("/v1/products/{id}")).send().await;
    let by_variant = Call::get(format!("/v1/products/{variant}")).send().await;
    assert_eq!((by_id.status, &by_id.body), (200, &product));
    assert_eq!(by_variant.body, product);
    assert_eq!(by_id.header("etag"), format!("\"{}\"", product["version"]));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    for (query, field) in [
        ("page=0", "page"),
        ("limit=101", "limit"),
        ("category=A%20b", "category"),
        ("sort=cheap", "sort"),
        ("colour=red", "colour"),
        ("page=1&page=2", "page"),
    ] {
        let answer = Call::get(format!("/v1/products?{query}")).send().await;
        assert_eq!((answer.status, answer.fields()), (400, vec![field]), "{query}");
    }
    for id in ["prod_123", "prod_01h4vjdvzefw18zfwz5dxw5y8g", "order_01h4vjdvzefw18zfwz5dxw5y8g", "1'--", "%00"] {
        let answer = Call::get(format!("/v1/products/{id}")).send().await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{id}");
    }
    assert_eq!(Call::get("/v1/products?category=nowhere").send().await.body["pagination"]["total"], 0);
}
