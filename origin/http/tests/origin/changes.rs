//! What only administrators see of products: variants one by one, unpublished ones, and what a failing store leaves behind.

use commerce_domain::{Clock, OrderId, VariantId};
use http::Method;
use origin_core::{
    catalog::{CarryCatalog, CategoryEntry},
    inventory::{
        BackorderLimit, HeldLine, Hold, KeepLimits, ReadStock, ReserveOutcome, ReserveStock, SetLimits, settle_limits,
    },
};
use serde_json::{Value, json};
use test_support::{DynamoSwitches, SystemEntropy};

use crate::shop::{Answer, Shop};

fn shirt() -> Value {
    let variant = |size: &str| json!({"options": [{"name": "Size", "value": size}], "price": 20.00, "stock": 5});
    json!({"name": "Shirt", "categoryId": "cat_electronics", "variants": [variant("S"), variant("M")]})
}

/// A shop that sells electronics.
async fn open() -> Shop {
    let shop = Shop::open().await;
    let category = CategoryEntry { slug: "electronics".parse().unwrap(), name: "Electronics".to_owned(), parent: None };
    shop.database.import_categories(&[category]).await.unwrap();
    shop
}

/// The id of a new shirt, and its variants'.
async fn made(shop: &Shop) -> (String, [VariantId; 2]) {
    let made = shop.admin().post("/v1/products", &shirt()).await;
    assert_eq!(made.status, 201, "{made:?}");
    (made.text("/id"), ["/variants/0/id", "/variants/1/id"].map(|place| made.text(place).parse().unwrap()))
}

async fn put(shop: &Shop, id: &str, body: &Value) -> Answer {
    shop.admin().send(Method::PUT, &format!("/v1/products/{id}"), &body.to_string()).await
}

async fn get(shop: &Shop, id: &str) -> Answer {
    shop.shopper("ada").get(&format!("/v1/products/{id}")).await
}

fn fields(answer: &Answer) -> Vec<String> {
    let details = answer.json()["error"]["details"].as_array().cloned().unwrap_or_default();
    details.iter().filter_map(|detail| detail["field"].as_str().map(str::to_owned)).collect()
}

/// What the database and the counter say of the limit.
async fn limits(shop: &Shop, variant: VariantId) -> (u32, i64) {
    let said = shop.database.load_limits(&[variant]).await.unwrap().remove(0).limit;
    (said, shop.stock.read_stock(&[variant]).await.unwrap().remove(0).backorder_limit)
}

async fn sell(shop: &Shop, variant_id: VariantId, quantity: u32) -> ReserveOutcome {
    let hold = Hold {
        order_id: OrderId::generate(&shop.clock, &SystemEntropy),
        lines: vec![HeldLine { variant_id, quantity }],
        created_at: shop.clock.now(),
        expires_at: shop.clock.now(),
    };
    shop.stock.reserve(&hold).await.unwrap()
}

#[tokio::test]
async fn one_variant_changes_and_its_limit_reaches_the_counter() {
    let shop = open().await;
    let (id, [small, medium]) = made(&shop).await;
    let change = json!({"id": medium, "price": 15.5, "sku": " S-M ", "weightGrams": 200, "backorderLimit": 3});
    let changed = put(&shop, &id, &json!({"variants": [change]})).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some("\"2\"")), "{changed:?}");
    assert_eq!(changed.body, get(&shop, &id).await.body);
    let body = changed.json();
    assert_eq!(
        (body["price"].to_string().as_str(), body["variants"][0]["price"].to_string().as_str()),
        ("15.50", "20.00")
    );
    let variant = &body["variants"][1];
    assert_eq!([&variant["sku"], &variant["weightGrams"], &variant["stock"]], [&json!("S-M"), &json!(200), &json!(5)]);
    assert_eq!((limits(&shop, small).await, limits(&shop, medium).await), ((0, 0), (3, 3)));
    assert_eq!(sell(&shop, medium, 8).await, ReserveOutcome::Held);
    assert!(matches!(sell(&shop, medium, 1).await, ReserveOutcome::SoldOut(_)));
    let counted = shop.admin().get(&format!("/v1/inventory/{medium}")).await.json();
    assert_eq!([&counted["backorderLimit"], &counted["available"]], [&json!(3), &json!(-3)]);
}

