//! What a customer does at PayPal, and what PayPal sends.

use bytes::Bytes;
use commerce_aws::Credentials;
use http::Request;
use serde_json::{Value, json};
use test_support::{PayPalFaults, paypal::TransmissionHeaders};

use super::{Answer, PAYPAL_WEBHOOK, Placed, Shop, sign};

pub(crate) const PAYPAL: &str = "paypal";

impl Shop {
    /// A webhook of PayPal's arrives as it stands, by the edge.
    pub(crate) async fn transmit(&self, headers: &TransmissionHeaders, body: &str) -> Answer {
        let request = Request::post("/v1/webhooks/paypal")
            .header("host", "origin.test")
            .header("content-type", "application/json")
            .header("x-request-id", "req_test");
        let given = headers.iter().filter(|(_, value)| !value.is_empty());
        let request = given.fold(request, |request, (name, value)| request.header(*name, value));
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        self.answer(sign(request, self, &Credentials::new("edge", "edge-secret"))).await
    }

    /// A webhook of PayPal's arrives.
    pub(crate) async fn paypal_webhook(&self, id: &str, kind: &str, resource: &Value) -> Answer {
        let body = json!({"id": id, "event_type": kind, "resource": resource}).to_string();
        self.transmit(&self.paypal.transmission(PAYPAL_WEBHOOK, &body), &body).await
    }
}

impl Placed {
    /// The orders at PayPal, oldest first.
    pub(crate) fn paypal_orders(&self) -> Vec<Value> {
        self.shop.paypal.state()["orders"].as_array().cloned().unwrap_or_default()
    }

    /// PayPal's id of that order of ours.
    pub(crate) fn paypal_order(&self, index: usize) -> String {
        self.paypal_orders()[index]["id"].as_str().unwrap().to_owned()
    }

    /// The captures at PayPal that have taken money.
    pub(crate) fn captures(&self) -> usize {
        let orders = self.paypal_orders();
        let captures = orders.iter().filter_map(|order| order.pointer("/purchase_units/0/payments/captures"));
        let captures = captures.filter_map(Value::as_array).flatten();
        captures
            .filter(|capture| {
                ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"].contains(&capture["status"].as_str().unwrap())
            })
            .count()
    }

    /// The customer was sent to PayPal.
    pub(crate) async fn asked_by_paypal() -> Self {
        let placed = Self::new().await;
        let asked = placed.pay(PAYPAL).await;
        assert_eq!((asked.status.as_u16(), asked.text("/status")), (200, "requires_action".to_owned()), "{asked:?}");
        placed
    }

    /// The customer has agreed there, and the shop does not know.
    pub(crate) async fn approved_at_paypal() -> Self {
        let placed = Self::asked_by_paypal().await;
        placed.approve();
        placed
    }

    /// The customer agrees to the latest order.
    pub(crate) fn approve(&self) {
        let latest = self.paypal_orders().len() - 1;
        assert!(self.shop.paypal.approve(&self.paypal_order(latest)));
    }

    pub(crate) fn paypal_faults(&self, faults: PayPalFaults) {
        self.shop.paypal.set_faults(faults);
    }

    /// PayPal tells that the customer has agreed to its first order.
    pub(crate) async fn approval_hint(&self, id: &str) -> Answer {
        self.shop.paypal_webhook(id, "CHECKOUT.ORDER.APPROVED", &json!({"id": self.paypal_order(0)})).await
    }

    /// PayPal tells that its first order was charged for.
    pub(crate) async fn capture_hint(&self, id: &str) -> Answer {
        let resource =
            json!({"id": "CAP-1", "supplementary_data": {"related_ids": {"order_id": self.paypal_order(0)}}});
        self.shop.paypal_webhook(id, "PAYMENT.CAPTURE.COMPLETED", &resource).await
    }

    /// Paid once, at PayPal, and everything says so.
    pub(crate) async fn assert_paid_at_paypal(&self) {
        assert_eq!(self.status().await, "PROCESSING");
        assert_eq!((self.captures(), self.charges()), (1, 0));
        assert_eq!((self.stock().await, self.hold().await), ((4, 0), "CONSUMED".to_owned()));
        let shop = &self.shop;
        let captured = "select count(*) from ledger_entries where kind = 'capture' and amount = 64.80";
        assert_eq!((shop.count(captured).await, shop.count("select count(*) from ledger_entries").await), (1, 1));
        assert_eq!((self.events("PaymentSucceeded").await, self.events("PaymentStranded").await), (1, 0));
        assert_eq!(shop.count("select count(*) from payment_attempts where hold_step is not null").await, 0);
        let paid = "select count(*) from payments where state = 'SUCCEEDED' and provider = 'paypal'";
        assert_eq!((shop.count(paid).await, self.attempts("SUCCEEDED").await), (1, 1));
        self.assert_events_are_right().await;
    }
}
