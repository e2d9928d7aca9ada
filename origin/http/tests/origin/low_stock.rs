//! Telling the shop of variants that run low, from the stream of the counters' table.

use jiff::SignedDuration;
use origin_core::inventory::{StockChanged, watch_stock};
use origin_dynamo::{INVENTORY_TABLE, StockStream};
use serde_json::{Value, json};

use crate::shop::{Item, Shop, TestEnvironment};

/// A shop whose stream is read.
struct Watched {
    shop: Shop,
    stream: StockStream<TestEnvironment>,
}

impl Watched {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let stream = StockStream::open(shop.dynamo.client().clone(), INVENTORY_TABLE).await.unwrap();
        Self { shop, stream }
    }

    /// Takes in what the stream has brought since.
    async fn watch(&mut self) -> Vec<StockChanged> {
        let changes = self.stream.read().await.unwrap();
        watch_stock(&self.shop.backend, &changes).await.unwrap();
        self.stream.done();
        changes
    }

    async fn told(&self) -> i64 {
        self.shop.events("LowStock").await
    }

    async fn low(&self) -> Vec<Value> {
        self.shop.admin().get("/v1/inventory?lowStock=true").await.json()["data"].as_array().unwrap().clone()
    }
}

async fn set_threshold(shop: &Shop, item: &Item, threshold: Value) {
    let set = shop.adjust(item, &json!({"lowStockThreshold": threshold})).await;
    assert_eq!((set.status.as_u16(), &set.json()["lowStockThreshold"]), (200, &threshold), "{set:?}");
}

#[tokio::test]
async fn the_shop_is_told_once_for_each_time_that_a_variant_becomes_low() {
    let mut watched = Watched::open().await;
    let lamp = watched.shop.received("Lamp", 5).await;
    let chair = watched.shop.received("Chair", 1).await;
    set_threshold(&watched.shop, &lamp, json!(3)).await;
    watched.shop.order("ada", &[(&lamp, 2), (&chair, 1)]).await.unwrap();
    watched.watch().await;
    assert_eq!((watched.told().await, watched.low().await.len()), (0, 0), "three are not fewer than three");
    watched.shop.order("bob", &[(&lamp, 1)]).await.unwrap();
    watched.watch().await;
    assert_eq!(watched.told().await, 1);
    watched.shop.order("eve", &[(&lamp, 1)]).await.unwrap();
    let changes = watched.watch().await;
    assert_eq!((watched.told().await, changes.len()), (1, 1), "it is low already");
    let low = watched.low().await;
    assert_eq!((low.len(), &low[0]["available"], &low[0]["lowStockThreshold"]), (1, &json!(1), &json!(3)), "{low:?}");
    // The holds of all three orders end, and somebody else comes.
    watched.shop.clock.advance(SignedDuration::from_mins(10));
    watched.shop.sweep().await.unwrap();
    watched.watch().await;
    assert_eq!((watched.told().await, watched.low().await.len()), (1, 0));
    watched.shop.order("ada", &[(&lamp, 4)]).await.unwrap();
    watched.watch().await;
    assert_eq!((watched.told().await, watched.low().await.len()), (2, 1));
    watched.shop.assert_events_are_right().await;
}

#[tokio::test]
async fn every_crossing_is_told_of_when_many_changes_come_at_once() {
    let mut watched = Watched::open().await;
    let lamp = watched.shop.received("Lamp", 5).await;
    set_threshold(&watched.shop, &lamp, json!(5)).await;
    for delta in [-1, 1, -1, -1, 2, -3] {
        assert_eq!(watched.shop.adjust(&lamp, &json!({"delta": delta})).await.status, 200);
    }
    watched.watch().await;
    assert_eq!((watched.told().await, watched.low().await.len()), (3, 1));
}

#[tokio::test]
async fn changes_that_come_twice_or_late_are_told_of_once() {
    let mut watched = Watched::open().await;
    let lamp = watched.shop.received("Lamp", 5).await;
    set_threshold(&watched.shop, &lamp, json!(5)).await;
    watched.shop.adjust(&lamp, &json!({"delta": -1})).await;
    let first = watched.watch().await;
    watched.shop.adjust(&lamp, &json!({"delta": 1})).await;
    let second = watched.watch().await;
    for again in [&first, &second, &first] {
        watch_stock(&watched.shop.backend, again).await.unwrap();
    }
    assert_eq!((watched.told().await, watched.low().await.len()), (1, 0));
    let mut anew = StockStream::open(watched.shop.dynamo.client().clone(), INVENTORY_TABLE).await.unwrap();
    watch_stock(&watched.shop.backend, &anew.read().await.unwrap()).await.unwrap();
    assert_eq!(watched.told().await, 1, "a reader that begins anew");
}

#[tokio::test]
async fn who_sets_a_threshold_above_what_there_is_knows_it_and_is_not_told() {
    let mut watched = Watched::open().await;
    let lamp = watched.shop.received("Lamp", 5).await;
    watched.watch().await;
    set_threshold(&watched.shop, &lamp, json!(10)).await;
    assert_eq!(watched.low().await.len(), 1);
    watched.shop.adjust(&lamp, &json!({"delta": -1})).await;
    watched.watch().await;
    assert_eq!(watched.told().await, 0);
    set_threshold(&watched.shop, &lamp, json!(null)).await;
    assert_eq!(watched.low().await.len(), 0);
    watched.shop.adjust(&lamp, &json!({"delta": -1})).await;
    watched.watch().await;
    assert_eq!(watched.told().await, 0);
}
