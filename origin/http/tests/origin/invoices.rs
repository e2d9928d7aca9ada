//! Invoices and credit notes: what they say, to whom, and as which amounts.

use commerce_api::ServedBy;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::shop::{Answer, Placed, Shop, address};

impl Placed {
    pub(crate) async fn invoice(&self) -> Answer {
        self.shop.shopper("ada").get(&format!("/v1/orders/{}/invoice", self.order)).await
    }

    pub(crate) async fn pdf(&self) -> Answer {
        self.shop.shopper("ada").get(&format!("/v1/orders/{}/invoice.pdf", self.order)).await
    }

    /// The numbers that were given, in their order.
    pub(crate) async fn numbers(&self) -> Vec<String> {
        let client = self.shop.database.client().await.unwrap();
        let sql = "select snapshot ->> 'number' from invoices order by year, number";
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

pub(crate) fn series(year: u32, numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| format!("CC-{year}-{number:06}")).collect()
}

#[tokio::test]
async fn a_paid_order_has_an_invoice_that_says_what_the_order_said() {
    let placed = Placed::new().await;
    for unpaid in [placed.invoice().await, placed.pdf().await] {
        assert_eq!((unpaid.status.as_u16(), unpaid.code()), (409, "CONFLICT".to_owned()), "{unpaid:?}");
    }
    assert_eq!(placed.pay("pm_card_visa").await.status, 200);
    let order = placed.shop.shopper("ada").get(&format!("/v1/orders/{}", placed.order)).await.json();
    let answer = placed.invoice().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let invoice = answer.json()["invoice"].clone();
    for member in ["currency", "subtotal", "shipping", "tax", "taxIncluded", "total", "orderNumber"] {
        assert_eq!(invoice[member], order[member], "{member}");
    }
    let text = |member: &str| invoice[member].as_str().unwrap().to_owned();
    assert_eq!(
        (text("number"), text("kind"), text("orderId")),
        (series(2024, &[1])[0].clone(), "invoice".to_owned(), placed.order.clone())
    );
    assert_eq!((text("issuedOn"), text("orderedOn")), ("2024-01-21".to_owned(), "2024-01-21".to_owned()));
    assert_eq!(invoice["seller"]["name"], "CloudCommerce Sample Ltd");
    assert_eq!(invoice["buyer"]["address"], address());
    assert_eq!(
        (&invoice["buyer"]["name"], &invoice["buyer"]["email"]),
        (&json!("ada by name"), &json!("ada@example.com"))
    );
    assert_eq!(invoice["items"][0]["name"], "Lamp");
    assert_eq!(answer.json()["creditNotes"], json!([]));
    // Whatever becomes of the customer and of the catalog.
    placed.shop.run("update customers set name = 'Other', email = 'other@example.com'", &[]).await;
    placed.shop.reprice(&placed.item, "1.00").await;
    assert_eq!(placed.invoice().await.body, answer.body);
    let path = format!("/v1/invoices/{}", text("id"));
    assert_eq!(placed.shop.shopper("ada").get(&path).await.json(), invoice);
    assert_eq!(placed.shop.admin().get(&path).await.json(), invoice);
}

#[tokio::test]
async fn what_is_anothers_does_not_exist() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let invoice = placed.invoice().await.text("/invoice/id");
    let order = &placed.order;
    for path in [
        format!("/v1/orders/{order}/invoice"),
        format!("/v1/orders/{order}/invoice.pdf"),
        format!("/v1/invoices/{invoice}"),
        format!("/v1/invoices/{invoice}/pdf"),
    ] {
        assert_eq!(placed.shop.shopper("bob").get(&path).await.status, 404, "{path}");
        assert_eq!(placed.shop.admin().get(&path).await.status, 200, "{path}");
    }
    for path in ["/v1/invoices/inv_01h4vjdvzefw18zfwz5dxw5y8g", "/v1/invoices/1", "/v1/invoices/1/pdf"] {
        assert_eq!(placed.shop.shopper("ada").get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_pdf_is_the_same_each_time_and_is_named_by_its_number() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let (one, other) = (placed.pdf().await, placed.pdf().await);
    assert_eq!((one.status.as_u16(), one.header("content-type")), (200, Some("application/pdf")), "{one:?}");
    assert_eq!(one.header("content-disposition"), Some("inline; filename=\"CC-2024-000001.pdf\""));
    assert!(one.body.starts_with(b"%PDF-") && one.body == other.body);
    let invoice = placed.invoice().await.text("/invoice/id");
    let by_id = placed.shop.shopper("ada").get(&format!("/v1/invoices/{invoice}/pdf")).await;
    assert!(by_id.body == one.body);
}

#[tokio::test]
async fn a_router_that_only_prints_serves_nothing_else() {
    let mut placed = Placed::paid_with("pm_card_visa").await;
    let paper = placed.pdf().await;
    placed.shop.serve_only(ServedBy::Printer);
    assert!(placed.pdf().await.body == paper.body);
    for answer in [placed.invoice().await, placed.shop.shopper("ada").get("/v1/orders").await] {
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND".to_owned()));
    }
}

#[tokio::test]
async fn a_refund_has_a_credit_note_in_the_series_of_the_invoice() {
    let placed = Placed::paid_with("pm_card_visa").await;
    assert_eq!(placed.invoice().await.json()["creditNotes"], json!([]));
    for (key, amount) in [("k1", Some("14.80")), ("k2", None)] {
        assert_eq!(placed.refund(key, amount).await.status, 201);
        placed.shop.clock.advance(SignedDuration::from_secs(1));
    }
    let answer = placed.invoice().await.json();
    let (invoice, notes) = (&answer["invoice"], answer["creditNotes"].as_array().unwrap());
    assert_eq!(placed.numbers().await, series(2024, &[1, 2, 3]));
    let totals: Vec<String> = notes.iter().map(|note| note["total"].to_string()).collect();
    assert_eq!(totals, ["14.80", "50.00"]);
    for note in notes {
        assert_eq!((&note["kind"], &note["invoiceNumber"]), (&json!("credit_note"), &invoice["number"]));
        assert_eq!((&note["reason"], &note["items"]), (&json!("requested_by_customer"), &json!([])));
    }
    // 60.00 and 4.80 tax at 8 %: 13.70 and 1.10 of it first, then the rest.
    let taxes: Vec<String> = notes.iter().map(|note| note["taxes"].to_string()).collect();
    assert_eq!(
        taxes,
        [
            r#"[{"amount":1.10,"base":13.70,"name":"Tax","rate":0.08}]"#,
            r#"[{"amount":3.70,"base":46.30,"name":"Tax","rate":0.08}]"#,
        ]
    );
    let pdf = format!("/v1/invoices/{}/pdf", notes[0]["id"].as_str().unwrap());
    let pdf = placed.shop.shopper("ada").get(&pdf).await;
    assert_eq!(pdf.header("content-disposition"), Some("inline; filename=\"CC-2024-000002.pdf\""));
    assert_eq!(placed.invoice().await.json(), answer);
}

#[tokio::test]
async fn what_was_called_off_after_it_was_paid_is_credited() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let cancelled = placed.shop.shopper("ada").post(&format!("/v1/orders/{}/cancel", placed.order), &json!({})).await;
    assert_eq!(cancelled.text("/status"), "CANCELLED");
    let answer = placed.invoice().await.json();
    assert_eq!(answer["creditNotes"][0]["total"], answer["invoice"]["total"]);
    assert_eq!(answer["creditNotes"][0]["taxes"], answer["invoice"]["taxes"]);
    assert_eq!(answer["creditNotes"][0]["reason"], "order_cancelled");
}

#[tokio::test]
async fn a_refund_that_is_under_way_or_came_back_has_no_credit_note() {
    let placed = Placed::paid_with("pm_card_pendingRefund").await;
    assert_eq!(placed.refund("k1", None).await.status, 202);
    assert_eq!(placed.invoice().await.json()["creditNotes"], json!([]), "under way");
    let refund = placed.shop.provider.state()["refunds"][0]["id"].as_str().unwrap().to_owned();
    placed.tell_provider(&format!("/test/refunds/{refund}/failed"), "").await;
    placed.shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(placed.shop.sweep().await.unwrap().refunds, 1);
    assert_eq!(placed.invoice().await.json()["creditNotes"], json!([]), "came back");
    assert_eq!(placed.numbers().await, series(2024, &[1]));
}

#[tokio::test]
async fn a_credit_note_whose_money_came_back_stays_and_counts_no_more() {
    let placed = Placed::paid_with("pm_card_pendingRefund").await;
    assert_eq!(placed.refund("k1", None).await.status, 202);
    let refund = placed.shop.provider.state()["refunds"][0]["id"].as_str().unwrap().to_owned();
    let tell = async |refund: &str, outcome: &str, event: &str| {
        placed.tell_provider(&format!("/test/refunds/{refund}/{outcome}"), "").await;
        let about = json!({"id": refund, "object": "refund"});
        assert_eq!(placed.shop.webhook(event, "refund.updated", &about).await.status, 200);
    };
    tell(&refund, "succeeded", "evt_1").await;
    let first = placed.invoice().await.json()["creditNotes"][0].clone();
    tell(&refund, "failed", "evt_2").await;
    placed.shop.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(placed.refund("k2", None).await.status, 202);
    let all = placed.shop.provider.state()["refunds"].clone();
    let second = all.as_array().unwrap().iter().find(|other| other["id"] != refund.as_str()).unwrap();
    tell(second["id"].as_str().unwrap(), "succeeded", "evt_3").await;
    let notes = placed.invoice().await.json()["creditNotes"].clone();
    assert_eq!((&notes[0], notes.as_array().map(Vec::len)), (&first, Some(2)));
    assert_eq!((&notes[1]["total"], &notes[1]["taxes"]), (&first["total"], &first["taxes"]));
    assert_eq!(placed.numbers().await, series(2024, &[1, 2, 3]));
}

#[tokio::test]
async fn the_whole_is_told_by_rate_of_tax_also_where_something_is_not_taxed_or_was_not_kept() {
    let rules = r#"{"currency": "USD", "tax_zones": [{"name": "CA sales tax", "country": "US", "state": "CA", "rate": 0.0725}],
        "shipping_zones": [{"fee": 5.00}]}"#;
    let shop = Shop::pricing_by(rules).await;
    let item = shop.item("Lamp", "60.00", 5).await;
    let ada = shop.shopper("ada");
    let invoiced = async |kept: bool| {
        shop.fill_cart("ada", &[(&item, 1)]).await;
        let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
        let order = ada.post("/v1/orders", &body).await.text("/orderId");
        if !kept {
            shop.run("update orders set taxes = null where status = 'PENDING'", &[]).await;
        }
        let amount: Value = serde_json::from_str("69.35").unwrap();
        let paid = ada.post("/v1/payments", &json!({"orderId": order, "amount": amount})).await;
        assert_eq!(paid.status, 200, "{paid:?}");
        ada.get(&format!("/v1/orders/{order}/invoice")).await.json()["invoice"]["taxes"].to_string()
    };
    let taxes = r#"[{"amount":4.35,"base":60.00,"name":"CA sales tax","rate":0.0725},{"amount":0.00,"base":5.00,"name":"","rate":0}]"#;
    assert_eq!(invoiced(true).await, taxes);
    assert_eq!(invoiced(false).await, r#"[{"amount":4.35,"base":65.00,"name":"Tax"}]"#);
}

#[tokio::test]
async fn money_that_came_for_nothing_has_no_papers() {
    let placed = Placed::paid_with("pm_card_visa").await;
    // As if it had come when the order was over.
    placed.shop.run("update orders set status = 'FAILED'", &[]).await;
    assert_eq!(placed.refund("k1", None).await.status, 201);
    placed.shop.run("update refunds set reason = 'stranded'", &[]).await;
    assert_eq!(placed.invoice().await.status, 409);
    assert_eq!(placed.numbers().await, [""; 0]);
}
