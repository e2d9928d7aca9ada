//! Walking through one's orders while more are placed.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::shop::{Item, Shop};

/// Ada's orders, a second apart, oldest first.
async fn placed(shop: &Shop, item: &Item, count: usize) -> Vec<String> {
    let mut orders = Vec::new();
    for _ in 0..count {
        shop.clock.advance(SignedDuration::from_secs(1));
        orders.push(shop.order("ada", &[(item, 1)]).await.unwrap());
    }
    orders
}

async fn listed(shop: &Shop, query: &str) -> Value {
    let answer = shop.shopper("ada").get(&format!("/v1/orders?{query}")).await;
    assert_eq!(answer.status, 200, "{query} {answer:?}");
    answer.json()
}

fn ids(body: &Value) -> Vec<String> {
    body["data"].as_array().unwrap().iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect()
}

fn newest_first(orders: &[String]) -> Vec<String> {
    orders.iter().rev().cloned().collect()
}

/// The ids from the first page on, by cursors, two at a time. `meanwhile` is done before each part but the first.
async fn walk(shop: &Shop, first: &str, mut meanwhile: impl AsyncFnMut()) -> Vec<String> {
    let mut body = listed(shop, first).await;
    let mut found = ids(&body);
    while let Some(cursor) = body["pagination"]["nextCursor"].as_str().map(str::to_owned) {
        meanwhile().await;
        body = listed(shop, &format!("cursor={cursor}&{first}")).await;
        assert!(!ids(&body).is_empty(), "a cursor leads to something");
        assert_eq!(body["pagination"].get("page"), None);
        found.extend(ids(&body));
    }
    found
}

#[tokio::test]
async fn a_walk_by_cursors_sees_each_order_once_however_many_are_placed_meanwhile() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 100).await;
    let before = placed(&shop, &item, 5).await;
    let foreign = shop.order("bob", &[(&item, 1)]).await.unwrap();
    let found = walk(&shop, "limit=2", async || drop(placed(&shop, &item, 3).await)).await;
    assert_eq!(found, newest_first(&before));
    assert!(!found.contains(&foreign));
    // By pages, what is placed meanwhile pushes orders onto the next page, where they are seen again.
    let first = listed(&shop, "limit=2").await;
    placed(&shop, &item, 1).await;
    let second = listed(&shop, "limit=2&page=2").await;
    assert_eq!(ids(&first)[1], ids(&second)[0]);
}

#[tokio::test]
async fn orders_of_one_moment_are_told_apart() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 100).await;
    let mut orders = placed(&shop, &item, 6).await;
    shop.run("update orders set created_at = '2024-01-21T12:00:00.123456Z'", &[]).await;
    orders.sort();
    assert_eq!(walk(&shop, "limit=2", async || {}).await, newest_first(&orders));
}

#[tokio::test]
async fn the_last_part_has_no_cursor_and_pages_count_the_whole_list() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 100).await;
    let orders = placed(&shop, &item, 4).await;
    let first = listed(&shop, "limit=2").await;
    assert_eq!((first["pagination"]["page"].as_u64(), first["pagination"]["total"].as_u64()), (Some(1), Some(4)));
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let second = listed(&shop, &format!("limit=2&cursor={cursor}")).await;
    assert_eq!(ids(&second), newest_first(&orders[..2]));
    let said = &second["pagination"];
    assert_eq!(said, &json!({"limit": 2, "nextCursor": null}));
    assert_eq!(listed(&shop, "limit=4").await["pagination"]["nextCursor"], Value::Null);
    assert_eq!(listed(&shop, "limit=2&page=2").await["pagination"]["nextCursor"], Value::Null);
    assert_eq!(listed(&shop, "limit=3&page=2").await["pagination"]["total"], 4);
    let past = listed(&shop, "limit=2&page=9").await;
    assert_eq!((ids(&past), past["pagination"]["total"].as_u64()), (vec![], Some(4)));
    // Behind the oldest order there is nothing.
    let after_all = listed(&shop, "limit=3").await["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    let oldest = orders[0].parse::<commerce_domain::OrderId>().unwrap().as_uuid();
    shop.run("update orders set status = 'FAILED' where id = $1", &[&oldest]).await;
    let nothing = listed(&shop, &format!("limit=2&status=PENDING&cursor={after_all}")).await;
    assert_eq!((ids(&nothing), &nothing["pagination"]["nextCursor"]), (vec![], &Value::Null));
    assert_eq!(listed(&shop, "limit=1&status=PENDING").await["pagination"]["total"], 3);
}

#[tokio::test]
async fn a_cursor_shows_nobody_the_orders_of_another() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 100).await;
    placed(&shop, &item, 3).await;
    let cursor = listed(&shop, "limit=1").await["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    let bobs = shop.shopper("bob").get(&format!("/v1/orders?cursor={cursor}")).await;
    assert_eq!((bobs.status.as_u16(), bobs.json()["data"].as_array().map(Vec::len)), (200, Some(0)));
    let both = shop.shopper("ada").get(&format!("/v1/orders?cursor={cursor}&page=1")).await;
    assert_eq!((both.status.as_u16(), both.fields()), (400, vec!["cursor".to_owned()]));
}

#[tokio::test]
async fn the_shop_lists_everybodys_orders_and_finds_one_by_its_number() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 100).await;
    let mut orders = placed(&shop, &item, 3).await;
    shop.clock.advance(SignedDuration::from_secs(1));
    orders.push(shop.order("bob", &[(&item, 1)]).await.unwrap());
    let admin = shop.admin();
    let all = admin.get("/v1/orders?scope=shop&limit=3&status=PENDING").await.json();
    assert_eq!((ids(&all), all["pagination"]["total"].as_u64()), (newest_first(&orders[1..]), Some(4)));
    let cursor = all["pagination"]["nextCursor"].as_str().unwrap();
    let rest = admin.get(&format!("/v1/orders?scope=shop&status=PENDING&cursor={cursor}")).await.json();
    assert_eq!(ids(&rest), orders[..1]);
    let own = admin.get("/v1/orders?scope=own").await.json();
    assert_eq!((ids(&own), ids(&admin.get("/v1/orders").await.json())), (vec![], vec![]));

    let number = all["data"][0]["orderNumber"].as_str().unwrap();
    let said = number.to_lowercase().replace('-', "%20");
    let found = admin.get(&format!("/v1/orders?scope=shop&number={said}")).await.json();
    assert_eq!((ids(&found), found["pagination"]["total"].as_u64()), (vec![orders[3].clone()], Some(1)));
    assert_eq!(ids(&listed(&shop, &format!("number={number}")).await), Vec::<String>::new(), "it is bob's");

    let refused = shop.shopper("ada").get("/v1/orders?scope=shop").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "FORBIDDEN".to_owned()));
    for (query, field) in [("scope=all", "scope"), ("number=123", "number")] {
        let refused = admin.get(&format!("/v1/orders?{query}")).await;
        assert_eq!((refused.status.as_u16(), refused.fields()), (400, vec![field.to_owned()]), "{query}");
    }
}
