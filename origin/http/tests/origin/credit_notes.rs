//! Credit notes of goods that came back: at the rates of tax that were on them, and with what they were.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::shop::{Item, Shop, line, number};

const RULES: &str = r#"{
    "currency": "USD",
    "default_destination": {"country": "DE"},
    "tax_zones": [
        {"name": "USt", "country": "DE", "inclusive": true, "rate": 0.19, "categories": {"books": 0.07}, "shipping_taxed": true},
        {"name": "Sales tax", "country": "US", "rate": 0.0825, "categories": {"books": 0.02}},
        {"name": "VAT", "country": "GB", "inclusive": true, "rate": 0.2, "categories": {"books": 0}, "shipping_taxed": true}
    ],
    "shipping_zones": [{"fee": 4.90}]
}"#;

/// Ada's order of headphones for 119.00 and three books for 10.70 each, which is paid and has arrived.
struct Delivered {
    shop: Shop,
    headphones: Item,
    book: Item,
    order: String,
}

impl Delivered {
    async fn to(country: &str) -> Self {
        let shop = Shop::pricing_by(RULES).await;
        let (headphones, book) = (shop.item("Headphones", "119.00", 5).await, shop.item("Book", "10.70", 5).await);
        shop.category("books", None).await;
        let moved = "update products set category_id = (select id from categories where slug = 'books') where id = $1";
        shop.run(moved, &[&book.product.as_uuid()]).await;
        shop.fill_cart("ada", &[(&headphones, 1), (&book, 3)]).await;
        let address = json!({"street": "1", "city": "Springfield", "zipCode": "98101", "country": country});
        let ada = shop.shopper("ada");
        let placed = ada.post("/v1/orders", &json!({"shippingAddress": address})).await;
        let order = placed.text("/orderId");
        let payment = json!({"orderId": order, "amount": placed.json()["total"], "paymentMethodId": "pm_card_visa"});
        assert_eq!(ada.post("/v1/payments", &payment).await.text("/status"), "succeeded");
        let delivered = Self { shop, headphones, book, order };
        let shipped = delivered.ask("ship", "shipments", &json!({"trackingNumber": "1Z"})).await;
        assert_eq!(shipped, 201);
        delivered
    }

    /// A request of the shop's under that key; its status.
    async fn ask(&self, key: &str, what: &str, body: &Value) -> u16 {
        let admin = self.shop.admin().with("idempotency-key", key);
        admin.post(&format!("/v1/orders/{}/{what}", self.order), body).await.status.as_u16()
    }

    async fn back(&self, key: &str, items: &[(&Item, u32)], shipping: bool) {
        self.shop.clock.advance(SignedDuration::from_secs(1));
        let items: Vec<Value> = items.iter().map(|(item, pieces)| line(item, *pieces, true)).collect();
        assert_eq!(self.ask(key, "returns", &json!({"items": items, "shippingRefund": shipping})).await, 201);
    }

    async fn refund_by_hand(&self, amount: &str) {
        let payment = self.shop.shopper("ada").get("/v1/payments").await.text("/data/0/id");
        let admin = self.shop.admin().with("idempotency-key", "by-hand");
        let refund = admin.post(&format!("/v1/payments/{payment}/refunds"), &json!({"amount": number(amount)})).await;
        assert_eq!(refund.status, 201, "{refund:?}");
    }

    /// The invoice and its credit notes, oldest first.
    async fn papers(&self) -> (Value, Vec<Value>) {
        let papers = self.shop.shopper("ada").get(&format!("/v1/orders/{}/invoice", self.order)).await.json();
        let notes = papers["creditNotes"].as_array().unwrap().clone();
        for note in &notes {
            let pdf = format!("/v1/invoices/{}/pdf", note["id"].as_str().unwrap());
            assert_eq!(self.shop.shopper("ada").get(&pdf).await.status, 200);
        }
        (papers["invoice"].clone(), notes)
    }
}

/// Base and tax at each rate.
fn taxes(paper: &Value) -> Vec<[String; 3]> {
    let taxes = paper["taxes"].as_array().unwrap();
    taxes.iter().map(|tax| ["rate", "base", "amount"].map(|member| tax[member].to_string())).collect()
}

fn sums(paper: &Value) -> [String; 4] {
    ["subtotal", "shipping", "tax", "total"].map(|member| paper[member].to_string())
}