#[tokio::test]
async fn a_limit_below_what_is_sold_is_refused_and_nothing_changes() {
    let shop = open().await;
    let (id, [small, medium]) = made(&shop).await;
    put(&shop, &id, &json!({"variants": [{"id": medium, "backorderLimit": 3}]})).await;
    sell(&shop, medium, 8).await;
    let both = json!({"name": "Other", "variants": [
        {"id": small, "backorderLimit": 9, "price": 1.00},
        {"id": medium, "backorderLimit": 2},
    ]});
    let refused = put(&shop, &id, &both).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "CONFLICT"));
    assert_eq!(fields(&refused), ["variants[1].backorderLimit"]);
    assert_eq!((limits(&shop, small).await, limits(&shop, medium).await), ((0, 0), (3, 3)));
    let found = get(&shop, &id).await.json();
    assert_eq!([&found["name"], &found["version"]], [&json!("Shirt"), &json!(2)]);
}

#[tokio::test]
async fn a_change_that_comes_too_late_leaves_the_limit_alone() {
    let shop = open().await;
    let (id, [small, _]) = made(&shop).await;
    let body = json!({"categoryId": "cat_nowhere", "variants": [{"id": small, "backorderLimit": 9}]});
    assert_eq!(fields(&put(&shop, &id, &body).await), ["categoryId"]);
    assert_eq!(limits(&shop, small).await, (0, 0));
}

#[tokio::test]
async fn a_change_that_names_a_wrong_variant_says_which() {
    let shop = open().await;
    let (id, [small, medium]) = made(&shop).await;
    let (_, [foreign, _]) = made(&shop).await;
    for (body, expected) in [
        (json!([{"id": foreign}]), vec!["variants[0].id"]),
        (json!([{"id": small}, {"id": medium}, {"id": small}]), vec!["variants[2].id"]),
        (json!([{"id": "x"}]), vec!["variants[0].id"]),
        (json!([{"price": 1}]), vec!["variants[0].id"]),
        (json!([{"id": small, "stock": 4}]), vec!["variants[0].stock"]),
        (
            json!([{"id": small, "price": 0, "sku": " ", "weightGrams": 10_000_001, "backorderLimit": 1_000_001}]),
            vec!["variants[0].price", "variants[0].sku", "variants[0].weightGrams", "variants[0].backorderLimit"],
        ),
        (json!(vec![json!({"id": small}); 101]), vec!["variants"]),
    ] {
        let refused = put(&shop, &id, &json!({"variants": body})).await;
        assert_eq!(
            (refused.status.as_u16(), fields(&refused)),
            (400, expected.iter().map(|f| (*f).to_owned()).collect()),
            "{body}"
        );
    }
    let twice = put(&shop, &id, &json!({"price": 1.00, "variants": [{"id": small, "price": 1.00}]})).await;
    assert_eq!((twice.status.as_u16(), fields(&twice)), (400, vec!["price".to_owned()]));
    assert_eq!(put(&shop, &id, &json!({"variants": []})).await.status, 200);
}

