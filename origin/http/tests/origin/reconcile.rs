//! The reconciliation: planted differences are named and repaired, and what only moves is left alone.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use jiff::SignedDuration;
use origin_core::{
    hooks::HookPoint,
    inventory::{ReconciliationTotals, ReserveOutcome, ReserveStock as _, reconcile_all},
};
use serde_json::{Value, json};

use crate::shop::{Item, Levels, Shop, TOTAL};

fn counted(on_hand: i64, reserved: i64, ledger: i64) -> Levels {
    Levels { on_hand, reserved, ledger }
}

/// An item of which ada's order holds two.
async fn held(shop: &Shop, name: &str) -> (Item, String) {
    let item = shop.received(name, 10).await;
    let order = shop.order("ada", &[(&item, 2)]).await.unwrap();
    (item, order)
}

#[tokio::test]
async fn what_agrees_is_left_alone() {
    let shop = Shop::open().await;
    let (lamp, order) = held(&shop, "Lamp").await;
    shop.adjust(&lamp, &json!({"delta": 4})).await;
    let body = json!({"orderId": order, "amount": serde_json::from_str::<Value>("129.60").unwrap()});
    let paid = shop.shopper("ada").post("/v1/payments", &body).await;
    assert_eq!(paid.status, 200, "{paid:?}");
    let version = shop.level(&lamp).await.version;
    assert_eq!(shop.reconcile().await, json!({"checked": 1, "unsettled": 0, "findings": [], "next": null}));
    assert_eq!((shop.level(&lamp).await.version, shop.events("StockMismatch").await), (version, 0));
}

#[tokio::test]
async fn a_lost_release_is_given_back() {
    let shop = Shop::open().await;
    let (lamp, _) = held(&shop, "Lamp").await;
    shop.edit_counters(&lamp, 0, 3, -3).await;
    assert_eq!(shop.repaired(&lamp).await, ["lost_release"]);
    assert_eq!(shop.on_hand(&lamp).await, counted(10, 2, 10));
    assert_eq!(shop.repaired(&lamp).await, [""; 0]);
    assert_eq!(shop.events("StockMismatch").await, 1);
    shop.assert_events_are_right().await;
}

#[tokio::test]
async fn the_hold_of_an_order_that_has_ended_is_released() {
    let shop = Shop::open().await;
    let (lamp, order) = held(&shop, "Lamp").await;
    let stray = shop.stray_hold(&[(&lamp, 3)]);
    assert_eq!(shop.stock.reserve(&stray).await, Ok(ReserveOutcome::Held));
    let end = "update orders set status = 'FAILED', closing = null, closing_since = null";
    shop.run(end, &[]).await;
    assert_eq!(shop.repaired(&lamp).await, ["lost_release"; 2]);
    assert_eq!(shop.hold_state(&order).await.as_deref(), Some("RELEASED"));
    assert_eq!(shop.on_hand(&lamp).await, counted(10, 0, 10));
    assert_eq!(shop.repaired(&lamp).await, [""; 0]);
}

#[tokio::test]
async fn pieces_that_were_released_twice_are_held_again() {
    let shop = Shop::open().await;
    let (lamp, order) = held(&shop, "Lamp").await;
    shop.edit_counters(&lamp, 0, -2, 2).await;
    assert_eq!(shop.repaired(&lamp).await, ["double_release"]);
    assert_eq!(shop.on_hand(&lamp).await, counted(10, 2, 10));
    assert_eq!(shop.hold_state(&order).await.as_deref(), Some("HELD"));
}

#[tokio::test]
async fn what_was_sold_after_it_was_released_twice_is_told_of_and_stays() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 2).await;
    shop.order("ada", &[(&lamp, 2)]).await.unwrap();
    shop.edit_counters(&lamp, 0, -2, 2).await;
    shop.order("bob", &[(&lamp, 1)]).await.unwrap();
    let report = shop.reconcile().await;
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["repaired"]), (&json!("double_release"), &json!(false)), "{report}");
    assert_eq!(shop.on_hand(&lamp).await, counted(2, 1, 2));
}