fn rows(rows: &[[&str; 3]]) -> Vec<[String; 3]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_book_comes_back_at_the_rate_of_books() {
    let delivered = Delivered::to("DE").await;
    delivered.back("k1", &[(&delivered.book, 1)], false).await;
    delivered.back("k2", &[(&delivered.headphones, 1)], true).await;
    delivered.back("k3", &[(&delivered.book, 2)], false).await;
    let (invoice, notes) = delivered.papers().await;
    assert_eq!(taxes(&notes[0]), rows(&[["0.07", "10.00", "0.70"]]));
    assert_eq!(sums(&notes[0]), ["10.70", "0.00", "0.70", "10.70"]);
    let item = &notes[0]["items"][0];
    assert_eq!((&item["name"], &item["quantity"], &item["sku"]), (&json!("Book"), &json!(1), &json!("SKU-1")));
    let amounts = ["price", "tax", "subtotal", "taxRate"].map(|member| item[member].to_string());
    assert_eq!(
        (amounts, notes[0]["items"].as_array().map(Vec::len)),
        (["10.70", "0.70", "10.70", "0.07"].map(str::to_owned), Some(1))
    );
    // 100.00 and 19.00, and of the shipping's 4.90 at the same rate 0.78.
    assert_eq!(taxes(&notes[1]), rows(&[["0.19", "104.12", "19.78"]]));
    assert_eq!(sums(&notes[1]), ["119.00", "4.90", "19.78", "123.90"]);
    assert_eq!(taxes(&notes[2]), rows(&[["0.07", "20.00", "1.40"]]));
    assert_eq!(taxes(&invoice), rows(&[["0.19", "104.12", "19.78"], ["0.07", "30.00", "2.10"]]));
}

#[tokio::test]
async fn tax_that_came_on_top_goes_back_with_what_it_was_on() {
    let delivered = Delivered::to("US").await;
    for key in ["k1", "k2", "k3"] {
        delivered.back(key, &[(&delivered.book, 1)], key == "k3").await;
    }
    delivered.back("k4", &[(&delivered.headphones, 1)], false).await;
    let (invoice, notes) = delivered.papers().await;
    // 0.64 on three books; the shipping is not taxed.
    assert_eq!(taxes(&notes[0]), rows(&[["0.02", "10.70", "0.21"]]));
    assert_eq!(sums(&notes[0]), ["10.70", "0.00", "0.21", "10.91"]);
    assert_eq!(taxes(&notes[1]), rows(&[["0.02", "10.70", "0.22"]]));
    assert_eq!(taxes(&notes[2]), rows(&[["0.02", "10.70", "0.21"], ["0", "4.90", "0.00"]]));
    assert_eq!(sums(&notes[2]), ["10.70", "4.90", "0.21", "15.81"]);
    assert_eq!(taxes(&notes[3]), rows(&[["0.0825", "119.00", "9.82"]]));
    assert_eq!(
        taxes(&invoice),
        rows(&[["0.0825", "119.00", "9.82"], ["0.02", "32.10", "0.64"], ["0", "4.90", "0.00"]])
    );
    let subtotals = notes.iter().map(|note| note["items"][0]["subtotal"].to_string()).collect::<Vec<_>>();
    assert_eq!(subtotals, ["10.70", "10.70", "10.70", "119.00"]);
}

#[tokio::test]
async fn what_is_zero_rated_takes_no_tax_with_it() {
    let delivered = Delivered::to("GB").await;
    delivered.back("k1", &[(&delivered.book, 2)], true).await;
    let (_, notes) = delivered.papers().await;
    assert_eq!(taxes(&notes[0]), rows(&[["0.2", "4.08", "0.82"], ["0", "21.40", "0.00"]]));
    assert_eq!(sums(&notes[0]), ["21.40", "4.90", "0.82", "26.30"]);
}

#[tokio::test]
async fn goods_whose_rate_has_less_left_take_the_rest_from_the_others() {
    let delivered = Delivered::to("DE").await;
    // Of 156.00, in proportion: 123.90 and 32.10 of it.
    delivered.refund_by_hand("78.00").await;
    delivered.back("k1", &[(&delivered.book, 3)], false).await;
    // Less is left than these had cost: an amount.
    delivered.back("k2", &[(&delivered.headphones, 1)], false).await;
    let (invoice, notes) = delivered.papers().await;
    assert_eq!(taxes(&notes[0]), rows(&[["0.19", "52.06", "9.89"], ["0.07", "15.00", "1.05"]]));
    assert_eq!(taxes(&notes[1]), rows(&[["0.19", "13.49", "2.56"], ["0.07", "15.00", "1.05"]]));
    assert_eq!(taxes(&notes[2]), rows(&[["0.19", "38.57", "7.33"]]));
    assert!(notes.iter().all(|note| note["items"] == json!([])), "{notes:?}");
    assert_eq!(sums(&notes[1]), ["32.10", "0.00", "3.61", "32.10"]);
    assert_eq!(invoice["total"].to_string(), "156.00");
}
