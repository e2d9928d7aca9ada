//! A new product: into the database, then onto the counters of stock.

use commerce_api::product::CreateProductRequest;
use commerce_domain::{CategorySlug, Clock as _, EventId, Product, ProductId, VariantId};

use super::{
    WriteProductError,
    once::{done_before, load},
    validate,
};
use crate::{
    Backend,
    catalog::ports::{InsertOutcome, PlacedEntry, StoredProduct, WriteCatalog as _},
    hooks::{HookPoint, Hooks as _},
    idempotency::{ClaimRefused, HeldClaim},
    inventory::{NewStock, PutStock as _},
};

/// Creates the product that a request describes, unless an earlier owner of the request's claim has.
///
/// The database is written first, with the event that tells of the product and its stock; the counters second. Only both make
/// a product. Where the counters cannot be written, the product is taken out again, so that a repeated request does not make a
/// second one that can be bought. Where the process dies between the two, nothing of the product can be bought until the
/// event's relay puts the counters, or the request is repeated under its key.
///
/// # Errors
/// [`WriteProductError`]; all bad fields of a request are named at once.
pub async fn create_product<B: Backend>(
    backend: &B,
    claim: Option<&HeldClaim>,
    request: &CreateProductRequest,
) -> Result<Product, WriteProductError> {
    let stored = match made_before(backend, claim).await? {
        Some(stored) => stored,
        None => insert(backend, claim, request).await?,
    };
    if let Err(error) = backend.stock().put_stock_if_absent(&counters(&stored)).await {
        take_out(backend, stored.id).await;
        return Err(error.into());
    }
    Ok(stored.into())
}

/// What an earlier owner of the claim has made. Where its counters could not be written it was taken out again, and is made anew.
async fn made_before<B: Backend>(
    backend: &B,
    claim: Option<&HeldClaim>,
) -> Result<Option<StoredProduct>, WriteProductError> {
    match done_before(claim) {
        Some(id) => Ok(load(backend, id).await?),
        None => Ok(None),
    }
}

async fn insert<B: Backend>(
    backend: &B,
    claim: Option<&HeldClaim>,
    request: &CreateProductRequest,
) -> Result<StoredProduct, WriteProductError> {
    let (clock, entropy) = (backend.clock(), backend.entropy());
    let mut entry = validate::entry(request)?;
    let product_id = ProductId::generate(clock, entropy);
    entry.handle = handle(&entry.name, product_id);
    let variant_ids = entry.variants.iter().map(|_| VariantId::generate(clock, entropy)).collect();
    let event_id = EventId::generate(clock, entropy);
    let placed = PlacedEntry { product_id, variant_ids, event_id, whole: true, entry };
    let now = clock.now();
    backend.hooks().reached(HookPoint::BeforeProduct).await?;
    match backend.database().insert_product(&placed, claim, now).await? {
        InsertOutcome::Inserted => {}
        InsertOutcome::UnknownCategory => return Err(WriteProductError::field("categoryId", "no such category")),
        InsertOutcome::ClaimLost => return Err(ClaimRefused::InProgress.into()),
    }
    backend.hooks().reached(HookPoint::AfterProduct).await?;
    let PlacedEntry { product_id, variant_ids, entry, .. } = placed;
    Ok(StoredProduct { id: product_id, variant_ids, version: 1, created_at: now, updated_at: now, entry })
}

async fn take_out<B: Backend>(backend: &B, id: ProductId) {
    let event = EventId::generate(backend.clock(), backend.entropy());
    if let Err(second) = backend.database().delete_product(id, None, None, event, backend.clock().now()).await {
        tracing::error!(product.id = %id, cause = %second, "a product without counters stays in the shop");
    }
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

fn counters(stored: &StoredProduct) -> Vec<NewStock> {
    let variants = stored.variant_ids.iter().zip(&stored.entry.variants);
    let counter = variants.map(|(id, variant)| NewStock {
        variant_id: *id,
        product_id: stored.id,
        on_hand: u32::try_from(variant.stock).unwrap_or(0),
        backorder_limit: variant.backorder_limit,
    });
    counter.collect()
}
