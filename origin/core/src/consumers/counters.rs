//! The counters of variants, for which a process may have died after it had written them into the catalog.

use commerce_domain::{ProductId, VariantId};
use serde::Deserialize;

use super::{ConsumeError, data};
use crate::{
    events::Envelope,
    inventory::{NewStock, PutStock},
};

pub(super) const KINDS: [&str; 2] = ["ProductCreated", "ProductUpdated"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    product_id: ProductId,
    /// The variants that are new.
    #[serde(default)]
    variants: Vec<NewVariant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewVariant {
    variant_id: VariantId,
    on_hand: u32,
    backorder_limit: u32,
}

/// Puts the counters that are not there. A counter is never deleted, so it remembers for good that its event was handled.
pub(super) async fn put(stock: &impl PutStock, event: &Envelope) -> Result<(), ConsumeError> {
    let Data { product_id, variants } = data(event)?;
    let counters = variants.into_iter().map(|variant| NewStock {
        variant_id: variant.variant_id,
        product_id,
        on_hand: variant.on_hand,
        backorder_limit: variant.backorder_limit,
    });
    let counters: Vec<NewStock> = counters.collect();
    if !counters.is_empty() {
        stock.put_stock_if_absent(&counters).await?;
    }
    Ok(())
}
