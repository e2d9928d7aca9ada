//! Returns that are stopped, or race each other and refunds.

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::{hooks::HookPoint, sweep::SweepReport};
use serde_json::{Value, json};
use test_support::{Faults, payments::Operation};

use crate::shop::{Shipped, line, number};

impl Shipped {
    async fn swept_later(&self) -> SweepReport {
        self.shop.clock.advance(SignedDuration::from_secs(31));
        self.shop.sweep().await.unwrap()
    }
}

#[tokio::test]
async fn a_return_that_is_stopped_anywhere_happens_once() {
    let points = [
        HookPoint::BeforeTakingBack,
        HookPoint::AfterTakingBack,
        HookPoint::BeforeRestock,
        HookPoint::AfterRestock,
        HookPoint::BeforeMoneyBack,
        HookPoint::AfterMoneyBack,
        HookPoint::BeforeRefunded,
        HookPoint::AfterRefunded,
    ];
    for point in points {
        for sweep_first in [false, true] {
            let shipped = Shipped::to("US").await;
            shipped.shop.stops.stop_once_at(point);
            assert_eq!(shipped.lamps_back("k1", 2).await.status, 503, "{point:?}");
            assert!(shipped.shop.stops.was_reached(), "{point:?}");
            assert_eq!(shipped.lamps_back("k1", 2).await.code(), "REQUEST_IN_PROGRESS", "{point:?}");
            // Nobody takes what is on its way for a mistake.
            assert_eq!(shipped.shop.repaired(&shipped.lamp).await, Vec::<String>::new(), "{point:?}");
            if sweep_first {
                let report = shipped.swept_later().await;
                assert_eq!(report.failures, 0, "{point:?}");
                if point != HookPoint::BeforeTakingBack {
                    shipped.assert_in_stock(9, 8).await;
                    assert_eq!(shipped.kept().await, 13_320 - 7103, "{point:?}");
                }
            } else {
                shipped.shop.clock.advance(SignedDuration::from_secs(31));
            }
            let back = shipped.lamps_back("k1", 2).await;
            let refund = (back.text("/refund/status"), back.json()["refund"]["amount"].clone());
            assert_eq!((back.status.as_u16(), refund), (201, ("SUCCEEDED".to_owned(), number("71.03"))), "{point:?}");
            assert_eq!((shipped.sent_back(), shipped.kept().await), (vec![7103], 13_320 - 7103), "{point:?}");
            assert_eq!(shipped.shop.events("OrderReturned").await, 1, "{point:?}");
            shipped.assert_in_stock(9, 8).await;
        }
    }
}

#[tokio::test]
async fn two_returns_at_once_never_bring_back_more_than_was_ordered() {
    for _ in 0..5 {
        let shipped = Shipped::to("US").await;
        let (one, other) = join(shipped.lamps_back("k1", 2), shipped.lamps_back("k2", 2)).await;
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{one:?} {other:?}");
        assert_eq!((shipped.sent_back(), shipped.kept().await), (vec![7103], 13_320 - 7103));
        shipped.assert_in_stock(9, 8).await;
    }
}

#[tokio::test]
async fn a_return_counts_before_its_goods_and_its_money_have_moved() {
    let shipped = Shipped::to("US").await;
    let pause = shipped.shop.stops.pause_once_at(HookPoint::BeforeRestock);
    let (first, (second, refund)) = join(shipped.lamps_back("k1", 2), async {
        pause.reached().await;
        let second = shipped.lamps_back("k2", 2).await;
        let refund = shipped.refund_by_hand(Some("133.20")).await;
        pause.release();
        (second, refund)
    })
    .await;
    assert_eq!((first.status.as_u16(), second.code()), (201, "RETURN_TOO_LARGE".to_owned()));
    assert_eq!((refund.code(), &refund.json()["refundable"]), ("REFUND_TOO_LARGE".to_owned(), &number("62.17")));
    shipped.assert_in_stock(9, 8).await;
}

#[tokio::test]
async fn a_refund_that_is_under_way_leaves_a_return_only_the_rest() {
    let shipped = Shipped::to("US").await;
    let pause = shipped.shop.stops.pause_once_at(HookPoint::BeforeMoneyBack);
    let (refund, back) = join(shipped.refund_by_hand(Some("100.00")), async {
        pause.reached().await;
        let back = shipped.lamps_back("k1", 3).await;
        pause.release();
        back
    })
    .await;
    assert_eq!((refund.status.as_u16(), back.status.as_u16()), (201, 201));
    assert_eq!(back.json()["refund"]["amount"], number("33.20"));
    assert_eq!(shipped.kept().await, 0);
}

