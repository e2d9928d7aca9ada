//! An order that waits to be paid.

use commerce_aws::HttpClient as _;
use commerce_domain::{AttemptId, Clock as _, CustomerId, PaymentId};
use origin_core::inventory::SettleHold as _;
use origin_core::payments::{Confirmation, GatewayError, Intent, NewAttempt, PaymentGateway as _, Provider};
use origin_gateways::CaptureMethod;
use serde_json::{Value, json};
use test_support::{Faults, SystemEntropy};

use super::{Answer, Item, Shop, address, http_client, stripe};

pub(crate) const TOTAL: &str = "64.80";

/// Ada's order of one lamp out of five.
pub(crate) struct Placed {
    pub(crate) shop: Shop,
    pub(crate) item: Item,
    pub(crate) order: String,
}

impl Placed {
    pub(crate) async fn new() -> Self {
        Self::in_shop(Shop::open().await).await
    }

    pub(crate) async fn in_shop(shop: Shop) -> Self {
        let item = shop.item("Lamp", "60.00", 5).await;
        shop.fill_cart("ada", &[(&item, 1)]).await;
        let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
        let order = shop.shopper("ada").post("/v1/orders", &body).await.text("/orderId");
        Self { shop, item, order }
    }

    pub(crate) fn body(&self, amount: &str, method: Option<&str>) -> Value {
        let mut body = json!({"orderId": self.order, "amount": serde_json::from_str::<Value>(amount).unwrap()});
        if let Some(method) = method {
            body["paymentMethodId"] = json!(method);
        }
        body
    }

    pub(crate) async fn pay(&self, method: &str) -> Answer {
        self.shop.shopper("ada").post("/v1/payments", &self.body(TOTAL, Some(method))).await
    }

    pub(crate) async fn pay_under(&self, key: &str, method: &str) -> Answer {
        let ada = self.shop.shopper("ada").with("idempotency-key", key);
        ada.post("/v1/payments", &self.body(TOTAL, Some(method))).await
    }

    pub(crate) async fn status(&self) -> String {
        self.shop.shopper("ada").get(&format!("/v1/orders/{}", self.order)).await.text("/status")
    }

    pub(crate) fn charges(&self) -> usize {
        let state = self.shop.provider.state();
        let charges = state["charges"].as_array().cloned().unwrap_or_default();
        charges.iter().filter(|charge| charge["status"] == "succeeded").count()
    }

    /// On hand, and reserved.
    pub(crate) async fn stock(&self) -> (i64, i64) {
        let level = self.shop.level(&self.item).await;
        (level.on_hand, level.reserved)
    }

    /// The state of the hold.
    pub(crate) async fn hold(&self) -> String {
        self.shop.hold_state(&self.order).await.expect("the order should have a hold")
    }

    /// Puts the hold into a state that it did not come to by itself.
    pub(crate) async fn force_hold(&self, state: &str) {
        self.shop.force_hold(&self.order, state).await;
    }

    /// The hold was cleared away.
    pub(crate) async fn forget_hold(&self) {
        self.shop.drop_hold(&self.order).await;
    }

    /// The goods are on sale again, whatever was to become of the order.
    pub(crate) async fn release_hold_by_hand(&self) {
        self.shop.stock.release(self.order.parse().unwrap()).await.unwrap();
    }

    pub(crate) fn faults(&self, faults: Faults) {
        self.shop.provider.set_faults(faults);
    }

