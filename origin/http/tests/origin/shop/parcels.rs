//! An order that is paid and being packed.

use bytes::Bytes;
use commerce_aws::{Credentials, HttpClient as _};
use commerce_domain::Clock as _;
use http::Request;
use jiff::SignedDuration;
use serde_json::{Value, json};
use test_support::{CarrierFaults, payments::signature_header};

use super::{Answer, Item, Shop, WEBHOOK_SECRETS, address, http_client, sign};

/// Ada's order of two lamps and a chair, which she has paid.
pub(crate) struct Packed {
    pub(crate) shop: Shop,
    pub(crate) lamp: Item,
    pub(crate) chair: Item,
    pub(crate) order: String,
    pub(crate) total: Value,
}

impl Packed {
    pub(crate) async fn new() -> Self {
        Self::of(Shop::open().await).await
    }

    /// In that shop.
    pub(crate) async fn of(shop: Shop) -> Self {
        let packed = Self::unpaid(shop).await;
        assert_eq!(packed.pay().await.text("/status"), "succeeded");
        packed
    }

    /// Not paid yet.
    pub(crate) async fn unpaid(shop: Shop) -> Self {
        let (lamp, chair) = (shop.item("Lamp", "60.00", 5).await, shop.item("Chair", "20.00", 5).await);
        shop.fill_cart("ada", &[(&lamp, 2), (&chair, 1)]).await;
        let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
        let placed = shop.shopper("ada").post("/v1/orders", &body).await;
        let (order, total) = (placed.text("/orderId"), placed.json()["total"].clone());
        Self { shop, lamp, chair, order, total }
    }

    pub(crate) async fn pay(&self) -> Answer {
        let body = json!({"orderId": self.order, "amount": self.total});
        self.shop.shopper("ada").post("/v1/payments", &body).await
    }

    fn path(&self, action: &str) -> String {
        format!("/v1/orders/{}{action}", self.order)
    }

    /// Ships under that key.
    pub(crate) async fn ship(&self, key: &str, body: &Value) -> Answer {
        self.shop.admin().with("idempotency-key", key).post(&self.path("/shipments"), body).await
    }

    /// Ships so many lamps, with a label of the shop's own.
    pub(crate) async fn ship_lamps(&self, key: &str, quantity: u32) -> Answer {
        let items = json!([{"variantId": self.lamp.variant, "quantity": quantity}]);
        self.ship(key, &json!({"items": items, "trackingNumber": format!("1Z-{key}")})).await
    }

    pub(crate) async fn cancel(&self) -> Answer {
        self.shop.shopper("ada").post(&self.path("/cancel"), &json!({})).await
    }

    pub(crate) async fn deliver(&self, shipment: &str) -> Answer {
        self.shop.admin().post(&format!("/v1/shipments/{shipment}/deliver"), &json!({})).await
    }

    /// The order, as Ada sees it.
    pub(crate) async fn read(&self) -> Value {
        self.shop.shopper("ada").get(&self.path("")).await.json()
    }

    /// Its status, and how much of it has left.
    pub(crate) async fn stands(&self) -> (String, String) {
        let order = self.read().await;
        let text = |member: &str| order[member].as_str().unwrap_or_default().to_owned();
        (text("status"), text("fulfillmentStatus"))
    }

    pub(crate) async fn assert_stands(&self, status: &str, fulfillment: &str) {
        assert_eq!(self.stands().await, (status.to_owned(), fulfillment.to_owned()));
    }

    /// The states of its shipments, oldest first.
    pub(crate) async fn states(&self) -> Vec<String> {
        let listed = self.shop.shopper("ada").get(&self.path("/shipments")).await.json();
        let shipments = listed["data"].as_array().cloned().unwrap_or_default();
        shipments.iter().map(|shipment| shipment["status"].as_str().unwrap().to_owned()).collect()
    }

    /// The labels that the carrier has made.
    pub(crate) fn labels(&self) -> Vec<Value> {
        self.shop.carrier.state()["labels"].as_array().cloned().unwrap_or_default()
    }

    pub(crate) fn faults(&self, faults: CarrierFaults) {
        self.shop.carrier.set_faults(faults);
    }

    /// Something happens to a parcel, and the carrier sends its webhook.
    pub(crate) async fn parcel_is(&self, id: &str, status: &str) {
        let url = format!("{}/test/parcels/{id}/{status}", self.shop.carrier.url());
        let request = Request::post(url).body(Bytes::new()).unwrap();
        assert!(http_client().send(request).await.unwrap().status().is_success());
    }

    pub(crate) async fn sweep_after(&self, time: SignedDuration) -> u32 {
        self.shop.clock.advance(time);
        self.shop.sweep().await.unwrap().shipments
    }

    /// Left whole with one label, and told once.
    pub(crate) async fn assert_left_once(&self) {
        self.assert_stands("SHIPPED", "fulfilled").await;
        assert_eq!((self.states().await, self.labels().len()), (vec!["SHIPPED".to_owned()], 1));
        assert_eq!((self.shop.events("OrderShipped").await, self.shop.events("OrderDelivered").await), (1, 0));
        self.shop.assert_events_are_right().await;
    }

    /// Arrived whole, and told once.
    pub(crate) async fn assert_arrived_once(&self) {
        self.assert_stands("DELIVERED", "fulfilled").await;
        assert_eq!((self.states().await, self.labels().len()), (vec!["DELIVERED".to_owned()], 1));
        assert_eq!((self.shop.events("OrderShipped").await, self.shop.events("OrderDelivered").await), (1, 1));
        self.shop.assert_events_are_right().await;
    }
}

impl Shop {
    /// The carrier's signature of the body, made now with that secret.
    pub(crate) fn carrier_signature(&self, secret: &str, body: &str) -> String {
        signature_header(secret, self.clock.now().as_second(), body.as_bytes())
    }

    /// A webhook arrives at the carrier's route as it stands, by the edge.
    pub(crate) async fn deliver_from_carrier(
        &self,
        header: &'static str,
        signature: Option<&str>,
        body: &str,
    ) -> Answer {
        let mut request =
            Request::post("/v1/webhooks/carrier").header("host", "origin.test").header("x-request-id", "r");
        if let Some(signature) = signature {
            request = request.header(header, signature);
        }
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        self.answer(sign(request, self, &Credentials::new("edge", "edge-secret"))).await
    }

    /// A webhook of the carrier's about a shipment arrives.
    pub(crate) async fn carrier_hint(&self, id: &str, kind: &str, shipment: &str) -> Answer {
        let body = json!({"id": id, "type": kind, "data": {"reference": shipment, "status": "delivered"}}).to_string();
        let signature = self.carrier_signature(WEBHOOK_SECRETS[0], &body);
        self.deliver_from_carrier("carrier-signature", Some(&signature), &body).await
    }
}