#[tokio::test]
async fn what_was_changed_past_the_ledger_gets_an_entry() {
    let shop = Shop::open().await;
    let (lamp, _) = held(&shop, "Lamp").await;
    // Only what is on hand, as somebody does who does not know what else goes with it.
    shop.edit_counters(&lamp, 7, 0, 0).await;
    assert_eq!(shop.repaired(&lamp).await, ["manual_edit"; 2], "the ledger, and what can be sold");
    assert_eq!(shop.on_hand(&lamp).await, counted(17, 2, 17));
    let entry = "select count(*) from stock_ledger where kind = 'correction' and quantity = 7";
    assert_eq!(shop.count(entry).await, 1);
    shop.edit_counters(&lamp, -4, 0, -4).await;
    assert_eq!(shop.repaired(&lamp).await, ["manual_edit"]);
    assert_eq!(shop.on_hand(&lamp).await, counted(13, 2, 13));
    shop.assert_events_are_right().await;
}

#[tokio::test]
async fn a_lost_hold_is_put_back_with_or_without_its_counters() {
    for counters in [true, false] {
        let shop = Shop::open().await;
        let (lamp, chair) = (shop.received("Lamp", 10).await, shop.received("Chair", 10).await);
        shop.order("bob", &[(&lamp, 1)]).await.unwrap();
        let order = shop.order("ada", &[(&lamp, 2), (&chair, 3)]).await.unwrap();
        shop.drop_hold(&order).await;
        if !counters {
            shop.edit_counters(&lamp, 0, -2, 2).await;
        }
        let report = shop.reconcile().await;
        let lost: Vec<&Value> = report["findings"].as_array().unwrap().iter().collect();
        assert!(lost.iter().all(|finding| finding["kind"] == "lost_hold" && finding["repaired"] == true), "{report}");
        assert_eq!((lost.len(), lost[0]["orderId"].as_str()), (1, Some(order.as_str())), "{report}");
        assert_eq!(shop.hold_state(&order).await.as_deref(), Some("HELD"));
        assert_eq!((shop.on_hand(&lamp).await, shop.on_hand(&chair).await), (counted(10, 3, 10), counted(10, 3, 10)));
        assert_eq!(shop.reconcile().await["findings"], json!([]));
        shop.assert_events_are_right().await;
        // It ends as any other.
        shop.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(shop.sweep().await.unwrap().closed, 2);
        assert_eq!(shop.on_hand(&lamp).await, counted(10, 0, 10));
    }
}

#[tokio::test]
async fn counters_that_have_gone_come_back_with_what_is_held() {
    let shop = Shop::open().await;
    let (lamp, _) = held(&shop, "Lamp").await;
    shop.drop_counters(&lamp).await;
    assert_eq!(shop.reconcile().await["findings"], json!([]), "a product that is being made has none yet");
    shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(shop.repaired(&lamp).await, ["missing_counters", "double_release"]);
    assert_eq!(shop.on_hand(&lamp).await, counted(10, 2, 10));
}

#[tokio::test]
async fn a_change_that_the_ledger_has_not_followed_is_no_difference() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 10).await;
    shop.stops.stop_once_at(HookPoint::AfterMovement);
    assert_eq!(shop.adjust(&lamp, &json!({"delta": 5})).await.status, 503);
    assert_eq!(shop.reconcile().await["findings"], json!([]));
    shop.clock.advance(SignedDuration::from_secs(31));
    shop.sweep().await.unwrap();
    assert_eq!((shop.on_hand(&lamp).await, shop.events("StockMismatch").await), (counted(15, 0, 15), 0));
}

