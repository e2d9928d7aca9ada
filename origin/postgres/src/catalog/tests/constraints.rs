//! What the catalog's tables refuse, whatever the code above them does.

use deadpool_postgres::Object;

use super::*;
use crate::testing::assert_refused;

/// A product of two variants with an image, another product, and what their stock came from.
async fn with_products() -> Object {
    let database = testing::database().await;
    let first = entry("shirt", "Home", vec![variant("M", 1050, 3), variant("L", 999, 4)]);
    let second = entry("lamp", "Home", vec![variant("", 100, 1)]);
    database.import_entries(&[place(first), place(second)], at(0)).await.unwrap();
    let client = database.client().await.unwrap();
    let image = "insert into product_images (product_id, position, url) select id, 0, '/a' from products where handle = 'shirt'";
    client.batch_execute(image).await.unwrap();
    client
}

#[tokio::test]
async fn nothing_belongs_to_what_is_not_there() {
    let client = with_products().await;
    assert_refused(
        &client,
        &[
            ("categories_parent_exists", "update categories set parent_id = gen_random_uuid()"),
            ("products_category_exists", "update products set category_id = gen_random_uuid()"),
            ("products_category_exists", "delete from categories"),
            ("variants_product_exists", "update variants set product_id = gen_random_uuid()"),
            ("product_images_product_exists", "update product_images set product_id = gen_random_uuid()"),
            (
                "stock_ledger_variant_exists",
                "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
                values (gen_random_uuid(), 'receipt', 1, 'a', now())",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_names_a_thing_names_one_thing() {
    let copy = |changed: &str| {
        format!(
            "insert into products overriding system value
                select (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), {changed}))).*
                from products p where handle = 'lamp'"
        )
    };
    let client = with_products().await;
    assert_refused(
        &client,
        &[
            ("categories_slug_unique", "insert into categories (slug, name) values ('home', 'Home')"),
            ("products_handle_unique", &copy("'seq', 1000")),
            ("products_seq_unique", &copy("'handle', 'another'")),
            ("variants_options_distinct", "update variants set options = '[[\"Size\", \"XL\"]]'"),
            (
                "stock_ledger_cause_once",
                "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
                select variant_id, kind, quantity, reference, now() from stock_ledger",
            ),
        ],
    )
    .await;
    let client = with_products().await;
    client.batch_execute("update products set deleted_at = now()").await.unwrap();
    client.batch_execute(&copy("'seq', 1000, 'deleted_at', null")).await.expect("a deleted product frees its handle");
}

#[tokio::test]
async fn texts_have_lengths_and_forms() {
    let client = with_products().await;
    assert_refused(
        &client,
        &[
            ("categories_name_length", "update categories set name = ''"),
            ("categories_slug_form", "update categories set slug = 'Home'"),
            ("products_handle_length", "update products set handle = ''"),
            ("products_name_length", "update products set name = ''"),
            ("products_description_length", "update products set description = repeat('x', 100001)"),
            ("products_brand_length", "update products set brand = ''"),
            ("products_image_url_length", "update products set image_url = repeat('x', 2049)"),
            ("products_currency_form", "update products set currency = 'usd'"),
            ("products_tag_count", "update products set tags = array_fill('x'::text, array[251])"),
            ("products_specifications_object", "update products set specifications = '[]'"),
            ("products_extra_object", "update products set extra = '[]'"),
            ("variants_sku_length", "update variants set sku = ''"),
            ("variants_options_array", "update variants set options = '{}'"),
            ("variants_currency_form", "update variants set currency = 'usd'"),
            ("variants_extra_object", "update variants set extra = '[]'"),
            ("product_images_url_length", "update product_images set url = ''"),
            ("product_images_extra_object", "update product_images set extra = '[]'"),
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers_have_bounds() {
    let movement = |kind: &str, quantity: i64, reference: &str| {
        format!(
            "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
                select id, '{kind}', {quantity}, '{reference}', now() from variants"
        )
    };
    let client = with_products().await;
    assert_refused(
        &client,
        &[
            ("categories_parent_other", "update categories set parent_id = id"),
            ("products_price_not_negative", "update products set price = -0.01"),
            ("products_rating_range", "update products set rating = 5.01"),
            ("products_review_count_not_negative", "update products set review_count = -1"),
            ("products_version_positive", "update products set version = 0"),
            ("variants_position_not_negative", "update variants set position = -1"),
            ("variants_price_not_negative", "update variants set price = -0.01"),
            ("variants_weight_not_negative", "update variants set weight_grams = -1"),
            ("variants_backorder_limit_range", "update variants set backorder_limit = 1000001"),
            ("product_images_position_not_negative", "update product_images set position = -1"),
            ("stock_ledger_kind_known", &movement("theft", 1, "a")),
            ("stock_ledger_quantity_sign", &movement("sale", 1, "a")),
            ("stock_ledger_quantity_sign", &movement("receipt", -1, "a")),
            ("stock_ledger_quantity_sign", &movement("correction", 0, "a")),
            ("stock_ledger_reference_length", &movement("receipt", 1, "")),
        ],
    )
    .await;
}
