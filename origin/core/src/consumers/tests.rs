use std::sync::Mutex;

use commerce_domain::{OrderId, RefundId, state::PaymentState};
use futures_executor::block_on;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::inventory::NewStock;

const ORDER: &str = "order_01ktp6sn00e8m9wvpfqsmyrszv";
const PAYMENT: &str = "pay_01ktp6sn00e8m9wvpfqsmyrszv";
const REFUND: &str = "ref_01ktp6sn00e8m9wvpfqsmyrszv";
const PRODUCT: &str = "prod_01ktp6sn00e8m9wvpfqsmyrszv";
const VARIANT: &str = "var_01ktp6sn00e8m9wvpfqsmyrszv";

#[derive(Default)]
struct Stores {
    stock: Mutex<Vec<NewStock>>,
    entries: Mutex<Vec<PaymentEntry>>,
    papers: Mutex<Vec<(OrderId, Option<RefundId>)>>,
}

impl PutStock for Stores {
    async fn put_stock_if_absent(&self, stock: &[NewStock]) -> Result<(), StoreError> {
        self.stock.lock().unwrap().extend_from_slice(stock);
        Ok(())
    }
}

impl KeepPaymentHistory for Stores {
    async fn keep_entry(&self, entry: &PaymentEntry) -> Result<(), StoreError> {
        self.entries.lock().unwrap().push(entry.clone());
        Ok(())
    }
}

impl IssuePapers for Stores {
    async fn issue_papers(&self, order: OrderId, refund: Option<RefundId>) -> Result<(), StoreError> {
        self.papers.lock().unwrap().push((order, refund));
        Ok(())
    }
}

fn event(kind: &str, subject: &str, data: Value) -> Envelope {
    let id = "evt_01ktp6sn00e8m9wvpfqsmyrszv".parse().unwrap();
    Envelope::new(id, kind, subject, 4, Timestamp::UNIX_EPOCH, data)
}

fn handle(consumer: Consumer, event: &Envelope) -> (Result<(), ConsumeError>, Stores) {
    let stores = Stores::default();
    (block_on(consumer.handle(&stores, &stores, Some(&stores), event)), stores)
}

#[test]
fn a_consumer_is_found_by_its_name() {
    for consumer in Consumer::ALL {
        assert_eq!(consumer.name().parse(), Ok(consumer));
    }
    assert_eq!("mail".parse::<Consumer>(), Err(UnknownConsumer));
}

#[test]
fn new_variants_get_their_counters_and_a_change_without_any_gets_none() {
    let variant = json!({"variantId": VARIANT, "onHand": 5, "backorderLimit": 2});
    let created = event("ProductCreated", PRODUCT, json!({"productId": PRODUCT, "variants": [variant]}));
    let (handled, stores) = handle(Consumer::Counters, &created);
    assert_eq!(handled, Ok(()));
    let (variant_id, product_id) = (VARIANT.parse().unwrap(), PRODUCT.parse().unwrap());
    let expected = NewStock { variant_id, product_id, on_hand: 5, backorder_limit: 2 };
    assert_eq!(stores.stock.into_inner().unwrap(), [expected]);
    let (handled, stores) =
        handle(Consumer::Counters, &event("ProductUpdated", PRODUCT, json!({"productId": PRODUCT})));
    assert_eq!((handled, stores.stock.into_inner().unwrap()), (Ok(()), vec![]));
}

#[test]
fn an_entry_says_what_the_payment_has_come_to() {
    let attempt = json!({"orderId": ORDER, "paymentId": PAYMENT, "attempt": 1, "reason": "card_declined",
        "attemptId": "att_01ktp6sn00e8m9wvpfqsmyrszv"});
    for (kind, state) in [
        ("PaymentAuthorised", PaymentState::Authorised),
        ("PaymentSucceeded", PaymentState::Succeeded),
        ("PaymentFailed", PaymentState::Failed),
        ("PaymentCanceled", PaymentState::Canceled),
        ("PaymentStranded", PaymentState::Succeeded),
    ] {
        let (handled, stores) = handle(Consumer::PaymentHistory, &event(kind, ORDER, attempt.clone()));
        let entries = stores.entries.into_inner().unwrap();
        assert_eq!((handled, entries[0].state, entries[0].sequence), (Ok(()), state, 4), "{kind}");
        assert_eq!(entries[0].reason.as_deref(), Some("card_declined"));
    }
}