#[tokio::test]
async fn a_repair_is_made_of_what_is_there_then() {
    let shop = Shop::open().await;
    let (lamp, _) = held(&shop, "Lamp").await;
    shop.edit_counters(&lamp, 0, 3, -3).await;
    let pause = shop.stops.pause_once_at(HookPoint::BeforeRepair);
    let between = async {
        pause.reached().await;
        shop.order("bob", &[(&lamp, 4)]).await.unwrap();
        pause.release();
    };
    let (repaired, ()) = tokio::join!(shop.repaired(&lamp), between);
    assert_eq!(repaired, ["lost_release"]);
    assert_eq!(shop.on_hand(&lamp).await, counted(10, 6, 10));
    assert_eq!(shop.events("StockMismatch").await, 1, "told of once");
    // The same, where the ledger is corrected.
    shop.edit_counters(&lamp, 2, 0, 2).await;
    let pause = shop.stops.pause_once_at(HookPoint::BeforeRepair);
    let between = async {
        pause.reached().await;
        assert_eq!(shop.adjust(&lamp, &json!({"delta": 1})).await.status, 200);
        pause.release();
    };
    let (repaired, ()) = tokio::join!(shop.repaired(&lamp), between);
    assert_eq!(repaired, ["manual_edit"]);
    assert_eq!(shop.on_hand(&lamp).await, counted(13, 6, 13));
}

#[tokio::test]
async fn an_order_that_ends_between_counters_and_holds_is_no_difference() {
    let shop = Shop::open().await;
    let (lamp, order) = held(&shop, "Lamp").await;
    let pause = shop.stops.pause_once_at(HookPoint::WithinLook);
    let between = async {
        pause.reached().await;
        shop.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(shop.sweep().await.unwrap().closed, 1);
        pause.release();
    };
    let (report, ()) = tokio::join!(shop.reconcile(), between);
    assert_eq!((&report["findings"], &report["unsettled"]), (&json!([]), &json!(0)));
    assert_eq!(shop.hold_state(&order).await.as_deref(), Some("RELEASED"));
    assert_eq!((shop.on_hand(&lamp).await, shop.events("StockMismatch").await), (counted(10, 0, 10), 0));
}

#[tokio::test]
async fn two_reconciliations_at_once_repair_a_difference_once() {
    let shop = Shop::open().await;
    let (lamp, _) = held(&shop, "Lamp").await;
    shop.edit_counters(&lamp, 5, 3, 2).await;
    join_all((0..3).map(|_| shop.reconcile())).await;
    assert_eq!(shop.on_hand(&lamp).await, counted(15, 2, 15));
    assert_eq!(shop.reconcile().await["findings"], json!([]));
}

#[tokio::test]
async fn a_run_goes_on_where_the_last_one_ended() {
    let shop = Shop::open().await;
    for name in ["Lamp", "Chair", "Desk"] {
        let item = shop.received(name, 5).await;
        shop.edit_counters(&item, 1, 0, 1).await;
    }
    let (mut path, mut runs, mut found) = ("/v1/inventory/reconcile?limit=2".to_owned(), 0, 0);
    loop {
        let report = shop.admin().send(http::Method::POST, &path, "").await.json();
        runs += 1;
        found += report["findings"].as_array().unwrap().len();
        let Some(next) = report["next"].as_str() else { break };
        path = format!("/v1/inventory/reconcile?limit=2&after={next}");
    }
    assert_eq!((runs, found), (2, 3));
    let totals = ReconciliationTotals { checked: 3, ..ReconciliationTotals::default() };
    assert_eq!(reconcile_all(&shop.backend).await, Ok(totals));
    for bad in ["?limit=0", "?limit=1001", "?after=prod_1", "?page=1"] {
        let refused = shop.admin().send(http::Method::POST, &format!("/v1/inventory/reconcile{bad}"), "").await;
        assert_eq!(refused.status, 400, "{bad}");
    }
}

/// Orders that are placed, paid, left, and changes of stock, one after the other for as long as it goes on.
async fn traffic(shop: &Shop, items: &[Item], who: usize, goes_on: impl Fn(usize) -> bool) {
    let mut round = 0;
    while goes_on(round) {
        let sub = format!("shopper_{who}_{round}");
        let item = &items[(who + round) % items.len()];
        let order = shop.order(&sub, &[(item, 1)]).await;
        if let Some(order) = order.filter(|_| round % 2 == 0) {
            let body = json!({"orderId": order, "amount": serde_json::from_str::<Value>(TOTAL).unwrap()});
            let paid = shop.shopper(&sub).post("/v1/payments", &body).await;
            assert!(paid.status == 200, "{paid:?}");
        }
        if round % 3 == 0 {
            assert_eq!(shop.adjust(item, &json!({"delta": 1})).await.status, 200);
        }
        round += 1;
    }
}

