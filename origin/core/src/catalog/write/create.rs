//! A new product: into the database, then onto the counters of stock.

use commerce_api::product::CreateProductRequest;
use commerce_domain::{CategorySlug, Clock, Entropy, EventId, Product, ProductId, VariantId};

use super::{WriteProductError, validate};
use crate::{
    catalog::ports::{InsertOutcome, PlacedEntry, StoredProduct, WriteCatalog},
    inventory::{NewStock, PutStock},
};

/// Creates the product that a request describes.
///
/// The database is written first, with the event that tells of the product and its stock; the counters second. Only both make
/// a product. Where the counters cannot be written, the product is taken out again, so that a repeated request does not make a
/// second one that can be bought. Where the process dies between the two, nothing of the product can be bought until the
/// event's relay puts the counters.
///
/// # Errors
/// [`WriteProductError`]; all bad fields of a request are named at once.
pub async fn create_product<D: WriteCatalog, S: PutStock>(
    database: &D,
    stock: &S,
    clock: &(impl Clock + Sync),
    entropy: &(impl Entropy + Sync),
    request: &CreateProductRequest,
) -> Result<Product, WriteProductError> {
    let mut entry = validate::entry(request)?;
    let product_id = ProductId::generate(clock, entropy);
    entry.handle = handle(&entry.name, product_id);
    let variant_ids = entry.variants.iter().map(|_| VariantId::generate(clock, entropy)).collect();
    let event_id = EventId::generate(clock, entropy);
    let placed = PlacedEntry { product_id, variant_ids, event_id, whole: true, entry };
    let now = clock.now();
    match database.insert_product(&placed, now).await? {
        InsertOutcome::Inserted => {}
        InsertOutcome::UnknownCategory => return Err(WriteProductError::field("categoryId", "no such category")),
    }
    if let Err(error) = stock.put_stock_if_absent(&counters(&placed)).await {
        let event = EventId::generate(clock, entropy);
        if let Err(second) = database.delete_product(product_id, None, event, clock.now()).await {
            tracing::error!(product.id = %product_id, cause = %second, "a product without counters stays in the shop");
        }
        return Err(error.into());
    }
    let PlacedEntry { product_id, variant_ids, entry, .. } = placed;
    Ok(StoredProduct { id: product_id, variant_ids, version: 1, created_at: now, updated_at: now, entry }.into())
}

/// What files call the product: its name, and enough of its id to be unique.
fn handle(name: &str, id: ProductId) -> String {
    let id = id.to_string();
    let tail = &id[id.len() - 12..];
    match CategorySlug::from_title(name) {
        Ok(slug) => format!("{slug}-{tail}"),
        Err(_) => format!("product-{tail}"),
    }
}

fn counters(placed: &PlacedEntry) -> Vec<NewStock> {
    let variants = placed.variant_ids.iter().zip(&placed.entry.variants);
    let counter = variants.map(|(id, variant)| NewStock {
        variant_id: *id,
        product_id: placed.product_id,
        on_hand: u32::try_from(variant.stock).unwrap_or(0),
        backorder_limit: variant.backorder_limit,
    });
    counter.collect()
}
