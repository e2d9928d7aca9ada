//! An order that has left the shop.

use serde_json::{Value, json};

use super::{Answer, Item, Levels, Shop};

/// Washington's tax comes on top and is on shipping too; Germany's is in the prices.
const RULES: &str = r#"{
    "currency": "USD",
    "default_destination": {"country": "US"},
    "tax_zones": [
        {"name": "WA sales tax", "country": "US", "rate": 0.065, "shipping_taxed": true},
        {"name": "USt", "country": "DE", "inclusive": true, "rate": 0.19, "shipping_taxed": true}
    ],
    "shipping_zones": [{"country": "US", "fee": 5.00}, {"country": "DE", "fee": 9.90}]
}"#;

/// Ada's order of three lamps and two chairs out of ten each, paid and shipped. To the US it cost 106.55 + 21.32 + 5.33 for
/// shipping, 133.20 in all; to Germany 100.05 + 20.02 + 9.90, 129.97 in all.
pub(crate) struct Shipped {
    pub(crate) shop: Shop,
    pub(crate) lamp: Item,
    pub(crate) chair: Item,
    pub(crate) order: String,
}

impl Shipped {
    pub(crate) async fn to(country: &str) -> Self {
        let paid = Self::paid(country).await;
        let whole = json!({"trackingNumber": "1Z999AA10123456784"});
        assert_eq!(paid.ship("whole", &whole).await.status, 201);
        paid
    }

    /// The same, before it is shipped.
    pub(crate) async fn paid(country: &str) -> Self {
        let shop = Shop::pricing_by(RULES).await;
        let (lamp, chair) = (shop.received("Lamp", 10).await, shop.received("Chair", 10).await);
        shop.reprice(&lamp, "33.35").await;
        shop.reprice(&chair, "10.01").await;
        let lamp = Item { price: "33.35".to_owned(), ..lamp };
        let chair = Item { price: "10.01".to_owned(), ..chair };
        shop.fill_cart("ada", &[(&lamp, 3), (&chair, 2)]).await;
        let address = json!({"street": "Main St 1", "city": "Springfield", "zipCode": "98101", "country": country});
        let ada = shop.shopper("ada");
        let placed = ada.post("/v1/orders", &json!({"shippingAddress": address})).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let order = placed.text("/orderId");
        let payment = json!({"orderId": order, "amount": placed.json()["total"], "paymentMethodId": "pm_card_visa"});
        let answer = ada.post("/v1/payments", &payment).await;
        assert_eq!(answer.text("/status"), "succeeded", "{answer:?}");
        Self { shop, lamp, chair, order }
    }

    /// Ships under that key.
    pub(crate) async fn ship(&self, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/orders/{}/shipments", self.order);
        self.shop.admin().with("idempotency-key", key).post(&path, body).await
    }

    /// Puts the order into a state that it did not come to by itself.
    pub(crate) async fn force_status(&self, status: &str) {
        self.shop.run("update orders set status = $1, version = version + 1", &[&status]).await;
    }

    pub(crate) fn path(&self) -> String {
        format!("/v1/orders/{}/returns", self.order)
    }

    pub(crate) async fn take_back(&self, key: &str, body: &Value) -> Answer {
        self.shop.admin().with("idempotency-key", key).post(&self.path(), body).await
    }

    /// So many lamps come back, and are put on sale again.
    pub(crate) async fn lamps_back(&self, key: &str, pieces: u32) -> Answer {
        self.take_back(key, &json!({"items": [line(&self.lamp, pieces, true)]})).await
    }

    /// Asks for a refund, of all that is left without an amount.
    pub(crate) async fn refund_by_hand(&self, amount: Option<&str>) -> Answer {
        let payment = self.shop.shopper("ada").get("/v1/payments").await.text("/data/0/id");
        let body = amount.map_or_else(|| json!({}), |amount| json!({"amount": number(amount)}));
        let admin = self.shop.admin().with("idempotency-key", "by-hand");
        admin.post(&format!("/v1/payments/{payment}/refunds"), &body).await
    }

    pub(crate) async fn read(&self) -> Value {
        self.shop.shopper("ada").get(&format!("/v1/orders/{}", self.order)).await.json()
    }

    /// What the provider sent back, in cents.
    pub(crate) fn sent_back(&self) -> Vec<u64> {
        let refunds = self.shop.provider.state()["refunds"].as_array().cloned().unwrap_or_default();
        refunds.iter().map(|refund| refund["amount"].as_u64().unwrap()).collect()
    }

    /// What the ledger says that we have of this order, in cents.
    pub(crate) async fn kept(&self) -> i64 {
        self.shop.count("select (100 * coalesce(sum(amount), 0))::bigint from ledger_entries").await
    }

    /// All stores say that so many lamps and chairs are in the warehouse.
    pub(crate) async fn assert_in_stock(&self, lamps: i64, chairs: i64) {
        for (item, pieces) in [(&self.lamp, lamps), (&self.chair, chairs)] {
            let expected = Levels { on_hand: pieces, reserved: 0, ledger: pieces };
            assert_eq!(self.shop.on_hand(item).await, expected, "{}", item.name);
        }
        assert_eq!(self.shop.count("select count(*) from returns where restock_due").await, 0);
    }
}

/// Pieces of an item in a return's body.
pub(crate) fn line(item: &Item, pieces: u32, restock: bool) -> Value {
    json!({"variantId": item.variant.to_string(), "quantity": pieces, "restock": restock})
}

/// A number as it is written.
pub(crate) fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
