use commerce_aws::dynamodb::{UpdateItem, number};
use origin_gateways::{CaptureMethod, SystemClock};

use super::*;
use crate::race::{CARD, Track, payment_body};

/// An order that is paid, and one that is not.
async fn shop() -> Track {
    let track = Track::open(CaptureMethod::Automatic).await.unwrap();
    let product = track.lab.product(&SystemClock, 1, 5).await.unwrap();
    for who in ["ada", "bob"] {
        track.lab.fill_cart(&SystemClock, who, &[(product.id, product.variants[0])]).await.unwrap();
        let order = track.order(who, None).await.unwrap();
        if who == "ada" {
            let paid = track.post(who, "/v1/payments", None, &payment_body(&order, CARD)).await.unwrap();
            assert_eq!(paid.text("status"), "succeeded", "{paid:?}");
        }
    }
    let mut left = Vec::new();
    track.come_to_rest(&mut left).await.unwrap();
    assert_eq!((broken(&track.lab).await.unwrap(), left), (Vec::new(), Vec::new()));
    track
}

async fn run(track: &Track, sql: &str) {
    track.lab.database.client().await.unwrap().batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn what_is_broken_in_the_database_is_seen() {
    let track = shop().await;
    for (sql, back, what) in [
        (
            "update orders set status = 'CANCELLED' where status = 'PROCESSING'",
            "update orders set status = 'PROCESSING' where status = 'CANCELLED'",
            "were kept",
        ),
        ("update variants set stock = stock + 1", "update variants set stock = stock - 1", "shown"),
        (
            "update outbox set published_at = null where sequence = 1",
            "update outbox set published_at = now()",
            "an event that is not published",
        ),
    ] {
        run(&track, sql).await;
        let found = broken(&track.lab).await.unwrap();
        assert!(found.iter().any(|found| found.contains(what)), "{sql}: {found:?}");
        run(&track, back).await;
        assert_eq!(broken(&track.lab).await.unwrap(), [""; 0], "{back}");
    }
    run(
        &track,
        "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
        select payment_id, order_id, kind, amount, currency, 'again', created_at from ledger_entries",
    )
    .await;
    let found = broken(&track.lab).await.unwrap();
    assert!(found.iter().any(|found| found.contains("the ledger says")), "{found:?}");
}

#[tokio::test]
async fn pieces_that_are_set_aside_for_nobody_are_seen() {
    let track = shop().await;
    let rows = rows(&track.lab, "select id from variants").await.unwrap();
    let variant = VariantId::from_uuid(rows[0].get(0)).unwrap();
    let update = UpdateItem {
        table_name: INVENTORY_TABLE.to_owned(),
        key: item([("pk", text(format!("stock#{variant}")))]),
        update_expression: "SET reserved = reserved + :one, sellable = sellable - :one".to_owned(),
        expression_attribute_values: [(":one".to_owned(), number(1))].into(),
        ..UpdateItem::default()
    };
    track.lab.dynamo.update_item(&update).await.unwrap();
    let found = broken(&track.lab).await.unwrap();
    assert!(found.iter().any(|found| found.contains("0 are held")), "{found:?}");
}

#[tokio::test]
async fn a_request_that_waits_for_nobody_was_in_no_race() {
    let track = Track::open(CaptureMethod::Automatic).await.unwrap();
    let product = track.lab.product(&SystemClock, 1, 5).await.unwrap();
    track.lab.fill_cart(&SystemClock, "ada", &[(product.id, product.variants[0])]).await.unwrap();
    let window = track.meeting.open(&[origin_core::hooks::HookPoint::BeforeHold], 0);
    assert_eq!(track.order("ada", None).await.unwrap().status, 201);
    assert!(!window.met());
}
