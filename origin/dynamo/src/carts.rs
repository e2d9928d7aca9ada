//! The carts, which the edge writes and the checkout reads.

use std::{collections::BTreeMap, sync::Arc};

use commerce_aws::{
    AwsClient, AwsEnvironment, AwsError, DynamoDb, Item,
    cart_table::{self, StoredCart, StoredKey},
    dynamodb::{DeleteItem, GetItem, PutItem, item, number, text},
};
use commerce_domain::{Cart, CartId, OrderId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{CartStore, TakenLine},
};

use crate::error::store_error;

/// A cart that changes while pieces are taken out is looked at again; this often.
const MAX_ROUNDS: u32 = 6;
const UNCHANGED: &str = "#cart = :cart AND #version = :version";

/// The carts in one table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DynamoCarts<E> {
    inner: Arc<Inner<E>>,
}

#[derive(Debug)]
struct Inner<E> {
    db: DynamoDb<E>,
    table: String,
}

impl<E: AwsEnvironment> DynamoCarts<E> {
    /// The carts in `table`, reached by `client`.
    pub fn new(client: AwsClient<E>, table: impl Into<String>) -> Self {
        Self { inner: Arc::new(Inner { db: DynamoDb::new(client), table: table.into() }) }
    }

    fn now(&self) -> Timestamp {
        self.inner.db.client().env().now()
    }

    async fn read(&self, owner: &str) -> Result<Option<StoredCart>, StoreError> {
        let request = GetItem {
            table_name: self.inner.table.clone(),
            key: key(owner),
            consistent_read: true,
            ..GetItem::default()
        };
        let found = self.inner.db.get_item(&request).await.map_err(store_error)?;
        let cart = found.map(StoredCart::from_item).transpose().map_err(StoreError::broken)?;
        Ok(cart.filter(|cart| !cart.is_expired(self.now())))
    }

    /// Writes `after`, or ends the cart where there is none, unless the cart is no longer as `before`. Whether it was.
    async fn replace(&self, before: &StoredCart, after: Option<StoredCart>) -> Result<bool, StoreError> {
        let table_name = self.inner.table.clone();
        let condition_expression = Some(UNCHANGED.to_owned());
        let expression_attribute_names: BTreeMap<_, _> =
            [("#cart", cart_table::CART_ID), ("#version", cart_table::VERSION)]
                .map(|(name, attribute)| (name.to_owned(), attribute.to_owned()))
                .into();
        let expression_attribute_values: BTreeMap<_, _> =
            [(":cart".to_owned(), text(&before.cart_id)), (":version".to_owned(), number(before.version))].into();
        let written = if let Some(after) = after {
            let item = after.to_item().map_err(StoreError::broken)?;
            let put = PutItem {
                table_name,
                item,
                condition_expression,
                expression_attribute_names,
                expression_attribute_values,
                repeatable: true,
                ..PutItem::default()
            };
            self.inner.db.put_item(&put).await
        } else {
            let delete = DeleteItem {
                table_name,
                key: key(&before.user_id),
                condition_expression,
                expression_attribute_names,
                expression_attribute_values,
                repeatable: true,
                ..DeleteItem::default()
            };
            self.inner.db.delete_item(&delete).await
        };
        match written {
            Ok(_) => Ok(true),
            Err(AwsError::ConditionalCheckFailed { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }
}

impl<E: AwsEnvironment> CartStore for DynamoCarts<E> {
    async fn read_cart(&self, owner: &str) -> Result<Option<Cart>, StoreError> {
        let stored = self.read(owner).await?;
        stored.map(StoredCart::into_cart).transpose().map_err(StoreError::broken)
    }

    async fn take_out(&self, owner: &str, cart: CartId, order: OrderId, lines: &[TakenLine]) -> Result<(), StoreError> {
        let (cart, mark) = (cart.to_string(), order.to_string());
        for _ in 0..MAX_ROUNDS {
            let Some(before) = self.read(owner).await? else { return Ok(()) };
            if before.cart_id != cart || before.keys.contains_key(&mark) {
                return Ok(());
            }
            let next_life = CartId::generate(self.inner.db.client().env(), self.inner.db.client().env());
            let after = without(&before, lines, &mark, next_life, self.now());
            if self.replace(&before, after).await? {
                return Ok(());
            }
        }
        Err(StoreError::unavailable("the cart keeps changing"))
    }
}

/// The cart without these pieces, marked so that they are not taken out twice. Where nothing stays, the next life of the cart
/// begins if keys have to be remembered; else there is none.
fn without(
    before: &StoredCart,
    lines: &[TakenLine],
    mark: &str,
    next_life: CartId,
    now: Timestamp,
) -> Option<StoredCart> {
    let mut after = before.clone();
    for line in lines {
        let variant = line.variant_id.to_string();
        let left = after.quantities.get(&variant).copied().unwrap_or(0) - i64::from(line.quantity);
        if left > 0 {
            after.quantities.insert(variant, left);
        } else {
            after.quantities.remove(&variant);
            after.lines.remove(&variant);
            after.added_at.remove(&variant);
        }
    }
    after.updated_at = now.as_millisecond();
    after.ttl = now.as_second() + cart_table::LIFE_SECONDS;
    if !after.lines.is_empty() {
        after.version += 1;
        after.keys.insert(mark.to_owned(), StoredKey { request_hash: String::new(), at: now.as_second() });
        return Some(after);
    }
    if after.keys.is_empty() {
        return None;
    }
    after.cart_id = next_life.to_string();
    after.version = 1;
    Some(after)
}

fn key(owner: &str) -> Item {
    item([(cart_table::OWNER, text(owner))])
}
