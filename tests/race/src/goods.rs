//! Products with counters and a ledger, and carts as the edge stores them.

use std::collections::BTreeMap;

use commerce_aws::{
    cart_table::{LIFE_SECONDS, StoredCart, StoredLine},
    dynamodb::PutItem,
};
use commerce_domain::{CartId, Clock, ProductId, VariantId};
use origin_core::inventory::{NewStock, PutStock as _};
use origin_dynamo::CARTS_TABLE;
use origin_gateways::SystemEntropy;
use rust_decimal::Decimal;

use crate::lab::{Failure, Lab};

/// What everything costs.
const PRICE: &str = "10.00";

/// A product and its variants.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) variants: Vec<VariantId>,
}

impl Lab {
    /// A product with so many variants, and so many pieces of each.
    pub(crate) async fn product(&self, clock: &impl Clock, variants: usize, pieces: u32) -> Result<Product, Failure> {
        let product = Product {
            id: ProductId::generate(clock, &SystemEntropy),
            variants: (0..variants).map(|_| VariantId::generate(clock, &SystemEntropy)).collect(),
        };
        let client = self.database.client().await.map_err(Failure::of)?;
        let (id, now, price) = (product.id.as_uuid(), clock.now(), PRICE.parse::<Decimal>().map_err(Failure::of)?);
        let pieces_of_all = i64::from(pieces) * i64::try_from(variants).map_err(Failure::of)?;
        client
            .batch_execute("insert into categories (slug, name) values ('things', 'Things') on conflict do nothing")
            .await
            .map_err(Failure::of)?;
        let sql = "insert into products (id, handle, name, category_id, price, currency, stock, created_at, updated_at)
            select $1, $2, 'Thing', id, $3, 'USD', $4, $5, $5 from categories where slug = 'things'";
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&id, &product.id.to_string(), &price, &pieces_of_all, &now];
        client.execute(sql, &parameters).await.map_err(Failure::of)?;
        for (variant, position) in product.variants.iter().zip(0_i32..) {
            let (variant, sku, pieces) = (variant.as_uuid(), format!("SKU-{position}"), i64::from(pieces));
            let options = serde_json::json!([["Size", position.to_string()]]);
            let sql =
                "with variant as (insert into variants (id, product_id, position, sku, options, price, currency, stock)
                values ($1, $2, $3, $4, $5, $6, 'USD', $7) returning id)
                insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
                select id, 'receipt', $7, 'start', $8 from variant";
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
                [&variant, &id, &position, &sku, &options, &price, &pieces, &now];
            client.execute(sql, &parameters).await.map_err(Failure::of)?;
        }
        let counters: Vec<NewStock> = product
            .variants
            .iter()
            .map(|variant| NewStock {
                variant_id: *variant,
                product_id: product.id,
                on_hand: pieces,
                backorder_limit: 0,
            })
            .collect();
        self.stock.put_stock_if_absent(&counters).await.map_err(Failure::of)?;
        Ok(product)
    }

    /// Gives somebody a new cart with a piece of each of these.
    pub(crate) async fn fill_cart(
        &self,
        clock: &impl Clock,
        owner: &str,
        lines: &[(ProductId, VariantId)],
    ) -> Result<(), Failure> {
        let now = clock.now();
        let keyed = |value: i64| -> BTreeMap<String, i64> {
            lines.iter().map(|(_, variant)| (variant.to_string(), value)).collect()
        };
        let cart = StoredCart {
            user_id: owner.to_owned(),
            cart_id: CartId::generate(clock, &SystemEntropy).to_string(),
            version: 1,
            quantities: keyed(1),
            lines: lines.iter().map(|(product, variant)| (variant.to_string(), stored_line(*product))).collect(),
            added_at: keyed(now.as_millisecond()),
            keys: BTreeMap::new(),
            updated_at: now.as_millisecond(),
            ttl: now.as_second() + LIFE_SECONDS,
        };
        let item = cart.to_item().map_err(Failure::of)?;
        let put = PutItem { table_name: CARTS_TABLE.to_owned(), item, ..PutItem::default() };
        self.dynamo.put_item(&put).await.map(drop).map_err(Failure::of)
    }
}

fn stored_line(product: ProductId) -> StoredLine {
    StoredLine {
        product_id: product.to_string(),
        name: "Thing".to_owned(),
        options: Vec::new(),
        price: PRICE.to_owned(),
        currency: "USD".to_owned(),
        category: None,
        product_version: 1,
        image_url: None,
    }
}
