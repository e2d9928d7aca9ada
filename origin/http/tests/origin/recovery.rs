//! The process dies, or a reply is lost, between any two steps of a checkout.

use commerce_domain::{AttemptId, Clock};
use jiff::SignedDuration;
use origin_core::{
    hooks::HookPoint,
    inventory::{BeginPaymentOutcome, HeldLine, Hold, PayingHold, ReserveOutcome, ReserveStock, SettleHold},
};
use serde_json::{Value, json};
use test_support::{DynamoSwitches, SystemEntropy};

use crate::shop::{Caller, Item, Shop, address};

const ALL: [HookPoint; 6] = [
    HookPoint::BeforeClaim,
    HookPoint::AfterClaim,
    HookPoint::BeforeHold,
    HookPoint::AfterHold,
    HookPoint::BeforeOrder,
    HookPoint::AfterOrder,
];

fn order() -> Value {
    json!({"shippingAddress": address()})
}

async fn shop_with_cart(stock: u32) -> (Shop, Item) {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", stock).await;
    shop.fill_cart("ada", &[(&item, 2)]).await;
    (shop, item)
}

/// Stops a request at `point`; returns the id that the order will have, if it was decided by then.
async fn stopped(shop: &Shop, caller: &Caller<'_>, point: HookPoint) -> Option<String> {
    shop.stops.stop_once_at(point);
    assert_eq!(caller.post("/v1/orders", &order()).await.status, 503, "{point:?}");
    assert!(shop.stops.was_reached(), "{point:?}");
    let client = shop.database.client().await.unwrap();
    let row = client.query_opt("select order_id from checkouts", &[]).await.unwrap()?;
    Some(commerce_domain::OrderId::from_uuid(row.get(0)).unwrap().to_string())
}

async fn assert_one_order(shop: &Shop, item: &Item, point: HookPoint) {
    assert_eq!(shop.count("select count(*) from orders").await, 1, "{point:?}");
    assert_eq!(shop.count("select count(*) from outbox").await, 2, "{point:?}");
    assert_eq!(shop.level(item).await.reserved, 2, "{point:?}");
    assert!(shop.cart("ada").await.unwrap().lines.is_empty(), "{point:?}");
}

#[tokio::test]
async fn a_checkout_stopped_anywhere_is_finished_under_its_key_with_the_same_order() {
    for point in ALL {
        let (shop, item) = shop_with_cart(5).await;
        let ada = shop.shopper("ada").with("idempotency-key", "k");
        let decided = stopped(&shop, &ada, point).await;
        if point != HookPoint::BeforeClaim && point != HookPoint::AfterOrder {
            let early = ada.post("/v1/orders", &order()).await;
            assert_eq!((early.status.as_u16(), early.code()), (409, "REQUEST_IN_PROGRESS".to_owned()), "{point:?}");
            assert!(early.header("retry-after").is_some());
        }
        shop.clock.advance(SignedDuration::from_secs(31));
        let finished = ada.post("/v1/orders", &order()).await;
        assert_eq!(finished.status, 201, "{point:?} {finished:?}");
        if let Some(decided) = decided {
            assert_eq!(finished.text("/orderId"), decided, "{point:?}");
        }
        assert_one_order(&shop, &item, point).await;
    }
}

#[tokio::test]
async fn a_checkout_stopped_anywhere_is_finished_without_a_key() {
    for point in ALL {
        let (shop, item) = shop_with_cart(5).await;
        let ada = shop.shopper("ada");
        let decided = stopped(&shop, &ada, point).await;
        shop.clock.advance(SignedDuration::from_secs(31));
        let finished = ada.post("/v1/orders", &order()).await;
        assert_eq!(finished.status, 201, "{point:?} {finished:?}");
        if let Some(decided) = decided {
            assert_eq!(finished.text("/orderId"), decided, "{point:?}");
        }
        assert_one_order(&shop, &item, point).await;
    }
}

#[tokio::test]
async fn a_checkout_left_behind_is_finished_by_another_key_for_the_same_cart() {
    for point in [HookPoint::AfterClaim, HookPoint::AfterHold] {
        let (shop, item) = shop_with_cart(5).await;
        let decided = stopped(&shop, &shop.shopper("ada").with("idempotency-key", "first"), point).await.unwrap();
        shop.clock.advance(SignedDuration::from_secs(31));
        let second = shop.shopper("ada").with("idempotency-key", "second");
        let finished = second.post("/v1/orders", &order()).await;
        assert_eq!((finished.status.as_u16(), finished.text("/orderId")), (201, decided), "{finished:?}");
        assert_one_order(&shop, &item, point).await;
        assert_eq!(second.post("/v1/orders", &order()).await.body, finished.body);
    }
}

