//! What the shop does about its own events, once, however often and however late they are delivered.

use std::time::Duration;

use commerce_aws::{
    AttributeValue, Item,
    dynamodb::{DeleteItem, Query, item, text},
};
use commerce_domain::{EventId, VariantId};
use jiff::SignedDuration;
use origin_core::{
    consumers::Consumer,
    events::{Envelope, PublishEvents as _, work_off},
    inventory::{HeldLine, Hold, ReadStock as _, ReserveOutcome, ReserveStock as _},
};
use origin_dynamo::{DynamoPayments, INVENTORY_TABLE, PAYMENTS_TABLE, create_payments_table};
use serde_json::{Value, json};
use test_support::{BusFaults, DynamoSwitches, LocalQueue, QueueConfig, SystemEntropy};

use crate::shop::{Placed, Shop, TestEnvironment, seller};

const DECLINED: &str = "pm_card_chargeDeclined";
/// After so many deliveries an event is put away.
const MAX_RECEIVE_COUNT: u32 = 3;

/// A consumer with its queue.
pub(crate) struct Working {
    consumer: Consumer,
    queue: LocalQueue,
    history: DynamoPayments<TestEnvironment>,
}

impl Working {
    pub(crate) async fn on(shop: &Shop, consumer: Consumer) -> Self {
        create_payments_table(&shop.dynamo, PAYMENTS_TABLE).await.unwrap();
        Self::beside(shop, consumer)
    }

    /// Where the table of payments is there already.
    fn beside(shop: &Shop, consumer: Consumer) -> Self {
        let types = consumer.kinds().iter().map(|kind| (*kind).to_owned()).collect();
        let config = QueueConfig { types, max_receive_count: MAX_RECEIVE_COUNT, ..QueueConfig::default() };
        let history = DynamoPayments::new(shop.dynamo.client().clone(), PAYMENTS_TABLE);
        Self { consumer, queue: shop.bus.bus.subscribe(config), history }
    }

    /// Handles one batch. How many events it had.
    pub(crate) async fn once(&self, shop: &Shop) -> usize {
        let seller = seller();
        let desk = shop.desk(&seller);
        let handle =
            async |event: Envelope| self.consumer.handle(&shop.stock, &self.history, Some(&desk), &event).await;
        work_off(&self.queue, MAX_RECEIVE_COUNT, Duration::ZERO, handle).await.unwrap()
    }

    /// Handles what there is. How many deliveries that were.
    pub(crate) async fn all(&self, shop: &Shop) -> usize {
        let mut deliveries = 0;
        while let received @ 1.. = self.once(shop).await {
            deliveries += received;
        }
        deliveries
    }
}

/// The history of the only payment, as (sequence, event, status).
async fn history(placed: &Placed) -> Vec<(String, String, String)> {
    let client = placed.shop.database.client().await.unwrap();
    let row = client.query_one("select id from payments", &[]).await.unwrap();
    let payment = commerce_domain::PaymentId::from_uuid(row.get(0)).unwrap();
    let query = Query {
        table_name: PAYMENTS_TABLE.to_owned(),
        key_condition_expression: "paymentId = :payment".to_owned(),
        expression_attribute_values: [(":payment".to_owned(), text(payment.to_string()))].into(),
        consistent_read: true,
        ..Query::default()
    };
    let found = placed.shop.dynamo.query(&query).await.unwrap();
    let entry = |item: &Item| (read(item, "sequence"), read(item, "event"), read(item, "status"));
    found.items.iter().map(entry).collect()
}