/// What is done while four shoppers are at it: until that is done, and six rounds each.
async fn in_traffic<T>(shop: &Shop, items: &[Item], other: impl Future<Output = T>) -> T {
    let done = AtomicBool::new(false);
    let goes_on = |round: usize| round < 6 || !done.load(Ordering::Relaxed);
    let moving = join_all((0..4).map(|who| traffic(shop, items, who, goes_on)));
    let other = async {
        let other = other.await;
        done.store(true, Ordering::Relaxed);
        other
    };
    let (_, done) = tokio::time::timeout(Duration::from_mins(2), async { tokio::join!(moving, other) })
        .await
        .expect("the traffic should end");
    done
}

#[tokio::test]
async fn what_only_moves_is_never_taken_for_a_difference() {
    let shop = Shop::open().await;
    let items = [shop.received("Lamp", 100).await, shop.received("Chair", 100).await];
    let found = in_traffic(&shop, &items, async {
        let mut found = Vec::new();
        for _ in 0..12 {
            found.extend(shop.reconcile().await["findings"].as_array().unwrap().clone());
        }
        found
    });
    assert_eq!(found.await, Vec::<Value>::new());
    assert_eq!(shop.reconcile().await["findings"], json!([]));
}

#[tokio::test]
async fn differences_of_all_kinds_are_found_and_repaired_while_orders_run() {
    let shop = Shop::open().await;
    let mut items = Vec::new();
    for name in ["Released late", "Released twice", "Edited", "Lost"] {
        items.push(shop.received(name, 10_000).await);
    }
    let lost = shop.order("ada", &[(&items[3], 5)]).await.unwrap();
    shop.edit_counters(&items[0], 0, 7, -7).await;
    let twice = shop.order("eve", &[(&items[1], 5)]).await.unwrap();
    shop.edit_counters(&items[1], 0, -5, 5).await;
    shop.edit_counters(&items[2], 9, 0, 9).await;
    shop.drop_hold(&lost).await;
    let kinds = ["lost_release", "double_release", "manual_edit", "lost_hold"];
    let wanted: Vec<(usize, String)> = kinds.into_iter().map(str::to_owned).enumerate().collect();
    let (repaired, told) = in_traffic(&shop, &items, async {
        let (mut repaired, mut told) = (Vec::new(), Vec::new());
        while !wanted.iter().all(|planted| repaired.contains(planted)) {
            let report = shop.reconcile().await;
            for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["repaired"] == true) {
                let place = items.iter().position(|item| finding["variantId"] == item.variant.to_string()).unwrap();
                repaired.push((place, finding["kind"].as_str().unwrap().to_owned()));
            }
            told.push(report);
        }
        repaired.sort_unstable();
        (repaired, told)
    })
    .await;
    assert_eq!(repaired, wanted, "{told:?}");
    assert_eq!(shop.reconcile().await["findings"], json!([]));
    for item in &items {
        let Levels { on_hand, ledger, reserved } = shop.on_hand(item).await;
        let held = format!(
            "select coalesce(sum(i.quantity), 0)::bigint from orders o join order_items i on i.order_id = o.id
            where o.status = 'PENDING' and i.variant_id = '{}'",
            item.variant.as_uuid()
        );
        assert_eq!((on_hand, reserved), (ledger, shop.count(&held).await), "{}", item.name);
    }
    assert_eq!(shop.hold_state(&lost).await.as_deref(), Some("HELD"));
    assert_eq!(shop.hold_state(&twice).await.as_deref(), Some("HELD"));
    shop.assert_events_are_right().await;
}