#[tokio::test]
async fn a_checkout_left_behind_for_longer_than_its_hold_is_given_up() {
    for point in [HookPoint::AfterClaim, HookPoint::AfterHold] {
        let (shop, item) = shop_with_cart(5).await;
        let ada = shop.shopper("ada").with("idempotency-key", "k");
        stopped(&shop, &ada, point).await;
        shop.clock.advance(SignedDuration::from_mins(16));
        assert_eq!(ada.post("/v1/orders", &order()).await.code(), "RESERVATION_EXPIRED", "{point:?}");
        assert_eq!((shop.level(&item).await.reserved, shop.count("select count(*) from orders").await), (0, 0));
        // The cart is free for another try.
        let again = shop.shopper("ada").with("idempotency-key", "k2").post("/v1/orders", &order()).await;
        assert_eq!(again.status, 201, "{again:?}");
    }
}

#[tokio::test]
async fn a_hold_whose_reply_was_lost_is_not_made_twice() {
    let (shop, item) = shop_with_cart(5).await;
    let only = vec!["TransactWriteItems".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { lose_reply: 1, only, ..DynamoSwitches::default() });
    let placed = shop.shopper("ada").post("/v1/orders", &order()).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    assert_eq!(shop.level(&item).await.reserved, 2);
}

#[tokio::test]
async fn a_failing_store_asks_to_come_back_and_the_retry_resumes_at_once() {
    let (shop, item) = shop_with_cart(5).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let only = vec!["TransactWriteItems".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { internal_error: 100, only, ..DynamoSwitches::default() });
    let failed = ada.post("/v1/orders", &order()).await;
    assert_eq!((failed.status.as_u16(), failed.code()), (503, "UNAVAILABLE".to_owned()), "{failed:?}");
    assert!(failed.header("retry-after").is_some());
    shop.dynamo_faults.set(DynamoSwitches::default());
    assert_eq!(ada.post("/v1/orders", &order()).await.status, 201);
    assert_one_order(&shop, &item, HookPoint::BeforeHold).await;
}

/// The hold of a request that died on its way, as it arrives now.
async fn late_hold(shop: &Shop, item: &Item, order_id: &str, lasts: SignedDuration) -> ReserveOutcome {
    let now = shop.clock.now();
    let lines = vec![HeldLine { variant_id: item.variant, quantity: 2 }];
    let hold = Hold { order_id: order_id.parse().unwrap(), lines, created_at: now, expires_at: now + lasts };
    shop.stock.reserve(&hold).await.unwrap()
}

#[tokio::test]
async fn a_hold_that_arrives_after_the_checkout_was_given_up_holds_nothing() {
    let (shop, item) = shop_with_cart(5).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let decided = stopped(&shop, &ada, HookPoint::BeforeHold).await.unwrap();
    shop.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(ada.post("/v1/orders", &order()).await.code(), "RESERVATION_EXPIRED");
    assert_eq!(late_hold(&shop, &item, &decided, SignedDuration::ZERO).await, ReserveOutcome::GivenUp);
    assert_eq!((shop.level(&item).await.reserved, shop.count("select count(*) from orders").await), (0, 0));
}

#[tokio::test]
async fn a_hold_that_arrives_after_the_checkout_was_sold_out_meets_its_tombstone() {
    let (shop, item) = shop_with_cart(2).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let decided = stopped(&shop, &ada, HookPoint::BeforeHold).await.unwrap();
    shop.fill_cart("bob", &[(&item, 2)]).await;
    assert_eq!(shop.shopper("bob").post("/v1/orders", &order()).await.status, 201);
    shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(ada.post("/v1/orders", &order()).await.code(), "OUT_OF_STOCK");
    shop.restock(&item, 10).await;
    assert_eq!(late_hold(&shop, &item, &decided, SignedDuration::ZERO).await, ReserveOutcome::GivenUp);
    assert_eq!((shop.level(&item).await.reserved, shop.count("select count(*) from orders").await), (2, 1));
}

#[tokio::test]
async fn an_owner_that_was_overtaken_writes_nothing() {
    for point in [HookPoint::BeforeHold, HookPoint::AfterHold, HookPoint::BeforeOrder] {
        let (shop, item) = shop_with_cart(5).await;
        let ada = shop.shopper("ada").with("idempotency-key", "k");
        let pause = shop.stops.pause_once_at(point);
        let body = order();
        let slow = ada.post("/v1/orders", &body);
        let overtaking = async {
            pause.reached().await;
            shop.clock.advance(SignedDuration::from_secs(31));
            let fast = ada.post("/v1/orders", &body).await;
            pause.release();
            fast
        };
        let (slow, fast) = futures_util::future::join(slow, overtaking).await;
        assert_eq!((fast.status.as_u16(), slow.code()), (201, "REQUEST_IN_PROGRESS".to_owned()), "{point:?}");
        assert_one_order(&shop, &item, point).await;
    }
}

