//! Products, stock and carts to start from.

use std::collections::BTreeMap;

use commerce_aws::{
    cart_table::{LIFE_SECONDS, StoredCart, StoredLine},
    dynamodb::{GetItem, PutItem, UpdateItem, item, number, text},
};
use commerce_domain::{CartId, Clock, ProductId, VariantId};
use origin_core::{
    catalog::{CarryCatalog, CategoryEntry},
    inventory::{NewStock, PutStock, ReadStock, StockLevel},
};
use origin_dynamo::{CARTS_TABLE, INVENTORY_TABLE};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use test_support::SystemEntropy;

use super::Shop;

/// A product with one variant.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) product: ProductId,
    pub(crate) variant: VariantId,
    pub(crate) name: String,
    pub(crate) price: String,
}

/// Where orders go.
pub(crate) fn address() -> Value {
    json!({"street": "123 Main St", "city": "San Francisco", "state": "CA", "zipCode": "94102", "country": "US"})
}

impl Shop {
    /// A category, in another one where that is named.
    pub(crate) async fn category(&self, slug: &str, parent: Option<&str>) {
        let parent = parent.map(|slug| slug.parse().unwrap());
        let category = CategoryEntry { slug: slug.parse().unwrap(), name: slug.to_owned(), parent };
        self.database.import_categories(&[category]).await.unwrap();
    }

    /// A product that is sold, with so many in stock.
    pub(crate) async fn item(&self, name: &str, price: &str, stock: u32) -> Item {
        let item = Item {
            product: ProductId::generate(&self.clock, &SystemEntropy),
            variant: VariantId::generate(&self.clock, &SystemEntropy),
            name: name.to_owned(),
            price: price.to_owned(),
        };
        let amount: Decimal = price.parse().unwrap();
        let client = self.database.client().await.unwrap();
        let category = "insert into categories (slug, name) values ('things', 'Things') on conflict do nothing";
        client.execute(category, &[]).await.unwrap();
        let product =
            "insert into products (id, handle, name, category_id, price, currency, stock, created_at, updated_at)
            select $1, $2, $3, id, $4, 'USD', $5, $6, $6 from categories where slug = 'things'";
        let (id, handle, count) = (item.product.as_uuid(), item.product.to_string(), i64::from(stock));
        client.execute(product, &[&id, &handle, &item.name, &amount, &count, &self.clock.now()]).await.unwrap();
        let variant = "insert into variants (id, product_id, position, sku, options, price, currency, stock)
            values ($1, $2, 0, 'SKU-1', '[[\"Colour\", \"Black\"]]', $3, 'USD', $4)";
        client.execute(variant, &[&item.variant.as_uuid(), &id, &amount, &count]).await.unwrap();
        let stock = NewStock { variant_id: item.variant, product_id: item.product, on_hand: stock, backorder_limit: 0 };
        self.stock.put_stock_if_absent(&[stock]).await.unwrap();
        item
    }

    /// Changes what an item costs.
    pub(crate) async fn reprice(&self, item: &Item, price: &str) {
        let amount: Decimal = price.parse().unwrap();
        self.run("update variants set price = $1 where id = $2", &[&amount, &item.variant.as_uuid()]).await;
    }

    /// Gives this shopper a new cart of these items, as the edge stores it. Its version.
    pub(crate) async fn fill_cart(&self, sub: &str, lines: &[(&Item, i64)]) -> StoredCart {
        let now = self.clock.now();
        let keyed = |value: &dyn Fn(&Item, i64) -> i64| -> BTreeMap<String, i64> {
            lines.iter().map(|(item, count)| (item.variant.to_string(), value(item, *count))).collect()
        };
        let cart = StoredCart {
            user_id: sub.to_owned(),
            cart_id: CartId::generate(&self.clock, &SystemEntropy).to_string(),
            version: 3,
            quantities: keyed(&|_, count| count),
            lines: lines.iter().map(|(item, _)| (item.variant.to_string(), stored_line(item))).collect(),
            added_at: keyed(&|_, _| now.as_millisecond()),
            keys: BTreeMap::new(),
            updated_at: now.as_millisecond(),
            ttl: now.as_second() + LIFE_SECONDS,
        };
        self.put_cart(&cart).await;
        cart
    }

    /// Stores a cart as it is.
    pub(crate) async fn put_cart(&self, cart: &StoredCart) {
        let put = PutItem { table_name: CARTS_TABLE.to_owned(), item: cart.to_item().unwrap(), ..PutItem::default() };
        self.dynamo.put_item(&put).await.unwrap();
    }

    /// The shopper's cart as it is stored.
    pub(crate) async fn cart(&self, sub: &str) -> Option<StoredCart> {
        let get = GetItem {
            table_name: CARTS_TABLE.to_owned(),
            key: item([("userId", text(sub))]),
            consistent_read: true,
            ..GetItem::default()
        };
        self.dynamo.get_item(&get).await.unwrap().map(|item| StoredCart::from_item(item).unwrap())
    }

    /// Says that a shopper's cart is in this currency.
    pub(crate) async fn set_cart_currency(&self, sub: &str, currency: &str) {
        let update = UpdateItem {
            table_name: CARTS_TABLE.to_owned(),
            key: item([("userId", text(sub))]),
            update_expression: "SET currency = :currency".to_owned(),
            expression_attribute_values: [(":currency".to_owned(), text(currency))].into(),
            ..UpdateItem::default()
        };
        self.dynamo.update_item(&update).await.unwrap();
    }

    /// The counters of an item.
    pub(crate) async fn level(&self, item: &Item) -> StockLevel {
        self.stock.read_stock(&[item.variant]).await.unwrap().remove(0)
    }

    /// Puts more of an item into the warehouse.
    pub(crate) async fn restock(&self, item: &Item, pieces: u32) {
        let update = UpdateItem {
            table_name: INVENTORY_TABLE.to_owned(),
            key: commerce_aws::dynamodb::item([("pk", text(format!("stock#{}", item.variant)))]),
            update_expression: "SET onHand = onHand + :q, sellable = sellable + :q".to_owned(),
            expression_attribute_values: [(":q".to_owned(), number(pieces))].into(),
            ..UpdateItem::default()
        };
        self.dynamo.update_item(&update).await.unwrap();
    }

    /// A number that a query finds.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.database.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn run(&self, sql: &str, params: &[&(dyn tokio_postgres::types::ToSql + Sync)]) {
        self.database.client().await.unwrap().execute(sql, params).await.unwrap();
    }
}

pub(crate) fn stored_line(item: &Item) -> StoredLine {
    StoredLine {
        product_id: item.product.to_string(),
        name: item.name.clone(),
        options: vec![("Colour".to_owned(), "Black".to_owned())],
        price: item.price.clone(),
        currency: "USD".to_owned(),
        category: None,
        product_version: 1,
        image_url: None,
    }
}
