//! The reconciliation of everything: more variants than one run compares, and more dead holds than one answer lists.

use std::fmt::Write as _;

use commerce_domain::{ProductId, VariantId};
use origin_core::inventory::{
    Drift, NewStock, PutStock as _, ReconciliationTotals, ReserveOutcome, ReserveStock as _, reconcile_all,
};
use serde_json::{Value, json};
use test_support::SystemEntropy;

use crate::shop::{Item, Levels, Shop, log};

/// Products with ten of one variant each, as they are behind one another.
async fn range(shop: &Shop, count: usize) -> Vec<Item> {
    let mut items = Vec::with_capacity(count);
    let client = shop.database.client().await.unwrap();
    client.execute("insert into categories (slug, name) values ('range', 'Range')", &[]).await.unwrap();
    let mut sql = String::new();
    for _ in 0..count {
        let product = ProductId::generate(&shop.clock, &SystemEntropy);
        let variant = VariantId::generate(&shop.clock, &SystemEntropy);
        let (id, of) = (variant.as_uuid(), product.as_uuid());
        write!(
            sql,
            "insert into products (id, handle, name, category_id, price, currency, stock, created_at, updated_at)
            select '{of}', '{product}', 'Lamp', id, 60, 'USD', 10, now(), now() from categories where slug = 'range';
            insert into variants (id, product_id, position, sku, options, price, currency, stock)
            values ('{id}', '{of}', 0, 'SKU-1', '[[\"Colour\", \"Black\"]]', 60, 'USD', 10);
            insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
            values ('{id}', 'receipt', 10, 'creation', now());"
        )
        .unwrap();
        items.push(Item { product, variant, name: "Lamp".to_owned(), price: "60.00".to_owned() });
    }
    client.batch_execute(&sql).await.unwrap();
    let new =
        |item: &Item| NewStock { variant_id: item.variant, product_id: item.product, on_hand: 10, backorder_limit: 0 };
    for some in items.chunks(100) {
        shop.stock.put_stock_if_absent(&some.iter().map(new).collect::<Vec<_>>()).await.unwrap();
    }
    items.sort_by_key(|item| item.variant);
    items
}

/// An order that is paid, and whose goods are still held.
async fn unconsumed(shop: &Shop, item: &Item) {
    let order = shop.order("ada", &[(item, 2)]).await.unwrap();
    let body = json!({"orderId": order, "amount": serde_json::from_str::<Value>("129.60").unwrap()});
    assert_eq!(shop.shopper("ada").post("/v1/payments", &body).await.status, 200);
    shop.force_hold(&order, "HELD").await;
    shop.edit_counters(item, 2, 2, 0).await;
}

#[tokio::test]
async fn everything_is_compared_and_a_hold_that_stays_is_told_of_once() {
    let shop = Shop::open().await;
    let items = range(&shop, 1_001).await;
    let (first, last) = (&items[0], &items[1_000]);
    unconsumed(&shop, last).await;
    shop.edit_counters(first, 1, 0, 1).await;
    shop.edit_counters(last, 0, 1, -1).await;
    let (totals, lines) = log::heard(reconcile_all(&shop.backend)).await;
    let expected = ReconciliationTotals {
        checked: 1_001,
        unsettled: 0,
        repaired: [(Drift::LostRelease, 1), (Drift::ManualEdit, 2)].into(),
        open: [(Drift::UnconsumedHold, 1)].into(),
    };
    assert_eq!(totals, Ok(expected));
    assert_eq!(shop.events("StockMismatch").await, 4);
    let lines: Vec<String> = lines.into_iter().filter(|line| line.contains("stock is not what")).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("unconsumed_hold") && line.contains("order.id=order_")), "{lines:?}");
    assert_eq!(shop.on_hand(last).await, Levels { on_hand: 10, reserved: 2, ledger: 10 });
    // Whoever goes on behind a variant hears no more of it, and lets its pieces be.
    let path = format!("/v1/inventory/reconcile?after={}", items[998].variant);
    let report = shop.admin().send(http::Method::POST, &path, "").await.json();
    assert_eq!(report, json!({"checked": 2, "unsettled": 0, "findings": [], "next": null}));
    assert_eq!(shop.on_hand(last).await.reserved, 2);
}

#[tokio::test]
async fn variants_are_compared_however_many_dead_holds_there_are() {
    let shop = Shop::open().await;
    let items = range(&shop, 91).await;
    for _ in 0..11 {
        let lines: Vec<(&Item, u32)> = items.iter().map(|item| (item, 0)).collect();
        assert_eq!(shop.stock.reserve(&shop.stray_hold(&lines)).await, Ok(ReserveOutcome::Held));
    }
    shop.edit_counters(&items[90], 5, 0, 5).await;
    let report = shop.reconcile().await;
    let findings = report["findings"].as_array().unwrap();
    assert_eq!((&report["checked"], &report["next"], findings.len()), (&json!(91), &Value::Null, 1_001));
    assert_eq!(findings[1_000]["kind"], "manual_edit");
    assert_eq!(shop.on_hand(&items[90]).await.ledger, 15);
    assert_eq!(shop.events("StockMismatch").await, 11 * 91 + 1, "also of those that are not listed");
    assert_eq!(shop.reconcile().await["findings"], json!([]));
}
