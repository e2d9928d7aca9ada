//! What the database refuses of shipments.

use super::with_orders;
use crate::testing::assert_refused;

const SHIPMENT: &str = "update orders set status = 'PROCESSING' where id = pg_temp.id(12);
    insert into shipments (id, order_id, cause, state, created_at, updated_at)
        values (pg_temp.id(70), pg_temp.id(12), 'request', 'PENDING', now(), now());
    insert into shipment_items (shipment_id, order_id, variant_id, quantity)
        values (pg_temp.id(70), pg_temp.id(12), pg_temp.id(31), 1);";

#[tokio::test]
async fn a_shipment_has_one_cause_and_is_what_it_says() {
    let client = with_orders().await;
    client.batch_execute(SHIPMENT).await.unwrap();
    let copy = |members: &str| {
        format!(
            "insert into shipments select (jsonb_populate_record(s, jsonb_build_object('id', pg_temp.id(71), {members}))).*
                from shipments s"
        )
    };
    assert_refused(
        &client,
        &[
            ("shipments_cause_once", &copy("'state', 'PENDING'")),
            ("shipments_order_processing", &copy("'cause', 'another', 'order_id', pg_temp.id(13)")),
            ("shipments_order_processing", &copy("'cause', 'another', 'order_id', pg_temp.id(99)")),
            ("shipments_order_exists", "delete from shipment_items; update shipments set order_id = pg_temp.id(99)"),
            ("shipments_cause_length", "update shipments set cause = ''"),
            ("shipments_cause_length", "update shipments set cause = repeat('c', 101)"),
            ("shipments_state_known", "update shipments set state = 'LOST'"),
            ("shipments_carrier_length", "update shipments set carrier = ''"),
            ("shipments_tracker_length", "update shipments set tracker_id = ''"),
            ("shipments_url_length", "update shipments set tracking_url = ''"),
            ("shipments_number_once_left", "update shipments set state = 'SHIPPED', shipped_at = now()"),
            ("shipments_number_once_left", "update shipments set tracking_number = '1Z', shipped_at = now()"),
            ("shipments_arrival_dated", "update shipments set delivered_at = now()"),
            ("shipments_called_off_later", "update shipments set called_off_at = created_at - interval '1 second'"),
            ("shipments_failure_told", "update shipments set state = 'CANCELLED'"),
            ("shipments_failure_told", "update shipments set failure_code = 'lost'"),
            ("shipments_failure_length", "update shipments set state = 'CANCELLED', failure_code = ''"),
        ],
    )
    .await;
}

#[tokio::test]
async fn no_more_leaves_than_was_ordered_and_what_leaves_is_not_called_off() {
    let client = with_orders().await;
    client.batch_execute(SHIPMENT).await.unwrap();
    let another = "insert into shipments (id, order_id, cause, state, created_at, updated_at)
        values (pg_temp.id(71), pg_temp.id(12), 'another', 'PENDING', now(), now())";
    client.batch_execute(another).await.unwrap();
    let item = |variant: u32, quantity: u32| {
        format!(
            "insert into shipment_items (shipment_id, order_id, variant_id, quantity)
                values (pg_temp.id(71), pg_temp.id(12), pg_temp.id({variant}), {quantity})"
        )
    };
    let elsewhere = "insert into shipment_items (shipment_id, order_id, variant_id, quantity)
        values (pg_temp.id(71), pg_temp.id(13), pg_temp.id(31), 1)";
    assert_refused(
        &client,
        &[
            ("shipment_items_within_order", &item(31, 2)),
            ("shipment_items_within_order", "update shipment_items set quantity = 3"),
            (
                "shipment_items_within_order",
                "update order_items set withdrawn = 1 where variant_id = pg_temp.id(31); update shipment_items set quantity = 2",
            ),
            ("shipment_items_quantity_range", &item(31, 0)),
            ("shipment_items_quantity_range", &item(31, 1000)),
            ("shipment_items_line_exists", &item(30, 1)),
            ("shipment_items_shipment_exists", elsewhere),
            ("orders_not_cancelled_once_leaving", "update orders set status = 'CANCELLED' where id = pg_temp.id(12)"),
        ],
    )
    .await;
    client
        .batch_execute("update shipments set state = 'CANCELLED', failure_code = 'too_heavy' where id = pg_temp.id(70)")
        .await
        .unwrap();
    client.batch_execute(&item(31, 2)).await.unwrap();
    let revived = "update shipments set state = 'PENDING', failure_code = null where id = pg_temp.id(70)";
    assert_refused(&client, &[("shipments_cancelled_for_good", revived)]).await;
    let refuse_all = "update shipments set state = 'CANCELLED', failure_code = 'too_heavy' where state = 'PENDING';
        update orders set status = 'CANCELLED' where id = pg_temp.id(12)";
    client.batch_execute(refuse_all).await.unwrap();
}
