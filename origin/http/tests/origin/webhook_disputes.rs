//! Payments that the customer's bank calls back.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::shop::{Answer, Placed};

/// A paid order, and the provider's id of a dispute about it.
async fn disputed() -> (Placed, String) {
    let placed = Placed::new().await;
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.tell_provider("/test/disputes", &json!({"payment_intent": placed.intents()[0]}).to_string()).await;
    let id = placed.shop.provider.state()["disputes"][0]["id"].as_str().unwrap().to_owned();
    (placed, id)
}

async fn close(placed: &Placed, dispute: &str, status: &str) {
    placed.tell_provider(&format!("/test/disputes/{dispute}/close"), &json!({"status": status}).to_string()).await;
}

async fn tell(placed: &Placed, id: &str, kind: &str, dispute: &str) -> Answer {
    let object = json!({"id": dispute, "object": "dispute", "payment_intent": placed.intents()[0]});
    placed.shop.webhook(id, &format!("charge.dispute.{kind}"), &object).await
}

/// Kinds and amounts of the ledger, oldest first.
async fn ledger(placed: &Placed) -> Vec<(String, String)> {
    let client = placed.shop.database.client().await.unwrap();
    let rows = client.query("select kind, amount::text from ledger_entries order by id", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn entry(kind: &str, amount: &str) -> (String, String) {
    (kind.to_owned(), amount.to_owned())
}

#[tokio::test]
async fn a_dispute_takes_its_money_once_and_the_order_goes_on() {
    let (placed, dispute) = disputed().await;
    for (id, kind) in [("evt_1", "created"), ("evt_1", "created"), ("evt_2", "funds_withdrawn"), ("evt_3", "updated")] {
        assert_eq!(tell(&placed, id, kind, &dispute).await.status, 200, "{id}");
    }
    let taken = [entry("capture", "64.8000"), entry("dispute", "-64.8000")];
    assert_eq!(ledger(&placed).await, taken);
    assert_eq!((placed.events("DisputeOpened").await, placed.events("DisputeClosed").await), (1, 0));
    assert_eq!(placed.status().await, "PROCESSING");
    placed.assert_events_are_right().await;
    let client = placed.shop.database.client().await.unwrap();
    let told = client.query_one("select payload from outbox where event = 'DisputeOpened'", &[]).await.unwrap();
    let told: Value = told.get(0);
    assert_eq!((told["disputeId"].clone(), told["reason"].clone()), (json!(dispute), json!("fraudulent")));
    assert_eq!(told["amount"].to_string(), "64.80");
}

#[tokio::test]
async fn a_dispute_that_the_shop_wins_brings_its_money_back_once() {
    let (placed, dispute) = disputed().await;
    assert_eq!(tell(&placed, "evt_1", "created", &dispute).await.status, 200);
    close(&placed, &dispute, "won").await;
    for (id, kind) in [("evt_2", "closed"), ("evt_3", "funds_reinstated"), ("evt_2", "closed"), ("evt_4", "created")] {
        assert_eq!(tell(&placed, id, kind, &dispute).await.status, 200, "{id}");
    }
    let all = [entry("capture", "64.8000"), entry("dispute", "-64.8000"), entry("dispute_won", "64.8000")];
    assert_eq!(ledger(&placed).await, all);
    let won = "select count(*) from outbox where event = 'DisputeClosed' and payload->>'outcome' = 'won'";
    assert_eq!((placed.shop.count(won).await, placed.events("DisputeOpened").await), (1, 1));
    assert_eq!(placed.shop.count("select count(*) from disputes where outcome = 'won'").await, 1);
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn the_end_of_a_dispute_may_be_the_first_that_is_heard_of_it() {
    let (placed, dispute) = disputed().await;
    close(&placed, &dispute, "lost").await;
    for (id, kind) in [("evt_4", "closed"), ("evt_2", "funds_withdrawn"), ("evt_1", "created")] {
        assert_eq!(tell(&placed, id, kind, &dispute).await.status, 200, "{id}");
    }
    assert_eq!(ledger(&placed).await, [entry("capture", "64.8000"), entry("dispute", "-64.8000")]);
    let client = placed.shop.database.client().await.unwrap();
    let rows = client.query("select event from outbox where event like 'Dispute%' order by sequence", &[]).await;
    let events: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(events, ["DisputeOpened", "DisputeClosed"]);
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn deliveries_about_one_dispute_at_once_write_it_down_once() {
    let (placed, dispute) = disputed().await;
    close(&placed, &dispute, "won").await;
    let ids: Vec<String> = (0..6).map(|number| format!("evt_{number}")).collect();
    let deliveries = ids.iter().map(|id| tell(&placed, id, "closed", &dispute));
    for taken in futures_util::future::join_all(deliveries).await {
        assert_eq!(taken.status, 200, "{taken:?}");
    }
    assert_eq!(ledger(&placed).await.len(), 3);
    assert_eq!((placed.events("DisputeOpened").await, placed.events("DisputeClosed").await), (1, 1));
}

#[tokio::test]
async fn a_dispute_that_cannot_be_read_is_told_of_again() {
    let (placed, dispute) = disputed().await;
    let unknown = tell(&placed, "evt_1", "created", "du_unknown").await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (503, "UNAVAILABLE".to_owned()), "{unknown:?}");
    assert_eq!((ledger(&placed).await.len(), placed.shop.handled().await.len()), (1, 0));
    assert_eq!(tell(&placed, "evt_1", "created", &dispute).await.status, 200);
    assert_eq!(ledger(&placed).await.len(), 2);
}

#[tokio::test]
async fn money_that_a_dispute_brings_back_for_an_order_that_was_called_off_goes_back_once() {
    let (placed, dispute) = disputed().await;
    assert_eq!(tell(&placed, "evt_1", "created", &dispute).await.status, 200);
    let path = format!("/v1/orders/{}/cancel", placed.order);
    let cancelled = placed.shop.shopper("ada").send(Method::POST, &path, "").await;
    assert_eq!((cancelled.text("/status").as_str(), placed.sent_back()), ("CANCELLED", vec![]), "the bank has it");
    close(&placed, &dispute, "won").await;
    for (id, kind) in [("evt_2", "closed"), ("evt_3", "funds_reinstated")] {
        assert_eq!(tell(&placed, id, kind, &dispute).await.status, 200, "{id}");
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        placed.shop.sweep().await.unwrap();
    }
    assert_eq!((placed.sent_back(), placed.kept().await), (vec![6480], 0));
    assert_eq!((placed.status().await, placed.stock().await), ("CANCELLED".to_owned(), (5, 0)));
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn a_part_that_the_bank_has_does_not_make_an_order_refunded() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let opening = json!({"payment_intent": placed.intents()[0], "amount": 2000});
    placed.tell_provider("/test/disputes", &opening.to_string()).await;
    let id = placed.shop.provider.state()["disputes"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(tell(&placed, "evt_1", "created", &id).await.status, 200);
    assert_eq!(placed.refund("k1", Some("44.81")).await.code(), "REFUND_TOO_LARGE");
    assert_eq!(placed.refund("k2", None).await.text("/status"), "SUCCEEDED");
    assert_eq!((placed.sent_back(), placed.kept().await), (vec![4480], 0));
    let order = placed.order().await;
    assert_eq!((&order["status"], &order["refundStatus"]), (&json!("PROCESSING"), &json!("partial")));
    // It is the shop's again, and goes to the customer: now all has gone back.
    close(&placed, &id, "won").await;
    assert_eq!(tell(&placed, "evt_2", "closed", &id).await.status, 200);
    assert_eq!(placed.refund("k3", None).await.text("/status"), "SUCCEEDED");
    assert_eq!((placed.status().await, placed.kept().await), ("REFUNDED".to_owned(), 0));
}
