//! Changes of stock that stop anywhere, and those that nobody returns to.

use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use origin_core::{hooks::HookPoint, sweep::SweepReport};
use serde_json::json;
use test_support::DynamoSwitches;

use crate::shop::{Answer, Item, Levels, Shop};

const POINTS: [HookPoint; 4] =
    [HookPoint::AfterAdjustment, HookPoint::BeforeMovement, HookPoint::AfterMovement, HookPoint::AfterLedger];

fn both(count: i64) -> Levels {
    Levels { on_hand: count, reserved: 0, ledger: count }
}

async fn under_key(shop: &Shop, lamp: &Item, delta: i64) -> Answer {
    let admin = shop.admin().with("idempotency-key", "k");
    let path = format!("/v1/inventory/{}", lamp.variant);
    admin.send(Method::PUT, &path, &json!({"delta": delta}).to_string()).await
}

async fn open(shop: &Shop) -> i64 {
    shop.count("select count(*) from stock_adjustments where state = 'OPEN'").await
}

#[tokio::test]
async fn a_change_that_stopped_anywhere_is_finished_by_its_repetition() {
    for (point, delta, status, after) in POINTS.into_iter().flat_map(|point| [(point, 3, 200, 8), (point, -6, 409, 5)])
    {
        let shop = Shop::open().await;
        let lamp = shop.received("Lamp", 5).await;
        shop.stops.stop_once_at(point);
        assert_eq!(under_key(&shop, &lamp, delta).await.status, 503, "{point:?}");
        assert!(shop.stops.was_reached(), "{point:?}");
        if point != HookPoint::AfterLedger {
            assert_eq!(under_key(&shop, &lamp, delta).await.code(), "REQUEST_IN_PROGRESS", "{point:?}");
        }
        shop.clock.advance(SignedDuration::from_secs(31));
        let repeated = under_key(&shop, &lamp, delta).await;
        assert_eq!(repeated.status.as_u16(), status, "{point:?} {repeated:?}");
        assert_eq!(under_key(&shop, &lamp, delta).await.body, repeated.body, "{point:?}");
        assert_eq!((shop.on_hand(&lamp).await, open(&shop).await), (both(after), 0), "{point:?}");
    }
}

#[tokio::test]
async fn a_change_that_nobody_repeats_is_finished_by_the_sweep() {
    for (point, delta, after) in POINTS.into_iter().flat_map(|point| [(point, 3, 8), (point, -6, 5)]) {
        let shop = Shop::open().await;
        let lamp = shop.received("Lamp", 5).await;
        shop.stops.stop_once_at(point);
        assert_eq!(under_key(&shop, &lamp, delta).await.status, 503, "{point:?}");
        assert_eq!(shop.sweep().await, Ok(SweepReport::default()), "the request may still be at it");
        shop.clock.advance(SignedDuration::from_secs(31));
        let adjustments = u32::from(point != HookPoint::AfterLedger);
        assert_eq!(shop.sweep().await, Ok(SweepReport { adjustments, ..SweepReport::default() }), "{point:?}");
        assert_eq!((shop.on_hand(&lamp).await, open(&shop).await), (both(after), 0), "{point:?}");
        // Whoever returns after all hears what became of it, and changes nothing.
        let status = if delta > 0 { 200 } else { 409 };
        assert_eq!(under_key(&shop, &lamp, delta).await.status.as_u16(), status, "{point:?}");
        assert_eq!(under_key(&shop, &lamp, delta).await.header("idempotent-replayed"), Some("true"));
        assert_eq!(shop.on_hand(&lamp).await, both(after), "{point:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_used_again_after_a_day_is_another_change() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    shop.stops.stop_once_at(HookPoint::AfterMovement);
    assert_eq!(under_key(&shop, &lamp, 3).await.status, 503);
    shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(shop.sweep().await.map(|report| report.adjustments), Ok(1));
    shop.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(32));
    assert_eq!(under_key(&shop, &lamp, 2).await.status, 422);
    shop.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(under_key(&shop, &lamp, 3).await.status, 200);
    assert_eq!(shop.on_hand(&lamp).await, both(11), "three came on each day");
}

#[tokio::test]
async fn two_owners_of_a_key_move_goods_once() {
    for point in [HookPoint::AfterAdjustment, HookPoint::AfterMovement] {
        let shop = Shop::open().await;
        let lamp = shop.received("Lamp", 5).await;
        let pause = shop.stops.pause_once_at(point);
        let second = async {
            pause.reached().await;
            shop.clock.advance(SignedDuration::from_secs(31));
            let second = under_key(&shop, &lamp, 3).await;
            pause.release();
            second
        };
        let (first, second) = tokio::join!(under_key(&shop, &lamp, 3), second);
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200), "{point:?}");
        assert_eq!(shop.on_hand(&lamp).await, both(8), "{point:?}");
        assert_eq!(under_key(&shop, &lamp, 3).await.body, second.body, "{point:?}");
    }
}

#[tokio::test]
async fn counters_that_cannot_be_reached_follow_later() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let only = vec!["TransactWriteItems".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { internal_error: 100, only: only.clone(), ..DynamoSwitches::default() });
    assert_eq!(under_key(&shop, &lamp, 3).await.status, 503);
    assert_eq!(shop.on_hand(&lamp).await, both(5), "the ledger says what has happened");
    shop.dynamo_faults.set(DynamoSwitches { lose_reply: 1, only, ..DynamoSwitches::default() });
    assert_eq!(under_key(&shop, &lamp, 3).await.status, 200, "resumed at once");
    assert_eq!(shop.on_hand(&lamp).await, both(8));
}

#[tokio::test]
async fn a_movement_that_arrives_after_it_was_refused_moves_nothing() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let only = vec!["TransactWriteItems".to_owned()];
    // Sent while five are free, and delivered after three more have come.
    shop.dynamo_faults.set(DynamoSwitches { late: 1, late_ms: 700, only, ..DynamoSwitches::default() });
    let refused = under_key(&shop, &lamp, -6).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_eq!(shop.adjust(&lamp, &json!({"delta": 3})).await.status, 200);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(shop.on_hand(&lamp).await, both(8));
}

#[tokio::test]
async fn a_change_without_a_key_whose_counters_are_down_asks_nobody_to_repeat_it() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let only = vec!["TransactWriteItems".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { internal_error: 100, only, ..DynamoSwitches::default() });
    let unknown = shop.adjust(&lamp, &json!({"delta": 3})).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (504, "OUTCOME_UNKNOWN".to_owned()), "{unknown:?}");
    assert_eq!(unknown.header("retry-after"), None);
    assert_eq!((shop.on_hand(&lamp).await, open(&shop).await), (both(5), 1));
    // It is made all the same, once.
    shop.dynamo_faults.set(DynamoSwitches::default());
    shop.clock.advance(SignedDuration::from_secs(31));
    shop.sweep().await.unwrap();
    assert_eq!((shop.on_hand(&lamp).await, open(&shop).await), (both(8), 0));
}