#[test]
fn a_refund_keeps_the_digits_of_its_amount() {
    let data = format!(
        r#"{{"orderId": "{ORDER}", "paymentId": "{PAYMENT}", "refundId": "ref_1", "amount": 9.90, "currency": "USD"}}"#
    );
    let refunded = event("RefundSucceeded", ORDER, serde_json::from_str(&data).unwrap());
    let (handled, stores) = handle(Consumer::PaymentHistory, &refunded);
    assert_eq!(handled, Ok(()));
    assert_eq!(stores.entries.lock().unwrap()[0].refund_id.as_deref(), Some("ref_1"));
    let refund = stores.entries.into_inner().unwrap().remove(0).amount.unwrap();
    assert_eq!((refund.amount.to_string(), refund.currency), ("9.90".to_owned(), "USD".to_owned()));
}

#[test]
fn a_refund_that_failed_and_a_dispute_are_part_of_the_history() {
    let told = |name: &str, id: &str, more: &str| {
        let data = format!(
            r#"{{"orderId": "{ORDER}", "paymentId": "{PAYMENT}", "{name}": "{id}", "amount": 9.90, "currency": "USD", {more}}}"#
        );
        serde_json::from_str::<serde_json::Value>(&data).unwrap()
    };
    for (kind, data) in [
        ("RefundFailed", told("refundId", "ref_1", r#""reason": "expired_or_canceled_card""#)),
        ("DisputeOpened", told("disputeId", "du_1", r#""reason": "fraudulent""#)),
        ("DisputeClosed", told("disputeId", "du_1", r#""outcome": "won""#)),
    ] {
        let (handled, stores) = handle(Consumer::PaymentHistory, &event(kind, ORDER, data.clone()));
        let entry = stores.entries.into_inner().unwrap().remove(0);
        assert_eq!((handled, entry.state), (Ok(()), PaymentState::Succeeded), "{kind}");
        let of = |name: &str| data[name].as_str().map(str::to_owned);
        assert_eq!((entry.refund_id, entry.dispute_id), (of("refundId"), of("disputeId")), "{kind}");
        assert_eq!((entry.reason, entry.outcome), (of("reason"), of("outcome")), "{kind}");
        assert_eq!(entry.amount.map(|told| told.amount.to_string()), Some("9.90".to_owned()), "{kind}");
    }
}

#[test]
fn what_was_paid_gets_an_invoice_and_what_went_back_a_credit_note() {
    let order: OrderId = ORDER.parse().unwrap();
    let paid = event("PaymentSucceeded", ORDER, json!({"orderId": ORDER, "paymentId": PAYMENT}));
    let refunded = event("RefundSucceeded", ORDER, json!({"orderId": ORDER, "refundId": REFUND}));
    for (event, papers) in [(&paid, (order, None)), (&refunded, (order, Some(REFUND.parse().unwrap())))] {
        let (handled, stores) = handle(Consumer::Invoices, event);
        assert_eq!((handled, stores.papers.into_inner().unwrap()), (Ok(()), vec![papers]));
    }
    let nobody = block_on(Consumer::Invoices.handle(&Stores::default(), &Stores::default(), None::<&Stores>, &paid));
    assert!(matches!(nobody, Err(ConsumeError::Store(_))), "it is not lost");
}

#[test]
fn what_is_not_as_published_fails_and_what_is_of_another_kind_does_not() {
    for (consumer, event) in [
        (Consumer::Counters, event("ProductCreated", PRODUCT, json!({"productId": ORDER}))),
        (Consumer::PaymentHistory, event("PaymentFailed", ORDER, json!({"orderId": ORDER}))),
        (Consumer::PaymentHistory, event("PaymentFailed", PAYMENT, json!({"orderId": ORDER, "paymentId": PAYMENT}))),
        (Consumer::PaymentHistory, event("RefundSucceeded", ORDER, json!({"orderId": ORDER, "paymentId": PAYMENT}))),
        (Consumer::Invoices, event("RefundSucceeded", ORDER, json!({"orderId": ORDER, "paymentId": PAYMENT}))),
        (Consumer::Invoices, event("PaymentSucceeded", ORDER, json!({"orderId": PAYMENT}))),
    ] {
        assert!(matches!(handle(consumer, &event).0, Err(ConsumeError::Malformed(_))), "{event:?}");
    }
    for consumer in Consumer::ALL {
        let (handled, stores) = handle(consumer, &event("OrderCreated", ORDER, json!({})));
        assert_eq!((handled, stores.entries.into_inner().unwrap()), (Ok(()), vec![]));
    }
}
