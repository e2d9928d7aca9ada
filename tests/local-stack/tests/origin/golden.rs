//! The bodies of the published API, kept as files. `UPDATE_GOLDEN=1` writes them anew.

use std::{fs, path::PathBuf};

use http::Method;
use serde_json::{Value, json};

use crate::shop::Call;

/// Compares a body with its file, after ids and times were made the same.
fn assert_golden(name: &str, body: &Value) {
    let mut body = body.clone();
    mask(&mut body);
    let text = format!("{}\n", serde_json::to_string_pretty(&body).unwrap());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, expected, "{name}");
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member.as_str()) {
                    ("id", Some(id)) => *member = json!(format!("{}_…", id.split('_').next().unwrap_or_default())),
                    ("createdAt" | "updatedAt", Some(time)) => {
                        assert!(time.ends_with('Z'), "{time} should be UTC");
                        *member = json!("<time>");
                    }
                    _ => mask(member),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        _ => {}
    }
}

/// Every member that the published body has is in ours, with the same value; ours may have more.
fn assert_covers(ours: &Value, published: &Value) {
    match (ours, published) {
        (Value::Object(ours), Value::Object(published)) => {
            for (name, value) in published {
                assert_covers(ours.get(name).unwrap_or_else(|| panic!("{name} is missing")), value);
            }
        }
        (ours, Value::String(text)) if text == "<any>" => assert!(ours.is_string(), "{ours}"),
        (ours, published) => assert_eq!(ours, published),
    }
}

fn headphones() -> Value {
    json!({
        "name": "Wireless Headphones",
        "description": "High-quality wireless headphones with noise cancellation",
        "price": 99.99,
        "currency": "USD",
        "categoryId": "cat_golden",
        "images": ["https://cdn.cloudcommerce.com/products/123-1.jpg", "https://cdn.cloudcommerce.com/products/123-2.jpg"],
        "specifications": {"battery": "30 hours", "connectivity": "Bluetooth 5.0", "weight": "250g"},
        "stock": 45
    })
}

/// A category of its own, so that nobody else's products are in its list.
async fn make_headphones() -> String {
    use origin_core::catalog::{CarryCatalog, CategoryEntry};
    let database = crate::shop::stack().database();
    let golden = CategoryEntry { slug: "golden".parse().unwrap(), name: "Golden".to_owned(), parent: None };
    database.import_categories(&[golden]).await.unwrap();
    let made = Call::new(Method::POST, "/v1/products").json(&headphones()).admin().send().await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    // Nobody reviews products yet.
    let client = database.client().await.unwrap();
    client
        .execute("update products set rating = 4.5, review_count = 128 where name = 'Wireless Headphones'", &[])
        .await
        .unwrap();
    id
}

#[tokio::test]
async fn a_list_and_a_product_have_the_published_bodies() {
    let id = make_headphones().await;
    let found = Call::get(format!("/v1/products/{id}")).send().await.body;
    let mut published = headphones();
    published["id"] = json!("<any>");
    published["category"] = json!("golden");
    published.as_object_mut().unwrap().remove("categoryId");
    published["rating"] = json!(4.5);
    published["reviewCount"] = json!(128);
    published["createdAt"] = json!("<any>");
    published["updatedAt"] = json!("<any>");
    assert_covers(&found, &published);
    assert_golden("get-product.json", &found);

    let list = Call::get("/v1/products?page=1&limit=20&category=golden&sort=price_asc").send().await.body;
    for member in ["images", "specifications", "createdAt", "updatedAt"] {
        published.as_object_mut().unwrap().remove(member);
    }
    published["imageUrl"] = json!("https://cdn.cloudcommerce.com/products/123-1.jpg");
    assert_covers(&list["data"][0], &published);
    assert_eq!(list["pagination"], json!({"page": 1, "limit": 20, "total": 1, "totalPages": 1}));
    assert_golden("list-products.json", &list);
}

#[tokio::test]
async fn a_new_product_has_the_published_body() {
    let body = json!({"name": "Smart Watch", "description": "Fitness tracking smartwatch", "price": 199.99,
        "categoryId": "cat_electronics", "stock": 100});
    let made = Call::new(Method::POST, "/v1/products").json(&body).admin().send().await.body;
    assert_covers(&made, &json!({"id": "<any>", "name": "Smart Watch", "createdAt": "<any>"}));
    assert!(made.get("imageUploadUrl").is_some());
    assert_golden("create-product.json", &made);
}

#[tokio::test]
async fn a_refused_product_has_the_published_body() {
    let body = json!({"name": "Smart Watch", "price": 0, "categoryId": "cat_electronics", "stock": 100});
    let refused = Call::new(Method::POST, "/v1/products").json(&body).admin().send().await.body;
    assert_eq!(refused["error"]["code"], "VALIDATION_ERROR");
    assert_golden("refused-product.json", &refused);
}