fn read(item: &Item, name: &str) -> String {
    match item.get(name) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => value.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

fn entries(all: &[(u32, &str, &str)]) -> Vec<(String, String, String)> {
    all.iter()
        .map(|(sequence, event, status)| (sequence.to_string(), (*event).to_owned(), (*status).to_owned()))
        .collect()
}

/// A product of two variants, as the API makes it, and their ids.
async fn product(shop: &Shop) -> Vec<VariantId> {
    shop.category("electronics", None).await;
    let variant = |size: &str| json!({"options": [{"name": "Size", "value": size}], "price": 20.00, "stock": 5});
    let body = json!({"name": "Shirt", "categoryId": "cat_electronics", "variants": [variant("S"), variant("M")]});
    let made = shop.admin().post("/v1/products", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    ["/variants/0/id", "/variants/1/id"].map(|place| made.text(place).parse().unwrap()).to_vec()
}

async fn lose_counter(shop: &Shop, variant: VariantId) {
    let delete = DeleteItem {
        table_name: INVENTORY_TABLE.to_owned(),
        key: item([("pk", text(format!("stock#{variant}")))]),
        ..DeleteItem::default()
    };
    shop.dynamo.delete_item(&delete).await.unwrap();
}

async fn on_hand_and_reserved(shop: &Shop, variants: &[VariantId]) -> Vec<(i64, i64)> {
    let mut levels = shop.stock.read_stock(variants).await.unwrap();
    levels.sort_by_key(|level| level.variant_id);
    levels.iter().map(|level| (level.on_hand, level.reserved)).collect()
}

async fn hold(shop: &Shop, variant_id: VariantId, quantity: u32) {
    let hold = Hold {
        order_id: commerce_domain::OrderId::generate(&shop.clock, &SystemEntropy),
        lines: vec![HeldLine { variant_id, quantity }],
        created_at: commerce_domain::Clock::now(&shop.clock),
        expires_at: commerce_domain::Clock::now(&shop.clock),
    };
    assert_eq!(shop.stock.reserve(&hold).await.unwrap(), ReserveOutcome::Held);
}

#[tokio::test]
async fn a_product_whose_counters_were_lost_gets_them_and_only_once() {
    let shop = Shop::open().await;
    let counters = Working::on(&shop, Consumer::Counters).await;
    let variants = product(&shop).await;
    let event = shop.bus.delivered().await.remove(0);
    lose_counter(&shop, variants[1]).await;
    assert_eq!(on_hand_and_reserved(&shop, &variants).await, [(5, 0)]);
    assert_eq!(counters.all(&shop).await, 1);
    assert_eq!(on_hand_and_reserved(&shop, &variants).await, [(5, 0), (5, 0)]);

    hold(&shop, variants[1], 2).await;
    shop.clock.advance(SignedDuration::from_mins(5));
    shop.bus.bus.publish(&[event]).await.unwrap();
    assert_eq!(counters.all(&shop).await, 1, "delivered again");
    let mut levels = on_hand_and_reserved(&shop, &variants).await;
    levels.sort_unstable();
    assert_eq!(levels, [(5, 0), (5, 2)]);
}

#[tokio::test]
async fn the_history_of_a_payment_has_each_event_once_and_in_order() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    let history_of_payments = Working::on(shop, Consumer::PaymentHistory).await;
    placed.pay(DECLINED).await;
    placed.pay("pm_card_visa").await;
    shop.bus.bus.fail_next(BusFaults { deliver_again: 2, ..BusFaults::default() });
    assert_eq!(history_of_payments.all(shop).await, 4, "both were doubled");
    let expected = entries(&[(3, "PaymentFailed", "FAILED"), (4, "PaymentSucceeded", "SUCCEEDED")]);
    assert_eq!(history(&placed).await, expected);

    let told = shop.bus.delivered().await;
    shop.clock.advance(SignedDuration::from_mins(5));
    shop.bus.bus.publish(&told[2..3]).await.unwrap();
    assert_eq!(history_of_payments.all(shop).await, 1, "the first one comes late");
    assert_eq!(history(&placed).await, expected);
}

#[tokio::test]
async fn an_event_whose_store_fails_is_tried_again_before_its_successor() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    let history_of_payments = Working::on(shop, Consumer::PaymentHistory).await;
    placed.pay(DECLINED).await;
    placed.pay("pm_card_visa").await;
    let only = vec!["PutItem".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { internal_error: 100, only, ..DynamoSwitches::default() });
    assert_eq!(history_of_payments.once(shop).await, 2);
    shop.dynamo_faults.set(DynamoSwitches::default());
    assert_eq!(history(&placed).await, []);
    history_of_payments.all(shop).await;
    let expected = entries(&[(3, "PaymentFailed", "FAILED"), (4, "PaymentSucceeded", "SUCCEEDED")]);
    assert_eq!(history(&placed).await, expected);
}

#[tokio::test]
async fn a_poisoned_event_is_put_away_and_its_group_goes_on() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    let history_of_payments = Working::on(shop, Consumer::PaymentHistory).await;
    let poison = poisoned(shop, &placed.order, json!({"orderId": placed.order}));
    shop.bus.bus.publish(std::slice::from_ref(&poison)).await.unwrap();
    placed.pay("pm_card_visa").await;
    for delivery in 1..=MAX_RECEIVE_COUNT {
        assert_eq!(history(&placed).await, [], "before delivery {delivery}: nothing overtakes it");
        assert_eq!(history_of_payments.once(shop).await, 2);
    }
    assert_eq!(history_of_payments.all(shop).await, 0);
    assert_eq!(history_of_payments.queue.dead_letters(), [poison]);
    assert_eq!(history(&placed).await, entries(&[(3, "PaymentSucceeded", "SUCCEEDED")]));
}

/// An event of a payment that is not as published.
fn poisoned(shop: &Shop, order: &str, data: Value) -> Envelope {
    let id = EventId::generate(&shop.clock, &SystemEntropy);
    Envelope::new(id, "PaymentFailed", order, 1, commerce_domain::Clock::now(&shop.clock), data)
}

#[tokio::test]
async fn what_the_dead_letters_have_lost_is_published_again_from_the_outbox() {
    let placed = Placed::paid_with("pm_card_visa").await;
    assert_eq!(placed.refund("k1", Some("14.80")).await.status, 201);
    placed.shop.relay().await;
    // The queues come too late for all of it, as if it had been put away and forgotten.
    let shop = &placed.shop;
    let papers = Working::on(shop, Consumer::Invoices).await;
    let past = Working::beside(shop, Consumer::PaymentHistory);
    assert_eq!((papers.all(shop).await, past.all(shop).await), (0, 0));
    shop.clock.advance(SignedDuration::from_mins(6));
    let again = "update outbox set published_at = null where aggregate_id = $1 and event = any($2)";
    let kinds = ["PaymentSucceeded", "RefundSucceeded"];
    shop.run(again, &[&placed.order, &&kinds[..]]).await;
    shop.relay().await;
    assert_eq!((papers.all(shop).await, past.all(shop).await), (2, 2));
    assert_eq!(placed.numbers().await.len(), 2);
    let entries = history(&placed).await;
    assert_eq!(entries.iter().map(|(_, event, _)| event.as_str()).collect::<Vec<_>>(), kinds);
}