/// All of it comes back, or all but a lamp, while a refund of all that is left is asked for.
#[tokio::test]
async fn a_return_and_a_full_refund_send_all_of_it_back_and_no_more_whichever_is_first() {
    for (lamps, by_return, rest) in [(3, 13_320, 0), (2, 9768, 3552)] {
        let items = |shipped: &Shipped| {
            let items = [line(&shipped.lamp, lamps, true), line(&shipped.chair, 2, true)];
            json!({"items": items, "shippingRefund": true})
        };
        let shipped = Shipped::to("US").await;
        let pause = shipped.shop.stops.pause_once_at(HookPoint::AfterTakingBack);
        let everything = items(&shipped);
        let (back, refund) = join(shipped.take_back("k1", &everything), async {
            pause.reached().await;
            let refund = shipped.refund_by_hand(None).await;
            pause.release();
            refund
        })
        .await;
        let expected = if rest == 0 { 422 } else { 201 };
        assert_eq!((back.status.as_u16(), refund.status.as_u16()), (201, expected), "{refund:?}");
        let mut sent = shipped.sent_back();
        sent.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!((sent, shipped.kept().await), ([by_return, rest].into_iter().filter(|part| *part > 0).collect(), 0));

        let shipped = Shipped::to("US").await;
        let pause = shipped.shop.stops.pause_once_at(HookPoint::BeforeMoneyBack);
        let everything = items(&shipped);
        let (refund, back) = join(shipped.refund_by_hand(None), async {
            pause.reached().await;
            let back = shipped.take_back("k1", &everything).await;
            pause.release();
            back
        })
        .await;
        assert_eq!((refund.status.as_u16(), back.status.as_u16()), (201, 201), "{back:?}");
        assert_eq!((&back.json()["refund"], shipped.sent_back()), (&Value::Null, vec![13_320]));
        assert_eq!(shipped.read().await["status"], "REFUNDED");
    }
}

#[tokio::test]
async fn a_sweep_beside_the_request_puts_the_goods_on_sale_once() {
    for point in [HookPoint::BeforeRestock, HookPoint::AfterRestock] {
        let shipped = Shipped::to("US").await;
        let pause = shipped.shop.stops.pause_once_at(point);
        let (back, report) = join(shipped.lamps_back("k1", 2), async {
            pause.reached().await;
            let report = shipped.shop.sweep().await.unwrap();
            pause.release();
            report
        })
        .await;
        assert_eq!((back.status.as_u16(), report.returns, report.failures), (201, 1, 0), "{point:?}");
        shipped.assert_in_stock(9, 8).await;
    }
}

#[tokio::test]
async fn counters_that_cannot_be_reached_leave_the_goods_to_the_sweep() {
    let shipped = Shipped::to("US").await;
    shipped.shop.drop_counters(&shipped.lamp).await;
    let items = [line(&shipped.lamp, 2, true), line(&shipped.chair, 1, true)];
    let back = shipped.take_back("k1", &json!({"items": items})).await;
    assert_eq!((back.status.as_u16(), &back.json()["restocked"]), (201, &json!(false)), "{back:?}");
    let report = shipped.swept_later().await;
    assert_eq!((report.returns, report.failures), (0, 1), "all of a return's goods go onto the counters, or none");
    let stock = origin_core::inventory::NewStock {
        variant_id: shipped.lamp.variant,
        product_id: shipped.lamp.product,
        on_hand: 7,
        backorder_limit: 0,
    };
    origin_core::inventory::PutStock::put_stock_if_absent(&shipped.shop.stock, &[stock]).await.unwrap();
    assert_eq!(shipped.swept_later().await.returns, 1);
    assert_eq!(shipped.swept_later().await, SweepReport::default());
    shipped.assert_in_stock(9, 9).await;
    let listed = shipped.shop.admin().get(&shipped.path()).await.json();
    assert_eq!(listed["data"][0]["restocked"], true);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_leaves_the_money_to_the_sweep_and_one_that_refuses_stops_no_return() {
    let shipped = Shipped::to("US").await;
    shipped.shop.timer.hurry(true);
    let silent = Faults { rate_limit: 100, only: vec![Operation::Refund], ..Faults::default() };
    shipped.shop.provider.set_faults(silent);
    let back = shipped.lamps_back("k1", 2).await;
    assert_eq!((back.status.as_u16(), back.text("/refund/status")), (202, "PENDING".to_owned()), "{back:?}");
    shipped.assert_in_stock(9, 8).await;
    shipped.shop.provider.set_faults(Faults::default());
    assert_eq!(shipped.swept_later().await.refunds, 1);
    let again = shipped.lamps_back("k1", 2).await;
    assert_eq!((again.status.as_u16(), again.text("/refund/status")), (201, "SUCCEEDED".to_owned()));
    assert_eq!((again.text("/id"), shipped.sent_back()), (back.text("/id"), vec![7103]));

    let intent = shipped.shop.provider.state()["payment_intents"][0]["id"].as_str().unwrap().to_owned();
    shipped.shop.tell_provider("/v1/refunds", &format!("payment_intent={intent}")).await;
    let refused = shipped.lamps_back("k2", 1).await;
    assert_eq!((refused.status.as_u16(), refused.text("/refund/status")), (201, "FAILED".to_owned()), "{refused:?}");
    shipped.assert_in_stock(10, 8).await;
}