#[tokio::test]
async fn an_owner_that_was_given_up_meanwhile_holds_nothing() {
    for point in [HookPoint::BeforeHold, HookPoint::AfterHold, HookPoint::BeforeOrder] {
        let (shop, item) = shop_with_cart(5).await;
        let ada = shop.shopper("ada").with("idempotency-key", "k");
        let pause = shop.stops.pause_once_at(point);
        let body = order();
        let slow = ada.post("/v1/orders", &body);
        let overtaking = async {
            pause.reached().await;
            shop.clock.advance(SignedDuration::from_mins(16));
            let fast = ada.post("/v1/orders", &body).await;
            pause.release();
            fast
        };
        let (slow, fast) = futures_util::future::join(slow, overtaking).await;
        assert_eq!(
            (fast.code(), slow.code()),
            ("RESERVATION_EXPIRED".into(), "REQUEST_IN_PROGRESS".into()),
            "{point:?}"
        );
        let orders = shop.count("select count(*) from orders").await;
        assert_eq!((shop.level(&item).await.reserved, orders), (0, 0), "{point:?}");
    }
}

#[tokio::test]
async fn an_owner_that_found_too_little_leaves_the_hold_of_the_next_one_alone() {
    let (shop, item) = shop_with_cart(1).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    // The first owner has found one of two pieces, and is held up.
    let pause = shop.stops.pause_once_at(HookPoint::AfterHold);
    let body = order();
    let overtaking = async {
        pause.reached().await;
        shop.restock(&item, 10).await;
        shop.clock.advance(SignedDuration::from_secs(31));
        let fast = ada.post("/v1/orders", &body).await;
        pause.release();
        fast
    };
    let (slow, fast) = futures_util::future::join(ada.post("/v1/orders", &body), overtaking).await;
    assert_eq!((fast.status.as_u16(), slow.code()), (201, "REQUEST_IN_PROGRESS".to_owned()), "{slow:?}");
    assert_one_order(&shop, &item, HookPoint::AfterHold).await;
    let id = fast.text("/orderId").parse().unwrap();
    let attempt = AttemptId::generate(&shop.clock, &SystemEntropy);
    let now = shop.clock.now();
    let hold = PayingHold { order_id: id, attempt_id: attempt, expires_at: now };
    assert_eq!(shop.stock.begin_payment(&hold, now).await, Ok(BeginPaymentOutcome::Committing));
}

#[tokio::test]
async fn a_hold_that_arrives_between_sold_out_and_the_tombstone_becomes_an_order() {
    let (shop, item) = shop_with_cart(1).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let pause = shop.stops.pause_once_at(HookPoint::AfterHold);
    let body = order();
    let arriving = async {
        pause.reached().await;
        shop.restock(&item, 10).await;
        let client = shop.database.client().await.unwrap();
        let row = client.query_one("select order_id from checkouts", &[]).await.unwrap();
        let id = commerce_domain::OrderId::from_uuid(row.get(0)).unwrap().to_string();
        assert_eq!(late_hold(&shop, &item, &id, SignedDuration::from_mins(10)).await, ReserveOutcome::Held);
        pause.release();
    };
    let (refused, ()) = futures_util::future::join(ada.post("/v1/orders", &body), arriving).await;
    assert_eq!(refused.code(), "REQUEST_IN_PROGRESS", "{refused:?}");
    // Nobody owns the claim any more, so the retry need not wait for the lease.
    assert_eq!(ada.post("/v1/orders", &body).await.status, 201);
    assert_one_order(&shop, &item, HookPoint::AfterHold).await;
}

#[tokio::test]
async fn an_owner_that_was_overtaken_by_one_that_died_writes_nothing_either() {
    for point in [HookPoint::BeforeHold, HookPoint::AfterHold, HookPoint::BeforeOrder] {
        let (shop, item) = shop_with_cart(5).await;
        let ada = shop.shopper("ada").with("idempotency-key", "k");
        let pause = shop.stops.pause_once_at(point);
        let body = order();
        let slow = ada.post("/v1/orders", &body);
        let overtaking = async {
            pause.reached().await;
            shop.clock.advance(SignedDuration::from_secs(31));
            shop.stops.stop_once_at(HookPoint::BeforeHold);
            let dead = ada.post("/v1/orders", &body).await;
            pause.release();
            dead
        };
        let (slow, dead) = futures_util::future::join(slow, overtaking).await;
        // The claim is still in flight: only its fence tells the first owner that it is no longer the owner.
        assert_eq!((dead.status.as_u16(), slow.code()), (503, "REQUEST_IN_PROGRESS".to_owned()), "{point:?}");
        assert_eq!(shop.count("select count(*) from orders").await, 0, "{point:?}");
        let early = ada.post("/v1/orders", &body).await;
        assert_eq!(early.code(), "REQUEST_IN_PROGRESS", "{point:?}: it cannot end the lease of the second owner");
        shop.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(ada.post("/v1/orders", &body).await.status, 201, "{point:?}");
        assert_one_order(&shop, &item, point).await;
    }
}
