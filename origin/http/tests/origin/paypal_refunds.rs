//! Money that goes back by PayPal.

use jiff::SignedDuration;
use serde_json::{Value, json};
use test_support::{PayPalFaults, PayPalOperation};

use crate::shop::{PAYPAL, Placed};

fn at_refund(faults: &PayPalFaults) -> PayPalFaults {
    PayPalFaults { only: vec![PayPalOperation::Refund], ..faults.clone() }
}

impl Placed {
    pub(crate) async fn paid_at_paypal() -> Self {
        let placed = Self::approved_at_paypal().await;
        assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
        placed
    }

    /// What PayPal has sent back.
    fn sent_back_by_paypal(&self) -> Vec<String> {
        let refunds = self.paypal_orders()[0].pointer("/purchase_units/0/payments/refunds").cloned().unwrap();
        let value = |refund: &Value| refund.pointer("/amount/value").and_then(Value::as_str).unwrap().to_owned();
        refunds.as_array().unwrap().iter().map(value).collect()
    }
}

#[tokio::test]
async fn parts_go_back_until_nothing_is_left() {
    let placed = Placed::paid_at_paypal().await;
    let first = placed.refund("k1", Some("14.80")).await;
    assert_eq!((first.status.as_u16(), first.text("/status")), (201, "SUCCEEDED".to_owned()), "{first:?}");
    assert_eq!(placed.refund("k2", Some("50.01")).await.code(), "REFUND_TOO_LARGE");
    assert_eq!(placed.refund("k3", None).await.status, 201);
    assert_eq!(placed.sent_back_by_paypal(), ["14.80", "50.00"]);
    assert_eq!((placed.kept().await, placed.status().await), (0, "REFUNDED".to_owned()));
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_goes_back_once() {
    for faults in [
        PayPalFaults { lose_reply: 1, ..PayPalFaults::default() },
        PayPalFaults { fail_after_effect: 1, ..PayPalFaults::default() },
        PayPalFaults { rate_limit: 1, ..PayPalFaults::default() },
    ] {
        let placed = Placed::paid_at_paypal().await;
        placed.paypal_faults(at_refund(&faults));
        assert_eq!(placed.refund("k1", Some("14.80")).await.text("/status"), "SUCCEEDED", "{faults:?}");
        assert_eq!(placed.sent_back_by_paypal(), ["14.80"], "{faults:?}");
    }
}

#[tokio::test]
async fn a_refund_that_takes_its_time_is_settled_by_a_webhook_or_the_sweep() {
    for by_webhook in [true, false] {
        let placed = Placed::paid_at_paypal().await;
        placed.paypal_faults(PayPalFaults { pend_refunds: true, ..PayPalFaults::default() });
        let asked = placed.refund("k1", None).await;
        assert_eq!((asked.status.as_u16(), asked.text("/status")), (202, "PENDING".to_owned()), "{asked:?}");
        let refunds = placed.paypal_orders()[0].pointer("/purchase_units/0/payments/refunds").cloned().unwrap();
        let id = refunds[0]["id"].as_str().unwrap();
        assert!(placed.shop.paypal.decide_refund(id, "COMPLETED"));
        if by_webhook {
            let taken = placed.shop.paypal_webhook("WH-1", "PAYMENT.CAPTURE.REFUNDED", &json!({"id": id})).await;
            assert_eq!(taken.status, 200);
        } else {
            placed.shop.clock.advance(SignedDuration::from_secs(31));
            assert_eq!(placed.shop.sweep().await.unwrap().refunds, 1);
        }
        assert_eq!((placed.kept().await, placed.status().await), (0, "REFUNDED".to_owned()), "{by_webhook}");
    }
}

#[tokio::test]
async fn a_refund_that_paypal_refuses_to_a_shop_that_it_does_not_know_is_made_later() {
    let placed = Placed::paid_at_paypal().await;
    placed.paypal_faults(at_refund(&PayPalFaults { unauthenticated: 100, ..PayPalFaults::default() }));
    let asked = placed.refund("k1", Some("14.80")).await;
    assert_eq!((asked.status.as_u16(), asked.text("/status")), (202, "PENDING".to_owned()), "{asked:?}");
    placed.paypal_faults(PayPalFaults::default());
    placed.shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(placed.shop.sweep().await.unwrap().refunds, 1);
    assert_eq!((placed.sent_back_by_paypal(), placed.events("RefundFailed").await), (vec!["14.80".to_owned()], 0));
}

#[tokio::test]
async fn what_paypal_does_not_refund_has_failed() {
    let placed = Placed::paid_at_paypal().await;
    let order = placed.paypal_order(0);
    // Somebody has sent it all back by PayPal's own pages.
    assert_eq!(placed.refund("k1", None).await.text("/status"), "SUCCEEDED");
    placed.shop.run("alter table ledger_entries disable trigger all", &[]).await;
    placed.shop.run("delete from ledger_entries where kind = 'refund'", &[]).await;
    let refused = placed.refund("k2", None).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "REFUND_REFUSED".to_owned()), "{order} {refused:?}");
    assert_eq!(placed.events("RefundFailed").await, 1);
}

#[tokio::test]
async fn a_paid_order_that_is_called_off_is_refunded_by_paypal() {
    let placed = Placed::paid_at_paypal().await;
    let path = format!("/v1/orders/{}/cancel", placed.order);
    let cancelled = placed.shop.shopper("ada").post(&path, &json!({})).await;
    assert_eq!(
        (cancelled.text("/status"), cancelled.text("/refundStatus")),
        ("CANCELLED".to_owned(), "full".to_owned())
    );
    assert_eq!((placed.sent_back_by_paypal(), placed.kept().await), (vec!["64.80".to_owned()], 0));
    assert_eq!(placed.stock().await, (5, 0));
}
