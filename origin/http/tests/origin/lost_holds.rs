//! Holds that are lost while their orders are paid, called off or closed. Planted: nothing of ours loses one.

use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};

use crate::shop::{Levels, Placed, Shop};

const ASKS: &str = "pm_card_threeDSecure2Required";

/// The kinds of what a reconciliation finds, and whether it repaired that.
type Findings = Vec<(String, bool)>;

impl Placed {
    /// The ledger knows of what was there.
    async fn receipt(self) -> Self {
        let receipt = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
            values ($1, 'receipt', 5, 'creation', now())";
        self.shop.run(receipt, &[&self.item.variant.as_uuid()]).await;
        self
    }

    /// Paid, and the hold has gone before it followed.
    async fn lost_when_paid() -> Self {
        let placed = Self::new().await.receipt().await;
        placed.shop.stops.stop_once_at(HookPoint::AfterSettle);
        assert_eq!(placed.pay("pm_card_visa").await.status, 503);
        placed.forget_hold().await;
        placed
    }

    async fn findings(&self) -> Findings {
        findings(&self.shop.reconcile().await)
    }

    async fn after_a_while(&self) {
        self.sweep_after(31).await;
    }
}

fn findings(report: &Value) -> Findings {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|found| (found["kind"].as_str().unwrap().to_owned(), found["repaired"] == true)).collect()
}

fn lost(repaired: bool) -> Findings {
    vec![("lost_hold".to_owned(), repaired)]
}

fn lost_and(kind: &str) -> Findings {
    [lost(false), vec![(kind.to_owned(), true)]].concat()
}

#[tokio::test]
async fn an_order_whose_hold_is_lost_before_its_money_comes_gets_its_goods() {
    for reconciled in [false, true] {
        let placed = Placed::new().await.receipt().await;
        assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
        placed.forget_hold().await;
        if reconciled {
            assert_eq!(placed.findings().await, lost(true));
            assert_eq!((placed.hold().await, placed.stock().await), ("HELD".to_owned(), (5, 1)));
        }
        placed.authenticate("authenticate").await;
        assert_eq!(placed.hint("evt_1", "payment_intent.succeeded").await.status, 200);
        placed.assert_paid().await;
        assert_eq!(placed.findings().await, Findings::new());
    }
}

#[tokio::test]
async fn an_order_whose_hold_is_lost_while_its_money_is_set_aside_gets_its_goods() {
    for reconciled in [false, true] {
        let placed = Placed::authorised().await.receipt().await;
        placed.shop.clock.advance(SignedDuration::from_hours(48));
        placed.forget_hold().await;
        if reconciled {
            assert_eq!(placed.findings().await, lost(true));
            assert_eq!(placed.stock().await, (5, 1));
        }
        assert_eq!(placed.capture().await.text("/status"), "SUCCEEDED");
        placed.assert_captured().await;
        assert_eq!(placed.findings().await, Findings::new());
    }
}

#[tokio::test]
async fn pieces_that_were_paid_are_not_sold_again_though_their_hold_is_lost() {
    let placed = Placed::lost_when_paid().await;
    for _ in 0..2 {
        assert_eq!((placed.findings().await, placed.stock().await), (lost(false), (5, 1)));
    }
    // Other differences of the same variant are found beside it.
    placed.shop.edit_counters(&placed.item, 0, 3, -3).await;
    assert_eq!((placed.findings().await, placed.stock().await), (lost_and("lost_release"), (5, 1)));
    placed.shop.edit_counters(&placed.item, 0, -1, 1).await;
    assert_eq!((placed.findings().await, placed.stock().await), (lost_and("double_release"), (5, 1)));
    assert_eq!(placed.shop.order("bob", &[(&placed.item, 5)]).await, None, "four are left");
    placed.after_a_while().await;
    placed.assert_paid().await;
    assert_eq!(placed.findings().await, Findings::new());
    let path = format!("/v1/orders/{}/shipments", placed.order);
    let admin = placed.shop.admin().with("idempotency-key", "k");
    let shipped = admin.post(&path, &json!({"trackingNumber": "1Z-1"})).await;
    assert!(shipped.status.is_success(), "{shipped:?}");
}

#[tokio::test]
async fn an_order_that_is_called_off_after_its_hold_was_lost_puts_back_what_it_has_taken() {
    // Before its goods have left, at once and by the sweep.
    for stopped in [false, true] {
        let placed = Placed::lost_when_paid().await;
        assert_eq!(placed.findings().await, lost(false));
        if stopped {
            placed.shop.stops.stop_once_at(HookPoint::AfterCancel);
            assert_eq!(placed.cancel().await.status, 503);
            assert_eq!((placed.findings().await, placed.stock().await), (lost(false), (5, 1)));
            placed.after_a_while().await;
        } else {
            assert_eq!(placed.cancel().await.status, 200);
        }
        assert_eq!((placed.hold().await, placed.stock().await), ("RELEASED".to_owned(), (5, 0)));
        assert_eq!(placed.findings().await, Findings::new());
        placed.after_a_while().await;
        placed.assert_cancelled(true).await;
    }
    // After they have left.
    let placed = Placed::lost_when_paid().await;
    placed.after_a_while().await;
    assert_eq!(placed.cancel().await.status, 200);
    placed.assert_cancelled(true).await;
    assert_eq!((placed.hold().await, placed.findings().await), ("RETURNED".to_owned(), Findings::new()));
}

#[tokio::test]
async fn an_order_that_is_being_closed_keeps_its_pieces_until_it_is_though_its_hold_is_lost() {
    let placed = Placed::new().await.receipt().await;
    placed.shop.run("update orders set closing = 'expired', closing_since = now()", &[]).await;
    placed.forget_hold().await;
    assert_eq!((placed.findings().await, placed.stock().await), (lost(false), (5, 1)));
    placed.after_a_while().await;
    assert_eq!((placed.status().await, placed.hold().await), ("FAILED".to_owned(), "RELEASED".to_owned()));
    assert_eq!(placed.findings().await, [("lost_release".to_owned(), true)]);
    assert_eq!((placed.stock().await, placed.findings().await), ((5, 0), Findings::new()));
}

#[tokio::test]
async fn an_order_that_ends_before_its_hold_is_put_back_gets_none() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 10).await;
    let order = shop.order("ada", &[(&lamp, 2)]).await.unwrap();
    shop.drop_hold(&order).await;
    let pause = shop.stops.pause_once_at(HookPoint::BeforeRepair);
    let between = async {
        pause.reached().await;
        shop.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(shop.sweep().await.unwrap().closed, 1);
        pause.release();
    };
    let (report, ()) = tokio::join!(shop.reconcile(), between);
    assert_eq!(findings(&report), lost_and("lost_release"), "{report}");
    assert_eq!(shop.hold_state(&order).await.as_deref(), Some("RELEASED"));
    assert_eq!(shop.on_hand(&lamp).await, Levels { on_hand: 10, reserved: 0, ledger: 10 });
    assert_eq!(shop.reconcile().await["findings"], json!([]));
}
