//! What the database refuses of returns.

use super::with_orders;
use crate::testing::assert_refused;

const RETURN: &str = "
    insert into refunds (id, payment_id, order_id, cause, reason, amount, currency, state, created_at, updated_at)
        values (pg_temp.id(60), pg_temp.id(40), pg_temp.id(12), 'return', 'returned', 11, 'USD', 'PENDING', now(), now());
    insert into returns (id, order_id, request, shipping, amount, currency, refund_id, restock_due, reason, created_at)
        values (pg_temp.id(70), pg_temp.id(12), pg_temp.hash(70), 5, 16, 'USD', pg_temp.id(60), true, 'Broken', now());
    insert into return_items (return_id, order_id, variant_id, quantity, restock, amount)
        values (pg_temp.id(70), pg_temp.id(12), pg_temp.id(31), 1, true, 11);
    update order_items set returned = 2 where variant_id = pg_temp.id(31);";

#[tokio::test]
async fn a_return_is_of_an_orders_lines_and_no_more_comes_back_than_was_ordered() {
    let client = with_orders().await;
    client.batch_execute(RETURN).await.unwrap();
    let copy = |members: &str| {
        format!(
            "insert into returns select (jsonb_populate_record(r, jsonb_build_object('id', pg_temp.id(71), {members}))).*
                from returns r"
        )
    };
    let other = "'request', pg_temp.hash(71)::text";
    assert_refused(
        &client,
        &[
            ("order_items_returned_range", "update order_items set returned = 3"),
            ("order_items_returned_range", "update order_items set returned = -1"),
            ("order_items_withdrawn_range", "update order_items set withdrawn = -1"),
            ("order_items_withdrawn_range", "update order_items set withdrawn = 1 where variant_id = pg_temp.id(31)"),
            ("returns_request_once", &copy("'refund_id', null, 'shipping', null")),
            ("returns_refund_once", &copy(&format!("{other}, 'shipping', null"))),
            ("returns_shipping_once", &copy(&format!("{other}, 'refund_id', null"))),
            ("returns_order_exists", &copy(&format!("{other}, 'refund_id', null, 'order_id', pg_temp.id(99)"))),
            ("returns_refund_exists", "update returns set refund_id = pg_temp.id(99)"),
            ("returns_request_length", "update returns set request = 'short'"),
            ("returns_shipping_range", "update returns set shipping = -1"),
            ("returns_shipping_range", "update returns set shipping = 17"),
            ("returns_amount_not_negative", "update returns set amount = -1, shipping = null"),
            ("returns_currency_form", "update returns set currency = 'usd'"),
            ("returns_reason_length", "update returns set reason = ''"),
            ("return_items_return_exists", "update return_items set return_id = pg_temp.id(99)"),
            ("return_items_line_exists", "update return_items set variant_id = pg_temp.id(99)"),
            ("return_items_quantity_range", "update return_items set quantity = 0"),
            ("return_items_amount_not_negative", "update return_items set amount = -1"),
        ],
    )
    .await;
    client.batch_execute("update returns set restock_due = false").await.unwrap();
}
