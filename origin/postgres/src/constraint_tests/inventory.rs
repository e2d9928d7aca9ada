//! Changes of stock, and thresholds.

use crate::testing::{assert_refused, database};

const VARIANT: &str = "
    insert into categories (slug, name) values ('things', 'Things');
    insert into products (id, handle, name, category_id, price, currency, created_at, updated_at)
        select gen_random_uuid(), 'lamp', 'Lamp', id, 1, 'USD', now(), now() from categories;
    insert into variants (id, product_id, position, price, currency) select gen_random_uuid(), id, 0, 1, 'USD' from products;";

fn adjustment(columns: &str, values: &str) -> String {
    format!(
        "insert into stock_adjustments (id, variant_id, created_at, updated_at, {columns})
        select gen_random_uuid(), id, now(), now(), {values} from variants"
    )
}

#[tokio::test]
async fn a_change_of_stock_changes_something_and_ends_for_a_reason() {
    let client = database().await.client().await.unwrap();
    client.batch_execute(VARIANT).await.unwrap();
    let columns = "kind, quantity, sets_threshold, state, refusal";
    let of = |values: &str| adjustment(columns, values);
    let named = "kind, quantity, sets_threshold, state, request";
    let request = adjustment(named, "'receipt', 1, false, 'OPEN', sha256('a')");
    client.batch_execute(&of("'receipt', 1, false, 'OPEN', null")).await.unwrap();
    client.batch_execute(&of("'correction', null, true, 'DONE', null")).await.unwrap();
    client.batch_execute(&request).await.unwrap();
    assert_refused(
        &client,
        &[
            ("stock_adjustments_kind_known", &of("'sale', -1, false, 'OPEN', null")),
            ("stock_adjustments_quantity_sign", &of("'correction', 0, false, 'OPEN', null")),
            ("stock_adjustments_quantity_sign", &of("'receipt', -1, false, 'OPEN', null")),
            ("stock_adjustments_changes_something", &of("'correction', null, false, 'OPEN', null")),
            ("stock_adjustments_state_known", &of("'receipt', 1, false, 'HALF', null")),
            ("stock_adjustments_refused_for_a_reason", &of("'receipt', 1, false, 'REFUSED', null")),
            ("stock_adjustments_refused_for_a_reason", &of("'receipt', 1, false, 'DONE', 'too_few'")),
            ("stock_adjustments_refusal_known", &of("'receipt', 1, false, 'REFUSED', 'mood'")),
            ("stock_adjustments_request_length", &adjustment(named, "'receipt', 1, false, 'OPEN', 'a'::bytea")),
            ("stock_adjustments_request_once", &request),
            ("stock_adjustments_variant_exists", "update stock_adjustments set variant_id = gen_random_uuid()"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_variant_is_low_only_by_a_threshold() {
    let client = database().await.client().await.unwrap();
    client.batch_execute(VARIANT).await.unwrap();
    assert_refused(
        &client,
        &[
            ("variants_low_stock_of_threshold", "update variants set low_stock = true"),
            ("variants_low_stock_threshold_range", "update variants set low_stock_threshold = -1"),
            ("variants_low_stock_threshold_range", "update variants set low_stock_threshold = 1000001"),
        ],
    )
    .await;
}
