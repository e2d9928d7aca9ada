//! What the database refuses of taxes.

use super::with_orders;
use crate::testing::assert_refused;

#[tokio::test]
async fn taxes_add_up_on_top_of_prices_or_within_them() {
    const TAXES: &str = r#"[{"name": "A", "rate": "0.1", "base": "19", "amount": "1.50"},
        {"name": "A", "rate": "0", "base": "6", "amount": "0.00"}, {"name": "A", "rate": "0.2", "base": "1", "amount": "0.5"}]"#;
    let client = with_orders().await;
    for table in ["checkouts", "orders"] {
        let set = |columns: &str| format!("update {table} set {columns}");
        let named = |constraint: &str| format!("{table}_{constraint}");
        for (constraint, columns) in [
            ("total_adds_up", "tax_included = true"),
            ("tax_within_total", "tax_included = true, tax = 26, total = 25"),
            ("shipping_tax_range", "shipping_tax = 2.01"),
            ("shipping_tax_range", "shipping_tax = -0.01"),
            ("taxes_array", "taxes = '{}'"),
            ("taxes_add_up", "taxes = '[]'"),
            ("taxes_add_up", r#"taxes = '[{"name": "A", "rate": "0.1", "base": "20", "amount": "1.99"}]'"#),
        ] {
            assert_refused(&client, &[(&named(constraint), &set(columns))]).await;
        }
        let taxed = set(&format!("tax_included = true, total = 25, taxes = '{TAXES}', shipping_tax = 2"));
        client.batch_execute(&taxed).await.expect("the tax is a part of the total");
    }
    assert_refused(
        &client,
        &[
            ("order_items_tax_rate_range", "update order_items set tax_rate = 1.000001, tax_name = 'A'"),
            ("order_items_tax_rate_range", "update order_items set tax_rate = -0.1, tax_name = 'A', tax = 0"),
            ("order_items_tax_of_rate", "update order_items set tax_rate = 0, tax_name = 'A'"),
            ("order_items_tax_named", "update order_items set tax_rate = 0.1"),
            ("order_items_tax_name_length", "update order_items set tax_rate = 0.1, tax_name = ''"),
            ("order_items_tax_name_length", "update order_items set tax_rate = 0.1, tax_name = repeat('n', 101)"),
        ],
    )
    .await;
    client.batch_execute("update order_items set tax_rate = 0, tax = 0").await.expect("nothing is taxed there");
}
