//! Dropping the oldest keys of a cart, behind the answer.

use std::collections::BTreeMap;

use commerce_aws::{
    cart_table::{self as table, StoredCart},
    dynamodb::{UpdateItem, item, text},
};

use crate::{
    cart::{idempotency::RequestKey, store::connect},
    config::{self, EdgeConfig},
    log,
    platform::Platform,
};

/// Drops the oldest keys of a cart that has just been changed, once there are many. Where it fails, the next addition tries again.
pub(super) fn keys_behind<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request_id: &str,
    stored: &StoredCart,
    just_used: Option<&RequestKey>,
) {
    let surplus = stored.surplus_keys(just_used.map(|key| key.key_hash.as_str()));
    if surplus.is_empty() {
        return;
    }
    let request = removal(&config.carts_table, stored, &surplus);
    let (platform, request_id) = (platform.clone(), request_id.to_owned());
    platform.clone().spawn(async move {
        let Ok(config) = config::load(&platform).await else { return };
        let Ok(dynamodb) = connect(&platform, config).await else { return };
        if let Err(error) = dynamodb.update_item(&request).await {
            log::warn(&platform, &request_id, "cart.keys_not_trimmed", error);
        }
    });
}

/// Removes keys from this life of the cart. No change of the cart: its version stays.
fn removal(table_name: &str, stored: &StoredCart, surplus: &[String]) -> UpdateItem {
    let mut names =
        BTreeMap::from([("#cart".to_owned(), table::CART_ID.to_owned()), ("#keys".to_owned(), table::KEYS.to_owned())]);
    let mut paths = Vec::with_capacity(surplus.len());
    for (index, key) in surplus.iter().enumerate() {
        names.insert(format!("#k{index}"), key.clone());
        paths.push(format!("#keys.#k{index}"));
    }
    UpdateItem {
        table_name: table_name.to_owned(),
        key: item([(table::OWNER, text(&stored.user_id))]),
        update_expression: format!("REMOVE {}", paths.join(", ")),
        condition_expression: Some("#cart = :cart".to_owned()),
        expression_attribute_names: names,
        expression_attribute_values: [(":cart".to_owned(), text(&stored.cart_id))].into(),
        ..UpdateItem::default()
    }
}
