use origin_core::orders::OrderFilter;

use super::*;
use crate::testing::{database, write_orders};

/// The plan of that text, on a database that knows how its orders are spread.
async fn plan(client: &Object, text: &Text<'_>) -> String {
    let rows = client.query(&format!("explain (costs off) {}", text.sql), &text.values).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

fn filter(status: Option<OrderStatus>) -> OrderFilter {
    OrderFilter { customer: None, status, number: None }
}

#[tokio::test]
async fn each_list_is_read_from_its_index_in_its_order() {
    let database = database().await;
    let client = database.client().await.unwrap();
    write_orders(&client, 3000).await;
    client.batch_execute("update orders set status = 'PENDING' where order_number > '000002900'").await.unwrap();
    client.batch_execute("analyze orders").await.unwrap();
    let number = Some("000000000".parse().unwrap());
    let pending = filter(Some(OrderStatus::Pending));
    for (filter, index) in [
        (filter(None), "idx_orders_newest"),
        (pending, "idx_orders_of_status"),
        (OrderFilter { number, ..filter(None) }, "orders_order_number_unique"),
    ] {
        let listing = Listing::of(&client, filter);
        let (at, id) = ("2100-01-01T00:00:00Z".parse().unwrap(), Uuid::max());
        for text in [listing.page_text(&0, &20), listing.after_text(&at, &id, &20)] {
            let plan = plan(&client, &text).await;
            assert!(plan.contains(index), "{} {plan}", text.sql);
            assert!(!plan.contains("Sort") || index == "orders_order_number_unique", "{} {plan}", text.sql);
        }
    }
}