#[tokio::test]
async fn a_product_that_no_file_could_carry_is_refused() {
    let shop = open().await;
    let option =
        |name: &str, number: u32| json!({"name": name.repeat(250), "value": format!("{number}{}", name.repeat(250))});
    let variant = |number: u32| json!({"options": [option("é", number), option("è", number)], "price": 1});
    let variants: Vec<Value> = (0..100).map(variant).collect();
    let made = json!({"name": "Shirt", "categoryId": "cat_electronics", "variants": variants});
    let id = shop.admin().post("/v1/products", &made).await.text("/id");
    let specifications = |letter: &str| -> Value {
        (0..100)
            .map(|key| (format!("{key}{}", letter.repeat(200)), json!(letter.repeat(1000))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    // Each field is within its own limit, and each request within that of bodies.
    let tags: Vec<String> = (0..250).map(|tag| format!("{tag:03}{}", "é".repeat(250))).collect();
    let images: Vec<String> = (0..120).map(|image| format!("https://a.example/{image}/{}", "x".repeat(2000))).collect();
    let bodies = [
        json!({"description": "\u{1}".repeat(42_000)}),
        json!({"specifications": specifications("é")}),
        json!({"tags": tags}),
        json!({"images": images}),
    ];
    let mut refused = Vec::new();
    for body in bodies {
        assert!(body.to_string().len() < 256 * 1024, "{}", body.to_string().len());
        let answer = put(&shop, &id, &body).await;
        refused.push((answer.status.as_u16(), fields(&answer)));
    }
    let fits = (200, Vec::new());
    assert_eq!(refused, [fits.clone(), fits.clone(), fits, (400, vec!["body".to_owned()])]);
}

#[tokio::test]
async fn what_shoppers_do_not_see_is_still_its_administrators() {
    let shop = open().await;
    let (id, _) = made(&shop).await;
    let hidden = put(&shop, &id, &json!({"published": false})).await;
    assert_eq!((hidden.status.as_u16(), &hidden.json()["version"]), (200, &json!(2)));
    assert_eq!(get(&shop, &id).await.status, 404);
    assert_eq!(put(&shop, &id, &json!({"name": "Hidden shirt"})).await.text("/name"), "Hidden shirt");
    assert_eq!(get(&shop, &id).await.status, 404);
    assert_eq!(put(&shop, &id, &json!({"published": true})).await.status, 200);
    assert_eq!(get(&shop, &id).await.text("/name"), "Hidden shirt");
    put(&shop, &id, &json!({"published": false})).await;
    let path = format!("/v1/products/{id}");
    assert_eq!(shop.admin().send(Method::DELETE, &path, "").await.status, 204);
    assert_eq!(put(&shop, &id, &json!({"published": true})).await.status, 404);
}

#[tokio::test]
async fn of_limits_changed_at_once_counter_and_database_keep_the_same() {
    let shop = open().await;
    let (id, [small, _]) = made(&shop).await;
    for round in 0..10 {
        // Every other change names a version, and so may come too late.
        let version = get(&shop, &id).await.json()["version"].to_string();
        let late = shop.admin().with("if-match", &format!("\"{version}\""));
        let callers = [shop.admin(), late.clone(), shop.admin(), late];
        let changes = callers.iter().zip(1..).map(|(caller, number)| {
            let body = json!({"variants": [{"id": small, "backorderLimit": 10 * round + number}]}).to_string();
            let path = format!("/v1/products/{id}");
            async move { caller.send(Method::PUT, &path, &body).await.status.as_u16() }
        });
        let answers = futures_util::future::join_all(changes).await;
        assert!(answers.iter().all(|status| matches!(status, 200 | 412 | 503)), "{answers:?}");
        assert!(answers.contains(&200), "{answers:?}");
        let (said, counted) = limits(&shop, small).await;
        assert_eq!(i64::from(said), counted);
    }
}

#[tokio::test]
async fn a_limit_that_a_crash_left_on_the_counter_alone_is_settled() {
    let shop = open().await;
    let (id, [small, _]) = made(&shop).await;
    let seven = [BackorderLimit { variant_id: small, limit: 7 }];
    shop.stock.set_limits(&seven).await.unwrap();
    assert_eq!(limits(&shop, small).await, (0, 7));
    settle_limits(&shop.database, &shop.stock, &[small]).await.unwrap();
    assert_eq!(limits(&shop, small).await, (0, 0));
    // Where the counter cannot follow, the database does.
    shop.stock.set_limits(&seven).await.unwrap();
    assert_eq!(sell(&shop, small, 6).await, ReserveOutcome::Held);
    settle_limits(&shop.database, &shop.stock, &[small]).await.unwrap();
    assert_eq!(limits(&shop, small).await, (7, 7));
    assert_eq!(put(&shop, &id, &json!({"variants": [{"id": small, "backorderLimit": 1}]})).await.status, 200);
    assert_eq!(limits(&shop, small).await, (1, 1));
}

#[tokio::test]
async fn a_product_whose_stock_cannot_be_counted_is_not_in_the_shop() {
    let shop = open().await;
    let lamp = json!({"name": "Lamp", "categoryId": "cat_electronics", "price": 5, "stock": 3});
    let only = vec!["PutItem".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches {
        internal_error: u32::MAX,
        only: only.clone(),
        ..DynamoSwitches::default()
    });
    let refused = shop.admin().post("/v1/products", &lamp).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, Some("1")));
    assert_eq!(shop.shopper("ada").get("/v1/products").await.json()["pagination"]["total"], 0);
    // A lost answer is no failure: the counter is there.
    shop.dynamo_faults.set(DynamoSwitches { lose_reply: 1, only, ..DynamoSwitches::default() });
    let made = shop.admin().post("/v1/products", &lamp).await;
    assert_eq!(made.status, 201, "{made:?}");
    let variant: VariantId = made.text("/variants/0/id").parse().unwrap();
    assert_eq!(shop.stock.read_stock(&[variant]).await.unwrap()[0].on_hand, 3);
    let client = shop.database.client().await.unwrap();
    let events = "select event from outbox where event like 'Product%' order by sequence, aggregate_id";
    let rows = client.query(events, &[]).await.unwrap();
    let events: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    // The one that was taken out again, and the one that is there.
    assert_eq!(events, ["ProductCreated", "ProductCreated", "ProductDeleted"]);
}