    /// The provider's ids of the intents, oldest first.
    pub(crate) fn intents(&self) -> Vec<String> {
        let state = self.shop.provider.state();
        let intents = state["payment_intents"].as_array().cloned().unwrap_or_default();
        intents.iter().map(|intent| intent["id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn tell_provider(&self, path: &str, form: &str) {
        self.shop.tell_provider(path, form).await;
    }

    /// What the customer does at the bank.
    pub(crate) async fn authenticate(&self, outcome: &str) {
        self.tell_provider(&format!("/test/3ds/{}/complete", self.intents()[0]), &format!("outcome={outcome}")).await;
    }

    /// Somebody calls the payment off at the provider.
    pub(crate) async fn cancel_at_provider(&self) {
        self.tell_provider(&format!("/v1/payment_intents/{}/cancel", self.intents()[0]), "").await;
    }

    /// A confirmation of the first intent arrives at the provider, late or again.
    pub(crate) async fn confirmation_arrives(&self, attempt: u32, method: &str) -> Result<Intent, GatewayError> {
        let client = self.shop.database.client().await.unwrap();
        let row = client.query_one("select id from payments order by created_at limit 1", &[]).await.unwrap();
        let confirmation = Confirmation {
            provider: Provider::Stripe,
            intent_id: self.intents()[0].clone(),
            payment_id: PaymentId::from_uuid(row.get(0)).unwrap(),
            attempt,
            payment_method_id: method.to_owned(),
        };
        stripe(&self.shop.provider, CaptureMethod::Automatic).confirm(&confirmation).await
    }

    /// Another attempt to pay the order.
    pub(crate) async fn new_attempt(&self) -> NewAttempt {
        let client = self.shop.database.client().await.unwrap();
        let customer = client.query_one("select user_id from orders", &[]).await.unwrap().get(0);
        NewAttempt {
            customer_id: CustomerId::from_uuid(customer).unwrap(),
            order_id: self.order.parse().unwrap(),
            payment_id: PaymentId::generate(&self.shop.clock, &SystemEntropy),
            attempt_id: AttemptId::generate(&self.shop.clock, &SystemEntropy),
            payment_method: None,
            now: self.shop.clock.now(),
        }
    }

    pub(crate) async fn events(&self, name: &str) -> i64 {
        self.shop.events(name).await
    }

    /// Every event that was written is as its schema says.
    pub(crate) async fn assert_events_are_right(&self) {
        self.shop.assert_events_are_right().await;
    }

    /// How many attempts stand there.
    pub(crate) async fn attempts(&self, state: &str) -> i64 {
        self.shop.count(&format!("select count(*) from payment_attempts where state = '{state}'")).await
    }

    /// Paid once, and everything says so.
    pub(crate) async fn assert_paid(&self) {
        assert_eq!(self.status().await, "PROCESSING");
        assert_eq!((self.charges(), self.stock().await, self.hold().await), (1, (4, 0), "CONSUMED".to_owned()));
        let shop = &self.shop;
        let captured = "select count(*) from ledger_entries where kind = 'capture' and amount = 64.80";
        assert_eq!((shop.count(captured).await, shop.count("select count(*) from ledger_entries").await), (1, 1));
        assert_eq!((self.events("PaymentSucceeded").await, self.events("PaymentStranded").await), (1, 0));
        assert_eq!(shop.count("select stock from variants").await, 4);
        assert_eq!(shop.count("select stock from products").await, 4);
        assert_eq!(shop.count("select sum(quantity)::bigint from stock_ledger where kind = 'sale'").await, -1);
        assert_eq!(shop.count("select count(*) from payment_attempts where hold_step is not null").await, 0);
        assert_eq!(shop.count("select count(*) from payments where state = 'SUCCEEDED'").await, 1);
        assert_eq!(self.attempts("SUCCEEDED").await, 1);
        self.assert_events_are_right().await;
    }
}

impl Shop {
    /// Somebody talks to the provider past us.
    pub(crate) async fn tell_provider(&self, path: &str, form: &str) {
        let request = http::Request::post(format!("{}{path}", self.provider.url()))
            .header("authorization", "Bearer sk_test_local")
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = http_client().send(request.body(bytes::Bytes::from(form.to_owned())).unwrap()).await.unwrap();
        assert!(answer.status().is_success() || answer.status().is_redirection(), "{answer:?}");
    }
}
