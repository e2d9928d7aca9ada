//! What lies in the warehouse, by the counters and by the ledger.

use commerce_aws::{
    AttributeValue,
    dynamodb::{self, DeleteItem, GetItem, UpdateItem, item, number, text},
};
use commerce_domain::{Clock as _, OrderId};
use http::Method;
use jiff::SignedDuration;
use origin_core::inventory::{HeldLine, Hold};
use origin_dynamo::INVENTORY_TABLE;
use serde_json::{Value, json};
use test_support::SystemEntropy;

use super::{Answer, Item, Shop, address};

/// What the stores say of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
    /// The ledger's sum, which the sums beside products and variants repeat.
    pub(crate) ledger: i64,
}

impl Shop {
    /// A product with so many in stock, of which the ledger knows.
    pub(crate) async fn received(&self, name: &str, stock: u32) -> Item {
        let item = self.item(name, "60.00", stock).await;
        let receipt = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
            values ($1, 'receipt', $2, 'creation', now())";
        self.run(receipt, &[&item.variant.as_uuid(), &i64::from(stock)]).await;
        item
    }

    /// `PUT /v1/inventory/{variant}` by an administrator.
    pub(crate) async fn adjust(&self, item: &Item, body: &Value) -> Answer {
        self.admin().send(Method::PUT, &format!("/v1/inventory/{}", item.variant), &body.to_string()).await
    }

    /// What the stores say of an item, where ledger and sums agree, and what can be sold is right.
    pub(crate) async fn on_hand(&self, item: &Item) -> Levels {
        let level = self.level(item).await;
        assert_eq!(level.sellable, level.available() + level.backorder_limit, "{level:?}");
        let client = self.database.client().await.unwrap();
        let sums = "select (select coalesce(sum(quantity), 0)::bigint from stock_ledger where variant_id = $1), v.stock, p.stock
            from variants v join products p on p.id = v.product_id where v.id = $1";
        let row = client.query_one(sums, &[&item.variant.as_uuid()]).await.unwrap();
        let ledger: i64 = row.get(0);
        assert_eq!((row.get::<_, i64>(1), row.get::<_, i64>(2)), (ledger, ledger), "the sums are the ledger's");
        Levels { on_hand: level.on_hand, reserved: level.reserved, ledger }
    }

    /// Somebody orders pieces: the order's id, if there were enough.
    pub(crate) async fn order(&self, sub: &str, lines: &[(&Item, i64)]) -> Option<String> {
        self.fill_cart(sub, lines).await;
        let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
        let answer = self.shopper(sub).post("/v1/orders", &body).await;
        assert!(answer.status == 201 || answer.code() == "OUT_OF_STOCK", "{answer:?}");
        (answer.status == 201).then(|| answer.text("/orderId"))
    }

    /// Changes counters past everything, as somebody at the console does.
    pub(crate) async fn edit_counters(&self, item: &Item, on_hand: i64, reserved: i64, sellable: i64) {
        let update = UpdateItem {
            table_name: INVENTORY_TABLE.to_owned(),
            key: counters(item),
            update_expression: "SET onHand = onHand + :o, reserved = reserved + :r, sellable = sellable + :s"
                .to_owned(),
            expression_attribute_values: [
                (":o".to_owned(), number(on_hand)),
                (":r".to_owned(), number(reserved)),
                (":s".to_owned(), number(sellable)),
            ]
            .into(),
            ..UpdateItem::default()
        };
        self.dynamo.update_item(&update).await.unwrap();
    }

    pub(crate) async fn drop_counters(&self, item: &Item) {
        self.delete(counters(item)).await;
    }

    pub(crate) async fn drop_hold(&self, order: &str) {
        self.delete(hold(order)).await;
    }

    /// Puts a hold into a state that it did not come to by itself.
    pub(crate) async fn force_hold(&self, order: &str, state: &str) {
        let update = UpdateItem {
            table_name: INVENTORY_TABLE.to_owned(),
            key: hold(order),
            update_expression: "SET #state = :state".to_owned(),
            expression_attribute_names: [("#state".to_owned(), "state".to_owned())].into(),
            expression_attribute_values: [(":state".to_owned(), text(state))].into(),
            ..UpdateItem::default()
        };
        self.dynamo.update_item(&update).await.unwrap();
    }

    async fn delete(&self, key: commerce_aws::Item) {
        let delete = DeleteItem { table_name: INVENTORY_TABLE.to_owned(), key, ..DeleteItem::default() };
        self.dynamo.delete_item(&delete).await.unwrap();
    }

    /// A hold of an order that nobody knows.
    pub(crate) fn stray_hold(&self, lines: &[(&Item, u32)]) -> Hold {
        let now = self.clock.now();
        Hold {
            order_id: OrderId::generate(&self.clock, &SystemEntropy),
            lines: lines
                .iter()
                .map(|(item, quantity)| HeldLine { variant_id: item.variant, quantity: *quantity })
                .collect(),
            created_at: now,
            expires_at: now + SignedDuration::from_mins(10),
        }
    }

    /// `POST /v1/inventory/reconcile`.
    pub(crate) async fn reconcile(&self) -> Value {
        let answer = self.admin().send(Method::POST, "/v1/inventory/reconcile", "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The kinds of what a reconciliation finds, those of this item, each of which was repaired.
    pub(crate) async fn repaired(&self, item: &Item) -> Vec<String> {
        let report = self.reconcile().await;
        let findings = report["findings"].as_array().unwrap();
        let mine = findings.iter().filter(|finding| finding["variantId"] == item.variant.to_string());
        let kind = |finding: &Value| {
            assert_eq!(finding["repaired"], true, "{report}");
            finding["kind"].as_str().unwrap().to_owned()
        };
        mine.map(kind).collect()
    }

    /// Every event that was written is as its schema says.
    pub(crate) async fn assert_events_are_right(&self) {
        let client = self.database.client().await.unwrap();
        for row in client.query("select event, payload from outbox", &[]).await.unwrap() {
            event_schemas::assert_published(row.get(0), &row.get(1));
        }
    }

    pub(crate) async fn events(&self, name: &str) -> i64 {
        self.count(&format!("select count(*) from outbox where event = '{name}'")).await
    }

    /// The state of a hold; none where there is none.
    pub(crate) async fn hold_state(&self, order: &str) -> Option<String> {
        let get = GetItem {
            table_name: INVENTORY_TABLE.to_owned(),
            key: hold(order),
            consistent_read: true,
            ..GetItem::default()
        };
        match self.dynamo.get_item(&get).await.unwrap()?.get("state") {
            Some(AttributeValue::S(state)) => Some(state.clone()),
            other => panic!("{other:?}"),
        }
    }
}

fn hold(order: &str) -> commerce_aws::Item {
    item([("pk", text(format!("reservation#{order}")))])
}

fn counters(item: &Item) -> commerce_aws::Item {
    dynamodb::item([("pk", text(format!("stock#{}", item.variant)))])
}
